# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run of runmqsc: commands in, answers out.

Source: IBM MQ documentation, "runmqsc (run MQSC commands)": 0 all processed, 10 processed and some failed (a DISPLAY that
finds nothing is one of them), 20 not run. The closing lines say success even where the queue manager is stopped, so the
return code and the message ids decide.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Sequence

from .._core.errors import InputError, StateError, ToolError
from .._core.mqsc.command import Command
from .._core.mqsc.quote import quote
from .._core.mqsc.report import Report, parse
from .command import CommandResult, CommandRunner
from .installation import Installation

_QUEUE_MANAGER = re.compile(r"[A-Za-z0-9._/%]{1,48}\Z")
# Lines that say what happened and hold no part of a command.
_HARMLESS_LINE = re.compile(r"\s*(?:AMQ\d{4}|\d{4}-|Starting MQSC|.*MQSC commands? (?:read|could|were)|.*a syntax error\.)")
_NOT_READY = {
    "AMQ8146": "and it is not running (AMQ8146); start it with: strmqm {name}",
    "AMQ8118": "and it does not exist on this host (AMQ8118); create it with crtmqm or correct mq_tls_queue_manager",
    "AMQ8135": "and this user is not authorized (AMQ8135); run as a member of the group mqm (become_user: mqm)",
}


def run_mqsc(
    runner: CommandRunner, installation: Installation, queue_manager: str, commands: Sequence[Command], timeout: float = 60.0
) -> Report:
    """Send ``commands`` on the standard input of ``runmqsc``; ``timeout`` in seconds (REFRESH SECURITY may need more than 600).

    ``answers`` of the report has one entry for each command, in order. A command that failed raises nothing: see ``Answer.error``.

    Raises InputError for a name that no queue manager can have or a command that MQSC does not take, StateError when the queue
    manager is stopped, unknown or closed to this user, ToolError when runmqsc did not answer every command. No error shows a secret.
    """
    if not _QUEUE_MANAGER.match(queue_manager):
        raise InputError(
            f"The queue manager {queue_manager!r} was to be spoken to and no queue manager can have this name; "
            "use 1 to 48 letters, digits, '.', '_', '/' and '%'."
        )
    script = "".join(command.text() + "\n" for command in commands)
    result = runner.run([installation.program("runmqsc"), queue_manager], stdin=script, timeout=timeout)
    report = parse(result.stdout)
    _check(queue_manager, commands, result, report)
    return report


def _check(queue_manager: str, commands: Sequence[Command], result: CommandResult, report: Report) -> None:
    # Before the first command is answered, or when nothing was run, these ids speak of the queue manager as a whole.
    first = next((identifier[:7] for identifier in report.messages), "")
    spoken = (
        [first] if result.rc in (0, 10) else [identifier[:7] for identifier in report.messages] + re.findall(r"AMQ\d{4}", result.stderr)
    )
    for identifier, reason in _NOT_READY.items():
        if identifier in spoken and not (identifier == "AMQ8135" and len(report.answers) == len(commands)):
            raise StateError(f"MQSC commands were to be run on the queue manager {queue_manager} {reason.format(name=queue_manager)}.")
    if result.rc in (0, 10) and len(report.answers) == len(commands):
        return
    what = f"runmqsc was run on the queue manager {queue_manager} with {len(commands)} MQSC commands and "
    if result.rc in (0, 10):
        what += f"answered {len(report.answers)} of them"
    else:
        said = _first_text(report)
        what += f"ended with return code {result.rc}" + (f" ({said})" if said else "")
    raise ToolError(
        _redacted(f"{what}; look at the queue manager's error log.", commands),
        rc=result.rc,
        stdout=_shown(result.stdout, commands),
        stderr=_redacted(result.stderr, commands),
    )


def _first_text(report: Report) -> str:
    return next((text for answer in report.answers for text in answer.texts), "")


def _shown(output: str, commands: Sequence[Command]) -> str:
    """The output for people. With a secret among the commands, echoes and quoted parts of commands are left out as a whole: a password
    that was continued on the next line or cut by a syntax error would not be found by its text.
    """
    if not any(command.secrets() for command in commands):
        return output
    kept = [line for line in output.splitlines() if not line.strip() or _HARMLESS_LINE.match(line)]
    return _redacted("\n".join(kept), commands)


def _redacted(text: str, commands: Sequence[Command]) -> str:
    for command in commands:
        for secret in command.secrets():
            for form in {secret, quote(secret)[1:-1], secret.upper()} - {""}:
                text = text.replace(form, "********")
    return text
