# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The library `cryptography`, or the sentence that says that it is missing.

Every file of this folder takes its names from here, so that it can be imported on a host without the library.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import sys

from .._core.errors import StateError

try:
    from cryptography import __version__, x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

    VERSION = int(__version__.split(".")[0])
    AVAILABLE = True
except ImportError:
    x509 = hashes = serialization = ec = padding = rsa = pkcs12 = None
    AuthorityInformationAccessOID = ExtendedKeyUsageOID = NameOID = None
    InvalidSignature = UnsupportedAlgorithm = Exception
    VERSION = 0
    AVAILABLE = False

__all__ = [
    "AVAILABLE",
    "AuthorityInformationAccessOID",
    "ExtendedKeyUsageOID",
    "InvalidSignature",
    "NameOID",
    "UnsupportedAlgorithm",
    "VERSION",
    "ec",
    "hashes",
    "padding",
    "pkcs12",
    "require",
    "rsa",
    "serialization",
    "x509",
]


def require(attempt: str) -> None:
    """Raises StateError where the library is missing; ``attempt`` begins the sentence."""
    if not AVAILABLE:
        raise StateError(
            f"{attempt} and the Python library cryptography is not there for {sys.executable}; install it on this host, "
            f"as the package python3-cryptography or with pip."
        )
