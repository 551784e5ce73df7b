# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every captured output is read by its filter exactly as its expectation says."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml
from conftest import transcripts_folder

# The kinds of capture and the filters that read them.
FILTERS = {
    "runmqsc-display-channel": "parse_runmqsc",
    "runmqsc-display-chstatus": "parse_runmqsc",
    "runmqsc-display-qmgr": "parse_runmqsc",
    "runmqsc-display-chlauth": "parse_runmqsc",
    "runmqsc-display-other": "parse_runmqsc",
    "runmqsc-commands": "parse_runmqsc",
    "runmqakm": "parse_runmqakm",
    "dspmq": "parse_dspmq",
    "dspmqver": "parse_dspmqver",
    "amqerr-log": "parse_error_log",
}
# Outputs of programs that the collection does not read (crtmqm, strmqm, endmqm).
NO_FILTER = {"other/02-create-and-start-queue-manager-925", "other/03-switch-over-91"}


def captures():
    return sorted(path.relative_to(transcripts_folder()).with_suffix("").as_posix() for path in transcripts_folder().glob("*/*.txt"))


def filter_for(capture: str):
    name = FILTERS.get(capture.split("/", maxsplit=1)[0], "parse_error_log")
    module = importlib.import_module(f"ansible_collections.mqfleet.tls.plugins.filter.{name}")
    return module.FilterModule().filters()[name]


def read_pair(folder: Path, capture: str):
    text = (folder / f"{capture}.txt").read_bytes().decode("utf-8")
    expected = yaml.safe_load((folder / f"{capture}.yml").read_text(encoding="utf-8"))["expect"]
    return text, expected


@pytest.mark.parametrize("capture", [name for name in captures() if name not in NO_FILTER])
def test_a_captured_output_is_read_as_expected(transcripts, capture):
    text, expected = read_pair(transcripts, capture)
    assert filter_for(capture)(text) == expected


@pytest.mark.parametrize("capture", [name for name in captures() if name not in NO_FILTER])
def test_line_ends_of_windows_change_nothing(transcripts, capture):
    text, expected = read_pair(transcripts, capture)
    assert filter_for(capture)(text.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize("blanks", [1, 3])
@pytest.mark.parametrize("capture", [name for name in captures() if name.startswith("runmqsc-display")])
def test_a_display_whose_columns_were_squeezed_is_read_too(transcripts, capture, blanks):
    text, expected = read_pair(transcripts, capture)
    squeezed = re.sub(r"^(   \S.*?\S) {3,}(?=[A-Z])", rf"\1{' ' * blanks}", text, flags=re.MULTILINE)
    assert filter_for(capture)(squeezed) == expected


def test_all_captures_are_there(transcripts):
    kinds = {path.name for path in transcripts.iterdir() if path.is_dir()}
    assert kinds == {*FILTERS, "other"}
    assert len(captures()) >= 89
