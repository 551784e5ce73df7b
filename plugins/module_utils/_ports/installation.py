# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an installation of IBM MQ keeps its programs and a queue manager its files.

Sources: IBM MQ documentation, "IBM MQ file names" (the directory of a queue manager is what mqs.ini says, never
computed from its name), "dspmqver", "SSL stanza of the qm.ini file".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from .._core.errors import InputError, StateError

_TLS_SETTINGS = (
    "AllowTLSV13",
    "AllowedCipherSpecs",
    "AllowOutboundSNI",
    "OutboundSNI",
    "AllowSSLV3",
    "AllowTLSV1",
    "AllowWeakCipherSpec",
    "CDPCheckExtensions",
    "OCSPAuthentication",
    "OCSPCheckExtensions",
)


@dataclass(frozen=True)
class Installation:
    """An installation path (``/opt/mqm``) and a data path (``/var/mqm``)."""

    path: str
    data_path: str

    def program(self, name: str) -> str:
        """Full path of a program, for example ``runmqsc``. Raises StateError when it is not there."""
        program = os.path.join(self.path, "bin", name)
        if not os.path.exists(program):
            raise StateError(
                f"The program {program} is needed and is not there; "
                f"install IBM MQ on this host or correct mq_tls_installation ({self.path})."
            )
        return program

    def queue_managers(self) -> dict[str, str]:
        """Name and data directory of each queue manager that mqs.ini lists."""
        ini = os.path.join(self.data_path, "mqs.ini")
        try:
            with open(ini, encoding="utf-8", errors="replace") as stream:
                stanzas = _stanzas(stream.read(), "QueueManager")
        except FileNotFoundError as error:
            raise StateError(
                f"The file {ini} was to be read and is not there; "
                f"install IBM MQ on this host or correct mq_tls_data_path ({self.data_path})."
            ) from error
        except PermissionError as error:
            raise StateError(
                f"The file {ini} was to be read and may not be by this user; run as a member of the group mqm (become_user: mqm)."
            ) from error
        found = {}
        for stanza in stanzas:
            name = stanza.get("Name")
            if not name:
                continue
            found[name] = stanza.get("DataPath") or os.path.join(
                stanza.get("Prefix") or self.data_path, "qmgrs", stanza.get("Directory") or name
            )
        return found

    def directory(self, queue_manager: str) -> str:
        """Data directory of a queue manager. Raises InputError when mqs.ini does not list it."""
        known = self.queue_managers()
        if queue_manager not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise InputError(
                f"The queue manager {queue_manager} was looked for in {self.data_path}/mqs.ini and is not there (known: {listed}); "
                f"create it with crtmqm or correct mq_tls_queue_manager."
            )
        return known[queue_manager]

    def tls_settings(self, queue_manager: str) -> dict[str, str]:
        """What decides on handshakes in the SSL stanza of a queue manager's qm.ini. Raises InputError as ``directory``, StateError."""
        ini = os.path.join(self.directory(queue_manager), "qm.ini")
        try:
            with open(ini, encoding="utf-8", errors="replace") as stream:
                stanzas = _stanzas(stream.read(), "SSL")
        except OSError as error:
            raise StateError(
                f"The configuration of queue manager {queue_manager} was to be read and {ini} cannot be ({error.strerror}); "
                f"run as a member of the group mqm (become_user: mqm)."
            ) from error
        return {key: value for stanza in stanzas for key, value in stanza.items() if key in _TLS_SETTINGS}


def default_key_repository(directory: str) -> str:
    """The stem that a new queue manager's SSLKEYR names: ``<directory>/ssl/key``."""
    return os.path.join(directory, "ssl", "key")


def _stanzas(text: str, kind: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    current: dict[str, str] | None = None
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped.endswith(":") and "=" not in stripped:
            current = {} if stripped[:-1] == kind else None
            if current is not None:
                found.append(current)
        elif current is not None and "=" in stripped:
            key, _separator, value = stripped.partition("=")
            current[key.strip()] = value.strip()
    return found
