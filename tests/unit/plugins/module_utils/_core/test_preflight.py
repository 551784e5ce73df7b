# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links of a fleet as they are, and as site will leave them."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.preflight import Known, forecast, planned_authority, summary, table
from ansible_collections.mqfleet.tls.plugins.module_utils._core.trust_chain import HeldCertificate

NOW = "2026-11-25T12:00:00Z"
STEM = "/var/mqm/qmgrs/{}/ssl/key"
CA = replace(planned_authority("CN=CA", "2026-01-01T00:00:00Z"), fingerprint="F:CA")
LINK = {"channel": "QM1.TO.QM2", "from": "QM1", "to": "QM2", "from_host": "qm1", "to_host": "qm2", "authentication": "two_way"}
ENDS = {"qm1": {"CHLTYPE": "SDR"}, "qm2": {"CHLTYPE": "RCVR", "SSLCAUTH": "REQUIRED"}}


def own(name, **changes):
    label, subject = f"ibmwebspheremq{name.lower()}", f"CN={name}"
    made = HeldCertificate(label, f"F:{name}", subject, "CN=CA", "0A", "2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z", "RSA", 3072)
    return replace(made, **{"has_key": True, "signed_by": ("F:CA",), **changes})


def state(host, certificates, cipher_spec="ANY_TLS12_OR_HIGHER", **changes):
    name = host.upper()
    stem = STEM.format(name)
    attributes = {"SSLKEYR": f"{stem}.p12", "CERTLABL": ""}
    objects = [{"object": "CHANNEL", "name": "QM1.TO.QM2", "attributes": {**ENDS[host], "SSLCIPH": cipher_spec}}]
    repository = {
        "exists": bool(certificates),
        "repository": {"path": stem, "type": "pkcs12", "ssl_key_repository": f"{stem}.p12"},
        "certificates": [asdict(one) for one in certificates],
    }
    usual = {"queue_manager": name, "read": True, "error": "", "version": "9.4.2.0", "tls_settings": {}, "attributes": attributes}
    return {**usual, "objects": objects, "repository": repository, **changes}


def planned(host, issuer="local_ca", trust=(), **changes):
    name = host.upper()
    identity = {"label": f"ibmwebspheremq{host}", "subject": f"CN={name}", "key_type": "RSA", "key_size": 3072}
    objects = [
        {"object": "QMGR", "attributes": {"CERTLABL": f"ibmwebspheremq{host}"}},
        {"object": "CHANNEL", "name": "QM1.TO.QM2", "attributes": {**ENDS[host], "SSLCIPH": "ANY_TLS12_OR_HIGHER"}},
    ]
    return {"queue_manager": name, "identity": identity, "issuer": {"type": issuer}, "trust": list(trust), "objects": objects, **changes}


def predicted(states, plans, chains=(CA,), trusted=(CA,), **known):
    """The one row."""
    both = {host: list(chains) for host in plans}
    found = Known(both, {host: list(trusted) for host in plans}, known.pop("published", {}), **known)
    (row,) = forecast([LINK], {one: value for one, value in zip(("qm1", "qm2"), states) if value}, plans, found, NOW)
    return row


LOCAL = {"qm1": planned("qm1"), "qm2": planned("qm2")}
GOOD = [state(host, [own(host.upper()), CA]) for host in ("qm1", "qm2")]


def test_a_link_that_is_right_stays_right():
    row = predicted(GOOD, LOCAL)
    assert row["now"] == row["after"]
    assert (row["now"]["ok"], row["now"]["protocol"], row["now"]["messages"]) == (True, "TLS 1.3", {})
    assert table([row]).splitlines()[2].split() == [
        *("QM1.TO.QM2", "QM1", "QM2", "two-way", "TLS_CHACHA20_POLY1305_SHA256", "TLS", "1.3", "comes", "up", "comes", "up", "-", "-"),
    ]
    assert summary([row]) == "No link of 1 is predicted to fail."


def test_a_new_fleet_whose_ca_is_yet_to_be_made():
    states = [state(host, [], objects=[]) for host in ("qm1", "qm2")]
    authority = planned_authority("CN=Next CA", NOW)
    row = predicted(states, LOCAL, [authority], [authority])
    assert (row["now"]["ok"], row["now"]["cause"], row["after"]["ok"]) == (None, "not_defined", True)
    assert "not there  comes up" in table([row])


@pytest.mark.parametrize(
    ("certificates", "cause"),
    [
        ([own("QM2", not_after="2026-11-01T00:00:00Z"), CA], "own_certificate_expired"),
        ([own("QM2")], "own_chain_incomplete"),
        ([CA], "responder_certificate_missing"),
        ([], "key_repository_not_there"),
        ([own("QM2", self_signed=True, signed_by=()), CA], "not_trusted"),
    ],
)
def test_what_site_mends_fails_now_and_comes_up_afterwards(certificates, cause):
    row = predicted([GOOD[0], state("qm2", certificates)], LOCAL)
    assert (row["now"]["ok"], row["now"]["cause"], row["after"]["ok"]) == (False, cause, True)
    assert table([row]).endswith("; site changes that.")
    assert summary([row]) == "No link of 1 is predicted to fail."


def test_what_site_does_not_know_of_fails_afterwards_too():
    states = [GOOD[0], state("qm2", [own("QM2"), CA], tls_settings={"AllowTLSV13": "NO"})]
    plans = {host: planned(host) for host in ("qm1", "qm2")}
    for plan in plans.values():
        plan["objects"][1]["attributes"]["SSLCIPH"] = "ANY_TLS13"
    row = predicted(states, plans)
    assert (row["now"]["ok"], row["after"]["ok"], row["after"]["refused_by"]) == (True, False, "QM2")
    assert row["after"]["messages"] == {"QM1": ["AMQ9665E", "AMQ9620E", "AMQ9638E"], "QM2": ["AMQ9616E"]}
    assert table([row]).splitlines()[-1] == (
        "- The channel from QM1 to QM2 will fail: QM2 has nothing enabled that QM1 offers (ANY_TLS13); "
        "see AllowTLSV13, AllowedCipherSpecs and SSLFIPS of QM2, or take another CipherSpec."
    )
    assert summary([row]) == "1 of 1 links will fail (QM1.TO.QM2); the table says why."


def test_a_revoked_certificate_fails_where_somebody_asks_and_is_replaced():
    states = [state("qm1", [own("QM1"), CA], tls_settings={"CDPCheckExtensions": "YES"}), GOOD[1]]
    row = predicted(states, LOCAL, revoked=frozenset({("CN=CA", "0A")}))
    assert (row["now"]["cause"], row["after"]["ok"]) == ("revoked", True)
    assert predicted(GOOD, LOCAL, revoked=frozenset({("CN=CA", "0A")}))["now"]["ok"] is True


def test_self_signed_certificates_that_are_exchanged():
    plans = {
        "qm1": planned("qm1", "self_signed", [{"queue_manager": "QM2"}]),
        "qm2": planned("qm2", "self_signed", [{"queue_manager": "QM1"}]),
    }
    row = predicted([state("qm1", []), state("qm2", [])], plans, (), ())
    assert row["after"]["ok"] is True
    plans["qm1"]["trust"] = []
    assert predicted([state("qm1", []), state("qm2", [])], plans, (), ())["after"]["cause"] == "not_trusted"


def test_a_certificate_that_an_external_ca_has_yet_to_sign_is_not_known():
    plans = {"qm1": LOCAL["qm1"], "qm2": planned("qm2", "external", [{"issuer": "external"}])}
    row = predicted([GOOD[0], state("qm2", [CA])], plans)
    assert (row["after"]["ok"], row["after"]["cause"]) == (None, "key_repository_unread")


def test_a_queue_manager_that_was_not_read_or_is_outside():
    unread = {"queue_manager": "QM2", "read": False, "error": "x", "version": "", "tls_settings": {}, "attributes": {}, "repository": {}}
    row = predicted([GOOD[0], unread], LOCAL)
    assert (row["after"]["ok"], row["after"]["cause"]) == (None, "key_repository_unread")
    row = predicted([GOOD[0], None], LOCAL)
    assert row["after"]["explanation"] == "Nothing was read of QM2, outside of this run."
    assert summary([row]) == "No link of 1 is predicted to fail; of 1 it is not known."
