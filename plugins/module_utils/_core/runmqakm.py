# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading what runmqakm and runmqckm print.

Layouts: IBM GSKit's ``-cert -list`` (flags, a tab, a label), ``-certreq -list``, ``-cert -details``, and the CTGSK messages.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any, Sequence

_MESSAGE = re.compile(r"\bCTGSK\d{4}[A-Z]\b")
_CERTIFICATES = re.compile(r"\s*(?:Certificates found|Certificates in database\b.*)\s*$", re.IGNORECASE)
_NO_CERTIFICATES = re.compile(r"\s*No certificates were found", re.IGNORECASE)
_REQUESTS = re.compile(r"\s*Certificates? requests? (?:found|in database\b.*)\s*$", re.IGNORECASE)
_NO_REQUESTS = re.compile(r"\s*No certificates? requests? (?:were|was) found", re.IGNORECASE)
# "* default, - personal, ! trusted, # secret key", in any language.
_LEGEND = re.compile(r"\s*\*\s[^,]+,\s*-\s[^,]+,\s*!\s")
_ENTRY = re.compile(r"\s*(?P<flags>[*\-!#]{1,4})\s+(?P<label>\S.*)")
_UNFLAGGED = re.compile(r"\s+(?P<label>\S.*)")
_EXPIRY = re.compile(r"\s*(?P<name>Not Before|Not After|Label)\s*:\s*(?P<value>.*)")
_WARNING = re.compile(r"\s*(?:warning|error)\b", re.IGNORECASE)
_DETAIL = re.compile(r"(?P<name>[A-Z][A-Za-z0-9]*(?: [A-Za-z0-9]+)*)\s*:(?:\s+(?P<value>.*))?$")
# Blocks without a value of their own: what follows belongs to them until the next detail.
_BLOCK = re.compile(r"(?:Public Key|Extensions|Value|Attributes|Extension Reqs)\s*:?\s*$")
# Extensions hold dumps at the left margin; only these end them.
_AFTER_EXTENSIONS = ("Signature Algorithm", "Trust Status", "Fingerprint")
_HEX_LINE = re.compile(r"\s*(?:[0-9A-Fa-f]{2}[ :])*[0-9A-Fa-f]{2}\s*$")


def parse(text: str) -> dict[str, Any]:
    """What any output of runmqakm tells, by key: ``certificates`` (label, flags, and not_before and not_after after ``-expiry``),
    ``requests`` (labels), ``details`` (fields of one certificate or request), ``messages`` (CTGSK ids), ``warnings`` (texts without id).

    A key is there when the text has that part; a command that succeeded without a word gives no keys. Never fails.
    """
    lines = [line.rstrip("\r") for line in textwrap.dedent(text.lstrip("\ufeff")).split("\n")]
    found: dict[str, Any] = {}
    details = next((number for number, line in enumerate(lines) if re.match(r"Label\s*:", line)), None)
    lists = lines if details is None or _has_list(lines[:details]) else lines[:details]
    _read_lists(lists, found)
    if lists is not lines:
        found["details"] = _details(lines[details:])
    messages = [match.group() for match in map(_MESSAGE.search, lines) if match]
    if messages:
        found["messages"] = messages
    warnings = [line.strip() for line in lists if _WARNING.match(line)]
    if warnings:
        found["warnings"] = warnings
    return found


def _has_list(lines: Sequence[str]) -> bool:
    return any(pattern.match(line) for line in lines for pattern in (_CERTIFICATES, _LEGEND, _REQUESTS))


def _read_lists(lines: Sequence[str], found: dict[str, Any]) -> None:
    section = ""
    for line in lines:
        if _NO_CERTIFICATES.match(line):
            found.setdefault("certificates", [])
            section = ""
        elif _NO_REQUESTS.match(line):
            found.setdefault("requests", [])
            section = ""
        elif _CERTIFICATES.match(line) or _LEGEND.match(line):
            found.setdefault("certificates", [])
            section = "certificates"
        elif _REQUESTS.match(line):
            found.setdefault("requests", [])
            section = "requests"
        elif _MESSAGE.search(line) or _WARNING.match(line):
            section = ""
        elif line.strip():
            section = _read_entry(line, section, found)


def _read_entry(line: str, section: str, found: dict[str, Any]) -> str:
    """Read a line of a list; returns the section that goes on after it."""
    expiry = _EXPIRY.match(line)
    if expiry and found.get("certificates") and expiry["name"] != "Label":
        found["certificates"][-1][expiry["name"].lower().replace(" ", "_")] = expiry["value"].strip()
        return section
    entry = _ENTRY.match(line)
    if entry and section != "requests":
        found.setdefault("certificates", []).append({"label": _unquoted(entry["label"]), "flags": entry["flags"]})
        return "certificates"
    unflagged = _UNFLAGGED.match(line)
    if unflagged and section == "requests":
        found["requests"].append(_unquoted(unflagged["label"]))
        return section
    if unflagged and section == "certificates":
        found["certificates"].append({"label": _unquoted(unflagged["label"]), "flags": ""})
        return section
    return ""


def _details(lines: Sequence[str]) -> dict[str, str]:
    """The fields of ``-details``, their names in lower case with underscores; a fingerprint's name ends in its algorithm."""
    fields: dict[str, str] = {}
    name: str | None = None
    pieces: list[str] = []
    block = ""
    for line in [*lines, "End :"]:
        start = _field_start(line, block)
        if start is None and not _BLOCK.match(line):
            if name is not None and line.strip() and not _MESSAGE.search(line):
                pieces.append(line.strip())
            continue
        if name is not None and name not in fields:
            fields[name] = _joined(pieces)
        name, pieces, block = (None, [], line.strip()) if start is None else (start[0], start[1], "")
    return fields


def _field_start(line: str, block: str) -> tuple[str, list[str]] | None:
    match = _DETAIL.match(line)
    if match is None or _BLOCK.match(line):
        return None
    if block.startswith("Extension") and match["name"] not in (*_AFTER_EXTENSIONS, "End"):
        return None
    name, value = match["name"], (match["value"] or "").strip()
    if name == "Fingerprint":
        algorithm, colon, rest = value.partition(":")
        if colon or (algorithm and not _HEX_LINE.match(algorithm)):
            name, value = f"{name} {algorithm.strip()}", rest.strip()
    return name.lower().replace(" ", "_"), [value] if value else []


def _joined(pieces: Sequence[str]) -> str:
    """Lines of dumps are joined by one blank, a name that was broken after a comma without."""
    text = ""
    for piece in pieces:
        text += piece if not text or text.endswith(",") else f" {piece}"
    return _unquoted(text)


def _unquoted(label: str) -> str:
    label = label.strip()
    return label[1:-1] if len(label) > 1 and label.startswith('"') and label.endswith('"') else label
