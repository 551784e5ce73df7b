# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The generations of a key repository on disk, as docs/architecture.md section 5 shows them.

A queue manager reads several files (.kdb, .sth) one after the other, so they have to change at once: each is a symbolic link through
``current``, and a rename of ``current`` is the change.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import Iterator, Sequence

from .files import Access, Files
from .lock import locked

# All files that a key repository of any type may have; the queue manager may still read the one of the other type.
SUFFIXES = (".kdb", ".sth", ".rdb", ".crl", ".p12")
FILES_OF = {"cms": SUFFIXES[:4], "pkcs12": SUFFIXES[4:]}
# These stand beside the files of a generation: the names of those that only a queue manager needs which has not been told of another type
# yet; the password of its PKCS #12 file; how often the password was made anew, plus one.
_SUPERSEDED = "superseded"
PASSWORD = "password"
_PASSWORD_GENERATION = "password_generation"
# Begins the line of the file `refresh` that says when the certificate ends that the queue manager still presents.
IN_USE_UNTIL = "certificate in use until "


class Generations:
    """``stem``: path of the repository without suffix; ``access``: what its files get, see Access."""

    def __init__(self, stem: str, files: Files, access: Access) -> None:
        self.stem = stem
        self.name = os.path.basename(stem)
        self.directory = f"{stem}.d"
        self.files = files
        self.access = access  # as wanted
        self._new = Access(access.mode, *ownership(stem, access))  # for what is made new

    @property
    def private(self) -> Access:
        """For new files that nobody else may read, whatever the mode of the repository."""
        return Access(0o600, self._new.owner, self._new.group)

    def inside(self, name: str) -> str:
        """Path of something in the directory ``key.d``."""
        return os.path.join(self.directory, name)

    def live(self, suffix: str) -> str:
        """The path by which the queue manager opens a file."""
        return self.stem + suffix

    def existing(self) -> list[str]:
        """Suffixes of the files that are there."""
        return [suffix for suffix in SUFFIXES if os.path.exists(self.live(suffix))]

    def numbers(self) -> list[str]:
        """The generations, oldest first."""
        with suppress(OSError):
            return sorted(name for name in os.listdir(self.directory) if name.isdigit())
        return []

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Keep other runs out; waits ``timeout`` seconds for one that is at work, then raises StateError that names it."""
        for directory in (os.path.dirname(self.stem), self.directory):
            if not os.path.isdir(directory):
                with suppress(FileExistsError):
                    self.files.make_directory(directory, self._new)
        with locked(self.inside("lock"), timeout, f"key repository {self.stem}"):
            self.files.give(self.inside("lock"), self.private)  # a run by root may be followed by one of mqm
            yield

    def draft(self) -> str:
        """A new directory with copies of the files in use, to be changed; the path of the repository in it, without suffix."""
        draft = self.inside("draft.new")
        self.files.remove(draft)
        self.files.make_directory(draft, self._new)
        for suffix in self.existing():
            self.files.copy(self.live(suffix), os.path.join(draft, self.name + suffix))
        if self.superseded():
            self.supersede(self.superseded())
        password = self.password()
        if password:
            self.set_password(password)
        if self.password_generation() > 1:
            self.set_password_generation(self.password_generation())
        return os.path.join(draft, self.name)

    def supersede(self, suffixes: Sequence[str]) -> None:
        """Let the draft say that its files with these suffixes are those of the type before."""
        self._put_beside(_SUPERSEDED, " ".join(suffixes), self._new)

    def set_password(self, password: str) -> None:
        """Let the draft keep the password of its PKCS #12 file, so that both change in one rename."""
        self._put_beside(PASSWORD, password, self.private)

    def set_password_generation(self, number: int) -> None:
        """Let the draft say which of the passwords that were asked for it has."""
        self._put_beside(_PASSWORD_GENERATION, str(number), self._new)

    def _put_beside(self, name: str, text: str, access: Access) -> None:
        self.files.write(os.path.join(self.inside("draft.new"), name), text.encode("utf-8") + b"\n", access)

    def password(self, number: str = "") -> str | None:
        """Of the PKCS #12 file in use, or of the one that would be with a generation; None where none is kept."""
        path = self.inside(PASSWORD)
        if number and os.path.islink(path):
            path = self.inside(f"{number}/{PASSWORD}")
        with suppress(FileNotFoundError), open(path, encoding="utf-8") as stream:
            return stream.read().rstrip("\n") or None
        return None

    def keep_password(self, password: str) -> None:
        """Of the files in use, which stay."""
        path = self.inside(PASSWORD)
        in_use = self.inside(f"current/{PASSWORD}")
        ours = os.path.islink(path) and os.path.isdir(os.path.dirname(in_use))
        self.files.write(in_use if ours else path, password.encode("utf-8") + b"\n", self.private)

    def password_generation(self) -> int:
        """Which of the passwords that were asked for the files in use have."""
        with suppress(OSError, ValueError), open(self.inside(f"current/{_PASSWORD_GENERATION}"), encoding="ascii") as stream:
            return int(stream.read())
        return 1

    def superseded(self, number: str = "current") -> tuple[str, ...]:
        """Suffixes of the files in use (or of a generation) that stay only until the queue manager has been told of the other type."""
        with suppress(OSError, UnicodeDecodeError), open(self.inside(f"{number}/{_SUPERSEDED}"), encoding="ascii") as stream:
            return tuple(suffix for suffix in stream.read().split() if suffix in SUFFIXES)
        return ()

    def settle(self, timeout: float = 30.0) -> None:
        """The queue manager has been told: drop what only the type before needed. The generation before keeps its files, as the backup.

        The list goes last, so that a run that ends in between is followed by one that does it again.
        """
        if not self.superseded():
            return
        with self.locked(timeout):
            superseded = self.superseded()
            for suffix in superseded:
                if self._is_ours(suffix):
                    self.files.remove(self.live(suffix))
                self.files.remove(self.inside(f"current/{self.name}{suffix}"))
            if ".p12" in superseded:
                self.files.remove(self.inside(PASSWORD))
                self.files.remove(self.inside(f"current/{PASSWORD}"))
            self.files.remove(self.inside(f"current/{_SUPERSEDED}"))

    def discard(self) -> None:
        """Drop a draft."""
        with suppress(OSError):
            self.files.remove(self.inside("draft.new"))

    def publish(self, in_use_until: str = "", tells: bool = True) -> None:
        """Make the draft the repository in use, in one rename; the one before stays as the backup, and so does the one of `before`.

        ``tells``: whether the queue manager has to be told of it.
        ``in_use_until``: when the certificate ends that the queue manager goes on presenting until it is told of the new ones.
        """
        draft = self.inside("draft.new")
        suffixes = [suffix for suffix in SUFFIXES if os.path.exists(os.path.join(draft, self.name + suffix))]
        for suffix in suffixes:
            path = os.path.join(draft, self.name + suffix)
            self.files.give(path, self._access(path))
            self.files.sync(path)
        self.files.sync(draft)
        self._adopt()
        if os.path.exists(os.path.join(draft, PASSWORD)):
            self._adopt_password()
        number = self._next()
        self.files.rename(draft, self.inside(number))
        for suffix in suffixes:
            if not self._is_ours(suffix):  # leads nowhere until `current` is swapped: nobody sees a part of the files
                self.files.symlink(self._target(suffix), self.live(suffix))
        previous = self.current()
        if tells and previous and not os.path.exists(self.inside("refresh")):
            self.files.symlink(previous, self.inside("before"))  # ahead of the swap: a run that ends in between has changed nothing yet
        if tells:
            self.restore(number, in_use_until)
        else:
            self.files.symlink(number, self.inside("current"))
        self._prune({number, previous, self.before()})

    def restore(self, number: str, in_use_until: str = "") -> None:
        """Make a generation the one in use, in one rename, and have the queue manager told of it; no other one goes."""
        for suffix in self.suffixes(number):
            if not os.path.lexists(self.live(suffix)):
                self.files.symlink(self._target(suffix), self.live(suffix))
        # written anew each time: a refresh that is under way counts for the marker that was there when it began
        self.files.write(self.inside("refresh"), self._marker(in_use_until).encode("utf-8"), self.private)
        self.files.symlink(number, self.inside("current"))

    def suffixes(self, number: str) -> list[str]:
        """Of the files of a generation."""
        return [suffix for suffix in SUFFIXES if os.path.exists(os.path.join(self.inside(number), self.name + suffix))]

    def plain(self, number: str) -> list[str]:
        """Files that somebody put in the place of the links to those of a generation."""
        live = [self.live(suffix) for suffix in self.suffixes(number) if not self._is_ours(suffix)]
        return [path for path in live if os.path.lexists(path)]

    def _marker(self, in_use_until: str) -> str:
        with suppress(OSError, UnicodeDecodeError), open(self.inside("refresh"), encoding="utf-8") as stream:
            return stream.read()  # the queue manager has not been told of the generation before either, and works with an older one
        return "REFRESH SECURITY TYPE(SSL) is outstanding\n" + (f"{IN_USE_UNTIL}{in_use_until}\n" if in_use_until else "")

    def _adopt(self) -> None:
        """Bring files that someone put there as plain files into a generation, each step leaving the same contents."""
        suffixes = self.existing()
        plain = [suffix for suffix in suffixes if not self._is_ours(suffix)]
        if not plain:
            return
        draft = self.inside("adopted.new")
        self.files.remove(draft)
        self.files.make_directory(draft, self._new)
        for suffix in suffixes:
            self.files.link(self.live(suffix), os.path.join(draft, self.name + suffix))
        number = self._next()
        self.files.rename(draft, self.inside(number))
        self.files.symlink(number, self.inside("current"))
        for suffix in plain:
            self.files.symlink(self._target(suffix), self.live(suffix))

    def _adopt_password(self) -> None:
        """From now on key.d/password is that of the generation in use; each step leaves the same contents."""
        path, in_use = self.inside(PASSWORD), os.path.join("current", PASSWORD)
        if os.path.islink(path):
            return
        password = self.password()
        if password and self.current():
            self.files.write(self.inside(in_use), password.encode("utf-8") + b"\n", self.private)
        self.files.symlink(in_use, path)

    def _prune(self, keep: set[str]) -> None:
        for number in self.numbers()[:-1]:
            if number not in keep:
                with suppress(OSError):  # the swap is done; the next run tries again
                    self.files.remove(self.inside(number))

    def current(self) -> str:
        """The generation in use; blank where there is none."""
        return self._led_to("current")

    def before(self) -> str:
        """The generation that the queue manager worked with before the last change of which it is to be told; blank where there is none.

        One that only removes what the queue manager does not use any more (`tells` of publish) is no such change.
        """
        return self._led_to("before")

    def _led_to(self, link: str) -> str:
        with suppress(OSError):
            return os.readlink(self.inside(link))
        return ""

    def _next(self) -> str:
        numbers = self.numbers()
        return f"{int(numbers[-1]) + 1 if numbers else 1:04d}"

    def _target(self, suffix: str) -> str:
        return os.path.join(f"{self.name}.d", "current", self.name + suffix)

    def _is_ours(self, suffix: str) -> bool:
        return os.path.islink(self.live(suffix)) and os.readlink(self.live(suffix)) == self._target(suffix)

    def _access(self, path: str) -> Access:
        """For a file of a draft: a copy keeps the owner of its original, a new file gets that of the repository's directory."""
        found = os.stat(path)
        owner, group = self._new.owner, self._new.group
        original = self.live(path[len(path) - 4 :])
        if os.path.exists(original):
            before = os.stat(original)
            owner = before.st_uid if self.access.owner is None else owner
            group = before.st_gid if self.access.group is None else group
        return Access(self.access.mode, owner if owner is not None else found.st_uid, group if group is not None else found.st_gid)


def ownership(stem: str, access: Access) -> tuple[int | None, int | None]:
    """Owner and group for new files: as wanted, else, made by root, those of the directory, so that the queue manager can read them."""
    owner, group = access.owner, access.group
    if os.geteuid() == 0:
        folder = os.path.dirname(stem)
        found = os.stat(folder if os.path.isdir(folder) else os.path.dirname(folder))
        owner = found.st_uid if owner is None else owner
        group = found.st_gid if group is None else group
    return owner, group
