# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How one identity follows another in a key repository without anybody being refused.

Beside the identity in use a repository may hold two more, told apart by their labels alone: ``LABEL-next``, which partners are to trust
before it is used, and ``LABEL-former``, which stays until the one in use has been proven on a live channel. A queue manager presents
the certificate under the label that it looks for and no other, and neither of these is one: a '-' is no part of a queue manager's name,
so no default label ends like that, and others are refused. So where a renewal stands can be read from the repository, wherever and by
whoever it was begun, and goes with the repository when that is copied, restored or converted.

Sources: IBM MQ documentation, "Digital certificate labels, understanding the requirements"; /runmqakm -cert -rename/ in "runmqckm and
runmqakm options".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .certificate import Entry
from .verdict import Verdict

if TYPE_CHECKING:
    from .key_repository import Want

NEXT, FORMER = "-next", "-former"
SUFFIXES = (NEXT, FORMER)
# Reasons that only evidence from partners and channels gives; check mode cannot announce what follows from it.
ACCEPTED = "every partner accepts the one that was made to follow it"
PROVEN = "the one that followed it is proven on a live channel"


@dataclass(frozen=True)
class Steps:
    """In the order in which they are made: remove, rename, issue (the reason; under ``label``).

    ``relabelled``: those of ``rename`` that need no new certificate. ``tells``: the queue manager has to be told.
    """

    label: str
    remove: tuple[Entry, ...] = ()
    rename: tuple[tuple[Entry, str], ...] = ()
    relabelled: tuple[tuple[Entry, str], ...] = ()
    issue: str = ""
    tells: bool = False
    changes: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


def plan_identity(entries: Sequence[Entry], want: Want, label: str, verdicts: Mapping[str, Verdict]) -> Steps:
    """The way from the personal certificates of a repository, with a verdict on each by its label, to the wanted one under ``label``."""
    moves = _moves(entries, label, verdicts)
    moved = {entry.label for entry, _target in moves}
    there = {entry.label: entry for entry in entries if entry.label not in moved}
    there.update((target, entry) for entry, target in moves)
    own, following, former = (there.get(label + suffix) for suffix in ("", *SUFFIXES))
    following, former = (entry if entry and entry.has_key else None for entry in (following, former))
    changes = [_renamed(entry, target) for entry, target in moves]
    told = any(target == label for _entry, target in moves)
    if own is None:
        verdict = Verdict(fault="no certificate under this label", is_valid=False)
    elif not own.has_key:
        verdict = Verdict(fault="the certificate under this label has no private key", is_valid=False)
    else:
        verdict = verdicts[own.label]
    # with a former one still there a renewal is under way, and is not begun anew
    reason = verdict.fault or verdict.ends or ("" if former else verdict.dated)
    remove: list[Entry] = []
    if following:
        wrong = verdicts[following.label].fault or verdicts[following.label].ends
        if wrong:
            remove.append(following)
            changes.append(_change(label + NEXT, "remove", {"subject": _differs(following.certificate.subject, None)}, wrong))
            following = None

    installs = bool(following and (want.install == following.certificate.fingerprint or not verdict.is_valid))
    stages = bool(reason and want.stage and not following and verdict.is_valid and verdict.same_subject and not verdict.is_anchored)
    replaces = installs or bool(reason and not following and not stages)
    rename = [*moves]
    if replaces:
        remove += [entry for entry in (former, None if own and own.has_key else own) if entry]
        if own and own.has_key:
            rename = [(entry, target) for entry, target in moves if entry is not own] + [(own, label + FORMER)]
        if installs and following:
            rename = [(entry, target) for entry, target in rename if entry is not following] + [(following, label)]
        gone = {entry.label for entry in remove}
        rename = [(entry, target) for entry, target in rename if entry.label not in gone]
        changes.append(_replaced(own, want, label, ACCEPTED if installs else reason))
    elif stages:
        subject = want.identity.subject.text() if want.identity else ""
        changes.append(_change(label + NEXT, "issue", {"subject": _differs(None, subject)}, reason))
    elif former and want.drop_former == former.certificate.fingerprint:
        remove.append(former)
        rename = [(entry, target) for entry, target in rename if entry is not former]
        changes.append(_change(label + FORMER, "remove", {"subject": _differs(former.certificate.subject, None)}, PROVEN))
    issues = bool(reason) and (stages or (replaces and not installs))
    return Steps(
        label=label + NEXT if stages else label,
        remove=tuple(remove),
        rename=tuple(rename),
        relabelled=moves,
        issue=reason if issues else "",
        tells=told or replaces,
        changes=tuple(changes),
        warnings=verdict.warnings if not reason else (),
    )


def _moves(entries: Sequence[Entry], label: str, verdicts: Mapping[str, Verdict]) -> tuple[tuple[Entry, str], ...]:
    """Where no certificate has the wanted label: the one that is right in all else gets it, with those that stand beside it."""
    labels = {entry.label: entry for entry in entries}
    candidates = [
        entry
        for entry in entries
        if entry.has_key and not entry.label.endswith(SUFFIXES) and not verdicts[entry.label].fault and verdicts[entry.label].is_valid
    ]
    if label in labels or not candidates:
        return ()
    own = max(candidates, key=lambda entry: (entry.certificate.not_after, entry.label))
    beside = [(labels[own.label + suffix], label + suffix) for suffix in SUFFIXES if own.label + suffix in labels]
    return ((own, label), *(move for move in beside if move[0].has_key and move[1] not in labels))


def _replaced(own: Entry | None, want: Want, label: str, reason: str) -> dict[str, Any]:
    identity = want.identity
    attributes = {"subject": _differs(own.certificate.subject if own else None, identity.subject.text() if identity else None)}
    if own and identity and (own.certificate.key_type, own.certificate.key_size) != (identity.key_type, identity.key_size):
        attributes["key_type"] = _differs(own.certificate.key_type, identity.key_type)
        attributes["key_size"] = _differs(own.certificate.key_size, identity.key_size)
    return _change(label, "replace" if own else "issue", attributes, reason)


def _renamed(entry: Entry, target: str) -> dict[str, Any]:
    return _change(target, "rename", {"label": _differs(entry.label, target)}, "it has another label and is right in all else")


def _differs(before: Any, after: Any) -> dict[str, Any]:
    return {"before": before, "after": after}


def _change(name: str, action: str, attributes: dict[str, Any], reason: str) -> dict[str, Any]:
    return {"object": "CERTIFICATE", "name": name, "action": action, "attributes": attributes, "reason": reason}
