# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads captured output of runmqakm and runmqckm into the structure that playbooks work with."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.runmqakm import parse


def parse_runmqakm(text: Any) -> dict[str, Any]:
    """Certificates, requests, details and messages (see the filter's documentation)."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"mqfleet.tls.parse_runmqakm reads the output of runmqakm, a string, and was given {type(text).__name__}.")
    return parse(text)


class FilterModule:
    """The filter's entry point for Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"parse_runmqakm": parse_runmqakm}
