# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every module says of check mode, diff mode and repeated runs."""

from __future__ import annotations


class ModuleDocFragment:
    # The descriptions alone: a module adds its own C(support) and, where it is partial, C(details).
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and say what would be changed without changing it.
  diff_mode:
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    description: A second run with the same options changes nothing and reports no change.
"""

    # For a module that changes something and keeps all three promises.
    CHANGES = r"""
attributes:
  check_mode:
    support: full
    description: Can run in check mode and say what would be changed without changing it.
  diff_mode:
    support: full
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    support: full
    description: A second run with the same options changes nothing and reports no change.
"""

    # For a module that only reads.
    INFO = r"""
attributes:
  check_mode:
    support: full
    description: Can run in check mode and say what would be changed without changing it.
    details: The module only reads.
  diff_mode:
    support: N/A
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    support: full
    description: A second run with the same options changes nothing and reports no change.
    details: The module only reads.
"""
