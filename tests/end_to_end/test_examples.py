# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each example runs as it is: from its inventory to links that are proven and carry messages.

The largest, `examples/bank`, is what `make demo` and `make rotation` run; `ca_signed` is what the packaging test does, from the archive.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.end_to_end.conftest import ROOT

LINKS = {
    "examples/two_queue_managers/self_signed": 2,
    "examples/two_queue_managers/one_way": 1,
}
ELSEWHERE = {"examples/bank", "examples/two_queue_managers/ca_signed"}


def test_every_example_is_run():
    assert {str(path.parent.relative_to(ROOT)) for path in (ROOT / "examples").rglob("hosts.yml")} == {*LINKS, *ELSEWHERE}


@pytest.mark.parametrize("example", LINKS)
def test_the_links_of_an_example_are_proven(example):
    run = subprocess.run([sys.executable, "tests/demo/run.py", "-i", example], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{LINKS[example]} of {LINKS[example]} links are as intended." in run.stdout
