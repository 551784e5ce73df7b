# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a certificate that followed another one is proven on a live channel, so that the former one may go.

It is, where a partner's running channel shows it. That the queue manager has been told is not enough: its partners may refuse it.

Source: IBM MQ documentation, "DISPLAY CHSTATUS" (SSLPEER begins with the serial number of the partner's certificate).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .distinguished_name import DistinguishedName
from .errors import MqTlsError
from .peer_pattern import shows


@dataclass(frozen=True)
class Succession:
    """What was read of one queue manager: its certificate and the former one (as key_repository returns them), whether it still works
    with what it has read before, and SSLPEER of its partners' running channels to it: ``(partner, channel, text)``.
    """

    certificate: Mapping[str, Any]
    former: Mapping[str, Any]
    refresh_outstanding: bool
    shown: Sequence[tuple[str, str, str]]


def unproven(one: Succession) -> str:
    """Why the former certificate has to stay (a clause), blank where it need not."""
    if one.refresh_outstanding:
        return "the queue manager has not been told of the new one yet (REFRESH SECURITY is outstanding)"
    for partner, channel, text in one.shown:
        if _shows(text, one.former):
            return f"{partner} shows it on the running channel {channel}"
    if not any(_shows(text, one.certificate) for _partner, _channel, text in one.shown):
        return "no running channel of a partner shows the new one yet"
    return ""


def _shows(text: str, certificate: Mapping[str, Any]) -> bool:
    try:
        serial_number = int(str(certificate["serial_number"]).replace(":", ""), 16)
        return bool(text.strip()) and shows(text, DistinguishedName.parse(str(certificate["subject"])), serial_number)
    except (MqTlsError, ValueError):
        return False
