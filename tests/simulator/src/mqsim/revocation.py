# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a queue manager asks whether a partner's certificate is revoked, and what it makes of not knowing.

IBM MQ topics "Working with revoked certificates", "Revoked certificates and OCSP", "SSL stanza of the qm.ini file". The engine asks, in this
order: the OCSP responder of SSLCRLNL, that of the certificate, the CRL at the certificate's distribution point, the directories of
SSLCRLNL. It refuses a revoked certificate itself. One of which it learned nothing it lets pass, and names it; refusing that, as
OCSPAuthentication says, is the queue manager's part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

_LDAP_PORT = 389
_MOST_NAMES = 10
_SERIAL_NUMBER = re.compile(r"\[#=\]([0-9a-fA-F]+)")
_CONNECTION_NAME = re.compile(r"([^()\s]+)(?:\(([0-9]+)\))?\Z")


class ChecksError(Exception):
    """SSLCRLNL names what it may not, or what is not simulated: the message for the error log, with its inserts."""

    def __init__(self, message_id: str, *inserts: str) -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.inserts = inserts


@dataclass(frozen=True)
class Checks:
    """`ocsp_url`: the responder of SSLCRLNL. `ocsp_extensions`, `crl_extensions`: ask where the certificate says. `directories`:
    'host:port' of the LDAP servers, with one user and password for all. `unknown`: REQUIRED, WARN or OPTIONAL."""

    ocsp_url: str = ""
    ocsp_extensions: bool = False
    crl_extensions: bool = False
    directories: tuple[str, ...] = ()
    user: str = ""
    password: str = ""
    unknown: str = "REQUIRED"

    def not_known(self, engine_says: str, chain: Iterable[bytes]) -> str:
        """Of the certificates that the engine could not find out about, those that there was somewhere to ask about; '' for none.

        A certificate that names no place, where no object of the queue manager does either, is not checked at all.
        """
        numbers = _SERIAL_NUMBER.findall(engine_says)
        if not numbers or self.ocsp_url or self.directories:
            return engine_says if numbers else ""
        known = {certificate.serial_number: certificate for certificate in map(x509.load_der_x509_certificate, chain)}
        asked = [number for number in numbers if self._has_a_place(known.get(int(number, 16)))]
        return engine_says if asked else ""

    def _has_a_place(self, certificate: x509.Certificate | None) -> bool:
        if certificate is None:
            return False
        for extension in certificate.extensions:
            if self.crl_extensions and extension.oid == ExtensionOID.CRL_DISTRIBUTION_POINTS:
                return True
            if self.ocsp_extensions and extension.oid == ExtensionOID.AUTHORITY_INFORMATION_ACCESS:
                return any(place.access_method == AuthorityInformationAccessOID.OCSP for place in extension.value)
        return False


def checks_of(
    namelist: str, namelists: Mapping[str, Mapping[str, str]], auth_info: Mapping[str, Mapping[str, str]], ini: Mapping[str, str]
) -> Checks:
    """The checks by SSLCRLNL and the SSL stanza of qm.ini. An illegal value in the stanza counts as its default. Raises ChecksError."""
    settings = {key: value.strip().upper() for key, value in ini.items()}
    urls: list[str] = []
    directories: list[str] = []
    accounts: list[tuple[str, str]] = []
    for name in _names(namelist, namelists):
        one = auth_info.get(name)
        if one is None:
            raise ChecksError("AMQ9622E", name)
        if one["AUTHTYPE"] == "OCSP":
            urls.append(one["OCSPURL"].strip())
        elif one["AUTHTYPE"] == "CRLLDAP":
            directories += _addresses(one["CONNAME"])
            accounts.append((one["LDAPUSER"].strip(), one["LDAPPWD"]))
        else:
            raise _not_simulated(f"the authentication information {name} of type {one['AUTHTYPE']} in the namelist {namelist} of SSLCRLNL")
    if len(urls) > 1:
        raise _not_simulated(f"more than one authentication information of type OCSP in the namelist {namelist} of SSLCRLNL")
    if len(set(accounts)) > 1:
        raise _not_simulated(f"CRLLDAP objects with different LDAPUSER or LDAPPWD in the namelist {namelist} of SSLCRLNL")
    user, password = accounts[0] if accounts else ("", "")
    authentication = settings.get("OCSPAuthentication", "REQUIRED")
    return Checks(
        ocsp_url=urls[0] if urls else "",
        ocsp_extensions=settings.get("OCSPCheckExtensions") != "NO",
        crl_extensions=settings.get("CDPCheckExtensions") == "YES",
        directories=tuple(directories),
        user=user,
        password=password,
        unknown=authentication if authentication in ("WARN", "OPTIONAL") else "REQUIRED",
    )


def _names(namelist: str, namelists: Mapping[str, Mapping[str, str]]) -> list[str]:
    if not namelist:
        return []
    if namelist not in namelists:
        raise _not_simulated(f"SSLCRLNL with the namelist {namelist}, which is not defined")
    names = [name.strip() for name in namelists[namelist]["NAMES"].split(",") if name.strip()]
    if len(names) > _MOST_NAMES:
        raise _not_simulated(f"more than {_MOST_NAMES} names in the namelist {namelist} of SSLCRLNL")
    return names


def _addresses(connection_name: str) -> list[str]:
    found = []
    for part in connection_name.split(","):
        address = _CONNECTION_NAME.match(part.strip())
        if address is None:
            raise _not_simulated(f"CONNAME({connection_name}) of a CRLLDAP object")
        found.append(f"{address[1]}:{address[2] or _LDAP_PORT}")
    return found


def _not_simulated(what: str) -> ChecksError:
    return ChecksError("AMQ9999S", what)
