# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Any command on the controller as the issuer: the request on its standard input, the certificate on its standard output.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Sequence

from ...module_utils._core.errors import MqTlsError, StateError, ToolError
from ...module_utils._core.key_repository import Identity
from ...module_utils._ports.command import CommandRunner
from ...module_utils._x509 import chain
from ..pki_folder import PkiFolder
from .issuer import checked
from .outside import OutsideCa

# As much of what a command says as a sentence bears.
_SAID = 300


class Command(OutsideCa):
    """``argv``: program and arguments, no shell; ``timeout`` in seconds; ``trust``: the CA certificates (PEM) that its chains end in."""

    def __init__(self, argv: Sequence[str], timeout: float, trust: Sequence[str], folder: PkiFolder | None, runner: CommandRunner) -> None:
        super().__init__(folder, trust, pinned=True)
        self._argv = list(argv)
        self._timeout = timeout
        self._runner = runner

    def sign(self, queue_manager: str, request: str, identity: Identity) -> list[str]:
        program = self._argv[0]  # alone: arguments may be long, and nobody should have to think of messages when writing them
        attempt = f"The request of queue manager {queue_manager} was to be signed by the command {program}"
        asked = checked(attempt, queue_manager, request, identity)
        try:
            done = self._runner.run(self._argv, request, self._timeout)
        except ToolError as error:
            raise StateError(
                f"{attempt} and it did not end within {self._timeout:g} seconds; nothing was changed: look why, or raise timeout in "
                f"mq_tls_issuer."
            ) from error
        except (MqTlsError, OSError) as error:
            reason = error if isinstance(error, OSError) else error.__cause__
            said = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
            raise StateError(f"{attempt} and it could not be run ({said}); correct argv in mq_tls_issuer.") from error
        if done.rc:
            said = _cut(done.stderr) or _cut(done.stdout) or "nothing"
            raise StateError(
                f"{attempt} and it ended with return code {done.rc} (it said: {said}); nothing was changed: correct that and run again."
            )
        found = chain.read(
            done.stdout.encode("utf-8"), f"The answer of the command {program} to the request of queue manager {queue_manager}"
        )
        return self._accepted(attempt, queue_manager, asked, found, identity)


def _cut(text: str) -> str:
    """The end of a text in one line, since programs give the reason last."""
    line = " ".join(text.split())
    return line if len(line) <= _SAID else "..." + line[-_SAID:]
