# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link that fails is explained in one sentence, from both ends' error logs."""

from __future__ import annotations

import datetime
import json

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


def test_a_listener_that_is_down_is_told_from_a_failed_handshake(fleet):
    fleet.runmqsc("qm2", "STOP LISTENER(TLS.LISTENER)")
    fleet.runmqsc("qm1", "STOP CHANNEL(QM1.TO.QM2) STATUS(INACTIVE)")
    report = fleet.folder / "verification.json"
    run = fleet.playbook("verify", mq_tls_verification_report=str(report), mq_tls_start_timeout=5)
    assert run.rc == 2, run.output
    links = {link["channel"]: link for link in json.loads(report.read_text())["links"]}
    assert "AMQ9202E" in links["QM1.TO.QM2"]["explanation"]
    assert "listener" in links["QM1.TO.QM2"]["explanation"].lower()
    fleet.runmqsc("qm2", "START LISTENER(TLS.LISTENER)")


def test_an_expired_certificate_is_named_with_the_messages_of_both_ends(fleet):
    expire(fleet, "qm2")
    report = fleet.folder / "verification.json"
    run = fleet.playbook("verify", mq_tls_verification_report=str(report), mq_tls_start_timeout=5)
    assert run.rc == 2, run.output
    links = {link["channel"]: link for link in json.loads(report.read_text())["links"]}
    sentence = links["QM1.TO.QM2"]["explanation"]
    assert not links["QM1.TO.QM2"]["ok"]
    # GSKit does not present a certificate of its own that has expired: the responder says so, the initiator sees the end.
    assert "the certificate of QM2 itself has expired" in sentence, sentence
    assert "AMQ9797E at QM2" in sentence and "AMQ9665E at QM1" in sentence, sentence
    assert sentence.rstrip(".").count(". ") == 0, "more than one sentence"
    assert sentence in " ".join(run.output.split()), run.output
