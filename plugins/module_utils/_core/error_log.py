# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the error logs of queue managers and clients: AMQERR01.LOG, its JSON form, and the console form of containers.

Forms seen from 7.0 to 9.4. The date of a header follows the locale; ``Time(...)``, in UTC, is there from 9.1 on.
Sources: IBM MQ documentation, "Error logs on AIX, Linux, and Windows", "Diagnostic message services".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass, field
from typing import Any, Mapping

_HEADER = re.compile(r"(?P<time>\S.*?)\s+-\s+Process\((?P<process>[^)]*)\)(?P<rest>.*)")
_HEADER_LINE = re.compile(r"\s+[A-Z][A-Za-z0-9]*\(")
_HEADER_ITEM = re.compile(r"(?P<key>[A-Z][A-Za-z0-9]*)\(")
_MESSAGE = re.compile(r"(?P<id>AMQ\d{4,5}(?P<severity>[A-Z]?)): ?(?P<text>.*)")
_CONSOLE = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)) (?P<message>AMQ\d{4,5}[A-Z]?: .*)")
_CONSOLE_INSERTS = re.compile(r"\s*\[(?:CommentInsert|ArithInsert)\d\(.*\]$")
_SEPARATOR = re.compile(r"-{5,}(?: .* : \d+ -*)?\s*$")
_INSERTS = re.compile(r"(?:CommentInsert|ArithInsert)\d\Z")
# The headings of explanation and action in any language.
_SECTION = re.compile(r"[^\W\d_]{4,} ?:\Z")
_QUOTED_CHANNEL = re.compile(r"\b(?:channel|canale?|Kanal)(?: program)?(?: name)?(?: is| named)? '(?P<name>[^']*)'", re.IGNORECASE)
# A name without quotes is told from a word by a capital letter, a digit or a dot inside; without "for", by a dot.
_BARE_CHANNEL = re.compile(r"\bfor channel (?P<name>(?=[A-Za-z_%/]*(?:[A-Z0-9]|\.\w))[A-Za-z0-9._/%]*[A-Za-z0-9_/%])")
_DOTTED_CHANNEL = re.compile(r"\bchannel (?P<name>[A-Za-z0-9_/%]+(?:\.[A-Za-z0-9_/%]+)+)", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One entry of an error log.

    ``id`` with its severity letter where shown; ``text`` the message, its lines joined; ``channel`` as named by the message, else by the
    explanation, None if neither does, and as shown where it is empty or ``????``; ``time`` as shown (None without a header); ``time_utc``
    in ISO 8601; ``host`` the host that wrote it; ``remote_host`` the partner; ``process`` is process and thread (``12028.7``); ``inserts``
    the ArithInserts and CommentInserts.
    """

    id: str
    severity: str
    text: str
    channel: str | None = None
    time: str | None = None
    time_utc: str | None = None
    host: str | None = None
    remote_host: str | None = None
    queue_manager: str | None = None
    process: str | None = None
    program: str | None = None
    explanation: str = ""
    inserts: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> tuple[Entry, ...]:
    """All entries in the order of the text. Parts that are cut off, missing headers and missing separators do no harm. Never fails."""
    reader = _Reader()
    for line in textwrap.dedent(text.lstrip("\ufeff")).split("\n"):
        reader.take(line.rstrip())
    return reader.finish()


def channel_of(message: str, explanation: str = "") -> str | None:
    """The channel that a message names, else its explanation; None if neither names one."""
    for part in (message, explanation):
        for pattern in (_QUOTED_CHANNEL, _BARE_CHANNEL, _DOTTED_CHANNEL):
            match = pattern.search(part)
            if match:
                return match["name"]
    return None


class _Reader:
    """Goes through the lines; ``_part`` is where in an entry it is."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._header: dict[str, str] = {}
        self._id = ""
        self._parts: dict[str, list[str]] = {}
        self._part = ""

    def take(self, line: str) -> None:
        if line.startswith("{"):
            self._take_json(line)
            return
        console = _CONSOLE.match(line)
        if console:
            self._take_console(console["time"], console["message"])
            return
        header = _HEADER.match(line)
        message = _MESSAGE.match(line)
        if header:
            self._begin({"time": header["time"], "Process": header["process"], **_items(header["rest"])}, "header")
        elif _SEPARATOR.match(line):
            self._begin({}, "")
        elif message:
            self._begin({} if self._id else self._header, "message")
            self._id = message["id"]
            self._parts["message"] = [message["text"]]
        else:
            self._take_part(line)

    def _take_part(self, line: str) -> None:
        if self._part == "header":
            if _HEADER_LINE.match(line):
                self._header.update(_items(line))
        elif self._id and self._part != "action" and _SECTION.match(line) and line == line.upper():
            self._part = "action" if self._part == "explanation" else "explanation"
        elif not line and self._part == "message":
            self._part = "after message"
        elif self._part:
            self._parts.setdefault(self._part, []).append(line)

    def _begin(self, header: dict[str, str], part: str) -> None:
        self._close()
        self._header = header
        self._part = part

    def _close(self) -> None:
        if self._id:
            message, explanation = _text(self._parts.get("message", [])), _text(self._parts.get("explanation", []))
            self._entries.append(_entry(self._id, message, explanation, self._header))
        self._id = ""
        self._parts = {}

    def _take_json(self, line: str) -> None:
        try:
            found = json.loads(line)
        except ValueError:
            return
        identifier = found.get("ibm_messageId") if isinstance(found, dict) else None
        if not isinstance(identifier, str) or not re.match(r"AMQ\d{4,5}[A-Z]?\Z", identifier):
            return
        self._begin({}, "")
        self._entries.append(_json_entry(identifier, found))

    def _take_console(self, time: str, line: str) -> None:
        self._begin({}, "")
        message = _MESSAGE.match(line)
        if message:
            inserts = _CONSOLE_INSERTS.search(message["text"])
            text = message["text"][: inserts.start()] if inserts else message["text"]
            header = {"time": time, "Time": time, **(_items(inserts.group().strip()[1:-1]) if inserts else {})}
            self._entries.append(_entry(message["id"], text.strip(), "", header))

    def finish(self) -> tuple[Entry, ...]:
        self._close()
        return tuple(self._entries)


def _entry(identifier: str, message: str, explanation: str, header: Mapping[str, str]) -> Entry:
    return Entry(
        id=identifier,
        severity=identifier.lstrip("AMQ0123456789"),
        text=message,
        channel=channel_of(message, explanation),
        time=header.get("time"),
        time_utc=header.get("Time"),
        host=header.get("Host"),
        remote_host=header.get("RemoteHost"),
        queue_manager=header.get("QMgr"),
        process=header.get("Process"),
        program=header.get("Program"),
        explanation=explanation,
        inserts={key: value for key, value in header.items() if _INSERTS.match(key)},
    )


def _json_entry(identifier: str, found: Mapping[str, Any]) -> Entry:
    message = str(found.get("message", ""))
    if message.startswith(identifier):
        message = message[len(identifier) :].lstrip(":").strip()
    header = {
        "time": "ibm_datetime",
        "Time": "ibm_datetime",
        "Host": "host",
        "RemoteHost": "ibm_remoteHost",
        "QMgr": "ibm_serverName",
        "Program": "ibm_processName",
    }
    values = {key: str(found[name]) for key, name in header.items() if name in found}
    if "ibm_processId" in found:
        values["Process"] = f"{found['ibm_processId']}.{found.get('ibm_threadId', '')}".rstrip(".")
    for key, value in found.items():
        insert = key.replace("ibm_a", "A").replace("ibm_c", "C")
        if _INSERTS.match(insert) and value not in (0, "", None):
            values[insert] = str(value)
    return _entry(identifier, _text(message.splitlines()), "", values)


def _items(line: str) -> dict[str, str]:
    """``KEY(value)`` pairs of a header line. A comment insert may have been cut: if its brackets do not balance, it takes the line."""
    items: dict[str, str] = {}
    position = 0
    while True:
        key = _HEADER_ITEM.search(line, position)
        if key is None:
            return items
        depth = 1
        end = key.end()
        while end < len(line) and depth:
            depth += {"(": 1, ")": -1}.get(line[end], 0)
            end += 1
        value = line[key.end() : end - 1] if depth == 0 else re.sub(r"\)\s*\Z", "", line[key.end() :])
        items[key["key"]] = value
        position = end


def _text(lines: list[str]) -> str:
    return " ".join(part for part in (line.strip() for line in lines) if part)
