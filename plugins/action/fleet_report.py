# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings together what was read of the fleet and writes the report. What it says is decided in module_utils/_core/fleet_report.py."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Mapping

from ansible.errors import AnsibleActionFail

from ..module_utils._core.audit import UNREAD
from ..module_utils._core.fleet_report import report
from ..plugin_utils.fleet_action import FleetAction
from ..plugin_utils.fleet_state import gathered
from ..plugin_utils.report_files import write_report

_ARGUMENTS = {
    "topology": {"type": "dict", "required": True},
    "dir": {"type": "path", "required": True},
    "verification": {"type": "path"},
    "drift": {"type": "path"},
    "audit": {"type": "path"},
    "findings": {"type": "list", "elements": "dict", "default": []},
    "undescribed": {"type": "bool", "default": True},
}


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        (verdicts,) = self._earlier(arguments["verification"], "mqfleet.tls.verify", "links")
        drift, undescribed = self._earlier(arguments["drift"], "mqfleet.tls.drift", "drift", "undescribed")
        made = report(
            arguments["topology"],
            gathered(variables, variables["ansible_play_hosts_all"]),
            datetime.now(timezone.utc).replace(microsecond=0),
            verdicts=verdicts,
            drift=drift,
            findings=[*arguments["findings"], *self._audited(arguments["audit"])],
            undescribed_before=undescribed if arguments["undescribed"] else None,
        )
        folder = Path(arguments["dir"]).absolute()
        try:
            files = write_report(made, folder)
        except OSError as error:
            raise AnsibleActionFail(
                f"The report on {len(made['queue_managers'])} queue managers was to be written into {folder}, which failed: {error}; "
                "give another folder by mq_tls_report_dir."
            ) from error
        said = f"{made['summary']['text']} The report is in {files[0]}."
        self._display.display(f"\n{said}\n")
        return {"summary": made["summary"], "files": files, "msg": said}

    def _audited(self, path: str | None) -> list[dict[str, Any]]:
        """What an audit found. That a queue manager was not read then says nothing of now, and its own reading says it better."""
        (found,) = self._earlier(path, "mqfleet.tls.audit", "findings")
        return [{**one, "source": "audit"} for one in found if one.get("policy") != UNREAD]

    def _earlier(self, path: str | None, playbook: str, key: str, *beside: str) -> list[list[dict[str, Any]]]:
        """The lists of an earlier run of another playbook, of which those ``beside`` may be missing; empty, with a warning, where it has
        not run yet.
        """
        nothing: list[list[dict[str, Any]]] = [[] for _name in (key, *beside)]
        if not path:
            return nothing
        try:
            written = json.loads(Path(path).read_text(encoding="utf-8"))
            return [list(written[key]), *(list(written.get(name) or ()) for name in beside)]
        except FileNotFoundError:
            self._display.warning(f"The report is made without {path}, which is not there; {playbook} writes it.")
            return nothing
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AnsibleActionFail(
                f"The report was to include {path} and no list '{key}' could be read from it ({error}); remove the file or let {playbook} "
                "write it anew."
            ) from error
