# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A queue manager's definitions as described: read, compare, apply. The module mqsc without Ansible.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import Any, Callable, Sequence

from .._core.errors import InputError, MqTlsError
from .._core.key_repository import moment
from .._core.mqsc import interruption
from .._core.mqsc.objects import MqObject, parse_objects
from .._core.mqsc.passwords import with_ldap_passwords
from .._core.mqsc.plan import Plan, diff, plan, with_key_repository
from .._core.mqsc.undescribed import QUESTIONS, undescribed
from .._core.refresh_window import RefreshWindow
from .command import CommandRunner
from .installation import Installation
from .queue_manager import QueueManagerPort, key_repository


class Postponed(MqTlsError):
    """Nothing was applied, since that is for another moment. Not for people."""


def planned_for(
    manager: QueueManagerPort, objects: Sequence[MqObject], parameters: dict[str, Any], check_mode: bool, may_refresh: bool
) -> Plan:
    """Read and compare with ``objects``, those of the parameters; where a refresh is due, count what it interrupts."""
    repository = key_repository(parameters["key_repository"], parameters["key_repository_changes"], check_mode)
    wanted = with_key_repository(objects, repository)
    asked = QUESTIONS if parameters["undescribed"] else ()
    # what a refresh interrupts is asked in the same run where it is known before that there will be one
    expected = may_refresh and (manager.refresh_outstanding or (repository is not None and repository.swapped))
    have = manager.read(wanted, parameters["initiates"], parameters["responds"], (*asked, *([interruption.QUESTION] if expected else ())))
    planned = plan(
        have,
        wanted,
        manager.name,
        key_repository=repository,
        refresh_outstanding=manager.refresh_outstanding,
        may_refresh=may_refresh,
        replace_type=parameters["replace_type"],
        initiates=parameters["initiates"],
        responds=parameters["responds"],
        set_passwords=parameters["set_ldap_passwords"],
    )
    planned = replace(planned, undescribed=tuple(undescribed(have.records, {one.key for one in wanted}) if asked else ()))
    if not planned.refresh:
        return planned
    running = have.status.get(interruption.QUESTION.name or "")
    return replace(planned, interrupts=manager.interrupts() if running is None else interruption.counted(running))


def result_of(planned: Plan, queue_manager: str) -> dict[str, Any]:
    """What the module returns."""
    before, after = diff(planned.changes, interruption.words(planned.interrupts))
    title = f"queue manager {queue_manager}"
    return {
        "changed": bool(planned.steps),
        "changes": planned.changes,
        "commands": [command.redacted() for command in planned.commands],
        "refreshed": planned.refresh,
        "refresh_outstanding": planned.refresh_outstanding,
        "interrupts": dict(planned.interrupts),
        "undescribed": list(planned.undescribed),
        "never_run": list(planned.never_run),
        "restart": list(planned.restart),
        "diff": {"before": before, "after": after, "before_header": title, "after_header": title},
    }


def run(
    parameters: dict[str, Any],
    runner: CommandRunner,
    check_mode: bool,
    clock: Callable[[], datetime] = datetime.now,
    sleep: Callable[[float], None] = time.sleep,
    may_apply: Callable[[Plan], bool] = lambda planned: True,
) -> dict[str, Any]:
    """The result of the module, or an MqTlsError. ``clock`` gives the local time. Raises Postponed where ``may_apply`` refuses the plan."""
    name = parameters["queue_manager"]
    # all that is wrong with the description is said before anything is run
    objects = with_ldap_passwords(parse_objects(parameters["objects"], name), parameters["ldap_passwords"])
    window = RefreshWindow.parse(parameters["refresh_window"])
    retries, delay = parameters["refresh_retries"], parameters["refresh_delay"]
    if retries < 0 or delay < 0:
        raise InputError(f"refresh_retries is {retries} and refresh_delay {delay:g}; neither can be less than 0.")

    def may_refresh(then: datetime) -> bool:
        return parameters["refresh"] == "when_needed" and window.contains(then)

    marker = (parameters["key_repository"] or {}).get("refresh_marker")
    manager = QueueManagerPort(runner, Installation(parameters["installation"], parameters["data_path"]), name, marker)
    now = clock()
    planned = planned_for(manager, objects, parameters, check_mode, may_refresh(now))
    if not may_apply(planned):
        raise Postponed(f"The definitions of the queue manager {name} were to be compared and some are to be changed later.")
    if not check_mode and planned.commands:
        with manager.locked(parameters["lock_timeout"]) as waited:
            if waited:
                now = clock()
                # what the other run has done has to be seen
                planned = planned_for(manager, objects, parameters, check_mode, may_refresh(now))
            if planned.commands:
                manager.apply(planned, retries, delay, lambda: may_refresh(clock()), sleep)
    result = {**result_of(planned, name), "refresh_window_opens": None, "_warnings": []}
    if planned.refresh_outstanding and parameters["refresh"] == "when_needed":
        opening = window.next_opening(now)
        result["refresh_window_opens"] = f"{opening:%Y-%m-%d %H:%M}"
        result["_warnings"] = _held_back(name, window, opening, manager.certificate_in_use_until)
    return result


def _held_back(queue_manager: str, window: RefreshWindow, opening: datetime, in_use_until: str) -> list[str]:
    opens = f"{opening:%Y-%m-%d %H:%M} (local time of its host)"
    warnings = [
        f"The TLS settings of the queue manager {queue_manager} have to be refreshed and the refresh window {window.text()} is closed "
        f"until {opens}; until then it works with the older ones, run again in the window."
    ]
    if in_use_until and moment(in_use_until) <= opening.astimezone():
        warnings.append(
            f"The certificate that the queue manager {queue_manager} presents until it is refreshed ends at {in_use_until}, before the "
            f"refresh window opens at {opens}, and its partners will refuse it; run before that with a wider refresh_window, or with none."
        )
    return warnings


def argument_spec() -> dict[str, Any]:
    """The options of the module mqsc."""
    return {
        "queue_manager": {"type": "str", "required": True},
        "installation": {"type": "path", "default": "/opt/mqm"},
        "data_path": {"type": "path", "default": "/var/mqm"},
        "objects": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "object": {
                    "type": "str",
                    "required": True,
                    "choices": ["QMGR", "AUTHINFO", "NAMELIST", "QLOCAL", "QREMOTE", "LISTENER", "CHANNEL", "CHLAUTH"],
                },
                "name": {"type": "str"},
                "attributes": {"type": "dict", "default": {}},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "started": {"type": "bool"},
            },
        },
        "ldap_passwords": {"type": "dict", "default": {}, "no_log": True},
        "set_ldap_passwords": {"type": "bool", "default": False, "no_log": False},
        "key_repository": {
            "type": "dict",
            "no_log": False,
            "options": {
                "path": {"type": "path"},
                "type": {"type": "str", "choices": ["cms", "pkcs12"], "required": True},
                "ssl_key_repository": {"type": "str", "required": True, "no_log": False},
                "password_file": {"type": "path", "no_log": False},
                "refresh_marker": {"type": "path"},
            },
        },
        "key_repository_changes": {"type": "list", "elements": "dict", "default": [], "no_log": False},
        "initiates": {"type": "list", "elements": "str", "default": []},
        "responds": {"type": "list", "elements": "str", "default": []},
        "refresh": {"type": "str", "choices": ["when_needed", "never"], "default": "when_needed"},
        "refresh_window": {"type": "raw", "default": ""},
        "refresh_retries": {"type": "int", "default": 3},
        "refresh_delay": {"type": "float", "default": 5},
        "replace_type": {"type": "bool", "default": False},
        "undescribed": {"type": "bool", "default": False},
        "lock_timeout": {"type": "float", "default": 30},
        "seen": {"type": "dict"},
        "done": {"type": "dict"},
        "waits_for": {"type": "dict", "default": {}},
    }
