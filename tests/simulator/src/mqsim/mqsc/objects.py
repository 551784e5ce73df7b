# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of objects that MQSC knows by name, and how commands are refused."""

from __future__ import annotations

from typing import NamedTuple


class Refused(Exception):
    """A valid command that is not carried out; the answer is the id and the text."""

    def __init__(self, message_id: str, text: str):
        super().__init__(f"{message_id}: {text}")
        self.message_id = message_id
        self.text = text


class Verified(Exception):
    """With -v a command ends here: its syntax is right."""


def not_simulated(what: str) -> Refused:
    return Refused("AMQ9999S", f"mqsim: not simulated: {what}")


def not_found(name: str) -> Refused:
    return Refused("AMQ8147E", f"IBM MQ object {name} not found.")


class Kind(NamedTuple):
    """A kind of object: where the queue manager keeps it, how it is called and the ids of its answers."""

    store: str
    name_keyword: str
    longest_name: int
    heading: str
    created: str
    changed: str
    deleted: str
    exists: tuple[str, str]


CHANNEL = Kind(
    "channels",
    "CHANNEL",
    20,
    "AMQ8414I: Display Channel details.",
    "AMQ8014I: IBM MQ channel created.",
    "AMQ8016I: IBM MQ channel changed.",
    "AMQ8015I: IBM MQ channel deleted.",
    ("AMQ8226E", "IBM MQ channel already exists."),
)
_EXISTS = ("AMQ8150E", "IBM MQ object already exists.")
QUEUE = Kind(
    "queues",
    "QUEUE",
    48,
    "AMQ8409I: Display Queue details.",
    "AMQ8006I: IBM MQ queue created.",
    "AMQ8008I: IBM MQ queue changed.",
    "AMQ8007I: IBM MQ queue deleted.",
    _EXISTS,
)
_LISTENER = Kind(
    "listeners",
    "LISTENER",
    48,
    "AMQ8630I: Display listener information details.",
    "AMQ8626I: IBM MQ listener created.",
    "AMQ8623I: IBM MQ listener changed.",
    "AMQ8624I: IBM MQ listener deleted.",
    _EXISTS,
)
_NAMELIST = Kind(
    "namelists",
    "NAMELIST",
    48,
    "AMQ8550I: Display namelist details.",
    "AMQ8552I: IBM MQ namelist created.",
    "AMQ8551I: IBM MQ namelist changed.",
    "AMQ8553I: IBM MQ namelist deleted.",
    _EXISTS,
)
_AUTHINFO = Kind(
    "auth_info",
    "AUTHINFO",
    48,
    "AMQ8566I: Display authentication information details.",
    "AMQ8563I: IBM MQ authentication information created.",
    "AMQ8567I: IBM MQ authentication information changed.",
    "AMQ8564I: IBM MQ authentication information deleted.",
    _EXISTS,
)
KINDS = {
    "CHANNEL": CHANNEL,
    "QLOCAL": QUEUE,
    "QREMOTE": QUEUE,
    "QALIAS": QUEUE,
    "QUEUE": QUEUE,
    "LISTENER": _LISTENER,
    "NAMELIST": _NAMELIST,
    "AUTHINFO": _AUTHINFO,
}


def type_of(values: dict[str, str]) -> str:
    return values.get("CHLTYPE") or values.get("TYPE") or values.get("AUTHTYPE") or ""


def store(queue_manager, kind: Kind, object_type: str = "") -> dict[str, dict[str, str]]:
    """The objects of a kind by name. Of queues, which know their messages too, what MQSC sees of them."""
    objects = getattr(queue_manager, "client_channels" if object_type == "CLNTCONN" else kind.store)
    return {name: queue.attributes for name, queue in objects.items()} if kind is QUEUE else objects
