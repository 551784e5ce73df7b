# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a policy is asked about: one queue manager as it was read, with the facts that an expression could not work out by itself.

Everything is flat and of JSON's types, numbers are numbers, and whatever can be found fault with is named under ``object``. Attributes of
IBM MQ stand under their MQSC keywords, in capitals; what is added here is in small letters. docs/audit.md describes it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Iterable, Mapping

from .certificate import moment
from .channel_authentication import covers, lets_in, turns_everybody_away
from .cipherspec import find


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names in small letters that an expression may use. A misspelt one would be null everywhere, and its policy would never find anything.
FIELDS = _words(
    """
    queue_manager host version version_number attributes repository certificates trust channels chlauth authinfo namelists queues listeners
    exists path type files mode owner group ssl_key_repository password_file refresh_marker
    object name system started label has_key trusted in_use subject issuer serial_number not_before not_after fingerprint key_type key_size
    self_signed dns_names pem signature_hash days days_left signed_by extended_key_usage is_ca signature_algorithm
    tls protocols deprecated blocked status protocol cipher_spec_in_use
    """
)
_TABLES = {
    "CHANNEL": "channels",
    "CHLAUTH": "chlauth",
    "AUTHINFO": "authinfo",
    "NAMELIST": "namelists",
    "QLOCAL": "queues",
    "QREMOTE": "queues",
    "LISTENER": "listeners",
}


def subject(host: str, state: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One item of the gathered state as policies see it; ``now`` is an aware moment."""
    tables: dict[str, list[dict[str, Any]]] = {table: [] for table in _TABLES.values()}
    attributes = dict(state["attributes"])
    for one in state["objects"]:
        if one["object"] == "QMGR":
            attributes.update(one["attributes"])  # the same, with numbers as numbers
        elif one["object"] in _TABLES:
            tables[_TABLES[one["object"]]].append(_object(one))
    rules = tables["chlauth"]
    enabled = attributes.get("CHLAUTH") != "DISABLED"
    for channel in tables["channels"]:
        _complete_channel(channel, state, rules if enabled else ())
    repository = state["repository"]
    in_use = str(attributes.get("CERTLABL") or f"ibmwebspheremq{state['queue_manager'].lower()}")
    entries = [_certificate(one, in_use, now) for one in repository.get("certificates") or ()]
    return {
        "queue_manager": state["queue_manager"],
        "host": host,
        "version": state["version"],
        "version_number": version_number(state["version"]),
        "attributes": attributes,
        "repository": {
            **(repository.get("repository") or {}),
            "exists": bool(repository.get("exists")),
            "files": [{"object": f"FILE {one['path']}", **one} for one in repository.get("files") or ()],
        },
        "certificates": [one for one in entries if one["has_key"]],
        "trust": [one for one in entries if one["trusted"] and not one["has_key"]],
        **tables,
    }


def version_number(version: str) -> int:
    """9.4.2.0 as 9040200, so that versions compare as numbers; 0 where it is not known."""
    parts = [int(part) for part in re.findall(r"\d+", version)[:4]]
    return int("".join(f"{part:02d}" for part in [*parts, 0, 0, 0, 0][:4])) if parts else 0


def is_system(name: str) -> bool:
    """Whether it is one of the objects that IBM MQ brings along."""
    return name.startswith("SYSTEM.")


def _object(one: Mapping[str, Any]) -> dict[str, Any]:
    name = str(one["name"])
    kind = f" {one['attributes'].get('TYPE', '')}".rstrip() if one["object"] == "CHLAUTH" else ""
    started = {"started": one["started"]} if "started" in one else {}
    return {"object": f"{one['object']} {name}{kind}", "name": name, "system": is_system(name), **started, **one["attributes"]}


def _complete_channel(channel: dict[str, Any], state: Mapping[str, Any], rules: Iterable[Mapping[str, Any]]) -> None:
    cipher_spec = str(channel.get("SSLCIPH") or "")
    known = find(cipher_spec)
    seen = state["summary"].get(channel["name"]) or {}
    channel.update(
        tls=bool(cipher_spec),
        protocols=sorted(known.protocols) if known else [],
        deprecated=known is not None and not known.is_enabled,
        blocked=_blocked(channel["name"], bool(cipher_spec), rules),
        status=str(seen.get("status") or "INACTIVE"),
        protocol=str(seen.get("protocol") or ""),
        cipher_spec_in_use=str(seen.get("cipher_spec") or ""),
    )


def _blocked(name: str, tls: bool, rules: Iterable[Mapping[str, Any]]) -> bool:
    """Whether CHLAUTH turns everybody away. A rule that lets somebody in counts wherever it might apply."""
    concerned = [rule for rule in rules if covers(rule["name"], name)]
    # without TLS there is no distinguished name that an SSLPEERMAP could match
    opened = any(lets_in(rule) and (tls or rule.get("TYPE") != "SSLPEERMAP") for rule in concerned)
    return not opened and any(map(turns_everybody_away, concerned))


def _certificate(one: Mapping[str, Any], in_use: str, now: datetime) -> dict[str, Any]:
    kind = "CERTIFICATE" if one["has_key"] else "TRUST"
    try:
        begin, end = moment(one["not_before"]), moment(one["not_after"])
    except ValueError:
        days = days_left = None
    else:
        days, days_left = (end - begin).days, (end - now).days
    return {
        **one,
        "object": f"{kind} {one['label']}",
        "name": one["label"],
        "in_use": bool(one["has_key"]) and one["label"] == in_use,
        "days": days,
        "days_left": days_left,
    }
