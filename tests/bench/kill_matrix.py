# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make kill-matrix`: what is left, and whether a plain rerun completes, after a kill at every point.

Three parts, chosen with --part:

- module: the module key_repository, and key_repository_restore, is killed before each change that it makes to the file system of its host, and
  while each of the programs is at work that it has started, for both types of key repository (tests/unit/kill_points.py);
- controller: `rotate_ca` moves a fleet of three simulated queue managers to another CA, and ansible-playbook is killed after its first
  task, in the next rotation after its second, and so on until a run completes; with `--each result` after its first task result, that is
  while forks and modules of other hosts are at work, which by turns are killed too or go on, as modules do on a remote host;
- connection: in further rotations, the process of one module on one host is killed at a random moment.

After each kill, witnesses outside of the collection look at the fleet: every key repository opens with its password (GSKit; openssl and
keytool for PKCS #12), the files of a CMS repository are of one generation, GSKit connects on every link, a message over every channel
arrives. Then a plain `rotate_ca` has to complete, and the witnesses find the same and the new CA alone.

The figures are printed; the exit status is 1 when there was a failure.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in (".build/collections", "tests/unit", "tests/witness")]
import judge  # noqa: E402  (the paths to these are set just above)
import kill_points  # noqa: E402
import simulated_fleet  # noqa: E402
from handshake import Link, Prober  # noqa: E402
from mqsim.gskit.library import GskitError  # noqa: E402
from repository_host import Ca, days_from_now  # noqa: E402
from simulated_fleet import SimulatedHost  # noqa: E402

WORK = ROOT / ".build" / "kill-matrix"
QUEUE = "KILL.IN"
VERSIONS = {"qm1": "9.4.2", "qm2": "9.2.5", "qm3": "9.4.2"}  # PKCS #12, CMS, PKCS #12
ENDS = [("QM1", "QM2"), ("QM2", "QM1"), ("QM2", "QM3"), ("QM3", "QM2")]
# A channel that was interrupted tries again every SHORTTMR seconds, SHORTRTY times: for ten minutes, as by default (60 and 10), but sooner.
RETRIES = {"initiator_attributes": {"SHORTTMR": 5, "SHORTRTY": 120}}
LINKS = [
    {"mesh": ["QM1", "QM2"], **RETRIES},
    *({"from": one, "to": other, "authentication": "one_way", **RETRIES} for one, other in ENDS[2:]),
]
PATIENCE = 60.0


@dataclass
class Figures:
    """Of one part."""

    points: int = 0
    failures: list[str] = field(default_factory=list)
    longest: float = 0.0  # seconds that a message took to arrive


class Fleet:
    """Three queue managers that trust one another, and the witnesses that look at them."""

    def __init__(self) -> None:
        self.inventory = str(WORK / "inventory.yml")
        self._numbers = itertools.count(1)
        self._rotations = itertools.count(1)
        self.ca = ""

    def up(self) -> None:
        """Make the machines and bring the links up."""
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "mq_tls_installation": f"{WORK}/machines/{{{{ inventory_hostname }}}}/opt/mqm",
            "mq_tls_data_path": f"{WORK}/machines/{{{{ inventory_hostname }}}}/var/mqm",
            "mq_tls_listener_address": "{{ ansible_host }}",
            "mq_tls_pki_dir": f"{WORK}/pki",
            "mq_tls_key_type": "EC",
            "mq_tls_key_size": 256,
            "mq_tls_links": LINKS,
        }
        hosts = {
            host: {"ansible_host": f"127.77.1.{number}", "simulated_machine": host, "simulated_version": version}
            for number, (host, version) in enumerate(VERSIONS.items(), 1)
        }
        Path(self.inventory).write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": variables}}))
        simulated_fleet.down(self.inventory)
        self.hosts = {host.queue_manager: host for host in simulated_fleet.up(self.inventory, say=lambda text: None)}
        self.next_ca()
        if self.playbook("site").returncode or self.playbook("verify").returncode:
            raise SystemExit(f"the fleet did not come up:\n{self.log.read_text()[-6000:]}")
        self.links = [Link(f"{one}.TO.{other}", self.hosts[one], self.hosts[other]) for one, other in ENDS]
        for name, host in self.hosts.items():
            script = [f"DEFINE QLOCAL({QUEUE}) REPLACE"]
            script += [
                f"DEFINE QREMOTE('KILL.{to}') RNAME({QUEUE}) RQMNAME('{to}') XMITQ('{to}') REPLACE" for one, to in ENDS if one == name
            ]
            host.run("runmqsc", name, stdin="\n".join(script) + "\n")

    def down(self) -> None:
        """Remove the machines."""
        simulated_fleet.down(self.inventory)

    def next_ca(self) -> None:
        """Describe another CA: there is something to rotate to again."""
        self.ca = f"CN=Kill matrix CA {next(self._rotations)}"

    @property
    def log(self) -> Path:
        """What the last playbook put on the screen."""
        return WORK / "playbook.log"

    def start(self, name: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a playbook of the collection."""
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        with open(self.log, "wb") as stream:
            return subprocess.Popen(
                [program, f"mqfleet.tls.{name}", "-i", self.inventory, "-e", f"mq_tls_ca_subject='{self.ca}'"],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={
                    **os.environ,
                    "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                    "ANSIBLE_NOCOLOR": "1",
                    "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "witness" / "callback_plugins"),
                    "ANSIBLE_CALLBACKS_ENABLED": "packed_modules",
                    "MQ_TLS_PACKED_MODULES": str(WORK / "packed_modules"),
                    **environment,
                },
            )

    def playbook(self, name: str) -> subprocess.Popen[bytes]:
        """Run a playbook to its end."""
        process = self.start(name)
        process.wait()
        return process

    def killed_after(self, number: int, each: str, with_modules: bool) -> str:
        """Run `rotate_ca` and kill it after so many tasks or results; gives the last one, empty when the run completed before."""
        log = WORK / "killed.log"
        log.unlink(missing_ok=True)
        process = self.start(
            "rotate_ca",
            ANSIBLE_CALLBACKS_ENABLED="packed_modules,kill_switch",
            MQ_TLS_KILL_AFTER=str(number),
            MQ_TLS_KILL_EACH=each,
            MQ_TLS_KILL_MODULES="1" if with_modules else "0",
            MQ_TLS_KILL_LOG=str(log),
        )
        status = process.wait()
        if log.exists() != (status == -signal.SIGKILL) or (status and not log.exists()):
            raise SystemExit(f"rotate_ca ended with {status}:\n{self.log.read_text()[-6000:]}")
        return log.read_text().strip() if log.exists() else ""

    def judge(self, figures: Figures) -> list[str]:
        """What is wrong with key repositories, links and channels now."""
        with ThreadPoolExecutor() as pool:
            repositories = pool.map(lambda host: judge.judge_repository(host, with_identity=True), self.hosts.values())
            wrong = [line for lines in repositories for line in lines]
        wrong += [line for host in self.hosts.values() for line in of_one_generation(host)]
        wrong += [line for link in self.links for line in connects(link)]
        return wrong + self._messages(figures)

    def judge_end(self) -> list[str]:
        """What is left of the former CA."""
        wrong = []
        for name, host in self.hosts.items():
            done = subprocess.run(["openssl", "s_client", "-connect", host.address], input="", capture_output=True, text=True, check=False)
            found = re.search(r"^issuer=(.*)$", done.stdout, re.MULTILINE)
            issuer = found[1].replace(" = ", "=") if found else "nobody"
            if issuer != self.ca:
                wrong.append(f"{name} presents a certificate of {issuer}, expected {self.ca}")
            authorities = {label for label in held(host) if label.startswith("CN=")}
            if authorities != {self.ca}:
                wrong.append(f"{name} accepts {sorted(authorities)}, expected {self.ca} alone")
        return wrong

    def _messages(self, figures: Figures) -> list[str]:
        """A message over every channel: those that do not arrive, or not once."""
        begun = time.monotonic()
        sent = {link.channel: f"{link.channel} {next(self._numbers)}" for link in self.links}
        for link in self.links:
            name = link.responder.queue_manager
            link.initiator.run(
                "amqsput", f"KILL.{name}", link.initiator.queue_manager, stdin=f"{sent[link.channel]}\n\n", folder="samp/bin"
            )
        arrived: dict[str, int] = defaultdict(int)
        os.environ["MQSIM_WAIT"] = "1"
        while len(arrived) < len(sent) and time.monotonic() < begun + PATIENCE:
            with ThreadPoolExecutor() as pool:
                texts = pool.map(lambda host: host.run("amqsget", QUEUE, host.queue_manager, folder="samp/bin").stdout, self.hosts.values())
                for message in (found for text in texts for found in re.findall(r"message <([^>]+)>", text)):
                    arrived[message] += 1
            figures.longest = max(figures.longest, time.monotonic() - begun)
        wrong = [
            f"the message over {channel} did not arrive within {PATIENCE:.0f} s" for channel, text in sent.items() if text not in arrived
        ]
        return wrong + [
            f"the message '{text}' arrived {times} times" for text, times in arrived.items() if times > 1 or text not in sent.values()
        ]


def of_one_generation(host: SimulatedHost) -> list[str]:
    """Whether all files of a key repository are where one link leads."""
    folder = host.data_path / "qmgrs" / host.queue_manager / "ssl"
    files = [path for path in folder.glob("key.*") if path.is_file() and path.suffix != ".new"]
    places = {path.resolve().parent for path in files}
    wrong = [f"the files of {host.queue_manager} are in {sorted(map(str, places))}"] if len(places) != 1 else []
    expected = {".kdb", ".sth", ".rdb"} if VERSIONS[host.host].startswith("9.2") else {".p12"}
    if not expected <= {path.suffix for path in files}:
        wrong.append(f"of the files of {host.queue_manager} only {sorted(path.name for path in files)} are there")
    return wrong


def connects(link: Link) -> list[str]:
    """A handshake by GSKit with the initiator's key repository against the responder's listener."""
    prober = Prober(link)
    try:
        prober.handshake("TLSV13")
    except (OSError, GskitError) as error:
        return [f"no handshake on {link.channel}: {error}"]
    finally:
        prober.close()
    return []


def held(host: SimulatedHost) -> list[str]:
    """The labels in a key repository, as openssl or runmqakm list them."""
    folder = host.data_path / "qmgrs" / host.queue_manager / "ssl"
    if (folder / "key.p12").exists():
        argv = ["openssl", "pkcs12", "-in", str(folder / "key.p12"), "-passin", f"file:{folder}/key.d/password", "-nokeys"]
        return re.findall(r"friendlyName: (.*)", subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
    listed = host.run("runmqakm", "-cert", "-list", "-db", str(folder / "key.kdb"), "-stashed").stdout
    return re.findall(r'^[*!-]+\t"?([^"\n]+)"?$', listed, re.MULTILINE)


def completed(fleet: Fleet, figures: Figures, point: str) -> None:
    """Judge what a kill has left, rerun, and judge the end."""
    figures.points += 1
    wrong = [f"after the kill: {line}" for line in fleet.judge(figures)]
    rerun = fleet.playbook("rotate_ca")
    if rerun.returncode:
        wrong.append(f"the rerun ended with {rerun.returncode}: {' '.join(fleet.log.read_text()[-1500:].split())}")
        fleet.playbook("rotate_ca")  # so that one failure is not counted again at every point that follows
    wrong += [f"after the rerun: {line}" for line in (*fleet.judge_end(), *fleet.judge(figures))]
    figures.failures += [f"{point}: {line}" for line in wrong]
    print(f"  {point}: {'; '.join(wrong) or 'fine'} (a message took {figures.longest:.0f} s at most so far)", flush=True)


def controller(fleet: Fleet, arguments: argparse.Namespace) -> Figures:
    """Kill after each task, or each task result."""
    figures = Figures()
    first, last = arguments.points
    for number in range(first, last + 1, arguments.every):
        wait_for_quiet()
        fleet.next_ca()
        with_modules = arguments.each == "result" and bool((number // arguments.every) % 2)
        place = fleet.killed_after(number, arguments.each, with_modules)
        if not place:
            print(f"  a run completed with fewer of them than {number}", flush=True)
            break
        completed(fleet, figures, f"{arguments.each} {number} ({place}{', modules killed too' if with_modules else ''})")
    return figures


def connection(fleet: Fleet, arguments: argparse.Namespace) -> Figures:
    """Kill the process of one module at a random moment."""
    figures, chance = Figures(), random.Random(arguments.seed)
    fleet.next_ca()
    begun = time.monotonic()
    if fleet.playbook("rotate_ca").returncode:
        raise SystemExit(f"rotate_ca failed:\n{fleet.log.read_text()[-6000:]}")
    whole = time.monotonic() - begun
    for _time in range(arguments.connections):
        wait_for_quiet()
        fleet.next_ca()
        moment = chance.uniform(0, whole)
        process = fleet.start("rotate_ca")
        time.sleep(moment)
        victim = None
        while victim is None and process.poll() is None:
            running = modules_of(process.pid)
            victim = chance.choice(running) if running else None
            time.sleep(0.002)
        if victim is not None:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:  # it was about to end
                victim = None
        status = process.wait()
        said = re.search(r"(?:MODULE FAILURE|Module failed|Task failed|Module result deserialization failed)[^\n]*", fleet.log.read_text())
        end = f"ended with {status}" + (f", '{said[0].strip()}'" if said else "")
        if victim is None:
            print(f"  at {moment:.1f} s no module was running", flush=True)
            continue
        completed(fleet, figures, f"module killed at {moment:.1f} s (rotate_ca {end})")
    return figures


def modules_of(controller_pid: int) -> list[int]:
    """The Python processes of modules: below a fork of ansible-playbook, with what they run on their standard input."""
    parents: dict[int, list[int]] = defaultdict(list)
    lines: dict[int, list[bytes]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            lines[int(entry.name)] = (entry / "cmdline").read_bytes().split(b"\0")[:-1]
        except OSError:
            continue
        parents[parent].append(int(entry.name))
    found = [pid for fork in parents[controller_pid] for pid in parents[fork]]
    for pid in found:
        found += parents[pid]
    return [pid for pid in found if len(lines[pid]) == 1 and b"python" in lines[pid][0]]


def module(arguments: argparse.Namespace) -> Figures:
    """Kill the module between any two changes of the file system, and while its programs are at work."""
    figures, ca = Figures(), Ca(begin=days_from_now(-5))
    for scenario in (one for kind in arguments.types for one in (*kill_points.scenarios(kind), kill_points.restoration(kind))):
        if arguments.scenario not in scenario.name:
            continue
        wait_for_quiet()
        with tempfile.TemporaryDirectory(dir=WORK) as folder:
            verdicts = [kill_points.kill_everywhere(scenario, ca, Path(folder, "changes"), every=arguments.every)]
            if scenario.type == "cms" or scenario.name.endswith("CMS"):
                verdicts.append(kill_points.kill_while_a_program_runs(scenario, ca, Path(folder, "programs")))
        for verdict in verdicts:
            print(f"  {verdict.scenario}: {verdict.points} kill points, {len(verdict.failures)} failures", flush=True)
            for failure in verdict.failures:
                print(f"    {failure}", flush=True)
            figures.points += verdict.points
            figures.failures += verdict.failures
    return figures


def wait_for_quiet() -> None:
    """Let others measure: while the file that MQ_TLS_QUIET names is there, nothing is begun."""
    name = os.environ.get("MQ_TLS_QUIET")
    while name and Path(name).exists():
        time.sleep(5)


def span(text: str) -> tuple[int, int]:
    """`3-9`, `3-` or `3`."""
    first, dash, last = text.partition("-")
    return int(first), int(last) if last else (10_000 if dash else int(first))


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=["module", "controller", "connection"], help="default: all")
    parser.add_argument("--every", type=int, default=1, help="only each N-th point")
    parser.add_argument("--points", type=span, default=(1, 10_000), metavar="A-B", help="of the controller: only these")
    parser.add_argument("--each", choices=["task", "result"], default="task", help="of the controller (default: task)")
    parser.add_argument("--types", nargs="+", choices=["pkcs12", "cms"], default=["pkcs12", "cms"], help="of the module")
    parser.add_argument("--scenario", default="", help="of the module: only those with this text in their names")
    parser.add_argument("--connections", type=int, default=10, help="so many modules are killed at a random moment (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    arguments = parser.parse_args()
    parts = arguments.part or ["module", "controller", "connection"]
    os.chdir(ROOT)
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    results: dict[str, Figures] = {}
    if "module" in parts:
        print("module", flush=True)
        results["module"] = module(arguments)
    fleet = Fleet()
    if set(parts) - {"module"}:
        try:
            fleet.up()
            for name, part in (("controller", controller), ("connection", connection)):
                if name in parts:
                    print(name, flush=True)
                    results[name] = part(fleet, arguments)
        finally:
            fleet.down()
    print()
    for name, figures in results.items():
        waited = f", a message took {figures.longest:.0f} s at most" if figures.longest else ""
        print(f"{name:<12}{figures.points:>6} kill points, {len(figures.failures)} failures{waited}")
    return 1 if any(figures.failures for figures in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
