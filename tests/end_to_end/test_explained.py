# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link that fails is explained in one sentence, from both ends' error logs."""

from __future__ import annotations

import datetime
import json
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


@pytest.fixture(scope="module")
def fleet(fleets):
    """Two queue managers, for one failure after the other."""
    made = fleets({"qm1": "9.4.2", "qm2": "9.4.2"}, mq_tls_links=LINKS, mq_tls_pki_dir="{{ inventory_dir }}/pki")
    assert made.playbook("site").rc == 0
    return made


def expire(fleet, host: str) -> None:
    """Give a queue manager a certificate of the right CA, for its own key and name, that ended yesterday; and tell it so."""
    folder = fleet.key_repository(host)
    password = (folder / "key.d" / "password").read_bytes().strip()
    path = (folder / "key.p12").resolve()
    held = pkcs12.load_pkcs12(path.read_bytes(), password)
    authority = x509.load_pem_x509_certificate((fleet.folder / "pki/ca/certificate.pem").read_bytes())
    signing_key = load_pem_private_key((fleet.folder / "pki/ca/private_key.pem").read_bytes(), None)
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(held.cert.certificate.subject).issuer_name(authority.subject)
    builder = builder.public_key(held.key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(yesterday - datetime.timedelta(days=30)).not_valid_after(yesterday)
    for extension in held.cert.certificate.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    certificate = builder.sign(signing_key, hashes.SHA256())
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            held.cert.friendly_name,
            held.key,
            certificate,
            [pkcs12.PKCS12Certificate(one.certificate, one.friendly_name) for one in held.additional_certs],
            BestAvailableEncryption(password),
        )
    )
    fleet.runmqsc(host, "REFRESH SECURITY(*) TYPE(SSL)")


def explained(fleet, **variables):
    """The verdicts of a run of verify that finds something, by channel."""
    report = fleet.folder / "verification.json"
    run = fleet.playbook("verify", mq_tls_verification_report=str(report), mq_tls_start_timeout=5, **variables)
    assert run.rc == 2, run.output
    return run, {link["channel"]: link for link in json.loads(report.read_text())["links"]}


def test_a_listener_that_is_down_is_told_from_a_failed_handshake(fleet):
    fleet.runmqsc("qm2", "STOP LISTENER(TLS.LISTENER)")
    fleet.runmqsc("qm1", "STOP CHANNEL(QM1.TO.QM2) STATUS(INACTIVE)")
    run, links = explained(fleet)
    assert "AMQ9202E" in links["QM1.TO.QM2"]["explanation"]
    assert "listener" in links["QM1.TO.QM2"]["explanation"].lower()
    assert "since nothing listens at" in links["QM1.TO.QM2"]["presented_certificate"]["reason"]
    assert "Not compared with the key repository: the certificate ibmwebspheremqqm2 of QM2, since nothing listens at" in run.output
    fleet.runmqsc("qm2", "START LISTENER(TLS.LISTENER)")


def test_a_listener_that_still_presents_the_former_certificate(fleet):
    former = fleet.presented("qm2", "-serial").strip().partition("=")[2]
    renewed = fleet.playbook("site", mq_tls_refresh="never", mq_tls_renew_before_days=400, mq_tls_certificate_days=800)
    assert renewed.rc == 0, renewed.output
    path = fleet.folder / "pki/certificates/QM2.pem"
    held = f"{x509.load_pem_x509_certificate(path.read_bytes()).serial_number:X}"
    assert fleet.presented("qm2", "-serial").strip().partition("=")[2] == former

    run, links = explained(fleet, mq_tls_refresh="never", mq_tls_verification_junit=str(fleet.folder / "verification.xml"))
    link = links["QM1.TO.QM2"]
    assert (link["status"], link["presented_certificate"]["state"]) == ("RUNNING", "other")
    numbers = [link["presented_certificate"][name]["serial_number"].replace(":", "").lstrip("0") for name in ("presented", "held")]
    assert numbers == [former.lstrip("0"), held]
    assert f"runs, but the listener of QM2 presents the certificate with the serial number {former[:2]}:" in link["explanation"]
    assert link["explanation"].endswith("; send REFRESH SECURITY TYPE(SSL) to QM2, which mq_tls_refresh (never) leaves to you.")
    failed = [case.get("classname") for case in ElementTree.parse(fleet.folder / "verification.xml").iter("testcase") if len(case)]
    assert sorted(failed) == ["QM1", "QM1 to QM2", "QM2", "QM2 to QM1"]

    made_good = fleet.playbook("site")
    assert made_good.rc == 0, made_good.output
    verified = fleet.playbook("verify")
    assert verified.rc == 0, verified.output
    assert "Not compared with the key repository" not in verified.output


def test_an_expired_certificate_is_named_with_the_messages_of_both_ends(fleet):
    expire(fleet, "qm2")
    run, links = explained(fleet)
    sentence = links["QM1.TO.QM2"]["explanation"]
    assert not links["QM1.TO.QM2"]["ok"]
    # GSKit does not present a certificate of its own that has expired: the responder says so, the initiator sees the end.
    assert "the certificate of QM2 itself expired on 2" in sentence, sentence
    assert "AMQ9797E at QM2" in sentence and "AMQ9665E at QM1" in sentence, sentence
    assert sentence.rstrip(".").count(". ") == 0, "more than one sentence"
    assert sentence in " ".join(run.output.split()), run.output
