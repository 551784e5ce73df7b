# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two ends of one link: the channel definition of each, and whether they can come to terms.

Sources: IBM MQ documentation, "DEFINE CHANNEL", "DEFINE QLOCAL", "Triggering channels", "Connecting two queue managers using SSL/TLS",
"Connecting two queue managers using one-way authentication", "SSL Peer (SSLPEER)", "Connection name (CONNAME)".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..cipherspec import check_usable, compatible, find
from ..errors import InputError, MqTlsError
from ..peer_pattern import PeerPattern
from .queue_manager import QueueManager
from .refusal import Refuse, continued, shown

_LIMITS_OF_ZOS = (
    ("CONNAME", 48, "give a shorter mq_tls_address, with one address only"),
    ("SSLPEER", 256, "give a filter that names fewer parts of the subject"),
    ("CERTLABL", 32, "choose a shorter label"),
)


class Ends:
    """What follows for either end of a link from the two queue managers and from what mq_tls_links says about it."""

    def __init__(
        self,
        initiator: QueueManager,
        responder: QueueManager,
        options: Mapping[str, Any],
        refuse: Refuse,
        warn: Callable[[str], None],
    ) -> None:
        self.where = f"The link from {initiator.name} to {responder.name}"
        self.one_way = options.get("authentication") == "one_way"
        self.transmission_queue = str(options.get("transmission_queue") or responder.name)
        self._initiator = initiator
        self._responder = responder
        self._options = options
        self._refuse = refuse
        self._warn = warn
        self.channel = self._channel()
        self.cipher_specs = self._cipher_specs()
        self._check_partner()

    def sending(self) -> dict[str, Any]:
        """The attributes of the initiator's channel."""
        attributes = {
            "CHLTYPE": "SDR",
            "TRPTYPE": "TCP",
            "CONNAME": self._responder.connection_name,
            "XMITQ": self.transmission_queue,
            "SSLCIPH": self.cipher_specs[0],
            "SSLPEER": self._responder.peer_filter,
        }
        own = self._options.get("initiator_attributes", {})
        self._check_peer(own, self._responder, f"{self.where}, initiator_attributes")
        self._check_label(own, self._initiator)
        attributes.update(own)
        self._check_platform(attributes, self._initiator)
        return attributes

    def queue(self) -> dict[str, Any]:
        """The attributes of the initiator's transmission queue."""
        attributes = {
            "USAGE": "XMITQ",
            "TRIGGER": True,
            "TRIGTYPE": "FIRST",
            "TRIGDATA": self.channel,
            "INITQ": "SYSTEM.CHANNEL.INITQ",
        }
        return {**attributes, **self._options.get("transmission_queue_attributes", {})}

    def receiving(self) -> dict[str, Any]:
        """The attributes of the responder's channel."""
        attributes = {
            "CHLTYPE": "RCVR",
            "TRPTYPE": "TCP",
            "SSLCIPH": self.cipher_specs[1],
            "SSLCAUTH": "OPTIONAL" if self.one_way else "REQUIRED",
            "SSLPEER": "" if self.one_way else self._initiator.peer_filter,
        }
        own = self._options.get("responder_attributes", {})
        if str(own.get("SSLCAUTH", attributes["SSLCAUTH"])).upper() != attributes["SSLCAUTH"]:
            self._refuse(
                f"{self.where} is {'one' if self.one_way else 'two'}-way and its responder_attributes give SSLCAUTH({own['SSLCAUTH']}), "
                f"which means the opposite; use the key authentication instead."
            )
        if self.one_way and own.get("SSLPEER"):
            self._refuse(
                f"{self.where} is one-way and its responder_attributes give an SSLPEER, which makes a certificate mandatory; take SSLPEER "
                f"out or make the link two_way."
            )
        else:
            self._check_peer(own, self._initiator, f"{self.where}, responder_attributes")
        self._check_label(own, self._responder)
        attributes.update(own)
        self._check_platform(attributes, self._responder)
        return attributes

    def expected_cipher_spec(self) -> str:
        """Of two definitions that come to terms, the one that says more of what the channel will use."""
        initiator, responder = map(find, self.cipher_specs)
        return self.cipher_specs[1 if initiator and responder and responder.protocols < initiator.protocols else 0]

    def _channel(self) -> str:
        named = self._options.get("channel")
        if named is not None:
            return str(named)
        first, second = self._initiator.name, self._responder.name
        channel = f"{first}.TO.{second}"
        if len(channel) > 20:
            self._refuse(
                f"{self.where} would have the channel {channel} with {len(channel)} characters and IBM MQ takes at most 20; name it with "
                f"the key channel, for example {{from: {first}, to: {second}, channel: {_abbreviated(first, second)}}}."
            )
        return channel

    def _cipher_specs(self) -> tuple[str, str]:
        """SSLCIPH of the initiator's and of the responder's definition."""
        options, initiator, responder = self._options, self._initiator, self._responder
        common = options.get("cipher_spec")
        first = options.get("initiator_attributes", {}).get("SSLCIPH") or common or initiator.cipher_spec or responder.cipher_spec
        second = options.get("responder_attributes", {}).get("SSLCIPH") or common or responder.cipher_spec or initiator.cipher_spec
        try:
            for spec in dict.fromkeys((first, second)):
                check_usable(spec)
        except InputError:
            return first, second  # refused where it is described
        try:
            for spec in dict.fromkeys((first, second)):
                check_usable(spec, responder.key_type)
        except InputError as error:
            self._refuse(f"{self.where}: {continued(error).replace('the responder', responder.name, 1)}")
            return first, second
        if compatible(first, second) != "connects":
            self._refuse(
                f"{self.where} has the CipherSpec {first} at {initiator.name} and {second} at {responder.name}, which do not come to terms "
                f"(AMQ9631E, AMQ9641E): the responder's may be wider than the initiator's, never narrower; give both ends the same with "
                f"cipher_spec."
            )
        return first, second

    def _check_partner(self) -> None:
        initiator, responder = self._initiator, self._responder
        if responder.host is None:
            if not responder.connection_name:
                self._refuse(f"{self.where} needs the address of {responder.name}; add the key address to its item in mq_tls_partners.")
            if not responder.certificates:
                self._refuse(
                    f"{self.where} needs the certificates by which {initiator.name} accepts {responder.name}; add the key certificates "
                    f"(its CA, or its self-signed certificate) to its item in mq_tls_partners."
                )
        if initiator.host is None and not self.one_way and not initiator.certificates:
            self._refuse(
                f"{self.where} is two-way and needs the certificates by which {responder.name} accepts {initiator.name}; add the key "
                f"certificates to its item in mq_tls_partners or make the link one_way."
            )
        for outside, ours, checked in ((responder, initiator, True), (initiator, responder, not self.one_way)):
            if outside.host is None and checked and outside.subject is None:
                self._warn(
                    f"{self.where}: mq_tls_partners does not give the subject of {outside.name}, so {ours.name} accepts any certificate "
                    f"that its trusted certificates vouch for."
                )

    def _check_peer(self, own: Mapping[str, Any], partner: QueueManager, where: str) -> None:
        pattern = own.get("SSLPEER")
        if not pattern:
            return
        try:
            filter_ = PeerPattern.parse(pattern)
        except MqTlsError as error:
            self._refuse(f"{where}: SSLPEER is {shown(pattern)}, which is not a filter for distinguished names: {continued(error)}")
            return
        if partner.subject is not None and not filter_.matches(partner.subject, None):
            self._refuse(
                f"{where}: SSLPEER is {shown(pattern)}, which does not match the subject {partner.subject.text()} of {partner.name} "
                f"(AMQ9636E); correct it, or leave it out and the right one is set."
            )

    def _check_label(self, own: Mapping[str, Any], owner: QueueManager) -> None:
        label = own.get("CERTLABL")
        if label and label != owner.label and owner.host is not None:
            self._warn(
                f"{self.where} takes the certificate {label} of {owner.name}, which this collection does not manage: it has to be in the "
                f"key repository already."
            )

    def _check_platform(self, attributes: Mapping[str, Any], owner: QueueManager) -> None:
        for keyword, limit, remedy in _LIMITS_OF_ZOS if owner.platform == "zos" else ():
            size = len(str(attributes.get(keyword, "")).encode("utf-8"))
            if size > limit:
                self._refuse(
                    f"{self.where} needs the {keyword} {shown(str(attributes[keyword]))} with {size} bytes at {owner.name}, and on z/OS it "
                    f"has at most {limit}; {remedy}."
                )


def _abbreviated(initiator: str, responder: str) -> str:
    """A channel name that fits: FROM.TO.TO with both names cut to what is left."""
    room = 20 - len(".TO.")
    first = initiator[: max(room // 2, room - len(responder))]
    return f"{first}.TO.{responder[: room - len(first)]}"
