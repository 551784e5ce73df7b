# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PKCS #12 key repositories, through the library `cryptography`.

Sources: RFC 7292; GSKit reads the friendlyName as the label and takes a certificate without a private key as trusted; Java asks for
the trusted mark, which cryptography writes from version 45 on.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from typing import Any, Sequence

from .._core.errors import ParseError, StateError
from .._core.key_repository import Entry, Identity, Plan
from .._x509 import certificates, pfx
from .._x509.library import UnsupportedAlgorithm, hashes, pkcs12, require, serialization
from .files import Access, Files
from .key_store import PENDING_KEYS, REQUEST, Answer, Item, KeyStore


class Pkcs12Store(KeyStore):
    """``password`` opens the file; it is also that of a file to be made."""

    type = "pkcs12"
    suffix = ".p12"

    def __init__(self, password: str, files: Files) -> None:
        self._password = password.encode("utf-8")
        self._files = files

    def read(self, stem: str) -> list[Entry]:
        items, _orphans = self._load(stem + self.suffix)
        known = [item.certificate for item in items]
        return [Entry(item.label, certificates.facts(item.certificate, known), item.key is not None, item.key is None) for item in items]

    def change(self, stem: str, steps: Plan, identity: Identity | None, answer: Answer | None, now: datetime) -> None:
        items = [] if steps.create else self.take_out(stem)
        going = {(entry.label, entry.certificate.fingerprint) for entry in steps.remove}
        labels = {(entry.label, entry.certificate.fingerprint): label for entry, label in steps.rename}
        known = [(item, (item.label, certificates.fingerprint(item.certificate))) for item in items]
        items = [replace(item, label=labels.get(key, item.label)) for item, key in known if key not in going]
        items += [Item(one.label, certificates.load_certificate(one.trust.pem, f"The certificate {one.label}")) for one in steps.add]
        if steps.issue and identity and answer:
            items.insert(0, replace(answer.own or self.joined(os.path.dirname(stem), answer), label=identity.label))
        elif steps.issue and identity:
            key = certificates.generate_key(identity.key_type, identity.key_size)
            items.insert(0, Item(identity.label, certificates.make_self_signed(key, identity, now), key))
        self.put_in(stem, items)

    def take_out(self, stem: str) -> list[Item]:
        items, orphans = self._load(stem + self.suffix)
        if orphans:
            raise StateError(
                f"The key repository {stem}{self.suffix} was to be changed and holds {orphans} private key without a certificate, "
                f"which would be lost; receive or delete the open certificate request with runmqakm first."
            )
        return items

    def put_in(self, stem: str, items: Sequence[Item]) -> None:
        self._files.write(stem + self.suffix, self._dump(items), Access(0o600))

    def joined(self, directory: str, answer: Answer) -> Item:
        return Item("", certificates.load_certificate(answer.chain[0], "The signed certificate"), _pending_key(answer.pending))

    def make_request(self, directory: str, identity: Identity) -> None:
        key = certificates.generate_key(identity.key_type, identity.key_size)
        self._files.write(os.path.join(directory, PENDING_KEYS[self.type]), certificates.key_to_pem(key), Access(0o600))
        self._files.write(os.path.join(directory, REQUEST), certificates.make_request(key, identity), Access(0o600))

    def has_key(self, directory: str) -> bool:
        with open(os.path.join(directory, REQUEST), "rb") as stream:
            request = certificates.load_request(stream.read(), "The waiting request")
        return certificates.same_key(_pending_key(directory).public_key(), request.public_key())

    def _load(self, path: str) -> tuple[list[Item], int]:
        """The entries, and how many private keys have no certificate."""
        attempt = f"The key repository {path} was to be read"
        require(attempt)
        with open(path, "rb") as stream:
            data = stream.read()
        try:
            bags = pfx.key_bags(data)
        except (ParseError, IndexError, ValueError) as error:
            cause = str(error) if isinstance(error, ParseError) else "it is no PKCS #12 file"
            raise StateError(f"{attempt} and {cause}; it is left as it is: put a good copy in its place or move it away.") from error
        try:
            loaded = pkcs12.load_pkcs12(data, self._password)
            keys = [_load_key(bag, self._password.decode("utf-8")) for bag in bags]
        except (ValueError, UnsupportedAlgorithm) as error:
            raise StateError(
                f"{attempt} and the password does not open it, or it is damaged; it is left as it is: "
                f"give its password as mq_tls_key_repository_password or put a good copy in its place."
            ) from error
        found = [one for one in (loaded.cert, *loaded.additional_certs) if one is not None]
        items = [Item(_label(one), one.certificate) for one in found]
        orphans = 0
        for key in keys or ([loaded.key] if loaded.key else []):
            free = [number for number, item in enumerate(items) if item.key is None]
            owner = next((n for n in free if certificates.same_key(items[n].certificate.public_key(), key.public_key())), None)
            if owner is None:
                orphans += 1
            else:
                items[owner] = Item(items[owner].label, items[owner].certificate, key)
        return items, orphans

    def _dump(self, items: Sequence[Item]) -> bytes:
        encryption = self._encryption()
        parts = [
            pkcs12.serialize_key_and_certificates(item.label.encode("utf-8"), item.key, item.certificate, None, encryption)
            for item in items
            if item.key is not None
        ]
        trusted = [pkcs12.PKCS12Certificate(item.certificate, item.label.encode("utf-8")) for item in items if item.key is None]
        if trusted and hasattr(pkcs12, "serialize_java_truststore"):
            parts.append(pkcs12.serialize_java_truststore(trusted, encryption))
        elif trusted:
            parts.append(pkcs12.serialize_key_and_certificates(None, None, None, trusted, encryption))
        return pfx.join(parts, self._password)

    def _encryption(self) -> Any:
        """PBES2 with AES-256 and HMAC-SHA-256; an older library than version 38 has no choice, its best is the same with OpenSSL 3."""
        builder = getattr(serialization.PrivateFormat.PKCS12, "encryption_builder", None)
        if builder is None:
            return serialization.BestAvailableEncryption(self._password)
        return builder().key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC).hmac_hash(hashes.SHA256()).build(self._password)


def _pending_key(directory: str) -> Any:
    with open(os.path.join(directory, PENDING_KEYS["pkcs12"]), "rb") as stream:
        return certificates.load_key(stream.read())


def _load_key(bag: bytes, password: str) -> Any:
    try:
        return certificates.load_key(bag, password, der=True)
    except ValueError:  # a bag that is not encrypted by itself
        return certificates.load_key(bag, der=True)


def _label(found: Any) -> str:
    name = found.friendly_name
    return name.decode("utf-8", "replace") if name else certificates.from_x509(found.certificate.subject).text()
