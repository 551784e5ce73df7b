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

from dataclasses import dataclass, field
from typing import Iterator, Sequence

from .cipherspec import TLS12, accepts, find
from .distinguished_name import DistinguishedName
from .errors import MqTlsError
from .negotiation import MAYBE_NO_FIPS, Settings, offers, settled
from .peer_pattern import PeerPattern
from .trust_chain import Fault, HeldCertificate, Judge, can_present, faults_of_own, faults_of_partner

INITIATOR = "initiator"
RESPONDER = "responder"
# In the place of a message: that end may write nothing at all.
NOTHING = ""

# What the end says that is not the one to refuse: it sees a closed connection.
_CLOSED = ("AMQ9665E", "AMQ9209E")
_NO_COMMON_CIPHER_SPEC = ("AMQ9665E", "AMQ9620E", "AMQ9638E")
_REFUSED_CIPHER_SPEC = ("AMQ9641E",)
# The initiator finds it before there is a connection, or before it says anything on it.
_NOT_CALLED = (NOTHING, "AMQ9209E")
# What comes to light in the handshake only: what this end writes, and what the responder sees of it where this end is the initiator.
_OWN_CERTIFICATE = {
    "own_ca_not_trusted": (("AMQ9797E", "AMQ9620E", "AMQ9642E"), ("AMQ9637E",)),
    "weak_key": (("AMQ9633E", "AMQ9797E", "AMQ9620E"), ("AMQ9665E",)),
    "weak_signature": (("AMQ9633E", "AMQ9797E", "AMQ9620E"), ("AMQ9665E",)),
}
_USE = {INITIATOR: "clientAuth", RESPONDER: "serverAuth"}
_REPOSITORY_FAULTS = {
    "not_stated": ("SSLKEYR of {0} is blank", "state the key repository (run mqfleet.tls.site for {0})", "AMQ9627E"),
    "not_there": ("the key repository that SSLKEYR of {0} names is not there", "make it (run mqfleet.tls.site for {0})", "AMQ9657E"),
}


@dataclass(frozen=True)
class ChannelEnd:
    """One end of a channel.

    ``certificates`` is None where the key repository could not be read; ``repository_fault``: not_stated, not_there or blank.
    ``sends_channel_name``: OutboundSNI(CHANNEL), by which alone a responder finds the label of the channel. ``revoked``: (issuer, serial
    number) of what this end learns to be revoked.
    """

    queue_manager: str
    cipher_spec: str
    certificates: Sequence[HeldCertificate] | None
    settings: Settings = field(default_factory=Settings)
    channel_label: str = ""
    queue_manager_label: str = ""
    authentication: str = "REQUIRED"
    peer: str = ""
    repository_fault: str = ""
    sends_channel_name: bool = True
    revoked: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Prediction:
    """``ok`` is None where the outcome is not known.

    ``refused_by``: initiator, responder or blank. The messages are ids; of several at one end either may be written, NOTHING among them
    stands for none, and without any it is not known which. ``cipher_spec`` and ``protocol`` are blank where the handshake picks them from
    what is not known.
    """

    ok: bool | None
    cipher_spec: str = ""
    protocol: str = ""
    refused_by: str = ""
    initiator_messages: tuple[str, ...] = ()
    responder_messages: tuple[str, ...] = ()
    cause: str = ""
    sentence: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class _Objection:
    """Why it fails (or, ``open``, why nobody can tell). ``here`` is the end that objects and writes ``ours``, ``theirs`` the other one."""

    here: str
    fault: Fault
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


def predict(initiator: ChannelEnd, responder: ChannelEnd, moment: str) -> Prediction:
    """What a start of the channel at ``moment`` (``2026-11-24T08:14:52Z``) leads to; the first objection counts."""
    attempt = _Attempt(initiator, responder, moment)
    if not initiator.cipher_spec and not responder.cipher_spec:
        return Prediction(True, cause="no_tls", remedy="set SSLCIPH on both ends", sentence=attempt.sentence("will run without TLS"))
    doubts: list[_Objection] = []
    for objection in attempt.objections():
        if not objection.fault.open:
            return attempt.refusal(objection, doubts)
        doubts.append(objection)
    if doubts:
        return attempt.refusal(doubts[0], doubts[1:])
    specs = [spec for spec in attempt.settled if spec]
    protocols = {spec.protocol for spec in specs}
    return Prediction(
        True,
        specs[0].name if len(specs) == 1 else "",
        protocols.pop() if len(protocols) == 1 else "",
        sentence=attempt.sentence("will come up"),
    )


class _Attempt:
    def __init__(self, initiator: ChannelEnd, responder: ChannelEnd, moment: str) -> None:
        self._ends = {INITIATOR: initiator, RESPONDER: responder}
        self._moment = moment
        own = self._presented(RESPONDER)
        self.settled = settled(initiator.settings, initiator.cipher_spec, responder.settings, own.key_type if own else None)

    def refusal(self, objection: _Objection, doubts: Sequence[_Objection]) -> Prediction:
        """A certain refusal outweighs the doubts before it; but then either may be the one that is seen."""
        fault, possible = objection.fault, [objection, *doubts]
        return Prediction(
            None if fault.open else False,
            refused_by="" if fault.open or any(doubt.here != objection.here for doubt in doubts) else objection.here,
            initiator_messages=_messages(INITIATOR, possible),
            responder_messages=_messages(RESPONDER, possible),
            cause=fault.cause,
            sentence=self.sentence(f"{'may fail' if fault.open else 'will fail'}: {fault.what}"),
            remedy=fault.remedy,
        )

    def sentence(self, what: str) -> str:
        return f"The channel from {self._name(INITIATOR)} to {self._name(RESPONDER)} {what}."

    def objections(self) -> Iterator[_Objection]:
        """All of them in the order in which the ends find them."""
        if self._ends[INITIATOR].cipher_spec:
            yield from self._own(INITIATOR)
            yield from self._own(RESPONDER)
            yield from self._partner(INITIATOR)
            # In TLS 1.3 the initiator is through before the responder judges its certificate.
            name = list(self._peer_name(INITIATOR))
            certificate = list(self._partner(RESPONDER))
            if not self._may_be_tls12:
                also = tuple(message for one in certificate for message in one.ours)
                yield from (_Objection(one.here, one.fault, one.ours, one.theirs + also) for one in name)
            yield from certificate
            yield from name
        yield from self._definition_of_responder()
        if self._ends[INITIATOR].cipher_spec:
            yield from self._anonymous()
            yield from self._peer_name(RESPONDER)

    # -- what an end finds about itself ----------------------------------------------------------------------------------

    def _own(self, here: str) -> Iterator[_Objection]:
        end, name = self._ends[here], self._name(here)
        theirs = _NOT_CALLED if here == INITIATOR else _CLOSED
        if here == INITIATOR:
            yield from self._definition(here, theirs)
        if end.repository_fault:
            what, remedy, message = _REPOSITORY_FAULTS[end.repository_fault]
            fault = Fault(f"key_repository_{end.repository_fault}", what.format(name), remedy.format(name))
            yield _Objection(here, fault, (message,), theirs)
        elif end.certificates is None:
            remedy = f"read it with mqfleet.tls.key_repository_info at {name}"
            yield _Objection(here, Fault("key_repository_unread", f"the key repository of {name} has not been read", remedy, True), (), ())
        if end.settings.suite_b:
            fault = Fault("suite_b", f"SUITEB of {name} narrows what it enables", "compare SSLCIPH of both ends with SUITEB", True)
            yield _Objection(here, fault, (), ())
        if here == INITIATOR:
            yield from self._offer()
        own = self._presented(here)
        if own is None and here == RESPONDER and end.certificates is not None and not end.repository_fault:
            what = f"{name} has no certificate with its private key under the label {self._label(here)}"
            remedy = f"put one there or correct CERTLABL (run mqfleet.tls.site for {name})"
            fault = Fault("responder_certificate_missing", what, remedy)
            yield _Objection(here, fault, ("AMQ9675E", "AMQ9797E", "AMQ9637E"), theirs)
            return
        for fault in faults_of_own(name, own, end.certificates or (), self._moment) if own else ():
            ours, seen = _OWN_CERTIFICATE.get(fault.cause, (("AMQ9797E", "AMQ9630E"), ()))
            yield _Objection(here, fault, ours, (*theirs, *seen) if here == INITIATOR else theirs)
        if here == RESPONDER:
            yield from self._answer()

    def _offer(self) -> Iterator[_Objection]:
        first = self._ends[INITIATOR]
        if find(first.cipher_spec) is None:
            return
        possible = offers(first.settings, first.cipher_spec)
        if all(possible):
            return
        name = first.queue_manager
        if first.settings.fips and first.cipher_spec == MAYBE_NO_FIPS:
            what, remedy = (
                f"{name} is in FIPS mode and {first.cipher_spec} is probably no FIPS CipherSpec",
                "choose a FIPS CipherSpec or an alias",
            )
            yield _Objection(INITIATOR, Fault("cipher_spec_not_fips", what, remedy, True), ("AMQ9719E",), _NOT_CALLED)
            return
        is_open = any(possible)
        what = f"{name} has {'perhaps ' if is_open else ''}nothing enabled that its SSLCIPH ({first.cipher_spec}) names"
        remedy = f"see AllowTLSV13 and AllowedCipherSpecs in qm.ini of {name}, or take another CipherSpec"
        yield _Objection(INITIATOR, Fault("cipher_spec_not_enabled", what, remedy, is_open), (), _NOT_CALLED)

    def _answer(self) -> Iterator[_Objection]:
        """What of the initiator's offer the responder can serve, and with which key."""
        first, second = self._ends[INITIATOR], self._ends[RESPONDER]
        own = self._presented(RESPONDER)
        if None not in self.settled or find(first.cipher_spec) is None:
            return
        is_open = len(self.settled) > 1
        without_key = settled(first.settings, first.cipher_spec, second.settings, None)
        if own and None not in without_key:
            wanted = "an RSA" if own.key_type == "EC" else "an EC"
            what = f"{first.cipher_spec} needs a certificate with {wanted} key at {second.queue_manager}, whose key is {own.key_type}"
            fault = Fault("key_type", what, "take ANY_TLS12_OR_HIGHER on both ends, which serves both types of key", is_open)
        else:
            perhaps = "perhaps " if is_open else ""
            what = f"{second.queue_manager} has {perhaps}nothing enabled that {first.queue_manager} offers ({first.cipher_spec})"
            remedy = f"see AllowTLSV13, AllowedCipherSpecs and SSLFIPS of {second.queue_manager}, or take another CipherSpec"
            fault = Fault("cipher_spec_not_enabled", what, remedy, is_open)
        yield _Objection(RESPONDER, fault, ("AMQ9616E",), _NO_COMMON_CIPHER_SPEC)

    def _definition(self, here: str, theirs: tuple[str, ...]) -> Iterator[_Objection]:
        """What SSLCIPH of one end alone decides."""
        end = self._ends[here]
        found, whose = find(end.cipher_spec), f"SSLCIPH of {end.queue_manager}"
        version = end.settings.version
        if found is None:
            remedy = "take ANY_TLS12_OR_HIGHER or an enabled CipherSpec"
            yield _Objection(
                here, Fault("cipher_spec_unknown", f"{whose} is {end.cipher_spec}, which is not known here", remedy, True), (), ()
            )
        elif not found.is_enabled:
            what = f"{whose} names {end.cipher_spec}, a CipherSpec that is deprecated and disabled"
            yield _Objection(here, Fault("cipher_spec_disabled", what, "choose a current CipherSpec"), ("AMQ9788E",), theirs)
        elif version is not None and version < found.since:
            what = f"{whose} is {end.cipher_spec}, which the level {'.'.join(map(str, version))} of IBM MQ does not know"
            remedy = f"upgrade {end.queue_manager} or take a TLS 1.2 CipherSpec"
            yield _Objection(here, Fault("cipher_spec_level", what, remedy), (), ())

    # -- what an end finds about the other -------------------------------------------------------------------------------

    def _partner(self, here: str) -> Iterator[_Objection]:
        """The certificate that the other end sends."""
        there = _other(here)
        one, leaf = self._ends[here], self._presented(there)
        if leaf is None or one.certificates is None:
            return
        if there == INITIATOR and not can_present(leaf, self._ends[there].certificates or ()):
            return
        judge = Judge(one.queue_manager, one.certificates, one.settings.version, one.revoked)
        sent = self._ends[there].certificates or ()
        for fault in faults_of_partner(judge, self._name(there), leaf, sent, _USE[there]):
            what = fault.what if fault.open else f"{fault.what}, so {one.queue_manager} refuses it"
            yield _Objection(here, Fault(fault.cause, what, fault.remedy, fault.open), ("AMQ9633E",), ("AMQ9665E",))

    def _definition_of_responder(self) -> Iterator[_Objection]:
        """After the handshake the responder compares its own SSLCIPH with what has been settled on."""
        first, second = self._ends[INITIATOR], self._ends[RESPONDER]
        if not first.cipher_spec:
            what = f"{second.queue_manager} demands TLS and {first.queue_manager} connects without it"
            remedy = f"set SSLCIPH at {first.queue_manager} (run mqfleet.tls.site)"
            yield _Objection(RESPONDER, Fault("initiator_without_tls", what, remedy), ("AMQ9639E",), ("AMQ9641E", "AMQ9503E"))
            return
        if not second.cipher_spec:
            what = f"SSLCIPH of {second.queue_manager} is blank while {first.queue_manager} connects with TLS"
            remedy = f"set SSLCIPH at {second.queue_manager} (run mqfleet.tls.site)"
            yield _Objection(RESPONDER, Fault("responder_without_tls", what, remedy), ("AMQ9635E",), _REFUSED_CIPHER_SPEC)
            return
        yield from self._definition(RESPONDER, (*_REFUSED_CIPHER_SPEC, *_CLOSED))
        outcomes = {accepts(second.cipher_spec, spec.name) for spec in self.settled if spec}
        if outcomes <= {True} or find(second.cipher_spec) is None:
            return
        specs = f"{first.cipher_spec} at {first.queue_manager} and {second.cipher_spec} at {second.queue_manager}"
        is_open = len(outcomes) > 1
        what = (
            f"it depends on the enabled CipherSpecs and on TLS 1.3 what the handshake settles on ({specs})"
            if is_open
            else f"the handshake settles on another CipherSpec than SSLCIPH of {second.queue_manager} demands ({specs})"
        )
        remedy = f"give both ends the same SSLCIPH, {second.queue_manager} first (run mqfleet.tls.site)"
        yield _Objection(RESPONDER, Fault("cipher_spec_mismatch", what, remedy, is_open), ("AMQ9631E",), _REFUSED_CIPHER_SPEC)

    def _anonymous(self) -> Iterator[_Objection]:
        first, second = self._ends[INITIATOR], self._ends[RESPONDER]
        if first.certificates is None or (second.authentication != "REQUIRED" and not second.peer):
            return
        own = self._presented(INITIATOR)
        if own and can_present(own, first.certificates):
            return
        label = self._label(INITIATOR)
        what = f"{second.queue_manager} requires a certificate and {first.queue_manager} has none with its private key under {label}"
        remedy = f"put one there or correct CERTLABL (run mqfleet.tls.site for {first.queue_manager}), or make the link one_way"
        yield _Objection(RESPONDER, Fault("initiator_certificate_missing", what, remedy), ("AMQ9637E",), ("AMQ9642E",))

    def _peer_name(self, here: str) -> Iterator[_Objection]:
        one, leaf, partner = self._ends[here], self._presented(_other(here)), self._name(_other(here))
        if not one.peer or leaf is None:
            return
        whose = f"the distinguished name of {partner} ({leaf.subject})"
        try:
            pattern = PeerPattern.parse(one.peer)
        except MqTlsError:
            fault = Fault("peer_filter", f"SSLPEER of {one.queue_manager} is not a valid filter ({one.peer})", "correct SSLPEER")
            yield _Objection(here, fault, ("AMQ9640E",), ("AMQ9643E",))
            return
        try:
            name = DistinguishedName.parse(leaf.subject)
            matches = pattern.matches(name, int(leaf.serial_number.replace(":", ""), 16))
        except (MqTlsError, ValueError):
            remedy = "compare them with DISPLAY CHSTATUS of a running channel"
            fault = Fault("peer_name", f"{whose} cannot be compared with SSLPEER of {one.queue_manager}", remedy, True)
            yield _Objection(here, fault, (), ())
            return
        if not matches:
            remedy = f"correct SSLPEER (run mqfleet.tls.site) or the subject of the certificate of {partner}"
            fault = Fault("peer_name", f"{whose} does not match SSLPEER of {one.queue_manager} ({one.peer})", remedy)
            yield _Objection(here, fault, ("AMQ9636E",), ("AMQ9643E",))
        elif not pattern.matches_from_the_top(name):
            what = f"{whose} has more OUs or DCs than SSLPEER of {one.queue_manager} ({one.peer}) names, and not below those"
            remedy = "name them all in SSLPEER, the highest first"
            yield _Objection(here, Fault("peer_name", what, remedy, True), ("AMQ9636E",), ("AMQ9643E",))

    # -- facts -----------------------------------------------------------------------------------------------------------

    @property
    def _may_be_tls12(self) -> bool:
        return any(spec is None or spec.protocol == TLS12 for spec in self.settled)

    def _name(self, end: str) -> str:
        return self._ends[end].queue_manager

    def _label(self, end: str) -> str:
        """Of the channel, which a responder learns only from the server name; of the queue manager; the default one."""
        one = self._ends[end]
        # of a channel without SSLCIPH the label is not used; so the simulator, not confirmed for IBM MQ: the link fails either way
        found = end == INITIATOR or (self._ends[INITIATOR].sends_channel_name and one.cipher_spec)
        channel = one.channel_label if found else ""
        return channel or one.queue_manager_label or f"ibmwebspheremq{one.queue_manager.lower()}"

    def _presented(self, end: str) -> HeldCertificate | None:
        """The certificate with its private key under the label."""
        label = self._label(end)
        return next((held for held in self._ends[end].certificates or () if held.label == label and held.has_key), None)


def _other(end: str) -> str:
    return RESPONDER if end == INITIATOR else INITIATOR


def _messages(end: str, possible: Sequence[_Objection]) -> tuple[str, ...]:
    """What the end may write; nothing is known where of one that may be seen it is not known."""
    found = [one.ours if one.here == end else one.theirs for one in possible]
    return tuple(dict.fromkeys(message for one in found for message in one)) if all(found) else ()
