# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions: what is refused when they are read, so that no policy is silent by mistake."""

from __future__ import annotations

import sys

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import StateError
from ansible_collections.mqfleet.tls.plugins.plugin_utils import jmespath_expression
from ansible_collections.mqfleet.tls.plugins.plugin_utils.jmespath_expression import compile_expression

FIELDS = frozenset(["channels", "name", "days"])


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "it is empty"),
        ("channels[?name", "column 15: the end is not expected there in 'channels[?name'"),
        ("name days", "column 6: 'days' is not expected there in 'name days'"),
        ("name @ $", "column 8: '$' is not expected there in 'name @ $'"),
        ("channels[?nmae == 'X']", "nmae is a name that no queue manager has (did you mean name?)"),
        ("channels[?zzz]", "zzz is a name that no queue manager has (docs/audit.md lists what there is)"),
        ("channels[?days > '398']", "> compares numbers alone and '398' is none (write a number in backticks: `398`)"),
        ("channels[?'9' <= days]", "<= compares numbers alone and '9' is none (write a number in backticks: `398`)"),
        ("startswith(name, 'A')", "there is no function startswith() (did you mean starts_with()?)"),
        ("qqq(name)", "there is no function qqq()"),
        ("starts_with(name)", "starts_with() takes 2 and was given 1"),
        ("merge()", "merge() takes at least 1 and was given 0"),
        ("channels[?name == `1` && frobnicate(name)]", "there is no function frobnicate()"),
    ],
)
def test_refused(expression, reason):
    with pytest.raises(ValueError) as refused:
        compile_expression(expression, FIELDS)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("channels[?days > `1`].name", ["B"]),
        ("channels[?SSLPEER == 'X']", []),
        ("channels[].{mine: name} | [?mine == 'A']", [{"mine": "A"}]),
        ("sort_by(channels, &days)[0].name", "A"),
        ("merge(channels[0], channels[1]).name", "B"),
    ],
)
def test_searched(expression, expected):
    data = {"channels": [{"name": "A", "days": 1}, {"name": "B", "days": 2}]}
    assert compile_expression(expression, FIELDS)(data) == expected


def test_what_shows_only_in_the_data():
    with pytest.raises(ValueError) as refused:
        compile_expression("starts_with(name, 'A')", FIELDS)({})
    assert str(refused.value) == (
        "In function starts_with(), invalid type for value: None, expected one of: ['string'], received: \"null\""
    )


def test_a_library_that_is_missing(monkeypatch):
    monkeypatch.setattr(jmespath_expression, "jmespath", None)
    with pytest.raises(StateError) as refused:
        jmespath_expression.require("The fleet was to be audited")
    assert str(refused.value) == (
        f"The fleet was to be audited and the Python library jmespath is not there for {sys.executable}; install it on the controller, "
        "as the package python3-jmespath or with pip."
    )
