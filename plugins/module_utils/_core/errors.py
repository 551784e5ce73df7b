# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one family of exceptions of the domain.

Every message is one sentence: what was attempted, on which queue manager and object, what was found, what to do.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations


class MqTlsError(Exception):
    """Root of the family; ``str(error)`` is the sentence for the user."""


class InputError(MqTlsError):
    """The user's description cannot be right; nothing has been changed."""


class ParseError(MqTlsError):
    """A text does not follow its format. ``line`` and ``column`` count from 1; 0 where unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class ToolError(MqTlsError):
    """A program of IBM MQ failed. ``stdout`` and ``stderr`` hold no secrets."""

    def __init__(self, message: str, rc: int = 0, stdout: str = "", stderr: str = "") -> None:
        super().__init__(message)
        self.rc = rc
        self.stdout = stdout
        self.stderr = stderr


class StateError(MqTlsError):
    """What was found on the host does not allow the step (corrupt repository, stopped queue manager, a second run)."""


class UnsafeError(MqTlsError):
    """The step is possible but refused, because it would weaken security (self-signed in production)."""
