# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: what a run over 10, 50 and 200 queue managers costs, in seconds and in passes of ansible.builtin.ping.

For each size: simulated machines, then in this order one pass of ansible.builtin.ping over all hosts, a first `site`, a ping pass, a
second `site` (which must change nothing), a `drift` (which must find nothing) and a ping pass. Every measure is the wall clock of one
ansible-playbook process, its start included, with a local connection and pipelining, all in one run and on one machine. That of a ping
pass is the mean of the three: a virtual machine may be half as fast a minute later, and they stand around what they are the unit of.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "witness"))
import simulated_fleet  # noqa: E402  (tests/witness is no package)

PING = [{"name": "Ping", "hosts": "all", "gather_facts": False, "tasks": [{"name": "Ping", "ansible.builtin.ping": {}}]}]
GROUP = 10  # queue managers: a hub, its spokes, and a mesh of the first spokes; so the number of links grows as that of the hosts
MESH = 3
# CMS through runmqakm on one machine, PKCS#12 through cryptography on the other
MACHINES = {"cms": "9.2.5", "pkcs12": "9.4.2"}


@dataclass
class Cost:
    """Of one playbook: seconds on the clock, and seconds of processor time of ansible-playbook with all that it starts.

    The second counts no queue manager, and depends less on what else the machine does: a check on the first.
    """

    seconds: float
    processor: float


@dataclass
class Measurement:
    """What one size of the fleet costs: `costs` by the name of the measure."""

    queue_managers: int
    links: int
    costs: dict[str, Cost]

    def each(self, measure: str) -> float:
        """Seconds for each queue manager."""
        return self.costs[measure].seconds / self.queue_managers

    def passes(self, measure: str) -> float:
        """Seconds as a multiple of those of the ping pass."""
        return self.costs[measure].seconds / self.costs["ping"].seconds


@dataclass
class Goal:
    """What was aimed at, what was measured (None: a size that it needs was not run)."""

    text: str
    measured: float | None
    limit: float

    def verdict(self) -> str:
        """One line for the report."""
        if self.measured is None:
            return f"not measured  {self.text}"
        return f"{'met    ' if self.measured <= self.limit else 'NOT MET'}       {self.text}: {self.measured:.2f}"


def links(count: int) -> list[dict[str, object]]:
    """The variable mq_tls_links for that many queue managers: groups of ten around a hub, and a ring of hubs."""
    names = [f"Q{number:03d}" for number in range(count)]
    found: list[dict[str, object]] = []
    hubs = names[::GROUP]
    for start in range(0, count, GROUP):
        hub, *spokes = names[start : start + GROUP]
        found.append({"hub": hub, "spokes": spokes})
        if len(spokes) >= MESH:
            found.append({"mesh": spokes[:MESH]})
    found += [{"from": hub, "to": hubs[(index + 1) % len(hubs)]} for index, hub in enumerate(hubs) if len(hubs) > 1]
    return found


def number_of_links(described: list[dict[str, object]]) -> int:
    """How many pairs of channels `links` describes."""
    total = 0
    for link in described:
        spokes, mesh = link.get("spokes"), link.get("mesh")
        if isinstance(spokes, list):
            total += 2 * len(spokes)
        elif isinstance(mesh, list):
            total += len(mesh) * (len(mesh) - 1)
        else:
            total += 1
    return total


def inventory(folder: Path, count: int) -> Path:
    """Write an inventory of simulated queue managers, each on a loopback address of its own; returns its path."""
    hosts = {}
    for number in range(count):
        machine, version = list(MACHINES.items())[(number + number // GROUP) % len(MACHINES)]
        hosts[f"q{number:03d}"] = {
            "ansible_host": f"127.60.{number // 100 + 1}.{number % 100 + 1}",
            "simulated_machine": machine,
            "simulated_version": version,
        }
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "mq_tls_links": links(count),
        "mq_tls_subject": "CN={{ inventory_hostname | upper }},O=Bench",
        "mq_tls_installation": f"{folder}/machines/{{{{ simulated_machine }}}}/opt/mqm",
        "mq_tls_data_path": f"{folder}/machines/{{{{ simulated_machine }}}}/var/mqm",
        "mq_tls_listener_address": "{{ ansible_host }}",
    }
    path = folder / "hosts.yml"
    path.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": variables}}, sort_keys=False), encoding="utf-8")
    return path


def processor_seconds() -> float:
    """Processor time of all ended processes that this one started."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(playbook: str, hosts: Path, forks: int) -> tuple[Cost, str]:
    """Run a playbook. Returns its cost and its output; raises SystemExit with the output when it fails."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, "--inventory", str(hosts), "--forks", str(forks)]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1"}
    started, used = time.perf_counter(), processor_seconds()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    cost = Cost(time.perf_counter() - started, processor_seconds() - used)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-8000:]}")
    return cost, done.stdout


def nothing_changed(what: str, output: str) -> None:
    """Raise SystemExit where a recap reports a change: then the measure would be of something else."""
    changed = [line for line in output.splitlines() if re.search(r"\bchanged=[1-9]", line)]
    if changed or "changed=0" not in output:
        raise SystemExit(f"The {what} should have found nothing to do, but:\n" + "\n".join(changed[:10] or [output[-2000:]]))


@contextmanager
def fleet(folder: Path, count: int) -> Iterator[Path]:
    """Simulated queue managers for as long as the block runs; yields the inventory."""
    hosts = inventory(folder, count)
    try:
        simulated_fleet.up(str(hosts))
        yield hosts
    finally:
        simulated_fleet.down(str(hosts))


def measure(count: int, forks: int) -> Measurement:
    """All measures for one size."""
    folder = Path(tempfile.mkdtemp(prefix="mq-tls-bench-"))
    try:
        with fleet(folder, count) as hosts:
            ping = folder / "ping.yml"
            ping.write_text(yaml.safe_dump(PING, sort_keys=False), encoding="utf-8")
            costs: dict[str, Cost] = {}
            pings: list[Cost] = []
            for name, playbook in (
                ("ping", str(ping)),
                ("first_site", "mqfleet.tls.site"),
                ("ping", str(ping)),
                ("second_site", "mqfleet.tls.site"),
                ("drift", "mqfleet.tls.drift"),
                ("ping", str(ping)),
            ):
                cost, output = run(playbook, hosts, forks)
                print(f"  {name.replace('_', ' '):<12} {cost.seconds:7.1f} s", flush=True)
                pings += [cost] if name == "ping" else []
                costs[name] = mean(pings) if name == "ping" else cost
                if name in ("second_site", "drift"):
                    nothing_changed(name.replace("_", " "), output)
        return Measurement(queue_managers=count, links=number_of_links(links(count)), costs=costs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def mean(costs: list[Cost]) -> Cost:
    """Of several runs of one playbook."""
    return Cost(sum(cost.seconds for cost in costs) / len(costs), sum(cost.processor for cost in costs) / len(costs))


def goals(measurements: list[Measurement]) -> list[Goal]:
    """The goals of the project against what was measured."""
    by_size = {measurement.queue_managers: measurement for measurement in measurements}
    middle, large = by_size.get(50), by_size.get(200)

    def growth(measure: str) -> float | None:
        """Seconds for each queue manager at 200, as a multiple of those at 50."""
        return large.each(measure) / middle.each(measure) if middle and large else None

    return [
        Goal("nothing to do at 50, in ping passes (at most 2.2)", middle.passes("second_site") if middle else None, 2.2),
        Goal("first converge at 50, in ping passes (at most 8)", middle.passes("first_site") if middle else None, 8),
        Goal("first site, seconds for each at 200 against 50 (at most 1.15)", growth("first_site"), 1.15),
        Goal("second site, seconds for each at 200 against 50 (at most 1.15)", growth("second_site"), 1.15),
        Goal("drift, seconds for each at 200 against 50 (at most 1.15)", growth("drift"), 1.15),
    ]


def table(measurements: list[Measurement]) -> str:
    """The measures as aligned text: seconds, seconds for each queue manager, ping passes."""
    rows = [["queue managers", "links", "measure", "seconds", "for each", "ping passes", "processor seconds"]]
    for measurement in measurements:
        size = [str(measurement.queue_managers), str(measurement.links)]
        for name, cost in measurement.costs.items():
            numbers = [f"{cost.seconds:.1f}", f"{measurement.each(name):.3f}", f"{measurement.passes(name):.2f}", f"{cost.processor:.1f}"]
            rows.append([*size, name.replace("_", " "), *numbers])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 2 else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths)))
        for row in rows
    )


def end(number: int, _frame: object) -> NoReturn:
    """SIGTERM ends the run as Ctrl-C does, so that the machines are taken down."""
    raise SystemExit(128 + number)


def main() -> None:
    """Command line. The exit status tells whether the measures could be taken, not whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 50, 200], help="numbers of queue managers (default: 10 50 200)")
    parser.add_argument("--forks", type=int, default=4, help="forks of ansible-playbook (default: 4)")
    parser.add_argument("--json", type=Path, help="also write the measures and the goals to this file")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, end)
    print(f"{os.cpu_count()} processors, {arguments.forks} forks, pipelining, local connection", flush=True)
    measurements = []
    for count in arguments.sizes:
        print(f"\n{count} queue managers, {number_of_links(links(count))} links", flush=True)
        measurements.append(measure(count, arguments.forks))
    judged = goals(measurements)
    print("\n" + table(measurements) + "\n")
    print("\n".join(goal.verdict() for goal in judged))
    if arguments.json:
        report = {
            "forks": arguments.forks,
            "processors": os.cpu_count(),
            "measurements": [asdict(measurement) for measurement in measurements],
            "goals": [{**asdict(goal), "met": None if goal.measured is None else goal.measured <= goal.limit} for goal in judged],
        }
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
