# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dspmqver: the version and paths of the installation. Source: IBM MQ documentation, "dspmqver (display version information)"."""

from __future__ import annotations

import os

from ..machine import Machine
from .options import program, read_options, refuse_not_simulated


@program("dspmqver [-p Components] [-f Fields] [-b] [-i]")
def main(arguments: list[str], machine: Machine) -> int:
    options, _names = read_options(arguments, "p:f:biav", most_names=0)
    refuse_not_simulated(options, "pav")
    wanted = options.get("f", "")
    mask = int(wanted) if wanted.isdigit() and int(wanted) > 0 else -1
    for bit, label, value in _fields(machine):
        if bit & mask:
            print(value if "b" in options else f"{label + ':':<13}{value}")
    return 0


def _fields(machine: Machine) -> list[tuple[int, str, str]]:
    version, system = machine.version, os.uname()
    long_term = version[2] == 0
    fields = [
        (1, "Name", "IBM MQ"),
        (2, "Version", str(version)),
        (4, "Level", f"p{version.command_level}-mqsim"),
        (8, "BuildType", "IKAP - (Production)"),
        (16, "Platform", "IBM MQ for Linux (x86-64 platform)"),
        (32, "Mode", "64-bit"),
        (64, "O/S", f"Linux {system.release}"),
        (64, "O/S Details", "mqsim"),
        (512, "InstName", machine.installation_name),
        (256, "InstDesc", ""),
        (2048, "Primary", "No"),
        (128, "InstPath", machine.installation_path),
        (4096, "DataPath", machine.data_path),
        (1024, "MaxCmdLevel", version.command_level),
        (8192, "LicenseType", "Production"),
    ]
    if version >= (9, 4):
        both = "Long Term Support (LTS) and Continuous Delivery (CD)"
        fields.append((16384, "ReleaseType", both if long_term else "Continuous Delivery (CD)"))
    return fields if version >= (9, 1, 4) else [field for field in fields if field[1] != "O/S Details"]
