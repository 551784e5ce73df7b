# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is predicted of a handshake comes true: the beginning of `make prediction`."""

from __future__ import annotations

from pathlib import Path

from prediction import compare, described


def test_predictions_come_true(tmp_path: Path) -> None:
    seed = 7
    figures = compare(tmp_path, cases=80, seed=seed, repositories=10)
    wrong = [f"seed {seed}, {'; '.join(found)}: {described(case)}" for case, found in figures.wrong]
    assert not wrong, "\n".join(wrong)
    # A comparison in which little came up, or most was left open, would compare little.
    assert figures.succeeded >= 12
    assert figures.open <= 8
