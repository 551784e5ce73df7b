# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates of key repositories, and whether one of them will be presented by its owner and accepted by a partner.

Sources: IBM MQ documentation, "Requirements for personal certificates"; IBM Support, "IBM MQ Troubleshooting Common TLS SSL Errors". Where
these say nothing, what GSKit 8 was seen to do (``make prediction``): a chain has to end in a root that the judge trusts, a trusted
intermediate or partner's certificate is not enough; an end judges the whole chain of its own certificate first, so that a partner never
meets a CA out of its validity; where it does not trust a CA of that chain itself, a responder ends the handshake and an initiator goes on
without a certificate; extended key usage is not looked at.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Iterator, Mapping, Sequence

_WEAK_DIGESTS = ("md5", "sha1")


@dataclass(frozen=True)
class HeldCertificate:
    """One certificate of a key repository: the facts that a handshake asks for, named as ``key_repository_info`` does.

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

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> HeldCertificate:
        """From an item of ``certificates`` of ``key_repository_info``."""
        values: dict[str, Any] = {field.name: facts[field.name] for field in fields(cls) if field.name in facts}
        for name in ("signed_by", "extended_key_usage"):
            values[name] = None if values.get(name) is None else tuple(values[name])
        return cls(**{**values, "signed_by": values["signed_by"] or ()})


@dataclass(frozen=True)
class Fault:
    """What is wrong with a certificate: ``cause`` a word, ``what`` and ``remedy`` parts of a sentence; ``open``: it may do no harm."""

    cause: str
    what: str
    remedy: str
    open: bool = False


def chain_of(leaf: HeldCertificate, known: Sequence[HeldCertificate]) -> list[HeldCertificate]:
    """From the leaf as far up as the known certificates lead."""
    by_fingerprint = {held.fingerprint: held for held in known}
    chain = [leaf]
    while not chain[-1].self_signed:
        issuer = next((by_fingerprint[one] for one in chain[-1].signed_by if one in by_fingerprint), None)
        if issuer is None or issuer in chain:
            break
        chain.append(issuer)
    return chain


def faults_of_own(owner: str, own: HeldCertificate, held: Sequence[HeldCertificate], moment: str) -> Iterator[Fault]:
    """Why the queue manager ``owner`` does not present its own certificate, which it judges first."""
    whose, unused = f"the certificate of {owner} itself", f"so {owner} does not present it"
    renew = f"run mqfleet.tls.site for {owner}, which renews it and refreshes"
    if own.not_after <= moment:
        yield Fault("own_certificate_expired", f"{whose} expires on {own.not_after}, {unused}", renew)
    elif moment < own.not_before:
        what = f"{whose} is not valid before {own.not_before}, {unused}"
        yield Fault("own_certificate_not_yet_valid", what, f"check the clock of the host, or {renew}")
    chain = chain_of(own, held)
    complete = f"run mqfleet.tls.site for {owner}, which completes the chain and refreshes"
    if not chain[-1].self_signed:
        yield Fault("own_chain_incomplete", f"the key repository of {owner} lacks a CA certificate of {whose}, {unused}", complete)
    for authority in chain[1:]:
        for fault in _faults_of_authority(authority, whose, renew, moment):
            yield Fault(f"own_{fault.cause}", f"{fault.what}, {unused}", fault.remedy)
    if not _is_trusted(chain):
        yield Fault("own_ca_not_trusted", f"{owner} itself does not trust a CA certificate above its own certificate", complete, True)
    yield from _weaknesses(own, whose)


def can_present(own: HeldCertificate, held: Sequence[HeldCertificate]) -> bool:
    """Whether an initiator sends its certificate: it goes on without one of whose CAs it does not trust itself."""
    return _is_trusted(chain_of(own, held))


def _is_trusted(chain: Sequence[HeldCertificate]) -> bool:
    return all(authority.trusted for authority in chain[1:])


@dataclass(frozen=True)
class Judge:
    """The end that validates: what it holds, its level (None: not known), and which (issuer, serial number) it learns to be revoked."""

    queue_manager: str
    held: Sequence[HeldCertificate]
    version: tuple[int, int, int] | None
    revoked: frozenset[tuple[str, str]]


def faults_of_partner(judge: Judge, partner: str, leaf: HeldCertificate, sent: Sequence[HeldCertificate], use: str) -> Iterator[Fault]:
    """Why ``judge`` refuses the certificate of ``partner``, which comes with its chain from ``sent``; ``use`` as in extended key usage."""
    here = judge.queue_manager
    chain = chain_of(leaf, [*judge.held, *sent])
    whose = f"the certificate of {partner} ({leaf.subject})"
    renew = f"run mqfleet.tls.site for {partner}, which renews it and refreshes"
    anchors = {held.fingerprint for held in judge.held if held.trusted}
    if not any(held.fingerprint in anchors for held in chain):
        remedy = f"run mqfleet.tls.site for both, which adds what {here} has to trust, and refresh"
        yield Fault("not_trusted", f"{here} does not trust the issuer ({leaf.issuer}) of {whose}", remedy)
    elif not chain[-1].self_signed or chain[-1].fingerprint not in anchors:
        what = f"{here} trusts a certificate in the chain of {whose} but not its root"
        yield Fault("root_not_trusted", what, f"add the root to the key repository of {here} and refresh")
    if any((held.issuer, held.serial_number) in judge.revoked for held in chain):
        yield Fault("revoked", f"{whose} (or a CA certificate above it) is revoked", renew)
    yield from _weaknesses(leaf, whose)
    # From 9.4.5 on it is documented that a partner refuses the certificate.
    looks = None if judge.version is None else judge.version >= (9, 4, 5)
    if leaf.extended_key_usage and not {use, "anyExtendedKeyUsage"} & set(leaf.extended_key_usage) and looks is not False:
        what = f"the extended key usage of {whose} lacks {use}"
        yield Fault("extended_key_usage", what, f"issue it with serverAuth and clientAuth; {renew}", open=looks is None)


def _weaknesses(held: HeldCertificate, whose: str) -> Iterator[Fault]:
    """Doubts: GSKit 8 takes no RSA key below 2048 bits where it has TLS 1.3 enabled (seen); for other levels no minimum is documented."""
    if held.key_type == "RSA" and held.key_size < 2048:
        remedy = "have it issued with a key of 2048 bits or more (mq_tls_key_size)"
        yield Fault("weak_key", f"the key of {whose} has {held.key_size} bits", remedy, True)
    if any(digest in (held.signature_algorithm or "").lower().replace("-", "") for digest in _WEAK_DIGESTS):
        yield Fault("weak_signature", f"{whose} is signed with {held.signature_algorithm}", "have it signed with SHA-256 or better", True)


def _faults_of_authority(held: HeldCertificate, whose: str, renew: str, moment: str) -> Iterator[Fault]:
    authority = f"the CA certificate {held.subject} above {whose}"
    if held.not_after <= moment:
        yield Fault("ca_certificate_expired", f"{authority} expires on {held.not_after}", f"renew the CA certificate, then {renew}")
    if moment < held.not_before:
        yield Fault("ca_certificate_not_yet_valid", f"{authority} is not valid before {held.not_before}", "check the clocks of both hosts")
    if held.is_ca is False:
        yield Fault("issuer_is_no_ca", f"{authority} is no CA", f"have it signed by a CA; {renew}")
