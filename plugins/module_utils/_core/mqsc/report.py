# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading what runmqsc prints.

How the items of a record are laid out stands in record_layout.py. Ids and keywords are the same in every language; other words are
not used, but for the closing lines, whose counts may be words.

Sources: IBM MQ documentation, "runmqsc (run MQSC commands)", "Running MQSC commands interactively".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Dict, Sequence, Union

from .record_layout import ITEM, PLAIN, by_brackets, is_item_line, items_of, keeps_columns

# An attribute's value, or True for a keyword without brackets such as CURRENT.
Record = Dict[str, Union[str, bool]]

_UNINDENTED = re.compile(r"^\S", re.MULTILINE)
# MQPROMPT, or the shell's prompt in a captured terminal, may stand before what is printed.
_PROMPT = r"(?:\S{0,60}[>$#%] ?)?"
_MESSAGE = re.compile(r"\s{0,2}" + _PROMPT + r"(?P<id>AMQ\d{4,5}[A-Z]?):(?: |$)")
_ECHO = re.compile(_PROMPT + r"\s{0,8}(?P<number>\d+) :(?: (?P<text>.*))?$")
_ECHO_CONTINUED = re.compile(_PROMPT + r" {5,8}:(?: (?P<text>.*))?$")
_BANNER = re.compile(r"\s*\d{4}-[A-Z0-9]{3},? .*\(C\) Copyright", re.IGNORECASE)
_READ = re.compile(r"\s*(?P<count>One|No|\d+) MQSC commands? read\.", re.IGNORECASE)
_SYNTAX_ERRORS = re.compile(r"\s*(?P<count>One|No|\d+) commands? (?:has|have) a syntax error\.", re.IGNORECASE)
_FAILED = re.compile(
    r"\s*(?:(?P<all>All) valid MQSC commands were|(?P<count>One|No|\d+) valid MQSC commands? could not be) processed\.", re.IGNORECASE
)
# The first of these words in a closing line of another language decides ("all were processed" means that none failed).
_ONE = re.compile(r"(?:one|une?|un[oa]|eine?|einer|uma?|egy|jeden|jedn[aoáą]|jedno|один|одна)\Z")
_NONE_OR_ALL = re.compile(
    r"(?:no|ning[uú]n[oa]?|keine?|keiner|aucune?|nenhuma?|nessun[oa]?|nincs|нет|не|żadn[ey]|żadnych|žádn[éý]"
    r"|all|tod[oa]s|alle|tous|toutes|tutt[ie]|minden|wszystkie|všechny|все)\Z"
)
# Chinese, Japanese and Korean do not part words.
_NONE_OR_ALL_PART = re.compile("没有|沒有|所有|すべて|ありません|없습니다|모든")
# Their following lines are parts of commands or words of the syntax, not a record.
_NOT_HEADINGS = {"AMQ8405", "AMQ8426", "AMQ8427"}
# What these ids mean is not told by a severity letter: AMQ8405I and AMQ8420I, and all of them in 9.0 and earlier.
_FAILURES = re.compile(
    r"AMQ(?:8101|8118|8135|8137|8143|8145|8146|8147|8148|8149|8150|8214|8226|8227|8242|8243|8405|8420|8424|8884"
    r"|9508|9514|9516|9519|9531|9533|9534|9710)"
)


@dataclass(frozen=True)
class Summary:
    """The closing lines; None for a number whose line is missing."""

    read: int | None
    syntax_errors: int | None
    failed: int | None


@dataclass(frozen=True)
class Answer:
    """What runmqsc answered to one command.

    ``messages`` are ids as shown, ``texts`` the whole lines that begin with them. ``command`` is the echo (it may show a
    secret), empty where nothing was echoed.
    """

    command: str = ""
    number: int | None = None
    messages: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()

    @property
    def error(self) -> str | None:
        """The line that says why the command was not carried out; None where it was."""
        for identifier, text in zip(self.messages, self.texts):
            number, letter = identifier[:7], identifier[7:]
            if letter in ("E", "S", "T", "W") or _FAILURES.match(number):
                return text
        return None


@dataclass(frozen=True)
class Run:
    """One run of runmqsc: what came before the first command, the answers, the closing lines."""

    messages: tuple[str, ...]
    records: tuple[Record, ...]
    summary: Summary | None
    answers: tuple[Answer, ...]
    displays: bool


@dataclass(frozen=True)
class Report:
    """All runs of one output, in the order of the text."""

    runs: tuple[Run, ...]

    @property
    def messages(self) -> tuple[str, ...]:
        """The message ids, with the severity letter where the text shows it."""
        return tuple(identifier for run in self.runs for identifier in run.messages)

    @property
    def records(self) -> tuple[Record, ...]:
        """Every displayed object."""
        return tuple(record for run in self.runs for record in run.records)

    @property
    def summary(self) -> Summary | None:
        """The closing lines of the only run; None if there are several or none."""
        return self.runs[0].summary if len(self.runs) == 1 else None

    @property
    def answers(self) -> tuple[Answer, ...]:
        """One answer for each command, in order.

        Commands are told apart by their numbered echo. Where nothing is echoed (``runmqsc -e``), every message begins an
        answer, but messages that belong to one command stay together: records of the same kind, and the list of verbs or
        the syntax after a syntax error.
        """
        return tuple(answer for run in self.runs for answer in run.answers)

    @property
    def displays(self) -> bool:
        """Whether the text shows that something was to be displayed, found or not."""
        return any(run.displays for run in self.runs)


def parse(text: str) -> Report:
    """Read any output of runmqsc: whole or in part, with or without echo, of one run or several. Never fails."""
    text = text.lstrip("\ufeff")
    if not _UNINDENTED.search(text):
        text = textwrap.dedent(text)
    lines = [line.rstrip("\r") for line in text.split("\n")]
    return Report(tuple(_RunReader(_without_indent(part)).read() for part in _split_runs(lines)))


def _without_indent(lines: list[str]) -> list[str]:
    """Logs of containers show a run indented as a whole, its banner too."""
    banner = next((line for line in lines if _BANNER.match(line)), "")
    indent = banner[: len(banner) - len(banner.lstrip())]
    if not indent:
        return lines
    return [line[len(indent) :] if line.startswith(indent) else line for line in lines]


def _split_runs(lines: Sequence[str]) -> list[list[str]]:
    """A banner begins a run; so does anything that is printed after closing lines."""
    runs: list[list[str]] = [[]]
    closed = False
    for line in lines:
        if line.startswith("   ") and line[3:4].isupper() and "MQSC" not in line:
            runs[-1].append(line)  # an item of a record
            continue
        if _BANNER.match(line) or (closed and (_MESSAGE.match(line) or _ECHO.match(line) or _READ.match(line))):
            if _has_content(runs[-1]):
                runs.append([])
            closed = False
        runs[-1].append(line)
        closed = closed or bool(_FAILED.match(line))
    if len(runs) > 1 and not _has_content(runs[-1]):
        runs.pop()
    return runs


def _has_content(lines: Sequence[str]) -> bool:
    return any(_MESSAGE.match(line) or _ECHO.match(line) or _READ.match(line) or _BANNER.match(line) for line in lines)


class _Draft:
    """An answer in the making."""

    def __init__(self, command: str = "", number: int | None = None) -> None:
        self.command = command
        self.number = number
        self.messages: list[str] = []
        self.texts: list[str] = []
        self.records: list[Record] = []

    def freeze(self) -> Answer:
        return Answer(self.command, self.number, tuple(self.messages), tuple(self.texts), tuple(self.records))


class _RunReader:
    """Reads the lines of one run from top to bottom."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._echoed = any(_ECHO.match(line) for line in lines)
        self._in_columns = keeps_columns(lines)
        self._summary = _Closing()
        self._answers: list[_Draft] = []
        self._preamble = _Draft()
        self._heading = ""  # the id whose records may follow
        self._record: Record = {}
        self._in_echo = False

    def read(self) -> Run:
        position = 0
        while position < len(self._lines):
            position += self._line(position)
        self._close_record()
        drafts = [self._preamble, *self._answers]
        answers = [draft for draft in self._answers if not (_is_end(draft.command) and not draft.messages)]
        records = [record for draft in drafts for record in draft.records]
        messages = [identifier for draft in drafts for identifier in draft.messages]
        displays = bool(records) or any(_is_display(draft.command) for draft in drafts) or any(m.startswith("AMQ8420") for m in messages)
        summary = self._summary.result() or _foreign_summary(self._lines)
        return Run(tuple(messages), tuple(records), summary, tuple(draft.freeze() for draft in answers), displays)

    def _line(self, position: int) -> int:
        """Read the line at ``position``; returns the number of lines used."""
        line = self._lines[position]
        plain = PLAIN.match(line)
        if plain:
            return self._plain_lines(position, plain)
        echo = _ECHO.match(line)
        if echo:
            self._close_heading()
            self._answers.append(_Draft((echo["text"] or "").strip(), int(echo["number"])))
            self._in_echo = True
            return 1
        continued = _ECHO_CONTINUED.match(line)
        if continued:
            self._close_heading()
            if self._in_echo and self._answers:
                draft = self._answers[-1]
                draft.command = _continued(draft.command, continued["text"] or "")
            return 1
        message = _MESSAGE.match(line)
        if message:
            self._in_echo = False
            self._message(message["id"], line[message.start("id") :].rstrip())
            return 1
        if self._summary.take(line) or _BANNER.match(line):
            self._close_heading()
            return 1
        return self._other(position)

    def _plain_lines(self, position: int, plain: re.Match[str]) -> int:
        """Read this line and those of its kind behind it: nearly all lines of a long report, so without a call for each."""
        first = position
        following: re.Match[str] | None = plain
        while following:
            plain = following
            position += 1
            following = PLAIN.match(self._lines[position]) if position < len(self._lines) else None
            if not self._heading or (following is None and self._is_typed(position - 1)):
                continue
            keyword, value, second, second_value = plain.groups()
            if keyword in self._record or second in self._record:
                # Handles of one connection follow one another without a heading: each is an object of its own.
                self._close_record()
            self._record[keyword] = value.strip()
            if second:
                self._record.setdefault(second, True if second_value is None else second_value.strip())
        return position - first

    def _message(self, identifier: str, text: str) -> None:
        self._close_heading()
        number = identifier[:7]
        self._heading = "" if number in _NOT_HEADINGS else identifier
        draft = self._draft_for(identifier)
        draft.messages.append(identifier)
        draft.texts.append(text)

    def _draft_for(self, identifier: str) -> _Draft:
        if self._echoed:
            return self._answers[-1] if self._answers else self._preamble
        last = self._answers[-1] if self._answers else None
        if last is not None and (identifier[:7] in ("AMQ8426", "AMQ8427") or (last.records and identifier == last.messages[-1])):
            return last
        self._answers.append(_Draft())
        return self._answers[-1]

    def _other(self, position: int) -> int:
        line = self._lines[position]
        if not line.strip():
            return 1
        if not self._heading or self._is_typed(position):
            return 1
        if not is_item_line(line) and not self._is_unindented(position):
            self._close_heading()
            return 1
        items, used = items_of(self._lines, position, self._in_columns, _is_structural)
        self._take(items)
        return used

    def _take(self, items: Sequence[tuple[str, str | bool]]) -> None:
        for keyword, _value in items:
            if keyword in self._record:
                self._close_record()  # as in _plain_lines
                break
        for keyword, value in items:
            self._record.setdefault(keyword, value)

    def _is_unindented(self, position: int) -> bool:
        """Whether the line is one of a record whose indent was lost; it must follow the heading or another item at once."""
        line = self._lines[position].strip()
        item = ITEM.match(line)
        return bool(self._lines[position - 1].strip()) and item is not None and bool(item["open"]) and by_brackets(line) is not None

    def _is_typed(self, position: int) -> bool:
        """Whether the line is what somebody typed at a terminal: the next line that is not empty is its echo."""
        beginning = self._lines[position + 1][:4] if position + 1 < len(self._lines) else ""
        if beginning[:3] == "   " and beginning[3:].isalpha():
            return False  # an item of the same record
        # no slice: a copy of the rest for every line would make long reports slow
        following = next((self._lines[index] for index in range(position + 1, len(self._lines)) if self._lines[index].strip()), "")
        echo = _ECHO.match(following)
        return echo is not None and (echo["text"] or "").strip() == self._lines[position].strip()

    def _close_record(self) -> None:
        if self._record:
            draft = self._answers[-1] if self._answers else self._preamble
            draft.records.append(self._record)
        self._record = {}

    def _close_heading(self) -> None:
        self._close_record()
        self._heading = ""


class _Closing:
    """The closing lines in English."""

    def __init__(self) -> None:
        self._found: dict[str, int] = {}

    def take(self, line: str) -> bool:
        for name, pattern in (("read", _READ), ("syntax_errors", _SYNTAX_ERRORS), ("failed", _FAILED)):
            match = pattern.match(line)
            if match:
                self._found[name] = _count_word(match["count"] or "all")
                return True
        return False

    def result(self) -> Summary | None:
        if not self._found:
            return None
        return Summary(self._found.get("read"), self._found.get("syntax_errors"), self._found.get("failed"))


def _count_word(word: str) -> int:
    if word.isdigit():
        return int(word)
    return 1 if word.lower() == "one" else 0


def _foreign_summary(lines: Sequence[str]) -> Summary | None:
    """The closing lines of another language: the last three lines, of which the first and the third name MQSC."""
    last = [line.strip() for line in lines if line.strip()][-3:]
    if len(last) < 3 or "MQSC" not in last[0] or "MQSC" not in last[2]:
        return None
    if any(_MESSAGE.match(line) or _ECHO.match(line) or _ECHO_CONTINUED.match(line) or _BANNER.match(line) for line in last):
        return None
    counts = [_foreign_count(line) for line in last]
    return None if all(count is None for count in counts) else Summary(*counts)


def _foreign_count(line: str) -> int | None:
    digits = re.search(r"\d+", line)
    if digits:
        return int(digits.group())
    for word in re.findall(r"\w+", line.lower()):
        if _ONE.match(word):
            return 1
        if _NONE_OR_ALL.match(word):
            return 0
    if _NONE_OR_ALL_PART.search(line):
        return 0
    return 1 if "一" in line else None


def _is_end(command: str) -> bool:
    return command.strip().rstrip(";").strip().upper() in ("END", "EXIT", "QUIT")


def _is_display(command: str) -> bool:
    return re.match(r"dis(?:play)?\b", command.strip(), re.IGNORECASE) is not None


def _continued(command: str, more: str) -> str:
    """Join a continued command: after ``+`` the next line counts from its first character that is not a blank."""
    if command.endswith("+"):
        return command[:-1] + more.strip()
    if command.endswith("-"):
        return command[:-1] + more.rstrip()
    return command


def _is_structural(line: str) -> bool:
    patterns = (_MESSAGE, _ECHO, _ECHO_CONTINUED, _BANNER, _READ)
    return is_item_line(line) or any(pattern.match(line) for pattern in patterns)
