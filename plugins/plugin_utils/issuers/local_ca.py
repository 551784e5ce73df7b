# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificate authority in the PKI folder, which mqfleet.tls.certificate_authority makes.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from datetime import datetime, timezone

from ...module_utils._core.errors import StateError
from ...module_utils._core.key_repository import Identity
from ...module_utils._x509 import certificates
from ..pki_folder import PkiFolder
from .issuer import Issuer, checked


class LocalCa(Issuer):
    """``passphrase`` of the CA's private key, empty when that is not encrypted. The URLs are put into what it signs."""

    def __init__(self, folder: PkiFolder, passphrase: str, crl_url: str = "", ocsp_url: str = "") -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._crl_url = crl_url
        self._ocsp_url = ocsp_url

    def chain(self, queue_manager: str) -> list[str]:
        return self._folder.authority()

    def revoked(self, queue_manager: str) -> dict[str, str]:
        revoked = self._folder.index.read().revoked()
        return {entry["serial_number"]: str(entry["reason"]) for entry in revoked if entry.get("queue_manager") == queue_manager}

    def sign(self, queue_manager: str, request: str, identity: Identity) -> list[str]:
        attempt = f"The request of queue manager {queue_manager} was to be signed by the CA in {self._folder.path}"
        asked = checked(attempt, queue_manager, request, identity)
        chain = self.chain(queue_manager)
        if not chain:
            raise StateError(f"{attempt} and there is no CA yet; run mqfleet.tls.certificate_authority first.")
        authority = certificates.load_certificate(chain[0], f"The certificate of the CA in {self._folder.path}")
        try:
            key = certificates.load_key(self._folder.authority_key(), self._passphrase)
        except ValueError as error:
            raise StateError(f"{attempt} and the passphrase does not open its private key; correct mq_tls_ca_passphrase.") from error
        now = datetime.now(timezone.utc)
        signed = certificates.sign_request(asked, key, authority, identity.days, now, self._crl_url, self._ocsp_url)
        if not certificates.has_signed(authority, signed):
            raise StateError(f"{attempt} and its private key is not that of its certificate; bring the right two files back.")
        return [self._folder.keep_issued(queue_manager, certificates.facts(signed)).pem, *chain]
