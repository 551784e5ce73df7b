# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The MQ objects that one queue manager needs for its links.

Sources: IBM MQ documentation, "DEFINE LISTENER", "DEFINE CHANNEL", "ALTER QMGR"
(REPOS, REPOSNL).

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .. import revocation
from .queue_manager import QueueManager

# the namelist of a full repository of several clusters
REPOSITORIES = "MQFLEET.REPOSITORIES"


def desired_objects(
    member: QueueManager,
    queues: Mapping[str, dict[str, Any]],
    channels: Mapping[str, dict[str, Any]],
    responds: bool,
    repository_of: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """In the order in which they can be made: a sender needs its transmission queue, a trigger names its channel.

    ``queues``: the transmission queues. ``responds``: whether partners call; without a name of a listener, one that is not described here
    serves them. ``repository_of``: the clusters of which the queue manager is a full repository, which it has to be before its cluster
    channels are defined.
    """
    asking = revocation.objects(member.revocation)
    attributes_of_all = {"CERTLABL": member.label, **(asking[0]["attributes"] if asking else {})}
    found: list[dict[str, Any]] = [{"object": "QMGR", "attributes": attributes_of_all}, *asking[1:]]
    if len(repository_of) == 1:
        attributes_of_all["REPOS"] = repository_of[0]
    elif repository_of:
        # one of the two has to be blank, and both change in one command
        attributes_of_all.update(REPOS="", REPOSNL=REPOSITORIES)
        found.insert(0, {"object": "NAMELIST", "name": REPOSITORIES, "attributes": {"NAMES": list(repository_of)}})
    found += [{"object": "QLOCAL", "name": queue, "attributes": dict(own)} for queue, own in sorted(queues.items())]
    if responds and member.listener:
        attributes: dict[str, Any] = {"TRPTYPE": "TCP", "PORT": member.port, "CONTROL": "QMGR"}
        if member.listener_address:
            attributes["IPADDR"] = member.listener_address
        found.append({"object": "LISTENER", "name": member.listener, "attributes": attributes, "started": True})
    found += [{"object": "CHANNEL", "name": channel, "attributes": own} for channel, own in sorted(channels.items())]
    return found
