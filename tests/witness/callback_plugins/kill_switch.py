# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback for tests: ends ansible-playbook with SIGKILL right after the n-th task, or the n-th task result."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kill_switch
type: aggregate
short_description: Kill the controller after a task
description:
  - After as many tasks as C(MQ_TLS_KILL_AFTER) says, with the results of all hosts, ansible-playbook is killed with SIGKILL. With
    C(MQ_TLS_KILL_EACH=result) it is killed after as many task results, with its forks, and with C(MQ_TLS_KILL_MODULES=1) also with the modules
    that they run at that moment. Without it these go on, as they do on a remote host.
  - What the last one was is appended to the file that C(MQ_TLS_KILL_LOG) names.
requirements: [enable in configuration]
"""


class CallbackModule(CallbackBase):
    """Counts results of any kind."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_switch"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        """Begin to count."""
        del playbook
        self._left = int(os.environ["MQ_TLS_KILL_AFTER"])
        self._each_result = os.environ.get("MQ_TLS_KILL_EACH") == "result"
        self._task = None

    def v2_playbook_on_task_start(self, task, is_conditional):
        """The task before has ended on all hosts."""
        del is_conditional
        self._task_ended()
        self._task = task.get_name()

    def v2_playbook_on_stats(self, stats):
        """So has the last one."""
        del stats
        self._task_ended()

    def _task_ended(self):
        if self._task and not self._each_result:
            self._count(f"all hosts: {self._task}")

    def v2_runner_on_ok(self, result):
        """One more."""
        self._result(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        """One more."""
        del ignore_errors
        self._result(result)

    def v2_runner_on_skipped(self, result):
        """One more."""
        self._result(result)

    def v2_runner_on_unreachable(self, result):
        """One more."""
        self._result(result)

    def _result(self, result):
        if self._each_result:
            host = getattr(result, "_host", None) or result.host
            task = getattr(result, "_task", None) or result.task
            self._count(f"{host.get_name()}: {task.get_name()}")

    def _count(self, ended):
        self._left -= 1
        if self._left:
            return
        with open(os.environ["MQ_TLS_KILL_LOG"], "a", encoding="utf-8") as stream:
            stream.write(f"{ended}\n")
        # The forks are in sessions of their own, so no signal to a group reaches them.
        forks = _children()[os.getpid()]
        doomed = _below(os.getpid()) if os.environ.get("MQ_TLS_KILL_MODULES") == "1" else forks
        for pid in [*doomed, os.getpid()]:
            os.kill(pid, signal.SIGKILL)


def _children():
    """Process -> those that it has started."""
    found = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = entry.joinpath("stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        except OSError:  # it has ended meanwhile
            continue
        found[int(parent)].append(int(entry.name))
    return found


def _below(pid):
    children, found = _children(), [pid]
    for one in found:
        found += children[one]
    return found[1:]
