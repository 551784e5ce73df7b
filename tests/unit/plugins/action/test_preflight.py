# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action preflight: what it takes from the PKI folder and the readings, what it returns and when it fails."""

from __future__ import annotations

import json
from unittest.mock import MagicMock

import pytest
from ansible_collections.mqfleet.tls.plugins.action.preflight import ActionModule
from fakes import HostVars
from repository_host import Ca

LINK = {"channel": "QM1.TO.QM2", "from": "QM1", "to": "QM2", "from_host": "qm1", "to_host": "qm2", "authentication": "two_way"}


def planned(host, cipher_spec, trust):
    name, kind = host.upper(), {"qm1": "SDR", "qm2": "RCVR"}[host]
    identity = {"label": f"ibmwebspheremq{host}", "subject": f"CN={name}", "key_type": "RSA", "key_size": 3072}
    objects = [{"object": "CHANNEL", "name": "QM1.TO.QM2", "attributes": {"CHLTYPE": kind, "SSLCIPH": cipher_spec}}]
    return {"queue_manager": name, "identity": identity, "issuer": {"type": "local_ca"}, "trust": trust, "objects": objects}


def reading(host):
    stem = f"/var/mqm/qmgrs/{host.upper()}/ssl/key"
    repository = {"path": stem, "type": "pkcs12", "ssl_key_repository": f"{stem}.p12"}
    return {
        "mq_tls_repository_reading": {
            "exists": False,
            "repository": repository,
            "identity": None,
            "trust": [],
            "certificates": [],
            "files": [],
        },
        "mq_tls_queue_manager_reading": {
            "objects": [],
            "queue_manager": {},
            "channels": {},
            "summary": {},
            "version": "9.4.2.0",
            "tls_settings": {},
        },
    }


@pytest.fixture
def run(tmp_path):
    def call(hostvars=None, responder="ANY_TLS12_OR_HIGHER", trust=({"issuer": "local_ca"},), **options):
        plans = {"qm1": planned("qm1", "ANY_TLS12_OR_HIGHER", list(trust)), "qm2": planned("qm2", responder, list(trust))}
        topology = {"links": [LINK], "queue_managers": plans}
        arguments = {"topology": topology, "pki_dir": str(tmp_path / "pki"), **options}
        action = ActionModule(
            MagicMock(args=arguments, async_val=0, check_mode=False, diff=False), MagicMock(), MagicMock(), None, MagicMock(), None
        )
        values = hostvars or {host: reading(host) for host in plans}
        return action.run(task_vars={"hostvars": HostVars(values), "ansible_play_hosts_all": list(plans)})

    return call


def test_links_that_will_come_up(run, capsys):
    result = run()
    assert (result["changed"], result.get("failed"), result["failing_links"]) == (False, None, [])
    assert result["links"][0]["after"]["ok"] is True
    assert "QM1.TO.QM2  QM1" in capsys.readouterr().out


def test_a_link_that_will_fail_fails_the_task_and_is_written_to_the_report(run, tmp_path):
    report = tmp_path / "report.json"
    result = run(responder="ANY_TLS12", path=str(report))
    assert (result["failed"], result["msg"]) == (True, "1 of 1 links will fail (QM1.TO.QM2); the table says why.")
    assert json.loads(report.read_text())["links"][0]["after"]["cause"] == "cipher_spec_mismatch"
    assert "failed" not in run(responder="ANY_TLS12", fail=False)


def test_an_unread_queue_manager_is_named_and_fails_nothing(run, capsys):
    broken = {"mq_tls_queue_manager_reading": {"failed": True, "msg": "The queue manager QM2 is unknown; make it."}}
    result = run({"qm1": reading("qm1"), "qm2": broken})
    assert "failed" not in result
    assert result["links"][0]["after"]["ok"] is None
    assert "- The queue manager QM2 is unknown; make it." in capsys.readouterr().out


def test_the_pki_folder_is_read(run, tmp_path):
    authority = Ca("CN=Kept CA")
    (tmp_path / "pki/ca").mkdir(parents=True)
    (tmp_path / "pki/ca/certificate.pem").write_text(authority.pem)
    assert run()["links"][0]["after"]["ok"] is True
    # Each end has its own chain, but the other one has nothing to trust it by.
    result = run(trust=({"name": "P", "certificates": [Ca("CN=Other").pem]},))
    assert result["links"][0]["after"]["ok"] is True
