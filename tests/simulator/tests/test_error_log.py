# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from mqsim.error_log import MESSAGES, ErrorLog, render

PEER = "SERIALNUMBER=78:40:26:54:E5:D4:80:E4,CN=QM1,OU=SSL For MQ,O=IBM,ST=MA,C=US"


@pytest.fixture
def log(tmp_path):
    def make(ini=None):
        machine = SimpleNamespace(installation_name="Installation1")
        return ErrorLog(SimpleNamespace(directory=tmp_path, name="QM2", version=(9, 2, 5, 0), machine=machine, ini=ini or {}))

    return make


def text(log, number=1):
    return (log.directory / f"AMQERR0{number}.LOG").read_text(encoding="utf-8")


def test_an_entry_has_the_form_of_a_captured_one(log, transcripts):
    """Header lines and message of 05-sslpeer-mismatch-925, apart from what differs by place and time."""
    ours = log()
    ours.write(
        "AMQ9636E",
        PEER,
        channel="QM1.TO.QM2",
        host="10.241.2.5",
        remote_host="10.241.2.5",
        program="amqrmppa",
        comment_inserts=("QM1.TO.QM2", PEER, "10.241.2.5"),
    )
    captured = (transcripts / "amqerr-log" / "05-sslpeer-mismatch-925.txt").read_text(encoding="utf-8")

    def shape(entry):
        head = entry.partition("EXPLANATION:")[0]
        head = re.sub(r"\d+/\d+/\d+ \d+:\d+:\d+ [AP]M - Process\(\d+\.\d+\) User\(\w+\)", "DATE - Process(P) User(U)", head)
        head = re.sub(r"Host\([^)]*\)", "Host(H)", head, count=1)
        head = re.sub(r"Time\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\)", "Time(T)", head)
        return [line.rstrip() for line in head.splitlines()]

    assert shape(text(ours)) == shape(captured)


def test_inserts_and_closing_line(log):
    ours = log()
    ours.write("AMQ9633E", 575010, "CN=x", arith_inserts=(414, 575010), comment_inserts=("????", "", "10.0.0.1"), host="10.0.0.1")
    lines = text(ours).splitlines()
    assert " " * 20 + "ArithInsert1(414) ArithInsert2(575010)" in lines
    assert " " * 20 + "CommentInsert1(????)" in lines
    assert " " * 20 + "CommentInsert3(10.0.0.1)" in lines
    assert not any("CommentInsert2" in line or "RemoteHost" in line for line in lines)
    assert lines[lines.index("AMQ9633E: Bad SSL certificate for channel '????'.") - 1] == " " * 19
    assert re.fullmatch(r"----- amqccisa\.c : \d+ -+", lines[-1])
    assert len(lines[-1]) == 79


def test_texts_are_wrapped_at_79_and_long_words_stay_whole(log):
    ours = log()
    ours.write("AMQ9631E", "A" * 90, "B", channel="QM1.TO.QM2")
    lines = text(ours).splitlines()
    assert "AMQ9631E: The CipherSpec negotiated during the SSL handshake does not match the" in lines
    assert "required CipherSpec for channel 'QM1.TO.QM2'." in lines
    assert [line for line in lines if len(line) > 79] == [f"'{'A' * 90}';"]


def test_every_message_can_be_written(log):
    ours = log()
    for message_id in MESSAGES:
        ours.write(message_id, "a", "b", "c", channel="X", host="h")
        assert "{" not in render(message_id, "a", "b", "c", channel="X", host="h")
    assert re.findall(r"^(AMQ\d{4}[EISW]): ", text(ours), re.MULTILINE) == list(MESSAGES)


def test_an_unknown_message_with_its_text(log):
    ours = log()
    ours.write("AMQ1234I", text="Braces {stay}.")
    assert "AMQ1234I: Braces {stay}." in text(ours)


def test_the_newest_entries_are_always_in_01(log):
    ours = log({"QMErrorLog": {"ErrorLogSize": "3000"}})
    for number in range(40):
        ours.write("AMQ9002I", channel=f"C{number:02d}")
    names = [re.findall(r"Channel '(C\d\d)' is starting\.$", text(ours, n), re.MULTILINE) for n in (3, 2, 1)]
    seen = [name for part in names for name in dict.fromkeys(part)]
    assert seen[-1] == "C39"
    assert seen == [f"C{n:02d}" for n in range(40 - len(seen), 40)]
    assert all((ours.directory / f"AMQERR0{n}.LOG").stat().st_size <= 3000 for n in (1, 2, 3))
    assert len(list(ours.directory.iterdir())) == 3
