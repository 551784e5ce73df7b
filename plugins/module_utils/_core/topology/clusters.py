# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""MQ clusters: the items of mq_tls_links with the key cluster, and the channels that follow for each member.

Every member of a cluster comes to talk to every other one, over channels that the queue managers define for themselves after the
cluster receiver of the one that they call. So what is checked of a pair elsewhere is checked of all members together here.

Sources: IBM MQ documentation, "SSL/TLS and clusters", "Upgrading clustered queue managers and channels to TLS", "DEFINE CHANNEL"
(CLUSRCVR, CLUSSDR), "ALTER QMGR" (REPOS).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping

from ..cipherspec import check_usable
from ..errors import InputError, MqTlsError
from ..peer_pattern import PeerPattern
from .directory import Directory
from .links import members_of
from .options import check_spec, is_object_name, read_attributes
from .queue_manager import QueueManager
from .refusal import Refuse, as_sentence, continued, hint, several, shown

_KEYS = ("cluster", "full_repositories", "members", "channels", "cipher_spec", "initiator_attributes", "responder_attributes")
_GIVEN_BY_THE_CLUSTER = {
    "CHANNEL": "the key channels gives the names",
    "CHLTYPE": "the channels of a cluster are CLUSSDR and CLUSRCVR",
    "TRPTYPE": "TLS needs TCP",
    "CLUSTER": "the key cluster gives the name",
    "CLUSNL": "the key cluster gives the name",
    "CONNAME": "use mq_tls_address of the queue manager",
    "CERTLABL": "use mq_tls_certificate_label of the queue manager",
    "SSLCIPH": "use the key cipher_spec",
    "SSLCAUTH": "the members of a cluster always authenticate each other",
}


@dataclass(frozen=True)
class Cluster:
    """One cluster; members are keys of Directory, full repositories first."""

    name: str
    full_repositories: tuple[str, ...]
    members: tuple[str, ...]
    receivers: Mapping[str, str]  # the name of each member's CLUSRCVR, which is also that of the CLUSSDR towards it
    cipher_spec: str = ""
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by channel type

    @property
    def where(self) -> str:
        return f"The cluster {self.name}"

    def targets(self, member: str) -> tuple[str, ...]:
        """The full repositories that a member calls over channels defined by hand: full ones all others, partial ones the first.

        The rest a queue manager finds out from the cluster.
        """
        if member in self.full_repositories:
            return tuple(one for one in self.full_repositories if one != member)
        return self.full_repositories[:1]


def is_cluster(item: Any) -> bool:
    return isinstance(item, abc.Mapping) and "cluster" in item


def read_clusters(items: Iterable[Mapping[str, Any]], directory: Directory, refuse: Refuse) -> list[Cluster]:
    described: dict[str, Mapping[str, Any]] = {}
    clusters = []
    for item in items:
        name = item["cluster"]
        if not is_object_name(name, 48):
            refuse(
                f"An item of mq_tls_links has the cluster {shown(name)}; IBM MQ takes at most 48 of the characters A-Z a-z 0-9 . / _ % "
                f"there, choose another name."
            )
        elif name not in described:
            described[name] = item
            cluster = _read(name, item, directory, refuse)
            if cluster is not None:
                clusters.append(cluster)
        elif described[name] != item:
            refuse(f"The cluster {name} is described twice in mq_tls_links with different values; keep one description.")
    return clusters


def _read(name: str, item: Mapping[str, Any], directory: Directory, refuse: Refuse) -> Cluster | None:
    where = f"The cluster {name}"
    for unknown in sorted(map(str, set(item) - set(_KEYS))):
        if unknown == "authentication":
            refuse(f"{where} has the key authentication; the members of a cluster always authenticate each other, take it out.")
        else:
            refuse(as_sentence(f"{where} has the unknown key {shown(unknown)}{hint(unknown, _KEYS)}"))
    full = members_of(item.get("full_repositories") or [], directory, f"{where}, full_repositories", refuse)
    if not item.get("full_repositories"):
        refuse(f"{where} has no full repository; name two of its queue managers under full_repositories.")
    members = tuple(dict.fromkeys([*full, *members_of(item.get("members") or [], directory, f"{where}, members", refuse)]))
    for outside in (member for member in members if directory.host(member) is None):
        refuse(
            f"{where} has the member {directory.name(outside)}, which is outside the inventory; a cluster trusts each of its members with "
            f"its definitions, so add its host to the inventory."
        )
    members = tuple(member for member in members if directory.host(member) is not None)
    full_repositories = tuple(member for member in full if member in members)
    if item.get("cipher_spec"):
        check_spec(str(item["cipher_spec"]), where, refuse)
    attributes = {
        channel_type: read_attributes(item.get(key) or {}, channel_type, _GIVEN_BY_THE_CLUSTER, f"{where}, {key}", refuse)
        for key, channel_type in (("initiator_attributes", "CLUSSDR"), ("responder_attributes", "CLUSRCVR"))
    }
    if not full_repositories:
        return None
    receivers = _receivers(name, members, item.get("channels") or {}, directory, refuse)
    return Cluster(name, full_repositories, members, receivers, str(item.get("cipher_spec") or ""), attributes)


def _receivers(name: str, members: Iterable[str], given: Any, directory: Directory, refuse: Refuse) -> Mapping[str, str]:
    """CLUSTER.QUEUE_MANAGER, or what the key channels gives."""
    where = f"The cluster {name}"
    names = {member: f"{name}.{directory.name(member)}" for member in members}
    own: set[str] = set()
    if not isinstance(given, abc.Mapping):
        refuse(f"{where} has channels {shown(given)}; write a dictionary of queue managers and the names of their cluster receivers.")
        given = {}
    for queue_manager, channel in given.items():
        found, problem = directory.members(queue_manager)
        if problem or len(found) != 1 or found[0] not in names:
            refuse(f"{where} names a channel for {shown(queue_manager)}, which is none of its members; correct it or add it to members.")
        elif not is_object_name(channel, 20):
            refuse(
                f"{where} has the channel {shown(channel)} for {directory.name(found[0])}; IBM MQ takes at most 20 of the characters A-Z "
                f"a-z 0-9 . / _ % there, choose another name."
            )
            own.add(found[0])
        else:
            names[found[0]] = channel
    owners: dict[str, str] = {}
    for member, channel in names.items():
        if len(channel) > 20 and member not in own:
            refuse(
                f"{where} would have the channel {channel} with {len(channel)} characters and IBM MQ takes at most 20; name it with the "
                f"key channels, for example channels: {{{directory.name(member)}: {channel[:20]}}}."
            )
        owner = owners.setdefault(channel, member)
        if owner != member:
            refuse(
                f"{where} has the channel {channel} both for {directory.name(owner)} and for {directory.name(member)}; give each member "
                f"its own with channels."
            )
    return names


class ClusterChannels:
    """The channel definitions of the members of one cluster. ``members`` describes all of them."""

    def __init__(self, cluster: Cluster, members: Mapping[str, QueueManager], refuse: Refuse, warn: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._members = {key: members[key] for key in cluster.members}
        self._refuse = refuse
        self._warn = warn
        self._check_keys()
        self._check_issuers()
        self._peer = self._peer_filter()
        if len(cluster.full_repositories) == 1:
            only = self._members[cluster.full_repositories[0]].name
            warn(f"{cluster.where} has the one full repository {only}; while it is down nothing new is found, IBM MQ advises two.")

    def cipher_spec(self, key: str) -> str:
        return self._cluster.cipher_spec or self._members[key].cipher_spec

    def receiver(self, key: str) -> dict[str, Any]:
        """The CLUSRCVR of a member, which is also the pattern of what all others call it by."""
        return {
            "CHLTYPE": "CLUSRCVR",
            "TRPTYPE": "TCP",
            "CLUSTER": self._cluster.name,
            "CONNAME": self._members[key].connection_name,
            "SSLCIPH": self.cipher_spec(key),
            "SSLCAUTH": "REQUIRED",
            "SSLPEER": self._peer,
            **self._cluster.attributes.get("CLUSRCVR", {}),
        }

    def sender(self, target: str) -> dict[str, Any]:
        """The CLUSSDR towards a full repository; what differs from its CLUSRCVR would not count."""
        return {
            "CHLTYPE": "CLUSSDR",
            "TRPTYPE": "TCP",
            "CLUSTER": self._cluster.name,
            "CONNAME": self._members[target].connection_name,
            "SSLCIPH": self.cipher_spec(target),
            "SSLPEER": self._peer,
            **self._cluster.attributes.get("CLUSSDR", {}),
        }

    def issuers(self) -> list[Mapping[str, Any]]:
        """Who has signed the certificates of the members, each once."""
        found: list[Mapping[str, Any]] = []
        for member in self._members.values():
            if member.issuer not in found:
                found.append(member.issuer)
        return found

    def _check_keys(self) -> None:
        owners: dict[str, list[str]] = {}
        for member in self._members.values():
            owners.setdefault(str(member.key_type), []).append(member.name)
        if len(owners) > 1:
            mixture = " and ".join(f"{several(names)} {kind}" for kind, names in sorted(owners.items()))
            self._refuse(
                f"{self._cluster.where} mixes key types: {mixture}; any member comes to talk to any other, so give all of them the same "
                f"mq_tls_key_type."
            )
            return
        for spec, member in {self.cipher_spec(key): member for key, member in self._members.items()}.items():
            try:
                check_usable(spec)
            except InputError:
                continue  # refused where it is described
            try:
                check_usable(spec, member.key_type)
            except InputError as error:
                self._refuse(f"{self._cluster.where}: {continued(error).replace('the responder', member.name, 1)}")

    def _check_issuers(self) -> None:
        names = [member.name for member in self._members.values() if member.issuer.get("type") == "self_signed"]
        if names and len(self._members) > 1:
            self._refuse(
                f"{self._cluster.where} has members with self-signed certificates ({several(names)}), which every other member would have "
                f"to be given; take the mq_tls_issuer local_ca, external or command."
            )

    def _peer_filter(self) -> str:
        """SSLPEER that lets every member in. Members also check by it whom they call, so it is the same everywhere."""
        subjects = [member.subject for member in self._members.values() if member.subject is not None]
        given = {kind: own["SSLPEER"] for kind, own in self._cluster.attributes.items() if own.get("SSLPEER")}
        for kind, pattern in given.items():
            key = "initiator_attributes" if kind == "CLUSSDR" else "responder_attributes"
            where = f"{self._cluster.where}, {key}: SSLPEER is {shown(pattern)}"
            try:
                filter_ = PeerPattern.parse(pattern)
            except MqTlsError as error:
                self._refuse(f"{where}, which is not a filter for distinguished names: {continued(error)}")
                continue
            for member in self._members.values():
                if member.subject is not None and not filter_.matches(member.subject):
                    self._refuse(
                        f"{where}, which does not match the subject {member.subject.text()} of the member {member.name} (AMQ9636E); "
                        f"correct it, or leave it out and the right one is set."
                    )
        if given or not subjects:
            return str(next(iter(given.values()), ""))
        text = PeerPattern.for_all(subjects).text()
        if not text:
            self._warn(
                f"{self._cluster.where}: the subjects of its members have nothing in common, so SSLPEER is blank and they accept any "
                f"certificate that their trusted certificates vouch for; give all of them the same O or OU with mq_tls_subject."
            )
        return text
