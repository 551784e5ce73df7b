# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that exists, as variables: the inverse of a plan, and what is said of what has no variable."""

from __future__ import annotations

from ansible_collections.mqfleet.tls.plugins.module_utils._core.adoption.fleet import adopt
from ansible_collections.mqfleet.tls.plugins.module_utils._core.adoption.member import Pki
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.refusal import TopologyRefused
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.read_fleet import CA, NOW, pem, read_fleet

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


def adopted(states, signed_by, hosts, **more):
    return adopt(states, {host: values["ansible_host"] for host, values in hosts.items()}, signed_by, NOW, PKI, **more)


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
    found = adopted(*read_fleet(planned), hosts)
    again = described(found, hosts)
    for host, one in planned["queue_managers"].items():
        for part in ("queue_manager", "identity", "trust", "objects", "initiates", "responds"):
            assert again["queue_managers"][host][part] == one[part], (host, part)
    left_alone = ("mq_tls_listener is blank", "is not managed")
    assert [sentence for sentence in found["not_described"] if not any(words in sentence for words in left_alone)] == []
