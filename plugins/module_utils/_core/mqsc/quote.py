# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one function that quotes a value for MQSC.

Source: IBM MQ documentation, "Building command scripts" and "Generic values and characters with special meanings":
a value in single quotes is kept as typed, a single quote inside is doubled.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import unicodedata

from ..errors import InputError

# A line break would end the command and begin another one; the others are no characters of a value.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}


def quote(value: str) -> str:
    """``it's`` becomes ``'it''s'``; an empty value becomes ``''``, which clears an attribute.

    Raises InputError for control characters, line separators and lone surrogates. The message does not show the value,
    since it may be a password.
    """
    for position, character in enumerate(value, start=1):
        if unicodedata.category(character) in _REFUSED_CATEGORIES:
            raise InputError(
                f"A value was to be quoted for MQSC and holds the control character U+{ord(character):04X} at position {position}; "
                "remove it."
            )
    return "'" + value.replace("'", "''") + "'"
