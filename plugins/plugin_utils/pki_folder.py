# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The PKI folder on the controller, as docs/architecture.md section 6 shows it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from urllib.parse import quote

from ..module_utils._core.errors import InputError, ParseError
from ..module_utils._core.key_repository import pem_blocks
from ..module_utils._ports.authority_folder import AuthorityFolder
from ..module_utils._ports.files import Access, Files, explained

_PUBLIC = Access(0o644)


class PkiFolder:
    """``path`` of the folder, which need not exist yet. Several processes may use it at once: each file is written as a whole."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.authorities = AuthorityFolder(os.path.join(path, "ca"))
        self._files = Files()

    def authority(self) -> list[str]:
        """The certificate of the local CA in use, then those above it (PEM in canonical form); empty when there is none yet."""
        return self.authorities.chain()

    def authority_key(self) -> bytes:
        """The CA's private key as it is stored, maybe encrypted."""
        path = os.path.join(self.path, "ca", "private_key.pem")
        with explained(f"The private key of the CA in {self.path} was to be read", path), open(path, "rb") as stream:
            return stream.read()

    def keep_issued(self, serial_number: str, pem: str) -> None:
        """Remember a certificate that the local CA has signed; ``serial_number`` as hexadecimal digits with colons."""
        folder = os.path.join(self.path, "ca", "issued")
        with explained(f"A certificate of the CA in {self.path} was to be kept", folder):
            os.makedirs(folder, exist_ok=True)
            self._files.write(os.path.join(folder, f"{serial_number.replace(':', '').lower()}.pem"), pem.encode("ascii"), _PUBLIC)

    def published_path(self, queue_manager: str) -> str:
        """Where a queue manager's certificate is published; a name with ``/`` or ``%`` is written with escapes."""
        return os.path.join(self.path, "certificates", f"{quote(queue_manager, safe='')}.pem")

    def published(self, queue_manager: str) -> list[str]:
        """The published certificate of a queue manager with its chain; empty when there is none yet."""
        return self._certificates(self.published_path(queue_manager))

    def publish(self, queue_manager: str, certificates: list[str]) -> None:
        """Publish a certificate with its chain."""
        path = self.published_path(queue_manager)
        with explained(f"The certificate of queue manager {queue_manager} was to be published", path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._files.write(path, "".join(certificates).encode("ascii"), _PUBLIC)

    def _certificates(self, path: str) -> list[str]:
        if not os.path.exists(path):
            return []
        try:
            with explained(f"Certificates were to be read from {path}", path), open(path, encoding="ascii", errors="replace") as stream:
                return pem_blocks(stream.read())
        except ParseError as error:
            raise InputError(f"{path}: {error}") from error
