# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of the certificate authorities in the PKI folder, and how one takes over from another.

    ca/certificate.pem  ca/private_key.pem     the CA in use: it signs; with an intermediate its root is in ca/root/
    ca/next/...                                the CA that takes over: trusted before it signs anything
    ca/previous/...                            the CA that was in use: trusted until nobody uses a certificate of it any more
    ca/retired/<digits of the fingerprint>/... CAs that are not to be trusted any more

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator

from .._core.errors import InputError, ParseError
from .._core.key_repository import pem_blocks, pem_fingerprint
from .files import Access, Files, explained
from .lock import locked

CERTIFICATE, KEY = "certificate.pem", "private_key.pem"
_LOCK_TIMEOUT = 30.0


class AuthorityFolder:
    """``path`` is the folder ``ca``, which need not exist yet. Each change is one rename, or is finished by ``settle``."""

    def __init__(self, path: str, files: Files | None = None) -> None:
        self.path = path
        self._files = files or Files()

    def chain(self, place: str = "") -> list[str]:
        """The certificate of the CA at ``place`` ('', 'next' or 'previous') and those above it (PEM); empty when there is none."""
        return read_certificates(self._at(place, CERTIFICATE))

    def trusted(self) -> list[str]:
        """All CA certificates that are to be trusted: of the CA in use, of the one that takes over, of the one before."""
        found: dict[str, None] = {}
        for place in ("", "next", "previous"):
            found.update(dict.fromkeys(self.chain(place)))
        return list(found)

    def retired(self) -> list[str]:
        """The certificates of CAs that are not to be trusted any more, unless one of them is in use again."""
        folder = self._at("", "retired")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        still = set(self.trusted())
        return [pem for name in names for pem in read_certificates(os.path.join(folder, name, CERTIFICATE)) if pem not in still]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against other runs."""
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        with locked(self._at("", "lock"), _LOCK_TIMEOUT, "certificate authority"):
            yield

    def settle(self) -> None:
        """Finish a promotion that was interrupted after its decisive step."""
        following = self.chain("next")
        if following and following == self.chain():
            self._finish_promotion()

    def promote(self) -> None:
        """Let the CA at ``next`` sign from now on; the one in use becomes ``previous``."""
        attempt = f"The certificate authority in {self._at('', 'next')} was to take over"
        with explained(attempt, self.path), self.locked():
            self.settle()
            if not self.chain("next"):
                return
            draft = self._at("", "previous.new")
            self._files.remove(draft)
            self._files.make_directory(draft, Access(0o700))
            for name in (CERTIFICATE, KEY):
                if os.path.exists(self._at("", name)):
                    self._files.copy(self._at("", name), os.path.join(draft, name))
            self._files.remove(self._at("", "previous"))
            self._files.rename(draft, self._at("", "previous"))
            # the decisive step: who reads the folder from here on finds the other CA
            self._files.write(self._at("", CERTIFICATE), "".join(self.chain("next")).encode("ascii"), Access(0o644))
            self._finish_promotion()

    def retire(self) -> None:
        """Take the CA at ``previous`` out of what is trusted."""
        attempt = f"The certificate authority in {self._at('', 'previous')} was to be retired"
        with explained(attempt, self.path), self.locked():
            former = self.chain("previous")
            if former:
                folder = self._at("", "retired")
                os.makedirs(folder, mode=0o700, exist_ok=True)
                target = os.path.join(folder, pem_fingerprint(former[0]).replace(":", "").lower()[:16])
                self._files.remove(target)
                self._files.rename(self._at("", "previous"), target)

    def _finish_promotion(self) -> None:
        if os.path.exists(self._at("next", KEY)):
            self._files.rename(self._at("next", KEY), self._at("", KEY))
        root, former = self._at("", "root"), self._at("previous", "root")
        # A root that is not in the chain of the CA in use is that of the one before.
        if os.path.isdir(root) and not set(read_certificates(os.path.join(root, CERTIFICATE))) & set(self.chain()):
            self._files.remove(former)
            self._files.rename(root, former)
        if os.path.isdir(self._at("next", "root")) and not os.path.isdir(root):
            self._files.rename(self._at("next", "root"), root)
        self._files.remove(self._at("", "next"))

    def _at(self, place: str, name: str) -> str:
        return os.path.join(self.path, place, name)


def read_certificates(path: str) -> list[str]:
    """The certificates (PEM in canonical form) of a file of the PKI folder; none where it is not there. InputError for another text."""
    if not os.path.exists(path):
        return []
    try:
        with explained(f"Certificates were to be read from {path}", path), open(path, encoding="ascii", errors="replace") as stream:
            return pem_blocks(stream.read())
    except ParseError as error:
        raise InputError(f"{path}: {error}") from error
