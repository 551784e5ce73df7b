# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change that a module announces, said as what differs now.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Mapping

# What the action of a change says of the present state. Actions that are not here are shown as they are.
_SAYINGS = {
    "define": "is missing",
    "create": "is missing",
    "delete": "should not be there",
    "alter": "differs",
    "set": "differs",
    "chmod": "has another mode",
    "start": "is not running",
    "refresh": "is to be refreshed",
    "issue": "has to be issued",
    "add": "is missing",
    "remove": "should not be there",
    "replace": "is another one",
    "rename": "has another label",
}


def change_words(change: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    """One change: what it is about, what is to be said of it, and a text for each attribute that differs."""
    name = f" {change['name']}" if change.get("name") else ""
    reason = f" ({change['reason']})" if change.get("reason") else ""
    details = []
    if change["action"] in ("alter", "set", "chmod", "replace", "rename", "issue"):
        for attribute, values in (change.get("attributes") or {}).items():
            if isinstance(values, dict) and {"before", "after"} <= set(values) and values["before"] != values["after"]:
                details.append(f"{attribute}: is {_value(values['before'])}, should be {_value(values['after'])}")
    return f"{change['object']}{name}", f"{_SAYINGS.get(change['action'], change['action'])}{reason}", details


def _value(value: Any) -> str:
    if value is None:
        return "not there"
    return "blank" if value in ("", []) else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
