# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading a queue manager and carrying out a plan on it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Any, Iterator, Mapping, Sequence

from .._core.errors import StateError, ToolError
from .._core.mqsc.command import Secret
from .._core.mqsc.objects import MqObject
from .._core.mqsc.plan import Have, KeyRepository, Plan, Step, read, reading
from .._core.mqsc.report import Answer
from .command import CommandRunner
from .installation import Installation
from .lock import locked
from .runmqsc import run_mqsc

# MQ gives up a refresh after ten minutes by itself.
_REFRESH_TIMEOUT = 660.0
_TIMEOUT = 120.0
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
        self._markers = [path for path in (self._own_marker, refresh_marker) if path]

    @property
    def refresh_outstanding(self) -> bool:
        """Whether an earlier run changed TLS settings and did not come to refresh them."""
        return any(os.path.exists(path) for path in self._markers)

    def read(self, wanted: Sequence[MqObject], initiates: Sequence[str], responds: Sequence[str]) -> Have:
        """One run of runmqsc, whatever the number of objects."""
        questions = reading(wanted, initiates, responds)
        return read(questions, run_mqsc(self._runner, self._installation, self.name, questions, timeout=_TIMEOUT), self.name)

    @contextmanager
    def locked(self, timeout: float) -> Iterator[bool]:
        """Hold the queue manager against other runs; gives whether one had to be waited for. See ``lock.locked``."""
        with locked(os.path.join(self._directory, "mqfleet.lock"), timeout, f"mqsc on {self.name}") as waited:
            yield waited

    def apply(self, planned: Plan) -> None:
        """One run of runmqsc with all commands of the plan.

        Raises AppliedInPart when the queue manager refuses some of them.
        """
        if planned.refresh or planned.refresh_outstanding:
            # should this run end before the refresh, the next one knows of it
            with _reported(f"The file {self._own_marker} was to be written"), open(self._own_marker, "a", encoding="utf-8"):
                pass
        if not planned.commands:
            return
        timeout = _REFRESH_TIMEOUT if planned.refresh else _TIMEOUT
        answers = run_mqsc(self._runner, self._installation, self.name, planned.commands, timeout=timeout).answers
        steps = [step for step in planned.steps if step.command is not None]
        refused = [(step, answer) for step, answer in zip(steps, answers) if answer.error is not None or not answer.messages]
        # A refresh counts only if the attributes were set before it.
        if planned.refresh and not any(step.change["object"] in ("SECURITY", "QMGR") for step, _answer in refused):
            self._forget_refresh()
        if refused:
            done = tuple(step for step, answer in zip(steps, answers) if (step, answer) not in refused)
            raise AppliedInPart(_sentence(self.name, refused), Plan(done))

    def _forget_refresh(self) -> None:
        for marker in self._markers:
            if os.path.exists(marker):
                with _reported(f"The queue manager {self.name} is refreshed and the file {marker} was to be removed"):
                    os.unlink(marker)


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


@contextmanager
def _reported(attempt: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(f"{attempt}, and that failed ({error.strerror}); run as a user who may write there (become_user: mqm).") from error


def _sentence(queue_manager: str, refused: list[tuple[Step, Answer]]) -> str:
    step, answer = refused[0]
    change = step.change
    said = (answer.error or "no message").rstrip(".:-")
    if change["object"] == "SECURITY":
        if any(identifier.startswith("AMQ9710") for identifier in answer.messages):
            said += ", as channels did not end in time"
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
