# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificates that a listener presents, beside those of the key repository: a queue manager works with what it read last.

Sources: IBM MQ documentation, "When changes to certificates or the certificate store become effective on UNIX, Linux, and Windows",
"How MQ provides multiple certificates capability" (the server name by which a channel with a label of its own is asked for), "Certificate
label (CERTLABL)".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from .certificate import Entry, hexadecimal

_SERVER_NAMES = ".chl.mq.ibm.com"


@dataclass(frozen=True)
class Question:
    """One look at a listener: asked for ``server_name`` (blank: for none), it should present what ``label`` names, as to ``channels``."""

    label: str
    channels: tuple[str, ...]
    server_name: str = ""


def address(objects: Sequence[Mapping[str, Any]]) -> tuple[str, int] | None:
    """Where the described listener is reached from its own host; None where no listener is described."""
    for item in objects:
        if item["object"] == "LISTENER":
            attributes = item.get("attributes") or {}
            host = str(attributes.get("IPADDR") or "").strip()
            return ("localhost" if host in ("", "*") else host), int(attributes.get("PORT") or 1414)
    return None


def questions(objects: Sequence[Mapping[str, Any]], responders: Sequence[str], default_label: str) -> list[Question]:
    """One for each label that responding channels present: that of the queue manager, and those that channels have for themselves."""
    attributes = {(item["object"], item.get("name")): item.get("attributes") or {} for item in objects}
    common = label_of(objects, default_label)
    asked: dict[str, list[str]] = {}
    for channel in responders:
        own = str(attributes.get(("CHANNEL", channel), {}).get("CERTLABL") or "").strip()
        asked.setdefault(own or common, []).append(channel)
    return [Question(label, tuple(channels), "" if label == common else server_name(channels[0])) for label, channels in asked.items()]


def label_of(objects: Sequence[Mapping[str, Any]], default_label: str) -> str:
    """The label that the queue manager is described with."""
    named = (str((item.get("attributes") or {}).get("CERTLABL") or "").strip() for item in objects if item["object"] == "QMGR")
    return next(filter(None, named), default_label)


def server_name(channel: str) -> str:
    """The TLS server name that stands for a channel: capital letters become small ones, digits stay, all else its code and a hyphen."""
    return "".join(sign.lower() if sign.isupper() or sign.isdigit() else f"{ord(sign):02x}-" for sign in channel) + _SERVER_NAMES


def compared(question: Question, der: bytes, entries: Sequence[Entry], serial_number: Callable[[bytes], str]) -> dict[str, Any]:
    """What was presented beside what is held under the label. ``serial_number`` is asked for that of another certificate only."""
    entry = held_under(question.label, entries)
    held = {name: getattr(entry.certificate, name) for name in ("serial_number", "fingerprint")} if entry else None
    fingerprint = hexadecimal(hashlib.sha256(der).digest())
    current = held is not None and held["fingerprint"] == fingerprint
    return {
        "label": question.label,
        "channels": list(question.channels),
        "state": "current" if current else "other",
        "reason": "",
        "presented": held if current else {"serial_number": serial_number(der), "fingerprint": fingerprint},
        "held": held,
    }


def not_checked(question: Question, reason: str) -> dict[str, Any]:
    """The same where nothing could be compared."""
    return {
        "label": question.label,
        "channels": list(question.channels),
        "state": "not checked",
        "reason": reason,
        "presented": None,
        "held": None,
    }


def held_under(label: str, entries: Sequence[Entry]) -> Entry | None:
    """The personal certificate with that label."""
    return next((entry for entry in entries if entry.has_key and entry.label == label), None)
