# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the option ``issuer`` to the issuer.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Mapping

from ...module_utils._core.errors import InputError
from ...module_utils._ports.command import SubprocessRunner
from ..pki_folder import PkiFolder
from .command import Command
from .external import External
from .issuer import Issuer
from .local_ca import LocalCa
from .outside import trusted
from .self_signed import SelfSigned

_TYPES = "local_ca, self_signed, external or command"
_TIMEOUT = 60


def find(queue_manager: str, options: Mapping[str, Any], folder: PkiFolder | None, passphrase: str) -> Issuer:
    """The issuer of a queue manager's certificate. Raises InputError for one that is not described as it has to be."""
    kind = options.get("type")
    attempt = f"The certificate of queue manager {queue_manager} was to be issued by {kind!r}"
    if kind not in ("self_signed", "local_ca", "external", "command"):
        raise InputError(f"{attempt}, which is no type of issuer; use {_TYPES}.")
    if kind == "self_signed":
        return SelfSigned()
    if kind == "command":
        argv = options.get("argv")
        if not isinstance(argv, list) or not argv or not all(isinstance(part, str) and part for part in argv[:1]):
            raise InputError(f"{attempt} and argv is not a list of the program and its arguments; give it.")
        trust = trusted(queue_manager, options.get("trust"))
        if not trust:
            raise InputError(f"{attempt} and trust is missing; give the CA certificates that its certificates lead to.")
        return Command([str(part) for part in argv], float(options.get("timeout") or _TIMEOUT), trust, folder, SubprocessRunner())
    if folder is None:
        raise InputError(f"{attempt} and there is no PKI folder; give pki_dir.")
    if kind == "local_ca":
        return LocalCa(folder, passphrase, str(options.get("crl_url") or ""), str(options.get("ocsp_url") or ""))
    return External(folder, trusted(queue_manager, options.get("trust")))
