# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a channel, from the state of its queue manager."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.channel_ends import channel_end
from ansible_collections.mqfleet.tls.plugins.module_utils._core.handshake import ChannelEnd
from ansible_collections.mqfleet.tls.plugins.module_utils._core.negotiation import Settings

STEM = "/var/mqm/qmgrs/QM1/ssl/key"


def state(**changes):
    """As fleet_state.gathered gives it; ``attributes`` and ``repository`` are completed."""
    attributes = {"SSLKEYR": f"{STEM}.p12", "CERTLABL": "", "SSLFIPS": "NO", "SUITEB": ["NONE"], **changes.pop("attributes", {})}
    repository = {"exists": True, "repository": {"path": STEM, "type": changes.pop("type", "pkcs12")}, "certificates": []}
    repository.update(changes.pop("repository", {}))
    usual = {"queue_manager": "QM1", "read": True, "error": "", "version": "9.4.2.0", "tls_settings": {"AllowTLSV13": "TRUE"}}
    return {**usual, "attributes": attributes, "repository": repository, **changes}


CHANNEL = {"SSLCIPH": "ANY_TLS12", "SSLPEER": "CN=QM2", "SSLCAUTH": "OPTIONAL", "CERTLABL": "mine"}


def test_all_that_decides_is_taken_over():
    changed = state(attributes={"SSLFIPS": "YES", "CERTLABL": "ours", "SUITEB": ["128_BIT"]}, tls_settings={"OutboundSNI": "HOSTNAME"})
    assert channel_end(changed, CHANNEL, frozenset({("CN=CA", "0A")})) == ChannelEnd(
        "QM1",
        "ANY_TLS12",
        [],
        Settings((9, 4, 2), True, True, True),
        channel_label="mine",
        queue_manager_label="ours",
        authentication="OPTIONAL",
        peer="CN=QM2",
        sends_channel_name=False,
        revoked=frozenset({("CN=CA", "0A")}),
    )


def test_a_queue_manager_that_was_not_read_leaves_it_open():
    unread = {"queue_manager": "QM1", "read": False, "version": "", "tls_settings": {}, "attributes": {}, "repository": {}}
    end = channel_end(unread, {})
    assert (end.certificates, end.settings, end.repository_fault) == (None, Settings(), "")


@pytest.mark.parametrize(
    ("version", "settings", "tls13"),
    [
        ("9.4.2.0", {}, True),
        ("9.1.5.0", {}, False),
        ("9.1.5.0", {"AllowTLSV13": "y"}, True),
        ("9.4.2.0", {"AllowTLSV13": "No"}, False),
        ("9.4.2.0", {"AllowTLSV13": "perhaps"}, True),
        ("", {}, None),
    ],
)
def test_tls_1_3(version, settings, tls13):
    assert channel_end(state(version=version, tls_settings=settings), CHANNEL).settings.tls13 is tls13


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("TLS_AES_256_GCM_SHA384, ECDHE_RSA_AES_256_GCM_SHA384", ("TLS_AES_256_GCM_SHA384", "ECDHE_RSA_AES_256_GCM_SHA384")),
        ("ALL", ()),
        ("TLS_AES_256_GCM_SHA384,misspelt", ()),
    ],
)
def test_allowed_cipher_specs_with_an_illegal_value_count_as_absent(value, allowed):
    assert channel_end(state(tls_settings={"AllowedCipherSpecs": value}), CHANNEL).settings.allowed == allowed


@pytest.mark.parametrize(
    ("settings", "sends"),
    [({}, True), ({"AllowOutboundSNI": "NO"}, False), ({"AllowOutboundSNI": "NO", "OutboundSNI": "CHANNEL"}, True)],
)
def test_the_channel_name_is_sent(settings, sends):
    assert channel_end(state(tls_settings=settings), CHANNEL).sends_channel_name is sends


@pytest.mark.parametrize(
    ("changes", "fault", "is_known"),
    [
        ({}, "", True),
        ({"type": "cms", "attributes": {"SSLKEYR": STEM}}, "", True),
        ({"type": "cms", "attributes": {"SSLKEYR": f"{STEM}.kdb"}}, "", True),
        ({"attributes": {"SSLKEYR": " "}}, "not_stated", True),
        ({"repository": {"exists": False}}, "not_there", True),
        # Levels before 9.3 take the name with its extension for a stem.
        ({"version": "9.2.5.0"}, "not_there", True),
        # Another one than was read: nothing is known of it.
        ({"attributes": {"SSLKEYR": "/elsewhere/key"}}, "", False),
        ({"attributes": {"SSLKEYR": STEM}}, "", False),
    ],
)
def test_the_key_repository_that_sslkeyr_means(changes, fault, is_known):
    end = channel_end(state(**changes), CHANNEL)
    assert (end.repository_fault, end.certificates is not None) == (fault, is_known)
