# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""REFRESH SECURITY TYPE(SSL): held back outside of its window, made good once, sent again while the queue manager is busy."""

from __future__ import annotations

import datetime
import json

import pytest

pytestmark = pytest.mark.long

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]
REFRESH = "REFRESH SECURITY TYPE(SSL)"
ALONE = ("--limit", "qm1")  # QM2 has no part in it


@pytest.fixture(scope="module")
def fleet(fleets):
    made = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS)
    for playbook in ("site", "verify"):
        run = made.playbook(playbook)
        assert run.rc == 0, run.output
    return made


def refreshed(fleet, host: str = "qm1", channel: str = "QM1.TO.QM2") -> int:
    """How often a sending channel was ended by a refresh of its own queue manager, by the error log. Runs again afterwards."""
    return fleet.error_log(host).count(f"AMQ9713E: Channel '{channel}' ended")


def in_hours(begin: int, end: int) -> str:
    """A window that opens and closes so many hours from now."""
    now = datetime.datetime.now()
    return "-".join(f"{now + datetime.timedelta(hours=hours):%H:%M}" for hours in (begin, end))


def refreshes(run) -> list[tuple[str, str]]:
    return [(result["host"], change["name"]) for result in run.results for change in result["changes"] if change["action"] == "refresh"]


def spoil(fleet) -> None:
    """Another certificate label, which the channels of the queue manager notice only at a refresh."""
    fleet.runmqsc("qm1", "ALTER QMGR CERTLABL('other')")


def label(fleet) -> str:
    shown = fleet.runmqsc("qm1", "DISPLAY QMGR CERTLABL")
    return shown[shown.index("CERTLABL(") :].split("(")[1].split(")")[0]


def test_the_window_holds_a_refresh_back_until_it_opens(fleet):
    closed, report = in_hours(2, 4), fleet.folder / "drift.json"
    began = refreshed(fleet)
    spoil(fleet)

    announced = fleet.playbook("site", "--check", *ALONE, mq_tls_refresh_window=closed)
    first = fleet.playbook("site", *ALONE, mq_tls_refresh_window=closed)
    assert first.rc == 0, first.output
    assert announced.changes() == first.changes()
    assert [change["object"] for change in first.changes()] == ["QMGR"]
    assert label(fleet) == "ibmwebspheremqqm1", "all else is applied"
    assert f"the refresh window {closed} is closed until" in " ".join(first.output.split())

    again = fleet.playbook("site", *ALONE, mq_tls_refresh_window=closed)
    assert (again.rc, again.changes()) == (0, [])
    drift = fleet.playbook("drift", *ALONE, mq_tls_refresh_window=closed, mq_tls_drift_report=str(report))
    assert drift.rc == 2, drift.output
    (found,) = json.loads(report.read_text())["drift"]
    assert (found["queue_manager"], found["changes"], found["refresh_outstanding"]) == ("QM1", [], True)
    assert f"SECURITY SSL: is to be refreshed, which is held back until {found['refresh_window_opens']}" in drift.output
    assert refreshed(fleet) == began

    opened = {"mq_tls_refresh_window": [closed, in_hours(-2, 1)]}
    pending = fleet.playbook("drift", *ALONE, **opened)
    assert "SECURITY SSL: is to be refreshed" in pending.output
    assert "interrupts 1 receiving and 1 sending channels" in pending.output
    shown = fleet.playbook("site", "--check", "--diff", *ALONE, **opened)
    assert f"{REFRESH}   interrupts 1 receiving and 1 sending channels" in shown.output
    assert refreshed(fleet) == began
    made_good = fleet.playbook("site", *ALONE, **opened)
    assert made_good.rc == 0, made_good.output
    assert refreshes(made_good) == [("qm1", "SSL")]
    assert made_good.changes() == shown.changes()
    assert refreshed(fleet) == began + 1
    assert fleet.playbook("site", *ALONE, **opened).changes() == []
    assert refreshed(fleet) == began + 1
    assert fleet.playbook("drift", *ALONE).rc == 0


def test_a_refresh_that_a_run_left_outstanding_is_made_good_once(fleet):
    began = refreshed(fleet)
    one = fleet.hosts["qm1"]
    marker = one.data_path / "qmgrs" / one.queue_manager / "mqfleet.refresh"
    marker.touch()
    first = fleet.playbook("site", *ALONE)
    assert first.rc == 0, first.output
    assert [(change["object"], change["action"]) for change in first.changes()] == [("SECURITY", "refresh")]
    assert refreshed(fleet) == began + 1
    assert not marker.exists()
    assert fleet.playbook("site", *ALONE).changes() == []
    assert refreshed(fleet) == began + 1


def test_a_busy_queue_manager_is_asked_again(fleet):
    began = refreshed(fleet)
    busy = fleet.hosts["qm1"].data_path / "mqsim.busy"
    busy.write_text("1\n")
    spoil(fleet)
    run = fleet.playbook("site", *ALONE)
    assert run.rc == 0, run.output
    assert not busy.exists()
    assert refreshes(run) == [("qm1", "SSL")]
    assert refreshed(fleet) == began + 1
    assert fleet.playbook("verify").rc == 0


def test_a_window_that_cannot_be_read_is_refused_before_anything_is_touched(fleet):
    before = fleet.state()
    run = fleet.playbook("site", mq_tls_refresh_window="at night")
    assert run.rc == 2, run.output
    assert "mq_tls_refresh_window is 'at night', and that is no period; write it as 22:00-04:00" in " ".join(run.output.split())
    assert fleet.state() == before
