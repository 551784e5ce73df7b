# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads captured output of dspmqver into the structure that playbooks work with."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.dspmqver import parse


def parse_dspmqver(text: Any) -> dict[str, Any]:
    """The version, or the versions where several installations are shown (see the filter's documentation)."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"mqfleet.tls.parse_dspmqver reads the output of dspmqver, a string, and was given {type(text).__name__}.")
    blocks = parse(text)
    return {"versions": blocks} if len(blocks) > 1 else {"version": blocks[0] if blocks else {}}


class FilterModule:
    """The filter's entry point for Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"parse_dspmqver": parse_dspmqver}
