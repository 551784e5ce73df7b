# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a queue manager has read of its key repository, and holds on to until REFRESH SECURITY TYPE(SSL) or its end.

IBM MQ topics "When changes to certificates or the certificate store become effective on UNIX, Linux, and Windows",
"REFRESH SECURITY (refresh security settings)", "Certificate label (CERTLABL)".
"""

from __future__ import annotations

import datetime
import os
import re
import shutil
import threading
from pathlib import Path

from cryptography import x509

from . import cipherspec, revocation
from .cipherspec import CipherSpec
from .gskit import return_codes
from .gskit.handshake import Environment, Role
from .gskit.key_database import KeyDatabase
from .gskit.library import GskitError

_EXTENSIONS = (".kdb", ".p12", ".pkcs12")
_EXTENSION_IN_SSLKEYR_SINCE = (9, 3)
_key_management = threading.Lock()  # one thread at a time in GSKit's key management
_SNI_SUFFIX = ".chl.mq.ibm.com"


class TlsError(Exception):
    """TLS can not be used, for a reason of this end: the message for the error log, with its inserts."""

    def __init__(self, message_id: str, *inserts: object) -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.inserts = inserts


def key_repository_path(ssl_key_repository: str, version) -> Path:
    """The file that SSLKEYR means: a stem, or from 9.3 a file name with its extension."""
    if version >= _EXTENSION_IN_SSLKEYR_SINCE and ssl_key_repository.lower().endswith(_EXTENSIONS):
        return Path(ssl_key_repository)
    return Path(ssl_key_repository + ".kdb")


def default_label(queue_manager: str) -> str:
    return "ibmwebspheremq" + queue_manager.lower()


class View:
    """A copy of the key repository with the queue manager's TLS attributes, as they were when TLS was first used.

    :raises TlsError: there is no key repository that can be read
    """

    def __init__(self, queue_manager, directory: Path) -> None:
        attributes = dict(queue_manager.attributes)
        stated = attributes.get("SSLKEYR", "").strip()
        if not stated:
            raise TlsError("AMQ9627E")
        self.source = key_repository_path(stated, queue_manager.version)
        self.label = attributes.get("CERTLABL", "").strip() or default_label(queue_manager.name)
        self.fips = attributes.get("SSLFIPS", "NO") == "YES"
        self.enabled = cipherspec.enabled(
            queue_manager.version, queue_manager.ini.get("SSL", {}), self.fips, attributes.get("SUITEB", "NONE")
        )
        try:
            self.checks = revocation.checks_of(
                attributes.get("SSLCRLNL", "").strip(), queue_manager.namelists, queue_manager.auth_info, queue_manager.ini.get("SSL", {})
            )
        except revocation.ChecksError as error:
            raise TlsError(error.message_id, *error.inserts) from error
        self._password = queue_manager.key_repository_password()
        self._lock = threading.Lock()
        self._environments: dict[tuple, Environment] = {}
        self._own: dict[str, tuple[x509.Certificate, bool] | None] = {}
        self._directory = directory
        self._repository = directory / ("key" + self.source.suffix)
        self._stash: Path | None = None
        self._copy()

    def _copy(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(mode=0o700, parents=True)
        try:
            shutil.copyfile(self.source, self._repository)
        except OSError as error:
            raise TlsError("AMQ9657E", self.source) from error
        for extension in (".rdb", ".crl"):
            companion = self.source.with_suffix(extension)
            if companion.exists():
                shutil.copyfile(companion, self._repository.with_suffix(extension))
        if self._password is not None:
            return
        for stash in (self.source.with_suffix(".sth"), self.source.with_name(self.source.name + ".sth")):
            if os.access(stash, os.R_OK):
                self._stash = self._directory / "key.sth"
                shutil.copyfile(stash, self._stash)
                return
        raise TlsError("AMQ9660E", self.source)

    def environment(self, role: Role, label: str, specs: list[CipherSpec]) -> Environment:
        """The one environment for these settings.

        :param label: of the channel; blank: the queue manager's
        :raises TlsError: the repository can not be opened; the label of a responder is not there
        """
        key = (role, label, tuple(specs))
        with self._lock:
            if key not in self._environments:
                self._environments[key] = self._open(role, label or self.label, specs)
            return self._environments[key]

    @property
    def is_unused(self) -> bool:
        return not self._environments

    def check_own_certificate(self, label: str) -> None:
        """Judge the personal certificate that a channel is about to present; nothing to judge where there is none.

        :raises TlsError: AMQ9797E, it is out of its validity or its chain is not in this key repository
        """
        label = label or self.label
        with self._lock:
            if label not in self._own:
                self._own[label] = self._own_certificate(label)
        found = self._own[label]
        if found is None:
            return
        certificate, chain_is_complete = found
        now = datetime.datetime.now(datetime.timezone.utc)
        if now > certificate.not_valid_after_utc:
            raise TlsError("AMQ9797E", label, return_codes.EXPIRED)
        if now < certificate.not_valid_before_utc:
            raise TlsError("AMQ9797E", label, return_codes.NOT_YET_VALID)
        if not chain_is_complete:
            raise TlsError("AMQ9797E", label, return_codes.NO_CHAIN)

    def _own_certificate(self, label: str) -> tuple[x509.Certificate, bool] | None:
        with _key_management, KeyDatabase.open(str(self._repository), self._password) as database:
            if label not in database.labels():
                return None
            entry = database.entry(label)
            if not entry.has_private_key:
                return None
            return x509.load_der_x509_certificate(entry.certificate), database.validate(label)

    def _open(self, role: Role, label: str, specs: list[CipherSpec]) -> Environment:
        try:
            return Environment(
                key_repository=str(self._repository),
                password=self._password,
                stash_file=str(self._stash) if self._stash else None,
                role=role,
                label=label,
                tls12_suites=cipherspec.suites(specs, "TLSV12"),
                tls13_suites=cipherspec.suites(specs, "TLSV13"),
                protocols={spec.protocol for spec in specs},
                fips=self.fips,
                checks=self.checks,
            )
        except GskitError as error:
            if error.code == return_codes.BAD_PASSWORD:
                raise TlsError("AMQ9660E", self.source) from error
            if error.code == return_codes.BAD_LABEL:
                raise TlsError("AMQ9675E", label) from error
            if error.code == return_codes.BAD_FORMAT:
                raise TlsError("AMQ9648E", self.source) from error
            raise TlsError("AMQ9657E", self.source) from error

    def close(self) -> None:
        with self._lock:
            for environment in self._environments.values():
                environment.close()
            self._environments.clear()
        shutil.rmtree(self._directory, ignore_errors=True)


def server_name(channel: str) -> str:
    """The server name (SNI) by which an initiator tells the channel.

    Capital letters become small ones and digits stay; every other character becomes its hexadecimal code and a hyphen
    ("How MQ provides multiple certificates capability").
    """
    encoded = "".join(c.lower() if c.isupper() or c.isdigit() else f"{ord(c):02x}-" for c in channel)
    return encoded + _SNI_SUFFIX


def channel_of_server_name(name: str | None) -> str | None:
    """Inverse of server_name; None: the name is not one of MQ's."""
    if not name or not name.endswith(_SNI_SUFFIX):
        return None
    encoded = name[: -len(_SNI_SUFFIX)]
    return re.sub(r"([0-9a-f]{2})-|(.)", lambda m: chr(int(m[1], 16)) if m[1] else m[2].upper(), encoded)
