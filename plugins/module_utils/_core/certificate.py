# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates as facts, their text forms, and entries of a key repository.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any, Mapping

from .errors import ParseError

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class Certificate:
    """Public facts of a certificate.

    ``subject`` and ``issuer`` in RFC 4514 form; ``serial_number`` and ``fingerprint`` (SHA-256) as pairs of upper-case
    hexadecimal digits with colons; the dates as ``2026-11-24T08:14:52Z``; ``signed_by`` the fingerprints of those certificates
    whose key is known to have signed this one. ``extended_key_usage``: words such as serverAuth, object identifiers for others, empty
    without restriction. Not known is None in that, in ``is_ca`` (also: the certificate does not say) and in ``signature_algorithm``.
    """

    subject: str
    issuer: str
    serial_number: str
    not_before: str
    not_after: str
    fingerprint: str
    key_type: str
    key_size: int
    self_signed: bool
    dns_names: tuple[str, ...]
    pem: str
    signed_by: tuple[str, ...] = ()
    extended_key_usage: tuple[str, ...] | None = None
    is_ca: bool | None = None
    signature_algorithm: str | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """The inverse of ``dataclasses.asdict`` after a passage through JSON."""
        usage = data.get("extended_key_usage")
        lists = {"dns_names": tuple(data["dns_names"]), "signed_by": tuple(data["signed_by"])}
        return cls(**{**data, **lists, "extended_key_usage": None if usage is None else tuple(usage)})

    def facts(self) -> dict[str, str]:
        """What ``--diff`` shows of a certificate."""
        return {name: getattr(self, name) for name in ("subject", "issuer", "serial_number", "not_before", "not_after", "fingerprint")}


@dataclass(frozen=True)
class Entry:
    """A certificate under its label; ``has_key``: the private key is there too (MQ: a personal certificate)."""

    label: str
    certificate: Certificate
    has_key: bool
    trusted: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Entry:
        return cls(data["label"], Certificate.from_dict(data["certificate"]), bool(data["has_key"]), bool(data["trusted"]))


def pem_blocks(text: str) -> list[str]:
    """The certificates of a PEM text, each in canonical form (RFC 7468: lines of 64 characters), text around them dropped.

    Raises ParseError when there is none or a block is no base64.
    """
    blocks = []
    for body in _PEM.findall(text):
        try:
            der = base64.b64decode("".join(body.split()), validate=True)
        except binascii.Error as error:
            raise ParseError("A certificate in PEM form was to be read and its text is no base64; copy it again as a whole.") from error
        if der[:1] != b"\x30":
            raise ParseError("A certificate in PEM form was to be read and holds no ASN.1 sequence; copy it again as a whole.")
        encoded = base64.b64encode(der).decode("ascii")
        lines = [encoded[start : start + 64] for start in range(0, len(encoded), 64)]
        blocks.append("\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]))
    if not blocks:
        raise ParseError(
            "A certificate in PEM form was to be read and no '-----BEGIN CERTIFICATE-----' was found; give the whole PEM text."
        )
    return blocks


def pem_fingerprint(pem: str) -> str:
    """SHA-256 fingerprint of one certificate in canonical PEM form."""
    return hexadecimal(hashlib.sha256(base64.b64decode("".join(pem.splitlines()[1:-1]))).digest())


def hexadecimal(data: bytes) -> str:
    """``A1:0F``: how openssl, keytool and MQ show fingerprints and serial numbers."""
    return ":".join(f"{byte:02X}" for byte in data)


def timestamp(moment: datetime) -> str:
    """An aware moment as ``2026-11-24T08:14:52Z``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The inverse of ``timestamp``, in whole seconds."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
