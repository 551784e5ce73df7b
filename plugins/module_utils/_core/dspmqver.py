# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading what dspmqver prints.

Source: IBM MQ documentation, "dspmqver (display version information)": a label, a colon, a value on each line; one block for each
installation (``-i``) or component (``-p``).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"\s*(?P<label>[A-Za-z][A-Za-z0-9/ ]*?)\s*:(?:\s+(?P<value>.*?))?\s*$")


def parse(text: str) -> list[dict[str, str]]:
    """One map from label to value for each block, labels as shown. A label that is already in the block begins another one.

    Lines of another form (prompts, the hint at ``-i``) are passed over. Never fails.
    """
    blocks: list[dict[str, str]] = []
    gap = True
    for line in text.lstrip("\ufeff").split("\n"):
        match = _LINE.match(line)
        if match is None:
            gap = gap or not line.strip()
            continue
        if not blocks or match["label"] in blocks[-1] or (gap and match["label"] == "Name"):
            blocks.append({})
        blocks[-1][match["label"]] = match["value"] or ""
        gap = False
    return blocks
