# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock file: who holds it, who waits, and that it ends with its process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import SubprocessRunner
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.lock import locked

HOLDER = "import fcntl,sys,time; f=open(sys.argv[1],'w'); fcntl.flock(f,fcntl.LOCK_EX); print('held',flush=True); time.sleep(30)"


def test_free_then_held_then_free_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(str(path), 0, "one") as waited:
        assert waited is False
        assert path.read_text().startswith(f"process {os.getpid()} of ")
        with pytest.raises(StateError) as error, locked(str(path), 0, "two"):
            pass
        assert str(error.value) == (
            f"The lock {path} was waited for 0 seconds and is held by {path.read_text()}; wait for that run to end and run again."
        )
    with locked(str(path), 0, "three") as waited:
        assert waited is False


def test_the_lock_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StateError), locked(path, 0, "x"):
            pass
        holder.kill()
        begin = time.monotonic()
        with locked(path, 20, "x") as waited:
            assert waited in (True, False)
        assert time.monotonic() - begin < 20


def test_the_group_may_use_the_lock_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with locked(str(tmp_path / "lock"), 0, "x"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o660


def test_a_place_where_no_lock_can_be(tmp_path: Path) -> None:
    with pytest.raises(StateError) as error, locked(str(tmp_path / "none" / "lock"), 0, "x"):
        pass
    assert str(error.value) == (
        f"The lock file {tmp_path}/none/lock was to be opened so that two runs do not interleave and {tmp_path}/none/lock gave the error "
        "No such file or directory; what was in use is unchanged: correct that and run again."
    )


def test_a_program_that_outlives_its_module_still_has_the_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    child = os.fork()
    if child == 0:
        with locked(path, 0, "x"):
            SubprocessRunner().run(["/bin/sh", "-c", "kill -9 $PPID; exec sleep 0.5"])
    os.waitpid(child, 0)
    with pytest.raises(StateError, match=rf"is held by process {child} of .*, x; wait for that run to end and run again\.$"), locked(
        path, 0, "y"
    ):
        pass
    with locked(path, 20, "y") as waited:
        assert waited is True


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_file_system_that_takes_nothing_more(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(tmp_path)], check=True)
    try:
        (tmp_path / "ballast").write_bytes(bytes(4096))
        with locked(path, 0, "a full one") as waited:
            assert waited is False
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path)], check=True)
        with pytest.raises(StateError) as error, locked(path, 0, "x"):
            pass
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert str(error.value) == (
        f"The lock file {path} was to be opened so that two runs do not interleave and {path} is on a file system that is mounted "
        "read-only; what was in use is unchanged: mount it for writing."
    )
