# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people do to a fleet by hand: `python tests/witness/sabotage.py -i INVENTORY QM...`.

On each named queue manager, with IBM MQ's programs and with `cryptography`, and none of the collection's code: a channel is altered, the
certificate is swapped for another one under the same label, a trusted certificate is deleted, the mode of the repository is
loosened, and CERTLABL names a label that is not there. `found` lists what a drift report must then name.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

import simulated_fleet
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12


def impostor(subject: x509.Name) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A self-signed certificate with the subject of the right one."""
    key = rsa.generate_private_key(65537, 2048)
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=300))
    return key, builder.sign(key, hashes.SHA256())


def swap_in_pkcs12(path: Path, password: bytes) -> None:
    """Another key and certificate under the same label, and no trusted certificate at all, in place of the right ones."""
    held = pkcs12.load_pkcs12(path.read_bytes(), password)
    key, certificate = impostor(held.cert.certificate.subject)
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(held.cert.friendly_name, key, certificate, None, BestAvailableEncryption(password))
    )


def swap_in_cms(host: simulated_fleet.SimulatedHost, path: Path, label: str, subject: str) -> None:
    """The same with runmqakm, as an administrator would."""
    listed = host.run("runmqakm", "-cert", "-list", "-db", str(path), "-stashed").stdout
    trusted = [line.lstrip("!").strip().strip('"') for line in listed.splitlines() if line.startswith("!")]
    for unwanted in [label, *trusted]:
        _checked(host.run("runmqakm", "-cert", "-delete", "-db", str(path), "-stashed", "-label", unwanted))
    options = ["-label", label, "-dn", subject, "-size", "2048", "-sig_alg", "SHA256WithRSA", "-expire", "300"]
    _checked(host.run("runmqakm", "-cert", "-create", "-db", str(path), "-stashed", *options))


def sabotage(host: simulated_fleet.SimulatedHost) -> None:
    """All five, on one queue manager."""
    folder = host.data_path / "qmgrs" / host.queue_manager / "ssl"
    label = "ibmwebspheremq" + host.queue_manager.lower()
    if (folder / "key.p12").exists():
        path = folder / "key.p12"
        swap_in_pkcs12(path, (folder / "key.d" / "password").read_text().strip().encode())
    else:
        path = folder / "key.kdb"
        swap_in_cms(host, path, label, f"CN={host.queue_manager},OU=TEST,O=Example,C=GB")
    path.resolve().chmod(0o644)
    partner = {"QM1": "QM2", "QM2": "QM1", "QMA": "QMB", "QMB": "QMA"}[host.queue_manager]
    script = f"""\
ALTER CHANNEL('{partner}.TO.{host.queue_manager}') CHLTYPE(RCVR) SSLCAUTH(OPTIONAL) SSLPEER('')
ALTER QMGR CERTLABL('wronglabel')
"""
    _checked(host.run("runmqsc", host.queue_manager, stdin=script))


def _checked(done) -> None:
    if done.returncode:
        raise SystemExit(f"{done.args} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-i", "--inventory", required=True)
    parser.add_argument("queue_managers", nargs="+")
    arguments = parser.parse_args()
    for host in simulated_fleet.hosts(arguments.inventory):
        if host.queue_manager in arguments.queue_managers:
            sabotage(host)
    return 0


if __name__ == "__main__":
    sys.exit(main())
