# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import Identity
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.files import Files
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from ansible_collections.mqfleet.tls.plugins.modules import certificate_authority
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers import local_ca
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers.local_ca import LocalCa
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers.registry import find
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers.self_signed import SelfSigned
from ansible_collections.mqfleet.tls.plugins.plugin_utils.pki_folder import PkiFolder
from repository_host import NOW, openssl

IDENTITY = Identity("label", DistinguishedName.parse("CN=QM1,O=Bank"), "EC", 256, 365, 30, ("qm1.example", "qm1"))
KEY = certificates.generate_key("EC", 256)
REQUEST = certificates.make_request(KEY, IDENTITY).decode()
OTHER = certificates.make_request(certificates.generate_key("EC", 256), IDENTITY).decode()


@pytest.fixture
def folder(tmp_path):
    parameters = {name: one.get("default") for name, one in certificate_authority.argument_spec().items()}
    parameters.update(pki_dir=str(tmp_path / "pki"), key_type="EC", passphrase="sesame")
    certificate_authority.run(parameters, False, NOW)
    return PkiFolder(str(tmp_path / "pki"))


def test_what_it_signs_as_openssl_sees_it(folder, tmp_path):
    leaf, *chain = LocalCa(folder, "sesame").sign("QM1", REQUEST, IDENTITY)
    assert chain == folder.authority()
    path = tmp_path / "leaf.pem"
    path.write_text(leaf)
    text = openssl("x509", "-in", str(path), "-noout", "-text")
    for expected in (
        "Subject: O = Bank, CN = QM1",
        "Issuer: CN = MQ fleet CA",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "DNS:qm1.example, DNS:qm1",
        "X509v3 Authority Key Identifier",
        "X509v3 Subject Key Identifier",
    ):
        assert expected in text
    for purpose in ("sslserver", "sslclient"):
        authority = f"{folder.path}/ca/certificate.pem"
        assert "OK" in openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", authority, str(path))
    serial = int(openssl("x509", "-in", str(path), "-noout", "-serial").split("=")[1], 16)
    assert 64 <= serial.bit_length() <= 159
    kept = folder.path + f"/ca/issued/{serial:x}.pem"
    assert openssl("x509", "-in", kept, "-noout", "-fingerprint") == openssl("x509", "-in", str(path), "-noout", "-fingerprint")


def test_rsa_keys_may_encipher_keys(folder):
    identity = replace(IDENTITY, key_type="RSA", key_size=2048)
    request = certificates.make_request(certificates.generate_key("RSA", 2048), identity).decode()
    leaf = LocalCa(folder, "sesame").sign("QM1", request, identity)[0]
    text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=leaf, capture_output=True, text=True, check=True).stdout
    assert "Digital Signature, Key Encipherment" in text


def test_no_certificate_outlives_its_ca(folder):
    leaf = LocalCa(folder, "sesame").sign("QM1", REQUEST, replace(IDENTITY, days=9999))[0]
    authority = certificates.load_certificate(folder.authority()[0], "")
    assert certificates.not_after(certificates.load_certificate(leaf, "")) == certificates.not_after(authority)


@pytest.mark.parametrize(
    ("identity", "cause"),
    [
        (replace(IDENTITY, subject=DistinguishedName.parse("CN=QM2,O=Bank")), "asks for CN=QM1,O=Bank instead of CN=QM2,O=Bank"),
        (replace(IDENTITY, key_size=384), "has another kind of key than described"),
        (replace(IDENTITY, dns_names=("qm1",)), "asks for other DNS names than described"),
        (replace(IDENTITY, dns_names=None), "asks for other DNS names than described"),
    ],
)
def test_a_host_gets_only_what_the_inventory_describes(folder, identity, cause):
    with pytest.raises(InputError) as refusal:
        LocalCa(folder, "sesame").sign("QM1", REQUEST, identity)
    assert str(refusal.value) == (
        f"The request of queue manager QM1 was to be signed by the CA in {folder.path} and {cause}; nothing was signed: look at that host."
    )
    assert not Path(folder.path, "ca", "issued").exists()


def test_a_request_must_be_signed_by_its_key(folder):
    other = certificates.make_request(certificates.generate_key("EC", 256), IDENTITY).decode()
    lines, others = REQUEST.splitlines(), other.splitlines()
    forged = "\n".join([*lines[:-2], others[-2], lines[-1]])
    with pytest.raises(InputError, match=r"^The request of queue manager QM1 was to be read and"):
        LocalCa(folder, "sesame").sign("QM1", forged, IDENTITY)


def test_a_wrong_passphrase(folder):
    with pytest.raises(StateError) as refusal:
        LocalCa(folder, "wrong").sign("QM1", REQUEST, IDENTITY)
    assert str(refusal.value) == (
        f"The request of queue manager QM1 was to be signed by the CA in {folder.path} and the passphrase does not open its private key; "
        "correct mq_tls_ca_passphrase."
    )


SIGNER = """
import sys
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import Identity
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers.local_ca import LocalCa
from ansible_collections.mqfleet.tls.plugins.plugin_utils.pki_folder import PkiFolder
identity = Identity("label", DistinguishedName.parse("CN=QM1,O=Bank"), "EC", 256, 365, 30, ("qm1.example", "qm1"))
authority = LocalCa(PkiFolder(sys.argv[1]), "sesame")
request = open(sys.argv[3]).read()
for turn in range(8):
    authority.sign(f"QM{sys.argv[2]}.{turn}", request, identity)
"""


def index(folder):
    return [json.loads(line) for line in Path(folder.path, "ca/index.jsonl").read_text().splitlines()]


def test_many_processes_at_once_lose_no_line_and_use_no_serial_number_twice(folder, tmp_path):
    (tmp_path / "request.pem").write_text(REQUEST)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    runs = [
        subprocess.Popen([sys.executable, "-c", SIGNER, folder.path, str(number), str(tmp_path / "request.pem")], env=environment)
        for number in range(6)
    ]
    assert [one.wait() for one in runs] == [0] * 6
    lines = index(folder)
    assert sorted(line["queue_manager"] for line in lines) == sorted(f"QM{number}.{turn}" for number in range(6) for turn in range(8))
    assert len({line["serial_number"] for line in lines}) == 48
    assert {line["status"] for line in lines} == {"valid"}
    kept = {path.stem for path in Path(folder.path, "ca/issued").iterdir()}
    assert kept == {line["serial_number"].replace(":", "").lower() for line in lines}


def test_the_index_says_what_was_issued_for_whom(folder):
    authority = LocalCa(folder, "sesame")
    certificates_of = [
        certificates.facts(certificates.load_certificate(authority.sign("QM1", one, IDENTITY)[0], "")) for one in (OTHER, REQUEST)
    ]
    authority.sign("QM2", REQUEST, IDENTITY)
    assert [(line["queue_manager"], line["status"]) for line in index(folder)] == [
        ("QM1", "superseded"),
        ("QM1", "valid"),
        ("QM2", "valid"),
    ]
    assert index(folder)[1] == {
        "serial_number": certificates_of[1].serial_number,
        "subject": "CN=QM1,O=Bank",
        "queue_manager": "QM1",
        "not_before": certificates_of[1].not_before,
        "not_after": certificates_of[1].not_after,
        "status": "valid",
    }
    path = Path(folder.path, "ca/index.jsonl")
    path.write_text("a line of somebody\n[1]\n" + path.read_text())
    authority.sign("QM1", OTHER, IDENTITY)
    assert path.read_text().startswith("a line of somebody\n[1]\n{")
    assert len(path.read_text().splitlines()) == 6


def test_a_request_that_two_runs_bring_is_signed_once(folder):
    authority = LocalCa(folder, "sesame")
    first = authority.sign("QM1", REQUEST, IDENTITY)
    assert authority.sign("QM1", REQUEST, IDENTITY) == first
    assert [line["status"] for line in index(folder)] == ["valid"]
    assert len(list(Path(folder.path, "ca/issued").iterdir())) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"identity": replace(IDENTITY, days=300)},
        {"request": OTHER},
        {"crl_url": "http://crl.example/ca.crl"},
        {"queue_manager": "QM2"},
        {"status": "revoked"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_what_differs_is_signed_again(folder, other):
    first = LocalCa(folder, "sesame").sign("QM1", REQUEST, IDENTITY)
    path = Path(folder.path, "ca/index.jsonl")
    path.write_text(path.read_text().replace('"status": "valid"', f'"status": "{other.get("status", "valid")}"'))
    again = LocalCa(folder, "sesame", other.get("crl_url", ""))
    second = again.sign(other.get("queue_manager", "QM1"), other.get("request", REQUEST), other.get("identity", IDENTITY))
    assert second[0] != first[0]
    assert len(index(folder)) == 2


def test_a_request_that_waited_for_hours_gets_a_certificate_of_today(folder, monkeypatch):
    first = LocalCa(folder, "sesame").sign("QM1", REQUEST, IDENTITY)

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=2)

    monkeypatch.setattr(local_ca, "datetime", Later)
    assert LocalCa(folder, "sesame").sign("QM1", REQUEST, IDENTITY)[0] != first[0]


def test_an_intermediate_signs_and_the_root_comes_with_it(tmp_path):
    parameters = {name: one.get("default") for name, one in certificate_authority.argument_spec().items()}
    parameters.update(pki_dir=str(tmp_path / "pki"), key_type="EC", intermediate={"subject": "CN=Issuing", "days": 900})
    certificate_authority.run(parameters, False, NOW)
    folder = PkiFolder(str(tmp_path / "pki"))
    leaf, signer, root = LocalCa(folder, "").sign("QM1", REQUEST, IDENTITY)
    for name, pem in (("leaf", leaf), ("signer", signer), ("root", root)):
        (tmp_path / name).write_text(pem)
    files = [str(tmp_path / name) for name in ("root", "signer", "leaf")]
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", files[0], "-untrusted", files[1], files[2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"type": "acme"}, "by 'acme', which is no type of issuer; use local_ca, self_signed, external or command."),
        ({}, "by None, which is no type of issuer; use local_ca, self_signed, external or command."),
        ({"type": "local_ca"}, "by 'local_ca' and there is no PKI folder; give pki_dir."),
        ({"type": "external"}, "by 'external' and there is no PKI folder; give pki_dir."),
        ({"type": "command"}, "by 'command' and argv is not a list of the program and its arguments; give it."),
        ({"type": "command", "argv": "sign --now"}, "by 'command' and argv is not a list of the program and its arguments; give it."),
        (
            {"type": "command", "argv": ["sign"]},
            "by 'command' and trust is missing; give the CA certificates that its certificates lead to.",
        ),
    ],
)
def test_issuers_that_are_refused(options, message):
    with pytest.raises(InputError) as refusal:
        find("QM1", options, None, "")
    assert str(refusal.value) == f"The certificate of queue manager QM1 was to be issued {message}"


def test_self_signed_is_made_on_the_host():
    issuer = find("QM1", {"type": "self_signed"}, None, "")
    assert isinstance(issuer, SelfSigned)
    assert (issuer.made_on_host, issuer.chain("QM1")) == (True, [])


def test_publishing(tmp_path, folder):
    assert folder.published("QM1") == []
    certificate = folder.authority()
    folder.publish("A/B%C", certificate)
    assert folder.published("A/B%C") == certificate
    assert folder.published_path("A/B%C") == f"{folder.path}/certificates/A%2FB%25C.pem"
    assert folder.request_path("A/B%C", ".txt") == f"{folder.path}/requests/A%2FB%25C.txt"
    assert folder.signed_path("A/B%C", ".p7b") == f"{folder.path}/signed/A%2FB%25C.p7b"
    (tmp_path / "pki/certificates/QM2.pem").write_text("nothing")
    with pytest.raises(InputError, match=re.escape(f"{folder.path}/certificates/QM2.pem: A certificate in PEM form was to be read and no")):
        folder.published("QM2")
    assert json.dumps(sorted(path.name for path in (tmp_path / "pki").iterdir())) == '["ca", "certificates"]'


def test_a_certificate_that_cannot_be_published(folder, monkeypatch):
    def write(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Files, "write", write)
    with pytest.raises(StateError) as refusal:
        folder.publish("QM1", folder.authority())
    assert str(refusal.value) == (
        f"The certificate of queue manager QM1 was to be published and there is no space left for {folder.published_path('QM1')}; "
        "its key repository has it already: free space there and run again."
    )
