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


def choose(attempt: str, folder: str, numbers: Sequence[str], current: str, wanted: str) -> str:
    """The generation to be put back: ``wanted``, else the one before the current one."""
    there = ", ".join(numbers) or "none"
    if current not in numbers:
        raise StateError(f"{attempt} and none of the generations in {folder} ({there}) is in use; run mqfleet.tls.site first.")
    if wanted:
        if wanted not in numbers:
            raise InputError(f"{attempt} as generation {wanted!r} and {folder} holds {there}; name one of these.")
        return wanted
    earlier = [number for number in numbers if number < current]
    if not earlier:
        raise StateError(
            f"{attempt} as the generation before {current} and {folder} holds none before it (there are: {there}); name one of these."
        )
    return earlier[-1]


def check(attempt: str, folder: str, chosen: Generation, kind: str, label: str, now: datetime, allow_expired: bool) -> None:
    """Raises StateError where the generation is not fit to be put back: the queue manager could not use it, or partners would refuse it."""
    begin = f"{attempt} as generation {chosen.number} of {folder}"
    other = "name another generation"
    if kind not in chosen.types:
        found = f"is of type {', '.join(chosen.types)}" if chosen.types else "holds no key repository"
        raise StateError(f"{begin}, which {found} while SSLKEYR of the queue manager says {kind}; {other}.")
    if chosen.problem:
        raise StateError(f"{begin}, which could not be opened ({chosen.problem.rstrip('.')}); {other}.")
    keys = [entry for entry in chosen.entries if entry.has_key]
    own = next((entry for entry in keys if entry.label == label), None)
    if own is None:
        labels = ", ".join(entry.label for entry in keys) or "no certificate at all"
        raise StateError(
            f"{begin}, which has a private key for {labels} while CERTLABL of the queue manager says {label}; {other} or change CERTLABL."
        )
    if moment(own.certificate.not_after) <= now and not allow_expired:
        raise StateError(
            f"{begin}, whose certificate {label} ended at {own.certificate.not_after}, so that partners would refuse it; "
            f"{other} or set allow_expired."
        )
