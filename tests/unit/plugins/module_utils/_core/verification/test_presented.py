# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A responder that presents another certificate than its key repository holds, or waits for a refresh: what is said, and when."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.end import End
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.judgement import judge

LINK = {
    "channel": "QM1.TO.QM2",
    "from": "QM1",
    "to": "QM2",
    "from_host": "qm1",
    "to_host": "qm2",
    "authentication": "two_way",
    "cipher_spec": "ANY_TLS12_OR_HIGHER",
    "initiator_subject": "CN=QM1",
    "responder_subject": "CN=QM2",
}
NOON = "2026-03-01T12:00:00Z"
RUNNING = {"STATUS": "RUNNING", "SECPROT": "TLSV13", "SSLPEER": "CN=QM2"}
ANSWERING = {**RUNNING, "SSLPEER": "CN=QM1"}
RETRYING = {"STATUS": "RETRYING"}
NEW, OLD = {"serial_number": "5B:22", "fingerprint": "BB"}, {"serial_number": "4A:11", "fingerprint": "AA"}
OTHER = {"label": "bank", "channels": ["QM1.TO.QM2"], "state": "other", "reason": "", "presented": OLD, "held": NEW}
CURRENT = {**OTHER, "state": "current", "presented": NEW}
SILENT = {**OTHER, "state": "not checked", "reason": "nothing listens at localhost(1414)", "presented": None, "held": None}
VALID = {"not_before": "2026-02-01T12:00:00Z", "not_after": "2027-03-01T12:00:00Z", "issuer": "CN=Fleet CA"}
DIFFERS = (
    "the listener of QM2 presents the certificate with the serial number 4A:11 while its key repository holds 5B:22 under the label bank"
)


def looked(*presented, **more):
    return {"presented": list(presented), "refresh": "when_needed", "refresh_outstanding": False, "refresh_window_opens": None, **more}


def message(number, channel="QM1.TO.QM2", *codes):
    inserts = {f"ArithInsert{place}": code for place, code in enumerate(codes, 1)}
    return {"id": f"AMQ{number}E", "text": "", "channel": channel, "time_utc": NOON, "inserts": inserts}


@pytest.mark.parametrize(
    ("refresh", "remedy"),
    [
        ({}, "send REFRESH SECURITY TYPE(SSL) to QM2"),
        ({"refresh_outstanding": True}, "run mqfleet.tls.site for QM2, which sends REFRESH SECURITY TYPE(SSL)"),
        (
            {"refresh_outstanding": True, "refresh": "never"},
            "send REFRESH SECURITY TYPE(SSL) to QM2, which mq_tls_refresh (never) leaves to you",
        ),
        (
            {"refresh_outstanding": True, "refresh_window_opens": "2026-03-02 01:30"},
            "the refresh window holds the refresh back until 2026-03-02 01:30 (local time of the host of QM2), run mqfleet.tls.site then, "
            "which sends REFRESH SECURITY TYPE(SSL)",
        ),
    ],
)
def test_a_running_link_whose_listener_presents_another_certificate(refresh, remedy):
    verdict = judge(LINK, End(RUNNING), End(ANSWERING, certificates=looked(OTHER, **refresh)))
    assert verdict["explanation"] == f"The link QM1 to QM2 (channel QM1.TO.QM2) runs, but {DIFFERS}; {remedy}."
    assert verdict["presented_certificate"] == {
        "label": "bank",
        "state": "other",
        "reason": f"{DIFFERS}; {remedy}",
        "presented": OLD,
        "held": NEW,
    }


def test_nothing_is_held_under_the_label():
    verdict = judge(LINK, End(RUNNING), End(ANSWERING, certificates=looked({**OTHER, "held": None})))
    assert "4A:11 while its key repository holds no personal certificate under the label bank; send" in verdict["explanation"]


@pytest.mark.parametrize(
    ("responder", "reason"),
    [
        (End(ANSWERING, certificates=looked(CURRENT)), ""),
        (End(ANSWERING, certificates=looked(SILENT)), "the certificate bank of QM2, since nothing listens at localhost(1414)"),
        (End(ANSWERING, certificates=looked({**OTHER, "channels": ["X"]})), "the certificate of QM2, since its listener was not looked at"),
        (End(ANSWERING), "the certificate of QM2, since its listener was not looked at"),
        (End(observed=False), "the certificate of QM2, since it is not in this run"),
    ],
)
def test_a_listener_that_was_not_compared_is_no_fault(responder, reason):
    verdict = judge(LINK, End(RUNNING), responder)
    assert verdict["ok"]
    assert verdict["presented_certificate"]["reason"] == reason


def test_a_responder_that_could_not_be_read():
    verdict = judge(LINK, End(RUNNING), End(observed=False, problem="unreachable."))
    assert verdict["presented_certificate"]["reason"] == "the certificate of QM2, since it could not be read"


@pytest.mark.parametrize(
    ("initiator", "responder", "says"),
    [
        pytest.param(
            End(RETRYING, log=[message("9633", "QM1.TO.QM2", 414, 575018)]),
            End(None, certificate=VALID, certificates=looked(OTHER, refresh_outstanding=True)),
            f"{DIFFERS}, and QM1 does not accept it (AMQ9633E at QM1, {NOON}); run mqfleet.tls.site for QM2, which sends "
            "REFRESH SECURITY TYPE(SSL)",
            id="the initiator refuses the former certificate",
        ),
        pytest.param(
            End(RETRYING, log=[message("9665")], certificate=VALID, certificates=looked(refresh_outstanding=True)),
            End(None, log=[message("9633", "????", 414, 575018)]),
            "QM1 still presents a certificate that has expired, so QM2 refuses it, while its key repository holds a valid one (AMQ9633E at "
            f"QM2, {NOON}, AMQ9665E at QM1, {NOON}); run mqfleet.tls.site for QM1, which sends REFRESH SECURITY TYPE(SSL)",
            id="the responder refuses the former certificate",
        ),
        pytest.param(
            End(RETRYING, log=[message("9665")]),
            End(None, log=[message("9797", "????", 575018)], certificate=VALID, certificates=looked(SILENT)),
            "QM2 has not read its key repository since its certificate was renewed, and the one that it knows has expired, so QM2 does not "
            f"present it (AMQ9797E at QM2, {NOON}, AMQ9665E at QM1, {NOON}); send REFRESH SECURITY TYPE(SSL) to QM2",
            id="the former certificate is not even presented",
        ),
        pytest.param(
            End(
                RETRYING,
                log=[message("9633", "QM1.TO.QM2", 414, 575010)],
                certificates=looked(refresh_outstanding=True, trusted=["CN=Fleet CA"]),
            ),
            End(None, certificate=VALID, certificates=looked(CURRENT)),
            "QM1 refuses the certificate of QM2 (CN=QM2), as it has not read its key repository since the issuer (CN=Fleet CA) was added "
            f"(AMQ9633E at QM1, {NOON}); run mqfleet.tls.site for QM1, which sends REFRESH SECURITY TYPE(SSL)",
            id="the issuer was added",
        ),
        pytest.param(
            End(RETRYING, log=[message("9633", "QM1.TO.QM2", 414, 575010)], certificates=looked(refresh_outstanding=True, trusted=[])),
            End(None, certificate=VALID, certificates=looked(CURRENT)),
            "QM1 does not trust the issuer (CN=Fleet CA) of the certificate of QM2 (CN=QM2), or a CA certificate between them is missing "
            f"(AMQ9633E at QM1, {NOON}); run mqfleet.tls.site for both, which adds what QM1 has to trust, and refresh QM1 if it has been "
            "added already",
            id="the issuer was not added",
        ),
    ],
)
def test_a_refresh_that_is_missing_is_the_cause(initiator, responder, says):
    assert judge(LINK, initiator, responder)["explanation"] == f"The link QM1 to QM2 (channel QM1.TO.QM2) does not run (RETRYING): {says}."
