# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was seen at one end of a link, and how its values are read.

Source: IBM MQ documentation, "DISPLAY CHSTATUS".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping, Sequence


@dataclass(frozen=True)
class End:
    """What was seen at one end.

    ``status``: a row of DISPLAY CHSTATUS ALL, several, or None where there is none. ``log``: entries of the error log as dicts with id,
    text, channel, time_utc, remote_host and inserts, in the order of the log. ``certificate``: what is known of the certificate of this
    queue manager (not_before, not_after in ISO 8601, issuer). ``certificates``: what the module channel returns under that name.
    ``observed``: False where the queue manager could not be looked at; ``problem`` then says why, and is blank where nobody was asked to
    look (a partner outside the play).
    """

    status: Any = None
    log: Sequence[Mapping[str, Any]] = ()
    certificate: Mapping[str, Any] | None = None
    certificates: Mapping[str, Any] | None = None
    address: str = ""
    observed: bool = True
    problem: str = ""


def row_of(status: Any, partner: str) -> Mapping[str, Any] | None:
    """The row of this link: of several instances one with the right partner, running before all others."""
    rows = [status] if isinstance(status, Mapping) else list(status or ())
    fitting = [row for row in rows if shown(row, "RQMNAME") in ("", partner)] or rows
    return min(fitting, key=lambda row: shown(row, "STATUS") != "RUNNING", default=None)


def shown(row: Mapping[str, Any], keyword: str) -> str:
    """The value of a keyword; blank where this level does not show it."""
    value = row.get(keyword)
    return value.strip() if isinstance(value, str) else ""


def moment(text: Any) -> datetime | None:
    """ISO 8601 as logs and certificates have it; None where it is not that."""
    found = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?\Z", str(text or ""))
    if not found:
        return None
    offset = (found.group(2) or "Z").replace("Z", "+0000").replace(":", "")
    return datetime.strptime(found.group(1) + offset, "%Y-%m-%dT%H:%M:%S%z").astimezone(timezone.utc)


def minute(moment: datetime | None) -> str:
    """A moment as explanations show it."""
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment else ""
