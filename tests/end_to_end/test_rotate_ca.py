# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet moves to another certificate authority: in steps, held by whoever is not ready, and from wherever a run has ended."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.long

OLD, NEW = "CN=MQ fleet CA", "CN=MQ fleet CA 2027"
LINKS = [{"mesh": ["QM1", "QM2"]}, {"from": "QM3", "to": "QM1", "authentication": "one_way"}]


@pytest.fixture
def fleet(fleets):
    """Two queue managers that trust each other, PKCS#12 and CMS, and an anonymous one; all links proven."""
    made = fleets({"qm1": "9.4.2", "qm2": "9.2.5", "qm3": "9.4.2"}, mq_tls_links=LINKS, mq_tls_pki_dir="{{ inventory_dir }}/pki")
    assert made.playbook("site").rc == 0
    assert made.playbook("verify").rc == 0
    made.variables["mq_tls_ca_subject"] = NEW
    made.write()
    return made


def issuer_presented(fleet, host: str) -> str:
    """The issuer of the certificate that the listener presents to openssl."""
    return fleet.presented(host, "-issuer").partition("=")[2].strip().replace(" = ", "=")


def trusted(fleet, host: str) -> set[str]:
    """Labels of the CA certificates in the key repository, as runmqakm or keytool list them."""
    folder = fleet.key_repository(host)
    if (folder / "key.kdb").exists():
        text = fleet.hosts[host].run("runmqakm", "-cert", "-list", "-db", str(folder / "key.kdb"), "-stashed").stdout
        return {line.lstrip("!").strip().strip('"') for line in text.splitlines() if line.startswith("!")}
    keystore = ["-keystore", str(folder / "key.p12"), "-storepass:file", str(folder / "key.d/password")]
    text = subprocess.run(["keytool", "-list", "-v", *keystore], capture_output=True, text=True, check=False).stdout
    entries = re.split(r"^Alias name: ", text, flags=re.MULTILINE)[1:]
    return {re.search(r"^Owner: (.*)$", entry, re.MULTILINE).group(1) for entry in entries if "trustedCertEntry" in entry}


def test_a_fleet_moves_held_by_who_is_down_and_goes_on_from_where_it_stands(fleet, tmp_path):
    refused = fleet.playbook("site")
    assert refused.rc == 2 and "mqfleet.tls.rotate_ca" in refused.output, refused.output

    assert fleet.hosts["qm2"].run("endmqm", "-i", "QM2").returncode == 0
    held = fleet.playbook("rotate_ca")
    assert held.rc == 2, held.output
    assert "it is held" in held.output and "QM2 could not be read" in held.output, held.output
    assert issuer_presented(fleet, "qm1") == OLD
    assert trusted(fleet, "qm1") == {OLD, NEW}
    status = fleet.playbook("rollover_status")
    assert f"1 of 3: accepts {NEW}" in status.output and "not read" in status.output, status.output

    assert fleet.hosts["qm2"].run("strmqm", "QM2").returncode == 0
    limited = fleet.playbook("rotate_ca", "--limit", "qm2")
    assert limited.rc == 2 and "not part of this run" in limited.output, limited.output
    assert trusted(fleet, "qm2") == {OLD, NEW}

    # another controller goes on: it has the inventory and the PKI folder, and nothing else of what was run before
    shutil.move(fleet.folder / "pki", tmp_path / "pki")
    fleet.inventory = shutil.move(fleet.inventory, tmp_path / "inventory.yml")
    done = fleet.playbook("rotate_ca")
    assert done.rc == 0, done.output
    for step in ("1 of 3: accepts", "2 of 3: uses", "3 of 3: uses"):
        assert f"{step} {NEW}" in done.output, done.output
    assert {issuer_presented(fleet, host) for host in ("qm1", "qm2")} == {NEW}
    assert [trusted(fleet, host) for host in ("qm1", "qm2", "qm3")] == [{NEW}] * 3
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output

    before = fleet.state()
    again = fleet.playbook("rotate_ca")
    assert again.rc == 0 and again.changes() == [], again.output
    fleet.assert_unchanged(before)
