# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MQSC text to commands.

Sources: IBM MQ documentation, "Building command scripts", "MQSC input file syntax", "Generic values and characters with
special meanings". Where MQ is known to be strict this is strict, so that a script that passes here passes there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONGEST_LINE = 2048

VERBS = {
    verb: verb
    for verb in "ALTER CLEAR DEFINE DELETE DISPLAY END EXIT PING QUIT REFRESH RESET RESOLVE RESUME SET START STOP SUSPEND".split()
}
VERBS.update(ALT="ALTER", DEF="DEFINE", DIS="DISPLAY", STA="START", REF="REFRESH")

NOUNS = {
    "CHL": "CHANNEL",
    "CHS": "CHSTATUS",
    "LS": "LSSTATUS",
    "LSTR": "LISTENER",
    "NL": "NAMELIST",
    "Q": "QUEUE",
    "QA": "QALIAS",
    "QL": "QLOCAL",
    "QR": "QREMOTE",
    "QS": "QSTATUS",
    "SEC": "SECURITY",
}

_UNQUOTED = frozenset('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./_%*:+-!?$#@&\\<>=~^{}[]|"`')
# These need quotes in a value ("lower case letters or other special characters" is wider still; '*' and ':' are seen unquoted)
_QUOTES_NEEDED = frozenset('@=\\<>~^{}[]|"`!?$#&')


class SyntaxFault(Exception):
    """A command that cannot be read. ``segment`` is the command up to the place where reading stopped."""

    def __init__(self, segment: str, in_verb: bool = False):
        super().__init__(segment)
        self.segment = segment
        self.in_verb = in_verb


class Echo(NamedTuple):
    """One line of the script as the report repeats it; the number only on the first line of a command."""

    number: int | None
    text: str

    def __str__(self) -> str:
        return f"{'' if self.number is None else self.number:>6} : {self.text}"


class Statement(NamedTuple):
    """The text of one command, its lines joined."""

    text: str
    line_too_long: bool = False


def scan(lines: Iterable[str]) -> Iterator[Echo | Statement]:
    """Lines of a script to what is to be echoed and what is to be executed, in order."""
    number, pending, too_long, continue_at_first_column = 0, None, False, False
    for line in lines:
        if line.startswith("*") or not line.strip():
            yield Echo(None, line)
            continue
        if pending is None:
            number += 1
            yield Echo(number, line)
            pending = line
        else:
            yield Echo(None, line)
            pending += line if continue_at_first_column else line.lstrip()
        too_long = too_long or len(line) > LONGEST_LINE
        end = _end_of_command(pending)
        while end >= 0:
            yield Statement(pending[:end], too_long)
            pending = pending[end + 1 :]
            if not pending.strip():
                break
            number += 1
            end = _end_of_command(pending)
        stripped = pending.rstrip()
        if stripped.endswith(("+", "-")):
            continue_at_first_column = stripped.endswith("-")
            pending = stripped[:-1]
            continue
        if stripped:
            yield Statement(pending, too_long)
        pending, too_long = None, False
    if pending is not None:
        yield Statement(pending, too_long)


def _end_of_command(text: str) -> int:
    """Offset of the first ';' outside quotes, else -1."""
    quoted = False
    for offset, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif character == ";" and not quoted:
            return offset
    return -1


class Token(NamedTuple):
    """A word: folded to upper case unless it was quoted. ``end`` is the offset behind it in the command's text."""

    text: str
    quoted: bool
    end: int


class Parameter(NamedTuple):
    """``KEYWORD`` (items is None) or ``KEYWORD(item, item ...)``; an item is a list of words, empty for nothing at all."""

    keyword: str
    items: list[list[Token]] | None
    keyword_end: int
    end: int


class Command(NamedTuple):
    text: str
    verb: str
    noun: str
    name: Parameter
    parameters: list[Parameter]

    def fault(self, parameter: Parameter | None = None) -> SyntaxFault:
        """The fault that stops behind a parameter (the whole command without one)."""
        return SyntaxFault(self.text[: parameter.end] if parameter else self.text.rstrip())


def parse(text: str) -> Command:
    """Read one command. The noun counts as a parameter: ``DEFINE CHANNEL(X)`` has the name CHANNEL(X). Raises SyntaxFault."""
    reader = _Reader(text)
    verb = reader.word()
    if verb.text not in VERBS:
        raise SyntaxFault(text[: verb.end], in_verb=True)
    parameters = list(reader.parameters())
    if not parameters:
        if verb.text in ("END", "EXIT", "QUIT"):
            return Command(text, VERBS[verb.text], "", Parameter("", None, verb.end, verb.end), [])
        raise SyntaxFault(text.rstrip())
    seen = set()
    for parameter in parameters:
        if parameter.keyword in seen:
            raise SyntaxFault(text[: parameter.end])
        seen.add(parameter.keyword)
    noun = parameters[0].keyword
    return Command(text, VERBS[verb.text], NOUNS.get(noun, noun), parameters[0], parameters[1:])


class _Reader:
    def __init__(self, text: str):
        self.text = text
        self.offset = 0

    def _skip(self, characters: str) -> str:
        while self.offset < len(self.text) and self.text[self.offset] in characters:
            self.offset += 1
        return self.text[self.offset : self.offset + 1]

    def word(self) -> Token:
        """A keyword: letters, digits and a few signs."""
        self._skip(" \t,")
        return self._unquoted()

    def parameters(self) -> Iterator[Parameter]:
        while self._skip(" \t,"):
            keyword = self._unquoted()
            items, end = None, keyword.end
            if self._skip(" \t") == "(":
                self.offset += 1
                items = self._items()
                end = self.offset
            else:
                self.offset = keyword.end
            yield Parameter(keyword.text, items, keyword.end, end)

    def _items(self) -> list[list[Token]]:
        items: list[list[Token]] = [[]]
        while True:
            following = self._skip(" \t")
            if following == "":
                raise SyntaxFault(self.text.rstrip())
            if following == ")":
                self.offset += 1
                return items
            if following == ",":
                self.offset += 1
                items.append([])
            elif following == "'":
                items[-1].append(self._quoted())
            else:
                token = self._unquoted()
                if not _QUOTES_NEEDED.isdisjoint(token.text):
                    raise SyntaxFault(self.text[: token.end])
                items[-1].append(token)

    def _unquoted(self) -> Token:
        start = self.offset
        while self.offset < len(self.text) and self.text[self.offset] in _UNQUOTED:
            self.offset += 1
        following = self.text[self.offset : self.offset + 1]
        if self.offset == start or following not in ("", " ", "\t", ",", "(", ")"):
            raise SyntaxFault(self.text[: self.offset + 1])
        return Token(self.text[start : self.offset].upper(), False, self.offset)

    def _quoted(self) -> Token:
        self.offset += 1
        value = ""
        while True:
            end = self.text.find("'", self.offset)
            if end < 0:
                raise SyntaxFault(self.text.rstrip())
            value += self.text[self.offset : end]
            self.offset = end + 1
            if self.text[self.offset : self.offset + 1] != "'":
                break
            value += "'"
            self.offset += 1
        if any(character < " " for character in value) or self.text[self.offset : self.offset + 1] not in ("", " ", "\t", ",", ")"):
            raise SyntaxFault(self.text[: self.offset])
        return Token(value, True, self.offset)
