# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Distinguished names as users write them, ``CN=QM1,OU=SSL For MQ,O=IBM,ST=MA,C=US``: most specific part first.

Sources: RFC 4514 (text form), RFC 5280 appendix A (upper bounds) and section 7.1 (comparison), IBM MQ documentation,
"Distinguished Names" (the attribute types that MQ knows).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Container, Iterable

from .errors import ParseError

# Attribute types that MQ knows, with the longest value in characters (RFC 5280 upper bounds, X.520 for STREET, PC, DNQ; RFC 1035 for DC;
# PKCS #9 for the unstructured ones). SERIALNUMBER is missing: to MQ it is the serial number of the certificate, no part of a name.
MAXIMUM_LENGTHS: dict[str, int] = {
    "CN": 64,
    "T": 64,
    "OU": 64,
    "O": 64,
    "L": 128,
    "ST": 128,
    "STREET": 128,
    "PC": 40,
    "C": 2,
    "DC": 63,
    "UID": 256,
    "MAIL": 255,
    "DNQ": 64,
    "UNSTRUCTUREDNAME": 255,
    "UNSTRUCTUREDADDRESS": 255,
}
# Other spellings that MQ takes.
SYNONYMS: dict[str, str] = {"E": "MAIL", "USERID": "UID", "SP": "ST", "S": "ST"}

# A name in which another type stands twice is not accepted by a partner (AMQ9654E: unsupported duplicate attribute values).
REPEATABLE = ("OU", "DC")

_SEPARATORS = ",;"
_ESCAPED = '\\"+,;<>= #*'
_ASCII_ONLY = ("C", "DC", "MAIL", "DNQ")
_TYPE = re.compile(r"\s*(?P<type>[^=,;+\"\\]*?)\s*(?P<end>[=,;+\"\\]|$)")
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Item:
    """One ``TYPE=value`` of a text: ``column`` counts from 1, ``raw`` still has its escapes, ``quoted`` tells of double quotes."""

    type: str
    value: str
    column: int
    raw: str
    quoted: bool


@dataclass(frozen=True, eq=False)
class DistinguishedName:
    """An X.500 name as ordered pairs of attribute type and value, most specific first (the reverse of the order in a certificate).

    Two names are equal when RFC 5280 section 7.1 finds them so: letter case and the number of blanks do not count.
    """

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> DistinguishedName:
        """Read ``CN=QM1,O="Bank, Inc."``; ``,`` or ``;`` part the items, RFC 4514 escapes and double quotes protect characters.

        Raises ParseError (with the column) for an empty name, an unknown or repeated sign, a missing value, control characters, values
        over their upper bounds, and a country that is not two letters.
        """
        what = f"The distinguished name {text!r}"
        items = scan(text, what, MAXIMUM_LENGTHS)
        for item in items:
            _check(item, what)
        return cls(tuple((item.type, item.value) for item in items))

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> DistinguishedName:
        """A name from pairs that something else has read, for example from a certificate; types may be any, also dotted numbers."""
        return cls(tuple((SYNONYMS.get(kind.upper(), kind.upper()), value) for kind, value in pairs))

    def text(self) -> str:
        """The name in RFC 4514 form; ``parse`` reads it back."""
        return ",".join(f"{kind}={_escape(value)}" for kind, value in self.pairs)

    def values(self, kind: str) -> tuple[str, ...]:
        """The values of one attribute type, most specific first."""
        return tuple(value for found, value in self.pairs if found == kind)

    def _key(self) -> tuple[tuple[str, str], ...]:
        return tuple((kind, comparable(value)) for kind, value in self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DistinguishedName) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        return self.text()


def comparable(value: str) -> str:
    """A value as RFC 5280 section 7.1 compares it: case folded, compatibility forms unified, runs of blanks as one, none at the ends."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
    return " ".join(folded.split())


def scan(text: str, what: str, types: Container[str]) -> tuple[Item, ...]:
    """Split a name or a filter into its items, whose attribute types must be among ``types`` (synonyms are resolved).

    ``what`` begins the error sentences. Raises ParseError with the column.
    """
    if not text.strip():
        raise ParseError(f"{what} was to be read and is empty; write it as CN=QM1,O=Bank.", 1, 1)
    items: list[Item] = []
    position = 0
    while True:
        kind, position, column = _scan_type(text, position, what)
        if kind not in types:
            raise _refused(what, column - 1, _unknown(kind), "use " + ", ".join(MAXIMUM_LENGTHS))
        if kind not in REPEATABLE and any(item.type == kind for item in items):
            raise _refused(what, column - 1, f"{kind} stands twice", "only OU and DC may be repeated")
        item, position = _scan_value(text, position, what, kind, column)
        items.append(item)
        if position >= len(text):
            return tuple(items)
        position += 1  # the separator


def _scan_type(text: str, position: int, what: str) -> tuple[str, int, int]:
    match = _TYPE.match(text, position)
    found = match["type"] if match else ""
    start = match.start("type") if match else position
    end = match.end() if match else position
    if match is None or match["end"] != "=":
        if not found and text[start : start + 1] in tuple(_SEPARATORS):
            raise _refused(what, start, "an item between two separators is empty", "remove a separator or complete the item")
        if not found and start >= len(text):
            raise _refused(what, start, "an item is missing after the last separator", "remove the separator or complete the item")
        raise _refused(
            what, start, f"'=' is missing after {found!r}", "write each item as TYPE=value and escape ',', ';' and '+' in values with '\\'"
        )
    if not found:
        raise _refused(what, start, "the attribute type before '=' is missing", "write each item as TYPE=value")
    kind = found.upper()
    return SYNONYMS.get(kind, kind), end, start + 1


def _scan_value(text: str, position: int, what: str, kind: str, column: int) -> tuple[Item, int]:
    while position < len(text) and text[position] == " ":
        position += 1
    start = position
    quoted = position < len(text) and text[position] == '"'
    if quoted:
        value, position = _scan_quoted(text, position, what)
    else:
        value, position = _scan_plain(text, position, what)
    if not quoted and not value:
        raise _refused(what, start, f"the value of {kind} is missing", "give it one or leave the item out")
    return Item(kind, value, column, text[start:position].strip(), quoted), position


def _scan_quoted(text: str, position: int, what: str) -> tuple[str, int]:
    opening = position
    position += 1
    value = bytearray()
    while position < len(text) and text[position] != '"':
        position = _take(text, position, what, value)
    if position >= len(text):
        raise _refused(what, opening, "the double quote is not closed", "close it, or write '\\\"' for the character itself")
    position += 1
    while position < len(text) and text[position] == " ":
        position += 1
    if position < len(text) and text[position] not in _SEPARATORS:
        raise _refused(what, position, f"{text[position]!r} follows the closing quote", "put ',' between the items")
    return _decoded(value, what, opening), position


def _scan_plain(text: str, position: int, what: str) -> tuple[str, int]:
    start = position
    value = bytearray()
    kept = 0  # blanks at the end count only when they are escaped
    while position < len(text) and text[position] not in _SEPARATORS:
        if text[position] == '"':
            raise _refused(
                what, position, "a double quote stands inside the value", "write '\\\"' for the character itself or quote the whole value"
            )
        blank = text[position] == " "
        position = _take(text, position, what, value)
        if not blank:
            kept = len(value)
    return _decoded(value[:kept], what, start), position


def _take(text: str, position: int, what: str, value: bytearray) -> int:
    """Append the character at ``position``, which may be escaped, and return the position after it."""
    character = text[position]
    if character != "\\":
        if _is_control(character):
            raise _refused(what, position, f"the control character U+{ord(character):04X} is not allowed", "remove it")
        value += character.encode("utf-8")
        return position + 1
    if position + 1 >= len(text):
        raise _refused(what, position, "nothing follows the last '\\'", "write '\\\\' for the character itself")
    pair = _HEX_PAIR.match(text, position + 1)
    if pair:
        value.append(int(pair.group(), 16))
        return position + 3
    if text[position + 1] not in _ESCAPED + "*":
        raise _refused(what, position, f"'\\{text[position + 1]}' is no escape of RFC 4514", "write '\\\\' for the character itself")
    value += text[position + 1].encode("utf-8")
    return position + 2


def _decoded(value: bytearray, what: str, position: int) -> str:
    try:
        text = bytes(value).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(what, position, "the hexadecimal escapes are no UTF-8", "correct them") from error
    for character in text:
        if _is_control(character):
            raise _refused(what, position, f"the control character U+{ord(character):04X} is not allowed", "remove it")
    return text


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def _unknown(kind: str) -> str:
    if kind == "SERIALNUMBER":
        return "SERIALNUMBER means the certificate's own serial number to MQ and cannot be part of a name"
    return f"{kind} is no attribute type that MQ knows"


def _check(item: Item, what: str) -> None:
    """The rules for a value of a name that is to be certified."""
    if not item.value.strip():
        raise _refused(what, item.column - 1, f"the value of {item.type} is blank", "give it one or leave the item out")
    if item.type == "C" and not re.match(r"[A-Za-z]{2}\Z", item.value):
        raise _refused(what, item.column - 1, f"C is {item.value!r}", "give the two letters of ISO 3166, for example C=US")
    limit = MAXIMUM_LENGTHS[item.type]
    if len(item.value) > limit:
        raise _refused(what, item.column - 1, f"{item.type} has {len(item.value)} characters", f"X.509 allows {limit}: shorten it")
    if item.type in _ASCII_ONLY and not item.value.isascii():
        raise _refused(what, item.column - 1, f"{item.type} has characters outside ASCII", "replace them")
    if not item.quoted and re.search(r"(?<!\\)\+", item.raw):
        raise _refused(
            what,
            item.column - 1,
            f"the value of {item.type} has a '+'",
            "write '\\+'; parts of more than one attribute are not known to MQ",
        )


def _escape(value: str) -> str:
    escaped = "".join("\\" + character if character in '\\"+,;<>=' else character for character in value)
    if escaped[:1] in ("#", " "):
        escaped = "\\" + escaped
    if len(value) > 1 and value.endswith(" "):
        escaped = escaped[:-1] + "\\ "
    return "".join("".join(f"\\{byte:02x}" for byte in c.encode("utf-8")) if unicodedata.category(c) == "Cc" else c for c in escaped)


def _refused(what: str, position: int, found: str, remedy: str) -> ParseError:
    return ParseError(f"{what} was to be read and {found} (column {position + 1}); {remedy}.", 1, position + 1)
