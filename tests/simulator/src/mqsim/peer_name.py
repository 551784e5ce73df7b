# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSLPEER filters, and distinguished names as CHSTATUS and the error log show them.

Rules of the IBM MQ topics "IBM MQ rules for SSLPEER values" and "Distinguished Names". Where these are silent the stricter
reading is taken: the OUs (and DCs) of a filter must match those of the certificate position by position from the top.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID

# Attribute types that MQ knows; other attributes of a name are not shown and can not be filtered by.
_TYPE_OF_OID = {
    NameOID.EMAIL_ADDRESS.dotted_string: "MAIL",
    NameOID.USER_ID.dotted_string: "UID",
    NameOID.COMMON_NAME.dotted_string: "CN",
    NameOID.TITLE.dotted_string: "T",
    NameOID.ORGANIZATIONAL_UNIT_NAME.dotted_string: "OU",
    NameOID.DOMAIN_COMPONENT.dotted_string: "DC",
    NameOID.ORGANIZATION_NAME.dotted_string: "O",
    NameOID.STREET_ADDRESS.dotted_string: "STREET",
    NameOID.LOCALITY_NAME.dotted_string: "L",
    NameOID.STATE_OR_PROVINCE_NAME.dotted_string: "ST",
    NameOID.POSTAL_CODE.dotted_string: "PC",
    NameOID.COUNTRY_NAME.dotted_string: "C",
    NameOID.UNSTRUCTURED_NAME.dotted_string: "UNSTRUCTUREDNAME",
    "1.2.840.113549.1.9.8": "UNSTRUCTUREDADDRESS",
    NameOID.DN_QUALIFIER.dotted_string: "DNQ",
}
_SYNONYMS = {"E": "MAIL", "USERID": "UID", "SP": "ST", "S": "ST"}
_FILTER_TYPES = frozenset(_TYPE_OF_OID.values()) | frozenset(_SYNONYMS) | {"SERIALNUMBER"}
_REPEATABLE = frozenset({"OU", "DC"})
_MAXIMUM_LENGTH = 1024
_STATUS_LENGTH = 256


class PeerName(NamedTuple):
    """A certificate's name: (type, value) pairs, most specific first, and the serial number as in the status display."""

    pairs: tuple[tuple[str, str], ...]
    serial_number: str | None

    def values(self, attribute: str) -> list[str]:
        """Values of one type, highest in the hierarchy first."""
        if attribute == "SERIALNUMBER":
            return [self.serial_number] if self.serial_number else []
        return [value for name, value in reversed(self.pairs) if name == attribute]

    def text(self) -> str:
        serial = [f"SERIALNUMBER={self.serial_number}"] if self.serial_number else []
        return ",".join(serial + [f"{name}={_quoted(value)}" for name, value in self.pairs])

    def status_text(self) -> str:
        """As CHSTATUS shows it: cut at 256 characters."""
        return self.text()[:_STATUS_LENGTH]


def _quoted(value: str) -> str:
    # How MQ shows a separator inside a value is not documented; the quotes are those that a filter takes.
    return f'"{value}"' if any(c in value for c in ',;"') or value != value.strip() else value


def subject(der: bytes) -> PeerName:
    """Name of the certificate's owner; DNS names of the subjectAltName follow as UNSTRUCTUREDNAME, as captured."""
    certificate = x509.load_der_x509_certificate(der)
    pairs = _pairs(certificate.subject)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        pairs += [("UNSTRUCTUREDNAME", name) for name in names.get_values_for_type(x509.DNSName)]
    except x509.ExtensionNotFound:
        pass
    return PeerName(tuple(pairs), serial_number(certificate))


def issuer(der: bytes) -> PeerName:
    """Name of the certificate's issuer; no serial number belongs to it."""
    return PeerName(tuple(_pairs(x509.load_der_x509_certificate(der).issuer)), None)


def serial_number(certificate: x509.Certificate) -> str:
    """Serial number as colon separated pairs; the 00 that DER puts before a high first bit stays."""
    number = certificate.serial_number
    return number.to_bytes(number.bit_length() // 8 + 1, "big").hex(":").upper()


def _pairs(name: x509.Name) -> list[tuple[str, str]]:
    return [
        (_TYPE_OF_OID[attribute.oid.dotted_string], str(attribute.value))
        for rdn in reversed(list(name.rdns))
        for attribute in rdn
        if attribute.oid.dotted_string in _TYPE_OF_OID
    ]


class Filter(NamedTuple):
    """A parsed SSLPEER: (type, pattern) pairs as written, synonyms resolved."""

    items: tuple[tuple[str, str], ...]

    def matches(self, name: PeerName) -> bool:
        for attribute in {item[0] for item in self.items}:
            patterns = [pattern for kind, pattern in self.items if kind == attribute]
            values = name.values(attribute)
            if attribute in _REPEATABLE:
                if len(values) < len(patterns) or not all(map(_value_matches, patterns, values)):
                    return False
            elif not any(_value_matches(patterns[0], value) for value in values):
                return False
        return True


def _value_matches(pattern: str, value: str) -> bool:
    pattern, value = pattern.casefold(), value.casefold()
    if pattern == "*":
        return True
    starts_open = pattern.startswith("*")
    ends_open = pattern.endswith("*") and not pattern.endswith("\\*")
    literal = pattern[1 if starts_open else 0 : -1 if ends_open else None].replace("\\*", "*")
    if starts_open and ends_open:
        return literal in value
    if starts_open:
        return value.endswith(literal)
    if ends_open:
        return value.startswith(literal)
    return value == literal


def parse(text: str) -> Filter:
    """An SSLPEER (or SSLCERTI) value.

    :raises ValueError: what is wrong with it, in a sentence; MQSC answers AMQ8243E.
    """
    if len(text.encode()) > _MAXIMUM_LENGTH:
        raise ValueError(f"the value is longer than {_MAXIMUM_LENGTH} bytes")
    items: list[tuple[str, str]] = []
    for item in _split(text):
        attribute, equals, value = item.partition("=")
        attribute = attribute.lstrip()
        if not equals:
            raise ValueError(f"'{item.strip()}' is not of the form TYPE=value")
        if attribute not in _FILTER_TYPES:
            raise ValueError(f"'{attribute}' is not an attribute type that SSLPEER knows")
        attribute = _SYNONYMS.get(attribute, attribute)
        value = value.strip()
        if len(value) > 1 and value.startswith('"') and value.endswith('"'):
            value = value[1:-1]
        if not value:
            raise ValueError(f"{attribute} has no value")
        if attribute not in _REPEATABLE and any(kind == attribute for kind, _ in items):
            raise ValueError(f"{attribute} is given twice")
        items.append((attribute, value))
    return Filter(tuple(items))


def _split(text: str) -> list[str]:
    parts, quoted = [""], False
    for character in text:
        if character == '"':
            quoted = not quoted
        if character in ",;" and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    if quoted:
        raise ValueError("a double quote is not closed")
    return parts
