# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The CipherSpecs of IBM MQ, the aliases, and which two definitions come to terms.

Sources: IBM MQ documentation, "Enabling CipherSpecs", "CipherSpec order in TLS handshake", "Deprecated CipherSpecs",
"Relationship between alias CipherSpec settings", "Digital certificates and CipherSpec compatibility in IBM MQ".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from .errors import InputError

TLS12 = "TLS 1.2"
TLS13 = "TLS 1.3"

# What SECPROT of DISPLAY CHSTATUS says, and the protocol that it means; two spellings of SSL 3.0 are documented.
PROTOCOLS: dict[str, str | None] = {
    "NONE": None,
    "SSLV3": "SSL 3.0",
    "SSLV30": "SSL 3.0",
    "TLSV1": "TLS 1.0",
    "TLSV12": TLS12,
    "TLSV13": TLS13,
}


@dataclass(frozen=True)
class CipherSpec:
    """One set of algorithms of one protocol version.

    ``key_type`` is what the responder's certificate must have: RSA, EC, or None where either will do. ``order`` is the
    place in the default list of a queue manager of 9.2 and later (1 is preferred); None: deprecated, not enabled by default.
    """

    name: str
    protocol: str
    key_type: str | None
    order: int | None

    @property
    def is_enabled(self) -> bool:
        return self.order is not None

    @property
    def protocols(self) -> frozenset[str]:
        return frozenset((self.protocol,))

    @property
    def since(self) -> tuple[int, int, int]:
        return (9, 1, 4) if self.protocol == TLS13 else (0, 0, 0)


@dataclass(frozen=True)
class Alias:
    """A name for all enabled CipherSpecs of some protocol versions; ``since`` is the first level of IBM MQ that knows it."""

    name: str
    protocols: frozenset[str]
    since: tuple[int, int, int]
    key_type: str | None = None
    is_enabled: bool = True


def _enabled(protocol: str, *names: str, first: int) -> dict[str, CipherSpec]:
    return {name: CipherSpec(name, protocol, _key_type(name, protocol), order) for order, name in enumerate(names, first)}


def _deprecated(protocol: str, *names: str) -> dict[str, CipherSpec]:
    return {name: CipherSpec(name, protocol, _key_type(name, protocol), None) for name in names}


def _key_type(name: str, protocol: str) -> str | None:
    """The documented rule: ECDHE_ECDSA_ needs an elliptic-curve certificate, all others an RSA one; TLS 1.3 takes both."""
    if protocol == TLS13 or name == "TLS_RSA_WITH_NULL_NULL":
        return None
    return "EC" if name.startswith("ECDHE_ECDSA_") else "RSA"


# In the order of preference of a queue manager of 9.2 or later without AllowedCipherSpecs.
CIPHER_SPECS: dict[str, CipherSpec] = {
    **_enabled(
        TLS13,
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_128_CCM_SHA256",
        "TLS_AES_128_CCM_8_SHA256",
        first=1,
    ),
    **_enabled(
        TLS12,
        "TLS_RSA_WITH_AES_256_GCM_SHA384",
        "ECDHE_ECDSA_AES_256_GCM_SHA384",
        "ECDHE_RSA_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_256_CBC_SHA256",
        "ECDHE_ECDSA_AES_256_CBC_SHA384",
        "ECDHE_RSA_AES_256_CBC_SHA384",
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "ECDHE_ECDSA_AES_128_GCM_SHA256",
        "ECDHE_RSA_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA256",
        "ECDHE_ECDSA_AES_128_CBC_SHA256",
        "ECDHE_RSA_AES_128_CBC_SHA256",
        first=6,
    ),
    **_deprecated(
        TLS12,
        "ECDHE_ECDSA_3DES_EDE_CBC_SHA256",
        "ECDHE_RSA_3DES_EDE_CBC_SHA256",
        "ECDHE_ECDSA_RC4_128_SHA256",
        "ECDHE_RSA_RC4_128_SHA256",
        "ECDHE_ECDSA_NULL_SHA256",
        "ECDHE_RSA_NULL_SHA256",
        "TLS_RSA_WITH_NULL_SHA256",
        "TLS_RSA_WITH_NULL_NULL",
        "TLS_RSA_WITH_RC4_128_SHA256",
    ),
    **_deprecated(
        "TLS 1.0",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_RSA_WITH_DES_CBC_SHA",
        "TLS_RSA_EXPORT_WITH_RC2_40_MD5",
        "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
        "TLS_RSA_WITH_NULL_MD5",
        "TLS_RSA_WITH_NULL_SHA",
        "TLS_RSA_WITH_RC4_128_MD5",
    ),
    **_deprecated(
        "SSL 3.0",
        "AES_SHA_US",
        "DES_SHA_EXPORT",
        "DES_SHA_EXPORT1024",
        "FIPS_WITH_DES_CBC_SHA",
        "FIPS_WITH_3DES_EDE_CBC_SHA",
        "NULL_MD5",
        "NULL_SHA",
        "RC2_MD5_EXPORT",
        "RC4_MD5_EXPORT",
        "RC4_MD5_US",
        "RC4_SHA_US",
        "RC4_56_SHA_EXPORT1024",
        "TRIPLE_DES_SHA_US",
    ),
}

ALIASES: dict[str, Alias] = {
    alias.name: alias
    for alias in (
        Alias("ANY", frozenset(("SSL 3.0", "TLS 1.0", TLS12, TLS13)), (9, 1, 1)),
        Alias("ANY_TLS12", frozenset((TLS12,)), (9, 1, 1)),
        Alias("ANY_TLS12_OR_HIGHER", frozenset((TLS12, TLS13)), (9, 1, 4)),
        Alias("ANY_TLS13", frozenset((TLS13,)), (9, 1, 4)),
        Alias("ANY_TLS13_OR_HIGHER", frozenset((TLS13,)), (9, 1, 4)),
    )
}


def find(name: str) -> CipherSpec | Alias | None:
    """The CipherSpec or alias of this exact name; None where IBM MQ knows none."""
    return CIPHER_SPECS.get(name) or ALIASES.get(name)


def check_usable(name: str, key_type: str | None = None, version: tuple[int, int, int] | None = None) -> None:
    """Refuse with InputError a CipherSpec that cannot serve.

    ``name`` is the value of SSLCIPH; ``key_type`` the responder's (RSA or EC), ``version`` its level of IBM MQ such as
    (9, 2, 0); None: not known, not checked. The initiator's key type does not matter, also where it presents its certificate:
    GSKit 8 lets an EC client in with an RSA CipherSpec and the reverse (measured for TLS 1.2, RSA and EC certificate authorities).
    """
    if not name:
        raise InputError("The CipherSpec is blank, which is a channel without TLS; name one, for example ANY_TLS12_OR_HIGHER.")
    found = find(name)
    if found is None:
        hint = _closest(name)
        raise InputError(
            f"The CipherSpec {name!r} is not known to IBM MQ; "
            + (f"did you mean {hint}?" if hint else "take ANY_TLS12_OR_HIGHER or a name from the topic 'Enabling CipherSpecs'.")
        )
    if not found.is_enabled:
        raise InputError(
            f"The CipherSpec {name} ({', '.join(found.protocols)}) is deprecated and disabled in IBM MQ: a channel with it does not start "
            f"(AMQ9788E); take ANY_TLS12_OR_HIGHER or an enabled one."
        )
    if key_type is not None and found.key_type not in (None, key_type):
        raise InputError(
            f"The CipherSpec {name} needs a certificate with {_key_words(found.key_type)} key at the responder, which has "
            f"{_key_words(key_type)} one (AMQ9616E); change mq_tls_key_type there or take ANY_TLS12_OR_HIGHER, which serves both."
        )
    if version is not None and version < found.since:
        raise InputError(
            f"The CipherSpec {name} needs IBM MQ {_dotted(found.since)} or later and the queue manager has {_dotted(version)}; "
            f"upgrade it or take a TLS 1.2 CipherSpec such as ECDHE_RSA_AES_256_GCM_SHA384."
        )


def accepts(definition: str, negotiated: str) -> bool:
    """Whether a channel whose SSLCIPH is ``definition`` may run with the CipherSpec that a handshake settled on."""
    if definition == negotiated:
        return bool(definition)
    alias = ALIASES.get(definition)
    spec = CIPHER_SPECS.get(negotiated)
    return alias is not None and spec is not None and spec.protocol in alias.protocols


def accepts_protocol(definition: str, protocol: str | None) -> bool:
    """Whether a channel whose SSLCIPH is ``definition`` may run with this protocol version (a value of PROTOCOLS)."""
    found = find(definition)
    return found is not None and protocol in found.protocols


def compatible(initiator: str, responder: str, tls13: bool = True) -> str:
    """What becomes of a channel whose ends have these SSLCIPH: ``connects``, ``likely_fails`` or ``fails``.

    The handshake knows only the initiator's definition and settles on the best that both queue managers enable; only then
    does the responder compare with its own definition. So a responder may be wider than the initiator, never narrower.
    ``likely_fails``: connects only where the best common CipherSpec happens to be the responder's. ``tls13``: whether TLS 1.3
    is enabled on both ends. Raises InputError for a name that is not known.
    """
    first, second = _known(initiator), _known(responder)
    if isinstance(first, CipherSpec):
        return "connects" if accepts(responder, initiator) else "fails"
    protocol = TLS13 if tls13 and TLS13 in first.protocols else TLS12
    if protocol not in first.protocols or protocol not in second.protocols:
        return "fails"
    return "connects" if isinstance(second, Alias) else "likely_fails"


def _known(name: str) -> CipherSpec | Alias:
    found = find(name)
    if found is None:
        raise InputError(f"The CipherSpec {name!r} is not known to IBM MQ.")
    return found


def _closest(name: str) -> str | None:
    usable = [spec.name for spec in CIPHER_SPECS.values() if spec.is_enabled] + list(ALIASES)
    # The registry's name of a suite (TLS_ECDHE_RSA_WITH_AES_...) is the commonest mistake.
    candidate = name.strip().upper().replace("-", "_")
    if candidate.startswith("TLS_ECDHE_"):
        candidate = candidate[len("TLS_") :].replace("_WITH_", "_")
    return next(iter(difflib.get_close_matches(candidate, usable, n=1, cutoff=0.75)), None)


def _key_words(key_type: str | None) -> str:
    return "an elliptic-curve (EC)" if key_type == "EC" else "an RSA"


def _dotted(version: tuple[int, int, int]) -> str:
    return ".".join(str(part) for part in version)
