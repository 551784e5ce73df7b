# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How runmqsc lays out the items of a record.

The layout, as measured on outputs of IBM MQ 7.5 to 9.4: every item of a record stands behind three blanks; two items share
a line when each has up to 37 characters, the second one then begins at offset 43. Values are neither quoted nor escaped and may
look like items themselves, so the column decides where a second item begins. Elsewhere in a line brackets are counted: behind an
item whose value can only be one word (somebody masked a name, and the column moved), and in a text that keeps no columns at all
(blanks were squeezed, the indent was lost). A value that imitates an item at that very column is printed as two items are, byte for
byte, and read as these.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Callable, Sequence

_INDENT = 3
_SECOND_COLUMN = 43

_KEYWORD = r"[A-Z][A-Z0-9_]*"
ITEM = re.compile(rf"(?P<keyword>{_KEYWORD})(?P<open>\()?")
# Nearly all lines of a long report: one or two items without brackets in their values. With the second one at its column, they can be
# nothing else, and are known at once.
PLAIN = re.compile(rf" {{3}}({_KEYWORD})\(([^()]*)\)(?: {{3,}}(?<=\A.{{{_SECOND_COLUMN}}})({_KEYWORD})(?:\(([^()]*)\))?)? *$")
_CELL = re.compile(rf"{_KEYWORD}(?:\(.*)?$")
_CLOSED_CELL = re.compile(rf"{_KEYWORD}(?:\(.*\))?$")
# Values of these are names, addresses or words of MQSC, without blanks and, but for the port of an address, without brackets.
_OF_ONE_WORD = frozenset(
    (
        *("AUTHINFO", "CHANNEL", "CHLAUTH", "CHLTYPE", "CLUSQMGR", "CLUSTER", "CONN", "CONNAME", "LISTENER"),
        *("LOCLADDR", "NAMELIST", "OBJNAME", "PROCESS", "QMID", "QMNAME", "QUEUE"),
        *("RNAME", "RQMNAME", "SERVICE", "STATUS", "TRPTYPE", "TYPE", "XMITQ"),
    )
)
_VERBS = re.compile(r"(?:ALT(ER)?|CLEAR|DEF(INE)?|DELETE|DIS(PLAY)?|END|PING|REFRESH|RESET|RESOLVE|RESUME|SET|START|STOP|SUSPEND)\Z")


def is_item_line(line: str) -> bool:
    """Three blanks (a tab in some captures), then a keyword alone or with a bracket."""
    indent = len(line) - len(line.lstrip())
    if not line.startswith((" " * _INDENT, "\t")) or indent > 2 * _INDENT:
        return False
    text = line.strip()
    item = ITEM.match(text)
    if item is None:
        return False
    if item["open"]:
        return True
    rest = text[item.end() :]
    return not _VERBS.match(item["keyword"]) and (not rest or rest.startswith(("  ", "\t")) or bool(re.match(rf" {_KEYWORD}(\(|$)", rest)))


def keeps_columns(lines: Sequence[str]) -> bool:
    """Whether second items begin at their column, by the first lines that certainly have two items; so too where no line has."""
    signs = (True if _cells(line) else False if _begins_with_one_word(by_brackets(line) or []) else None for line in lines)
    first = list(islice((sign for sign in signs if sign is not None), 20))
    return first.count(True) >= first.count(False)


def _begins_with_one_word(items: Sequence[tuple[str, str | bool]]) -> bool:
    return len(items) > 1 and items[0][0] in _OF_ONE_WORD


def items_of(
    lines: Sequence[str], position: int, in_columns: bool, ends: Callable[[str], bool]
) -> tuple[list[tuple[str, str | bool]], int]:
    """The items of the line at ``position``, and how many lines they take; ``ends``: whether a line cannot go on with an item."""
    line = lines[position].rstrip()
    cells = _cells(line)
    last = cells[1] if cells else line.strip()
    used = 1
    items = by_brackets(last)
    if items is None:
        joined, used = _joined(last, lines[position + 1 :], ends)
        items = by_brackets(joined) or [_single_item(joined)]
        last = joined
    if cells:
        # The columns are certain here, so a lone bracket in either value does no harm.
        return [_single_item(cells[0]), _single_item(last)], used
    # A single item begins with a bracket behind its keyword and ends with one.
    if in_columns and items[0][1] is not True and last.endswith(")") and not _begins_with_one_word(items):
        return [_single_item(last)], used
    return items, used


def _cells(line: str) -> tuple[str, str] | None:
    """Both columns of a line, if the second one is filled: the first one is closed and padded, the second one an item."""
    flat = line.expandtabs(8)
    first, second = flat[_INDENT : _SECOND_COLUMN - _INDENT], flat[_SECOND_COLUMN:]
    if flat[_SECOND_COLUMN - _INDENT : _SECOND_COLUMN].strip() or not second or second[0] == " ":
        return None
    first = first.rstrip()
    if not _CLOSED_CELL.match(first) or not _CELL.match(second):
        return None
    return first, second


def _single_item(text: str) -> tuple[str, str | bool]:
    """One item that fills its cell or its line: the value goes from the first bracket to the last one."""
    keyword, bracket, value = text.strip().partition("(")
    if not bracket:
        return keyword, True
    return keyword, (value[:-1] if value.endswith(")") else value).strip()


def by_brackets(line: str) -> list[tuple[str, str | bool]] | None:
    """The items by counting brackets; None if they do not balance or something is left over."""
    items: list[tuple[str, str | bool]] = []
    position = 0
    while True:
        while position < len(line) and line[position].isspace():
            position += 1
        if position >= len(line):
            return items
        item = ITEM.match(line, position)
        if item is None:
            return None
        position = item.end()
        if item["open"]:
            end = _closing_bracket(line, position)
            if end is None:
                return None
            items.append((item["keyword"], line[position:end].strip()))
            position = end + 1
        else:
            items.append((item["keyword"], True))
        if position < len(line) and not line[position].isspace():
            return None


def _closing_bracket(line: str, start: int) -> int | None:
    depth = 1
    for position in range(start, len(line)):
        if line[position] == "(":
            depth += 1
        elif line[position] == ")":
            depth -= 1
            if depth == 0:
                return position
    return None


def _joined(text: str, following: Sequence[str], ends: Callable[[str], bool]) -> tuple[str, int]:
    """``text`` with the lines that continue it, until its brackets balance; ``text`` alone if they never do."""
    joined = text
    for used, line in enumerate(following, start=2):
        if not line.strip() or ends(line):
            break
        joined += line.strip() if line.startswith((" " * _INDENT, "\t")) else line.rstrip()
        if ")" in line and by_brackets(joined) is not None:
            return joined, used
    return text, 1
