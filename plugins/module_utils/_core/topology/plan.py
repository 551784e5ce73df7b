# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the description of a fleet to what each queue manager needs: objects, identity and trust.

The description is the variables of the inventory hosts and the links between queue managers. Whatever cannot work and can
be known from the description alone is refused, all of it at once, before any host is touched.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from .directory import Directory
from .fleet import Fleet
from .links import expand, merge, with_identity
from .refusal import TopologyRefused


def plan(
    hosts: Mapping[str, Mapping[str, Any]],
    links: Iterable[Any] = (),
    partners: Iterable[Any] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
    only: Iterable[str] | None = None,
) -> dict[str, Any]:
    """The plan of the fleet, as docs/architecture.md section 4 describes it.

    ``hosts``: for each inventory host its variables mq_tls_... and ansible_host (plain values). ``links`` and ``partners``: the
    items of mq_tls_links and mq_tls_partners of all hosts, repetitions allowed. ``groups``: the hosts of each inventory group.
    ``only``: the hosts to plan for, default all; the others count as partners. Raises TopologyRefused with all that cannot work.
    """
    refusals: dict[str, None] = {}  # a set that keeps the order

    def refuse(sentence: str) -> None:
        refusals[sentence] = None

    planned = set(hosts) if only is None else set(only) & set(hosts)
    directory = Directory(hosts, partners, groups or {}, refuse)
    pairs = merge(expand(links, directory, refuse), directory, refuse)
    identities = with_identity(hosts, directory, pairs)
    linked = {key for pair in pairs for key in (pair.initiator, pair.responder)}
    pairs = [pair for pair in pairs if directory.host(pair.initiator) in planned or directory.host(pair.responder) in planned]
    involved = {key for pair in pairs for key in (pair.initiator, pair.responder)} | {directory.key_of_host(host) for host in planned}
    directory.refuse_namesakes(involved, refuse)
    members = {key: directory.describe(key, refuse) for key in sorted(involved)}
    fleet = Fleet(members, identities, refuse)
    for pair in sorted(
        pairs, key=lambda pair: (members[pair.initiator].name, members[pair.responder].name, pair.options.get("channel") or "")
    ):
        fleet.add(pair)
    fleet.refuse_shared_addresses()
    fleet.warn_of_shared_subjects()
    fleet.warn_of_no_links()
    if refusals:
        raise TopologyRefused(list(refusals))
    outside = {host: directory.name(key) for key in linked if (host := directory.host(key)) is not None and host not in planned}
    return {**fleet.result(planned), "not_planned": {host: outside[host] for host in sorted(outside)}}
