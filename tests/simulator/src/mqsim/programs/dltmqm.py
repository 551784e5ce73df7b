# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dltmqm: delete a queue manager. Source: IBM MQ documentation, "dltmqm (delete queue manager)"."""

from __future__ import annotations

from ..machine import Machine, State
from .options import Usage, program, read_options


@program("dltmqm [-z] QMgrName")
def main(arguments: list[str], machine: Machine) -> int:
    _options, names = read_options(arguments, "z")
    if not names:
        raise Usage("no queue manager name")
    name = names[0]
    directory = machine.directory(name)
    if directory is None:
        print("AMQ8118E: IBM MQ queue manager does not exist.")
        return 16
    state = State.read(directory)
    if state.alive:
        ending = state.status != "Running"
        print(f"IBM MQ queue manager '{name}' {'ending' if ending else 'running'}.")
        return 49 if ending else 5
    state.wait_for_end(10)  # the last steps of a process that has said goodbye
    machine.remove(name)
    print(f"IBM MQ queue manager '{name}' deleted.")
    return 0
