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

from .clusters import is_cluster, read_clusters
from .directory import Directory
from .fleet import Fleet
from .links import Links, Pair
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
    items = list(links)
    described = Links((item for item in items if not is_cluster(item)), directory, refuse)
    all_clusters = read_clusters((item for item in items if is_cluster(item)), directory, refuse)
    ours = set(map(directory.key_of_host, planned))
    pairs = described.of(ours)
    clusters = [cluster for cluster in all_clusters if not ours.isdisjoint(cluster.members)]
    clustered = {member for cluster in all_clusters for member in cluster.members}
    involved = ours | _ends(pairs) | {member for cluster in clusters for member in cluster.members}
    # what a partner outside has to do is said as a whole, also for those that are not planned
    outside = {key for key in involved if directory.host(key) is None}
    of_partners = [pair for pair in described.of(outside) if ours.isdisjoint((pair.initiator, pair.responder))]
    bystanders = _ends(of_partners) - involved
    involved |= bystanders
    directory.refuse_namesakes(involved, refuse)
    members = {key: directory.describe(key, refuse) for key in sorted(involved)}
    identities = _with_identity(described, pairs, ours, involved) | (clustered & involved)
    fleet = Fleet(members, identities, bystanders, refuse)

    def order(pair: Pair) -> tuple[str, str, str]:
        return members[pair.initiator].name, members[pair.responder].name, pair.options.get("channel") or ""

    for pair in sorted(pairs, key=order):
        fleet.add(pair)
    for pair in sorted(of_partners, key=order):
        fleet.add_for_partner(pair)
    for cluster in clusters:
        fleet.add_cluster(cluster, ours)
    fleet.refuse_shared_addresses()
    fleet.warn_of_shared_subjects()
    fleet.warn_of_no_links()
    if refusals:
        raise TopologyRefused(list(refusals))
    linked = described.initiating | described.responding | clustered
    others = {host: directory.name(key) for key in linked if (host := directory.host(key)) is not None and host not in planned}
    return {**fleet.result(planned), "not_planned": {host: others[host] for host in sorted(others)}}


def _ends(pairs: Iterable[Pair]) -> set[str]:
    return {key for pair in pairs for key in (pair.initiator, pair.responder)}


def _with_identity(described: Links, pairs: Iterable[Pair], ours: set[str], involved: set[str]) -> set[str]:
    """Of those involved, who needs a certificate: all but those that initiate one-way links and do nothing else."""
    # Of a partner that never responds all links have to be known, also those to others.
    undecided = involved - ours - described.responding
    known = [*pairs, *described.of(undecided)] if undecided else pairs
    needing = {pair.initiator for pair in known if pair.options.get("authentication") != "one_way"}
    # Without any link a queue manager is set up as a TLS server, for its clients.
    return {key for key in involved if key in needing or key in described.responding or key not in described.initiating}
