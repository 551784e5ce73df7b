# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's part of mqfleet.tls.mqsc: no remote execution for what mqfleet.tls.key_repository, or an earlier play, has seen to
already; and channels that wait for another queue manager are left out."""

from __future__ import annotations

from typing import Any, Mapping

from ansible.plugins.action import ActionBase

# What only the action looks at does not leave the controller.
_ON_CONTROLLER_ONLY = ("seen", "done", "waits_for")
_SAID_ONCE = ("diff", "warnings")


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        options, variables = self._task.args, task_vars or {}
        done, seen = options.get("done"), options.get("seen")
        if isinstance(done, Mapping) and "changed" in done:
            return {**{key: done[key] for key in done if key not in _SAID_ONCE}, "changes": [], "commands": []}
        if isinstance(seen, Mapping) and "changed" in seen:
            return dict(seen)
        arguments = {name: value for name, value in options.items() if name not in _ON_CONTROLLER_ONLY}
        held = _held_back(options.get("waits_for") or {}, variables)
        names = [name for one in held.values() for name in one["channels"]]
        if names:
            arguments["objects"] = [one for one in options.get("objects") or () if one["object"] != "CHANNEL" or one["name"] not in names]
            for option in ("initiates", "responds"):
                arguments[option] = [name for name in options.get(option) or () if name not in names]
        result = dict(self._execute_module(module_name="mqfleet.tls.mqsc", module_args=arguments, task_vars=task_vars))
        if names and not result.get("failed"):
            result["held_back"] = names
            for host, one in held.items():
                self._display.warning(_left(str(options["queue_manager"]), host, one))
        return result


def _held_back(waits_for: Mapping[str, Mapping[str, Any]], variables: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The part of ``waits_for`` whose hosts belong to the play and have dropped out of it."""
    if not waits_for:
        return {}
    lost = set(variables.get("ansible_play_hosts_all") or ()).difference(variables.get("ansible_play_hosts") or ())
    return {host: one for host, one in waits_for.items() if host in lost}


def _left(queue_manager: str, host: str, waited_for: Mapping[str, Any]) -> str:
    return (
        f"The channels {' and '.join(waited_for['channels'])} of the queue manager {queue_manager} were to be compared with their "
        f"description and are left as they are, since {waited_for['queue_manager']} (host {host}), the full repository that it calls, has "
        f"failed or could not be reached in this run; correct that and run again, or leave {host} out with --limit and they do not wait."
    )
