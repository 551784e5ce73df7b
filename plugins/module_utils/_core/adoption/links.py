# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Senders and receivers of a fleet that was read, joined to the items of mq_tls_links and mq_tls_partners.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

from ..mqsc.objects import same
from ..topology.ends import Ends
from ..topology.naming import OBJECT_NAME
from ..topology.queue_manager import QueueManager, of_host, of_partner
from ..topology.refusal import several
from .member import Member, Say

_CALLED = re.compile(r"([^\s,()]+)\s*(?:\(([0-9]+)\))?")
_DEFAULT_SPEC = "ANY_TLS12_OR_HIGHER"


@dataclass
class Joined:
    """One link: the ends that are in the inventory, and the name of the partner outside where one is not."""

    channel: str
    sender: Member | None
    receiver: Member | None
    outside: str = ""

    @property
    def sending(self) -> Mapping[str, Any]:
        return self.sender.objects["CHANNEL"][self.channel] if self.sender else {}

    @property
    def receiving(self) -> Mapping[str, Any]:
        return self.receiver.objects["CHANNEL"][self.channel] if self.receiver else {}


@dataclass
class Joints:
    """All links of the fleet, the addresses by which hosts are called, and the CipherSpec that most channels have."""

    links: list[Joined] = field(default_factory=list)
    addresses: dict[str, Counter[str]] = field(default_factory=dict)
    reached: Counter[str] = field(default_factory=Counter)  # how many hosts are called by an address
    cipher_spec: str = _DEFAULT_SPEC

    def address(self, host: str) -> str:
        """The CONNAME that most partners use and that leads to no other host, or blank."""
        found = self.addresses.get(host, Counter())
        own = sorted(one for one in found if self.reached[one] == 1)
        return max(own, key=lambda one: found[one]) if own else ""

    def ports(self, host: str) -> list[int]:
        return sorted({port for address in self.addresses.get(host, ()) for _name, port in called(address)})


def called(connection_name: str) -> set[tuple[str, int]]:
    """Addresses and ports of a CONNAME."""
    return {(address, int(port or 1414)) for address, port in _CALLED.findall(connection_name)}


def join(members: Sequence[Member], say: Say) -> Joints:
    joints = Joints()
    receivers: dict[str, list[Member]] = {}
    for member in members:
        for name, one in member.channels("RCVR").items():
            if one.get("SSLCIPH"):
                receivers.setdefault(name, []).append(member)
    specs: Counter[str] = Counter()
    answered: set[tuple[str, str]] = set()
    for member in members:
        for name, one in member.channels("SDR").items():
            if not one.get("SSLCIPH"):
                continue
            specs[str(one["SSLCIPH"])] += 1
            receiver = _receiver(one, name, receivers.get(name, ()), members)
            if receiver is not None:
                answered.add((receiver.host, name))
                joints.addresses.setdefault(receiver.host, Counter())[str(one["CONNAME"])] += 1
                joints.links.append(Joined(name, member, receiver))
            else:
                _outside(joints, Joined(name, member, None), members, say)
    for name, owners in receivers.items():
        for member in owners:
            specs[str(member.objects["CHANNEL"][name]["SSLCIPH"])] += 1
            if (member.host, name) not in answered:
                _outside(joints, Joined(name, None, member), members, say)
    joints.reached.update(address for found in joints.addresses.values() for address in found)
    if specs:
        joints.cipher_spec = max(sorted(specs), key=lambda one: specs[one])
    return joints


def _receiver(sender: Mapping[str, Any], channel: str, candidates: Sequence[Member], members: Sequence[Member]) -> Member | None:
    """Who answers: by the address that is called, else by the names of queue and channel, else the only one with this channel."""
    where = called(str(sender.get("CONNAME", "")))
    for found in (
        [one for one in candidates if one.is_called(where)],
        [one for one in candidates if one.name == sender.get("XMITQ")],
        [one for one in candidates if channel.endswith(f".{one.name}")],
        list(candidates),
    ):
        if len(found) == 1:
            return found[0]
    return None


def _outside(joints: Joints, link: Joined, members: Sequence[Member], say: Say) -> None:
    """A channel whose other end is on no host that was read."""
    member = link.sender or link.receiver
    if member is None:
        return
    instances = member.instances.get(link.channel) or [{}]
    own = re.escape(member.name)
    pattern = f"{own}\\.TO\\.(.+)" if link.sender else f"(.+)\\.TO\\.{own}"
    by_name = re.fullmatch(pattern, link.channel)
    candidates = [instances[0].get("RQMNAME"), link.sending.get("XMITQ"), by_name.group(1) if by_name else ""]
    name = next((str(one) for one in candidates if one and OBJECT_NAME.match(str(one))), "")
    what = f"{member.where} has the {'sender' if link.sender else 'receiver'} {link.channel}"
    if not name:
        say(f"{what}, whose partner is not known; describe it in mq_tls_partners and mq_tls_links.")
    elif name in {one.name for one in members}:
        end = "receiver" if link.sender else "sender"
        say(f"{what}, for which {name} has no {end} with TLS of this name; it is not described and stays as it is.")
    else:
        link.outside = name
        joints.links.append(link)


class Describer:
    """Items of mq_tls_links, for the ends as ``variables`` describe them."""

    def __init__(self, joints: Joints, variables: Mapping[str, Mapping[str, Any]], groups: Iterable[str], say: Say) -> None:
        self._joints = joints
        self._variables = variables
        self._groups = set(groups)
        self._say = say
        self._described: dict[tuple[bool, str], QueueManager] = {}

    def partners(self) -> list[dict[str, Any]]:
        """Items of mq_tls_partners for the ends outside the inventory."""
        links: dict[str, list[Joined]] = {}
        for link in self._joints.links:
            if link.outside:
                links.setdefault(link.outside, []).append(link)
        found = []
        for name, several_links in sorted(links.items()):
            addresses = Counter(str(link.sending["CONNAME"]) for link in several_links if link.sender)
            item: dict[str, Any] = {"name": name}
            if addresses:
                item["address"] = max(sorted(addresses), key=lambda one: addresses[one])
            members = {member.host: member for link in several_links for member in (link.sender, link.receiver) if member}
            certificates = self._accepted(list(members.values()))
            if certificates:
                item["certificates"] = certificates
            self._say(
                f"The partner {name} is on no host that was read; which of the trusted certificates of {several(sorted(members))} "
                f"stand for it is not to be seen, so mq_tls_partners has {len(certificates)} of them: keep those that are the partner's. "
                f"The first run of site writes the commands for its administrator to the PKI folder."
            )
            found.append(item)
        return found

    def _accepted(self, members: Sequence[Member]) -> list[str]:
        """What all of them trust and no queue manager of the inventory needs."""
        ours = {pem for values in self._members() for pem in values.published}
        common = [entry.certificate.pem for entry in members[0].entries if entry.trusted and not entry.has_key]
        for member in members[1:]:
            theirs = {entry.certificate.pem for entry in member.entries if entry.trusted}
            common = [pem for pem in common if pem in theirs]
        return [pem for pem in common if pem not in ours] or common

    def _members(self) -> list[Member]:
        return [member for link in self._joints.links for member in (link.sender, link.receiver) if member]

    def item(self, link: Joined, partners: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
        """The item of one link; None where its two ends contradict what an item can say."""
        first, second = self._end(link.sender, link, partners), self._end(link.receiver, link, partners)
        options: dict[str, Any] = {}
        if link.receiver and str(link.receiving.get("SSLCAUTH", "")).upper() == "OPTIONAL":
            if link.receiving.get("SSLPEER"):
                self._say(
                    f"{link.receiver.where} has the receiver {link.channel} with SSLCAUTH(OPTIONAL) and an SSLPEER, which demands a "
                    f"certificate all the same; it is not described and stays as it is: set SSLCAUTH(REQUIRED) and adopt again."
                )
                return None
            options["authentication"] = "one_way"
        elif not link.receiver and not (link.sender and link.sender.own):
            options["authentication"] = "one_way"
        if link.channel != f"{first.name}.TO.{second.name}":
            options["channel"] = link.channel
        if link.sender and link.sending.get("XMITQ") != second.name:
            options["transmission_queue"] = str(link.sending["XMITQ"])
        specs = {str(end["SSLCIPH"]) for end in (link.sending, link.receiving) if end}
        if len(specs) == 1 and specs != {self._joints.cipher_spec}:
            options["cipher_spec"] = specs.pop()
        ends = Ends(first, second, {"channel": link.channel, **options}, lambda _refusal: None, lambda _warning: None)
        queue = link.sender.objects.get("QLOCAL", {}).get(ends.transmission_queue) if link.sender else None
        differing = {
            "initiator_attributes": _differing("CHANNEL", ends.sending(), link.sending),
            "responder_attributes": _differing("CHANNEL", ends.receiving(), link.receiving),
            "transmission_queue_attributes": _differing("QLOCAL", ends.queue(), queue or {}),
        }
        options.update((key, values) for key, values in differing.items() if values)
        return {"from": self._named(first), "to": self._named(second), **options}

    def _end(self, member: Member | None, link: Joined, partners: Mapping[str, Mapping[str, Any]]) -> QueueManager:
        key = (member is None, member.host if member else link.outside)
        if key not in self._described:
            if member:
                values = {"ansible_host": member.address, **self._variables[member.host]}
                self._described[key] = of_host(member.host, member.name, values, lambda _refusal: None)
            else:
                self._described[key] = of_partner(link.outside, partners[link.outside], lambda _refusal: None)
        return self._described[key]

    def _named(self, end: QueueManager) -> Any:
        return {"queue_manager": end.name} if end.name in self._groups else end.name


def _differing(object_type: str, planned: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What is there, where a plan without further attributes would set something else; nothing, where the object is not there."""
    keywords = [*planned, "CERTLABL"] if found.get("CERTLABL") else list(planned)
    return {
        keyword: found.get(keyword, "")
        for keyword in keywords
        if found and keyword not in ("XMITQ", "SSLCAUTH") and not same(object_type, keyword, found.get(keyword), planned.get(keyword, ""))
    }
