# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five fleets of different styles are adopted, and the playbook site finds nothing to do with the variables that were written.

They stand side by side in one inventory, without links from one to another: one run of adopt, then one of site, for all of them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from fleet_state import differences  # what conftest.py has put on the path

pytestmark = pytest.mark.long

EC = ("-size", "256", "-sig_alg", "EC_ecdsa_with_SHA256")
RSA = ("-size", "2048", "-sig_alg", "SHA256WithRSA")


def mqsc(fleet, host: str, *commands: str) -> None:
    """As an administrator types it; each command has to be taken."""
    shown = fleet.runmqsc(host, "\n".join(commands))
    assert "No commands have a syntax error" in shown and "All valid MQSC commands were processed" in shown, shown


class Repository:
    """A CMS key repository as an administrator makes it."""

    def __init__(self, fleet, host: str, stem: Path) -> None:
        self.machine, self.path = fleet.hosts[host], f"{stem}.kdb"
        stem.parent.mkdir(parents=True, exist_ok=True)
        self.run("-keydb", "-create", "-pw", "Secret-123", "-type", "cms", "-stash")

    def run(self, noun: str, verb: str, *arguments) -> None:
        stashed = () if "-pw" in arguments else ("-stashed",)
        done = self.machine.run("runmqakm", noun, verb, "-db", self.path, *stashed, *map(str, arguments))
        assert done.returncode == 0, done.stdout + done.stderr

    def create(self, label: str, subject: str, key=EC) -> None:
        self.run("-cert", "-create", "-label", label, "-dn", subject, *key)

    def extract(self, label: str, file: Path) -> None:
        self.run("-cert", "-extract", "-label", label, "-target", file, "-format", "ascii")

    def add(self, label: str, file: Path) -> None:
        self.run("-cert", "-add", "-label", label, "-file", file, "-format", "ascii")

    def trust(self, company: Path) -> None:
        for name in ("root", "ca"):  # a CA that is added before its root is not taken for trusted
            if (company / f"{name}.pem").exists():
                self.add(f"company {name}", company / f"{name}.pem")

    def sign(self, label: str, subject: str, company: Path, key=EC) -> None:
        """A certificate of the company's CA, with what is above it."""
        self.trust(company)
        request, answer = company / f"{label}.csr", company / f"{label}.crt"
        self.run("-certreq", "-create", "-label", label, "-dn", subject, "-file", request, *key)
        signer = ("-CA", company / "ca.pem", "-CAkey", company / "ca.key", "-CAcreateserial")
        openssl("x509", "-req", "-in", request, *signer, "-days", 500, "-out", answer)
        self.run("-cert", "-receive", "-file", answer, "-format", "ascii")


def openssl(*arguments) -> None:
    subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=True)


def company_ca(folder: Path, name: str, under_a_root: bool = False) -> Path:
    """A CA, alone or under a root: ca.pem, ca.key, root.pem."""
    company = folder / name
    company.mkdir()
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    first = "root" if under_a_root else "ca"
    openssl("req", "-x509", *key, "-keyout", company / f"{first}.key", "-out", company / f"{first}.pem", "-subj", f"/O={name}/CN=CA")
    if under_a_root:
        openssl("req", *key, "-keyout", company / "ca.key", "-out", company / "ca.csr", "-subj", f"/O={name}/CN=Issuing CA")
        (company / "ca.cnf").write_text("basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n")
        signer = ("-CA", company / "root.pem", "-CAkey", company / "root.key", "-CAcreateserial", "-extfile", company / "ca.cnf")
        openssl("x509", "-req", "-in", company / "ca.csr", *signer, "-days", 30, "-out", company / "ca.pem")
    return company


def listener(fleet, host: str, name: str, port: int = 1414, control: str = "QMGR") -> tuple[str, str]:
    address = fleet.addresses[host]
    return (f"DEFINE LISTENER({name}) TRPTYPE(TCP) PORT({port}) IPADDR('{address}') CONTROL({control})", f"START LISTENER({name})")


NAMES = {"left": "payHub", "right": "branch_7"}


def self_signed(fleet) -> dict[str, str]:
    """Names in mixed case that are not those of the hosts; blank: CERTLABL, SSLPEER, SSLKEYR as it was; no triggers, ports of their own."""
    names = NAMES
    ports = {"left": 14141, "right": 14142}
    made = {host: Repository(fleet, host, fleet.key_repository(host) / "key") for host in names}
    for host, name in names.items():
        label = f"ibmwebspheremq{name.lower()}"
        made[host].create(label, f"CN={name},O=Old Bank")
        made[host].extract(label, fleet.folder / f"{host}.arm")
    for host, partner in (("left", "right"), ("right", "left")):
        made[host].add(names[partner], fleet.folder / f"{partner}.arm")
        own, there = names[host], names[partner]
        mqsc(
            fleet,
            host,
            "ALTER QMGR CERTLABL(' ')",
            f"DEFINE QLOCAL('{there}') USAGE(XMITQ)",
            *listener(fleet, host, "LSNR", ports[host]),
            f"DEFINE CHANNEL('{own}.{there}') CHLTYPE(SDR) CONNAME('{fleet.addresses[partner]}({ports[partner]})') XMITQ('{there}') "
            "SSLCIPH(ANY_TLS12)",
            f"DEFINE CHANNEL('{there}.{own}') CHLTYPE(RCVR) SSLCIPH(ANY_TLS12_OR_HIGHER) SSLCAUTH(REQUIRED)",
            "REFRESH SECURITY TYPE(SSL)",
        )
    return {"payHub.branch_7": "left", "branch_7.payHub": "right"}


def names_of_its_own(fleet) -> dict[str, str]:
    """Signed by the company's CA; other folders, labels, channels; a sender without a certificate; a listener that is started by hand."""
    company = company_ca(fleet.folder, "Old Bank", under_a_root=True)
    address = fleet.addresses["qmb"]
    for host, label in (("qma", ""), ("qmb", "mq.2026")):
        stem = fleet.hosts[host].data_path / "qmgrs" / host.upper() / "tls" / "store"
        repository = Repository(fleet, host, stem)
        if label:
            repository.sign(label, f"CN={host.upper()},OU=Payments,O=Old Bank,C=GB", company)
        else:
            repository.trust(company)
        mqsc(fleet, host, f"ALTER QMGR SSLKEYR('{stem}')" + (f" CERTLABL('{label}')" if label else ""), "REFRESH SECURITY TYPE(SSL)")
    mqsc(
        fleet,
        "qmb",
        *listener(fleet, "qmb", "OLD.LISTENER", 1999, "MANUAL"),
        "DEFINE CHANNEL(FEED_1) CHLTYPE(RCVR) SSLCIPH(ECDHE_ECDSA_AES_256_GCM_SHA384) SSLCAUTH(OPTIONAL)",
    )
    mqsc(
        fleet,
        "qma",
        "DEFINE QLOCAL(FEED.XMITQ) USAGE(XMITQ) TRIGGER TRIGTYPE(FIRST) TRIGDATA(FEED_1) INITQ(SYSTEM.CHANNEL.INITQ)",
        f"DEFINE CHANNEL(FEED_1) CHLTYPE(SDR) CONNAME('{address}(1999)') XMITQ(FEED.XMITQ) "
        "SSLCIPH(ECDHE_ECDSA_AES_256_GCM_SHA384) SSLPEER('CN=QMB,O=Old Bank')",
        f"DEFINE CHANNEL(PLAIN) CHLTYPE(SDR) CONNAME('{address}(1999)') XMITQ(PLAIN.XMITQ)",
    )
    return {"FEED_1": "qma"}


SITE = {
    "mq_tls_links": [{"mesh": ["QM1", "QM2"]}],
    "mq_tls_subject": "CN={{ inventory_hostname }},OU=Channels,O=Bank",
    "mq_tls_certificate_label": "channels.{{ inventory_hostname }}",
    "mq_tls_certificate_days": 20,
    "mq_tls_renew_before_days": 2,
    "mq_tls_ca_subject": "CN=Root,O=Bank",
    "mq_tls_ca_intermediate_subject": "CN=Issuing CA,O=Bank",
    "mq_tls_listener": "SSL.LSR",
    "mq_tls_listener_port": 15001,
    "mq_tls_cipher_spec": "TLS_AES_256_GCM_SHA384",
}


def built_by_site(fleet) -> dict[str, str]:
    """PKCS#12, the local CA with an intermediate. The variables are lost, the PKI folder is not."""
    run = fleet.playbook("site", mq_tls_hosts="qm1:qm2", **SITE)
    assert run.rc == 0, run.output
    return {"QM1.TO.QM2": "qm1", "QM2.TO.QM1": "qm2"}


def some_of_each(fleet) -> dict[str, str]:
    """One queue manager signed by a CA, one self-signed, a one-way link between them; otherwise what the collection would have made."""
    company = company_ca(fleet.folder, "Some CA")
    made = {host: Repository(fleet, host, fleet.key_repository(host) / "key") for host in ("hub", "spoke")}
    made["hub"].sign("ibmwebspheremqhub", "CN=HUB", company)
    made["spoke"].create("ibmwebspheremqspoke", "CN=SPOKE")
    made["spoke"].extract("ibmwebspheremqspoke", fleet.folder / "spoke.arm")
    made["hub"].add("spoke", fleet.folder / "spoke.arm")
    made["spoke"].trust(company)
    for host in made:
        mqsc(fleet, host, f"ALTER QMGR CERTLABL('ibmwebspheremq{host}')", *listener(fleet, host, "TLS.LISTENER"))
    for sender, receiver, channel, queue, spec, accepts in (
        ("hub", "spoke", "HUB.TO.SPOKE", "SPOKE", "ANY_TLS12", "SSLCAUTH(REQUIRED) SSLPEER('CN=HUB')"),
        ("spoke", "hub", "SPOKE.TO.HUB", "HUB", "ANY_TLS12", "SSLCAUTH(REQUIRED) SSLPEER('CN=SPOKE')"),
        ("spoke", "hub", "SPOKE.FEED", "FEED", "ANY_TLS12_OR_HIGHER", "SSLCAUTH(OPTIONAL)"),
    ):
        mqsc(
            fleet,
            sender,
            f"DEFINE QLOCAL({queue}) USAGE(XMITQ) TRIGGER TRIGTYPE(FIRST) TRIGDATA({channel}) INITQ(SYSTEM.CHANNEL.INITQ)",
            f"DEFINE CHANNEL({channel}) CHLTYPE(SDR) CONNAME('{fleet.addresses[receiver]}(1414)') XMITQ({queue}) SSLCIPH({spec}) "
            f"SSLPEER('CN={receiver.upper()}')",
        )
        mqsc(fleet, receiver, f"DEFINE CHANNEL({channel}) CHLTYPE(RCVR) SSLCIPH({spec}) {accepts}")
    for host in made:
        mqsc(fleet, host, "REFRESH SECURITY TYPE(SSL)")
    return {"HUB.TO.SPOKE": "hub", "SPOKE.TO.HUB": "spoke", "SPOKE.FEED": "spoke"}


def with_clients(fleet) -> dict[str, str]:
    """RSA, repositories outside of the queue managers' folders, a certificate for one channel alone, two CipherSpecs on one channel, two
    addresses in a CONNAME; and what has no variable: clients, servers and requesters, CHLAUTH rules.
    """
    company = company_ca(fleet.folder, "Air")
    made = {}
    for host, partner in (("east", "west"), ("west", "east")):
        own, there, address, standby = host.upper(), partner.upper(), fleet.addresses[partner], f"{partner}.example.com"
        stem = fleet.hosts[host].data_path / "keys" / own / "mq-2026"
        made[host] = Repository(fleet, host, stem)
        made[host].sign(f"air-{host}", f"CN=mq.{host}.example.com,OU=Flights & Cargo,OU=MQ,O=Air", company, RSA)
        mqsc(
            fleet,
            host,
            f"ALTER QMGR SSLKEYR('{stem}') CERTLABL('air-{host}')",
            *listener(fleet, host, "L1", 14200),
            f"DEFINE QLOCAL(TO.{there}) USAGE(XMITQ) TRIGGER TRIGDATA({own}_{there}) INITQ(SYSTEM.CHANNEL.INITQ)",
            f"DEFINE CHANNEL({own}_{there}) CHLTYPE(SDR) CONNAME('{address}(14200),{standby}(14200)') XMITQ(TO.{there}) "
            "SSLCIPH(ECDHE_RSA_AES_256_GCM_SHA384) HBINT(60)",
            f"DEFINE CHANNEL({there}_{own}) CHLTYPE(RCVR) SSLCIPH(ANY_TLS12_OR_HIGHER) SSLCAUTH(REQUIRED)",
            "DEFINE CHANNEL(APP.TLS) CHLTYPE(SVRCONN) SSLCIPH(ANY_TLS12_OR_HIGHER) SSLCAUTH(OPTIONAL)",
            f"DEFINE CHANNEL({own}.SVR) CHLTYPE(SVR) XMITQ(SVR.{there}) SSLCIPH(ANY_TLS12)",
            f"DEFINE CHANNEL({there}.SVR) CHLTYPE(RQSTR) CONNAME('{address}(14200)') SSLCIPH(ANY_TLS12)",
            "SET CHLAUTH('*') TYPE(ADDRESSMAP) ADDRESS('192.0.2.*') USERSRC(NOACCESS) ACTION(ADD)",
            f"SET CHLAUTH({there}_{own}) TYPE(SSLPEERMAP) SSLPEER('O=Air') USERSRC(CHANNEL) ACTION(ADD)",
        )
    made["west"].create("air-extra", "CN=extra,O=Air", RSA)
    made["west"].extract("air-extra", company / "extra.arm")
    made["east"].add("west extra", company / "extra.arm")
    mqsc(fleet, "west", "ALTER CHANNEL(EAST_WEST) CHLTYPE(RCVR) CERTLABL('air-extra')")
    for host in made:
        mqsc(fleet, host, "REFRESH SECURITY TYPE(SSL)")
    return {"EAST_WEST": "east", "WEST_EAST": "west"}


BLANK = {"initiator_attributes": {"SSLPEER": ""}, "responder_attributes": {"SSLCIPH": "ANY_TLS12_OR_HIGHER", "SSLPEER": ""}}
UNTRIGGERED = {"transmission_queue_attributes": {"TRIGGER": False, "TRIGDATA": "", "INITQ": ""}}
TWO_SPECS = {**BLANK, "initiator_attributes": {"SSLCIPH": "ECDHE_RSA_AES_256_GCM_SHA384", "SSLPEER": ""}}
LEFT = "which is not described and stays as it is."
LEFT_ALL = "which are not described and stay as they are."


@dataclass
class Style:
    """A fleet, by host the versions of its queue managers, and how it is described; ``remarks``: of what is not, by host."""

    build: Callable[..., dict[str, str]]
    hosts: dict[str, str]
    links: list[dict]
    variables: dict[str, dict]
    remarks: list[tuple[str, str]] = field(default_factory=list)


STYLES = [
    Style(
        self_signed,
        {"left": "9.2.5", "right": "9.2.5"},
        [
            {"from": "payHub", "to": "branch_7", "channel": "payHub.branch_7", **BLANK, **UNTRIGGERED},
            {"from": "branch_7", "to": "payHub", "channel": "branch_7.payHub", **BLANK, **UNTRIGGERED},
        ],
        {"left": {"mq_tls_queue_manager": "payHub", "mq_tls_issuer": {"type": "self_signed"}, "mq_tls_listener_port": 14141}},
    ),
    Style(
        names_of_its_own,
        {"qma": "9.1.0", "qmb": "9.3.0"},
        [
            {
                "from": "QMA",
                "to": "QMB",
                "authentication": "one_way",
                "channel": "FEED_1",
                "transmission_queue": "FEED.XMITQ",
                "cipher_spec": "ECDHE_ECDSA_AES_256_GCM_SHA384",
                "initiator_attributes": {"SSLPEER": "CN=QMB,O=Old Bank"},
            }
        ],
        {"qmb": {"mq_tls_certificate_label": "mq.2026", "mq_tls_key_repository_type": "cms", "mq_tls_listener": ""}},
        [
            ("qma", f"has CHANNEL PLAIN (SDR channel without TLS), {LEFT}"),
            ("qmb", "has the listener OLD.LISTENER, which has CONTROL(MANUAL); it is left alone (mq_tls_listener is blank)."),
        ],
    ),
    Style(
        built_by_site,
        {"qm1": "9.4.2", "qm2": "9.3.0"},
        [
            {"from": "QM1", "to": "QM2", "cipher_spec": "TLS_AES_256_GCM_SHA384"},
            {"from": "QM2", "to": "QM1", "cipher_spec": "TLS_AES_256_GCM_SHA384"},
        ],
        {"qm1": {"mq_tls_key_repository_type": "pkcs12", "mq_tls_issuer": {"type": "local_ca"}, "mq_tls_renew_before_days": 18}},
    ),
    Style(
        some_of_each,
        {"hub": "9.4.2", "spoke": "9.2.5"},
        [
            {"from": "HUB", "to": "SPOKE"},
            {
                "from": "SPOKE",
                "to": "HUB",
                "authentication": "one_way",
                "channel": "SPOKE.FEED",
                "transmission_queue": "FEED",
                "cipher_spec": "ANY_TLS12_OR_HIGHER",
            },
            {"from": "SPOKE", "to": "HUB"},
        ],
        {"hub": {"mq_tls_listener": "TLS.LISTENER"}, "spoke": {"mq_tls_issuer": {"type": "self_signed"}}},
    ),
    Style(
        with_clients,
        {"east": "9.3.0", "west": "9.4.2"},
        [
            {
                "from": "EAST",
                "to": "WEST",
                "channel": "EAST_WEST",
                "transmission_queue": "TO.WEST",
                **TWO_SPECS,
                "responder_attributes": {**TWO_SPECS["responder_attributes"], "CERTLABL": "air-extra"},
            },
            {"from": "WEST", "to": "EAST", "channel": "WEST_EAST", "transmission_queue": "TO.EAST", **TWO_SPECS},
        ],
        {"west": {"mq_tls_subject": "CN=mq.west.example.com,OU=Flights & Cargo,OU=MQ,O=Air", "mq_tls_key_size": 2048}},
        [
            *(
                (host, remark)
                for host, channel in (("east", "WEST_EAST"), ("west", "EAST_WEST"))
                for remark in (
                    f"has channels of clients with TLS (APP.TLS), {LEFT_ALL}",
                    f"has channels of servers and requesters with TLS (EAST.SVR and WEST.SVR), {LEFT_ALL}",
                    f"has CHLAUTH rules that turn away (ADDRESSMAP *), {LEFT_ALL}",
                    f"has CHLAUTH {channel} (SSLPEERMAP SSLPEER(O=Air) is let in by USERSRC(CHANNEL)), {LEFT}",
                )
            ),
            ("east", f"has TRUST west extra (whoever has a certificate of CN=extra,O=Air is let in), {LEFT}"),
            ("west", f"has CERTIFICATE air-extra (CN=extra,O=Air, with its private key), {LEFT}"),
            ("west", "has channels with the certificate air-extra, which is not managed: nobody renews it."),
        ],
    ),
]


def run_channels(fleet, channels: dict[str, str]) -> None:
    """``channels``: sender -> its host. What is read while a channel, or a listener, is on its way is not what is read later."""
    until = time.monotonic() + 30
    for channel, host in channels.items():
        fleet.runmqsc(host, f"START CHANNEL('{channel}')")
    for channel, host in channels.items():
        while "STATUS(RUNNING)" not in (shown := fleet.runmqsc(host, f"DISPLAY CHSTATUS('{channel}')")):
            assert time.monotonic() < until, shown + fleet.error_log(host)
            time.sleep(0.2)


@pytest.fixture(scope="module")
def fleet(fleets):
    """All of them run, and the inventory says only where the queue managers are."""
    hosts = {host: version for style in STYLES for host, version in style.hosts.items()}
    name = "{{ simulated_names[inventory_hostname] | default(inventory_hostname | upper) }}"
    fleet = fleets(hosts, simulated_names=NAMES, simulated_queue_manager=name)
    run_channels(fleet, {channel: host for style in STYLES for channel, host in style.build(fleet).items()})
    said = ("ansible_", "simulated_", "mq_tls_installation", "mq_tls_data_path")
    fleet.variables = {name: value for name, value in fleet.variables.items() if name.startswith(said)}
    fleet.write()
    return fleet


def test_check_mode_announces_the_files_and_writes_none(fleet):
    run = fleet.playbook("adopt", "--check", "--diff", mq_tls_hosts="hub")
    assert run.rc == 0, run.output
    assert "+mq_tls_purge_trust: false" in run.output
    assert "The partner SPOKE is on no host that was read" in run.output
    names = ["adopted/group_vars/all/mq_tls.yml", "adopted/host_vars/hub/mq_tls.yml", "pki/certificates/HUB.pem"]
    files = [fleet.folder / name for name in names]
    assert [(change["name"], change["action"]) for change in run.changes()] == [(str(file), "create") for file in files]
    assert not any(file.exists() for file in files)


@dataclass
class Adopted:
    """What adopt said and wrote, and the state of the queue managers then."""

    of_all: dict
    hosts: dict[str, dict]
    remarks: list[str]
    touched: list[str]
    state: dict


@pytest.fixture(scope="module")
def adopted(fleet) -> Adopted:
    before = fleet.state()
    run = fleet.playbook("adopt")
    assert run.rc == 0, run.output
    state = fleet.state()
    folder = fleet.folder / "adopted"
    text = (folder / "group_vars/all/mq_tls.yml").read_text()
    remarks = re.findall(r"^# - (.*)$", text, re.MULTILINE)
    assert all(f"  {remark}\n" in run.output for remark in remarks), run.output
    hosts = {path.parent.name: yaml.safe_load(path.read_text()) for path in folder.glob("host_vars/*/mq_tls.yml")}
    return Adopted(yaml.safe_load(text), hosts, remarks, differences(before, state), state)


def test_adopt_touches_no_queue_manager(adopted):
    assert not adopted.touched, "\n".join(adopted.touched)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.build.__name__)
def test_it_is_described_and_what_is_not_is_listed(adopted, style):
    names = [adopted.hosts[host]["mq_tls_queue_manager"] for host in style.hosts]
    assert [link for link in adopted.of_all["mq_tls_links"] if link["from"] in names] == style.links
    for host, variables in style.variables.items():
        found = {**adopted.of_all, **adopted.hosts[host]}
        assert {name: found.get(name) for name in variables} == variables
    expected = [f"Queue manager {adopted.hosts[host]['mq_tls_queue_manager']} (host {host}) {remark}" for host, remark in style.remarks]
    assert sorted(remark for remark in adopted.remarks if any(name in remark for name in names)) == sorted(expected)


@pytest.fixture(scope="module")
def converged(fleet, adopted) -> tuple:
    """Site with the variables beside the inventory: its run, and what is different afterwards."""
    for name in ("group_vars", "host_vars"):
        shutil.copytree(fleet.folder / "adopted" / name, fleet.folder / name)
    run = fleet.playbook("site")
    assert run.rc == 0, run.output
    # site notes what a key repository holds that it has read for the first time
    noted = re.compile(r"/[\w-]+\.d(/contents\.json)?\n")
    return run, [one for one in differences(adopted.state, fleet.state()) if not noted.search(one)]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.build.__name__)
def test_site_changes_nothing(converged, adopted, style):
    run, found = converged
    for host in style.hosts:
        assert run.changes(host) == [], run.output
        assert re.search(rf"^{host} +: ok=\d+ +changed=0 +unreachable=0 +failed=0 ", run.output, re.MULTILINE), run.output
    names = tuple(f"{adopted.hosts[host]['mq_tls_queue_manager']}: " for host in style.hosts)
    assert [one for one in found if one.startswith(names)] == []
