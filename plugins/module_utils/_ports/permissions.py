# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Permissions and owners of the files of a key repository: what they are, what they should be.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
from contextlib import suppress
from typing import Any

from .._core.errors import InputError
from .files import Access
from .generations import PASSWORD, Generations


def access_of(queue_manager: str, mode: str, owner: str | None, group: str | None) -> Access:
    """The options of these names as numbers. Raises InputError for a mode that lets everybody in, or that is none, or an unknown name."""
    attempt = f"The files of the key repository of queue manager {queue_manager} were to get"
    if not re.match(r"0?[0-7]{3}\Z", mode) or not int(mode, 8) & 0o400 or int(mode, 8) & 0o137:
        raise InputError(f"{attempt} the mode {mode}; give '0600', or '0640' where a group has to read them.")
    ids: list[int | None] = []
    for kind, name in (("user", owner), ("group", group)):
        try:
            if name is None:
                ids.append(None)
            elif name.isdigit():
                ids.append(int(name))
            else:
                ids.append(pwd.getpwnam(name).pw_uid if kind == "user" else grp.getgrnam(name).gr_gid)
        except KeyError as error:
            raise InputError(f"{attempt} the {kind} {name}, whom this host does not know; correct it.") from error
    return Access(int(mode, 8), *ids)


def file_facts(generations: Generations) -> list[dict[str, Any]]:
    """Path, mode, owner and group of every file of the repository, by the path under which it is used."""
    facts = []
    for path in guarded(generations):
        found = os.stat(path)
        facts.append({"path": path, "mode": f"{found.st_mode & 0o7777:04o}", **names(found.st_uid, found.st_gid)})
    return facts


def loose(generations: Generations) -> list[tuple[str, Access]]:
    """What has other permissions or another owner than it should."""
    found = []
    for path in guarded(generations):
        mode = generations.access.mode
        if os.path.basename(path) == PASSWORD:
            mode = 0o600
        elif path == generations.directory:
            mode = generations.access.directory_mode
        stat = os.stat(path)
        owner_differs = generations.access.owner not in (None, stat.st_uid) or generations.access.group not in (None, stat.st_gid)
        if stat.st_mode & 0o7777 != mode or owner_differs:
            found.append((path, Access(mode, generations.access.owner, generations.access.group)))
    return found


def guarded(generations: Generations) -> list[str]:
    """The files with private keys or passwords, and the directory around them."""
    directory, password = generations.directory, generations.inside(PASSWORD)
    paths = [path for path in (*map(generations.live, generations.existing()), password) if os.path.exists(path)]
    seen = {os.path.realpath(path) for path in paths}
    for number in generations.numbers():
        folder = generations.inside(number)
        inside = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
        paths += [path for path in inside if os.path.realpath(path) not in seen]
    return [*paths, directory] if os.path.exists(directory) else paths


def names(uid: int | None, gid: int | None) -> dict[str, str | None]:
    """User and group as names, or as numbers where the host has no name for them."""
    owner: str | None = None if uid is None else str(uid)
    group: str | None = None if gid is None else str(gid)
    with suppress(KeyError):
        owner = owner if uid is None else pwd.getpwuid(uid).pw_name
    with suppress(KeyError):
        group = group if gid is None else grp.getgrgid(gid).gr_name
    return {"owner": owner, "group": group}
