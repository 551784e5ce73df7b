# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which order objects are made.

Sources: IBM MQ documentation, "Changing full repositories" and "ALTER QMGR" (REPOS, REPOSNL: at least one of them is blank).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Iterable

from ..errors import StateError
from .objects import OBJECT_TYPES, MqObject
from .report import Record

_RESPONDING = frozenset(["RCVR", "CLUSRCVR", "SVRCONN", "AMQP"])
_REPOSITORIES = ("REPOS", "REPOSNL")


def in_order(objects: Iterable[MqObject], backwards: bool = False) -> list[MqObject]:
    """The queue manager; objects before those that name them; responding channels before initiating ones; CHLAUTH.

    The namelist of REPOSNL stands before the queue manager, which looks at it at once and acts for the clusters in it.
    """
    found = list(objects)
    repositories = {one.attributes.get("REPOSNL") for one in found if one.object_type == "QMGR"}

    def rank(one: MqObject) -> tuple[bool, int, bool]:
        is_of_repositories = one.object_type == "NAMELIST" and one.name in repositories
        initiates = one.object_type == "CHANNEL" and one.kind not in _RESPONDING
        return not is_of_repositories, OBJECT_TYPES.index(one.object_type), initiates

    return sorted(found, key=rank, reverse=backwards)


def check_repositories(queue_manager: MqObject, record: Record, name: str) -> None:
    """Raises StateError for REPOS beside REPOSNL, which MQ does not take: all of ALTER QMGR would fail."""
    for wanted, other in (_REPOSITORIES, _REPOSITORIES[::-1]):
        value, shown = queue_manager.attributes.get(wanted), record.get(other)
        if value and shown and other not in queue_manager.attributes:
            raise StateError(
                f"The queue manager {name} was to get {wanted} {value} and has {other} {shown}, and one of them has to be blank; describe "
                f"all clusters of which it is a full repository, or send ALTER QMGR {other}(' ') where it is to be that no longer."
            )
