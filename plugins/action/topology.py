# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the variables of the fleet once and plans it. All decisions are in module_utils/_core/topology/."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping

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
    ten thousand links costs no more for a thousand hosts than for one. A template is evaluated when the plan asks for its value, so that
    a run for one host evaluates those of its partners only.
    """

    def __init__(self, hostvars: Any) -> None:
        self.hosts: dict[str, Mapping[str, Any]] = {}
        self.of_the_fleet: dict[str, list[Any]] = {name: [] for name in _OF_THE_FLEET}
        # By identity; the shared object is kept with its value, so that its identity stays its own.
        self._shared: dict[int, tuple[Any, bool, Any]] = {}
        seen: dict[str, list[Any]] = {name: [] for name in _OF_THE_FLEET}
        for host in hostvars:
            self._read(hostvars, str(host), seen)

    def _read(self, hostvars: Any, host: str, seen: dict[str, list[Any]]) -> None:
        raw = hostvars.raw_get(host)
        values = _Values(lambda: hostvars[host])
        for name in raw:
            if name in DESCRIPTION or name == "ansible_host":
                is_plain, value = self._plain(raw[name])
                values.put(name, value, is_plain)
            elif name.startswith("mq_tls_"):
                values.put(name, None)  # the name alone is looked at, for typing errors
        for name in _OF_THE_FLEET:
            value = values.pop(name)
            if value and not any(value is earlier for earlier in seen[name]):
                seen[name].append(value)
                self.of_the_fleet[name] += value if isinstance(value, list) else [value]
        self.hosts[host] = values

    def _plain(self, raw: Any) -> tuple[bool, Any]:
        known = self._shared.get(id(raw))
        if known is None:
            is_plain = not _has_template(raw)
            known = self._shared[id(raw)] = (raw, is_plain, _native(raw) if is_plain else None)
        return known[1:]


class _Values(Mapping[str, Any]):
    """The values of one host by name. Those with templates are evaluated, with ``templated``, when they are first asked for."""

    def __init__(self, templated: Callable[[], Mapping[str, Any]]) -> None:
        self._templated = templated
        self._evaluated: Mapping[str, Any] | None = None
        self._values: dict[str, Any] = {}
        self._waiting: set[str] = set()

    def put(self, name: str, value: Any, is_plain: bool = True) -> None:
        self._values[name] = value
        if not is_plain:
            self._waiting.add(name)

    def pop(self, name: str) -> Any:
        """The value, or None, which is not there any more then."""
        value = self.get(name)
        self._values.pop(name, None)
        return value

    def __getitem__(self, name: str) -> Any:
        if name in self._waiting:
            if self._evaluated is None:
                self._evaluated = self._templated()
            self._values[name] = _native(self._evaluated[name])
            self._waiting.discard(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


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
