# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that say which queue manager a module works on."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  queue_manager:
    description:
      - Name of the queue manager.
      - Names of queue managers are case-sensitive.
    type: str
    required: true
  installation:
    description: Path of the IBM MQ installation that the queue manager belongs to.
    type: path
    default: /opt/mqm
  data_path:
    description: Path of the data of IBM MQ, where C(mqs.ini) lists the queue managers.
    type: path
    default: /var/mqm
notes:
  - The module has to run as a user who may administer the queue manager, usually a member of the group C(mqm).
"""
