# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that exists, as variables: the inverse of a plan, and what is said of what has no variable."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.adoption.fleet import adopt
from ansible_collections.mqfleet.tls.plugins.module_utils._core.adoption.member import Pki
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.refusal import TopologyRefused
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from read_fleet import CA, NOW, certificate, pem, read_fleet

BANK = [pem("CN=Bank issuing CA"), pem("CN=Bank root CA")]
ISSUERS = [{"type": "local_ca"}, {"type": "self_signed"}, {"type": "external", "trust": [pem("CN=Other CA")]}]
NAMES = ["QM1", "qm2", "PAY.HUB", "B7"]
PKI = Pki(local_ca=[CA])


def described(found, hosts):
    """The variables of each host, as the inventory would put them together."""
    per_host = {
        host: {"ansible_host": values["ansible_host"], **found["all"], **found["hosts"].get(host, {})} for host, values in hosts.items()
    }
    return plan(per_host, found["all"]["mq_tls_links"], found["all"].get("mq_tls_partners", []))


def adopted(states, hosts, **more):
    return adopt(states, {host: values["ansible_host"] for host, values in hosts.items()}, NOW, PKI, **more)


@st.composite
def fleets(draw):
    """Variables of some hosts, and links between them; not all of it can work."""
    names = NAMES[: draw(st.integers(2, 4))]
    hosts = {}
    for number, name in enumerate(names):
        values = {
            "ansible_host": f"192.0.2.{number + 1}",
            "mq_tls_queue_manager": name,
            "mq_tls_key_type": draw(st.sampled_from(["EC", "RSA"])),
            "mq_tls_issuer": draw(st.sampled_from(ISSUERS)),
            "mq_tls_listener": draw(st.sampled_from(["TLS.LISTENER", "L1", ""])),
            "mq_tls_listener_port": draw(st.sampled_from([1414, 1515])),
            "mq_tls_certificate_days": draw(st.sampled_from([90, 365, 730])),
            "mq_tls_cipher_spec": draw(st.sampled_from(["ANY_TLS12_OR_HIGHER", "ANY_TLS12", "TLS_AES_256_GCM_SHA384"])),
        }
        optional = {
            "mq_tls_subject": f"CN={name},OU=Messages,O=Bank",
            "mq_tls_certificate_label": f"label{number}",
            "mq_tls_listener_address": "192.0.2.77",
            "mq_tls_address": f"mq{number}.example.com",
        }
        hosts[f"h{number}"] = {**values, **{key: value for key, value in optional.items() if draw(st.booleans())}}
    pairs = [(first, second) for first in names for second in names if first != second]
    links = []
    for number, (first, second) in enumerate(draw(st.lists(st.sampled_from(pairs), unique=True, max_size=6))):
        options = {
            "authentication": st.just("one_way"),
            "channel": st.just(f"CH.{number}"),
            "transmission_queue": st.just(f"{second}.X"),
            "cipher_spec": st.just("ANY_TLS13"),
            "initiator_attributes": st.sampled_from([{"SSLPEER": ""}, {"CERTLABL": "other"}, {"CONNAME": "192.0.2.200(9)"}]),
            "responder_attributes": st.sampled_from([{"SSLPEER": ""}, {"CERTLABL": "other"}]),
            "transmission_queue_attributes": st.sampled_from([{"TRIGGER": False}, {"TRIGDATA": "", "INITQ": ""}]),
        }
        links.append({"from": first, "to": second, **{key: draw(value) for key, value in options.items() if draw(st.booleans())}})
    return hosts, links


@settings(deadline=None, max_examples=60)
@given(fleets())
def test_what_was_planned_and_read_is_planned_again(fleet):
    hosts, links = fleet
    try:
        planned = plan(hosts, links)
    except TopologyRefused:
        assume(False)
    found = adopted(read_fleet(planned), hosts)
    again = described(found, hosts)
    for host, one in planned["queue_managers"].items():
        for part in ("queue_manager", "identity", "trust", "objects", "initiates", "responds"):
            assert again["queue_managers"][host][part] == one[part], (host, part)
    left_alone = ("mq_tls_listener is blank", "is not managed")
    assert [sentence for sentence in found["not_described"] if not any(words in sentence for words in left_alone)] == []


HOSTS = {
    name: {"ansible_host": f"192.0.2.{number}", "mq_tls_issuer": {"type": "external", "trust": BANK[:1]}, "mq_tls_key_type": "EC"}
    for number, name in ((1, "qm1"), (2, "qm2"))
}
LINK = [{"from": "QM1", "to": "QM2"}]


def read(links=(), **changes):
    """The two hosts as read, then changed: host -> function of its state."""
    states = read_fleet(plan(HOSTS, list(links) or LINK))
    for host, change in changes.items():
        change(states[host])
    return adopted(states, HOSTS)


def one_of(state, kind, name):
    return next(one["attributes"] for one in state["objects"] if (one["object"], one["name"]) == (kind, name))


def altered(kind, name, **attributes):
    return lambda state: one_of(state, kind, name).update(attributes)


def added(name, **attributes):
    return lambda state: state["objects"].append({"object": "CHANNEL", "name": name, "attributes": {"SSLCIPH": "ANY_TLS12", **attributes}})


def all_of(*changes):
    return lambda state: [change(state) for change in changes]


def rule(profile, **attributes):
    return lambda state: state["objects"].append({"object": "CHLAUTH", "name": profile, "attributes": attributes})


def had(channel, **history):
    return lambda state: state["channel_history"].update({channel: history})


def runs(channel, **status):
    return lambda state: state["channels"].update({channel: [{"CHANNEL": channel, "STATUS": "RUNNING", **status}]})


def holds(label, subject, **more):
    return lambda state: state["repository"]["certificates"].append(certificate(label, subject, **more))


def own(**facts):
    return lambda state: state["repository"]["certificates"][0].update(facts)


def without_trust(state):
    del state["repository"]["certificates"][1:]


def unread(state):
    state.update(read=False, error="It is down.")


def without_repository(state):
    state["repository"].update(exists=False, certificates=[], files=[])


QM1, QM2 = "Queue manager QM1 (host qm1)", "Queue manager QM2 (host qm2)"
SAID = [
    ("nothing", {}, []),
    (
        "clients",
        {"qm1": added("APP.SVRCONN", CHLTYPE="SVRCONN")},
        [f"{QM1} has channels of clients with TLS (APP.SVRCONN), which are not described and stay as they are."],
    ),
    (
        "clusters",
        {"qm1": added("PAY.QM1", CHLTYPE="CLUSRCVR")},
        [f"{QM1} has channels of clusters with TLS (PAY.QM1), which are not described and stay as they are."],
    ),
    (
        "without TLS",
        {"qm1": added("OLD", CHLTYPE="SDR", SSLCIPH="", CONNAME="x", XMITQ="OLD")},
        [f"{QM1} has CHANNEL OLD (SDR channel without TLS), which is not described and stays as it is."],
    ),
    (
        "clients with TLS at one end, both ends of one name",
        {
            "qm1": all_of(
                added("APP", CHLTYPE="SVRCONN", SSLCIPH=""),
                added("APP", CHLTYPE="CLNTCONN"),
                added("QM1.TO.QM2", CHLTYPE="CLNTCONN"),
            )
        },
        [
            f"{QM1} has channels of clients with TLS (APP and QM1.TO.QM2), which are not described and stay as they are.",
            f"{QM1} has CHANNEL APP (SVRCONN channel without TLS), which is not described and stays as it is.",
        ],
    ),
    (
        "CHLAUTH rules, two of one profile",
        {
            "qm1": all_of(
                rule("*", TYPE="BLOCKUSER", USERLIST=["*MQADMIN"]),
                rule("*", TYPE="ADDRESSMAP", ADDRESS="192.0.2.*", USERSRC="NOACCESS"),
                rule("QM2.*", TYPE="SSLPEERMAP", SSLPEER="O=Bank", USERSRC="CHANNEL"),
                rule("QM2.*", TYPE="BLOCKUSER", USERLIST=["root"]),
            )
        },
        [
            f"{QM1} has CHLAUTH rules that turn away (ADDRESSMAP * and BLOCKUSER QM2.*), which are not described and stay as they are.",
            f"{QM1} has CHLAUTH QM2.* (SSLPEERMAP SSLPEER(O=Bank) is let in by USERSRC(CHANNEL)), which is not described and stays as it is.",
        ],
    ),
    (
        "a sender that has never run",
        {"qm1": had("QM1.TO.QM2", has_run=False)},
        [f"{QM1}: site would change CHANNEL QM1.TO.QM2: is not running (has never run)."],
    ),
    (
        "a sender that runs as it was defined before",
        {
            "qm1": all_of(
                had("QM1.TO.QM2", has_run=True, ALTDATE="2027-01-01", ALTTIME="10.00.01"),
                runs("QM1.TO.QM2", CHSTADA="2027-01-01", CHSTATI="10.00.00"),
            )
        },
        [f"{QM1}: site would change CHANNEL QM1.TO.QM2: is not running (runs as it was defined before)."],
    ),
    (
        "a sender that runs as it is defined",
        {
            "qm1": all_of(
                had("QM1.TO.QM2", has_run=False, ALTDATE="2027-01-01", ALTTIME="10.00.00"),
                runs("QM1.TO.QM2", CHSTADA="2027-01-01", CHSTATI="10.00.01"),
            )
        },
        [],
    ),
    (
        "certificates that no link needs",
        {"qm2": all_of(holds("old", "CN=Old CA"), holds("app", "CN=APP", has_key=True))},
        [
            f"{QM2} has CERTIFICATE app (CN=APP, with its private key), which is not described and stays as it is.",
            f"{QM2} has TRUST old (whoever has a certificate of CN=Old CA is let in), which is not described and stays as it is.",
        ],
    ),
    (
        "a listener that is started by hand",
        {"qm2": altered("LISTENER", "TLS.LISTENER", CONTROL="MANUAL")},
        [f"{QM2} has the listener TLS.LISTENER, which has CONTROL(MANUAL); it is left alone (mq_tls_listener is blank)."],
    ),
    (
        "revocation",
        {"qm1": lambda state: state["attributes"].update(SSLCRLNL="CRLS")},
        [
            f"{QM1} asks about revocations by the namelist CRLS, which stays as it is: it is not described (mq_tls_revocation would).",
        ],
    ),
    (
        "a certificate near its end",
        {"qm1": own(not_after="2027-01-11T12:00:00Z", not_before="2026-01-11T12:00:00Z")},
        [
            f"{QM1} has a certificate that ends on 2027-01-11T12:00:00Z; mq_tls_renew_before_days is 9, so that nothing is renewed at once: "
            f"raise it to 30 when the certificate may be replaced."
        ],
    ),
    (
        "an expired certificate",
        {"qm1": own(not_after="2026-12-11T12:00:00Z", not_before="2026-01-11T12:00:00Z")},
        [
            f"{QM1} has a certificate that ends on 2026-12-11T12:00:00Z; mq_tls_renew_before_days is 0, so that nothing is renewed at once: "
            f"raise it to 30 when the certificate may be replaced.",
            f"{QM1}: site would change CERTIFICATE ibmwebspheremqqm1: is another one (it expired on 2026-12-11T12:00:00Z).",
        ],
    ),
    (
        "a label with a blank",
        {"qm2": lambda state: (own(label="my label")(state), state["attributes"].update(CERTLABL="my label"))},
        [
            f"{QM2} is not described: Queue manager 'QM2' (host qm2): mq_tls_certificate_label is 'my label'; a label is made of printable "
            f"ASCII characters without blank, comma, apostrophe and quotation mark; choose another one.",
            f"{QM2} is to be kept away from site, for example with mq_tls_hosts: 'all:!qm2'.",
        ],
    ),
    ("a host that was not read", {"qm2": unread}, ["Host qm2 is not described, it could not be read: It is down."]),
    (
        "an OPTIONAL that demands a certificate",
        {"qm2": altered("CHANNEL", "QM1.TO.QM2", SSLCAUTH="OPTIONAL")},
        [
            f"{QM2} has the receiver QM1.TO.QM2 with SSLCAUTH(OPTIONAL) and an SSLPEER, which demands a certificate all the same; it is not "
            f"described and stays as it is: set SSLCAUTH(REQUIRED) and adopt again."
        ],
    ),
    (
        "a CipherSpec that MQ has disabled",
        {host: altered("CHANNEL", "QM1.TO.QM2", SSLCIPH="TLS_RSA_WITH_3DES_EDE_CBC_SHA") for host in ("qm1", "qm2")},
        ["is deprecated and disabled in IBM MQ"],
    ),
    (
        "a receiver of this name that is missing",
        {"qm1": added("QM1.EXTRA", CHLTYPE="SDR", CONNAME="192.0.2.2(1414)", XMITQ="QM2")},
        [f"{QM1} has the sender QM1.EXTRA, for which QM2 has no receiver with TLS of this name; it is not described and stays as it is."],
    ),
    (
        "files that others may read",
        {"qm1": lambda state: state["repository"]["files"][0].update(mode="0640")},
        [f"{QM1}: site would change /var/mqm/qmgrs/QM1/ssl/key.kdb: it has the mode 0640 and gets 0600."],
    ),
]


@pytest.mark.parametrize(("changes", "said"), [case[1:] for case in SAID], ids=[case[0] for case in SAID])
def test_what_is_said(changes, said):
    found = [sentence for sentence in read(**changes)["not_described"] if "would have CN" not in sentence]
    for words in said:
        assert any(words in sentence for sentence in found), found
    if not any("QM2" in words and "is not described" in words or "deprecated" in words or "Host" in words for words in said):
        assert found == said


def test_trust_that_is_missing_is_said_to_be_added():
    found = read(qm2=without_trust)["not_described"]
    assert any(
        sentence.startswith(f"{QM2} has a certificate of CN=CA 0, whose own certificate is not in the key repository") for sentence in found
    )
    assert any(sentence.startswith(f"{QM2}: site would change TRUST") for sentence in found)


def test_a_key_repository_that_is_missing_is_said_to_be_made():
    found = read(qm1=without_repository)["not_described"]
    assert f"{QM1} has no key repository at /var/mqm/qmgrs/QM1/ssl/key." in found
    assert f"{QM1}: site would change KEY REPOSITORY /var/mqm/qmgrs/QM1/ssl/key: is missing." in found


def test_a_partner_outside_the_inventory():
    states = read_fleet(plan(HOSTS, LINK))
    del states["qm2"]
    states["qm1"]["repository"]["certificates"].append(certificate("other", "CN=Other CA"))
    found = adopted(states, HOSTS)
    assert found["all"]["mq_tls_partners"] == [
        {"name": "QM2", "address": "192.0.2.2(1414)", "certificates": [certificate("other", "CN=Other CA")["pem"]]}
    ]
    assert found["all"]["mq_tls_links"] == [{"from": "QM1", "to": "QM2", "initiator_attributes": {"SSLPEER": "CN=QM2"}}]
    assert len(found["not_described"]) == 1
    assert found["not_described"][0].startswith("The partner QM2 is on no host that was read")


def test_several_senders_to_one_receiver_are_one_link_and_a_remark():
    hosts = {**HOSTS, "qm3": {**HOSTS["qm1"], "ansible_host": "192.0.2.3"}}
    links = [{"from": name, "to": "QM2", "channel": "TO.QM2"} for name in ("QM1", "QM3")]
    states = read_fleet(plan(hosts, [links[0]]))
    others = read_fleet(plan(hosts, [links[1]]))
    states["qm3"] = others["qm3"]
    found = adopted(states, hosts)
    assert [link["from"] for link in found["all"]["mq_tls_links"]] == ["QM1"]
    assert any(sentence.startswith("The link {from: QM3, to: QM2} is not described: ") for sentence in found["not_described"])


def test_a_name_that_is_also_a_group_is_written_as_a_queue_manager():
    states = read_fleet(plan(HOSTS, LINK))
    found = adopted(states, HOSTS, groups={"QM1": ["qm1", "qm2"]})
    assert found["all"]["mq_tls_links"] == [{"from": {"queue_manager": "QM1"}, "to": "QM2"}]
    assert found["not_described"] == []


def test_what_all_hosts_share_stands_once():
    found = read()
    assert found["all"]["mq_tls_issuer"] == {"type": "external", "trust": BANK[:1]}
    assert found["all"]["mq_tls_purge_trust"] is False
    assert set(found["hosts"]["qm1"]) >= {"mq_tls_queue_manager", "mq_tls_subject", "mq_tls_certificate_label", "mq_tls_key_repository"}
    assert found["published"]["QM1"] == [pem("QM1"), BANK[0]]


def test_an_address_by_which_two_hosts_are_called_is_of_neither():
    hosts = {f"h{number}": {"ansible_host": f"192.0.2.{number}", "mq_tls_queue_manager": f"QM{number}"} for number in (1, 2, 3)}
    relay = {"initiator_attributes": {"CONNAME": "192.0.2.200(9)"}}
    links = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM3", **relay}, {"from": "QM3", "to": "QM2", **relay}]
    found = adopted(read_fleet(plan(hosts, links)), hosts)
    assert found["not_described"] == []
    assert "mq_tls_address" not in found["hosts"]["h3"]
    assert sorted(found["all"]["mq_tls_links"], key=str) == sorted(links, key=str)
