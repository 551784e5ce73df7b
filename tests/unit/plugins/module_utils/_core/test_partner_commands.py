# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written out for the administrators of partners outside the inventory, read as they would read it."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import pem_fingerprint
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import parse_objects
from ansible_collections.mqfleet.tls.plugins.module_utils._core.partner_commands import commands, label
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from described_fleet import PARTNER, PEM, TWO, refusals

LINKS = [{"from": "QM1", "to": "ZOS1"}, {"from": "ZOS1", "to": "QM1"}]
FINGERPRINT = pem_fingerprint(PEM)
LABEL = "mqfleet-" + FINGERPRINT.replace(":", "")[:16].lower()


def partner_of(links, **changes):
    return plan(TWO, links, [{**PARTNER, **changes}])["partners"]["ZOS1"]


def lines(partner, trusted=(PEM,), missing=()):
    return commands("ZOS1", partner, list(trusted), list(missing)).splitlines()


def mqsc(found):
    """The commands of the third section, each on one line."""
    begin = next(number for number, line in enumerate(found) if line.startswith("3."))
    end = next(number for number, line in enumerate(found) if line.startswith("4."))
    return [one.replace(" +\n", "").replace("\n", "") for one in "\n".join(found[begin:end]).split("\n\n") if one.startswith("DEFINE")]


def test_the_plan_says_what_a_partner_has_to_do():
    partner = partner_of(LINKS)
    assert partner == {
        "platform": "zos",
        "subject": "CN=ZOS1,O=Other",
        "certificates": [PEM],
        "presents": True,
        "trust": [{"issuer": "local_ca"}],
        "objects": partner["objects"],
        "initiates": ["ZOS1.TO.QM1"],
        "responds": ["QM1.TO.ZOS1"],
    }
    assert [(one["object"], one["name"]) for one in partner["objects"]] == [
        ("QLOCAL", "QM1"),
        ("CHANNEL", "QM1.TO.ZOS1"),
        ("CHANNEL", "ZOS1.TO.QM1"),
    ]
    sender = partner["objects"][2]["attributes"]
    assert (sender["CONNAME"], sender["SSLPEER"], sender["XMITQ"]) == ("192.0.2.1(1414)", "CN=QM1,O=Bank", "QM1")
    parse_objects(partner["objects"], "ZOS1")


def test_a_limited_run_says_the_same_of_a_partner_that_it_concerns_and_nothing_of_others():
    links = [*LINKS, {"from": "ZOS1", "to": "QM2"}, {"from": "QM2", "to": "OTHER"}]
    partners = [PARTNER, {**PARTNER, "name": "OTHER", "platform": None}]
    full = plan(TWO, links, partners)
    limited = plan(TWO, links, partners, only=["qm1"])
    assert limited["partners"] == {"ZOS1": full["partners"]["ZOS1"]}
    assert limited["links"] == [link for link in full["links"] if "QM1" in (link["from"], link["to"])]
    assert list(limited["queue_managers"]) == ["qm1"]
    assert limited["warnings"] == []


def test_of_a_partner_on_distributed_platforms():
    found = lines(partner_of(LINKS, platform="distributed"))
    assert found[0] == "Commands for the administrator of the queue manager ZOS1 (distributed platforms)"
    assert f"SHA-256 {FINGERPRINT}" in found
    assert found[found.index(f"SHA-256 {FINGERPRINT}") + 1] == "-----BEGIN CERTIFICATE-----"
    assert f"runmqakm -cert -add -db <key repository> -stashed -label {LABEL} -file {LABEL}.pem -format ascii" in found
    assert "runmqakm -cert -details -db <key repository> -stashed -label ibmwebspheremqzos1" in found
    assert mqsc(found) == [
        "DEFINE QLOCAL('QM1') USAGE(XMITQ) TRIGGER TRIGTYPE(FIRST) TRIGDATA('ZOS1.TO.QM1') INITQ('SYSTEM.CHANNEL.INITQ')",
        "DEFINE CHANNEL('QM1.TO.ZOS1') CHLTYPE(RCVR) TRPTYPE(TCP) SSLCIPH('ANY_TLS12_OR_HIGHER') SSLCAUTH(REQUIRED) "
        "SSLPEER('CN=QM1,O=Bank')",
        "DEFINE CHANNEL('ZOS1.TO.QM1') CHLTYPE(SDR) TRPTYPE(TCP) CONNAME('192.0.2.1(1414)') XMITQ('QM1') "
        "SSLCIPH('ANY_TLS12_OR_HIGHER') SSLPEER('CN=QM1,O=Bank')",
    ]
    assert found[found.index("REFRESH SECURITY TYPE(SSL)") + 1 :] == [
        "START CHANNEL('ZOS1.TO.QM1')",
        "DISPLAY CHSTATUS('ZOS1.TO.QM1') STATUS SECPROT SSLPEER",
        "DISPLAY CHSTATUS('QM1.TO.ZOS1') STATUS SECPROT SSLPEER",
    ]
    assert not any("RACDCERT" in line or "z/OS" in line for line in found)


def test_of_a_partner_on_zos():
    found = lines(partner_of(LINKS))
    assert found[0] == "Commands for the administrator of the queue manager ZOS1 (z/OS)"
    racf = [line for line in found if line.startswith(("RACDCERT", "SETROPTS"))]
    assert racf == [
        f"RACDCERT CERTAUTH ADD('<data set of {LABEL}.pem>') WITHLABEL('{LABEL}') TRUST",
        f"RACDCERT ID(<user id of the channel initiator>) CONNECT(CERTAUTH LABEL('{LABEL}') RING(<key ring>) USAGE(CERTAUTH))",
        "SETROPTS RACLIST(DIGTCERT, DIGTRING) REFRESH",
        "RACDCERT ID(<user id of the channel initiator>) LIST(LABEL('ibmWebSphereMQZOS1'))",
    ]
    assert any("sends its own certificate only, without the chain" in line for line in found)
    assert not any("runmqakm" in line for line in found)
    begin = next(number for number, line in enumerate(found) if line.startswith("DEFINE"))
    assert max(map(len, found[begin : found.index("", found.index("", begin) + 1)])) <= 72  # the first two commands
    assert mqsc(found)[1].startswith("DEFINE CHANNEL('QM1.TO.ZOS1') CHLTYPE(RCVR) TRPTYPE(TCP)")


def test_a_partner_on_zos_that_only_responds_sends_its_chain():
    assert not any("without the chain" in line for line in lines(partner_of(LINKS[:1])))


def test_a_partner_that_only_initiates_one_way_links_needs_no_certificate():
    found = lines(partner_of([{"from": "ZOS1", "to": "QM1", "authentication": "one_way"}], certificates=None))
    assert "None is needed: ZOS1 only initiates channels on which it stays anonymous." in found


def test_what_is_not_known_yet_is_said():
    found = lines(partner_of(LINKS), trusted=[], missing=["the certificate authority of the fleet"])
    assert "Not known yet: the certificate authority of the fleet. This file is written anew when it is." in found
    assert "SETROPTS RACLIST(DIGTCERT, DIGTRING) REFRESH" not in found


def test_labels_fit_on_zos():
    assert len(label(PEM)) <= 32


LONG = ",".join(f"OU={number}{'x' * 50}" for number in range(5))


@pytest.mark.parametrize(
    ("hosts", "link", "says"),
    [
        (
            {"qm1": {"mq_tls_address": "a-host-with-quite-a-long-name.example.com(1414),b"}},
            {"from": "ZOS1", "to": "QM1"},
            "The link from ZOS1 to QM1 needs the CONNAME 'a-host-with-quite-a-long-name.example.com(1414),b(1414)' with 55 bytes at ZOS1, "
            "and on z/OS it has at most 48; give a shorter mq_tls_address, with one address only.",
        ),
        (
            {"qm1": {"mq_tls_subject": f"CN=QM1,{LONG}"}},
            {"from": "QM1", "to": "ZOS1"},
            f"The link from QM1 to ZOS1 needs the SSLPEER {f'CN=QM1,{LONG}'!r} with 281 bytes at ZOS1, and on z/OS it has at most 256; "
            "give a filter that names fewer parts of the subject.",
        ),
        (
            {"qm1": {}},
            {"from": "QM1", "to": "ZOS1", "responder_attributes": {"CERTLABL": "L" * 33}},
            f"The link from QM1 to ZOS1 needs the CERTLABL '{'L' * 33}' with 33 bytes at ZOS1, and on z/OS it has at most 32; choose a "
            "shorter label.",
        ),
    ],
)
def test_what_zos_does_not_take_is_refused(hosts, link, says):
    (sentence,) = refusals(hosts, [link], partners=[PARTNER])
    assert sentence.split(" needs the ")[0] == says.split(" needs the ")[0]
    assert sentence.split(" bytes at ")[1] == says.split(" bytes at ")[1]
    assert plan(hosts, [link], [{**PARTNER, "platform": "distributed"}])


def test_an_unknown_platform_is_refused():
    assert refusals(TWO, LINKS, partners=[{**PARTNER, "platform": "ibmi"}]) == [
        "Partner 'ZOS1' in mq_tls_partners: platform is 'ibmi'; write distributed or zos."
    ]
