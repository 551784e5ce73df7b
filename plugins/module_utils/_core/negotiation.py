# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which CipherSpec the handshake of a channel settles on.

The initiator offers, of what its queue manager has enabled, what its SSLCIPH names. The responder takes what its queue manager has enabled
and its certificate serves, whatever SSLCIPH of its channel says. The protocol version goes before the order of preference; whose order
counts is not documented: with GSKit 8 it is the responder's (``make prediction``).

Sources: IBM MQ documentation, "CipherSpec order in TLS handshake", "SSL stanza of the qm.ini file", "Using TLS 1.3 in IBM MQ".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Iterator

from .cipherspec import CIPHER_SPECS, TLS13, CipherSpec, accepts

# The default order is documented from this level on, and so is AllowedCipherSpecs.
_ORDER_SINCE = (9, 2, 0)
_TLS13_SINCE = (9, 1, 4)
# That this one is no FIPS CipherSpec is not confirmed; all others that are enabled are.
MAYBE_NO_FIPS = "TLS_CHACHA20_POLY1305_SHA256"


@dataclass(frozen=True)
class Settings:
    """What of a queue manager decides on the CipherSpecs that it has enabled.

    ``version`` and ``tls13`` (AllowTLSV13 as it is in force) are None where they are not known; ``allowed`` is AllowedCipherSpecs, empty
    for all. ``suite_b``: SUITEB names a level.
    """

    version: tuple[int, int, int] | None = None
    tls13: bool | None = None
    fips: bool = False
    suite_b: bool = False
    allowed: tuple[str, ...] = ()

    @property
    def _order(self) -> list[CipherSpec]:
        """Most preferred first."""
        names = self.allowed if self.allowed and (self.version is None or self.version >= _ORDER_SINCE) else tuple(CIPHER_SPECS)
        specs = [CIPHER_SPECS[name] for name in names if name in CIPHER_SPECS]
        return sorted((spec for spec in specs if spec.is_enabled), key=lambda spec: spec.protocol, reverse=True)

    @property
    def order_is_known(self) -> bool:
        return self.version is not None and self.version >= _ORDER_SINCE

    @property
    def has_tls13(self) -> bool | None:
        return False if self.version is not None and self.version < _TLS13_SINCE else self.tls13

    def enabled(self) -> Iterator[list[CipherSpec]]:
        """The CipherSpecs, most preferred first, once for each way in which it may be."""
        for tls13, fips in product(_either(self.has_tls13), (True, False) if self.fips else (False,)):
            yield [spec for spec in self._order if (tls13 or spec.protocol != TLS13) and not (fips and spec.name == MAYBE_NO_FIPS)]


def offers(initiator: Settings, definition: str) -> list[list[CipherSpec]]:
    """What an initiator whose SSLCIPH is ``definition`` may offer, once for each way in which it may be."""
    return [[spec for spec in specs if accepts(definition, spec.name)] for specs in initiator.enabled()]


def settled(initiator: Settings, definition: str, responder: Settings, key_type: str | None) -> frozenset[CipherSpec | None]:
    """The CipherSpecs of which the handshake settles on one; None among them: there may be nothing in common with what is offered.

    ``key_type`` is that of the responder's certificate; None: not known.
    """
    found: set[CipherSpec | None] = set()
    for offered, served in product(filter(None, offers(initiator, definition)), responder.enabled()):
        common = [spec for spec in offered if spec in served and (key_type is None or spec.key_type in (None, key_type))]
        # The version is settled first: there is no way back to TLS 1.2 where both have TLS 1.3 but nothing in common in it.
        protocol = max({spec.protocol for spec in offered} & {spec.protocol for spec in served}, default="")
        best = [spec for spec in served if spec in common and spec.protocol == protocol]
        found |= set(best[:1] if responder.order_is_known and key_type is not None else best) or {None}
    return frozenset(found)


def _either(known: bool | None) -> tuple[bool, ...]:
    return (True, False) if known is None else (known,)
