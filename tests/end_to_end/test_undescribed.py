# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there and not described: drift tells it apart, site leaves it. Of what differs, chosen classes are corrected."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

pytestmark = pytest.mark.long

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


@pytest.fixture(scope="module")
def fleet(fleets):
    """qm2 has a CMS key repository, which runmqakm adds to by hand."""
    made = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS)
    run = made.playbook("site")
    assert run.rc == 0, run.output
    return made


def drift(fleet, *arguments, **variables):
    path = fleet.folder / "drift.json"
    run = fleet.playbook("drift", *arguments, mq_tls_drift_report=str(path), **variables)
    return run, json.loads(path.read_text())


def test_a_fleet_without_anything_else_at_no_further_remote_execution(fleet):
    run, written = drift(fleet, "-vvv")
    assert run.rc == 0, run.output
    assert (written["drift"], written["undescribed"]) == ([], [])
    for host, address in fleet.addresses.items():
        assert len(re.findall(rf"^<{address}> EXEC ", run.output, re.MULTILINE)) == 1, host


def test_what_else_is_there_is_told_and_left_alone(fleet):
    fleet.runmqsc("qm1", "DEFINE CHANNEL(OLD.APP) CHLTYPE(SVRCONN) TRPTYPE(TCP)")
    fleet.runmqsc("qm1", "DEFINE CHANNEL(TLS.APP) CHLTYPE(SVRCONN) TRPTYPE(TCP) SSLCIPH(ANY_TLS12_OR_HIGHER)")
    fleet.runmqsc("qm1", "SET CHLAUTH('APP.*') TYPE(ADDRESSMAP) ADDRESS('10.*') USERSRC(CHANNEL)")
    pem, stem = fleet.folder / "old.pem", fleet.key_repository("qm2") / "key.kdb"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"]
    subprocess.run([*made, "-subj", "/CN=Old CA", "-days", "9", "-out", str(pem)], check=True, capture_output=True)
    store = ("-db", str(stem), "-stashed")
    fleet.hosts["qm2"].run("runmqakm", "-cert", "-add", *store, "-label", "old-ca", "-file", str(pem))
    fleet.hosts["qm2"].run(
        "runmqakm", "-cert", "-create", *store, "-label", "app", "-dn", "CN=APP", "-size", "2048", "-sig_alg", "SHA256WithRSA"
    )

    run, written = drift(fleet)
    assert run.rc == 0, run.output
    assert written["drift"] == []
    assert {one["queue_manager"]: [(it["object"], it["name"], it["reason"]) for it in one["items"]] for one in written["undescribed"]} == {
        "QM1": [
            ("CHANNEL", "OLD.APP", "SVRCONN channel without TLS"),
            ("CHLAUTH", "APP.*", "ADDRESSMAP ADDRESS(10.*) is let in by USERSRC(CHANNEL)"),
        ],
        "QM2": [
            ("CERTIFICATE", "app", "CN=APP, with its private key"),
            ("TRUST", "old-ca", "whoever has a certificate of CN=Old CA is let in"),
        ],
    }
    assert "  CHANNEL OLD.APP: SVRCONN channel without TLS" in run.output

    run, written = drift(fleet, mq_tls_drift_undescribed="ignore")
    assert (run.rc, written["undescribed"]) == (0, [])
    run, written = drift(fleet, mq_tls_drift_undescribed="fail")
    assert run.rc == 2, run.output
    told = written["undescribed"]
    assert len(told) == 2

    run = fleet.playbook("site")
    assert run.rc == 0, run.output
    assert run.changes() == []
    assert drift(fleet)[1]["undescribed"] == told


def kinds(fleet):
    """What differs, by queue manager."""
    _run, written = drift(fleet)
    return {one["queue_manager"]: sorted({change["object"] for change in one["changes"]} - {"SECURITY"}) for one in written["drift"]}


def test_only_chosen_classes_are_corrected(fleet):
    fleet.runmqsc("qm1", "ALTER CHANNEL(QM2.TO.QM1) CHLTYPE(RCVR) SSLPEER(' ')")
    fleet.runmqsc("qm1", "ALTER LISTENER(TLS.LISTENER) TRPTYPE(TCP) CONTROL(MANUAL)")
    store = ("-db", str(fleet.key_repository("qm2") / "key.kdb"), "-stashed")
    fleet.hosts["qm2"].run("runmqakm", "-cert", "-delete", *store, "-label", "CN=MQ fleet CA")
    differs = {"QM1": ["CHANNEL", "LISTENER"], "QM2": ["TRUST"]}
    assert kinds(fleet) == differs

    for wrong in ([], "CHANNEL", ["CHANEL"]):
        run = fleet.playbook("correct", mq_tls_correct=wrong)
        assert run.rc == 2, run.output
        assert "give a list of KEY REPOSITORY, QMGR, AUTHINFO" in run.output
    run = fleet.playbook("correct", "--check", mq_tls_correct=["CHANNEL", "KEY REPOSITORY"])
    assert run.rc == 0, run.output
    assert kinds(fleet) == differs

    run = fleet.playbook("correct", "-vvv", mq_tls_correct=["CHANNEL"])
    assert run.rc == 0, run.output
    assert kinds(fleet) == {"QM1": ["LISTENER"], "QM2": ["TRUST"]}
    run = fleet.playbook("correct", mq_tls_correct=["KEY REPOSITORY"])
    assert run.rc == 0, run.output
    assert kinds(fleet) == {"QM1": ["LISTENER"]}
    run = fleet.playbook("correct", mq_tls_correct=["LISTENER"])
    assert run.rc == 0, run.output
    run, _written = drift(fleet)
    assert run.rc == 0, run.output
