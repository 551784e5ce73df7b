# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One queue manager as it was read, and the variables of its host that describe it; its links apart.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Callable, Mapping, Sequence

from ..certificate import Certificate, Entry, moment
from ..channel_authentication import lets_in
from ..key_repository import default_label
from ..topology.queue_manager import KEY_SIZES
from ..topology.refusal import several

Say = Callable[[str], None]

_RENEW_BEFORE_DAYS = 30
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pki:
    """What the PKI folder on the controller holds: its own CA, the one that signs first, and the CA certificates of external ones (PEM)."""

    local_ca: Sequence[str] = ()
    external: Sequence[str] = ()


class Member:
    """A queue manager that was read."""

    def __init__(self, host: str, state: Mapping[str, Any], address: str) -> None:
        self.host = host
        self.address = address
        self.name: str = state["attributes"].get("QMNAME") or state["queue_manager"]
        self.attributes: Mapping[str, Any] = state["attributes"]
        self.repository: Mapping[str, Any] = state["repository"]
        self.instances: Mapping[str, Any] = state["channels"]
        self.history: Mapping[str, Mapping[str, Any]] = state["channel_history"]
        self.described: list[Mapping[str, Any]] = [{"name": "", **one} for one in state["objects"]]
        self.started: list[str] = [one["name"] for one in self.described if one.get("started")]
        self.objects: dict[str, dict[str, Mapping[str, Any]]] = {}
        for one in self.described:
            # rules share a profile, and a client connection may share its name with another channel
            if one["object"] != "CHLAUTH" and one["attributes"].get("CHLTYPE") != "CLNTCONN":
                self.objects.setdefault(one["object"], {})[one["name"]] = one["attributes"]
        self.entries = [_entry(facts) for facts in self.repository.get("certificates") or ()]
        self.label = str(self.attributes.get("CERTLABL") or default_label(self.name))
        self.own = next((entry for entry in self.entries if entry.has_key and entry.label == self.label), None)
        self.chain = self._chain()

    @property
    def where(self) -> str:
        return f"Queue manager {self.name} (host {self.host})"

    @property
    def published(self) -> list[str]:
        """The certificate, then those above it (PEM), as the PKI folder publishes them."""
        return [one.certificate.pem for one in ([self.own, *self.chain] if self.own else [])]

    def channels(self, *types: str) -> dict[str, Mapping[str, Any]]:
        """The definitions of some types, by name."""
        found = {one["name"]: one["attributes"] for one in self.described if one["attributes"].get("CHLTYPE") in types}
        return dict(sorted(found.items()))

    def is_called(self, called: set[tuple[str, int]]) -> bool:
        """Whether one of these addresses and ports is that of a listener here."""
        ports = {int(one.get("PORT") or 1414) for one in self.objects.get("LISTENER", {}).values()} or {1414}
        names = {self.host.lower(), self.address.lower(), *(str(one["IPADDR"]).lower() for one in self._bound())}
        return any(address.lower() in names and port in ports for address, port in called)

    def variables(self, pki: Pki, ports: Sequence[int], now: datetime, say: Say) -> dict[str, Any]:
        """The variables of the host. ``ports``: where partners call. What they cannot describe is said by ``say``."""
        found: dict[str, Any] = {"mq_tls_queue_manager": self.name, "mq_tls_certificate_label": self.label, **self._listening(ports, say)}
        if self.repository.get("exists"):
            found["mq_tls_key_repository"] = str(self.repository["repository"]["path"])
            found["mq_tls_key_repository_type"] = str(self.repository["repository"]["type"])
        else:
            say(f"{self.where} has no key repository at {self.attributes.get('SSLKEYR') or 'SSLKEYR, which is blank'}.")
        if self.own is not None:
            found.update(self._identity(self.own.certificate, pki, now, say))
        if self.attributes.get("SSLCRLNL"):
            say(
                f"{self.where} asks about revocations by the namelist {self.attributes['SSLCRLNL']}, which stays as it is: it is not "
                f"described (mq_tls_revocation would)."
            )
        self._say_what_stays(say)
        return found

    def _bound(self) -> list[Mapping[str, Any]]:
        return [one for one in self.objects.get("LISTENER", {}).values() if one.get("IPADDR")]

    def _listening(self, ports: Sequence[int], say: Say) -> dict[str, Any]:
        """The listener that partners reach, if it is run as the collection runs one; else a blank name, which leaves it alone."""
        listeners = {name: one for name, one in self.objects.get("LISTENER", {}).items() if one.get("TRPTYPE") == "TCP"}
        reached = {name: one for name, one in listeners.items() if int(one.get("PORT") or 0) in ports}
        reached = reached or listeners  # partners may call by way of another port
        run = {name: one for name, one in reached.items() if one.get("CONTROL") == "QMGR" and name in self.started}
        if run:
            name = min(run)
            return {
                "mq_tls_listener": name,
                "mq_tls_listener_port": int(run[name]["PORT"]),
                "mq_tls_listener_address": str(run[name].get("IPADDR") or ""),
            }
        if reached:
            name = min(reached)
            control = reached[name].get("CONTROL")
            state = "is not running" if control == "QMGR" else f"has CONTROL({control})"
            say(f"{self.where} has the listener {name}, which {state}; it is left alone (mq_tls_listener is blank).")
        elif ports:
            say(f"{self.where} has no definition of a listener at {ports[0]}; what listens there is left alone (mq_tls_listener is blank).")
        port = next(iter(ports), next((int(one["PORT"]) for one in listeners.values() if one.get("PORT")), 1414))
        return {"mq_tls_listener": "", "mq_tls_listener_port": port, "mq_tls_listener_address": ""}

    def _identity(self, own: Certificate, pki: Pki, now: datetime, say: Say) -> dict[str, Any]:
        if own.key_size not in KEY_SIZES.get(own.key_type, ()):
            say(f"{self.where} has a key of {own.key_type} {own.key_size}, which is none of those that can be described.")
        days = max(1, round((moment(own.not_after) - moment(own.not_before)) / _DAY))
        left = (moment(own.not_after) - now) // _DAY
        before = min(_RENEW_BEFORE_DAYS, max(0, left - 1), days - 1)
        if before < _RENEW_BEFORE_DAYS and days > _RENEW_BEFORE_DAYS:
            say(
                f"{self.where} has a certificate that ends on {own.not_after}; mq_tls_renew_before_days is {before}, so that nothing is "
                f"renewed at once: raise it to {_RENEW_BEFORE_DAYS} when the certificate may be replaced."
            )
        return {
            "mq_tls_subject": own.subject,
            "mq_tls_key_type": own.key_type,
            "mq_tls_key_size": own.key_size,
            "mq_tls_certificate_days": days,
            "mq_tls_renew_before_days": before,
            **self._issuer(own, pki, say),
        }

    def _issuer(self, own: Certificate, pki: Pki, say: Say) -> dict[str, Any]:
        if own.self_signed:
            return {"mq_tls_issuer": {"type": "self_signed"}}
        if not self.chain:
            say(
                f"{self.where} has a certificate of {own.issuer}, whose own certificate is not in the key repository; add it there and "
                f"adopt again, else the certificate would be taken for a wrong one."
            )
        elif self.chain[0].certificate.pem in pki.local_ca[:1]:
            subjects = [one.certificate.subject for one in self.chain]
            found: dict[str, Any] = {"mq_tls_issuer": {"type": "local_ca"}, "mq_tls_ca_subject": subjects[-1]}
            if len(subjects) > 1:
                found["mq_tls_ca_intermediate_subject"] = subjects[0]
            return found
        return {"mq_tls_issuer": {"type": "external", "trust": [one.certificate.pem for one in self.chain]}}

    def _chain(self) -> list[Entry]:
        """The trusted certificates above the own one, as far as they are in the key repository."""
        found: list[Entry] = []
        below = self.own
        while below is not None and not below.certificate.self_signed:
            signers = below.certificate.signed_by
            above = next((one for one in self.entries if one.certificate.fingerprint in signers and one not in found), None)
            if above is not None:
                found.append(above)
            below = above
        return found

    def _say_what_stays(self, say: Say) -> None:
        for types, remark in (
            (("SVRCONN", "CLNTCONN", "AMQP"), "of clients"),
            (("CLUSSDR", "CLUSRCVR"), "of clusters"),
            (("SVR", "RQSTR"), "of servers and requesters"),
        ):
            names = [name for name, one in self.channels(*types).items() if one.get("SSLCIPH")]
            if names:
                say(f"{self.where} has channels {remark} with TLS ({several(names)}), which are not described and stay as they are.")
        others = {str(one["CERTLABL"]) for one in self.channels("SDR", "RCVR").values() if one.get("CERTLABL")} - {self.label}
        for label in sorted(others):
            say(f"{self.where} has channels with the certificate {label}, which is not managed: nobody renews it.")
        rules = [one for one in self.described if one["object"] == "CHLAUTH" and not lets_in(one["attributes"]) and not _is_default(one)]
        if rules:
            named = several(sorted({f"{one['attributes']['TYPE']} {one['name']}" for one in rules}))
            say(f"{self.where} has CHLAUTH rules that turn away ({named}), which are not described and stay as they are.")


def _is_default(rule: Mapping[str, Any]) -> bool:
    """Whether every queue manager has this rule from its creation on."""
    return rule["name"] == "*" and rule["attributes"]["TYPE"] == "BLOCKUSER" and "*MQADMIN" in rule["attributes"].get("USERLIST", "")


def _entry(facts: Mapping[str, Any]) -> Entry:
    """From the flat form of key_repository_info."""
    certificate = {name: value for name, value in facts.items() if name not in ("label", "has_key", "trusted")}
    return Entry.from_dict({**facts, "certificate": certificate})
