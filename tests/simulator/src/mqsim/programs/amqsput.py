# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""amqsput: the sample that puts each line of its input as a message. ``amqsput QUEUE [QMGR]``; an empty line ends it."""

from __future__ import annotations

import sys

from .options import program
from .sample import connect


@program("amqsput QName [QMgrName]", usage_return_code=99)
def main(arguments: list[str], machine) -> int:
    commands = None if sys.stdin.isatty() else sys.stdin.buffer.read()
    return connect("AMQSPUT0", arguments, machine, {"program": "amqsput"}, commands)
