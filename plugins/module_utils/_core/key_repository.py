# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a key repository holds, what it should hold, and the steps between.

Certificates are compared by the SHA-256 fingerprint of their DER form, never by label alone.

Sources: IBM MQ documentation, "Digital certificate labels, understanding the requirements", "Requirements for personal
certificates", "Connecting two queue managers using one-way authentication".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Collection, Mapping, Sequence

from .certificate import Certificate, Entry, hexadecimal, moment, pem_blocks, pem_fingerprint, timestamp
from .distinguished_name import DistinguishedName
from .errors import InputError, ParseError, UnsafeError
from .succession import NEXT, SUFFIXES, Steps, plan_identity
from .verdict import SELF_SIGNED, same_name, verdict

# What certificate.py and verdict.py hold of the subject of this file is reached through it.
__all__ = ["SELF_SIGNED", "Certificate", "Entry", "hexadecimal", "moment", "pem_blocks", "pem_fingerprint", "same_name", "timestamp"]

KEY_SIZES = {"RSA": (2048, 3072, 4096), "EC": (256, 384, 521)}
# of an identity's label; certificates that are only trusted may have longer ones
LABEL_LENGTH = 64

_LABEL = re.compile(r"[!#-&(-+./:-~][!#-&(-+\--~]*\Z")


@dataclass(frozen=True)
class Identity:
    """The wanted private key and certificate. ``dns_names`` None: whatever the certificate has is right."""

    label: str
    subject: DistinguishedName
    key_type: str = "RSA"
    key_size: int = 3072
    days: int = 365
    renew_before_days: int = 30
    dns_names: tuple[str, ...] | None = None

    @classmethod
    def described(cls, queue_manager: str, options: Mapping[str, Any]) -> Identity:
        """From the option ``identity``. Raises InputError for what cannot be certified or what MQ would not accept."""
        attempt = f"The certificate of queue manager {queue_manager} was to be described"
        label = str(options.get("label") or default_label(queue_manager))
        check_label(label, attempt)
        subject = described_name(f"Queue manager {queue_manager}", str(options.get("subject") or f"CN={queue_manager}"))
        key_type, key_size = described_key(attempt, options.get("key_type"), options.get("key_size"))
        days, before = _days(options, "days", 365), _days(options, "renew_before_days", 30)
        if days < 1 or not 0 <= before < days:
            raise InputError(
                f"{attempt} and is to be renewed {before} days before the end of {days} days; "
                f"give renew_before_days a value from 0 to less than days."
            )
        names = options.get("dns_names")
        return cls(label, subject, key_type, key_size, days, before, None if names is None else tuple(str(name) for name in names))


@dataclass(frozen=True)
class Trust:
    """A certificate to be accepted. ``name`` becomes its label; ``pem`` and ``fingerprint`` are empty while it is yet to be made."""

    name: str
    pem: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Want:
    """What a key repository should hold.

    ``identity`` None: none is wanted, and ``absent_label`` is the label under which the queue manager would look for one.
    ``chain``: the CA certificates of the wanted issuer (PEM in canonical form), one of which has to have signed the identity; empty when
    they are yet to be made or not known, or ``issuer_type`` is ``self_signed``. ``postponed``: the issuer cannot sign in this run, so
    an identity that would have to be issued stays as it is. ``distrust``: fingerprints of certificates that
    go even without ``purge_trust``. ``revoked``: the serial numbers of certificates that the issuer has revoked, each with the reason.
    ``stage``: an identity that partners may not trust yet is put beside the one in use. ``install``: fingerprint of the one beside it that
    partners do trust; ``drop_former``: of the former one that is not needed any more. ``accepted``: fingerprints of CA certificates that
    all partners accept along with the ``chain``. ``issued_before``: what was issued before this moment is replaced; ``replace``: the
    certificate with this fingerprint is.
    """

    path: str
    type: str
    identity: Identity | None
    absent_label: str
    issuer_type: str = SELF_SIGNED
    chain: tuple[str, ...] = ()
    trust: tuple[Trust, ...] = ()
    purge_trust: bool = False
    purge_identity: bool = False
    distrust: frozenset[str] = frozenset()
    postponed: bool = False
    revoked: Mapping[str, str] = field(default_factory=dict)
    stage: bool = False
    install: str = ""
    drop_former: str = ""
    accepted: frozenset[str] = frozenset()
    issued_before: str = ""
    replace: str = ""

    @property
    def issuers(self) -> tuple[str, ...]:
        """Fingerprints of the certificates by which the identity may be signed."""
        return tuple(pem_fingerprint(pem) for pem in self.chain)


@dataclass(frozen=True)
class Addition:
    """A certificate to be trusted and the label that it gets."""

    label: str
    trust: Trust


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they are made: create, remove, rename, enable (trust), add, issue.

    ``issue``: the reason why a certificate is needed, else empty; ``label``: the one that it gets. ``remove``: the entries that go.
    ``rename``: entries with their new labels. ``awaited``: the reason why a certificate is needed that cannot be had in this run.
    ``tells``: the queue manager has to be told of what comes out.
    """

    create: bool = False
    remove: tuple[Entry, ...] = ()
    enable: tuple[Entry, ...] = ()
    add: tuple[Addition, ...] = ()
    issue: str = ""
    changes: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = field(default=())
    awaited: str = ""
    rename: tuple[tuple[Entry, str], ...] = ()
    label: str = ""
    tells: bool = True

    @property
    def rebuilds(self) -> bool:
        """Whether the repository is to be another one."""
        return bool(self.create or self.remove or self.rename or self.enable or self.add or self.issue)


def described_name(whose: str, text: str) -> DistinguishedName:
    """A distinguished name that can be certified, else InputError; ``whose`` begins the sentence."""
    try:
        return DistinguishedName.parse(text)
    except ParseError as error:
        raise InputError(f"{whose}: {error}") from error


def described_key(attempt: str, key_type: str | None, key_size: int | None) -> tuple[str, int]:
    """Kind and size of a key with their defaults, else InputError; ``attempt`` begins the sentence."""
    kind = str(key_type or "RSA").upper()
    if kind not in KEY_SIZES:
        raise InputError(f"{attempt} and its key type is {kind}; use RSA or EC.")
    size = int(key_size or {"RSA": 3072, "EC": 256}[kind])
    if size not in KEY_SIZES[kind]:
        sizes = ", ".join(str(one) for one in KEY_SIZES[kind])
        raise InputError(f"{attempt} and its key size is {size} bits; {kind} keys have one of {sizes}.")
    return kind, size


def default_label(queue_manager: str) -> str:
    """The label under which a queue manager looks for its certificate when CERTLABL is blank."""
    return "ibmwebspheremq" + queue_manager.lower()


def check_label(label: str, attempt: str) -> None:
    """Raises InputError for a label that MQ or its tools would not take for an identity; ``attempt`` begins the sentence."""
    if len(label) > LABEL_LENGTH:
        raise InputError(f"{attempt} and its label {label} has {len(label)} characters; MQ allows {LABEL_LENGTH}: shorten it.")
    if not _LABEL.match(label):
        raise InputError(
            f"{attempt} and its label is {label!r}; use printable ASCII characters without blanks, quotes, apostrophes and commas, "
            f"and no '-' at the beginning."
        )
    if label.endswith(SUFFIXES):
        raise InputError(
            f"{attempt} and its label {label} ends in '-{label.rpartition('-')[2]}', which marks an identity that is not in use; "
            f"give another one."
        )


def check_issuer(queue_manager: str, issuer_type: str, production: bool) -> None:
    """Raises UnsafeError for a self-signed certificate in production, which IBM advises against."""
    if production and issuer_type == SELF_SIGNED:
        raise UnsafeError(
            f"The certificate of queue manager {queue_manager} was to be self-signed, which mq_tls_production refuses; "
            f"set mq_tls_issuer to a certificate authority, for example {{type: local_ca}}."
        )


def trusted(items: Sequence[Mapping[str, Any]], chain: Sequence[str]) -> tuple[Trust, ...]:
    """The certificates to be trusted: those of the option ``trust`` and the own issuer's chain, which has to be in the repository too.

    An item has ``certificates`` (PEM texts, each with one or more) and a ``name`` or none. Raises InputError that says which item is wrong.
    """
    found = []
    for number, item in enumerate(items):
        name = str(item.get("name") or "")
        try:
            for text in item.get("certificates") or ():
                found += [Trust(name, pem, pem_fingerprint(pem)) for pem in pem_blocks(text)]
        except ParseError as error:
            raise InputError(f"trust[{number}]{f' ({name})' if name else ''}: {error}") from error
        if not item.get("certificates"):
            if not name:
                raise InputError(f"trust[{number}] was to name certificates and has none; give it certificates in PEM form.")
            found.append(Trust(name))
    return (*found, *(Trust("", pem, pem_fingerprint(pem)) for pem in chain))


def plan(have: Sequence[Entry] | None, want: Want, now: datetime) -> Plan:
    """The steps from the entries of a repository (None: there is no repository) to what is wanted, at the moment ``now`` (aware)."""
    entries = list(have or ())
    changes: list[dict[str, Any]] = []
    if have is None:
        changes.append(_change("KEY REPOSITORY", want.path, "create", {"type": {"before": None, "after": want.type}}))
    steps = _plan_identity(entries, want, now)
    awaited = steps.issue if want.postponed else ""
    if awaited:
        named = {target for _entry, target in steps.relabelled}
        of_identity = tuple(change for change in steps.changes if change["action"] == "rename" and change["name"] in named)
        steps = Steps(steps.label, rename=steps.relabelled, tells=bool(steps.relabelled), changes=of_identity)
    kept = [entry for entry in entries if entry not in steps.remove]

    wanted: dict[str, Trust] = {}
    for trust in want.trust:
        wanted.setdefault(trust.fingerprint or f"name {trust.name}", trust)
    there = {entry.certificate.fingerprint: entry for entry in kept if not entry.has_key}
    # while a certificate is awaited, the one in use may need what is trusted of its former issuer
    unwanted = [(key, entry) for key, entry in there.items() if key not in wanted and not awaited]
    purged = [entry for key, entry in unwanted if want.purge_trust or key in want.distrust]
    enable = [there[key] for key in wanted if key in there and not there[key].trusted]
    taken = {entry.label for entry in kept if entry not in purged} | {target for _entry, target in steps.rename}
    taken |= {want.identity.label + suffix for suffix in ("", *SUFFIXES)} if want.identity else set()
    add: list[Addition] = []
    own = {entry.certificate.fingerprint for entry in kept if entry.has_key}
    for key, trust in wanted.items():
        if key not in there and key not in own:
            label = _free_label(trust, taken)
            taken.add(label)
            add.append(Addition(label, trust))

    changes += [_change("TRUST", entry.label, "remove", {}) for entry in purged]
    changes += [_change("TRUST", entry.label, "alter", {"trusted": {"before": False, "after": True}}) for entry in enable]
    changes += [_change("TRUST", addition.trust.name, "add", {}) for addition in add]
    changes += steps.changes
    return Plan(
        create=have is None,
        remove=(*steps.remove, *purged),
        enable=tuple(enable),
        add=tuple(add),
        issue=steps.issue,
        changes=tuple(changes),
        warnings=steps.warnings,
        awaited=awaited,
        rename=steps.rename,
        label=steps.label,
        tells=bool(have is None or steps.tells or purged or enable or add),
    )


def undescribed(have: Sequence[Entry] | None, want: Want) -> list[dict[str, Any]]:
    """Trusted certificates that no link needs, and personal ones beside the identity: items with object, name and reason. What ``plan``
    removes or renames is among them.
    """
    known = {trust.fingerprint for trust in want.trust}
    held = [{**vars(entry), "fingerprint": entry.certificate.fingerprint, "subject": entry.certificate.subject} for entry in have or ()]
    return undescribed_certificates(held, want.identity.label if want.identity else None, known)


def undescribed_certificates(held: Sequence[Mapping[str, Any]], label: str | None, known: Collection[str] | None) -> list[dict[str, Any]]:
    """The same from items such as ``key_repository_info`` returns.

    ``label``: that of the identity, None where none is wanted. ``known``: fingerprints of what is to be trusted, None where that is not
    known; then nothing is said of trusted certificates.
    """
    labels = {label + suffix for suffix in ("", *SUFFIXES)} if label else set()
    described = {one["fingerprint"] for one in held if one["has_key"]}.union(known or ())
    found = []
    for one in held:
        if one["has_key"] and one["label"] not in labels:
            found.append({"object": "CERTIFICATE", "name": one["label"], "reason": f"{one['subject']}, with its private key"})
        elif known is not None and one["trusted"] and not one["has_key"] and one["fingerprint"] not in described:
            found.append({"object": "TRUST", "name": one["label"], "reason": f"whoever has a certificate of {one['subject']} is let in"})
    return sorted(found, key=lambda item: (item["object"], item["name"]))


def unverified(have: Sequence[Entry] | None, want: Want) -> Entry | None:
    """The identity of which it is not known whether the wanted issuer has signed it: to be found out before ``plan`` is called."""
    if want.identity is None or not want.chain:
        return None
    personal = [_labelled(have or (), want.identity.label + suffix) for suffix in ("", NEXT)]
    unknown = [one for one in personal if one and one.has_key and not set(want.issuers) & set(one.certificate.signed_by)]
    return unknown[0] if unknown else None


def signed_by(entry: Entry, fingerprint: str) -> Entry:
    """The same entry, with the knowledge that the certificate with that fingerprint signed it."""
    known = (*entry.certificate.signed_by, fingerprint)
    return replace(entry, certificate=replace(entry.certificate, signed_by=known))


def identity_of(have: Sequence[Entry] | None, want: Want) -> Entry | None:
    """The personal certificate under the wanted label (or under the one that MQ would use, where none is wanted)."""
    entry = _labelled(have or (), want.identity.label if want.identity else want.absent_label)
    return entry if entry and entry.has_key else None


def shown_beside(have: Sequence[Entry], want: Want, suffix: str) -> dict[str, Any] | None:
    """The personal certificate that stands beside the wanted one (``succession``: NEXT or FORMER) as modules return it."""
    entry = _labelled(have, want.identity.label + suffix) if want.identity else None
    return {**shown(entry), "signed_by": list(entry.certificate.signed_by)} if entry and entry.has_key else None


def checked_moment(whose: str, text: str) -> str:
    """A moment as ``timestamp`` writes it, or blank; else InputError."""
    try:
        return text and timestamp(moment(text))
    except ValueError as error:
        raise InputError(
            f"{whose} was to be replaced if it was issued before {text!r}, and that is no moment; write it as 2027-03-01T08:00:00Z (UTC)."
        ) from error


def unmade(trust: Sequence[Trust]) -> str:
    """Names of the certificates that are yet to be made."""
    return ", ".join(one.name for one in trust if not one.pem)


def shown(entry: Entry) -> dict[str, str]:
    """An entry as modules return it."""
    return {"label": entry.label, **entry.certificate.facts(), "pem": entry.certificate.pem}


def difference(
    path: str, want: Want, before: Sequence[Entry] | None, after: Sequence[Entry], changes: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What ``--diff`` shows: public facts before and after; of a certificate yet to be issued only its subject."""
    sides: list[dict[str, Any]] = []
    for entries in (before or (), after):
        own = identity_of(entries, want)
        sides.append(
            {
                "certificate": {own.label: own.certificate.facts()} if own else {},
                "trust": {entry.label: entry.certificate.facts() for entry in entries if entry.trusted and not entry.has_key},
                "files": {},
            }
        )
    if want.identity and not sides[1]["certificate"]:
        sides[1]["certificate"] = {want.identity.label: {"subject": want.identity.subject.text()}}
    for change in changes:
        if change["object"] == "FILE":
            for side, moment_of in zip(sides, ("before", "after")):
                side["files"][change["name"]] = {key: values[moment_of] for key, values in change["attributes"].items()}
        elif change["object"] == "KEY REPOSITORY" and change["action"] in ("convert", "alter"):
            for side, moment_of in zip(sides, ("before", "after")):
                side.setdefault("repository", {}).update({key: values[moment_of] for key, values in change["attributes"].items()})
        elif change["object"] == "TRUST" and change["action"] == "add" and change["name"] not in str(sides[1]["trust"]):
            sides[1]["trust"][change["name"]] = {}
    title = f"key repository {path}"
    return {"before": sides[0], "after": sides[1], "before_header": title, "after_header": title}


def lost(before: Sequence[Entry] | None, after: Sequence[Entry], steps: Plan) -> list[str]:
    """Labels whose entries ``after`` lacks or has changed though no step says so; a new repository is refused for them."""
    enabled = {entry.label for entry in steps.enable}
    found = {(entry.label, entry.certificate.fingerprint, entry.has_key, entry.trusted) for entry in after}
    return [
        entry.label
        for entry in renamed(before or (), steps)
        if (entry.label, entry.certificate.fingerprint, entry.has_key, entry.trusted or entry.label in enabled) not in found
    ]


def unasked(entries: Sequence[Entry], steps: Plan) -> tuple[Entry, ...]:
    """What is in a new repository though no step put it there: public CA certificates, which some levels of runmqakm bring along."""
    asked = {addition.trust.fingerprint for addition in steps.add}
    return tuple(entry for entry in entries if steps.create and not entry.has_key and entry.certificate.fingerprint not in asked)


def renamed(before: Sequence[Entry], steps: Plan) -> list[Entry]:
    """The entries that stay, under the labels that they then have."""
    going = {entry.label for entry in steps.remove}
    labels = {entry.label: label for entry, label in steps.rename}
    return [replace(entry, label=labels.get(entry.label, entry.label)) for entry in before if entry.label not in going]


def _plan_identity(entries: Sequence[Entry], want: Want, now: datetime) -> Steps:
    if want.identity is not None:
        verdicts = {entry.label: verdict(entry, entries, want, want.identity, now) for entry in entries if entry.has_key}
        return plan_identity(entries, want, want.identity.label, verdicts)
    unwanted = [_labelled(entries, want.absent_label + suffix) for suffix in ("", *SUFFIXES)]
    found = tuple(entry for entry in unwanted if entry and entry.has_key)
    if not found:
        return Steps("")
    if want.purge_identity:
        subjects = [{"subject": {"before": one.certificate.subject, "after": None}} for one in found]
        changes = [_change("CERTIFICATE", one.label, "remove", of, "no certificate is wanted") for one, of in zip(found, subjects)]
        return Steps("", remove=found, tells=True, changes=tuple(changes))
    warning = (
        f"The key repository {want.path} holds a personal certificate under the label {found[0].label} though none is wanted: the queue "
        f"manager presents it to its partners, who then validate it; set purge_identity to remove it."
    )
    return Steps("", warnings=(warning,) if found[0].label == want.absent_label else ())


def _labelled(entries: Sequence[Entry], label: str) -> Entry | None:
    return next((entry for entry in entries if entry.label == label), None)


def _free_label(trust: Trust, taken: set[str]) -> str:
    """The name as a label, without characters that runmqakm stumbles on; another certificate's label is left to it."""
    label = "".join("_" if character in "'\"" or not character.isprintable() else character for character in trust.name).lstrip("-")
    mark = trust.fingerprint.replace(":", "")[:8].lower()
    if len(label) > LABEL_LENGTH:
        label = f"{label[: LABEL_LENGTH - 9]}.{mark}"
    return label if label and label not in taken else f"{label[: LABEL_LENGTH - 9]}.{mark}"


def _days(options: Mapping[str, Any], name: str, default: int) -> int:
    value = options.get(name)
    return default if value is None else int(value)


def _change(kind: str, name: str, action: str, attributes: dict[str, Any], reason: str = "") -> dict[str, Any]:
    change: dict[str, Any] = {"object": kind, "name": name, "action": action, "attributes": attributes}
    if reason:
        change["reason"] = reason
    return change
