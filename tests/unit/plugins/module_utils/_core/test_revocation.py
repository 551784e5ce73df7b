# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import parse_objects
from ansible_collections.mqfleet.tls.plugins.module_utils._core.revocation import (
    Index,
    Wish,
    check_reason,
    digits,
    directory_names,
    objects,
    problems,
    url_problem,
)
from hypothesis import given
from hypothesis import strategies as st

OF_QM1 = {"serial_number": "0A:01", "subject": "CN=QM1", "queue_manager": "QM1"}
OF_QM2 = {"serial_number": "0A:02", "subject": "CN=QM2", "queue_manager": "QM2"}
FACTS = {"reason": "keyCompromise", "revocation_date": "2026-11-25T10:00:00Z", "authority_key": "ab"}


@pytest.fixture
def index():
    return Index().with_issued(OF_QM1).with_issued(OF_QM2)


def states(index):
    return [(entry["serial_number"], entry["status"]) for entry in index.entries]


# The index ----------------------------------------------------------------------------------------------------------


def test_a_later_certificate_supersedes_the_one_before(index):
    assert states(index.with_issued({**OF_QM1, "serial_number": "0A:03"})) == [
        ("0A:01", "superseded"),
        ("0A:02", "valid"),
        ("0A:03", "valid"),
    ]


def test_what_is_revoked_stays_so_whatever_is_signed_later(index):
    later = index.with_revoked("a01", FACTS).with_issued({**OF_QM1, "serial_number": "0A:03"})
    assert states(later) == [("0A:01", "revoked"), ("0A:02", "valid"), ("0A:03", "valid")]
    assert later.revoked() == [{**OF_QM1, **FACTS, "status": "revoked"}]


def test_lines_of_others_stay_as_they_are(index):
    strange = Index(("# by hand", "[1]", '{"other": "revoked"}', *index.lines))
    assert strange.with_revoked("0A:01", FACTS).lines[:3] == ("# by hand", "[1]", '{"other": "revoked"}')
    assert [entry["serial_number"] for entry in strange.with_revoked("0A:01", FACTS).revoked()] == ["0A:01"]


def test_who_is_called_revoked_is_not(index):
    named = index.with_issued({**OF_QM1, "serial_number": "0B", "subject": "CN=revoked", "queue_manager": "revoked"})
    assert named.revoked() == []


def test_the_text_is_read_back(index):
    assert Index.parse(index.text()) == index
    assert [json.loads(line) for line in index.text().splitlines()] == index.entries


@given(st.integers(0, 2**160), st.sampled_from([":", "", " "]), st.booleans())
def test_one_number_in_all_its_writings(number, separator, small):
    text = f"{number:x}"
    text = "0" * (len(text) % 2) + text
    written = separator.join(text[start : start + 2] for start in range(0, len(text), 2))
    assert digits(written if small else written.upper()) == f"{number:X}"
    assert digits(f"0x{number:x}") == f"{number:X}"


@pytest.mark.parametrize(
    ("wish", "listed", "expected"),
    [
        (Wish(queue_manager="QM1"), [], "0A:01"),
        (Wish(serial_number="a:01"), [], "0A:01"),
        (Wish(serial_number="0x0a02"), [], "0A:02"),
        (Wish(fingerprint="ff:ee"), [], "0A:02"),
    ],
)
def test_which_one_is_meant(index, wish, listed, expected):
    assert index.find(wish, {"FFEE": "0a02"}, listed, "pki")["serial_number"] == expected


def test_a_queue_manager_means_the_revocation_that_is_not_finished(index):
    begun = index.with_revoked("0A:01", FACTS).with_issued({**OF_QM1, "serial_number": "0A:03"})
    wish = Wish(queue_manager="QM1")
    assert begun.find(wish, {}, [], "pki")["serial_number"] == "0A:01"
    assert begun.find(wish, {}, ["0A:01"], "pki")["serial_number"] == "0A:03"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (
            Wish(queue_manager="QM3"),
            "The certificate of queue manager QM3 was to be revoked and the certificate authority in pki has signed none for it; "
            "correct queue_manager.",
        ),
        (
            Wish(serial_number="0A:04"),
            "The certificate with the serial number 0A:04 was to be revoked and the certificate authority in pki has not signed such a one; "
            "look for it in its index.jsonl, or have the certificate authority that signed it revoke it.",
        ),
        (
            Wish(fingerprint="AA"),
            "The certificate with the fingerprint AA was to be revoked and the certificate authority in pki has not signed such a one; "
            "look for it in its index.jsonl, or have the certificate authority that signed it revoke it.",
        ),
    ],
)
def test_a_certificate_that_is_not_there(index, wish, message):
    with pytest.raises(StateError) as caught:
        index.find(wish, {"FFEE": "0a02"}, [], "pki")
    assert str(caught.value) == message


def test_a_reason_is_not_changed(index):
    valid, revoked = index.entries[0], index.with_revoked("0A:01", FACTS).entries[0]
    wish = Wish(queue_manager="QM1")
    assert check_reason(wish, valid, "superseded")
    assert not check_reason(wish, revoked, "keyCompromise")
    with pytest.raises(StateError) as caught:
        check_reason(wish, revoked, "superseded")
    assert str(caught.value) == (
        "The certificate 0A:01 of queue manager QM1 was to be revoked with the reason superseded and was revoked with the reason "
        "keyCompromise on 2026-11-25T10:00:00Z; a revocation is not changed, give that reason."
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "A certificate was to be revoked; give one of queue_manager, serial_number and fingerprint."),
        (
            {"queue_manager": "QM1", "serial_number": "01"},
            "A certificate was to be revoked; give one of queue_manager, serial_number and fingerprint.",
        ),
        ({"serial_number": "QM1"}, "A certificate was to be revoked and serial_number is 'QM1'; write its hexadecimal digits."),
    ],
)
def test_wishes_that_say_nothing(options, message):
    with pytest.raises(InputError) as caught:
        Wish.described(options)
    assert str(caught.value) == message


# Where queue managers ask -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["http://pki.example/mq.crl", "http://192.0.2.1:8080/ocsp", "http://[2001:db8::1]/x", "http://ocsp.example"]
)
def test_urls(url):
    assert url_problem(url) == ""


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (
            "https://a/b",
            "write http://, since what is fetched there is signed, and the certificate of the server would have to be checked first",
        ),
        ("ftp://a/b", "write a URL of printable ASCII characters that begins with http:// and a host"),
        ("http:///b", "write a URL of printable ASCII characters that begins with http:// and a host"),
        ("http://a:0/", "write a URL of printable ASCII characters that begins with http:// and a host"),
        ("http://a:70000/", "write a URL of printable ASCII characters that begins with http:// and a host"),
        ("http://a/b c", "write a URL of printable ASCII characters that begins with http:// and a host"),
        (7, "write a URL of printable ASCII characters that begins with http:// and a host"),
        ("http://a/" + "b" * 248, "that has 257 characters and IBM MQ takes at most 256; choose a shorter URL"),
    ],
)
def test_urls_that_cannot_be(url, problem):
    assert url_problem(url) == problem


@pytest.mark.parametrize(
    ("revocation", "expected"),
    [
        ("x", ["it is no dictionary; write {ocsp_url: ...}, {crl_ldap: [...]}, or {} for none."]),
        ({"url": 1}, ["it has the unknown key url; the keys are ocsp_url and crl_ldap."]),
        ({"ocsp_url": ["http://a", "http://b"]}, ["ocsp_url is a list; a queue manager asks one responder only."]),
        (
            {"ocsp_url": "a"},
            ["ocsp_url is 'a'; write a URL of printable ASCII characters that begins with http:// and a host."],
        ),
        ({"crl_ldap": "a"}, ["crl_ldap is no list; write [{address: host(389)}]."]),
        ({"crl_ldap": [{"address": "a"}] * 10}, ["crl_ldap has 10 servers; at most 9 can be named."]),
        ({"crl_ldap": ["a"]}, ["crl_ldap[0] is no dictionary; write {address: host(389)}, with user and password where they are needed."]),
        ({"crl_ldap": [{"address": "a b"}]}, ["crl_ldap[0].address is 'a b'; write host or host(port)."]),
        (
            {"crl_ldap": [{"address": "a", "port": 1}]},
            ["crl_ldap[0] has the unknown key port; the keys are address, user and password."],
        ),
        ({"crl_ldap": [{"address": "a", "password": "planted"}]}, ["crl_ldap[0] has a password and no user; give both or none."]),
        (
            {"crl_ldap": [{"address": "a", "user": "u", "password": "planted" * 5}]},
            ["crl_ldap[0].password is no text of at most 32 bytes; correct it."],
        ),
    ],
)
def test_descriptions_that_cannot_be(revocation, expected):
    assert problems(revocation) == expected


FULL = {
    "ocsp_url": "http://ocsp.example/",
    "crl_ldap": [{"address": "ldap1(389)", "user": "cn=mq", "password": "planted"}, {"address": "ldap2"}],
}


@pytest.mark.parametrize(
    ("revocation", "expected"),
    [
        (None, []),
        ({}, [{"object": "QMGR", "attributes": {"SSLCRLNL": ""}}]),
        (
            FULL,
            [
                {"object": "QMGR", "attributes": {"SSLCRLNL": "MQFLEET.REVOCATION"}},
                {"object": "AUTHINFO", "name": "MQFLEET.OCSP", "attributes": {"AUTHTYPE": "OCSP", "OCSPURL": "http://ocsp.example/"}},
                {
                    "object": "AUTHINFO",
                    "name": "MQFLEET.CRLLDAP.1",
                    "attributes": {"AUTHTYPE": "CRLLDAP", "CONNAME": "ldap1(389)", "LDAPUSER": "cn=mq"},
                },
                {
                    "object": "AUTHINFO",
                    "name": "MQFLEET.CRLLDAP.2",
                    "attributes": {"AUTHTYPE": "CRLLDAP", "CONNAME": "ldap2", "LDAPUSER": ""},
                },
                {
                    "object": "NAMELIST",
                    "name": "MQFLEET.REVOCATION",
                    "attributes": {"NAMES": ["MQFLEET.OCSP", "MQFLEET.CRLLDAP.1", "MQFLEET.CRLLDAP.2"]},
                },
            ],
        ),
    ],
)
def test_objects(revocation, expected):
    assert objects(revocation) == expected
    parse_objects(objects(revocation))
    assert revocation is None or problems(revocation) == []


def test_no_password_among_the_objects():
    assert "planted" not in str(objects(FULL))
    assert directory_names(FULL) == ["MQFLEET.CRLLDAP.1", "MQFLEET.CRLLDAP.2"]
