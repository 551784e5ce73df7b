# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SSLPEER filters, and how DISPLAY CHSTATUS shows the partner's name.

Sources: IBM MQ documentation, "IBM MQ rules for SSLPEER values", "Distinguished Names", "SSLPEER (SSL Peer)". Where these say
nothing, ``matches`` takes the reading that lets more names through, so that it never refuses a filter that works on the
real queue manager; the queue manager itself has the last word.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Sequence

from .distinguished_name import MAXIMUM_LENGTHS, REPEATABLE, SYNONYMS, DistinguishedName, comparable, scan
from .errors import InputError, ParseError

# MQ_SSL_PEER_NAME_LENGTH; z/OS has 256.
MAXIMUM_BYTES = 1024
# What DISPLAY CHSTATUS shows of a name at most (MQ_SHORT_DNAME_LENGTH).
STATUS_BYTES = 256

_FILTER_TYPES = frozenset(MAXIMUM_LENGTHS) | {"SERIALNUMBER"}
_SERIAL = re.compile(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2})*\Z")
_LAST_STAR = re.compile(r"(?<!\\)(?:\\\\)*\*\Z")
_STATUS_ITEM = re.compile(rf"(?:^|,)\s*({'|'.join(sorted([*_FILTER_TYPES, *SYNONYMS], key=len, reverse=True))})=")
_NEEDS_QUOTES = re.compile(r"[,;+=<>#]|^\s|\s\Z")


@dataclass(frozen=True)
class PeerItem:
    """One ``TYPE=value`` of a filter; ``any_before`` and ``any_after`` tell of an asterisk at that end."""

    type: str
    value: str
    any_before: bool = False
    any_after: bool = False

    def accepts(self, value: str) -> bool:
        """Compare without regard to case. An asterisk in the middle is a plain character; a lone one takes any value."""
        wanted, found = comparable(self.value), comparable(value)
        if self.any_before and self.any_after:
            return wanted in found
        if self.any_before:
            return found.endswith(wanted)
        if self.any_after:
            return found.startswith(wanted)
        return found == wanted

    def text(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"')
        if not self.any_after and len(value) > 1 and value.endswith("*"):
            value = value[:-1] + "\\*"
        if not self.any_before and value.startswith("*"):
            value = "\\" + value
        value = ("*" if self.any_before else "") + value + ("*" if self.any_after and (value or not self.any_before) else "")
        return f'{self.type}="{value}"' if _NEEDS_QUOTES.search(value) else f"{self.type}={value}"


@dataclass(frozen=True)
class PeerPattern:
    """An SSLPEER filter."""

    items: tuple[PeerItem, ...]

    @classmethod
    def parse(cls, text: str) -> PeerPattern:
        """Read a filter. Raises ParseError (with the column) for what MQ refuses with AMQ8243E, and InputError over 1,024 bytes."""
        what = f"The SSLPEER filter {text!r}"
        _check_length(text, what)
        items = []
        for item in scan(text, what, _FILTER_TYPES):
            raw = item.raw[1:-1] if item.quoted else item.raw
            before = raw.startswith("*")
            after = len(raw) > 1 and _LAST_STAR.search(raw) is not None
            value = item.value[1 if before else 0 : len(item.value) - (1 if after else 0)]
            if item.type == "SERIALNUMBER" and not (before or after) and not _SERIAL.match(value):
                raise ParseError(
                    f"{what} was to be read and SERIALNUMBER is {item.value!r} (column {item.column}); "
                    "write the certificate's serial number as bytes, for example 5E:C8:76:52.",
                    1,
                    item.column,
                )
            items.append(PeerItem(item.type, value, before, after))
        return cls(tuple(items))

    @classmethod
    def for_name(cls, name: DistinguishedName) -> PeerPattern:
        """The filter that names every part of ``name`` and so matches it (a partner with further attribute types would match too).

        Raises InputError where a filter cannot name a part: a type that filters do not have or have only once, double quotes and
        backslashes in a value, or a filter of more than 1,024 bytes.
        """
        what = f"An SSLPEER filter for {name.text()}"
        seen: list[str] = []
        for kind, value in name.pairs:
            if kind not in MAXIMUM_LENGTHS:
                raise InputError(f"{what} was to be made and filters do not have the attribute type {kind}; give SSLPEER yourself.")
            if kind in seen and kind not in REPEATABLE:
                raise InputError(f"{what} was to be made and filters can name {kind} only once; give SSLPEER yourself.")
            if '"' in value or "\\" in value:
                raise InputError(f"{what} was to be made and {kind} has a double quote or a backslash; give SSLPEER yourself.")
            seen.append(kind)
        pattern = cls(tuple(PeerItem(kind, value) for kind, value in _highest_first(name.pairs)))
        _check_length(pattern.text(), what)
        return pattern

    @classmethod
    def for_all(cls, names: Sequence[DistinguishedName]) -> PeerPattern:
        """The filter that names what all of ``names`` have in common and a filter can name; without items if that is nothing.

        Of OUs and DCs, whose order counts, those from the highest one down to the first difference.
        """
        first = names[0]
        kept: dict[str, list[str]] = {}
        for kind in dict.fromkeys(kind for kind, _value in first.pairs if kind in MAXIMUM_LENGTHS):
            of_each = [list(reversed(name.values(kind))) for name in names]
            if kind in REPEATABLE or all(len(values) == 1 for values in of_each):
                common = itertools.takewhile(lambda values: len(set(map(str.casefold, values))) == 1, zip(*of_each))
                kept[kind] = [values[0] for values in itertools.takewhile(lambda values: not set(values[0]) & set('"\\'), common)]
        items = [PeerItem(kind, kept[kind].pop(0)) for kind, _value in _highest_first(first.pairs) if kept.get(kind)]
        pattern = cls(tuple(items))
        return pattern if len(pattern.text().encode("utf-8")) <= MAXIMUM_BYTES else cls(())

    def text(self) -> str:
        """The filter as MQSC takes it (before quoting)."""
        return ",".join(item.text() for item in self.items)

    def matches(self, name: DistinguishedName, serial_number: int | None = None) -> bool:
        """Whether the filter accepts a certificate with this subject.

        Documented: types that the filter does not name do not count, those that it names must be there, case does not count, and all OUs
        (DCs) that it names must be there in order, highest first. Not documented, and read generously: other OUs may stand between
        those named, one of several CNs is enough, and a SERIALNUMBER counts only when ``serial_number`` is given.
        """
        for kind in {item.type for item in self.items}:
            wanted = [item for item in self.items if item.type == kind]
            if kind == "SERIALNUMBER":
                if serial_number is not None and not _accepts_serial(wanted[0], serial_number):
                    return False
            elif not _in_order(wanted, list(reversed(name.values(kind)))):
                return False
        return True

    def matches_from_the_top(self, name: DistinguishedName) -> bool:
        """Whether the OUs and DCs that the filter names are the highest ones of the name: a stricter reading of the same rule."""
        for kind in REPEATABLE:
            wanted = [item for item in self.items if item.type == kind]
            values = list(reversed(name.values(kind)))[: len(wanted)]
            if len(values) < len(wanted) or not all(item.accepts(value) for item, value in zip(wanted, values)):
                return False
        return True


def status_name(name: DistinguishedName, serial_number: int | None) -> str:
    """A partner's name as DISPLAY CHSTATUS shows it: ``SERIALNUMBER=78:40:26,CN=QM1,O=IBM``.

    Without ``serial_number`` the form of SSLCERTI, the issuer. The queue manager shows at most 256 bytes of it.
    """
    items = [f"{kind}={value}" for kind, value in name.pairs]
    if serial_number is not None:
        items.insert(0, f"SERIALNUMBER={serial_number_text(serial_number)}")
    return ",".join(items)


def parse_status_name(text: str) -> tuple[int | None, DistinguishedName]:
    """The serial number (None if not shown) and the name from SSLPEER or SSLCERTI of DISPLAY CHSTATUS.

    Values are shown without quotes, so a comma belongs to the value unless an attribute type and '=' follow. Raises ParseError
    when the text begins otherwise, for example because it is blank.
    """
    starts = list(_STATUS_ITEM.finditer(text))
    if not starts or starts[0].start() != 0:
        raise ParseError(f"The name {text!r} of a channel's status was to be read and begins with no attribute type; is TLS in use?", 1, 1)
    serial_number = None
    pairs = []
    for start, end in zip(starts, [*(match.start() for match in starts[1:]), len(text)]):
        value = text[start.end() : end].strip()
        if len(value) > 1 and value.startswith('"') and value.endswith('"'):
            value = value[1:-1]
        value = re.sub(r"\\([\\\",;+<>=# ])", r"\1", value)
        if start[1] == "SERIALNUMBER" and serial_number is None and _SERIAL.match(value):
            serial_number = _serial_number(value)
        else:
            pairs.append((start[1], value))
    return serial_number, DistinguishedName.of(pairs)


def shows(text: str, name: DistinguishedName, serial_number: int | None = None) -> bool:
    """Whether ``text``, SSLPEER or SSLCERTI of DISPLAY CHSTATUS, is what MQ shows for this name.

    A status that was cut at 256 bytes is compared as far as it goes. UNSTRUCTUREDNAME and UNSTRUCTUREDADDRESS do not count: some
    levels show the DNS names of a certificate so. The serial number counts when it is given.
    """
    try:
        shown_serial, shown = parse_status_name(text)
    except ParseError:
        return False
    if serial_number is not None and shown_serial != serial_number:
        return False
    if len(text.encode("utf-8")) < STATUS_BYTES:
        return _without_unstructured(shown) == _without_unstructured(name)
    have, want = comparable(text), comparable(status_name(_without_unstructured(name), shown_serial))
    return want.startswith(have) or (have.startswith(want) and ",unstructured".startswith(have[len(want) :][:13]))


def serial_number_text(serial_number: int) -> str:
    """A certificate's serial number as MQ shows it: the bytes of the certificate (with a leading 00 where the number is positive and its
    first bit is set) as upper case hexadecimal pairs with colons.
    """
    size = max(1, serial_number.bit_length() // 8 + 1)
    return ":".join(f"{byte:02X}" for byte in serial_number.to_bytes(size, "big", signed=True))


def _serial_number(text: str) -> int:
    return int("".join(part.zfill(2) for part in text.split(":")), 16)


def _accepts_serial(item: PeerItem, serial_number: int) -> bool:
    if not item.any_before and not item.any_after and _SERIAL.match(item.value):
        return _serial_number(item.value) == serial_number
    return item.accepts(serial_number_text(serial_number))


def _in_order(wanted: list[PeerItem], values: list[str]) -> bool:
    remaining = iter(values)
    return all(any(item.accepts(value) for value in remaining) for item in wanted)


def _highest_first(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The pairs in their order, but the OUs and the DCs among themselves reversed: a filter names the highest one first."""
    reversed_values = {kind: [value for found, value in reversed(pairs) if found == kind] for kind in REPEATABLE}
    return [(kind, reversed_values[kind].pop(0)) if kind in reversed_values else (kind, value) for kind, value in pairs]


def _without_unstructured(name: DistinguishedName) -> DistinguishedName:
    return DistinguishedName(tuple((kind, value) for kind, value in name.pairs if not kind.startswith("UNSTRUCTURED")))


def _check_length(text: str, what: str) -> None:
    size = len(text.encode("utf-8"))
    if size > MAXIMUM_BYTES:
        raise InputError(f"{what} has {size} bytes and SSLPEER takes {MAXIMUM_BYTES}; name fewer parts of the distinguished name.")
