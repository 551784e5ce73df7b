# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What certificate authorities hand back: files in one of several forms, with certificates in any order.

Sources: RFC 7468 (PEM), RFC 2315 and RFC 5652 (PKCS #7 without signers, which carries certificates only).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Sequence

from .._core.errors import InputError
from .certificates import has_signed, same_key
from .library import UnsupportedAlgorithm, x509

# Windows' certificate services write CERTIFICATE above a PKCS #7 as well: what is inside decides, not the word.
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 #]+)-----(.*?)-----END \1-----", re.DOTALL)


def read(data: bytes, what: str) -> list[x509.Certificate]:
    """All certificates of a file in PEM, DER or PKCS #7 form; ``what`` names it in the InputError for a file that has none.

    A file with a private key is refused: none belongs on the controller.
    """
    if b"PRIVATE KEY-----" in data:
        raise InputError(f"{what} was to be read and holds a private key; take that out, it has no business there: only certificates have.")
    found: list[x509.Certificate] = []
    try:
        blocks = [base64.b64decode(b"".join(body.split()), validate=True) for _word, body in _BLOCK.findall(data)]
        for der in blocks or [data]:
            found += _certificates(der)
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise InputError(
            f"{what} was to be read and is neither PEM nor DER nor PKCS#7 with certificates; copy it again as a whole."
        ) from error
    if not found:
        raise InputError(f"{what} was to be read and holds no certificate; copy it again as a whole.")
    return found


def _certificates(der: bytes) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(der)]
    except ValueError:
        from cryptography.hazmat.primitives.serialization import pkcs7  # noqa: PLC0415 - 10 ms, on the controller for such files only

        return list(pkcs7.load_der_pkcs7_certificates(der))


def of_key(public_key: object, found: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The certificate for that key, if it is there."""
    return next((one for one in found if same_key(one.public_key(), public_key)), None)


def path(certificate: x509.Certificate, known: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """A certificate, the one that signed it, and so on: up to a root if ``known`` allows it, else as far as it goes."""
    if has_signed(certificate, certificate):
        return [certificate]
    found = [[certificate]]
    for one in known:
        if has_signed(one, certificate):
            found.append([certificate, *path(one, [other for other in known if other is not one])])
    complete = [one for one in found if has_signed(one[-1], one[-1])]
    return min(complete, key=len) if complete else max(found, key=len)
