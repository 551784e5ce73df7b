# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench-planning`: what the plan of and the report on 100, 300 and 1,000 queue managers cost, and the reading of a hub with 2,000 channels.

For each size, ten links for each queue manager, described in two ways: every link an item of its own, and meshes of inventory groups.
Measured are the seconds of processor time and the peak of the memory that Python allocates, for the reading of the inventory by the
action, for the plan of all hosts and for the plan of one host (`--limit`). No queue manager and no simulator takes part.

The report is what the action fleet_report does on the controller: it takes what was registered of each host from its variables, judges it and
writes the files. What was registered is made up: each queue manager as its plan describes it, with all attributes that IBM MQ 9.4 shows, its
channels running. Opening the page in a browser is no part of it.

The hub is one that has 1,000 sending and 1,000 receiving channels as described: the module mqsc validates its arguments, asks once,
reads the answer, compares, and finds nothing to do. `runmqsc` is a program that prints what was written down.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".build" / "collections"))
from ansible.inventory.manager import InventoryManager  # noqa: E402
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.vars.hostvars import HostVars  # noqa: E402
from ansible.vars.manager import VariableManager  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.action.fleet_report import ActionModule as FleetReport  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.action.topology import _Description  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.channel_status import summary  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import MqObject, parse_objects  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.plan import reading  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import SubprocessRunner  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.definitions import argument_spec, run  # noqa: E402

DEGREE = 10  # links that each queue manager initiates

# What DISPLAY ... ALL shows beside what is described, as IBM MQ 9.4 does
MESSAGE_CHANNEL = """ALTDATE(2026-01-05) ALTTIME(10.11.12) BATCHHB(0) BATCHINT(0) BATCHLIM(5000) BATCHSZ(50) CERTLABL( ) COMPHDR(NONE)
COMPMSG(NONE) CONVERT(NO) DESCR( ) DISCINT(6000) HBINT(300) KAINT(AUTO) LOCLADDR( ) LONGRTY(999999999) LONGTMR(1200) MAXMSGL(4194304)
MCANAME( ) MCATYPE(PROCESS) MCAUSER( ) MODENAME( ) MONCHL(QMGR) MSGDATA( ) MSGEXIT( ) NPMSPEED(FAST) PASSWORD( ) PROPCTL(COMPAT)
RCVDATA( ) RCVEXIT( ) RESETSEQ(NO) SCYDATA( ) SCYEXIT( ) SENDDATA( ) SENDEXIT( ) SEQWRAP(999999999) SHORTRTY(10) SHORTTMR(60)
STATCHL(QMGR) TPNAME( ) USEDLQ(YES) USERID( )"""
QUEUE = """TYPE(QLOCAL) ACCTQ(QMGR) ALTDATE(2026-01-05) ALTTIME(10.11.12) BOQNAME( ) BOTHRESH(0) CAPEXPRY(NOLIMIT) CLUSNL( ) CLUSTER( )
CLCHNAME( ) CLWLPRTY(0) CLWLRANK(0) CLWLUSEQ(QMGR) CRDATE(2026-01-05) CRTIME(10.11.12) CURDEPTH(0) CUSTOM( ) DEFBIND(OPEN)
DEFPRTY(0) DEFPSIST(NO) DEFPRESP(SYNC) DEFREADA(NO) DEFSOPT(SHARED) DEFTYPE(PREDEFINED) DESCR( ) DISTL(NO) GET(ENABLED) HARDENBO
IMGRCOVQ(QMGR) IPPROCS(0) MAXDEPTH(5000) MAXFSIZE(DEFAULT) MAXMSGL(4194304) MONQ(QMGR) MSGDLVSQ(PRIORITY) NPMCLASS(NORMAL) OPPROCS(0)
PROCESS( ) PROPCTL(COMPAT) PUT(ENABLED) QDEPTHHI(80) QDEPTHLO(20) QDPHIEV(DISABLED) QDPLOEV(DISABLED) QDPMAXEV(ENABLED) QSVCIEV(NONE)
QSVCINT(999999999) RETINTVL(999999999) SCOPE(QMGR) SHARE STATQ(QMGR) STREAMQ( ) STRMQOS(BESTEF) TRIGDPTH(1) TRIGMPRI(0)"""
STATUS = """CHLTYPE(SDR) BATCHES(3) BATCHSZ(50) BUFSRCVD(7) BUFSSENT(12) BYTSRCVD(660) BYTSSENT(9801) CHSTADA(2026-01-06)
CHSTATI(08.00.00) COMPHDR(NONE,NONE) COMPMSG(NONE,NONE) COMPRATE(0,0) COMPTIME(0,0) CONNAME(192.0.2.1(1414)) CURLUWID(1F0A) CURMSGS(0)
CURRENT CURSEQNO(12) EXITTIME(0,0) HBINT(300) INDOUBT(NO) JOBNAME(0000121200000001) LOCLADDR(192.0.2.9(40001)) LONGRTS(999999999)
LSTLUWID(1F09) LSTMSGDA(2026-01-06) LSTMSGTI(09.00.00) LSTSEQNO(12) MCASTAT(RUNNING) MONCHL(OFF) MSGS(12) NETTIME(0,0) NPMSPEED(FAST)
PORT(0) RQMNAME(SPOKE) SECPROT(TLSV13) SHORTRTS(10) SSLCERTI(CN=CA) SSLCIPH(TLS_AES_256_GCM_SHA384) SSLKEYDA( ) SSLKEYTI( )
SSLPEER(SERIALNUMBER=5E:C8,CN=SPOKE) SSLRKEYS(0) STATUS(RUNNING) STOPREQ(NO) SUBSTATE(MQGET) XBATCHSZ(0,0) XMITQ(SPOKE)
XQTIME(0,0) RVERSION(09040200) RPRODUCT(MQMM)"""
STATUS_SAVED = (
    "CHLTYPE(SDR) CURLUWID(1F0A) CURMSGS(0) CURSEQNO(12) INDOUBT(NO) LSTLUWID(1F09) LSTSEQNO(12) XMITQ(SPOKE) RQMNAME(SPOKE) SAVED"
)


@dataclass
class Cost:
    """Seconds of processor time, and the peak of allocated memory in MiB."""

    what: str
    queue_managers: int
    links: int
    seconds: float
    memory: float


def measured(what: str, count: int, links: int, act: Callable[[], object]) -> Cost:
    """The shortest of three times, since other programs can only lengthen one; then, as that costs time, once more for the memory."""
    times = []
    for _attempt in range(3):
        gc.collect()  # what was left by others is not to be cleared away within the measure
        started = time.process_time()
        act()
        times.append(time.process_time() - started)
    seconds = min(times)
    tracemalloc.start()
    act()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    cost = Cost(what, count, links, round(seconds, 3), round(peak / 2**20, 1))
    print(f"{count:>6} {links:>7}  {what:<44} {cost.seconds:>9.3f} s {cost.memory:>8.1f} MiB", flush=True)
    return cost


def described(count: int, in_groups: bool) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """An inventory in Ansible's form, with the links as variables of all, and the hosts of its groups."""
    names = [f"q{number:04d}" for number in range(count)]
    groups = {f"site_{start // (DEGREE + 1)}": names[start : start + DEGREE + 1] for start in range(0, count, DEGREE + 1)}
    links: list[dict[str, Any]] = [{"mesh": {"group": group}} for group, hosts in groups.items() if len(hosts) > 1]
    if not in_groups:
        links = [
            {"from": name.upper(), "to": names[(number + step) % count].upper()}
            for number, name in enumerate(names)
            for step in range(1, DEGREE + 1)
        ]
    inventory = {
        "all": {
            "hosts": {name: {"ansible_host": f"10.1.{number // 250}.{number % 250}"} for number, name in enumerate(names)},
            "children": {group: {"hosts": dict.fromkeys(hosts)} for group, hosts in groups.items()},
            "vars": {"mq_tls_links": links, "mq_tls_subject": "CN={{ inventory_hostname | upper }},O=Bench", "mq_tls_certificate_days": 90},
        }
    }
    return inventory, groups


def planning(count: int, in_groups: bool, folder: Path) -> Iterator[Cost]:
    """The reading of the inventory, the plan of all hosts, the plan of one."""
    inventory, groups = described(count, in_groups)
    path = folder / f"hosts-{count}-{in_groups}.yml"
    path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[str(path)])
    variables = VariableManager(loader=loader, inventory=manager)
    hostvars = HostVars(manager, variables, loader)
    description = _Description(hostvars)
    links = description.of_the_fleet["mq_tls_links"]
    way = "meshes of groups" if in_groups else "single links"
    number = len(plan(description.hosts, links, groups=groups)["links"])
    yield measured(f"plan of all, {way}", count, number, lambda: plan(description.hosts, links, groups=groups))
    yield measured(f"plan of one (--limit), {way}", count, number, lambda: plan(description.hosts, links, groups=groups, only=["q0001"]))

    def action(only: list[str] | None) -> None:
        read = _Description(hostvars)
        plan(read.hosts, read.of_the_fleet["mq_tls_links"], groups=groups, only=only)

    yield measured(f"inventory and plan of all, {way}", count, number, lambda: action(None))
    yield measured(f"inventory and plan of one (--limit), {way}", count, number, lambda: action(["q0001"]))


def shown(items: str) -> str:
    """Attributes as runmqsc prints them: behind three blanks, two on a line where both are short."""
    lines: list[str] = []
    waiting = ""
    for item in items.replace("\n", " ").replace("( )", "(\0)").split(" "):
        text = item.replace("\0", " ")
        if waiting and len(text) <= 37:
            lines.append(f"   {waiting:<40}{text}")
            waiting = ""
        elif waiting:
            lines += [f"   {waiting}", f"   {text}"]
            waiting = ""
        elif len(text) <= 37:
            waiting = text
        else:
            lines.append(f"   {text}")
    return "\n".join([*lines, f"   {waiting}"] if waiting else lines)


def answers(objects: list[dict[str, Any]], initiates: list[str]) -> str:
    """What runmqsc prints of a queue manager that is exactly as described, its channels running."""
    by_name: dict[tuple[str, str], MqObject] = {(one.object_type, one.name or ""): one for one in parse_objects(objects, "HUB")}
    printed = ["5724-H72 (C) Copyright IBM Corp. 1994, 2024.", "Starting MQSC for queue manager HUB.", "", ""]
    for number, command in enumerate(reading(list(by_name.values()), initiates), 1):
        name = command.name or ""
        printed.append(f"{number:>6} : {command.text()}")
        if command.noun == "CHSTATUS":
            saved = ("SAVED", True) in command.parameters
            printed += ["AMQ8417I: Display Channel Status details.", shown(f"CHANNEL({name}) {STATUS_SAVED if saved else STATUS}")]
            continue
        if command.noun == "LSSTATUS":
            printed += [
                "AMQ8631I: Display listener status details.",
                shown(f"LISTENER({name}) STATUS(RUNNING) PID(77) PORT(1414) TRPTYPE(TCP)"),
            ]
            continue
        one = by_name[(command.noun, name)]
        own = [
            (keyword if value else f"NO{keyword}") if isinstance(value, bool) else f"{keyword}({value or ' '})"
            for keyword, value in one.attributes.items()
        ]
        rest = {"CHANNEL": MESSAGE_CHANNEL, "QLOCAL": QUEUE}.get(command.noun, "")
        title = {"QMGR": "QMNAME(HUB)", "QLOCAL": f"QUEUE({name})"}.get(command.noun, f"{command.noun}({name})")
        printed += ["AMQ8414I: Display Channel details.", shown(" ".join(filter(None, [title, *own, rest])))]
    total = len(printed)
    return "\n".join(
        [*printed, f"{total} MQSC commands read.", "No commands have a syntax error.", "All valid MQSC commands were processed.", ""]
    )


def hub(channels: int, folder: Path) -> Cost:
    """The module mqsc on a hub that has half of the channels to send and half to receive, all as described."""
    spokes = channels // 2
    hosts: dict[str, dict[str, Any]] = {"hub": {}, **{f"s{number:04d}": {} for number in range(spokes)}}
    planned = plan(hosts, [{"hub": "HUB", "spokes": [f"S{number:04d}" for number in range(spokes)]}], only=["hub"])
    one = planned["queue_managers"]["hub"]
    program = folder / "opt" / "bin" / "runmqsc"
    program.parent.mkdir(parents=True, exist_ok=True)
    answer = folder / "answer.txt"
    answer.write_text(answers(one["objects"], one["initiates"]), encoding="utf-8")
    program.write_text(f"#!/bin/sh\ncat > /dev/null\ncat {answer}\n", encoding="utf-8")
    program.chmod(0o755)
    directory = folder / "var" / "qmgrs" / "HUB"
    directory.mkdir(parents=True, exist_ok=True)
    stanza = f"QueueManager:\n   Name=HUB\n   Prefix={folder / 'var'}\n   Directory=HUB\n"
    (folder / "var" / "mqs.ini").write_text(stanza, encoding="utf-8")
    given = {
        "queue_manager": "HUB",
        "installation": str(folder / "opt"),
        "data_path": str(folder / "var"),
        "objects": one["objects"],
        "initiates": one["initiates"],
    }

    def module() -> None:
        validated = ArgumentSpecValidator(argument_spec()).validate(given)
        if validated.error_messages:
            raise SystemExit("\n".join(validated.error_messages[:3]))
        result = run(validated.validated_parameters, SubprocessRunner(), check_mode=False)
        if result["changes"]:
            raise SystemExit(f"The hub should have been as described, but: {result['changes'][:2]}")

    return measured("module mqsc, nothing to do", 1, channels, module)


def attributes(items: str) -> dict[str, Any]:
    """Attributes as ``shown`` takes them, as a record."""
    pairs = (item.partition("(") for item in items.replace("\n", " ").replace("( )", "()").split(" "))
    return {keyword: value[:-1] if bracket else True for keyword, bracket, value in pairs}


def registered(planned: dict[str, Any], links: list[dict[str, Any]]) -> dict[str, Any]:
    """What the role registers of a queue manager that is exactly as described, its channels running."""
    name, subject = planned["queue_manager"], planned["identity"]["subject"]
    shown_beside = {"CHANNEL": attributes(MESSAGE_CHANNEL), "QLOCAL": attributes(QUEUE)}
    objects = [{**one, "attributes": {**shown_beside.get(one["object"], {}), **one["attributes"]}} for one in planned["objects"]]
    channels = {}
    for link in links:
        partner, subject_of_it = ("to", "responder_subject") if link["from"] == name else ("from", "initiator_subject")
        seen = {"RQMNAME": link[partner], "SSLPEER": f"SERIALNUMBER=5E:C8,{link[subject_of_it]}"}
        channels[link["channel"]] = [{**attributes(STATUS), **seen}]
    common = {"issuer": "CN=MQ fleet CA", "not_before": "2026-01-01T00:00:00Z", "key_type": "RSA", "key_size": 3072, "dns_names": []}
    authority = {
        **common,
        "label": "CN=MQ fleet CA",
        "subject": "CN=MQ fleet CA",
        "fingerprint": "CA",
        "serial_number": "01",
        "pem": "M" * 1600,
    }
    own = {
        **common,
        "label": planned["identity"]["label"],
        "subject": subject,
        "fingerprint": name,
        "serial_number": "5E:C8",
        "pem": "M" * 1600,
    }
    certificates = [
        {**own, "not_after": "2036-03-01T00:00:00Z", "has_key": True, "trusted": False},
        {**authority, "not_after": "2046-01-01T00:00:00Z", "has_key": False, "trusted": True},
    ]
    repository = {"exists": True, "repository": {}, "identity": {}, "trust": [], "certificates": certificates, "files": []}
    found = {
        "objects": objects,
        "queue_manager": {"QMNAME": name, "CERTLABL": ""},
        "channels": channels,
        "summary": {channel: summary(rows) for channel, rows in channels.items()},
        "version": "9.4.2.0",
    }
    return {"mq_tls_queue_manager": name, "mq_tls_repository_reading": repository, "mq_tls_queue_manager_reading": found}


def reporting(count: int, folder: Path) -> Cost:
    """The action fleet_report on what was read of all queue managers."""
    inventory, _groups = described(count, in_groups=False)
    inventory["all"]["vars"] = {}
    path = folder / f"report-{count}.yml"
    path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[str(path)])
    variables = VariableManager(loader=loader, inventory=manager)
    names = list(inventory["all"]["hosts"])
    links = [
        {"from": name.upper(), "to": names[(at + step) % count].upper()} for at, name in enumerate(names) for step in range(1, DEGREE + 1)
    ]
    topology = plan({name: {} for name in names}, links)
    of_host: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for link in topology["links"]:
        of_host[link["from_host"]].append(link)
        of_host[link["to_host"]].append(link)
    for name in names:
        variables.set_nonpersistent_facts(name, registered(topology["queue_managers"][name], of_host[name]))
    known = {"hostvars": HostVars(manager, variables, loader), "ansible_play_hosts_all": names}
    given = {"topology": topology, "dir": str(folder / f"report-{count}"), "findings": [], "undescribed": True}
    given.update(verification=None, drift=None, audit=None)
    action = FleetReport(MagicMock(), MagicMock(), MagicMock(), loader, MagicMock(), None)
    action._display = MagicMock()

    def act() -> None:
        said = action.of_fleet(given, known)
        if said["summary"]["counts"]["links"] != {"ok": len(links)} or said["summary"]["state"] != "ok":
            raise SystemExit(f"All links should have been as intended, but: {said['msg']}")

    return measured("report on all", count, len(links), act)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 300, 1000], help="numbers of queue managers (default: 100 300 1000)")
    parser.add_argument("--channels", type=int, nargs="+", default=[200, 2000], help="channels of the hub (default: 200 2000)")
    parser.add_argument("--json", type=Path, help="also write the measures to this file")
    arguments = parser.parse_args()
    print(
        f"{os.cpu_count()} processors, Python {sys.version.split()[0]}\nqueue managers, links or channels, what, processor time, peak memory"
    )
    with tempfile.TemporaryDirectory(prefix="mq-tls-planning-") as folder:
        costs = [hub(channels, Path(folder)) for channels in arguments.channels]
        costs += [cost for in_groups in (False, True) for count in arguments.sizes for cost in planning(count, in_groups, Path(folder))]
        costs += [reporting(count, Path(folder)) for count in arguments.sizes]
    by_size: dict[str, list[Cost]] = {}
    for cost in costs:
        by_size.setdefault(cost.what, []).append(cost)
    for what, series in by_size.items():
        first, last = series[0], series[-1]
        if first is not last:
            times = f"time {last.seconds / max(first.seconds, 0.001):.1f}, memory {last.memory / max(first.memory, 0.1):.1f}"
            print(f"growth, links times {last.links / first.links:.1f}: {times}  ({what})")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
