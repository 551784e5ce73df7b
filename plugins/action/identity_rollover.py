# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which former certificates may go. The judgement is in module_utils/_core/identity_rollover.py."""

from __future__ import annotations

from typing import Any, Mapping

from ansible.plugins.action import ActionBase

from ..module_utils._core.identity_rollover import Succession, unproven

_ARGUMENTS = {"topology": {"type": "dict", "required": True}}
# What the tasks of the role register.
_KEY_REPOSITORY, _MQSC, _CHANNELS = "mq_tls_key_repository_result", "mq_tls_mqsc_result", "mq_tls_channel_observation"


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        topology, hostvars = arguments["topology"], (task_vars or {})["hostvars"]
        # the raw variables: through hostvars[host] every host would pay for the plan of the whole fleet
        values = {host: hostvars.raw_get(host) for host in topology["queue_managers"]}
        succeeding = {host: found for host in values if (found := _registered(values[host], _KEY_REPOSITORY)).get("former")}
        concerned, proven, kept = set(succeeding), {}, []
        for host, repository in succeeding.items():
            name, shown = topology["queue_managers"][host]["queue_manager"], []
            for link in topology["links"]:
                partner = link["to_host"] if link["from_host"] == host else link["from_host"] if link["to_host"] == host else None
                if partner in values:
                    concerned.add(partner)
                    rows = _registered(values[partner], _CHANNELS).get("channels", {}).get(link["channel"], [])
                    of = topology["queue_managers"][partner]["queue_manager"]
                    shown += [(of, link["channel"], str(row.get("SSLPEER") or "")) for row in rows if row.get("STATUS") == "RUNNING"]
            outstanding = bool(_registered(values[host], _MQSC).get("refresh_outstanding", True))
            certificate = repository.get("certificate") or {}
            reason = unproven(Succession(certificate, repository["former"], outstanding, shown)) if certificate else "it has no successor"
            if reason:
                kept.append({"queue_manager": name, "host": host, "serial_number": repository["former"]["serial_number"], "reason": reason})
            else:
                proven[host] = repository["former"]["fingerprint"]
        result.update(changed=False, concerned=sorted(concerned), proven=proven, kept=kept, msg=_sentence(kept))
        return result


def _registered(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name)
    return found if isinstance(found, Mapping) and not found.get("failed") else {}


def _sentence(kept: list[dict[str, Any]]) -> str:
    if not kept:
        return "No former certificate has to be kept."
    reasons = "; ".join(f"{one['queue_manager']}: {one['reason']}" for one in kept[:5])
    more = f"; and {len(kept) - 5} more" if len(kept) > 5 else ""
    return f"The former certificates of {len(kept)} queue managers are kept until a live channel proves the new ones ({reasons}{more})."
