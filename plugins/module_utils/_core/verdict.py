# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a personal certificate is the wanted one.

Certificates are compared by the SHA-256 fingerprint of their DER form, never by label alone.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Sequence

from .certificate import Entry, moment, timestamp
from .distinguished_name import DistinguishedName
from .errors import ParseError

if TYPE_CHECKING:
    from .key_repository import Identity, Want

SELF_SIGNED = "self_signed"


@dataclass(frozen=True)
class Verdict:
    """What is to be said of a personal certificate.

    ``fault``: what is not as wanted, its end apart. ``ends``: why its end asks for another one. ``dated``: it was issued before the
    moment from which a new one is asked for. ``is_valid``: partners accept it at this time. ``is_anchored``: whoever trusts it trusts its
    successor as well, both being of one issuer. ``same_subject``: so does an SSLPEER.
    """

    fault: str = ""
    ends: str = ""
    dated: str = ""
    is_valid: bool = True
    is_anchored: bool = False
    same_subject: bool = True
    warnings: tuple[str, ...] = ()


def verdict(entry: Entry, entries: Sequence[Entry], want: Want, identity: Identity, now: datetime) -> Verdict:
    """What is to be said of a personal certificate, measured by the wanted identity."""
    found = entry.certificate
    begin, end = moment(found.not_before), moment(found.not_after)
    wants_self_signed = want.issuer_type == SELF_SIGNED
    signers = set(want.issuers) & set(found.signed_by)
    issued_by = "it is self-signed" if found.self_signed else f"the issuer is {found.issuer}"
    is_named = same_name(found.subject, identity.subject)
    faults = (
        (not is_named, f"the subject is {found.subject}"),
        ((found.key_type, found.key_size) != (identity.key_type, identity.key_size), f"the key is {found.key_type} {found.key_size}"),
        (identity.dns_names is not None and set(found.dns_names) != set(identity.dns_names), "the DNS names differ"),
        (found.self_signed != wants_self_signed, issued_by),
        (not wants_self_signed and not signers, f"another key than the wanted issuer's signed it: {found.issuer}"),
        (found.serial_number in want.revoked, f"it is revoked ({want.revoked.get(found.serial_number)})"),
        (now < begin, f"it is not valid before {found.not_before}"),
        (found.fingerprint == want.replace, "a new key is asked for"),
    )
    before = want.issued_before
    ends, warnings = _end(entry, entries, want, identity, now)
    return Verdict(
        fault=next((text for wrong, text in faults if wrong), ""),
        ends=ends,
        dated=f"it was issued before {before}"
        if before and issued(found.not_before, found.not_after, want.issuer_type, identity.days) < moment(before)
        else "",
        is_valid=begin <= now < end,
        is_anchored=bool(signers or (not wants_self_signed and want.accepted & set(found.signed_by))),
        same_subject=is_named,
        warnings=warnings,
    )


def _end(entry: Entry, entries: Sequence[Entry], want: Want, identity: Identity, now: datetime) -> tuple[str, tuple[str, ...]]:
    """Why the end of a certificate asks for another one (empty: it does not), and warnings."""
    found, end = entry.certificate, moment(entry.certificate.not_after)
    if now >= end:
        return f"it expired on {found.not_after}", ()
    if now < end - timedelta(days=identity.renew_before_days):
        return "", ()
    # A certificate never outlives its issuer: near the end of the CA a new one would end on the same day, and on each run again.
    signers = set(want.issuers) & set(found.signed_by)
    last = next((moment(other.certificate.not_after) for other in entries if other.certificate.fingerprint in signers), None)
    if last and end >= last:
        return "", (
            f"The certificate authority {found.issuer} ends on {timestamp(last)}, and with it the certificate {entry.label} of the key "
            f"repository {want.path}; make a new certificate authority.",
        )
    return f"it expires on {found.not_after}", ()


def issued(not_before: str, not_after: str, issuer_type: str, days: int) -> datetime:
    """When a certificate was made. One that is made here is dated back (runmqakm: a day), and its end says by how much."""
    begin = moment(not_before)
    if issuer_type not in (SELF_SIGNED, "local_ca"):
        return begin
    return min(max(begin, moment(not_after) - timedelta(days=days)), begin + timedelta(days=1))


def same_name(text: str, name: DistinguishedName) -> bool:
    """Whether a certificate's subject, as text, is that name."""
    if text == name.text():
        return True
    try:
        return DistinguishedName.parse(text) == name
    except ParseError:  # an attribute type that MQ does not know: not what we would have asked for
        return False
