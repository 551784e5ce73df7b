# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Topology: from links and variables to objects, identity and trust; and all that is refused before a host is touched."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import parse_objects
from ansible_collections.mqfleet.tls.plugins.module_utils._core.peer_pattern import PeerPattern
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology import DESCRIPTION, OTHER_VARIABLES, TopologyRefused, plan
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[5]
TWO = {
    "qm1": {"ansible_host": "192.0.2.1", "mq_tls_subject": "CN=QM1,O=Bank"},
    "qm2": {"ansible_host": "192.0.2.2", "mq_tls_subject": "CN=QM2,O=Bank"},
}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PARTNER = {"name": "ZOS1", "address": "192.0.2.9", "certificates": [PEM], "subject": "CN=ZOS1,O=Other", "platform": "zos"}


def refusals(hosts, links=(), **more):
    with pytest.raises(TopologyRefused) as refused:
        plan(hosts, links, **more)
    return list(refused.value.refusals)


def objects(planned, host, kind):
    return {one["name"]: one["attributes"] for one in planned["queue_managers"][host]["objects"] if one["object"] == kind}


# -- what is planned -------------------------------------------------------------------------------------------------


def test_one_two_way_link():
    assert plan(TWO, [{"from": "QM1", "to": "QM2"}]) == {
        "queue_managers": {
            "qm1": {
                "queue_manager": "QM1",
                "identity": {
                    "label": "ibmwebspheremqqm1",
                    "subject": "CN=QM1,O=Bank",
                    "key_type": "RSA",
                    "key_size": 3072,
                    "days": 365,
                    "renew_before_days": 30,
                },
                "issuer": {"type": "local_ca"},
                "trust": [{"issuer": "local_ca"}],
                "objects": [
                    {"object": "QMGR", "attributes": {"CERTLABL": "ibmwebspheremqqm1"}},
                    {
                        "object": "QLOCAL",
                        "name": "QM2",
                        "attributes": {
                            "USAGE": "XMITQ",
                            "TRIGGER": True,
                            "TRIGTYPE": "FIRST",
                            "TRIGDATA": "QM1.TO.QM2",
                            "INITQ": "SYSTEM.CHANNEL.INITQ",
                        },
                    },
                    {
                        "object": "CHANNEL",
                        "name": "QM1.TO.QM2",
                        "attributes": {
                            "CHLTYPE": "SDR",
                            "TRPTYPE": "TCP",
                            "CONNAME": "192.0.2.2(1414)",
                            "XMITQ": "QM2",
                            "SSLCIPH": "ANY_TLS12_OR_HIGHER",
                            "SSLPEER": "CN=QM2,O=Bank",
                        },
                    },
                ],
                "initiates": ["QM1.TO.QM2"],
                "responds": [],
            },
            "qm2": {
                "queue_manager": "QM2",
                "identity": {
                    "label": "ibmwebspheremqqm2",
                    "subject": "CN=QM2,O=Bank",
                    "key_type": "RSA",
                    "key_size": 3072,
                    "days": 365,
                    "renew_before_days": 30,
                },
                "issuer": {"type": "local_ca"},
                "trust": [{"issuer": "local_ca"}],
                "objects": [
                    {"object": "QMGR", "attributes": {"CERTLABL": "ibmwebspheremqqm2"}},
                    {
                        "object": "LISTENER",
                        "name": "TLS.LISTENER",
                        "attributes": {"TRPTYPE": "TCP", "PORT": 1414, "CONTROL": "QMGR"},
                        "started": True,
                    },
                    {
                        "object": "CHANNEL",
                        "name": "QM1.TO.QM2",
                        "attributes": {
                            "CHLTYPE": "RCVR",
                            "TRPTYPE": "TCP",
                            "SSLCIPH": "ANY_TLS12_OR_HIGHER",
                            "SSLCAUTH": "REQUIRED",
                            "SSLPEER": "CN=QM1,O=Bank",
                        },
                    },
                ],
                "initiates": [],
                "responds": ["QM1.TO.QM2"],
            },
        },
        "links": [
            {
                "channel": "QM1.TO.QM2",
                "from": "QM1",
                "to": "QM2",
                "from_host": "qm1",
                "to_host": "qm2",
                "authentication": "two_way",
                "cipher_spec": "ANY_TLS12_OR_HIGHER",
                "initiator_subject": "CN=QM1,O=Bank",
                "responder_subject": "CN=QM2,O=Bank",
            }
        ],
        "warnings": [],
        "issuers": ["local_ca"],
        "not_planned": {},
    }


def test_an_initiator_of_one_way_links_only_gets_no_identity():
    planned = plan(TWO, [{"from": "QM1", "to": "QM2", "authentication": "one_way"}])
    anonymous = planned["queue_managers"]["qm1"]
    assert (anonymous["identity"], anonymous["trust"]) == (None, [{"issuer": "local_ca"}])
    assert anonymous["objects"][0]["attributes"] == {"CERTLABL": "ibmwebspheremqqm1"}
    receiver = objects(planned, "qm2", "CHANNEL")["QM1.TO.QM2"]
    assert (receiver["SSLCAUTH"], receiver["SSLPEER"]) == ("OPTIONAL", "")
    assert planned["links"][0]["initiator_subject"] is None
    assert planned["warnings"] == []


def test_a_one_way_link_of_a_queue_manager_with_a_certificate_is_warned_of_and_trusted():
    hosts = {**TWO, "qm3": {"mq_tls_issuer": {"type": "self_signed"}}}
    planned = plan(hosts, [{"from": "QM3", "to": "QM2", "authentication": "one_way"}, {"from": "QM1", "to": "QM3"}])
    assert planned["warnings"] == [
        "The link from QM3 to QM2 is one-way, but QM3 has a certificate for its other links and IBM MQ presents it here too; QM2 "
        "validates it "
        "and therefore trusts its issuer."
    ]
    assert planned["queue_managers"]["qm2"]["trust"] == [{"issuer": "local_ca"}, {"queue_manager": "QM3"}]
    assert planned["links"][1]["initiator_subject"] == "CN=QM3"


def test_partners_trust_the_ca_certificates_that_the_issuer_outside_is_known_by():
    command = {"type": "command", "argv": ["/bin/sign"], "timeout": "5", "trust": ["/etc/pki/bank.pem", PEM]}
    hosts = {
        "a": {"mq_tls_issuer": command},
        "b": {"mq_tls_issuer": {**command, "trust": "~/other.pem"}},
        "c": {"mq_tls_issuer": {"type": "external"}},
        "d": {"mq_tls_issuer": {"type": "external"}},
        "e": {},
    }
    planned = plan(hosts, [{"hub": "E", "spokes": ["A", "B", "C", "D"]}])
    assert planned["queue_managers"]["e"]["trust"] == [
        {"issuer": "command", "trust": ["/etc/pki/bank.pem", PEM]},
        {"issuer": "command", "trust": "~/other.pem"},
        {"issuer": "external"},
        {"issuer": "local_ca"},
    ]
    assert planned["queue_managers"]["a"]["issuer"] == command
    assert planned["issuers"] == ["command", "external", "local_ca"]


def test_self_signed_queue_managers_trust_each_other_and_no_more():
    hosts = {name: {"mq_tls_issuer": {"type": "self_signed"}} for name in ("a", "b", "c")}
    planned = plan(hosts, [{"from": "A", "to": "C"}, {"from": "A", "to": "B"}])
    assert planned["queue_managers"]["a"]["trust"] == [{"queue_manager": "B"}, {"queue_manager": "C"}]
    assert planned["queue_managers"]["b"]["trust"] == [{"queue_manager": "A"}]
    assert planned["issuers"] == ["self_signed"]


def test_mesh_and_hub_are_the_links_that_they_stand_for():
    hosts = {name: {} for name in ("a", "b", "c", "d")}
    written_out = [{"from": first, "to": second} for first in "ABC" for second in "ABC" if first != second]
    assert plan(hosts, [{"mesh": ["A", "B", "C"]}]) == plan(hosts, written_out)
    spokes = [{"from": "A", "to": "B"}, {"from": "B", "to": "A"}, {"from": "A", "to": "D"}, {"from": "D", "to": "A"}]
    assert plan(hosts, [{"hub": "A", "spokes": ["B", "D"]}]) == plan(hosts, spokes)


def test_inventory_groups_can_be_members():
    hosts = {name: {} for name in ("a", "b", "c")}
    groups = {"all": ["a", "b", "c"], "branches": ["b", "c"]}
    assert plan(hosts, [{"hub": "A", "spokes": ["branches"]}], groups=groups) == plan(hosts, [{"hub": "A", "spokes": ["B", "C"]}])
    assert plan(hosts, [{"mesh": ["branches", "A"]}], groups=groups) == plan(hosts, [{"mesh": ["A", "B", "C"]}])


@pytest.mark.parametrize("name", ["QM1", "qm1", "Qm1"])
def test_a_link_finds_a_queue_manager_by_name_host_or_without_regard_to_case(name):
    assert plan(TWO, [{"from": name, "to": "QM2"}]) == plan(TWO, [{"from": "QM1", "to": "QM2"}])


def test_the_order_of_links_and_repetitions_do_not_matter():
    links = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1", "authentication": "one_way"}]
    assert plan(TWO, links) == plan(TWO, links[::-1] + links)


def test_what_two_items_say_of_one_link_is_put_together():
    planned = plan(TWO, [{"mesh": ["QM1", "QM2"]}, {"from": "QM1", "to": "QM2", "channel": "SPECIAL", "transmission_queue": "XQ"}])
    assert [link["channel"] for link in planned["links"]] == ["SPECIAL", "QM2.TO.QM1"]
    assert objects(planned, "qm1", "QLOCAL")["XQ"]["TRIGDATA"] == "SPECIAL"
    assert objects(planned, "qm1", "CHANNEL")["SPECIAL"]["XMITQ"] == "XQ"


def test_two_channels_of_one_pair():
    links = [
        {"from": "QM1", "to": "QM2", "channel": "BULK", "transmission_queue": "BULK"},
        {"from": "QM1", "to": "QM2", "channel": "URGENT"},
        {"from": "QM1", "to": "QM2", "cipher_spec": "ANY_TLS13"},
    ]
    planned = plan(TWO, links)
    assert [(link["channel"], link["cipher_spec"]) for link in planned["links"]] == [("BULK", "ANY_TLS13"), ("URGENT", "ANY_TLS13")]


def test_variables_of_a_host():
    hosts = {
        "qm1": {},
        "bank.example.com": {
            "mq_tls_queue_manager": "BANK",
            "mq_tls_listener": "BANK.TLS",
            "mq_tls_listener_port": "1515",
            "mq_tls_listener_address": "192.0.2.7",
            "mq_tls_address": "mq.example.com, standby.example.com(1616)",
            "mq_tls_cipher_spec": "ECDHE_ECDSA_AES_256_GCM_SHA384",
            "mq_tls_certificate_label": "bank-2026",
            "mq_tls_key_type": "EC",
            "mq_tls_certificate_days": 90,
            "mq_tls_renew_before_days": 0,
        },
    }
    planned = plan(hosts, [{"from": "QM1", "to": "BANK", "cipher_spec": "ECDHE_ECDSA_AES_256_GCM_SHA384"}])
    bank = planned["queue_managers"]["bank.example.com"]
    assert bank["identity"] == {
        "label": "bank-2026",
        "subject": "CN=BANK",
        "key_type": "EC",
        "key_size": 256,
        "days": 90,
        "renew_before_days": 0,
    }
    assert objects(planned, "bank.example.com", "LISTENER") == {
        "BANK.TLS": {"TRPTYPE": "TCP", "PORT": 1515, "CONTROL": "QMGR", "IPADDR": "192.0.2.7"}
    }
    assert objects(planned, "qm1", "CHANNEL")["QM1.TO.BANK"]["CONNAME"] == "mq.example.com(1515),standby.example.com(1616)"


def test_whom_a_queue_manager_asks_about_revocations():
    hosts = {
        "qm1": {"mq_tls_crl_url": "http://pki.example/mq.crl", "mq_tls_ocsp_url": "http://ocsp.example"},
        "qm2": {"mq_tls_revocation": {"crl_ldap": [{"address": "ldap(389)", "user": "cn=mq", "password": "s3cret"}]}},
        "qm3": {"mq_tls_revocation": {}, "mq_tls_issuer": {"type": "self_signed"}, "mq_tls_crl_url": "http://pki.example/mq.crl"},
    }
    planned = plan(hosts, [{"mesh": ["QM1", "QM2", "QM3"]}])["queue_managers"]
    assert planned["qm1"]["issuer"] == {
        "type": "local_ca",
        "crl_url": "http://pki.example/mq.crl",
        "ocsp_url": "http://ocsp.example",
    }
    assert planned["qm3"]["issuer"] == {"type": "self_signed"}
    assert [one["objects"][0]["attributes"].get("SSLCRLNL") for one in planned.values()] == [None, "MQFLEET.REVOCATION", ""]
    assert [one["name"] for one in planned["qm2"]["objects"][1:3]] == ["MQFLEET.CRLLDAP.1", "MQFLEET.REVOCATION"]
    assert [one.get("crl_ldap") for one in planned.values()] == [None, ["MQFLEET.CRLLDAP.1"], None]
    assert "s3cret" not in str(planned)


def test_attributes_of_each_end_are_merged_over_those_of_the_link():
    link = {
        "from": "QM1",
        "to": "QM2",
        "initiator_attributes": {"conname": "relay.example.com(1500)", "DESCR": "it's ours", "HBINT": 60, "CONVERT": True},
        "responder_attributes": {"SSLPEER": "O=Bank", "SSLCIPH": "ANY", "sslcauth": "required"},
    }
    planned = plan(TWO, [link])
    sender = objects(planned, "qm1", "CHANNEL")["QM1.TO.QM2"]
    assert (sender["CONNAME"], sender["DESCR"], sender["HBINT"], sender["CONVERT"]) == ("relay.example.com(1500)", "it's ours", 60, "YES")
    receiver = objects(planned, "qm2", "CHANNEL")["QM1.TO.QM2"]
    assert (receiver["SSLPEER"], receiver["SSLCIPH"]) == ("O=Bank", "ANY")
    assert planned["links"][0]["cipher_spec"] == "ANY_TLS12_OR_HIGHER"
    assert all(type(value) in (str, int, bool) for value in [*sender.values(), *receiver.values()])


def test_a_responder_that_allows_less_decides_what_is_expected():
    link = {"from": "QM1", "to": "QM2", "responder_attributes": {"SSLCIPH": "ANY_TLS13_OR_HIGHER"}}
    assert plan(TWO, [link])["links"][0]["cipher_spec"] == "ANY_TLS13_OR_HIGHER"


def test_partners_outside_the_inventory():
    planned = plan(TWO, [{"from": "QM1", "to": "ZOS1"}, {"from": "ZOS1", "to": "QM1"}], [PARTNER, dict(PARTNER)])
    qm1 = planned["queue_managers"]["qm1"]
    assert qm1["trust"] == [{"issuer": "local_ca"}, {"name": "ZOS1", "certificates": [PEM]}]
    assert objects(planned, "qm1", "CHANNEL")["QM1.TO.ZOS1"]["CONNAME"] == "192.0.2.9(1414)"
    assert objects(planned, "qm1", "CHANNEL")["ZOS1.TO.QM1"]["SSLPEER"] == "CN=ZOS1,O=Other"
    assert [(link["from_host"], link["to_host"]) for link in planned["links"]] == [("qm1", None), (None, "qm1")]
    assert "ZOS1" not in planned["queue_managers"]


def test_a_partner_without_subject_is_warned_of():
    partner = {key: value for key, value in PARTNER.items() if key != "subject"}
    planned = plan(TWO, [{"from": "QM1", "to": "ZOS1"}], [partner])
    assert planned["warnings"] == [
        "The link from QM1 to ZOS1: mq_tls_partners does not give the subject of ZOS1, so QM1 accepts any certificate that its trusted "
        "certificates vouch for.",
        "The queue manager QM2 takes part in no link: it gets a certificate and a key repository, and no channels.",
    ]
    assert objects(planned, "qm1", "CHANNEL")["QM1.TO.ZOS1"]["SSLPEER"] == ""


def test_a_limited_plan_is_the_same_part_of_the_full_one():
    hosts = {name: {} for name in ("a", "b", "c", "d")}
    links = [{"mesh": ["A", "B"]}, {"from": "C", "to": "A", "authentication": "one_way"}, {"from": "D", "to": "C"}]
    full, limited = plan(hosts, links), plan(hosts, links, only=["a"])
    assert limited["queue_managers"] == {"a": full["queue_managers"]["a"]}
    assert limited["links"] == [link for link in full["links"] if "a" in (link["from_host"], link["to_host"])]
    assert (full["not_planned"], limited["not_planned"]) == ({}, {"b": "B", "c": "C", "d": "D"})


def test_hosts_that_are_no_queue_managers_do_no_harm():
    hosts = {**TWO, "web-server": {"mq_tls_queue_manager": None, "ansible_host": "192.0.2.1"}}
    assert plan(hosts, [{"from": "QM1", "to": "QM2"}], only=["qm1", "qm2"])["links"]


def test_shared_subjects_are_warned_of():
    hosts = {name: {"mq_tls_subject": "CN=MQ"} for name in ("a", "b", "c", "d", "e")}
    assert plan(hosts, [{"mesh": list("ABCDE")}])["warnings"] == [
        "The queue managers A, B, C and 2 more have the same subject CN=MQ, so SSLPEER cannot tell one from the other; give each its own "
        "with "
        "mq_tls_subject."
    ]


def test_a_label_of_a_channel_of_its_own_is_warned_of():
    planned = plan(TWO, [{"from": "QM1", "to": "QM2", "initiator_attributes": {"CERTLABL": "other"}}])
    assert planned["warnings"] == [
        "The link from QM1 to QM2 takes the certificate other of QM1, which this collection does not manage: it has to be in the key "
        "repository "
        "already."
    ]


names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%/", min_size=1, max_size=8)


@given(st.lists(names, min_size=2, max_size=6, unique_by=str.lower), st.data())
def test_what_is_planned_can_be_sent_and_lets_the_partner_in(queue_managers, data):
    hosts = {f"host{number}": {"mq_tls_queue_manager": name} for number, name in enumerate(queue_managers)}
    pairs = st.tuples(st.sampled_from(queue_managers), st.sampled_from(queue_managers)).filter(lambda pair: pair[0] != pair[1])
    chosen = data.draw(st.lists(pairs, unique=True, max_size=12))
    one_way = data.draw(st.sets(st.sampled_from(chosen))) if chosen else set()
    planned = plan(
        hosts,
        [
            {"from": first, "to": second, "authentication": "one_way" if (first, second) in one_way else "two_way"}
            for first, second in chosen
        ],
    )
    json.dumps(planned)
    assert {(link["from"], link["to"]) for link in planned["links"]} == set(chosen)
    for one in planned["queue_managers"].values():
        parse_objects(one["objects"], one["queue_manager"])
    for link in planned["links"]:
        sender = objects(planned, link["from_host"], "CHANNEL")[link["channel"]]
        receiver = objects(planned, link["to_host"], "CHANNEL")[link["channel"]]
        assert sender["SSLCIPH"] == receiver["SSLCIPH"]
        assert sender["XMITQ"] in objects(planned, link["from_host"], "QLOCAL")
        assert objects(planned, link["to_host"], "LISTENER")
        assert planned["queue_managers"][link["to_host"]]["identity"]
        assert PeerPattern.parse(sender["SSLPEER"])
        assert (receiver["SSLCAUTH"], receiver["SSLPEER"] == "") == (
            ("OPTIONAL", True) if link["authentication"] == "one_way" else ("REQUIRED", False)
        )


def test_a_thousand_queue_managers_with_ten_thousand_links_take_seconds_and_linear_memory():
    def measured(count):
        hosts = {f"q{number}": {} for number in range(count)}
        links = [{"from": f"Q{number}", "to": f"Q{(number + step) % count}"} for number in range(count) for step in range(1, 11)]
        started = time.process_time()
        assert len(plan(hosts, links)["links"]) == 10 * count
        seconds = time.process_time() - started
        tracemalloc.start()
        plan(hosts, links)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return seconds, peak

    _small_seconds, small_peak = measured(100)
    seconds, peak = measured(1000)
    assert seconds < 10
    assert peak < 13 * small_peak


# -- what is refused -------------------------------------------------------------------------------------------------

LINK = "The link {from: QM1, to: QM2"


def of(key, text):
    """A link with one more key, and the beginning of the sentence about it."""
    return f"The link {{from: QM1, to: QM2, {key}: {text}}}"


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ([3], "An item of mq_tls_links is 3; write a dictionary such as {from: QM1, to: QM2}."),
        ([{"from": "QM1"}], "The link {from: QM1} does not say what it joins; write from and to, or mesh, or hub and spokes."),
        (
            [{"from": "QM1", "to": "QM2", "mesh": ["QM1"]}],
            "The link {from: QM1, to: QM2, mesh: [QM1]} does not say what it joins; write from and to, or mesh, or hub and spokes.",
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
                {"mesh": ["QM1", "QM2"], "authentication": "one_way"},
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


QM1 = "Queue manager 'QM1' (host qm1): "
ISSUER = "Queue manager 'QM1' (host qm1), mq_tls_issuer: "
ARGV = "argv is not a list of texts; write the program and its arguments, for example argv: [/usr/local/bin/sign, --days, '365']."
TIMEOUT = "timeout is not a number of seconds from 1 to 3600; correct it."
TRUST_MISSING = "trust is missing; give the CA certificates that the certificates of the command lead to, in PEM form or as files."
TRUST = (
    "trust has an item that is neither a certificate in PEM form (-----BEGIN CERTIFICATE-----) nor the absolute path of a file; "
    "give only CA certificates, never a private key."
)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (
            {"mq_tls_queue_manager": "Q" * 49},
            f"Queue manager '{'Q' * 49}' (host qm1): mq_tls_queue_manager is '{'Q' * 49}'; that has 49 characters and IBM MQ takes at "
            f"most 48; choose a "
            "shorter name.",
        ),
        (
            {"mq_tls_queue_manager": "QM-1"},
            "Queue manager 'QM-1' (host qm1): mq_tls_queue_manager is 'QM-1'; IBM MQ takes the characters A-Z a-z 0-9 . / _ % in a name; "
            "correct it.",
        ),
        ({"mq_tls_listener_port": 0}, QM1 + "mq_tls_listener_port is 0; write a whole number from 1 to 65535."),
        ({"mq_tls_listener_port": True}, QM1 + "mq_tls_listener_port is true; write a whole number from 1 to 65535."),
        ({"mq_tls_listener_port": "14x"}, QM1 + "mq_tls_listener_port is '14x'; write a whole number from 1 to 65535."),
        (
            {"mq_tls_listener": "TLS LISTENER"},
            QM1 + "mq_tls_listener is 'TLS LISTENER'; IBM MQ takes the characters A-Z a-z 0-9 . / _ % in a name; correct it.",
        ),
        (
            {"mq_tls_listener_address": "10.0.0.1(1414)"},
            QM1 + "mq_tls_listener_address is '10.0.0.1(1414)'; write one address or host name of at most 48 characters, without a port.",
        ),
        (
            {"mq_tls_address": "host'(1414)"},
            QM1 + 'mq_tls_address is "host\'(1414)"; write host or host(port) as in CONNAME, several with commas between.',
        ),
        (
            {"mq_tls_address": "a\nb"},
            QM1 + "mq_tls_address is 'a\\nb'; write a text without line breaks and control characters.",
        ),
        (
            {"mq_tls_address": "host(70000)"},
            QM1 + "mq_tls_address is 'host(70000)'; write host or host(port) as in CONNAME, several with commas between.",
        ),
        (
            {"mq_tls_cipher_spec": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
            "Queue manager 'QM1' (host qm1), mq_tls_cipher_spec: The CipherSpec 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' is not known to "
            "IBM MQ; did you "
            "mean ECDHE_RSA_AES_128_GCM_SHA256?",
        ),
        ({"mq_tls_key_type": "DSA"}, QM1 + "mq_tls_key_type is 'DSA'; write RSA or EC."),
        ({"mq_tls_key_size": 1024}, QM1 + "mq_tls_key_size is 1024; with mq_tls_key_type RSA write one of 2048, 3072, 4096."),
        (
            {"mq_tls_key_type": "EC", "mq_tls_key_size": 3072},
            QM1 + "mq_tls_key_size is 3072; with mq_tls_key_type EC write one of 256, 384, 521.",
        ),
        ({"mq_tls_certificate_days": 0}, QM1 + "mq_tls_certificate_days is 0; write a whole number from 1 to 36500."),
        (
            {"mq_tls_certificate_days": 30},
            QM1
            + "mq_tls_renew_before_days is 30; that is not less than mq_tls_certificate_days (30), so every run would renew the certificate; make it "
            "smaller.",
        ),
        (
            {"mq_tls_certificate_label": "L" * 65},
            QM1
            + f"mq_tls_certificate_label is '{'L' * 65}'; that has 65 characters and a certificate label has at most 64; choose a shorter one.",
        ),
        *(
            (
                {"mq_tls_certificate_label": label},
                QM1
                + f"mq_tls_certificate_label is {label!r}; a label is made of printable ASCII characters without blank, comma, apostrophe and "
                "quotation mark; choose another one.",
            )
            for label in ("my label", "it's", 'a"b', "a,b", "größe", "")
        ),
        (
            {"mq_tls_issuer": "local_ca"},
            QM1 + "mq_tls_issuer is 'local_ca'; write a dictionary with the key type, for example {type: local_ca}.",
        ),
        (
            {"mq_tls_issuer": {"type": "localca"}},
            QM1 + "mq_tls_issuer is {type: localca}; the type is none of local_ca, self_signed, external, command; did you mean local_ca?",
        ),
        (
            {"mq_tls_issuer": {"type": "self_signed"}, "mq_tls_production": True},
            QM1
            + "mq_tls_issuer is {type: self_signed}; mq_tls_production is true and refuses self-signed certificates, as IBM advises; take local_ca.",
        ),
        (
            {"mq_tls_issuer": {"type": "self_signed", "subject": "CN=CA"}},
            QM1 + "mq_tls_issuer is {type: self_signed, subject: CN=CA}; the type self_signed has no key subject; known are type.",
        ),
        (
            {"mq_tls_crl_url": "https://pki.example/mq.crl"},
            QM1
            + "mq_tls_crl_url is 'https://pki.example/mq.crl'; write http://, since what is fetched there is signed, and the certificate of "
            "the server would have to be checked first.",
        ),
        (
            {"mq_tls_revocation": {"ocsp_url": "http://ocsp.example", "crl_ldap": [{"address": "ldap", "password": "s3cret"}]}},
            "Queue manager 'QM1' (host qm1), mq_tls_revocation: crl_ldap[0] has a password and no user; give both or none.",
        ),
        (
            {"mq_tls_refresh": "always"},
            QM1 + "mq_tls_refresh is 'always'; write when_needed or never.",
        ),
        (
            {"mq_tls_refresh_window": ["22:00-04:00", "at\nnight"]},
            QM1
            + "mq_tls_refresh_window[1] is 'at\\nnight', and that is no period; write it as 22:00-04:00, Sat,Sun 01:00-05:30 or Mon-Fri "
            "22:00-24:00.",
        ),
        (
            {"mq_tls_issuer": {"type": "command", "argv": ["sign", "--token", "s3cret"], "trust": [PEM], "timeuot": 5}},
            QM1
            + "mq_tls_issuer is {type: command, argv: ..., trust: ..., timeuot: 5}; the type command has no key timeuot; did you mean timeout?",
        ),
        *(
            ({"mq_tls_issuer": {"type": "command", "argv": ["/bin/sign"], "trust": PEM, **keys}}, ISSUER + says)
            for keys, says in (
                *(({"argv": argv}, ARGV) for argv in (None, "sign --now", [], [""], ["sign", 365], ["sign", "a\0b"])),
                *(({"timeout": timeout}, TIMEOUT) for timeout in (0, 3601, True, "soon", -1, 1.5)),
                ({"trust": None}, TRUST_MISSING),
                ({"trust": []}, TRUST_MISSING),
                *(({"trust": trust}, TRUST) for trust in ("ca.pem", ["/ca.pem", PEM + "PRIVATE KEY"], {"a": 1}, [3])),
            )
        ),
        ({"mq_tls_issuer": {"type": "external", "trust": ["ca.pem"]}}, ISSUER + TRUST),
        (
            {"mq_tls_key_typ": "EC"},
            QM1 + "mq_tls_key_typ is 'EC'; there is no variable of this name; did you mean mq_tls_key_type?",
        ),
    ],
)
def test_variables_that_are_refused(variables, says):
    hosts = {**TWO, "qm1": variables}
    name = variables.get("mq_tls_queue_manager", "QM1")
    assert refusals(hosts, [{"from": name, "to": "QM2"}]).count(says) == 1, refusals(hosts, [{"from": name, "to": "QM2"}])


@pytest.mark.parametrize("subject", ["QM1", "CN=", "CN=a\nb", "XX=1", "", "CN=" + "x" * 2000])
def test_subjects_that_are_refused(subject):
    (sentence,) = refusals({"qm1": {"mq_tls_subject": subject}})
    assert sentence.startswith(("Queue manager 'QM1' (host qm1), mq_tls_subject: ", "Queue manager 'QM1' (host qm1): mq_tls_subject is "))
    assert "\n" not in sentence


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


@pytest.mark.parametrize(
    ("partner", "link", "says"),
    [
        ("ZOS1", {"from": "QM1", "to": "QM2"}, "An item of mq_tls_partners is 'ZOS1'; write a dictionary with at least the key name."),
        (
            {**PARTNER, "adress": "x"},
            {"from": "QM1", "to": "ZOS1"},
            "The partner 'ZOS1' in mq_tls_partners has the unknown key 'adress'; did you mean address?",
        ),
        (
            {**PARTNER, "name": "QM2"},
            {"from": "QM1", "to": "QM2"},
            "The partner QM2 in mq_tls_partners is also the queue manager of the host qm2; take it out of mq_tls_partners.",
        ),
        (
            {**PARTNER, "address": None},
            {"from": "QM1", "to": "ZOS1"},
            "The link from QM1 to ZOS1 needs the address of ZOS1; add the key address to its item in mq_tls_partners.",
        ),
        (
            {**PARTNER, "certificates": []},
            {"from": "QM1", "to": "ZOS1"},
            "The link from QM1 to ZOS1 needs the certificates by which QM1 accepts ZOS1; add the key certificates (its CA, or its "
            "self-signed "
            "certificate) to its item in mq_tls_partners.",
        ),
        (
            {**PARTNER, "certificates": None},
            {"from": "ZOS1", "to": "QM1"},
            "The link from ZOS1 to QM1 is two-way and needs the certificates by which QM1 accepts ZOS1; add the key certificates to its "
            "item in "
            "mq_tls_partners or make the link one_way.",
        ),
        (
            {**PARTNER, "certificates": PEM + "-----BEGIN PRIVATE KEY-----"},
            {"from": "QM1", "to": "ZOS1"},
            "Partner ZOS1 in mq_tls_partners: certificates has an item that is not a certificate in PEM form (-----BEGIN "
            "CERTIFICATE-----); give only "
            "certificates, never a private key.",
        ),
    ],
)
def test_partners_that_are_refused(partner, link, says):
    assert refusals(TWO, [link], partners=[partner]).count(says) == 1, refusals(TWO, [link], partners=[partner])


def test_a_partner_described_twice():
    assert refusals(TWO, [], partners=[PARTNER, {**PARTNER, "address": "x"}]) == [
        "The partner ZOS1 is described twice in mq_tls_partners with different values; keep one description."
    ]


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


def test_every_variable_of_the_role_is_known():
    """A variable that is not known here could be refused as a typing error of a known one."""
    specs = yaml.safe_load((ROOT / "roles" / "mq_tls" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    defaults = yaml.safe_load((ROOT / "roles" / "mq_tls" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    documented = {name for entry in specs.values() for name in entry["options"]} | set(defaults)
    assert documented - DESCRIPTION - OTHER_VARIABLES == set()
