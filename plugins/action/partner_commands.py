# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the other administrator's commands into the PKI folder. The text is made in module_utils/_core/partner_commands.py."""

from __future__ import annotations

from typing import Any, Mapping

from ..module_utils._core.partner_commands import commands
from ..plugin_utils.fleet_action import FleetAction
from ..plugin_utils.issuers.outside import trusted
from ..plugin_utils.pki_folder import PkiFolder

_ARGUMENTS = {
    "partners": {"type": "dict", "required": True},
    "pki_dir": {"type": "path", "required": True},
}


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        folder = PkiFolder(arguments["pki_dir"])
        changes: list[dict[str, Any]] = []
        diff: list[dict[str, Any]] = []
        incomplete: dict[str, list[str]] = {}
        for name, partner in sorted(arguments["partners"].items()):
            certificates, missing = _trusted(name, partner["trust"], folder)
            text = commands(name, partner, certificates, missing)
            written, before = folder.write_partner(name, text, self._task.check_mode)
            if missing:
                incomplete[name] = missing
            if written:
                changes += written
                path = folder.partner_path(name)
                diff.append({"before": before, "after": text, "before_header": path, "after_header": path})
        paths = {name: folder.partner_path(name) for name in sorted(arguments["partners"])}
        return {"changed": bool(changes), "changes": changes, "diff": diff, "paths": paths, "incomplete": incomplete}


def _trusted(name: str, trust: list[Mapping[str, Any]], folder: PkiFolder) -> tuple[list[str], list[str]]:
    """The certificates that a partner has to accept, each once, and in words what of them is not known yet."""
    found: dict[str, None] = {}
    missing = []
    for item in trust:
        if item.get("queue_manager"):
            own = str(item["queue_manager"])
            published = folder.published(own)
            known = [*(published[1:] or published), *folder.succession.trusted(own)]
            what = f"the self-signed certificate of {own}"
        elif item.get("issuer") == "local_ca":
            known, what = folder.authorities.trusted(), "the certificate authority of the fleet"
        else:
            known = trusted(name, item.get("trust"))
            known += folder.external() if item.get("issuer") == "external" else []
            what = f"the CA certificates of the issuer {item.get('issuer')}"
        found.update(dict.fromkeys(known))
        if not known:
            missing.append(what)
    return list(found), missing
