# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from mqsim import cipherspec

NEW, OLD = (9, 4, 2, 0), (9, 1, 0, 0)
SPEC = "ECDHE_RSA_AES_256_GCM_SHA384"


def names(specs):
    return [spec.name for spec in specs]


@pytest.mark.parametrize(
    ("name", "version", "allowed"),
    [
        ("", OLD, True),
        (SPEC, OLD, True),
        ("TLS_AES_256_GCM_SHA384", (9, 1, 3, 0), False),
        ("TLS_AES_256_GCM_SHA384", (9, 1, 4, 0), True),
        ("ANY_TLS12", (9, 1, 0, 0), False),
        ("ANY_TLS12", (9, 1, 1, 0), True),
        ("ANY_TLS12_OR_HIGHER", (9, 1, 3, 0), False),
        ("ANY_TLS12_OR_HIGHER", (9, 1, 4, 0), True),
        ("ANY_TLS13_OR_HIGHER", NEW, True),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", NEW, False),
        ("TRIPLE_DES_SHA_US", OLD, False),
        ("ecdhe_rsa_aes_256_gcm_sha384", NEW, False),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", NEW, False),
        ("*TLS12", NEW, False),
    ],
)
def test_what_a_channel_may_name(name, version, allowed):
    assert cipherspec.is_allowed_on_channel(name, version) is allowed


def test_the_default_order_has_tls13_first_and_rsa_key_exchange_before_ecdhe():
    found = names(cipherspec.enabled(NEW, {}))
    assert found[0] == "TLS_CHACHA20_POLY1305_SHA256"
    assert found.index("TLS_AES_128_CCM_8_SHA256") < found.index("TLS_RSA_WITH_AES_256_GCM_SHA384") < found.index(SPEC)
    assert len(found) == 17


@pytest.mark.parametrize(
    ("version", "value", "on"),
    [
        (NEW, None, True),
        ((9, 1, 5, 0), None, False),
        ((9, 1, 5, 0), "YES", True),
        ((9, 1, 0, 0), "YES", False),
        (NEW, "FALSE", False),
        (NEW, "n", False),
        (NEW, "off", True),  # not a legal value: the default counts, without a message
    ],
)
def test_allow_tls13(version, value, on):
    specs = cipherspec.enabled(version, {} if value is None else {"AllowTLSV13": value})
    assert any(spec.protocol == "TLSV13" for spec in specs) is on


def test_allowed_cipherspecs_give_set_and_order_but_the_protocol_goes_first():
    stanza = {"AllowedCipherSpecs": f"{SPEC}, TLS_RSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256"}
    assert names(cipherspec.enabled(NEW, stanza)) == ["TLS_AES_128_GCM_SHA256", SPEC, "TLS_RSA_WITH_AES_256_GCM_SHA384"]
    assert len(cipherspec.enabled(NEW, {"AllowedCipherSpecs": f"{SPEC},misspelt"})) == 17
    assert len(cipherspec.enabled(NEW, {"AllowedCipherSpecs": "ALL"})) == 17


def test_fips_and_suite_b():
    assert "TLS_CHACHA20_POLY1305_SHA256" not in names(cipherspec.enabled(NEW, {}, fips=True))
    assert names(cipherspec.enabled(NEW, {}, suite_b="192_BIT")) == ["ECDHE_ECDSA_AES_256_GCM_SHA384"]
    assert len(cipherspec.enabled(NEW, {}, suite_b="128_BIT")) == 2


def test_what_an_initiator_proposes_and_a_responder_accepts():
    available = cipherspec.enabled(NEW, {})
    assert names(cipherspec.proposed(SPEC, available)) == [SPEC]
    assert {spec.protocol for spec in cipherspec.proposed("ANY_TLS12", available)} == {"TLSV12"}
    assert {spec.protocol for spec in cipherspec.proposed("ANY_TLS13_OR_HIGHER", available)} == {"TLSV13"}
    assert cipherspec.proposed("ANY", available) == available
    assert cipherspec.proposed("TLS_AES_256_GCM_SHA384", cipherspec.enabled(NEW, {"AllowTLSV13": "NO"})) == []


def test_names_of_the_engine_lead_back():
    for spec in cipherspec.CIPHER_SPECS:
        assert cipherspec.negotiated(spec.protocol, spec.suite) is spec
        assert cipherspec.name_of_code(spec.code.lower()) == spec.name
    assert cipherspec.name_of_code("c013") == "C013"
    assert cipherspec.negotiated("TLSV12", "TLS_RSA_WITH_AES_128_CBC_SHA") is None
