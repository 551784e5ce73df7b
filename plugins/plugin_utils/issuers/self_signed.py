# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A queue manager's own key as the issuer of its certificate.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from ...module_utils._core.errors import StateError
from ...module_utils._core.key_repository import Identity
from .issuer import Issuer


class SelfSigned(Issuer):
    made_on_host = True

    def chain(self, queue_manager: str) -> list[str]:
        return []

    def sign(self, queue_manager: str, request: str, identity: Identity) -> list[str]:
        raise StateError(f"A request of queue manager {queue_manager} was to be signed and its certificate is self-signed; run again.")
