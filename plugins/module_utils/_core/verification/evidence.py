# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which entries of two error logs are about one failed attempt.

The end that rejects has the precise reason, the other one only sees a closed connection, so both logs are read for the same seconds.
Messages are known by their numbers: their texts differ between levels and languages.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from .end import End, moment
from .messages import CAUSES, NOT_CALLED, RANK, REFRESH, SUMMARIES

# Both logs write about one attempt within this many seconds of each other (clocks of two hosts included).
_SAME_ATTEMPT = 10


@dataclass(frozen=True)
class Evidence:
    """An entry of an error log. ``number``: of its message; ``here``: who wrote it, ``there``: the other end of the link."""

    number: str
    id: str
    here: str
    there: str
    entry: Mapping[str, Any]

    def __str__(self) -> str:
        time = str(self.entry.get("time_utc") or self.entry.get("time") or "")
        return f"{self.id} at {self.here}" + (f", {time}" if time else "")

    @property
    def channel(self) -> str:
        """Blank where the channel was not known yet, which MQ shows as ????."""
        return str(self.entry.get("channel") or "").strip("?")

    @property
    def failing_subject(self) -> str:
        """Whose certificate GSKit found fault with, which may be that of a CA; blank where the message does not say."""
        found = (re.search(r"\[Subject=\]([^\[]+)", str(insert)) for insert in (self.entry.get("inserts") or {}).values())
        return next((match[1].strip() for match in found if match), "")

    @property
    def codes(self) -> set[str]:
        """What GSKit said: the whole-number inserts, and validation codes in the words of the message or its explanation."""
        inserted = {str(value) for key, value in (self.entry.get("inserts") or {}).items() if str(key).startswith("ArithInsert")}
        words = f"{self.entry.get('text', '')} {self.entry.get('explanation', '')}"
        return inserted | set(re.findall(r"\b5750\d\d\b", words))


def gather(link: Mapping[str, Any], initiator: End, responder: End) -> list[Evidence]:
    """The entries of both logs about the latest attempt; the cause comes first."""
    ours = _attempts(_entries(initiator.log, link["from"], link["to"]))
    theirs = _attempts(_entries(responder.log, link["to"], link["from"]))
    named = _naming(ours, link["channel"])
    if not named:
        # The initiator always knows the channel; without its log only a message that names the channel can be tied to it.
        named = _naming(theirs, link["channel"])
        return _ordered(_near(named[-1], named[-1][-1])) if named else []
    attempt = named[-1]
    anchor = attempt[-1]
    if any(item.number in NOT_CALLED for item in attempt):
        return _ordered(_near(attempt, anchor))
    near = [kept for kept in (_near(one, anchor) for one in theirs) if kept]
    # Clocks that differ by more: a message that names the channel still counts, its time is shown.
    stray = [item for one in _naming(theirs, link["channel"]) for item in one] if not near else []
    return _ordered(_near(attempt, anchor) + _of_responder(link, near, initiator, anchor) + stray)


def _entries(log: Sequence[Mapping[str, Any]], here: str, there: str) -> list[Evidence]:
    found = []
    for entry in log or ():
        number = re.sub(r"\D", "", str(entry.get("id", "")))
        if number in CAUSES:
            found.append(Evidence(number, str(entry["id"]), here, there, entry))
    return found


def _attempts(items: Sequence[Evidence]) -> list[list[Evidence]]:
    """What one process wrote about one attempt belongs together, and summaries end it; in the order in which they ended.

    The message that says why need not name the channel: the summary does. Where no process is shown, what names the same channel counts.
    """
    found: list[list[Evidence]] = []
    latest: dict[Any, list[Evidence]] = {}
    ended: dict[int, int] = {}
    for place, item in enumerate(items):
        process = item.entry.get("process") or ("", item.channel)
        if process not in latest or (latest[process][-1].number in SUMMARIES and item.number not in SUMMARIES):
            latest[process] = []
            found.append(latest[process])
        latest[process].append(item)
        ended[id(latest[process])] = place
    return sorted(found, key=lambda attempt: ended[id(attempt)])


def _naming(attempts: Sequence[list[Evidence]], channel: str) -> list[list[Evidence]]:
    return [attempt for attempt in attempts if any(item.channel == channel for item in attempt)]


def _of_responder(link: Mapping[str, Any], near: Sequence[list[Evidence]], initiator: End, anchor: Evidence) -> list[Evidence]:
    """What names the channel; else the connection, still without a channel name, that fits the initiator best."""
    named = _naming(near, link["channel"])
    telling = [attempt for attempt in named if any(item.number not in SUMMARIES + REFRESH for item in attempt)]
    if telling:
        return _nearest(telling, anchor)

    def fits(attempt: Sequence[Evidence]) -> int:
        text = " ".join(str(text) for item in attempt for text in _texts(item))
        return 2 * _mentions(text, link["initiator_subject"]) + _mentions(text, initiator.address)

    nameless = [attempt for attempt in near if not any(item.channel for item in attempt)]
    best = max(map(fits, nameless), default=0)
    chosen = _nearest([attempt for attempt in nameless if fits(attempt) == best], anchor)
    return [item for attempt in named for item in attempt] + chosen


def _texts(item: Evidence) -> Iterator[Any]:
    yield item.entry.get("remote_host") or ""
    yield item.entry.get("text", "")
    yield from (item.entry.get("inserts") or {}).values()


def _nearest(attempts: Sequence[list[Evidence]], anchor: Evidence) -> list[Evidence]:
    """The one that is the nearest in time, of several the latest."""
    return min(reversed(attempts), key=lambda attempt: min(_distance(item, anchor) or 0 for item in attempt), default=[])


def _mentions(text: str, words: str | None) -> bool:
    """Whether a text holds a name or an address, not as a part of a longer one; blanks after commas do not count."""
    plain = re.escape((words or "").replace(", ", ",").lower())
    return bool(plain) and re.search(rf"(?<![\w.]){plain}(?![\w.])", text.replace(", ", ",").lower()) is not None


def _distance(item: Evidence, anchor: Evidence) -> float | None:
    """Seconds between two entries; None where a time is not known."""
    first, second = moment(item.entry.get("time_utc")), moment(anchor.entry.get("time_utc"))
    return abs((first - second).total_seconds()) if first and second else None


def _near(items: Sequence[Evidence], anchor: Evidence) -> list[Evidence]:
    return [item for item in items if (_distance(item, anchor) or 0) <= _SAME_ATTEMPT]


def _ordered(found: Sequence[Evidence]) -> list[Evidence]:
    """By how telling they are, the newest first, each message of a queue manager once; mere summaries only where nothing else is known."""
    once: dict[tuple[str, str], Evidence] = {}
    for item in reversed(found):
        once.setdefault((item.number, item.here), item)
    ranked = sorted(once.values(), key=lambda item: RANK[item.number])
    telling = [item for item in ranked if item.number not in SUMMARIES]
    if telling and RANK[telling[0].number] < min(RANK[number] for number in REFRESH):
        telling = [item for item in telling if item.number not in REFRESH]
    return telling or ranked
