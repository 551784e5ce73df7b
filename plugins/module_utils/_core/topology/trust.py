# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose certificates a queue manager has to accept, no more than its links need.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Mapping

from .queue_manager import QueueManager
from .refusal import as_yaml


class Trust:
    """Collects, for one queue manager, by which certificates it accepts its partners; each once, in a fixed order."""

    def __init__(self) -> None:
        self._entries: dict[tuple[int, str], dict[str, Any]] = {}

    def accept(self, partner: QueueManager) -> None:
        if partner.host is None:
            entry: dict[str, Any] = {"name": partner.name, "certificates": list(partner.certificates)}
            self._entries.setdefault((2, partner.name), entry)
        elif partner.issuer["type"] == "self_signed":
            self._entries.setdefault((1, partner.name), {"queue_manager": partner.name})
        else:
            self.accept_issuer(partner.issuer)

    def accept_issuer(self, issuer: Mapping[str, Any]) -> None:
        entry = {"issuer": issuer["type"]}
        if issuer.get("trust"):
            entry["trust"] = issuer["trust"]
        self._entries.setdefault((0, as_yaml(entry)), entry)

    def entries(self) -> list[dict[str, Any]]:
        return [self._entries[order] for order in sorted(self._entries)]
