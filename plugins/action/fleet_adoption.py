# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the variables that describe a fleet that exists. What they are is decided in module_utils/_core/adoption/."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Mapping

from ..module_utils._core.adoption.fleet import adopt
from ..module_utils._core.adoption.member import Pki
from ..module_utils._core.errors import StateError
from ..plugin_utils.adopted_fleet import present, texts, write
from ..plugin_utils.fleet_action import FleetAction
from ..plugin_utils.fleet_state import gathered
from ..plugin_utils.pki_folder import PkiFolder

_ARGUMENTS = {
    "dir": {"type": "path", "required": True},
    "pki_dir": {"type": "path", "required": True},
    "overwrite": {"type": "bool", "default": False},
}


class ActionModule(FleetAction):
    ARGUMENTS = _ARGUMENTS

    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        hosts = [str(host) for host in variables["ansible_play_hosts_all"]]
        states = gathered(variables, hosts)
        folder = PkiFolder(str(Path(arguments["pki_dir"]).absolute()))
        authorities = list(dict.fromkeys([*folder.authority(), *folder.authorities.trusted()]))
        adopted = adopt(
            states,
            {host: str(variables["hostvars"][host].get("ansible_host") or host) for host in hosts},
            datetime.now(timezone.utc),
            Pki(authorities, folder.external()),
            variables.get("groups"),
        )
        publications = self._publications(folder, adopted, arguments["overwrite"])
        files = texts(adopted, Path(arguments["dir"]).absolute())
        before = present(files)
        differing = {path: text for path, text in files.items() if before.get(path) != text}
        self._refuse_to_overwrite([path for path in differing if path in before], arguments["overwrite"])
        changes = [_change(str(path), path in before, "the variables of the fleet") for path in differing]
        changes += [
            _change(folder.published_path(name), bool(folder.published(name)), "partners find the certificate there")
            for name in publications
        ]
        if not self._task.check_mode:
            write(differing)
            for name, pems in publications.items():
                folder.publish(name, pems)
        said = _said(adopted, len(hosts), str(arguments["dir"]))
        self._display.display("\n" + "\n".join([said, *(f"  {sentence}" for sentence in adopted["not_described"])]) + "\n")
        return {
            "changed": bool(changes),
            "changes": changes,
            "files": [str(path) for path in files],
            "variables": {"all": adopted["all"], "hosts": adopted["hosts"]},
            "not_described": adopted["not_described"],
            "diff": [
                {"before": before.get(path, ""), "after": text, "before_header": str(path), "after_header": str(path)}
                for path, text in differing.items()
            ],
            "msg": said,
        }

    @staticmethod
    def _publications(folder: PkiFolder, adopted: dict[str, Any], overwrite: bool) -> dict[str, list[str]]:
        """The certificates that the PKI folder lacks. Another one that is there stays, unless it may be overwritten."""
        found = {}
        for name, pems in adopted["published"].items():
            there = folder.published(name)
            if there and there != pems and not overwrite:
                adopted["not_described"].append(
                    f"{folder.published_path(name)} has another certificate than the key repository of queue manager {name}; site would "
                    f"replace it."
                )
            elif there != pems:
                found[name] = pems
        return found

    @staticmethod
    def _refuse_to_overwrite(paths: list[Path], overwrite: bool) -> None:
        if paths and not overwrite:
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            raise StateError(
                f"The variables of the fleet were to be written to {paths[0]}{more}, where other ones stand; nothing was written: set "
                f"mq_tls_adopt_overwrite to replace them, or give another folder by mq_tls_adopt_dir."
            )


def _change(path: str, is_there: bool, reason: str) -> dict[str, Any]:
    return {"object": "FILE", "name": path, "action": "replace" if is_there else "create", "attributes": {}, "reason": reason}


def _said(adopted: Mapping[str, Any], total: int, folder: str) -> str:
    links, described, left = len(adopted["all"]["mq_tls_links"]), len(adopted["hosts"]), len(adopted["not_described"])
    found = f"{described} of {total} queue managers and {links} link{'' if links == 1 else 's'} are described in {folder}"
    if not left:
        return f"{found}; nothing was found that this does not describe."
    return f"{found}; {left} thing{' is' if left == 1 else 's are'} not, or would be changed by site:"
