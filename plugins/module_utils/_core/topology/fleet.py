# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fleet as its links make it: collected link by link, then looked at as a whole.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import AbstractSet, Any, Mapping

from .. import revocation
from .clusters import Cluster, ClusterChannels
from .ends import Ends
from .links import Pair
from .objects import desired_objects
from .queue_manager import QueueManager
from .refusal import Refuse, several
from .trust import Trust


class Fleet:
    """Collects, link by link, the objects and the trust of each queue manager."""

    def __init__(self, members: Mapping[str, QueueManager], identities: set[str], bystanders: AbstractSet[str], refuse: Refuse) -> None:
        """``bystanders``: members of the inventory that are here only for what a partner outside has to do for them."""
        self._members = members
        self._concerned = {key: member for key, member in members.items() if key not in bystanders}
        self._identities = identities
        self._refuse = refuse
        self._links: list[dict[str, Any]] = []
        self._warnings: dict[str, None] = {}
        self._channels: dict[str, dict[str, dict[str, Any]]] = {key: {} for key in members}
        self._queues: dict[str, dict[str, dict[str, Any]]] = {key: {} for key in members}  # transmission queues
        self._served: dict[tuple[str, str], str] = {}  # the channel of each of them
        self._initiates: dict[str, list[str]] = {key: [] for key in members}
        self._responds: dict[str, list[str]] = {key: [] for key in members}
        self._trust: dict[str, Trust] = {key: Trust() for key in members}
        self._presenting: set[str] = set()  # who has to show a certificate to somebody
        self._clustered: set[str] = set()
        self._repository_of: dict[str, list[str]] = {}  # the clusters of which a member is a full repository
        self._waits_for: dict[str, dict[str, list[str]]] = {}  # by member: the full repositories that it calls, the channels that wait

    def add(self, pair: Pair) -> None:
        initiator, responder = self._members[pair.initiator], self._members[pair.responder]
        ends = Ends(initiator, responder, pair.options, self._refuse, self._warn)
        anonymous = not self._has_identity(pair.initiator)
        self._add_initiator(pair, ends)
        self._add_responder(pair, ends)
        if ends.one_way and not anonymous and initiator.host is not None:
            self._warn(
                f"{ends.where} is one-way, but {initiator.name} has a certificate for its other links and IBM MQ presents it here too; "
                f"{responder.name} validates it and therefore trusts its issuer."
            )
        self._add_link(ends.channel, initiator, responder, ends.expected_cipher_spec(), ends.one_way, anonymous)

    def add_for_partner(self, pair: Pair) -> None:
        """A link of a partner outside the inventory with a queue manager that is not planned: only the partner's end is of interest."""
        initiator, responder = self._members[pair.initiator], self._members[pair.responder]
        ends = Ends(initiator, responder, pair.options, self._refuse, lambda _warning: None)
        if initiator.host is None:
            self._add_initiator(pair, ends)
        else:
            self._add_responder(pair, ends)

    def _add_initiator(self, pair: Pair, ends: Ends) -> None:
        self._claim_queue(pair.initiator, ends)
        self._add_channel(pair.initiator, ends.channel, ends.sending(), ends.where)
        self._initiates[pair.initiator].append(ends.channel)
        self._trust[pair.initiator].accept(self._members[pair.responder])
        if not ends.one_way:
            self._presenting.add(pair.initiator)

    def _add_responder(self, pair: Pair, ends: Ends) -> None:
        self._add_channel(pair.responder, ends.channel, ends.receiving(), ends.where)
        self._responds[pair.responder].append(ends.channel)
        self._presenting.add(pair.responder)
        if self._has_identity(pair.initiator):
            self._trust[pair.responder].accept(self._members[pair.initiator])

    def add_cluster(self, cluster: Cluster, planned: AbstractSet[str]) -> None:
        """``planned``: the members of the inventory that are planned for; the others only have to be reached."""
        channels = ClusterChannels(cluster, self._members, self._refuse, self._warn)
        issuers = channels.issuers()
        self._clustered.update(cluster.members)
        for key in (member for member in cluster.members if member in planned):
            self._add_channel(key, cluster.receivers[key], channels.receiver(key), cluster.where)
            self._responds[key].append(cluster.receivers[key])
            for issuer in issuers:
                self._trust[key].accept_issuer(issuer)
        for key in (member for member in cluster.full_repositories if member in planned):
            self._repository_of.setdefault(key, []).append(cluster.name)
        for key in cluster.members:
            for target in cluster.targets(key):
                if key in planned and key not in cluster.full_repositories:
                    waiting = self._waits_for.setdefault(key, {}).setdefault(target, [])
                    waiting += [cluster.receivers[key], cluster.receivers[target]]
                if key in planned:
                    self._add_channel(key, cluster.receivers[target], channels.sender(target), cluster.where)
                    self._initiates[key].append(cluster.receivers[target])
                if key in planned or target in planned:
                    initiator, responder = self._members[key], self._members[target]
                    self._add_link(cluster.receivers[target], initiator, responder, channels.cipher_spec(target))

    def _add_link(
        self, channel: str, initiator: QueueManager, responder: QueueManager, spec: str, one_way: bool = False, anonymous: bool = False
    ) -> None:
        self._links.append(
            {
                "channel": channel,
                "from": initiator.name,
                "to": responder.name,
                "from_host": initiator.host,
                "to_host": responder.host,
                "authentication": "one_way" if one_way else "two_way",
                "cipher_spec": spec,
                "initiator_subject": None if anonymous or initiator.subject is None else initiator.subject.text(),
                "responder_subject": None if responder.subject is None else responder.subject.text(),
            }
        )

    def _claim_queue(self, key: str, ends: Ends) -> None:
        queue, channel = ends.transmission_queue, ends.channel
        self._queues[key].setdefault(queue, ends.queue())
        taken = self._served.setdefault((key, queue), channel)
        if taken != channel:
            self._refuse(
                f"{ends.where} uses the transmission queue {queue} with the channel {channel}, and so does the channel {taken} of the same "
                f"queue manager, but only one channel at a time can serve a transmission queue; give one of the links its own with "
                f"transmission_queue."
            )

    def _add_channel(self, key: str, channel: str, attributes: dict[str, Any], where: str) -> None:
        if channel in self._channels[key]:
            self._refuse(
                f"{where} has the channel {channel}, and {self._members[key].name} has another link with a channel of this name; name one "
                f"of them differently with the key channel."
            )
        self._channels[key][channel] = attributes

    def _has_identity(self, key: str) -> bool:
        member = self._members[key]
        return key in self._identities if member.host is not None else bool(member.certificates)

    def _warn(self, sentence: str) -> None:
        self._warnings[sentence] = None

    def refuse_shared_addresses(self) -> None:
        """Two responders behind one address and port: connections for one of them would reach the other."""
        owners: dict[str, str] = {}
        for key, member in self._members.items():
            if member.host is None or not self._responds[key] or not member.connection_name:
                continue
            for address in member.connection_name.lower().split(","):
                owner = owners.setdefault(address, member.name)
                if owner != member.name:
                    self._refuse(
                        f"The queue managers {owner} and {member.name} are both reached at {address}; give one of them another "
                        f"mq_tls_listener_port or its own mq_tls_address."
                    )

    def warn_of_shared_subjects(self) -> None:
        owners: dict[str, list[str]] = {}
        for key, member in self._concerned.items():
            if member.subject is not None and self._has_identity(key):
                owners.setdefault(member.subject.text(), []).append(member.name)
        for subject, names in owners.items():
            if len(names) > 1:
                self._warn(
                    f"The queue managers {several(names)} have the same subject {subject}, so SSLPEER cannot tell one from the other; "
                    f"give each its own with mq_tls_subject."
                )

    def warn_of_no_links(self) -> None:
        linked = {name for link in self._links for name in (link["from"], link["to"])}
        names = [member.name for key, member in self._concerned.items() if member.name not in linked and key not in self._clustered]
        if len(names) == 1:
            self._warn(f"The queue manager {names[0]} takes part in no link: it gets a certificate and a key repository, and no channels.")
        elif names:
            self._warn(
                f"The queue managers {several(names)} take part in no link: they get certificates and key repositories, and no channels."
            )

    def result(self, planned: set[str]) -> dict[str, Any]:
        issuers = {str(member.issuer["type"]) for key, member in self._concerned.items() if member.host and key in self._identities}
        full_repositories_first = sorted(self._members, key=lambda key: key not in self._repository_of)
        hosts = ((self._members[key].host, key) for key in full_repositories_first)
        return {
            "queue_managers": {host: self._queue_manager(key) for host, key in hosts if host is not None and host in planned},
            "links": self._links,
            "warnings": list(self._warnings),
            "issuers": sorted(issuers),
            "full_repositories": sorted(str(self._members[key].host) for key in self._repository_of),
            "partners": {member.name: self._partner(key) for key, member in self._members.items() if member.host is None},
        }

    def _partner(self, key: str) -> dict[str, Any]:
        """What the administrator of a queue manager outside the inventory has to define and to trust."""
        member = self._members[key]
        return {
            "platform": member.platform,
            "subject": member.subject.text() if member.subject else None,
            "certificates": list(member.certificates),
            "presents": key in self._presenting,
            "trust": self._trust[key].entries(),
            "objects": desired_objects(member, self._queues[key], self._channels[key], responds=False)[1:],
            "initiates": sorted(self._initiates[key]),
            "responds": sorted(self._responds[key]),
        }

    def _queue_manager(self, key: str) -> dict[str, Any]:
        member = self._members[key]
        identity = None
        if key in self._identities:
            identity = {
                "label": member.label,
                "subject": member.subject.text() if member.subject else "",
                "key_type": member.key_type,
                "key_size": member.key_size,
                "days": member.days,
                "renew_before_days": member.renew_before_days,
            }
            if member.issuer["type"] == "local_ca":
                self._trust[key].accept_issuer({"type": "local_ca"})
        repositories = self._repository_of.get(key, ())
        planned = {
            "queue_manager": member.name,
            "identity": identity,
            "issuer": dict(member.issuer),
            "trust": self._trust[key].entries(),
            "objects": desired_objects(member, self._queues[key], self._channels[key], bool(self._responds[key]), repositories),
            "initiates": sorted(self._initiates[key]),
            "responds": sorted(self._responds[key]),
        }
        waiting = self._waits_for.get(key)
        if waiting:
            planned["waits_for"] = {
                str(self._members[target].host): {"queue_manager": self._members[target].name, "channels": channels}
                for target, channels in waiting.items()
            }
        directories = revocation.directory_names(member.revocation or {})
        return {**planned, "crl_ldap": directories} if directories else planned
