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
from .._core.certificate import timestamp
from .._core.errors import MqTlsError, StateError
from .files import explained
from .key_repository import KeyRepository


@dataclass(frozen=True)
class Found:
    """The generations, oldest first, the number in use, and the one to be put back."""

    generations: tuple[core.Generation, ...]
    current: str
    chosen: str

    def of(self, number: str) -> core.Generation:
        """One of them."""
        return next(one for one in self.generations if one.number == number)


class Restoration(KeyRepository):
    """The key repository that SSLKEYR names, with its generations. ``label``: of the certificate that the queue manager needs, or blank."""

    @property
    def attempt(self) -> str:
        return f"The key repository {self.path} of queue manager {self.queue_manager} was to be put back"

    @property
    def folder(self) -> str:
        return self._generations.directory

    def look(self, wanted: str, label: str, allow_expired: bool) -> Found:
        """Read all generations and check the one that is to be put back; nothing is changed."""
        current, numbers = self._generations.current(), self._generations.numbers()
        chosen = core.choose(self.attempt, self.folder, numbers, current, self._generations.before(), wanted)
        with explained(self.attempt, self.folder):
            generations = tuple(self._generation(number) for number in numbers)
        # The one in use is not put back, so its age is not asked for. Its type is: where the queue manager has yet to be told of another
        # one, a refresh that keeps it to the type before would take these files from it.
        allow_expired = allow_expired or chosen == current
        target = generations[numbers.index(chosen)]
        core.check(self.attempt, self.folder, target, self.type, label, self._clock(), allow_expired)
        plain = self._generations.plain(chosen)
        if plain:
            raise StateError(
                f"{self.attempt} as generation {chosen} of {self.folder} and {', '.join(plain)} is a file of its own, not a link to the "
                f"generation in use; run mqfleet.tls.site, which makes it one, or move it away."
            )
        return Found(generations, current, chosen)

    def restore(self, wanted: str, label: str, allow_expired: bool, check: bool) -> Found:
        """Put the generation back where another one is in use; ``check``: only look. Gives what was found before."""
        found = self.look(wanted, label, allow_expired)
        if found.chosen == found.current or check:
            return found
        with explained(self.attempt, self.path), self._generations.locked(self._lock_timeout):
            # Generations stay as they are, so they are read again only where another run has been faster.
            if (self._generations.current(), self._generations.numbers()) != (found.current, [one.number for one in found.generations]):
                found = self.look(found.chosen, label, allow_expired)
            if found.chosen != found.current:
                own = found.of(found.current).own(label)
                self._generations.restore(found.chosen, own.certificate.not_after if own else "")
        return found

    def _generation(self, number: str) -> core.Generation:
        """One generation; one that cannot be opened does not hide the others."""
        folder = self._generations.inside(number)
        made = timestamp(datetime.fromtimestamp(os.stat(folder).st_mtime, timezone.utc))
        there = set(self._generations.suffixes(number)) - set(self._generations.superseded(number))
        types = tuple(kind for kind, suffix in core.SUFFIXES.items() if suffix in there)
        if self.type not in types:
            return core.Generation(number, made, types)
        try:
            entries = self._store(self._generations.password(number)).read(os.path.join(folder, self._generations.name))
        except MqTlsError as error:
            return core.Generation(number, made, types, problem=str(error))
        return core.Generation(number, made, types, tuple(entries))
