# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A partner outside the inventory: its administrator does what was written out, and the links work in both directions."""

from __future__ import annotations

import re
import shlex

import pytest

pytestmark = pytest.mark.long


@pytest.fixture
def fleet(fleets):
    """QM1 in the inventory; OTHER has its own self-signed certificate and trusts nobody."""
    fleet = fleets({"qm1": "9.4.2", "other": "9.2.5"}, mq_tls_subject="CN={{ inventory_hostname | upper }},O=Bank")
    fleet.host_variables["other"]["mq_tls_issuer"] = {"type": "self_signed"}
    fleet.write()
    first = fleet.playbook("site")
    assert first.rc == 0, first.output
    address = fleet.addresses["other"]
    listener = f"DEFINE LISTENER(L) TRPTYPE(TCP) PORT(1414) IPADDR('{address}') CONTROL(QMGR)\nSTART LISTENER(L)"
    assert "AMQ8021I" in fleet.runmqsc("other", listener)
    outside = fleet.host_variables.pop("other")
    fleet.variables["mq_tls_links"] = [{"from": "QM1", "to": "OTHER"}, {"from": "OTHER", "to": "QM1"}]
    certificate = (fleet.folder / "pki" / "certificates" / "OTHER.pem").read_text(encoding="ascii")
    fleet.variables["mq_tls_partners"] = [
        {"name": "OTHER", "address": address, "subject": "CN=OTHER,O=Bank", "certificates": [certificate]}
    ]
    fleet.write()
    yield fleet
    fleet.host_variables["other"] = outside  # so that its machine is taken down as well
    fleet.write()


def do_as_written(fleet, text):
    """What the other administrator does: save the certificates, add them, run the MQSC."""
    files = dict(
        re.findall(r"^(mqfleet-\w+\.pem)\n.*\n(-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----\n)", text, re.MULTILINE)
    )
    assert files
    for name, pem in files.items():
        (fleet.folder / name).write_text(pem, encoding="ascii")
    repository = fleet.key_repository("other") / "key.kdb"
    for line in re.findall(r"^runmqakm -cert -add .*$", text, re.MULTILINE):
        arguments = [
            str(fleet.folder / word) if word in files else word for word in shlex.split(line.replace("<key repository>", str(repository)))
        ]
        done = fleet.hosts["other"].run(*arguments)
        assert done.returncode == 0, done.stdout
    mqsc = re.split(r"^MQSC\. .*$", text, flags=re.MULTILINE)[1:]
    script = "\n".join(re.sub(r"^(=+|\d\. .*)$", "", part, flags=re.MULTILINE) for part in mqsc)
    answer = fleet.runmqsc("other", script)
    assert "No commands have a syntax error." in answer, answer


def test_the_other_administrator_does_what_is_written(fleet):
    announced = fleet.playbook("site", "--check")
    assert announced.rc == 0, announced.output
    done = fleet.playbook("site")
    assert done.rc == 0, done.output
    assert done.changes() == announced.changes()
    path = fleet.folder / "pki" / "partners" / "OTHER.txt"
    assert str(path) in [change["name"] for change in done.changes() if change["object"] == "FILE"]

    do_as_written(fleet, path.read_text(encoding="utf-8"))
    proof = fleet.playbook("verify")
    assert proof.rc == 0, proof.output
    for channel in ("QM1.TO.OTHER", "OTHER.TO.QM1"):
        assert re.search(rf"^{channel} .*two-way +RUNNING .* yes\s*$", proof.output, re.MULTILINE), proof.output
    assert "CN=QM1" in fleet.runmqsc("other", "DISPLAY CHSTATUS(QM1.TO.OTHER) SSLPEER")

    again = fleet.playbook("site")
    assert again.rc == 0, again.output
    assert again.changes() == []
