# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MQ clusters: the channels of each member, their order, and what cannot work."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import parse_objects
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.plan import Have
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.plan import plan as plan_definitions
from ansible_collections.mqfleet.tls.plugins.module_utils._core.peer_pattern import PeerPattern
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from described_fleet import PARTNER, objects, refusals

HOSTS = {
    f"qm{number}": {"ansible_host": f"192.0.2.{number}", "mq_tls_subject": f"CN=QM{number},OU=MQ,OU=Payments,O=Bank"}
    for number in (1, 2, 3, 4)
}
CLUSTER = {"cluster": "PAY", "full_repositories": ["QM3", "QM1"], "members": ["QM1", "QM2", "QM4"]}


def changed(host, **values):
    return {**HOSTS, host: {**HOSTS[host], **values}}


def test_what_each_member_gets():
    planned = plan(HOSTS, [CLUSTER])
    full, partial = planned["queue_managers"]["qm3"], planned["queue_managers"]["qm2"]
    assert full["objects"] == [
        {"object": "QMGR", "attributes": {"CERTLABL": "ibmwebspheremqqm3", "REPOS": "PAY"}},
        {"object": "LISTENER", "name": "TLS.LISTENER", "attributes": {"TRPTYPE": "TCP", "PORT": 1414, "CONTROL": "QMGR"}, "started": True},
        {
            "object": "CHANNEL",
            "name": "PAY.QM1",
            "attributes": {
                "CHLTYPE": "CLUSSDR",
                "TRPTYPE": "TCP",
                "CLUSTER": "PAY",
                "CONNAME": "192.0.2.1(1414)",
                "SSLCIPH": "ANY_TLS12_OR_HIGHER",
                "SSLPEER": "OU=Payments,OU=MQ,O=Bank",
            },
        },
        {
            "object": "CHANNEL",
            "name": "PAY.QM3",
            "attributes": {
                "CHLTYPE": "CLUSRCVR",
                "TRPTYPE": "TCP",
                "CLUSTER": "PAY",
                "CONNAME": "192.0.2.3(1414)",
                "SSLCIPH": "ANY_TLS12_OR_HIGHER",
                "SSLCAUTH": "REQUIRED",
                "SSLPEER": "OU=Payments,OU=MQ,O=Bank",
            },
        },
    ]
    assert (full["initiates"], full["responds"], full["trust"]) == (["PAY.QM1"], ["PAY.QM3"], [{"issuer": "local_ca"}])
    assert partial["objects"][0] == {"object": "QMGR", "attributes": {"CERTLABL": "ibmwebspheremqqm2"}}
    assert {name: one["CHLTYPE"] for name, one in objects(planned, "qm2", "CHANNEL").items()} == {
        "PAY.QM2": "CLUSRCVR",
        "PAY.QM3": "CLUSSDR",  # the first full repository
    }
    assert partial["identity"]["label"] == "ibmwebspheremqqm2"
    assert [(link["channel"], link["from"], link["to"]) for link in planned["links"]] == [
        ("PAY.QM1", "QM3", "QM1"),
        ("PAY.QM3", "QM1", "QM3"),
        ("PAY.QM3", "QM2", "QM3"),
        ("PAY.QM3", "QM4", "QM3"),
    ]
    assert planned["warnings"] == []


def test_full_repositories_come_first_and_receivers_before_senders():
    planned = plan(HOSTS, [CLUSTER])["queue_managers"]
    assert list(planned) == ["qm1", "qm3", "qm2", "qm4"]
    for one in planned.values():
        changes = plan_definitions(Have({}), parse_objects(one["objects"], one["queue_manager"]), one["queue_manager"]).changes
        kinds = [change["attributes"].get("CHLTYPE", {}).get("after", change["object"]) for change in changes]
        assert kinds[0] == "QMGR"
        assert [kind for kind in kinds if kind.startswith("CLUS")] == ["CLUSRCVR", "CLUSSDR"]


def waits_for(planned):
    return {host: one["waits_for"] for host, one in planned["queue_managers"].items() if "waits_for" in one}


def test_who_waits_for_which_full_repository_and_with_which_channels():
    planned = plan(HOSTS, [CLUSTER, {"from": "QM2", "to": "QM4"}])
    assert planned["full_repositories"] == ["qm1", "qm3"]
    assert waits_for(planned) == {
        host: {"qm3": {"queue_manager": "QM3", "channels": [f"PAY.{host.upper()}", "PAY.QM3"]}} for host in ("qm2", "qm4")
    }


def test_one_full_repository_waits_for_another_where_it_is_none():
    # QM2 is a full repository of TEST and a mere member of PAY
    planned = plan(HOSTS, [CLUSTER, {"cluster": "TEST", "full_repositories": ["QM2"], "members": ["QM4"]}])
    assert planned["full_repositories"] == ["qm1", "qm2", "qm3"]
    of_pay = {"queue_manager": "QM3", "channels": ["PAY.QM2", "PAY.QM3"]}
    of_both = {
        "qm3": {"queue_manager": "QM3", "channels": ["PAY.QM4", "PAY.QM3"]},
        "qm2": {"queue_manager": "QM2", "channels": ["TEST.QM4", "TEST.QM2"]},
    }
    assert waits_for(planned) == {"qm2": {"qm3": of_pay}, "qm4": of_both}


@pytest.mark.parametrize(
    ("links", "only", "full_repositories"),
    [
        ([{"mesh": ["QM1", "QM2"]}], None, []),
        ([CLUSTER], ["qm2"], []),
        ([CLUSTER], ["qm1", "qm2"], ["qm1"]),
    ],
)
def test_full_repositories_are_those_of_the_run(links, only, full_repositories):
    planned = plan(HOSTS, links, only=only)
    assert planned["full_repositories"] == full_repositories
    assert list(waits_for(planned)) == (["qm2"] if CLUSTER in links else [])


def test_a_limited_plan_is_the_same_part_of_the_full_one():
    links = [CLUSTER, {"from": "QM2", "to": "QM4"}]
    full = plan(HOSTS, links)
    for host in HOSTS:
        limited = plan(HOSTS, links, only=[host])
        assert limited["queue_managers"] == {host: full["queue_managers"][host]}
        assert limited["links"] == [link for link in full["links"] if host in (link["from_host"], link["to_host"])]
        assert limited["not_planned"] == {name: name.upper() for name in HOSTS if name != host}


def test_groups_names_and_attributes():
    item = {
        "cluster": "PAYMENTS_EUROPE",
        "full_repositories": ["QM1", "QM2"],
        "members": {"group": "all"},
        "channels": {"QM1": "EU.ONE", "qm4": "EU.FOUR"},
        "cipher_spec": "ANY_TLS13",
        "responder_attributes": {"MRRTY": 3},
        "initiator_attributes": {"HBINT": 60, "SSLPEER": "O=Bank"},
    }
    planned = plan(HOSTS, [item], groups={"all": list(HOSTS)})
    assert planned["queue_managers"]["qm2"]["responds"] == ["PAYMENTS_EUROPE.QM2"]
    assert objects(planned, "qm4", "CHANNEL")["EU.FOUR"]["MRRTY"] == 3
    sender = objects(planned, "qm4", "CHANNEL")["EU.ONE"]
    assert (sender["HBINT"], sender["SSLCIPH"], sender["SSLPEER"]) == (60, "ANY_TLS13", "O=Bank")
    # the receiver's would be taken where they differ
    assert objects(planned, "qm1", "CHANNEL")["EU.ONE"]["SSLPEER"] == "O=Bank"


def test_one_cluster_may_be_described_by_several_hosts_and_beside_other_links_and_clusters():
    other = {"cluster": "TEST", "full_repositories": ["QM2", "QM4"], "members": ["QM3"]}
    planned = plan(HOSTS, [CLUSTER, dict(CLUSTER), other, {"mesh": ["QM1", "QM2"]}])
    assert sorted(objects(planned, "qm2", "CHANNEL")) == ["PAY.QM2", "PAY.QM3", "QM1.TO.QM2", "QM2.TO.QM1", "TEST.QM2", "TEST.QM4"]
    assert planned["queue_managers"]["qm2"]["objects"][0]["attributes"]["REPOS"] == "TEST"


SUBJECTS = ("CN={},OU=MQ,OU=Payments,O=Bank", "CN={},OU=MQ,OU=Payments,O=Bank,C=GB", "CN={},OU=Trains,OU=Payments,O=Bank")


@pytest.mark.parametrize(
    ("subjects", "outsiders"),
    [
        (SUBJECTS[:1], ("CN=QM9,OU=MQ,OU=Cards,O=Bank", "CN=QM9,OU=Payments,O=Bank", "CN=QM9,OU=MQ,OU=Payments,O=Other", "CN=QM1")),
        (SUBJECTS[:2], ("CN=QM9,OU=MQ,OU=Cards,O=Bank,C=GB", "CN=QM9,OU=MQ,OU=Payments,O=Other,C=GB")),
        (SUBJECTS, ("CN=QM9,OU=Cards,O=Bank", "CN=QM9,OU=Trains,OU=Payments,O=Other")),
    ],
)
def test_sslpeer_lets_every_member_in_and_nobody_else(subjects, outsiders):
    own = {host: subjects[number % len(subjects)].format(host.upper()) for number, host in enumerate(HOSTS)}
    planned = plan({host: {**HOSTS[host], "mq_tls_subject": own[host]} for host in HOSTS}, [CLUSTER])
    filters = {one["SSLPEER"] for host in HOSTS for one in objects(planned, host, "CHANNEL").values()}
    assert len(filters) == 1  # the same in every definition
    peers = PeerPattern.parse(filters.pop())
    assert [subject for subject in own.values() if not peers.matches(DistinguishedName.parse(subject))] == []
    assert [subject for subject in outsiders if peers.matches(DistinguishedName.parse(subject))] == []


def test_what_is_warned_of():
    hosts = {name: {} for name in ("a", "b")}
    assert plan(hosts, [{"cluster": "C", "full_repositories": ["A"], "members": ["B"]}])["warnings"] == [
        "The cluster C: the subjects of its members have nothing in common, so SSLPEER is blank and they accept any certificate that their "
        "trusted certificates vouch for; give all of them the same O or OU with mq_tls_subject.",
        "The cluster C has the one full repository A; while it is down nothing new is found, IBM MQ advises two.",
    ]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (
            {"cluster": "C.LUSTER-1"},
            "An item of mq_tls_links has the cluster 'C.LUSTER-1'; IBM MQ takes at most 48 of the characters A-Z a-z 0-9 . / _ % there, "
            "choose another name.",
        ),
        (
            {"full_repositories": []},
            "The cluster PAY has no full repository; name two of its queue managers under full_repositories.",
        ),
        (
            {"full_repositories": "QM1"},
            "The cluster PAY, full_repositories is 'QM1'; write a list of names.",
        ),
        ({"members": ["QM9"]}, "The cluster PAY, members names 'QM9', which is neither a queue manager of the inventory nor in"),
        (
            {"members": ["QM2", "ZOS1"]},
            "The cluster PAY has the member ZOS1, which is outside the inventory; a cluster trusts each of its members with its "
            "definitions, so add its host to the inventory.",
        ),
        (
            {"authentication": "one_way"},
            "The cluster PAY has the key authentication; the members of a cluster always authenticate each other, take it out.",
        ),
        ({"member": ["QM2"]}, "The cluster PAY has the unknown key 'member'; did you mean members?"),
        (
            {"channels": ["X"]},
            "The cluster PAY has channels [X]; write a dictionary of queue managers and the names of their cluster receivers.",
        ),
        (
            {"members": ["QM2"], "channels": {"QM4": "X"}},
            "The cluster PAY names a channel for 'QM4', which is none of its members; correct it or add it to members.",
        ),
        (
            {"channels": {"QM2": "WITH A BLANK"}},
            "The cluster PAY has the channel 'WITH A BLANK' for QM2; IBM MQ takes at most 20 of the characters A-Z a-z 0-9 . / _ % there, "
            "choose another name.",
        ),
        (
            {"channels": {"QM2": "X", "QM4": "X"}},
            "The cluster PAY has the channel X both for QM2 and for QM4; give each member its own with channels.",
        ),
        (
            {"cluster": "PAYMENTS.OF.EUROPE"},
            "The cluster PAYMENTS.OF.EUROPE would have the channel PAYMENTS.OF.EUROPE.QM3 with 22 characters and IBM MQ takes at most 20; "
            "name it with the key channels, for example channels: {QM3: PAYMENTS.OF.EUROPE.Q}.",
        ),
        (
            {"cipher_spec": "ECDHE_ECDSA_AES_256_GCM_SHA384"},
            "The cluster PAY: the CipherSpec ECDHE_ECDSA_AES_256_GCM_SHA384 needs a certificate with an elliptic-curve (EC) key at QM4, "
            "which has an RSA one (AMQ9616E); change mq_tls_key_type there or take ANY_TLS12_OR_HIGHER, which serves both.",
        ),
        (
            {"cipher_spec": "RC4_MD5_US"},
            "The cluster PAY: the CipherSpec RC4_MD5_US (SSL 3.0) is deprecated and disabled in IBM MQ",
        ),
        (
            {"responder_attributes": {"SSLCAUTH": "OPTIONAL"}},
            "The cluster PAY, responder_attributes gives SSLCAUTH, which the link itself decides: the members of a cluster always "
            "authenticate each other.",
        ),
        (
            {"initiator_attributes": {"CONNAME": "x"}},
            "The cluster PAY, initiator_attributes gives CONNAME, which the link itself decides: use mq_tls_address of the queue manager.",
        ),
        (
            {"responder_attributes": {"SSLPEER": "OU=Cards"}},
            "The cluster PAY, responder_attributes: SSLPEER is 'OU=Cards', which does not match the subject CN=QM2,OU=MQ,OU=Payments,O=Bank "
            "of the member QM2 (AMQ9636E); correct it, or leave it out and the right one is set.",
        ),
        (
            {"responder_attributes": {"SSLPEER": "OU"}},
            "The cluster PAY, responder_attributes: SSLPEER is 'OU', which is not a filter for distinguished names: ",
        ),
    ],
)
def test_clusters_that_are_refused(item, says):
    found = refusals(HOSTS, [{**CLUSTER, **item}], partners=[PARTNER])
    assert any(sentence.startswith(says) for sentence in found), found


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        (
            changed("qm4", mq_tls_key_type="EC"),
            "The cluster PAY mixes key types: QM4 EC and QM3, QM1, QM2 RSA; any member comes to talk to any other, so give all of them the "
            "same mq_tls_key_type.",
        ),
        (
            changed("qm2", mq_tls_issuer={"type": "self_signed"}),
            "The cluster PAY has members with self-signed certificates (QM2), which every other member would have to be given; take the "
            "mq_tls_issuer local_ca, external or command.",
        ),
    ],
)
@pytest.mark.parametrize("only", [None, ["qm1"]])
def test_members_that_do_not_go_together_are_refused_also_in_a_limited_run(hosts, says, only):
    assert refusals(hosts, [CLUSTER], only=only) == [says]


def test_a_full_repository_of_several_clusters_has_them_in_a_namelist_that_is_made_first():
    other = {"cluster": "TEST", "full_repositories": ["QM1", "QM2"]}
    planned = plan(HOSTS, [CLUSTER, other, dict(CLUSTER)])["queue_managers"]
    assert planned["qm1"]["objects"][:2] == [
        {"object": "NAMELIST", "name": "MQFLEET.REPOSITORIES", "attributes": {"NAMES": ["PAY", "TEST"]}},
        {"object": "QMGR", "attributes": {"CERTLABL": "ibmwebspheremqqm1", "REPOS": "", "REPOSNL": "MQFLEET.REPOSITORIES"}},
    ]
    assert planned["qm2"]["objects"][0]["attributes"]["REPOS"] == "TEST"
    # from one cluster to two
    was_one = Have({("QMGR", ""): {"QMNAME": "QM1", "REPOS": "PAY", "REPOSNL": "", "CERTLABL": "ibmwebspheremqqm1"}})
    commands = plan_definitions(was_one, parse_objects(planned["qm1"]["objects"], "QM1"), "QM1").commands
    assert [command.text() for command in commands[:2]] == [
        "DEFINE NAMELIST('MQFLEET.REPOSITORIES') NAMES('PAY','TEST')",
        "ALTER QMGR REPOS('') REPOSNL('MQFLEET.REPOSITORIES')",
    ]


def test_a_cluster_described_twice():
    assert refusals(HOSTS, [CLUSTER, {**CLUSTER, "members": []}]) == [
        "The cluster PAY is described twice in mq_tls_links with different values; keep one description."
    ]


def test_members_are_let_in_whatever_their_issuers_are():
    hosts = changed("qm4", mq_tls_issuer={"type": "external"})
    planned = plan(hosts, [CLUSTER])
    assert planned["queue_managers"]["qm2"]["trust"] == [{"issuer": "external"}, {"issuer": "local_ca"}]


def test_a_cluster_of_a_thousand_is_planned_with_what_grows_with_its_members():
    hosts = {f"q{number}": {"mq_tls_subject": f"CN=Q{number},O=Bank"} for number in range(1000)}
    item = {"cluster": "BIG", "full_repositories": ["Q0", "Q1"], "members": {"group": "all"}}
    planned = plan(hosts, [item], groups={"all": list(hosts)})
    assert len(planned["links"]) == 1000
    assert all(len(one["objects"]) == 4 for one in planned["queue_managers"].values())
    assert PeerPattern.parse(objects(planned, "q7", "CHANNEL")["BIG.Q7"]["SSLPEER"]).text() == "O=Bank"
