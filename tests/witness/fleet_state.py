# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run with nothing to do must leave as it was, read from outside: files, definitions, running channels.

`python tests/witness/fleet_state.py take -i INVENTORY FILE` writes the state; `... compare -i INVENTORY FILE` prints what is
different now and exits with 1 if anything is. Optionally `--except PATTERN`: keys in which a difference is expected.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

import simulated_fleet

QUESTIONS = """\
DISPLAY QMGR ALL
DISPLAY CHANNEL(*) ALL
DISPLAY QLOCAL(*) ALTDATE ALTTIME USAGE TRIGDATA
DISPLAY LISTENER(*) ALL
DISPLAY CHLAUTH(*) ALL
DISPLAY AUTHINFO(*) ALL
DISPLAY LSSTATUS(*) PID STARTDA STARTTI
DISPLAY CHSTATUS(*) STATUS CHSTADA CHSTATI
"""


def files(host: simulated_fleet.SimulatedHost) -> dict[str, str]:
    """Inode, mode, time of change and digest of every file where the queue manager has its key repository, wherever that is."""
    found = {}
    paths = sorted(host.data_path.glob(f"*/{host.queue_manager}/**/*"))
    folders = {host.data_path / "qmgrs" / host.queue_manager / "ssl", *(path.parent for path in paths if path.suffix in (".kdb", ".p12"))}
    for path in (path for path in paths if not folders.isdisjoint(path.parents)):
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() and not path.is_symlink() else str(path.is_symlink())
        found[f"file {path.relative_to(host.data_path)}"] = f"{status.st_ino} {status.st_mode:o} {status.st_mtime_ns} {digest}"
    return found


def definitions(host: simulated_fleet.SimulatedHost) -> dict[str, str]:
    """Each displayed record, keyed by its first item; runs of blanks and the layout in columns do not count."""
    text = host.run("runmqsc", "-e", host.queue_manager, stdin=QUESTIONS).stdout
    found = {}
    for record in re.split(r"^(?=AMQ8\d{3})", text, flags=re.MULTILINE)[1:]:
        heading, _newline, body = record.partition("\n")
        items = sorted(
            " ".join(line.split()) for line in re.split(r"\n|\s{3,}(?=[A-Z])", body) if re.match(r"\s*[A-Z0-9]+(\(|$|\s*$)", line)
        )
        name = body.split()[0] if body.split() else ""
        kind = " ".join(item for item in items if item.startswith(("CHLTYPE(", "TYPE(", "CONNAME(")))
        found[f"{heading.split(':')[0]} {name} {kind}".strip()] = "; ".join(items)
    return found


def take(inventory: str) -> dict[str, dict[str, str]]:
    """The state of each queue manager of the inventory."""
    return {host.queue_manager: {**files(host), **definitions(host)} for host in simulated_fleet.hosts(inventory)}


def differences(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """One line for each thing that is not the same."""
    lines = []
    for name in sorted(set(before) | set(after)):
        old, new = before.get(name, {}), after.get(name, {})
        lines += [
            f"{name}: {key}\n    before: {old.get(key)}\n    after:  {new.get(key)}"
            for key in sorted(set(old) | set(new))
            if old.get(key) != new.get(key)
        ]
    return lines


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["take", "compare"])
    parser.add_argument("-i", "--inventory", required=True)
    parser.add_argument("--except", dest="expected", action="append", default=[], help="regular expression: differences that are expected")
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    now = take(arguments.inventory)
    if arguments.action == "take":
        arguments.file.write_text(json.dumps(now, indent=1))
        print(f"{sum(len(state) for state in now.values())} files and definitions of {len(now)} queue managers")
        return 0
    found = [
        line
        for line in differences(json.loads(arguments.file.read_text()), now)
        if not any(re.search(pattern, line) for pattern in arguments.expected)
    ]
    print("\n".join(found) or "nothing has changed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
