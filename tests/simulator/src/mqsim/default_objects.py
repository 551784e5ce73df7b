# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The objects of a new queue manager: its own attributes, the SYSTEM objects and the three rules of channel authentication.

Sources: captured outputs of 9.4.2 for the channels, the listener and the rules; of the many SYSTEM queues only those are
made that somebody could look for here.
"""

from __future__ import annotations

import time

from .mqsc import attributes

_CHANNELS = {
    "SYSTEM.AUTO.RECEIVER": "RCVR",
    "SYSTEM.AUTO.SVRCONN": "SVRCONN",
    "SYSTEM.DEF.AMQP": "AMQP",
    "SYSTEM.DEF.CLUSRCVR": "CLUSRCVR",
    "SYSTEM.DEF.CLUSSDR": "CLUSSDR",
    "SYSTEM.DEF.RECEIVER": "RCVR",
    "SYSTEM.DEF.REQUESTER": "RQSTR",
    "SYSTEM.DEF.SENDER": "SDR",
    "SYSTEM.DEF.SERVER": "SVR",
    "SYSTEM.DEF.SVRCONN": "SVRCONN",
}
_QUEUES = {
    "SYSTEM.ADMIN.COMMAND.QUEUE": ("QLOCAL", {}),
    "SYSTEM.CHANNEL.INITQ": ("QLOCAL", {}),
    "SYSTEM.CHANNEL.SYNCQ": ("QLOCAL", {}),
    "SYSTEM.CLUSTER.TRANSMIT.QUEUE": ("QLOCAL", {"USAGE": "XMITQ"}),
    "SYSTEM.DEAD.LETTER.QUEUE": ("QLOCAL", {}),
    "SYSTEM.DEFAULT.ALIAS.QUEUE": ("QALIAS", {}),
    "SYSTEM.DEFAULT.INITIATION.QUEUE": ("QLOCAL", {}),
    "SYSTEM.DEFAULT.LOCAL.QUEUE": ("QLOCAL", {}),
    "SYSTEM.DEFAULT.REMOTE.QUEUE": ("QREMOTE", {}),
}
# The object whose values a new one takes, by type
DEFAULT_CHANNEL = {
    "SDR": "SYSTEM.DEF.SENDER",
    "SVR": "SYSTEM.DEF.SERVER",
    "RCVR": "SYSTEM.DEF.RECEIVER",
    "RQSTR": "SYSTEM.DEF.REQUESTER",
    "SVRCONN": "SYSTEM.DEF.SVRCONN",
    "CLNTCONN": "SYSTEM.DEF.CLNTCONN",
    "CLUSSDR": "SYSTEM.DEF.CLUSSDR",
    "CLUSRCVR": "SYSTEM.DEF.CLUSRCVR",
    "AMQP": "SYSTEM.DEF.AMQP",
}
DEFAULT_QUEUE = {
    "QLOCAL": "SYSTEM.DEFAULT.LOCAL.QUEUE",
    "QREMOTE": "SYSTEM.DEFAULT.REMOTE.QUEUE",
    "QALIAS": "SYSTEM.DEFAULT.ALIAS.QUEUE",
}
DEFAULT_LISTENER = "SYSTEM.DEFAULT.LISTENER.TCP"
DEFAULT_NAMELIST = "SYSTEM.DEFAULT.NAMELIST"


def now() -> dict[str, str]:
    """ALTDATE and ALTTIME of this moment, in local time."""
    moment = time.localtime()
    return {"ALTDATE": time.strftime("%Y-%m-%d", moment), "ALTTIME": time.strftime("%H.%M.%S", moment)}


def new_channel(channel_type: str, version) -> dict[str, str]:
    return {"CHLTYPE": channel_type, **attributes.defaults(attributes.CHANNEL_TYPES[channel_type], version), **now()}


def new_queue(queue_type: str, version) -> dict[str, str]:
    table = attributes.QUEUE_TYPES[queue_type]
    created = {keyword: value for keyword, value in zip(("CRDATE", "CRTIME"), now().values(), strict=True) if keyword in table}
    return {"TYPE": queue_type, **attributes.defaults(table, version), **now(), **created}


def new_auth_info(authtype: str, version) -> dict[str, str]:
    return {"AUTHTYPE": authtype, **attributes.defaults(attributes.AUTHINFO_TYPES[authtype], version), **now()}


def new_queue_manager(name: str, version, directory: str, dead_letter_queue: str = "", port: int | None = None) -> dict:
    """Everything that QueueManager keeps between restarts, as crtmqm makes it."""
    moment = now()
    queue_manager = attributes.defaults(attributes.QUEUE_MANAGER, version)
    queue_manager.update(
        moment,
        CRDATE=moment["ALTDATE"],
        CRTIME=moment["ALTTIME"],
        CERTLABL="ibmwebspheremq" + name.lower(),
        CMDLEVEL=version.command_level,
        VERSION=version.number,
        QMID=f"{name}_{moment['ALTDATE']}_{moment['ALTTIME']}",
        SSLKEYR=f"{directory}/ssl/key",
        DEADQ=dead_letter_queue,
    )
    channels = {channel: new_channel(channel_type, version) for channel, channel_type in _CHANNELS.items()}
    for channel in ("SYSTEM.AUTO.RECEIVER", "SYSTEM.AUTO.SVRCONN"):
        channels[channel]["DESCR"] = "Auto-defined by"
    listener = {**attributes.defaults(attributes.LISTENER, version), **moment}
    listeners = {DEFAULT_LISTENER: listener}
    if port is not None:
        listeners["SYSTEM.LISTENER.TCP.1"] = {**listener, "PORT": str(port), "CONTROL": "QMGR"}
    return {
        "attributes": queue_manager,
        "secrets": {},
        "channels": channels,
        "client_channels": {"SYSTEM.DEF.CLNTCONN": new_channel("CLNTCONN", version)},
        "queues": {queue: {**new_queue(kind, version), **values} for queue, (kind, values) in _QUEUES.items()},
        "listeners": listeners,
        "auth_info": {f"SYSTEM.DEFAULT.AUTHINFO.{authtype}": new_auth_info(authtype, version) for authtype in attributes.AUTHINFO_TYPES},
        "namelists": {DEFAULT_NAMELIST: {**attributes.defaults(attributes.NAMELIST, version), **moment}},
        "channel_auth": [
            _rule(
                "SYSTEM.ADMIN.SVRCONN",
                "ADDRESSMAP",
                "Default rule to allow MQ Explorer access",
                ADDRESS="*",
                USERSRC="CHANNEL",
                CHCKCLNT="ASQMGR",
            ),
            _rule("SYSTEM.*", "ADDRESSMAP", "Default rule to disable all SYSTEM channels", ADDRESS="*", USERSRC="NOACCESS", WARN="NO"),
            _rule("*", "BLOCKUSER", "Default rule to disallow privileged users", USERLIST="*MQADMIN", WARN="NO"),
        ],
    }


def _rule(profile: str, rule_type: str, description: str, **values: str) -> dict[str, str]:
    return {"CHLAUTH": profile, "TYPE": rule_type, "DESCR": description, "CUSTOM": "", **values, **now()}
