# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Revocations in a PKI folder, with openssl as the witness."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import Identity
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.authority_index import AuthorityIndex
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from ansible_collections.mqfleet.tls.plugins.modules import certificate_authority, certificate_revocation
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers.local_ca import LocalCa
from ansible_collections.mqfleet.tls.plugins.plugin_utils.pki_folder import PkiFolder
from repository_host import openssl

NOW = datetime.now(timezone.utc).replace(microsecond=0)
DAY = timedelta(days=1)


class Authority:
    """A PKI folder with a CA and what is done with it."""

    def __init__(self, path: Path, **options) -> None:
        self.path = path
        self.folder = PkiFolder(str(path))
        self.make(**options)

    def make(self, now=NOW, check=False, **options):
        parameters = {name: one.get("default") for name, one in certificate_authority.argument_spec().items()}
        parameters.update(pki_dir=str(self.path), key_type="EC", passphrase="sesame", **options)
        return certificate_authority.run(parameters, check, now)

    def issue(self, queue_manager, **urls):
        """Sign a certificate: its file."""
        identity = Identity("label", DistinguishedName.parse(f"CN={queue_manager}"), "EC", 256)
        request = certificates.make_request(certificates.generate_key("EC", 256), identity).decode()
        pem = LocalCa(self.folder, "sesame", **urls).sign(queue_manager, request, identity)[0]
        path = self.path / f"{queue_manager}.pem"
        path.write_text(pem)
        return path

    def run(self, now=NOW, check=False, **options):
        parameters = {name: one.get("default") for name, one in certificate_revocation.argument_spec().items()}
        parameters.update(pki_dir=str(self.path), passphrase="sesame", **options)
        return certificate_revocation.run(parameters, check, now)

    def verify(self, certificate):
        """openssl's judgement of a certificate with the CRL."""
        command = ["openssl", "verify", "-crl_check", "-CAfile", self.path / "ca/certificate.pem", "-CRLfile", self.path / "ca/crl.pem"]
        return subprocess.run([*map(str, command), str(certificate)], capture_output=True, text=True, check=False)

    def crl(self):
        return openssl("crl", "-in", str(self.path / "ca" / "crl.pem"), "-noout", "-text")

    def serial(self, number=-1):
        return self.folder.index.read().entries[number]["serial_number"]


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "pki")


def done(result):
    return [(change["object"], change["action"], change.get("reason")) for change in result["changes"]]


OTHERS = "the certificates that are revoked are others than those in it"


@pytest.mark.parametrize("by", ["queue_manager", "serial_number", "fingerprint"])
def test_a_revoked_certificate_as_openssl_sees_it(authority, by):
    one, two = authority.issue("QM1"), authority.issue("QM2")
    entry = authority.folder.index.read().entries[0]
    wish = {
        "queue_manager": "QM1",
        "serial_number": entry["serial_number"].lower(),
        "fingerprint": openssl("x509", "-in", str(one), "-noout", "-fingerprint", "-sha256").split("=")[1].strip(),
    }[by]
    announced = authority.run(check=True, reason="keyCompromise", **{by: wish})
    assert not (authority.path / "ca" / "crl.pem").exists()
    result = authority.run(reason="keyCompromise", **{by: wish})
    assert result["changes"] == announced["changes"]
    assert done(result) == [("CERTIFICATE", "revoke", "keyCompromise"), ("CRL", "create", "there is none yet")]
    assert "certificate revoked" in authority.verify(one).stderr
    assert authority.verify(two).returncode == 0
    assert "Key Compromise" in authority.crl()
    der = openssl("crl", "-inform", "DER", "-in", str(authority.path / "ca" / "crl.der"), "-noout", "-text")
    assert der == authority.crl()
    again = authority.run(now=NOW + DAY, reason="keyCompromise", **{by: wish})
    assert (again["changed"], again["changes"], again["certificate"]["status"]) == (False, [], "revoked")


def test_the_list_that_openssl_verifies_is_the_one_that_it_is_signed_by(authority):
    authority.run()
    verified = subprocess.run(
        ["openssl", "crl", "-in", str(authority.path / "ca/crl.pem"), "-noout", "-CAfile", str(authority.path / "ca/certificate.pem")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "verify OK" in verified.stderr


def test_the_list_of_an_intermediate(tmp_path):
    authority = Authority(tmp_path / "pki", intermediate={"subject": "CN=Issuing CA", "days": 100})
    one = authority.issue("QM1")
    authority.run(queue_manager="QM1", reason="superseded")
    assert "Issuer: CN = Issuing CA" in authority.crl()
    command = ["openssl", "verify", "-partial_chain", "-crl_check", "-CAfile", "ca/certificate.pem", "-CRLfile", "ca/crl.pem", str(one)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False, cwd=authority.path)
    assert "certificate revoked" in judged.stderr


def test_recorded_first_and_listed_later(authority):
    authority.issue("QM1")
    assert done(authority.run(queue_manager="QM1", reason="superseded", publish=False)) == [("CERTIFICATE", "revoke", "superseded")]
    assert not (authority.path / "ca" / "crl.pem").exists()
    new = authority.issue("QM1")
    result = authority.run(queue_manager="QM1", reason="superseded")  # the one that is not listed yet, not the new one
    assert done(result) == [("CRL", "create", "there is none yet")]
    assert authority.verify(new).returncode == 0
    assert [entry["status"] for entry in authority.folder.index.read().entries] == ["revoked", "valid"]


def test_a_list_is_renewed_at_half_of_its_time(authority):
    assert done(authority.run()) == [("CRL", "create", "there is none yet")]
    assert done(authority.run(now=NOW + 14 * DAY)) == []
    ends = f"it ends on {NOW + 30 * DAY:%Y-%m-%dT%H:%M:%SZ}"
    assert done(authority.run(now=NOW + 16 * DAY, check=True)) == [("CRL", "replace", ends)]
    assert done(authority.run(now=NOW + 16 * DAY)) == [("CRL", "replace", ends)]
    assert "X509v3 CRL Number: \n                2" in authority.crl()
    assert done(authority.run(now=NOW + 17 * DAY)) == []


def test_the_run_that_makes_the_ca_looks_after_the_list(authority):
    assert done(authority.make()) == []
    assert done(authority.make(crl=True)) == [("CRL", "create", "there is none yet")]
    assert done(authority.make()) == []
    assert [change[:2] for change in done(authority.make(now=NOW + 16 * DAY))] == [("CRL", "replace")]
    authority.issue("QM1")
    authority.run(queue_manager="QM1", reason="superseded", publish=False)
    assert done(authority.make(now=NOW + 16 * DAY)) == [("CRL", "replace", OTHERS)]


def test_a_ca_that_is_yet_to_be_made_announces_its_list(tmp_path):
    authority = Authority(tmp_path / "pki", check=True, crl=True)
    announced = authority.make(check=True, crl=True)["changes"]
    assert [(change["object"], change["action"]) for change in announced] == [("CERTIFICATE", "issue"), ("CRL", "create")]
    assert authority.make(crl=True)["changes"] == announced


def test_the_list_of_another_ca_is_put_aside(authority, tmp_path):
    authority.issue("QM1")
    authority.run(queue_manager="QM1", reason="superseded")
    before = (authority.path / "ca" / "crl.pem").read_bytes()
    authority.make(subject="CN=Next CA", rollover=True)
    authority.folder.authorities.promote()
    assert done(authority.make(subject="CN=Next CA")) == [("CRL", "replace", "it is the list of another certificate authority")]
    assert (authority.path / "ca" / "previous" / "crl.pem").read_bytes() == before
    assert "Issuer: CN = Next CA" in authority.crl()
    assert "No Revoked Certificates" in authority.crl()


def test_certificates_say_where_the_list_is(authority):
    urls = {"crl_url": "http://pki.example/mq.crl", "ocsp_url": "http://ocsp.example/"}
    text = openssl("x509", "-in", str(authority.issue("QM1", **urls)), "-noout", "-text")
    assert "X509v3 CRL Distribution Points: \n                Full Name:\n                  URI:http://pki.example/mq.crl" in text
    assert "Authority Information Access: \n                OCSP - URI:http://ocsp.example/" in text
    assert "URI:" not in openssl("x509", "-in", str(authority.issue("QM2")), "-noout", "-text")


def test_the_issuer_knows_what_is_revoked(authority):
    authority.issue("QM1")
    authority.issue("QM2")
    serial = authority.serial(0)
    authority.run(serial_number=serial, reason="keyCompromise", publish=False)
    issuer = LocalCa(authority.folder, "sesame")
    assert (issuer.revoked("QM1"), issuer.revoked("QM2")) == ({serial: "keyCompromise"}, {})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"queue_manager": "QM1"},
            InputError,
            "A certificate of the CA in {pki} was to be revoked and reason is missing; give one of unspecified, keyCompromise, "
            "affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn.",
        ),
        (
            {"reason": "superseded"},
            InputError,
            "A certificate of the CA in {pki} was to be revoked and it is not said which; give queue_manager, serial_number or fingerprint.",
        ),
        (
            {"crl_days": 0},
            InputError,
            "The list of revoked certificates {pki}/ca/crl.pem was to be made for 0 days; give crl_days a value from 1.",
        ),
        (
            {"passphrase": "wrong"},
            StateError,
            "The list of revoked certificates {pki}/ca/crl.pem was to be made and the passphrase does not open {pki}/ca/private_key.pem; "
            "correct mq_tls_ca_passphrase.",
        ),
    ],
)
def test_refusals(authority, options, error, message):
    authority.issue("QM1")
    before = (authority.path / "ca" / "index.jsonl").read_bytes()
    parameters = {name: one.get("default") for name, one in certificate_revocation.argument_spec().items()}
    parameters.update({"pki_dir": str(authority.path), "passphrase": "sesame", **options})
    with pytest.raises(error) as caught:
        certificate_revocation.run(parameters, False, NOW)
    assert str(caught.value) == message.replace("{pki}", str(authority.path))
    assert (authority.path / "ca" / "index.jsonl").read_bytes() == before


def test_a_certificate_of_another_ca_is_not_revoked(authority):
    authority.issue("QM1")
    authority.make(subject="CN=Next CA", rollover=True)
    authority.folder.authorities.promote()
    with pytest.raises(StateError) as caught:
        authority.run(queue_manager="QM1", reason="superseded")
    assert str(caught.value) == (
        f"The certificate {authority.serial()} (QM1) was to be revoked and it was signed by CN=MQ fleet CA with another key than that of the "
        f"CA in use, which alone can revoke; end the trust in that CA with mqfleet.tls.rotate_ca."
    )


def test_without_a_ca_nothing_is_revoked(tmp_path):
    with pytest.raises(StateError, match=r"there is no CA in .*/pki/ca; run mqfleet\.tls\.certificate_authority first\.$"):
        AuthorityIndex(str(tmp_path / "pki" / "ca")).publish("", NOW, 30, check=True)
