# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the variables of the fleet once and plans it. All decisions are in module_utils/_core/topology/."""

from __future__ import annotations

from typing import Any, Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils._core.errors import MqTlsError
from ..module_utils._core.topology.plan import plan
from ..module_utils._core.topology.variables import DESCRIPTION

_OF_THE_FLEET = ("mq_tls_links", "mq_tls_partners")


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        self.validate_argument_spec(argument_spec={})
        variables = task_vars or {}
        description = _Description(variables["hostvars"])
        try:
            planned = plan(
                description.hosts,
                description.of_the_fleet["mq_tls_links"],
                description.of_the_fleet["mq_tls_partners"],
                groups=variables.get("groups"),
                only=variables.get("ansible_play_hosts_all"),
            )
        except MqTlsError as error:
            raise AnsibleActionFail(str(error)) from error
        result.update(planned, changed=False)
        return result


class _Description:
    """What the inventory says about the fleet, as plain values.

    A value without templates is taken as it stands and, where many hosts share it through group variables, only once: a list of
    ten thousand links costs no more for a thousand hosts than for one.
    """

    def __init__(self, hostvars: Any) -> None:
        self.hosts: dict[str, dict[str, Any]] = {}
        self.of_the_fleet: dict[str, list[Any]] = {name: [] for name in _OF_THE_FLEET}
        # By identity; the shared object is kept with its value, so that its identity stays its own.
        self._shared: dict[int, tuple[Any, bool, Any]] = {}
        seen: dict[str, list[Any]] = {name: [] for name in _OF_THE_FLEET}
        for host in hostvars:
            self._read(hostvars, str(host), seen)

    def _read(self, hostvars: Any, host: str, seen: dict[str, list[Any]]) -> None:
        raw = hostvars.raw_get(host)
        templated: Mapping[str, Any] | None = None
        values: dict[str, Any] = {}
        for name in raw:
            if name != "ansible_host" and not name.startswith("mq_tls_"):
                continue
            if name not in DESCRIPTION and name != "ansible_host":
                values[name] = None  # the name alone is looked at, for typing errors
                continue
            is_plain, value = self._plain(raw[name])
            if not is_plain:
                if templated is None:
                    templated = hostvars[host]
                value = _native(templated[name])
            if name not in _OF_THE_FLEET:
                values[name] = value
            elif value and not any(value is earlier for earlier in seen[name]):
                seen[name].append(value)
                self.of_the_fleet[name] += value if isinstance(value, list) else [value]
        self.hosts[host] = values

    def _plain(self, raw: Any) -> tuple[bool, Any]:
        known = self._shared.get(id(raw))
        if known is None:
            is_plain = not _has_template(raw)
            known = self._shared[id(raw)] = (raw, is_plain, _native(raw) if is_plain else None)
        return known[1:]


def _has_template(value: Any) -> bool:
    if isinstance(value, str):
        return "{{" in value or "{%" in value or "{#" in value
    if isinstance(value, Mapping):
        return any(_has_template(key) or _has_template(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(map(_has_template, value))
    # What is none of YAML's own types (a vaulted string) is left to the template engine.
    return value is not None and not isinstance(value, (bool, int, float))


def _native(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_native(key): _native(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_native(item) for item in value]
    return value
