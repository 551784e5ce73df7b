# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one way in which the collection runs programs on a host.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Mapping, Sequence

from .._core.errors import StateError, ToolError
from .lock import held


@dataclass(frozen=True)
class CommandResult:
    """Return code and decoded output of one program."""

    rc: int
    stdout: str
    stderr: str


class CommandRunner(ABC):
    """Port for external programs: an argument list in, a result out. There is no shell."""

    @abstractmethod
    def run(
        self,
        argv: Sequence[str],
        stdin: str | None = None,
        timeout: float = 60.0,
        cwd: str | None = None,
    ) -> CommandResult:
        """Run ``argv`` (``argv[0]`` a full path) with ``stdin`` as its standard input; ``timeout`` in seconds.

        Raises StateError when the program is missing or may not be run, ToolError when it does not end in time.
        A return code other than zero raises nothing: what it means depends on the program.
        """


class SubprocessRunner(CommandRunner):
    """Runs programs with the C locale, since IBM MQ translates its texts by the locale."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        base = dict(os.environ if environment is None else environment)
        base.update({"LANG": "C", "LC_ALL": "C"})
        base.pop("MQPROMPT", None)  # would be mixed into the output of runmqsc
        self._environment = base

    def run(
        self,
        argv: Sequence[str],
        stdin: str | None = None,
        timeout: float = 60.0,
        cwd: str | None = None,
    ) -> CommandResult:
        program = argv[0]
        try:
            done = subprocess.run(
                list(argv),
                input=(stdin or "").encode("utf-8"),
                capture_output=True,
                timeout=timeout,
                cwd=cwd,
                env=self._environment,
                pass_fds=held(),
                check=False,
            )
        except FileNotFoundError as error:
            raise StateError(
                f"The program {program} was to be run and is not there; install IBM MQ on this host or correct mq_tls_installation."
            ) from error
        except PermissionError as error:
            raise StateError(
                f"The program {program} was to be run and may not be by this user; run as a member of the group mqm (become_user: mqm)."
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ToolError(
                f"The program {program} was run and did not end within {timeout:.0f} seconds; look at the queue manager's error log.",
            ) from error
        return CommandResult(
            rc=done.returncode,
            stdout=done.stdout.decode("utf-8", "replace"),
            stderr=done.stderr.decode("utf-8", "replace"),
        )
