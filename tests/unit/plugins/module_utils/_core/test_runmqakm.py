# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.runmqakm import parse
from hypothesis import given
from hypothesis import strategies as st

LEGEND = "* default, - personal, ! trusted, # secret key\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("\n", {}),
        ("No certificates were found.\n", {"certificates": []}),
        ("Certificates found\n" + LEGEND, {"certificates": []}),
        (LEGEND + "*-\tqm1\n", {"certificates": [{"label": "qm1", "flags": "*-"}]}),
        (
            ('!\tqm1\n-   two\n#  "a b"\n'),
            {"certificates": [{"label": label, "flags": flags} for label, flags in (("qm1", "!"), ("two", "-"), ("a b", "#"))]},
        ),
        ("Certificates found\n" + LEGEND + "\tplain\n", {"certificates": [{"label": "plain", "flags": ""}]}),
        (
            ("Certificates found\n") + LEGEND + '!\t"CN=R3,O=Let\'s Encrypt,C=US"\n',
            {"certificates": [{"label": "CN=R3,O=Let's Encrypt,C=US", "flags": "!"}]},
        ),
        (
            ("Certificates found\n* predeterminado, - personal, ! fiable, # clave secreta\n-\tqm1\n"),
            {"certificates": [{"label": "qm1", "flags": "-"}]},
        ),
        ('Certificates requests found\n\tqm1\n    "qm 2"\n', {"requests": ["qm1", "qm 2"]}),
        ("No certificate requests were found.\n", {"requests": []}),
        (
            "[mqm@host ~]$ runmqakm -cert -list -db key.kdb -stashed\nCertificates found\n" + LEGEND + "-\tqm1\n[mqm@host ~]$ exit\n",
            {"certificates": [{"label": "qm1", "flags": "-"}]},
        ),
        (
            ("Certificates found\n")
            + LEGEND
            + "-\tqm1\n\tNot Before : 26 July 2021 16:29:37 GMT+01:00\n\n\tNot After : 26 July 2031\n!\tca\nNot After : 2040 11 24\n",
            {
                "certificates": [
                    {"label": "qm1", "flags": "-", "not_before": "26 July 2021 16:29:37 GMT+01:00", "not_after": "26 July 2031"},
                    {"label": "ca", "flags": "!", "not_after": "2040 11 24"},
                ]
            },
        ),
        ('CTGSK3029W The database doesn\'t contain an entry with label "x".\n', {"messages": ["CTGSK3029W"]}),
        ("Warning: the stash file is old.\n", {"warnings": ["Warning: the stash file is old."]}),
    ],
)
def test_lists_and_messages(text, expected):
    assert parse(text) == expected


DETAILS = """\
$ runmqakm -cert -details -db key.kdb -stashed -label "queue manager 1"
Label : "queue manager 1"
Key Size : 2048
Version : X509 V3
Serial : 5ec8
Issuer : "CN=QM1,
O=Bank,C=US"
Subject : CN=QM1
Not Before : 2040 11 24 10:41:54 GMT+01:00

Not After : 2041 11 24 10:41:54 GMT+01:00

Public Key
    30 82 01 22
    30 0D
Public Key Type : EC_ecPublicKey (1.2.840.10045.2.1)
Fingerprint : SHA1 :~
    D6 5C 39 F0
    99 B9
Fingerprint : SHA256 :~
    AA BB
Fingerprint : HPKP :~
    sg1I86ccqZEcQqGXXnyBxj7d5FB90LnaJ+zFQd/Rf=
Extensions
    key usage: digitalSignature
Policy : not a field, but a part of an extension
16 43 68 74     .Cht
Signature Algorithm : SHA256WithECDSA (1.2.840.10045.4.3.2)
Value
    5D BE
Trust Status : Enabled
""".replace("~", " ")  # blanks that stand at the ends of lines


def test_details():
    assert parse(DETAILS) == {
        "details": {
            "label": "queue manager 1",
            "key_size": "2048",
            "version": "X509 V3",
            "serial": "5ec8",
            "issuer": "CN=QM1,O=Bank,C=US",
            "subject": "CN=QM1",
            "not_before": "2040 11 24 10:41:54 GMT+01:00",
            "not_after": "2041 11 24 10:41:54 GMT+01:00",
            "public_key_type": "EC_ecPublicKey (1.2.840.10045.2.1)",
            "fingerprint_sha1": "D6 5C 39 F0 99 B9",
            "fingerprint_sha256": "AA BB",
            "fingerprint_hpkp": "sg1I86ccqZEcQqGXXnyBxj7d5FB90LnaJ+zFQd/Rf=",
            "signature_algorithm": "SHA256WithECDSA (1.2.840.10045.4.3.2)",
            "trust_status": "Enabled",
        }
    }


def test_details_of_a_request():
    text = (
        "Label : qm1\nKey Size : 2048\nSubject : CN=QM1\nPublic Key\n    30 82\nFingerprint : \n"
        "    D6 5C\n    39\nAttributes\nSignature Algorithm : X\n"
    )
    assert parse(text)["details"] == {
        "label": "qm1",
        "key_size": "2048",
        "subject": "CN=QM1",
        "fingerprint": "D6 5C 39",
        "signature_algorithm": "X",
    }


LABELS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"*-!#'), min_size=1, max_size=30).filter(
    lambda label: not label.startswith(("CTGSK", "Not", "Label"))
)


@given(st.lists(st.tuples(LABELS, st.sampled_from(["-", "!", "*-", "*!", "#"]), st.sampled_from(["\t", "  "]))), st.booleans())
def test_lists_are_read_back(entries, quoted):
    lines = [f'{flags}{gap}"{label}"' if quoted else f"{flags}{gap}{label}" for label, flags, gap in entries]
    expected = [{"label": label, "flags": flags} for label, flags, _gap in entries]
    assert parse("Certificates found\n" + LEGEND + "\n".join(lines))["certificates"] == expected


@given(st.text(st.sampled_from('Label :\n\t!-*"Public Key Extensions Fingerprint'), max_size=200))
def test_no_text_makes_it_fail(text):
    parse(text)
