# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines: layout, versions, mqs.ini, states; what create and destroy refuse."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from mqsim import launcher
from mqsim import machine as machines
from mqsim.machine import MachineError, State, Version
from mqsim.programs import mqsim


@pytest.mark.parametrize(
    ("text", "shown", "level", "number", "year"),
    [
        ("9.1", "9.1.0.0", "910", "09010000", 2018),
        ("9.1.3", "9.1.3.0", "913", "09010300", 2019),
        ("9.2.5", "9.2.5.0", "925", "09020500", 2022),
        ("9.3.0.2", "9.3.0.2", "930", "09030002", 2023),
        ("9.4.2", "9.4.2.0", "942", "09040200", 2025),
    ],
)
def test_versions(text, shown, level, number, year):
    version = Version(text)
    assert (str(version), version.command_level, version.number, version.copyright_year) == (shown, level, number, year)


def test_versions_compare_with_tuples():
    assert Version("9.3.0") >= (9, 3)
    assert Version("9.2.5") < (9, 3)
    assert Version("9.4.2") == (9, 4, 2, 0)


@pytest.mark.parametrize("text", ["9", "8.0", "9.0.5", "9.5", "10.0", "9.4.x", "", "9.4.2.0.1", "9.4.-1"])
def test_versions_that_are_not_simulated(text):
    with pytest.raises(MachineError, match=f"The version '{text}' is not simulated: 9.1 to 9.4, written as 9.4.2 or 9.4.2.0."):
        Version(text)


def test_layout(tmp_path):
    machine = machines.create(str(tmp_path / "m"), "9.3.1", "Blue")
    assert (machine.version, machine.installation_name) == ((9, 3, 1, 0), "Blue")
    for program in launcher.PROGRAMS:
        path = tmp_path / "m/opt/mqm" / program
        assert os.access(path, os.X_OK), program
        assert machines.machine_of(str(path)).root == str(tmp_path / "m")
    assert (tmp_path / "m/var/mqm/qmgrs").is_dir()
    assert machine.queue_managers() == {}
    assert machine.default_queue_manager() == ""


def test_create_refuses_a_directory_that_is_not_empty(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(MachineError, match="is not empty; nothing has been created"):
        machines.create(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    (tmp_path / "empty").mkdir()
    machines.create(str(tmp_path / "empty"))


def test_destroy_refuses_what_is_no_machine(tmp_path, capsys):
    (tmp_path / "opt/mqm").mkdir(parents=True)
    assert mqsim.main(["destroy", str(tmp_path)]) == 71
    assert capsys.readouterr().err == f"mqsim: The directory {tmp_path} is not a machine made by mqsim create.\n"
    assert (tmp_path / "opt/mqm").is_dir()


def test_destroy_leaves_what_is_not_its_own(tmp_path):
    machines.create(str(tmp_path / "m"))
    (tmp_path / "m/notes").write_text("mine")
    machines.destroy(str(tmp_path / "m"))
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["notes"]


def test_mqs_ini_lists_queue_managers_with_mangled_directories(tmp_path):
    machine = machines.create(str(tmp_path / "m"))
    for name in ("queue.manager", "a/b", "queue!manager"[:5], "QM1"):
        machine.add(name, default=name == "a/b")
    found = machine.queue_managers()
    assert [stanza["Directory"] for stanza in found.values()] == ["queue!manager", "a&b", "queue", "QM1"]
    assert found["a/b"] == {
        "Name": "a/b",
        "Prefix": machine.data_path,
        "Directory": "a&b",
        "InstallationName": "Installation1",
    }
    assert machine.default_queue_manager() == "a/b"
    assert machine.directory("queue.manager") == f"{machine.data_path}/qmgrs/queue!manager"
    machine.remove("a/b")
    assert machine.default_queue_manager() == ""
    assert list(machine.queue_managers()) == ["queue.manager", "queue", "QM1"]


def test_a_directory_that_is_taken_gets_another_name(tmp_path):
    machine = machines.create(str(tmp_path / "m"))
    os.mkdir(f"{machine.data_path}/qmgrs/QM1")
    assert machine.add("QM1") == f"{machine.data_path}/qmgrs/QM1!00"
    assert machine.directory("QM1") == f"{machine.data_path}/qmgrs/QM1!00"


def test_many_programs_may_change_mqs_ini_at_once(tmp_path):
    machine = machines.create(str(tmp_path / "m"))
    threads = [threading.Thread(target=machine.add, args=(f"QM{number}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(machine.queue_managers()) == sorted(f"QM{number}" for number in range(20))


def test_states(tmp_path):
    directory = str(tmp_path)
    os.mkdir(machines.private_directory(directory))
    assert State.read(directory).status == "Ended normally"
    State.record(directory, "Running")
    state = State.read(directory)
    assert (state.status, state.alive, state.pid) == ("Running", True, os.getpid())
    assert not state.wait_for_end(0.02)
    # A process that is gone, and another process with the same id
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"""
import sys; sys.path[:0] = {sys.path!r}
from mqsim.machine import State; State.record({directory!r}, 'Running')""",
        ]
    )
    child.wait()
    assert State.read(directory).status == "Ended unexpectedly"
    State.record(directory, "Running")
    path = tmp_path / "mqsim/state.ini"
    path.write_text(path.read_text().replace(f"Started={state.started}", "Started=1"))
    state = State.read(directory)
    assert (state.status, state.alive) == ("Ended unexpectedly", False)
    assert state.wait_for_end(0)


def test_stanzas(tmp_path):
    path = tmp_path / "x.ini"
    path.write_text("#* comment\nSSL:\n   AllowTLSV13=TRUE\n; other\n   AllowedCipherSpecs=A,B=C\n\nLog:\n  LogPath=/a:/b\nEmpty:\n")
    assert list(machines.read_stanzas(str(path))) == [
        ("SSL", {"AllowTLSV13": "TRUE", "AllowedCipherSpecs": "A,B=C"}),
        ("Log", {"LogPath": "/a:/b"}),
        ("Empty", {}),
    ]


def test_launchers_go_by_way_of_sh_when_the_interpreter_has_a_long_path(tmp_path, monkeypatch):
    long = tmp_path / ("x y" * 50)
    long.mkdir()
    (long / "python").symlink_to(sys.executable)
    # The interpreter itself is found by its own path, not by the link's
    monkeypatch.setattr(launcher.sys, "executable", str(long / "python"))
    machine = machines.create(str(tmp_path / "m"))
    program = f"{machine.installation_path}/bin/dspmqver"
    with open(program, encoding="utf-8") as stream:
        assert stream.readline() == "#!/bin/sh\n"
    answer = subprocess.run([program, "-b", "-f", "2"], capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.stderr) == ("9.4.2.0\n", "")
