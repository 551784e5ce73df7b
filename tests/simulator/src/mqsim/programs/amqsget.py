# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""amqsget: the sample that takes all messages from a queue. ``amqsget QUEUE [QMGR]``

It ends when no message came for 3 seconds (15 in MQ), or for as many as the environment variable MQSIM_WAIT says.
"""

from __future__ import annotations

import os

from .options import program
from .sample import connect


@program("amqsget QName [QMgrName]", usage_return_code=99)
def main(arguments: list[str], machine) -> int:
    return connect("AMQSGET0", arguments, machine, {"program": "amqsget", "wait": os.environ.get("MQSIM_WAIT", "3")})
