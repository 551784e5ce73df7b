# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which staged certificates may be used and which former ones may go. The judgement is in module_utils/_core/identity_rollover.py."""

from __future__ import annotations

from typing import Any, Mapping

from ..module_utils._core.identity_rollover import several, table
from ..module_utils._core.key_repository import pem_fingerprint
from ..plugin_utils.fleet_action import FleetAction
from ..plugin_utils.fleet_evidence import Evidence
from ..plugin_utils.pki_folder import PkiFolder

_ARGUMENTS = {
    "topology": {"type": "dict", "required": True},
    "pki_dir": {"type": "path"},
    "confirmed": {"type": "list", "elements": "str", "default": []},
    "show": {"type": "bool", "default": False},
}


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        evidence = Evidence(arguments["topology"], variables, arguments["confirmed"])
        result = {**_judge(evidence), "distrusting": _distrusting(evidence, arguments["pki_dir"])}
        if arguments["show"]:
            result["table"] = table([evidence.position(host) for host in sorted(evidence.planned, key=evidence.name)])
            self._display.display(f"\n{result['table']}\n")
        return result


def _judge(evidence: Evidence) -> dict[str, Any]:
    staged, accepted, waiting, concerned, proven, kept = [], {}, [], set(), {}, []
    for host in evidence.planned:
        repository = evidence.repository(host)
        if repository.get("staged"):
            staged.append(host)
            reasons = evidence.unaccepted(host)
            if reasons:
                waiting.append(_held(evidence, host, repository["staged"], several(reasons)))
            else:
                accepted[host] = repository["staged"]["fingerprint"]
        if repository.get("former"):
            concerned |= {host, *evidence.linked(host)}
            reason = evidence.unproven(host)
            if reason:
                kept.append(_held(evidence, host, repository["former"], reason))
            else:
                proven[host] = repository["former"]["fingerprint"]
    return {
        "staged": sorted(staged),
        "accepted": accepted,
        "waiting": waiting,
        "concerned": sorted(concerned),
        "proven": proven,
        "kept": kept,
        "msg": _sentence(waiting, kept),
    }


def _held(evidence: Evidence, host: str, certificate: Any, reason: str) -> dict[str, Any]:
    return {"queue_manager": evidence.name(host), "host": host, "serial_number": certificate["serial_number"], "reason": reason}


def _distrusting(evidence: Evidence, pki_dir: str | None) -> list[str]:
    """The hosts that still trust a former self-signed certificate which nobody is to trust any more."""
    if pki_dir is None:
        return []
    folder, retired, found = PkiFolder(pki_dir), {}, []
    for host, planned in evidence.planned.items():
        names = [item["queue_manager"] for item in planned["trust"] if item.get("queue_manager")]
        for name in names:
            if name not in retired:
                retired[name] = {pem_fingerprint(pem) for pem in folder.retired(name)}
        gone = {fingerprint for name in names for fingerprint in retired[name]}
        if gone and gone & {entry["fingerprint"] for entry in evidence.repository(host).get("trust") or ()}:
            found.append(host)
    return sorted(found)


def _sentence(waiting: list[dict[str, Any]], kept: list[dict[str, Any]]) -> str:
    sentences = []
    if waiting:
        reasons = several([f"{one['queue_manager']}: {one['reason']}" for one in waiting])
        sentences.append(
            f"The new certificates of {len(waiting)} queue managers stand beside those in use until every partner accepts them "
            f"(step 1 of 3; {reasons})."
        )
    if kept:
        reasons = several([f"{one['queue_manager']}: {one['reason']}" for one in kept])
        sentences.append(
            f"The former certificates of {len(kept)} queue managers are kept until a live channel proves the new ones ({reasons})."
        )
    return " ".join(sentences) or "No former certificate has to be kept."
