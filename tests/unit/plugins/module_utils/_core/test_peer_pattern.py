# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, ParseError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.peer_pattern import (
    PeerPattern,
    parse_status_name,
    serial_number_text,
    shows,
    status_name,
)
from hypothesis import given
from hypothesis import strategies as st
from strategies import distinguished_name_pairs

NAME = DistinguishedName.parse('CN=QM1,OU=Sub,OU=Top,O="Bank, Inc.",ST=MA,C=US')


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("CN=QM1", True),
        ("CN=qm1;c=us", True),
        ("C=US , CN=QM1", True),
        ("CN=QM2", False),
        ("CN=QM", False),
        ("CN=QM*", True),
        ("CN=*M1", True),
        ("CN=*M*", True),
        ("CN=*X*", False),
        ("CN=*", True),
        ("L=*", False),
        ("CN=Q*1", False),
        ("L=Boston", False),
        ('O="Bank, Inc."', True),
        ('O="bank*"', True),
        ("O=Bank", False),
        ("OU=Top,OU=Sub", True),
        ("OU=Sub,OU=Top", False),
        ("OU=Top,OU=Top", False),
        ("OU=Sub", True),
        ("OU=Top", True),
        ("OU=T*,OU=*b", True),
        ("S=MA", True),
        ("SP=MA", True),
        ("SERIALNUMBER=5E:C8", True),
        ("SERIALNUMBER=5e:c8,CN=QM1", True),
        ("SERIALNUMBER=00:5E:C8", True),
        ("SERIALNUMBER=5E:C9", False),
        ("SERIALNUMBER=5E:*", True),
    ],
)
def test_matches(pattern, expected):
    assert PeerPattern.parse(pattern).matches(NAME, 0x5EC8) is expected


def test_a_serial_number_counts_only_when_it_is_known():
    assert PeerPattern.parse("SERIALNUMBER=01,CN=QM1").matches(NAME)
    assert not PeerPattern.parse("SERIALNUMBER=01,CN=QM1").matches(NAME, 2)


def test_an_escaped_asterisk_is_a_plain_one():
    star = DistinguishedName.of([("CN", "*a*")])
    assert PeerPattern.for_name(star).text() == "CN=\\*a\\*"
    assert PeerPattern.parse("CN=\\*a\\*").matches(star)
    assert not PeerPattern.parse("CN=\\*a\\*").matches(DistinguishedName.of([("CN", "bac")]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The SSLPEER filter '' was to be read and is empty; write it as CN=QM1,O=Bank."),
        ("SERIALNUMBER=xyz", "The SSLPEER filter 'SERIALNUMBER=xyz' was to be read and SERIALNUMBER is 'xyz' (column 1); "
         "write the certificate's serial number as bytes, for example 5E:C8:76:52."),
        ("CN=a,CN=b", "The SSLPEER filter 'CN=a,CN=b' was to be read and CN stands twice (column 6); only OU and DC may be repeated."),
        ("CN=a\nb", "The SSLPEER filter 'CN=a\\nb' was to be read and the control character U+000A is not allowed (column 5); remove it."),
    ],
)  # fmt: skip
def test_filters_that_are_refused(text, message):
    with pytest.raises(ParseError) as refusal:
        PeerPattern.parse(text)
    assert str(refusal.value) == message


def test_a_filter_has_at_most_1024_bytes():
    text = "CN=" + "ü" * 511
    with pytest.raises(InputError, match=r"has 1025 bytes and SSLPEER takes 1024; name fewer parts of the distinguished name\.$"):
        PeerPattern.parse(text)
    PeerPattern.parse(text[:-1] + "u")


@given(distinguished_name_pairs())
def test_the_filter_for_a_name_matches_it_and_no_longer_when_a_part_changes(pairs):
    name = DistinguishedName.of(pairs)
    try:
        pattern = PeerPattern.for_name(name)
    except InputError as refusal:
        assert any('"' in value or "\\" in value for _kind, value in pairs) or "1024" in str(refusal)
        return
    read = PeerPattern.parse(pattern.text())
    assert read.matches(name)
    assert read.text() == pattern.text()
    for index, (kind, value) in enumerate(pairs):
        changed = (*pairs[:index], (kind, value + "x"), *pairs[index + 1 :])
        assert not read.matches(DistinguishedName.of(changed))
        if kind not in ("OU", "DC"):
            assert not read.matches(DistinguishedName.of(pairs[:index] + pairs[index + 1 :]))


@pytest.mark.parametrize(
    ("value", "text"), [("a=b", 'CN="a=b"'), ("a+b", 'CN="a+b"'), (" a", 'CN=" a"'), ("a;b", 'CN="a;b"'), ("a b", "CN=a b")]
)
def test_values_are_quoted_where_they_could_be_misread(value, text):
    assert PeerPattern.for_name(DistinguishedName.of([("CN", value)])).text() == text


def test_the_filter_for_a_name():
    assert PeerPattern.for_name(NAME).text() == 'CN=QM1,OU=Top,OU=Sub,O="Bank, Inc.",ST=MA,C=US'


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([("CN", "a"), ("2.5.4.97", "b")], "filters do not have the attribute type 2.5.4.97"),
        ([("CN", "a"), ("CN", "b")], "filters can name CN only once"),
        ([("CN", 'a"b')], "CN has a double quote or a backslash"),
        ([("CN", "a\\b")], "CN has a double quote or a backslash"),
    ],
)
def test_names_that_filters_cannot_express(pairs, found):
    name = DistinguishedName.of(pairs)
    with pytest.raises(InputError) as refusal:
        PeerPattern.for_name(name)
    assert str(refusal.value) == f"An SSLPEER filter for {name.text()} was to be made and {found}; give SSLPEER yourself."


# Names in channel status

SHOWN = (
    "SERIALNUMBER=00:98:7E:0C:BD:64:65:42:79:DC:9D:8C:17:45:06:35:08,CN=mqfelloweast.host,OU=PositiveSSL,OU=Domain Control Validated,"
    "UNSTRUCTUREDNAME=www.mqfelloweast.host,UNSTRUCTUREDNAME=mqfelloweast.host"
)


def test_a_status_name_is_read_and_written():
    serial_number, name = parse_status_name(SHOWN)
    assert serial_number == 0x987E0CBD64654279DC9D8C1745063508
    assert name.pairs[:2] == (("CN", "mqfelloweast.host"), ("OU", "PositiveSSL"))
    assert status_name(name, serial_number) == SHOWN


def test_values_with_commas_are_read_as_shown():
    assert parse_status_name("CN=QM1,O=Bank, Inc.,C=US") == (None, DistinguishedName.parse('CN=QM1,O="Bank, Inc.",C=US'))
    assert parse_status_name('CN=QM1,O="Bank, Inc.",C=US') == (None, DistinguishedName.parse('CN=QM1,O="Bank, Inc.",C=US'))


@pytest.mark.parametrize("text", ["", " ", "QM1", "X=1"])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(ParseError, match="begins with no attribute type; is TLS in use"):
        parse_status_name(text)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "00"), (1, "01"), (0x7F, "7F"), (0x80, "00:80"), (0x5EC876, "5E:C8:76"), (0x987E, "00:98:7E")]
)
def test_serial_numbers_are_shown_as_in_the_certificate(number, text):
    assert serial_number_text(number) == text


@given(distinguished_name_pairs(), st.integers(0, 2**159))
def test_shows_is_true_for_what_mq_shows_even_when_cut(pairs, serial_number):
    name = DistinguishedName.of(pairs)
    text = status_name(name, serial_number)
    # Other names can look the same when values hold what looks like a separator and a type.
    if parse_status_name(text) == (serial_number, name) or len(text.encode()) >= 256:
        cut = text.encode()[:256].decode("utf-8", "ignore")
        if len(cut.encode()) in (256, len(text.encode())):
            assert shows(cut, name, serial_number)


def test_shows_tells_other_names_and_numbers_apart():
    name = DistinguishedName.parse("CN=mqfelloweast.host,OU=PositiveSSL,OU=Domain Control Validated")
    assert shows(SHOWN, name)
    assert shows(SHOWN, name, 0x987E0CBD64654279DC9D8C1745063508)
    assert not shows(SHOWN, name, 1)
    assert not shows(SHOWN, DistinguishedName.parse("CN=mqfelloweast.host,OU=PositiveSSL"))
    assert not shows("", name)
    long_name = DistinguishedName.of([("CN", "a" * 60), *[("OU", "b" * 60)] * 4])
    assert shows(status_name(long_name, 1)[:256], long_name, 1)
    assert not shows(status_name(long_name, 1)[:256], DistinguishedName.of([("CN", "c" * 60), *[("OU", "b" * 60)] * 4]), 1)


@pytest.mark.parametrize(
    ("names", "filter_"),
    [
        (["CN=QM1,O=Bank", "CN=QM2,O=Bank"], "O=Bank"),
        (["CN=QM1,O=Bank", "CN=QM2,o=BANK"], "O=Bank"),
        (["CN=QM1,O=Bank", "CN=QM2,O=Other"], ""),
        (["CN=MQ,O=Bank,C=GB", "CN=MQ,C=GB,O=Bank"], "CN=MQ,O=Bank,C=GB"),
        (["CN=1,OU=A,OU=Top,O=Bank", "CN=2,OU=B,OU=Top,O=Bank"], "OU=Top,O=Bank"),
        (["CN=1,OU=A,OU=Top,O=Bank", "CN=2,OU=Top,O=Bank"], "OU=Top,O=Bank"),
        (["CN=1,OU=A,OU=Top", "CN=2,OU=A,OU=Other"], ""),
        (['CN=1,O="a\\"b",C=GB', 'CN=2,O="a\\"b",C=GB'], "C=GB"),
        (["CN=QM1"], "CN=QM1"),
    ],
)
def test_the_filter_for_all_of_several_names(names, filter_):
    assert PeerPattern.for_all([DistinguishedName.parse(name) for name in names]).text() == filter_


@given(st.lists(distinguished_name_pairs(), min_size=1, max_size=4))
def test_the_filter_for_all_lets_each_of_them_in(drawn):
    names = [DistinguishedName.of(pairs) for pairs in drawn]
    pattern = PeerPattern.for_all(names)
    assert all(pattern.matches(name) for name in names)
    assert not pattern.items or PeerPattern.parse(pattern.text()) == pattern
