# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated machines for an inventory: `python tests/witness/simulated_fleet.py up|down -i examples/bank`.

Each inventory host with the variable `simulated_machine` gets its queue manager, created and started, on the machine of
that name and of the version `simulated_version`; its name is `simulated_queue_manager`, where the collection is not told it.
Hosts that share a machine share one installation.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.vars.manager import VariableManager


@dataclass(frozen=True)
class SimulatedHost:
    """An inventory host, its queue manager and the machine that carries it."""

    host: str
    queue_manager: str
    version: str
    installation: Path
    data_path: Path
    address: str  # where its listener is reached, host:port

    @property
    def machine(self) -> Path:
        """The folder that `mqsim create` makes."""
        return self.installation.parents[1]

    def run(self, program: str, *arguments: str, stdin: str = "", folder: str = "bin") -> subprocess.CompletedProcess[str]:
        """Run one of the simulated programs of this host's installation."""
        return subprocess.run(
            [str(self.installation / folder / program), *arguments], input=stdin, capture_output=True, text=True, check=False
        )


def hosts(inventory: str) -> list[SimulatedHost]:
    """The simulated hosts of an inventory, in its order, with templated variables."""
    if not any(type(finder).__name__ == "_AnsibleCollectionFinder" for finder in sys.meta_path):
        init_plugin_loader()  # without it, templates find no lookup by its full name
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[inventory])
    variables = VariableManager(loader=loader, inventory=manager)
    found = []
    for host in manager.get_hosts():
        raw = variables.get_vars(host=host)
        if "simulated_machine" not in raw:
            continue
        raw["ansible_playbook_python"] = sys.executable
        value = Templar(loader=loader, variables=raw).template
        found.append(
            SimulatedHost(
                host=host.name,
                queue_manager=str(value(raw.get("simulated_queue_manager", raw.get("mq_tls_queue_manager", host.name.upper())))),
                version=str(value(raw["simulated_version"])),
                installation=Path(str(value(raw["mq_tls_installation"]))),
                data_path=Path(str(value(raw["mq_tls_data_path"]))),
                address=f"{value(raw.get('ansible_host', host.name))}:{value(raw.get('mq_tls_listener_port', 1414))}",
            )
        )
    return found


def up(inventory: str, say=print) -> list[SimulatedHost]:
    """Create the machines, create and start the queue managers. Returns the hosts. Raises SystemExit with the failed program's text."""
    fleet = hosts(inventory)
    machines = {host.machine: host.version for host in fleet}
    say(f"{len(fleet)} queue managers on {len(machines)} simulated machines")
    for machine, version in machines.items():
        machine.parent.mkdir(parents=True, exist_ok=True)
        _checked(["mqsim", "create", str(machine), "--version", version])

    def create(host: SimulatedHost) -> None:
        _checked([str(host.installation / "bin" / "crtmqm"), host.queue_manager])
        _checked([str(host.installation / "bin" / "strmqm"), host.queue_manager])

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(create, fleet))
    return fleet


def down(inventory: str) -> None:
    """End the queue managers and remove the machines."""
    for machine in sorted({host.machine for host in hosts(inventory)}):
        if machine.exists():
            _checked(["mqsim", "destroy", str(machine)])


def _checked(argv: list[str]) -> None:
    if argv[0] == "mqsim":
        argv = [str(Path(sys.executable).with_name("mqsim")), *argv[1:]]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["up", "down"])
    parser.add_argument("-i", "--inventory", required=True)
    arguments = parser.parse_args()
    if arguments.action == "up":
        for host in up(arguments.inventory):
            print(f"  {host.host}: {host.queue_manager} on {host.machine} ({host.version})")
    else:
        down(arguments.inventory)


if __name__ == "__main__":
    main()
