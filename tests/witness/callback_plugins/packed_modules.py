# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback for tests: the playbook runs of one test session pack each module once, not once in each run."""

from __future__ import annotations

import os

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: packed_modules
type: aggregate
short_description: Share packed modules between runs
description:
  - Lets C(ansible-playbook) keep the modules that it packs in the folder that C(MQ_TLS_PACKED_MODULES) names.
  - Modules that an earlier run left there are not packed again.
  - Packing is a quarter of what a run on two queue managers with nothing to do costs.
  - Whoever names the folder removes it before a source changes.
requirements: [enable in configuration]
"""


class CallbackModule(CallbackBase):
    """Points Ansible's own folder of packed modules, which lives as long as one run, to the shared one."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "packed_modules"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        """Ansible locks, writes and renames each file in the folder, so runs at the same time may share it."""
        del playbook
        shared = os.environ.get("MQ_TLS_PACKED_MODULES")
        if shared:
            os.makedirs(shared, exist_ok=True)
            os.symlink(shared, os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
