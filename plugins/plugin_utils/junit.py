# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results as JUnit XML, the form that CI servers and schedulers show as passed and failed tests.

There is no standard; written is what Jenkins' and GitLab's readers have in common: one ``testsuite`` with ``testcase`` elements, of which
each has a ``failure`` (it was judged and is not as it should be), an ``error`` (it could not be judged), a ``skipped`` (nor was it, which
is no fault) or nothing.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable
from xml.etree import ElementTree

# XML 1.0 section 2.2 has no place for these, and text from an error log may hold any.
_NO_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """``classname``: the queue manager or link it belongs to. ``failure``, ``error``, ``skipped``: one sentence, or blank."""

    classname: str
    name: str
    failure: str = ""
    error: str = ""
    skipped: str = ""
    details: str = ""


def junit(suite: str, cases: Iterable[Case]) -> str:
    """The XML document, with a line end at its end."""
    listed = list(cases)
    root = ElementTree.Element(
        "testsuite",
        name=suite,
        tests=str(len(listed)),
        failures=str(sum(bool(case.failure) for case in listed)),
        errors=str(sum(bool(case.error) for case in listed)),
        skipped=str(sum(bool(case.skipped) for case in listed)),
    )
    for case in listed:
        element = ElementTree.SubElement(root, "testcase", classname=_text(case.classname), name=_text(case.name))
        for kind, sentence in (("failure", case.failure), ("error", case.error), ("skipped", case.skipped)):
            if sentence:
                ElementTree.SubElement(element, kind, message=_text(sentence)).text = _text(case.details or sentence)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _text(text: str) -> str:
    return _NO_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)
