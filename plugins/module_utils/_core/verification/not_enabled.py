# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a responder has not enabled what an initiator proposes (AMQ9616E): the message names the CipherSpecs, the settings say the rest.

Sources: IBM MQ documentation, "SSL stanza of the qm.ini file", "Digital certificates and CipherSpec compatibility in IBM MQ", "ALTER QMGR"
(SSLFIPS, SUITEB), "CipherSpecs supported by Suite B".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator, Mapping

from ..cipherspec import CIPHER_SPECS, TLS13, CipherSpec
from ..negotiation import MAYBE_NO_FIPS
from .end import End
from .evidence import Evidence

_SUITE_B = frozenset(["ECDHE_ECDSA_AES_128_GCM_SHA256", "ECDHE_ECDSA_AES_256_GCM_SHA384"])
_OFF = frozenset(["N", "NO", "F", "FALSE"])
_KEYS = {"EC": "an elliptic-curve", "RSA": "an RSA"}
# So many are named in a sentence.
_SHOWN = 3


def not_enabled(main: Evidence, responder: End) -> tuple[str, str] | None:
    """Cause and remedy; None where the message names no CipherSpec, or what is known of the responder does not exclude it."""
    named = re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", str(main.entry.get("text", "")))
    proposed = [CIPHER_SPECS[name] for name in named if name in CIPHER_SPECS]
    if not proposed:
        return None
    for cause, remedy, excludes in _objections(main.here, responder.certificates or {}, proposed):
        if all(map(excludes, proposed)):
            shown = ", ".join(spec.name for spec in proposed[:_SHOWN])
            more = f" and {len(proposed) - _SHOWN} more" if len(proposed) > _SHOWN else ""
            return f"{main.here} does not take {shown}{more}, which {main.there} proposes, {cause}", remedy
    return None


def _objections(here: str, known: Mapping[str, Any], proposed: list[CipherSpec]) -> Iterator[tuple[str, str, Callable[[CipherSpec], bool]]]:
    """What may exclude a CipherSpec: the reason, the remedy, and whether it does."""
    settings = known.get("settings") or {}
    another = f"choose another CipherSpec for both ends, or change that of {here}"
    yield "as it is deprecated and disabled", "choose a current CipherSpec for both ends", lambda spec: not spec.is_enabled
    tls13_is_off = str(settings.get("AllowTLSV13", "")).strip().upper() in _OFF
    yield (
        "as AllowTLSV13 in the SSL stanza of its qm.ini switches TLS 1.3 off",
        f"set AllowTLSV13=TRUE there and restart {here}, or choose a CipherSpec of TLS 1.2 for both ends",
        lambda spec: tls13_is_off and spec.protocol == TLS13,
    )
    allowed = {name.strip() for name in str(settings.get("AllowedCipherSpecs", "")).split(",")} - {""}
    yield (
        "as AllowedCipherSpecs in the SSL stanza of its qm.ini leaves it out",
        f"choose one that it lists for both ends, or add it there and refresh {here}",
        lambda spec: bool(allowed) and "ALL" not in allowed and spec.name not in allowed,
    )
    yield (
        "as SSLFIPS(YES) allows FIPS CipherSpecs only",
        f"{another} (SSLFIPS)",
        lambda spec: settings.get("SSLFIPS") == "YES" and spec.name == MAYBE_NO_FIPS,
    )
    suite_b = str(settings.get("SUITEB") or "NONE").strip("' ")
    yield (
        f"as SUITEB({suite_b}) allows CipherSpecs of Suite B only",
        f"{another} (SUITEB)",
        lambda spec: suite_b not in ("NONE", "") and spec.name not in _SUITE_B,
    )
    has = str((known.get("held") or {}).get("key_type") or "")
    needs = proposed[0].key_type
    yield (
        f"as its certificate has {_KEYS.get(has, 'another')} key and {_KEYS.get(needs or '', 'another')} one is needed",
        f"choose a CipherSpec for that key or an alias for both ends, or change mq_tls_key_type of {here} and run mqfleet.tls.site",
        lambda spec: bool(has) and spec.key_type not in (None, has),
    )
