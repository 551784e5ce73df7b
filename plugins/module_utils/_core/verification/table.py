# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdicts as aligned text.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence


def table(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The verdicts as aligned text; distinguished names without the serial number that MQ puts before them."""
    head = (
        "channel",
        "from",
        "to",
        "authentication",
        "status",
        "protocol",
        "CipherSpec",
        "initiator sees",
        "responder sees",
        "presented",
        "as intended",
    )
    rows = [
        (
            verdict["channel"],
            verdict["from"],
            verdict["to"],
            verdict["authentication"].replace("_", "-"),
            verdict["status"] or "inactive",
            verdict["protocol"] or "-",
            verdict["cipher_spec"] or "-",
            _without_serial_number(verdict["responder_dn_seen_by_initiator"]) or "-",
            _without_serial_number(verdict["initiator_dn_seen_by_responder"]) or "-",
            verdict["presented_certificate"]["state"],
            "yes" if verdict["ok"] else "NO",
        )
        for verdict in verdicts
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def _without_serial_number(name: str) -> str:
    return re.sub(r"\ASERIALNUMBER=[0-9A-Fa-f:]+,\s*", "", name)
