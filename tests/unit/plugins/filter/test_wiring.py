# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parsing filters have in common: their name, their documentation, and how they refuse what is no text."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from conftest import ROOT

PROGRAMS = {
    "parse_runmqsc": "the output of runmqsc",
    "parse_runmqakm": "the output of runmqakm",
    "parse_dspmq": "the output of dspmq",
    "parse_dspmqver": "the output of dspmqver",
    "parse_error_log": "an error log of IBM MQ",
}


def filter_named(name):
    module = importlib.import_module(f"ansible_collections.mqfleet.tls.plugins.filter.{name}")
    return module.FilterModule().filters()


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("value", [None, 1, ["text"], {"stdout": "text"}, b"text"])
def test_what_is_no_text_is_refused(name, value):
    with pytest.raises(AnsibleFilterError) as refusal:
        filter_named(name)[name](value)
    assert str(refusal.value) == f"mqfleet.tls.{name} reads {PROGRAMS[name]}, a string, and was given {type(value).__name__}."


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_filter_is_documented_under_its_name(name):
    sidecar = yaml.safe_load(Path(ROOT, "plugins", "filter", f"{name}.yml").read_text(encoding="utf-8"))
    assert list(filter_named(name)) == [name]
    assert sidecar["DOCUMENTATION"]["name"] == name
    assert isinstance(yaml.safe_load(sidecar["EXAMPLES"]), list)
    assert set(sidecar["RETURN"]) == {"_value"}


def test_empty_texts():
    assert filter_named("parse_runmqsc")["parse_runmqsc"]("") == {"messages": [], "summary": None}
    assert filter_named("parse_runmqakm")["parse_runmqakm"]("") == {}
    assert filter_named("parse_dspmq")["parse_dspmq"]("") == {"queue_managers": []}
    assert filter_named("parse_dspmqver")["parse_dspmqver"]("") == {"version": {}}
    assert filter_named("parse_error_log")["parse_error_log"]("") == {"entries": []}


def test_several_installations():
    text = "Name:        IBM MQ\nInstName:    Installation1\n\nName:        IBM MQ\nInstName:    Installation2\n"
    assert [block["InstName"] for block in filter_named("parse_dspmqver")["parse_dspmqver"](text)["versions"]] == [
        "Installation1",
        "Installation2",
    ]
