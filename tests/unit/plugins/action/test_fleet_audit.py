# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action fleet_audit: what it reads and writes, when it fails, what it refuses before anything is read."""

from __future__ import annotations

import datetime
import json
from unittest.mock import MagicMock
from xml.etree import ElementTree

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.action.fleet_audit import ActionModule
from ansible_collections.mqfleet.tls.plugins.module_utils._core.audit_policies import DEFAULT_POLICIES
from ansible_collections.mqfleet.tls.plugins.plugin_utils import jmespath_expression
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fakes import HostVars

QUIET = [one["name"] for one in DEFAULT_POLICIES if one["name"] not in ("channel-without-tls", "only-tls13", "signed-with-sha1")]


def pem():
    """A certificate of QM1. Not every library signs with SHA-1 any more, so that another hash has to do."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "QM1")])
    begin = datetime.datetime(2026, 1, 1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + datetime.timedelta(365))
    return made.sign(key, hashes.SHA384()).public_bytes(serialization.Encoding.PEM).decode()


def host(*channels, certificates=()):
    objects = [{"object": "CHANNEL", "name": name, "attributes": {"CHLTYPE": "SDR", "SSLCIPH": spec}} for name, spec in channels]
    repository = {"exists": True, "repository": {}, "identity": None, "trust": [], "certificates": list(certificates), "files": []}
    return {
        "mq_tls_repository_reading": repository,
        "mq_tls_queue_manager_reading": {
            "objects": objects,
            "queue_manager": {"CHLAUTH": "ENABLED"},
            "channels": {},
            "summary": {},
            "version": "9.4.2.0",
        },
    }


def run(hosts, inventory=None, **options):
    task = MagicMock(args={"disabled": QUIET, **options}, async_val=0, check_mode=False, diff=False)
    action = ActionModule(task, MagicMock(), MagicMock(), None, MagicMock(), None)
    action._display = MagicMock()
    task_vars = {"hostvars": HostVars(hosts), "ansible_play_hosts_all": list(hosts), "groups": {"all": inventory or list(hosts)}}
    return action.run(task_vars=task_vars), action._display.display


CLEAN = host(("A", "ANY_TLS13"))
BARE = host(("A", ""), ("B", "ANY_TLS12"))
SAID = "this SDR channel has no SSLCIPH and carries its messages in the clear"


def test_nothing_is_wrong():
    result, shown = run({"qm1": CLEAN})
    assert not result.get("failed")
    assert (result["changed"], result["findings"], result["failing"], result["msg"]) == (False, [], 0, "Every policy is kept.")
    shown.assert_called_once_with("\nEvery policy is kept.\n")


@pytest.mark.parametrize(
    ("options", "failed", "failing"),
    [
        ({}, True, 1),
        ({"fail": False}, False, 1),
        ({"fail_on": "note"}, True, 2),
        ({"disabled": [*QUIET, "channel-without-tls"]}, False, 0),
        ({"disabled": [*QUIET, "channel-without-tls"], "fail_on": "note"}, True, 1),
    ],
)
def test_when_it_fails(options, failed, failing):
    result, _shown = run({"qm1": BARE}, **options)
    assert (result.get("failed", False), result["failing"]) == (failed, failing)


def test_the_files(tmp_path):
    waiver = {"policy": "channel-without-tls", "object": "CHANNEL OLD", "until": "2999-12-31", "reason": "later"}
    hosts = {"qm1": host(("A", ""), ("B", "ANY_TLS12"), ("OLD", "")), "qm2": CLEAN, "qm3": {}}
    result, _shown = run(hosts, path=str(tmp_path / "audit.json"), junit=str(tmp_path / "audit.xml"), waivers=[waiver])
    written = json.loads((tmp_path / "audit.json").read_text())
    assert written == {key: result[key] for key in ("findings", "waived", "passed", "counts")}
    assert [(one["severity"], one["queue_manager"], one["object"]) for one in written["findings"]] == [
        ("error", "QM1", "CHANNEL A"),
        ("error", "QM3", "host qm3"),
        ("note", "QM1", "CHANNEL B"),
    ]
    root = ElementTree.parse(tmp_path / "audit.xml").getroot()
    assert [root.get(name) for name in ("name", "tests", "failures", "errors")] == ["mqfleet.tls.audit", "8", "1", "1"]
    unread = "Queue manager QM3 was not read: host qm3 registered no mq_tls_queue_manager_reading; see the tasks of qm3 before this one."
    assert [(case.get("classname"), case.get("name"), [(one.tag, one.get("message")) for one in case]) for case in root] == [
        ("QM1", "signed-with-sha1", []),
        ("QM2", "channel-without-tls", []),
        ("QM2", "only-tls13", []),
        ("QM2", "signed-with-sha1", []),
        ("QM1", "channel-without-tls: CHANNEL A", [("failure", f"CHANNEL A: {SAID}")]),
        ("QM3", "not-read: host qm3", [("error", f"host qm3: {unread}")]),
        ("QM1", "only-tls13: CHANNEL B", []),
        ("QM1", "channel-without-tls: CHANNEL OLD", []),
    ]
    assert "describe its link in mq_tls_links" in root[4][0].text


def test_with_what_a_certificate_is_signed_is_found_out_here():
    one = {
        "label": "x",
        "has_key": True,
        "trusted": True,
        "subject": "CN=QM1",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2027-01-01T00:00:00Z",
        "fingerprint": "AA",
        "pem": pem(),
        "self_signed": True,
    }
    policy = {"name": "hash", "severity": "error", "find": "certificates", "text": "{signature_hash}"}
    broken = {**one, "label": "y", "fingerprint": "BB", "pem": "no certificate"}
    result, _shown = run({"qm1": host(certificates=[one, broken])}, policies=[policy])
    assert [(it["object"], it["text"]) for it in result["findings"]] == [("CERTIFICATE x", "SHA384"), ("CERTIFICATE y", "UNKNOWN")]


def test_of_a_part_of_the_inventory_nothing_is_said_of_unused_waivers():
    waiver = {"policy": "only-tls13", "queue_manager": "QM2", "until": "2999-12-31", "reason": "later"}
    assert [it["policy"] for it in run({"qm1": CLEAN}, waivers=[waiver])[0]["findings"]] == ["waiver-unused"]
    assert run({"qm1": CLEAN}, ["qm1", "qm2"], waivers=[waiver])[0]["findings"] == []


def test_what_is_wrong_in_the_policies_is_refused_without_a_look_at_any_host():
    result, shown = run({"qm1": {}}, only_validate=True)
    assert result["msg"] == "3 policies and 0 waivers can be used."
    assert not shown.called
    with pytest.raises(AnsibleActionFail) as refused:
        run({"qm1": {}}, only_validate=True, policies=[{"name": "x", "severity": "note", "find": "chanels", "text": "t"}])
    assert str(refused.value) == (
        "mq_tls_audit_policies[0] (x): find is no expression that can be used: chanels is a name that no queue manager has "
        "(did you mean channels?)."
    )


def test_without_jmespath(monkeypatch):
    monkeypatch.setattr(jmespath_expression, "jmespath", None)
    with pytest.raises(
        AnsibleActionFail, match="The fleet was to be audited and the Python library jmespath is not there for .*; install it"
    ):
        run({"qm1": CLEAN}, only_validate=True)


@pytest.mark.parametrize("option", ["path", "junit"])
def test_a_file_that_cannot_be_written(tmp_path, option):
    with pytest.raises(AnsibleActionFail, match="The result was to be written to .* and that failed"):
        run({"qm1": CLEAN}, **{option: str(tmp_path / "missing" / "audit")})
