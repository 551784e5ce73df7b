# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the two sample programs have in common: their first line and the connection."""

from __future__ import annotations

import sys

from ..command_socket import NotAvailable, converse
from ..machine import Machine, private_directory


def connect(title: str, arguments: list[str], machine: Machine, request: dict, standard_input: bytes | None = b"") -> int:
    """Run a sample against ``QUEUE [QMGR]``; the return code is 0, or the reason code of a failed connection."""
    print(f"Sample {title} start")
    if not arguments:
        print("Required parameter missing - queue name")
        return 99
    name = arguments[1] if len(arguments) > 1 else machine.default_queue_manager()
    directory = machine.directory(name)
    reason = 2058 if directory is None else 2059  # MQRC_Q_MGR_NAME_ERROR, MQRC_Q_MGR_NOT_AVAILABLE
    sys.stdout.flush()
    if directory is not None:
        try:
            return converse(private_directory(directory), {**request, "queue": arguments[0]}, standard_input)
        except NotAvailable:
            pass
    print(f"MQCONN ended with reason code {reason}")
    return reason & 0xFF
