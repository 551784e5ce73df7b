# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two actions of a rotation: what they make of what the tasks of the role have registered."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.action import certificate_rotation, identity_rollover
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import pem_fingerprint
from repository_host import self_signed

OLD = self_signed("CN=QM1")
NEW = self_signed("CN=QM1")
OTHER = self_signed("CN=QM2")
LINKS = ({"channel": "QM1.TO.QM2", "from": "QM1", "to": "QM2", "from_host": "qm1", "to_host": "qm2"},)
LIMITED = ({**LINKS[0], "to": "QM9", "to_host": "qm9"},)
OUTSIDE = ({**LINKS[0], "to": "PARTNER", "to_host": None},)


def planned(name, partner):
    identity = {"label": "l", "subject": f"CN={name}", "days": 365}
    return {"queue_manager": name, "identity": identity, "issuer": {"type": "self_signed"}, "trust": [{"queue_manager": partner}]}


PLANNED = {"qm1": planned("QM1", "QM2"), "qm2": planned("QM2", "QM1")}


def shown(pem, serial="01"):
    subject = "CN=QM2" if pem == OTHER else "CN=QM1"
    dates = {"not_before": "2026-11-24T08:00:00Z", "not_after": "2027-11-24T08:00:00Z"}
    return {"fingerprint": pem_fingerprint(pem), "pem": pem, "serial_number": serial, "subject": subject, "issuer": subject, **dates}


def read(own, trust, staged=None, former=None, rows=(), told=True, **more):
    """What is registered of one host."""
    repository = {
        "certificate": shown(own, "02" if own == NEW else "01"),
        "staged": shown(staged, "02") if staged else None,
        "former": shown(former) if former else None,
        "trust": [shown(pem) for pem in trust],
        **more,
    }
    if more.pop("only_read", False):
        repository["found"] = {key: repository[key] for key in ("certificate", "staged", "former")}
    return {
        "mq_tls_key_repository_result": repository,
        "mq_tls_mqsc_result": {"changes": [], "refresh_outstanding": not told},
        "mq_tls_channel_observation": {"failed": True, "channels": {"QM1.TO.QM2": [{"STATUS": "RUNNING", "SSLPEER": row} for row in rows]}},
    }


STAGED = {"qm1": read(OLD, [OTHER], staged=NEW), "qm2": read(OTHER, [OLD, NEW])}
INSTALLED = {"qm1": read(NEW, [OTHER], former=OLD), "qm2": read(OTHER, [OLD, NEW], rows=["SERIALNUMBER=02,CN=QM1"])}
DONE = {"qm1": read(NEW, [OTHER]), "qm2": read(OTHER, [NEW])}
NOTHING_FURTHER = {"changed": True, "changes": [], "refresh_outstanding": False}
AT_FIRST = {"qm1": read(OLD, [OTHER], only_read=True), "qm2": read(OTHER, [OLD], only_read=True)}


def run(action, hostvars, check=False, links=LINKS, hosts=("qm1", "qm2"), **arguments):
    topology = {"queue_managers": {host: PLANNED[host] for host in hosts}, "links": list(links)}
    task = MagicMock(args={"topology": topology, **arguments}, async_val=0, check_mode=check, diff=False)
    plugin = action.ActionModule(task, MagicMock(), MagicMock(), None, MagicMock(), None)
    variables = MagicMock()
    variables.raw_get.side_effect = hostvars.get
    return plugin.run(task_vars={"hostvars": variables})


def rotate(pki, hostvars, state, **arguments):
    return run(certificate_rotation, hostvars, pki_dir=str(pki), state=state, **arguments)


def recorded(pki):
    folder = pki / "rotation"
    return {path.stem: path.read_text() for path in folder.iterdir()} if folder.exists() else {}


def test_who_accepts_and_who_is_waited_for():
    judged = run(identity_rollover, STAGED)
    assert (judged["staged"], judged["accepted"], judged["waiting"]) == (["qm1"], {"qm1": pem_fingerprint(NEW)}, [])
    held = run(identity_rollover, {**STAGED, "qm2": read(OTHER, [OLD])})
    assert held["accepted"] == {}
    assert held["msg"] == (
        "The new certificates of 1 queue managers stand beside those in use until every partner accepts them (step 1 of 3; QM1: QM2 does "
        "not accept it yet)."
    )


@pytest.mark.parametrize(
    ("hostvars", "options", "reason"),
    [
        ({**STAGED, "qm2": {}}, {}, "QM2 was not read in this run, its host failed or is not reachable"),
        (
            {**STAGED, "qm2": {**STAGED["qm2"], "mq_tls_mqsc_result": {"failed": True, "msg": "QM2 is stopped."}}},
            {},
            "QM2 could not be read or told: QM2 is stopped",
        ),
        (
            {**STAGED, "qm2": read(OTHER, [OLD, NEW], told=False)},
            {},
            "QM2 has not been told to accept it (REFRESH SECURITY is outstanding)",
        ),
        (
            # check mode: a refresh is announced, by a full repository of a cluster in a play that goes first
            {**STAGED, "qm2": {**read(OTHER, [OLD, NEW], only_read=True), "mq_tls_mqsc_result": {**NOTHING_FURTHER, "refreshed": True}}},
            {},
            "QM2 has not been told to accept it (REFRESH SECURITY is outstanding)",
        ),
        (STAGED, {"hosts": ("qm1",), "links": LIMITED}, "QM9 is not part of this run (--limit)"),
        (STAGED, {"hosts": ("qm1",), "links": OUTSIDE}, "PARTNER is outside of the inventory and not in mq_tls_rotate_confirmed"),
    ],
)
def test_what_holds_a_staged_certificate(hostvars, options, reason):
    judged = run(identity_rollover, hostvars, **options)
    assert (judged["accepted"], [one["reason"] for one in judged["waiting"]]) == ({}, [reason])


def test_a_partner_outside_is_confirmed_by_somebody():
    judged = run(identity_rollover, STAGED, hosts=("qm1",), links=OUTSIDE, confirmed=["PARTNER"])
    assert judged["accepted"] == {"qm1": pem_fingerprint(NEW)}


def test_the_former_one_goes_by_what_a_channel_shows_even_where_others_do_not_run():
    assert run(identity_rollover, INSTALLED)["proven"] == {"qm1": pem_fingerprint(OLD)}


def test_who_still_trusts_a_retired_one(tmp_path):
    (tmp_path / "certificates").mkdir()
    (tmp_path / "certificates/QM1-retired.pem").write_text(OLD)
    (tmp_path / "certificates/QM1.pem").write_text(NEW)
    hostvars = {**DONE, "qm2": read(OTHER, [OLD, NEW])}
    assert run(identity_rollover, hostvars, pki_dir=str(tmp_path))["distrusting"] == ["qm2"]
    assert run(identity_rollover, DONE, pki_dir=str(tmp_path))["distrusting"] == []


def test_a_rotation_from_its_begin_to_its_end(tmp_path):
    announced = rotate(tmp_path, AT_FIRST, "begun", hosts=["qm1"], check=True)
    assert recorded(tmp_path) == {}
    begun = rotate(tmp_path, AT_FIRST, "begun", hosts=["qm1"])
    assert begun["changes"] == announced["changes"]
    assert (begun["replace"], recorded(tmp_path)) == ({"qm1": pem_fingerprint(OLD)}, {"QM1": OLD})
    assert begun["msg"] == "The certificate of 1 of 1 queue managers is to be replaced."
    assert rotate(tmp_path, AT_FIRST, "begun", hosts=["qm1"])["changes"] == [], "it is under way"

    for hostvars, reason in ((STAGED, "its turn"), (INSTALLED, "it is about to go")):
        held = rotate(tmp_path, hostvars, "ended")
        assert [one["queue_manager"] for one in held["held_by"]] == ["QM1"]
        assert reason in held["msg"]
        assert recorded(tmp_path) == {"QM1": OLD}

    ended = rotate(tmp_path, DONE, "ended")
    assert (ended["held_by"], recorded(tmp_path)) == ([], {})
    assert ended["msg"] == "The certificates of 1 queue managers are replaced and proven."


def test_a_rotation_that_was_done_but_not_ended_is_not_begun_anew(tmp_path):
    rotate(tmp_path, AT_FIRST, "begun", hosts=["qm1"])
    over = {"qm1": read(NEW, [OTHER], only_read=True), "qm2": read(OTHER, [NEW], only_read=True)}
    result = rotate(tmp_path, over, "begun")
    assert (result["replace"], recorded(tmp_path)) == ({}, {})
    assert result["msg"] == "The rotation of certificates that was under way is complete; run again to replace them once more."


def test_one_that_was_not_read_is_named_at_the_end(tmp_path):
    rotate(tmp_path, AT_FIRST, "begun")
    held = rotate(tmp_path, {"qm1": DONE["qm1"], "qm2": {}}, "ended")
    reason = "was not read in this run, its host failed or is not reachable"
    assert held["held_by"] == [{"queue_manager": "QM2", "reason": reason}]


def test_an_external_authority_that_has_not_answered_does_not_hold_it_and_does_not_end_it(tmp_path):
    rotate(tmp_path, AT_FIRST, "begun", hosts=["qm1"])
    waiting = {**DONE, "qm1": read(OLD, [OTHER], waiting="a sentence")}
    result = rotate(tmp_path, waiting, "ended")
    assert (result["held_by"], result["waiting"], recorded(tmp_path)) == ([], ["QM1"], {"QM1": OLD})


def test_by_date(tmp_path):
    assert rotate(tmp_path, AT_FIRST, "begun", issued_before="2026-11-24T08:00:00Z")["replace"] == {}
    with pytest.raises(AnsibleActionFail, match="yesterday.* is no moment; write it as"):
        rotate(tmp_path, AT_FIRST, "begun", issued_before="yesterday")


def test_the_table_shows_what_is_there(capsys):
    reads = {"qm1": read(OLD, [OTHER], staged=NEW, only_read=True), "qm2": read(OTHER, [OLD], only_read=True)}
    judged = run(identity_rollover, reads, show=True)
    assert "QM1            qm1   01    2027-11-24  02    -       QM2 does not accept it yet" in judged["table"]
    assert judged["table"] in capsys.readouterr().out
