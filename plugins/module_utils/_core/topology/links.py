# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The items of mq_tls_links: which pairs of queue managers they join, and what they say about each.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from ..cipherspec import check_usable
from ..errors import InputError
from ..mqsc.objects import parse_objects
from .directory import Directory
from .naming import ADDRESS, OBJECT_NAME, label_problem
from .refusal import Refuse, as_sentence, continued, hint, shown

_LINK_OPTIONS = ("authentication", "cipher_spec", "initiator_attributes", "responder_attributes")
_PAIR_OPTIONS = ("channel", "transmission_queue")

_GIVEN_BY_THE_LINK = {
    "CHANNEL": "the key channel gives the name",
    "CHLTYPE": "an initiator is a sender (SDR) and a responder a receiver (RCVR)",
    "TRPTYPE": "TLS needs TCP",
    "XMITQ": "use the key transmission_queue",
}


@dataclass
class Pair:
    """One direction between two queue managers, with what the links say about it."""

    initiator: str  # keys of Directory.members
    responder: str
    options: Mapping[str, Any]


def expand(links: Iterable[Any], directory: Directory, refuse: Refuse) -> list[Pair]:
    """Each ordered pair of queue managers that the items of mq_tls_links mean, in their order."""
    pairs: list[Pair] = []
    for item in links:
        if not isinstance(item, Mapping):
            refuse(f"An item of mq_tls_links is {shown(item)}; write a dictionary such as {{from: QM1, to: QM2}}.")
            continue
        where = f"The link {shown(dict(item))}"
        form = _form(item, where, refuse)
        if form is None:
            continue
        options = _options(item, where, refuse)
        if form == ("from", "to"):
            pairs += _single(item, options, directory, where, refuse)
        elif form == ("mesh",):
            members = _members(item["mesh"], directory, f"{where}, mesh", refuse)
            if len(members) == 1:
                refuse(f"{where} has a mesh of one queue manager; name at least two.")
            pairs += [Pair(first, second, options) for first, second in itertools.permutations(members, 2)]
        else:
            hub = _members([item["hub"]], directory, f"{where}, hub", refuse)
            spokes = _members(item["spokes"], directory, f"{where}, spokes", refuse)
            if len(hub) > 1:
                refuse(f"{where} has a group as hub; name one queue manager.")
            elif hub:
                if hub[0] in spokes:
                    refuse(f"{where} has its hub among the spokes; a queue manager has no link to itself, take it out.")
                pairs += [pair for spoke in spokes for pair in (Pair(hub[0], spoke, options), Pair(spoke, hub[0], options))]
    return pairs


def _form(item: Mapping[str, Any], where: str, refuse: Refuse) -> tuple[str, ...] | None:
    forms: tuple[tuple[str, ...], ...] = (("from", "to"), ("mesh",), ("hub", "spokes"))
    given = [form for form in forms if set(form) & set(item)]
    known = [key for form in forms for key in form] + [*_LINK_OPTIONS, *_PAIR_OPTIONS]
    for unknown in sorted(map(str, set(item) - set(known))):
        refuse(as_sentence(f"{where} has the unknown key {shown(unknown)}{hint(unknown, known)}"))
    if len(given) != 1 or set(given[0]) - set(item):
        refuse(f"{where} does not say what it joins; write from and to, or mesh, or hub and spokes.")
        return None
    if given[0] != ("from", "to"):
        for key in _PAIR_OPTIONS:
            if key in item:
                refuse(f"{where} gives one {key} to many links; give it in an item of its own with from and to.")
    return given[0]


def _single(item: Mapping[str, Any], options: Mapping[str, Any], directory: Directory, where: str, refuse: Refuse) -> list[Pair]:
    found = {}
    for key in ("from", "to"):
        name = item[key]
        member = directory.find(name) if isinstance(name, str) else None
        if member is None:
            refuse(f"{where}: {key} is {shown(name)}, {as_sentence(directory.unknown(str(name)))}")
        else:
            found[key] = member
    if len(found) < 2:
        return []
    if found["from"] == found["to"]:
        refuse(f"{where} joins {directory.name(found['from'])} with itself; name two different queue managers.")
        return []
    return [Pair(found["from"], found["to"], options)]


def _members(names: Any, directory: Directory, where: str, refuse: Refuse) -> list[str]:
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        refuse(f"{where} is {shown(names)}; write a list of names.")
        return []
    members: dict[str, None] = {}
    for name in names:
        found = directory.find_members(name)
        if not found:
            refuse(f"{where} names {shown(name)}, {as_sentence(directory.unknown(name))}")
        members.update(dict.fromkeys(found))
    return list(members)


def _options(item: Mapping[str, Any], where: str, refuse: Refuse) -> Mapping[str, Any]:
    """What an item says beside whom it joins, checked as far as that can be done without knowing the pair."""
    options = {key: item[key] for key in (*_LINK_OPTIONS, *_PAIR_OPTIONS) if item.get(key) is not None}
    if options.get("authentication", "two_way") not in ("two_way", "one_way"):
        refuse(f"{where} has the authentication {shown(options['authentication'])}; write two_way or one_way.")
        del options["authentication"]
    if "cipher_spec" in options:
        _check_spec(str(options["cipher_spec"]), where, refuse)
    for key, length in (("channel", 20), ("transmission_queue", 48)):
        name = options.get(key)
        if name is not None and (not isinstance(name, str) or len(name) > length or not OBJECT_NAME.match(name)):
            refuse(
                f"{where} has the {key} {shown(name)}; IBM MQ takes at most {length} of the characters A-Z a-z 0-9 . / _ % there, choose "
                f"another "
                f"name."
            )
            del options[key]
    for key, channel_type in (("initiator_attributes", "SDR"), ("responder_attributes", "RCVR")):
        if key in options:
            options[key] = _attributes(options[key], channel_type, f"{where}, {key}", refuse)
    return options


def _check_spec(spec: str, where: str, refuse: Refuse) -> None:
    try:
        check_usable(spec)
    except InputError as error:
        refuse(f"{where}: {continued(error)}")


def _attributes(given: Any, channel_type: str, where: str, refuse: Refuse) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        refuse(f"{where} is {shown(given)}; write a dictionary of MQSC attributes.")
        return {}
    accepted: dict[str, Any] = {}
    for key, value in given.items():
        keyword = str(key).upper()
        if keyword in _GIVEN_BY_THE_LINK:
            refuse(f"{where} gives {keyword}, which the link itself decides: {_GIVEN_BY_THE_LINK[keyword]}.")
        elif keyword in accepted:
            refuse(f"{where} gives {keyword} twice, in different case; keep one.")
        else:
            try:
                accepted[keyword] = _attribute(channel_type, keyword, value)
            except InputError as error:
                refuse(f"{where}: {error}")
    if "SSLCIPH" in accepted:
        _check_spec(accepted["SSLCIPH"], where, refuse)
    return accepted


def _attribute(channel_type: str, keyword: str, value: Any) -> Any:
    """The plain value of one attribute, checked as the description of an object is. Raises InputError."""
    description = {"object": "CHANNEL", "name": channel_type, "attributes": {"CHLTYPE": channel_type, keyword: value}}
    try:
        (channel,) = parse_objects([description])
    except InputError as error:
        raise InputError(str(error).replace("objects[0].attributes.", "").replace(f" (CHANNEL {channel_type})", "")) from error
    parsed = channel.attributes[keyword]
    if keyword == "CERTLABL" and parsed and label_problem(str(parsed)):
        raise InputError(f"CERTLABL is {shown(parsed)}; {label_problem(str(parsed))}.")
    if keyword == "CONNAME" and not all(ADDRESS.match(part.strip()) for part in str(parsed).split(",")):
        raise InputError(f"CONNAME is {shown(parsed)}; write host or host(port), several with commas between.")
    if isinstance(parsed, (list, tuple)):
        return [str(item) for item in parsed]
    return str(parsed) if isinstance(parsed, str) else parsed


def merge(pairs: list[Pair], directory: Directory, refuse: Refuse) -> list[Pair]:
    """Each link once. An item without ``channel`` speaks of all links of its pair, one with it of that channel only."""
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for pair in pairs:
        if directory.host(pair.initiator) is None and directory.host(pair.responder) is None:
            refuse(
                f"The link from {directory.name(pair.initiator)} to {directory.name(pair.responder)} joins two partners outside the "
                f"inventory; "
                f"take it out, or add one of them to the inventory."
            )
        said = grouped.setdefault((pair.initiator, pair.responder), [])
        if not any(options is pair.options for options in said):
            said.append(pair.options)
    merged: list[Pair] = []
    for (initiator, responder), said in grouped.items():
        if len(said) == 1:
            merged.append(Pair(initiator, responder, said[0]))
            continue
        for channel in dict.fromkeys(options["channel"] for options in said if "channel" in options) or [None]:
            together: dict[str, Any] = {}
            for options in said:
                if options.get("channel", channel) == channel:
                    for key, value in options.items():
                        if together.setdefault(key, value) != value:
                            refuse(
                                f"The link from {directory.name(initiator)} to {directory.name(responder)} is described twice, with the "
                                f"{key} "
                                f"{shown(together[key])} and {shown(value)}; keep one of them."
                            )
            merged.append(Pair(initiator, responder, together))
    return merged


def with_identity(hosts: Mapping[str, Mapping[str, Any]], directory: Directory, pairs: Iterable[Pair]) -> set[str]:
    """The members of the inventory that need a certificate: all but those that initiate one-way links and do nothing else."""
    linked: set[str] = set()
    needing: set[str] = set()
    for pair in pairs:
        linked.update((pair.initiator, pair.responder))
        needing.add(pair.responder)
        if pair.options.get("authentication") != "one_way":
            needing.add(pair.initiator)
    # Without any link a queue manager is set up as a TLS server, for its clients.
    needing.update(key for key in map(directory.key_of_host, hosts) if key not in linked)
    return needing
