# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose certificate is to be replaced, and who holds a rotation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.certificate_rotation import Chosen, begin, held, sentence

OLD, NEW = "AA:01", "AA:02"
# made at 10:00: dated back by two hours
FOUND = {"fingerprint": OLD, "not_before": "2026-11-24T08:00:00Z", "not_after": "2027-11-24T10:00:00Z"}
BEFORE = Chosen("QM1", certificate=FOUND, recorded=OLD)
DONE = replace(BEFORE, certificate={**FOUND, "fingerprint": NEW})


@pytest.mark.parametrize(
    ("one", "before", "replaced"),
    [
        (replace(BEFORE, recorded=""), "", OLD),
        (BEFORE, "", OLD),
        (DONE, "", OLD),  # the one that was put down, which is not in use any more
        (Chosen("QM1", "was not read"), "", ""),
        (Chosen("QM1", "was not read", recorded=OLD), "", OLD),
        (replace(BEFORE, recorded=""), "2026-11-24T10:00:00Z", ""),
        (replace(BEFORE, recorded=""), "2026-11-24T10:00:01Z", OLD),
        (replace(BEFORE, recorded="", issuer="external"), "2026-11-24T08:00:01Z", OLD),
        (BEFORE, "2026-11-24T10:00:00Z", OLD),  # a rotation that is under way
        (DONE, "2026-11-25T00:00:00Z", NEW),  # once more, since a date asks for it
    ],
)
def test_which_certificate_is_replaced(one, before, replaced):
    assert begin(one, before) == replaced


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (DONE, ""),
        (BEFORE, "still uses its former certificate"),
        (Chosen("QM1", recorded=OLD), "still uses its former certificate"),
        (replace(BEFORE, problem="could not be read"), "could not be read"),
        (replace(BEFORE, waiting=True), ""),
        (
            replace(BEFORE, staged=["QM2 does not accept it yet", "QM3 is stopped"]),
            "keeps its certificate until every partner accepts the new one: QM2 does not accept it yet; QM3 is stopped",
        ),
        (replace(DONE, is_told=False), "has not been told of its new certificate (REFRESH SECURITY is outstanding)"),
        (replace(DONE, former="no channel runs"), "uses its new certificate and keeps the former one: no channel runs"),
        (replace(DONE, distrusted=["QM2", "QM3"]), "uses its new certificate, and its former one is still trusted by QM2, QM3"),
        (replace(DONE, unseen=True), ""),
    ],
)
def test_who_holds_a_rotation_and_why(one, reason):
    assert held(one) == reason


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (({}, [], [], 0), "No certificate was to be replaced."),
        (({}, [], [], 2), "The certificates of 2 queue managers are replaced and proven."),
        (
            ({"QM1": "is down."}, ["QM2"], [], 2),
            "The certificates of 2 queue managers were to be replaced and 1 of them are held: QM1 is down; nothing is interrupted meanwhile, "
            "run mqfleet.tls.rotate_certificates again when that is settled (with mq_tls_rotate_hosts instead of --limit where partners were "
            "left out).",
        ),
        (
            ({}, ["QM2"], ["QM1"], 2),
            "The certificates of 2 queue managers were to be replaced; QM2 wait for the signature of an external certificate authority and "
            "use the former ones until then, all others are done: run again when the answers are there.",
        ),
        (
            ({}, [], ["QM1"], 1),
            "The certificates of 1 queue managers are replaced; QM1 keep the former ones, since no partner in this run could show the new "
            "ones: run mqfleet.tls.site for the whole fleet, which proves them and removes the former ones.",
        ),
    ],
)
def test_the_outcome_in_a_sentence(arguments, text):
    assert sentence(*arguments) == text
