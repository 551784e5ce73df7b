# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that survive a crash: each change is one rename, after what it names has reached the disk.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator

from .._core.errors import StateError


@dataclass(frozen=True)
class Access:
    """Permission bits of files, and their owner and group as numbers; None: as found."""

    mode: int = 0o600
    owner: int | None = None
    group: int | None = None

    @property
    def directory_mode(self) -> int:
        """Whoever may read the files may enter their directory."""
        return 0o700 | (0o050 if self.mode & 0o040 else 0) | (0o005 if self.mode & 0o004 else 0)


class Files:
    """All changes of files go through here."""

    def step(self, operation: str, path: str) -> None:
        """Called before each single change; a place to stop at, for those who want to see what a crash leaves."""

    def write(self, path: str, data: bytes, access: Access) -> None:
        """Put ``data`` at ``path`` as a whole: a reader sees the old or the new contents."""
        draft = f"{path}.new"
        self.remove(draft)
        self.step("create", draft)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            self.step("write", draft)
            stream.write(data)
            stream.flush()
            self.give(draft, access)
            self.step("sync", draft)
            os.fsync(stream.fileno())
        self.rename(draft, path)

    def copy(self, source: str, target: str) -> None:
        """Copy contents, permissions and owner; ``source`` may be a symbolic link, the copy is a file."""
        self.step("create", target)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(source, "rb") as reader, os.fdopen(handle, "wb") as writer:
            self.step("write", target)
            shutil.copyfileobj(reader, writer)
            found = os.fstat(reader.fileno())
        self.give(target, Access(found.st_mode & 0o777, found.st_uid, found.st_gid))

    def link(self, source: str, target: str) -> None:
        """A second name for the same file; a copy where the file system has no hard links."""
        self.step("link", target)
        try:
            os.link(os.path.realpath(source), target)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP):
                raise
            self.copy(source, target)

    def symlink(self, target: str, path: str) -> None:
        """Make or replace the symbolic link ``path``, in one rename."""
        draft = f"{path}.new"
        self.remove(draft)
        self.step("symlink", draft)
        os.symlink(target, draft)
        self.rename(draft, path)

    def rename(self, source: str, target: str) -> None:
        """Rename within one directory, and wait until the disk has it."""
        self.step("rename", target)
        os.rename(source, target)
        self.sync(os.path.dirname(target))

    def make_directory(self, path: str, access: Access) -> None:
        """Make a directory that is not there yet."""
        self.step("mkdir", path)
        os.mkdir(path, 0o700)
        self.give(path, Access(access.directory_mode, access.owner, access.group))

    def give(self, path: str, access: Access) -> None:
        """Set permissions, and the owner where it differs."""
        self.step("chmod", path)
        found = os.stat(path)
        owner = -1 if access.owner in (None, found.st_uid) else access.owner
        group = -1 if access.group in (None, found.st_gid) else access.group
        if (owner, group) != (-1, -1):
            os.chown(path, owner, group)  # before chmod, since it clears bits
        if found.st_mode & 0o7777 != access.mode:
            os.chmod(path, access.mode)

    def sync(self, path: str) -> None:
        """Wait until a file or directory is on the disk."""
        self.step("sync", path)
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, path: str) -> None:
        """Remove a file, a link or a directory with all that is in it; nothing there is fine."""
        if os.path.isdir(path) and not os.path.islink(path):
            for name in sorted(os.listdir(path)):
                self.remove(os.path.join(path, name))
            self.step("rmdir", path)
            os.rmdir(path)
        elif os.path.lexists(path):
            self.step("unlink", path)
            os.unlink(path)


@contextmanager
def explained(attempt: str, place: str, left: str = "what was in use is unchanged") -> Iterator[None]:
    """Turns an OSError into a StateError; ``attempt`` begins the sentence, ``place`` is the directory that was to be changed, ``left`` says
    what there is now.
    """
    try:
        yield
    except OSError as error:
        path = error.filename or place
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            cause, remedy = f"there is no space left for {path}", "free space there and run again"
        elif error.errno in (errno.EACCES, errno.EPERM):
            cause, remedy = (
                f"this user may not write {path}",
                "run as the owner of the directory (become_user: mqm) or correct its permissions",
            )
        elif error.errno == errno.EROFS:
            cause, remedy = f"{path} is on a file system that is mounted read-only", "mount it for writing"
        else:
            cause, remedy = f"{path} gave the error {error.strerror}", "correct that and run again"
        raise StateError(f"{attempt} and {cause}; {left}: {remedy}.") from error
