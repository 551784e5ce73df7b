# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a rule of channel authentication (CHLAUTH) does, from its attributes.

Source: IBM MQ documentation, "SET CHLAUTH".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

_MAPS = frozenset(["SSLPEERMAP", "ADDRESSMAP", "USERMAP", "QMGRMAP"])
_LETS_IN = frozenset(["MAP", "CHANNEL"])


def covers(profile: str, channel: str) -> bool:
    """Whether a rule of this profile is about this channel; ``*`` stands for any characters."""
    return re.fullmatch(".*".join(map(re.escape, profile.split("*"))), channel) is not None


def lets_in(rule: Mapping[str, Any]) -> bool:
    """Whether it lets those in whom it matches."""
    return rule.get("TYPE") in _MAPS and rule.get("USERSRC") in _LETS_IN


def turns_everybody_away(rule: Mapping[str, Any]) -> bool:
    """Whether it turns away whoever comes and is not let in by a more specific rule."""
    return (
        rule.get("TYPE") == "ADDRESSMAP"
        and rule.get("ADDRESS", "*") in ("", "*")
        and rule.get("USERSRC") == "NOACCESS"
        and rule.get("WARN") != "YES"  # it would only be reported
    )
