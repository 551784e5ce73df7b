# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action partner_commands: which certificates it takes, and which files it writes. Runs real plays; nothing connects anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.mqfleet.tls.plugins.module_utils._core.partner_commands import label
from described_fleet import PARTNER, PEM

ROOT = Path(__file__).resolve().parents[4]
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - mqfleet.tls.topology:
      run_once: true
      register: mq_tls_topology
    - mqfleet.tls.partner_commands:
        partners: "{{ mq_tls_topology.partners }}"
        pki_dir: "{{ inventory_dir }}/pki"
      run_once: true
      register: written
    - ansible.builtin.copy:
        dest: "{{ inventory_dir }}/result.json"
        content: "{{ written | to_json }}"
      check_mode: false
      run_once: true
"""
OTHER_PEM = PEM.replace("MIIB", "MIIC")


def play(folder, *arguments):
    """Run it; what the action has returned."""
    inventory = {
        "all": {
            "hosts": {"qm1": {"ansible_host": "192.0.2.1"}, "qm2": {"mq_tls_issuer": {"type": "self_signed"}}},
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "mq_tls_links": [{"from": "QM1", "to": "ZOS1"}, {"from": "ZOS1", "to": "QM2"}],
                "mq_tls_partners": [PARTNER],
            },
        }
    }
    (folder / "hosts.yml").write_text(json.dumps(inventory), encoding="utf-8")
    (folder / "play.yml").write_text(PLAY, encoding="utf-8")
    (folder / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path={ROOT / '.build' / 'collections'}\nstdout_callback=ansible.builtin.default\n", encoding="utf-8"
    )
    process = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "play.yml", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return json.loads((folder / "result.json").read_text(encoding="utf-8")), process.stdout


def test_check_apply_and_again(tmp_path):
    (tmp_path / "pki" / "ca").mkdir(parents=True)
    (tmp_path / "pki" / "ca" / "certificate.pem").write_text(PEM, encoding="ascii")
    path = tmp_path / "pki" / "partners" / "ZOS1.txt"
    announced, output = play(tmp_path, "--check", "--diff")
    assert not path.exists()
    assert "+RACDCERT CERTAUTH ADD(" in output
    applied, _output = play(tmp_path)
    assert applied["changes"] == announced["changes"]
    assert applied["changes"] == [
        {"object": "FILE", "name": str(path), "action": "create", "attributes": {}, "reason": "its administrator needs them"}
    ]
    assert applied["incomplete"] == {"ZOS1": ["the self-signed certificate of QM2"]}
    text = path.read_text(encoding="utf-8")
    assert label(PEM) in text
    written = path.stat()
    again, _output = play(tmp_path)
    assert (again["changed"], again["changes"], again["diff"]) == (False, [], [])
    assert path.stat().st_mtime_ns == written.st_mtime_ns

    # the partner's self-signed certificate has been published meanwhile: the file is written anew
    (tmp_path / "pki" / "certificates").mkdir()
    (tmp_path / "pki" / "certificates" / "QM2.pem").write_text(OTHER_PEM, encoding="ascii")
    announced, output = play(tmp_path, "--check", "--diff", "--limit", "qm1")
    assert [change["action"] for change in announced["changes"]] == ["replace"]
    assert label(OTHER_PEM) in output
    limited, _output = play(tmp_path, "--limit", "qm1")
    assert limited["changes"] == announced["changes"]
    assert limited["incomplete"] == {}
    full, _output = play(tmp_path)
    assert full["changes"] == []
