# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Refusals: what cannot work, in words that name the thing and the remedy.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import difflib
from collections import abc
from typing import Any, Callable, Iterable, Mapping, Sequence

from ..errors import InputError

Refuse = Callable[[str], None]


class TopologyRefused(InputError):
    """The description cannot work; ``refusals`` holds one sentence for each reason."""

    def __init__(self, refusals: Sequence[str]) -> None:
        self.refusals = tuple(refusals)
        things = "1 thing" if len(refusals) == 1 else f"{len(refusals)} things"
        super().__init__(f"{things} cannot work:" + "".join(f"\n- {refusal}" for refusal in refusals))


def several(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) == 2 else ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def shown(value: Any) -> str:
    """A value as it may stand in a message: in one line, not endless."""
    text = repr(value) if isinstance(value, str) else as_yaml(value)
    return text if len(text) <= 200 else text[:200] + "..."


class Item:
    """An item of a list, as a sentence names it. It is written out only then: nearly all of thousands are right."""

    def __init__(self, kind: str, item: Mapping[str, Any]) -> None:
        self._kind = kind
        self._item = item

    def __str__(self) -> str:
        return f"{self._kind} {shown(self._item)}"


def as_yaml(value: Any) -> str:
    if isinstance(value, abc.Mapping):
        return "{" + ", ".join(f"{as_yaml(key)}: {as_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "null"
    text = str(value)
    return text if text and text.isprintable() and not set(text) & set("{}[],:'\"") else repr(text)


def hint(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def continued(error: Exception) -> str:
    """The sentence of an error as the continuation of another one."""
    text = str(error)
    return text[:1].lower() + text[1:]


def as_sentence(text: str) -> str:
    return text if text.endswith("?") else text + "."
