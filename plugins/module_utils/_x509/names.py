# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Distinguished names in certificates.

Sources: RFC 5280 section 4.1.2.4 and appendix A, RFC 4519 (attribute types), RFC 2985 (those of PKCS #9).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from .._core.distinguished_name import DistinguishedName
from .library import x509

# Object identifiers of the types that DistinguishedName knows; the first one of a type is written, all are read.
_TYPES = (
    ("CN", "2.5.4.3"),
    ("T", "2.5.4.12"),
    ("OU", "2.5.4.11"),
    ("O", "2.5.4.10"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("PC", "2.5.4.17"),
    ("C", "2.5.4.6"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("MAIL", "1.2.840.113549.1.9.1"),
    ("MAIL", "0.9.2342.19200300.100.1.3"),
    ("DNQ", "2.5.4.46"),
    ("UNSTRUCTUREDNAME", "1.2.840.113549.1.9.2"),
    ("UNSTRUCTUREDADDRESS", "1.2.840.113549.1.9.8"),
    ("SERIALNUMBER", "2.5.4.5"),
)
_OBJECT_IDENTIFIERS = dict(reversed(_TYPES))
_NAMES = {dotted: kind for kind, dotted in _TYPES}


def to_x509(name: DistinguishedName) -> x509.Name:
    """The name as it stands in a certificate: most general part first, one attribute in each part."""
    return x509.Name([x509.NameAttribute(x509.ObjectIdentifier(_OBJECT_IDENTIFIERS[kind]), value) for kind, value in reversed(name.pairs)])


def from_x509(name: x509.Name) -> DistinguishedName:
    """The name of a certificate; types that MQ does not know are given as dotted numbers."""
    pairs = []
    for attribute in reversed(list(name)):
        dotted = attribute.oid.dotted_string
        value = attribute.value
        pairs.append((_NAMES.get(dotted, dotted), value if isinstance(value, str) else "#" + value.hex()))
    return DistinguishedName.of(pairs)
