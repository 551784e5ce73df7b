# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import ParseError
from hypothesis import given
from strategies import distinguished_name_pairs


@given(distinguished_name_pairs())
def test_text_and_parse_are_inverse(pairs):
    assert DistinguishedName.parse(DistinguishedName.of(pairs).text()).pairs == pairs


@pytest.mark.parametrize(
    ("text", "pairs", "canonical"),
    [
        (
            "CN=QM1,OU=SSL For MQ,O=IBM,ST=MA,C=US",
            (("CN", "QM1"), ("OU", "SSL For MQ"), ("O", "IBM"), ("ST", "MA"), ("C", "US")),
            "CN=QM1,OU=SSL For MQ,O=IBM,ST=MA,C=US",
        ),
        (' cn = QM1 ; O = "Bank, Inc." ,C=us', (("CN", "QM1"), ("O", "Bank, Inc."), ("C", "us")), "CN=QM1,O=Bank\\, Inc.,C=us"),
        (
            "CN=a\\,b\\+c\\=d,E=x@y.z,SP=MA,USERID=u",
            (("CN", "a,b+c=d"), ("MAIL", "x@y.z"), ("ST", "MA"), ("UID", "u")),
            "CN=a\\,b\\+c\\=d,MAIL=x@y.z,ST=MA,UID=u",
        ),
        ("CN=Lu\\C4\\8Di\\C4\\87", (("CN", "Lučić"),), "CN=Lučić"),
        ("CN=\\ a\\ ", (("CN", " a "),), "CN=\\ a\\ "),
        ('CN=" a "', (("CN", " a "),), "CN=\\ a\\ "),
        (
            "OU=Sub,OU=Top,DC=bank,DC=example",
            (("OU", "Sub"), ("OU", "Top"), ("DC", "bank"), ("DC", "example")),
            "OU=Sub,OU=Top,DC=bank,DC=example",
        ),
        ("CN=\\#1", (("CN", "#1"),), "CN=\\#1"),
        ('CN="say \\"hi\\""', (("CN", 'say "hi"'),), 'CN=say \\"hi\\"'),
    ],
)
def test_names_are_read_as_users_write_them(text, pairs, canonical):
    name = DistinguishedName.parse(text)
    assert name.pairs == pairs
    assert name.text() == canonical


@pytest.mark.parametrize(
    ("text", "column", "found"),
    [
        ("", 1, "is empty; write it as CN=QM1,O=Bank."),
        ("  ", 1, "is empty; write it as CN=QM1,O=Bank."),
        (
            "Bank",
            1,
            "'=' is missing after 'Bank' (column 1); write each item as TYPE=value and escape ',', ';' and '+' in values with '\\'.",
        ),
        (
            "CN=QM1,Bank",
            8,
            "'=' is missing after 'Bank' (column 8); write each item as TYPE=value and escape ',', ';' and '+' in values with '\\'.",
        ),
        ("CN=QM1,", 8, "an item is missing after the last separator (column 8); remove the separator or complete the item."),
        ("CN=QM1,,O=B", 8, "an item between two separators is empty (column 8); remove a separator or complete the item."),
        ("=QM1", 1, "the attribute type before '=' is missing (column 1); write each item as TYPE=value."),
        ("CN=", 4, "the value of CN is missing (column 4); give it one or leave the item out."),
        ("CN=,O=B", 4, "the value of CN is missing (column 4); give it one or leave the item out."),
        ('CN=""', 1, "the value of CN is blank (column 1); give it one or leave the item out."),
        ("CN=a,CN=b", 6, "CN stands twice (column 6); only OU and DC may be repeated."),
        ("CN=a,C=USA", 6, "C is 'USA' (column 6); give the two letters of ISO 3166, for example C=US."),
        ("C=1A", 1, "C is '1A' (column 1); give the two letters of ISO 3166, for example C=US."),
        ("CN=" + "x" * 65, 1, "CN has 65 characters (column 1); X.509 allows 64: shorten it."),
        ("CN=a\nb", 5, "the control character U+000A is not allowed (column 5); remove it."),
        ("CN=a\\0Ab", 4, "the control character U+000A is not allowed (column 4); remove it."),
        ('CN="a', 4, "the double quote is not closed (column 4); close it, or write '\\\"' for the character itself."),
        ('CN="a"b', 7, "'b' follows the closing quote (column 7); put ',' between the items."),
        ('CN=a"b', 5, "a double quote stands inside the value (column 5); write '\\\"' for the character itself or quote the whole value."),
        ("CN=a\\", 5, "nothing follows the last '\\' (column 5); write '\\\\' for the character itself."),
        ("CN=a\\z", 5, "'\\z' is no escape of RFC 4514 (column 5); write '\\\\' for the character itself."),
        ("CN=\\ff", 4, "the hexadecimal escapes are no UTF-8 (column 4); correct them."),
        ("CN=A+OU=B", 1, "the value of CN has a '+' (column 1); write '\\+'; parts of more than one attribute are not known to MQ."),
        ("MAIL=ü@x", 1, "MAIL has characters outside ASCII (column 1); replace them."),
    ],
)
def test_refusals_name_the_column(text, column, found):
    with pytest.raises(ParseError) as refusal:
        DistinguishedName.parse(text)
    assert str(refusal.value) == f"The distinguished name {text!r} was to be read and {found}"
    assert refusal.value.column == column


@pytest.mark.parametrize("kind", ["X", "SERIALNUMBER", "1.2.840"])
def test_types_that_mq_does_not_know_are_refused(kind):
    with pytest.raises(ParseError, match=r"\(column 6\); use CN, T, OU, O, L, ST, STREET, PC, C, DC, UID, MAIL, DNQ"):
        DistinguishedName.parse(f"CN=a,{kind}=b")


def test_equality_is_that_of_rfc_5280():
    name = DistinguishedName.parse("CN=QM1,O=The  Bank,C=US")
    assert name == DistinguishedName.parse("CN=qm1,O=the bank,C=us")
    assert hash(name) == hash(DistinguishedName.parse("CN=qm1,O=the bank,C=us"))
    assert name != DistinguishedName.parse("O=The Bank,CN=QM1,C=US")
    assert name != DistinguishedName.parse("CN=QM1,O=The Bank")
    assert name != "CN=QM1,O=The  Bank,C=US"
    assert name.values("O") == ("The  Bank",)


def test_names_of_certificates_may_have_any_type():
    assert DistinguishedName.of([("cn", "a"), ("E", "x@y"), ("2.5.4.97", "b")]).text() == "CN=a,MAIL=x@y,2.5.4.97=b"
