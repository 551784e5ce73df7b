# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An action that runs once, on the controller, for the whole fleet.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils._core.errors import MqTlsError, StateError


def write(path: str, content: str) -> None:
    """Write a report to a file on the controller. Raises StateError where that is not possible."""
    try:
        Path(path).write_text(content, encoding="utf-8")
    except OSError as error:
        raise StateError(
            f"The result was to be written to {path} on the controller and that failed ({error.strerror}); "
            "name a file in a folder that is there."
        ) from None  # its text would follow a second time


class FleetAction(ActionBase):
    """Checks the arguments against ``ARGUMENTS`` and returns what ``of_fleet`` finds; its MqTlsError is the task's failure."""

    TRANSFERS_FILES = False
    ARGUMENTS: ClassVar[dict[str, Any]]
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=self.ARGUMENTS)
        try:
            result.update(changed=False)
            result.update(self.of_fleet(arguments, task_vars or {}))
        except MqTlsError as error:
            raise AnsibleActionFail(str(error)) from error
        return result

    @abstractmethod
    def of_fleet(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """What the task returns; ``changed`` is False unless it says otherwise."""
