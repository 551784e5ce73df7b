# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts an earlier generation of a key repository back.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone

from .._core import restoration as core
from .._core.certificate import Entry, timestamp
from .._core.errors import MqTlsError, StateError
from .files import explained
from .key_repository import KeyRepository


@dataclass(frozen=True)
class Found:
    """The generations, oldest first, the number in use, and the one to be put back."""

    generations: tuple[core.Generation, ...]
    current: str
    chosen: str

    @property
    def in_use(self) -> tuple[Entry, ...]:
        return next(one.entries for one in self.generations if one.number == self.current)


class Restoration(KeyRepository):
    """The key repository that SSLKEYR names, with its generations. ``label``: of the certificate that the queue manager presents."""

    @property
    def attempt(self) -> str:
        return f"The key repository {self.path} of queue manager {self.queue_manager} was to be put back"

    @property
    def folder(self) -> str:
        return self._generations.directory

    def look(self, wanted: str, label: str, allow_expired: bool) -> Found:
        """Read all generations and check the one that is to be put back; nothing is changed."""
        current, numbers = self._generations.current(), self._generations.numbers()
        chosen = core.choose(self.attempt, self.folder, numbers, current, wanted)
        with explained(self.attempt, self.folder):
            generations = tuple(self._generation(number) for number in numbers)
        # The one in use is not put back, so nothing is asked of it.
        allow_expired = allow_expired or chosen == current
        target = generations[numbers.index(chosen)]
        core.check(self.attempt, self.folder, target, self.type, label, self._clock(), allow_expired)
        strange = self._generations.not_linked(chosen)
        if strange:
            raise StateError(
                f"{self.attempt} as generation {chosen} of {self.folder} and {', '.join(strange)} does not lead into "
                f"{self.folder}/current; run mqfleet.tls.site first, which brings such files into a generation."
            )
        return Found(generations, current, chosen)

    def restore(self, wanted: str, label: str, allow_expired: bool, check: bool) -> tuple[Found, bool]:
        """Put the generation back; ``check``: only look. Gives what was found before, and whether it is (or would be) changed."""
        found = self.look(wanted, label, allow_expired)
        if found.chosen == found.current or check:
            return found, found.chosen != found.current
        with explained(self.attempt, self.path), self._generations.locked(self._lock_timeout):
            now = self.look(found.chosen, label, allow_expired)  # once more: another run may have been faster
            if now.chosen != now.current:
                ends = [entry.certificate.not_after for entry in now.in_use if entry.has_key and entry.label == label]
                self._generations.restore(now.chosen, ends[0] if ends else "")
        return now, now.chosen != now.current

    def _generation(self, number: str) -> core.Generation:
        """One generation; one that cannot be opened does not hide the others."""
        folder = self._generations.inside(number)
        stem = os.path.join(folder, self._generations.name)
        made = timestamp(datetime.fromtimestamp(os.stat(folder).st_mtime, timezone.utc))
        types = tuple(kind for kind, suffix in core.SUFFIXES.items() if os.path.exists(stem + suffix))
        if self.type not in types:
            return core.Generation(number, made, types)
        try:
            return core.Generation(number, made, types, tuple(self._store(self._stored_password()).read(stem)))
        except MqTlsError as error:
            return core.Generation(number, made, types, problem=str(error))
