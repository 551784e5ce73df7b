# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CipherSpecs and their aliases, as a channel definition names them and as GSKit names them.

Facts from the IBM MQ topics "Enabling CipherSpecs", "CipherSpec order in TLS handshake" (the order of ``CIPHER_SPECS``),
"Deprecated CipherSpecs", "Relationship between alias CipherSpec settings" and "Using TLS 1.3 in IBM MQ".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class CipherSpec(NamedTuple):
    name: str  # value of SSLCIPH
    protocol: str  # as GSKit and CHSTATUS SECPROT spell it
    suite: str  # IANA name, as GSKit takes and gives it
    code: str  # two bytes of the handshake, hex
    fips: bool
    suite_b: frozenset[str] = frozenset()


_SUITE_B_128 = frozenset({"128_BIT"})
_SUITE_B_BOTH = frozenset({"128_BIT", "192_BIT"})

# Enabled by default, most preferred first.
CIPHER_SPECS: tuple[CipherSpec, ...] = (
    CipherSpec("TLS_CHACHA20_POLY1305_SHA256", "TLSV13", "TLS_CHACHA20_POLY1305_SHA256", "1303", False),
    CipherSpec("TLS_AES_256_GCM_SHA384", "TLSV13", "TLS_AES_256_GCM_SHA384", "1302", True),
    CipherSpec("TLS_AES_128_GCM_SHA256", "TLSV13", "TLS_AES_128_GCM_SHA256", "1301", True),
    CipherSpec("TLS_AES_128_CCM_SHA256", "TLSV13", "TLS_AES_128_CCM_SHA256", "1304", True),
    CipherSpec("TLS_AES_128_CCM_8_SHA256", "TLSV13", "TLS_AES_128_CCM_8_SHA256", "1305", True),
    CipherSpec("TLS_RSA_WITH_AES_256_GCM_SHA384", "TLSV12", "TLS_RSA_WITH_AES_256_GCM_SHA384", "009D", True),
    CipherSpec("ECDHE_ECDSA_AES_256_GCM_SHA384", "TLSV12", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "C02C", True, _SUITE_B_BOTH),
    CipherSpec("ECDHE_RSA_AES_256_GCM_SHA384", "TLSV12", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "C030", True),
    CipherSpec("TLS_RSA_WITH_AES_256_CBC_SHA256", "TLSV12", "TLS_RSA_WITH_AES_256_CBC_SHA256", "003D", True),
    CipherSpec("ECDHE_ECDSA_AES_256_CBC_SHA384", "TLSV12", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "C024", True),
    CipherSpec("ECDHE_RSA_AES_256_CBC_SHA384", "TLSV12", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "C028", True),
    CipherSpec("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLSV12", "TLS_RSA_WITH_AES_128_GCM_SHA256", "009C", True),
    CipherSpec("ECDHE_ECDSA_AES_128_GCM_SHA256", "TLSV12", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "C02B", True, _SUITE_B_128),
    CipherSpec("ECDHE_RSA_AES_128_GCM_SHA256", "TLSV12", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "C02F", True),
    CipherSpec("TLS_RSA_WITH_AES_128_CBC_SHA256", "TLSV12", "TLS_RSA_WITH_AES_128_CBC_SHA256", "003C", True),
    CipherSpec("ECDHE_ECDSA_AES_128_CBC_SHA256", "TLSV12", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "C023", True),
    CipherSpec("ECDHE_RSA_AES_128_CBC_SHA256", "TLSV12", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "C027", True),
)

# Names that MQ knows and does not enable: weak ones, and all of TLS 1.0 and SSL 3.0.
DEPRECATED: frozenset[str] = frozenset(
    {
        "ECDHE_ECDSA_3DES_EDE_CBC_SHA256",
        "ECDHE_RSA_3DES_EDE_CBC_SHA256",
        "ECDHE_ECDSA_RC4_128_SHA256",
        "ECDHE_RSA_RC4_128_SHA256",
        "ECDHE_ECDSA_NULL_SHA256",
        "ECDHE_RSA_NULL_SHA256",
        "TLS_RSA_WITH_NULL_SHA256",
        "TLS_RSA_WITH_NULL_NULL",
        "TLS_RSA_WITH_RC4_128_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_RSA_WITH_DES_CBC_SHA",
        "TLS_RSA_EXPORT_WITH_RC2_40_MD5",
        "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
        "TLS_RSA_WITH_NULL_MD5",
        "TLS_RSA_WITH_NULL_SHA",
        "TLS_RSA_WITH_RC4_128_MD5",
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
    }
)


class _Alias(NamedTuple):
    protocols: frozenset[str]
    since: tuple[int, int, int]


# ANY's first level is not documented; it came with the other minimum-type aliases.
_ALIASES: dict[str, _Alias] = {
    "ANY": _Alias(frozenset({"TLSV12", "TLSV13"}), (9, 1, 4)),
    "ANY_TLS12": _Alias(frozenset({"TLSV12"}), (9, 1, 1)),
    "ANY_TLS12_OR_HIGHER": _Alias(frozenset({"TLSV12", "TLSV13"}), (9, 1, 4)),
    "ANY_TLS13": _Alias(frozenset({"TLSV13"}), (9, 1, 4)),
    "ANY_TLS13_OR_HIGHER": _Alias(frozenset({"TLSV13"}), (9, 1, 4)),
}

_BY_NAME = {spec.name: spec for spec in CIPHER_SPECS}
_BY_SUITE = {(spec.protocol, spec.suite): spec for spec in CIPHER_SPECS}
_BY_CODE = {spec.code: spec for spec in CIPHER_SPECS}

_TLS13_SINCE = (9, 1, 4)
_TLS13_BY_DEFAULT_SINCE = (9, 2)
_ALLOWED_CIPHER_SPECS_SINCE = (9, 2)


def is_known(name: str) -> bool:
    """Whether some level of MQ has a CipherSpec or alias of this name."""
    return name in _BY_NAME or name in _ALIASES or name in DEPRECATED


def is_alias(name: str) -> bool:
    return name in _ALIASES


def is_allowed_on_channel(name: str, version) -> bool:
    """Whether DEFINE or ALTER CHANNEL takes the value for SSLCIPH at that level; where not, the answer is AMQ8242E.

    Blank is allowed. Deprecated names are not: the settings that enable them again are not simulated.
    """
    if name == "":
        return True
    if name in _ALIASES:
        return version >= _ALIASES[name].since
    spec = _BY_NAME.get(name)
    return spec is not None and (spec.protocol != "TLSV13" or version >= _TLS13_SINCE)


def enabled(version, ssl_stanza: Mapping[str, str], fips: bool = False, suite_b: str = "NONE") -> list[CipherSpec]:
    """The CipherSpecs of a queue manager, in its order of preference.

    :param ssl_stanza: the stanza SSL of qm.ini: AllowTLSV13 and AllowedCipherSpecs. A value that is not legal counts as
        if it were not there ("SSL stanza of the qm.ini file").
    """
    specs: list[CipherSpec] = list(CIPHER_SPECS)
    allowed = [name.strip() for name in ssl_stanza.get("AllowedCipherSpecs", "ALL").split(",")]
    if version >= _ALLOWED_CIPHER_SPECS_SINCE and all(name in _BY_NAME for name in allowed):
        # The list gives the order, but the protocol version is looked at before it.
        specs = sorted((_BY_NAME[name] for name in dict.fromkeys(allowed)), key=lambda spec: spec.protocol, reverse=True)
    if not _tls13_is_on(version, ssl_stanza):
        specs = [spec for spec in specs if spec.protocol != "TLSV13"]
    if fips:
        specs = [spec for spec in specs if spec.fips]
    levels = {level.strip() for level in suite_b.split(",")} - {"NONE", ""}
    if levels:
        specs = [spec for spec in specs if spec.suite_b & levels]
    return specs


def _tls13_is_on(version, ssl_stanza: Mapping[str, str]) -> bool:
    if version < _TLS13_SINCE:
        return False
    value = ssl_stanza.get("AllowTLSV13", "").strip().upper()
    if value in {"Y", "YES", "T", "TRUE"}:
        return True
    if value in {"N", "NO", "F", "FALSE"}:
        return False
    return version >= _TLS13_BY_DEFAULT_SINCE


def proposed(definition: str, available: list[CipherSpec]) -> list[CipherSpec]:
    """What an initiator with SSLCIPH(*definition*) offers in the handshake, of what its queue manager has enabled."""
    return [spec for spec in available if accepts(definition, spec)]


def accepts(definition: str, negotiated: CipherSpec) -> bool:
    """Whether a channel with SSLCIPH(*definition*) may run with what the handshake has settled on."""
    if definition in _ALIASES:
        return negotiated.protocol in _ALIASES[definition].protocols
    return definition == negotiated.name


def find(name: str) -> CipherSpec | None:
    return _BY_NAME.get(name)


def negotiated(protocol: str, suite: str) -> CipherSpec | None:
    """The CipherSpec of a connection, from the protocol and suite that GSKit names."""
    return _BY_SUITE.get((protocol, suite))


def name_of_code(code: str) -> str:
    """Name of a suite as a ClientHello carries it; AMQ9616E shows the code itself where MQ has no name for it."""
    spec = _BY_CODE.get(code.upper())
    return spec.name if spec else code.upper()


def suites(specs: list[CipherSpec], protocol: str) -> list[str]:
    """IANA names of one protocol's suites, in order, for GSKit."""
    return [spec.suite for spec in specs if spec.protocol == protocol]
