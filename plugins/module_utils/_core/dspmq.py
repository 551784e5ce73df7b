# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading what dspmq prints.

A line is a sequence of ``KEY(value)``; one that begins with QMNAME describes a queue manager, the lines below it its instances (and, with
Native HA, its groups). Source: IBM MQ documentation, "dspmq (display queue managers)".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Any

_KEY = re.compile(r"[A-Z][A-Z0-9_]*\(")


def parse(text: str) -> list[dict[str, Any]]:
    """One map for each queue manager: ``name``, ``status`` (None if not shown), any other attribute under its own name, ``instances``
    and ``groups`` where their lines are shown. Lines of another form (prompts, messages) are passed over. Never fails.
    """
    found: list[dict[str, Any]] = []
    for line in text.lstrip("\ufeff").split("\n"):
        attributes = _attributes(line.strip())
        if not attributes:
            continue
        if "QMNAME" in attributes:
            name = attributes.pop("QMNAME")
            found.append({"name": name, "status": attributes.pop("STATUS", None), **attributes})
        elif found:
            kind = "groups" if next(iter(attributes)) == "GRPNAME" else "instances"
            found[-1].setdefault(kind, []).append(attributes)
    return found


def _attributes(line: str) -> dict[str, str | None]:
    """The pairs of a line; empty if it is not made of pairs alone."""
    attributes: dict[str, str | None] = {}
    position = 0
    while position < len(line):
        key = _KEY.match(line, position)
        if key is None:
            return {}
        end = _end(line, key.end())
        attributes.setdefault(key.group()[:-1], line[key.end() : end].strip())
        position = end + 1
        while position < len(line) and line[position].isspace():
            position += 1
    return attributes


def _end(line: str, start: int) -> int:
    """Where a value's closing bracket stands. A bracket closes the value if brackets balance, else if another pair or nothing follows."""
    depth = 1
    for position in range(start, len(line)):
        depth += {"(": 1, ")": -1}.get(line[position], 0)
        if depth == 0:
            return position
    for match in re.finditer(r"\)(?=\s+[A-Z][A-Z0-9_]*\(|$)", line[start:]):
        return start + match.start()
    return len(line)
