# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mqsim: make, look at and remove simulated machines."""

from __future__ import annotations

import argparse
import sys

from .. import machine as machines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mqsim", description="Simulated machines with IBM MQ's programs, for tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make a machine: DIR/opt/mqm and DIR/var/mqm")
    create.add_argument("dir")
    create.add_argument("--version", default="9.4.2", help="9.1 to 9.4, such as 9.3.0 or 9.2.0.5 (default: 9.4.2)")
    create.add_argument("--installation-name", default="Installation1")
    commands.add_parser("status", help="list the queue managers of a machine and their process ids").add_argument("dir")
    commands.add_parser("destroy", help="end the queue managers of a machine and remove it").add_argument("dir")
    options = parser.parse_args(arguments)
    try:
        if options.command == "create":
            machine = machines.create(options.dir, options.version, options.installation_name)
            print(f"Machine with IBM MQ {machine.version} created in {machine.root}.")
        elif options.command == "status":
            _status(machines.Machine(options.dir))
        else:
            machines.destroy(options.dir)
            print(f"Machine in {options.dir} removed.")
    except machines.MachineError as error:
        print(f"mqsim: {error}", file=sys.stderr)
        return 71
    return 0


def _status(machine: machines.Machine) -> None:
    print(f"IBM MQ {machine.version} in {machine.root}")
    for name in machine.queue_managers():
        state = machines.State.read(machine.directory(name))
        print(f"{name:<48} {state.status}" + (f" (process {state.pid})" if state.alive else ""))


if __name__ == "__main__":
    sys.exit(main())
