# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SET CHLAUTH. The message ids AMQ8876E and AMQ8883E are not confirmed by any document that was read."""

from __future__ import annotations

from collections.abc import Callable

from .. import default_objects
from . import attributes
from .definitions import check_tls
from .objects import Refused
from .scanner import Command, Parameter

# SET CHLAUTH: what identifies a rule of each type besides profile and type
_RULE_KEYS = {
    "BLOCKUSER": ("USERLIST",),
    "BLOCKADDR": ("ADDRLIST",),
    "SSLPEERMAP": ("SSLPEER", "SSLCERTI", "ADDRESS"),
    "ADDRESSMAP": ("ADDRESS",),
    "USERMAP": ("ADDRESS", "CLNTUSER"),
    "QMGRMAP": ("ADDRESS", "QMNAME"),
}
_RULE_REQUIRED = {
    "BLOCKUSER": "USERLIST",
    "BLOCKADDR": "ADDRLIST",
    "SSLPEERMAP": "SSLPEER",
    "ADDRESSMAP": "ADDRESS",
    "USERMAP": "CLNTUSER",
    "QMGRMAP": "QMNAME",
}
_RULE_LISTS = ("USERLIST", "ADDRLIST")
_RULE_TEXTS = {"DESCR": 64, "CUSTOM": 128, "SSLPEER": 1024, "SSLCERTI": 1024, "ADDRESS": 264, "CLNTUSER": 64, "QMNAME": 48, "MCAUSER": 64}
RULE_CHOICES = {
    "USERSRC": ("MAP", "NOACCESS", "CHANNEL"),
    "CHCKCLNT": ("ASQMGR", "REQDADM", "REQUIRED"),
    "WARN": ("NO", "YES"),
    "ACTION": ("ADD", "REPLACE", "REMOVE", "REMOVEALL"),
    "MATCH": ("GENERIC", "ALL", "EXACT", "RUNCHECK"),
}
RULE_ORDER = """CHLAUTH TYPE DESCR CUSTOM SSLPEER SSLCERTI ADDRESS CLNTUSER QMNAME USERLIST ADDRLIST USERSRC MCAUSER CHCKCLNT WARN
    ALTDATE ALTTIME""".split()


def set_rule(session, command: Command) -> str:
    profile = attributes.single_word(command.name)
    kind = command.parameters[0] if command.parameters else None
    rule_type = attributes.single_word(kind) if kind is not None and kind.keyword == "TYPE" else None
    if not profile or len(profile) > 20 or rule_type not in _RULE_KEYS:
        raise command.fault(kind)
    values = {}
    for parameter in command.parameters[1:]:
        value = _rule_value(parameter)
        if value is None or (
            parameter.keyword in _RULE_KEYS["SSLPEERMAP"] + ("CLNTUSER", "QMNAME", *_RULE_LISTS)
            and parameter.keyword not in _RULE_KEYS[rule_type]
        ):
            raise command.fault(parameter)
        values[parameter.keyword] = value
    action = values.pop("ACTION", "ADD")
    if rule_type == "BLOCKADDR" and profile != "*":
        raise command.fault(command.name)
    session.past_syntax()
    if action != "REMOVEALL" and not values.get(_RULE_REQUIRED[rule_type]):
        raise Refused("AMQ8876E", f"Parameter {_RULE_REQUIRED[rule_type]} is required for this channel authentication record type.")
    for keyword in ("SSLPEER", "SSLCERTI"):
        check_tls(session, {"SSLPEER": values.get(keyword, "")})
    with session.queue_manager.lock:
        if action == "REMOVEALL":
            _remove_rules(session, lambda rule: rule["CHLAUTH"] == profile and rule["TYPE"] == rule_type)
        elif rule_type in ("BLOCKUSER", "BLOCKADDR"):
            _change_block_list(session, profile, rule_type, action, values)
        else:
            _change_map(session, profile, rule_type, action, values)
        session.queue_manager.save()
    return "AMQ8877I: IBM MQ channel authentication record set.\n"


def _remove_rules(session, condition: Callable[[dict[str, str]], bool]) -> None:
    rules = session.queue_manager.channel_auth
    kept = [rule for rule in rules if not condition(rule)]
    if len(kept) == len(rules):
        raise Refused("AMQ8884E", "Channel authentication record not found.")
    rules[:] = kept


def _change_block_list(session, profile: str, rule_type: str, action: str, values: dict[str, str]) -> None:
    list_keyword = _RULE_REQUIRED[rule_type]
    rules = session.queue_manager.channel_auth
    existing = next((rule for rule in rules if (rule["CHLAUTH"], rule["TYPE"]) == (profile, rule_type)), None)
    entries = values[list_keyword].split(",")
    if action == "REMOVE":
        if existing is None or not set(entries) <= set(existing[list_keyword].split(",")):
            raise Refused("AMQ8884E", "Channel authentication record not found.")
        left = [entry for entry in existing[list_keyword].split(",") if entry not in entries]
        existing.update({list_keyword: ",".join(left)}, **default_objects.now())
        if not left:
            rules.remove(existing)
        return
    if existing is not None and action == "ADD":
        entries = list(dict.fromkeys(existing[list_keyword].split(",") + entries))
        existing.update(values)
        existing.update({list_keyword: ",".join(entries)}, **default_objects.now())
        return
    if existing is not None:
        rules.remove(existing)
    rules.append({"CHLAUTH": profile, "TYPE": rule_type, "DESCR": "", "CUSTOM": "", "WARN": "NO", **values, **default_objects.now()})


def _change_map(session, profile: str, rule_type: str, action: str, values: dict[str, str]) -> None:
    keys = _RULE_KEYS[rule_type]
    identity = (profile, rule_type, *(values.get(keyword, "") for keyword in keys))

    def is_same(rule: dict[str, str]) -> bool:
        return (rule["CHLAUTH"], rule["TYPE"], *(rule.get(keyword, "") for keyword in keys)) == identity

    if action == "REMOVE":
        _remove_rules(session, is_same)
        return
    rules = session.queue_manager.channel_auth
    if action == "ADD" and any(map(is_same, rules)):
        raise Refused("AMQ8883E", "Channel authentication record already exists.")
    source = values.get("USERSRC", "MAP")
    if source == "MAP" and not values.get("MCAUSER"):
        raise Refused("AMQ8876E", "Parameter MCAUSER is required for this channel authentication record type.")
    rule = {"CHLAUTH": profile, "TYPE": rule_type, "DESCR": "", "CUSTOM": "", **dict.fromkeys(keys, ""), "USERSRC": source}
    rule.update({"WARN": "NO"} if source == "NOACCESS" else {"CHCKCLNT": "ASQMGR"})
    rule.update(values)
    rule.update(default_objects.now())
    rules[:] = [other for other in rules if not is_same(other)] + [rule]


def _rule_value(parameter: Parameter) -> str | None:
    """A value of SET CHLAUTH; None when it is not one."""
    if parameter.keyword in _RULE_LISTS:
        if parameter.items is None or any(len(item) != 1 for item in parameter.items):
            return None
        return ",".join(item[0].text for item in parameter.items)
    value = attributes.single_word(parameter)
    if parameter.keyword in RULE_CHOICES:
        return value if value in RULE_CHOICES[parameter.keyword] else None
    return value if value is not None and len(value) <= _RULE_TEXTS.get(parameter.keyword, -1) else None
