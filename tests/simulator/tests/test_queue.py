# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues, transmission headers, and where a queue manager puts a message."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqsim.queue import Queue, split_transmission_header, with_transmission_header
from mqsim.queue_manager import PutFailed


def test_first_in_first_out_and_back():
    queue = Queue("Q", {"TYPE": "QLOCAL"}, [b"0"])
    queue.put(b"1")
    assert queue.depth == 2
    assert queue.get() == b"0"
    queue.put_back(b"0")
    assert queue.messages() == [b"0", b"1"]
    assert [queue.get(), queue.get(), queue.get()] == [b"0", b"1", None]


def test_get_waits_for_a_message():
    queue = Queue("Q", {"TYPE": "QLOCAL"})
    threading.Timer(0.05, queue.put, [b"late"]).start()
    began = time.monotonic()
    assert queue.get(5) == b"late"
    assert time.monotonic() - began < 2
    assert queue.get(0.01) is None


def test_a_put_is_told_without_a_lock():
    told = []
    queue = Queue("Q", {"TYPE": "QLOCAL"}, on_put=lambda queue: told.append(queue.get()))
    queue.put(b"x")
    assert told == [b"x"]


name = st.text("ABCxyz019./_%", min_size=1, max_size=48)


@given(name, name, st.binary(max_size=100))
def test_transmission_header_comes_off_again(target_queue, target_queue_manager, body):
    message = with_transmission_header(target_queue, target_queue_manager, body)
    assert split_transmission_header(message) == (target_queue, target_queue_manager, body)


@pytest.mark.parametrize("message", [b"", b"XQH ", b"hello" * 50])
def test_a_message_without_a_header_is_refused(message):
    with pytest.raises(ValueError, match="the message has no transmission header"):
        split_transmission_header(message)


@pytest.fixture
def routed(mqsc):
    mqsc(
        "DEFINE QL(LOCAL)",
        "DEFINE QL(TO.QM2) USAGE(XMITQ)",
        "DEFINE QL(QM3) USAGE(XMITQ) TRIGGER",
        "DEFINE QR(REMOTE) RNAME(TARGET) RQMNAME(QM2) XMITQ(TO.QM2)",
        "DEFINE QR(BY.NAME) RNAME(TARGET) RQMNAME(QM3)",
        "DEFINE QR(NOWHERE) RNAME(TARGET) RQMNAME(QM9)",
        "DEFINE QR(WRONG) RNAME(TARGET) RQMNAME(QM9) XMITQ(LOCAL)",
        "DEFINE QR(QM4) RNAME(' ') RQMNAME(QM2) XMITQ(TO.QM2)",
        "DEFINE QA(ALIAS) TARGET(REMOTE)",
        "DEFINE QL(FULL) MAXDEPTH(0)",
        "DEFINE QL(SMALL) MAXMSGL(3)",
        "DEFINE QL(CLOSED) PUT(DISABLED)",
    )
    assert mqsc.return_code == 0
    return mqsc


def taken(mqsc, queue):
    return split_transmission_header(mqsc.queue_manager.queues[queue].get())


def test_messages_go_where_the_definitions_say(routed):
    queue_manager = routed.queue_manager
    queue_manager.put("LOCAL", b"m")
    assert queue_manager.queues["LOCAL"].get() == b"m"
    assert routed.engine.calls == []
    queue_manager.put("REMOTE", b"m")
    assert taken(routed, "TO.QM2") == ("TARGET", "QM2", b"m")
    queue_manager.put("ALIAS", b"m")
    assert taken(routed, "TO.QM2") == ("TARGET", "QM2", b"m")
    queue_manager.put("BY.NAME", b"m")
    assert taken(routed, "QM3") == ("TARGET", "QM3", b"m")
    queue_manager.put("ANY", b"m", "QM3")
    assert taken(routed, "QM3") == ("ANY", "QM3", b"m")
    queue_manager.put("ANY", b"m", "QM4")
    assert taken(routed, "TO.QM2") == ("ANY", "QM2", b"m")
    assert {call[0] for call in routed.engine.calls} == {"message_arrived"}


@pytest.mark.parametrize(
    ("queue", "reason"),
    [("NIX", 2085), ("NOWHERE", 2196), ("WRONG", 2092), ("FULL", 2053), ("SMALL", 2030), ("CLOSED", 2051)],
)
def test_puts_that_fail(routed, queue, reason):
    with pytest.raises(PutFailed) as failure:
        routed.queue_manager.put(queue, b"message")
    assert failure.value.reason == reason


def test_delivery_goes_to_the_dead_letter_queue_when_the_target_is_missing(routed):
    queue_manager = routed.queue_manager
    assert queue_manager.deliver(with_transmission_header("LOCAL", "QM1", b"m")) is True
    missing = with_transmission_header("NIX", "QM1", b"lost")
    with pytest.raises(PutFailed):
        queue_manager.deliver(missing)
    routed("ALTER QMGR DEADQ(SYSTEM.DEAD.LETTER.QUEUE)")
    assert queue_manager.deliver(missing) is False
    assert queue_manager.queues["SYSTEM.DEAD.LETTER.QUEUE"].get() == b"lost"
