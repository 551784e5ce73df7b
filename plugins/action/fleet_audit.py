# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Holds policies against what was read of the fleet. What they say is decided in module_utils/_core/audit.py."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Mapping

from ..module_utils._core import audit
from ..module_utils._core.audit_subject import FIELDS
from ..module_utils._core.errors import InputError
from ..module_utils._x509 import certificates, library
from ..plugin_utils import jmespath_expression
from ..plugin_utils.fleet_action import FleetAction, write
from ..plugin_utils.fleet_state import gathered
from ..plugin_utils.junit import Case, junit

_ATTEMPT = "The fleet was to be audited"


class ActionModule(FleetAction):
    ARGUMENTS = {
        "policies": {"type": "list", "elements": "dict", "default": []},
        "disabled": {"type": "list", "elements": "str", "default": []},
        "waivers": {"type": "list", "elements": "dict", "default": []},
        "only_validate": {"type": "bool", "default": False},
        "fail_on": {"type": "str", "choices": ["error", "warning", "note"], "default": "error"},
        "fail": {"type": "bool", "default": True},
        "path": {"type": "path"},
        "junit": {"type": "path"},
    }

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        jmespath_expression.require(_ATTEMPT)
        own = arguments["policies"]
        policies = audit.parse_policies(
            own, arguments["disabled"], lambda expression: jmespath_expression.compile_expression(expression, FIELDS)
        )
        waivers = audit.parse_waivers(arguments["waivers"], audit.known_policies(own))
        if arguments["only_validate"]:
            return {"msg": f"{len(policies)} policies and {len(waivers)} waivers can be used."}
        hosts = variables["ansible_play_hosts_all"]
        states = gathered(variables, hosts)
        _add_signature_hashes(states)
        partial = set((variables.get("groups") or {}).get("all") or ()) > set(hosts)
        found = audit.audit(states, policies, waivers, datetime.now(timezone.utc), partial)
        bad = audit.at_least(found["findings"], arguments["fail_on"])
        self._display.display(f"\n{audit.table(found)}\n")
        if arguments["path"]:
            write(arguments["path"], json.dumps(found, indent=2) + "\n")
        if arguments["junit"]:
            write(arguments["junit"], junit("mqfleet.tls.audit", _cases(found, bad)))
        said = {**found, "failing": len(bad), "msg": audit.summary(found)}
        return {**said, "failed": True} if bad and arguments["fail"] else said


def _add_signature_hashes(states: Mapping[str, Mapping[str, Any]]) -> None:
    """With what each certificate is signed. Many queue managers trust the same one: each is looked at once."""
    library.require(_ATTEMPT)
    known: dict[str, str] = {}
    for state in states.values():
        for one in state["repository"].get("certificates") or ():
            if one["fingerprint"] not in known:
                try:
                    known[one["fingerprint"]] = certificates.signature_hash(one["pem"])
                except InputError:
                    known[one["fingerprint"]] = "UNKNOWN"
            one["signature_hash"] = known[one["fingerprint"]]


def _cases(found: Mapping[str, Any], bad: list[Mapping[str, Any]]) -> list[Case]:
    """One for each policy that a queue manager keeps, and one for each finding, which fails where the task would fail for it."""
    failing = {id(one) for one in bad}
    cases = [Case(one["queue_manager"], one["policy"]) for one in found["passed"]]
    for one in found["findings"]:
        words = f"{one['object']}: {one['text']}"
        kind = "" if id(one) not in failing else "error" if one["policy"] in (audit.UNREAD, audit.UNJUDGED) else "failure"
        said = {kind: words, "details": f"{words}\n{one['remedy']}"} if kind else {}
        cases.append(Case(one["queue_manager"], f"{one['policy']}: {one['object']}", **said))
    return cases + [Case(one["queue_manager"], f"{one['policy']}: {one['object']}") for one in found["waived"]]
