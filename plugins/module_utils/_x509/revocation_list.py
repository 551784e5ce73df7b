# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists of revoked certificates (CRL), RFC 5280 section 5.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping, Sequence

from .._core.errors import InputError
from .._core.key_repository import hexadecimal, moment
from .certificates import CLOCK_SKEW, authority_key, digest
from .library import hashes, serialization, x509


@dataclass(frozen=True)
class RevocationList:
    """What a CRL says: its number, its dates (aware), the serial numbers in it by pairs of digits."""

    number: int
    this_update: datetime
    next_update: datetime
    serial_numbers: tuple[str, ...]
    signed_by_authority: bool


def key_identifier(certificate: x509.Certificate) -> str:
    """SHA-256 of the public key: who signed, whatever certificates there are for that key."""
    public = certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    hasher = hashes.Hash(hashes.SHA256())
    hasher.update(public)
    return hasher.finalize().hex()


def make(
    authority: x509.Certificate, key: Any, revoked: Sequence[Mapping[str, Any]], number: int, now: datetime, next_update: datetime
) -> x509.CertificateRevocationList:
    """A CRL signed by ``key``. ``revoked``: entries of the index with serial_number, reason and revocation_date."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now - CLOCK_SKEW)
        .next_update(next_update)
        .add_extension(authority_key(authority), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for entry in revoked:
        serial = int(entry["serial_number"].replace(":", ""), 16)
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment(entry["revocation_date"]))
        if entry["reason"] != "unspecified":  # which is said by saying nothing (section 5.3.1)
            one = one.add_extension(x509.CRLReason(x509.ReasonFlags(entry["reason"])), critical=False)
        builder = builder.add_revoked_certificate(one.build())
    return builder.sign(key, digest(authority.public_key()))


def read(data: bytes, authority: x509.Certificate, what: str) -> RevocationList:
    """A CRL in PEM form; ``what`` names it in the InputError for what is none."""
    try:
        found = x509.load_pem_x509_crl(data)
        number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except (ValueError, x509.ExtensionNotFound) as error:
        raise InputError(
            f"{what} was to be read and is no list of revoked certificates with a number; move it away and run again."
        ) from error
    try:
        dates = (found.last_update_utc, found.next_update_utc)
    except AttributeError:  # before version 42
        dates = tuple(date.replace(tzinfo=timezone.utc) for date in (found.last_update, found.next_update))
    return RevocationList(
        number,
        dates[0],
        dates[1],
        tuple(_pairs(entry.serial_number) for entry in found),
        found.issuer == authority.subject and found.is_signature_valid(authority.public_key()),
    )


def _pairs(number: int) -> str:
    return hexadecimal(number.to_bytes((number.bit_length() + 7) // 8 or 1, "big"))
