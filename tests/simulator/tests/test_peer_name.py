# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest

from mqsim import peer_name
from mqsim.peer_name import PeerName

# As in the captured status of a channel: most specific first
NAME = PeerName((("CN", "QM1"), ("OU", "SSL For MQ"), ("OU", "IBM MQ"), ("O", "IBM"), ("ST", "MA"), ("C", "US")), "78:40:26")


@pytest.mark.parametrize(
    "pattern",
    [
        "CN=QM1",
        "cn=qm1".replace("cn", "CN"),
        "O=IBM;CN=QM1",
        " C=US , ST=ma",
        "S=MA",
        "SP=MA",
        "CN=QM*",
        "CN=*1",
        "CN=*M*",
        "CN=*",
        'CN="QM1"',
        "OU=IBM MQ",
        "OU=IBM MQ,OU=SSL For MQ",
        "OU=IBM*,CN=QM1",
        "SERIALNUMBER=78:40:26",
    ],
)
def test_matches(pattern):
    assert peer_name.parse(pattern).matches(NAME)


@pytest.mark.parametrize(
    "pattern",
    [
        "CN=QM2",
        "CN=QM",
        "L=Boston",
        "O=IBM,L=*",
        "OU=SSL For MQ",
        "OU=SSL For MQ,OU=IBM MQ",
        "OU=IBM MQ,OU=SSL For MQ,OU=More",
        "CN=Q*1",
        "CN=QM1\\*",
        "SERIALNUMBER=78:40:27",
        "UNSTRUCTUREDNAME=*",
    ],
)
def test_does_not_match(pattern):
    assert not peer_name.parse(pattern).matches(NAME)


def test_a_literal_asterisk():
    assert peer_name.parse("CN=a\\*").matches(PeerName((("CN", "a*"),), None))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("QM1", "'QM1' is not of the form TYPE=value"),
        ("CN =QM1", "'CN ' is not an attribute type that SSLPEER knows"),
        ("cn=QM1", "'cn' is not an attribute type that SSLPEER knows"),
        ("GN=Jo", "'GN' is not an attribute type that SSLPEER knows"),
        ("CN=", "CN has no value"),
        ("CN=a,CN=b", "CN is given twice"),
        ("E=a,MAIL=b", "MAIL is given twice"),
        ('CN="a', "a double quote is not closed"),
        ("CN=a,", "'' is not of the form TYPE=value"),
        ("CN=" + "x" * 1022, "the value is longer than 1024 bytes"),
    ],
)
def test_refusals(pattern, reason):
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        peer_name.parse(pattern)


def test_separators_inside_quotes_belong_to_the_value():
    assert peer_name.parse('O="Bank, of; CN=x",CN=a').items == (("O", "Bank, of; CN=x"), ("CN", "a"))


def test_the_names_of_a_certificate(identity):
    ca = identity("CN=Root,O=Bank,C=CH", ca=True)
    one = identity("CN=QM1,OU=Low,OU=High,O=Bank\\, Ltd,L=Bern,ST=BE,C=CH,UID=7", ca, dns_names=["a.example", "b.example"])
    subject = peer_name.subject(one.der)
    serial = f"{one.certificate.serial_number:x}"
    pairs = subject.text().partition(",")[0].removeprefix("SERIALNUMBER=")
    assert pairs.replace(":", "").lower().lstrip("0") == serial.lstrip("0")
    assert subject.text().partition(",")[2] == (
        'CN=QM1,OU=Low,OU=High,O="Bank, Ltd",L=Bern,ST=BE,C=CH,UID=7,UNSTRUCTUREDNAME=a.example,UNSTRUCTUREDNAME=b.example'
    )
    assert peer_name.issuer(one.der).text() == "CN=Root,O=Bank,C=CH"
    assert peer_name.parse("OU=High,OU=Low,UNSTRUCTUREDNAME=b.example").matches(subject)


def test_the_zero_before_a_high_serial_number_stays():
    class Certificate:
        serial_number = 0x987E0CBD

    assert peer_name.serial_number(Certificate) == "00:98:7E:0C:BD"


def test_status_shows_256_characters():
    name = PeerName((("CN", "x" * 300),), "01")
    assert len(name.status_text()) == 256
    assert len(name.text()) > 300
