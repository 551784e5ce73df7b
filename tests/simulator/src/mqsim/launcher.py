# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The executable files of an installation: a few lines each, which import the program from the simulator's own place.

Python starts isolated and without site-packages (-I -S); the launcher puts back only the directories that its program
needs. The small programs need none but the simulator's.
"""

from __future__ import annotations

import importlib.util
import os
import sys

# Program -> whether it needs more than the standard library
PROGRAMS = {
    "bin/dspmq": False,
    "bin/dspmqver": False,
    "bin/crtmqm": False,
    "bin/strmqm": True,
    "bin/endmqm": False,
    "bin/dltmqm": False,
    "bin/runmqsc": False,
    "bin/runmqakm": True,
    "samp/bin/amqsput": False,
    "samp/bin/amqsget": False,
}

_LAUNCHER = """\
{first_line}
import sys
sys.path += {path!r}
from mqsim.programs.{name} import main
sys.exit(main(sys.argv[1:]{own_path}))
"""
# The one program that has nothing to do with the machine that it belongs to
_WITHOUT_OWN_PATH = ("runmqakm",)

# Longer first lines than this are cut by some kernels
_LONGEST_FIRST_LINE = 120


def write_launchers(installation_path: str) -> None:
    """Write every program's launcher below ``bin`` and ``samp/bin`` of an installation."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for program, needs_libraries in PROGRAMS.items():
        path = os.path.join(installation_path, program)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # Libraries go behind the standard library, as site-packages does
        directories = [own] + (_library_directories() if needs_libraries else [])
        name = os.path.basename(program)
        text = _LAUNCHER.format(
            first_line=_first_line(),
            path=directories,
            name=name,
            own_path="" if name in _WITHOUT_OWN_PATH else ", __file__",
        )
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o755)
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            os.fchmod(descriptor, 0o755)


def _first_line() -> str:
    line = f"#!{sys.executable} -IS"
    if len(line) <= _LONGEST_FIRST_LINE and " " not in sys.executable:
        return line
    # The second line is a command for sh and a string for Python
    return f"#!/bin/sh\n''''exec \"{sys.executable}\" -IS \"$0\" \"$@\" # '''"


def _library_directories() -> list[str]:
    """Where cryptography and ibm_db (with GSKit) lie; without them everything works but TLS."""
    specs = [importlib.util.find_spec(name) for name in ("cryptography", "ibm_db")]
    found = [os.path.dirname(spec.origin) for spec in specs if spec is not None and spec.origin]
    return list(dict.fromkeys(path.removesuffix("/cryptography") for path in found))
