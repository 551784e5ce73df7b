# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The layout of a displayed record.

Measured on captured outputs: an item begins in column 4 or 44; the first column is 37 wide, the second 36 (a line has 79
characters). What is longer stands alone on its line, and so does the item before it. A list begins a line of its own.
"""

from __future__ import annotations

_WIDTH = 37
_SECOND_WIDTH = 36
# Keywords that are shown without brackets
FLAGS = frozenset(
    ["CURRENT", "SAVED", "SYNCPT", "TRIGGER", "NOTRIGGER", "SHARE", "NOSHARE", "HARDENBO", "NOHARDENBO"],
)
# A comma in one of these begins a new line
LISTS = frozenset(["NAMES", "USERLIST", "ADDRLIST"])


def item(keyword: str, value: str) -> str:
    """``KEYWORD(value)``, ``KEYWORD( )`` or ``KEYWORD``."""
    if keyword in FLAGS:
        return keyword
    if keyword in LISTS:
        value = ("\n" + " " * 8 + ",").join(value.split(","))
    return f"{keyword}({value or ' '})"


def record(heading: str, attributes: list[tuple[str, str]]) -> str:
    """A record with its heading line, as text that ends with a line feed."""
    lines = [heading]
    first = None  # what stands in the first column of the line in the making
    for keyword, value in attributes:
        shown = item(keyword, value)
        if first is not None and len(shown) <= _SECOND_WIDTH and keyword not in LISTS:
            lines.append(f"   {first:<{_WIDTH}}   {shown}")
            first = None
            continue
        if first is not None:
            lines.append(f"   {first:<{_WIDTH}}")
        first = shown
        if len(shown) > _WIDTH or "\n" in shown:
            lines.append("   " + shown)
            first = None
    if first is not None:
        lines.append(f"   {first:<{_WIDTH}}")
    return "\n".join(lines) + "\n"


def closing_lines(read: int, syntax_errors: int, failed: int) -> str:
    """The three lines at the end of a report."""
    commands_read = {0: "No MQSC commands read.", 1: "One MQSC command read."}.get(read, f"{read} MQSC commands read.")
    wrong = {0: "No commands have a syntax error.", 1: "One command has a syntax error."}.get(
        syntax_errors, f"{syntax_errors} commands have a syntax error."
    )
    not_done = {0: "All valid MQSC commands were processed.", 1: "One valid MQSC command could not be processed."}.get(
        failed, f"{failed} valid MQSC commands could not be processed."
    )
    return f"{commands_read}\n{wrong}\n{not_done}\n"


def banner(queue_manager: str, copyright_year: int) -> str:
    return f"5724-H72 (C) Copyright IBM Corp. 1994, {copyright_year}.\nStarting MQSC for queue manager {queue_manager}.\n\n\n"
