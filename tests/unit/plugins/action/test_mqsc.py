# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action mqsc: what has been compared already needs no remote execution, and what waits for another queue manager is left out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.mqfleet.tls.plugins.action.mqsc import ActionModule

NOTHING = {"changed": False, "changes": [], "never_run": [], "restart": []}
REMOTE = {"changed": True, "changes": ["one"]}
DONE = {**REMOTE, "commands": ["ALTER"], "refreshed": True, "restart": ["A.B"]}


def run(options: dict, variables: dict | None = None, answer: dict | None = None) -> tuple[dict, list[dict], list[str]]:
    """The result, the arguments of the remote executions, and the warnings."""
    executions: list[dict] = []
    warnings: list[str] = []

    def execute(module_name: str, module_args: dict, task_vars: dict) -> dict:
        assert module_name == "mqfleet.tls.mqsc"
        executions.append(module_args)
        return dict(answer or REMOTE)

    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(args={"queue_manager": "QM3", **options}, async_val=0, check_mode=False, diff=False)
    action._execute_module = execute
    action._display = SimpleNamespace(warning=warnings.append)
    action._connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action._make_tmp_path = lambda: None
    return action.run(None, variables or {}), executions, warnings


@pytest.mark.parametrize(
    ("options", "expected", "executions"),
    [
        ({"seen": NOTHING}, NOTHING, 0),
        ({"seen": None}, REMOTE, 1),
        ({"seen": ""}, REMOTE, 1),
        ({"seen": {**NOTHING, "changed": True}}, {**NOTHING, "changed": True}, 0),
        ({"seen": {}}, REMOTE, 1),
        ({"done": {}, "seen": NOTHING}, NOTHING, 0),
        ({"done": {}}, REMOTE, 1),
        # what was done in an earlier play is not said twice, and handlers are notified
        ({"done": {**DONE, "diff": {"before": ""}, "warnings": ["w"]}, "seen": NOTHING}, {**DONE, "changes": [], "commands": []}, 0),
        ({"done": NOTHING}, {**NOTHING, "commands": []}, 0),
    ],
)
def test_a_remote_execution_only_where_it_is_needed(options: dict, expected: dict, executions: int) -> None:
    result, done, warnings = run({**options, "waits_for": {}})
    assert (result, done, warnings) == (expected, [{"queue_manager": "QM3"}] * executions, [])


OBJECTS = [
    {"object": "QMGR", "attributes": {"CERTLABL": "ibmwebspheremqqm3"}},
    {"object": "QLOCAL", "name": "PAY.QM1", "attributes": {}},
    {"object": "CHANNEL", "name": "PAY.QM1", "attributes": {"CHLTYPE": "CLUSSDR"}},
    {"object": "CHANNEL", "name": "PAY.QM3", "attributes": {"CHLTYPE": "CLUSRCVR"}},
    {"object": "CHANNEL", "name": "QM3.TO.QM4", "attributes": {"CHLTYPE": "SDR"}},
]
WAITS_FOR = {"qm1": {"queue_manager": "QM1", "channels": ["PAY.QM3", "PAY.QM1"]}}
INITIATES = ["PAY.QM1", "QM3.TO.QM4"]


@pytest.mark.parametrize(
    ("case", "in_play", "left", "waits"),
    [
        ("its host has failed", ["qm1", "qm2", "qm3"], ["qm2", "qm3"], True),
        ("all are there", ["qm1", "qm2", "qm3"], ["qm1", "qm2", "qm3"], False),
        ("another full repository has failed", ["qm1", "qm2", "qm3"], ["qm1", "qm3"], False),
        ("it is left out", ["qm3"], ["qm3"], False),
    ],
)
def test_channels_wait_for_the_full_repository_that_they_lead_to(case: str, in_play: list, left: list, waits: bool) -> None:
    options = {"objects": OBJECTS, "initiates": INITIATES, "waits_for": WAITS_FOR}
    result, done, warnings = run(options, {"ansible_play_hosts_all": in_play, "ansible_play_hosts": left})
    objects = [*OBJECTS[:2], OBJECTS[4]] if waits else OBJECTS
    assert len(done) == 1, case
    assert (done[0]["objects"], done[0]["initiates"]) == (objects, ["QM3.TO.QM4"] if waits else INITIATES)
    assert result == ({**REMOTE, "held_back": ["PAY.QM3", "PAY.QM1"]} if waits else REMOTE)
    assert warnings == (
        [
            "The channels PAY.QM3 and PAY.QM1 of the queue manager QM3 were to be compared with their description and are left as they are, "
            "since QM1 (host qm1), the full repository that it calls, has failed or could not be reached in this run; correct that and run "
            "again, or leave qm1 out with --limit and they do not wait."
        ]
        if waits
        else []
    )


def test_nothing_waits_where_nothing_is_to_be_done_or_the_queue_manager_has_failed() -> None:
    lost = {"ansible_play_hosts_all": ["qm1", "qm3"], "ansible_play_hosts": ["qm3"]}
    options = {"objects": OBJECTS, "initiates": INITIATES, "waits_for": WAITS_FOR}
    assert run({**options, "seen": NOTHING}, lost) == (NOTHING, [], [])
    failed = {"failed": True, "msg": "QM3 is stopped."}
    result, _done, warnings = run(options, lost, failed)
    assert (result, warnings) == (failed, [])
