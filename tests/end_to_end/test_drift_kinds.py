# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of drift, all at once in one fleet: `drift` names every one of them, where it is and what it is."""

from __future__ import annotations

import datetime
import json
import shutil
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

KINDS = yaml.safe_load(Path(__file__).with_name("drift_kinds.yml").read_text(encoding="utf-8"))


def rewrite(fleet, host: str, change) -> None:
    """Write the key repository anew with what `change` makes of its certificate and of those that it trusts."""
    folder = fleet.key_repository(host)
    path, password = (folder / "key.p12").resolve(), (folder / "key.d" / "password").read_bytes().strip()
    held = pkcs12.load_pkcs12(path.read_bytes(), password)
    certificate, trusted = change(held, [pkcs12.PKCS12Certificate(one.certificate, one.friendly_name) for one in held.additional_certs])
    encryption = BestAvailableEncryption(password)
    path.write_bytes(pkcs12.serialize_key_and_certificates(held.cert.friendly_name, held.key, certificate, trusted or None, encryption))


def self_signed(name: x509.Name, key, days: int) -> x509.Certificate:
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(end - datetime.timedelta(days=300)).not_valid_after(end)
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())


def another_certificate(fleet, host: str) -> None:
    """A self-signed one for the same key and name, which is about to end; and nothing that is trusted."""
    rewrite(fleet, host, lambda held, _trusted: (self_signed(held.cert.certificate.subject, held.key, 2), []))


def stranger_trusted(fleet, host: str) -> None:
    stranger = self_signed(x509.Name.from_rfc4514_string("CN=Old CA"), ec.generate_private_key(ec.SECP256R1()), 100)
    rewrite(fleet, host, lambda held, trusted: (held.cert.certificate, [*trusted, pkcs12.PKCS12Certificate(stranger, b"old-ca")]))


def loose_mode(fleet, host: str) -> None:
    (fleet.key_repository(host) / "key.p12").resolve().chmod(0o644)


def no_key_repository(fleet, host: str) -> None:
    shutil.rmtree(fleet.key_repository(host))
    fleet.key_repository(host).mkdir()


def marker(fleet, host: str) -> None:
    (fleet.key_repository(host).parent / "mqfleet.refresh").touch()


@pytest.mark.long
def test_each_kind_of_drift_is_named(fleets):
    hosts = dict.fromkeys(["q1", "q2", "q3", "q4"], "9.4.2")
    fleet = fleets(hosts, mq_tls_links=[{"hub": "Q1", "spokes": ["Q2", "Q3", "Q4"]}], mq_tls_pki_dir="{{ inventory_dir }}/pki")
    made = fleet.playbook("site")
    assert made.rc == 0, made.output
    for host, channel in [("q2", "Q2.TO.Q1"), ("q3", "Q3.TO.Q1")]:
        fleet.runmqsc(host, f"STOP CHANNEL({channel}) STATUS(INACTIVE)")
    for host, name in dict.fromkeys((kind["host"], kind["done"]) for kind in KINDS if "done" in kind):
        globals()[name](fleet, host)
    for kind in KINDS:
        if "mqsc" in kind:
            said = fleet.runmqsc(kind["host"], kind["mqsc"].replace(" / ", "\n"))
            assert "No commands have a syntax error." in said and "AMQ8147" not in said, said

    path = fleet.folder / "drift.json"
    run = fleet.playbook("drift", mq_tls_drift_report=str(path))
    assert run.rc == 2, run.output
    written = json.loads(path.read_text())
    changes = {one["queue_manager"].lower(): one["changes"] for one in written["drift"]}
    undescribed = {one["queue_manager"].lower(): one["items"] for one in written["undescribed"]}
    unfound = []
    for kind in KINDS:
        if "undescribed" in kind:
            found = [one for one in undescribed.get(kind["host"], []) if one["object"] == kind["undescribed"]]
        else:
            found = [one for one in changes.get(kind["host"], []) if (one["object"], one["action"]) == (kind["object"], kind["action"])]
        found = [one for one in found if kind.get("name") in (None, one["name"])]
        if not any(kind.get("attribute") is None or kind["attribute"] in one["attributes"] for one in found):
            unfound.append(kind["kind"])
    assert unfound == [], json.dumps(written, indent=1)
