# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads captured output of dspmq into the structure that playbooks work with."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.dspmq import parse


def parse_dspmq(text: Any) -> dict[str, Any]:
    """The queue managers and their attributes (see the filter's documentation)."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"mqfleet.tls.parse_dspmq reads the output of dspmq, a string, and was given {type(text).__name__}.")
    return {"queue_managers": parse(text)}


class FilterModule:
    """The filter's entry point for Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"parse_dspmq": parse_dspmq}
