# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings together what was read of the fleet, its plan and the PKI folder. The predictions are in module_utils/_core/preflight.py."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Mapping, Sequence

from ..module_utils._core.certificate import timestamp
from ..module_utils._core.preflight import Known, forecast, planned_authority, summary, table
from ..module_utils._core.trust_chain import HeldCertificate
from ..plugin_utils.fleet_action import FleetAction, write
from ..plugin_utils.fleet_state import gathered

_ARGUMENTS = {
    "topology": {"type": "dict", "required": True},
    "pki_dir": {"type": "path", "required": True},
    "ca_subject": {"type": "str", "default": "CN=MQ fleet CA"},
    "path": {"type": "path"},
    "fail": {"type": "bool", "default": True},
}


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        topology, moment = arguments["topology"], timestamp(datetime.now(timezone.utc))
        states = gathered(variables, variables["ansible_play_hosts_all"])
        planned = {host: one for host, one in topology["queue_managers"].items() if host in states}
        known = _known(planned, arguments["pki_dir"], arguments["ca_subject"], moment)
        rows = forecast(topology["links"], states, planned, known, moment)
        failing = [row for row in rows if row["after"]["ok"] is False]
        unread = [f"\n- {state['error']}" for state in states.values() if not state["read"]]
        shown = table(rows)
        self._display.display(f"\n{shown}{''.join(unread)}\n")
        if arguments["path"]:
            write(arguments["path"], json.dumps({"links": rows}, indent=2) + "\n")
        said = {"links": rows, "table": shown, "failing_links": failing, "msg": summary(rows)}
        return {**said, "failed": True} if failing and arguments["fail"] else said


def _known(planned: Mapping[str, Mapping[str, Any]], pki_dir: str, ca_subject: str, moment: str) -> Known:
    """From the PKI folder. The library `cryptography` is imported here: a run without preflight does without it."""
    from ..module_utils._core.certificate import pem_blocks  # noqa: PLC0415 - see above
    from ..plugin_utils.issuers.outside import trusted  # noqa: PLC0415
    from ..plugin_utils.pki_folder import PkiFolder  # noqa: PLC0415

    folder = PkiFolder(pki_dir)
    authority = _held(folder.authority()) or [planned_authority(ca_subject, moment)]
    accepted = _held(folder.authorities.trusted()) or authority
    outside = _held(folder.external())
    chains, trust, names = {}, {}, set()
    for host, one in planned.items():
        name, issuer = one["queue_manager"], one["issuer"]
        local = issuer["type"] == "local_ca"
        chains[host] = authority if local else _held(trusted(name, issuer.get("trust"))) or outside
        found: list[HeldCertificate] = list(accepted) if local and one["identity"] else []
        for item in one["trust"]:
            if item.get("issuer") == "local_ca":
                found += accepted
            elif item.get("issuer"):
                found += _held(trusted(name, item.get("trust"))) + (outside if item["issuer"] == "external" else [])
            elif item.get("queue_manager"):
                names.add(item["queue_manager"])
            else:
                found += _held([pem for text in item["certificates"] for pem in pem_blocks(text)])
        trust[host] = found
    published = {name: _held(folder.published(name)) for name in names}
    revoked = {entry["serial_number"] for entry in folder.index.read().entries if entry.get("status") == "revoked"}
    return Known(chains, trust, published, frozenset((authority[0].subject, number) for number in revoked))


def _held(pems: Sequence[str]) -> list[HeldCertificate]:
    from ..module_utils._x509 import certificates  # noqa: PLC0415 - see _known

    found = [certificates.load_certificate(pem, "A certificate of the PKI folder") for pem in pems]
    facts = [certificates.facts(one, found) for one in found]
    return [HeldCertificate.from_dict({**vars(one), "label": one.subject, "trusted": True}) for one in facts]
