# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A renewal with a new key: the former identity stays until a live channel proves the new one, and then goes."""

from __future__ import annotations

import subprocess

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


def key_presented(fleet, host: str) -> str:
    """The public key that the listener presents to openssl."""
    command = ["openssl", "s_client", "-connect", f"{fleet.addresses[host]}:1414"]
    shown = subprocess.run(command, input="", capture_output=True, text=True, check=False).stdout
    return subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=shown, capture_output=True, text=True, check=True).stdout


def former(fleet, host: str) -> bool:
    """Whether the key repository has a former identity, as runmqakm or keytool list it."""
    folder = fleet.key_repository(host)
    if (folder / "key.kdb").exists():
        return "-former" in fleet.hosts[host].run("runmqakm", "-cert", "-list", "-db", str(folder / "key.kdb"), "-stashed").stdout
    command = ["keytool", "-list", "-keystore", str(folder / "key.p12"), "-storepass:file", str(folder / "key.d/password")]
    return "-former" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_former_identity_goes_when_its_successor_is_proven(fleets):
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS, mq_tls_certificate_days=100)
    for playbook in ("site", "verify"):
        run = fleet.playbook(playbook)
        assert run.rc == 0, run.output
    keys = {host: key_presented(fleet, host) for host in fleet.hosts}
    fleet.variables.update(mq_tls_certificate_days=365, mq_tls_renew_before_days=200)
    fleet.write()

    # Held back from the queue managers, the new certificates cannot be proven: both identities stay, and it is said.
    held = fleet.playbook("site", mq_tls_refresh="never")
    assert held.rc == 0, held.output
    assert "REFRESH SECURITY is outstanding" in held.output
    assert {host: former(fleet, host) for host in fleet.hosts} == {"qm1": True, "qm2": True}

    run = fleet.playbook("site")
    assert run.rc == 0, run.output
    assert {host: former(fleet, host) for host in fleet.hosts} == {"qm1": False, "qm2": False}, run.output
    assert all(key_presented(fleet, host) != keys[host] for host in fleet.hosts)
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output

    before = fleet.state()
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    fleet.assert_unchanged(before)
