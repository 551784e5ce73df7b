# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CipherSpecs: the table against the gathered facts, refusals, and which two definitions come to terms."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.module_utils._core.cipherspec import (
    ALIASES,
    CIPHER_SPECS,
    PROTOCOLS,
    accepts,
    accepts_protocol,
    check_usable,
    compatible,
    find,
)
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError

ROOT = Path(__file__).resolve().parents[5]


@pytest.fixture(scope="module")
def facts():
    path = ROOT.parent / "shared" / "reference" / "cipherspecs.yml"
    if not path.is_file():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the reference facts are not at {path}")
        pytest.skip(f"the reference facts are not at {path}")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_table_agrees_with_the_gathered_facts(facts):
    key_types = {"RSA": "RSA", "ECDSA": "EC", "any": None, "none": None}
    gathered = {row["name"]: (row["protocol"], key_types[row["certificate_key"]], row["default_order"]) for row in facts["ciphers"]}
    assert {spec.name: (spec.protocol, spec.key_type, spec.order) for spec in CIPHER_SPECS.values()} == gathered
    assert {spec.name for spec in CIPHER_SPECS.values() if spec.is_enabled} == {
        row["name"] for row in facts["ciphers"] if row["enabled_by_default"]
    }


def test_the_aliases_agree_with_the_gathered_facts(facts):
    assert {alias.name: alias.protocols for alias in ALIASES.values()} == {
        row["name"]: frozenset(row["protocols"]) for row in facts["aliases"]
    }


def test_the_protocols_of_status_agree_with_the_gathered_facts(facts):
    assert {row["mqsc"] for row in facts["secprot"]} <= set(PROTOCOLS)


@pytest.mark.parametrize(("table", "tls13"), [("tls13_on_both", True), ("tls13_off_either", False)])
def test_the_rule_gives_the_documented_tables(facts, table, tls13):
    names = {"specific_tls12": "ECDHE_RSA_AES_256_GCM_SHA384", "specific_tls13": "TLS_AES_256_GCM_SHA384"}
    assert facts["interop"][table]
    for initiator, row in facts["interop"][table].items():
        for responder, outcome in row.items():
            assert compatible(names.get(initiator, initiator), names.get(responder, responder), tls13) == outcome, (initiator, responder)


@pytest.mark.parametrize(
    ("initiator", "responder", "outcome"),
    [
        ("ECDHE_RSA_AES_256_GCM_SHA384", "ECDHE_RSA_AES_128_GCM_SHA256", "fails"),
        ("ECDHE_RSA_AES_256_GCM_SHA384", "ECDHE_RSA_AES_256_GCM_SHA384", "connects"),
        ("ANY_TLS12_OR_HIGHER", "ANY_TLS12", "fails"),
        ("ANY_TLS12", "ANY_TLS12_OR_HIGHER", "connects"),
    ],
)
def test_the_responder_may_be_wider_never_narrower(initiator, responder, outcome):
    assert compatible(initiator, responder) == outcome


def test_a_fixed_tls13_alias_fails_where_tls13_is_off():
    assert compatible("ANY_TLS13", "ANY_TLS13", tls13=False) == "fails"


@pytest.mark.parametrize("pair", [("NO_SUCH", "ANY"), ("ANY", "NO_SUCH")])
def test_compatible_refuses_unknown_names(pair):
    with pytest.raises(InputError, match="^The CipherSpec 'NO_SUCH' is not known to IBM MQ.$"):
        compatible(*pair)


@pytest.mark.parametrize(
    ("name", "key_type", "version", "message"),
    [
        ("", None, None, "The CipherSpec is blank, which is a channel without TLS; name one, for example ANY_TLS12_OR_HIGHER."),
        (
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            None,
            None,
            "The CipherSpec 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384' is not known to IBM MQ; did you mean ECDHE_RSA_AES_256_GCM_SHA384?",
        ),
        (
            "any_tls12_or_higher",
            None,
            None,
            "The CipherSpec 'any_tls12_or_higher' is not known to IBM MQ; did you mean ANY_TLS12_OR_HIGHER?",
        ),
        (
            "ROT13",
            None,
            None,
            "The CipherSpec 'ROT13' is not known to IBM MQ; take ANY_TLS12_OR_HIGHER or a name from the topic 'Enabling CipherSpecs'.",
        ),
        (
            "RC4_MD5_US",
            None,
            None,
            "The CipherSpec RC4_MD5_US (SSL 3.0) is deprecated and disabled in IBM MQ: a channel with it does not start (AMQ9788E); "
            "take ANY_TLS12_OR_HIGHER or an enabled one.",
        ),
        (
            "ECDHE_RSA_AES_256_GCM_SHA384",
            "EC",
            None,
            "The CipherSpec ECDHE_RSA_AES_256_GCM_SHA384 needs a certificate with an RSA key at the responder, which has "
            "an elliptic-curve (EC) one (AMQ9616E); change mq_tls_key_type there or take ANY_TLS12_OR_HIGHER, which serves both.",
        ),
        (
            "ECDHE_ECDSA_AES_128_GCM_SHA256",
            "RSA",
            None,
            "The CipherSpec ECDHE_ECDSA_AES_128_GCM_SHA256 needs a certificate with an elliptic-curve (EC) key at the responder, which has "
            "an RSA one (AMQ9616E); change mq_tls_key_type there or take ANY_TLS12_OR_HIGHER, which serves both.",
        ),
        (
            "TLS_AES_256_GCM_SHA384",
            "RSA",
            (9, 1, 0),
            "The CipherSpec TLS_AES_256_GCM_SHA384 needs IBM MQ 9.1.4 or later and the queue manager has 9.1.0; "
            "upgrade it or take a TLS 1.2 CipherSpec such as ECDHE_RSA_AES_256_GCM_SHA384.",
        ),
    ],
)
def test_refusals(name, key_type, version, message):
    with pytest.raises(InputError) as refusal:
        check_usable(name, key_type, version)
    assert str(refusal.value) == message


@pytest.mark.parametrize("key_type", ["RSA", "EC", None])
@pytest.mark.parametrize("name", ["ANY_TLS12_OR_HIGHER", "TLS_AES_128_GCM_SHA256"])
def test_what_serves_every_key_type(name, key_type):
    check_usable(name, key_type, (9, 1, 4))


@pytest.mark.parametrize(
    ("definition", "negotiated", "accepted"),
    [
        ("ANY_TLS12_OR_HIGHER", "TLS_AES_256_GCM_SHA384", True),
        ("ANY_TLS12_OR_HIGHER", "ECDHE_RSA_AES_256_GCM_SHA384", True),
        ("ANY_TLS12_OR_HIGHER", "TLS_RSA_WITH_AES_128_CBC_SHA", False),
        ("ANY_TLS13", "ECDHE_RSA_AES_256_GCM_SHA384", False),
        ("ECDHE_RSA_AES_256_GCM_SHA384", "ECDHE_RSA_AES_256_GCM_SHA384", True),
        ("ECDHE_RSA_AES_256_GCM_SHA384", "ECDHE_RSA_AES_128_GCM_SHA256", False),
        ("ANY_TLS12", "", False),
        ("", "", False),
    ],
)
def test_what_a_definition_accepts(definition, negotiated, accepted):
    assert accepts(definition, negotiated) is accepted


@pytest.mark.parametrize(
    ("definition", "protocol", "accepted"),
    [("ANY_TLS12", "TLS 1.2", True), ("ANY_TLS12", "TLS 1.3", False), ("ANY_TLS12", None, False), ("NO_SUCH", "TLS 1.2", False)],
)
def test_which_protocol_a_definition_accepts(definition, protocol, accepted):
    assert accepts_protocol(definition, protocol) is accepted


def test_find_is_exact_in_case():
    assert find("any") is None
    assert find("ANY") is ALIASES["ANY"]
