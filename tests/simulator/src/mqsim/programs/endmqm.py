# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""endmqm: end a queue manager. Source: IBM MQ documentation, "endmqm (end queue manager)"."""

from __future__ import annotations

from ..command_socket import NotAvailable, converse
from ..machine import Machine, State, private_directory
from .options import Usage, program, read_options, refuse_not_simulated

# A queue manager that is asked to end immediately closes what it has open and goes
_SECONDS_TO_END = 60


@program("endmqm [-z] [-c | -w | -i | -p] QMgrName")
def main(arguments: list[str], machine: Machine) -> int:
    options, names = read_options(arguments, "zcwipsrxt:")
    refuse_not_simulated(options, "srxt")
    if not names:
        raise Usage("no queue manager name")
    name = names[0]
    directory = machine.directory(name)
    if directory is None:
        print("AMQ8118E: IBM MQ queue manager does not exist.")
        return 16
    state = State.read(directory)
    if not state.alive:
        print("AMQ8146E: IBM MQ queue manager not available.")
        return 40
    if "p" in options:
        state.kill()
        state.wait_for_end(_SECONDS_TO_END)
        State.record(directory, "Ended pre-emptively")
        print(f"IBM MQ queue manager '{name}' ending.\nIBM MQ queue manager '{name}' ended.")
        return 0
    immediate = "i" in options
    if immediate:
        print(f"IBM MQ queue manager '{name}' ending.", flush=True)
    else:
        print("Quiesce request accepted. The queue manager will stop when all outstanding work\nis complete.", flush=True)
    try:
        converse(private_directory(directory), {"program": "endmqm", "immediate": "yes" if immediate else ""})
    except NotAvailable:
        pass  # it is ending already: the wait below is all that is left to do
    if not immediate and "w" not in options:
        return 0
    if not immediate:
        print(f"Waiting for queue manager '{name}' to end.", flush=True)
    if not state.wait_for_end(_SECONDS_TO_END):
        print(f"mqsim: process {state.pid} of queue manager '{name}' has not ended within {_SECONDS_TO_END} seconds.")
        return 71
    print(f"IBM MQ queue manager '{name}' ended.")
    return 0
