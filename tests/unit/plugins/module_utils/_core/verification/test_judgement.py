# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judgement on links: what is as intended, what is not, and the sentence that says why."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.end import End
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.judgement import judge
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.messages import CAUSES
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.table import table

LINK = {
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
ANONYMOUS = {**LINK, "authentication": "one_way", "initiator_subject": None}
SENDER = {
    "STATUS": "RUNNING",
    "SECPROT": "TLSV13",
    "SSLCIPH": "TLS_AES_256_GCM_SHA384",
    "SSLPEER": "SERIALNUMBER=01:02,CN=QM2,O=Bank",
    "SSLCERTI": "CN=MQ CA,O=Bank",
    "RQMNAME": "QM2",
}
RECEIVER = {**SENDER, "SSLPEER": "SERIALNUMBER=03,CN=QM1,O=Bank", "RQMNAME": "QM1"}
RETRYING = {"STATUS": "RETRYING", "SECPROT": "NONE", "SSLPEER": "", "SSLCIPH": "", "RQMNAME": ""}
NOON = "2026-03-01T12:00:05.114Z"


def entry(number, channel="QM1.TO.QM2", time=NOON, **more):
    return {"id": f"AMQ{number}E", "text": f"text of {number}", "channel": channel, "time_utc": time, **more}


def explanation(link=None, initiator=None, responder=None):
    verdict = judge(link or LINK, initiator or End(RETRYING), responder or End(None))
    assert verdict["ok"] is (verdict["explanation"] == "")
    return verdict["explanation"]


@pytest.mark.parametrize(
    ("initiator", "responder", "words"),
    [
        ("CN=MQ CA,O=Bank", "CN=MQ CA, O=Bank", ""),
        (None, None, ""),
        ("CN=Other CA", None, "QM2 sees that CN=MQ CA,O=Bank has signed the certificate of QM1, and the one in the key repository of QM1"),
        (None, "CN=Other CA", "QM1 sees that CN=MQ CA,O=Bank has signed the certificate of QM2, and the one in the key repository of QM2"),
    ],
    ids=["as held", "not known", "of the initiator", "of the responder"],
)
def test_the_issuer_that_a_running_channel_shows(initiator, responder, words):
    ends = (End(row, certificate={"issuer": name} if name else None) for row, name in ((SENDER, initiator), (RECEIVER, responder)))
    found = explanation(LINK, *ends)
    assert words in found if words else found == ""


def test_a_running_link_as_intended():
    assert judge(LINK, End(SENDER), End(RECEIVER)) == {
        "link": "QM1 to QM2",
        "channel": "QM1.TO.QM2",
        "from": "QM1",
        "to": "QM2",
        "authentication": "two_way",
        "status": "RUNNING",
        "protocol": "TLS 1.3",
        "cipher_spec": "TLS_AES_256_GCM_SHA384",
        "responder_dn_seen_by_initiator": "SERIALNUMBER=01:02,CN=QM2,O=Bank",
        "initiator_dn_seen_by_responder": "SERIALNUMBER=03,CN=QM1,O=Bank",
        "responder_issuer_seen_by_initiator": "CN=MQ CA,O=Bank",
        "initiator_issuer_seen_by_responder": "CN=MQ CA,O=Bank",
        "presented_certificate": {
            "label": "",
            "state": "not checked",
            "reason": "the certificate of QM2, since its listener was not looked at",
            "presented": None,
            "held": None,
        },
        "ok": True,
        "explanation": "",
        "messages": [],
    }


@pytest.mark.parametrize(
    ("link", "initiator", "responder"),
    [
        pytest.param(ANONYMOUS, End(SENDER), End({**RECEIVER, "SSLPEER": ""}), id="anonymous initiator"),
        pytest.param({**LINK, "authentication": "one_way"}, End(SENDER), End(RECEIVER), id="one-way, but the initiator has a certificate"),
        pytest.param(LINK, End({**SENDER, "SSLCIPH": ""}), End({**RECEIVER, "SSLCIPH": ""}), id="a level that does not show SSLCIPH"),
        pytest.param(LINK, End(SENDER), End(observed=False), id="responder outside the play"),
        pytest.param(LINK, End(observed=False), End(RECEIVER), id="initiator outside the play"),
        pytest.param({**LINK, "responder_subject": None}, End(SENDER), End(RECEIVER), id="subject not known"),
        pytest.param(
            LINK, End(SENDER), End([{**RECEIVER, "RQMNAME": "QM9", "SSLPEER": "CN=QM9"}, RECEIVER]), id="several instances of the receiver"
        ),
        pytest.param(LINK, End(SENDER, log=[entry("9633")]), End(RECEIVER), id="an old failure in the log"),
    ],
)
def test_other_running_links_as_intended(link, initiator, responder):
    assert explanation(link, initiator, responder) == ""


@pytest.mark.parametrize(
    ("link", "initiator", "responder", "says"),
    [
        (
            LINK,
            End({**SENDER, "SECPROT": "NONE"}),
            End(RECEIVER),
            "runs without TLS (SECPROT is NONE); set SSLCIPH on both ends (run mqfleet.tls.site) and start the channel again.",
        ),
        (
            {**LINK, "cipher_spec": "ANY_TLS13"},
            End({**SENDER, "SECPROT": "TLSV12"}),
            End(RECEIVER),
            "runs with TLS 1.2 and ANY_TLS13 is intended; the definition has changed since it started or differs from the plan: run "
            "mqfleet.tls.site, then stop and start the channel.",
        ),
        (
            {**LINK, "cipher_spec": "TLS_AES_128_GCM_SHA256"},
            End(SENDER),
            End(RECEIVER),
            "runs with the CipherSpec TLS_AES_256_GCM_SHA384 and TLS_AES_128_GCM_SHA256 is intended; the definition has changed since it "
            "started "
            "or differs from the plan: run mqfleet.tls.site, then stop and start the channel.",
        ),
        (
            LINK,
            End({**SENDER, "SSLPEER": "SERIALNUMBER=01,CN=IMPOSTOR,O=Bank"}),
            End(RECEIVER),
            "runs with the wrong certificate: QM1 sees SERIALNUMBER=01,CN=IMPOSTOR,O=Bank and the subject of QM2 is meant to be "
            "CN=QM2,O=Bank; "
            "check which queue manager CONNAME reaches and whether a refresh is outstanding at QM2.",
        ),
        (
            LINK,
            End(SENDER),
            End({**RECEIVER, "SSLPEER": ""}),
            "runs without a certificate of QM1: QM2 shows a blank SSLPEER and sees nobody; set SSLCAUTH(REQUIRED) at QM2 (run "
            "mqfleet.tls.site).",
        ),
        (
            ANONYMOUS,
            End(SENDER),
            End(RECEIVER),
            "is meant to be anonymous, but QM2 sees the certificate SERIALNUMBER=03,CN=QM1,O=Bank of QM1; remove it from the key "
            "repository of QM1 "
            "(run mqfleet.tls.site), then refresh.",
        ),
        (
            LINK,
            End(SENDER),
            End(None),
            "runs at QM1 while QM2 shows no instance of it; check which queue manager CONNAME really reaches.",
        ),
        (
            LINK,
            End(SENDER),
            End(observed=False, problem="runmqsc ended with 20."),
            "could not be judged, since QM2 could not be read: runmqsc ended with 20.",
        ),
    ],
)
def test_running_but_not_as_intended(link, initiator, responder, says):
    assert explanation(link, initiator, responder) == f"The link QM1 to QM2 (channel QM1.TO.QM2) {says}"


VALID = {"not_before": "2025-03-01T12:00:00Z", "not_after": "2027-03-01T12:00:00Z", "issuer": "CN=Fleet CA"}
REFUSED = entry("9633", inserts={"ArithInsert1": "414", "ArithInsert2": "575010"})


@pytest.mark.parametrize(
    ("initiator", "responder", "says"),
    [
        pytest.param(
            End(RETRYING, log=[entry("9002"), entry("9633"), entry("9999")]),
            End(None, log=[entry("9665", "????"), entry("9492", None)], certificate={**VALID, "not_after": "2026-03-01T12:00:00Z"}),
            "does not run (RETRYING): the certificate of QM2 (CN=QM2,O=Bank) expired on 2026-03-01 12:00 UTC, so QM1 refuses it "
            f"(AMQ9633E at QM1, {NOON}, AMQ9665E at QM2, {NOON}); run mqfleet.tls.site for QM2, which renews it and refreshes.",
            id="responder expired",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9665"), entry("9999")]),
            End(None, log=[entry("9797", "????", explanation="... the validation code is 575018.")]),
            "does not run (RETRYING): the certificate of QM2 itself has expired, so QM2 does not present it (AMQ9797E at QM2, "
            f"{NOON}, AMQ9665E at QM1, {NOON}); run mqfleet.tls.site for QM2, which renews it and refreshes.",
            id="responder expired, by its own word",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9797")], certificate={**VALID, "not_after": "2026-03-01T12:00:00Z"}),
            End(None),
            "does not run (RETRYING): the certificate of QM1 itself expired on 2026-03-01 12:00 UTC, so QM1 does not present it "
            f"(AMQ9797E at QM1, {NOON}); run mqfleet.tls.site for QM1, which renews it and refreshes.",
            id="initiator expired, by its own word and its dates",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9797", explanation="575010")]),
            End(None),
            "does not run (RETRYING): the key repository of QM1 lacks a CA certificate of its own certificate's chain, so QM1 does not "
            f"present it (AMQ9797E at QM1, {NOON}); run mqfleet.tls.site for QM1, which completes the chain and refreshes.",
            id="own chain incomplete",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9797", explanation="575001")]),
            End(None),
            "does not run (RETRYING): the certificate of QM1 itself is expired, or its chain in its own key repository is incomplete "
            f"(AMQ9797E at QM1, {NOON}); run mqfleet.tls.site for QM1, which renews the certificate and completes the chain.",
            id="own certificate, without a telling code",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9665"), entry("9999")], certificate={**VALID, "not_after": "2026-03-01T12:00:00Z"}),
            End(None, log=[entry("9633", "????")]),
            "does not run (RETRYING): the certificate of QM1 (CN=QM1,O=Bank) expired on 2026-03-01 12:00 UTC, so QM2 refuses it "
            f"(AMQ9633E at QM2, {NOON}, AMQ9665E at QM1, {NOON}); run mqfleet.tls.site for QM1, which renews it and refreshes.",
            id="initiator expired",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9633")]),
            End(None, certificate={**VALID, "not_before": "2026-03-02T00:00:00Z"}),
            "does not run (RETRYING): the certificate of QM2 (CN=QM2,O=Bank) is not valid before 2026-03-02 00:00 UTC, so QM1 refuses it "
            f"(AMQ9633E at QM1, {NOON}); check the clocks of both hosts, or run mqfleet.tls.site for QM2, which renews it and refreshes.",
            id="responder not yet valid",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9633", inserts={"ArithInsert1": "414", "ArithInsert2": "575018"})]),
            End(None),
            "does not run (RETRYING): the certificate of QM2 (CN=QM2,O=Bank) (or a CA certificate above it) has expired, so QM1 refuses it "
            f"(AMQ9633E at QM1, {NOON}); run mqfleet.tls.site for QM2, which renews it and refreshes.",
            id="expired, by GSKit's code",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9665"), entry("9999")]),
            End(None, log=[entry("9633", "????", inserts={"ArithInsert1": "414", "ArithInsert2": "575032"})], certificate=VALID),
            "does not run (RETRYING): the certificate of QM1 (CN=QM1,O=Bank) (or a CA certificate above it) is revoked, so QM2 refuses it "
            f"(AMQ9633E at QM2, {NOON}, AMQ9665E at QM1, {NOON}); run mqfleet.tls.site for QM1, which replaces a certificate that the local CA "
            "has revoked.",
            id="revoked",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9633", inserts={"ArithInsert2": "575018"})]),
            End(None, certificate=VALID),
            "does not run (RETRYING): a CA certificate above the certificate of QM2 (CN=QM2,O=Bank) has expired, so QM1 refuses it "
            f"(AMQ9633E at QM1, {NOON}); renew the CA certificate, then run mqfleet.tls.site for QM2, which renews it and refreshes.",
            id="CA expired",
        ),
        pytest.param(
            End(RETRYING, log=[REFUSED]),
            End(None, certificate=VALID),
            "does not run (RETRYING): QM1 does not trust the issuer (CN=Fleet CA) of the certificate of QM2 (CN=QM2,O=Bank), or a CA "
            "certificate "
            f"between them is missing (AMQ9633E at QM1, {NOON}); run mqfleet.tls.site for both, which adds what QM1 has to trust, and "
            f"refresh QM1 "
            "if it has been added already.",
            id="not trusted",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9642"), entry("9999")]),
            End(None, log=[entry("9637")]),
            f"does not run (RETRYING): QM2 requires a certificate and QM1 sent none (AMQ9637E at QM2, {NOON}, AMQ9642E at QM1, {NOON}); "
            f"put a "
            "certificate with its private key under the label that CERTLABL of QM1 names (run mqfleet.tls.site), or make the link one_way.",
            id="no certificate",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9641")]),
            End(None, log=[entry("9631")]),
            "does not run (RETRYING): the handshake settled on another CipherSpec than SSLCIPH of QM2 demands (AMQ9631E at QM2, "
            f"{NOON}, AMQ9641E at QM1, {NOON}); give both ends the same SSLCIPH, the responding end first (run mqfleet.tls.site).",
            id="CipherSpecs differ",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9643")]),
            End(None, log=[entry("9636")]),
            f"does not run (RETRYING): the distinguished name of QM1 does not match SSLPEER of QM2 (AMQ9636E at QM2, {NOON}, AMQ9643E at "
            f"QM1, "
            f"{NOON}); correct SSLPEER (run mqfleet.tls.site) or the subject of the certificate of QM1.",
            id="SSLPEER",
        ),
        pytest.param(
            End(RETRYING, log=[entry("9202")]),
            End(observed=False, problem="The queue manager QM2 is stopped."),
            f"does not run (RETRYING): QM1 cannot reach QM2 over the network (AMQ9202E at QM1, {NOON}; QM2 could not be read: The queue "
            f"manager QM2 is "
            "stopped); check that the listener of QM2 runs and CONNAME of QM1 is right.",
            id="responder down and not read",
        ),
        pytest.param(
            End(None),
            End(None),
            "does not run (inactive) and neither error log says why; use START CHANNEL(QM1.TO.QM2) at QM1 and look at "
            "DISPLAY CHSTATUS(QM1.TO.QM2) there.",
            id="nothing known",
        ),
        pytest.param(
            End({**RETRYING, "STATUS": "STOPPED"}),
            End(None),
            "is stopped at QM1, and no error is logged; use START CHANNEL(QM1.TO.QM2) there.",
            id="stopped",
        ),
        pytest.param(
            End(None, log=[entry("9999")]),
            End(None, log=[entry("9492", None)]),
            f"does not run (inactive): a connection to QM2 ended before the channel was known (AMQ9492E at QM2, {NOON}, AMQ9999E at QM1, "
            f"{NOON}); "
            "read the messages before it.",
            id="only summaries",
        ),
        pytest.param(
            End(observed=False),
            End(None),
            "could not be judged, since QM1 is not part of this run; run it without --limit.",
            id="initiator outside the play",
        ),
        pytest.param(
            End(observed=False, problem="unreachable"),
            End(None),
            "could not be judged, since QM1 could not be read: unreachable.",
            id="initiator not read",
        ),
    ],
)
def test_why_a_link_does_not_run(initiator, responder, says):
    assert explanation(LINK, initiator, responder) == f"The link QM1 to QM2 (channel QM1.TO.QM2) {says}"


def test_of_several_attempts_only_the_last_one_counts():
    initiator = End(RETRYING, log=[entry("9202", time="2026-03-01T11:00:00Z"), entry("9633", time=NOON)])
    verdict = judge(LINK, initiator, End(None, log=[entry("9637", "????", time="2026-03-01T11:59:00Z")]))
    assert [message["id"] for message in verdict["messages"]] == ["AMQ9633E"]


def test_an_earlier_attempt_a_moment_ago_does_not_count():
    """The definition was changed in between: what both ends wrote before is about another failure."""
    early, late = "2026-03-01T12:00:01Z", "2026-03-01T12:00:05Z"
    before = [entry("9633", time=early), entry("9999", time=early)]
    initiator = End(RETRYING, log=[*before, entry("9202", time=late), entry("9999", time=late)])
    responder = End(None, log=[entry("9665", "????", early), entry("9999", "????", early)])
    assert [message["id"] for message in judge(LINK, initiator, responder)["messages"]] == ["AMQ9202E"]
    initiator = End(RETRYING, log=[*before, entry("9642", time=late), entry("9999", time=late)])
    other = [entry("9636", time=early, process="1.1"), entry("9999", time=early, process="1.1")]
    responder = End(None, log=[*other, entry("9637", time=late, process="1.2"), entry("9999", time=late, process="1.2")])
    assert [message["id"] for message in judge(LINK, initiator, responder)["messages"]] == ["AMQ9637E", "AMQ9642E"]


def test_who_has_not_called_has_left_nothing_at_the_other_end():
    verdict = judge(LINK, End(RETRYING, log=[entry("9797"), entry("9999")]), End(None, log=[entry("9633", "????")]))
    assert [message["id"] for message in verdict["messages"]] == ["AMQ9797E"]


def test_a_message_without_the_channel_is_found_by_the_process_that_sums_up():
    log = [
        entry("9657", None, process="1.1"),
        entry("9622", None, process="1.2"),
        entry("9999", process="1.2"),
        entry("9999", "X", process="1.1"),
    ]
    verdict = judge(LINK, End(RETRYING, log=log), End(None))
    assert [message["id"] for message in verdict["messages"]] == ["AMQ9622E"]


def test_a_closed_connection_of_which_the_partner_knows_nothing():
    assert explanation(LINK, End(RETRYING, log=[entry("9665")]), End(None)) == (
        "The link QM1 to QM2 (channel QM1.TO.QM2) does not run (RETRYING): QM2 closed the TLS connection, whose error log has no word of it, so "
        f"something else may answer at the address of QM2 (AMQ9665E at QM1, {NOON}); check what CONNAME of QM1 reaches, and that the clocks of "
        "both hosts agree."
    )


@pytest.mark.parametrize(
    ("subject", "certificate", "says"),
    [
        ("CN=QM2, O=Bank", {}, "the certificate of QM2 (CN=QM2,O=Bank) has expired, so QM1 refuses it"),
        ("CN=Old CA,O=Bank", {}, "the CA certificate CN=Old CA,O=Bank above the certificate of QM2 (CN=QM2,O=Bank) has expired"),
        ("CN=Old CA,O=Bank", VALID, "the CA certificate CN=Old CA,O=Bank above the certificate of QM2 (CN=QM2,O=Bank) has expired"),
        (
            "CN=QM2,O=Bank",
            VALID,
            "QM2 still presents a certificate that has expired, so QM1 refuses it, while its key repository holds a valid",
        ),
    ],
)
def test_whose_certificate_is_at_fault_by_the_word_of_gskit(subject, certificate, says):
    inserts = {"ArithInsert2": "575018", "CommentInsert2": f"[Class=]GSKVAL[Issuer=]CN=X[#=]0102[Subject=]{subject}", "CommentInsert3": "h"}
    text = explanation(LINK, End(RETRYING, log=[entry("9633", inserts=inserts)]), End(None, certificate=certificate))
    assert f"does not run (RETRYING): {says}" in text


def test_what_sums_up_twice_does_not_stand_for_an_attempt_of_its_own():
    log = [entry("9633", "????", process="1.1"), entry("9492", None, process="1.1"), entry("9999", "????", process="1.1")]
    verdict = judge(LINK, End(RETRYING, log=[entry("9665"), entry("9999")]), End(None, log=log))
    assert [message["id"] for message in verdict["messages"]] == ["AMQ9633E", "AMQ9665E"]


def test_a_refresh_just_before_the_failure_does_not_hide_its_cause():
    refreshed, failed = "2026-03-01T12:00:01Z", NOON
    initiator = End(RETRYING, log=[entry("9714", time=refreshed), entry("9665", time=failed)])
    responder = End(None, log=[entry("9713", time=refreshed), entry("9797", "????", failed), entry("9999", "????", failed)])
    verdict = judge(LINK, initiator, responder)
    assert [message["id"] for message in verdict["messages"]] == ["AMQ9797E", "AMQ9665E"]


def test_a_refresh_explains_a_closed_connection_where_nothing_else_does():
    verdict = judge(LINK, End(RETRYING, log=[entry("9714"), entry("9665")]), End(None, log=[entry("9713")]))
    assert [message["id"] for message in verdict["messages"]] == ["AMQ9714E", "AMQ9713E", "AMQ9665E"]


def test_ten_failures_at_once_get_ten_explanations():
    """All initiators fail in the same second at one responder, whose log names no channel."""
    links, initiators, log = [], [], []
    for number in range(10):
        name = f"BR{number}"
        links.append({**LINK, "channel": f"{name}.TO.QM2", "from": name, "initiator_subject": f"CN={name},O=Bank"})
        initiators.append(End(RETRYING, log=[entry("9665", f"{name}.TO.QM2")], address=f"10.0.0.{number}"))
        # Half of them are refused for their certificate (which the entry names), half for their CipherSpec (which only names the host).
        if number % 2:
            log.append(entry("9633", "????", inserts={"CommentInsert2": f"[Subject=]CN={name}, O=Bank"}, process=f"1.{number}"))
        else:
            log.append(entry("9616", "????", remote_host=f"10.0.0.{number}", process=f"1.{number}"))
        log.append(entry("9492", None, remote_host=f"10.0.0.{number}", process=f"1.{number}"))
    for number, (link, initiator) in enumerate(zip(links, initiators)):
        text = explanation(link, initiator, End(None, log=log))
        assert (
            f"does not trust the issuer of the certificate of BR{number} " if number % 2 else f"CipherSpec that BR{number} proposes"
        ) in text


def test_of_connections_that_fit_equally_the_nearest_in_time_counts():
    log = [
        entry("9616", "????", "2026-03-01T12:00:01Z", process="1.1"),
        entry("9661", "????", "2026-03-01T12:00:05Z", process="1.2"),
        entry("9633", "????", "2026-03-01T12:00:09Z", process="1.3"),
    ]
    verdict = judge(LINK, End(RETRYING, log=[entry("9665")]), End(None, log=log))
    assert [message["id"] for message in verdict["messages"]] == ["AMQ9661E", "AMQ9665E"]


def test_a_name_that_is_part_of_a_longer_one_does_not_fit():
    log = [
        entry("9633", "????", inserts={"CommentInsert2": "CN=QM1,O=Bank"}, process="1.1"),
        entry("9654", "????", inserts={"CommentInsert2": "CN=QM1,O=Banking"}, process="1.2"),
    ]
    verdict = judge(LINK, End(RETRYING, log=[entry("9665")]), End(None, log=log))
    assert [message["id"] for message in verdict["messages"]] == ["AMQ9633E", "AMQ9665E"]


def test_clocks_an_hour_apart():
    text = explanation(LINK, End(RETRYING, log=[entry("9642")]), End(None, log=[entry("9637", time="2026-03-01T13:00:05Z")]))
    assert "(AMQ9637E at QM2, 2026-03-01T13:00:05Z, AMQ9642E at QM1, 2026-03-01T12:00:05.114Z)" in text


def test_without_severity_letters_and_times_too():
    initiator = End(RETRYING, log=[{"id": "AMQ9642", "text": "", "channel": "QM1.TO.QM2", "time": "09/09/2014 04:10:11 PM"}])
    assert "(AMQ9637 at QM2, AMQ9642 at QM1, 09/09/2014 04:10:11 PM)" in explanation(
        LINK, initiator, End(None, log=[{"id": "AMQ9637", "channel": "QM1.TO.QM2"}])
    )


def test_entries_of_other_channels_do_not_count():
    assert "neither error log says why" in explanation(
        LINK, End(RETRYING, log=[entry("9633", "QM1.TO.QM3")]), End(None, log=[entry("9633", "A.TO.B")])
    )


def test_every_message_that_the_gathered_facts_know_a_cause_for_is_explained(transcripts):
    path = transcripts.parent / "reference" / "tls-errors.yml"
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = {message["id"][3:7] for message in facts["messages"] if message.get("causes") and message["side"] != "local"}
    # Not about links between queue managers: client processes, hardware tokens, refreshes, text wrappers of clients.
    elsewhere = {"9617", "9669", "9671", "9710", "9711", "9717", "9771", "9204"}
    assert known - elsewhere - set(CAUSES) == set()


@pytest.mark.parametrize("number", sorted(CAUSES))
def test_each_message_gives_a_sentence_for_both_ends(number):
    for initiator, responder in ((End(RETRYING, log=[entry(number)]), End(None)), (End(RETRYING), End(None, log=[entry(number)]))):
        text = explanation(LINK, initiator, responder)
        assert text.startswith("The link QM1 to QM2 (channel QM1.TO.QM2) does not run (RETRYING): ")
        assert f"AMQ{number}E at QM" in text
        assert text.endswith(".") and "{" not in text and "; " in text


def test_the_table_is_aligned():
    good = judge(LINK, End(SENDER), End(RECEIVER))
    bad = judge({**ANONYMOUS, "channel": "A"}, End(None), End(None))
    assert table([good, bad]).splitlines() == [
        "channel     from  to   authentication  status    protocol  CipherSpec              initiator sees  responder sees  presented    "
        "as intended",
        "----------  ----  ---  --------------  --------  --------  ----------------------  --------------  --------------  -----------  "
        "-----------",
        "QM1.TO.QM2  QM1   QM2  two-way         RUNNING   TLS 1.3   TLS_AES_256_GCM_SHA384  CN=QM2,O=Bank   CN=QM1,O=Bank   not checked  yes",
        "A           QM1   QM2  one-way         inactive  -         -                       -               -               not checked  NO",
    ]
