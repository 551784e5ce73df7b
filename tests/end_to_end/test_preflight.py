# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handshakes are predicted before the first change, and the prediction holds when the channels are started."""

from __future__ import annotations

import json
import re

import pytest

pytestmark = pytest.mark.long


def test_a_link_that_will_fail_stops_site_before_its_first_change(fleets):
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.4.2"}, mq_tls_links=[{"from": "QM1", "to": "QM2"}], mq_tls_cipher_spec="ANY_TLS13")
    ini = fleet.hosts["qm2"].data_path / "qmgrs" / "QM2" / "qm.ini"
    ini.write_text(ini.read_text().replace("AllowTLSV13=TRUE", "AllowTLSV13=FALSE"))
    before, report = fleet.state(), fleet.folder / "preflight.json"

    run = fleet.playbook("preflight", mq_tls_preflight_report=str(report))
    assert run.rc == 2, run.output
    after = json.loads(report.read_text())["links"][0]["after"]
    assert (after["ok"], after["refused_by"], after["messages"]["QM2"]) == (False, "QM2", ["AMQ9616E"])
    assert "QM2 has nothing enabled that QM1 offers (ANY_TLS13); see AllowTLSV13" in " ".join(run.output.split())
    stopped = fleet.playbook("site", mq_tls_preflight=True)
    assert stopped.rc == 2, stopped.output
    assert stopped.changes() == []
    fleet.assert_unchanged(before)
    assert not (fleet.folder / "pki").exists()

    ini.write_text(ini.read_text().replace("AllowTLSV13=FALSE", "AllowTLSV13=TRUE"))
    made = fleet.playbook("site", mq_tls_preflight=True)
    assert made.rc == 0, made.output
    assert made.changes()
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output

    again = fleet.playbook("preflight", "-vvv", mq_tls_preflight_report=str(report))
    assert again.rc == 0, again.output
    link = json.loads(report.read_text())["links"][0]
    assert link["now"] == link["after"]
    assert link["now"]["cipher_spec"] in proof.output
    assert (link["now"]["ok"], link["now"]["protocol"]) == (True, "TLS 1.3")
    for host in ("qm1", "qm2"):
        executions = re.findall(rf"^<{fleet.addresses[host]}> EXEC ", again.output, re.MULTILINE)
        assert len(executions) == 2, again.output
