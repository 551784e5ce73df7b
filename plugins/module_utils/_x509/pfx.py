# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outer structure of PKCS #12, as far as the library `cryptography` does not show it.

The library reads and writes one private key a file, and marks trusted certificates (for Java) only in a file without keys. A key
repository may hold several keys and needs the mark beside them. So each part is written by the library, and here the parts are
joined under one MAC; for reading, here the private keys are found, and the library decrypts each.

Sources: RFC 7292 (PKCS #12) sections 4 and appendix B, ITU-T X.690 (DER).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Iterator, Sequence

from .._core.errors import ParseError

_SEQUENCE, _SET, _INTEGER, _OCTET_STRING, _NULL, _OBJECT_IDENTIFIER, _EXPLICIT_0 = 0x30, 0x31, 0x02, 0x04, 0x05, 0x06, 0xA0
_DATA = bytes.fromhex("2a864886f70d010701")  # 1.2.840.113549.1.7.1
_BAG = bytes.fromhex("2a864886f70d010c0a01")  # 1.2.840.113549.1.12.10.1, before the kind of bag
_KEY_BAG, _SHROUDED_KEY_BAG, _CERTIFICATE_BAG = 1, 2, 3
_SHA256 = bytes.fromhex("608648016503040201")

_MAC_ITERATIONS = 10000


def key_bags(pfx: bytes) -> list[bytes]:
    """The private keys of a PKCS #12 file, each as DER of PrivateKeyInfo or, as usual, EncryptedPrivateKeyInfo.

    Raises ParseError for a file that is cut short or no PKCS #12, or that holds bags which a rewritten file would lose.
    """
    keys = []
    for part in _parts(pfx):
        kind, content = list(_children(part))[:2]
        if _value(kind) != _DATA:
            continue  # encrypted: certificates
        inner = _octets(_value(content))
        for bag in _children(inner):
            identifier, value = list(_children(bag))[:2]
            name = _value(identifier)
            number = name[-1] if name[:-1] == _BAG else 0
            if number in (_KEY_BAG, _SHROUDED_KEY_BAG):
                keys.append(_value(value))
            elif number != _CERTIFICATE_BAG:
                raise ParseError("it holds an entry that is neither a private key nor a certificate")
    return keys


def join(files: Sequence[bytes], password: bytes) -> bytes:
    """One PKCS #12 file with the contents of several that were written with the same password; none: an empty repository."""
    safe = _encode(_SEQUENCE, b"".join(part for pfx in files for part in _parts(pfx)))
    salt = secrets.token_bytes(16)
    mac = hmac.new(_derive(password, salt, 3, 32), safe, hashlib.sha256).digest()
    algorithm = _encode(_SEQUENCE, _encode(_OBJECT_IDENTIFIER, _SHA256) + _encode(_NULL, b""))
    mac_data = _encode(_SEQUENCE, algorithm + _encode(_OCTET_STRING, mac))
    iterations = _encode(_INTEGER, _MAC_ITERATIONS.to_bytes(2, "big"))
    content = _encode(_OBJECT_IDENTIFIER, _DATA) + _encode(_EXPLICIT_0, _encode(_OCTET_STRING, safe))
    version = _encode(_INTEGER, b"\x03")
    return _encode(
        _SEQUENCE,
        version + _encode(_SEQUENCE, content) + _encode(_SEQUENCE, mac_data + _encode(_OCTET_STRING, salt) + iterations),
    )


def _parts(pfx: bytes) -> list[bytes]:
    """The ContentInfo elements of the AuthenticatedSafe."""
    outer = list(_children(pfx, whole=True))
    if len(outer) < 2 or outer[0] != b"\x02\x01\x03":
        raise ParseError("it is no PKCS #12 file of version 3")
    kind, content = list(_children(outer[1]))[:2]
    if _value(kind) != _DATA:
        raise ParseError("it is signed by a public key instead of a password")
    return list(_children(_octets(_value(content))))


def _octets(element: bytes) -> bytes:
    if element[:1] != bytes((_OCTET_STRING,)):
        raise ParseError("it is written in BER, not DER")
    return _value(element)


def _value(element: bytes) -> bytes:
    _tag, start, end = _header(element, 0)
    return element[start:end]


def _children(element: bytes, whole: bool = False) -> Iterator[bytes]:
    """The elements inside a constructed one; ``whole``: nothing may follow it."""
    tag, position, end = _header(element, 0)
    if tag not in (_SEQUENCE, _SET) or (whole and end != len(element)):
        raise ParseError("it is no PKCS #12 file")
    while position < end:
        _tag, _start, stop = _header(element, position)
        yield element[position:stop]
        position = stop


def _header(data: bytes, position: int) -> tuple[int, int, int]:
    """Tag, begin and end of the value of the element at ``position``."""
    if len(data) < position + 2:
        raise ParseError("it is cut short")
    tag, length, start = data[position], data[position + 1], position + 2
    if length == 0x80:
        raise ParseError("it is written in BER, not DER")
    if length > 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if len(data) < start + length:
        raise ParseError("it is cut short")
    return tag, start, start + length


def _encode(tag: int, value: bytes) -> bytes:
    size = len(value)
    if size < 0x80:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + value


def _derive(password: bytes, salt: bytes, purpose: int, size: int) -> bytes:
    """Key derivation of RFC 7292 appendix B.2 with SHA-256, for at most one block (32 bytes)."""
    block = 64
    text = password.decode("utf-8").encode("utf-16-be") + b"\0\0"

    def filled(data: bytes) -> bytes:
        length = block * -(-len(data) // block)
        return (data * -(-length // len(data)))[:length]

    digest = bytes((purpose,)) * block + filled(salt) + filled(text)
    for _round in range(_MAC_ITERATIONS):
        digest = hashlib.sha256(digest).digest()
    return digest[:size]
