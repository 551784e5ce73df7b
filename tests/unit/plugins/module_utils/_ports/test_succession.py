# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One identity follows another in a key repository of either type, as IBM's own tool lists it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core import key_repository as core
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from cryptography import x509
from repository_host import EC, NOW, Ca, Host, without_processes

LABEL = "ibmwebspheremqqm1"
SELF = {"issuer": {"type": "self_signed"}, "stage": True}
# a moment before which every certificate of these tests was issued: a new key is asked for
LATER = core.timestamp(NOW + timedelta(days=1))
key_database = pytest.importorskip("mqsim.gskit.key_database")


@pytest.fixture(params=["9.4.2.0", "9.2.5.0"], ids=["pkcs12", "cms"])
def host(tmp_path, request, monkeypatch):
    without_processes(monkeypatch)
    return Host.make(tmp_path, request.param)


def personal(host) -> dict[str, str]:
    """Labels with private keys, and the serial numbers of their certificates, as GSKit reads them."""
    is_pkcs12 = (host.ssl / "key.p12").exists()
    database = key_database.KeyDatabase.open(str(host.ssl / ("key.p12" if is_pkcs12 else "key.kdb")), host.password if is_pkcs12 else None)
    try:
        return {one.label: serial(one.certificate) for one in database.entries() if one.has_private_key}
    finally:
        database.close()


def serial(der: bytes) -> str:
    return core.hexadecimal(x509.load_der_x509_certificate(der).serial_number.to_bytes(20, "big").lstrip(b"\0"))


def steps(result):
    return [(change["object"], change["action"], change["name"]) for change in result["changes"]]


def marker(host):
    return host.directory / "refresh"


def due(host, **options):
    """A renewal is asked for, in check mode and in earnest."""
    announced = host.run(check=True, **options)
    result = host.run(**options)
    assert announced["changes"] == result["changes"]
    return result


def serials(result):
    """Serial numbers as they are read: without a leading zero byte."""
    found = {LABEL: result["certificate"], f"{LABEL}-next": result["staged"], f"{LABEL}-former": result["former"]}
    return {label: one["serial_number"].removeprefix("00:") for label, one in found.items() if one}


def test_the_former_identity_stays_until_it_is_told_to_go(host, ca):
    first = host.converge(ca, identity=EC)
    second = host.converge(ca, identity=EC, issued_before=LATER)
    assert second["former"]["fingerprint"] == first["certificate"]["fingerprint"] != second["certificate"]["fingerprint"]
    assert second["former"]["signed_by"] == [core.pem_fingerprint(ca.pem)]
    assert personal(host) == serials(second)
    assert host.run(ca=ca, identity=EC)["changed"] is False

    marker(host).unlink()
    assert host.run(ca=ca, identity=EC, drop_former=second["certificate"]["fingerprint"])["changed"] is False, "it is not the former one"
    gone = due(host, ca=ca, identity=EC, drop_former=second["former"]["fingerprint"])
    assert steps(gone) == [("CERTIFICATE", "remove", f"{LABEL}-former")]
    assert gone["changes"][0]["reason"] == "the one that followed it is proven on a live channel"
    assert personal(host) == {LABEL: serials(second)[LABEL]}
    assert not marker(host).exists(), "the queue manager need not be told"
    before = host.snapshot()
    assert host.run(ca=ca, identity=EC, drop_former=second["former"]["fingerprint"])["changed"] is False
    assert host.snapshot() == before


def test_one_more_renewal_leaves_one_former_identity(host, ca):
    host.converge(ca, identity=EC)
    second = host.converge(ca, identity=EC, issued_before=LATER)
    third = host.converge(ca, identity={**EC, "subject": "CN=QM1,O=New"})
    assert third["former"]["fingerprint"] == second["certificate"]["fingerprint"]
    assert personal(host) == serials(third)


def test_self_signed_waits_until_partners_trust_it(host):
    first = host.run(identity=EC, **SELF)
    assert (first["staged"], first["former"]) == (None, None), "with none in use there is nothing to wait for"
    marker(host).unlink()
    staged = due(host, identity=EC, issued_before=LATER, **SELF)
    assert steps(staged) == [("CERTIFICATE", "issue", f"{LABEL}-next")]
    assert staged["certificate"] == first["certificate"]
    assert personal(host) == serials(staged)
    assert not marker(host).exists()
    before = host.snapshot()
    for moment in (LATER, ""):  # also where none is asked for any more: it is made, and partners know it
        assert host.run(identity=EC, issued_before=moment, **SELF)["changed"] is False
    assert host.snapshot() == before

    installed = due(host, identity=EC, install=staged["staged"]["fingerprint"], **SELF)
    assert [(change["action"], change["name"], change["reason"]) for change in installed["changes"]] == [
        ("replace", LABEL, "every partner accepts the one that was made to follow it")
    ]
    assert installed["certificate"]["fingerprint"] == staged["staged"]["fingerprint"]
    assert installed["former"]["fingerprint"] == first["certificate"]["fingerprint"]
    assert personal(host) == serials(installed)
    assert f"certificate in use until {first['certificate']['not_after']}" in marker(host).read_text()
    assert host.run(identity=EC, **SELF)["changed"] is False


def test_another_issuer_waits_too_unless_all_are_known_to_accept_it(host, ca):
    first = host.run(identity=EC, **SELF)
    request = host.run(ca=ca, identity=EC, stage=True)["_request"]
    staged = host.run(ca=ca, identity=EC, stage=True, _answer=ca.sign(request))
    assert steps(staged) == [("TRUST", "add", "CN=Test CA"), ("CERTIFICATE", "issue", f"{LABEL}-next")]
    assert staged["certificate"] == first["certificate"]
    assert staged["staged"]["signed_by"] == [core.pem_fingerprint(ca.pem)]
    installed = host.run(ca=ca, identity=EC, stage=True, install=staged["staged"]["fingerprint"])
    assert installed["certificate"]["fingerprint"] == staged["staged"]["fingerprint"]
    assert host.run(ca=ca, identity=EC, stage=True)["changed"] is False

    other = Ca("CN=Other CA")
    moved = host.converge(other, identity=EC, stage=True, _accepted=[ca.pem])
    assert (moved["certificate"]["issuer"], moved["staged"]) == ("CN=Other CA", None)
    assert personal(host) == serials(moved)


def test_what_waits_and_is_not_wanted_any_more_goes(host):
    host.run(identity=EC, **SELF)
    host.run(identity=EC, issued_before=LATER, **SELF)
    other = due(host, identity={**EC, "key_type": "RSA", "key_size": 2048}, **SELF)
    assert [(change["action"], change["name"], change["reason"]) for change in other["changes"]] == [
        ("remove", f"{LABEL}-next", "the key is EC 256"),
        ("issue", f"{LABEL}-next", "the key is EC 256"),
    ]
    assert personal(host) == serials(other)


def test_a_renamed_label_keeps_key_and_certificate(host, ca):
    host.converge(ca, identity=EC)
    before = host.converge(ca, identity=EC, issued_before=LATER)
    named = {**EC, "label": "qm1"}
    result = due(host, ca=ca, identity=named)
    reason = "it has another label and is right in all else"
    assert result["changes"] == [
        {
            "object": "CERTIFICATE",
            "name": f"qm1{suffix}",
            "action": "rename",
            "attributes": {"label": {"before": LABEL + suffix, "after": f"qm1{suffix}"}},
            "reason": reason,
        }
        for suffix in ("", "-former")
    ]
    assert result["certificate"] == {**before["certificate"], "label": "qm1"}
    assert personal(host) == {label.replace(LABEL, "qm1"): value for label, value in serials(before).items()}
    assert marker(host).exists()
    assert host.run(ca=ca, identity=named)["changed"] is False


@pytest.mark.parametrize("kind", ["local_ca", "self_signed"])
def test_a_new_key_for_what_was_issued_before_a_moment(host, ca, kind):
    options = {"ca": ca} if kind == "local_ca" else SELF
    begin = core.timestamp(datetime.now(timezone.utc))
    first = host.run(identity=EC, **options)
    if kind == "local_ca":
        first = host.run(identity=EC, _answer=ca.sign(first["_request"], now=datetime.now(timezone.utc)), **options)
    assert first["certificate"]["not_before"] < begin, "it is dated back, and counts all the same"
    assert host.run(identity=EC, issued_before=begin, **options)["changed"] is False
    due = host.run(identity=EC, issued_before=LATER, check=True, **options)
    assert [change["reason"] for change in due["changes"]] == [f"it was issued before {LATER}"]


def test_a_renewal_that_is_under_way_is_not_begun_anew(host, ca):
    host.converge(ca, identity=EC)
    host.converge(ca, identity=EC, issued_before=LATER)
    assert host.run(ca=ca, identity=EC, issued_before=LATER)["changed"] is False


def test_a_moment_that_is_none_is_refused(host):
    with pytest.raises(InputError) as refusal:
        host.run(identity=EC, issued_before="yesterday", **SELF)
    assert str(refusal.value) == (
        "The certificate of queue manager QM1 was to be replaced if it was issued before 'yesterday', and that is no moment; "
        "write it as 2027-03-01T08:00:00Z (UTC)."
    )
