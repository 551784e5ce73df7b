# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module key_repository: what it says of the queue manager's definitions in the same remote execution."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.mqfleet.tls.plugins.modules import key_repository as module
from fakes import report
from repository_host import EC, Host

FIPS = {"objects": [{"object": "QMGR", "attributes": {"SSLFIPS": False}}]}
SET = "   KEYRPWD(********)"  # never shown otherwise
OTHER = {"objects": [{"object": "QMGR", "attributes": {"SSLFIPS": True}}]}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host whose queue manager has a self-signed certificate and answers every question with the same attributes."""
    host = Host.make(tmp_path)
    answer = report(_attributes(host))
    program = host.folder / "opt/mqm/bin/runmqsc"
    program.write_text(f"#!/bin/sh\necho run >> {host.folder}/runs\nread question\ncat << 'END'\n{answer}\nEND\n")
    program.chmod(0o755)
    run(host)
    (host.directory / "refresh").unlink()
    return host


def _attributes(host: Host) -> list[str]:
    return ["AMQ8408I: Display Queue Manager details.", "   QMNAME(QM1)", "   SSLFIPS(NO)", f"   SSLKEYR({host.ssl / 'key.p12'})", SET]


def run(host: Host, **options: object) -> dict:
    given = {"identity": dict(EC), "issuer": {"type": "self_signed"}, "type": "pkcs12", **options}
    return json.loads(json.dumps(module.run(host.parameters(**given), False)))


@pytest.mark.parametrize(
    ("case", "running", "options", "applied"),
    [
        ("nothing runs", "", {}, True),
        ("nothing runs and the key repository is changed too", "", {"identity": {**EC, "subject": "CN=QM1,O=Bank"}}, True),
        ("a client runs with TLS", "TLSV12", {}, False),
        ("a client runs in the clear", "NONE", {}, True),
        ("a second pass may follow", "", {"_may_apply": False}, False),
        ("the refresh has to wait", "", {"mqsc": {**OTHER, "refresh": "never"}}, False),
    ],
)
def test_definitions_are_applied_where_nothing_that_runs_is_touched(
    host: Host, case: str, running: str, options: dict, applied: bool
) -> None:
    status = [
        "AMQ8417I: Display Channel Status details.",
        "   CHANNEL(CLIENTS)   CHLTYPE(SVRCONN)",
        f"   SECPROT({running})   STATUS(RUNNING)",
    ]
    counted = status if running else ["AMQ8420I: Channel Status not found."]
    answers = {  # what is asked in one run, each question up to a star
        "DISPLAY QMGR*DISPLAY CHSTATUS": [_attributes(host), counted],
        "DISPLAY QMGR": [_attributes(host)],
        "DISPLAY CHSTATUS": [counted],
        "ALTER QMGR": [["AMQ8005I: IBM MQ queue manager changed."]],
        "REFRESH SECURITY": [["AMQ8560I: IBM MQ security cache refreshed."]],
    }
    quoted = {"*".join(f"'{part}'" for part in asked.split("*")): report(*lines) for asked, lines in answers.items()}
    cases = "".join(f"{pattern}*) cat << 'END'\n{text}\nEND\n;;\n" for pattern, text in quoted.items())
    program = host.folder / "opt/mqm/bin/runmqsc"
    program.write_text(f'#!/bin/sh\nquestions=$(cat)\necho "$questions" >> {host.folder}/runs\ncase $questions in\n{cases}esac\n')
    result = run(host, **{"mqsc": OTHER, "_may_apply": True, **options})
    commands = (host.folder / "runs").read_text()
    assert ("ALTER QMGR" in commands, "REFRESH SECURITY" in commands) == (applied, applied), case
    if applied:
        assert [change["action"] for change in result["mqsc"]["changes"]] == ["alter", "refresh"]
        assert not (host.directory / "refresh").exists()
    else:
        assert result["mqsc"] is None


def runs(host: Host) -> int:
    """How often runmqsc was called."""
    path = host.folder / "runs"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_the_queue_manager_is_compared_in_the_same_execution(host: Host) -> None:
    result = run(host, mqsc=FIPS)
    assert result["changed"] is False
    assert result["mqsc"]["changed"] is False
    assert result["mqsc"]["changes"] == []
    assert runs(host) == 1


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("nobody asks", {}),
        ("definitions differ", {"mqsc": OTHER}),
        ("an option that mqsc does not have", {"mqsc": {**FIPS, "objetcs": []}}),
        ("an object that mqsc refuses", {"mqsc": {"objects": [{"object": "QMGR", "attributes": {"SSLFIPS": "perhaps"}}]}}),
        ("the key repository differs", {"mqsc": FIPS, "identity": {**EC, "subject": "CN=QM1,O=Bank"}}),
    ],
)
def test_mqsc_has_to_look_itself(host: Host, case: str, options: dict) -> None:
    assert run(host, **options)["mqsc"] is None, case


def test_mqsc_has_to_look_itself_where_a_refresh_is_outstanding(host: Host) -> None:
    (host.directory / "refresh").touch()
    assert run(host, mqsc=FIPS)["mqsc"] is None
    assert run(host, mqsc={**FIPS, "refresh": "never"})["mqsc"] is None


def test_mqsc_has_to_look_itself_where_the_queue_manager_does_not_answer(host: Host) -> None:
    (host.folder / "opt/mqm/bin/runmqsc").write_text("#!/bin/sh\necho 'AMQ8146E: IBM MQ queue manager not available.'\nexit 20\n")
    result = run(host, mqsc=FIPS)
    assert (result["changed"], result["mqsc"]) == (False, None)
