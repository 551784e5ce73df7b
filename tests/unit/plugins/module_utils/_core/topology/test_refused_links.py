# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links that are refused before a host is touched."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import parse_objects
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.refusal import TopologyRefused
from described_fleet import PARTNER, TWO, refusals
from hypothesis import given
from hypothesis import strategies as st


def of(key, text):
    """A link with one more key, and the beginning of the sentence about it."""
    return f"The link {{from: QM1, to: QM2, {key}: {text}}}"


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ([3], "An item of mq_tls_links is 3; write a dictionary such as {from: QM1, to: QM2}."),
        ([{"from": "QM1"}], "The link {from: QM1} does not say what it joins; write from and to, or mesh, or hub and spokes, or cluster."),
        (
            [{"from": "QM1", "to": "QM2", "mesh": ["QM1"]}],
            "The link {from: QM1, to: QM2, mesh: [QM1]} does not say what it joins; write from and to, or mesh, or hub and spokes, or cluster.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "autentication": "one_way"}],
            of("autentication", "one_way") + " has the unknown key 'autentication'; did you mean authentication?",
        ),
        (
            [{"from": "QM1", "to": "QM3"}],
            "The link {from: QM1, to: QM3}: to is 'QM3', which is neither a queue manager of the inventory nor in mq_tls_partners; did "
            "you mean QM2?",
        ),
        (
            [{"from": "QM1", "to": "ELSEWHERE"}],
            "The link {from: QM1, to: ELSEWHERE}: to is 'ELSEWHERE', which is neither a queue manager of the inventory nor in "
            "mq_tls_partners; add it "
            "there or correct the name.",
        ),
        ([{"from": "QM1", "to": "qm1"}], "The link {from: QM1, to: qm1} joins QM1 with itself; name two different queue managers."),
        ([{"mesh": ["QM1"]}], "The link {mesh: [QM1]} has a mesh of one queue manager; name at least two."),
        ([{"mesh": "QM1"}], "The link {mesh: QM1}, mesh is 'QM1'; write a list of names."),
        (
            [{"hub": "QM1", "spokes": ["QM1", "QM2"]}],
            "The link {hub: QM1, spokes: [QM1, QM2]} has its hub among the spokes; a queue manager has no link to itself, take it out.",
        ),
        (
            [{"mesh": ["QM1", "QM2"], "channel": "C"}],
            "The link {mesh: [QM1, QM2], channel: C} gives one channel to many links; give it in an item of its own with from and to.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "authentication": "mutual"}],
            of("authentication", "mutual") + " has the authentication 'mutual'; write two_way or one_way.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "channel": "A.CHANNEL.WITH.A.LONG.NAME"}],
            of("channel", "A.CHANNEL.WITH.A.LONG.NAME")
            + " has the channel 'A.CHANNEL.WITH.A.LONG.NAME'; IBM MQ takes at most 20 of the characters "
            "A-Z a-z 0-9 . / _ % there, choose another name.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "channel": "C') STOP CHANNEL("}],
            of("channel", '"C\') STOP CHANNEL("') + ' has the channel "C\') STOP CHANNEL("; IBM MQ takes at most 20 of the characters '
            "A-Z a-z 0-9 . / _ % there, choose another name.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "cipher_spec": "RC4_MD5_US"}],
            of("cipher_spec", "RC4_MD5_US")
            + ": the CipherSpec RC4_MD5_US (SSL 3.0) is deprecated and disabled in IBM MQ: a channel with it does not "
            "start (AMQ9788E); take ANY_TLS12_OR_HIGHER or an enabled one.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "cipher_spec": "ECDHE_ECDSA_AES_256_GCM_SHA384"}],
            "The link from QM1 to QM2: the CipherSpec ECDHE_ECDSA_AES_256_GCM_SHA384 needs a certificate with an elliptic-curve (EC) key "
            "at QM2, which "
            "has an RSA one (AMQ9616E); change mq_tls_key_type there or take ANY_TLS12_OR_HIGHER, which serves both.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "responder_attributes": {"SSLCIPH": "ANY_TLS12"}}],
            "The link from QM1 to QM2 has the CipherSpec ANY_TLS12_OR_HIGHER at QM1 and ANY_TLS12 at QM2, which do not come to terms "
            "(AMQ9631E, "
            "AMQ9641E): the responder's may be wider than the initiator's, never narrower; give both ends the same with cipher_spec.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "initiator_attributes": {"SSLCAUTH": "REQUIRED"}}],
            of("initiator_attributes", "{SSLCAUTH: REQUIRED}")
            + ", initiator_attributes: SSLCAUTH is not an attribute of a channel of type SDR, only of "
            "CLUSRCVR, RCVR, RQSTR, SVR, SVRCONN; leave it out or correct CHLTYPE.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "responder_attributes": {"XMITQ": "QM2"}}],
            of("responder_attributes", "{XMITQ: QM2}") + ", responder_attributes gives XMITQ, which the link itself decides: use the key "
            "transmission_queue.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "responder_attributes": {"SSLCAUTH": "OPTIONAL"}}],
            "The link from QM1 to QM2 is two-way and its responder_attributes give SSLCAUTH(OPTIONAL), which means the opposite; use the "
            "key "
            "authentication instead.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "authentication": "one_way", "responder_attributes": {"SSLPEER": "O=Bank"}}],
            "The link from QM1 to QM2 is one-way and its responder_attributes give an SSLPEER, which makes a certificate mandatory; take "
            "SSLPEER out or "
            "make the link two_way.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "initiator_attributes": {"SSLPEER": "CN=QM2,O=Other"}}],
            "The link from QM1 to QM2, initiator_attributes: SSLPEER is 'CN=QM2,O=Other', which does not match the subject CN=QM2,O=Bank "
            "of QM2 "
            "(AMQ9636E); correct it, or leave it out and the right one is set.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "initiator_attributes": {"DESCR": "a\nSTOP LISTENER(X)"}}],
            of("initiator_attributes", "{DESCR: 'a\\nSTOP LISTENER(X)'}")
            + ", initiator_attributes: DESCR cannot be sent to the queue manager: A value was "
            "to be quoted for MQSC and holds the control character U+000A at position 2; remove it.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "initiator_attributes": {"CONVERT": "YES) MCAUSER('root'"}}],
            of("initiator_attributes", "{CONVERT: \"YES) MCAUSER('root'\"}")
            + ", initiator_attributes: CONVERT is \"YES) MCAUSER('root'\"; the value of "
            "CONVERT is one word of letters, digits and underscores.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "initiator_attributes": {"CONNAME": "host') XMITQ('Q"}}],
            of("initiator_attributes", "{CONNAME: \"host') XMITQ('Q\"}")
            + ", initiator_attributes: CONNAME is \"host') XMITQ('Q\"; write host or host(port), "
            "several with commas between.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "initiator_attributes": {"HBINT": 1, "hbint": 2}}],
            of("initiator_attributes", "{HBINT: 1, hbint: 2}") + ", initiator_attributes gives HBINT twice, in different case; keep one.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "initiator_attributes": ["HBINT"]}],
            of("initiator_attributes", "[HBINT]") + ", initiator_attributes is [HBINT]; write a dictionary of MQSC attributes.",
        ),
        (
            [
                {"from": "QM1", "to": "QM2"},
                {"from": "QM1", "to": "QM2", "authentication": "one_way"},
                {"from": "QM1", "to": "QM2", "authentication": "two_way"},
            ],
            "The link from QM1 to QM2 is described twice, with the authentication 'one_way' and 'two_way'; keep one of them.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "channel": "C1"}, {"from": "QM1", "to": "QM2", "channel": "C2"}],
            "The link from QM1 to QM2 uses the transmission queue QM2 with the channel C2, and so does the channel C1 of the same queue "
            "manager, but "
            "only one channel at a time can serve a transmission queue; give one of the links its own with transmission_queue.",
        ),
        (
            [{"from": "QM1", "to": "QM2", "channel": "C"}, {"from": "QM2", "to": "QM1", "channel": "C"}],
            "The link from QM2 to QM1 has the channel C, and QM2 has another link with a channel of this name; name one of them "
            "differently with the "
            "key channel.",
        ),
    ],
)
def test_links_that_are_refused(links, says):
    assert any(sentence.startswith(says) and (sentence == says or says[-1] != ".") for sentence in refusals(TWO, links)), refusals(
        TWO, links
    )


def test_a_channel_name_that_gets_too_long_is_refused_with_one_that_fits():
    hosts = {"branch_of_leeds": {}, "headquarters": {}}
    assert refusals(hosts, [{"from": "BRANCH_OF_LEEDS", "to": "HEADQUARTERS"}]) == [
        "The link from BRANCH_OF_LEEDS to HEADQUARTERS would have the channel BRANCH_OF_LEEDS.TO.HEADQUARTERS with 31 characters and IBM "
        "MQ takes at "
        "most 20; name it with the key channel, for example {from: BRANCH_OF_LEEDS, to: HEADQUARTERS, channel: BRANCH_O.TO.HEADQUAR}."
    ]
    assert plan(hosts, [{"from": "BRANCH_OF_LEEDS", "to": "HEADQUARTERS", "channel": "BRANCH_O.TO.HEADQUAR"}])


def test_two_queue_managers_of_one_name():
    hosts = {"a": {"mq_tls_queue_manager": "QM1"}, "b": {"mq_tls_queue_manager": "QM1"}, "c": {}}
    assert "The hosts a and b have the same queue manager name QM1; give each its own with mq_tls_queue_manager." in refusals(
        hosts, [{"from": "C", "to": "QM1"}]
    )


def test_two_queue_managers_at_one_address():
    hosts = {"a": {"ansible_host": "Host"}, "b": {"ansible_host": "host"}, "c": {}}
    assert refusals(hosts, [{"hub": "C", "spokes": ["A", "B"]}]) == [
        "The queue managers A and B are both reached at host(1414); give one of them another mq_tls_listener_port or its own "
        "mq_tls_address."
    ]
    assert plan({**hosts, "b": {"ansible_host": "host", "mq_tls_listener_port": 1415}}, [{"hub": "C", "spokes": ["A", "B"]}])


def test_a_name_that_could_mean_two_queue_managers():
    hosts = {"x": {"mq_tls_queue_manager": "Pay"}, "y": {"mq_tls_queue_manager": "PAY"}, "z": {}}
    assert refusals(hosts, [{"from": "pay", "to": "Z"}])[0] == (
        "The link {from: pay, to: Z}: from is 'pay', which could mean each of PAY, Pay; write the name as it is."
    )
    assert plan(hosts, [{"from": "PAY", "to": "Z"}])["links"][0]["from_host"] == "y"


def test_a_link_between_two_partners():
    assert refusals(TWO, [{"from": "ZOS1", "to": "ZOS2"}], partners=[PARTNER, {**PARTNER, "name": "ZOS2"}]) == [
        "The link from ZOS1 to ZOS2 joins two partners outside the inventory; take it out, or add one of them to the inventory."
    ]


def test_all_refusals_come_together_each_in_a_line_of_its_own():
    with pytest.raises(InputError) as refused:
        plan({**TWO, "qm1": {"mq_tls_key_size": 1}}, [{"from": "QM1", "to": "QM2", "authentication": "x"}, 5, 5])
    assert str(refused.value) == (
        "3 things cannot work:\n"
        "- The link {from: QM1, to: QM2, authentication: x} has the authentication 'x'; write two_way or one_way.\n"
        "- An item of mq_tls_links is 5; write a dictionary such as {from: QM1, to: QM2}.\n"
        "- Queue manager 'QM1' (host qm1): mq_tls_key_size is 1; with mq_tls_key_type RSA write one of 2048, 3072, 4096."
    )


@given(st.text(max_size=30))
def test_no_text_reaches_the_plan_with_a_line_break(text):
    """Whatever a user writes, what is planned can be sent to runmqsc as values, or the description is refused."""
    link = {"from": "QM1", "to": "QM2", "initiator_attributes": {"DESCR": text, "CONNAME": text, "MCATYPE": text}, "channel": text}
    hosts = {**TWO, "qm1": {"mq_tls_certificate_label": text, "mq_tls_subject": text}}
    for given_link, given_hosts in (({"from": "QM1", "to": "QM2"}, hosts), (link, TWO)):
        try:
            planned = plan(given_hosts, [given_link])
        except TopologyRefused as refused:
            assert all("\n" not in sentence for sentence in refused.refusals)
        else:
            for one in planned["queue_managers"].values():
                parse_objects(one["objects"], one["queue_manager"])
