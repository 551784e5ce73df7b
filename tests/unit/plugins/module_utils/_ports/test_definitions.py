# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A queue manager's definitions against a scripted runmqsc: how many runs, what is sent, what is returned, what is left behind."""

from __future__ import annotations

import fcntl
import os
import threading
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, MqTlsError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports import definitions
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.lock import locked
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.queue_manager import AppliedInPart
from ansible_collections.mqfleet.tls.plugins.modules import mqsc
from fakes import Call, ScriptedRunner, report

RUNMQSC_FAILED = "AMQ8146E: IBM MQ queue manager not available.\nNo MQSC commands read.\nNo commands have a syntax error.\n"
QMGR = ["AMQ8408I: Display Queue Manager details.", "   QMNAME(QM1)", "   SSLFIPS(NO)", "   KEYRPWD( )", "   SSLKEYR(/q/ssl/key)"]
SDR = ["AMQ8414I: Display Channel details.", "   CHANNEL(QM1.TO.QM2)                     CHLTYPE(SDR)", "   SSLCIPH( )"]
NOT_FOUND = ["AMQ8147E: IBM MQ object not found."]
REFRESHED = ["AMQ8560I: IBM MQ security cache refreshed."]
NOTHING_RUNS = ["AMQ8420I: Channel Status not found."]
BUSY = ["AMQ9710E: IBM MQ security cache refresh failed."]
COUNT = "DISPLAY CHSTATUS('*') SECPROT\n"
REFRESH = "REFRESH SECURITY TYPE(SSL)\n"
ALTERED = ["AMQ8016I: IBM MQ channel changed."]
QMGR_ALTERED = ["AMQ8005I: IBM MQ queue manager changed."]
WANTED_SDR = {"object": "CHANNEL", "name": "QM1.TO.QM2", "attributes": {"CHLTYPE": "SDR", "SSLCIPH": "ANY_TLS12"}}
FIPS = {"object": "QMGR", "attributes": {"SSLFIPS": True}}
FIPS_SET = [line.replace("SSLFIPS(NO)", "SSLFIPS(YES)") for line in QMGR]
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
            "refresh_window": "",
            "refresh_retries": 3,
            "refresh_delay": 5.0,
            "replace_type": False,
            "undescribed": False,
            "ldap_passwords": {},
            "set_ldap_passwords": False,
            "lock_timeout": 0.2,
        }
        self.argv = [str(root / "opt" / "bin" / "runmqsc"), "QM1"]
        self.marker = self.directory / "mqfleet.refresh"
        self.runner = ScriptedRunner()
        self.now = datetime(2026, 11, 2, 12, 0)  # a Monday
        self.slept: list[float] = []

    def call(self, *answers: list[str], rc: int = 0, stdin: str | None = None, effect=None) -> Call:
        return Call(self.argv, stdout=report(*answers), rc=rc, stdin=stdin, effect=effect)

    def count(self, *running: tuple[str, str]) -> Call:
        """What runs, as (type of the channel, SECPROT)."""
        answer = []
        for number, (kind, protocol) in enumerate(running):
            answer += ["AMQ8417I: Display Channel Status details.", f"   CHANNEL(C{number})", f"   CHLTYPE({kind})"]
            answer += [f"   SECPROT({protocol})", "   STATUS(RUNNING)"]
        return self.call(answer or NOTHING_RUNS, rc=0 if running else 10, stdin=COUNT)

    def refresh(self, *answer: str, effect=None) -> Call:
        return self.call(list(answer) or REFRESHED, rc=10 if answer else 0, stdin=REFRESH, effect=effect)

    def run(self, *calls: Call, check_mode: bool = False, **options: object) -> dict:
        self.runner = ScriptedRunner(*calls)
        self.slept.clear()
        result = definitions.run({**self.options, **options}, self.runner, check_mode, lambda: self.now, self.slept.append)
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


CHANNELS = [
    *SDR,
    *("AMQ8414I: Display Channel details.", "   CHANNEL(OLD.APP)     CHLTYPE(SVRCONN)", "   SSLCIPH( )"),
    *("AMQ8414I: Display Channel details.", "   CHANNEL(NEW.APP)     CHLTYPE(SVRCONN)", "   SSLCIPH(ANY_TLS12)"),
    *("AMQ8414I: Display Channel details.", "   CHANNEL(APP)     CHLTYPE(CLNTCONN)", "   SSLCIPH( )"),
    *("AMQ8414I: Display Channel details.", "   CHANNEL(SYSTEM.DEF.SVRCONN)     CHLTYPE(SVRCONN)", "   SSLCIPH( )"),
]
RULES = [
    *(
        "AMQ8878I: Display channel authentication record details.",
        "   CHLAUTH(*)     TYPE(ADDRESSMAP)",
        "   ADDRESS(10.*)   USERSRC(CHANNEL)",
    ),
    *(
        "AMQ8878I: Display channel authentication record details.",
        "   CHLAUTH(*)     TYPE(ADDRESSMAP)",
        "   ADDRESS(*)   USERSRC(NOACCESS)",
    ),
    *("AMQ8878I: Display channel authentication record details.", "   CHLAUTH(*)     TYPE(BLOCKUSER)", "   USERLIST(*MQADMIN)"),
    *(
        "AMQ8878I: Display channel authentication record details.",
        "   CHLAUTH(A)     TYPE(QMGRMAP)",
        "   QMNAME(QM7)   MCAUSER(x)   USERSRC(MAP)",
    ),
    *("AMQ8878I: Display channel authentication record details.", "   CHLAUTH(SYSTEM.ADMIN.SVRCONN)     TYPE(ADDRESSMAP)"),
    "   ADDRESS(*)   USERSRC(CHANNEL)",
]
NOT_DESCRIBED = [
    {"object": "CHANNEL", "name": "OLD.APP", "reason": "SVRCONN channel without TLS"},
    {"object": "CHLAUTH", "name": "*", "reason": "ADDRESSMAP ADDRESS(10.*) is let in by USERSRC(CHANNEL)"},
    {"object": "CHLAUTH", "name": "A", "reason": "QMGRMAP QMNAME(QM7) is let in by USERSRC(MAP)"},
]


def test_what_is_not_described_is_found_in_the_same_run(host: Host) -> None:
    asked = "DISPLAY QMGR ALL\nDISPLAY CHANNEL('QM1.TO.QM2') ALL\nDISPLAY CHANNEL('*') ALL\nDISPLAY CHLAUTH('*') ALL\n"
    reading = host.call(QMGR, SDR, CHANNELS, RULES, stdin=asked)
    result = host.run(reading, objects=[WANTED_SDR], undescribed=True, check_mode=True)
    assert result["undescribed"] == NOT_DESCRIBED
    assert result["commands"] == [ALTER_SDR]


def test_what_is_described_is_not_told(host: Host) -> None:
    let_in = {"object": "CHLAUTH", "name": "A", "attributes": {"TYPE": "QMGRMAP", "QMNAME": "QM7", "MCAUSER": "x", "USERSRC": "MAP"}}
    old = {"object": "CHANNEL", "name": "OLD.APP", "attributes": {"CHLTYPE": "SVRCONN"}}
    reading = host.call(QMGR, CHANNELS[3:6], RULES[9:12], CHANNELS, RULES)
    result = host.run(reading, objects=[old, let_in], undescribed=True)
    assert result["undescribed"] == [
        {"object": "CHANNEL", "name": "QM1.TO.QM2", "reason": "SDR channel without TLS"},
        NOT_DESCRIBED[1],
    ]
    assert result["changed"] is False


# -- refresh ---------------------------------------------------------------------------------------------------------


def test_a_refresh_is_remembered_until_it_is_confirmed(host: Host) -> None:
    seen = []
    applying = host.call(QMGR_ALTERED, stdin="ALTER QMGR SSLFIPS(YES)\n", effect=lambda: seen.append(host.marker.exists()))
    refreshing = host.refresh(effect=lambda: seen.append(host.marker.exists()))
    result = host.run(host.call(QMGR), host.count(), applying, refreshing, objects=[FIPS])
    assert (result["refreshed"], result["refresh_outstanding"], result["_warnings"]) == (True, False, [])
    assert seen == [True, True], "a run that ends here leaves word"
    assert not host.marker.exists()
    assert [timeout > 600 for timeout in host.runner.timeouts] == [False, False, False, True]


def die() -> None:
    """The run is killed."""
    raise SystemExit("killed")


def test_a_run_that_was_killed_before_its_refresh_is_made_up_for(host: Host) -> None:
    with pytest.raises(SystemExit):
        host.run(host.call(QMGR), host.count(), host.call(QMGR_ALTERED), host.refresh(effect=die), objects=[FIPS])
    assert host.marker.exists()
    announced = host.run(host.call(FIPS_SET, NOTHING_RUNS), objects=[FIPS], check_mode=True)
    done = host.run(host.call(FIPS_SET, NOTHING_RUNS), host.refresh(), objects=[FIPS])
    assert announced == done
    assert done["commands"] == ["REFRESH SECURITY TYPE(SSL)"]
    assert not host.marker.exists()
    assert host.run(host.call(FIPS_SET), objects=[FIPS])["changed"] is False, "once"


def test_a_run_that_was_killed_while_it_altered_is_made_up_for(host: Host) -> None:
    with pytest.raises(SystemExit):
        host.run(host.call(QMGR), host.count(), host.call(QMGR_ALTERED, effect=die), objects=[FIPS])
    assert host.run(host.call(FIPS_SET, NOTHING_RUNS), host.refresh(), objects=[FIPS])["refreshed"] is True
    assert not host.marker.exists()


@pytest.mark.parametrize("confirmed", [True, False])
def test_the_files_of_the_former_type_go_when_the_queue_manager_is_refreshed(host: Host, confirmed: bool) -> None:
    ssl = host.directory / "ssl"
    generation = ssl / "key.d" / "0002"
    generation.mkdir(parents=True)
    (ssl / "key.d" / "current").symlink_to("0002")
    for suffix in (".kdb", ".sth", ".p12"):
        (generation / f"key{suffix}").write_text(suffix)
        (ssl / f"key{suffix}").symlink_to(f"key.d/current/key{suffix}")
    (generation / "superseded").write_text(".kdb .sth .rdb .crl\n")
    (ssl / "key.d" / "password").write_text("secret\n")
    marker = ssl / "key.d" / "refresh"
    marker.write_text("REFRESH SECURITY TYPE(SSL) is outstanding\n")
    described = {"path": str(ssl / "key"), "type": "pkcs12", "ssl_key_repository": f"{ssl}/key.p12", "refresh_marker": str(marker)}
    described["password_file"] = str(ssl / "key.d" / "password")
    refresh = host.refresh() if confirmed else host.refresh(effect=die)
    calls = [host.call(QMGR, NOTHING_RUNS), host.call(QMGR_ALTERED), refresh]
    if confirmed:
        host.run(*calls, key_repository=described)
    else:
        with pytest.raises(SystemExit):
            host.run(*calls, key_repository=described)
    there = sorted(path.name for path in ssl.glob("key.*"))
    assert there == (["key.d", "key.p12"] if confirmed else ["key.d", "key.kdb", "key.p12", "key.sth"])
    assert (ssl / "key.p12").read_text() == ".p12"
    assert (generation / "superseded").exists() == marker.exists() == (not confirmed)


@pytest.mark.parametrize("busy", [1, 3])
def test_a_refresh_that_is_busy_is_sent_again_alone(host: Host, busy: int) -> None:
    altered = host.call(QMGR_ALTERED, ALTERED)
    attempts = [*(host.refresh(*BUSY) for _attempt in range(busy)), host.refresh()]
    result = host.run(host.call(QMGR, SDR), host.count(), altered, *attempts, objects=[FIPS, WANTED_SDR])
    assert result["commands"] == ["ALTER QMGR SSLFIPS(YES)", ALTER_SDR, "REFRESH SECURITY TYPE(SSL)"]
    assert result["refreshed"] is True
    assert host.slept == [5.0] * busy
    assert not host.marker.exists()


@pytest.mark.parametrize(("retries", "said"), [(0, "1 attempt"), (2, "3 attempts")])
def test_a_refresh_that_stays_busy_is_made_up_for(host: Host, retries: int, said: str) -> None:
    attempts = [host.refresh(*BUSY) for _attempt in range(retries + 1)]
    with pytest.raises(AppliedInPart) as error:
        host.run(host.call(QMGR), host.count(), host.call(QMGR_ALTERED), *attempts, objects=[FIPS], refresh_retries=retries)
    assert str(error.value) == (
        "The TLS settings of the queue manager QM1 were to be refreshed and it answered AMQ9710E: IBM MQ security cache refresh failed, "
        f"as channels did not end in time ({said}); all definitions are in place, run again to refresh."
    )
    assert [change["object"] for change in error.value.plan.changes] == ["QMGR"]
    assert len(host.slept) == retries
    assert host.marker.exists()
    result = host.run(host.call(FIPS_SET, NOTHING_RUNS), host.refresh(), objects=[FIPS])
    assert result["commands"] == ["REFRESH SECURITY TYPE(SSL)"]
    assert not host.marker.exists()


def test_a_refresh_that_failed_otherwise_is_not_sent_again(host: Host) -> None:
    with pytest.raises(AppliedInPart) as error:
        host.run(host.call(QMGR), host.count(), host.call(QMGR_ALTERED), host.refresh("AMQ8135E: Not authorized."), objects=[FIPS])
    assert str(error.value) == (
        "The TLS settings of the queue manager QM1 were to be refreshed and it answered AMQ8135E: Not authorized; all definitions are in "
        "place, run again to refresh."
    )
    assert host.marker.exists()


def test_no_attempt_is_begun_behind_the_window(host: Host) -> None:
    host.now = datetime(2026, 11, 2, 3, 55)

    def ten_minutes() -> None:
        host.now = datetime(2026, 11, 2, 4, 5)

    refreshing = host.refresh(*BUSY, effect=ten_minutes)
    with pytest.raises(AppliedInPart, match="1 attempt"):
        host.run(host.call(QMGR), host.count(), host.call(QMGR_ALTERED), refreshing, objects=[FIPS], refresh_window="22:00-04:00")
    assert host.runner.expected == []
    assert host.marker.exists()


def test_never_leaves_the_refresh_to_a_later_run(host: Host) -> None:
    result = host.run(host.call(QMGR), host.call(QMGR_ALTERED), objects=[FIPS], refresh="never")
    assert (result["refreshed"], result["refresh_outstanding"], result["commands"]) == (False, True, ["ALTER QMGR SSLFIPS(YES)"])
    assert host.marker.exists()
    assert host.run(host.call(FIPS_SET), objects=[FIPS], refresh="never")["refresh_outstanding"] is True
    asked = f"DISPLAY QMGR ALL\n{COUNT}"
    in_one_run = host.call(
        FIPS_SET, ["AMQ8417I: Display Channel Status details.", "   CHLTYPE(SDR) SECPROT(TLSV13)", "   STATUS(RUNNING)"], stdin=asked
    )
    result = host.run(in_one_run, host.refresh(), objects=[FIPS])
    assert (result["refreshed"], result["interrupts"]) == (True, {"sdr": 1})
    assert not host.marker.exists()


def test_a_closed_window_holds_the_refresh_back_and_nothing_else(host: Host) -> None:
    options = {"objects": [FIPS, WANTED_SDR], "refresh_window": ["22:00-04:00", "Sat,Sun 00:00-24:00"]}
    changed = [line.replace("SSLCIPH( )", "SSLCIPH(ANY_TLS12)") for line in SDR]
    announced = host.run(host.call(QMGR, SDR), check_mode=True, **options)
    assert not host.marker.exists()
    done = host.run(host.call(QMGR, SDR), host.call(QMGR_ALTERED, ALTERED), **options)
    assert announced == done
    assert done["commands"] == ["ALTER QMGR SSLFIPS(YES)", ALTER_SDR]
    assert (done["refreshed"], done["refresh_outstanding"], done["refresh_window_opens"]) == (False, True, "2026-11-02 22:00")
    assert done["interrupts"] == {}
    assert done["_warnings"] == [
        "The TLS settings of the queue manager QM1 have to be refreshed and the refresh window 22:00-04:00 and Sat,Sun 00:00-24:00 is closed "
        "until 2026-11-02 22:00 (local time of its host); until then it works with the older ones, run again in the window."
    ]
    assert host.marker.exists()

    before = {path: path.stat() for path in host.directory.iterdir()}
    later = host.run(host.call(FIPS_SET, changed), **options)
    assert (later["changed"], later["refresh_outstanding"], len(later["_warnings"])) == (False, True, 1)
    assert {path: path.stat() for path in host.directory.iterdir()} == before

    host.now = datetime(2026, 11, 2, 22, 0)
    opened = host.run(host.call(FIPS_SET, changed, NOTHING_RUNS), host.refresh(), **options)
    assert opened["commands"] == ["REFRESH SECURITY TYPE(SSL)"]
    assert (opened["refresh_outstanding"], opened["refresh_window_opens"], opened["_warnings"]) == (False, None, [])
    assert not host.marker.exists()


def test_a_certificate_that_ends_before_the_window_opens(host: Host) -> None:
    wanted = repository(host, type="cms", ssl_key_repository="/q/ssl/key", password_file=None)
    marker = Path(wanted["refresh_marker"])
    options = {"key_repository": wanted, "refresh_window": "Sat 22:00-04:00"}
    for text, warnings in (
        ("REFRESH SECURITY TYPE(SSL) is outstanding\n", 1),
        ("outstanding\ncertificate in use until 2026-11-09T12:00:00Z\n", 1),
        ("outstanding\ncertificate in use until tomorrow\n", 1),
        ("outstanding\ncertificate in use until 2026-11-05T12:00:00Z\n", 2),
    ):
        marker.write_text(text)
        assert len(host.run(host.call(QMGR), **options)["_warnings"]) == warnings
    assert host.run(host.call(QMGR), **options)["_warnings"][1] == (
        "The certificate that the queue manager QM1 presents until it is refreshed ends at 2026-11-05T12:00:00Z, before the refresh window "
        "opens at 2026-11-07 22:00 (local time of its host), and its partners will refuse it; run before that with a wider refresh_window, "
        "or with none."
    )


def test_a_key_repository_that_another_run_swaps_in_meanwhile_is_not_forgotten(host: Host) -> None:
    wanted = repository(host, type="cms", ssl_key_repository="/q/ssl/key", password_file=None)
    marker = Path(wanted["refresh_marker"])
    marker.write_text("outstanding")

    def swap() -> None:
        (marker.parent / "new").write_text("outstanding")
        (marker.parent / "new").rename(marker)

    refreshed = host.run(host.call(QMGR, NOTHING_RUNS), host.refresh(effect=swap), key_repository=wanted)
    assert refreshed["refreshed"] is True
    assert marker.exists()
    assert not host.marker.exists()
    assert host.run(host.call(QMGR, NOTHING_RUNS), host.refresh(), key_repository=wanted)["refreshed"] is True
    assert not marker.exists()


# What runs, what is returned, what --diff says of it.
RUNNING = [("SVRCONN", "TLSV12"), ("SVRCONN", "NONE"), ("RCVR", "TLSV13"), ("SDR", "TLSV13"), ("SVRCONN", "TLSV13"), ("SDR", "NONE")]


def test_what_a_refresh_interrupts_is_said_beside_the_changes(host: Host) -> None:
    announced = host.run(host.call(QMGR), host.count(*RUNNING), objects=[FIPS], check_mode=True)
    done = host.run(host.call(QMGR), host.count(*RUNNING), host.call(QMGR_ALTERED), host.refresh(), objects=[FIPS])
    assert announced == done
    assert done["interrupts"] == {"svrconn": 2, "rcvr": 1, "sdr": 1}
    assert done["diff"]["after"].splitlines()[-1] == (
        "REFRESH SECURITY TYPE(SSL)   interrupts 2 client connections (SVRCONN), 1 receiving and 1 sending channels"
    )
    moved = host.run(host.call(QMGR), host.count(), objects=[FIPS], check_mode=True)
    assert moved["interrupts"] == {}
    assert moved["diff"]["after"].splitlines()[-1] == "REFRESH SECURITY TYPE(SSL)   interrupts no running channel"
    assert moved["changes"] == announced["changes"], "what is compared between a check and its run does not depend on who is connected"


def test_a_count_that_is_not_answered(host: Host) -> None:
    refused = host.call(["AMQ8405I: Syntax error detected at or near end of command segment below:-"], rc=10, stdin=COUNT)
    with pytest.raises(MqTlsError) as error:
        host.run(host.call(QMGR), refused, objects=[FIPS])
    assert str(error.value) == (
        "The queue manager QM1 was asked DISPLAY CHSTATUS('*') SECPROT and answered AMQ8405I: Syntax error detected at or near end of command "
        "segment below:-; check the authority of this user and the level of the queue manager."
    )


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


def test_no_refresh_for_attributes_that_were_refused(host: Host) -> None:
    refused = host.call(["AMQ8405I: Syntax error detected"], ALTERED, rc=10)
    with pytest.raises(AppliedInPart) as error:
        host.run(host.call(QMGR, SDR), host.count(), refused, objects=[FIPS, WANTED_SDR])
    assert str(error.value).startswith(
        "The QMGR of the queue manager QM1 was to be changed by ALTER QMGR SSLFIPS(YES) and the answer was AMQ8405I"
    )
    assert [change["name"] for change in error.value.plan.changes] == ["QM1.TO.QM2"]
    assert host.marker.exists()


def test_a_refused_channel_does_not_keep_the_refresh_back(host: Host) -> None:
    refused = host.call(QMGR_ALTERED, ["AMQ8242E: SSLCIPH definition wrong."], rc=10)
    with pytest.raises(AppliedInPart, match="^The CHANNEL QM1.TO.QM2 of the queue manager QM1 was to be changed by"):
        host.run(host.call(QMGR, SDR), host.count(), refused, host.refresh(*BUSY), host.refresh(), objects=[FIPS, WANTED_SDR])
    assert host.runner.expected == []
    assert not host.marker.exists()


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
    script = "ALTER QMGR SSLKEYR('/q/ssl/key.p12') KEYRPWD('s3cret''pw')\n"
    result = host.run(host.call(QMGR, NOTHING_RUNS), host.call(QMGR_ALTERED, stdin=script), host.refresh(), key_repository=wanted)
    assert not os.path.exists(wanted["refresh_marker"])
    assert "s3cret" not in repr(result) + repr(host.runner.argv)
    assert result["commands"][0] == "ALTER QMGR SSLKEYR('/q/ssl/key.p12') KEYRPWD('********')"


def test_the_password_is_in_no_error(host: Host) -> None:
    echoed = ["AMQ8405I: Syntax error detected at or near end of command segment below:-", "ALTER QMGR KEYRPWD('s3cret''pw"]
    with pytest.raises(MqTlsError) as error:
        host.run(host.call(QMGR), host.count(), host.call(echoed, rc=10), key_repository=repository(host))
    assert "s3cret" not in str(error.value) + repr(vars(error.value))
    with pytest.raises(MqTlsError) as error:
        failed = Call(host.argv, stdout="ALTER QMGR KEYRPWD('s3cret''pw')", rc=71)
        host.run(host.call(QMGR), host.count(), failed, key_repository=repository(host))
    assert "s3cret" not in str(error.value) + repr(vars(error.value))


def test_check_mode_before_the_key_repository_is_there(host: Host) -> None:
    wanted = repository(host, password_file="/nowhere/password", refresh_marker="/nowhere/refresh")
    result = host.run(host.call(QMGR), host.count(), key_repository=wanted, check_mode=True)
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
    counting = [NOTHING_RUNS] if announced else []
    assert host.run(host.call(QMGR, *counting), check_mode=True, **options)["commands"] == announced
    assert host.run(host.call(QMGR), **options)["commands"] == [], "in earnest the marker decides"


# -- refusals --------------------------------------------------------------------------------------------------------


def test_nothing_is_run_when_the_description_is_wrong(host: Host) -> None:
    with pytest.raises(InputError, match=r"^objects\[1\]\.attributes\.CHLTYPE is missing"):
        host.run(objects=[WANTED_SDR, {"object": "CHANNEL", "name": "B"}])
    with pytest.raises(InputError, match="^refresh_window is 'at night', and that is no period; "):
        host.run(refresh_window="at night")
    with pytest.raises(InputError, match="^refresh_retries is -1 and refresh_delay 5; neither can be less than 0.$"):
        host.run(refresh_retries=-1)
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
    spec = definitions.argument_spec()
    assert set(documented) | {"queue_manager", "installation", "data_path"} == set(spec)
    assert set(documented["objects"]["suboptions"]) == set(spec["objects"]["options"])
    assert set(documented["key_repository"]["suboptions"]) == set(spec["key_repository"]["options"])
    assert yaml.safe_load(mqsc.EXAMPLES)
    returned = {
        "changes",
        "commands",
        "refreshed",
        "refresh_outstanding",
        "refresh_window_opens",
        "interrupts",
        "never_run",
        "restart",
        "held_back",
        "undescribed",
    }
    assert set(yaml.safe_load(mqsc.RETURN)) == returned
