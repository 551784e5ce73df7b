# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned: from links and variables to objects, identity and trust."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import parse_objects
from ansible_collections.mqfleet.tls.plugins.module_utils._core.peer_pattern import PeerPattern
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from described_fleet import PARTNER, PEM, TWO, objects
from hypothesis import given
from hypothesis import strategies as st


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
        "full_repositories": [],
        "partners": {},
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


def test_attributes_of_the_transmission_queue():
    links = [
        {"mesh": ["QM1", "QM2"], "transmission_queue_attributes": {"trigger": False, "maxdepth": 9}},
        {"from": "QM1", "to": "QM2", "transmission_queue_attributes": {"MAXDEPTH": 5, "TRIGDATA": ""}},
    ]
    planned = plan(TWO, links)
    usual = {"USAGE": "XMITQ", "TRIGTYPE": "FIRST", "INITQ": "SYSTEM.CHANNEL.INITQ", "TRIGGER": False}
    assert objects(planned, "qm1", "QLOCAL") == {"QM2": {**usual, "MAXDEPTH": 5, "TRIGDATA": ""}}
    assert objects(planned, "qm2", "QLOCAL") == {"QM1": {**usual, "MAXDEPTH": 9, "TRIGDATA": "QM2.TO.QM1"}}
    parse_objects(planned["queue_managers"]["qm1"]["objects"])


def test_a_blank_listener_is_left_to_somebody_else():
    planned = plan({**TWO, "qm2": {**TWO["qm2"], "mq_tls_listener": "", "mq_tls_listener_port": 1500}}, [{"from": "QM1", "to": "QM2"}])
    assert objects(planned, "qm2", "LISTENER") == {}
    assert objects(planned, "qm1", "CHANNEL")["QM1.TO.QM2"]["CONNAME"] == "192.0.2.2(1500)"
