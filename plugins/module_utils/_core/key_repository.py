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

import base64
import binascii
import hashlib
import re
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Mapping, Sequence

from .distinguished_name import DistinguishedName
from .errors import InputError, ParseError, UnsafeError

KEY_SIZES = {"RSA": (2048, 3072, 4096), "EC": (256, 384, 521)}
SELF_SIGNED = "self_signed"
# of an identity's label; certificates that are only trusted may have longer ones
LABEL_LENGTH = 64

_LABEL = re.compile(r"[!#-&(-+./:-~][!#-&(-+\--~]*\Z")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True)
class Certificate:
    """Public facts of a certificate.

    ``subject`` and ``issuer`` in RFC 4514 form; ``serial_number`` and ``fingerprint`` (SHA-256) as pairs of upper-case
    hexadecimal digits with colons; the dates as ``2026-11-24T08:14:52Z``; ``signed_by`` the fingerprints of those certificates
    whose key is known to have signed this one.
    """

    subject: str
    issuer: str
    serial_number: str
    not_before: str
    not_after: str
    fingerprint: str
    key_type: str
    key_size: int
    self_signed: bool
    dns_names: tuple[str, ...]
    pem: str
    signed_by: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """The inverse of ``dataclasses.asdict`` after a passage through JSON."""
        return cls(**{**data, "dns_names": tuple(data["dns_names"]), "signed_by": tuple(data["signed_by"])})

    def facts(self) -> dict[str, str]:
        """What ``--diff`` shows of a certificate."""
        return {name: getattr(self, name) for name in ("subject", "issuer", "serial_number", "not_before", "not_after", "fingerprint")}


@dataclass(frozen=True)
class Entry:
    """A certificate under its label; ``has_key``: the private key is there too (MQ: a personal certificate)."""

    label: str
    certificate: Certificate
    has_key: bool
    trusted: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Entry:
        return cls(data["label"], Certificate.from_dict(data["certificate"]), bool(data["has_key"]), bool(data["trusted"]))


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
    """Steps in the order in which they are made: create, remove, enable (trust), add, issue.

    ``issue``: the reason why a certificate is needed, else empty. ``remove``: the labels that go, with the replaced identity.
    ``awaited``: the reason why one is needed that cannot be had in this run.
    """

    create: bool = False
    remove: tuple[Entry, ...] = ()
    enable: tuple[Entry, ...] = ()
    add: tuple[Addition, ...] = ()
    issue: str = ""
    changes: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = field(default=())
    awaited: str = ""


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


def pem_blocks(text: str) -> list[str]:
    """The certificates of a PEM text, each in canonical form (RFC 7468: lines of 64 characters), text around them dropped.

    Raises ParseError when there is none or a block is no base64.
    """
    blocks = []
    for body in _PEM.findall(text):
        try:
            der = base64.b64decode("".join(body.split()), validate=True)
        except binascii.Error as error:
            raise ParseError("A certificate in PEM form was to be read and its text is no base64; copy it again as a whole.") from error
        if der[:1] != b"\x30":
            raise ParseError("A certificate in PEM form was to be read and holds no ASN.1 sequence; copy it again as a whole.")
        encoded = base64.b64encode(der).decode("ascii")
        lines = [encoded[start : start + 64] for start in range(0, len(encoded), 64)]
        blocks.append("\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]))
    if not blocks:
        raise ParseError(
            "A certificate in PEM form was to be read and no '-----BEGIN CERTIFICATE-----' was found; give the whole PEM text."
        )
    return blocks


def pem_fingerprint(pem: str) -> str:
    """SHA-256 fingerprint of one certificate in canonical PEM form."""
    return hexadecimal(hashlib.sha256(base64.b64decode("".join(pem.splitlines()[1:-1]))).digest())


def hexadecimal(data: bytes) -> str:
    """``A1:0F``: how openssl, keytool and MQ show fingerprints and serial numbers."""
    return ":".join(f"{byte:02X}" for byte in data)


def timestamp(moment: datetime) -> str:
    """An aware moment as ``2026-11-24T08:14:52Z``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The inverse of ``timestamp``, in whole seconds."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def plan(have: Sequence[Entry] | None, want: Want, now: datetime) -> Plan:
    """The steps from the entries of a repository (None: there is no repository) to what is wanted, at the moment ``now`` (aware)."""
    entries = list(have or ())
    changes: list[dict[str, Any]] = []
    if have is None:
        changes.append(_change("KEY REPOSITORY", want.path, "create", {"type": {"before": None, "after": want.type}}))
    remove, issue, warnings, of_identity = _plan_identity(entries, want, now)
    awaited = issue if want.postponed else ""
    if awaited:
        remove, issue, of_identity = [], "", []
    kept = [entry for entry in entries if entry not in remove]

    wanted: dict[str, Trust] = {}
    for trust in want.trust:
        wanted.setdefault(trust.fingerprint or f"name {trust.name}", trust)
    there = {entry.certificate.fingerprint: entry for entry in kept if not entry.has_key}
    # while a certificate is awaited, the one in use may need what is trusted of its former issuer
    unwanted = [(key, entry) for key, entry in there.items() if key not in wanted and not awaited]
    purged = [entry for key, entry in unwanted if want.purge_trust or key in want.distrust]
    enable = [there[key] for key in wanted if key in there and not there[key].trusted]
    taken = {entry.label for entry in kept if entry not in purged} | ({want.identity.label} if want.identity else set())
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
    changes += of_identity
    return Plan(have is None, (*remove, *purged), tuple(enable), tuple(add), issue, tuple(changes), tuple(warnings), awaited)


def unverified(have: Sequence[Entry] | None, want: Want) -> Entry | None:
    """The identity of which it is not known whether the wanted issuer has signed it: to be found out before ``plan`` is called."""
    if want.identity is None or not want.chain:
        return None
    entry = _labelled(have or (), want.identity.label)
    return entry if entry and entry.has_key and not set(want.issuers) & set(entry.certificate.signed_by) else None


def signed_by(entry: Entry, fingerprint: str) -> Entry:
    """The same entry, with the knowledge that the certificate with that fingerprint signed it."""
    known = (*entry.certificate.signed_by, fingerprint)
    return replace(entry, certificate=replace(entry.certificate, signed_by=known))


def identity_of(have: Sequence[Entry] | None, want: Want) -> Entry | None:
    """The personal certificate under the wanted label (or under the one that MQ would use, where none is wanted)."""
    entry = _labelled(have or (), want.identity.label if want.identity else want.absent_label)
    return entry if entry and entry.has_key else None


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
        elif change["object"] == "TRUST" and change["action"] == "add" and change["name"] not in str(sides[1]["trust"]):
            sides[1]["trust"][change["name"]] = {}
    title = f"key repository {path}"
    return {"before": sides[0], "after": sides[1], "before_header": title, "after_header": title}


def lost(before: Sequence[Entry] | None, after: Sequence[Entry], steps: Plan) -> list[str]:
    """Labels whose entries ``after`` lacks or has changed though no step says so; a new repository is refused for them."""
    going = {entry.label for entry in steps.remove}
    enabled = {entry.label for entry in steps.enable}
    found = {(entry.label, entry.certificate.fingerprint, entry.has_key, entry.trusted) for entry in after}
    return [
        entry.label
        for entry in before or ()
        if entry.label not in going
        and (entry.label, entry.certificate.fingerprint, entry.has_key, entry.trusted or entry.label in enabled) not in found
    ]


def _plan_identity(entries: Sequence[Entry], want: Want, now: datetime) -> tuple[list[Entry], str, list[str], list[dict[str, Any]]]:
    """Entries that go, the reason to issue, warnings, changes."""
    if want.identity is None:
        entry = _labelled(entries, want.absent_label)
        if entry is None or not entry.has_key:
            return [], "", [], []
        if want.purge_identity:
            subject = {"subject": {"before": entry.certificate.subject, "after": None}}
            return [entry], "", [], [_change("CERTIFICATE", entry.label, "remove", subject, "no certificate is wanted")]
        warning = (
            f"The key repository {want.path} holds a personal certificate under the label {entry.label} though none is wanted: the queue "
            f"manager presents it to its partners, who then validate it; set purge_identity to remove it."
        )
        return [], "", [warning], []
    identity = want.identity
    entry = _labelled(entries, identity.label)
    reason, warnings = _wrong(entry, entries, want, identity, now)
    if not reason:
        return [], "", warnings, []
    attributes: dict[str, Any] = {
        "subject": {"before": entry.certificate.subject if entry else None, "after": identity.subject.text()},
    }
    if entry and (entry.certificate.key_type, entry.certificate.key_size) != (identity.key_type, identity.key_size):
        attributes["key_type"] = {"before": entry.certificate.key_type, "after": identity.key_type}
        attributes["key_size"] = {"before": entry.certificate.key_size, "after": identity.key_size}
    change = _change("CERTIFICATE", identity.label, "replace" if entry else "issue", attributes, reason)
    return [entry] if entry else [], reason, warnings, [change]


def _wrong(entry: Entry | None, entries: Sequence[Entry], want: Want, identity: Identity, now: datetime) -> tuple[str, list[str]]:
    """Why the identity is not the wanted one (empty: it is), and warnings."""
    if entry is None:
        return "no certificate under this label", []
    found = entry.certificate
    begin, end = moment(found.not_before), moment(found.not_after)
    wants_self_signed = want.issuer_type == SELF_SIGNED
    signers = set(want.issuers) & set(found.signed_by)
    issued_by = "it is self-signed" if found.self_signed else f"the issuer is {found.issuer}"
    faults = (
        (not entry.has_key, "the certificate under this label has no private key"),
        (not same_name(found.subject, identity.subject), f"the subject is {found.subject}"),
        ((found.key_type, found.key_size) != (identity.key_type, identity.key_size), f"the key is {found.key_type} {found.key_size}"),
        (identity.dns_names is not None and set(found.dns_names) != set(identity.dns_names), "the DNS names differ"),
        (found.self_signed != wants_self_signed, issued_by),
        (not wants_self_signed and not signers, f"another key than the wanted issuer's signed it: {found.issuer}"),
        (found.serial_number in want.revoked, f"it is revoked ({want.revoked.get(found.serial_number)})"),
        (now < begin, f"it is not valid before {found.not_before}"),
        (now >= end, f"it expired on {found.not_after}"),
    )
    fault = next((text for wrong, text in faults if wrong), "")
    if fault or now < end - timedelta(days=identity.renew_before_days):
        return fault, []
    # A certificate never outlives its issuer: near the end of the CA a new one would end on the same day, and on each run again.
    last = next((moment(other.certificate.not_after) for other in entries if other.certificate.fingerprint in signers), None)
    if last and end >= last:
        return "", [
            f"The certificate authority {found.issuer} ends on {timestamp(last)}, and with it the certificate {entry.label} of the key "
            f"repository {want.path}; make a new certificate authority."
        ]
    return f"it expires on {found.not_after}", []


def same_name(text: str, name: DistinguishedName) -> bool:
    """Whether a certificate's subject, as text, is that name."""
    if text == name.text():
        return True
    try:
        return DistinguishedName.parse(text) == name
    except ParseError:  # an attribute type that MQ does not know: not what we would have asked for
        return False


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
