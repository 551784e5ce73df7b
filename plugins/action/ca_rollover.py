# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The barrier between the steps of a CA rollover. The judgement is in module_utils/_core/rollover.py."""

from __future__ import annotations

from typing import Any, Mapping

from ..module_utils._core import rollover
from ..module_utils._core.errors import StateError
from ..module_utils._core.key_repository import pem_fingerprint
from ..module_utils._core.rollover import Authorities, Authority, Seen
from ..module_utils._x509 import certificates
from ..plugin_utils.fleet_action import FleetAction
from ..plugin_utils.pki_folder import PkiFolder

_ARGUMENTS = {
    "topology": {"type": "dict", "required": True},
    "pki_dir": {"type": "path", "required": True},
    "step": {"type": "str", "choices": [rollover.TRUSTED, rollover.REISSUED, rollover.DROPPED, "status"], "default": "status"},
    "hold": {"type": "bool", "default": False},
}
# What the tasks of the role register, read in check mode: what is to be done to a queue manager is what it lacks.
_READ = ("mq_tls_key_repository_result", "mq_tls_mqsc_result", "mq_tls_channel_observation")


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        folder, step = PkiFolder(arguments["pki_dir"]), arguments["step"]
        authorities = _authorities(folder)
        seen = _evidence(arguments["topology"], variables)
        shown = rollover.table(seen, authorities)
        self._display.display(f"\n{shown}\n")
        held_by = [
            {"queue_manager": one.queue_manager, "host": one.host, "reason": reason}
            for one in seen
            if step != "status" and (reason := rollover.hold(step, one, authorities))
        ]
        if arguments["hold"]:
            held_by.append({"queue_manager": "mq_tls_rollover_hold", "host": "", "reason": f"is {step}"})
        changes = []
        if not held_by:
            changes = _advance(folder, step, authorities, self._task.check_mode)
        return {
            "changed": bool(changes),
            "changes": changes,
            "table": shown,
            "held_by": held_by,
            "queue_managers": {one.queue_manager: rollover.position(one, authorities) for one in seen},
            "msg": _sentence(step, held_by, len(seen), authorities),
        }


def _authorities(folder: PkiFolder) -> Authorities:
    current = _authority(folder.authority())
    if current is None:
        raise StateError(f"The CA of the fleet was to be looked at and there is none in {folder.path}; run mqfleet.tls.site first.")
    retired = [_authority([pem]) for pem in folder.authorities.retired()]
    return Authorities(
        current,
        _authority(folder.authorities.chain("next")),
        _authority(folder.authorities.chain("previous")),
        tuple(one for one in retired if one),
    )


def _authority(chain: list[str]) -> Authority | None:
    if not chain:
        return None
    facts = certificates.facts(certificates.load_certificate(chain[0], "The certificate of a CA"))
    return Authority(facts.subject, pem_fingerprint(chain[0]))


def _evidence(topology: Mapping[str, Any], variables: Mapping[str, Any]) -> list[Seen]:
    """What this run has read of each queue manager that accepts the CA; those that it did not read are named."""
    active, hostvars = set(variables["ansible_play_hosts"]), variables["hostvars"]
    seen = [Seen(name, host, "it is not part of this run (--limit)") for host, name in (topology.get("not_planned") or {}).items()]
    for host, planned in topology["queue_managers"].items():
        if {"issuer": "local_ca"} not in planned["trust"]:
            continue
        name = planned["queue_manager"]
        if host not in active:
            seen.append(Seen(name, host, "the host failed or is not reachable"))
        else:
            seen.append(_seen(name, host, planned, hostvars.raw_get(host)))  # templated, each would cost the plan of the fleet
    return sorted(seen, key=lambda one: one.queue_manager)


def _seen(name: str, host: str, planned: Mapping[str, Any], values: Mapping[str, Any]) -> Seen:
    results: list[Mapping[str, Any]] = []
    for variable in _READ:
        result = values.get(variable)
        if not isinstance(result, Mapping) or result.get("failed") or result.get("unreachable"):
            said = result.get("msg") if isinstance(result, Mapping) else None
            return Seen(name, host, str(said or "see the tasks before this one"))
        results.append(result)
    repository, definitions, channels = results
    local = planned["identity"] is not None and planned["issuer"]["type"] == "local_ca"
    certificate = repository.get("certificate") or {}
    return Seen(
        queue_manager=name,
        host=host,
        trusted=frozenset(entry["fingerprint"] for entry in repository["trust"]),
        issuer=str(certificate.get("issuer") or "") if local else "",
        has_right_certificate=not local or bool(certificate),
        # due now, or held back by mq_tls_refresh_window
        refresh_outstanding=any(change["object"] == "SECURITY" for change in definitions["changes"])
        or bool(definitions.get("refresh_outstanding")),
        shown=tuple(
            (channel, str(row.get("SSLCERTI") or ""))
            for channel, rows in channels["channels"].items()
            for row in rows
            if row.get("STATUS") == "RUNNING"
        ),
    )


def _advance(folder: PkiFolder, step: str, authorities: Authorities, check: bool) -> list[dict[str, Any]]:
    """What becomes possible when a step is reached: the next CA signs, or the one before is not trusted any more."""
    if step == rollover.TRUSTED and authorities.following:
        if not check:
            folder.authorities.promote()
        return [_change(authorities.following.subject, "alter", "every queue manager accepts it: it signs from now on")]
    if step == rollover.REISSUED and authorities.previous:
        if not check:
            folder.authorities.retire()
        return [_change(authorities.previous.subject, "remove", "no queue manager uses a certificate of it")]
    return []


def _change(subject: str, action: str, reason: str) -> dict[str, Any]:
    return {"object": "CERTIFICATE AUTHORITY", "name": subject, "action": action, "attributes": {}, "reason": reason}


def _sentence(step: str, held_by: list[dict[str, Any]], total: int, authorities: Authorities) -> str:
    if step == "status":
        return f"{total} queue managers accept the CA of the fleet; the table says where each of them stands."
    if not held_by:
        return f"All {total} queue managers have reached the step {step}."
    reasons = "; ".join(f"{one['queue_manager']} {one['reason']}" for one in held_by[:5])
    more = f"; and {len(held_by) - 5} more" if len(held_by) > 5 else ""
    return (
        f"The fleet was to reach the step {step} on its way to {authorities.newest.subject} and it is held, {total} queue managers "
        f"having been looked at: {reasons}{more}; nothing is interrupted meanwhile, run mqfleet.tls.rotate_ca again when that is settled."
    )
