# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system that is really mounted read-only, and two modules that are really at work at the same time."""

from __future__ import annotations

import os
import subprocess

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import StateError
from repository_host import EC, Host, self_signed

VERSIONS = [pytest.param("9.4.2.0", id="pkcs12"), pytest.param("9.2.0.5", id="cms")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_system_that_is_mounted_read_only(ca, tmp_path, version):
    host = Host.make(tmp_path, version)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(host.ssl)], check=True)
    try:
        host.converge(ca, identity=EC)
        subprocess.run(["mount", "-o", "remount,ro", str(host.ssl)], check=True)
        before = host.snapshot()
        assert host.run(ca=ca, identity=EC)["changed"] is False
        more = {"ca": ca, "identity": EC, "trust": [{"name": "P", "certificates": [self_signed()]}]}
        with pytest.raises(StateError) as refusal:
            host.run(**more)
        lock = host.directory / "lock"
        assert str(refusal.value) == (
            f"The lock file {lock} was to be opened so that two runs do not interleave and {lock} is on a file system that is mounted "
            "read-only; what was in use is unchanged: mount it for writing."
        )
        assert host.snapshot() == before
        subprocess.run(["mount", "-o", "remount,rw", str(host.ssl)], check=True)
        assert [change["name"] for change in host.run(**more)["changes"]] == ["P"]
    finally:
        subprocess.run(["umount", str(host.ssl)], check=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_of_two_runs_at_once_the_second_waits_and_then_changes_nothing(ca, tmp_path, version):
    host = Host.make(tmp_path, version)
    host.converge(ca, identity=EC)
    more = {"ca": ca, "identity": EC, "trust": [{"name": "P", "certificates": [self_signed()]}]}
    children = []
    for _run in range(2):
        child = os.fork()
        if child == 0:
            status = 9
            try:
                status = len(host.run(**more)["changes"])
            finally:
                os._exit(status)
        children.append(child)
    done = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sorted(done) == [0, 1]
    assert len(list(host.directory.glob("0*"))) == 2, "one change, one new generation"
    assert host.run(**more)["changed"] is False
