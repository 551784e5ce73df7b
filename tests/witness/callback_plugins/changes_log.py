# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback for tests: writes every `changes` that a task returns, so that check mode can be compared with the run."""

from __future__ import annotations

import json
import os

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: changes_log
type: aggregate
short_description: Write the changes that tasks return to a file
description:
  - Writes one JSON line for each result to the file that C(MQ_TLS_CHANGES_LOG) names, with C(.check) or C(.run) added.
requirements: [enable in configuration]
"""


class CallbackModule(CallbackBase):
    """Appends to the file; a playbook begins it anew."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "changes_log"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        """Begin the file anew where the playbook is the converging one."""
        del playbook
        base = os.environ.get("MQ_TLS_CHANGES_LOG")
        self._path = f"{base}.{'check' if context.CLIARGS['check'] else 'run'}" if base else None
        self._begun = False

    def v2_runner_on_ok(self, result):
        """Write the changes of a result, if it has any."""
        fields = getattr(result, "_result", None) or getattr(result, "result", {})
        if not self._path or "changes" not in fields:
            return
        host = getattr(result, "_host", None) or result.host
        task = getattr(result, "_task", None) or result.task
        with open(self._path, "a" if self._begun else "w", encoding="utf-8") as stream:
            self._begun = True
            line = {"host": host.get_name(), "task": task.get_name(), "changed": fields.get("changed"), "changes": fields["changes"]}
            stream.write(json.dumps(line, default=str) + "\n")
