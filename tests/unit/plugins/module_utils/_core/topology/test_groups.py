# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory groups as members of links, and what one link says against what many say."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from described_fleet import PARTNER, TWO, objects, refusals

HOSTS = {name: {} for name in ("a", "b", "c", "d")}
GROUPS = {"all": ["a", "b", "c", "d"], "left": ["a", "b"], "right": ["c", "d"], "a": ["a"], "c": ["c", "d"], "empty": []}


def joined(links, **more):
    return {(link["from"], link["to"]) for link in plan(HOSTS, links, groups=GROUPS, **more)["links"]}


@pytest.mark.parametrize(
    ("link", "pairs"),
    [
        ({"mesh": {"group": "left"}}, "AB BA"),
        ({"mesh": [{"group": "left"}, "C"]}, "AB AC BA BC CA CB"),
        ({"mesh": ["left", {"queue_manager": "C"}]}, "AB AC BA BC CA CB"),
        ({"hub": "A", "spokes": {"group": "right"}}, "AC AD CA DA"),
        ({"hub": "A", "spokes": ["left", "right"]}, "AB AC AD BA CA DA"),
        ({"from": "left", "to": "D"}, "AD BD"),
        ({"from": {"group": "left"}, "to": {"group": "right"}}, "AC AD BC BD"),
        ({"from": "all", "to": "D"}, "AD BD CD"),
        ({"from": "D", "to": {"group": "c"}}, "DC"),
        ({"from": "a", "to": "B"}, "AB"),  # a group of one host that is the queue manager of the same name: no doubt
        ({"from": {"queue_manager": "c"}, "to": "A"}, "CA"),
    ],
)
def test_groups_as_members(link, pairs):
    assert joined([link]) == set(map(tuple, pairs.split()))


@pytest.mark.parametrize(
    ("link", "says"),
    [
        (
            {"from": "c", "to": "A"},
            "The link {from: c, to: A}: from is 'c', which is both a group of the inventory and the queue manager C; write {group: c} or "
            "{queue_manager: c}.",
        ),
        (
            {"mesh": ["A", "B", "c"]},
            "The link {mesh: [A, B, c]}, mesh names 'c', which is both a group of the inventory and the queue manager C; write {group: c} or "
            "{queue_manager: c}.",
        ),
        (
            {"hub": "A", "spokes": [{"group": "rihgt"}]},
            "The link {hub: A, spokes: [{group: rihgt}]}, spokes names {group: rihgt}, which is no group of the inventory; did you mean "
            "right?",
        ),
        (
            {"from": {"group": "nowhere near"}, "to": "A"},
            "The link {from: {group: nowhere near}, to: A}: from is {group: nowhere near}, which is no group of the inventory; correct the "
            "name.",
        ),
        (
            {"mesh": {"group": "empty"}},
            "The link {mesh: {group: empty}}, mesh names {group: empty}, which is a group of the inventory without hosts; add hosts to it "
            "or take it out.",
        ),
        (
            {"from": {"groups": "left"}, "to": "A"},
            "The link {from: {groups: left}, to: A}: from is {groups: left}, which is no name; write one, or {group: NAME} or "
            "{queue_manager: NAME}.",
        ),
        (
            {"from": {"queue_manager": "E"}, "to": "A"},
            "The link {from: {queue_manager: E}, to: A}: from is {queue_manager: E}, which is neither a queue manager of the inventory nor "
            "in mq_tls_partners; add it there or correct the name.",
        ),
        ({"hub": "left", "spokes": ["C"]}, "The link {hub: left, spokes: [C]} has a group as hub; name one queue manager."),
        (
            {"hub": "A", "spokes": ["A", "right"]},
            "The link {hub: A, spokes: [A, right]} has its hub among the spokes; a queue manager has no link to itself, take it out.",
        ),
        ({"from": "A", "to": {"group": "a"}}, "The link {from: A, to: {group: a}} joins A with itself; name two different queue managers."),
        (
            {"from": "left", "to": "C", "transmission_queue": "X"},
            "The link {from: left, to: C, transmission_queue: X} gives one transmission_queue to many links; give it in an item of its own "
            "with from and to.",
        ),
        (
            {"mesh": ["left", 5]},
            "The link {mesh: [left, 5]}, mesh is [left, 5]; write a list of names.",
        ),
    ],
)
def test_groups_that_are_refused(link, says):
    assert refusals(HOSTS, [link], groups=GROUPS) == [says]


def test_a_group_with_partners_on_both_sides_of_a_link_is_refused_even_in_a_limited_run():
    others = {**PARTNER, "name": "ZOS2"}
    assert refusals(TWO, [{"mesh": ["QM1", "ZOS1", "ZOS2"]}], partners=[PARTNER, others], only=["qm2"]) == [
        f"The link from {first} to {second} joins two partners outside the inventory; take it out, or add one of them to the inventory."
        for first, second in (("ZOS1", "ZOS2"), ("ZOS2", "ZOS1"))
    ]


def test_a_link_of_its_own_has_the_last_word_over_what_many_say():
    links = [
        {"mesh": ["QM1", "QM2"], "cipher_spec": "ANY_TLS13", "initiator_attributes": {"HBINT": 60, "DESCR": "mesh"}},
        {"from": "QM1", "to": "QM2", "authentication": "one_way", "initiator_attributes": {"HBINT": 30}},
        {"from": "QM1", "to": "QM2", "cipher_spec": "ANY_TLS12", "responder_attributes": {"MRRTY": 1}},
    ]
    for order in (links, links[::-1]):
        planned = plan(TWO, order)
        sender = objects(planned, "qm1", "CHANNEL")["QM1.TO.QM2"]
        assert (sender["SSLCIPH"], sender["HBINT"], sender["DESCR"]) == ("ANY_TLS12", 30, "mesh")
        receiver = objects(planned, "qm2", "CHANNEL")["QM1.TO.QM2"]
        assert (receiver["SSLCIPH"], receiver["SSLCAUTH"], receiver["MRRTY"]) == ("ANY_TLS12", "OPTIONAL", 1)
        other = objects(planned, "qm2", "CHANNEL")["QM2.TO.QM1"]
        assert (other["SSLCIPH"], other["HBINT"]) == ("ANY_TLS13", 60)


@pytest.mark.parametrize(
    ("links", "says"),
    [
        (
            [
                {"mesh": ["QM1", "QM2"], "authentication": "one_way"},
                {"hub": "QM1", "spokes": ["QM2"], "authentication": "two_way"},
            ],
            [
                f"The link from {ends} is described twice, with the authentication 'one_way' and 'two_way'; keep one of them, or decide in "
                "an item of its own with from and to."
                for ends in ("QM1 to QM2", "QM2 to QM1")
            ],
        ),
        (
            [
                {"from": "QM1", "to": "QM2", "initiator_attributes": {"HBINT": 30}},
                {"from": "QM1", "to": "QM2", "initiator_attributes": {"HBINT": 60, "DESCR": "x"}},
            ],
            ["The link from QM1 to QM2 is described twice, with the initiator_attributes HBINT 30 and 60; keep one of them."],
        ),
    ],
)
def test_contradictions_of_equal_weight_are_refused(links, says):
    assert refusals(TWO, links) == says


def test_who_initiates_one_way_links_only_is_known_in_a_limited_run_too():
    """D's identity depends on a link of D and C, neither of which is planned."""
    links = [{"from": "left", "to": "A", "authentication": "one_way"}, {"from": "D", "to": "A", "authentication": "one_way"}]
    for more in ([], [{"from": "D", "to": "C"}]):
        full = plan(HOSTS, links + more, groups=GROUPS)
        limited = plan(HOSTS, links + more, groups=GROUPS, only=["a"])
        assert limited["queue_managers"] == {"a": full["queue_managers"]["a"]}
        subjects = {link["from"]: link["initiator_subject"] for link in limited["links"]}
        assert subjects == {"B": None, "D": "CN=D" if more else None}
