# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status of channels, and the way from one status to another.

A START is only accepted, the handshake comes afterwards; a channel that is RETRYING waits for its next attempt and is brought back
at once by STOP and START; a responding channel is never started, its partner calls.

Sources: IBM MQ documentation, "DISPLAY CHSTATUS", "Channel states", "START CHANNEL", "STOP CHANNEL".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from ..errors import InputError
from .command import Command, Keyword, Value
from .plan import ACTIVE

INACTIVE = "INACTIVE"
# What DISPLAY CHSTATUS calls the facts that tell how a conversation is protected.
_FACTS = {
    "status": "STATUS",
    "channel_type": "CHLTYPE",
    "conname": "CONNAME",
    "queue_manager": "RQMNAME",
    "cipher_spec": "SSLCIPH",
    "protocol": "SECPROT",
    "partner": "SSLPEER",
    "issuer": "SSLCERTI",
    "substate": "SUBSTATE",
}
_RESPONDING = frozenset(["RCVR", "CLUSRCVR", "SVRCONN"])
_NAME = re.compile(r"[A-Za-z0-9./_%]{1,20}\Z")
# A status that was read so soon after START may still be the one from before it.
_SETTLING = 1.0
# A channel that is inactive so long after START has come to its end without a retry.
_VANISHED = 5.0


def check_names(names: Sequence[str], option: str) -> None:
    """Raises InputError for what cannot be the name of a channel (a generic name neither)."""
    for index, name in enumerate(names):
        if not _NAME.match(name):
            raise InputError(f"{option}[{index}] is {name!r}; the name of a channel is up to 20 of the characters A-Z a-z 0-9 . / _ and %.")


def display(names: Sequence[str]) -> list[Command]:
    """The commands that read the status of the channels."""
    return [Command("DISPLAY", "CHSTATUS", name, (("ALL", True),)) for name in names]


def summary(instances: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The facts of a channel: those of its first running instance, else of its first one; None if it is inactive.

    A fact that this level of MQ does not show is None; one that is shown blank is an empty text.
    """
    if not instances:
        return None
    row = min(instances, key=lambda instance: instance.get("STATUS") != "RUNNING")
    return {fact: row.get(keyword) for fact, keyword in _FACTS.items()}


def status_of(instances: Sequence[Mapping[str, Any]]) -> str:
    """RUNNING when any instance runs, else the status of the first one; INACTIVE without instances."""
    found = [str(row.get("STATUS", "")) for row in instances]
    return "RUNNING" if "RUNNING" in found else (found[0] if found else INACTIVE)


class Pursuit:
    """One channel on its way to the wanted state: which commands to send next, and whether that is over.

    ``state`` is started, stopped or inactive. ``restart`` ends the present conversation first, so that a changed definition counts.
    With ``wait`` false a START that was accepted is the end. Times are seconds of any clock.
    """

    def __init__(self, name: str, state: str, restart: bool = False, wait: bool = True, mode: str = "quiesce") -> None:
        self.name = name
        self.done = False
        self.status = INACTIVE
        self.changes: list[dict[str, Any]] = []
        self._state = state
        self._restart = restart
        self._wait = wait
        self._mode = Keyword(mode)
        self._first = True
        self._stopping = False
        self._started: float | None = None
        self._responding = False
        self._before: tuple[Any, ...] | None = None

    @property
    def reached(self) -> bool:
        """Whether the channel is as wanted."""
        if self._state == "started":
            return self.status == "RUNNING" or (self._responding and self.done) or (not self._wait and self._started is not None)
        return self.status == INACTIVE or (self._state == "stopped" and self.status == "STOPPED")

    @property
    def starts_later(self) -> bool:
        """Whether a START still has to be sent, once the channel has stopped."""
        return not self.done and self._stopping

    def next(self, instances: Sequence[Mapping[str, Any]], now: float) -> list[Command]:
        """The commands to send, given the status that was just read."""
        self.status = status_of(instances)
        self._responding = self._responding or any(row.get("CHLTYPE") in _RESPONDING for row in instances)
        first, self._first = self._first, False
        started = tuple(row.get(keyword) for row in instances[:1] for keyword in ("JOBNAME", "CHSTADA", "CHSTATI"))
        if first:
            self._before = started
        elif self._stopping and self.status == "RUNNING" and started != self._before:
            self.done = True  # a message has started it anew (TRIGGER) before this was seen
            return []
        if self._state != "started":
            return self._to_stop(first)
        return self._begin() if first else self._go_on(now)

    def answered(self, command: Command, error: str | None, now: float) -> None:
        """Take note of the answer to a command; ``error`` is the line that says why it was refused."""
        if command.verb != "START":
            # a partner may call again at once, so that a responding channel is never seen without an instance
            self.done = self._responding and self._stopping
            return
        if error is None:
            self._started = now
            self._stopping = False
            self.done = not self._wait

    def _to_stop(self, first: bool) -> list[Command]:
        if self.reached:
            self.done = True
            return []
        if not first:
            return []
        self._announce("stop")
        return [self._stop(None if self._state == "stopped" else "INACTIVE")]

    def _begin(self) -> list[Command]:
        if self._restart and (self.status in ACTIVE or self.status == "RETRYING"):
            self._announce("stop" if self._responding else "start", "runs as it was defined before")
            self._stopping = True
            return [self._stop("INACTIVE")]
        if self.status == "RUNNING":
            self.done = True
            return []
        if self.status in ACTIVE:
            return []
        self._announce("start", f"is {self.status}")
        if self.status == "RETRYING":
            # both commands take effect later than they are answered: START has to wait until STOP has
            self._stopping = True
            return [self._stop("INACTIVE")]
        return [self._start()]

    def _go_on(self, now: float) -> list[Command]:
        if self._stopping:
            return [self._start()] if self.status in (INACTIVE, "STOPPED") else []
        if self.status == "RUNNING":
            self.done = True
        elif self._started is not None:
            since = now - self._started
            self.done = (self.status in ("RETRYING", "STOPPED") and since >= _SETTLING) or (self.status == INACTIVE and since >= _VANISHED)
        elif self.status in ("RETRYING", "STOPPED", INACTIVE):
            self.done = True  # it was about to run and has failed by itself
        return []

    def _announce(self, action: str, reason: str | None = None) -> None:
        change: dict[str, Any] = {"object": "CHANNEL", "name": self.name, "action": action, "attributes": {}}
        self.changes.append(change if reason is None else {**change, "reason": reason})

    def _start(self) -> Command:
        return Command("START", "CHANNEL", self.name)

    def _stop(self, status: str | None) -> Command:
        parameters: list[tuple[str, Value]] = [("MODE", self._mode)]
        if status is not None:
            parameters.append(("STATUS", Keyword(status)))
        return Command("STOP", "CHANNEL", self.name, tuple(parameters))
