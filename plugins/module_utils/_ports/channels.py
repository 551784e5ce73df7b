# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The channels of a queue manager at work: read, started, stopped and waited for; and what its error log says of them.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any, Callable

from .._core.error_log import parse as parse_error_log
from .._core.errors import ToolError
from .._core.mqsc.channel_status import Pursuit, display
from .._core.mqsc.command import Command
from .._core.mqsc.report import Record
from .command import CommandRunner
from .installation import Installation
from .runmqsc import run_mqsc

# What is read of an error log, and how much more for each channel: many may fail at once.
_LOG_BYTES, _LOG_BYTES_OF_CHANNEL = 512 * 1024, 8 * 1024
_LOG_ENTRIES, _LOG_ENTRIES_OF_CHANNEL = 100, 10
# What a queue manager has enabled of TLS, beside the SSL stanza of its qm.ini.
_SETTINGS = Command("DISPLAY", "QMGR", None, (("SSLFIPS", True), ("SUITEB", True)))
# Refusals that tell of a state, not of a mistake: the channel is in use (already started), or is not active (already stopped).
_TOLERATED = {"START": "AMQ9514", "STOP": "AMQ9533"}


class Channels:
    """The channels of one module run."""

    def __init__(
        self, parameters: dict[str, Any], runner: CommandRunner, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self.name = parameters["queue_manager"]
        self.installation = Installation(parameters["installation"], parameters["data_path"])
        self.commands: list[Command] = []
        self.rows: dict[str, tuple[Record, ...]] = {}
        self.settings: Record = {}
        self._parameters = parameters
        self._runner = runner
        self._clock = clock
        self._sleep = sleep
        pursued = [] if parameters["state"] == "observed" else list(dict.fromkeys([*parameters["channels"], *parameters["restart"]]))
        self.pursuits = [
            Pursuit(name, parameters["state"], name in parameters["restart"], parameters["wait"], parameters["mode"]) for name in pursued
        ]
        self._names = list(dict.fromkeys([*parameters["channels"], *parameters["restart"], *parameters["responders"]]))

    def pursue(self, check_mode: bool) -> None:
        """Read, act and read again until every channel is as wanted, has failed, or the time is over."""
        self._read()
        end = self._clock() + self._parameters["timeout"]
        interval = 0.3
        while True:
            sent = self._act(check_mode)
            going = [pursuit for pursuit in self.pursuits if not pursuit.done]
            if check_mode or not going or self._clock() >= end or (not self._parameters["wait"] and not sent and self._all_sent()):
                return
            self._sleep(interval)
            interval = min(interval * 1.5, 2.0)
            self._read()

    def missed(self) -> list[Pursuit]:
        """Those that are not as wanted."""
        return [pursuit for pursuit in self.pursuits if not pursuit.reached]

    def _all_sent(self) -> bool:
        return not any(pursuit.starts_later for pursuit in self.pursuits)

    def _read(self) -> None:
        asked = [_SETTINGS] if self._parameters["certificates"] is not None else []
        if self._names or asked:
            answers = run_mqsc(self._runner, self.installation, self.name, [*display(self._names), *asked]).answers
            self.rows = {name: answer.records for name, answer in zip(self._names, answers)}
            self.settings = next((dict(answer.records[0]) for answer in answers[len(self._names) :] if answer.records), {})

    def _act(self, check_mode: bool) -> bool:
        now = self._clock()
        todo = [
            (pursuit, command)
            for pursuit in self.pursuits
            if not pursuit.done
            for command in pursuit.next(self.rows.get(pursuit.name, ()), now)
        ]
        self.commands += [command for _pursuit, command in todo]
        if check_mode or not todo:
            return False
        answers = run_mqsc(self._runner, self.installation, self.name, [command for _pursuit, command in todo]).answers
        for (pursuit, command), answer in zip(todo, answers):
            if answer.error is not None and _TOLERATED[command.verb] not in {identifier[:7] for identifier in answer.messages}:
                raise ToolError(
                    f"The channel {pursuit.name} of the queue manager {self.name} was sent {command.redacted()} and the answer "
                    f"was {answer.error.rstrip('.:-')}; correct its definition (mqfleet.tls.mqsc) or its name."
                )
            pursuit.answered(command, answer.error, self._clock())
        return True


def read_error_log(directory: str, since: datetime, channels: int) -> list[dict[str, Any]]:
    """The newest entries of AMQERR01.LOG since a moment, enough for so many channels; none where there is no log.

    Those that only inform (AMQ9002I: a channel starts) are left out: in a large fleet they would push out what went wrong.
    """
    try:
        with open(os.path.join(directory, "errors", "AMQERR01.LOG"), "rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - _LOG_BYTES - channels * _LOG_BYTES_OF_CHANNEL))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    begin = since.strftime("%Y-%m-%dT%H:%M:%S")
    recent = [entry for entry in parse_error_log(text) if entry.time_utc is None or entry.time_utc >= begin]
    kept = [entry for entry in recent if not entry.id.endswith("I")][-_LOG_ENTRIES - channels * _LOG_ENTRIES_OF_CHANNEL :]
    keys = ("id", "text", "explanation", "channel", "time", "time_utc", "remote_host", "process")
    return [{**{key: getattr(entry, key) for key in keys}, "inserts": dict(entry.inserts)} for entry in kept]
