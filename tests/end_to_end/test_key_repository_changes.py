# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key repository that gets another type, and another password, by one variable: the same key, and the channels go on working."""

from __future__ import annotations

import re
import subprocess

import pytest

pytestmark = pytest.mark.long

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]
EC = {"mq_tls_key_type": "EC", "mq_tls_key_size": 256}


def certificate_presented(fleet, host: str) -> str:
    """Fingerprint and public key of what the listener presents to openssl; the handshake proves the private key."""
    command = ["openssl", "s_client", "-connect", f"{fleet.addresses[host]}:1414"]
    shown = subprocess.run(command, input="", capture_output=True, text=True, check=False).stdout
    asked = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-pubkey"]
    return subprocess.run(asked, input=shown, capture_output=True, text=True, check=True).stdout


def certificate_kept(fleet, host: str) -> str:
    """SHA-256 fingerprint of the certificate in the key repository, as runmqakm or keytool hand it out."""
    folder, label = fleet.key_repository(host), f"ibmwebspheremq{host}"
    if (folder / "key.kdb").exists():
        target = fleet.folder / f"{host}.pem"
        database = ["-db", str(folder / "key.kdb"), "-stashed", "-label", label]
        assert fleet.hosts[host].run("runmqakm", "-cert", "-extract", *database, "-target", str(target), "-format", "ascii").returncode == 0
        pem = target.read_text()
    else:
        opened = ["-keystore", str(folder / "key.p12"), "-storepass:file", str(folder / "key.d/password"), "-alias", label]
        pem = subprocess.run(["keytool", "-exportcert", "-rfc", *opened], capture_output=True, text=True, check=True).stdout
    asked = ["openssl", "x509", "-noout", "-fingerprint", "-sha256"]
    return subprocess.run(asked, input=pem, capture_output=True, text=True, check=True).stdout


def files(fleet, host: str) -> set[str]:
    """What lies where the queue manager opens it, and in the generation in use."""
    folder = fleet.key_repository(host)
    found = {path.name for path in folder.glob("key.*") if path.name != "key.d"}
    return (
        found
        | {f"current/{path.name}" for path in (folder / "key.d/current").iterdir()}
        | {path.name for path in folder.glob("key.d/password")}
    )


def settings(fleet, host: str) -> tuple[str, bool]:
    """SSLKEYR, without its folder, and whether KEYRPWD is set."""
    shown = fleet.runmqsc(host, "DISPLAY QMGR SSLKEYR KEYRPWD")
    place, password = (re.search(rf"{name}\((.*?)\)", shown)[1].strip() for name in ("SSLKEYR", "KEYRPWD"))
    return place.rpartition("/")[2], bool(password)


def converge(fleet, said: tuple[str, str, dict]) -> None:
    """Run `site`: one change of the key repository and one refresh on each queue manager; then `verify`."""
    fleet.write()
    run = fleet.playbook("site")
    assert run.rc == 0, run.output
    for host in fleet.hosts:
        changes = [(change["object"], change["action"], change["attributes"]) for change in run.changes(host)]
        assert [change for change in changes if change[0] in ("KEY REPOSITORY", "CERTIFICATE", "TRUST")] == [said], run.output
        assert [action for _object, action, _attributes in changes].count("refresh") == 1, run.output
        assert not (fleet.key_repository(host) / "key.d/refresh").exists()
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output


def assert_nothing_to_do(fleet) -> None:
    before = fleet.state()
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    fleet.assert_unchanged(before)


def test_to_cms_and_back_and_then_another_password(fleets):
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.4.2"}, mq_tls_links=LINKS, **EC)
    for playbook in ("site", "verify"):
        run = fleet.playbook(playbook)
        assert run.rc == 0, run.output
    presented = {host: certificate_presented(fleet, host) for host in fleet.hosts}
    kept = {host: certificate_kept(fleet, host) for host in fleet.hosts}
    in_pkcs12 = {"key.p12", "current/key.p12", "current/password", "password"}
    in_cms = {f"{place}key{suffix}" for place in ("", "current/") for suffix in (".kdb", ".sth", ".rdb")}
    assert all(files(fleet, host) == in_pkcs12 for host in fleet.hosts)

    def assert_same_identity() -> None:
        assert {host: certificate_presented(fleet, host) for host in fleet.hosts} == presented
        assert {host: certificate_kept(fleet, host) for host in fleet.hosts} == kept

    fleet.variables["mq_tls_key_repository_type"] = "cms"
    converge(fleet, ("KEY REPOSITORY", "convert", {"type": {"before": "pkcs12", "after": "cms"}}))
    assert_same_identity()
    for host in fleet.hosts:
        assert settings(fleet, host) == ("key", False)
        assert files(fleet, host) - {"key.crl", "current/key.crl"} == in_cms  # nothing of the former type
    assert_nothing_to_do(fleet)

    fleet.variables["mq_tls_key_repository_type"] = "pkcs12"
    converge(fleet, ("KEY REPOSITORY", "convert", {"type": {"before": "cms", "after": "pkcs12"}}))
    assert_same_identity()
    for host in fleet.hosts:
        assert settings(fleet, host) == ("key.p12", True)
        assert files(fleet, host) == in_pkcs12

    passwords = {host: (fleet.key_repository(host) / "key.d/password").read_text() for host in fleet.hosts}
    fleet.variables["mq_tls_key_repository_password_generation"] = 2
    converge(fleet, ("KEY REPOSITORY", "alter", {"password_generation": {"before": 1, "after": 2}}))
    assert_same_identity()
    for host in fleet.hosts:
        assert (fleet.key_repository(host) / "key.d/password").read_text() != passwords[host]
        assert settings(fleet, host) == ("key.p12", True)
        assert files(fleet, host) == {*in_pkcs12, "current/password_generation"}
    assert_nothing_to_do(fleet)
