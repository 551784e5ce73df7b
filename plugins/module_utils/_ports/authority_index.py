# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the local certificate authority knows of the certificates that it has signed, and the list of those that it has revoked.

    ca/issued/<digits of the serial number>.pem    the certificates
    ca/index.jsonl                                 one line for each: valid, superseded, or revoked with the reason
    ca/crl.pem  ca/crl.der                         the list of revoked certificates (CRL) of the CA in use, in both forms
    ca/previous/crl.pem  ca/previous/crl.der       the last list of the CA before

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Iterator

from .._core.errors import InputError, StateError
from .._core.key_repository import Certificate, pem_blocks, pem_fingerprint, timestamp
from .._core.revocation import Index, Wish, check_reason, digits
from .._x509 import certificates, revocation_list
from .._x509.library import serialization
from .._x509.names import from_x509
from .authority_folder import CERTIFICATE, KEY, read_certificates
from .files import Access, Files, explained
from .lock import locked

_PUBLIC = Access(0o644)
# Many forks sign at once; each holds the lock for a few milliseconds.
_LOCK_TIMEOUT = 60.0
_LISTS = ("crl.der", "crl.pem")  # the second is the one that is read: a run that ends between the two makes both anew


class AuthorityIndex:
    """``path`` is the folder ``ca``, which need not exist yet."""

    def __init__(self, path: str, files: Files | None = None) -> None:
        self.path = path
        self.list_file = self._at("crl.pem")
        self._files = files or Files()

    def read(self) -> Index:
        path = self._at("index.jsonl")
        if not os.path.exists(path):
            return Index()
        with explained(f"The index {path} of the certificate authority was to be read", path), open(path, encoding="utf-8") as stream:
            return Index.parse(stream.read())

    def keep(self, queue_manager: str, certificate: Certificate) -> Certificate:
        """Remember a certificate that was signed for a queue manager. Gives the one that it is to have.

        Of two runs at once both have the same request signed, and so has the rerun of one that was killed. What was signed first counts,
        or the index would call a certificate superseded that is in use.
        """
        folder = self._at("issued")
        entry = {"serial_number": certificate.serial_number, "subject": certificate.subject, "queue_manager": queue_manager}
        entry.update(not_before=certificate.not_before, not_after=certificate.not_after)
        with explained(f"The certificate of queue manager {queue_manager} was to be kept beside the CA that signed it", folder):
            os.makedirs(folder, exist_ok=True)
            with self._locked():
                index = self.read()
                for pem in read_certificates(self._issued(index.valid(queue_manager))):
                    earlier = certificates.load_certificate(pem, "A certificate that was issued")
                    if certificates.is_twin(earlier, certificates.load_certificate(certificate.pem, "The certificate")):
                        return certificates.facts(earlier)
                self._files.write(self._issued(certificate.serial_number), certificate.pem.encode("ascii"), _PUBLIC)
                self._write(index.with_issued(entry))
        return certificate

    def revoke(self, wish: Wish, reason: str, now: datetime, check: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Record that a certificate of the CA in use is revoked: its entry, and the changes. The list is another step: ``publish``."""
        with explained(wish.attempt, self.path):
            if check:
                return self._revoke(wish, reason, now, check=True)
            with self._locked():
                return self._revoke(wish, reason, now, check=False)

    def _revoke(self, wish: Wish, reason: str, now: datetime, check: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        authority = self._authority(wish.attempt)
        index = self.read()
        entry = index.find(wish, self._by_fingerprint() if wish.fingerprint else {}, self._listed(authority), os.path.dirname(self.path))
        if not check_reason(wish, entry, reason):
            return entry, []
        serial, queue_manager = entry["serial_number"], entry.get("queue_manager")
        path = self._issued(serial)
        found = read_certificates(path)
        attempt = f"The certificate {serial} ({queue_manager}) was to be revoked"
        if not found:
            raise StateError(f"{attempt} and {path} is missing, by which it is known who signed it; bring the file back.")
        certificate = certificates.load_certificate(found[0], f"The certificate {path}")
        if not certificates.has_signed(authority, certificate):
            raise StateError(
                f"{attempt} and it was signed by {from_x509(certificate.issuer).text()} with another key than that of the CA in use, which "
                f"alone can revoke; end the trust in that CA with mqfleet.tls.rotate_ca."
            )
        facts = {"reason": reason, "revocation_date": timestamp(now), "authority_key": revocation_list.key_identifier(authority)}
        if not check:
            self._write(index.with_revoked(serial, facts))
        attributes = {"serial_number": {"before": serial, "after": serial}, "status": {"before": entry.get("status"), "after": "revoked"}}
        change = {"object": "CERTIFICATE", "name": entry["subject"], "action": "revoke", "attributes": attributes, "reason": reason}
        return {**entry, **facts, "status": "revoked"}, [change]

    def publish(self, passphrase: str, now: datetime, days: int, check: bool, also: str = "") -> list[dict[str, Any]]:
        """Make the list anew where it lacks a revocation, half of its time is over or another CA signed it; the changes.

        ``also``: in check mode, the serial number of a certificate that would be revoked before.
        """
        attempt = f"The list of revoked certificates {self.list_file} was to be made"
        if days < 1:
            raise InputError(f"{attempt} for {days} days; give crl_days a value from 1.")
        with explained(attempt, self.path):
            if check:
                return self._publish(attempt, passphrase, now, days, True, also)
            with self._locked():
                return self._publish(attempt, passphrase, now, days, False, "")

    def _publish(self, attempt: str, passphrase: str, now: datetime, days: int, check: bool, also: str) -> list[dict[str, Any]]:
        authority = self._authority(attempt)
        identifier = revocation_list.key_identifier(authority)
        revoked = [entry for entry in self.read().revoked() if entry.get("authority_key") == identifier]
        there = self._list(authority)
        wanted = {digits(entry["serial_number"]) for entry in revoked} | ({digits(also)} if also else set())
        if there is None:
            reason = "there is none yet"
        elif not there.signed_by_authority:
            reason = "it is the list of another certificate authority"
        elif wanted != {digits(number) for number in there.serial_numbers}:
            reason = "the certificates that are revoked are others than those in it"
        elif now >= there.this_update + (there.next_update - there.this_update) / 2:
            reason = f"it ends on {timestamp(there.next_update)}"
        else:
            return []
        if not check:
            key = self._key(attempt, passphrase, authority)
            if there and not there.signed_by_authority:
                self._put_aside()
            ends = min(now + timedelta(days=days), certificates.not_after(authority))
            made = revocation_list.make(authority, key, revoked, there.number + 1 if there else 1, now, ends)
            for name, encoding in zip(_LISTS, (serialization.Encoding.DER, serialization.Encoding.PEM)):
                self._files.write(self._at(name), made.public_bytes(encoding), _PUBLIC)
        change: dict[str, Any] = {
            "object": "CRL",
            "name": self.list_file,
            "action": "replace" if there else "create",
            "attributes": {},
            "reason": reason,
        }
        return [change]

    @property
    def is_published(self) -> bool:
        """Whether there is a list, or something to be put on one."""
        return os.path.exists(self.list_file) or bool(self.read().revoked())

    def _put_aside(self) -> None:
        """The list of the CA before stays where those who still ask for it can be served."""
        if os.path.isdir(self._at("previous")):
            for name in _LISTS:
                if os.path.exists(self._at(name)):
                    self._files.rename(self._at(name), self._at(os.path.join("previous", name)))

    def _authority(self, attempt: str) -> Any:
        chain = read_certificates(self._at(CERTIFICATE))
        if not chain:
            raise StateError(f"{attempt} and there is no CA in {self.path}; run mqfleet.tls.certificate_authority first.")
        return certificates.load_certificate(chain[0], f"The certificate of the CA in {self.path}")

    def _key(self, attempt: str, passphrase: str, authority: Any) -> Any:
        path = self._at(KEY)
        with open(path, "rb") as stream:
            pem = stream.read()
        try:
            key = certificates.load_key(pem, passphrase)
        except ValueError as error:
            raise StateError(f"{attempt} and the passphrase does not open {path}; correct mq_tls_ca_passphrase.") from error
        if not certificates.same_key(key.public_key(), authority.public_key()):
            raise StateError(f"{attempt} and {path} does not belong to {self._at(CERTIFICATE)}; bring the right two files back.")
        return key

    def _list(self, authority: Any) -> revocation_list.RevocationList | None:
        if not os.path.exists(self.list_file):
            return None
        with open(self.list_file, "rb") as stream:
            return revocation_list.read(stream.read(), authority, f"The list of revoked certificates {self.list_file}")

    def _listed(self, authority: Any) -> tuple[str, ...]:
        there = self._list(authority)
        return there.serial_numbers if there else ()

    def _by_fingerprint(self) -> dict[str, str]:
        """Serial numbers by the fingerprints of the certificates that were kept."""
        folder = self._at("issued")
        found = {}
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), encoding="ascii", errors="replace") as stream:
                found[digits(pem_fingerprint(pem_blocks(stream.read())[0]))] = name.partition(".")[0]
        return found

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with locked(self._at("lock"), _LOCK_TIMEOUT, "index of the certificate authority"):
            yield

    def _write(self, index: Index) -> None:
        self._files.write(self._at("index.jsonl"), index.text().encode("utf-8"), _PUBLIC)

    def _issued(self, serial_number: str) -> str:
        return self._at(os.path.join("issued", f"{serial_number.replace(':', '').lower()}.pem"))

    def _at(self, name: str) -> str:
        return os.path.join(self.path, name)
