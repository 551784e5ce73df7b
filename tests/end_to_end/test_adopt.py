# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets of several styles are adopted, and the playbook site finds nothing to do with the variables that were written."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

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
    # site notes what a key repository holds that it has read for the first time
    found = [one for one in fleet_state.differences(before, state(fleet)) if not re.search(r"/(key|store)\.d(/contents\.json)?\n", one)]
    assert not found, "\n".join(found)


def mqsc(fleet, host: str, *commands: str) -> None:
    """As an administrator types it; each command has to be taken."""
    shown = fleet.runmqsc(host, "\n".join(commands))
    assert "No commands have a syntax error" in shown and "All valid MQSC commands were processed" in shown, shown


def runmqakm(fleet, host: str, *arguments) -> None:
    done = fleet.hosts[host].run("runmqakm", *map(str, arguments))
    assert done.returncode == 0, done.stdout + done.stderr


class Repository:
    """A CMS key repository as an administrator makes it."""

    def __init__(self, fleet, host: str, stem: Path) -> None:
        self.fleet, self.host, self.path = fleet, host, f"{stem}.kdb"
        stem.parent.mkdir(parents=True, exist_ok=True)
        self.run("-keydb", "-create", "-pw", "Secret-123", "-type", "cms", "-stash")

    def run(self, noun: str, verb: str, *arguments) -> None:
        stashed = () if "-pw" in arguments else ("-stashed",)
        runmqakm(self.fleet, self.host, noun, verb, "-db", self.path, *stashed, *arguments)

    def add(self, label: str, file: Path) -> None:
        self.run("-cert", "-add", "-label", label, "-file", file, "-format", "ascii")


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
    made = {host: Repository(fleet, host, fleet.key_repository(host) / "key") for host in names}
    for host, name in names.items():
        label = f"ibmwebspheremq{name.lower()}"
        made[host].run("-cert", "-create", "-label", label, "-dn", f"CN={name},O=Old Bank", *EC)
        made[host].run("-cert", "-extract", "-label", label, "-target", fleet.folder / f"{host}.arm", "-format", "ascii")
    for host, partner in (("left", "right"), ("right", "left")):
        made[host].add(names[partner], fleet.folder / f"{partner}.arm")
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


def company_ca(folder: Path) -> None:
    """A root and a CA under it, which signs: root.pem, ca.pem, ca.key."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", folder / "root.key", "-out", folder / "root.pem", "-subj", "/O=Old Bank/CN=Root", "-days", 900)
    openssl("req", *key, "-keyout", folder / "ca.key", "-out", folder / "ca.csr", "-subj", "/O=Old Bank/CN=Issuing CA")
    (folder / "ca.cnf").write_text("basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n")
    signer = ("-CA", folder / "root.pem", "-CAkey", folder / "root.key", "-CAcreateserial", "-extfile", folder / "ca.cnf")
    openssl("x509", "-req", "-in", folder / "ca.csr", *signer, "-days", 800, "-out", folder / "ca.pem")


def test_signed_by_the_companys_ca_with_names_of_its_own(fleets):
    """Repositories elsewhere, labels and channels with other names, one sender without a certificate, a listener that is started by hand."""
    fleet = fleets({"qma": "9.1.0", "qmb": "9.3.0"})
    company_ca(fleet.folder)
    for host, own in (("qma", None), ("qmb", "mq.2026")):
        name = host.upper()
        stem = fleet.hosts[host].data_path / "qmgrs" / name / "tls" / "store"
        repository = Repository(fleet, host, stem)
        repository.add("company root", fleet.folder / "root.pem")
        repository.add("company ca", fleet.folder / "ca.pem")
        if own:
            request, answer = fleet.folder / f"{host}.csr", fleet.folder / f"{host}.crt"
            repository.run("-certreq", "-create", "-label", own, "-dn", f"CN={name},OU=Payments,O=Old Bank,C=GB", "-file", request, *EC)
            signer = ("-CA", fleet.folder / "ca.pem", "-CAkey", fleet.folder / "ca.key", "-CAcreateserial")
            openssl("x509", "-req", "-in", request, *signer, "-days", 500, "-out", answer)
            repository.run("-cert", "-receive", "-file", answer, "-format", "ascii")
        mqsc(fleet, host, f"ALTER QMGR SSLKEYR('{stem}')" + (f" CERTLABL('{own}')" if own else ""), "REFRESH SECURITY TYPE(SSL)")
    mqsc(
        fleet,
        "qmb",
        f"DEFINE LISTENER(OLD.LISTENER) TRPTYPE(TCP) PORT(1999) IPADDR('{fleet.addresses['qmb']}') CONTROL(MANUAL)",
        "START LISTENER(OLD.LISTENER)",
        "DEFINE CHANNEL(FEED_1) CHLTYPE(RCVR) SSLCIPH(ECDHE_ECDSA_AES_256_GCM_SHA384) SSLCAUTH(OPTIONAL)",
    )
    mqsc(
        fleet,
        "qma",
        "DEFINE QLOCAL(FEED.XMITQ) USAGE(XMITQ) TRIGGER TRIGTYPE(FIRST) TRIGDATA(FEED_1) INITQ(SYSTEM.CHANNEL.INITQ)",
        f"DEFINE CHANNEL(FEED_1) CHLTYPE(SDR) CONNAME('{fleet.addresses['qmb']}(1999)') XMITQ(FEED.XMITQ) "
        "SSLCIPH(ECDHE_ECDSA_AES_256_GCM_SHA384) SSLPEER('CN=QMB,O=Old Bank')",
        f"DEFINE CHANNEL(PLAIN) CHLTYPE(SDR) CONNAME('{fleet.addresses['qmb']}(1999)') XMITQ(PLAIN.XMITQ)",
        START.format("FEED_1"),
    )
    wait_until_running(fleet, {"qma": "FEED_1"})

    bare(fleet)
    of_all, hosts, remarks = adopted(fleet)
    assert remarks == [
        "Queue manager QMA (host qma) has channels without TLS (PLAIN), which are not described and stay as they are.",
        "Queue manager QMB (host qmb) has the listener OLD.LISTENER, which has CONTROL(MANUAL); it is left alone (mq_tls_listener is blank).",
    ]
    assert of_all["mq_tls_links"] == [
        {
            "from": "QMA",
            "to": "QMB",
            "authentication": "one_way",
            "channel": "FEED_1",
            "transmission_queue": "FEED.XMITQ",
            "initiator_attributes": {"SSLPEER": "CN=QMB,O=Old Bank"},
        }
    ]
    assert hosts["qmb"]["mq_tls_issuer"]["type"] == "external"
    assert len(hosts["qmb"]["mq_tls_issuer"]["trust"]) == 2
    assert_site_changes_nothing(fleet)


def built_by_site(fleets, hosts: dict[str, str], **variables):
    """A fleet that the collection has built, of which the variables are lost."""
    fleet = fleets(hosts, **variables)
    run = fleet.playbook("site")
    assert run.rc == 0, run.output
    bare(fleet)
    return fleet


def test_pkcs12_and_the_local_ca_and_then_without_its_folder(fleets):
    """PKCS#12, an intermediate CA, a mesh, subjects and ports of their own; the same fleet is adopted again when its PKI folder is lost."""
    fleet = built_by_site(
        fleets,
        {"qm1": "9.4.2", "qm2": "9.3.0"},
        mq_tls_links=[{"mesh": ["QM1", "QM2"]}],
        mq_tls_subject="CN={{ inventory_hostname }},OU=Channels,O=Bank",
        mq_tls_certificate_label="channels.{{ inventory_hostname }}",
        mq_tls_certificate_days=20,
        mq_tls_renew_before_days=2,
        mq_tls_ca_subject="CN=Root,O=Bank",
        mq_tls_ca_intermediate_subject="CN=Issuing CA,O=Bank",
        mq_tls_listener="SSL.LSR",
        mq_tls_listener_port=15001,
        mq_tls_cipher_spec="TLS_AES_256_GCM_SHA384",
    )
    of_all, hosts, remarks = adopted(fleet)
    assert remarks == []
    assert of_all["mq_tls_issuer"] == {"type": "local_ca"}
    assert of_all["mq_tls_ca_intermediate_subject"] == "CN=Issuing CA,O=Bank"
    assert of_all["mq_tls_key_repository_type"] == "pkcs12"
    assert of_all["mq_tls_links"] == [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]
    assert_site_changes_nothing(fleet)

    for folder in ("pki", "adopted", "group_vars", "host_vars"):
        shutil.rmtree(fleet.folder / folder)
    of_all, hosts, remarks = adopted(fleet)
    assert remarks == []
    assert of_all["mq_tls_issuer"]["type"] == "external"
    assert len(of_all["mq_tls_issuer"]["trust"]) == 2
    assert_site_changes_nothing(fleet)


def test_self_signed_and_signed_both_kinds_of_repository_and_one_way(fleets):
    """Some of each in one fleet, whose PKI folder is lost; an answer in check mode, and one that stands in the way."""
    fleet = built_by_site(
        fleets,
        {"hub": "9.4.2", "spoke": "9.2.5", "feeder": "9.3.0"},
        mq_tls_issuer="{{ {'type': 'local_ca' if inventory_hostname == 'hub' else 'self_signed'} }}",
        mq_tls_links=[
            {"hub": "HUB", "spokes": ["SPOKE"], "cipher_spec": "ANY_TLS12"},
            {"from": "FEEDER", "to": "HUB", "authentication": "one_way", "responder_attributes": {"MCAUSER": "feed"}},
        ],
    )
    shutil.rmtree(fleet.folder / "pki")
    run = fleet.playbook("adopt", "--check", "--diff")
    assert run.rc == 0, run.output
    assert "+mq_tls_purge_trust: false" in run.output
    assert not (fleet.folder / "adopted").exists()
    announced = run.changes()

    (fleet.folder / "adopted/group_vars/all").mkdir(parents=True)
    there = fleet.folder / "adopted/group_vars/all/mq_tls.yml"
    there.write_text("---\nmq_tls_links: []\n")
    run = fleet.playbook("adopt")
    assert run.rc == 2
    assert f"were to be written to {there}, where other ones stand; nothing was written: set mq_tls_adopt_overwrite" in run.output
    assert not (fleet.folder / "adopted/host_vars").exists()

    of_all, hosts, remarks = adopted(fleet, mq_tls_adopt_overwrite=True)
    assert remarks == [], fleet.error_log("hub")
    assert {path.name for path in (fleet.folder / "pki/certificates").iterdir()} == {"HUB.pem", "SPOKE.pem"}
    written = {change["name"] for change in announced}
    assert written == {str(path) for folder in ("adopted", "pki") for path in (fleet.folder / folder).rglob("*") if path.is_file()}
    assert {host: (values.get("mq_tls_issuer") or {}).get("type") for host, values in hosts.items()} == {
        "hub": "external",
        "spoke": "self_signed",
        "feeder": None,
    }
    assert_site_changes_nothing(fleet)
