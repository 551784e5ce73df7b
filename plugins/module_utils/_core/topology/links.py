# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The items of mq_tls_links: which pairs of queue managers they join.

An item is kept as it is meant, members with members, and only the pairs that somebody asks for are made of it: a run for one host
(``--limit``) does not pay for a mesh of a thousand.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from typing import AbstractSet, Any, Iterable, Mapping, Sequence, Tuple

from .directory import Directory
from .options import LINK_OPTIONS, PAIR_OPTIONS, Said, put_together, read_options
from .refusal import Item, Refuse, as_sentence, hint, shown

_FORMS: tuple[tuple[str, ...], ...] = (("from", "to"), ("mesh",), ("hub", "spokes"))
_KNOWN = [key for form in _FORMS for key in form] + [*LINK_OPTIONS, *PAIR_OPTIONS]
_NO_FORM = "does not say what it joins; write from and to, or mesh, or hub and spokes, or cluster."

# Each of the first with each of the second, except with itself: keys of Directory.
Join = Tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True)
class Pair:
    """One link: one direction between two queue managers (keys of Directory), with what the items say about it."""

    initiator: str
    responder: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class _Joined:
    joins: tuple[Join, ...]
    said: Said


class Links:
    """All links of the fleet."""

    def __init__(self, items: Iterable[Any], directory: Directory, refuse: Refuse) -> None:
        self._directory = directory
        self._refuse = refuse
        self._items: list[_Joined] = []
        for item in items:
            if isinstance(item, abc.Mapping):
                self._add(item, Item("The link", item))
            else:
                refuse(f"An item of mq_tls_links is {shown(item)}; write a dictionary such as {{from: QM1, to: QM2}}.")
        self.initiating = {member for item in self._items for join in item.joins for member in join[0]}
        self.responding = {member for item in self._items for join in item.joins for member in join[1]}

    def of(self, members: AbstractSet[str]) -> list[Pair]:
        """Each link that one of the members takes part in, once."""
        grouped: dict[tuple[str, str], list[Said]] = {}
        for item in self._items:
            for initiators, responders in item.joins:
                near = [responder for responder in responders if responder in members]
                for initiator in initiators:
                    for responder in responders if initiator in members else near:
                        if initiator != responder:
                            grouped.setdefault((initiator, responder), []).append(item.said)
        return [pair for ends, said in grouped.items() for pair in self._merged(ends, said)]

    def _merged(self, ends: tuple[str, str], said: list[Said]) -> list[Pair]:
        """An item without ``channel`` speaks of all links of its pair, one with it of that channel only."""
        if len(said) == 1:
            return [Pair(*ends, said[0][0])]
        where = f"The link from {self._directory.name(ends[0])} to {self._directory.name(ends[1])}"
        channels = dict.fromkeys(options["channel"] for options, _names_one in said if "channel" in options) or [None]
        return [
            Pair(*ends, put_together([one for one in said if one[0].get("channel", channel) == channel], where, self._refuse))
            for channel in channels
        ]

    def _add(self, item: Mapping[str, Any], where: Item) -> None:
        form = self._form(item, where)
        if form is None:
            return
        names_one = self._names_one(item, form)
        if not names_one:
            for key in PAIR_OPTIONS:
                if key in item:
                    self._refuse(f"{where} gives one {key} to many links; give it in an item of its own with from and to.")
        options = read_options(item, where, self._refuse)
        if form == ("from", "to"):
            first, second = (self._end(item, key, where) for key in form)
            joins: tuple[Join, ...] = ((first, second),)
            if first and first == second and len(first) == 1:
                name = self._directory.name(first[0])
                self._refuse(f"{where} joins {name} with itself; name two different queue managers.")
                return
        elif form == ("mesh",):
            members = self._members(item["mesh"], f"{where}, mesh")
            if len(members) == 1:
                self._refuse(f"{where} has a mesh of one queue manager; name at least two.")
            joins = ((members, members),) if len(members) > 1 else ()
        else:
            hub = self._members([item["hub"]], f"{where}, hub")
            spokes = self._members(item["spokes"], f"{where}, spokes")
            if len(hub) > 1:
                self._refuse(f"{where} has a group as hub; name one queue manager.")
                return
            # a group of which the hub is a member means the others
            by_name = (name for name in item["spokes"] if not self._directory.is_group(name)) if hub and hub[0] in spokes else ()
            if any(self._directory.members(name) == (hub, "") for name in by_name):
                self._refuse(f"{where} has its hub among the spokes; a queue manager has no link to itself, take it out.")
            joins = ((hub, spokes), (spokes, hub))
        for join in joins:
            self._refuse_outsiders(join)
        self._items.append(_Joined(tuple(join for join in joins if all(join)), (options, names_one)))

    def _form(self, item: Mapping[str, Any], where: Item) -> tuple[str, ...] | None:
        given = [form for form in _FORMS if set(form) & set(item)]
        for unknown in sorted(map(str, set(item) - set(_KNOWN))):
            self._refuse(as_sentence(f"{where} has the unknown key {shown(unknown)}{hint(unknown, _KNOWN)}"))
        if len(given) != 1 or set(given[0]) - set(item):
            self._refuse(f"{where} {_NO_FORM}")
            return None
        return given[0]

    def _names_one(self, item: Mapping[str, Any], form: tuple[str, ...]) -> bool:
        """Whether the item speaks of one link: from one queue manager to another."""
        return form == ("from", "to") and not any(self._directory.is_group(item[key]) for key in form)

    def _end(self, item: Mapping[str, Any], key: str, where: Item) -> list[str]:
        found, problem = self._directory.members(item[key])
        if problem:
            self._refuse(f"{where}: {key} is {shown(item[key])}, {as_sentence(problem)}")
        return found

    def _members(self, names: Any, where: str) -> list[str]:
        return members_of(names, self._directory, where, self._refuse)

    def _refuse_outsiders(self, join: Join) -> None:
        outside = [[member for member in side if self._directory.host(member) is None] for side in join]
        for initiator in outside[0]:
            for responder in outside[1]:
                if initiator != responder:
                    self._refuse(
                        f"The link from {self._directory.name(initiator)} to {self._directory.name(responder)} joins two partners outside "
                        f"the inventory; take it out, or add one of them to the inventory."
                    )


def members_of(names: Any, directory: Directory, where: str, refuse: Refuse) -> list[str]:
    """The members that a list of names (or one group) means, each once."""
    listed = [names] if isinstance(names, abc.Mapping) else names
    if isinstance(listed, str) or not isinstance(listed, Sequence) or not all(isinstance(name, (str, abc.Mapping)) for name in listed):
        refuse(f"{where} is {shown(names)}; write a list of names.")
        return []
    members: dict[str, None] = {}
    for name in listed:
        found, problem = directory.members(name)
        if problem:
            refuse(f"{where} names {shown(name)}, {as_sentence(problem)}")
        members.update(dict.fromkeys(found))
    return list(members)
