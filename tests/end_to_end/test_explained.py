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
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


@pytest.fixture(scope="module")
def fleet(fleets):
    """Two queue managers, for one failure after the other."""
    made = fleets({"qm1": "9.4.2", "qm2": "9.4.2"}, mq_tls_links=LINKS, mq_tls_pki_dir="{{ inventory_dir }}/pki")
    assert made.playbook("site").rc == 0
    return made


def replace_certificate(fleet, host: str, ends: int, stranger: bool = False) -> None:
    """Give a queue manager another certificate for its own key and name, which ends in so many days; and tell it so.

    It is of the right CA, or of one that nobody knows.
    """
    folder = fleet.key_repository(host)
    password = (folder / "key.d" / "password").read_bytes().strip()
    path = (folder / "key.p12").resolve()
    held = pkcs12.load_pkcs12(path.read_bytes(), password)
    authority = x509.load_pem_x509_certificate((fleet.folder / "pki/ca/certificate.pem").read_bytes())
    signing_key = load_pem_private_key((fleet.folder / "pki/ca/private_key.pem").read_bytes(), None)
    added = []
    if stranger:
        signing_key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name.from_rfc4514_string("CN=Another CA")
        added = [pkcs12.PKCS12Certificate(signed_for(authority, name, signing_key, name, signing_key, 300), b"another ca")]
        authority = added[0].certificate
    certificate = signed_for(held.cert.certificate, held.cert.certificate.subject, held.key, authority.subject, signing_key, ends)
    others = [pkcs12.PKCS12Certificate(one.certificate, one.friendly_name) for one in held.additional_certs]
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            held.cert.friendly_name, held.key, certificate, others + added, BestAvailableEncryption(password)
        )
    )
    fleet.runmqsc(host, "REFRESH SECURITY(*) TYPE(SSL)")


def signed_for(model: x509.Certificate, subject: x509.Name, key, issuer: x509.Name, signing_key, ends: int) -> x509.Certificate:
    """A certificate with the extensions of another one."""
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=ends)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(end - datetime.timedelta(days=310)).not_valid_after(end)
    for extension in model.extensions:
        if not isinstance(extension.value, (x509.AuthorityKeyIdentifier, x509.SubjectKeyIdentifier)):
            builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(signing_key, hashes.SHA256())


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


@pytest.mark.long
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
    replace_certificate(fleet, "qm2", ends=-1)
    run, links = explained(fleet)
    sentence = links["QM1.TO.QM2"]["explanation"]
    assert not links["QM1.TO.QM2"]["ok"]
    # GSKit does not present a certificate of its own that has expired: the responder says so, the initiator sees the end.
    assert "the certificate of QM2 itself expired on 2" in sentence, sentence
    assert "AMQ9797E at QM2" in sentence and "AMQ9665E at QM1" in sentence, sentence
    assert sentence.rstrip(".").count(". ") == 0, "more than one sentence"
    assert sentence in " ".join(run.output.split()), run.output


SPOKES = ["A", "B", "C", "D", "E"]
# For each link what is wrong with it, the messages of both ends, the cause and the remedy.
TEN = {
    "A.TO.HUB": (
        "a certificate of a CA that the hub does not know",
        "AMQ9633E at HUB, AMQ9665E at A",
        "HUB does not trust the issuer (CN=Another CA) of the certificate of A (CN=A)",
        "run mqfleet.tls.site for both",
    ),
    "HUB.TO.A": ("a wrong port in CONNAME", "AMQ9202E at HUB", "HUB cannot reach A over the network", "check that the listener of A runs"),
    "B.TO.HUB": (
        "a CipherSpec for RSA and a hub with an EC key",
        "AMQ9616E at HUB, AMQ9665E at B",
        "HUB does not take ECDHE_RSA_AES_256_GCM_SHA384, which B proposes, as its certificate has an elliptic-curve key and an RSA one is needed",
        "or change mq_tls_key_type of HUB and run mqfleet.tls.site",
    ),
    "HUB.TO.B": (
        "no definition at the responder",
        "AMQ9519E at B, AMQ9520E at HUB",
        "B has no definition of the channel",
        "run mqfleet.tls.site for B, which defines it",
    ),
    "C.TO.HUB": (
        "a transmission queue that is none",
        "AMQ9531E at C",
        "the transmission queue at C is missing or has no USAGE(XMITQ)",
        "run mqfleet.tls.site for C",
    ),
    "HUB.TO.C": (
        "a certificate that has expired",
        "AMQ9797E at C, AMQ9665E at HUB",
        "the certificate of C itself expired on 2",
        "run mqfleet.tls.site for C, which renews it and refreshes",
    ),
    "D.TO.HUB": (
        "a label that is not there",
        "AMQ9637E at HUB, AMQ9642E at D",
        "HUB requires a certificate and D sent none",
        "put a certificate with its private key under the label that CERTLABL of D names",
    ),
    "HUB.TO.D": (
        "an SSLPEER that does not match",
        "AMQ9636E at D, AMQ9643E at HUB",
        "the distinguished name of HUB does not match SSLPEER of D",
        "correct SSLPEER (run mqfleet.tls.site)",
    ),
    "E.TO.HUB": (
        "an initiator without TLS",
        "AMQ9639E at HUB, AMQ9641E at E",
        "HUB demands TLS and E connects without it",
        "set SSLCIPH at E",
    ),
    "HUB.TO.E": (
        "another CipherSpec at the responder",
        "AMQ9631E at E, AMQ9641E at HUB",
        "the handshake settled on another CipherSpec than SSLCIPH of E demands",
        "give both ends the same SSLCIPH",
    ),
}


@pytest.mark.long
def test_ten_links_that_fail_at_once_get_ten_explanations(fleets):
    hosts = dict.fromkeys(["hub", *map(str.lower, SPOKES)], "9.4.2")
    fleet = fleets(hosts, mq_tls_links=[{"hub": "HUB", "spokes": SPOKES}], mq_tls_pki_dir="{{ inventory_dir }}/pki")
    made = fleet.playbook("site")
    assert made.rc == 0, made.output
    replace_certificate(fleet, "a", ends=300, stranger=True)
    replace_certificate(fleet, "c", ends=-1)
    fleet.runmqsc("hub", f"ALTER CHANNEL(HUB.TO.A) CHLTYPE(SDR) CONNAME('{fleet.addresses['a']}(1499)')")
    fleet.runmqsc("b", "ALTER CHANNEL(B.TO.HUB) CHLTYPE(SDR) SSLCIPH(ECDHE_RSA_AES_256_GCM_SHA384)")
    fleet.runmqsc("c", "ALTER CHANNEL(C.TO.HUB) CHLTYPE(SDR) XMITQ(SYSTEM.DEFAULT.LOCAL.QUEUE)")
    fleet.runmqsc("d", "ALTER CHANNEL(D.TO.HUB) CHLTYPE(SDR) CERTLABL(nowhere)")
    fleet.runmqsc("d", "ALTER CHANNEL(HUB.TO.D) CHLTYPE(RCVR) SSLPEER('CN=SOMEBODY')")
    fleet.runmqsc("e", "ALTER CHANNEL(E.TO.HUB) CHLTYPE(SDR) SSLCIPH(' ')")
    fleet.runmqsc("e", "ALTER CHANNEL(HUB.TO.E) CHLTYPE(RCVR) SSLCIPH(TLS_AES_128_GCM_SHA256)")
    for spoke in SPOKES:
        fleet.runmqsc(spoke.lower(), f"STOP CHANNEL({spoke}.TO.HUB) STATUS(INACTIVE)")
        fleet.runmqsc("hub", f"STOP CHANNEL(HUB.TO.{spoke}) STATUS(INACTIVE)")
    fleet.runmqsc("b", "STOP CHANNEL(HUB.TO.B) STATUS(INACTIVE)\nDELETE CHANNEL(HUB.TO.B)")

    junit = fleet.folder / "verification.xml"
    run, links = explained(fleet, mq_tls_verification_junit=str(junit))
    assert set(links) == set(TEN)
    for channel, (failure, messages, cause, remedy) in TEN.items():
        link, sentence = links[channel], links[channel]["explanation"]
        assert not link["ok"] and link["status"] != "RUNNING", failure
        assert ", ".join(f"{one['id']} at {one['queue_manager']}" for one in link["messages"]) == messages, (failure, sentence)
        assert f"): {cause}" in sentence and remedy in sentence.rpartition("); ")[2], (failure, sentence)
        assert sentence.rstrip(".").count(". ") == 0, "more than one sentence"
        assert sentence in " ".join(run.output.split()), run.output
    cases = {case.get("name"): case for case in ElementTree.parse(junit).iter("testcase")}
    assert {name: cases[name].find("failure").get("message") for name in TEN} == {name: links[name]["explanation"] for name in TEN}
