# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a rotation of certificates begins and where it ends. The judgement is in module_utils/_core/certificate_rotation.py."""

from __future__ import annotations

from typing import Any, Mapping

from ..module_utils._core.certificate_rotation import Chosen, begin, held, sentence
from ..module_utils._core.key_repository import checked_moment, pem_blocks, pem_fingerprint
from ..plugin_utils.fleet_action import FleetAction
from ..plugin_utils.fleet_evidence import Evidence
from ..plugin_utils.pki_folder import PkiFolder

_ARGUMENTS = {
    "topology": {"type": "dict", "required": True},
    "pki_dir": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["begun", "ended"], "required": True},
    "hosts": {"type": "list", "elements": "str"},
    "issued_before": {"type": "str", "default": ""},
    "confirmed": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        evidence = Evidence(arguments["topology"], variables, arguments["confirmed"])
        rotation = _Rotation(evidence, PkiFolder(arguments["pki_dir"]), self._task.check_mode)
        hosts = arguments["hosts"] if arguments["hosts"] is not None else list(evidence.planned)
        chosen = [host for host in evidence.planned if host in hosts and evidence.planned[host]["identity"]]
        if arguments["state"] == "begun":
            before = checked_moment("The certificates of the chosen queue managers", arguments["issued_before"])
            return rotation.begin(chosen, before)
        return rotation.end(chosen)


class _Rotation:
    def __init__(self, evidence: Evidence, folder: PkiFolder, check: bool) -> None:
        self._evidence = evidence
        self._folder = folder
        self._check = check

    def begin(self, hosts: list[str], before: str) -> dict[str, Any]:
        """Put down which certificates are to be replaced."""
        changes, replace, names, read = [], {}, [], {host: self._read(host) for host in hosts}
        if not before and self._is_over():
            changes = self._folder.succession.end_rotation(self._check)
            msg = "The rotation of certificates that was under way is complete; run again to replace them once more."
            return {"changed": bool(changes), "changes": changes, "replace": {}, "msg": msg}
        for host, one in read.items():
            fingerprint = begin(one, before)
            if fingerprint and fingerprint != one.recorded:
                pem = pem_blocks(one.certificate["pem"])[0] if one.certificate else ""
                changes.append(self._folder.succession.begin_rotation(one.queue_manager, pem, self._check))
            if fingerprint and one.certificate and fingerprint == one.certificate["fingerprint"]:
                names.append(one.queue_manager)
            if fingerprint:
                replace[host] = fingerprint
        count = f"{len(names)} of {len(hosts)} queue managers" if names else "no queue manager"
        return {"changed": bool(changes), "changes": changes, "replace": replace, "msg": f"The certificate of {count} is to be replaced."}

    def end(self, hosts: list[str]) -> dict[str, Any]:
        """Say who holds it; where nobody of the whole rotation does, it is over."""
        taking_part = set(self._folder.succession.rotating())
        read = [one for host in hosts if (one := self._read(host)).queue_manager in taking_part or one.problem]
        reasons = {one.queue_manager: reason for one in read if (reason := held(one))}
        waiting = [one.queue_manager for one in read if one.waiting]
        changes = self._folder.succession.end_rotation(self._check) if self._is_over() else []
        return {
            "changed": bool(changes),
            "changes": changes,
            "held_by": [{"queue_manager": name, "reason": reasons[name]} for name in sorted(reasons)],
            "waiting": sorted(waiting),
            "msg": sentence(reasons, waiting, [one.queue_manager for one in read if one.unseen], len(read)),
        }

    def _read(self, host: str) -> Chosen:
        evidence, name = self._evidence, self._evidence.name(host)
        repository = evidence.repository(host)
        found = repository.get("found") or repository
        recorded = next((pem_fingerprint(pem) for pem in self._folder.succession.to_replace(name)), "")
        only_read = "found" in repository
        problem = "" if only_read else evidence.problem(host)
        if not repository:
            problem = problem or "was not read in this run, its host failed or is not reachable"
        planned = evidence.planned[host]
        return Chosen(
            queue_manager=name,
            problem=problem,
            certificate=found.get("certificate"),
            recorded=recorded,
            issuer=str(planned["issuer"]["type"]),
            days=int(planned["identity"]["days"]),
            waiting=bool(repository.get("waiting")),
            staged=tuple(evidence.unaccepted(host) or ["its turn"]) if found.get("staged") else (),
            former=self._kept(host) if found.get("former") else "",
            unseen=bool(found.get("former")) and not evidence.linked(host),
            distrusted=self._still_trusted_by(host),
            is_told=only_read or not evidence.refresh_outstanding(host),
        )

    def _kept(self, host: str) -> str:
        """Why the former certificate is still there; without a partner in the run nobody can prove the new one."""
        if not self._evidence.linked(host):
            return ""
        return self._evidence.unproven(host) or "it is about to go"

    def _still_trusted_by(self, host: str) -> tuple[str, ...]:
        """The partners that still trust a former self-signed certificate."""
        retired = {pem_fingerprint(pem) for pem in self._folder.retired(self._evidence.name(host))}
        if not retired:
            return ()
        trusting = [
            partner
            for partner in self._evidence.linked(host)
            if retired & {entry["fingerprint"] for entry in self._evidence.repository(partner).get("trust") or ()}
        ]
        return tuple(self._evidence.name(partner) for partner in trusting)

    def _is_over(self) -> bool:
        """Whether all that take part have got their certificates: by what was read, of others by what they have published."""
        names = self._folder.succession.rotating()
        hosts = {self._evidence.name(host): host for host in self._evidence.planned}
        return bool(names) and all(self._has_ended(name, hosts.get(name)) for name in names)

    def _has_ended(self, name: str, host: str | None) -> bool:
        recorded = self._folder.succession.to_replace(name)
        if host is None or not self._evidence.repository(host):
            return self._folder.published(name)[:1] not in ([], recorded) and not self._folder.succession.trusted(name)
        one = self._read(host)
        return not held(one) and not one.waiting
