# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the state of a fleet that exists to the variables that describe it.

What was read is described, the description is planned, and the plan is compared with what was read: an adoption says itself where
the playbook site would change something.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable, Mapping, Sequence

from ..topology.plan import plan
from ..topology.refusal import TopologyRefused, as_yaml
from .links import Describer, join
from .member import Member, Pki, Say
from .verification import compare

# The CA of the PKI folder is one for the fleet, whoever is signed by it.
_OF_ALL = ("mq_tls_ca_subject", "mq_tls_ca_intermediate_subject")
# What is a host's own, even where all hosts happen to have the same.
_OWN = frozenset(["mq_tls_queue_manager", "mq_tls_subject", "mq_tls_certificate_label", "mq_tls_address", "mq_tls_key_repository"])


def adopt(
    states: Mapping[str, Mapping[str, Any]],
    addresses: Mapping[str, str],
    now: datetime,
    pki: Pki = Pki(),  # noqa: B008 - immutable
    groups: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """The variables of a fleet from the gathered state of its hosts.

    ``addresses``: ansible_host of each host. ``groups``: those of the inventory. Returns ``all`` (variables of the fleet), ``hosts``
    (variables of each host), ``published`` (the certificate of each queue manager with its chain, PEM, for the PKI folder) and
    ``not_described`` (sentences).
    """
    sentences: dict[str, None] = {}

    def say(sentence: str) -> None:
        sentences[sentence] = None

    for host, state in states.items():
        if not state["read"]:
            say(f"Host {host} is not described, it could not be read: {state['error']}")
    members = [Member(host, state, addresses.get(host) or host) for host, state in sorted(states.items()) if state["read"]]
    joints = join(members, say)
    variables = {}
    for member in members:
        variables[member.host] = {
            **member.variables(pki, joints.ports(member.host), now, say),
            "mq_tls_cipher_spec": joints.cipher_spec,
            **({"mq_tls_address": joints.address(member.host)} if joints.address(member.host) else {}),
        }
    inventory = {member.host: {"ansible_host": member.address, **variables[member.host]} for member in members}
    accepted = _accepted_hosts(inventory, members, say)
    describer = Describer(joints, variables, groups or {}, say)
    partners = describer.partners()
    by_name = {item["name"]: item for item in partners}
    links = [link for link in joints.links if all(member.host in accepted for member in (link.sender, link.receiver) if member)]
    items = [item for item in (describer.item(link, by_name) for link in links) if item is not None]
    known = {host: values for host, values in inventory.items() if host in accepted}
    kept = _kept(known, items, partners, groups, say)
    planned = plan(known, kept, partners, groups=groups)
    published = {member.name: member.published for member in members if member.own}
    for member in members:
        if member.host in accepted:
            for sentence in compare(member, planned["queue_managers"][member.host], published, pki, now):
                say(sentence)
    used = {_name(item[key]) for item in kept for key in ("from", "to")}
    of_all, of_hosts = _shared({host: variables[host] for host in variables if host in accepted})
    of_all["mq_tls_purge_trust"] = False
    of_all["mq_tls_links"] = kept
    if any(item["name"] in used for item in partners):
        of_all["mq_tls_partners"] = [item for item in partners if item["name"] in used]
    return {"all": of_all, "hosts": of_hosts, "published": published, "not_described": list(sentences)}


def _name(end: Any) -> str:
    return str(end["queue_manager"] if isinstance(end, Mapping) else end)


def _accepted_hosts(inventory: Mapping[str, Mapping[str, Any]], members: Iterable[Member], say: Say) -> set[str]:
    """The hosts whose own variables a plan takes."""
    accepted = set()
    for member in members:
        try:
            plan({member.host: inventory[member.host]})
            accepted.add(member.host)
        except TopologyRefused as refused:
            for refusal in refused.refusals:
                say(f"{member.where} is not described: {refusal}")
            say(f"{member.where} is to be kept away from site, for example with mq_tls_hosts: 'all:!{member.host}'.")
    return accepted


def _kept(
    hosts: Mapping[str, Any],
    items: list[dict[str, Any]],
    partners: list[dict[str, Any]],
    groups: Mapping[str, Sequence[str]] | None,
    say: Say,
) -> list[dict[str, Any]]:
    """As many of the links as a plan takes together; of the others it is said why not."""
    plan(hosts, (), partners, groups=groups)  # what is wrong without any link is no link's fault
    kept: list[dict[str, Any]] = []
    waiting = [items]
    while waiting:
        chunk = waiting.pop()
        try:
            plan(hosts, [*kept, *chunk], partners, groups=groups)
            kept += chunk
        except TopologyRefused as refused:
            if len(chunk) > 1:
                middle = len(chunk) // 2
                waiting += [chunk[middle:], chunk[:middle]]
            elif chunk:
                for refusal in refused.refusals:
                    say(f"The link {as_yaml({key: chunk[0][key] for key in ('from', 'to')})} is not described: {refusal}")
    return kept


def _shared(hosts: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What all hosts have in common, and the rest of each."""
    common = {name: values[name] for name in _OF_ALL for values in hosts.values() if name in values}
    first, *others = hosts.values() or [{}]
    if others:
        common.update(
            (name, value) for name, value in first.items() if name not in _OWN and all(name in one and one[name] == value for one in others)
        )
    return common, {host: {name: value for name, value in values.items() if name not in common} for host, values in hosts.items()}
