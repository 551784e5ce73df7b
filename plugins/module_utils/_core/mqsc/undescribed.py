# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lets others in and is not described: channels without TLS, rules of channel authentication.

Nothing of it is ever changed, since somebody may need it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Collection, Mapping

from ..channel_authentication import lets_in
from .command import Command
from .objects import CHLAUTH_KEYS, Key

# In the same run of runmqsc as all other questions. What is described is shown a second time by them, as it was the first time.
QUESTIONS = (Command("DISPLAY", "CHANNEL", "*", (("ALL", True),)), Command("DISPLAY", "CHLAUTH", "*", (("ALL", True),)))
# A client connection is defined for others; AMQP channels are another family.
_CHANNEL_TYPES = frozenset(["SDR", "SVR", "RCVR", "RQSTR", "CLUSSDR", "CLUSRCVR", "SVRCONN"])


def undescribed(records: Mapping[Key, Mapping[str, Any]], described: Collection[Key]) -> list[dict[str, Any]]:
    """Items with object, name and reason. Those that IBM MQ brings along (``SYSTEM.``) are left out."""
    found = []
    for key, record in records.items():
        kind, name = key[0], key[1] if len(key) > 1 else ""
        if key in described or name.startswith("SYSTEM."):
            continue
        if kind == "CHANNEL" and record.get("CHLTYPE") in _CHANNEL_TYPES and not str(record.get("SSLCIPH", "")).strip():
            found.append({"object": kind, "name": name, "reason": f"{record['CHLTYPE']} channel without TLS"})
        elif kind == "CHLAUTH" and lets_in(record):
            matched = "".join(f" {keyword}({record[keyword]})" for keyword in CHLAUTH_KEYS if str(record.get(keyword, "")).strip())
            found.append({"object": kind, "name": name, "reason": f"{record['TYPE']}{matched} is let in by USERSRC({record['USERSRC']})"})
    return sorted(found, key=lambda one: (one["object"], one["name"], one["reason"]))
