# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Predicted handshakes: each cause at each end, with the messages of both and the sentence in full."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.handshake import ChannelEnd, Prediction, predict
from ansible_collections.mqfleet.tls.plugins.module_utils._core.negotiation import Settings
from ansible_collections.mqfleet.tls.plugins.module_utils._core.trust_chain import HeldCertificate

NOW = "2026-11-25T12:00:00Z"
ROOT = HeldCertificate(
    "root",
    "F:ROOT",
    "CN=Root",
    "CN=Root",
    "01",
    "2026-01-01T00:00:00Z",
    "2036-01-01T00:00:00Z",
    "RSA",
    4096,
    self_signed=True,
    trusted=True,
    is_ca=True,
)
OTHER_ROOT = replace(ROOT, label="other", fingerprint="F:OTHER", subject="CN=Other", issuer="CN=Other")


def personal(name: str) -> HeldCertificate:
    return HeldCertificate(
        f"ibmwebspheremq{name.lower()}",
        f"F:{name}",
        f"CN={name},O=Bank",
        "CN=Root",
        "0A",
        "2026-06-01T00:00:00Z",
        "2027-06-01T00:00:00Z",
        "RSA",
        2048,
        signed_by=("F:ROOT",),
        has_key=True,
    )


def end(name: str, **changes) -> ChannelEnd:
    """An end where all is well; ``own`` changes its certificate, ``root`` the CA certificate that it holds (None: it holds no other)."""
    own, root = replace(personal(name), **changes.pop("own", {})), changes.pop("root", ROOT)
    names = ("version", "tls13", "fips", "suite_b", "allowed")
    settings = Settings(**{"version": (9, 4, 0), "tls13": True, **{key: changes.pop(key) for key in names if key in changes}})
    usual = {"cipher_spec": "ANY_TLS12_OR_HIGHER", "certificates": [own] + ([root] if root else []), "settings": settings}
    return ChannelEnd(name, **{**usual, **changes})


def expected(by: str, cause: str, first: tuple, second: tuple, rest: str) -> Prediction:
    what, _semicolon, remedy = rest.partition("; ")
    return Prediction(
        False if by else None,
        refused_by=by,
        initiator_messages=first,
        responder_messages=second,
        cause=cause,
        sentence=f"The channel from QM1 to QM2 {'will' if by else 'may'} fail: {what}.",
        remedy=remedy,
    )


@pytest.mark.parametrize(
    ("initiator", "responder", "cipher_spec", "protocol"),
    [
        ({}, {}, "", "TLS 1.3"),
        ({}, {"tls13": False}, "", "TLS 1.2"),
        ({}, {"tls13": None}, "", ""),
        ({"version": (9, 1, 1), "cipher_spec": "ANY_TLS12", "tls13": None}, {}, "", "TLS 1.2"),
        (
            {"cipher_spec": "ECDHE_RSA_AES_256_GCM_SHA384"},
            {"cipher_spec": "ECDHE_RSA_AES_256_GCM_SHA384"},
            "ECDHE_RSA_AES_256_GCM_SHA384",
            "TLS 1.2",
        ),
        ({"cipher_spec": "TLS_AES_256_GCM_SHA384"}, {"own": {"key_type": "EC"}}, "TLS_AES_256_GCM_SHA384", "TLS 1.3"),
        # Nothing sent and nothing asked for.
        ({"certificates": [ROOT]}, {"authentication": "OPTIONAL"}, "", "TLS 1.3"),
        ({"own": {"has_key": False}}, {"authentication": "OPTIONAL"}, "", "TLS 1.3"),
        ({"own": {"label": "mine"}, "queue_manager_label": "mine"}, {}, "", "TLS 1.3"),
        ({"own": {"label": "mine"}, "channel_label": "mine", "queue_manager_label": "other"}, {}, "", "TLS 1.3"),
        ({"peer": "CN=QM2,O=Bank"}, {"peer": "CN=QM*"}, "", "TLS 1.3"),
        ({"own": {"extended_key_usage": ("clientAuth",)}}, {"own": {"extended_key_usage": ("serverAuth",)}}, "", "TLS 1.3"),
        ({"revoked": frozenset({("CN=Other", "0A")})}, {}, "", "TLS 1.3"),
        ({"fips": True}, {"fips": True}, "", "TLS 1.3"),
    ],
)
def test_a_channel_that_comes_up(initiator, responder, cipher_spec, protocol):
    assert predict(end("QM1", **initiator), end("QM2", **responder), NOW) == Prediction(
        True, cipher_spec, protocol, sentence="The channel from QM1 to QM2 will come up."
    )


def test_a_channel_without_tls_comes_up_and_says_so():
    assert predict(end("QM1", cipher_spec=""), end("QM2", cipher_spec=""), NOW) == Prediction(
        True, cause="no_tls", sentence="The channel from QM1 to QM2 will run without TLS.", remedy="set SSLCIPH on both ends"
    )


CLOSED = ("AMQ9665E", "AMQ9209E")
NO_COMMON = ("AMQ9665E", "AMQ9620E", "AMQ9638E")
OWN = ("AMQ9797E", "AMQ9630E")
ECDSA, CHACHA, TLS13_ONLY = "ECDHE_ECDSA_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"
RSA_SPEC = "ECDHE_RSA_AES_256_GCM_SHA384"
OLD = "TLS_RSA_WITH_AES_128_CBC_SHA"


def both(cause, changes, ours, theirs, rest):
    """The same cause at the initiator and at the responder; in ``rest`` {here} is the end that is changed, and that refuses."""
    return [
        (changes, {}, expected("initiator", cause, ours, theirs, rest.format(here="QM1", there="QM2"))),
        ({}, changes, expected("responder", cause, theirs, ours, rest.format(here="QM2", there="QM1"))),
    ]


def refused(cause, changes, rest):
    """The same cause in the certificate of either end, which the other one refuses; {there} is the end that is changed."""
    return [
        (
            {},
            changes("QM2"),
            expected("initiator", cause, ("AMQ9633E",), ("AMQ9665E",), rest.format(here="QM1", there="QM2", use="serverAuth")),
        ),
        (
            changes("QM1"),
            {},
            expected("responder", cause, ("AMQ9665E",), ("AMQ9633E",), rest.format(here="QM2", there="QM1", use="clientAuth")),
        ),
    ]


RENEW = "run mqfleet.tls.site for {there}, which renews it and refreshes"
REFUSALS = [
    (
        {"cipher_spec": ""},
        {},
        expected(
            "responder",
            "initiator_without_tls",
            ("AMQ9641E", "AMQ9503E"),
            ("AMQ9639E",),
            "QM2 demands TLS and QM1 connects without it; set SSLCIPH at QM1 (run mqfleet.tls.site)",
        ),
    ),
    (
        {},
        {"cipher_spec": ""},
        expected(
            "responder",
            "responder_without_tls",
            ("AMQ9641E",),
            ("AMQ9635E",),
            "SSLCIPH of QM2 is blank while QM1 connects with TLS; set SSLCIPH at QM2 (run mqfleet.tls.site)",
        ),
    ),
    *both(
        "cipher_spec_disabled",
        {"cipher_spec": OLD},
        ("AMQ9788E",),
        CLOSED,
        "SSLCIPH of {here} names " + OLD + ", a CipherSpec that is deprecated and disabled; choose a current CipherSpec",
    ),
    *both(
        "cipher_spec_level",
        {"version": (9, 1, 0)},
        (),
        (),
        "SSLCIPH of {here} is ANY_TLS12_OR_HIGHER, which the level 9.1.0 of IBM MQ does not know; "
        "upgrade {here} or take a TLS 1.2 CipherSpec",
    ),
    (
        {"cipher_spec": ECDSA},
        {},
        expected(
            "responder",
            "key_type",
            NO_COMMON,
            ("AMQ9616E",),
            "ECDHE_ECDSA_AES_256_GCM_SHA384 needs a certificate with an EC key at QM2, which has an RSA one; "
            "take ANY_TLS12_OR_HIGHER on both ends, which serves both types of key",
        ),
    ),
    (
        {"cipher_spec": TLS13_ONLY},
        {"tls13": False},
        expected(
            "responder",
            "tls13_disabled",
            NO_COMMON,
            ("AMQ9616E",),
            "TLS_AES_256_GCM_SHA384 of QM1 is TLS 1.3, which is not enabled on both ends; "
            "enable it (AllowTLSV13) or take a TLS 1.2 CipherSpec",
        ),
    ),
    (
        {},
        {"cipher_spec": RSA_SPEC},
        expected(
            "responder",
            "cipher_spec_mismatch",
            ("AMQ9641E",),
            ("AMQ9631E",),
            "the handshake settles on another CipherSpec than SSLCIPH of QM2 demands (ANY_TLS12_OR_HIGHER at QM1 and "
            "ECDHE_RSA_AES_256_GCM_SHA384 at QM2); give both ends the same SSLCIPH, QM2 first (run mqfleet.tls.site)",
        ),
    ),
    (
        {},
        {"certificates": [ROOT]},
        expected(
            "responder",
            "responder_certificate_missing",
            CLOSED,
            ("AMQ9675E", "AMQ9797E", "AMQ9637E"),
            "QM2 has no certificate with its private key under the label ibmwebspheremqqm2; "
            "put one there or correct CERTLABL (run mqfleet.tls.site for QM2)",
        ),
    ),
    *[
        (
            {"certificates": [ROOT]},
            changes,
            expected(
                "responder",
                "initiator_certificate_missing",
                ("AMQ9642E",),
                ("AMQ9637E",),
                "QM2 requires a certificate and QM1 has none with its private key under ibmwebspheremqqm1; "
                "put one there or correct CERTLABL (run mqfleet.tls.site for QM1), or make the link one_way",
            ),
        )
        for changes in ({}, {"authentication": "OPTIONAL", "peer": "CN=QM1"})
    ],
    *both(
        "own_certificate_expired",
        {"own": {"not_after": NOW}},
        OWN,
        ("AMQ9209E",),
        "the certificate of {here} itself expires on 2026-11-25T12:00:00Z, so {here} does not present it; "
        "run mqfleet.tls.site for {here}, which renews it and refreshes",
    ),
    *both(
        "own_certificate_not_yet_valid",
        {"own": {"not_before": "2026-11-25T12:00:01Z"}},
        OWN,
        ("AMQ9209E",),
        "the certificate of {here} itself is not valid before 2026-11-25T12:00:01Z, so {here} does not present it; "
        "check the clock of the host, or run mqfleet.tls.site for {here}, which renews it and refreshes",
    ),
    *both(
        "own_chain_incomplete",
        {"root": None},
        ("AMQ9797E",),
        ("AMQ9209E",),
        "the key repository of {here} lacks a CA certificate of its own certificate's chain, so {here} does not present it; "
        "run mqfleet.tls.site for {here}, which completes the chain and refreshes",
    ),
    *refused(
        "not_trusted",
        lambda _name: {"own": {"signed_by": ("F:OTHER",), "issuer": "CN=Other"}, "extra": [OTHER_ROOT]},
        "{here} does not trust the issuer (CN=Other) of the certificate of {there} (CN={there},O=Bank), so {here} refuses it; "
        "run mqfleet.tls.site for both, which adds what {here} has to trust, and refresh",
    ),
    *refused(
        "extended_key_usage",
        lambda name: {"own": {"extended_key_usage": ("serverAuth",) if name == "QM1" else ("clientAuth",)}},
        "the extended key usage of the certificate of {there} (CN={there},O=Bank) lacks {use}, so {here} refuses it; "
        "issue it with serverAuth and clientAuth; " + RENEW,
    ),
    *[
        (
            first,
            second,
            expected(
                by,
                "revoked",
                ours,
                theirs,
                f"the certificate of {there} (CN={there},O=Bank) (or a CA certificate above it) is revoked, so {here} refuses it; "
                f"run mqfleet.tls.site for {there}, which renews it and refreshes",
            ),
        )
        for first, second, by, ours, theirs, here, there in (
            ({"revoked": frozenset({("CN=Root", "0A")})}, {}, "initiator", ("AMQ9633E",), ("AMQ9665E",), "QM1", "QM2"),
            ({}, {"revoked": frozenset({("CN=Root", "0A")})}, "responder", ("AMQ9665E",), ("AMQ9633E",), "QM2", "QM1"),
        )
    ],
    *both(
        "peer_name",
        {"peer": "CN=QM9"},
        ("AMQ9636E",),
        ("AMQ9643E",),
        "the distinguished name of {there} (CN={there},O=Bank) does not match SSLPEER of {here} (CN=QM9); "
        "correct SSLPEER (run mqfleet.tls.site) or the subject of the certificate of {there}",
    ),
    *both(
        "peer_filter",
        {"peer": "QM9"},
        ("AMQ9640E",),
        ("AMQ9643E",),
        "SSLPEER of {here} is not a valid filter (QM9); correct SSLPEER",
    ),
]


def made(name, changes):
    """As ``end``; ``extra``: further certificates of the key repository."""
    changes = dict(changes)
    extra = changes.pop("extra", [])
    built = end(name, **changes)
    return replace(built, certificates=[*built.certificates, *extra]) if extra else built


@pytest.mark.parametrize(("initiator", "responder", "prediction"), REFUSALS)
def test_a_channel_that_fails(initiator, responder, prediction):
    assert predict(made("QM1", initiator), made("QM2", responder), NOW) == prediction


@pytest.mark.parametrize(
    ("root", "cause", "rest"),
    [
        (
            {"not_after": NOW},
            "ca_certificate_expired",
            "expires on 2026-11-25T12:00:00Z, so QM1 refuses it; renew the CA certificate, then "
            "run mqfleet.tls.site for QM2, which renews it and refreshes",
        ),
        (
            {"not_before": "2026-11-25T12:00:01Z"},
            "ca_certificate_not_yet_valid",
            "is not valid before 2026-11-25T12:00:01Z, so QM1 refuses it; check the clocks of both hosts",
        ),
    ],
)
def test_a_ca_certificate_out_of_its_validity_ends_the_handshake_at_the_initiator(root, cause, rest):
    authority = replace(ROOT, **root)
    rest = "the CA certificate CN=Root above the certificate of QM2 (CN=QM2,O=Bank) " + rest
    assert predict(end("QM1", root=authority), end("QM2", root=authority), NOW) == expected(
        "initiator", cause, ("AMQ9633E",), ("AMQ9665E",), rest
    )


def test_a_certificate_signed_with_one_that_is_no_ca_is_refused():
    authority = replace(ROOT, is_ca=False)
    assert predict(end("QM1", root=authority), end("QM2", root=authority), NOW) == expected(
        "initiator",
        "issuer_is_no_ca",
        ("AMQ9633E",),
        ("AMQ9665E",),
        "the certificate of QM2 (CN=QM2,O=Bank) was signed with CN=Root, which is no CA, so QM1 refuses it; "
        "have it signed by a CA; run mqfleet.tls.site for QM2, which renews it and refreshes",
    )


@pytest.mark.parametrize(
    ("initiator", "responder", "cause", "first", "second", "rest"),
    [
        (
            {"cipher_spec": "NEW_SPEC"},
            {},
            "cipher_spec_unknown",
            (),
            (),
            "SSLCIPH of QM1 is NEW_SPEC, which is not known here; take ANY_TLS12_OR_HIGHER or an enabled CipherSpec",
        ),
        (
            {},
            {"certificates": None},
            "key_repository_unread",
            (),
            (),
            "the key repository of QM2 has not been read; read it with mqfleet.tls.key_repository_info at QM2",
        ),
        (
            {"cipher_spec": CHACHA, "fips": True},
            {},
            "cipher_spec_not_fips",
            ("AMQ9719E",),
            (),
            "QM1 is in FIPS mode and TLS_CHACHA20_POLY1305_SHA256 is probably no FIPS CipherSpec; choose a FIPS CipherSpec or an alias",
        ),
        (
            {"cipher_spec": CHACHA},
            {"fips": True},
            "cipher_spec_not_fips",
            NO_COMMON,
            ("AMQ9616E",),
            "QM2 is in FIPS mode and TLS_CHACHA20_POLY1305_SHA256 is probably no FIPS CipherSpec; choose a FIPS CipherSpec or an alias",
        ),
        (
            {"cipher_spec": TLS13_ONLY},
            {"tls13": None},
            "tls13_disabled",
            NO_COMMON,
            ("AMQ9616E",),
            "TLS_AES_256_GCM_SHA384 of QM1 is TLS 1.3, and whether that is enabled on both ends is not known; "
            "enable it (AllowTLSV13) or take a TLS 1.2 CipherSpec",
        ),
        (
            {"cipher_spec": "ANY_TLS12"},
            {"cipher_spec": RSA_SPEC},
            "cipher_spec_mismatch",
            ("AMQ9641E",),
            ("AMQ9631E",),
            "it depends on the enabled CipherSpecs and on TLS 1.3 what the handshake settles on (ANY_TLS12 at QM1 and "
            "ECDHE_RSA_AES_256_GCM_SHA384 at QM2); give both ends the same SSLCIPH, QM2 first (run mqfleet.tls.site)",
        ),
        (
            {"fips": True},
            {"own": {"key_size": 1024}},
            "weak_key",
            ("AMQ9633E",),
            ("AMQ9665E",),
            "the key of the certificate of QM2 (CN=QM2,O=Bank) has 1024 bits and QM1 is in FIPS mode; "
            "issue it with a key of 2048 bits or more",
        ),
        (
            {"own": {"signature_algorithm": "SHA1withRSA"}},
            {},
            "weak_signature",
            ("AMQ9665E",),
            ("AMQ9633E",),
            "the certificate of QM1 (CN=QM1,O=Bank) is signed with SHA1withRSA; have it signed with SHA-256 or better",
        ),
        (
            {"root": replace(ROOT, trusted=False), "extra": [replace(personal("QM2"), label="partner", has_key=False, trusted=True)]},
            {},
            "root_not_trusted",
            ("AMQ9633E",),
            ("AMQ9665E",),
            "QM1 trusts a certificate in the chain of the certificate of QM2 (CN=QM2,O=Bank) but not its root, "
            "which may not be enough; add the root to the key repository of QM1",
        ),
    ],
)
def test_an_outcome_that_is_not_known(initiator, responder, cause, first, second, rest):
    assert predict(made("QM1", initiator), made("QM2", responder), NOW) == expected("", cause, first, second, rest)


def test_a_certain_refusal_outweighs_a_doubt_before_it():
    found = predict(end("QM1", cipher_spec="ANY_TLS12", own={"signature_algorithm": "md5"}), end("QM2", peer="CN=QM9"), NOW)
    assert (found.ok, found.cause) == (False, "peer_name")
