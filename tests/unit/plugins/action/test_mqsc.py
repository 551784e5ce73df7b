# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action mqsc: what has been compared already needs no remote execution."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.mqfleet.tls.plugins.action.mqsc import ActionModule

NOTHING = {"changed": False, "changes": [], "never_run": [], "restart": []}
REMOTE = {"changed": True, "changes": ["one"]}


@pytest.mark.parametrize(
    ("seen", "expected", "executions"),
    [
        (NOTHING, NOTHING, 0),
        (None, REMOTE, 1),
        ("", REMOTE, 1),
        ({**NOTHING, "changed": True}, {**NOTHING, "changed": True}, 0),
        ({}, REMOTE, 1),
    ],
)
def test_a_remote_execution_only_where_it_is_needed(seen: object, expected: dict, executions: int) -> None:
    done = []
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(args={"queue_manager": "QM1", "seen": seen}, async_val=0, check_mode=False, diff=False)
    action._execute_module = lambda module_name, task_vars: done.append(module_name) or dict(REMOTE)
    action._connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action._make_tmp_path = lambda: None
    assert action.run(None, {}) == expected
    assert done == ["mqfleet.tls.mqsc"] * executions
