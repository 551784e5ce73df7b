# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module channel against a scripted runmqsc and a clock of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, ToolError
from ansible_collections.mqfleet.tls.plugins.modules import channel
from fakes import Call, ScriptedRunner, report

NAME = "QM1.TO.QM2"
SETTINGS = ["AMQ8408I: Display Queue Manager details.", "   QMNAME(QM1)                             SSLFIPS(NO)", "   SUITEB(NONE)"]
INACTIVE = ["AMQ8420I: Channel Status not found."]
ACCEPTED = ["AMQ8018I: Start IBM MQ channel accepted."]
STOPPED = ["AMQ8019I: Stop IBM MQ channel accepted."]
START = f"START CHANNEL('{NAME}')\n"
DISPLAY = f"DISPLAY CHSTATUS('{NAME}') ALL\n"


def row(status: str, kind: str = "SDR", job: str = "1", **more: str) -> list[str]:
    attributes = {"CHSTADA": "2026-01-02", "CHSTATI": "03.04.05", "JOBNAME": job, "STATUS": status, **more}
    items = [f"   {keyword}({value})" for keyword, value in attributes.items()]
    return ["AMQ8417I: Display Channel Status details.", f"   {f'CHANNEL({NAME})':<37}   CHLTYPE({kind})", *items]


class Host:
    """A host with one queue manager, a scripted runmqsc, and time that passes only by sleeping."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "var" / "qmgrs" / "QM1"
        (self.directory / "errors").mkdir(parents=True)
        (root / "opt" / "bin").mkdir(parents=True)
        (root / "opt" / "bin" / "runmqsc").touch()
        (root / "var" / "mqs.ini").write_text(f"QueueManager:\n   Name=QM1\n   Prefix={root}/var\n   Directory=QM1\n")
        self.options = {name: option.get("default") for name, option in channel.argument_spec().items()}
        self.options.update(queue_manager="QM1", installation=str(root / "opt"), data_path=str(root / "var"))
        self.argv = [str(root / "opt" / "bin" / "runmqsc"), "QM1"]
        self.now = 0.0

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def run(self, *calls: tuple[str, list[str]], check_mode: bool = False, **options: object) -> dict:
        script = [Call(self.argv, stdout=report(answer), stdin=stdin) for stdin, answer in calls]
        runner = ScriptedRunner(*script)
        result = channel.run({**self.options, **options}, runner, check_mode, lambda: self.now, self._sleep)
        runner.finish()
        return result


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def stop(status: str | None, mode: str = "QUIESCE") -> str:
    return f"STOP CHANNEL('{NAME}') MODE({mode})" + (f" STATUS({status})" if status else "") + "\n"


def test_a_running_channel_costs_one_run(host: Host) -> None:
    result = host.run((DISPLAY, row("RUNNING", SSLCIPH="TLS_AES_256_GCM_SHA384", SECPROT="TLSV13", SSLPEER="CN=QM2")), channels=[NAME])
    assert (result["changed"], result["changes"], result["commands"]) == (False, [], [])
    assert result["summary"][NAME] == {
        "status": "RUNNING",
        "channel_type": "SDR",
        "conname": None,
        "queue_manager": None,
        "cipher_spec": "TLS_AES_256_GCM_SHA384",
        "protocol": "TLSV13",
        "partner": "CN=QM2",
        "issuer": None,
        "substate": None,
    }
    assert result["channels"][NAME][0]["SECPROT"] == "TLSV13"


def test_an_inactive_channel_is_started_and_waited_for(host: Host) -> None:
    reading = (DISPLAY, INACTIVE)
    announced = host.run(reading, channels=[NAME], check_mode=True)
    done = host.run(reading, (START, ACCEPTED), (DISPLAY, INACTIVE), (DISPLAY, row("BINDING")), (DISPLAY, row("RUNNING")), channels=[NAME])
    assert (
        announced["changes"]
        == done["changes"]
        == [{"object": "CHANNEL", "name": NAME, "action": "start", "attributes": {}, "reason": "is INACTIVE"}]
    )
    assert "failed" not in done
    assert host.now == pytest.approx(0.3 + 0.45 + 0.675)


def test_a_retrying_channel_is_tried_at_once(host: Host) -> None:
    done = host.run(
        (DISPLAY, row("RETRYING")),
        (stop("INACTIVE"), STOPPED),
        (DISPLAY, row("RETRYING")),
        (DISPLAY, INACTIVE),
        (START, ACCEPTED),
        (DISPLAY, row("RUNNING")),
        channels=[NAME],
    )
    assert done["commands"] == [stop("INACTIVE").strip(), START.strip()]
    assert [change["reason"] for change in done["changes"]] == ["is RETRYING"]


def test_a_channel_that_starts_by_itself_is_waited_for(host: Host) -> None:
    assert host.run((DISPLAY, row("BINDING")), (DISPLAY, row("RUNNING")), channels=[NAME])["changed"] is False


def test_a_failed_start_ends_the_waiting_with_the_reason_from_the_log(host: Host) -> None:
    (host.directory / "errors" / "AMQERR01.LOG").write_text(
        "01/02/2099 03:04:05 AM - Process(12.3) User(mqm) Program(runmqchl)\n"
        "                    Host(h) Installation(Installation1)\n"
        "                    VRMF(9.4.2.0) QMgr(QM1)\n"
        "                    Time(2099-01-02T03:04:05.000Z)\n"
        f"                    CommentInsert1({NAME})\n"
        f"                   \nAMQ9633E: Bad SSL certificate for channel '{NAME}'.\n\nEXPLANATION:\nx\nACTION:\ny\n"
        "----- amqccisa.c : 10957 ------------------------------------------------------\n"
    )
    result = host.run(
        (DISPLAY, INACTIVE),
        (START, ACCEPTED),
        *[(DISPLAY, row("RETRYING"))] * 3,
        channels=[NAME],
        error_log=True,
    )
    assert result["failed"] is True
    assert host.now < 3
    assert result["msg"] == (
        f"The channels {NAME} (RETRYING) of the queue manager QM1 were to be started and are not; the latest message is "
        f"AMQ9633E: Bad SSL certificate for channel '{NAME}'; see error_log."
    )
    assert [entry["inserts"] for entry in result["error_log"]] == [{"CommentInsert1": NAME}]


def test_the_waiting_has_an_end(host: Host) -> None:
    result = host.run((DISPLAY, row("BINDING")), *[(DISPLAY, row("BINDING"))] * 3, channels=[NAME], timeout=1)
    assert result["msg"] == (
        f"The channels {NAME} (BINDING) of the queue manager QM1 were to be started and are not; set error_log, or look at AMQERR01.LOG."
    )


def test_without_wait_the_accepted_start_is_enough(host: Host) -> None:
    result = host.run((DISPLAY, INACTIVE), (START, ACCEPTED), channels=[NAME], wait=False)
    assert "failed" not in result
    assert host.now == 0


def test_in_use_means_that_it_is_starting_already(host: Host) -> None:
    busy = [f"AMQ9514E: Channel '{NAME}' is in use."]
    assert "failed" not in host.run((DISPLAY, INACTIVE), (START, busy), (DISPLAY, row("RUNNING")), channels=[NAME])


def test_a_channel_that_does_not_exist(host: Host) -> None:
    with pytest.raises(ToolError) as error:
        host.run((DISPLAY, INACTIVE), (START, [f"AMQ8227E: Channel {NAME} not found."]), channels=[NAME])
    assert str(error.value) == (
        f"The channel {NAME} of the queue manager QM1 was sent START CHANNEL('{NAME}') and the answer was AMQ8227E: Channel {NAME} not found; "
        "correct its definition (mqfleet.tls.mqsc) or its name."
    )


def test_restart_waits_for_the_end_of_the_conversation(host: Host) -> None:
    result = host.run(
        (DISPLAY, row("RUNNING")),
        (stop("INACTIVE"), STOPPED),
        (DISPLAY, row("STOPPING")),
        (DISPLAY, INACTIVE),
        (START, ACCEPTED),
        (DISPLAY, row("RUNNING", job="2")),
        restart=[NAME],
    )
    assert [(change["action"], change["reason"]) for change in result["changes"]] == [("start", "runs as it was defined before")]


def test_restart_of_a_triggered_channel_that_was_quicker(host: Host) -> None:
    result = host.run(
        (DISPLAY, row("RUNNING")),
        (stop("INACTIVE"), STOPPED),
        (DISPLAY, row("RUNNING")),
        (DISPLAY, row("RUNNING", job="2")),
        restart=[NAME],
    )
    assert result["commands"] == [stop("INACTIVE").strip()]


def test_restart_of_a_responding_channel_only_ends_it(host: Host) -> None:
    result = host.run((DISPLAY, row("RUNNING", kind="RCVR")), (stop("INACTIVE"), STOPPED), restart=[NAME])
    assert [change["action"] for change in result["changes"]] == ["stop"]
    assert "failed" not in result


def test_restart_without_an_instance_is_a_start(host: Host) -> None:
    assert host.run((DISPLAY, INACTIVE), (START, ACCEPTED), (DISPLAY, row("RUNNING")), restart=[NAME])["commands"] == [START.strip()]


@pytest.mark.parametrize(
    ("state", "calls", "commands"),
    [
        ("stopped", [row("RUNNING"), STOPPED, row("STOPPED")], [stop(None)]),
        ("stopped", [row("STOPPED")], []),
        ("stopped", [INACTIVE], []),
        ("inactive", [row("RUNNING"), STOPPED, row("STOPPING"), INACTIVE], [stop("INACTIVE")]),
        ("inactive", [row("STOPPED"), STOPPED, INACTIVE], [stop("INACTIVE")]),
        ("inactive", [row("RUNNING"), ["AMQ9533W: Channel is not currently active."], INACTIVE], [stop("INACTIVE")]),
        ("inactive", [INACTIVE], []),
        ("observed", [row("RETRYING")], []),
    ],
)
def test_other_states(host: Host, state: str, calls: list[list[str]], commands: list[str]) -> None:
    script = [(stop("INACTIVE" if state == "inactive" else None) if index == 1 else DISPLAY, lines) for index, lines in enumerate(calls)]
    result = host.run(*script, channels=[NAME], state=state)
    assert result["commands"] == [command.strip() for command in commands]
    assert result["changed"] is bool(commands)
    assert "failed" not in result


def test_the_error_log_is_read_only_when_something_does_not_run(host: Host) -> None:
    assert host.run((DISPLAY, row("RUNNING")), responders=[NAME], state="observed", error_log=True)["error_log"] == []
    assert host.run((DISPLAY, INACTIVE), responders=[NAME], state="observed", error_log=True)["summary"] == {NAME: None}


def test_several_instances_of_a_responding_channel(host: Host) -> None:
    result = host.run(
        (DISPLAY, [*row("STOPPING", kind="RCVR"), *row("RUNNING", kind="RCVR", RQMNAME="QM7")]), responders=[NAME], state="observed"
    )
    assert [instance["STATUS"] for instance in result["channels"][NAME]] == ["STOPPING", "RUNNING"]
    assert result["summary"][NAME]["queue_manager"] == "QM7"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": ["A", "X*"]}, "channels[1] is 'X*'; the name of a channel is up to 20 of the characters A-Z a-z 0-9 . / _ and %."),
        ({"restart": ["A"], "state": "stopped"}, "The option restart is given with state stopped; it only goes with state started."),
    ],
)
def test_refusals(host: Host, options: dict, message: str) -> None:
    with pytest.raises(InputError) as error:
        host.run(**options)
    assert str(error.value) == message


def test_the_documentation_names_the_options() -> None:
    documented = yaml.safe_load(channel.DOCUMENTATION)["options"]
    spec = channel.argument_spec()
    assert set(documented) | {"queue_manager", "installation", "data_path"} == set(spec)
    nested = documented["certificates"]["suboptions"]
    assert set(nested) == set(spec["certificates"]["options"])
    for name, option in [*documented.items(), *nested.items()]:
        code = spec.get(name) or spec["certificates"]["options"][name]
        assert {key: code.get(key) for key in ("type", "default", "choices", "elements")} == {
            key: option.get(key) for key in ("type", "default", "choices", "elements")
        }
    assert yaml.safe_load(channel.EXAMPLES)
    assert set(yaml.safe_load(channel.RETURN)) == {"channels", "summary", "changes", "commands", "error_log", "certificates"}


def test_the_certificates_are_looked_at_where_that_is_asked_for(host: Host) -> None:
    defaults = {name: one.get("default") for name, one in channel.argument_spec()["certificates"]["options"].items()}
    (host.directory / "qm.ini").write_text("SSL:\n   AllowTLSV13=FALSE\n")
    asked = Call(host.argv, stdin=DISPLAY + "DISPLAY QMGR SSLFIPS SUITEB\n", stdout=report(row("RUNNING", "RCVR"), SETTINGS))
    options = {**host.options, "responders": [NAME], "state": "observed", "certificates": defaults}
    result = channel.run(options, ScriptedRunner(asked), False)
    found = result["certificates"]
    assert list(result["channels"]) == [NAME]
    assert [item["channels"] for item in found["presented"]] == [[NAME]]
    assert found["presented"][0]["reason"] == "no listener is described"
    assert found["settings"] == {"SSLFIPS": "NO", "SUITEB": "NONE", "AllowTLSV13": "FALSE"}
    assert "certificates" not in host.run((DISPLAY, row("RUNNING", "RCVR")), responders=[NAME], state="observed")


def test_a_refresh_window_that_cannot_be_read_is_refused_before_anything_is_run(host: Host) -> None:
    with pytest.raises(InputError, match="certificates.refresh_window is 'at night', and that is no period"):
        host.run(channels=[NAME], certificates={"refresh_window": "at night"})
