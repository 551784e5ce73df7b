# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by all unit tests: where the captured transcripts are, and that no property is timed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def transcripts_folder() -> Path:
    """The folder of captured outputs: MQ_TLS_TRANSCRIPTS, else ../shared/transcripts beside the repository."""
    return Path(os.environ.get("MQ_TLS_TRANSCRIPTS") or ROOT.parent / "shared" / "transcripts")


@pytest.fixture(scope="session")
def transcripts() -> Path:
    folder = transcripts_folder()
    if not folder.is_dir():
        message = f"the captured transcripts are not at {folder}; set MQ_TLS_TRANSCRIPTS"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder
