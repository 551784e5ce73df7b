# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One queue manager as the variables of its host, or an item of mq_tls_partners, describe it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .. import revocation
from ..cipherspec import check_usable
from ..distinguished_name import DistinguishedName
from ..errors import InputError, MqTlsError
from ..peer_pattern import PeerPattern
from ..refresh_window import RefreshWindow
from .issuer import is_certificate, issuer_of, publication_urls
from .naming import ADDRESS, OBJECT_NAME, label_problem
from .refusal import Refuse, shown
from .variables import DESCRIPTION, OTHER_VARIABLES, Variables

PLATFORMS = ("distributed", "zos")
KEY_SIZES: Mapping[str, tuple[int, ...]] = {"RSA": (2048, 3072, 4096), "EC": (256, 384, 521)}
_DEFAULT_KEY_SIZE = {"RSA": 3072, "EC": 256}


@dataclass(frozen=True)
class QueueManager:
    """One queue manager as described; ``host`` is None for a partner outside the inventory."""

    name: str
    host: str | None
    connection_name: str  # CONNAME by which partners reach it; '' for a partner that gives none
    network_address: str
    port: int
    listener: str
    listener_address: str
    cipher_spec: str
    subject: DistinguishedName | None
    peer_filter: str  # SSLPEER that lets this queue manager in and no other name; '' without subject
    label: str
    key_type: str | None
    key_size: int
    days: int
    renew_before_days: int
    issuer: Mapping[str, Any]
    certificates: tuple[str, ...] = ()
    revocation: Mapping[str, Any] | None = None  # None: nobody described it
    platform: str = "distributed"


def of_host(host: str, name: str, values: Mapping[str, Any], refuse: Refuse) -> QueueManager:
    variables = Variables(f"Queue manager {shown(name)} (host {host})", values, refuse)
    for variable in values:
        known = DESCRIPTION | OTHER_VARIABLES
        if variable.startswith("mq_tls_") and variable not in known:
            close = difflib.get_close_matches(variable, sorted(known), n=1, cutoff=0.92)
            if close:
                variables.refuse(variable, values[variable], f"there is no variable of this name; did you mean {close[0]}?")
    _check_name("mq_tls_queue_manager", name, 48, variables)
    listener = variables.text("mq_tls_listener")
    if listener:  # else one that is not described here
        _check_name("mq_tls_listener", listener, 48, variables)
    port = variables.number("mq_tls_listener_port", 1, 65535)
    address = variables.text("mq_tls_address", values.get("ansible_host") or host)
    cipher_spec = variables.text("mq_tls_cipher_spec")
    try:
        check_usable(cipher_spec)
    except InputError as error:
        variables.refuse_sentence("mq_tls_cipher_spec", str(error))
    subject, peer_filter = _subject(variables, "mq_tls_subject", variables.text("mq_tls_subject", f"CN={name}"))
    key_type, key_size = _key(variables)
    days = variables.number("mq_tls_certificate_days", 1, 36500)
    renew_before_days = variables.number("mq_tls_renew_before_days", 0, 36500)
    if renew_before_days >= days:
        variables.refuse(
            "mq_tls_renew_before_days",
            renew_before_days,
            f"that is not less than mq_tls_certificate_days ({days}), so every run would renew the certificate; make it smaller",
        )
    issuer = issuer_of(variables)
    # Not a part of the plan: the tasks hand both to mqsc, which would refuse them after the key repository has been changed.
    if variables.value("mq_tls_refresh") not in ("when_needed", "never"):
        variables.refuse("mq_tls_refresh", variables.value("mq_tls_refresh"), "write when_needed or never")
    try:
        RefreshWindow.parse(variables.value("mq_tls_refresh_window"), f"Queue manager {shown(name)} (host {host}): mq_tls_refresh_window")
    except InputError as error:
        refuse(str(error))
    return QueueManager(
        name=name,
        host=host,
        connection_name=_connection_name(variables, "mq_tls_address", address, port),
        network_address=str(values.get("ansible_host") or host),
        port=port,
        listener=listener,
        listener_address=_listener_address(variables),
        cipher_spec=cipher_spec,
        subject=subject,
        peer_filter=peer_filter,
        label=_label(variables, f"ibmwebspheremq{name.lower()}"),
        key_type=key_type,
        key_size=key_size,
        days=days,
        renew_before_days=renew_before_days,
        issuer={**issuer, **publication_urls(variables, issuer)},
        revocation=_revocation(variables),
    )


def of_partner(name: str, partner: Mapping[str, Any], refuse: Refuse) -> QueueManager:
    variables = Variables(f"Partner {shown(name)} in mq_tls_partners", partner, refuse)
    _check_name("name", name, 48, variables)
    subject: DistinguishedName | None = None
    peer_filter = ""
    if partner.get("subject") is not None:
        subject, peer_filter = _subject(variables, "subject", variables.text("subject"))
    address = variables.text("address", "")
    platform = partner.get("platform") or "distributed"
    if platform not in PLATFORMS:
        variables.refuse("platform", platform, "write distributed or zos")
        platform = "distributed"
    certificates = partner.get("certificates") or []
    if isinstance(certificates, str):
        certificates = [certificates]
    if not isinstance(certificates, Sequence) or not all(is_certificate(text) for text in certificates):
        # The value is not shown: it may be a private key.
        refuse(
            f"Partner {name} in mq_tls_partners: certificates has an item that is not a certificate in PEM form (-----BEGIN "
            f"CERTIFICATE-----); "
            f"give only certificates, never a private key."
        )
        certificates = []
    return QueueManager(
        name=name,
        host=None,
        connection_name=_connection_name(variables, "address", address, 1414) if address else "",
        network_address=address,
        port=0,
        listener="",
        listener_address="",
        cipher_spec="",
        subject=subject,
        peer_filter=peer_filter,
        label="",
        key_type=None,
        key_size=0,
        days=0,
        renew_before_days=0,
        issuer={},
        certificates=tuple(certificates),
        platform=platform,
    )


def _check_name(variable: str, name: str, length: int, variables: Variables) -> None:
    if len(name) > length:
        variables.refuse(variable, name, f"that has {len(name)} characters and IBM MQ takes at most {length}; choose a shorter name")
    elif not OBJECT_NAME.match(name):
        variables.refuse(variable, name, "IBM MQ takes the characters A-Z a-z 0-9 . / _ % in a name; correct it")


def _connection_name(variables: Variables, variable: str, address: str, port: int) -> str:
    """``host`` or ``host(port)``, or several with commas between; the port is added where it is missing."""
    parts = []
    for part in address.split(","):
        found = ADDRESS.match(part.strip())
        if found is None or not 1 <= int(found.group(2) or port) <= 65535:
            variables.refuse(variable, address, "write host or host(port) as in CONNAME, several with commas between")
            return ""
        parts.append(f"{found.group(1)}({int(found.group(2) or port)})")
    text = ",".join(parts)
    if len(text) > 264:
        variables.refuse(variable, address, f"with the port that has {len(text)} characters and CONNAME takes at most 264; shorten it")
    return text


def _listener_address(variables: Variables) -> str:
    address = variables.text("mq_tls_listener_address", "")
    if address and (len(address) > 48 or "(" in address or not ADDRESS.match(address)):
        variables.refuse("mq_tls_listener_address", address, "write one address or host name of at most 48 characters, without a port")
    return address


def _subject(variables: Variables, variable: str, text: str) -> tuple[DistinguishedName | None, str]:
    """The name, and the SSLPEER filter that lets this name in."""
    try:
        name = DistinguishedName.parse(text)
        return name, PeerPattern.for_name(name).text()
    except MqTlsError as error:
        variables.refuse_sentence(variable, str(error))
        return None, ""


def _key(variables: Variables) -> tuple[str, int]:
    key_type = variables.value("mq_tls_key_type")
    if key_type not in KEY_SIZES:
        variables.refuse("mq_tls_key_type", key_type, "write RSA or EC")
        return "RSA", 3072
    value = variables.value("mq_tls_key_size", _DEFAULT_KEY_SIZE[key_type])
    if isinstance(value, bool) or not str(value).isdigit() or int(value) not in KEY_SIZES[key_type]:
        sizes = ", ".join(map(str, KEY_SIZES[key_type]))
        variables.refuse("mq_tls_key_size", value, f"with mq_tls_key_type {key_type} write one of {sizes}")
        return key_type, _DEFAULT_KEY_SIZE[key_type]
    return key_type, int(value)


def _label(variables: Variables, default: str) -> str:
    label = variables.text("mq_tls_certificate_label", default)
    problem = label_problem(label)
    if problem:
        variables.refuse("mq_tls_certificate_label", label, problem)
    return label


def _revocation(variables: Variables) -> Mapping[str, Any] | None:
    described = variables.value("mq_tls_revocation")
    if described is None:
        return None
    problems = revocation.problems(described)
    for problem in problems:
        variables.refuse_sentence("mq_tls_revocation", problem)
    return None if problems else described
