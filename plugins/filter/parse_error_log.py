# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads captured error logs of queue managers into the structure that playbooks work with."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.error_log import Entry, parse


def parse_error_log(text: Any) -> dict[str, Any]:
    """The entries in the order of the text (see the filter's documentation)."""
    if not isinstance(text, str):
        raise AnsibleFilterError(
            f"mqfleet.tls.parse_error_log reads an error log of IBM MQ, a string, and was given {type(text).__name__}."
        )
    return {"entries": [_structure(entry) for entry in parse(text)]}


def _structure(entry: Entry) -> dict[str, str]:
    found = {"id": entry.id, "text": entry.text}
    if entry.channel is not None:
        found["channel"] = entry.channel
    if entry.time is not None:
        found["time"] = entry.time
    return found


class FilterModule:
    """The filter's entry point for Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"parse_error_log": parse_error_log}
