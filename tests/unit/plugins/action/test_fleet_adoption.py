# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action fleet_adoption: the files that it writes, what it leaves alone, what it announces."""

from __future__ import annotations

from unittest.mock import MagicMock, patch

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.action import fleet_adoption
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from fakes import HostVars
from read_fleet import NOW, pem, read_fleet

HOSTS = {
    f"qm{number}": {"ansible_host": f"192.0.2.{number}", "mq_tls_issuer": {"type": "self_signed"}, "mq_tls_key_type": "EC"}
    for number in (1, 2)
}


def hostvars(links):
    states = read_fleet(plan(HOSTS, links))
    found = {}
    for host, state in states.items():
        reading = {key: state[key] for key in ("objects", "channels", "channel_history", "summary", "version")}
        found[host] = {
            "ansible_host": HOSTS[host]["ansible_host"],
            "mq_tls_repository_reading": {**state["repository"], "identity": None, "trust": []},
            "mq_tls_queue_manager_reading": {**reading, "queue_manager": state["attributes"]},
        }
    return found


def run(folder, check=False, links=({"from": "QM1", "to": "QM2"},), **options):
    arguments = {"dir": str(folder / "adopted"), "pki_dir": str(folder / "pki"), **options}
    task = MagicMock(args=arguments, async_val=0, check_mode=check, diff=False)
    action = fleet_adoption.ActionModule(task, MagicMock(), MagicMock(), None, MagicMock(), None)
    action._display = MagicMock()
    variables = {"hostvars": HostVars(hostvars(links)), "ansible_play_hosts_all": list(HOSTS), "groups": {"all": list(HOSTS)}}
    with patch.object(fleet_adoption, "datetime", MagicMock(now=lambda _zone: NOW)):
        result = action.run(task_vars=variables)
    return result, action._display.display.call_args.args[0]


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


WRITTEN = {
    "adopted/group_vars/all/mq_tls.yml",
    "adopted/host_vars/qm1/mq_tls.yml",
    "adopted/host_vars/qm2/mq_tls.yml",
    "pki/certificates/QM1.pem",
    "pki/certificates/QM2.pem",
}


def test_check_mode_announces_what_is_written_and_a_second_run_writes_nothing(tmp_path):
    checked, _shown = run(tmp_path, check=True)
    assert files(tmp_path) == set()
    result, shown = run(tmp_path)
    assert result["changes"] == checked["changes"]
    assert {change["name"] for change in result["changes"]} == {f"{tmp_path}/{name}" for name in WRITTEN}
    assert {change["action"] for change in result["changes"]} == {"create"}
    assert files(tmp_path) == WRITTEN
    assert result["msg"] in shown
    assert result["msg"] == (
        f"2 of 2 queue managers and 1 link are described in {tmp_path}/adopted; nothing was found that this does not describe."
    )
    text = (tmp_path / "adopted/group_vars/all/mq_tls.yml").read_text()
    assert yaml.safe_load(text) == result["variables"]["all"]
    assert [one["after"] for one in result["diff"]][0] == text
    assert (tmp_path / "pki/certificates/QM1.pem").read_text() == pem("QM1")

    again, _shown = run(tmp_path)
    assert (again["changed"], again["changes"], again["diff"]) == (False, [], [])


def test_other_variables_are_not_overwritten_unless_asked(tmp_path):
    run(tmp_path)
    before = {name: (tmp_path / name).read_text() for name in WRITTEN}
    links = [{"from": "QM1", "to": "QM2", "channel": "NEW"}]
    with pytest.raises(AnsibleActionFail) as refused:
        run(tmp_path, links=links)
    assert str(refused.value) == (
        f"The variables of the fleet were to be written to {tmp_path}/adopted/group_vars/all/mq_tls.yml, where other ones stand; nothing was "
        f"written: set mq_tls_adopt_overwrite to replace them, or give another folder by mq_tls_adopt_dir."
    )
    assert {name: (tmp_path / name).read_text() for name in WRITTEN} == before
    result, _shown = run(tmp_path, links=links, overwrite=True)
    assert [(change["name"], change["action"]) for change in result["changes"]] == [
        (f"{tmp_path}/adopted/group_vars/all/mq_tls.yml", "replace")
    ]


def test_another_certificate_that_is_published_stays_and_is_named(tmp_path):
    path = tmp_path / "pki/certificates/QM1.pem"
    path.parent.mkdir(parents=True)
    path.write_text(pem("another"))
    result, shown = run(tmp_path)
    said = f"{path} has another certificate than the key repository of queue manager QM1; site would replace it."
    assert result["not_described"] == [said]
    assert said in shown
    assert f"# - {said}\n" in (tmp_path / "adopted/group_vars/all/mq_tls.yml").read_text()
    assert path.read_text() == pem("another")
    run(tmp_path, overwrite=True)
    assert path.read_text() == pem("QM1")


def test_what_looks_like_a_template_came_from_a_queue_manager_and_is_none(tmp_path):
    links = [{"from": "QM1", "to": "QM2", "initiator_attributes": {"CERTLABL": "{{x}}"}}]
    result, _shown = run(tmp_path, links=links)
    text = (tmp_path / "adopted/group_vars/all/mq_tls.yml").read_text()
    assert 'CERTLABL: !unsafe "{{x}}"' in text
    assert result["variables"]["all"]["mq_tls_links"][0]["initiator_attributes"] == {"CERTLABL": "{{x}}"}
