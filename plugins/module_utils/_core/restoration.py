# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which earlier generation of a key repository is put back, and when that is refused.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Sequence

from .certificate import Entry, moment
from .errors import InputError, StateError

SUFFIXES = {"cms": ".kdb", "pkcs12": ".p12"}


@dataclass(frozen=True)
class Generation:
    """``made``: when its files were completed; ``types`` of the repositories in it; ``problem``: why ``entries`` could not be read."""

    number: str
    made: str
    types: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    problem: str = ""

    def own(self, label: str) -> Entry | None:
        """The certificate with its private key under a label."""
        return next((entry for entry in self.entries if entry.has_key and entry.label == label), None)

    def shown(self, current: str, now: datetime) -> dict[str, Any]:
        """For the list that the module returns."""
        return {
            "generation": self.number,
            "current": self.number == current,
            "made": self.made,
            "type": ", ".join(self.types),
            "problem": self.problem or None,
            "certificates": [
                {
                    "label": entry.label,
                    "subject": entry.certificate.subject,
                    "serial_number": entry.certificate.serial_number,
                    "not_after": entry.certificate.not_after,
                    "days_left": (moment(entry.certificate.not_after) - now).days,
                    "fingerprint": entry.certificate.fingerprint,
                }
                for entry in self.entries
                if entry.has_key
            ],
        }


def located(attempt: str, ssl_key_repository: str) -> tuple[str, str]:
    """Stem and type of the repository that SSLKEYR names; without a suffix every release of MQ means .kdb."""
    for kind, suffix in SUFFIXES.items():
        if ssl_key_repository.endswith(suffix):
            return ssl_key_repository[: -len(suffix)], kind
    if not ssl_key_repository:
        raise StateError(f"{attempt} and its SSLKEYR names none; run mqfleet.tls.site, which makes one.")
    return ssl_key_repository, "cms"


def choose(attempt: str, folder: str, numbers: Sequence[str], current: str, before: str, wanted: str) -> str:
    """The generation to be put back: ``wanted``, else ``before``, the one from before the last change."""
    there = ", ".join(numbers) or "none"
    if current not in numbers:
        raise StateError(f"{attempt} and none of the generations in {folder} ({there}) is in use; run mqfleet.tls.site first.")
    if wanted:
        if wanted not in numbers:
            raise InputError(f"{attempt} as generation {wanted!r} and {folder} holds {there}; name one of these.")
        return wanted
    if before not in numbers:
        remedy = "name one of these" if len(numbers) > 1 else "there is nothing to put back"
        raise StateError(f"{attempt} and {folder} keeps none from before the last change (there are: {there}); {remedy}.")
    return before


def told(path: str, queue_manager: str, numbers: Sequence[str], current: str, chosen: str, check_mode: bool) -> str:
    """What was done, in a sentence that says how it is undone."""
    begin = f"The key repository {path} of queue manager {queue_manager}"
    if chosen != current:
        return f"{begin} {'would be' if check_mode else 'was'} put back to generation {chosen}; naming {current} undoes it."
    others = ", ".join(number for number in numbers if number != current) or "none"
    return f"{begin} is as generation {current} already, so that nothing was put back; there are also: {others}."


def check(attempt: str, folder: str, chosen: Generation, kind: str, label: str, now: datetime, allow_expired: bool) -> None:
    """Raises StateError where the generation is not fit to be put back: the queue manager could not use it, or partners would refuse it.

    ``kind``: the type that the queue manager reads; ``label``: of the certificate that it needs, blank where it needs none.
    """
    begin = f"{attempt} as generation {chosen.number} of {folder}"
    other = "name another generation"
    if kind not in chosen.types:
        found = f"is of type {', '.join(chosen.types)}" if chosen.types else "holds no key repository"
        raise StateError(
            f"{begin}, which {found} while SSLKEYR of the queue manager says {kind}; {other}, "
            f"or have mqfleet.tls.site convert the one in use (mq_tls_key_repository_type)."
        )
    if chosen.problem:
        raise StateError(f"{begin}, which could not be opened ({chosen.problem.rstrip('.')}); {other}.")
    if not label:
        return
    own = chosen.own(label)
    if own is None:
        labels = ", ".join(entry.label for entry in chosen.entries if entry.has_key) or "no certificate at all"
        raise StateError(f"{begin}, which has a private key for {labels} and none for {label}, which the queue manager needs; {other}.")
    if moment(own.certificate.not_after) <= now and not allow_expired:
        raise StateError(
            f"{begin}, whose certificate {label} ended at {own.certificate.not_after}, so that partners would refuse it; "
            f"{other} or set mq_tls_restore_expired (allow_expired)."
        )
