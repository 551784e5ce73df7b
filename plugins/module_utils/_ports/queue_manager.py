# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading a queue manager and carrying out a plan on it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager, suppress
from typing import Any, Callable, Iterator, Mapping, Sequence

from .._core.errors import StateError, ToolError
from .._core.mqsc import interruption
from .._core.mqsc.command import Command, Secret
from .._core.mqsc.objects import MqObject
from .._core.mqsc.plan import Have, KeyRepository, Plan, Step, read, reading
from .._core.mqsc.report import Answer
from .command import CommandRunner
from .files import Access, Files, explained
from .generations import IN_USE_UNTIL, Generations
from .installation import Installation
from .lock import locked
from .runmqsc import run_mqsc

# MQ gives up a refresh after ten minutes by itself.
_REFRESH_TIMEOUT = 660.0
_TIMEOUT = 120.0
_IN_USE_UNTIL = re.compile(rf"^{IN_USE_UNTIL}(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$", re.MULTILINE)
# Announced changes of these make new files of a key repository; others (FILE) only change who may read them.
_SWAPPING = frozenset(["KEY REPOSITORY", "CERTIFICATE", "TRUST"])


class AppliedInPart(ToolError):
    """Some commands were refused. ``plan`` holds the steps that were carried out: they stay."""

    def __init__(self, message: str, done: Plan) -> None:
        super().__init__(message, rc=10)
        self.plan = done


class QueueManagerPort:
    """One queue manager of this host.

    ``refresh_marker`` is the key repository's file that says that the queue manager has not been told of a change; a second one
    of the same meaning stands in the queue manager's directory, for changed attributes.
    """

    def __init__(self, runner: CommandRunner, installation: Installation, name: str, refresh_marker: str | None = None) -> None:
        self.name = name
        self._runner = runner
        self._installation = installation
        self._directory = installation.directory(name)
        self._own_marker = os.path.join(self._directory, "mqfleet.refresh")
        self._repository_marker = refresh_marker
        self._markers = [path for path in (self._own_marker, refresh_marker) if path]

    @property
    def refresh_outstanding(self) -> bool:
        """Whether an earlier run changed TLS settings and did not come to refresh them."""
        return any(os.path.exists(path) for path in self._markers)

    @property
    def certificate_in_use_until(self) -> str:
        """When the certificate ends that the queue manager presents until it is refreshed; blank where that is not known."""
        with suppress(OSError, UnicodeDecodeError), open(self._repository_marker or "", encoding="utf-8") as stream:
            found = _IN_USE_UNTIL.search(stream.read())
            return found[1] if found else ""
        return ""

    def read(self, wanted: Sequence[MqObject], initiates: Sequence[str], responds: Sequence[str], more: Sequence[Command] = ()) -> Have:
        """One run of runmqsc, whatever the number of objects, and with further questions about objects."""
        questions = [*reading(wanted, initiates, responds), *more]
        return read(questions, run_mqsc(self._runner, self._installation, self.name, questions, timeout=_TIMEOUT), self.name)

    def interrupts(self) -> dict[str, int]:
        """What a refresh would interrupt now, by channel type: one run of runmqsc, to be spent only where a refresh is due."""
        questions = [interruption.QUESTION]
        return interruption.count(run_mqsc(self._runner, self._installation, self.name, questions, timeout=_TIMEOUT), self.name)

    @contextmanager
    def locked(self, timeout: float) -> Iterator[bool]:
        """Hold the queue manager against other runs; gives whether one had to be waited for. See ``lock.locked``."""
        with locked(os.path.join(self._directory, "mqfleet.lock"), timeout, f"mqsc on {self.name}") as waited:
            yield waited

    def apply(
        self,
        planned: Plan,
        retries: int = 0,
        delay: float = 0.0,
        may_refresh: Callable[[], bool] = lambda: True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """One run of runmqsc with the commands of the plan, and one with its refresh, which is not sent where the queue manager has
        refused the attributes: all channels would be interrupted in vain.

        A refresh that ended because channels did not end in time (AMQ9710) is sent again up to ``retries`` times, ``delay`` seconds
        apart, as long as ``may_refresh`` says so.

        Raises AppliedInPart when the queue manager refuses some of the commands.
        """
        if planned.refresh or planned.refresh_outstanding:
            # should this run end before the refresh, the next one knows of it
            attempt = f"The TLS settings of the queue manager {self.name} were to be changed"
            with explained(attempt, self._own_marker), open(self._own_marker, "a", encoding="utf-8"):
                pass
        steps = [step for step in planned.steps if step.command is not None]
        refreshing = [step for step in steps if step.change["object"] == "SECURITY"]
        outcome = self._send([step for step in steps if step not in refreshing], _TIMEOUT)
        attempts = 0
        if refreshing and all(_is_accepted(answer) for step, answer in outcome if step.change["object"] == "QMGR"):
            told = self._marks()
            answered = self._send(refreshing, _REFRESH_TIMEOUT)
            attempts = 1
            while _is_busy(answered) and attempts <= retries:
                sleep(delay)
                if not may_refresh():
                    break
                told = self._marks()
                answered = self._send(refreshing, _REFRESH_TIMEOUT)
                attempts += 1
            outcome += answered
            if all(_is_accepted(answer) for _step, answer in answered):
                self._forget_refresh(told)
        refused = [(step, answer) for step, answer in outcome if not _is_accepted(answer)]
        if refused:
            done = tuple(step for step, answer in outcome if _is_accepted(answer))
            raise AppliedInPart(_sentence(self.name, refused, attempts), Plan(done))

    def _send(self, steps: Sequence[Step], timeout: float) -> list[tuple[Step, Answer]]:
        commands = [step.command for step in steps if step.command is not None]
        if not commands:
            return []
        return list(zip(steps, run_mqsc(self._runner, self._installation, self.name, commands, timeout=timeout).answers))

    def _marks(self) -> dict[str, tuple[int, int]]:
        """The markers that are there; one that is written anew is another one."""
        found = {}
        for marker in self._markers:
            with suppress(FileNotFoundError):
                stat = os.stat(marker)
                found[marker] = (stat.st_ino, stat.st_mtime_ns)
        return found

    def _forget_refresh(self, told: Mapping[str, tuple[int, int]]) -> None:
        # A key repository that another run has swapped in since is not what the queue manager has read.
        for marker, mark in self._marks().items():
            if told.get(marker) == mark:
                self._settle(marker)
                with explained(f"The file {marker}, which asks for a refresh that {self.name} has had, was to be removed", marker):
                    os.unlink(marker)

    def _settle(self, marker: str) -> None:
        """After a change of type the files of the type before go, ahead of the marker: a run that ends in between does it again."""
        directory, name = os.path.split(marker)
        if marker == self._repository_marker and name == "refresh" and directory.endswith(".d"):
            attempt = f"The files of the former key repository of {self.name}, which has been refreshed, were to be removed"
            with explained(attempt, marker):
                Generations(directory[: -len(".d")], Files(), Access()).settle()


def key_repository(parameters: Mapping[str, Any] | None, changes: Sequence[Mapping[str, Any]], check_mode: bool) -> KeyRepository | None:
    """What module options say of a key repository, with the password from its file on this host.

    In check mode the file may be missing: the key repository was announced and not made. Then ``changes``, what the module
    key_repository has announced, say what its marker would say.
    """
    if parameters is None:
        return None
    password = None
    path = parameters.get("password_file")
    if path:
        try:
            with open(path, encoding="utf-8") as stream:
                password = Secret(stream.read().rstrip("\r\n"))
        except OSError as error:
            # Announced by a check of the key repository, but not made yet.
            if not (check_mode and isinstance(error, FileNotFoundError)):
                raise StateError(
                    f"The password of the key repository {parameters['ssl_key_repository']} was to be read from {path}, and that failed "
                    f"({error.strerror}); run mqfleet.tls.key_repository before, as the same user."
                ) from error
            password = Secret("")
    marker = parameters.get("refresh_marker")
    swapped = bool(marker and os.path.exists(marker)) or (check_mode and any(change.get("object") in _SWAPPING for change in changes))
    return KeyRepository(parameters["ssl_key_repository"], parameters["type"], password, swapped)


def _is_accepted(answer: Answer) -> bool:
    return answer.error is None and bool(answer.messages)


def _is_busy(answered: Sequence[tuple[Step, Answer]]) -> bool:
    return any(identifier.startswith("AMQ9710") for _step, answer in answered for identifier in answer.messages)


def _sentence(queue_manager: str, refused: list[tuple[Step, Answer]], attempts: int) -> str:
    step, answer = refused[0]
    change = step.change
    said = (answer.error or "no message").rstrip(".:-")
    if change["object"] == "SECURITY":
        if _is_busy(refused[:1]):
            said += f", as channels did not end in time ({attempts} attempt{'' if attempts == 1 else 's'})"
        return (
            f"The TLS settings of the queue manager {queue_manager} were to be refreshed and it answered {said}; "
            f"all definitions are in place, run again to refresh."
        )
    others = f" ({len(refused) - 1} more commands were refused)" if len(refused) > 1 else ""
    name = f" {change['name']}" if change["object"] != "QMGR" else ""
    return (
        f"The {change['object']}{name} of the queue manager {queue_manager} was to be changed by "
        f"{step.command.redacted() if step.command else ''} and the answer was {said}{others}; "
        f"what else was changed stays, correct this and run again."
    )
