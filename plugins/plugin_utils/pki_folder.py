# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The PKI folder on the controller, as docs/architecture.md section 6 shows it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import glob
import os
from contextlib import suppress
from typing import Any, Mapping, Sequence
from urllib.parse import quote

from ..module_utils._core.errors import InputError
from ..module_utils._core.key_repository import Certificate, pem_fingerprint
from ..module_utils._ports.authority_folder import AuthorityFolder, read_certificates
from ..module_utils._ports.authority_index import AuthorityIndex
from ..module_utils._ports.files import Access, Files, explained
from ..module_utils._x509 import certificates, chain
from .pki_succession import PkiSuccession

_PUBLIC = Access(0o644)

SIGNED_SUFFIXES = (".pem", ".crt", ".cer", ".der", ".p7b", ".p7c")


class PkiFolder:
    """``path`` of the folder, which need not exist yet. Several processes may use it at once: each file is written as a whole."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.authorities = AuthorityFolder(os.path.join(path, "ca"))
        self.index = AuthorityIndex(os.path.join(path, "ca"))
        self.succession = PkiSuccession(path)
        self._files = Files()

    def authority(self) -> list[str]:
        """The certificate of the local CA in use, then those above it (PEM in canonical form); empty when there is none yet."""
        return self.authorities.chain()

    def authority_key(self) -> bytes:
        """The CA's private key as it is stored, maybe encrypted."""
        path = os.path.join(self.path, "ca", "private_key.pem")
        with explained(f"The private key of the CA in {self.path} was to be read", path), open(path, "rb") as stream:
            return stream.read()

    def keep_issued(self, queue_manager: str, certificate: Certificate) -> Certificate:
        """Remember a certificate that the local CA has signed; gives the one that counts."""
        return self.index.keep(queue_manager, certificate)

    def published_path(self, queue_manager: str) -> str:
        """Where a queue manager's certificate is published; a name with ``/`` or ``%`` is written with escapes."""
        return self._of("certificates", queue_manager, ".pem")

    def published(self, queue_manager: str) -> list[str]:
        """The published certificate of a queue manager with its chain; empty when there is none yet."""
        return read_certificates(self.published_path(queue_manager))

    def publish(self, queue_manager: str, certificates: list[str]) -> None:
        """Publish a certificate with its chain."""
        path = self.published_path(queue_manager)
        attempt = f"The certificate of queue manager {queue_manager} was to be published"
        with explained(attempt, path, "its key repository has it already"):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._files.write(path, "".join(certificates).encode("ascii"), _PUBLIC)

    def retired(self, queue_manager: str) -> list[str]:
        """Former self-signed certificates of a queue manager that nobody is to trust any more."""
        return self.succession.retired(queue_manager, self.published(queue_manager))

    def external(self) -> list[str]:
        """The CA certificates of external certificate authorities."""
        pattern = os.path.join(glob.escape(self.path), "external", "*.pem")
        return [pem for path in sorted(glob.glob(pattern)) for pem in read_certificates(path)]

    def external_path(self, name: str) -> str:
        """Where a CA certificate of an external certificate authority stands."""
        return os.path.join(self.path, "external", f"{name}.pem")

    def keep_external(self, pems: Sequence[str], check: bool) -> list[dict[str, Any]]:
        """Keep CA certificates that came with an answer, each named by its fingerprint; the changes."""
        wanted = {self.external_path(pem_fingerprint(pem).replace(":", "")[:16].lower()): pem for pem in pems}
        return self._bring("CA certificates were to be kept", wanted, check, "partners are to trust the certificate authority that signed")

    def request_path(self, queue_manager: str, suffix: str = ".pem") -> str:
        """Where a request waits for an external certificate authority."""
        return self._of("requests", queue_manager, suffix)

    def signed_path(self, queue_manager: str, suffix: str) -> str:
        """Where its answer is looked for."""
        return self._of("signed", queue_manager, suffix)

    def signed_paths(self, queue_manager: str) -> list[str]:
        """The answers that are there."""
        paths = [self.signed_path(queue_manager, suffix) for suffix in SIGNED_SUFFIXES]
        return [path for path in paths if os.path.exists(path)]

    def request(self, queue_manager: str, texts: Mapping[str, str], check: bool) -> list[dict[str, Any]]:
        """Write files of a request, by path, where they are not as they should be; the changes. An empty text is not known yet."""
        attempt = f"The request of queue manager {queue_manager} was to be written"
        return self._bring(attempt, texts, check, "an external certificate authority is to sign it")

    def close_request(self, queue_manager: str, installed: Sequence[str], check: bool) -> list[dict[str, Any]]:
        """Remove what belongs to a request that nobody waits for, and the answer if it is the ``installed`` certificate; the changes."""
        going = [self.request_path(queue_manager, suffix) for suffix in (".pem", ".txt")]
        for path in self.signed_paths(queue_manager):
            attempt = f"The answer {path} was to be read"
            # what is no answer to anything stays there, and matters once an answer is looked for
            with suppress(InputError), explained(attempt, path), open(path, "rb") as stream:
                if set(installed) & {certificates.to_pem(one) for one in chain.read(stream.read(), attempt)}:
                    going.append(path)
        changes = []
        for path in going:
            if os.path.exists(path):
                if not check:
                    with explained(f"The request of queue manager {queue_manager} was to be closed", path):
                        self._files.remove(path)
                reason = "the certificate is in the key repository"
                changes.append({"object": "FILE", "name": path, "action": "remove", "attributes": {}, "reason": reason})
        return changes

    def partner_path(self, queue_manager: str) -> str:
        """Where the commands for the administrator of a partner outside the inventory stand."""
        return self._of("partners", queue_manager, ".txt")

    def write_partner(self, queue_manager: str, text: str, check: bool) -> tuple[list[dict[str, Any]], str]:
        """Write them where they are not as they should be; the changes, and what stood there."""
        path = self.partner_path(queue_manager)
        attempt = f"The commands for the partner {queue_manager} were to be written"
        before = ""
        if os.path.exists(path):
            with explained(attempt, path), open(path, encoding="utf-8", errors="replace") as stream:
                before = stream.read()
        return self._bring(attempt, {path: text}, check, "its administrator needs them"), before

    def _bring(self, attempt: str, texts: Mapping[str, str], check: bool, reason: str) -> list[dict[str, Any]]:
        changes = []
        for path, text in texts.items():
            there = os.path.exists(path)
            with explained(attempt, path):
                if there and text:
                    with open(path, encoding="utf-8", errors="replace") as stream:
                        if stream.read() == text:
                            continue
                if not check:
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    self._files.write(path, text.encode("utf-8"), _PUBLIC)
            action = "replace" if there else "create"
            changes.append({"object": "FILE", "name": path, "action": action, "attributes": {}, "reason": reason})
        return changes

    def _of(self, folder: str, queue_manager: str, suffix: str) -> str:
        return os.path.join(self.path, folder, quote(queue_manager, safe="") + suffix)
