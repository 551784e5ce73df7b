# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MQSC commands as values, and their text.

Sources: IBM MQ documentation, "Script (MQSC) commands", "Building command scripts" (continuation, comments, lengths).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence, Union

from ..errors import InputError
from .quote import quote

# runmqsc takes lines of up to 2,048 characters; bytes are counted here, so that other code pages have room too.
_LINE_BYTES = 2000
# MQ_COMMAND_MQSC_LENGTH
_COMMAND_BYTES = 32768
_WORD = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_KEYWORD = re.compile(r"[A-Z0-9_.*]+\Z")


class Keyword(str):
    """A value that MQSC takes without quotes, folded to upper case: REQUIRED, SDR, 128_BIT, * (all).

    Raises InputError for anything that could be more than one word of MQSC.
    """

    def __new__(cls, value: str) -> Keyword:
        folded = value.upper()
        if not _KEYWORD.match(folded):
            raise InputError(f"The MQSC keyword {value!r} was to be written and is not one; use letters, digits, '_', '.' and '*'.")
        return super().__new__(cls, folded)


class Secret:
    """A value that is sent and never shown: ``str``, ``repr`` and ``format`` give asterisks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "********"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))


Value = Union[str, int, bool, Keyword, Secret, Sequence[str]]


@dataclass(frozen=True)
class Command:
    """One MQSC command: ``verb noun(name) parameter(value) ...``, the parameters in the given order.

    A ``str`` is quoted, a Keyword is not, ``True`` gives the parameter without brackets (TRIGGER), a sequence a list.
    """

    verb: str
    noun: str
    name: str | None = None
    parameters: tuple[tuple[str, Value], ...] = ()

    def text(self, line_bytes: int = _LINE_BYTES) -> str:
        """The command as sent, continued with ``+`` where a line would grow longer than ``line_bytes``.

        Raises InputError for words, values and lengths that MQSC does not take.
        """
        return _lines(self._parts(reveal=True), self._title(), line_bytes)

    def redacted(self) -> str:
        """The command on one line with its secrets as asterisks, for people."""
        return " ".join(self._parts(reveal=False))

    def secrets(self) -> tuple[str, ...]:
        """The values that must not be shown."""
        return tuple(value.reveal() for _name, value in self.parameters if isinstance(value, Secret))

    def _title(self) -> str:
        return f"{self.verb} {self.noun}" + ("" if self.name is None else f"({self.name})")

    def _parts(self, reveal: bool) -> list[str]:
        parts = [_word(self.verb), _word(self.noun) + ("" if self.name is None else f"({_single(self.name, self._title())})")]
        for parameter, value in self.parameters:
            parts.append(_parameter(parameter, value, reveal, f"{self._title()} {parameter}"))
        return parts


def _word(text: str) -> str:
    if not _WORD.match(text):
        raise InputError(f"The word {text!r} was to be used in an MQSC command and is not one; use upper case letters and digits.")
    return text


def _parameter(name: str, value: Value, reveal: bool, place: str) -> str:
    word = _word(name)
    if value is True:
        return word
    if value is False:
        raise InputError(f"{place} was to be written with the value false; name the opposite keyword instead (for example NOTRIGGER).")
    if isinstance(value, Secret):
        return f"{word}({_single(value.reveal(), place) if reveal else quote('********')})"
    if isinstance(value, int):
        return f"{word}({value})"
    if isinstance(value, str):
        return f"{word}({_single(value, place)})"
    return f"{word}({','.join(_single(item, place) for item in value) or quote('')})"


def _single(value: str, place: str) -> str:
    if isinstance(value, Keyword):
        return value
    try:
        return quote(value)
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def _lines(parts: Sequence[str], title: str, line_bytes: int) -> str:
    lines: list[str] = []
    line = ""
    for part in parts:
        joined = f"{line} {part}" if line else part
        if _size(joined) <= line_bytes:
            line = joined
            continue
        if line:
            lines.append(line + " +")
        # Continuation lines begin with blanks: an asterisk in the first position would make a comment of them.
        line = "  " + part
        while _size(line) > line_bytes:
            cut = _cut(line, line_bytes)
            lines.append(line[:cut] + "+")
            line = "  " + line[cut:]
    lines.append(line)
    text = "\n".join(lines)
    if _size(text) > _COMMAND_BYTES:
        raise InputError(f"The command {title} was to be sent and is longer than {_COMMAND_BYTES} bytes; shorten its values.")
    return text


def _cut(line: str, line_bytes: int) -> int:
    """Where a part that is longer than a line is cut: never before a blank, since after ``+`` the text goes on with the first
    character of the next line that is not one, nor inside a doubled quote; after a blank only if need be.
    """
    size = 0
    best = 0
    after_blank = 0
    for position, character in enumerate(line):
        if size > line_bytes - 2:
            break
        before = line[position - 1]
        if position > 2 and character != " " and (character, before) != ("'", "'"):
            after_blank = position
            best = best if before == " " else position
        size += _size(character)
    if not after_blank:
        raise InputError("A value was to be continued on the next line of MQSC and is too long a run of blanks or quotes; shorten it.")
    return best or after_blank


def _size(text: str) -> int:
    return len(text.encode("utf-8"))
