# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a fleet, from what each host registered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.modules import queue_manager_info
from ansible_collections.mqfleet.tls.plugins.plugin_utils.fleet_state import gathered
from fakes import HostVars

GATHER = Path(__file__).resolve().parents[4] / "roles" / "mq_tls" / "tasks" / "gather.yml"
REPOSITORY = {
    "changed": False,
    "exists": True,
    "repository": {"path": "/var/mqm/qmgrs/QM1/ssl/key", "type": "pkcs12"},
    "identity": None,
    "trust": [],
    "certificates": [],
    "files": [],
}
QUEUE_MANAGER = {
    "changed": False,
    "objects": [{"object": "QMGR", "attributes": {"CERTLABL": "ibmwebspheremqqm1"}}],
    "queue_manager": {"QMNAME": "QM1", "CERTLABL": "ibmwebspheremqqm1"},
    "channels": {"QM1.TO.QM2": [{"CHANNEL": "QM1.TO.QM2", "STATUS": "RUNNING"}]},
    "summary": {"QM1.TO.QM2": {"status": "RUNNING"}},
    "version": "9.4.2.0",
    "tls_settings": {"AllowTLSV13": "TRUE"},
    "channel_history": {"QM1.TO.QM2": {"has_run": True}},
}
UNREAD = {
    "version": "",
    "tls_settings": {},
    "channel_history": {},
    "repository": {},
    "attributes": {},
    "objects": [],
    "channels": {},
    "summary": {},
}


def host(**more):
    """Its registered results, of which ``repository`` or ``queue_manager`` replace one (None: it is missing)."""
    given = {"repository": REPOSITORY, "queue_manager": QUEUE_MANAGER, **more}
    readings = {"mq_tls_repository_reading": given["repository"], "mq_tls_queue_manager_reading": given["queue_manager"]}
    more = {name: value for name, value in more.items() if name not in ("repository", "queue_manager")}
    return {**{key: value for key, value in readings.items() if value is not None}, **more}


def one(values, name="qm1"):
    return gathered({"hostvars": HostVars({name: values})}, [name])[name]


def test_a_queue_manager_that_was_read():
    state = one(host())
    assert state == {
        "queue_manager": "QM1",
        "read": True,
        "error": "",
        "version": "9.4.2.0",
        "tls_settings": {"AllowTLSV13": "TRUE"},
        "channel_history": {"QM1.TO.QM2": {"has_run": True}},
        "repository": {key: value for key, value in REPOSITORY.items() if key != "changed"},
        "attributes": QUEUE_MANAGER["queue_manager"],
        "objects": QUEUE_MANAGER["objects"],
        "channels": QUEUE_MANAGER["channels"],
        "summary": QUEUE_MANAGER["summary"],
    }
    assert json.loads(json.dumps(state)) == state


def test_the_name_is_that_of_the_variable():
    assert one(host(mq_tls_queue_manager="Branch7"), "b7")["queue_manager"] == "Branch7"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (
            host(queue_manager={"failed": True, "msg": "The queue manager QM1 is unknown; make it with crtmqm."}, repository=None),
            "The queue manager QM1 is unknown; make it with crtmqm.",
        ),
        (host(queue_manager={"unreachable": True, "msg": "Host qm1 does not answer."}), "Host qm1 does not answer."),
        (
            host(repository=None),
            "Queue manager QM1 was not read: host qm1 registered no mq_tls_repository_reading; see the tasks of qm1 before this one.",
        ),
        (
            {},
            "Queue manager QM1 was not read: host qm1 registered no mq_tls_queue_manager_reading; see the tasks of qm1 before this one.",
        ),
        (
            host(queue_manager={"changed": False, "objects": []}),
            "Queue manager QM1 was not read: mq_tls_queue_manager_reading of host qm1 is incomplete; run with -v to see why.",
        ),
        # A result of an earlier reading stays registered when the one before it fails.
        (host(queue_manager={"failed": True, "msg": "It is not running."}), "It is not running."),
    ],
    ids=["failed", "unreachable", "no second reading", "nothing", "incomplete", "stale second reading"],
)
def test_a_queue_manager_that_was_not_read_says_why_and_hides_no_other(values, error):
    states = gathered({"hostvars": HostVars({"qm1": values, "qm2": host()})}, ["qm1", "qm2"])
    assert states["qm1"] == {"queue_manager": "QM1", "read": False, "error": error, **UNREAD}
    assert states["qm2"]["read"]


def test_only_the_hosts_that_are_asked_for():
    assert list(gathered({"hostvars": HostVars({"qm1": host(), "qm2": host()})}, ["qm2"])) == ["qm2"]


def test_the_tasks_read_everything_and_register_what_is_read_here():
    queue_manager, repository = yaml.safe_load(GATHER.read_text(encoding="utf-8"))[0]["block"]
    assert (repository["register"], queue_manager["register"]) == ("mq_tls_repository_reading", "mq_tls_queue_manager_reading")
    assert queue_manager["mqfleet.tls.queue_manager_info"]["gather"] == queue_manager_info.argument_spec()["gather"]["choices"]
