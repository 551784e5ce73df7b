# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What will become of each link of a fleet: as it is now, and as it will be when `site` has run.

What `site` will make is not there to be looked at: a certificate yet to be issued, a CA yet to be made. These are stood in for by
certificates of the planned names that are valid from now on.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable, Mapping, Sequence

from .channel_ends import channel_end
from .distinguished_name import DistinguishedName
from .handshake import INITIATOR, ChannelEnd, Prediction, predict
from .trust_chain import HeldCertificate
from .verdict import SELF_SIGNED, same_name

_END = "9999-12-31T23:59:59Z"
_WORDS = {True: "comes up", False: "FAILS", None: "not known"}


@dataclass(frozen=True)
class Known:
    """What the controller knows beside what was read: the CA certificates by which a queue manager's identity may be signed and those that
    it is to trust, by host; ``published``: self-signed certificates, by queue manager; ``revoked``: (issuer, serial number).
    """

    chains: Mapping[str, Sequence[HeldCertificate]]
    trusted: Mapping[str, Sequence[HeldCertificate]]
    published: Mapping[str, Sequence[HeldCertificate]]
    revoked: frozenset[tuple[str, str]] = frozenset()


def planned_authority(subject: str, moment: str) -> HeldCertificate:
    """A CA that is yet to be made."""
    name, fingerprint = DistinguishedName.parse(subject).text(), f"planned {subject}"
    return HeldCertificate(name, fingerprint, name, name, "00", moment, _END, "RSA", 4096, self_signed=True, trusted=True, is_ca=True)


def forecast(
    links: Iterable[Mapping[str, Any]],
    states: Mapping[str, Mapping[str, Any]],
    planned: Mapping[str, Mapping[str, Any]],
    known: Known,
    moment: str,
) -> list[dict[str, Any]]:
    """One row for each link. ``states`` and ``planned`` (``queue_managers`` of the plan) by inventory host; ``moment`` as there."""
    future = _Future(states, planned, known, moment)
    rows = []
    for link in links:
        channel = link["channel"]
        hosts = (link["from_host"], link["to_host"])
        now = [_present(states.get(host), channel, known) for host in hosts]
        after = [future.end(host, channel) for host in hosts]
        outside = [link[end] for end, host in zip(("from", "to"), hosts) if host not in states]
        rows.append(
            {
                **{key: link[key] for key in ("channel", "from", "to", "authentication")},
                "now": _shown(link, _predicted(now, outside, moment)),
                "after": _shown(link, _predicted(after, outside, moment)),
            }
        )
    return rows


def _predicted(ends: Sequence[ChannelEnd | None], outside: Sequence[str], moment: str) -> Prediction:
    if outside:
        return Prediction(None, cause="outside", sentence=f"Nothing was read of {' and '.join(outside)}, outside of this run.")
    first, second = ends
    if first is None or second is None:
        return Prediction(None, cause="not_defined", sentence="The channel is not defined at both ends yet.")
    return predict(first, second, moment)


def _present(state: Mapping[str, Any] | None, channel: str, known: Known) -> ChannelEnd | None:
    """An end as it is; None where there is no such channel."""
    if state is None:
        return None
    if not state["read"]:
        return channel_end(state, {"SSLCIPH": "ANY_TLS12_OR_HIGHER"})
    definition = _definition(state, channel)
    return None if definition is None else channel_end(state, definition, _learns(state, known))


def _definition(state: Mapping[str, Any], channel: str) -> Mapping[str, Any] | None:
    found = (one for one in state["objects"] if one["object"] == "CHANNEL" and one["name"] == channel)
    return next((one["attributes"] for one in found), None)


def _learns(state: Mapping[str, Any], known: Known) -> frozenset[tuple[str, str]]:
    """What is revoked, as far as the queue manager asks for it."""
    asks = str(state["attributes"].get("SSLCRLNL") or "").strip() or state["tls_settings"].get("CDPCheckExtensions", "").upper() == "YES"
    return known.revoked if asks else frozenset()


class _Future:
    """The queue managers as `site` will leave them. One that was not read is not known afterwards either."""

    def __init__(
        self, states: Mapping[str, Mapping[str, Any]], planned: Mapping[str, Mapping[str, Any]], known: Known, moment: str
    ) -> None:
        self._states, self._planned, self._known, self._moment = states, planned, known, moment
        self._identities = {host: self._identity(host) for host in planned if host in states and states[host]["read"]}
        self._by_name = {planned[host]["queue_manager"]: one for host, one in self._identities.items()}

    def end(self, host: str | None, channel: str) -> ChannelEnd | None:
        state = self._states.get(host or "")
        if host is None or state is None or not state["read"] or host not in self._planned:
            return _present(state, channel, self._known)
        wanted: dict[str, Any] = {}
        queue_manager: dict[str, Any] = {}
        for one in self._planned[host]["objects"]:
            if one["object"] == "QMGR":
                queue_manager.update(one["attributes"])
            elif one["object"] == "CHANNEL" and one["name"] == channel:
                wanted.update(one["attributes"])
        found = state["repository"]
        repository = {**found, "exists": True, "certificates": []}
        attributes = {**state["attributes"], **queue_manager, "SSLKEYR": found["repository"]["ssl_key_repository"]}
        then = {**state, "repository": repository, "attributes": attributes}
        end = channel_end(then, {**(_definition(state, channel) or {}), **wanted}, _learns(then, self._known))
        return replace(end, certificates=self._certificates(host))

    def _certificates(self, host: str) -> list[HeldCertificate] | None:
        identity, planned = self._identities[host], self._planned[host]
        if identity is None and planned["identity"]:
            return None
        held = [HeldCertificate.from_dict(one) for one in self._states[host]["repository"]["certificates"]]
        kept = [one for one in held if not (identity and one.label == identity.label)]
        added = [*self._known.trusted[host], *(self._known.chains[host] if identity else ())]
        for item in planned["trust"]:
            name = item.get("queue_manager")
            partner = self._by_name.get(name)
            if partner:
                added.append(partner)
            elif name:
                added += self._known.published.get(name, ())
        trusted = [replace(one, label="", has_key=False, trusted=True) for one in added]
        known = {one.fingerprint for one in trusted}
        return [*([identity] if identity else []), *trusted, *(one for one in kept if one.fingerprint not in known)]

    def _identity(self, host: str) -> HeldCertificate | None:
        """The certificate in use, where it fits; else the one to be issued. None: none is wanted, or nothing is known of it."""
        wanted, issuer = self._planned[host]["identity"], self._planned[host]["issuer"]["type"]
        if not wanted:
            return None
        chain = self._known.chains[host]
        held = [HeldCertificate.from_dict(one) for one in self._states[host]["repository"]["certificates"]]
        there = next((one for one in held if one.label == wanted["label"] and one.has_key), None)
        if there and (self._fits(there, wanted, issuer, chain) or issuer == "external"):
            return there
        if issuer != SELF_SIGNED and (issuer == "external" or not chain):
            return None
        subject = DistinguishedName.parse(wanted["subject"]).text()
        return HeldCertificate(
            wanted["label"],
            f"planned {self._planned[host]['queue_manager']}",
            subject,
            subject if issuer == SELF_SIGNED else chain[0].subject,
            "00",
            self._moment,
            _END,
            wanted["key_type"],
            wanted["key_size"],
            self_signed=issuer == SELF_SIGNED,
            signed_by=() if issuer == SELF_SIGNED else (chain[0].fingerprint,),
            has_key=True,
        )

    def _fits(self, there: HeldCertificate, wanted: Mapping[str, Any], issuer: str, chain: Sequence[HeldCertificate]) -> bool:
        signed = there.self_signed if issuer == SELF_SIGNED else bool({one.fingerprint for one in chain} & set(there.signed_by))
        return (
            signed
            and same_name(there.subject, DistinguishedName.parse(wanted["subject"]))
            and (there.key_type, there.key_size) == (wanted["key_type"], wanted["key_size"])
            and there.not_before <= self._moment < there.not_after
            and (there.issuer, there.serial_number) not in self._known.revoked
        )


def _shown(link: Mapping[str, Any], found: Prediction) -> dict[str, Any]:
    refused_by = {"": "", INITIATOR: link["from"]}.get(found.refused_by, link["to"])
    return {
        "ok": found.ok,
        "cipher_spec": found.cipher_spec,
        "protocol": found.protocol,
        "refused_by": refused_by,
        "messages": {link["from"]: list(found.initiator_messages), link["to"]: list(found.responder_messages)} if not found.ok else {},
        "cause": found.cause,
        "explanation": found.sentence,
        "remedy": found.remedy,
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as aligned text, each with what is predicted for the end of a run of `site`, and below it why not all come up."""
    head = ("channel", "from", "to", "authentication", "CipherSpec", "protocol", "now", "after site", "refused by", "messages")
    lines = [
        (
            row["channel"],
            row["from"],
            row["to"],
            row["authentication"].replace("_", "-"),
            row["after"]["cipher_spec"] or "-",
            row["after"]["protocol"] or "-",
            "not there" if row["now"]["cause"] == "not_defined" else _WORDS[row["now"]["ok"]],
            _WORDS[row["after"]["ok"]],
            row["after"]["refused_by"] or row["now"]["refused_by"] or "-",
            _said(row["after"] if row["after"]["ok"] is not True else row["now"]),
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(head, *lines)]
    ruler = tuple("-" * width for width in widths)
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in (head, ruler, *lines)]
    reasons = list(_reasons(rows))
    return "\n".join([*text, *(["", *reasons] if reasons else [])])


def _said(shown: Mapping[str, Any]) -> str:
    words = {name: " or ".join(one or "nothing" for one in ids) for name, ids in shown["messages"].items() if ids}
    return ", ".join(f"{name}: {said}" for name, said in words.items()) or "-"


def _reasons(rows: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    for row in rows:
        now, after = row["now"], row["after"]
        if after["ok"] is not True:
            yield f"- {_with_remedy(after)}"
        elif now["ok"] is False:
            yield f"- {now['explanation'][:-1]}; site changes that."


def _with_remedy(shown: Mapping[str, Any]) -> str:
    return f"{shown['explanation'][:-1]}; {shown['remedy']}." if shown["remedy"] else str(shown["explanation"])


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """The forecast in one sentence."""
    failing = [row["channel"] for row in rows if row["after"]["ok"] is False]
    unknown = sum(row["after"]["ok"] is None for row in rows)
    doubt = f"; of {unknown} it is not known" if unknown else ""
    if not failing:
        return f"No link of {len(rows)} is predicted to fail{doubt}."
    named = ", ".join(failing[:5]) + (f" and {len(failing) - 5} more" if len(failing) > 5 else "")
    return f"{len(failing)} of {len(rows)} links will fail ({named}){doubt}; the table says why."
