# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The contents of a key repository as they were read last: while its bytes are the same, no program has to run.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import Sequence

from .._core.errors import MqTlsError
from .._core.key_repository import Entry
from .files import Access
from .generations import PASSWORD, Generations


class ContentsCache:
    """``suffixes``: of all files that decide on what the queue manager can read."""

    def __init__(self, generations: Generations, suffixes: Sequence[str]) -> None:
        self._generations = generations
        self._suffixes = suffixes

    def digest(self) -> str:
        """Of the files as they are."""
        digest = hashlib.sha256()
        for suffix in self._suffixes:
            digest.update(suffix.encode("ascii") + b"\0")
            with suppress(FileNotFoundError), open(self._generations.live(suffix), "rb") as stream:
                digest.update(hashlib.sha256(stream.read()).digest())
        return digest.hexdigest()

    def remembered(self, digest: str) -> tuple[Entry, ...] | None:
        """The entries of the repository with that digest; None where they are not known."""
        try:
            with open(self._generations.inside("contents.json"), encoding="utf-8") as stream:
                found = json.load(stream)["repositories"][digest]
            if found["password"] == self._stamp():
                return tuple(Entry.from_dict(entry) for entry in found["entries"])
        except (OSError, ValueError, KeyError, TypeError):  # a cache: whatever is wrong with it, the repository is read
            pass
        return None

    def remember(self, digest: str, entries: Sequence[Entry]) -> None:
        """Best effort; a reader may be another user than the owner."""
        path = self._generations.inside("contents.json")
        private = self._generations.private
        contents = {"password": self._stamp(), "entries": [entry.to_dict() for entry in entries]}
        data = json.dumps({"version": 1, "repositories": {digest: contents}}, indent=1)
        with suppress(OSError, MqTlsError):
            files = self._generations.files
            if not os.path.isdir(self._generations.directory):
                files.make_directory(self._generations.directory, Access(self._generations.access.mode, private.owner, private.group))
            files.write(path, data.encode("utf-8"), private)

    def _stamp(self) -> str:
        """Whether the password file is still the one with which the remembered contents were read; nothing of the password is in it."""
        if ".p12" not in self._suffixes:
            return ""
        with suppress(FileNotFoundError):
            found = os.stat(self._generations.inside(PASSWORD))
            return f"{found.st_ino}.{found.st_size}.{found.st_mtime_ns}"
        return ""
