# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""runmqsc: send MQSC commands to a queue manager. Source: IBM MQ documentation, "runmqsc (run MQSC commands)"."""

from __future__ import annotations

import sys

from ..command_socket import NotAvailable, converse
from ..machine import Machine, private_directory
from ..mqsc.display import banner, closing_lines
from .options import program, read_options, refuse_not_simulated


@program("runmqsc [-e] [-v] [-f File] [QMgrName]", usage_return_code=20)
def main(arguments: list[str], machine: Machine) -> int:
    options, names = read_options(arguments, "nevcu:w:xm:f:")
    refuse_not_simulated(options, "ncuwxm")
    name = names[0] if names else machine.default_queue_manager()
    sys.stdout.write(banner(name, machine.version.copyright_year))
    directory = machine.directory(name)
    if directory is None:
        return _refuse("AMQ8118E: IBM MQ queue manager does not exist.")
    if machine.denies_authority:
        return _refuse("AMQ8135E: Not authorized.")
    sys.stdout.flush()
    if "f" in options:
        try:
            with open(options["f"], "rb") as stream:
                commands = stream.read()
        except OSError as error:
            return _refuse(f"AMQ9999S: mqsim: not simulated: the answer to -f with a file that cannot be read ({error.strerror})")
    else:
        commands = None if sys.stdin.isatty() else sys.stdin.buffer.read()
    try:
        request = {"program": "runmqsc", "echo": "" if "e" in options else "yes", "verify": "yes" if "v" in options else ""}
        return converse(private_directory(directory), request, commands)
    except NotAvailable:
        return _refuse("AMQ8146E: IBM MQ queue manager not available.")


def _refuse(message: str) -> int:
    sys.stdout.write(f"{message}\n\n{closing_lines(0, 0, 0)}")
    return 20
