# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Channel authentication records: which of them decides on an inbound channel.

IBM MQ topics "SET CHLAUTH", "Interaction between channel authentication records", "IP addresses". Records that map
(USERSRC(MAP) and USERSRC(CHANNEL)) let the channel pass: user ids are not simulated, so neither is BLOCKUSER.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from . import peer_name

_RANK = {"SSLPEERMAP": 2, "QMGRMAP": 1, "ADDRESSMAP": 0}
Record = Mapping[str, str]


def address_is_blocked(records: Iterable[Record], address: str) -> bool:
    """BLOCKADDR: refused by the listener, before any channel is known."""
    return any(
        record.get("TYPE") == "BLOCKADDR" and record.get("WARN") != "YES" and _address_matches(pattern.strip(), address)
        for record in records
        for pattern in record.get("ADDRLIST", "").split(",")
        if pattern.strip()
    )


class Inbound(NamedTuple):
    """What is known of an inbound channel. Without a certificate ``subject`` and ``issuer`` are None."""

    channel: str
    address: str
    queue_manager: str
    subject: peer_name.PeerName | None
    issuer: peer_name.PeerName | None


def is_blocked(records: Iterable[Record], inbound: Inbound) -> bool:
    """Whether the most specific record that matches has USERSRC(NOACCESS)."""
    matching = [record for record in records if record.get("TYPE") in _RANK and _matches(record, inbound)]
    if not matching:
        return False
    decisive = max(matching, key=lambda record: _specificity(record, inbound.channel))
    return decisive.get("USERSRC") == "NOACCESS" and decisive.get("WARN") != "YES"


def _matches(record: Record, inbound: Inbound) -> bool:
    address = record.get("ADDRESS", "").strip() or "*"
    if not _pattern_matches(record["CHLAUTH"], inbound.channel) or not _address_matches(address, inbound.address):
        return False
    if record["TYPE"] == "SSLPEERMAP":
        return _certificate_matches(record, inbound)
    if record["TYPE"] == "QMGRMAP":
        return _pattern_matches(record.get("QMNAME", ""), inbound.queue_manager)
    return True


def _certificate_matches(record: Record, inbound: Inbound) -> bool:
    if inbound.subject is None or inbound.issuer is None or not peer_name.parse(record.get("SSLPEER", "")).matches(inbound.subject):
        return False
    issuer = record.get("SSLCERTI", "").strip()
    return issuer in ("", "*") or peer_name.parse(issuer).matches(inbound.issuer)


def _specificity(record: Record, channel: str) -> tuple:
    address = record.get("ADDRESS", "").strip()
    return (
        record["CHLAUTH"] == channel,
        len(record["CHLAUTH"].replace("*", "")),
        _RANK[record["TYPE"]],
        len(peer_name.parse(record["SSLPEER"]).items) if record["TYPE"] == "SSLPEERMAP" else 0,
        bool(record.get("SSLCERTI", "").strip()),
        bool(address) and "*" not in address and "-" not in address,
        len(address.replace("*", "")),
    )


def _pattern_matches(pattern: str, text: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def _address_matches(pattern: str, address: str) -> bool:
    """'*', '10.0.*', '10.0.0.1-50' and plain addresses."""
    if pattern == "*":
        return True
    wanted, parts = pattern.split("."), address.split(".")
    if wanted[-1] == "*" and len(wanted) <= len(parts):
        wanted, parts = wanted[:-1], parts[: len(wanted) - 1]
    return len(wanted) == len(parts) and all(map(_part_matches, wanted, parts))


def _part_matches(wanted: str, part: str) -> bool:
    interval = re.fullmatch(r"(\d+)-(\d+)", wanted)
    if interval:
        return part.isdigit() and int(interval[1]) <= int(part) <= int(interval[2])
    return wanted in ("*", part)
