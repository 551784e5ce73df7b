# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listener is asked for, and how its answer compares with the key repository."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core import presented_certificate as core
from ansible_collections.mqfleet.tls.plugins.module_utils._core.certificate import Entry
from ansible_collections.mqfleet.tls.plugins.module_utils._core.presented_certificate import Question
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(serial_number: int) -> x509.Certificate:
    name = x509.Name.from_rfc4514_string("CN=QM2,O=Bank")
    begin = datetime(2026, 1, 1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(serial_number)
    return builder.not_valid_before(begin).not_valid_after(begin.replace(year=2027)).sign(KEY, hashes.SHA256())


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ("TO.QM2", "to2e-qm2.chl.mq.ibm.com"),  # the example of the documentation
        ("QM1.TO.QM2", "qm12e-to2e-qm2.chl.mq.ibm.com"),
        ("a_B/c%9", "61-5f-b2f-63-25-9.chl.mq.ibm.com"),
    ],
)
def test_the_server_name_of_a_channel(channel, name):
    assert core.server_name(channel) == name


LISTENER = {"object": "LISTENER", "name": "TLS.LISTENER", "attributes": {"TRPTYPE": "TCP", "PORT": 1415, "IPADDR": "192.0.2.1"}}
QMGR = {"object": "QMGR", "attributes": {"CERTLABL": "bank"}}


@pytest.mark.parametrize(
    ("objects", "address"),
    [
        ([QMGR, LISTENER], ("192.0.2.1", 1415)),
        ([{**LISTENER, "attributes": {"PORT": "1415"}}], ("localhost", 1415)),
        ([{**LISTENER, "attributes": {"IPADDR": "*"}}], ("localhost", 1414)),
        ([{"object": "LISTENER", "name": "L"}], ("localhost", 1414)),
        ([QMGR], None),
        ([], None),
    ],
)
def test_where_the_listener_is(objects, address):
    assert core.address(objects) == address


def channel(name: str, label: str = "") -> dict:
    return {"object": "CHANNEL", "name": name, "attributes": {"CHLTYPE": "RCVR", **({"CERTLABL": label} if label else {})}}


@pytest.mark.parametrize(
    ("objects", "responders", "asked"),
    [
        ([QMGR, channel("A"), channel("B")], ["A", "B"], [Question("bank", ("A", "B"))]),
        ([channel("A")], ["A"], [Question("ibmwebspheremqqm2", ("A",))]),
        (
            [QMGR, channel("A", "own"), channel("B"), channel("C", "own")],
            ["A", "B", "C"],
            [Question("own", ("A", "C"), "a.chl.mq.ibm.com"), Question("bank", ("B",))],
        ),
        ([QMGR, channel("A", "bank")], ["A"], [Question("bank", ("A",))]),
        ([QMGR, channel("A")], [], []),
        ([], ["NOT.DESCRIBED"], [Question("ibmwebspheremqqm2", ("NOT.DESCRIBED",))]),
    ],
    ids=["one for all", "default label", "labels of channels", "the same label", "nothing responds", "without a description"],
)
def test_what_is_asked(objects, responders, asked):
    assert core.questions(objects, responders, "ibmwebspheremqqm2") == asked


def test_comparison():
    one, another = certificate(1), certificate(2)
    entries = [
        Entry("bank", certificates.facts(one), True, True),
        Entry("trusted only", certificates.facts(another), False, True),
    ]
    question = Question("bank", ("A",))
    number = {one.public_bytes(Encoding.DER): "01", another.public_bytes(Encoding.DER): "02"}.__getitem__
    same = core.compared(question, one.public_bytes(Encoding.DER), entries, pytest.fail)
    assert (same["state"], same["label"], same["channels"], same["reason"]) == ("current", "bank", ["A"], "")
    assert same["presented"] == same["held"] == {"serial_number": "01", "fingerprint": certificates.facts(one).fingerprint}
    differs = core.compared(question, another.public_bytes(Encoding.DER), entries, number)
    assert (differs["state"], differs["presented"]["serial_number"], differs["held"]["serial_number"]) == ("other", "02", "01")
    without_key = core.compared(Question("trusted only", ("A",)), another.public_bytes(Encoding.DER), entries, number)
    assert (without_key["state"], without_key["held"]) == ("other", None)
