# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module killed with SIGKILL between any two changes of the file system: a part of the points here, all with `make kill-matrix`."""

from __future__ import annotations

import os
import signal
import threading

import kill_points
import pytest
import system_calls
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.files import Files
from repository_host import EC, Host

pytest.importorskip("mqsim.gskit")


def test_every_change_of_the_file_system_is_a_point(tmp_path):
    def work():
        with open(tmp_path / "a", "w", encoding="ascii") as stream:
            stream.write("one")
        (tmp_path / "a").read_text()
        os.rename(tmp_path / "a", tmp_path / "b")
        os.symlink("b", tmp_path / "link")
        os.link(tmp_path / "b", tmp_path / "c")
        os.chmod(tmp_path / "c", 0o600)
        os.truncate(tmp_path / "c", 1)
        os.mkdir(tmp_path / "folder")
        os.rmdir(tmp_path / "folder")
        os.unlink(tmp_path / "c")

    whole = system_calls.run(work)
    expected = [
        "open a",
        "write a",
        "rename b",
        "symlink link",
        "link c",
        "chmod c",
        "truncate c",
        "mkdir folder",
        "rmdir folder",
        "unlink c",
    ]
    # what the C library calls them (openat, renameat2) differs from machine to machine
    told = [(call.partition(" ")[0], call.rpartition("/")[2]) for call in whole.calls]
    assert len(told) == len(expected)
    for (call, name), wanted in zip(told, expected):
        assert name == wanted.partition(" ")[2]
        assert call.startswith(wanted.partition(" ")[0]) or (call, wanted) == ("unlinkat", "rmdir folder")
    assert (whole.killed_before, whole.status) == (None, 0)

    (tmp_path / "b").unlink()
    (tmp_path / "link").unlink()
    killed = system_calls.run(work, kill_before=2)
    assert (killed.calls, killed.status) == (whole.calls[:2], -signal.SIGKILL)
    assert killed.killed_before == whole.calls[2]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "one"}


@pytest.mark.parametrize("number", range(6))
def test_wherever_it_is_killed_the_repository_opens_and_a_rerun_completes(ca, tmp_path, number):
    scenario = kill_points.scenarios("pkcs12")[number]
    verdict = kill_points.kill_everywhere(scenario, ca, tmp_path, every=9, begin=number)
    assert verdict.failures == []
    assert verdict.points > 1


@pytest.mark.parametrize("number", [6, 7])
def test_wherever_a_conversion_is_killed_the_repository_opens_and_a_rerun_completes(ca, tmp_path, number):
    scenario = kill_points.scenarios("pkcs12")[number]
    assert scenario.name.endswith("CMS")
    verdict = kill_points.kill_everywhere(scenario, ca, tmp_path, every=29, begin=number)
    assert verdict.failures == []
    assert verdict.points > 1


def test_wherever_a_new_password_is_made_for_a_cms_repository_it_opens(ca, tmp_path):
    scenario = kill_points.scenarios("cms")[5]
    assert scenario.name == "another password"
    verdict = kill_points.kill_everywhere(scenario, ca, tmp_path, every=34, begin=3)
    assert verdict.failures == []
    assert verdict.points > 1


def test_the_files_of_a_cms_repository_stay_together(ca, tmp_path):
    by_hand = kill_points.scenarios("cms")[4]
    verdict = kill_points.kill_everywhere(by_hand, ca, tmp_path, every=8, begin=33)
    assert verdict.failures == []
    assert verdict.points > 2


@pytest.mark.parametrize(("kind", "begin", "points"), [("pkcs12", 0, 10), ("cms", 17, 2)])
def test_wherever_a_restoration_is_killed_the_repository_opens_and_a_rerun_completes(ca, tmp_path, kind, begin, points):
    verdict = kill_points.kill_everywhere(kill_points.restoration(kind), ca, tmp_path, begin=begin)
    assert verdict.failures == []
    assert verdict.points >= points, "the swap is among them, as the last"


def test_runmqakm_that_outlives_the_module_does_not_meet_the_rerun(ca, tmp_path):
    renewal = kill_points.scenarios("cms")[1]
    verdict = kill_points.kill_while_a_program_runs(renewal, ca, tmp_path, runs=(1, 3))
    assert verdict.failures == []
    assert verdict.points == 2


def test_a_reader_may_open_one_file_before_a_swap_and_the_next_one_after(ca, tmp_path):
    host = Host.make(tmp_path, "9.2.0.5")
    for name in ("Old", "New"):
        host.converge(ca, identity={**EC, "subject": f"CN=QM1,O={name}"})
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            for generation in ("0001", "0002"):
                Files().symlink(generation, str(host.directory / "current"))

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        assert [failure for _time in range(100) for failure in kill_points.opened(host)] == []
    finally:
        stop.set()
        swapping.join()
