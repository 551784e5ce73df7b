# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dspmq: names and states of the queue managers of a machine. Source: IBM MQ documentation, "dspmq (display queue managers)"."""

from __future__ import annotations

import os

from ..machine import Machine, State
from .options import NotSimulated, Usage, program, read_options

_STATUS_AT = 58
_TOPICS = ("all", "status", "default", "installation", "standby", "ha", "dr", "nativeha")


@program("dspmq [-m QMgrName] [-s | -o all|status|default|installation|standby|ha|dr|nativeha] [-x] [-n]")
def main(arguments: list[str], machine: Machine) -> int:
    topics = []
    rest = []
    words = iter(arguments)
    for word in words:  # -o may be repeated, which a table of options would lose
        if word.startswith("-o"):
            topics.append(word[2:] or next(words, ""))
        else:
            rest.append(word)
    options, _names = read_options(rest, "m:snxac", most_names=0)
    if "a" in options or "c" in options:
        raise NotSimulated("dspmq -a and -c")
    for topic in topics:
        if topic not in _TOPICS:
            raise Usage(f"-o {topic}")
        if topic in ("ha", "dr", "nativeha"):
            raise NotSimulated(f"dspmq -o {topic}")
    known = machine.queue_managers()
    if "m" in options and options["m"] not in known:
        print("AMQ7048E: The queue manager name is either not valid or not known.")
        return 72
    default = machine.default_queue_manager()
    for name in [options["m"]] if "m" in options else known:
        state = State.read(machine.directory(name))
        items = _items(machine, topics or ["status"], state, name == default)
        if "n" in options:
            items = [
                (keyword, value.upper() if keyword in ("STATUS", "DEFAULT", "STANDBY", "ROLE", "GRPROLE") else value)
                for keyword, value in items
            ]
        print(f"QMNAME({name})".ljust(_STATUS_AT) + " ".join(f"{keyword}({value})" for keyword, value in items))
        if "x" in options and state.alive:
            print(f"    INSTANCE({os.uname().nodename}) MODE(Active)")
    return 0


def _items(machine: Machine, topics: list[str], state: State, is_default: bool) -> list[tuple[str, str]]:
    every = {
        "status": [("STATUS", state.status)],
        "default": [("DEFAULT", "yes" if is_default else "no")],
        "standby": [("STANDBY", "Not permitted" if state.alive else "Not applicable")],
        "installation": [
            ("INSTNAME", machine.installation_name),
            ("INSTPATH", machine.installation_path),
            ("INSTVER", str(machine.version)),
        ],
    }
    if "all" not in topics:
        return [item for topic, items in every.items() if topic in topics for item in items]
    found = [item for items in every.values() for item in items]
    if machine.version >= (9, 2):
        found += [("ROLE", "Not configured"), ("INSTANCE", ""), ("INSYNC", ""), ("QUORUM", "")]
    if machine.version >= (9, 4):
        found += [("GRPLSN", ""), ("GRPNAME", ""), ("GRPROLE", "Not configured")]
    return found
