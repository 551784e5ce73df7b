# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A key repository that becomes one of the other type, or gets another password, with the same entries.

The files of the type before stay in the draft: the queue manager reads them until it is told.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Sequence

from .._core.key_repository import Entry, Plan
from .generations import FILES_OF, Generations

if TYPE_CHECKING:
    from .key_store import KeyStore


def carry_over(generations: Generations, draft: str, source: KeyStore, target: KeyStore) -> None:
    """Make a new repository of the target's type and password, with all entries of the draft."""
    items = source.take_out(draft)
    for suffix in FILES_OF[target.type]:
        # that of the source, or an older one, which the queue manager has left or is about to leave
        generations.files.remove(draft + suffix)
    target.put_in(draft, items)
    if source.type != target.type:
        generations.supersede(FILES_OF[source.type])


def planned(steps: Plan, entries: Sequence[Entry], path: str, before: str, after: str) -> Plan:
    """The steps with the change of type (``before`` blank: there is none) in front of them.

    In a PKCS #12 repository every certificate without a private key is trusted: one that is not has to go.
    """
    if not before:
        return steps
    staying = {entry.label for entry in (*steps.remove, *steps.enable)}
    loses = after == "pkcs12"
    gone = [entry for entry in entries if loses and not (entry.has_key or entry.trusted or entry.label in staying)]
    reason = f"keys, certificates and labels stay; the files of type {before} go once the queue manager has been told"
    attributes = {"type": {"before": before, "after": after}}
    changes: list[dict[str, Any]] = [
        {"object": "KEY REPOSITORY", "name": path, "action": "convert", "attributes": attributes, "reason": reason}
    ]
    reason = "it is not trusted, and in a repository of type pkcs12 it would be"
    changes += [{"object": "TRUST", "name": entry.label, "action": "remove", "attributes": {}, "reason": reason} for entry in gone]
    return replace(steps, remove=(*steps.remove, *gone), changes=(*changes, *steps.changes), tells=True)


def with_new_password(steps: Plan, path: str, before: int, after: int) -> Plan:
    """The steps with a new password, the one of the generation ``after``, in front of them."""
    attributes = {"password_generation": {"before": before, "after": after}}
    change = {"object": "KEY REPOSITORY", "name": path, "action": "alter", "attributes": attributes}
    return replace(steps, changes=({**change, "reason": "keys, certificates and labels stay"}, *steps.changes), tells=True)
