# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the option ``issuer`` to the issuer.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Mapping

from ...module_utils._core.errors import InputError
from ..pki_folder import PkiFolder
from .issuer import Issuer
from .local_ca import LocalCa
from .self_signed import SelfSigned

_TYPES = "local_ca or self_signed"


def find(queue_manager: str, options: Mapping[str, Any], folder: PkiFolder | None, passphrase: str) -> Issuer:
    """The issuer of a queue manager's certificate. Raises InputError for a type that this release does not know."""
    kind = options.get("type")
    attempt = f"The certificate of queue manager {queue_manager} was to be issued by {kind!r}"
    if kind == "self_signed":
        return SelfSigned()
    if kind == "local_ca":
        if folder is None:
            raise InputError(f"{attempt} and there is no PKI folder; give pki_dir.")
        return LocalCa(folder, passphrase)
    if kind in ("external", "command"):
        raise InputError(f"{attempt}, which this release does not support yet; use {_TYPES}.")
    raise InputError(f"{attempt}, which is no type of issuer; use {_TYPES}.")
