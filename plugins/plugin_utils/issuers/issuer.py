# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What turns a certificate request into a certificate.

A further issuer is a further file here and a line in ``find``.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ...module_utils._core.key_repository import Identity


class Issuer(ABC):
    """One way to get certificates signed."""

    # True: the queue manager's host makes the certificate itself, and sign() is never called.
    made_on_host = False

    @abstractmethod
    def chain(self) -> list[str]:
        """The issuer's certificate, then those above it (PEM); empty when it is yet to be made or there is none."""

    @abstractmethod
    def sign(self, queue_manager: str, request: str, identity: Identity) -> list[str]:
        """The certificate for a request (PEM) of a queue manager, then its chain.

        Raises InputError when the request is not for ``identity``, StateError when the issuer cannot sign.
        """
