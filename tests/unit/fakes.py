# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the ports: a conversation with programs is written down in advance, and anything else fails the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, Sequence

from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import CommandResult, CommandRunner


class HostVars(Dict[str, Mapping[str, Any]]):
    """The variables of all hosts, none of which is a template."""

    def raw_get(self, host: str) -> Mapping[str, Any]:
        return self[host]


@dataclass
class Call:
    """One expected run of a program and what it answers.

    ``argv`` has to be equal; ``stdin`` too, unless it is None. ``effect`` is called before the answer, as the program would do
    something; it may raise.
    """

    argv: Sequence[str]
    stdout: str = ""
    rc: int = 0
    stderr: str = ""
    stdin: str | None = None
    effect: Callable[[], None] | None = None


class ScriptedRunner(CommandRunner):
    """Answers the expected calls in their order; a call that is not expected, or in another order, fails the test."""

    def __init__(self, *calls: Call) -> None:
        self.expected = list(calls)
        self.argv: list[list[str]] = []
        self.stdin: list[str] = []
        self.timeouts: list[float] = []

    def run(self, argv: Sequence[str], stdin: str | None = None, timeout: float = 60.0, cwd: str | None = None) -> CommandResult:
        self.argv.append(list(argv))
        self.stdin.append(stdin or "")
        self.timeouts.append(timeout)
        if not self.expected:
            raise AssertionError(f"no further program was expected, and {list(argv)} was run with {stdin!r}")
        call = self.expected.pop(0)
        if list(call.argv) != list(argv):
            raise AssertionError(f"expected the run of {list(call.argv)}, not of {list(argv)}")
        if call.stdin is not None and call.stdin != (stdin or ""):
            raise AssertionError(f"expected the input\n{call.stdin}\nnot\n{stdin}")
        if call.effect is not None:
            call.effect()
        return CommandResult(rc=call.rc, stdout=call.stdout, stderr=call.stderr)

    def finish(self) -> None:
        """Fails when an expected call has not come."""
        if self.expected:
            raise AssertionError(f"expected the run of {list(self.expected[0].argv)} as well")


def report(*answers: Sequence[str]) -> str:
    """What runmqsc prints when it answers one command after the other with these lines."""
    lines = ["5724-H72 (C) Copyright IBM Corp. 1994, 2025.", "Starting MQSC for queue manager QM1.", "", ""]
    for number, answer in enumerate(answers, start=1):
        lines += [f"{number:6} : COMMAND", *answer]
    read = "One MQSC command read." if len(answers) == 1 else f"{len(answers)} MQSC commands read."
    return "\n".join([*lines, read, "No commands have a syntax error.", "All valid MQSC commands were processed.", ""])
