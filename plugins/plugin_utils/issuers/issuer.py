# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What turns a certificate request into a certificate.

A further issuer is a further file here and a line in ``find``.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Sequence

from ...module_utils._core.errors import InputError
from ...module_utils._core.key_repository import Identity
from ...module_utils._x509 import certificates, library
from ...module_utils._x509.library import x509
from ...module_utils._x509.names import from_x509


class Issuer(ABC):
    """One way to get certificates signed. Changes have the shape of docs/architecture.md section 2."""

    # True: the queue manager's host makes the certificate itself, and sign() is never called.
    made_on_host = False
    # True: sign() changes nothing anywhere, so that check mode calls it too.
    only_reads = False

    @abstractmethod
    def chain(self, queue_manager: str) -> list[str]:
        """The CA certificates (PEM) one of which signs, in any order; empty when they are yet to be made, not known, or there are none."""

    @abstractmethod
    def sign(self, queue_manager: str, request: str, identity: Identity) -> list[str]:
        """The certificate for a request (PEM) of a queue manager, then its chain.

        Raises InputError when the request is not for ``identity``, StateError when the issuer cannot sign.
        """

    def revoked(self, queue_manager: str) -> dict[str, str]:
        """The serial numbers of the queue manager's certificates that the issuer has revoked, each with the reason."""
        return {}

    def can_sign(self, queue_manager: str) -> bool:
        """Whether a certificate can be had in this run; else ask() is called instead of sign()."""
        return True

    def ask(self, queue_manager: str, request: str, identity: Identity, check: bool) -> tuple[str, list[dict[str, Any]]]:
        """Put the request (empty: not made yet) where it is signed later: a sentence that says what is waited for, and the changes."""
        raise NotImplementedError  # needed only where can_sign may say no

    def close(self, queue_manager: str, installed: Sequence[str], check: bool) -> list[dict[str, Any]]:
        """Clear up after a certificate, given with its chain (PEM), that the queue manager has; the changes."""
        return []


def checked(attempt: str, queue_manager: str, request: str, identity: Identity) -> x509.CertificateSigningRequest:
    """The request, if it asks for what the inventory describes: the host asks, but no host gets another queue manager's name."""
    library.require(attempt)
    asked = certificates.load_request(request.encode("ascii"), f"The request of queue manager {queue_manager}")
    faults = (
        (from_x509(asked.subject) != identity.subject, f"asks for {from_x509(asked.subject)} instead of {identity.subject}"),
        (certificates.key_kind(asked.public_key()) != (identity.key_type, identity.key_size), "has another kind of key than described"),
        (set(certificates.dns_names(asked.extensions)) != set(identity.dns_names or ()), "asks for other DNS names than described"),
    )
    for wrong, cause in faults:
        if wrong:
            raise InputError(f"{attempt} and {cause}; nothing was signed: look at that host.")
    return asked
