# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificate authorities outside this collection: what they answer is checked before anything is done with it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Any, Sequence

from ...module_utils._core.errors import StateError
from ...module_utils._core.key_repository import Identity
from ...module_utils._ports.files import explained
from ...module_utils._x509 import certificates, chain
from ...module_utils._x509.library import x509
from ...module_utils._x509.names import from_x509
from ..pki_folder import PkiFolder
from .issuer import Issuer


def trusted(queue_manager: str, value: Any) -> list[str]:
    """The option ``trust`` of an issuer as certificates (PEM): one or several PEM texts or paths of files on the controller."""
    found = []
    for item in [value] if isinstance(value, str) else list(value or ()):
        attempt = f"The CA certificates (trust) of the issuer of queue manager {queue_manager}"
        if "-----BEGIN" in item:
            data = item.encode("utf-8")
        else:
            attempt += f" in {item}"
            with explained(f"{attempt} were to be read", item), open(os.path.expanduser(item), "rb") as stream:
                data = stream.read()
        found += [certificates.to_pem(one) for one in chain.read(data, attempt)]
    return found


class OutsideCa(Issuer):
    """``anchors``: CA certificates (PEM) known without an answer. ``pinned``: a chain has to end in one of them."""

    remedy = "nothing was changed: correct that and run again"

    def __init__(self, folder: PkiFolder | None, anchors: Sequence[str], pinned: bool) -> None:
        self._folder = folder
        self._anchors = list(anchors)
        self._pinned = pinned

    def chain(self, queue_manager: str) -> list[str]:
        published = self._folder.published(queue_manager) if self._folder else []
        # intermediates that came with an answer; those of another issuer, which the queue manager had before, do not count
        above = published[1:] if published[-1:] and published[-1] in self._anchors else []
        return list(dict.fromkeys([*self._anchors, *above]))

    def _accepted(
        self, attempt: str, queue_manager: str, asked: x509.CertificateSigningRequest, found: Sequence[x509.Certificate], identity: Identity
    ) -> list[str]:
        """The certificate for the request with its chain, from what came back and what is known. Raises StateError."""
        leaf = chain.of_key(asked.public_key(), found)
        if leaf is None:
            names = ", ".join(from_x509(one.subject).text() for one in found)
            raise StateError(f"{attempt} and it holds no certificate for the key that this request is for, only {names}; {self.remedy}.")
        known = [certificates.load_certificate(pem, "A CA certificate of the PKI folder") for pem in self.chain(queue_manager)]
        answer = chain.path(leaf, [*found, *known])
        pems = [certificates.to_pem(one) for one in answer]
        now = datetime.now(timezone.utc)
        issuers = [certificates.fingerprint(one) for one in answer[1:2]]
        cause = certificates.fault(asked, answer, issuers, now + timedelta(days=identity.renew_before_days), now, "the controller")
        if not cause and self._pinned and pems[-1] not in self._anchors:
            cause = f"its chain ends at {from_x509(answer[-1].subject).text()}, which is not among the CA certificates to trust"
        if cause:
            raise StateError(f"{attempt} and {cause}; {self.remedy}.")
        return pems
