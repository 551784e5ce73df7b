# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate authorities outside the collection: one that answers days later, and one behind a command."""

from __future__ import annotations

import json
import subprocess

import pytest

pytestmark = pytest.mark.long

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]

CONFIGURATION = """
[ca]
default_ca = bank
[bank]
dir = {folder}
database = $dir/index.txt
rand_serial = yes
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 300
policy = any
unique_subject = no
x509_extensions = queue_manager
[any]
commonName = supplied
[queue_manager]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
"""


def openssl(*arguments) -> str:
    """What openssl says."""
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


def authority(folder):
    """A CA that openssl runs, in a folder of its own: its configuration file."""
    folder.mkdir()
    (folder / "index.txt").write_text("")
    (folder / "openssl.cnf").write_text(CONFIGURATION.format(folder=folder))
    subject = ["-subj", "/O=Bank/CN=Bank CA", "-days", "900"]
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out", folder / "ca.pem", *subject)
    return folder / "openssl.cnf"


def test_an_external_ca_answers_later(fleets, tmp_path):
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS)
    fleet.host_variables["qm2"]["mq_tls_issuer"] = {"type": "external"}
    fleet.write()
    pki = fleet.folder / "pki"

    announced = fleet.playbook("site", "--check")
    assert announced.rc == 0, announced.output
    assert not (pki / "requests").exists()
    first = fleet.playbook("site")
    assert first.rc == 0, first.output
    flat = " ".join(first.output.split())
    assert "The certificate of queue manager QM2 waits for the signature of an external certificate authority" in flat
    assert "certificate of queue manager QM1 waits" not in flat
    assert (pki / "certificates/QM1.pem").exists() and not (pki / "certificates/QM2.pem").exists()
    assert (fleet.key_repository("qm2") / "key.kdb").exists()
    assert "subject                CN=QM2" in (pki / "requests/QM2.txt").read_text()

    # nothing to do while it waits, and yet it is no fleet as described
    second = fleet.playbook("site")
    assert (second.rc, second.changes()) == (0, []), second.output
    drift = fleet.playbook("drift")
    assert drift.rc == 2 and "CERTIFICATE: has to be issued (The certificate of queue manager QM2 waits" in drift.output, drift.output

    configuration = authority(tmp_path / "bank")
    signed = tmp_path / "signed.pem"
    openssl("ca", "-batch", "-notext", "-config", configuration, "-in", pki / "requests/QM2.pem", "-out", signed)
    (pki / "signed").mkdir()
    answer = pki / "signed/QM2.p7b"
    openssl("crl2pkcs7", "-nocrl", "-certfile", tmp_path / "bank/ca.pem", "-certfile", signed, "-outform", "DER", "-out", answer)
    # one for another queue manager's key is refused, and nothing is changed
    wrong = pki / "signed/QM2.pem"
    answer.rename(tmp_path / "QM2.p7b")
    wrong.write_text((pki / "certificates/QM1.pem").read_text())
    refused = fleet.playbook("site")
    assert refused.rc == 2 and "it holds no certificate for the key that this request is for" in " ".join(refused.output.split())
    assert refused.changes("qm1") == []
    wrong.unlink()
    (tmp_path / "QM2.p7b").rename(answer)

    third = fleet.playbook("site")
    assert third.rc == 0, third.output
    assert not answer.exists() and not list((pki / "requests").iterdir())
    assert "CN = QM2" in openssl("x509", "-in", pki / "certificates/QM2.pem", "-noout", "-subject")
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output


def test_a_command_signs(fleets, tmp_path):
    configuration = authority(tmp_path / "bank")
    program = tmp_path / "sign"
    # openssl ca keeps a database without a lock, and the queue managers ask at the same time
    program.write_text(
        f"#!/bin/sh\nexec 9>{tmp_path}/lock; flock 9\ncat > {tmp_path}/request.pem\n"
        f"openssl ca -batch -notext -config {configuration} -in {tmp_path}/request.pem\n"
    )
    program.chmod(0o755)
    issuer = {"type": "command", "argv": [str(program)], "trust": [str(tmp_path / "bank/ca.pem")]}
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS, mq_tls_issuer=issuer)
    first = fleet.playbook("site")
    assert first.rc == 0, first.output
    report = fleet.folder / "verification.json"
    proof = fleet.playbook("verify", mq_tls_verification_report=str(report))
    assert proof.rc == 0, proof.output
    assert all(link["ok"] for link in json.loads(report.read_text())["links"])
    assert not (fleet.folder / "pki/ca").exists()
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    # a command that fails stops its queue managers, with what it said
    program.write_text("#!/bin/sh\necho the HSM is closed >&2\nexit 7\n")
    failed = fleet.playbook("site", mq_tls_key_size=384)
    assert failed.rc == 2
    assert "ended with return code 7 (it said: the HSM is closed)" in " ".join(failed.output.split()), failed.output
