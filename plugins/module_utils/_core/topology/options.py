# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an item of mq_tls_links says beside whom it joins: checked as far as that can be done without knowing the pair, and put together.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from collections import abc
from typing import Any, Iterable, Mapping, Tuple

from ..cipherspec import check_usable
from ..errors import InputError
from ..mqsc.objects import parse_objects
from .naming import ADDRESS, OBJECT_NAME, label_problem
from .refusal import Item, Refuse, continued, shown

LINK_OPTIONS = ("authentication", "cipher_spec", "initiator_attributes", "responder_attributes", "transmission_queue_attributes")
PAIR_OPTIONS = ("channel", "transmission_queue")  # of one link only
_ATTRIBUTES = ("initiator_attributes", "responder_attributes", "transmission_queue_attributes")

_GIVEN_BY_THE_LINK = {
    "CHANNEL": "the key channel gives the name",
    "CHLTYPE": "an initiator is a sender (SDR) and a responder a receiver (RCVR)",
    "TRPTYPE": "TLS needs TCP",
    "XMITQ": "use the key transmission_queue",
}
_GIVEN_BY_THE_QUEUE = {
    "QUEUE": "the key transmission_queue gives the name",
    "USAGE": "a sender takes messages from a transmission queue",
    "NOTRIGGER": "write TRIGGER: false",
}
# What an item says, with whether it speaks of one link by from and to.
Said = Tuple[Mapping[str, Any], bool]


def read_options(item: Mapping[str, Any], where: Item, refuse: Refuse) -> Mapping[str, Any]:
    options = {key: item[key] for key in (*LINK_OPTIONS, *PAIR_OPTIONS) if item.get(key) is not None}
    if options.get("authentication", "two_way") not in ("two_way", "one_way"):
        refuse(f"{where} has the authentication {shown(options['authentication'])}; write two_way or one_way.")
        del options["authentication"]
    if "cipher_spec" in options:
        check_spec(str(options["cipher_spec"]), where, refuse)
    for key, length in (("channel", 20), ("transmission_queue", 48)):
        if key in options and not is_object_name(options[key], length):
            refuse(
                f"{where} has the {key} {shown(options[key])}; IBM MQ takes at most {length} of the characters A-Z a-z 0-9 . / _ % there, "
                f"choose another name."
            )
            del options[key]
    for key, channel_type in (("initiator_attributes", "SDR"), ("responder_attributes", "RCVR")):
        if key in options:
            options[key] = read_attributes(options[key], channel_type, _GIVEN_BY_THE_LINK, f"{where}, {key}", refuse)
    key = "transmission_queue_attributes"
    if key in options:
        options[key] = read_attributes(options[key], "", _GIVEN_BY_THE_QUEUE, f"{where}, {key}", refuse)
    return options


def is_object_name(name: Any, length: int) -> bool:
    return isinstance(name, str) and len(name) <= length and OBJECT_NAME.match(name) is not None


def check_spec(spec: str, where: str | Item, refuse: Refuse) -> None:
    try:
        check_usable(spec)
    except InputError as error:
        refuse(f"{where}: {continued(error)}")


def read_attributes(given: Any, channel_type: str, given_otherwise: Mapping[str, str], where: str, refuse: Refuse) -> Mapping[str, Any]:
    """Further MQSC attributes of one end, or of the transmission queue (no ``channel_type``).

    ``given_otherwise``: those that are not for users to give, and what to do instead.
    """
    if not isinstance(given, abc.Mapping):
        refuse(f"{where} is {shown(given)}; write a dictionary of MQSC attributes.")
        return {}
    accepted: dict[str, Any] = {}
    for key, value in given.items():
        keyword = str(key).upper()
        if keyword in given_otherwise:
            refuse(f"{where} gives {keyword}, which the link itself decides: {given_otherwise[keyword]}.")
        elif keyword in accepted:
            refuse(f"{where} gives {keyword} twice, in different case; keep one.")
        else:
            try:
                accepted[keyword] = _attribute(channel_type, keyword, value)
            except InputError as error:
                refuse(f"{where}: {error}")
    if "SSLCIPH" in accepted:
        check_spec(accepted["SSLCIPH"], where, refuse)
    return accepted


def _attribute(channel_type: str, keyword: str, value: Any) -> Any:
    """The plain value of one attribute, checked as the description of an object is. Raises InputError."""
    description = {"object": "CHANNEL", "name": channel_type, "attributes": {"CHLTYPE": channel_type, keyword: value}}
    if not channel_type:
        description = {"object": "QLOCAL", "name": "X", "attributes": {keyword: value}}
    try:
        (one,) = parse_objects([description])
    except InputError as error:
        raise InputError(str(error).replace("objects[0].attributes.", "").replace(f" (CHANNEL {channel_type})", "")) from error
    parsed = one.attributes[keyword]
    if keyword == "CERTLABL" and parsed and label_problem(str(parsed)):
        raise InputError(f"CERTLABL is {shown(parsed)}; {label_problem(str(parsed))}.")
    if keyword == "CONNAME" and not all(ADDRESS.match(part.strip()) for part in str(parsed).split(",")):
        raise InputError(f"CONNAME is {shown(parsed)}; write host or host(port), several with commas between.")
    if isinstance(parsed, (list, tuple)):
        return [str(item) for item in parsed]
    return str(parsed) if isinstance(parsed, str) else parsed


def put_together(said: Iterable[Said], where: str, refuse: Refuse) -> Mapping[str, Any]:
    """What several items say of one link. An item that names this link alone has the last word over those that speak of many links.

    Attributes of an end are put together one by one. Two items of the same kind must not contradict one another.
    """
    values: dict[tuple[str, ...], Any] = {}
    for decisive in (False, True):
        level: dict[tuple[str, ...], Any] = {}
        for options, names_one in said:
            if names_one is not decisive:
                continue
            for key, value in _apart(options):
                if level.setdefault(key, value) != value:
                    alternative = "" if decisive else ", or decide in an item of its own with from and to"
                    refuse(
                        f"{where} is described twice, with the {' '.join(key)} {shown(level[key])} and {shown(value)}; keep one of them"
                        f"{alternative}."
                    )
        values.update(level)
    together: dict[str, Any] = {}
    for key, value in values.items():
        if len(key) == 1:
            together[key[0]] = value
        else:
            together.setdefault(key[0], {})[key[1]] = value
    return together


def _apart(options: Mapping[str, Any]) -> Iterable[tuple[tuple[str, ...], Any]]:
    for key, value in options.items():
        if key in _ATTRIBUTES:
            yield from (((key, keyword), one) for keyword, one in value.items())
        else:
            yield (key,), value
