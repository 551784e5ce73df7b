# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What IBM MQ takes as the name of an object, as an address and as the label of a certificate.

Sources: IBM MQ documentation, "Rules for naming IBM MQ objects", "DEFINE CHANNEL" (CONNAME), "Digital certificate labels,
understanding the requirements".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re

OBJECT_NAME = re.compile(r"[A-Za-z0-9./_%]+\Z")
ADDRESS = re.compile(r"([A-Za-z0-9_.:%-]+)(?:\(([0-9]{1,5})\))?\Z")
_LABEL = re.compile(r"[!#$%&(-+\--~]+\Z")  # printable ASCII without blank, quotation mark, apostrophe, comma


def label_problem(label: str) -> str:
    if len(label) > 64:
        return f"that has {len(label)} characters and a certificate label has at most 64; choose a shorter one"
    if not _LABEL.match(label):
        return "a label is made of printable ASCII characters without blank, comma, apostrophe and quotation mark; choose another one"
    return ""
