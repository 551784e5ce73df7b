# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who takes part: queue managers by the names that links use.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import difflib
from collections import abc
from typing import Any, Iterable, Mapping, Sequence

from .queue_manager import QueueManager, of_host, of_partner
from .refusal import Refuse, as_sentence, hint, shown

_PARTNER_KEYS = ("name", "address", "certificates", "subject", "platform")


class Directory:
    """Finds queue managers by the names that links use. A member's key is 'host:...' or 'partner:...'."""

    def __init__(
        self, hosts: Mapping[str, Mapping[str, Any]], partners: Iterable[Any], groups: Mapping[str, Sequence[str]], refuse: Refuse
    ) -> None:
        self._hosts = hosts
        self._groups = groups
        self._partners: dict[str, Mapping[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._by_folded: dict[str, list[str]] = {}
        self._found: dict[str, str | None] = {}
        for host in hosts:
            name = hosts[host].get("mq_tls_queue_manager")
            self._enter(f"host:{host}", host.upper() if name is None else str(name))
            self._by_folded.setdefault(host.lower(), []).append(f"host:{host}")
        for partner in partners:
            self._add_partner(partner, refuse)

    def _enter(self, key: str, name: str) -> None:
        self._names[key] = name
        self._by_name.setdefault(name, []).append(key)
        self._by_folded.setdefault(name.lower(), []).append(key)

    def _add_partner(self, partner: Any, refuse: Refuse) -> None:
        if not isinstance(partner, abc.Mapping) or not isinstance(partner.get("name"), str):
            refuse(f"An item of mq_tls_partners is {shown(partner)}; write a dictionary with at least the key name.")
            return
        name = partner["name"]
        for unknown in sorted(set(map(str, partner)) - set(_PARTNER_KEYS)):
            refuse(
                as_sentence(
                    f"The partner {shown(name)} in mq_tls_partners has the unknown key {shown(unknown)}{hint(unknown, _PARTNER_KEYS)}"
                )
            )
        if self._partners.get(name, partner) != partner:
            refuse(f"The partner {name} is described twice in mq_tls_partners with different values; keep one description.")
        elif name not in self._partners:
            if name in self._by_name:
                refuse(
                    f"The partner {name} in mq_tls_partners is also the queue manager of the host {self.host(self._by_name[name][0])}; "
                    f"take it out of mq_tls_partners."
                )
            self._partners[name] = partner
            self._enter(f"partner:{name}", name)

    def host(self, key: str) -> str | None:
        kind, _separator, name = key.partition(":")
        return name if kind == "host" else None

    def key_of_host(self, host: str) -> str:
        return f"host:{host}"

    def name(self, key: str) -> str:
        return self._names[key]

    def _find(self, name: str) -> str | None:
        """The member that a link means: by queue manager name, then by inventory host, then without regard to case."""
        if name not in self._found:
            if name in self._by_name:
                self._found[name] = self._by_name[name][0]
            elif name in self._hosts:
                self._found[name] = f"host:{name}"
            else:
                candidates = set(self._by_folded.get(name.lower(), ()))
                self._found[name] = candidates.pop() if len(candidates) == 1 else None
        return self._found[name]

    def is_group(self, name: Any) -> bool:
        """Whether a name in mq_tls_links means an inventory group: said so, or the plain name of one."""
        if isinstance(name, str):
            return name in self._groups and self._find(name) is None
        return isinstance(name, abc.Mapping) and "group" in name

    def members(self, name: Any) -> tuple[list[str], str]:
        """The members that a name in mq_tls_links means, and if it means none, the end of a sentence that says why.

        A plain name means a queue manager or an inventory group; ``{group: ...}`` and ``{queue_manager: ...}`` say which.
        """
        kind, plain = "", name
        if not isinstance(name, str) and isinstance(name, abc.Mapping):
            ((kind, plain),) = name.items() if len(name) == 1 else (("", ""),)
            if kind not in ("group", "queue_manager") or not isinstance(plain, str):
                return [], "which is no name; write one, or {group: NAME} or {queue_manager: NAME}"
        found = self._find(plain) if isinstance(plain, str) else None
        if kind == "group" or (not kind and found is None and isinstance(plain, str) and plain in self._groups):
            return self._of_group(plain)
        if found is None:
            return [], self._unknown(str(plain))
        if not kind and plain in self._groups and list(self._groups[plain]) != [self.host(found)]:
            return [], (
                f"which is both a group of the inventory and the queue manager {self._names[found]}; write {{group: {plain}}} or "
                f"{{queue_manager: {plain}}}"
            )
        return [found], ""

    def _of_group(self, group: str) -> tuple[list[str], str]:
        if group not in self._groups:
            close = difflib.get_close_matches(group, sorted(self._groups), n=1, cutoff=0.6)
            return [], "which is no group of the inventory; " + (f"did you mean {close[0]}?" if close else "correct the name")
        found = [f"host:{host}" for host in self._groups[group] if host in self._hosts]
        return found, "" if found else "which is a group of the inventory without hosts; add hosts to it or take it out"

    def _unknown(self, name: str) -> str:
        """The end of a sentence about a name that nobody has."""
        if name.lower() in self._by_folded:
            alike = ", ".join(sorted({self._names[key] for key in self._by_folded[name.lower()]}))
            return f"which could mean each of {alike}; write the name as it is"
        hint = difflib.get_close_matches(name, [*self._by_name, *self._hosts], n=1, cutoff=0.6)
        return "which is neither a queue manager of the inventory nor in mq_tls_partners; " + (
            f"did you mean {hint[0]}?" if hint else "add it there or correct the name"
        )

    def refuse_namesakes(self, involved: set[str], refuse: Refuse) -> None:
        for name, keys in self._by_name.items():
            if len(keys) > 1 and not involved.isdisjoint(keys):
                owners = [host for host in map(self.host, keys) if host]
                if len(owners) > 1:
                    refuse(
                        f"The hosts {' and '.join(owners)} have the same queue manager name {name}; give each its own with "
                        f"mq_tls_queue_manager."
                    )

    def describe(self, key: str, refuse: Refuse) -> QueueManager:
        host = self.host(key)
        if host is None:
            return of_partner(self._names[key], self._partners[self._names[key]], refuse)
        return of_host(host, self._names[key], self._hosts[host], refuse)
