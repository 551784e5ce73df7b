# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DEFINE, ALTER and DELETE of objects; ALTER QMGR.

Message ids that no document gives: AMQ8147E for ALTER with another CHLTYPE than the channel has, AMQ8226E for DEFINE
REPLACE with another one, AMQ8213E for a missing XMITQ, AMQ8624I for a deleted listener.
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import default_objects
from ..cipherspec import is_allowed_on_channel
from . import attributes
from .attributes import Attribute
from .objects import CHANNEL, KINDS, QUEUE, Refused, not_found, not_simulated, store, type_of
from .scanner import Command, Parameter, SyntaxFault

_SYNONYMS = {"TARGQ": "TARGET"}

_NEED_CONNAME = ("SDR", "RQSTR", "CLNTCONN", "CLUSSDR")
_ACTIVE = ("RUNNING", "BINDING", "STOPPING", "PAUSED", "REQUESTING", "SWITCHING", "INITIALIZING")


def _type(command: Command) -> tuple[str, dict[str, Attribute], list[Parameter]]:
    """The object's type within its noun, its attributes, and the parameters that are left to be read."""
    keyword, types = {"CHANNEL": ("CHLTYPE", attributes.CHANNEL_TYPES), "AUTHINFO": ("AUTHTYPE", attributes.AUTHINFO_TYPES)}.get(
        command.noun, ("", {})
    )
    if keyword:
        parameter = command.parameters[0] if command.parameters else None
        if parameter is None or parameter.keyword != keyword or attributes.single_word(parameter) not in types:
            raise command.fault(parameter)
        value = attributes.single_word(parameter)
        return value, types[value], command.parameters[1:]
    table = {"LISTENER": attributes.LISTENER, "NAMELIST": attributes.NAMELIST, **attributes.QUEUE_TYPES}[command.noun]
    return command.noun, table, command.parameters


def _values(
    session, command: Command, parameters: list[Parameter], table: dict[str, Attribute], besides: Iterable[str] = ()
) -> dict[str, str]:
    """The attributes that a command sets. SyntaxFault for what the object does not have or take."""
    negations = {attribute.argument: attribute for attribute in table.values() if attribute.kind == "flag"}
    values = {}
    for parameter in parameters:
        if parameter.keyword in besides:
            continue
        if parameter.keyword in negations:
            if parameter.items is not None:
                raise command.fault(parameter)
            values[negations[parameter.keyword].keyword] = "NO"
            continue
        attribute = table.get(_SYNONYMS.get(parameter.keyword, parameter.keyword))
        if attribute is None or attribute.kind == "read" or session.queue_manager.version < attribute.since:
            raise SyntaxFault(command.text[: parameter.keyword_end])
        value = attributes.read_value(attribute, parameter)
        if value is None:
            raise command.fault(parameter)
        values[attribute.keyword] = value
    return values


def object_name(command: Command, longest: int) -> str:
    """The name in ``NOUN(name)``. Raises SyntaxFault, or Refused for characters that no name has."""
    name = attributes.single_word(command.name)
    if not name or len(name) > longest:
        raise command.fault(command.name)
    if not attributes.NAME_CHARACTERS.issuperset(name):
        raise Refused("AMQ8424E", "Error detected in a name keyword.")
    return name


def define(session, command: Command) -> str:
    kind = KINDS[command.noun]
    name = object_name(command, kind.longest_name)
    object_type, table, parameters = _type(command)
    values = _values(session, command, parameters, table, ("REPLACE", "NOREPLACE", "LIKE"))
    replace = any(parameter.keyword == "REPLACE" for parameter in parameters)
    like = next((attributes.single_word(parameter) for parameter in parameters if parameter.keyword == "LIKE"), None)
    needed = {"CRLLDAP": "CONNAME", "OCSP": "OCSPURL", "LISTENER": "TRPTYPE"}.get(object_type)
    if like == "" or (needed and not like and not values.get(needed)):
        raise command.fault()
    session.past_syntax()
    with session.queue_manager.lock:
        objects = store(session.queue_manager, kind, object_type)
        existing = objects.get(name)
        if existing is not None and (not replace or type_of(existing) != type_of(_new(session, command.noun, object_type))):
            raise Refused(*kind.exists)
        made = _new(session, command.noun, object_type)
        if like is not None and type_of(objects.get(like, {})) != type_of(made):
            raise not_found(like)
        default = like or _default_object(command.noun, object_type)
        if type_of(objects.get(default, {})) == type_of(made):
            made.update({keyword: objects[default][keyword] for keyword in table if keyword in made})
        made.update(values)
        made.update(default_objects.now())
        _check(session, command.noun, object_type, made, values, required=True)
        if kind is not QUEUE:
            objects[name] = made
        elif name in session.queue_manager.queues:
            session.queue_manager.queues[name].attributes.update(made)
        else:
            session.queue_manager.add_queue(name, made)
        session.queue_manager.save()
    return f"{kind.created}\n"


def _new(session, noun: str, object_type: str) -> dict[str, str]:
    version = session.queue_manager.version
    if noun == "CHANNEL":
        return default_objects.new_channel(object_type, version)
    if noun == "AUTHINFO":
        return default_objects.new_auth_info(object_type, version)
    if noun in attributes.QUEUE_TYPES:
        return default_objects.new_queue(noun, version)
    table = attributes.LISTENER if noun == "LISTENER" else attributes.NAMELIST
    return {**attributes.defaults(table, version), **default_objects.now()}


def _default_object(noun: str, object_type: str) -> str:
    if noun == "AUTHINFO":
        return f"SYSTEM.DEFAULT.AUTHINFO.{object_type}"
    return {**default_objects.DEFAULT_CHANNEL, **default_objects.DEFAULT_QUEUE, "NAMELIST": default_objects.DEFAULT_NAMELIST}.get(
        object_type, default_objects.DEFAULT_LISTENER
    )


def alter(session, command: Command) -> str:
    kind = KINDS[command.noun]
    name = object_name(command, kind.longest_name)
    object_type, table, parameters = _type(command)
    values = _values(session, command, parameters, table, ("FORCE",))
    if command.noun == "LISTENER" and "TRPTYPE" not in values:
        raise command.fault()  # "ALTER LISTENER": the syntax has TRPTYPE behind the name, not as an option
    session.past_syntax()
    with session.queue_manager.lock:
        existing = store(session.queue_manager, kind, object_type).get(name)
        if existing is None or (type_of(existing) or object_type) != object_type:
            raise not_found(name)
        _check(session, command.noun, object_type, {**existing, **values}, values, required=False)
        if kind is QUEUE and "USAGE" in values and values["USAGE"] != existing["USAGE"] and session.queue_manager.queues[name].depth:
            raise Refused("AMQ8143E", "IBM MQ queue not empty.")
        existing.update(values)
        existing.update(default_objects.now())
        session.queue_manager.save()
    return f"{kind.changed}\n"


def _check(session, noun: str, object_type: str, result: dict[str, str], given: dict[str, str], required: bool) -> None:
    """What MQ checks beyond the single value. ``required``: the whole object is judged, not only what is given."""
    if noun == "NAMELIST":
        result["NAMCOUNT"] = given["NAMCOUNT"] = str(len(result["NAMES"].split(",")) if result["NAMES"] else 0)
    if noun != "CHANNEL":
        return
    check_tls(session, given)
    if object_type in _NEED_CONNAME and not result["CONNAME"] and (required or "CONNAME" in given):
        raise Refused("AMQ8214E", "CONNAME parameter required with channel types SDR, RQSTR, CLNTCONN, CLUSSDR and CLUSRCVR.")
    if object_type in ("SDR", "SVR") and not result["XMITQ"] and (required or "XMITQ" in given):
        raise Refused("AMQ8213E", "XMITQ parameter required with channel types SDR and SVR.")


def check_tls(session, given: dict[str, str]) -> None:
    if not is_allowed_on_channel(given.get("SSLCIPH", ""), session.queue_manager.version):
        raise Refused("AMQ8242E", "SSLCIPH definition wrong.")
    if given.get("SSLPEER"):
        from ..peer_name import parse as parse_peer_name  # brings cryptography, which most queue managers never need

        try:
            parse_peer_name(given["SSLPEER"])
        except ValueError as error:
            raise Refused("AMQ8243E", "SSLPEER definition wrong.") from error


def delete(session, command: Command) -> str:
    kind = KINDS[command.noun]
    name = object_name(command, kind.longest_name)
    allowed = {"CHANNEL": ("CHLTABLE", "IGNSTATE"), "QLOCAL": ("PURGE", "NOPURGE")}.get(command.noun, ())
    options = {}
    for parameter in command.parameters:
        value = attributes.single_word(parameter) if parameter.items is not None else ""
        choices = {"CHLTABLE": ("QMGRTBL", "CLNTTBL"), "IGNSTATE": ("NO", "YES"), "PURGE": ("",), "NOPURGE": ("",)}
        if parameter.keyword not in allowed or value not in choices[parameter.keyword]:
            raise command.fault(parameter)
        options[parameter.keyword] = value
    session.past_syntax()
    client = options.get("CHLTABLE") == "CLNTTBL"
    with session.queue_manager.lock:
        objects = store(session.queue_manager, kind, "CLNTCONN" if client else "")
        existing = objects.get(name)
        if existing is None or (kind is QUEUE and existing["TYPE"] != command.noun):
            if existing is None and options.get("IGNSTATE") == "YES":
                return f"{kind.deleted}\n"
            raise not_found(name)
        if kind is CHANNEL and not client:
            statuses = (row for row in session.queue_manager.channel_engine.channel_status() if row["CHANNEL"] == name)
            if any(row["STATUS"] in _ACTIVE for row in statuses):
                raise Refused("AMQ9514E", f"Channel '{name}' is in use.")
        if kind is QUEUE and session.queue_manager.queues[name].depth and "PURGE" not in options:
            raise Refused("AMQ8143E", "IBM MQ queue not empty.")
        del (session.queue_manager.queues if kind is QUEUE else objects)[name]
        session.queue_manager.save()
    if kind is CHANNEL and not client:
        session.queue_manager.channel_engine.state.forget(name)
    return f"{kind.deleted}\n"


def alter_queue_manager(session, command: Command) -> str:
    if command.name.items is not None:
        raise command.fault(command.name)
    values = _values(session, command, command.parameters, attributes.QUEUE_MANAGER, ("FORCE",))
    if "SUITEB" in values and "NONE" in values["SUITEB"].split(",") and values["SUITEB"] != "NONE":
        raise command.fault()
    session.past_syntax()
    if values.get("KEYRPWD", "").startswith("<"):
        raise not_simulated("KEYRPWD with an encrypted password")
    with session.queue_manager.lock:
        for keyword in ("INITKEY", "KEYRPWD"):
            if keyword in values:
                session.queue_manager.set_secret(keyword, values.pop(keyword))
        session.queue_manager.attributes.update(values)
        session.queue_manager.attributes.update(default_objects.now())
        session.queue_manager.save()
    return "AMQ8005I: IBM MQ queue manager changed.\n"
