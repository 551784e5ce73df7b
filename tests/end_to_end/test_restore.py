# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mistaken change has replaced is put back: the same certificate, read by other programs, and channels that run."""

from __future__ import annotations

import subprocess

import pytest

pytestmark = pytest.mark.long

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


def fingerprint(pem: str) -> str:
    """SHA-256, as openssl says it."""
    return subprocess.run(
        ["openssl", "x509", "-noout", "-sha256", "-fingerprint"], input=pem, capture_output=True, text=True, check=True
    ).stdout


def presented(fleet, host: str) -> str:
    """The certificate that the listener presents to openssl."""
    command = ["openssl", "s_client", "-connect", f"{fleet.addresses[host]}:1414"]
    return fingerprint(subprocess.run(command, input="", capture_output=True, text=True, check=False).stdout)


def kept(fleet, host: str) -> str:
    """The certificate under the label of the queue manager, as GSKit (runmqakm) or keytool hand it out."""
    folder, label = fleet.key_repository(host), f"ibmwebspheremq{host}"
    if (folder / "key.kdb").exists():
        target = fleet.folder / f"{host}.pem"
        fleet.hosts[host].run(
            "runmqakm", "-cert", "-extract", "-db", str(folder / "key.kdb"), "-stashed", "-label", label, "-target", str(target)
        )
        return fingerprint(target.read_text())
    command = ["keytool", "-exportcert", "-rfc", "-alias", label, "-keystore", str(folder / "key.p12")]
    command += ["-storepass:file", str(folder / "key.d/password")]
    return fingerprint(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_former_certificate_comes_back_and_the_channels_run(fleets):
    described = {"mq_tls_links": LINKS, "mq_tls_key_type": "EC", "mq_tls_key_size": 256, "mq_tls_certificate_days": 100}
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, **described)
    run = fleet.playbook("site")
    assert run.rc == 0, run.output
    former = {host: presented(fleet, host) for host in fleet.hosts}
    mistaken = fleet.playbook("site", mq_tls_renew_before_days=200, mq_tls_certificate_days=365)
    assert mistaken.rc == 0, mistaken.output
    renewed = {host: presented(fleet, host) for host in fleet.hosts}
    assert all(renewed[host] != former[host] for host in fleet.hosts)

    before = fleet.state()
    announced = fleet.playbook("restore", "--limit", "qm1", "--check")
    assert announced.rc == 0, announced.output
    fleet.assert_unchanged(before)
    done = fleet.playbook("restore", "--limit", "qm1")
    assert done.rc == 0, done.output
    assert done.changes() == announced.changes()
    assert [change["action"] for change in done.changes() if change["object"] in ("KEY REPOSITORY", "SECURITY")] == ["restore", "refresh"]
    assert "was put back to generation 0001" in done.output, done.output
    assert (presented(fleet, "qm1"), kept(fleet, "qm1")) == (former["qm1"], former["qm1"])
    assert presented(fleet, "qm2") == renewed["qm2"]

    # Where it has been done nothing is done again; the other one gets his.
    rest = fleet.playbook("restore")
    assert rest.rc == 0, rest.output
    assert (rest.changes("qm1"), bool(rest.changes("qm2"))) == ([], True), rest.output
    assert (presented(fleet, "qm2"), kept(fleet, "qm2")) == (former["qm2"], former["qm2"])
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output

    # The inventory asks for nothing else; the controller is told which certificates are in use.
    again = fleet.playbook("site")
    assert again.rc == 0, again.output
    published = {(change["object"], change["name"].rpartition("/")[2]) for change in again.changes()}
    assert published == {("FILE", "QM1.pem"), ("FILE", "QM2.pem")}, again.output
    assert {host: presented(fleet, host) for host in fleet.hosts} == former
