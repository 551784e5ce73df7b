# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and PKCS#12 structure as inverse pairs."""

from __future__ import annotations

import contextlib
from dataclasses import asdict

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import ParseError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import Certificate, Identity
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates, pfx
from ansible_collections.mqfleet.tls.plugins.module_utils._x509.library import NameOID, pkcs12, serialization, x509
from ansible_collections.mqfleet.tls.plugins.module_utils._x509.names import from_x509, to_x509
from hypothesis import given, settings
from hypothesis import strategies as st
from repository_host import NOW, Ca

PASSWORD = b"secret"


@pytest.mark.parametrize(
    "text",
    [
        "CN=QM1",
        "CN=QM1,OU=b,OU=a,O=Bank,L=x,ST=y,C=GB",
        "CN=Müller \\, Söhne,DC=bank,DC=example",
        "UID=u,CN=x,MAIL=a@b.example,T=t,STREET=s,PC=12345,DNQ=q,UNSTRUCTUREDNAME=n,UNSTRUCTUREDADDRESS=a",
    ],
)
def test_names_go_into_certificates_and_back(text):
    name = DistinguishedName.parse(text)
    assert from_x509(to_x509(name)).text() == name.text()


def test_the_most_general_part_comes_first_in_a_certificate():
    assert [attribute.value for attribute in to_x509(DistinguishedName.parse("CN=QM1,O=Bank,C=GB"))] == ["GB", "Bank", "QM1"]


def test_attribute_types_that_mq_does_not_know_are_shown_as_numbers():
    name = x509.Name([x509.NameAttribute(NameOID.PSEUDONYM, "p"), x509.NameAttribute(NameOID.SERIAL_NUMBER, "7")])
    assert from_x509(name).text() == "SERIALNUMBER=7,2.5.4.65=p"


def one_file(label: str) -> bytes:
    ca = Ca(f"CN={label}")
    encryption = serialization.BestAvailableEncryption(PASSWORD)
    return pkcs12.serialize_key_and_certificates(label.encode(), ca.key, ca.certificate, None, encryption)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_joined_files_keep_every_key(count):
    joined = pfx.join([one_file(f"label {number}") for number in range(count)], PASSWORD)
    loaded = pkcs12.load_pkcs12(joined, PASSWORD)  # checks the MAC
    found = [one for one in (loaded.cert, *loaded.additional_certs) if one]
    assert [one.friendly_name for one in found] == [f"label {number}".encode() for number in range(count)]
    keys = [serialization.load_der_private_key(bag, PASSWORD) for bag in pfx.key_bags(joined)]
    assert all(certificates.same_key(key.public_key(), one.certificate.public_key()) for key, one in zip(keys, found))
    assert len(keys) == count
    with pytest.raises(ValueError, match="Invalid password"):
        pkcs12.load_pkcs12(joined, b"wrong")


WHOLE = one_file("label")


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=60)
def test_a_file_that_is_cut_short_is_refused(length):
    with pytest.raises(ParseError):
        pfx.key_bags(WHOLE[:length])


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    with contextlib.suppress(ParseError, IndexError, ValueError):  # what the caller turns into a sentence
        assert isinstance(pfx.key_bags(data), list)


def test_ber_is_told_from_der():
    with pytest.raises(ParseError, match="it is written in BER, not DER"):
        pfx.key_bags(b"\x30\x80\x02\x01\x03\x00\x00")


def test_who_signed_is_a_matter_of_keys_not_of_names():
    one, two = Ca(), Ca()
    assert certificates.has_signed(one.certificate, one.certificate)
    assert not certificates.has_signed(two.certificate, one.certificate)
    assert certificates.facts(one.certificate, [two.certificate, one.certificate]).signed_by == (certificates.fingerprint(one.certificate),)


@pytest.mark.parametrize(("key_type", "key_size", "algorithm"), [("RSA", 2048, "SHA256withRSA"), ("EC", 384, "SHA384withECDSA")])
def test_what_a_certificate_may_be_used_for_and_how_it_is_signed(key_type, key_size, algorithm):
    identity = Identity("label", DistinguishedName.parse("CN=QM1"), key_type, key_size, 10)
    own = certificates.facts(certificates.make_self_signed(certificates.generate_key(key_type, key_size), identity, NOW))
    assert (own.extended_key_usage, own.is_ca, own.signature_algorithm) == (("serverAuth", "clientAuth"), False, algorithm)
    authority = certificates.facts(Ca().certificate)
    assert (authority.extended_key_usage, authority.is_ca) == ((), True)
    for one in (own, authority):
        assert Certificate.from_dict(asdict(one)) == one
