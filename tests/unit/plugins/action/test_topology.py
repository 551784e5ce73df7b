# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action topology: what it reads of the inventory, and that a play can use its result. Runs real plays; nothing connects anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.mqfleet.tls.plugins.action.topology import _Description
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan

ROOT = Path(__file__).resolve().parents[4]

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - mqfleet.tls.topology:
      run_once: true
      register: mq_tls_topology
    - ansible.builtin.copy:
        dest: "{{ result }}/{{ inventory_hostname }}.json"
        content: "{{ mq_tls_topology.queue_managers[inventory_hostname] | to_json }}"
      check_mode: false
    - ansible.builtin.copy:
        dest: "{{ result }}/fleet.json"
        content: "{{ {'links': mq_tls_topology.links, 'warnings': mq_tls_topology.warnings, 'issuers': mq_tls_topology.issuers} | to_json }}"
      check_mode: false
      run_once: true
"""
INVENTORY = {
    "all": {
        "vars": {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "mq_tls_subject": "CN={{ inventory_hostname | upper }},O={{ company }}",
            "company": "Bank",
            "mq_tls_links": [{"from": "HQ", "to": "BR1"}],
        },
        "hosts": {"hq": {"ansible_host": "192.0.2.1"}},
        "children": {
            "branches": {
                "hosts": {"br1": {"company": "Branch"}, "br2": {}},
                "vars": {"mq_tls_links": [{"from": "{{ inventory_hostname | upper }}", "to": "HQ", "authentication": "one_way"}]},
            },
        },
    }
}


def run(folder, inventory, *arguments):
    (folder / "hosts.yml").write_text(json.dumps(inventory), encoding="utf-8")
    (folder / "play.yml").write_text(PLAY, encoding="utf-8")
    (folder / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path={ROOT / '.build' / 'collections'}\nstdout_callback=ansible.builtin.default\n", encoding="utf-8"
    )
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "play.yml", "-e", f"result={folder}", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
    )


def written(folder):
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}


def test_a_play_takes_its_part_of_the_registered_result(tmp_path):
    process = run(tmp_path, INVENTORY, "--check")
    assert process.returncode == 0, process.stdout + process.stderr
    found = written(tmp_path)
    fleet = found.pop("fleet")
    # Templates are read as of each host; what the group says replaces what all say, as everywhere in Ansible.
    assert {host: one["identity"] and one["identity"]["subject"] for host, one in found.items()} == {
        "hq": "CN=HQ,O=Bank",
        "br1": "CN=BR1,O=Branch",
        "br2": None,
    }
    assert [(link["from"], link["to"]) for link in fleet["links"]] == [("BR1", "HQ"), ("BR2", "HQ"), ("HQ", "BR1")]
    assert fleet["issuers"] == ["local_ca"]
    assert "[WARNING]: The link from BR1 to HQ is one-way, but BR1 has a certificate" in process.stdout + process.stderr
    assert len(fleet["warnings"]) == 1


def test_a_limited_run_makes_the_same_definitions(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "limited").mkdir()
    assert run(tmp_path / "full", INVENTORY).returncode == 0
    process = run(tmp_path / "limited", INVENTORY, "--limit", "hq")
    assert process.returncode == 0, process.stdout + process.stderr
    full, limited = written(tmp_path / "full"), written(tmp_path / "limited")
    assert set(limited) == {"hq", "fleet"}
    assert limited["hq"] == full["hq"]
    assert limited["fleet"]["links"] == full["fleet"]["links"]


def test_refusals_come_before_anything_else(tmp_path):
    inventory = {
        "all": {"hosts": {"qm1": {}, "qm2": {}}, "vars": {"mq_tls_links": [{"from": "QM1", "to": "QM3"}, {"from": "QM1", "to": "QM1"}]}}
    }
    process = run(tmp_path, inventory)
    assert process.returncode == 2
    assert (
        "2 things cannot work:\n"
        "- The link {from: QM1, to: QM3}: to is 'QM3', which is neither a queue manager of the inventory nor in mq_tls_partners; did you "
        "mean QM2?\n"
        "- The link {from: QM1, to: QM1} joins QM1 with itself; name two different queue managers.\n"
    ) in process.stdout + process.stderr


class HostVars(dict):
    """Stands in for Ansible's: raw values as they are, and as templated where ``templated`` has them."""

    def __init__(self, raw, templated=None):
        super().__init__({host: {**values, **(templated or {}).get(host, {})} for host, values in raw.items()})
        self.raw = raw
        self.asked = []

    def raw_get(self, host):
        return self.raw[host]

    def __getitem__(self, host):
        self.asked.append(host)
        return super().__getitem__(host)


def test_only_the_variables_that_describe_the_fleet_are_read():
    hostvars = HostVars(
        {"qm1": {"mq_tls_key_type": "EC", "ansible_host": "a", "ansible_password": "secret", "mq_tls_ca_passphrase": "secret"}}
    )
    description = _Description(hostvars)
    assert description.hosts == {"qm1": {"mq_tls_key_type": "EC", "ansible_host": "a", "mq_tls_ca_passphrase": None}}
    assert hostvars.asked == []


def test_links_of_a_shared_group_are_read_once_and_templates_for_each_host():
    shared = [{"from": "A", "to": "B"}]
    template = [{"from": "{{ inventory_hostname }}", "to": "B"}]
    hostvars = HostVars(
        {"a": {"mq_tls_links": shared}, "b": {"mq_tls_links": shared}, "c": {"mq_tls_links": template}, "d": {"mq_tls_links": template}},
        {name: {"mq_tls_links": [{"from": name, "to": "B"}]} for name in "cd"},
    )
    assert _Description(hostvars).of_the_fleet["mq_tls_links"] == [*shared, {"from": "c", "to": "B"}, {"from": "d", "to": "B"}]
    assert hostvars.asked == ["c", "d"]


@pytest.mark.parametrize("value", ["{{ x }}", ["{% if x %}"], {"a": ["{# x #}"]}, object()])
def test_what_has_a_template_is_left_to_the_template_engine(value):
    hostvars = HostVars({"a": {"mq_tls_subject": value}}, {"a": {"mq_tls_subject": "CN=A"}})
    assert _Description(hostvars).hosts["a"]["mq_tls_subject"] == "CN=A"


def test_templates_are_evaluated_for_those_only_who_are_concerned():
    """A run for one host must not evaluate the templates of the whole fleet."""
    hostvars = HostVars(
        {name: {"mq_tls_subject": "CN={{ inventory_hostname }}", "mq_tls_address": "{{ address }}"} for name in ("a", "b", "c", "d")},
        {name: {"mq_tls_subject": f"CN={name}", "mq_tls_address": name} for name in "abcd"},
    )
    description = _Description(hostvars)
    assert hostvars.asked == []
    planned = plan(description.hosts, [{"from": "A", "to": "B"}, {"mesh": ["B", "C", "D"]}], only=["a"])
    assert planned["links"][0]["responder_subject"] == "CN=b"
    assert sorted(hostvars.asked) == ["a", "b"]
