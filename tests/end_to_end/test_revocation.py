# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A revoked certificate is refused in a live handshake, by the CRL and by OCSP, and a new one heals the link."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from revocation_services import Directory, Responder, WebServer

pytestmark = pytest.mark.long

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM3", "to": "QM2"}]
PASSWORD = "planted-Password-7"


def authority(fleet):
    """The certificate and key of the fleet's CA."""
    folder = fleet.folder / "pki" / "ca"
    certificate = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
    return certificate, load_pem_private_key((folder / "private_key.pem").read_bytes(), None)


def listed(fleet) -> set[int]:
    """The serial numbers on the published list."""
    path = fleet.folder / "pki" / "ca" / "crl.der"
    return {entry.serial_number for entry in x509.load_der_x509_crl(path.read_bytes())} if path.exists() else set()


def index(fleet) -> list[dict]:
    return [json.loads(line) for line in (fleet.folder / "pki/ca/index.jsonl").read_text().splitlines()]


def handshake(fleet, *channels) -> list[str]:
    """Have the initiators shake hands anew: the states that their channels come to."""
    found = []
    for channel in channels:
        host = channel[:3].lower()
        fleet.runmqsc(host, f"STOP CHANNEL({channel}) STATUS(INACTIVE)")
        deadline, state = time.monotonic() + 15, ""
        while "RUNNING" not in state and "RETRYING" not in state and time.monotonic() < deadline:
            state = fleet.runmqsc(host, f"START CHANNEL({channel})\nDISPLAY CHSTATUS({channel}) STATUS")
        found.append(re.search(r"STATUS\(([A-Z]+)\)", state)[1])
    return found


@pytest.fixture(scope="module")
def fleet(fleets):
    """Three queue managers whose certificates name a list of revoked certificates on loopback; QM2 looks there."""
    with WebServer() as web:
        made = fleets(
            {"qm1": "9.4.2", "qm2": "9.4.2", "qm3": "9.4.2"},
            mq_tls_links=LINKS,
            mq_tls_key_type="EC",
            mq_tls_crl_url=f"{web.url}/crl",
        )
        made.web = web
        web.files["/crl"] = (made.folder / "pki" / "ca" / "crl.der").read_bytes
        ini = made.hosts["qm2"].data_path / "qmgrs" / "QM2" / "qm.ini"
        text = ini.read_text()
        ini.write_text(
            text.replace("SSL:\n", "SSL:\n   CDPCheckExtensions=YES\n") if "SSL:\n" in text else text + "SSL:\n   CDPCheckExtensions=YES\n"
        )
        for program in ("endmqm", "strmqm"):
            made.hosts["qm2"].run(program, "QM2")
        run = made.playbook("site")
        assert run.rc == 0, run.output
        yield made


def test_a_certificate_is_replaced_before_its_revocation_is_published(fleet):
    old = fleet.folder / "old.pem"
    shutil.copy(fleet.folder / "pki/certificates/QM1.pem", old)
    wish = {"mq_tls_revoke_queue_manager": "QM1", "mq_tls_revoke_reason": "superseded"}
    before = fleet.state()
    announced = fleet.playbook("revoke", "--check", **wish)
    assert announced.rc == 0, announced.output
    fleet.assert_unchanged(before)
    run = fleet.playbook("revoke", **wish)
    assert run.rc == 0, run.output
    made = [(one["object"], one["action"], one.get("reason")) for one in run.changes()]
    assert made.index(("CERTIFICATE", "revoke", "superseded")) < made.index(("CERTIFICATE", "replace", "it is revoked (superseded)"))
    assert made[-1][:2] == ("CRL", "replace")
    # only the channels can tell when the former one may go
    foreseen = [one for one in run.changes() if not one["name"].endswith("-former")]
    assert sorted(map(str, announced.changes())) == sorted(map(str, foreseen))
    assert [(one["queue_manager"], one["status"]) for one in index(fleet) if one["queue_manager"] == "QM1"] == [
        ("QM1", "revoked"),
        ("QM1", "valid"),
    ]
    ca = fleet.folder / "pki" / "ca"
    command = ["openssl", "verify", "-crl_check", "-CAfile", str(ca / "certificate.pem"), "-CRLfile", str(ca / "crl.pem")]
    assert "certificate revoked" in subprocess.run([*command, str(old)], capture_output=True, text=True, check=False).stderr
    subprocess.run([*command, str(fleet.folder / "pki/certificates/QM1.pem")], capture_output=True, check=True)

    # the links run on, and QM2 has asked
    fleet.web.asked.clear()
    assert handshake(fleet, "QM1.TO.QM2", "QM3.TO.QM2") == ["RUNNING", "RUNNING"]
    assert ("GET", "/crl") in fleet.web.asked


def test_a_revoked_certificate_in_use_is_refused_until_it_is_replaced(fleet):
    assert index(fleet)[-1]["queue_manager"] == "QM1"
    wish = {"mq_tls_revoke_serial_number": index(fleet)[-1]["serial_number"], "mq_tls_revoke_reason": "keyCompromise"}
    # published at once, and the host of QM1 is left out
    run = fleet.playbook("revoke", "--limit", "qm2,qm3", mq_tls_revoke_first=True, **wish)
    assert run.rc == 0, run.output
    assert handshake(fleet, "QM1.TO.QM2", "QM3.TO.QM2") == ["RETRYING", "RUNNING"]
    report = fleet.folder / "verification.json"
    run = fleet.playbook("verify", mq_tls_verification_report=str(report), mq_tls_start_timeout=3)
    assert run.rc == 2, run.output
    links = {link["channel"]: link for link in json.loads(report.read_text())["links"]}
    assert (links["QM1.TO.QM2"]["ok"], links["QM3.TO.QM2"]["ok"]) == (False, True)
    sentence = links["QM1.TO.QM2"]["explanation"]
    assert "the certificate of QM1 (CN=QM1) is revoked, so QM2 refuses it" in sentence, sentence
    assert "AMQ9633E at QM2" in sentence and "AMQ9665E at QM1" in sentence, sentence

    run = fleet.playbook("revoke", **wish)
    assert run.rc == 0, run.output
    assert [one["reason"] for one in run.changes("qm1") if one["object"] == "CERTIFICATE"] == [
        "it is revoked (keyCompromise)",
        "the one that followed it is proven on a live channel",
    ]
    assert "CRL" not in [one["object"] for one in run.changes()]
    assert handshake(fleet, "QM1.TO.QM2") == ["RUNNING"]


def test_a_revocation_is_not_published_while_the_certificate_is_in_use(fleet):
    serial = index(fleet)[-1]["serial_number"]
    before = listed(fleet)
    run = fleet.playbook("revoke", mq_tls_refresh="never", mq_tls_revoke_serial_number=serial, mq_tls_revoke_reason="superseded")
    assert run.rc == 2, run.output
    assert "so the revocation is recorded and not published; run again" in " ".join(run.output.split())
    assert listed(fleet) == before
    assert handshake(fleet, "QM1.TO.QM2") == ["RUNNING"]


def test_a_responder_and_a_directory_that_a_queue_manager_is_told_of(fleet):
    certificate, key = authority(fleet)
    fleet.web.respond = Responder(certificate, key, lambda: listed(fleet))
    before = listed(fleet)
    path = fleet.folder / "pki" / "ca" / "crl.der"
    with Directory({"CN=MQ fleet CA": {"certificateRevocationList;binary": path.read_bytes}}) as directory:
        fleet.host_variables["qm2"]["mq_tls_revocation"] = {
            "ocsp_url": f"{fleet.web.url}/ocsp",
            "crl_ldap": [{"address": directory.address, "user": "cn=mq", "password": PASSWORD}],
        }
        fleet.write()
        run = fleet.playbook("site", "--diff", "-vvv")
        assert run.rc == 0, run.output
        assert PASSWORD not in run.output + json.dumps(run.results)
        made = [(one["object"], one["name"]) for one in run.changes("qm2")]
        asking = [("QMGR", "QM2"), ("AUTHINFO", "MQFLEET.OCSP"), ("AUTHINFO", "MQFLEET.CRLLDAP.1"), ("NAMELIST", "MQFLEET.REVOCATION")]
        assert [one for one in made if one[0] in ("QMGR", "AUTHINFO", "NAMELIST")] == asking
        assert made.count(("SECURITY", "SSL")) == 1
        # what the run before left open
        assert len(listed(fleet)) == len(before) + 1
        assert fleet.playbook("site").changes() == []

        fleet.web.asked.clear()
        assert handshake(fleet, "QM1.TO.QM2", "QM3.TO.QM2") == ["RUNNING", "RUNNING"]
        assert fleet.web.asked.count(("POST", "/ocsp")) >= 2
        # without the responder, the list; without the list, the directory
        fleet.web.respond = None
        fleet.web.files.clear()
        assert handshake(fleet, "QM1.TO.QM2") == ["RUNNING"]
        assert ("cn=mq", PASSWORD) in directory.binds
    # nobody is left to ask
    assert handshake(fleet, "QM3.TO.QM2") == ["RETRYING"]
    assert "AMQ9716E" in fleet.error_log("qm2")
    assert "AMQ9665E" in fleet.error_log("qm3")
