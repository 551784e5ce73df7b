# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests with hypothesis draw from: names, values, records and layouts of IBM MQ, distinguished names."""

from __future__ import annotations

from hypothesis import strategies as st

NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/%"
ATTRIBUTE_TYPES = ["CN", "T", "OU", "O", "L", "ST", "STREET", "PC", "DC", "UID", "MAIL", "DNQ", "UNSTRUCTUREDNAME"]

queue_manager_names = st.text(NAME_CHARACTERS, min_size=1, max_size=48)
channel_names = st.text(NAME_CHARACTERS, min_size=1, max_size=20)

# Words of MQSC; the verbs would be typed commands, not attributes.
attribute_names = st.from_regex(r"\A[A-Z][A-Z0-9]{2,7}\Z").filter(
    lambda word: (
        word not in ("ALTER", "CLEAR", "DEFINE", "DELETE", "DISPLAY", "PING", "REFRESH", "RESET", "RESOLVE", "RESUME", "SET")
        and word not in ("END", "START", "STOP", "SUSPEND", "DIS", "DEF", "ALT")
    )
)

# Values as a user may give them: any printable characters, quotes, brackets, other scripts; no control characters.
mqsc_values = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=80)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60).map(str.strip)


@st.composite
def balanced_values(draw):
    """Values whose brackets balance, such as ``host(1414),other(1415)``."""
    pieces = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="()"), max_size=12)
    value = draw(pieces)
    for _count in range(draw(st.integers(0, 3))):
        value += f"({draw(pieces)}){draw(pieces)}"
    return value.strip()


@st.composite
def imitating_records(draw):
    """A displayed channel, some of whose values look like the end of one item and the beginning of others, of this record or not."""
    text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
    keywords = draw(st.lists(attribute_names, min_size=1, max_size=8, unique=True))
    record = {"CHANNEL": draw(channel_names), "CHLTYPE": "SDR"}
    for keyword in keywords:
        value = draw(text)
        for _count in range(draw(st.integers(0, 2))):
            imitated = draw(st.sampled_from([*keywords, "CHANNEL", "SSLPEER"]))
            gap = draw(st.integers(0, 45))
            value += f"){' ' * gap}{imitated}{draw(st.sampled_from(['(', '((', '', '( ', ') ', ' (']))}{draw(text)}"
        record[keyword] = value.strip()
    return record


def records(values):
    """A displayed object: attribute to value, or True for a keyword without brackets (never the first item)."""
    return st.tuples(attribute_names, values, st.dictionaries(attribute_names, st.one_of(values, st.just(True)), max_size=12)).map(
        lambda drawn: {drawn[0]: drawn[1], **{key: value for key, value in drawn[2].items() if key != drawn[0]}}
    )


def render_record(record):
    """The layout of a record: two columns, the second one at offset 43, items of more than 37 characters alone."""
    items = [keyword if value is True else f"{keyword}({value or ' '})" for keyword, value in record.items()]
    lines = []
    waiting = None
    for item in items:
        if len(item) > 37:
            lines += [f"   {waiting}"] if waiting else []
            lines.append(f"   {item}")
            waiting = None
        elif waiting:
            lines.append(f"   {waiting:<37}   {item}")
            waiting = None
        else:
            waiting = item
    lines += [f"   {waiting}"] if waiting else []
    return "\n".join(lines)


@st.composite
def distinguished_name_pairs(draw):
    """Pairs of a name that can be certified: only OU and DC repeated, values within their bounds, ASCII where it must be."""
    kinds = draw(st.lists(st.sampled_from(ATTRIBUTE_TYPES), min_size=1, max_size=6))
    pairs = []
    for kind in kinds:
        if kind not in ("OU", "DC") and any(kind == used for used, _value in pairs):
            continue
        ascii_only = kind in ("DC", "MAIL", "DNQ")
        characters = (
            st.characters(min_codepoint=32, max_codepoint=126) if ascii_only else st.characters(exclude_categories=("C", "Zl", "Zp"))
        )
        pairs.append((kind, draw(st.text(characters, min_size=1, max_size=40).filter(lambda value: value.strip()))))
    return tuple(pairs)


@st.composite
def refresh_periods(draw):
    """Opening and closing minute, and days in their order, of a period in which a refresh may be sent."""
    opens = draw(st.integers(0, 24 * 60 - 1))
    closes = draw(st.integers(1, 24 * 60).filter(lambda minute: minute != opens))
    return opens, closes, tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1))))
