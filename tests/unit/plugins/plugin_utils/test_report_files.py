# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as files: what a page may use, what can not break out of it, what a spreadsheet is not made to compute."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.fleet_report import TABLES
from ansible_collections.mqfleet.tls.plugins.plugin_utils.report_files import csv_table, page, write_report
from hypothesis import given
from hypothesis import strategies as st

EMPTY = {"generated": "2027-03-01T08:00:00Z", "summary": {}, **{table: [] for table in TABLES}}
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>&lt;&amp;",
    "@DATA@ @SCRIPT@",
    "\u2028\u2029",
    "Zürich \U0001f512",
    "\udc80",
]


class Elements(HTMLParser):
    """The elements of a page with the text directly inside them."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        self.found.append(("", {}, ""))

    def handle_data(self, data):
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = (tag, attributes, text + data)

    def of(self, tag):
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


def with_finding(text):
    return {**EMPTY, "findings": [dict.fromkeys(TABLES["findings"], text)], "summary": {"text": text, text: ""}}


def embedded(report):
    """What the script of the page finds, as report() made it."""
    scripts = Elements(page(report)).of("script")
    assert len(scripts) == 2
    data = json.loads(scripts[0][1])
    tables = {name: [dict(zip(table["columns"], row)) for row in table["rows"]] for name, table in data.pop("tables").items()}
    return {**data, **tables}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_leaves_its_place_in_the_page(text):
    assert embedded(with_finding(text)) == with_finding(text)


@given(st.text(st.characters(exclude_categories=())))
def test_every_text_comes_back_from_the_page(text):
    assert embedded(with_finding(text)) == with_finding(text)


def test_the_page_may_use_nothing_but_its_own_style_and_script():
    elements = Elements(page(EMPTY))
    (policy,) = [attributes["content"] for attributes, _text in elements.of("meta") if "http-equiv" in attributes]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    digests = {
        kind: f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for kind, text in (("style", elements.of("style")[0][1]), ("script", elements.of("script")[1][1]))
    }
    assert rules == {
        "default-src": "'none'",
        "style-src": digests["style"],
        "script-src": digests["script"],
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_refers_to_nothing_outside():
    text = page(EMPTY)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r"^// .*$", "", text, flags=re.MULTILINE))
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("QM1", "QM1"),
        ('say "x", y', 'say "x", y'),
        ("=1+1", "'=1+1"),
        (" =1+1", "' =1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\n", "'\n"),
        ("\uff1d1", "'\uff1d1"),
        ("CN=QM1", "CN=QM1"),
        (-3, "-3"),
        (None, ""),
        ("", ""),
    ],
)
def test_cell_of_a_csv_file(value, cell):
    assert list(csv.reader(io.StringIO(csv_table(["a", "b"], [{"b": 1, "a": value}]), newline=""))) == [["a", "b"], [cell, "1"]]


def test_an_empty_table_has_its_head():
    assert csv_table(["a", "b"], []) == '"a","b"\r\n'


def test_files_are_written_anew_and_nothing_else_is_left(tmp_path):
    folder = tmp_path / "deep" / "report"
    report = {**EMPTY, "findings": [{"severity": "note", "source": "", "queue_manager": "\udc80", "object": "", "text": "ü"}]}
    for _time in range(2):
        files = write_report(report, folder)
    assert files == [str(folder / name) for name in ("report.html", "report.json", *(f"{table}.csv" for table in TABLES))]
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.rsplit("/", 1)[1] for path in files)
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == report
    assert (folder / "findings.csv").read_bytes().splitlines()[1] == '"note","","\\udc80","","ü"'.encode()
