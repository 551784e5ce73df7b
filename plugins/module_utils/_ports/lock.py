# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two runs on one queue manager do not interleave.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import os
import time
from contextlib import contextmanager, suppress
from typing import Iterator

from .._core.errors import StateError
from .files import explained

# Descriptors of the locks that this process holds.
_held: set[int] = set()


def held() -> tuple[int, ...]:
    """To be passed on to programs that are started meanwhile: should this process be killed, they go on for a while, and what they are
    at work on is nobody else's until they have ended.
    """
    return tuple(_held)


@contextmanager
def locked(path: str, timeout: float, purpose: str) -> Iterator[bool]:
    """Hold the lock file ``path``; gives whether it had to be waited for (then what was read before may be old).

    The lock ends with the process that holds it and the programs that this has started, however they end; the file stays. Raises
    StateError when another process still has it after ``timeout`` seconds, naming that process, or when the file cannot be opened.
    """
    with explained(f"The lock file {path} was to be opened so that two runs do not interleave", path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    try:
        found = os.fstat(descriptor)
        if found.st_uid == os.geteuid() and found.st_mode & 0o777 != 0o660:
            # Group mqm may be more than one user, and the umask keeps the group out; the directory of a queue manager hands down its group.
            os.fchmod(descriptor, 0o660)
        waited = _take(descriptor, path, timeout)
        _held.add(descriptor)
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} of {_user()}, {purpose}".encode(), 0)
        yield waited
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def _take(descriptor: int, path: str, timeout: float) -> bool:
    end = time.monotonic() + timeout
    waited = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return waited
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
        if time.monotonic() >= end:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace") or "an unknown process"
            raise StateError(
                f"The lock {path} was waited for {timeout:.0f} seconds and is held by {holder}; wait for that run to end and run again."
            )
        waited = True
        time.sleep(0.1)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return str(os.getuid())
