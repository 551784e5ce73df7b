# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a channel as ``handshake`` judges it, from what was read of its queue manager.

Sources: IBM MQ documentation, "SSL stanza of the qm.ini file", "ALTER QMGR" (SSLKEYR), "Migrating to PKCS #12".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .cipherspec import CIPHER_SPECS
from .handshake import ChannelEnd
from .negotiation import Settings
from .trust_chain import HeldCertificate

# An illegal value counts as if it were not there; which of these spellings are legal is documented.
_TRUTH = {"Y": True, "YES": True, "T": True, "TRUE": True, "N": False, "NO": False, "F": False, "FALSE": False}
# Without AllowTLSV13 TLS 1.3 is enabled from this level on.
_TLS13_BY_DEFAULT = (9, 2, 0)
_EXTENSION_IN_SSLKEYR = (9, 3, 0)
_SUFFIXES = (".kdb", ".p12", ".pkcs12")


def channel_end(state: Mapping[str, Any], channel: Mapping[str, Any], revoked: frozenset[tuple[str, str]] = frozenset()) -> ChannelEnd:
    """One end from the state of its queue manager (an item of ``fleet_state.gathered``) and the attributes of its channel definition.

    ``revoked``: (issuer, serial number) of the certificates of which it learns that they are revoked.
    """
    attributes, repository = state["attributes"], state["repository"]
    version = _version(state["version"])
    certificates: Sequence[HeldCertificate] | None = None
    if state["read"]:
        certificates = [HeldCertificate.from_dict(one) for one in repository["certificates"]]
    fault = _repository_fault(attributes, repository, version) if state["read"] else ""
    return ChannelEnd(
        state["queue_manager"],
        _text(channel.get("SSLCIPH")),
        certificates if fault != "elsewhere" else None,
        Settings(
            version,
            tls13_in_force(state["tls_settings"], version) if state["read"] else None,
            _text(attributes.get("SSLFIPS")) == "YES",
            _text(attributes.get("SUITEB")) not in ("", "NONE"),
            _allowed(state["tls_settings"]),
        ),
        channel_label=_text(channel.get("CERTLABL")),
        queue_manager_label=_text(attributes.get("CERTLABL")),
        authentication=_text(channel.get("SSLCAUTH")) or "REQUIRED",
        peer=_text(channel.get("SSLPEER")),
        repository_fault=fault if fault != "elsewhere" else "",
        sends_channel_name=_sends_channel_name(state["tls_settings"]),
        revoked=revoked,
    )


def tls13_in_force(settings: Mapping[str, str], version: tuple[int, int, int] | None) -> bool | None:
    """Whether TLS 1.3 is enabled; None: not known."""
    stated = _TRUTH.get(settings.get("AllowTLSV13", "").strip().upper())
    return stated if stated is not None else None if version is None else version >= _TLS13_BY_DEFAULT


def _allowed(settings: Mapping[str, str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in settings.get("AllowedCipherSpecs", "").split(","))
    return names if all(name in CIPHER_SPECS for name in names) else ()


def _sends_channel_name(settings: Mapping[str, str]) -> bool:
    """OutboundSNI goes before AllowOutboundSNI, its predecessor."""
    stated = settings.get("OutboundSNI", "").strip().upper()
    return stated != "HOSTNAME" if stated else _TRUTH.get(settings.get("AllowOutboundSNI", "").strip().upper()) is not False


def _repository_fault(attributes: Mapping[str, Any], repository: Mapping[str, Any], version: tuple[int, int, int] | None) -> str:
    """not_stated, not_there, or elsewhere: SSLKEYR names another file than the one that was read."""
    stated = _text(attributes.get("SSLKEYR"))
    if not stated:
        return "not_stated"
    read = repository["repository"]["path"] + {"cms": ".kdb", "pkcs12": ".p12"}[repository["repository"]["type"]]
    if _file(stated, version) != read:
        # No key repository has the name that these levels make of one with an extension.
        old = version is not None and version < _EXTENSION_IN_SSLKEYR and stated.lower().endswith(_SUFFIXES)
        return "not_there" if old else "elsewhere"
    return "" if repository["exists"] else "not_there"


def _file(stated: str, version: tuple[int, int, int] | None) -> str:
    takes_extension = version is None or version >= _EXTENSION_IN_SSLKEYR
    return stated if takes_extension and stated.lower().endswith(_SUFFIXES) else stated + ".kdb"


def _version(text: str) -> tuple[int, int, int] | None:
    parts = text.split(".")[:3]
    if len(parts) < 3 or not all(part.isdigit() for part in parts):
        return None
    first, second, third = map(int, parts)
    return (first, second, third)


def _text(value: Any) -> str:
    """The one value, or the first of several, without blanks around it."""
    if isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    return str(value if value is not None else "").strip()
