# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's part of mqfleet.tls.mqsc: no remote execution for what mqfleet.tls.key_repository has seen to already."""

from __future__ import annotations

from typing import Any, Mapping

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        seen = self._task.args.get("seen")
        if isinstance(seen, Mapping) and "changed" in seen:
            return dict(seen)
        return dict(self._execute_module(module_name="mqfleet.tls.mqsc", task_vars=task_vars))
