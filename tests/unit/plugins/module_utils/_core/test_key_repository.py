# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, ParseError, UnsafeError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import (
    Certificate,
    Entry,
    Identity,
    Trust,
    Want,
    check_issuer,
    difference,
    hexadecimal,
    lost,
    moment,
    pem_blocks,
    pem_fingerprint,
    plan,
    signed_by,
    timestamp,
    trusted,
    undescribed,
    unverified,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=timezone.utc)
LABEL = "ibmwebspheremqqm1"


def pem_of(content: str) -> str:
    """A PEM text for tests that look at fingerprints only."""
    body = base64.b64encode(b"\x30" + content.encode()).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


CA_PEM = pem_of("CA")
CA = Certificate(
    "CN=CA", "CN=CA", "01", "2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z", pem_fingerprint(CA_PEM), "RSA", 3072, True, (), CA_PEM
)
OWN = Certificate(
    "CN=QM1,O=Bank",
    "CN=CA",
    "02",
    "2026-11-01T00:00:00Z",
    "2027-11-01T00:00:00Z",
    "AA:02",
    "RSA",
    3072,
    False,
    ("qm1.example",),
    "",
    (CA.fingerprint,),
)
IDENTITY = Identity(LABEL, DistinguishedName.parse("CN=QM1,O=Bank"))
WANT = Want("/ssl/key", "pkcs12", IDENTITY, LABEL, "local_ca", (CA_PEM,), trusted([], [CA_PEM]))
HAVE = (Entry(LABEL, OWN, True, False), Entry("CN=CA", CA, False, True))


def certificate_change(action: str, reason: str, before: str | None = "CN=QM1,O=Bank", **more: object) -> dict[str, object]:
    attributes = {"subject": {"before": before, "after": "CN=QM1,O=Bank"}, **more}
    return {"object": "CERTIFICATE", "name": LABEL, "action": action, "attributes": attributes, "reason": reason}


def test_nothing_to_do():
    steps = plan(HAVE, WANT, NOW)
    assert steps.changes == ()
    assert (steps.create, steps.remove, steps.enable, steps.add, steps.issue, steps.warnings) == (False, (), (), (), "", ())


def test_a_new_repository_in_the_order_of_its_steps():
    want = replace(WANT, trust=(Trust("PARTNER", pem_of("P"), pem_fingerprint(pem_of("P"))), Trust("CN=CA", CA_PEM, CA.fingerprint)))
    assert plan(None, want, NOW).changes == (
        {"object": "KEY REPOSITORY", "name": "/ssl/key", "action": "create", "attributes": {"type": {"before": None, "after": "pkcs12"}}},
        {"object": "TRUST", "name": "PARTNER", "action": "add", "attributes": {}},
        {"object": "TRUST", "name": "CN=CA", "action": "add", "attributes": {}},
        certificate_change("issue", "no certificate under this label", before=None),
    )


SELF_SIGNED = replace(OWN, issuer="CN=QM1,O=Bank", self_signed=True, signed_by=("AA:02",))


@pytest.mark.parametrize(
    ("entry", "want", "reason"),
    [
        (Entry("other", replace(OWN, subject="CN=QM1"), True, False), WANT, "no certificate under this label"),
        (Entry(LABEL, OWN, False, True), WANT, "the certificate under this label has no private key"),
        (Entry(LABEL, replace(OWN, subject="CN=QM1"), True, False), WANT, "the subject is CN=QM1"),
        (Entry(LABEL, replace(OWN, subject="2.5.4.65=x"), True, False), WANT, "the subject is 2.5.4.65=x"),
        (Entry(LABEL, replace(OWN, key_size=2048), True, False), WANT, "the key is RSA 2048"),
        (Entry(LABEL, replace(OWN, key_type="EC", key_size=256), True, False), WANT, "the key is EC 256"),
        (Entry(LABEL, replace(OWN, signed_by=()), True, False), WANT, "another key than the wanted issuer's signed it: CN=CA"),
        (Entry(LABEL, SELF_SIGNED, True, False), WANT, "it is self-signed"),
        (Entry(LABEL, OWN, True, False), replace(WANT, issuer_type="self_signed", chain=()), "the issuer is CN=CA"),
        (Entry(LABEL, OWN, True, False), replace(WANT, identity=replace(IDENTITY, dns_names=("a",))), "the DNS names differ"),
        (Entry(LABEL, OWN, True, False), replace(WANT, revoked={OWN.serial_number: "keyCompromise"}), "it is revoked (keyCompromise)"),
        (Entry(LABEL, OWN, True, False), replace(WANT, revoked={"0F:FF": "keyCompromise"}), ""),
        (Entry(LABEL, replace(OWN, not_before="2026-11-24T12:00:01Z"), True, False), WANT, "it is not valid before 2026-11-24T12:00:01Z"),
        (Entry(LABEL, replace(OWN, not_after="2026-11-24T12:00:00Z"), True, False), WANT, "it expired on 2026-11-24T12:00:00Z"),
        (Entry(LABEL, replace(OWN, not_after="2026-12-24T12:00:00Z"), True, False), WANT, "it expires on 2026-12-24T12:00:00Z"),
        (Entry(LABEL, replace(OWN, not_after="2026-12-24T12:00:01Z"), True, False), WANT, ""),
        (Entry(LABEL, replace(OWN, subject="cn=qm1,o=BANK"), True, False), WANT, ""),
        (Entry(LABEL, OWN, True, False), replace(WANT, identity=replace(IDENTITY, dns_names=("qm1.example",))), ""),
        (Entry(LABEL, SELF_SIGNED, True, False), replace(WANT, issuer_type="self_signed", chain=()), ""),
        # a CA that is yet to be made, as check mode sees it
        (Entry(LABEL, OWN, True, False), replace(WANT, chain=()), "another key than the wanted issuer's signed it: CN=CA"),
    ],
)
def test_when_the_certificate_is_replaced(entry, want, reason):
    steps = plan((entry, HAVE[1]), want, NOW)
    assert steps.issue == reason
    assert [change["reason"] for change in steps.changes] == ([reason] if reason else [])
    # the old key stays until the new one is proven; what has no key makes room, nothing else goes
    replaced = bool(reason) and entry.label == LABEL
    assert steps.remove == ((entry,) if replaced and not entry.has_key else ())
    assert steps.rename == (((entry, f"{LABEL}-former"),) if replaced and entry.has_key else ())
    assert (steps.label, steps.tells) == (LABEL, bool(reason))


def test_any_certificate_of_the_issuer_may_have_signed():
    want = replace(WANT, issuer_type="external", chain=(pem_of("P"), CA_PEM))
    assert plan(HAVE, want, NOW).issue == ""
    assert plan(HAVE, replace(want, chain=(pem_of("P"),)), NOW).issue == "another key than the wanted issuer's signed it: CN=CA"


def test_all_but_the_identity_is_done_while_its_certificate_cannot_be_had():
    partner = Trust("PARTNER", pem_of("P"), pem_fingerprint(pem_of("P")))
    ending = Entry(LABEL, replace(OWN, not_after="2026-12-24T12:00:00Z"), True, False)
    want = replace(WANT, trust=(partner,), purge_trust=True, postponed=True)
    steps = plan((ending, HAVE[1]), want, NOW)
    assert steps.awaited == "it expires on 2026-12-24T12:00:00Z"
    # the CA stays too: the certificate in use needs it
    assert (steps.issue, steps.remove, [one.trust for one in steps.add]) == ("", (), [partner])
    assert steps.changes == ({"object": "TRUST", "name": "PARTNER", "action": "add", "attributes": {}},)
    # where no certificate is needed, postponed means nothing
    assert plan(HAVE, replace(WANT, postponed=True), NOW) == plan(HAVE, WANT, NOW)


def test_a_change_of_the_key_is_shown():
    steps = plan((Entry(LABEL, replace(OWN, key_type="EC", key_size=256), True, False), HAVE[1]), WANT, NOW)
    assert steps.changes == (
        certificate_change(
            "replace", "the key is EC 256", key_type={"before": "EC", "after": "RSA"}, key_size={"before": 256, "after": 3072}
        ),
    )


def test_a_certificate_that_ends_with_its_ca_is_not_renewed_again_and_again():
    end = "2026-12-01T00:00:00Z"
    have = (Entry(LABEL, replace(OWN, not_after=end), True, False), Entry("CN=CA", replace(CA, not_after=end), False, True))
    steps = plan(have, WANT, NOW)
    assert steps.changes == ()
    assert steps.warnings == (
        f"The certificate authority CN=CA ends on {end}, and with it the certificate {LABEL} of the key repository /ssl/key; "
        "make a new certificate authority.",
    )


def test_none_wanted_leaves_a_private_key_and_warns():
    want = replace(WANT, identity=None)
    steps = plan(HAVE, want, NOW)
    assert (steps.changes, steps.remove) == ((), ())
    assert steps.warnings == (
        f"The key repository /ssl/key holds a personal certificate under the label {LABEL} though none is wanted: the queue manager "
        "presents it to its partners, who then validate it; set purge_identity to remove it.",
    )
    assert plan(HAVE[1:], want, NOW).warnings == ()


def test_none_wanted_removes_it_when_told_so():
    steps = plan(HAVE, replace(WANT, identity=None, purge_identity=True), NOW)
    assert steps.remove == HAVE[:1]
    assert [(change["object"], change["name"], change["action"]) for change in steps.changes] == [("CERTIFICATE", LABEL, "remove")]


P1, P2 = (Trust("PARTNER", pem_of(text), pem_fingerprint(pem_of(text))) for text in ("one", "two"))


def entry_of(trust: Trust, label: str = "PARTNER", enabled: bool = True) -> Entry:
    return Entry(label, replace(CA, subject="CN=P", fingerprint=trust.fingerprint), False, enabled)


def test_trust_is_compared_by_fingerprint_not_by_label():
    want = replace(WANT, trust=(*WANT.trust, P1))
    assert plan((*HAVE, entry_of(P1, "another label")), want, NOW).changes == ()
    steps = plan((*HAVE, entry_of(P2, "PARTNER")), want, NOW)
    # the label belongs to another certificate, which stays
    assert [(one.label, one.trust) for one in steps.add] == [("PARTNER." + P1.fingerprint.replace(":", "")[:8].lower(), P1)]
    assert steps.changes == ({"object": "TRUST", "name": "PARTNER", "action": "add", "attributes": {}},)


def test_purging_frees_the_label():
    want = replace(WANT, trust=(*WANT.trust, P1), purge_trust=True)
    steps = plan((*HAVE, entry_of(P2, "PARTNER")), want, NOW)
    assert [entry.label for entry in steps.remove] == ["PARTNER"]
    assert [one.label for one in steps.add] == ["PARTNER"]
    assert [change["action"] for change in steps.changes] == ["remove", "add"]


def test_what_is_distrusted_goes_without_purging_unless_it_is_wanted():
    have = (*HAVE, entry_of(P2, "PARTNER"), entry_of(P1, "OTHER"))
    steps = plan(have, replace(WANT, distrust=frozenset([P2.fingerprint])), NOW)
    assert [entry.label for entry in steps.remove] == ["PARTNER"]
    assert steps.changes == ({"object": "TRUST", "name": "PARTNER", "action": "remove", "attributes": {}},)
    assert plan(have, replace(WANT, trust=(*WANT.trust, P2), distrust=frozenset([P2.fingerprint])), NOW).changes == ()


def test_purging_spares_the_issuer_and_every_private_key():
    have = (*HAVE, Entry("other key", replace(OWN, fingerprint="BB"), True, False))
    assert plan(have, replace(WANT, purge_trust=True), NOW).changes == ()


def test_what_nobody_described():
    other = replace(OWN, fingerprint="AA:03", subject="CN=APP")
    have = (
        *HAVE,
        Entry(f"{LABEL}-former", OWN, True, False),
        Entry("app", other, True, False),
        Entry("app again", other, False, True),
        Entry("old", replace(CA, fingerprint="AA:04", subject="CN=Old CA"), False, True),
        Entry("off", replace(CA, fingerprint="AA:05"), False, False),
    )
    app = {"object": "CERTIFICATE", "name": "app", "reason": "CN=APP, with its private key"}
    old = {"object": "TRUST", "name": "old", "reason": "whoever has a certificate of CN=Old CA is let in"}
    assert undescribed(have, WANT) == [app, old]
    assert undescribed(HAVE, WANT) == undescribed(None, WANT) == []
    # none is wanted, so that every private key is one too many
    assert [one["name"] for one in undescribed(have, replace(WANT, identity=None))] == ["app", LABEL, f"{LABEL}-former", "old"]


def test_trust_that_is_switched_off_is_switched_on():
    steps = plan((HAVE[0], replace(HAVE[1], trusted=False)), WANT, NOW)
    assert steps.changes == (
        {"object": "TRUST", "name": "CN=CA", "action": "alter", "attributes": {"trusted": {"before": False, "after": True}}},
    )


def test_the_same_certificate_is_added_once_and_the_own_one_never():
    own = Trust("QM1", "", OWN.fingerprint)
    want = replace(WANT, trust=(*WANT.trust, P1, replace(P1, name="AGAIN"), own))
    assert [one.trust.name for one in plan(HAVE, want, NOW).add] == ["PARTNER"]


def test_what_is_yet_to_be_made_is_announced_by_name():
    want = replace(WANT, trust=(Trust("CN=New CA"), Trust("CN=New CA")))
    assert [change["name"] for change in plan(HAVE, want, NOW).changes] == ["CN=New CA"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("CN=Bank CA,O='Bank'", "CN=Bank CA,O=_Bank_"),
        ("-db", "db"),
        ("x" * 80, "x" * 55 + "." + P1.fingerprint.replace(":", "")[:8].lower()),
        ("ibmwebspheremqqm1", "ibmwebspheremqqm1." + P1.fingerprint.replace(":", "")[:8].lower()),
    ],
)
def test_labels_for_trusted_certificates(name, label):
    steps = plan(None, replace(WANT, trust=(replace(P1, name=name),)), NOW)
    assert [one.label for one in steps.add] == [label]


def test_who_signed_is_to_be_found_out_only_where_it_is_not_known():
    assert unverified(HAVE, WANT) is None
    doubtful = Entry(LABEL, replace(OWN, signed_by=()), True, False)
    assert unverified((doubtful,), WANT) is doubtful
    assert unverified((doubtful,), replace(WANT, chain=())) is None
    assert unverified((signed_by(doubtful, CA.fingerprint),), WANT) is None


def test_an_entry_that_no_step_removes_must_not_be_lost():
    steps = plan(HAVE, WANT, NOW)
    assert lost(HAVE, HAVE, steps) == []
    assert lost(HAVE, HAVE[:1], steps) == ["CN=CA"]
    assert lost(HAVE, (replace(HAVE[0], has_key=False), HAVE[1]), steps) == [LABEL]
    assert lost(HAVE, (HAVE[0], Entry("CN=CA", OWN, False, True)), steps) == ["CN=CA"]


def test_the_difference_shows_public_facts_only():
    changes = plan(None, WANT, NOW).changes
    shown = difference("/ssl/key", WANT, None, (), changes)
    assert shown["before"] == {"certificate": {}, "trust": {}, "files": {}}
    assert shown["after"]["certificate"] == {LABEL: {"subject": "CN=QM1,O=Bank"}}
    assert set(difference("/ssl/key", WANT, HAVE, HAVE, ())["after"]["certificate"][LABEL]) == {
        "subject",
        "issuer",
        "serial_number",
        "not_before",
        "not_after",
        "fingerprint",
    }


DESCRIBED = "The certificate of queue manager QM1 was to be described"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "x" * 65}, f"{DESCRIBED} and its label {'x' * 65} has 65 characters; MQ allows 64: shorten it."),
        *(
            (
                {"label": label},
                f"{DESCRIBED} and its label is {label!r}; use printable ASCII characters without blanks, quotes, apostrophes and commas, "
                "and no '-' at the beginning.",
            )
            for label in ("a b", "a'b", 'a"b', "a,b", "-pw", "a\nb", "ä")
        ),
        ({"key_type": "DSA"}, f"{DESCRIBED} and its key type is DSA; use RSA or EC."),
        ({"key_size": 1024}, f"{DESCRIBED} and its key size is 1024 bits; RSA keys have one of 2048, 3072, 4096."),
        ({"key_type": "EC", "key_size": 3072}, f"{DESCRIBED} and its key size is 3072 bits; EC keys have one of 256, 384, 521."),
        (
            {"days": 30, "renew_before_days": 30},
            f"{DESCRIBED} and is to be renewed 30 days before the end of 30 days; give renew_before_days a value from 0 to less than days.",
        ),
        (
            {"subject": "CN=QM1,X=1"},
            "Queue manager QM1: The distinguished name 'CN=QM1,X=1' was to be read and X is no attribute type that MQ knows (column 8); "
            "use CN, T, OU, O, L, ST, STREET, PC, C, DC, UID, MAIL, DNQ, UNSTRUCTUREDNAME, UNSTRUCTUREDADDRESS.",
        ),
    ],
)
def test_what_cannot_be_certified_is_refused(options, message):
    with pytest.raises(InputError) as refusal:
        Identity.described("QM1", options)
    assert str(refusal.value) == message


def test_defaults_of_an_identity():
    assert Identity.described("QM1", {}) == Identity(LABEL, DistinguishedName.parse("CN=QM1"), "RSA", 3072, 365, 30, None)
    assert Identity.described("QM1", {"key_type": "EC"}).key_size == 256
    assert Identity.described("QM1", {"label": "a.b_c/%-1"}).label == "a.b_c/%-1"


def test_production_refuses_self_signed():
    check_issuer("QM1", "self_signed", production=False)
    check_issuer("QM1", "local_ca", production=True)
    with pytest.raises(UnsafeError) as refusal:
        check_issuer("QM1", "self_signed", production=True)
    assert str(refusal.value) == (
        "The certificate of queue manager QM1 was to be self-signed, which mq_tls_production refuses; "
        "set mq_tls_issuer to a certificate authority, for example {type: local_ca}."
    )


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, "trust[0] was to name certificates and has none; give it certificates in PEM form."),
        (
            {"name": "P", "certificates": ["nonsense"]},
            "trust[0] (P): A certificate in PEM form was to be read and no '-----BEGIN CERTIFICATE-----' was found; give the whole PEM text.",
        ),
        (
            {"certificates": ["-----BEGIN CERTIFICATE-----\nM!\n-----END CERTIFICATE-----"]},
            "trust[0]: A certificate in PEM form was to be read and its text is no base64; copy it again as a whole.",
        ),
        (
            {"certificates": ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]},
            "trust[0]: A certificate in PEM form was to be read and holds no ASN.1 sequence; copy it again as a whole.",
        ),
    ],
)
def test_trust_that_cannot_be_read_is_refused(item, message):
    with pytest.raises(InputError) as refusal:
        trusted([item], [])
    assert str(refusal.value) == message


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.text("abc \n", max_size=20))
def test_pem_blocks_are_canonical(contents, between):
    ders = [b"\x30" + content for content in contents]
    encoded = [base64.b64encode(der).decode() for der in ders]
    text = between.join(f"-----BEGIN CERTIFICATE-----\r\n{body[:5]}\r\n {body[5:]}\r\n-----END CERTIFICATE-----" for body in encoded)
    blocks = pem_blocks(text)
    assert [base64.b64decode("".join(block.splitlines()[1:-1])) for block in blocks] == ders
    assert pem_blocks("".join(blocks)) == blocks
    assert all(len(line) <= 64 for block in blocks for line in block.splitlines())


@given(st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)), st.integers(-14, 14))
def test_moments_and_timestamps_are_inverse(naive, hours):
    aware = naive.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))
    assert moment(timestamp(aware)) == aware
    assert timestamp(moment(timestamp(aware))) == timestamp(aware)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_of_pem(text):
    with pytest.raises(ParseError):
        pem_blocks(text.replace("-----BEGIN CERTIFICATE-----", ""))


def test_hexadecimal():
    assert hexadecimal(b"\xa1\x0f") == "A1:0F"
