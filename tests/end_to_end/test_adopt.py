# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets of several styles are adopted, and the playbook site finds nothing to do with the variables that were written."""

from __future__ import annotations

import re
import shutil
import subprocess
import time

import fleet_state  # what conftest.py has put on the path
import yaml

EC = ("-size", "256", "-sig_alg", "EC_ecdsa_with_SHA256")
START = "START CHANNEL({})"


def bare(fleet, *keep: str, **host_variables) -> None:
    """An inventory that says only where the queue managers are: what described the fleet is gone, except for the witness."""
    (fleet.folder / "witness").mkdir()
    shutil.copy(fleet.inventory, fleet.folder / "witness")
    connection = ("ansible_connection", "ansible_python_interpreter", "mq_tls_installation", "mq_tls_data_path", *keep)
    fleet.variables = {name: value for name, value in fleet.variables.items() if name in connection}
    for host, values in fleet.host_variables.items():
        known = ("ansible_host", "simulated_machine", "simulated_version")
        fleet.host_variables[host] = {name: value for name, value in values.items() if name in known}
        fleet.host_variables[host].update(host_variables.get(host, {}))
    fleet.write()


def state(fleet) -> dict:
    return fleet_state.take(str(fleet.folder / "witness" / fleet.inventory.name))


def adopted(fleet, **variables) -> tuple[dict, dict[str, dict], list[str]]:
    """Adopt the fleet: the variables of all hosts and of each, and what is not described. No queue manager is touched."""
    before = state(fleet)
    run = fleet.playbook("adopt", **variables)
    assert run.rc == 0, run.output
    found = fleet_state.differences(before, state(fleet))
    assert not found, "\n".join(found)
    folder = fleet.folder / "adopted"
    text = (folder / "group_vars/all/mq_tls.yml").read_text()
    remarks = re.findall(r"^# - (.*)$", text, re.MULTILINE)
    for remark in remarks:
        assert remark in run.output, run.output
    hosts = {path.parent.name: yaml.safe_load(path.read_text()) for path in folder.glob("host_vars/*/mq_tls.yml")}
    return yaml.safe_load(text), hosts, remarks


def assert_site_changes_nothing(fleet, **variables) -> None:
    """With the variables beside the inventory."""
    for name in ("group_vars", "host_vars"):
        shutil.copytree(fleet.folder / "adopted" / name, fleet.folder / name)
    before = state(fleet)
    run = fleet.playbook("site", **variables)
    assert run.rc == 0, run.output
    assert run.changes() == [], run.output
    assert not re.search(r"changed=[1-9]", run.output), run.output
    found = fleet_state.differences(before, state(fleet))
    assert not found, "\n".join(found)


def mqsc(fleet, host: str, *commands: str) -> None:
    """As an administrator types it; each command has to be taken."""
    shown = fleet.runmqsc(host, "\n".join(commands))
    assert "No commands have a syntax error" in shown and "All valid MQSC commands were processed" in shown, shown


def runmqakm(fleet, host: str, *arguments) -> None:
    done = fleet.hosts[host].run("runmqakm", *map(str, arguments))
    assert done.returncode == 0, done.stdout + done.stderr


def openssl(*arguments) -> None:
    subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=True)


def wait_until_running(fleet, channels: dict[str, str]) -> None:
    """``channels``: host -> the sender that was started there."""
    until = time.monotonic() + 20
    for host, channel in channels.items():
        while "STATUS(RUNNING)" not in (shown := fleet.runmqsc(host, f"DISPLAY CHSTATUS({channel})")):
            assert time.monotonic() < until, shown + fleet.error_log(host)
            time.sleep(0.2)


def test_self_signed_by_hand_with_what_ibm_mq_takes_by_default(fleets):
    """Names in mixed case that are not those of the hosts, blank CERTLABL and SSLPEER, no triggering, ports of their own."""
    names = {"left": "payHub", "right": "branch_7"}
    fleet = fleets({"left": "9.2.5", "right": "9.2.5"}, mq_tls_queue_manager="{{ names[inventory_hostname] }}", names=names)
    for host, name in names.items():
        repository = fleet.key_repository(host) / "key.kdb"
        runmqakm(fleet, host, "-keydb", "-create", "-db", repository, "-pw", "Secret-123", "-type", "cms", "-stash")
        label = f"ibmwebspheremq{name.lower()}"
        runmqakm(fleet, host, "-cert", "-create", "-db", repository, "-stashed", "-label", label, "-dn", f"CN={name},O=Old Bank", *EC)
        runmqakm(
            fleet, host, "-cert", "-extract", "-db", repository, "-stashed", "-label", label, "-target", fleet.folder / f"{host}.arm", "-format",
            "ascii",
        )  # fmt: skip
    for host, partner in (("left", "right"), ("right", "left")):
        repository = fleet.key_repository(host) / "key.kdb"
        runmqakm(
            fleet, host, "-cert", "-add", "-db", repository, "-stashed", "-label", names[partner], "-file", fleet.folder / f"{partner}.arm",
            "-format", "ascii",
        )  # fmt: skip
        there, port = names[partner], {"left": 14142, "right": 14141}[host]
        mqsc(
            fleet,
            host,
            "ALTER QMGR CERTLABL(' ')",
            f"DEFINE QLOCAL('{there}') USAGE(XMITQ)",
            f"DEFINE LISTENER(LSNR) TRPTYPE(TCP) PORT({ {'left': 14141, 'right': 14142}[host] }) CONTROL(QMGR)",
            "START LISTENER(LSNR)",
            f"DEFINE CHANNEL('{names[host]}.{there}') CHLTYPE(SDR) CONNAME('{fleet.addresses[partner]}({port})') XMITQ('{there}') "
            f"SSLCIPH(ANY_TLS12)",
            f"DEFINE CHANNEL('{there}.{names[host]}') CHLTYPE(RCVR) SSLCIPH(ANY_TLS12_OR_HIGHER) SSLCAUTH(REQUIRED)",
            "REFRESH SECURITY TYPE(SSL)",
        )
    senders = {"left": "'payHub.branch_7'", "right": "'branch_7.payHub'"}
    for host, channel in senders.items():
        fleet.runmqsc(host, START.format(channel))
    wait_until_running(fleet, senders)

    bare(fleet)
    of_all, hosts, remarks = adopted(fleet)
    assert remarks == []
    assert of_all["mq_tls_issuer"] == {"type": "self_signed"}
    assert hosts["left"]["mq_tls_queue_manager"] == "payHub"
    assert [link["channel"] for link in of_all["mq_tls_links"]] == ["payHub.branch_7", "branch_7.payHub"]
    assert_site_changes_nothing(fleet)
