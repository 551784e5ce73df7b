# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""New keys on request: without an outage, held by whoever is not ready, none replaced twice."""

from __future__ import annotations

import subprocess
import time
from datetime import datetime, timezone

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


def serial_presented(fleet, host: str) -> str:
    """The serial number of the certificate that the listener presents to openssl."""
    command = ["openssl", "s_client", "-connect", f"{fleet.addresses[host]}:1414"]
    shown = subprocess.run(command, input="", capture_output=True, text=True, check=False).stdout
    return subprocess.run(["openssl", "x509", "-noout", "-serial"], input=shown, capture_output=True, text=True, check=True).stdout


def labels(fleet, host: str) -> str:
    """What runmqakm or keytool list."""
    folder = fleet.key_repository(host)
    if (folder / "key.kdb").exists():
        return fleet.hosts[host].run("runmqakm", "-cert", "-list", "-db", str(folder / "key.kdb"), "-stashed").stdout
    command = ["keytool", "-list", "-keystore", str(folder / "key.p12"), "-storepass:file", str(folder / "key.d/password")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def running(fleet, host: str, channel: str) -> bool:
    """Whether the queue manager says that the channel runs."""
    return "STATUS(RUNNING)" in fleet.runmqsc(host, f"DISPLAY CHSTATUS({channel}) STATUS")


def test_self_signed_ones_in_three_steps_held_by_a_partner_that_is_down(fleets):
    links = [{"mesh": ["QM1", "QM2", "QM3"]}]
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5", "qm3": "9.4.2"}, mq_tls_links=links, mq_tls_issuer={"type": "self_signed"})
    for playbook in ("site", "verify"):
        run = fleet.playbook(playbook)
        assert run.rc == 0, run.output
    serials = {host: serial_presented(fleet, host) for host in fleet.hosts}

    assert fleet.hosts["qm3"].run("endmqm", "-i", "QM3").returncode == 0
    held = fleet.playbook("rotate_certificates", mq_tls_rotate_hosts="qm1")
    assert held.rc == 2, held.output
    assert "QM1 keeps its certificate until every partner accepts the new one: QM3 could not be read or told" in held.output, held.output
    assert serial_presented(fleet, "qm1") == serials["qm1"]
    assert "-next" in labels(fleet, "qm1")
    assert running(fleet, "qm1", "QM1.TO.QM2"), "the others go on working"
    status = fleet.playbook("rollover_status")
    assert "QM3 could not be read or told" in status.output, status.output

    assert fleet.hosts["qm3"].run("strmqm", "QM3").returncode == 0
    done = fleet.playbook("rotate_certificates", mq_tls_rotate_hosts="qm1")
    assert done.rc == 0, done.output
    assert "The certificates of 1 queue managers are replaced and proven." in done.output, done.output
    now = {host: serial_presented(fleet, host) for host in fleet.hosts}
    assert {host for host in now if now[host] != serials[host]} == {"qm1"}
    assert not any(suffix in labels(fleet, "qm1") for suffix in ("-next", "-former"))
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output
    before = fleet.state()
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    fleet.assert_unchanged(before)

    # near its end one is replaced by site, in the same steps
    fleet.variables["mq_tls_certificate_days"] = 900
    fleet.variables["mq_tls_renew_before_days"] = 400
    fleet.write()
    renewal = fleet.playbook("site")
    assert renewal.rc == 0, renewal.output
    actions = [(change["action"], change["name"]) for change in renewal.changes("qm2") if change["object"] == "CERTIFICATE"]
    label = "ibmwebspheremqqm2"
    assert actions == [("issue", f"{label}-next"), ("replace", label), ("remove", f"{label}-former")]
    before = fleet.state()
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    fleet.assert_unchanged(before)


def test_one_queue_manager_of_a_local_ca_and_none_twice(fleets):
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS, mq_tls_pki_dir="{{ inventory_dir }}/pki")
    for playbook in ("site", "verify"):
        run = fleet.playbook(playbook)
        assert run.rc == 0, run.output
    serials = {host: serial_presented(fleet, host) for host in fleet.hosts}
    limited = fleet.playbook("rotate_certificates", "--limit", "qm1")
    assert limited.rc == 0 and "QM1 keep the former ones, since no partner in this run could show the new ones" in limited.output, (
        limited.output
    )
    now = {host: serial_presented(fleet, host) for host in fleet.hosts}
    assert {host for host in now if now[host] != serials[host]} == {"qm1"}

    time.sleep(1)  # a moment has whole seconds
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    announced = fleet.playbook("rotate_certificates", "--check", mq_tls_rotate_issued_before=moment)
    assert announced.rc == 0, announced.output
    reasons = {change["reason"] for change in announced.changes() if change["object"] == "CERTIFICATE"}
    assert "a new key is asked for" in reasons
    assert {host: serial_presented(fleet, host) for host in fleet.hosts} == now
    done = fleet.playbook("rotate_certificates", mq_tls_rotate_issued_before=moment)
    assert done.rc == 0 and "The certificates of 2 queue managers are replaced and proven." in done.output, done.output
    assert not {serial_presented(fleet, host) for host in fleet.hosts} & {*now.values(), *serials.values()}
    assert not any("-former" in labels(fleet, host) for host in fleet.hosts)

    before = fleet.state()
    again = fleet.playbook("rotate_certificates", mq_tls_rotate_issued_before=moment)
    assert (again.rc, again.changes()) == (0, []), again.output
    assert "No certificate was to be replaced." in again.output, again.output
    fleet.assert_unchanged(before)
