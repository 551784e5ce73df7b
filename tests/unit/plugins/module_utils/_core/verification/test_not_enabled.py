# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why what an initiator proposes is not enabled at the responder: told from its settings and its key, or not told."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.end import End
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.evidence import Evidence
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.not_enabled import not_enabled

EC12, RSA12, FIRST13, SECOND13 = (
    "ECDHE_ECDSA_AES_256_GCM_SHA384",
    "ECDHE_RSA_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_256_GCM_SHA384",
)


def told(proposed: str, key_type: str = "EC", **settings: str):
    text = f"The CipherSpec '{proposed}' proposed by remote host '192.0.2.1' is not enabled."
    main = Evidence("9616", "AMQ9616E", "QM2", "QM1", {"text": text})
    found = not_enabled(main, End(certificates={"settings": settings, "held": {"key_type": key_type}}))
    return found and found[0]


@pytest.mark.parametrize(
    ("proposed", "known", "cause"),
    [
        (
            RSA12,
            {},
            f"QM2 does not take {RSA12}, which QM1 proposes, as its certificate has an elliptic-curve key and an RSA one is needed",
        ),
        (
            EC12,
            {"key_type": "RSA"},
            f"QM2 does not take {EC12}, which QM1 proposes, as its certificate has an RSA key and an elliptic-curve one is needed",
        ),
        (EC12, {}, None),
        (f"{RSA12}, {EC12}", {}, None),
        (
            f"{FIRST13}, {SECOND13}",
            {"AllowTLSV13": "no"},
            f"QM2 does not take {FIRST13}, {SECOND13}, which QM1 proposes, as AllowTLSV13 in the SSL stanza of its qm.ini switches TLS 1.3 off",
        ),
        (f"{FIRST13}, {EC12}", {"AllowTLSV13": "no"}, None),
        (FIRST13, {"SSLFIPS": "YES"}, f"QM2 does not take {FIRST13}, which QM1 proposes, as SSLFIPS(YES) allows FIPS CipherSpecs only"),
        (SECOND13, {"SSLFIPS": "YES"}, None),
        (FIRST13, {"SUITEB": "NONE"}, None),
        (
            SECOND13,
            {"SUITEB": "192_BIT"},
            f"QM2 does not take {SECOND13}, which QM1 proposes, as SUITEB(192_BIT) allows CipherSpecs of Suite B only",
        ),
        (EC12, {"SUITEB": "192_BIT"}, None),
        (EC12, {"AllowedCipherSpecs": "ALL"}, None),
        (
            EC12,
            {"AllowedCipherSpecs": f"{RSA12}, {SECOND13}"},
            f"QM2 does not take {EC12}, which QM1 proposes, as AllowedCipherSpecs in the SSL stanza of its qm.ini leaves it out",
        ),
        (
            "TLS_RSA_WITH_AES_128_CBC_SHA",
            {},
            "QM2 does not take TLS_RSA_WITH_AES_128_CBC_SHA, which QM1 proposes, as it is deprecated and disabled",
        ),
        ("002F", {}, None),
        ("", {}, None),
    ],
)
def test_what_excludes_all_that_is_proposed(proposed, known, cause):
    assert told(proposed, **known) == cause


def test_without_a_look_at_the_responder_nothing_is_told():
    main = Evidence("9616", "AMQ9616E", "QM2", "QM1", {"text": f"The CipherSpec '{RSA12}' proposed by remote host 'h' is not enabled."})
    assert not_enabled(main, End()) is None
