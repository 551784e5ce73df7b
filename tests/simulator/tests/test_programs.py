# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs as processes: output, return codes and the life of a queue manager."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mqsim import machine as machines
from mqsim.machine import State
from mqsim.programs import mqsim
from mqsim.programs.options import Usage, read_options


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Machine:
    """A machine whose programs are run as others would run them."""

    def __init__(self, root, version):
        self.machine = machines.create(str(root), version)
        self.root = Path(self.machine.root)
        self.return_code = None

    def __call__(self, program, *arguments, typed="", environment=None, text=True):
        folder = "samp/bin" if program.startswith("amqs") else "bin"
        found = subprocess.run(
            [f"{self.machine.installation_path}/{folder}/{program}", *arguments],
            input=typed if text else typed.encode(),
            capture_output=True,
            text=text,
            timeout=30,
            check=False,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", **(environment or {})},
        )
        self.return_code, self.errors = found.returncode, found.stderr
        return found.stdout

    def state(self, name):
        return State.read(self.machine.directory(name))

    def status(self, name):
        return re.search(r"STATUS\((.*)\)", self("dspmq", "-m", name))[1]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One machine with QM1 running and QM0 ended, for tests that leave both as they are."""
    machine = Machine(tmp_path_factory.mktemp("shared") / "m", "9.4.2")
    for name in ("QM0", "QM1"):
        machine("crtmqm", name)
    machine("strmqm", "QM1")
    yield machine
    machines.destroy(str(machine.root))


@pytest.fixture
def machine_of(tmp_path):
    made = []

    def make(version="9.4.2"):
        made.append(Machine(tmp_path / f"m{len(made)}", version))
        return made[-1]

    yield make
    for machine in made:
        machines.destroy(str(machine.root))


# Installation ---------------------------------------------------------------------------------------------------------------------


def test_dspmqver_as_captured(machine_of, transcripts):
    captured = (transcripts / "dspmqver" / "03-rhel-940.txt").read_text(encoding="utf-8").splitlines()
    shown = machine_of("9.4.0")("dspmqver").splitlines()
    host = ("Level:", "O/S:", "O/S Details:", "Primary:", "InstPath:", "DataPath:")
    assert [line[:13].rstrip() for line in shown] == [line[:13].rstrip() for line in captured]
    assert [line for line in shown if not line.startswith(host)] == [line for line in captured if not line.startswith(host)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-b", "-f", "2"], "9.4.2.0\n"),
        (["-f2"], "Version:     9.4.2.0\n"),
        (["-bf", "512"], "Installation1\n"),
        (["-b", "-f8192"], "Production\n"),
    ],
)
def test_dspmqver_fields(shared, arguments, expected):
    assert shared("dspmqver", *arguments) == expected
    assert shared.return_code == 0


def test_dspmqver_paths_and_release_type(shared, machine_of):
    assert shared("dspmqver", "-b", "-f", "4096") == f"{shared.root}/var/mqm\n"
    assert "ReleaseType: Continuous Delivery (CD)\n" in shared("dspmqver")
    assert "ReleaseType" not in machine_of("9.3.0")("dspmqver")


# Creation, start, end, deletion -----------------------------------------------------------------------------------------------------


def test_create_and_start_as_captured(machine_of, transcripts):
    machine = machine_of("9.2.5")
    shown = machine("crtmqm", "QM1") + machine("strmqm", "QM1")
    captured = (transcripts / "other" / "02-create-and-start-queue-manager-925.txt").read_text(encoding="utf-8")
    captured = re.sub(r"The system resource RLIMIT_NOFILE .*\n", "", captured).replace("/var/mqm", f"{machine.root}/var/mqm")
    assert shown == captured
    assert machine.return_code == 0


def test_level_91_texts(machine_of):
    machine = machine_of("9.1.0")
    assert machine("crtmqm", "QM1").startswith("IBM MQ queue manager created.\n")
    shown = machine("strmqm", "QM1")
    assert "5 log records accessed on queue manager 'QM1'" in shown
    assert "Plain text" not in shown
    assert shown.endswith("IBM MQ queue manager 'QM1' started using V9.1.0.0.\n")
    assert machine("strmqm", "QM1") == "IBM MQ queue manager running.\n"
    ini = (machine.root / "var/mqm/qmgrs/QM1/qm.ini").read_text()
    assert "AllowTLSV13" not in ini


@pytest.mark.parametrize(
    ("program", "arguments", "return_code", "expected"),
    [
        ("crtmqm", ["QM1"], 8, "AMQ8110E: IBM MQ queue manager already exists.\n"),
        ("crtmqm", ["NOT GOOD"], 72, "AMQ7048E: The queue manager name is either not valid or not known.\n"),
        ("crtmqm", ["x" * 49], 72, "AMQ7048E: The queue manager name is either not valid or not known.\n"),
        ("crtmqm", [], 39, ""),
        ("crtmqm", ["-p", "70000", "QMX"], 39, ""),
        ("crtmqm", ["-lr", "one", "QMX"], 71, "AMQ9999S: mqsim: not simulated: crtmqm -lr\n"),
        ("strmqm", ["NIX"], 16, "AMQ8118E: IBM MQ queue manager does not exist.\n"),
        ("strmqm", ["QM1"], 5, "IBM MQ queue manager 'QM1' running.\n"),
        ("strmqm", ["-x", "QM0"], 71, "AMQ9999S: mqsim: not simulated: option -x\n"),
        ("endmqm", ["NIX"], 16, "AMQ8118E: IBM MQ queue manager does not exist.\n"),
        ("endmqm", ["-i", "QM0"], 40, "AMQ8146E: IBM MQ queue manager not available.\n"),
        ("dltmqm", ["NIX"], 16, "AMQ8118E: IBM MQ queue manager does not exist.\n"),
        ("dltmqm", ["QM1"], 5, "IBM MQ queue manager 'QM1' running.\n"),
        ("dspmq", ["-m", "NIX"], 72, "AMQ7048E: The queue manager name is either not valid or not known.\n"),
        ("dspmq", ["-o", "nativeha"], 71, "AMQ9999S: mqsim: not simulated: dspmq -o nativeha\n"),
        ("dspmq", ["-y"], 39, ""),
    ],
)
def test_return_codes(shared, program, arguments, return_code, expected):
    assert shared(program, *arguments) == expected
    assert shared.return_code == return_code


def test_life_of_a_queue_manager(machine_of):
    machine = machine_of()
    assert machine("dspmq") == ""
    assert machine.return_code == 0
    machine("crtmqm", "-q", "-c", "the first", "-u", "SYSTEM.DEAD.LETTER.QUEUE", "QM1")
    assert machine.return_code == 0
    assert machine.status("QM1") == "Ended normally"
    machine("strmqm")
    assert machine.status("QM1") == "Running"
    shown = machine("runmqsc", typed="DISPLAY QMGR DEADQ DESCR\n")
    assert "DEADQ(SYSTEM.DEAD.LETTER.QUEUE)" in shown
    assert "DESCR(the first)" in shown
    assert machine("endmqm", "-i", "QM1") == "IBM MQ queue manager 'QM1' ending.\nIBM MQ queue manager 'QM1' ended.\n"
    assert (machine.return_code, machine.status("QM1")) == (0, "Ended immediately")
    machine("endmqm", "QM1")
    assert machine.return_code == 40
    machine("strmqm", "QM1")
    assert machine("endmqm", "-w", "QM1") == (
        "Quiesce request accepted. The queue manager will stop when all outstanding work\nis complete.\n"
        "Waiting for queue manager 'QM1' to end.\nIBM MQ queue manager 'QM1' ended.\n"
    )
    assert machine.status("QM1") == "Ended normally"
    machine("strmqm", "QM1")
    assert machine("endmqm", "QM1") == "Quiesce request accepted. The queue manager will stop when all outstanding work\nis complete.\n"
    assert machine.state("QM1").wait_for_end(5)
    machine("strmqm", "QM1")
    pid = machine.state("QM1").pid
    machine("endmqm", "-p", "QM1")
    assert (machine.return_code, machine.status("QM1")) == (0, "Ended pre-emptively")
    assert not Path(f"/proc/{pid}/comm").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()
    assert machine("dltmqm", "QM1") == "IBM MQ queue manager 'QM1' deleted.\n"
    assert machine("dspmq") == ""
    assert not (machine.root / "var/mqm/qmgrs/QM1").exists()


def test_a_killed_queue_manager_ended_unexpectedly_and_starts_again(machine_of):
    machine = machine_of()
    machine("crtmqm", "QM1")
    machine("strmqm", "QM1")
    machine("runmqsc", "QM1", typed="DEFINE QL(KEPT)\n")
    state = machine.state("QM1")
    os.kill(state.pid, signal.SIGKILL)
    assert state.wait_for_end(5)
    assert machine("dspmq") == "QMNAME(QM1)".ljust(58) + "STATUS(Ended unexpectedly)\n"
    machine("strmqm", "QM1")
    assert machine.return_code == 0
    assert "QUEUE(KEPT)" in machine("runmqsc", "QM1", typed="DISPLAY QL(KEPT)\n")


def test_a_terminated_queue_manager_ends_in_order(machine_of):
    machine = machine_of()
    machine("crtmqm", "QM1")
    machine("strmqm", "QM1")
    state = machine.state("QM1")
    os.kill(state.pid, signal.SIGTERM)
    assert state.wait_for_end(5)
    assert machine.status("QM1") == "Ended immediately"


def test_only_one_of_many_starts_succeeds(machine_of):
    machine = machine_of()
    machine("crtmqm", "QM1")

    def start(_number):
        return subprocess.run([f"{machine.machine.installation_path}/bin/strmqm", "QM1"], capture_output=True, check=False).returncode

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(start, range(5))) == [0, 5, 5, 5, 5]


def test_a_queue_manager_goes_with_its_machine(machine_of):
    machine = machine_of()
    machine("crtmqm", "QM1")
    machine("strmqm", "QM1")
    state = machine.state("QM1")
    (machine.root / "var/mqm/qmgrs/QM1").rename(machine.root / "elsewhere")
    assert state.wait_for_end(10)


def test_names_with_dots_and_slashes_and_long_paths(tmp_path):
    machine = Machine(tmp_path / ("long" * 30) / "m", "9.3.0")
    try:
        for name, directory in (("queue.manager", "queue!manager"), ("a/b", "a&b")):
            assert f"Directory '{machine.root}/var/mqm/qmgrs/{directory}' created." in machine("crtmqm", name)
            machine("strmqm", name)
            assert machine.return_code == 0
            assert f"SSLKEYR({machine.root}/var/mqm/qmgrs/{directory}/ssl/key)" in machine("runmqsc", name, typed="DIS QMGR SSLKEYR\n")
    finally:
        machines.destroy(str(machine.root))


def test_directories_and_files(shared):
    directory = shared.root / "var/mqm/qmgrs/QM1"
    for name in ("ssl", "errors"):
        assert (directory / name).stat().st_mode & 0o7777 == 0o2770
        assert (directory / name).stat().st_uid == os.getuid()
    assert (directory / "mqsim").stat().st_mode & 0o077 == 0
    assert "SSL:\n   AllowTLSV13=TRUE\n" in (directory / "qm.ini").read_text()
    assert "SSLKEYR" in shared("runmqsc", "QM1", typed="DIS QMGR SSLKEYR")


def test_port_option_makes_a_listener_that_starts_with_the_queue_manager(machine_of):
    machine = machine_of()
    machine("crtmqm", "-p", "0", "QM1")
    assert machine.return_code == 39
    port = free_port()
    machine("crtmqm", "-p", str(port), "QM1")
    machine("strmqm", "QM1")
    shown = machine("runmqsc", "-e", "QM1", typed="DIS LISTENER(SYSTEM.LISTENER.TCP.1)\nDIS LSSTATUS(SYSTEM.LISTENER.TCP.1) ALL\n")
    assert "CONTROL(QMGR)" in shown
    assert f"PORT({port})" in shown
    assert "STATUS(RUNNING)" in shown


# dspmq --------------------------------------------------------------------------------------------------------------------------------


def test_dspmq_as_captured(machine_of, transcripts):
    machine = machine_of()
    machine("crtmqm", "QM1")
    machine("strmqm", "QM1")
    captured = (transcripts / "dspmq" / "05-all-attributes-942.txt").read_text(encoding="utf-8")
    captured = captured.replace("/opt/mqm", f"{machine.root}/opt/mqm").replace("ibmmq1.fyre.ibm.com", os.uname().nodename)
    assert machine("dspmq", "-o", "all", "-x") == captured


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "STATUS(Running)"),
        (["-s"], "STATUS(Running)"),
        (["-n"], "STATUS(RUNNING)"),
        (["-n", "-o", "default", "-o", "status"], "STATUS(RUNNING) DEFAULT(NO)"),
        (["-o", "standby"], "STANDBY(Not permitted)"),
        (["-oinstallation"], "INSTNAME(Installation1) INSTPATH({root}/opt/mqm) INSTVER(9.4.2.0)"),
    ],
)
def test_dspmq_options(shared, arguments, expected):
    assert shared("dspmq", "-m", "QM1", *arguments) == "QMNAME(QM1)".ljust(58) + expected.format(root=shared.root) + "\n"


def test_dspmq_instances_are_shown_for_running_ones(shared):
    assert shared("dspmq", "-x") == (
        "QMNAME(QM0)".ljust(58)
        + "STATUS(Ended normally)\n"
        + "QMNAME(QM1)".ljust(58)
        + f"STATUS(Running)\n    INSTANCE({os.uname().nodename}) MODE(Active)\n"
    )


# runmqsc --------------------------------------------------------------------------------------------------------------------------------

BANNER = "5724-H72 (C) Copyright IBM Corp. 1994, 2025.\nStarting MQSC for queue manager {}.\n\n\n"
NOTHING_READ = "\n\nNo MQSC commands read.\nNo commands have a syntax error.\nAll valid MQSC commands were processed.\n"


def test_runmqsc_report_as_captured(machine_of, transcripts):
    machine = machine_of()
    machine("crtmqm", "QM1")
    machine("strmqm", "QM1")
    captured = (transcripts / "runmqsc-display-chstatus" / "09-not-found-942.txt").read_text(encoding="utf-8")
    assert machine("runmqsc", "QM1", typed="DISPLAY CHSTATUS(*) ALL\n") == captured
    assert machine.return_code == 10


@pytest.mark.parametrize(
    ("typed", "return_code"),
    [
        ("DISPLAY QMGR\nDISPLAY CHANNEL(*)\nDISPLAY QLOCAL(SYSTEM.DEFAULT.LOCAL.QUEUE)\n", 0),
        ("", 0),
        ("end", 0),
        ("DISPLAY QLOCAL(NIX)\n", 10),
        ("FOO\n", 10),
    ],
)
def test_runmqsc_return_codes(shared, typed, return_code):
    shared("runmqsc", "QM1", typed=typed)
    assert shared.return_code == return_code


@pytest.mark.parametrize(
    ("name", "message"),
    [("QM0", "AMQ8146E: IBM MQ queue manager not available."), ("NIX", "AMQ8118E: IBM MQ queue manager does not exist.")],
)
def test_runmqsc_without_a_queue_manager(shared, name, message):
    assert shared("runmqsc", name, typed="DISPLAY QMGR\n") == BANNER.format(name) + message + NOTHING_READ
    assert shared.return_code == 20


def test_runmqsc_without_authority(shared):
    switch = shared.root / "var/mqm/mqsim.deny"
    switch.touch()
    try:
        assert shared("runmqsc", "QM1", typed="DISPLAY QMGR\n") == BANNER.format("QM1") + "AMQ8135E: Not authorized." + NOTHING_READ
        assert shared.return_code == 20
    finally:
        switch.unlink()


def test_runmqsc_options(shared, tmp_path):
    script = tmp_path / "script"
    script.write_text("* hello\nDISPLAY QMGR CMDLEVEL\n")
    record = "AMQ8408I: Display Queue Manager details.\n   QMNAME(QM1)" + " " * 29 + "CMDLEVEL(942)\n"
    closing = "One MQSC command read.\nNo commands have a syntax error.\nAll valid MQSC commands were processed.\n"
    echo = "       : * hello\n     1 : DISPLAY QMGR CMDLEVEL\n"
    assert shared("runmqsc", "QM1", "-f", str(script)) == BANNER.format("QM1") + echo + record + closing
    assert shared("runmqsc", "-e", "QM1", typed=script.read_text()) == BANNER.format("QM1") + record + closing
    assert shared("runmqsc", "-v", "QM1", typed="DELETE QL(SYSTEM.DEFAULT.LOCAL.QUEUE)\n").endswith(closing)
    shared("runmqsc", "QM1", "-f", str(tmp_path / "missing"))
    assert shared.return_code == 20
    assert shared("runmqsc", "-w", "30", "QM1").startswith("AMQ9999S: mqsim: not simulated: option -w")
    assert shared.return_code == 71
    shared("runmqsc", "-k", "QM1")
    assert shared.return_code == 20


def test_runmqsc_takes_bytes_as_they_are(shared):
    shown = shared("runmqsc", "QM1", typed="DEFINE QL(BYTES) DESCR('Grüße \u2713') REPLACE\nDISPLAY QL(BYTES) DESCR\n", text=False).decode()
    assert "DESCR(Grüße \u2713)" in shown


def test_runmqsc_takes_long_scripts(shared):
    typed = "* a comment that fills the pipe\n" * 20000 + "DISPLAY CHANNEL(*) ALL\n" * 50
    shown = shared("runmqsc", "QM1", typed=typed)
    assert shown.endswith("50 MQSC commands read.\nNo commands have a syntax error.\nAll valid MQSC commands were processed.\n")


def test_runmqsc_on_a_terminal_answers_line_by_line(shared):
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [f"{shared.machine.installation_path}/bin/runmqsc", "QM1"], stdin=follower, stdout=subprocess.PIPE, close_fds=True
    )
    os.close(follower)
    os.write(leader, b"PING QMGR\n")
    shown = b""
    deadline = time.monotonic() + 10
    while b"AMQ8415I" not in shown and time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.1)[0]:
            shown += os.read(process.stdout.fileno(), 4096)
    assert b"     1 : PING QMGR\nAMQ8415I: Ping IBM MQ Queue Manager command complete.\n" in shown
    os.write(leader, b"end\n")
    assert process.wait(10) == 0
    assert process.stdout.read().endswith(b"All valid MQSC commands were processed.\n")
    process.stdout.close()
    os.close(leader)


def test_many_sessions_at_once(shared):
    def define(number):
        return shared.__class__.__call__(shared, "runmqsc", "QM1", typed=f"DEFINE QL(MANY.{number})\n")

    with ThreadPoolExecutor(8) as pool:
        assert all("AMQ8006I" in report for report in pool.map(define, range(16)))
    assert shared("runmqsc", "QM1", typed="DIS QL(MANY.*)\n").count("AMQ8409I") == 16


# Samples ----------------------------------------------------------------------------------------------------------------------------------


def test_put_and_get(shared):
    shared("runmqsc", "QM1", typed="DEFINE QL(SAMPLE) REPLACE\nDEFINE QA(SAMPLE.ALIAS) TARGET(SAMPLE) REPLACE\n")
    assert shared("amqsput", "SAMPLE.ALIAS", "QM1", typed="one\ntwo <2>\n\nnot sent\n") == (
        "Sample AMQSPUT0 start\ntarget queue is SAMPLE.ALIAS\nSample AMQSPUT0 end\n"
    )
    assert shared.return_code == 0
    assert "CURDEPTH(2)" in shared("runmqsc", "QM1", typed="DIS QL(SAMPLE) CURDEPTH\n")
    assert shared("amqsget", "SAMPLE", "QM1", environment={"MQSIM_WAIT": "0.1"}) == (
        "Sample AMQSGET0 start\nmessage <one>\nmessage <two <2>>\nno more messages\nSample AMQSGET0 end\n"
    )
    assert shared.return_code == 0


def test_samples_without_queue_or_queue_manager(shared):
    assert shared("amqsput", "NIX", "QM1", typed="x\n") == (
        "Sample AMQSPUT0 start\ntarget queue is NIX\nMQOPEN ended with reason code 2085\nunable to open queue for output\nSample AMQSPUT0 end\n"
    )
    assert shared("amqsget", "NIX", "QM1") == (
        "Sample AMQSGET0 start\nMQOPEN ended with reason code 2085\nunable to open queue for input\nSample AMQSGET0 end\n"
    )
    assert shared("amqsput", "Q", "QM0", typed="x\n") == "Sample AMQSPUT0 start\nMQCONN ended with reason code 2059\n"
    assert shared.return_code == 2059 & 0xFF
    assert shared("amqsget", "Q", "NIX") == "Sample AMQSGET0 start\nMQCONN ended with reason code 2058\n"
    assert shared("amqsget") == "Sample AMQSGET0 start\nRequired parameter missing - queue name\n"
    assert shared.return_code == 99


def test_messages_survive_a_restart(machine_of):
    machine = machine_of()
    machine("crtmqm", "QM1")
    machine("strmqm", "QM1")
    machine("amqsput", "SYSTEM.DEFAULT.LOCAL.QUEUE", "QM1", typed="kept\n")
    machine("endmqm", "-w", "QM1")
    machine("strmqm", "QM1")
    assert "message <kept>" in machine("amqsget", "SYSTEM.DEFAULT.LOCAL.QUEUE", "QM1", environment={"MQSIM_WAIT": "0"})


# Everything together: a link with TLS, by the programs alone ----------------------------------------------------------------------------


def test_a_tls_link(machine_of, tmp_path):
    machine = machine_of()
    port = free_port()
    for name in ("QM1", "QM2"):
        machine("crtmqm", *(["-p", str(port)] if name == "QM2" else []), name)
        key, label = machine.root / f"var/mqm/qmgrs/{name}/ssl/key.kdb", f"ibmwebspheremq{name.lower()}"
        for arguments in (
            ["-keydb", "-create", "-db", str(key), "-pw", "secret", "-type", "cms", "-stash"],
            ["-cert", "-create", "-db", str(key), "-stashed", "-label", label, "-dn", f"CN={name},O=Bank", "-size", "2048"],
            ["-cert", "-extract", "-db", str(key), "-stashed", "-label", label, "-target", str(tmp_path / name), "-format", "ascii"],
        ):
            assert machine("runmqakm", *arguments) == ""
            assert machine.return_code == 0
    for name, partner in (("QM1", "QM2"), ("QM2", "QM1")):
        key = machine.root / f"var/mqm/qmgrs/{name}/ssl/key.kdb"
        machine("runmqakm", "-cert", "-add", "-db", str(key), "-stashed", "-label", partner, "-file", str(tmp_path / partner))
        machine("strmqm", name)
    tls = "SSLCIPH(ANY_TLS12_OR_HIGHER)"
    machine(
        "runmqsc",
        "QM2",
        typed=f"""DEFINE QL(IN)
        DEFINE CHANNEL(QM1.TO.QM2) CHLTYPE(RCVR) {tls} SSLPEER('CN=QM1,O=Bank')""",
    )
    assert machine.return_code == 0
    machine(
        "runmqsc",
        "QM1",
        typed=f"""DEFINE QL(QM2) USAGE(XMITQ) TRIGGER TRIGDATA(QM1.TO.QM2) INITQ(SYSTEM.CHANNEL.INITQ)
        DEFINE QR(OUT) RNAME(IN) RQMNAME(QM2) XMITQ(QM2)
        DEFINE CHANNEL(QM1.TO.QM2) CHLTYPE(SDR) CONNAME('127.0.0.1({port})') XMITQ(QM2) {tls} SSLPEER('CN=QM2,O=Bank')""",
    )
    assert machine.return_code == 0
    machine("amqsput", "OUT", "QM1", typed="hello\n")
    assert "message <hello>" in machine("amqsget", "IN", "QM2", environment={"MQSIM_WAIT": "1"})
    for name, partner in (("QM1", "QM2"), ("QM2", "QM1")):
        shown = machine("runmqsc", name, typed="DIS CHS(*) SSLPEER SECPROT SSLCIPH\n")
        assert "SECPROT(TLSV13)" in shown
        assert "STATUS(RUNNING)" in shown
        assert f",CN={partner},O=Bank)" in shown
    assert machine("runmqsc", "QM1", typed="REFRESH SECURITY TYPE(SSL)\n").count("AMQ8560I") == 1
    machine("runmqsc", "QM1", typed="DELETE CHANNEL(QM1.TO.QM2)\n")
    assert machine.return_code == 10
    for name in ("QM1", "QM2"):
        machine("endmqm", "-w", name)
        assert machine.return_code == 0
        log = (machine.root / f"var/mqm/qmgrs/{name}/errors/AMQERR01.LOG").read_text()
        assert f"AMQ8003I: IBM MQ queue manager '{name}' started using V9.4.2.0." in log
        assert f"AMQ8004I: IBM MQ queue manager '{name}' ended." in log
        assert (machine.root / f"var/mqm/qmgrs/{name}/mqsim/process.log").read_text() == ""


# mqsim ------------------------------------------------------------------------------------------------------------------------------------


def test_mqsim(tmp_path, capsys):
    directory = str(tmp_path / "m")
    assert mqsim.main(["create", directory, "--version", "9.3.0"]) == 0
    assert mqsim.main(["create", directory]) == 71
    assert mqsim.main(["create", str(tmp_path / "other"), "--version", "8.0"]) == 71
    machine = machines.Machine(directory)
    programs = f"{machine.installation_path}/bin"
    for name in ("QM1", "QM2"):
        subprocess.run([f"{programs}/crtmqm", name], check=True, capture_output=True)
    subprocess.run([f"{programs}/strmqm", "QM2"], check=True, capture_output=True)
    state = State.read(machine.directory("QM2"))
    capsys.readouterr()
    assert mqsim.main(["status", directory]) == 0
    assert capsys.readouterr().out == (
        f"IBM MQ 9.3.0.0 in {directory}\n{'QM1':<48} Ended normally\n{'QM2':<48} Running (process {state.pid})\n"
    )
    assert mqsim.main(["destroy", directory]) == 0
    assert not os.path.exists(directory)
    assert state.wait_for_end(0)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-e", "QM1"], ({"e": ""}, ["QM1"])),
        (["QM1", "-f", "x"], ({"f": "x"}, ["QM1"])),
        (["-evfx"], ({"e": "", "v": "", "f": "x"}, [])),
        ([], ({}, [])),
    ],
)
def test_options(arguments, expected):
    assert read_options(arguments, "evf:") == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-k"], "option -k is not known"),
        (["-f"], "option -f needs a value"),
        (["A", "B"], "too many names: A B"),
        (["-:"], "option -: is not known"),
    ],
)
def test_options_that_are_refused(arguments, message):
    with pytest.raises(Usage, match=message):
        read_options(arguments, "evf:")
