# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What will become of a TLS handshake between two queue managers, by their definitions and key repositories, before it is tried.

The initiator is the TLS client. It always validates the certificate of the responder. The responder always asks for the initiator's;
the initiator sends one only where it finds one under its label, and what is sent is always validated. That nothing is sent matters only
with SSLCAUTH(REQUIRED) or an SSLPEER at the responder. Where documentation does not settle the outcome, the prediction is open
(``ok`` is None), never a guess.

Sources: IBM MQ documentation, "CipherSpec mismatches", "Relationship between alias CipherSpec settings", "Digital certificate labels",
"SSLCAUTH", "AMQ9xxx: Remote"; IBM Support, "IBM MQ Troubleshooting Common TLS SSL Errors".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Mapping, Sequence

from .cipherspec import CIPHER_SPECS, TLS12, TLS13, Alias, CipherSpec, compatible, find
from .distinguished_name import DistinguishedName
from .errors import MqTlsError
from .peer_pattern import PeerPattern

INITIATOR = "initiator"
RESPONDER = "responder"

# What the end says that is not the one to refuse: it sees a closed connection.
_CLOSED = ("AMQ9665E", "AMQ9209E")
_NO_COMMON_CIPHER_SPEC = ("AMQ9665E", "AMQ9620E", "AMQ9638E")
_USE = {INITIATOR: "clientAuth", RESPONDER: "serverAuth"}
_WEAK_DIGESTS = ("md5", "sha1")


@dataclass(frozen=True)
class HeldCertificate:
    """One certificate of a key repository: the facts that a handshake asks for.

    Dates as ``2026-11-24T08:14:52Z``, ``signed_by`` as in ``certificate.Certificate``. Not known, and then not judged, is None in
    ``extended_key_usage`` (empty: no restriction; else words such as serverAuth), ``is_ca`` and ``signature_algorithm``.
    """

    label: str
    fingerprint: str
    subject: str
    issuer: str
    serial_number: str
    not_before: str
    not_after: str
    key_type: str
    key_size: int
    self_signed: bool = False
    signed_by: tuple[str, ...] = ()
    has_key: bool = False
    trusted: bool = False
    extended_key_usage: tuple[str, ...] | None = None
    is_ca: bool | None = None
    signature_algorithm: str | None = None


@dataclass(frozen=True)
class ChannelEnd:
    """One end of a channel.

    ``version`` and ``tls13`` (AllowTLSV13 as it is in force) are None where they are not known, ``certificates`` where the key
    repository could not be read. ``revoked``: (issuer, serial number) of what this end learns to be revoked.
    """

    queue_manager: str
    cipher_spec: str
    certificates: Sequence[HeldCertificate] | None
    version: tuple[int, int, int] | None = None
    fips: bool = False
    tls13: bool | None = None
    channel_label: str = ""
    queue_manager_label: str = ""
    authentication: str = "REQUIRED"
    peer: str = ""
    revoked: frozenset[tuple[str, str]] = frozenset()

    @property
    def label(self) -> str:
        return self.channel_label or self.queue_manager_label or f"ibmwebspheremq{self.queue_manager.lower()}"

    @property
    def personal(self) -> HeldCertificate | None:
        """What this end presents: the certificate with its private key under the label."""
        return next((held for held in self.certificates or () if held.label == self.label and held.has_key), None)


@dataclass(frozen=True)
class Prediction:
    """``ok`` is None where the outcome is not known.

    ``refused_by``: initiator, responder or blank. The messages are ids; of several at one end either may be written. ``cipher_spec``
    is blank where the handshake picks one from a list that is not known, so is ``protocol``.
    """

    ok: bool | None
    cipher_spec: str = ""
    protocol: str = ""
    refused_by: str = ""
    initiator_messages: tuple[str, ...] = ()
    responder_messages: tuple[str, ...] = ()
    cause: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class _Objection:
    """Why it fails (or, ``open``, why nobody can tell). ``here`` is the end that objects and writes ``ours``, ``theirs`` the other one."""

    here: str
    cause: str
    what: str
    remedy: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    open: bool = False


def predict(initiator: ChannelEnd, responder: ChannelEnd, moment: str) -> Prediction:
    """What a start of the channel at ``moment`` (``2026-11-24T08:14:52Z``) leads to; the first objection counts."""
    if not initiator.cipher_spec and not responder.cipher_spec:
        sentence = _sentence(initiator, responder, "will run without TLS", "set SSLCIPH on both ends")
        return Prediction(True, cause="no_tls", sentence=sentence)
    ends = {INITIATOR: initiator, RESPONDER: responder}
    doubt = None
    for objection in _objections(ends, moment):
        if not objection.open:
            return _refusal(ends, objection)
        # A certain refusal later on outweighs a doubt.
        doubt = doubt or objection
    if doubt:
        return _refusal(ends, doubt)
    protocol = _protocol(initiator, responder)
    spec = initiator.cipher_spec if initiator.cipher_spec in CIPHER_SPECS else ""
    return Prediction(True, spec, protocol, sentence=_sentence(initiator, responder, "will come up"))


def _refusal(ends: Mapping[str, ChannelEnd], objection: _Objection) -> Prediction:
    by_initiator = objection.here == INITIATOR
    outcome = "may fail" if objection.open else "will fail"
    return Prediction(
        None if objection.open else False,
        refused_by="" if objection.open else objection.here,
        initiator_messages=objection.ours if by_initiator else objection.theirs,
        responder_messages=objection.theirs if by_initiator else objection.ours,
        cause=objection.cause,
        sentence=_sentence(ends[INITIATOR], ends[RESPONDER], f"{outcome}: {objection.what}", objection.remedy),
    )


def _sentence(initiator: ChannelEnd, responder: ChannelEnd, what: str, remedy: str = "") -> str:
    return f"The channel from {initiator.queue_manager} to {responder.queue_manager} {what}{'; ' + remedy if remedy else ''}."


def _other(end: str) -> str:
    return RESPONDER if end == INITIATOR else INITIATOR


def _objections(ends: Mapping[str, ChannelEnd], moment: str) -> Iterator[_Objection]:
    """All of them in the order in which the ends find them."""
    yield from _definitions(ends)
    unread = [end for end in (INITIATOR, RESPONDER) if ends[end].certificates is None]
    for end in unread:
        name = ends[end].queue_manager
        what = f"the key repository of {name} has not been read"
        yield _Objection(end, "key_repository_unread", what, f"read it with mqfleet.tls.key_repository_info at {name}", (), (), open=True)
    if not unread:
        yield from _own_certificate(ends, INITIATOR, moment)
        yield from _responder_key(ends)
        yield from _own_certificate(ends, RESPONDER, moment)
        yield from _validation(ends, INITIATOR, moment)
        yield from _validation(ends, RESPONDER, moment)
    if all(find(end.cipher_spec) for end in ends.values()):
        yield from _agreement(ends)
    if not unread:
        yield from _anonymous(ends)
        yield from _peer_name(ends, INITIATOR)
        yield from _peer_name(ends, RESPONDER)


# -- CipherSpecs -----------------------------------------------------------------------------------------------------


def _definitions(ends: Mapping[str, ChannelEnd]) -> Iterator[_Objection]:
    """What SSLCIPH of each end alone decides."""
    first, second = ends[INITIATOR].queue_manager, ends[RESPONDER].queue_manager
    if not ends[INITIATOR].cipher_spec:
        what, remedy = f"{second} demands TLS and {first} connects without it", f"set SSLCIPH at {first} (run mqfleet.tls.site)"
        yield _Objection(RESPONDER, "initiator_without_tls", what, remedy, ("AMQ9639E",), ("AMQ9641E", "AMQ9503E"))
        return
    if not ends[RESPONDER].cipher_spec:
        what, remedy = f"SSLCIPH of {second} is blank while {first} connects with TLS", f"set SSLCIPH at {second} (run mqfleet.tls.site)"
        yield _Objection(RESPONDER, "responder_without_tls", what, remedy, ("AMQ9635E",), ("AMQ9641E",))
        return
    for end in (INITIATOR, RESPONDER):
        one = ends[end]
        found, whose = find(one.cipher_spec), f"SSLCIPH of {one.queue_manager}"
        other = "take ANY_TLS12_OR_HIGHER or an enabled CipherSpec"
        if found is None:
            yield _Objection(end, "cipher_spec_unknown", f"{whose} is {one.cipher_spec}, which is not known here", other, (), (), open=True)
        elif not found.is_enabled:
            what = f"{whose} names {one.cipher_spec}, a CipherSpec that is deprecated and disabled"
            yield _Objection(end, "cipher_spec_disabled", what, "choose a current CipherSpec", ("AMQ9788E",), _CLOSED)
        elif one.version is not None and one.version < found.since:
            what = f"{whose} is {one.cipher_spec}, which the level {'.'.join(map(str, one.version))} of IBM MQ does not know"
            yield _Objection(end, "cipher_spec_level", what, f"upgrade {one.queue_manager} or take a TLS 1.2 CipherSpec", (), ())
    proposed = ends[INITIATOR].cipher_spec
    for end in (INITIATOR, RESPONDER):
        # That this one is no FIPS CipherSpec is not confirmed; all others that are enabled are.
        if ends[end].fips and proposed == "TLS_CHACHA20_POLY1305_SHA256":
            ours, theirs = (("AMQ9719E",), ()) if end == INITIATOR else (("AMQ9616E",), _NO_COMMON_CIPHER_SPEC)
            what = f"{ends[end].queue_manager} is in FIPS mode and {proposed} is probably no FIPS CipherSpec"
            yield _Objection(end, "cipher_spec_not_fips", what, "choose a FIPS CipherSpec or an alias", ours, theirs, open=True)


def _responder_key(ends: Mapping[str, ChannelEnd]) -> Iterator[_Objection]:
    first, second = ends[INITIATOR], ends[RESPONDER]
    if second.personal is None:
        what = f"{second.queue_manager} has no certificate with its private key under the label {second.label}"
        remedy = f"put one there or correct CERTLABL (run mqfleet.tls.site for {second.queue_manager})"
        yield _Objection(RESPONDER, "responder_certificate_missing", what, remedy, ("AMQ9675E", "AMQ9797E", "AMQ9637E"), _CLOSED)
        return
    spec = find(first.cipher_spec)
    if spec is not None and spec.key_type not in (None, second.personal.key_type):
        what = f"{spec.name} needs a certificate with an {spec.key_type} key at {second.queue_manager}, which has an"
        remedy = "take ANY_TLS12_OR_HIGHER on both ends, which serves both types of key"
        yield _Objection(RESPONDER, "key_type", f"{what} {second.personal.key_type} one", remedy, ("AMQ9616E",), _NO_COMMON_CIPHER_SPEC)


def _agreement(ends: Mapping[str, ChannelEnd]) -> Iterator[_Objection]:
    """After the handshake the responder compares its own SSLCIPH with what has been settled on."""
    first, second = ends[INITIATOR], ends[RESPONDER]
    tls13 = _has_tls13(first, second)
    proposed = find(first.cipher_spec)
    only_tls13 = proposed is not None and proposed.protocols == {TLS13}
    remedy = "enable it (AllowTLSV13) or take a TLS 1.2 CipherSpec"
    if only_tls13 and tls13 is False:
        what = f"{first.cipher_spec} of {first.queue_manager} is TLS 1.3, which is not enabled on both ends"
        yield _Objection(RESPONDER, "tls13_disabled", what, remedy, ("AMQ9616E",), _NO_COMMON_CIPHER_SPEC)
        return
    values = (True,) if only_tls13 else (True, False) if tls13 is None else (tls13,)
    outcomes = {compatible(first.cipher_spec, second.cipher_spec, value) for value in values}
    specs = f"{first.cipher_spec} at {first.queue_manager} and {second.cipher_spec} at {second.queue_manager}"
    same = f"give both ends the same SSLCIPH, {second.queue_manager} first (run mqfleet.tls.site)"
    messages = ("AMQ9631E",), ("AMQ9641E",)
    if outcomes == {"fails"}:
        what = f"the handshake settles on another CipherSpec than SSLCIPH of {second.queue_manager} demands ({specs})"
        yield _Objection(RESPONDER, "cipher_spec_mismatch", what, same, *messages)
    elif outcomes != {"connects"}:
        what = f"it depends on the enabled CipherSpecs and on TLS 1.3 what the handshake settles on ({specs})"
        yield _Objection(RESPONDER, "cipher_spec_mismatch", what, same, *messages, open=True)
    elif only_tls13 and tls13 is None:
        what = f"{first.cipher_spec} of {first.queue_manager} is TLS 1.3, and whether that is enabled on both ends is not known"
        yield _Objection(RESPONDER, "tls13_disabled", what, remedy, ("AMQ9616E",), _NO_COMMON_CIPHER_SPEC, open=True)


def _has_tls13(*ends: ChannelEnd) -> bool | None:
    """Whether all ends have TLS 1.3; None where that is not known: an upgrade need not have enabled it."""
    known = [False if end.version is not None and end.version < (9, 1, 4) else end.tls13 for end in ends]
    return False if False in known else None if None in known else True


def _protocol(initiator: ChannelEnd, responder: ChannelEnd) -> str:
    found: CipherSpec | Alias | None = find(initiator.cipher_spec)
    if found is None or len(found.protocols) == 1:
        return next(iter(found.protocols)) if found else ""
    answer = find(responder.cipher_spec)
    if answer is not None and len(answer.protocols) == 1:
        return next(iter(answer.protocols))
    return {True: TLS13, False: TLS12, None: ""}[_has_tls13(initiator, responder)]


# -- certificates ----------------------------------------------------------------------------------------------------


def _chain(leaf: HeldCertificate, known: Sequence[HeldCertificate]) -> list[HeldCertificate]:
    """From the leaf as far up as the known certificates lead."""
    by_fingerprint = {held.fingerprint: held for held in known}
    chain = [leaf]
    while not chain[-1].self_signed:
        issuer = next((by_fingerprint[one] for one in chain[-1].signed_by if one in by_fingerprint), None)
        if issuer is None or issuer in chain:
            break
        chain.append(issuer)
    return chain


def _own_certificate(ends: Mapping[str, ChannelEnd], end: str, moment: str) -> Iterator[_Objection]:
    """Each end judges its own certificate before it presents it."""
    name, own = ends[end].queue_manager, ends[end].personal
    if own is None:
        return
    whose, unused, messages = f"the certificate of {name} itself", f"so {name} does not present it", ("AMQ9797E", "AMQ9630E")
    renew = f"run mqfleet.tls.site for {name}, which renews it and refreshes"
    if own.not_after <= moment:
        yield _Objection(end, "own_certificate_expired", f"{whose} expires on {own.not_after}, {unused}", renew, messages, ("AMQ9209E",))
    elif moment < own.not_before:
        what, remedy = f"{whose} is not valid before {own.not_before}, {unused}", f"check the clock of the host, or {renew}"
        yield _Objection(end, "own_certificate_not_yet_valid", what, remedy, messages, ("AMQ9209E",))
    elif not _chain(own, ends[end].certificates or ())[-1].self_signed:
        what = f"the key repository of {name} lacks a CA certificate of its own certificate's chain, {unused}"
        remedy = f"run mqfleet.tls.site for {name}, which completes the chain and refreshes"
        yield _Objection(end, "own_chain_incomplete", what, remedy, ("AMQ9797E",), ("AMQ9209E",))


def _validation(ends: Mapping[str, ChannelEnd], here: str, moment: str) -> Iterator[_Objection]:
    """What the end ``here`` finds about the certificate that the other one sends."""
    there = _other(here)
    one, partner = ends[here], ends[there]
    leaf = partner.personal
    if leaf is None:
        return
    # The files of both ends: the sender's chain comes with its certificate.
    chain = _chain(leaf, [*(one.certificates or ()), *(partner.certificates or ())])
    whose = f"the certificate of {partner.queue_manager} ({leaf.subject})"
    refuses = f"so {one.queue_manager} refuses it"
    renew = f"run mqfleet.tls.site for {partner.queue_manager}, which renews it and refreshes"
    for cause, what, remedy, is_open in _faults(one, chain, moment, there, whose, renew):
        yield _Objection(here, cause, f"{what}, {refuses}" if not is_open else what, remedy, ("AMQ9633E",), ("AMQ9665E",), is_open)


def _faults(
    one: ChannelEnd, chain: Sequence[HeldCertificate], moment: str, there: str, whose: str, renew: str
) -> Iterator[tuple[str, str, str, bool]]:
    leaf = chain[0]
    anchors = {held.fingerprint for held in one.certificates or () if held.trusted}
    trusted = [held for held in chain if held.fingerprint in anchors]
    if not trusted:
        what = f"{one.queue_manager} does not trust the issuer ({leaf.issuer}) of {whose}"
        yield "not_trusted", what, f"run mqfleet.tls.site for both, which adds what {one.queue_manager} has to trust, and refresh", False
    elif not chain[-1].self_signed or chain[-1].fingerprint not in anchors:
        what = f"{one.queue_manager} trusts a certificate in the chain of {whose} but not its root, which may not be enough"
        yield "root_not_trusted", what, f"add the root to the key repository of {one.queue_manager}", True
    for held in chain[1:]:
        authority = f"the CA certificate {held.subject} above {whose}"
        if held.not_after <= moment:
            yield "ca_certificate_expired", f"{authority} expires on {held.not_after}", f"renew the CA certificate, then {renew}", False
        if moment < held.not_before:
            what = f"{authority} is not valid before {held.not_before}"
            yield "ca_certificate_not_yet_valid", what, "check the clocks of both hosts", False
        if held.is_ca is False:
            yield "issuer_is_no_ca", f"{whose} was signed with {held.subject}, which is no CA", f"have it signed by a CA; {renew}", False
    if any((held.issuer, held.serial_number) in one.revoked for held in chain):
        yield "revoked", f"{whose} (or a CA certificate above it) is revoked", renew, False
    if leaf.extended_key_usage and not {_USE[there], "anyExtendedKeyUsage"} & set(leaf.extended_key_usage):
        what = f"the extended key usage of {whose} lacks {_USE[there]}"
        yield "extended_key_usage", what, f"issue it with serverAuth and clientAuth; {renew}", False
    # No minimum of the product is confirmed, so these are doubts.
    if leaf.key_type == "RSA" and leaf.key_size < 2048 and one.fips:
        what = f"the key of {whose} has {leaf.key_size} bits and {one.queue_manager} is in FIPS mode"
        yield "weak_key", what, "issue it with a key of 2048 bits or more", True
    if any(digest in (leaf.signature_algorithm or "").lower().replace("-", "") for digest in _WEAK_DIGESTS):
        yield "weak_signature", f"{whose} is signed with {leaf.signature_algorithm}", "have it signed with SHA-256 or better", True


def _anonymous(ends: Mapping[str, ChannelEnd]) -> Iterator[_Objection]:
    first, second = ends[INITIATOR], ends[RESPONDER]
    if first.personal is None and (second.authentication == "REQUIRED" or second.peer):
        what = f"{second.queue_manager} requires a certificate and {first.queue_manager} has none with its private key under {first.label}"
        remedy = f"put one there or correct CERTLABL (run mqfleet.tls.site for {first.queue_manager}), or make the link one_way"
        yield _Objection(RESPONDER, "initiator_certificate_missing", what, remedy, ("AMQ9637E",), ("AMQ9642E",))


def _peer_name(ends: Mapping[str, ChannelEnd], here: str) -> Iterator[_Objection]:
    one, partner = ends[here], ends[_other(here)]
    leaf = partner.personal
    if not one.peer or leaf is None:
        return
    try:
        pattern = PeerPattern.parse(one.peer)
    except MqTlsError:
        what = f"SSLPEER of {one.queue_manager} is not a valid filter ({one.peer})"
        yield _Objection(here, "peer_filter", what, "correct SSLPEER", ("AMQ9640E",), ("AMQ9643E",))
        return
    try:
        matches = pattern.matches(DistinguishedName.parse(leaf.subject), int(leaf.serial_number.replace(":", ""), 16))
    except (MqTlsError, ValueError):
        what = f"the distinguished name of {partner.queue_manager} ({leaf.subject}) cannot be compared with SSLPEER of {one.queue_manager}"
        yield _Objection(here, "peer_name", what, "compare them with DISPLAY CHSTATUS of a running channel", (), (), open=True)
        return
    if not matches:
        name = f"the distinguished name of {partner.queue_manager} ({leaf.subject})"
        what = f"{name} does not match SSLPEER of {one.queue_manager} ({one.peer})"
        remedy = f"correct SSLPEER (run mqfleet.tls.site) or the subject of the certificate of {partner.queue_manager}"
        yield _Objection(here, "peer_name", what, remedy, ("AMQ9636E",), ("AMQ9643E",))
