# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module queue_manager_info against a scripted runmqsc."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import ToolError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import parse_objects
from ansible_collections.mqfleet.tls.plugins.modules import queue_manager_info
from fakes import Call, ScriptedRunner, report

QMGR = ["AMQ8408I: Display Queue Manager details.", "   QMNAME(QM1)                             ALTDATE(2026-01-02)"]
QMGR += ["   CERTLABL(ibmwebspheremqqm1)             KEYRPWD(********)", "   SYNCPT                                  SUITEB(NONE)"]
CHANNELS = ["AMQ8414I: Display Channel details.", "   CHANNEL(SYSTEM.DEF.SENDER)              CHLTYPE(SDR)", "   HBINT(300)"]
CHANNELS += ["AMQ8414I: Display Channel details.", "   CHANNEL(QM2.TO.QM1)                     CHLTYPE(RCVR)", "   SSLCAUTH(REQUIRED)"]
LISTENERS = ["AMQ8630I: Display listener information details.", "   LISTENER(TLS)                           CONTROL(QMGR)", "   PORT(1414)"]
RUNNING = ["AMQ8631I: Display listener status details.", "   LISTENER(TLS)                           STATUS(RUNNING)"]
QUEUES = ["AMQ8409I: Display Queue details.", "   QUEUE(QM2)                              TYPE(QLOCAL)", "   NOTRIGGER", "   USAGE(XMITQ)"]
STATUS = ["AMQ8417I: Display Channel Status details.", "   CHANNEL(QM2.TO.QM1)                     CHLTYPE(RCVR)", "   STATUS(RUNNING)"]
INACTIVE = ["AMQ8420I: Channel Status not found."]
NOT_FOUND = ["AMQ8147E: IBM MQ object * not found."]


@pytest.fixture
def run(tmp_path: Path):
    for program in ("runmqsc", "dspmqver"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / program).touch()
    (tmp_path / "mqs.ini").write_text(f"QueueManager:\n   Name=QM1\n   Prefix={tmp_path}\n   Directory=QM1\n")
    defaults = {name: option.get("default") for name, option in queue_manager_info.argument_spec().items()}
    defaults.update(queue_manager="QM1", installation=str(tmp_path), data_path=str(tmp_path))

    def call(script: list[tuple[str, str, int]], **options: object) -> dict:
        program = {"runmqsc": [str(tmp_path / "bin" / "runmqsc"), "QM1"], "dspmqver": [str(tmp_path / "bin" / "dspmqver"), "-b", "-f", "2"]}
        runner = ScriptedRunner(*(Call(program[name], stdout=stdout, rc=rc) for name, stdout, rc in script))
        result = queue_manager_info.run({**defaults, **options}, runner)
        runner.finish()
        call.stdin = runner.stdin
        return result

    return call


def test_objects_come_in_the_shape_that_mqsc_takes(run) -> None:
    answers = report(QMGR, NOT_FOUND, QUEUES, NOT_FOUND, LISTENERS, RUNNING, CHANNELS)
    result = run([("runmqsc", answers, 10)], gather=["channels", "queue_manager", "queues", "listeners", "authinfo"])
    assert run.stdin == [
        "DISPLAY QMGR ALL\nDISPLAY AUTHINFO('*') ALL\nDISPLAY QLOCAL('*') ALL\nDISPLAY QREMOTE('*') ALL\nDISPLAY LISTENER('*') ALL\n"
        "DISPLAY LSSTATUS('*') ALL\nDISPLAY CHANNEL('*') ALL\n"
    ]
    assert result["objects"] == [
        {"object": "QMGR", "attributes": {"CERTLABL": "ibmwebspheremqqm1", "SUITEB": ["NONE"]}},
        {"object": "QLOCAL", "name": "QM2", "attributes": {"TRIGGER": False, "USAGE": "XMITQ"}},
        {"object": "LISTENER", "name": "TLS", "attributes": {"CONTROL": "QMGR", "PORT": 1414}, "started": True},
        {"object": "CHANNEL", "name": "QM2.TO.QM1", "attributes": {"CHLTYPE": "RCVR", "SSLCAUTH": "REQUIRED"}},
    ]
    assert len(parse_objects(result["objects"])) == 4
    assert result["queue_manager"]["ALTDATE"] == "2026-01-02"


def test_status_and_system_objects(run) -> None:
    result = run([("runmqsc", report(CHANNELS, STATUS), 0)], gather=["status", "channels"], system_objects=True)
    assert [one["name"] for one in result["objects"]] == ["SYSTEM.DEF.SENDER", "QM2.TO.QM1"]
    assert list(result["channels"]) == ["QM2.TO.QM1"]
    assert result["summary"]["QM2.TO.QM1"]["status"] == "RUNNING"
    assert run([("runmqsc", report(INACTIVE), 10)], gather=["status"])["channels"] == {}


def test_the_history_of_channels(run) -> None:
    channels = [*CHANNELS, "   ALTDATE(2026-01-02)                     ALTTIME(03.04.05)"]
    channels += ["AMQ8414I: Display Channel details.", "   CHANNEL(QM2.TO.QM1)                     CHLTYPE(CLNTCONN)"]
    result = run([("runmqsc", report(channels, STATUS[:2]), 0)], gather=["channels", "channel_history"])
    assert run.stdin == ["DISPLAY CHANNEL('*') ALL\nDISPLAY CHSTATUS('*') SAVED\n"]
    assert result["channel_history"] == {
        "SYSTEM.DEF.SENDER": {"has_run": False},
        "QM2.TO.QM1": {"ALTDATE": "2026-01-02", "ALTTIME": "03.04.05", "has_run": True},
    }
    assert "channels" not in result


def test_the_version_is_asked_only_on_request(run) -> None:
    assert run([("dspmqver", "9.4.2.0\n", 0)], gather=["version"])["version"] == "9.4.2.0"
    with pytest.raises(ToolError, match=r"dspmqver ended with return code 71; run dspmqver by hand to see why\.$"):
        run([("dspmqver", "", 71)], gather=["version"])


def test_of_the_configuration_file_only_what_decides_on_handshakes_is_shown(run, tmp_path) -> None:
    (tmp_path / "qmgrs" / "QM1").mkdir(parents=True)
    (tmp_path / "qmgrs" / "QM1" / "qm.ini").write_text("Log:\n   LogType=CIRCULAR\nSSL:\n   AllowTLSV13=TRUE\n   SSLHTTPProxyName=proxy\n")
    assert run([], gather=["tls_settings"]) == {"changed": False, "objects": [], "tls_settings": {"AllowTLSV13": "TRUE"}}


def test_an_answer_that_is_none(run) -> None:
    with pytest.raises(ToolError, match=r"^The queue manager QM1 was asked DISPLAY CHLAUTH\('\*'\) ALL and answered AMQ8135E"):
        run([("runmqsc", report(QMGR, ["AMQ8135E: Not authorized."]), 10)], gather=["chlauth", "queue_manager"])


def test_the_documentation_names_the_options() -> None:
    documented = yaml.safe_load(queue_manager_info.DOCUMENTATION)["options"]
    spec = queue_manager_info.argument_spec()
    assert set(documented) | {"queue_manager", "installation", "data_path"} == set(spec)
    assert documented["gather"]["choices"] == spec["gather"]["choices"]
    assert set(queue_manager_info._ASKED) | {"version", "tls_settings"} == set(spec["gather"]["choices"])
    assert yaml.safe_load(queue_manager_info.EXAMPLES)
    assert yaml.safe_load(queue_manager_info.RETURN)
