# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action ca_rollover: which evidence it takes, who holds a step, and how the PKI folder moves on."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.action.ca_rollover import ActionModule
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import pem_fingerprint
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.authority_folder import AuthorityFolder
from repository_host import Ca

OLD = Ca("CN=Old CA")
NEW = Ca("CN=New CA")
IDENTITY = {"label": "l", "subject": "CN=QM"}
PLANNED = {
    "qm1": {"queue_manager": "QM1", "identity": IDENTITY, "issuer": {"type": "local_ca"}, "trust": [{"issuer": "local_ca"}]},
    "qm2": {"queue_manager": "QM2", "identity": None, "issuer": {"type": "local_ca"}, "trust": [{"issuer": "local_ca"}]},
    "qm3": {"queue_manager": "QM3", "identity": IDENTITY, "issuer": {"type": "self_signed"}, "trust": [{"queue_manager": "QM4"}]},
}


@pytest.fixture
def pki(tmp_path):
    for folder, ca in (("ca", OLD), ("ca/next", NEW)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "certificate.pem").write_text(ca.pem)
        (tmp_path / folder / "private_key.pem").write_text("a key")
    return tmp_path


def read(trusted, issuer="", changes=(), rows=()):
    """What the tasks of the role register for one host."""
    return {
        "mq_tls_key_repository_result": {
            "trust": [{"fingerprint": pem_fingerprint(ca.pem)} for ca in trusted],
            "certificate": {"issuer": issuer} if issuer else None,
        },
        "mq_tls_mqsc_result": {"changes": list(changes)},
        "mq_tls_channel_observation": {"channels": {"QM1.TO.QM2": list(rows)}},
    }


BOTH = {"qm1": read([OLD, NEW], "CN=Old CA"), "qm2": read([OLD, NEW])}
REISSUED = {"qm1": read([OLD, NEW], "CN=New CA"), "qm2": read([OLD, NEW])}


def run(pki, hostvars, step, check=False, active=("qm1", "qm2", "qm3"), not_planned=None, hold=False):
    task = MagicMock(
        args={"pki_dir": str(pki), "step": step, "hold": hold, "topology": {"queue_managers": PLANNED, "not_planned": not_planned or {}}},
        async_val=0,
        check_mode=check,
        diff=False,
    )
    action = ActionModule(task, MagicMock(), MagicMock(), None, MagicMock(), None)
    variables = MagicMock()
    variables.raw_get.side_effect = hostvars.get
    return action.run(task_vars={"hostvars": variables, "ansible_play_hosts": list(active)})


def test_when_all_accept_it_the_next_ca_signs(pki, capsys):
    announced = run(pki, BOTH, "trusted", check=True)
    assert AuthorityFolder(str(pki / "ca")).chain() == [OLD.pem]
    result = run(pki, BOTH, "trusted")
    assert (result["held_by"], result["changes"]) == ([], announced["changes"])
    assert result["changes"][0]["reason"] == "every queue manager accepts it: it signs from now on"
    assert AuthorityFolder(str(pki / "ca")).chain() == [NEW.pem]
    assert set(result["queue_managers"]) == {"QM1", "QM2"}, "one that does not accept the CA has no part in it"
    assert "QM1            qm1   1 of 3: accepts CN=New CA" in capsys.readouterr().out


def test_when_all_use_it_the_one_before_is_retired(pki):
    run(pki, BOTH, "trusted")
    held = run(pki, BOTH, "reissued")
    assert [one["reason"] for one in held["held_by"]] == ["has no certificate of CN=New CA yet (its issuer is CN=Old CA)"]
    assert run(pki, REISSUED, "reissued")["changes"][0]["name"] == "CN=Old CA"
    folder = AuthorityFolder(str(pki / "ca"))
    assert (folder.trusted(), folder.retired()) == ([NEW.pem], [OLD.pem])
    assert run(pki, REISSUED, "reissued")["changes"] == []


SSL = {"object": "SECURITY", "name": "SSL", "action": "refresh", "attributes": {}}


@pytest.mark.parametrize(
    ("hostvars", "options", "reason"),
    [
        ({**BOTH, "qm2": read([OLD])}, {}, "does not accept certificates of CN=New CA yet"),
        (
            {**BOTH, "qm2": read([OLD, NEW], changes=[SSL])},
            {},
            "has not been told of its key repository as it is now (REFRESH SECURITY is outstanding)",
        ),
        (
            {**BOTH, "qm2": {**read([OLD, NEW]), "mq_tls_mqsc_result": {"changes": [], "refresh_outstanding": True}}},
            {},
            "has not been told of its key repository as it is now (REFRESH SECURITY is outstanding)",
        ),
        (BOTH, {"active": ["qm1"]}, "could not be read: the host failed or is not reachable"),
        (
            {**BOTH, "qm2": {"mq_tls_key_repository_result": {"failed": True, "msg": "QM2 is stopped."}}},
            {},
            "could not be read: QM2 is stopped",
        ),
        ({**BOTH, "qm2": {}}, {}, "could not be read: see the tasks before this one"),
    ],
)
def test_who_holds_the_step_is_named_and_nothing_moves(pki, hostvars, options, reason):
    result = run(pki, hostvars, "trusted", **options)
    assert result["held_by"] == [{"queue_manager": "QM2", "host": "qm2", "reason": reason}]
    assert result["msg"] == (
        f"The fleet was to reach the step trusted on its way to CN=New CA and it is held, 2 queue managers having been looked at: "
        f"QM2 {reason}; nothing is interrupted meanwhile, run mqfleet.tls.rotate_ca again when that is settled."
    )
    assert (result["changed"], AuthorityFolder(str(pki / "ca")).chain()) == (False, [OLD.pem])


def test_a_part_of_the_fleet_cannot_move_on_alone(pki):
    result = run(pki, BOTH, "trusted", not_planned={"qm9": "QM9"})
    assert [one["reason"] for one in result["held_by"]] == ["could not be read: it is not part of this run (--limit)"]


def test_a_step_can_be_held_on_purpose(pki):
    result = run(pki, BOTH, "trusted", hold=True)
    assert ": mq_tls_rollover_hold is trusted; nothing is interrupted meanwhile" in result["msg"]
    assert AuthorityFolder(str(pki / "ca")).chain() == [OLD.pem]


def test_status_changes_nothing(pki):
    result = run(pki, BOTH, "status")
    assert (result["held_by"], result["changes"]) == ([], [])
    assert result["msg"] == "2 queue managers accept the CA of the fleet; the table says where each of them stands."


def test_without_a_ca(tmp_path):
    with pytest.raises(AnsibleActionFail, match="there is none in .*; run mqfleet.tls.site first"):
        run(tmp_path, BOTH, "status")
