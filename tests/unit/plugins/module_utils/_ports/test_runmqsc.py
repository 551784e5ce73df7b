# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, StateError, ToolError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.command import Command, Keyword, Secret
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import CommandResult, CommandRunner
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.installation import Installation
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.runmqsc import run_mqsc

BANNER = "5724-H72 (C) Copyright IBM Corp. 1994, 2024.\nStarting MQSC for queue manager QM1.\n\n\n"
CLOSING = "No MQSC commands read.\nNo commands have a syntax error.\nAll valid MQSC commands were processed.\n"
DISPLAY = Command("DISPLAY", "CHSTATUS", "*")
PASSWORD = Command("ALTER", "QMGR", None, (("KEYRPWD", Secret("sword'fish")), ("SSLEV", Keyword("ENABLED"))))


class ScriptedRunner(CommandRunner):
    """Gives one prepared result and remembers what it was asked."""

    def __init__(self, rc, stdout, stderr=""):
        self.result = CommandResult(rc, stdout, stderr)
        self.calls = []

    def run(self, argv, stdin=None, timeout=60.0, cwd=None):
        self.calls.append((list(argv), stdin, timeout))
        return self.result


@pytest.fixture
def installation(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "runmqsc").touch()
    return Installation(str(tmp_path), "/var/mqm")


def test_commands_go_to_standard_input_and_answers_come_back(installation):
    runner = ScriptedRunner(
        10,
        f"{BANNER}     1 : DISPLAY CHSTATUS('*')\nAMQ8420I: Channel Status not found.\n"
        "     2 : ALTER QMGR KEYRPWD('x') SSLEV(ENABLED)\nAMQ8005I: IBM MQ queue manager changed.\n",
    )
    report = run_mqsc(runner, installation, "QM1", [DISPLAY, PASSWORD], timeout=700)
    assert runner.calls == [
        ([installation.program("runmqsc"), "QM1"], "DISPLAY CHSTATUS('*')\nALTER QMGR KEYRPWD('sword''fish') SSLEV(ENABLED)\n", 700)
    ]
    assert [answer.error for answer in report.answers] == ["AMQ8420I: Channel Status not found.", None]


@pytest.mark.parametrize(
    ("rc", "line", "message"),
    [
        (
            20,
            "AMQ8146E: IBM MQ queue manager not available.",
            "MQSC commands were to be run on the queue manager QM1 and it is not running (AMQ8146); start it with: strmqm QM1.",
        ),
        (
            0,
            "AMQ8146: WebSphere MQ queue manager not available.",
            "MQSC commands were to be run on the queue manager QM1 and it is not running (AMQ8146); start it with: strmqm QM1.",
        ),
        (
            20,
            "AMQ8118E: IBM MQ queue manager does not exist.",
            "MQSC commands were to be run on the queue manager QM1 and it does not exist on this host (AMQ8118); "
            "create it with crtmqm or correct mq_tls_queue_manager.",
        ),
        (
            20,
            "AMQ8135E: Not authorized.",
            "MQSC commands were to be run on the queue manager QM1 and this user is not authorized (AMQ8135); "
            "run as a member of the group mqm (become_user: mqm).",
        ),
    ],
)
def test_a_queue_manager_that_cannot_be_spoken_to(installation, rc, line, message):
    for stdout, stderr in ((f"{BANNER}{line}\n\n{CLOSING}", ""), ("", line)):
        if rc == 0 and not stdout:
            continue
        with pytest.raises(StateError) as refusal:
            run_mqsc(ScriptedRunner(rc, stdout, stderr), installation, "QM1", [DISPLAY, DISPLAY])
        assert str(refusal.value) == message


def test_not_authorized_for_a_single_command_is_its_answer(installation):
    runner = ScriptedRunner(10, f"{BANNER}     1 : DISPLAY CHSTATUS('*')\nAMQ8135E: Not authorized.\n")
    (answer,) = run_mqsc(runner, installation, "QM1", [DISPLAY]).answers
    assert answer.error == "AMQ8135E: Not authorized."


def test_other_failures_keep_what_was_said(installation):
    runner = ScriptedRunner(20, f"{BANNER}AMQ9999E: Something else.\n", "trouble")
    with pytest.raises(ToolError) as refusal:
        run_mqsc(runner, installation, "QM1", [DISPLAY])
    assert str(refusal.value) == (
        "runmqsc was run on the queue manager QM1 with 1 MQSC commands and ended with return code 20 "
        "(AMQ9999E: Something else.); look at the queue manager's error log."
    )
    assert (refusal.value.rc, refusal.value.stderr) == (20, "trouble")
    assert "Something else" in refusal.value.stdout


def test_commands_without_an_answer_are_a_failure(installation):
    runner = ScriptedRunner(0, f"{BANNER}     1 : DISPLAY CHSTATUS('*')\nAMQ8420I: Channel Status not found.\n")
    with pytest.raises(ToolError, match=r"with 2 MQSC commands and answered 1 of them; look at the queue manager's error log\.$"):
        run_mqsc(runner, installation, "QM1", [DISPLAY, DISPLAY])


@pytest.mark.parametrize(
    "stdout",
    [
        "     1 : ALTER QMGR KEYRPWD('sword''fish')\nAMQ8405I: Syntax error detected at or near end of command segment below:-\n"
        "ALTER QMGR KEYRPWD('swor\n",
        "     1 : ALTER QMGR KEYRPWD('swor+\n       :   d''fish')\nAMQ9710E: sword'fish.\n",
        "AMQ8005I: sword''fish SWORD'FISH\n",
    ],
)
def test_no_error_shows_a_secret(installation, stdout):
    runner = ScriptedRunner(20, BANNER + stdout, "sword'fish")
    with pytest.raises(ToolError) as refusal:
        run_mqsc(runner, installation, "QM1", [PASSWORD])
    shown = f"{refusal.value} {refusal.value.stdout} {refusal.value.stderr}".lower()
    assert "swor" not in shown
    assert "fish" not in shown
    assert "AMQ" in refusal.value.stdout


@pytest.mark.parametrize("name", ["", "-e", "QM 1", "QM1;ls", "Q" * 49, "QM1\n"])
def test_names_that_no_queue_manager_can_have(installation, name):
    runner = ScriptedRunner(0, "")
    with pytest.raises(InputError, match="no queue manager can have this name"):
        run_mqsc(runner, installation, name, [DISPLAY])
    assert runner.calls == []
