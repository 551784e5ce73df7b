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


BEST, BEST_TLS12, BEST_EC = "TLS_CHACHA20_POLY1305_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384", "ECDHE_ECDSA_AES_256_GCM_SHA384"
RSA_SPEC = "ECDHE_RSA_AES_256_GCM_SHA384"


@pytest.mark.parametrize(
    ("initiator", "responder", "cipher_spec", "protocol"),
    [
        ({}, {}, BEST, "TLS 1.3"),
        ({}, {"tls13": False}, BEST_TLS12, "TLS 1.2"),
        ({}, {"tls13": False, "own": {"key_type": "EC"}}, BEST_EC, "TLS 1.2"),
        ({}, {"tls13": None}, "", ""),
        ({"version": (9, 1, 1), "cipher_spec": "ANY_TLS12", "tls13": None}, {}, BEST_TLS12, "TLS 1.2"),
        # Before 9.2 the order of preference is not documented; after it, the responder's counts.
        ({}, {"version": (9, 1, 5)}, "", "TLS 1.3"),
        ({"allowed": (RSA_SPEC, BEST_TLS12)}, {"allowed": (BEST_TLS12, RSA_SPEC)}, BEST_TLS12, "TLS 1.2"),
        ({"allowed": (BEST_TLS12, RSA_SPEC)}, {"allowed": (RSA_SPEC, BEST_TLS12)}, RSA_SPEC, "TLS 1.2"),
        ({"cipher_spec": RSA_SPEC}, {"cipher_spec": RSA_SPEC}, RSA_SPEC, "TLS 1.2"),
        ({"cipher_spec": "ANY_TLS12"}, {"cipher_spec": BEST_TLS12}, BEST_TLS12, "TLS 1.2"),
        ({"cipher_spec": "TLS_AES_256_GCM_SHA384"}, {"own": {"key_type": "EC"}}, "TLS_AES_256_GCM_SHA384", "TLS 1.3"),
        # Nothing sent and nothing asked for.
        ({"certificates": [ROOT]}, {"authentication": "OPTIONAL"}, BEST, "TLS 1.3"),
        ({"own": {"has_key": False}}, {"authentication": "OPTIONAL"}, BEST, "TLS 1.3"),
        ({"own": {"label": "mine"}, "queue_manager_label": "mine"}, {}, BEST, "TLS 1.3"),
        ({"own": {"label": "mine"}, "channel_label": "mine", "queue_manager_label": "other"}, {}, BEST, "TLS 1.3"),
        ({}, {"own": {"label": "mine"}, "channel_label": "mine", "queue_manager_label": "other"}, BEST, "TLS 1.3"),
        # The responder does not learn the channel's name in time.
        (
            {"sends_channel_name": False},
            {"own": {"label": "mine"}, "channel_label": "other", "queue_manager_label": "mine"},
            BEST,
            "TLS 1.3",
        ),
        ({"peer": "CN=QM2,O=Bank"}, {"peer": "CN=QM*"}, BEST, "TLS 1.3"),
        ({"own": {"extended_key_usage": ("clientAuth",)}}, {"own": {"extended_key_usage": ("serverAuth",)}}, BEST, "TLS 1.3"),
        # Levels with GSKit 8 do not look at it.
        ({"own": {"extended_key_usage": ("serverAuth",)}}, {"own": {"extended_key_usage": ("clientAuth",)}}, BEST, "TLS 1.3"),
        ({"revoked": frozenset({("CN=Other", "0A")})}, {}, BEST, "TLS 1.3"),
        # Which of two the handshake takes depends on what counts as FIPS.
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
NOT_CALLED = ("", "AMQ9209E")
ECDSA, CHACHA, TLS13_ONLY = "ECDHE_ECDSA_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"
OLD = "TLS_RSA_WITH_AES_128_CBC_SHA"


def both(cause, changes, ours, at_responder, at_initiator, rest):
    """The same cause at either end, which refuses ({here} in ``rest``), and what the other one writes then."""
    return [
        (changes, {}, expected("initiator", cause, ours, at_responder, rest.format(here="QM1", there="QM2"))),
        ({}, changes, expected("responder", cause, at_initiator, ours, rest.format(here="QM2", there="QM1"))),
    ]


def refused(cause, changes, rest, judge=None):
    """The same cause in the certificate of either end, which the other one (``judge``) refuses; {there} is the end that is changed."""
    ours, theirs = ("AMQ9633E",), ("AMQ9665E",)
    return [
        (judge or {}, changes("QM2"), expected("initiator", cause, ours, theirs, rest.format(here="QM1", there="QM2", use="serverAuth"))),
        (changes("QM1"), judge or {}, expected("responder", cause, theirs, ours, rest.format(here="QM2", there="QM1", use="clientAuth"))),
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
        NOT_CALLED,
        ("AMQ9641E", *CLOSED),
        "SSLCIPH of {here} names " + OLD + ", a CipherSpec that is deprecated and disabled; choose a current CipherSpec",
    ),
    *both(
        "cipher_spec_level",
        {"version": (9, 1, 0)},
        (),
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
            "ECDHE_ECDSA_AES_256_GCM_SHA384 needs a certificate with an EC key at QM2, whose key is RSA; "
            "take ANY_TLS12_OR_HIGHER on both ends, which serves both types of key",
        ),
    ),
    (
        {"cipher_spec": TLS13_ONLY},
        {"tls13": False},
        expected(
            "responder",
            "cipher_spec_not_enabled",
            NO_COMMON,
            ("AMQ9616E",),
            "QM2 has nothing enabled that QM1 offers (TLS_AES_256_GCM_SHA384); "
            "see AllowTLSV13, AllowedCipherSpecs and SSLFIPS of QM2, or take another CipherSpec",
        ),
    ),
    (
        # Both have TLS 1.3, and in it nothing in common: there is no way back to TLS 1.2.
        {"allowed": (TLS13_ONLY, RSA_SPEC)},
        {"allowed": (CHACHA, RSA_SPEC)},
        expected(
            "responder",
            "cipher_spec_not_enabled",
            NO_COMMON,
            ("AMQ9616E",),
            "QM2 has nothing enabled that QM1 offers (ANY_TLS12_OR_HIGHER); "
            "see AllowTLSV13, AllowedCipherSpecs and SSLFIPS of QM2, or take another CipherSpec",
        ),
    ),
    (
        {"cipher_spec": TLS13_ONLY, "tls13": False},
        {},
        expected(
            "initiator",
            "cipher_spec_not_enabled",
            (),
            NOT_CALLED,
            "QM1 has nothing enabled that its SSLCIPH (TLS_AES_256_GCM_SHA384) names; "
            "see AllowTLSV13 and AllowedCipherSpecs in qm.ini of QM1, or take another CipherSpec",
        ),
    ),
    *both(
        "key_repository_not_there",
        {"repository_fault": "not_there", "certificates": []},
        ("AMQ9657E",),
        NOT_CALLED,
        CLOSED,
        "the key repository that SSLKEYR of {here} names is not there; make it (run mqfleet.tls.site for {here})",
    ),
    *both(
        "key_repository_not_stated",
        {"repository_fault": "not_stated", "certificates": []},
        ("AMQ9627E",),
        NOT_CALLED,
        CLOSED,
        "SSLKEYR of {here} is blank; state the key repository (run mqfleet.tls.site for {here})",
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
    (  # a channel without SSLCIPH has no use for a label of its own
        {},
        {"own": {"label": "mine"}, "channel_label": "mine", "queue_manager_label": "nowhere", "cipher_spec": ""},
        expected(
            "responder",
            "responder_certificate_missing",
            CLOSED,
            ("AMQ9675E", "AMQ9797E", "AMQ9637E"),
            "QM2 has no certificate with its private key under the label nowhere; put one there or correct CERTLABL (run mqfleet.tls.site for QM2)",
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
        NOT_CALLED,
        CLOSED,
        "the certificate of {here} itself expires on 2026-11-25T12:00:00Z, so {here} does not present it; "
        "run mqfleet.tls.site for {here}, which renews it and refreshes",
    ),
    *both(
        "own_certificate_not_yet_valid",
        {"own": {"not_before": "2026-11-25T12:00:01Z"}},
        OWN,
        NOT_CALLED,
        CLOSED,
        "the certificate of {here} itself is not valid before 2026-11-25T12:00:01Z, so {here} does not present it; "
        "check the clock of the host, or run mqfleet.tls.site for {here}, which renews it and refreshes",
    ),
    *both(
        "own_chain_incomplete",
        {"root": None},
        OWN,
        NOT_CALLED,
        CLOSED,
        "the key repository of {here} lacks a CA certificate of the certificate of {here} itself, so {here} does not present it; "
        "run mqfleet.tls.site for {here}, which completes the chain and refreshes",
    ),
    *refused(
        "not_trusted",
        lambda _name: {"own": {"signed_by": ("F:OTHER",), "issuer": "CN=Other"}, "extra": [OTHER_ROOT]},
        "{here} does not trust the issuer (CN=Other) of the certificate of {there} (CN={there},O=Bank), so {here} refuses it; "
        "run mqfleet.tls.site for both, which adds what {here} has to trust, and refresh",
    ),
    *refused(
        "root_not_trusted",
        lambda name: {
            "own": {"signed_by": ("F:OTHER",), "issuer": "CN=Other", "fingerprint": "F:PINNED"},
            "extra": [OTHER_ROOT],
        },
        "{here} trusts a certificate in the chain of the certificate of {there} (CN={there},O=Bank) but not its root, so {here} refuses it; "
        "add the root to the key repository of {here} and refresh",
        {"extra": [replace(OTHER_ROOT, label="pinned", fingerprint="F:PINNED", self_signed=False)]},
    ),
    *refused(
        "extended_key_usage",
        lambda name: {"own": {"extended_key_usage": ("serverAuth",) if name == "QM1" else ("clientAuth",)}},
        "the extended key usage of the certificate of {there} (CN={there},O=Bank) lacks {use}, so {here} refuses it; "
        "issue it with serverAuth and clientAuth; " + RENEW,
        {"version": (9, 4, 5)},
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
        ("AMQ9643E",),
        "the distinguished name of {there} (CN={there},O=Bank) does not match SSLPEER of {here} (CN=QM9); "
        "correct SSLPEER (run mqfleet.tls.site) or the subject of the certificate of {there}",
    ),
    *both(
        "peer_filter",
        {"peer": "QM9"},
        ("AMQ9640E",),
        ("AMQ9643E",),
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
    ("root", "cause", "what", "remedy"),
    [
        ({"not_after": NOW}, "ca_certificate_expired", "expires on 2026-11-25T12:00:00Z", "renew the CA certificate, then {renew}"),
        (
            {"not_before": "2026-11-25T12:00:01Z"},
            "ca_certificate_not_yet_valid",
            "is not valid before 2026-11-25T12:00:01Z",
            "check the clocks of both hosts",
        ),
        ({"is_ca": False}, "issuer_is_no_ca", "is no CA", "have it signed by a CA; {renew}"),
    ],
)
@pytest.mark.parametrize("end_changed", ["QM1", "QM2"])
def test_an_end_does_not_present_a_certificate_below_a_bad_ca(end_changed, root, cause, what, remedy):
    bad = replace(OTHER_ROOT, **root)
    changes = {"own": {"signed_by": ("F:OTHER",), "issuer": "CN=Other"}, "extra": [bad]}
    by = "initiator" if end_changed == "QM1" else "responder"
    ours, theirs = (OWN, NOT_CALLED) if by == "initiator" else (CLOSED, OWN)
    rest = (
        f"the CA certificate CN=Other above the certificate of {end_changed} itself {what}, so {end_changed} does not present it; {remedy}"
    )
    rest = rest.format(renew=RENEW.format(there=end_changed))
    found = predict(made("QM1", changes if by == "initiator" else {}), made("QM2", changes if by == "responder" else {}), NOW)
    assert found == expected(by, f"own_{cause}", ours, theirs, rest)


def test_a_ca_that_its_own_queue_manager_does_not_trust_ends_the_handshake_or_leaves_it_anonymous():
    changes = {"own": {"signed_by": ("F:OTHER",), "issuer": "CN=Other"}, "extra": [replace(OTHER_ROOT, trusted=False)]}
    assert predict(end("QM1"), made("QM2", changes), NOW).ok is not True
    required = predict(made("QM1", changes), end("QM2"), NOW)
    assert (required.ok, required.cause, required.refused_by) == (False, "initiator_certificate_missing", "")
    assert {"AMQ9642E", "AMQ9797E"} <= set(required.initiator_messages)
    assert {"AMQ9637E", ""} <= set(required.responder_messages)
    optional = predict(made("QM1", changes), end("QM2", authentication="OPTIONAL"), NOW)
    assert (optional.ok, optional.cause) == (None, "own_ca_not_trusted")


def test_in_tls_1_3_both_ends_may_refuse():
    changes = {"own": {"signed_by": ("F:OTHER",), "issuer": "CN=Other"}, "extra": [OTHER_ROOT], "peer": "CN=QM9"}
    found = predict(made("QM1", changes), end("QM2"), NOW)
    assert (found.refused_by, found.initiator_messages, found.responder_messages) == ("initiator", ("AMQ9636E",), ("AMQ9643E", "AMQ9633E"))
    found = predict(made("QM1", {**changes, "tls13": False}), end("QM2"), NOW)
    assert (found.refused_by, found.initiator_messages, found.responder_messages) == ("responder", ("AMQ9665E",), ("AMQ9633E",))


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
            NOT_CALLED,
            "QM1 is in FIPS mode and TLS_CHACHA20_POLY1305_SHA256 is probably no FIPS CipherSpec; choose a FIPS CipherSpec or an alias",
        ),
        (
            {"cipher_spec": CHACHA},
            {"fips": True},
            "cipher_spec_not_enabled",
            NO_COMMON,
            ("AMQ9616E",),
            "QM2 has perhaps nothing enabled that QM1 offers (TLS_CHACHA20_POLY1305_SHA256); "
            "see AllowTLSV13, AllowedCipherSpecs and SSLFIPS of QM2, or take another CipherSpec",
        ),
        (
            {"cipher_spec": TLS13_ONLY},
            {"tls13": None},
            "cipher_spec_not_enabled",
            NO_COMMON,
            ("AMQ9616E",),
            "QM2 has perhaps nothing enabled that QM1 offers (TLS_AES_256_GCM_SHA384); "
            "see AllowTLSV13, AllowedCipherSpecs and SSLFIPS of QM2, or take another CipherSpec",
        ),
        (
            {"cipher_spec": "ANY_TLS12"},
            {"cipher_spec": RSA_SPEC, "version": (9, 1, 5)},
            "cipher_spec_mismatch",
            ("AMQ9641E",),
            ("AMQ9631E",),
            "it depends on the enabled CipherSpecs and on TLS 1.3 what the handshake settles on (ANY_TLS12 at QM1 and "
            "ECDHE_RSA_AES_256_GCM_SHA384 at QM2); give both ends the same SSLCIPH, QM2 first (run mqfleet.tls.site)",
        ),
        (
            {},
            {"own": {"key_size": 1024}},
            "weak_key",
            (*CLOSED, "AMQ9633E"),
            ("AMQ9633E", "AMQ9797E", "AMQ9620E", "AMQ9665E"),
            "the key of the certificate of QM2 itself has 1024 bits; have it issued with a key of 2048 bits or more (mq_tls_key_size)",
        ),
        (
            {"own": {"signature_algorithm": "SHA1withRSA"}},
            {},
            "weak_signature",
            ("AMQ9633E", "AMQ9797E", "AMQ9620E", "AMQ9665E"),
            ("", "AMQ9209E", "AMQ9665E", "AMQ9633E"),
            "the certificate of QM1 itself is signed with SHA1withRSA; have it signed with SHA-256 or better",
        ),
        (
            {"peer": "OU=Low"},
            {"own": {"subject": "CN=QM2,OU=Low,OU=Top"}},
            "peer_name",
            ("AMQ9636E",),
            ("AMQ9643E",),
            "the distinguished name of QM2 (CN=QM2,OU=Low,OU=Top) has more OUs or DCs than SSLPEER of QM1 (OU=Low) names, "
            "and not below those; name them all in SSLPEER, the highest first",
        ),
    ],
)
def test_an_outcome_that_is_not_known(initiator, responder, cause, first, second, rest):
    assert predict(made("QM1", initiator), made("QM2", responder), NOW) == expected("", cause, first, second, rest)


def test_a_certain_refusal_outweighs_a_doubt_before_it():
    found = predict(end("QM1", own={"signature_algorithm": "md5"}), end("QM2", peer="CN=QM9"), NOW)
    assert (found.ok, found.cause, found.refused_by) == (False, "peer_name", "")
    assert {"AMQ9643E", "AMQ9633E"} <= set(found.initiator_messages)
