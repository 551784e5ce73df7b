# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module mqsc against a scripted runmqsc: how many runs, what is sent, what is returned, what is left behind."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, MqTlsError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.lock import locked
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.queue_manager import AppliedInPart
from ansible_collections.mqfleet.tls.plugins.modules import mqsc
from fakes import Call, ScriptedRunner, report

RUNMQSC_FAILED = "AMQ8146E: IBM MQ queue manager not available.\nNo MQSC commands read.\nNo commands have a syntax error.\n"
QMGR = ["AMQ8408I: Display Queue Manager details.", "   QMNAME(QM1)", "   SSLFIPS(NO)", "   KEYRPWD( )", "   SSLKEYR(/q/ssl/key)"]
SDR = ["AMQ8414I: Display Channel details.", "   CHANNEL(QM1.TO.QM2)                     CHLTYPE(SDR)", "   SSLCIPH( )"]
NOT_FOUND = ["AMQ8147E: IBM MQ object not found."]
REFRESHED = ["AMQ8560I: IBM MQ security cache refreshed."]
ALTERED = ["AMQ8016I: IBM MQ channel changed."]
QMGR_ALTERED = ["AMQ8005I: IBM MQ queue manager changed."]
WANTED_SDR = {"object": "CHANNEL", "name": "QM1.TO.QM2", "attributes": {"CHLTYPE": "SDR", "SSLCIPH": "ANY_TLS12"}}
FIPS = {"object": "QMGR", "attributes": {"SSLFIPS": True}}
ALTER_SDR = "ALTER CHANNEL('QM1.TO.QM2') CHLTYPE(SDR) SSLCIPH('ANY_TLS12')"


class Host:
    """A host with one queue manager, and options of the module for it."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "var" / "qmgrs" / "QM1"
        self.directory.mkdir(parents=True)
        (root / "opt" / "bin").mkdir(parents=True)
        (root / "opt" / "bin" / "runmqsc").touch()
        (root / "var" / "mqs.ini").write_text(f"QueueManager:\n   Name=QM1\n   Prefix={root}/var\n   Directory=QM1\n")
        self.options = {
            "queue_manager": "QM1",
            "installation": str(root / "opt"),
            "data_path": str(root / "var"),
            "objects": [],
            "key_repository": None,
            "key_repository_changes": [],
            "initiates": [],
            "responds": [],
            "refresh": "when_needed",
            "replace_type": False,
            "lock_timeout": 0.2,
        }
        self.argv = [str(root / "opt" / "bin" / "runmqsc"), "QM1"]
        self.marker = self.directory / "mqfleet.refresh"
        self.runner = ScriptedRunner()

    def call(self, *answers: list[str], rc: int = 0, stdin: str | None = None, effect=None) -> Call:
        return Call(self.argv, stdout=report(*answers), rc=rc, stdin=stdin, effect=effect)

    def run(self, *calls: Call, check_mode: bool = False, **options: object) -> dict:
        self.runner = ScriptedRunner(*calls)
        result = mqsc.run({**self.options, **options}, self.runner, check_mode)
        self.runner.finish()
        return result


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_one_run_when_nothing_is_to_do(host: Host) -> None:
    before = sorted(host.directory.iterdir())
    result = host.run(host.call(QMGR), objects=[{"object": "QMGR", "attributes": {"SSLFIPS": False}}])
    assert result["changed"] is False
    assert (result["changes"], result["commands"], result["diff"]["before"], result["diff"]["after"]) == ([], [], "", "")
    assert sorted(host.directory.iterdir()) == before, "no lock, no marker"


def test_check_mode_announces_what_is_then_done(host: Host) -> None:
    reading = host.call(QMGR, SDR, stdin="DISPLAY QMGR ALL\nDISPLAY CHANNEL('QM1.TO.QM2') ALL\n")
    announced = host.run(reading, objects=[WANTED_SDR], check_mode=True)
    done = host.run(reading, host.call(ALTERED, stdin=f"{ALTER_SDR}\n"), objects=[WANTED_SDR])
    assert announced == done
    assert done["commands"] == [ALTER_SDR]
    assert done["changes"] == [
        {
            "object": "CHANNEL",
            "name": "QM1.TO.QM2",
            "action": "alter",
            "attributes": {"SSLCIPH": {"before": "", "after": "ANY_TLS12"}},
        }
    ]
    assert done["diff"] == {
        "before": "CHANNEL(QM1.TO.QM2)\n    SSLCIPH()\n",
        "after": "CHANNEL(QM1.TO.QM2)\n    SSLCIPH(ANY_TLS12)\n",
        "before_header": "queue manager QM1",
        "after_header": "queue manager QM1",
    }
    assert not host.marker.exists()


def test_a_refresh_is_remembered_until_it_is_confirmed(host: Host) -> None:
    seen = []
    applying = host.call(QMGR_ALTERED, REFRESHED, effect=lambda: seen.append(host.marker.exists()))
    result = host.run(host.call(QMGR), applying, objects=[FIPS])
    assert result["refreshed"] is True
    assert seen == [True], "a run that ends here leaves word"
    assert not host.marker.exists()
    assert host.runner.timeouts[1] > 600


def test_a_refresh_that_failed_is_made_up_for(host: Host) -> None:
    failed = host.call(QMGR_ALTERED, ["AMQ9710E: IBM MQ security cache refresh failed."], rc=10)
    with pytest.raises(AppliedInPart) as error:
        host.run(host.call(QMGR), failed, objects=[FIPS])
    assert str(error.value) == (
        "The TLS settings of the queue manager QM1 were to be refreshed and it answered AMQ9710E: IBM MQ security cache refresh failed, "
        "as channels did not end in time; all definitions are in place, run again to refresh."
    )
    assert [change["object"] for change in error.value.plan.changes] == ["QMGR"]
    assert host.marker.exists()
    later = [line.replace("SSLFIPS(NO)", "SSLFIPS(YES)") for line in QMGR]
    result = host.run(host.call(later), host.call(REFRESHED, stdin="REFRESH SECURITY TYPE(SSL)\n"), objects=[FIPS])
    assert result["commands"] == ["REFRESH SECURITY TYPE(SSL)"]
    assert not host.marker.exists()


def test_never_leaves_the_refresh_to_a_later_run(host: Host) -> None:
    result = host.run(host.call(QMGR), host.call(QMGR_ALTERED), objects=[FIPS], refresh="never")
    assert (result["refreshed"], result["refresh_outstanding"], result["commands"]) == (False, True, ["ALTER QMGR SSLFIPS(YES)"])
    assert host.marker.exists()
    later = [line.replace("SSLFIPS(NO)", "SSLFIPS(YES)") for line in QMGR]
    assert host.run(host.call(later), objects=[FIPS], refresh="never")["refresh_outstanding"] is True
    assert host.run(host.call(later), host.call(REFRESHED), objects=[FIPS])["refreshed"] is True
    assert not host.marker.exists()


def test_a_refused_command_does_not_hide_what_was_done(host: Host) -> None:
    other = {"object": "CHANNEL", "name": "A", "attributes": {"CHLTYPE": "RCVR", "SSLCIPH": "NONE_SUCH"}}
    applying = host.call(["AMQ8242E: SSLCIPH definition wrong."], ALTERED, rc=10)
    with pytest.raises(AppliedInPart) as error:
        host.run(host.call(QMGR, NOT_FOUND, SDR, rc=10), applying, objects=[other, WANTED_SDR])
    assert str(error.value) == (
        "The CHANNEL A of the queue manager QM1 was to be changed by DEFINE CHANNEL('A') CHLTYPE(RCVR) SSLCIPH('NONE_SUCH') and the answer "
        "was AMQ8242E: SSLCIPH definition wrong; what else was changed stays, correct this and run again."
    )
    assert [change["name"] for change in error.value.plan.changes] == ["QM1.TO.QM2"]


def test_a_refresh_does_not_count_when_the_attributes_were_refused(host: Host) -> None:
    with pytest.raises(AppliedInPart):
        host.run(host.call(QMGR), host.call(["AMQ8405I: Syntax error detected"], REFRESHED, rc=10), objects=[FIPS])
    assert host.marker.exists()


# -- key repository --------------------------------------------------------------------------------------------------


def repository(host: Host, **changes: object) -> dict:
    directory = host.directory / "ssl" / "key.d"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "password").write_text("s3cret'pw\n")
    return {
        "path": "/q/ssl/key",
        "type": "pkcs12",
        "ssl_key_repository": "/q/ssl/key.p12",
        "password_file": str(directory / "password"),
        "refresh_marker": str(directory / "refresh"),
        **changes,
    }


def test_the_password_goes_to_standard_input_only(host: Host) -> None:
    wanted = repository(host)
    Path(wanted["refresh_marker"]).touch()
    script = "ALTER QMGR SSLKEYR('/q/ssl/key.p12') KEYRPWD('s3cret''pw')\nREFRESH SECURITY TYPE(SSL)\n"
    result = host.run(host.call(QMGR), host.call(QMGR_ALTERED, REFRESHED, stdin=script), key_repository=wanted)
    assert not os.path.exists(wanted["refresh_marker"])
    assert "s3cret" not in repr(result) + repr(host.runner.argv)
    assert result["commands"][0] == "ALTER QMGR SSLKEYR('/q/ssl/key.p12') KEYRPWD('********')"


def test_the_password_is_in_no_error(host: Host) -> None:
    echoed = ["AMQ8405I: Syntax error detected at or near end of command segment below:-", "ALTER QMGR KEYRPWD('s3cret''pw"]
    with pytest.raises(MqTlsError) as error:
        host.run(host.call(QMGR), host.call(echoed, REFRESHED, rc=10), key_repository=repository(host))
    assert "s3cret" not in str(error.value) + repr(vars(error.value))
    with pytest.raises(MqTlsError) as error:
        host.run(host.call(QMGR), Call(host.argv, stdout="ALTER QMGR KEYRPWD('s3cret''pw')", rc=71), key_repository=repository(host))
    assert "s3cret" not in str(error.value) + repr(vars(error.value))


def test_check_mode_before_the_key_repository_is_there(host: Host) -> None:
    wanted = repository(host, password_file="/nowhere/password", refresh_marker="/nowhere/refresh")
    result = host.run(host.call(QMGR), key_repository=wanted, check_mode=True)
    assert result["changes"][0]["attributes"]["KEYRPWD"] == {"before": "", "after": "********"}
    with pytest.raises(StateError) as error:
        host.run(key_repository=wanted)
    assert str(error.value) == (
        "The password of the key repository /q/ssl/key.p12 was to be read from /nowhere/password, and that failed (No such file or "
        "directory); run mqfleet.tls.key_repository before, as the same user."
    )


@pytest.mark.parametrize(
    ("change", "announced"),
    [({"object": "TRUST", "action": "add"}, ["REFRESH SECURITY TYPE(SSL)"]), ({"object": "FILE", "action": "chmod"}, [])],
)
def test_check_mode_after_a_check_of_the_key_repository(host: Host, change: dict, announced: list[str]) -> None:
    wanted = repository(host, type="cms", ssl_key_repository="/q/ssl/key", password_file=None)
    options = {"key_repository": wanted, "key_repository_changes": [change]}
    assert host.run(host.call(QMGR), check_mode=True, **options)["commands"] == announced
    assert host.run(host.call(QMGR), **options)["commands"] == [], "in earnest the marker decides"


# -- refusals --------------------------------------------------------------------------------------------------------


def test_nothing_is_run_when_the_description_is_wrong(host: Host) -> None:
    with pytest.raises(InputError, match=r"^objects\[1\]\.attributes\.CHLTYPE is missing"):
        host.run(objects=[WANTED_SDR, {"object": "CHANNEL", "name": "B"}])
    with pytest.raises(InputError, match="^The queue manager QM9 was looked for"):
        host.run(queue_manager="QM9")


def test_a_stopped_queue_manager(host: Host) -> None:
    with pytest.raises(StateError) as error:
        host.run(Call(host.argv, stdout=RUNMQSC_FAILED, rc=20))
    assert "queue manager QM1" in str(error.value)
    assert "AMQ8146" in str(error.value)
    assert str(error.value).endswith("start it with: strmqm QM1.")


# -- two runs at once ------------------------------------------------------------------------------------------------


def test_a_second_run_waits_and_says_for_whom(host: Host) -> None:
    lock = host.directory / "mqfleet.lock"
    with locked(str(lock), 1, "mqsc on QM1"), pytest.raises(StateError) as error:
        host.run(host.call(QMGR, SDR), objects=[WANTED_SDR])
    assert str(error.value).startswith(f"The lock {lock} was waited for 0 seconds and is held by process {os.getpid()} of ")
    assert str(error.value).endswith(", mqsc on QM1; wait for that run to end and run again.")


def test_what_the_other_run_has_done_is_not_done_again(host: Host) -> None:
    lock = os.open(host.directory / "mqfleet.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    changed = [line.replace("SSLCIPH( )", "SSLCIPH(ANY_TLS12)") for line in SDR]
    os.set_inheritable(lock, False)

    release = threading.Timer(0.2, lambda: os.close(lock))
    release.start()
    result = host.run(host.call(QMGR, SDR), host.call(QMGR, changed), objects=[WANTED_SDR], lock_timeout=10)
    release.join()
    assert result["changed"] is False


# -- documentation ---------------------------------------------------------------------------------------------------


def test_the_documentation_names_the_options() -> None:
    documented = yaml.safe_load(mqsc.DOCUMENTATION)["options"]
    spec = mqsc.argument_spec()
    assert set(documented) | {"queue_manager", "installation", "data_path"} == set(spec)
    assert set(documented["objects"]["suboptions"]) == set(spec["objects"]["options"])
    assert set(documented["key_repository"]["suboptions"]) == set(spec["key_repository"]["options"])
    assert yaml.safe_load(mqsc.EXAMPLES)
    assert set(yaml.safe_load(mqsc.RETURN)) == {"changes", "commands", "refreshed", "refresh_outstanding", "never_run", "restart"}
