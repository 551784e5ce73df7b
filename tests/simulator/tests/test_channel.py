# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels at work: states, commands, messages, refresh, channel authentication."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqsim import channel_auth, channel_protocol, client_hello, tls
from mqsim.channel import ChannelEngine, Refused, parse_connection_name
from mqsim.gskit.handshake import Environment
from mqsim.gskit.library import GskitError
from mqsim.peer_name import PeerName

CHANNEL = "QM1.TO.QM2"


@pytest.fixture
def tls_link(link, identity, ca):
    def make(initiator=None, responder=None):
        qm1, qm2 = link(initiator, responder)
        qm1.key_repository("pkcs12", identity("CN=QM1,O=Bank", ca))
        qm2.key_repository("pkcs12", identity("CN=QM2,O=Bank", ca))
        return qm1, qm2

    return make


@pytest.fixture
def plain_link(link):
    def make(initiator=None, responder=None):
        return link({"SSLCIPH": "", **(initiator or {})}, {"SSLCIPH": "", **(responder or {})})

    return make


def start(qm1, qm2):
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "RUNNING")
    qm2.wait(CHANNEL, "RUNNING")


def received(qm, count, seconds=10):
    deadline = time.monotonic() + seconds
    while qm.queues["IN"].depth < count and time.monotonic() < deadline:
        time.sleep(0.005)
    return qm.queues["IN"].messages()


def put(qm, *bodies):
    for body in bodies:
        qm.put_remote("QM2", "IN", body)


def numbered(count, begin=0):
    return [f"message {n}".encode() for n in range(begin, begin + count)]


# States and commands ----------------------------------------------------------------------------------------------------------------


def test_an_inactive_channel_has_no_row(tls_link):
    qm1, qm2 = tls_link()
    assert qm1.engine.channel_status() == qm2.engine.channel_status() == []
    assert qm1.engine.saved_status() == []


def test_the_rows_of_a_running_channel_are_those_of_captured_ones(tls_link, transcripts):
    qm1, qm2 = tls_link()
    start(qm1, qm2)
    captured = (transcripts / "runmqsc-display-chstatus" / "03-sdr-running-all-80.txt").read_text(encoding="utf-8")
    row = qm1.row(CHANNEL)
    places = [captured.index(f" {keyword}" + ("" if keyword == "CURRENT" else "(")) for keyword in row if keyword != "SSLCIPH"]
    assert places == sorted(places)
    assert list(row).index("SSLCIPH") == list(row).index("SSLCERTI") + 1
    expected = {
        "CHLTYPE": "SDR",
        "CONNAME": f"{qm2.address}({qm2.port})",
        "RQMNAME": "QM2",
        "SUBSTATE": "MQGET",
        "XMITQ": "QM2",
        "MCASTAT": "RUNNING",
    }
    assert expected.items() <= row.items()
    other = qm2.row(CHANNEL)
    assert {
        "CHLTYPE": "RCVR",
        "CONNAME": qm1.address,
        "RQMNAME": "QM1",
        "SUBSTATE": "RECEIVE",
        "RVERSION": "09040200",
    }.items() <= other.items()
    assert not {"XMITQ", "SHORTRTS", "LONGRTS", "NETTIME", "XQTIME"} & set(other)


def test_at_9_1_0_the_status_has_no_cipherspec(link):
    qm1, qm2 = link({"SSLCIPH": ""}, {"SSLCIPH": ""}, versions=((9, 1, 0, 0), (9, 1, 1, 0)))
    start(qm1, qm2)
    assert "SSLCIPH" not in qm1.row(CHANNEL)
    assert "SSLCIPH" in qm2.row(CHANNEL)


def test_the_start_of_the_instance_stays_while_it_runs(plain_link):
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    before = [(qm.row(CHANNEL)["CHSTADA"], qm.row(CHANNEL)["CHSTATI"]) for qm in (qm1, qm2)]
    time.sleep(1.1)
    put(qm1, b"x")
    received(qm2, 1)
    assert [(qm.row(CHANNEL)["CHSTADA"], qm.row(CHANNEL)["CHSTATI"]) for qm in (qm1, qm2)] == before


def test_stop_and_start(plain_link):
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    with pytest.raises(Refused, match="^AMQ9514E: Channel 'QM1.TO.QM2' is in use.$"):
        qm1.engine.start_channel(CHANNEL)
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "STOPPED")
    row = qm1.wait(CHANNEL, "STOPPED")
    assert (row["SUBSTATE"], row["SECPROT"], row["RQMNAME"], row["JOBNAME"]) == ("", "NONE", "", "0" * 16)
    qm2.wait(CHANNEL, None)
    assert qm1.messages() == qm2.messages() == ["AMQ9001I"]
    put(qm1, b"waits")
    assert qm1.status(CHANNEL) == "STOPPED"
    start(qm1, qm2)
    assert received(qm2, 1) == [b"waits"]


def test_stop_of_what_is_not_active(plain_link):
    qm1, _ = plain_link()
    for status, shown in (("INACTIVE", None), ("STOPPED", "STOPPED")):
        with pytest.raises(Refused, match="^AMQ9533W: Channel 'QM1.TO.QM2' is not currently active.$"):
            qm1.engine.stop_channel(CHANNEL, "QUIESCE", status)
        assert qm1.status(CHANNEL) == shown
    with pytest.raises(Refused, match=r"^AMQ8227E: Channel NO\.SUCH not found\.$"):
        qm1.engine.stop_channel("NO.SUCH", "QUIESCE", "STOPPED")
    for command in (qm1.engine.start_channel, qm1.engine.ping_channel):
        with pytest.raises(Refused, match=r"^AMQ8227E: Channel NO\.SUCH not found\.$"):
            command("NO.SUCH")


@pytest.mark.parametrize("mode", ["QUIESCE", "FORCE"])
def test_stop_at_the_responder_disables_it(plain_link, mode):
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    qm2.engine.stop_channel(CHANNEL, mode, "STOPPED")
    qm1.wait(CHANNEL, "RETRYING")
    qm2.wait(CHANNEL, "STOPPED")
    qm1.engine.start_channel(CHANNEL)
    qm1.wait_for_messages("AMQ9558E" if mode == "QUIESCE" else "AMQ9209E", "AMQ9999E", "AMQ9558E", "AMQ9999E")
    qm2.wait_for_message("AMQ9534E")
    qm2.engine.start_channel(CHANNEL)
    start(qm1, qm2)


def test_stopped_survives_a_restart(plain_link):
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "STOPPED")
    qm1.wait(CHANNEL, "STOPPED")
    restart(qm1)
    assert qm1.status(CHANNEL) == "STOPPED"


def restart(qm, immediate=False):
    qm.engine.close(immediate)
    qm.engine = qm.channel_engine = ChannelEngine(qm)
    qm.engine.open()


def test_nobody_listens(plain_link):
    qm1, qm2 = plain_link()
    qm2.engine.stop_listener("TCP")
    qm1.engine.start_channel(CHANNEL)
    row = qm1.wait(CHANNEL, "RETRYING")
    assert (row["SHORTRTS"], row["LONGRTS"], row["CONNAME"], row["LOCLADDR"]) == ("9", "999999999", f"{qm2.address}({qm2.port})", "")
    qm1.wait_for_messages("AMQ9202E", "AMQ9999E")


def test_retries_are_counted_and_end(plain_link):
    qm1, qm2 = plain_link({"SHORTRTY": "2", "SHORTTMR": "0", "LONGRTY": "1", "LONGTMR": "0"})
    qm2.engine.stop_listener("TCP")
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "STOPPED")
    assert qm1.messages().count("AMQ9202E") == 4


def test_a_retry_succeeds_when_the_partner_is_back(plain_link):
    qm1, qm2 = plain_link({"SHORTTMR": "1"})
    qm2.engine.stop_listener("TCP")
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "RETRYING")
    qm2.engine.start_listener("TCP")
    qm1.wait(CHANNEL, "RUNNING", seconds=3)


def test_the_next_address_of_the_connection_name(plain_link):
    qm1, qm2 = plain_link()
    with socket.socket() as nobody:
        nobody.bind((qm2.address, 0))
        qm1.channels[CHANNEL]["CONNAME"] = f"{qm2.address}({nobody.getsockname()[1]}),{qm2.address}({qm2.port})"
        start(qm1, qm2)
    assert qm1.row(CHANNEL)["CONNAME"] == f"{qm2.address}({qm2.port})"


def test_disconnect_interval(plain_link):
    qm1, qm2 = plain_link({"DISCINT": "1"})
    start(qm1, qm2)
    qm1.wait(CHANNEL, None, seconds=4)
    qm2.wait(CHANNEL, None)
    qm1.wait_for_messages("AMQ9545I", "AMQ9001I")
    (saved,) = qm1.engine.saved_status()
    assert saved["CHANNEL"] == CHANNEL
    assert "SECPROT" not in saved
    assert [row["CHLTYPE"] for row in qm2.engine.saved_status()] == ["RCVR"]


def test_a_triggered_sender_starts_by_a_message_and_a_stopped_one_does_not(plain_link):
    qm1, qm2 = plain_link({"DISCINT": "1"})
    qm1.queues["QM2"].attributes.update(TRIGGER="YES", TRIGTYPE="FIRST", TRIGDATA=CHANNEL)
    put(qm1, b"one")
    assert received(qm2, 1) == [b"one"]
    qm1.wait(CHANNEL, None, seconds=4)
    put(qm1, b"two")
    assert received(qm2, 2) == [b"one", b"two"]
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "STOPPED")
    qm1.wait(CHANNEL, "STOPPED")
    put(qm1, b"three")
    time.sleep(0.2)
    assert received(qm2, 2) == [b"one", b"two"]


def test_a_transmission_queue_of_the_wrong_usage(plain_link):
    qm1, _ = plain_link()
    qm1.queues["QM2"].attributes["USAGE"] = "NORMAL"
    qm1.engine.start_channel(CHANNEL)
    qm1.wait_for_messages("AMQ9531E", "AMQ9999E")


def test_unknown_and_misfit_channels(plain_link):
    qm1, qm2 = plain_link()
    definition = qm2.channels.pop(CHANNEL)
    qm1.engine.start_channel(CHANNEL)
    qm1.wait_for_messages("AMQ9520E", "AMQ9999E")
    qm2.wait_for_messages("AMQ9519E", "AMQ9999E")
    qm2.channels[CHANNEL] = {**definition, "CHLTYPE": "SVRCONN"}
    qm1.engine.start_channel(CHANNEL)
    qm1.wait_for_messages("AMQ9520E", "AMQ9999E", "AMQ9503E", "AMQ9999E")


def test_a_changed_definition_counts_at_the_next_start(tls_link):
    qm1, qm2 = tls_link()
    start(qm1, qm2)
    assert qm1.row(CHANNEL)["SECPROT"] == "TLSV13"
    qm1.channels[CHANNEL]["SSLCIPH"] = "ANY_TLS12"
    assert qm1.row(CHANNEL)["SECPROT"] == "TLSV13"
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    start(qm1, qm2)
    assert qm1.row(CHANNEL)["SECPROT"] == "TLSV12"


def test_ping(tls_link):
    qm1, qm2 = tls_link()
    qm1.engine.ping_channel(CHANNEL)
    assert qm1.engine.channel_status() == []
    qm2.channels[CHANNEL]["SSLPEER"] = "CN=other"
    with pytest.raises(Refused, match="^AMQ9643E: Remote SSL peer name error for channel 'QM1.TO.QM2'.$"):
        qm1.engine.ping_channel(CHANNEL)
    qm2.channels[CHANNEL]["SSLPEER"] = ""
    start(qm1, qm2)
    with pytest.raises(Refused, match="^AMQ9514E"):
        qm1.engine.ping_channel(CHANNEL)


def test_what_is_neither_tls_nor_a_channel(plain_link):
    _, qm2 = plain_link()
    with socket.create_connection((qm2.address, qm2.port)) as sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(100) == b""
    qm2.wait_for_messages("AMQ9207E", "AMQ9999E")


def test_a_probe_of_the_port(plain_link):
    _, qm2 = plain_link()
    socket.create_connection((qm2.address, qm2.port)).close()
    qm2.wait_for_messages("AMQ9492E")


def test_listeners(plain_link):
    _, qm2 = plain_link()
    (row,) = qm2.engine.listener_status()
    assert list(row) == "LISTENER STATUS PID STARTDA STARTTI DESCR TRPTYPE CONTROL IPADDR PORT BACKLOG".split()
    assert (row["STATUS"], row["IPADDR"], row["PORT"]) == ("RUNNING", qm2.address, str(qm2.port))
    with pytest.raises(Refused):
        qm2.engine.start_listener("TCP")
    qm2.listeners["SECOND"] = {"PORT": str(qm2.port), "IPADDR": qm2.address}
    qm2.engine.start_listener("SECOND")
    qm2.wait_for_messages("AMQ9218E")
    qm2.engine.stop_listener("TCP")
    assert qm2.engine.listener_status() == []
    with pytest.raises(Refused):
        qm2.engine.stop_listener("TCP")
    with pytest.raises(Refused, match="^AMQ8147E: IBM MQ object NONE not found.$"):
        qm2.engine.start_listener("NONE")


# Messages ---------------------------------------------------------------------------------------------------------------------------


def test_messages_arrive_once_and_in_order(tls_link):
    qm1, qm2 = tls_link()
    wanted = [*numbered(120), b"", b"x" * 100_000]
    put(qm1, *wanted)
    start(qm1, qm2)
    assert received(qm2, len(wanted)) == wanted
    put(qm1, b"later")
    assert received(qm2, len(wanted) + 1)[-1] == b"later"
    deadline = time.monotonic() + 2
    while qm1.row(CHANNEL)["MSGS"] != str(len(wanted) + 1) and time.monotonic() < deadline:
        time.sleep(0.01)
    for qm in (qm1, qm2):
        assert {"MSGS": str(len(wanted) + 1), "CURSEQNO": str(len(wanted) + 1), "INDOUBT": "NO"}.items() <= qm.row(CHANNEL).items()


def test_nothing_is_lost_or_doubled_by_refreshes_and_stops_at_both_ends(tls_link):
    qm1, qm2 = tls_link({"SHORTTMR": "0", "SHORTRTY": "100000", "BATCHSZ": "5"})
    start(qm1, qm2)
    enough = threading.Event()
    wanted = []

    def feed():
        while not enough.is_set():
            wanted.append(f"message {len(wanted)}".encode())
            put(qm1, wanted[-1])
            time.sleep(0.001)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        for disturb in (qm2.engine.refresh_security, qm1.engine.refresh_security, lambda: force_end(qm2)) * 3:
            disturb()
            count = qm2.queues["IN"].depth
            received(qm2, count + 10)  # until the channel is at work again
    finally:
        enough.set()
        feeder.join()
    assert received(qm2, len(wanted)) == wanted
    time.sleep(0.2)
    assert qm2.queues["IN"].depth == len(wanted)
    assert "AMQ9714E" in qm1.messages()
    assert "AMQ9209E" in qm1.messages()


def test_a_refresh_lets_a_handshake_that_has_begun_finish(tls_link):
    qm1, qm2 = tls_link()
    qm2.engine.open()
    enough, refreshes, failures = threading.Event(), [], []
    client = Environment(
        qm1.attributes["SSLKEYR"], qm1.password, None, "client", "ibmwebspheremqqm1", [], ["TLS_AES_256_GCM_SHA384"], {"TLSV13"}
    )

    def refresh():
        while not enough.is_set():
            qm2.engine.refresh_security()
            refreshes.append(time.monotonic())
            time.sleep(0.01)

    refresher = threading.Thread(target=refresh)
    refresher.start()
    for _ in range(30):
        try:
            client.handshake(socket.create_connection((qm2.address, int(qm2.port))), timeout=10).close()
        except (OSError, GskitError) as error:
            failures.append(error)
    enough.set()
    refresher.join()
    client.close()
    assert len(refreshes) > 3
    assert failures == []


def force_end(qm):
    with contextlib.suppress(Refused):
        qm.engine.stop_channel(CHANNEL, "FORCE", "INACTIVE")


def test_a_batch_in_doubt_is_settled_after_a_restart(plain_link):
    """The receiver has the batch, the sender never learned of it: as if the connection had broken in between."""
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    put(qm1, *numbered(3))
    received(qm2, 3)
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "STOPPED")
    qm1.wait(CHANNEL, "STOPPED")
    sender = qm1.engine.state.sender(CHANNEL)
    assert (sender.sequence, sender.batch) == (3, [])
    sender.sequence, sender.batch = 0, [b"XQH would be doubled"] * 3
    qm1.engine.state.save()
    restart(qm1)
    put(qm1, b"next")
    start(qm1, qm2)
    assert received(qm2, 4) == [*numbered(3), b"next"]


def test_an_end_that_was_made_anew_needs_a_reset(plain_link):
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    put(qm1, *numbered(3))
    received(qm2, 3)
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    qm1.engine.state.senders.clear()
    qm1.engine.start_channel(CHANNEL)
    qm1.wait_for_messages("AMQ9001I", "AMQ9526E", "AMQ9999E")
    qm2.wait_for_messages("AMQ9001I", "AMQ9526E", "AMQ9999E")
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    qm1.engine.reset_channel(CHANNEL, 1)
    put(qm1, b"new")
    start(qm1, qm2)
    assert received(qm2, 4) == [*numbered(3), b"new"]


def test_a_message_that_can_not_be_put_stays_with_the_sender(plain_link):
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    target = qm2.queues.pop("IN")
    put(qm1, b"kept")
    qm1.wait(CHANNEL, "RETRYING")
    qm1.wait_for_messages("AMQ9506E", "AMQ9999E")
    qm2.wait_for_messages("AMQ9544E", "AMQ9999E")
    assert qm1.row(CHANNEL)["INDOUBT"] == "YES"
    qm2.queues["IN"] = target
    start(qm1, qm2)
    assert received(qm2, 1) == [b"kept"]


def test_a_requester_calls_a_server(queue_manager, identity, ca):
    qm1, qm2 = queue_manager("QM1"), queue_manager("QM2")
    for qm in (qm1, qm2):
        qm.key_repository("pkcs12", identity(f"CN={qm.name}", ca))
        qm.engine.open()
    common = {"SSLCIPH": "ANY_TLS13", "SSLCAUTH": "REQUIRED", "BATCHSZ": "50"}
    qm1.channels[CHANNEL] = {"CHLTYPE": "SVR", "XMITQ": "QM2", "CONNAME": "", "DISCINT": "0", **common}
    qm2.channels[CHANNEL] = {"CHLTYPE": "RQSTR", "CONNAME": f"{qm1.address}({qm1.port})", **common}
    qm1.queue("QM2", USAGE="XMITQ")
    qm2.queue("IN")
    put(qm1, b"one")
    qm2.engine.start_channel(CHANNEL)
    assert (qm2.wait(CHANNEL, "RUNNING")["SUBSTATE"], qm1.wait(CHANNEL, "RUNNING")["SUBSTATE"]) == ("RECEIVE", "MQGET")
    put(qm1, b"two")
    assert received(qm2, 2) == [b"one", b"two"]
    qm1.engine.refresh_security()
    put(qm1, b"three")
    assert received(qm2, 3) == [b"one", b"two", b"three"]
    qm2.engine.refresh_security()
    qm2.wait(CHANNEL, None)


def test_a_cluster_sender_and_receiver(queue_manager, identity, ca):
    qm1, qm2 = queue_manager("QM1"), queue_manager("QM2")
    for qm in (qm1, qm2):
        qm.key_repository("pkcs12", identity(f"CN={qm.name}", ca))
        qm.engine.open()
    qm1.channels["TO.QM2"] = {"CHLTYPE": "CLUSSDR", "CONNAME": f"{qm2.address}({qm2.port})", "SSLCIPH": "ANY_TLS12"}
    qm2.channels["TO.QM2"] = {
        "CHLTYPE": "CLUSRCVR",
        "CONNAME": f"{qm2.address}({qm2.port})",
        "SSLCIPH": "ANY_TLS12",
        "SSLCAUTH": "REQUIRED",
    }
    qm1.engine.start_channel("TO.QM2")
    assert qm1.wait("TO.QM2", "RUNNING")["XMITQ"] == "SYSTEM.CLUSTER.TRANSMIT.QUEUE"
    assert qm2.wait("TO.QM2", "RUNNING")["CHLTYPE"] == "CLUSRCVR"


def test_a_deleted_channel_is_forgotten(plain_link):
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    put(qm1, b"x")
    received(qm2, 1)
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "STOPPED")
    qm1.wait(CHANNEL, "STOPPED")
    qm2.wait(CHANNEL, None)
    for qm in (qm1, qm2):
        qm.engine.state.forget(CHANNEL)
    assert qm1.engine.channel_status() == qm1.engine.saved_status() == qm2.engine.saved_status() == []
    put(qm1, b"y")
    start(qm1, qm2)
    assert received(qm2, 2) == [b"x", b"y"]


def test_clients(queue_manager, identity, ca, transcripts, tmp_path):
    """Two TLS clients of a SVRCONN channel: a row each, with the items of a captured one; a refresh ends them."""
    qm = queue_manager("QM2")
    qm.key_repository("pkcs12", identity("CN=QM2", ca))
    qm.channels["APP"] = {"CHLTYPE": "SVRCONN", "SSLCIPH": "ANY_TLS12_OR_HIGHER", "SSLCAUTH": "REQUIRED", "SSLPEER": "CN=app"}
    qm.engine.open()
    client = identity("CN=app", ca)
    (tmp_path / "client.pem").write_bytes(client.pem + client.key_pem)
    command = ["openssl", "s_client", "-quiet", "-connect", f"{qm.address}:{qm.port}", "-cert", str(tmp_path / "client.pem")]
    command += ["-servername", tls.server_name("APP")]
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as one, subprocess.Popen(command, **quiet) as two:
        deadline = time.monotonic() + 5
        while len(qm.engine.channel_status()) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        rows = qm.engine.channel_status()
        assert [(row["CHANNEL"], row["CONNAME"], row["STATUS"], row["SECPROT"]) for row in rows] == [
            ("APP", "127.0.0.1", "RUNNING", "TLSV13")
        ] * 2
        captured = (transcripts / "runmqsc-display-chstatus" / "06-svrconn-all-942.txt").read_text(encoding="utf-8")
        items = re.findall(r"([A-Z]+)(?=\(|  |\n)", captured[captured.index("   CHANNEL(") : captured.index("One MQSC")])
        assert list(rows[0]) == [item for item in items if item in rows[0]]
        assert set(rows[0]) == set(items) & set(rows[0])
        qm.engine.refresh_security()
        assert one.wait(5) is not None
        assert two.wait(5) is not None
    assert qm.engine.channel_status() == []
    assert qm.messages() == ["AMQ9713E"] * 2


def test_channels_come_back_after_the_queue_manager(tls_link):
    qm1, qm2 = tls_link({"SHORTTMR": "1"})
    start(qm1, qm2)
    restart(qm1)
    qm1.wait(CHANNEL, "RUNNING")
    restart(qm2)
    qm1.wait(CHANNEL, "RETRYING", "RUNNING")
    start_deadline = time.monotonic() + 5
    while qm1.status(CHANNEL) != "RUNNING" and time.monotonic() < start_deadline:
        time.sleep(0.01)
    put(qm1, b"x")
    assert received(qm2, 1) == [b"x"]


# REFRESH SECURITY ---------------------------------------------------------------------------------------------------------------------


def test_what_was_read_is_kept_until_the_refresh(tls_link, identity, ca):
    qm1, qm2 = tls_link()
    start(qm1, qm2)
    before = qm1.row(CHANNEL)["SSLPEER"]
    qm2.key_repository("pkcs12", identity("CN=QM2,O=New", ca))
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    start(qm1, qm2)
    assert qm1.row(CHANNEL)["SSLPEER"] == before
    # another CipherSpec is another environment: it must not see the new file either
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    qm1.channels[CHANNEL]["SSLCIPH"] = "ANY_TLS12"
    start(qm1, qm2)
    assert qm1.row(CHANNEL)["SSLPEER"] == before
    qm2.engine.refresh_security()
    deadline = time.monotonic() + 5
    while not qm1.row(CHANNEL)["SSLPEER"].endswith("CN=QM2,O=New") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert qm1.row(CHANNEL)["SSLPEER"].endswith("CN=QM2,O=New")
    assert "AMQ9713E" in qm2.messages()
    assert "AMQ9714E" in qm1.messages()


def test_a_wrong_password_is_not_remembered(tls_link):
    qm1, qm2 = tls_link()
    right, qm1.password = qm1.password, "wrong"
    qm1.engine.start_channel(CHANNEL)
    qm1.wait_for_messages("AMQ9660E", "AMQ9999E")
    qm1.password = right
    start(qm1, qm2)


def test_a_restart_reads_the_key_repository_again(tls_link, identity, ca):
    qm1, qm2 = tls_link()
    start(qm1, qm2)
    qm1.key_repository("pkcs12", identity("CN=QM1,O=New", ca))
    restart(qm1)
    qm1.wait(CHANNEL, "RUNNING")
    assert_shown(qm2, "CN=QM1,O=New")


def assert_shown(responder, subject):
    """Soon: its row of the connection before may stand for a moment longer."""
    deadline = time.monotonic() + 5
    while not (responder.row(CHANNEL) or {"SSLPEER": ""})["SSLPEER"].endswith(subject) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert responder.row(CHANNEL)["SSLPEER"].endswith(subject)


def test_the_initiators_own_refresh_is_a_new_handshake_at_once(tls_link, identity, ca):
    qm1, qm2 = tls_link()
    start(qm1, qm2)
    qm1.key_repository("pkcs12", identity("CN=QM1,O=New", ca))
    qm1.engine.refresh_security()
    qm1.wait(CHANNEL, "RUNNING")
    assert_shown(qm2, "CN=QM1,O=New")
    assert "AMQ9999E" not in qm1.messages() + qm2.messages()


def test_a_channel_without_tls_is_not_touched(plain_link):
    qm1, qm2 = plain_link()
    start(qm1, qm2)
    for qm in (qm1, qm2):
        qm.engine.refresh_security()
    assert qm1.status(CHANNEL) == "RUNNING"
    assert qm1.messages() == qm2.messages() == []


def test_the_copy_of_the_key_repository_is_private_and_goes_with_the_queue_manager(tls_link):
    qm1, qm2 = tls_link()
    start(qm1, qm2)
    (view,) = (qm1.directory / "mqsim").glob("view*")
    assert view.stat().st_mode & 0o777 == 0o700
    qm1.engine.close(False)
    assert not view.exists()
    view.mkdir()  # as a queue manager that was killed leaves it
    ChannelEngine(qm1)
    assert not view.exists()


# Channel authentication records ---------------------------------------------------------------------------------------------------------

SUBJECT = PeerName((("CN", "QM1"), ("O", "Bank")), "01")
ISSUER = PeerName((("CN", "Fleet CA"),), None)
INBOUND = channel_auth.Inbound(CHANNEL, "10.0.1.7", "QM1", SUBJECT, ISSUER)


def rule(profile, kind, access="NOACCESS", **more):
    return {"CHLAUTH": profile, "TYPE": kind, "USERSRC": access, **more}


@pytest.mark.parametrize(
    ("rules", "blocked"),
    [
        ([], False),
        ([rule("*", "ADDRESSMAP", ADDRESS="*")], True),
        ([rule("SYSTEM.*", "ADDRESSMAP", ADDRESS="*")], False),
        ([rule("*", "ADDRESSMAP", ADDRESS="*", WARN="YES")], False),
        ([rule("*", "ADDRESSMAP", ADDRESS="10.0.1.1-6")], False),
        ([rule("*", "ADDRESSMAP", ADDRESS="10.0.1.1-7")], True),
        ([rule("*", "ADDRESSMAP", ADDRESS="*"), rule("*", "ADDRESSMAP", "CHANNEL", ADDRESS="10.0.*")], False),
        ([rule("*", "ADDRESSMAP", ADDRESS="*"), rule("*.QM2", "ADDRESSMAP", "CHANNEL", ADDRESS="*")], False),
        ([rule("*", "ADDRESSMAP", ADDRESS="*"), rule("*", "SSLPEERMAP", "MAP", SSLPEER="CN=QM1")], False),
        ([rule("*", "ADDRESSMAP", ADDRESS="*"), rule("*", "SSLPEERMAP", "MAP", SSLPEER="CN=QM2")], True),
        ([rule("*", "ADDRESSMAP", ADDRESS="*"), rule("*", "SSLPEERMAP", "MAP", SSLPEER="CN=QM1", SSLCERTI="CN=Other CA")], True),
        ([rule("*", "ADDRESSMAP", ADDRESS="*"), rule("*", "SSLPEERMAP", "MAP", SSLPEER="CN=QM1", SSLCERTI="CN=Fleet*")], False),
        ([rule("*", "QMGRMAP", QMNAME="QM*"), rule("*", "SSLPEERMAP", "MAP", SSLPEER="CN=QM1")], False),
        ([rule("*", "QMGRMAP", QMNAME="QM*")], True),
        ([rule("*", "QMGRMAP", QMNAME="QM*"), rule("*", "QMGRMAP", "MAP", QMNAME="QM1", ADDRESS="10.0.1.7")], False),
        ([rule(CHANNEL, "ADDRESSMAP", ADDRESS="*"), rule("*", "SSLPEERMAP", "MAP", SSLPEER="CN=QM1")], True),
        ([rule("*", "BLOCKUSER", USERLIST="*MQADMIN")], False),
    ],
)
def test_which_record_decides(rules, blocked):
    assert channel_auth.is_blocked(rules, INBOUND) is blocked


@pytest.mark.parametrize(("enabled", "status"), [("ENABLED", "RETRYING"), ("DISABLED", "RUNNING")])
def test_a_blocked_channel(tls_link, enabled, status):
    qm1, qm2 = tls_link()
    qm2.attributes["CHLAUTH"] = enabled
    qm2.channel_auth += [rule("*", "ADDRESSMAP", ADDRESS="*"), rule("*", "SSLPEERMAP", "MAP", SSLPEER="CN=QM9", SSLCERTI="CN=Fleet CA")]
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, status)
    if status == "RETRYING":
        qm2.wait_for_messages("AMQ9777E", "AMQ9999E")
        qm1.wait_for_messages("AMQ9999E")


def test_a_blocked_address(plain_link):
    qm1, qm2 = plain_link()
    qm2.attributes["CHLAUTH"] = "ENABLED"
    qm2.channel_auth.append({"CHLAUTH": "*", "TYPE": "BLOCKADDR", "ADDRLIST": "10.*," + qm1.address.rpartition(".")[0] + ".*"})
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "RETRYING")
    qm2.wait_for_messages("AMQ9777E")


# Small parts ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "parsed"), [("h(1415)", ("h", 1415)), (" h ( 1415 ) ", ("h", 1415)), ("127.0.0.2", ("127.0.0.2", 1414)), ("", ("", 1414))]
)
def test_connection_names(entry, parsed):
    assert parse_connection_name(entry) == parsed


@pytest.mark.parametrize("name", ["QM1.TO.QM2", "A", "a_B/c%9", "TO.QMGR1"])
def test_server_names_lead_back(name):
    assert tls.channel_of_server_name(tls.server_name(name)) == name


def test_the_documented_server_name():
    assert tls.server_name("TO.QMGR1") == "to2e-qmgr1.chl.mq.ibm.com"
    assert tls.channel_of_server_name("www.example.org") is None


@given(st.text("ABCXYZabcxyz0189./_%", min_size=1, max_size=20))
def test_every_server_name_leads_back(name):
    assert tls.channel_of_server_name(tls.server_name(name)) == name


@given(st.integers(1, 999_999_999), st.lists(st.binary(max_size=50), max_size=5))
def test_packed_messages_lead_back(sequence, messages):
    assert channel_protocol.unpack_messages(channel_protocol.pack_messages(sequence, messages)) == (sequence, messages)


def test_the_suites_of_a_client_hello():
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing := ssl.MemoryBIO(), server_hostname="x")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    assert "C030" in client_hello.proposed_suites(outgoing.read())
    assert client_hello.proposed_suites(b"TSH S" * 20) == []
    assert client_hello.proposed_suites(b"\x16") == []
