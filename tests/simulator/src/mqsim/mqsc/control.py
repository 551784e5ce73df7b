# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that make something happen: START, STOP, PING, RESET, RESOLVE, REFRESH, CLEAR."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import attributes
from .definitions import object_name
from .objects import Refused, not_found, not_simulated
from .scanner import Command

_INITIATORS = ("SDR", "SVR", "CLUSSDR")
# The refusals of channel.py that IGNSTATE(YES) makes a success: running already, not running
_ALREADY = ("AMQ9514E", "AMQ9533W", "AMQ8730E", "AMQ8731E")


def refresh_security(session, command: Command) -> str:
    options = _options(command, {"TYPE": ("AUTHSERV", "CONNAUTH", "SSL")})
    if command.name.items is not None and attributes.single_word(command.name) != "*":
        raise command.fault(command.name)
    session.past_syntax()
    if options.get("TYPE") == "SSL":
        if session.queue_manager.machine.take_busy_refresh():
            raise Refused("AMQ9710E", "SSL security refresh failed.")
        session.queue_manager.channel_engine.refresh_security()
    return "AMQ8560I: IBM MQ security cache refreshed.\n"


def ping_queue_manager(session, command: Command) -> str:
    _options(command, {})
    session.past_syntax()
    return "AMQ8415I: Ping IBM MQ Queue Manager command complete.\n"


def clear_queue(session, command: Command) -> str:
    name = object_name(command, 48)
    _options(command, {})
    session.past_syntax()
    queue = session.queue_manager.queues.get(name)
    if queue is None or not queue.is_local:
        raise not_found(name)
    queue.clear()
    return "AMQ8022I: IBM MQ queue cleared.\n"


def start_channel(session, command: Command) -> str:
    name = object_name(command, 20)
    options = _options(command, {"IGNSTATE": ("NO", "YES")})
    session.past_syntax()
    _channel(session, name)
    _unless_ignored(options, lambda: session.queue_manager.channel_engine.start_channel(name))
    return "AMQ8018I: Start IBM MQ channel accepted.\n"


def stop_channel(session, command: Command) -> str:
    name = object_name(command, 20)
    for parameter in command.parameters:
        if parameter.keyword in ("CONNAME", "QMNAME"):
            raise not_simulated(f"STOP CHANNEL {parameter.keyword}")
    choices = {"MODE": ("QUIESCE", "FORCE", "TERMINATE"), "STATUS": ("STOPPED", "INACTIVE"), "IGNSTATE": ("NO", "YES")}
    options = _options(command, choices)
    session.past_syntax()
    _channel(session, name)
    mode, status = options.get("MODE", "QUIESCE"), options.get("STATUS", "STOPPED")
    _unless_ignored(options, lambda: session.queue_manager.channel_engine.stop_channel(name, mode, status))
    return "AMQ8019I: Stop IBM MQ channel accepted.\n"


def ping_channel(session, command: Command) -> str:
    name = object_name(command, 20)
    _options(command, {"DATALEN": range(16, 32769)})
    session.past_syntax()
    _channel(session, name, _INITIATORS)
    session.queue_manager.channel_engine.ping_channel(name)
    return "AMQ8020I: Ping IBM MQ channel complete.\n"


def reset_channel(session, command: Command) -> str:
    name = object_name(command, 20)
    options = _options(command, {"SEQNUM": range(1, 1000000000)})
    session.past_syntax()
    _channel(session, name, ("SDR", "SVR", "RCVR", "RQSTR", "CLUSSDR", "CLUSRCVR"))
    session.queue_manager.channel_engine.reset_channel(name, int(options.get("SEQNUM", "1")))
    return "AMQ8023I: IBM MQ channel reset.\n"


def resolve_channel(session, command: Command) -> str:
    name = object_name(command, 20)
    if "ACTION" not in _options(command, {"ACTION": ("COMMIT", "BACKOUT")}):
        raise command.fault()
    session.past_syntax()
    _channel(session, name, _INITIATORS)
    if any(row["CHANNEL"] == name and row.get("INDOUBT") == "YES" for row in session.queue_manager.channel_engine.channel_status()):
        raise not_simulated("RESOLVE CHANNEL of a channel in doubt")
    return "AMQ8025I: IBM MQ channel resolved.\n"


def start_listener(session, command: Command) -> str:
    name = object_name(command, 48)
    options = _options(command, {"IGNSTATE": ("NO", "YES")})
    session.past_syntax()
    if name not in session.queue_manager.listeners:
        raise not_found(name)
    _unless_ignored(options, lambda: session.queue_manager.channel_engine.start_listener(name))
    return "AMQ8021I: Request to start IBM MQ listener accepted.\n"


def stop_listener(session, command: Command) -> str:
    name = object_name(command, 48)
    options = _options(command, {"IGNSTATE": ("NO", "YES"), "MODE": ("QUIESCE", "FORCE")})
    session.past_syntax()
    if name not in session.queue_manager.listeners:
        raise not_found(name)
    _unless_ignored(options, lambda: session.queue_manager.channel_engine.stop_listener(name))
    return "AMQ8706I: Request to stop IBM MQ Listener accepted.\n"


def _channel(session, name: str, suitable: Iterable[str] | None = None) -> dict[str, str]:
    channel = session.queue_manager.channels.get(name)
    if channel is None:
        raise Refused("AMQ8227E", f"Channel {name} not found.")
    if suitable is not None and channel["CHLTYPE"] not in suitable:
        raise Refused("AMQ9502E", "Type of channel not suitable for action requested.")
    return channel


def _unless_ignored(options: dict[str, str], action: Callable[[], None]) -> None:
    """IGNSTATE(YES): no error when the channel or listener is in the wanted state already."""
    try:
        action()
    except Exception as refusal:
        if options.get("IGNSTATE") != "YES" or getattr(refusal, "message_id", "") not in _ALREADY:
            raise


def _options(command: Command, choices: dict[str, Iterable[str] | range]) -> dict[str, str]:
    """Parameters that take one of a few words, or a number in a range."""
    options = {}
    for parameter in command.parameters:
        value = attributes.single_word(parameter)
        allowed = choices.get(parameter.keyword, ())
        if value is None or (int(value) if value.isdigit() and isinstance(allowed, range) else value) not in allowed:
            raise command.fault(parameter)
        options[parameter.keyword] = value
    return options
