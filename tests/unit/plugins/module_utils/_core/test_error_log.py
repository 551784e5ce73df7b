# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.error_log import channel_of, parse
from hypothesis import given
from hypothesis import strategies as st

ENTRY_94 = """\
06/28/2022 06:23:34 PM - Process(2051233.5) User(mqm) Program(amqrmppa)
                    Host(wdc1-mq1) Installation(Installation1)
                    VRMF(9.4.0.0) QMgr(QM2)
                    Time(2022-06-28T18:23:34.836Z)
                    RemoteHost(10.241.2.5)
                    ArithInsert1(414) ArithInsert2(575010)
                    CommentInsert1(QM1.TO.QM2)
                    CommentInsert2([Subject]=CN=a (b,O)
                    CommentInsert3(host (10.0.0.1)(1414))
                   ~
AMQ9633E: Bad SSL certificate for channel
'QM1.TO.QM2'.

EXPLANATION:
A certificate encountered during SSL handshaking is regarded as bad.
ACTION:
Check.
----- amqccisa.c : 10957 ------------------------------------------------------
""".replace("~", "")


def test_every_field_of_an_entry():
    (entry,) = parse(ENTRY_94)
    assert (entry.id, entry.severity, entry.text, entry.channel) == (
        "AMQ9633E",
        "E",
        "Bad SSL certificate for channel 'QM1.TO.QM2'.",
        "QM1.TO.QM2",
    )
    assert (entry.time, entry.time_utc) == ("06/28/2022 06:23:34 PM", "2022-06-28T18:23:34.836Z")
    assert (entry.host, entry.remote_host, entry.queue_manager) == ("wdc1-mq1", "10.241.2.5", "QM2")
    assert (entry.process, entry.program) == ("2051233.5", "amqrmppa")
    assert entry.explanation == "A certificate encountered during SSL handshaking is regarded as bad."
    assert entry.inserts == {
        "ArithInsert1": "414",
        "ArithInsert2": "575010",
        "CommentInsert1": "QM1.TO.QM2",
        "CommentInsert2": "[Subject]=CN=a (b,O",
        "CommentInsert3": "host (10.0.0.1)(1414)",
    }


BODY = "AMQ9002: Channel 'A.TO.B' is starting.\n\nEXPLANATION:\nChannel 'A.TO.B' is starting.\nACTION:\nNone.\n"


@pytest.mark.parametrize(
    ("header", "time"),
    [
        ("09/09/2014 04:10:11 PM - Process(59908.64) User(mqm) Program(amqrmppa)\n", "09/09/2014 04:10:11 PM"),
        (
            ("03/20/23 18:53:38 - Process(104.1) User(mqm) Program(crtmqm)\n                    Host(h) Installation(I)\n\n"),
            "03/20/23 18:53:38",
        ),
        (
            (
                "2014-09-09 16.10.11 - Process(1.2) User(MUSR_MQADMIN) Program(amqrmppa.exe)\n"
                "                      Host(H)\n                       \n"
            ),
            "2014-09-09 16.10.11",
        ),
        ("09.09.2014 16:10:11 - Process(1.2) User(a b) Program(p)\n", "09.09.2014 16:10:11"),
        ("", None),
    ],
)
def test_headers_of_all_levels(header, time):
    for text in (header + BODY, header + BODY + "-" * 79 + "\n"):
        for twice in (text, text.replace("\n", "\r\n")):
            entries = parse(twice * 2)
            assert [(entry.time, entry.channel, entry.text) for entry in entries] == [(time, "A.TO.B", "Channel 'A.TO.B' is starting.")] * 2


def test_an_entry_without_header_does_not_take_that_of_the_entry_before():
    first, second = parse(ENTRY_94[: ENTRY_94.index("----- amqccisa.c")] + BODY)
    assert (first.time, second.time) == ("06/28/2022 06:23:34 PM", None)
    assert second.inserts == {}


def test_a_log_in_another_language():
    text = (
        "09/09/2014 16:10:11 - Process(1.2) User(mqm) Program(p)\n"
        "AMQ9999: El canal 'A.TO.B' ha finalizado de forma anómala.\n\nEXPLICACIÓN:\nx\nACCIÓN:\n"
        "y\n"
    )
    (entry,) = parse(text)
    assert (entry.text, entry.channel, entry.explanation) == ("El canal 'A.TO.B' ha finalizado de forma anómala.", "A.TO.B", "x")


@pytest.mark.parametrize(
    ("message", "explanation", "channel"),
    [
        ("Channel 'A.TO.B' to host 'h (1.2.3.4)' ended abnormally.", "", "A.TO.B"),
        ("Channel program 'A.TO.B' started.", "", "A.TO.B"),
        ("SSL invalid peer name, channel 'A', attribute 'OU'.", "", "A"),
        ("Connection to host 'h (1.2.3.4)(1414)' for channel 'A' closed.", "", "A"),
        ("Remote channel '' did not specify a CipherSpec.", "", ""),
        ("Channel is lacking a certificate.", "The channel name is '????' (if '????' it is unknown).", "????"),
        ("Channel is lacking a certificate.", "The channel is 'A'; in some cases its name cannot be determined.", "A"),
        ("Channel was blocked", "The inbound channel 'A' was blocked because its active values were 'CLNTUSER(mqm)'.", "A"),
        ("Not available.", "The attempt for channel A.TO.B was not successful.", "A.TO.B"),
        ("Not available.", "It was for channel A.TO.B.", "A.TO.B"),
        ("Not available.", "It was for channel authentication of 'x'.", None),
        ("Channel A.TO.B is starting.", "", "A.TO.B"),
        ("Channel to remote machine 'h' is ending due to an error.", "", None),
        ("The TCP/IP responder program encountered an error.", "The channel values were 'x'.", None),
    ],
)
def test_the_channel_is_named_by_the_message_or_its_explanation(message, explanation, channel):
    assert channel_of(message, explanation) == channel


def test_json():
    line = {
        "ibm_messageId": "AMQ9637E",
        "ibm_arithInsert1": 0,
        "ibm_arithInsert2": 5,
        "ibm_commentInsert1": "A.TO.B",
        "ibm_datetime": "2023-03-20T18:53:38.601Z",
        "host": "h1",
        "ibm_remoteHost": "10.0.0.1",
        "ibm_serverName": "QM1",
        "ibm_processId": "104",
        "ibm_threadId": "1",
        "ibm_processName": "amqrmppa",
        "message": "AMQ9637E: Channel is lacking a certificate.",
    }
    text = "\n".join(
        ['{"type":"mq_containerlog","message":"Starting"}', json.dumps(line), '{"ibm_messageId":"AMQ96', "[1]", '{"ibm_messageId":5}']
    )
    (entry,) = parse(text)
    assert (entry.id, entry.text, entry.channel, entry.time) == (
        "AMQ9637E",
        "Channel is lacking a certificate.",
        None,
        "2023-03-20T18:53:38.601Z",
    )
    assert (entry.host, entry.remote_host, entry.queue_manager, entry.process) == ("h1", "10.0.0.1", "QM1", "104.1")
    assert entry.inserts == {"ArithInsert2": "5", "CommentInsert1": "A.TO.B"}


def test_the_console_of_a_container():
    text = (
        "2023-03-20T18:53:38.598Z AMQ9999E: Channel 'A' to host 'h' ended. [CommentInsert1(1), CommentInsert2(A), CommentInsert3(h (1))]\n"
    )
    (entry,) = parse(f"2023-03-20T18:53:38.000Z Using queue manager name: QM1\n{text}")
    assert (entry.text, entry.channel, entry.time) == ("Channel 'A' to host 'h' ended.", "A", "2023-03-20T18:53:38.598Z")
    assert entry.inserts == {"CommentInsert1": "1", "CommentInsert2": "A", "CommentInsert3": "h (1)"}


@given(st.text(st.sampled_from("AMQ9999E: \nEXPLANATION:{}()-Process(1.1)'channel"), max_size=200))
def test_no_text_makes_it_fail(text):
    parse(text)
