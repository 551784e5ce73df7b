# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit XML: what a reader gets out of it is what went in."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.mqfleet.tls.plugins.plugin_utils.junit import Case, junit
from hypothesis import given
from hypothesis import strategies as st


def test_the_document():
    cases = [
        Case("QM1", "right"),
        Case("QM2", "wrong", failure="QM2 <differs> & more"),
        Case("QM3", "unread", error="down", details="a\nb"),
        Case("QM4", "silent", skipped="nothing listens"),
    ]
    assert junit("drift", cases) == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<testsuite name="drift" tests="4" failures="1" errors="1" skipped="1">\n'
        '  <testcase classname="QM1" name="right" />\n'
        '  <testcase classname="QM2" name="wrong">\n'
        '    <failure message="QM2 &lt;differs&gt; &amp; more">QM2 &lt;differs&gt; &amp; more</failure>\n'
        "  </testcase>\n"
        '  <testcase classname="QM3" name="unread">\n'
        '    <error message="down">a\nb</error>\n'
        "  </testcase>\n"
        '  <testcase classname="QM4" name="silent">\n'
        '    <skipped message="nothing listens">nothing listens</skipped>\n'
        "  </testcase>\n"
        "</testsuite>\n"
    )


def test_nothing_to_report():
    assert junit("drift", []).splitlines()[1] == '<testsuite name="drift" tests="0" failures="0" errors="0" skipped="0" />'


@given(st.text(min_size=1))
def test_any_text_gives_a_document_that_can_be_read(text):
    case = ElementTree.fromstring(junit("s", [Case("QM", text, failure=text)])).find("testcase")
    assert case.find("failure").get("message").replace("\ufffd", "") == "".join(
        character
        for character in text
        if character in "\t\n\r" or "\x20" <= character <= "\ud7ff" or "\ue000" <= character <= "\ufffc" or character >= "\U00010000"
    )
