# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to ask a queue manager, and the commands that lead from what it answers to what is wanted.

Sources: IBM MQ documentation, "ALTER CHANNEL" (CHLTYPE behind the name, never another one), "SET CHLAUTH", "REFRESH SECURITY" ("every
running TLS channel is affected"), "When changes to certificates or the certificate store become effective", "DISPLAY CHSTATUS".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

from ..errors import InputError, StateError, ToolError
from .command import Command, Keyword, Secret, Value
from .objects import (
    CHANNEL_NEEDS,
    CHLAUTH_KEYS,
    SECRETS,
    TYPE_KEYWORD,
    Key,
    MqObject,
    attributes_of,
    key_of,
    normalise,
    parameter,
    record_name,
    same,
    shown_value,
)
from .order import check_repositories, in_order
from .report import Record, Report

HIDDEN = "********"
NOT_FOUND = frozenset(["AMQ8147", "AMQ8227", "AMQ8420", "AMQ8884", "AMQ9519"])
# The queue manager reads these when a process starts its first TLS channel, and again when it is told to.
REFRESHED = frozenset(["SSLKEYR", "KEYRPWD", "INITKEY", "SSLFIPS", "SSLCRLNL", "SSLCRYP", "CERTLABL", "SUITEB", "CERTVPOL"])
# States in which a channel holds a conversation, or is about to: it works with the definition it has read at its start.
ACTIVE = frozenset(["BINDING", "STARTING", "RUNNING", "STOPPING", "REQUESTING", "PAUSED", "INITIALIZING", "SWITCHING"])


@dataclass(frozen=True)
class KeyRepository:
    """What the queue manager has to know of its key repository.

    ``password`` is None where the queue manager finds it in a stash file; ``swapped`` says that the files were changed and the
    queue manager has not been told yet.
    """

    ssl_key_repository: str
    type: str
    password: Secret | None = None
    swapped: bool = False


@dataclass(frozen=True)
class Have:
    """What a queue manager answered: objects by key, the status of running listeners and of channels by name, channels that have run."""

    records: Mapping[Key, Record]
    listening: Mapping[str, Record] = field(default_factory=dict)
    status: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    saved: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One change and the command that makes it. ``command`` is None where a later task makes it (starting a channel)."""

    command: Command | None
    change: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Ordered steps. ``refresh`` says that REFRESH SECURITY is among them, ``refresh_outstanding`` that it is needed and left out.

    ``interrupts``: running TLS channel instances by type, see ``interruption``. They stand beside the changes, not among them: from one
    minute to the next the same change interrupts another number. ``undescribed``: see there.
    """

    steps: tuple[Step, ...]
    never_run: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    refresh: bool = False
    refresh_outstanding: bool = False
    interrupts: Mapping[str, int] = field(default_factory=dict)
    undescribed: tuple[Mapping[str, Any], ...] = ()

    @property
    def changes(self) -> list[dict[str, Any]]:
        return [step.change for step in self.steps]

    @property
    def commands(self) -> list[Command]:
        return [step.command for step in self.steps if step.command is not None]


def reading(wanted: Sequence[MqObject], initiates: Sequence[str] = (), responds: Sequence[str] = ()) -> list[Command]:
    """The DISPLAY commands that show all that ``plan`` looks at, for one run of runmqsc."""
    commands = [Command("DISPLAY", "QMGR", None, (("ALL", True),))]
    asked: set[tuple[str, str]] = set()
    for one in wanted:
        name = one.name or ""
        if one.object_type == "QMGR" or (one.object_type, name) in asked:
            continue
        asked.add((one.object_type, name))
        # the profile of a CHLAUTH rule may be generic and then shows others too: each answer is taken by its own key
        commands.append(Command("DISPLAY", one.object_type, name, (("ALL", True),)))
        if one.started is not None:
            commands.append(Command("DISPLAY", "LSSTATUS", name, (("ALL", True),)))
    for channel in initiates:
        commands.append(Command("DISPLAY", "CHSTATUS", channel, (("ALL", True),)))
        commands.append(Command("DISPLAY", "CHSTATUS", channel, (("SAVED", True),)))
    commands += [Command("DISPLAY", "CHSTATUS", channel, (("ALL", True),)) for channel in responds]
    return commands


def check_answers(commands: Sequence[Command], report: Report, queue_manager: str) -> None:
    """Raises ToolError unless every DISPLAY command was answered with records or with "not found"."""
    answers = report.answers
    if len(answers) != len(commands):
        raise ToolError(
            f"The queue manager {queue_manager} was asked {len(commands)} questions and runmqsc answered {len(answers)}; "
            f"run runmqsc {queue_manager} by hand to see what it prints."
        )
    for command, answer in zip(commands, answers):
        if not answer.records and not any(identifier[:7] in NOT_FOUND for identifier in answer.messages):
            found = answer.error or (answer.texts[0] if answer.texts else "nothing")
            raise ToolError(
                f"The queue manager {queue_manager} was asked {command.redacted()} and answered {found.rstrip('.')}; "
                f"check the authority of this user and the level of the queue manager."
            )


def read(commands: Sequence[Command], report: Report, queue_manager: str) -> Have:
    """Sort the answers to ``commands`` (those of ``reading``).

    An object that is not found is simply not there. Raises ToolError for an answer that is neither the object nor that.
    """
    check_answers(commands, report, queue_manager)
    records: dict[Key, Record] = {}
    listening: dict[str, Record] = {}
    status: dict[str, tuple[Record, ...]] = {}
    saved: set[str] = set()
    for command, answer in zip(commands, report.answers):
        name = command.name or ""
        if command.noun == "LSSTATUS":
            listening.update((name, record) for record in answer.records if record.get("STATUS") == "RUNNING")
        elif command.noun != "CHSTATUS":
            for record in answer.records:
                records[key_of(command.noun, record_name(command.noun, record), record)] = record
        elif ("SAVED", True) not in command.parameters:
            status[name] = answer.records
        elif answer.records:
            saved.add(name)
    return Have(records, listening, status, frozenset(saved))


def with_key_repository(wanted: Sequence[MqObject], repository: KeyRepository | None) -> tuple[MqObject, ...]:
    """The wanted objects with SSLKEYR among the attributes of the queue manager."""
    if repository is None:
        return tuple(wanted)
    path = repository.ssl_key_repository
    rest = [one for one in wanted if one.object_type != "QMGR"]
    attributes: dict[str, Value] = {}
    for one in wanted:
        if one.object_type == "QMGR":
            attributes.update(one.attributes)
    asked = attributes.setdefault("SSLKEYR", path)
    if asked != path:
        raise InputError(
            f"The attribute SSLKEYR of QMGR is {asked!r} under objects and {path!r} by key_repository; leave it out under objects."
        )
    return (MqObject("QMGR", None, attributes), *rest)


def plan(
    have: Have,
    wanted: Sequence[MqObject],
    queue_manager: str,
    *,
    key_repository: KeyRepository | None = None,
    refresh_outstanding: bool = False,
    may_refresh: bool = True,
    replace_type: bool = False,
    initiates: Sequence[str] = (),
    responds: Sequence[str] = (),
    set_passwords: bool = False,
) -> Plan:
    """The ordered steps from ``have`` to ``wanted`` (which holds SSLKEYR already: ``with_key_repository``).

    Order: see ``in_order``; deletions in the reverse order; listeners are started; one REFRESH SECURITY at the end. ``set_passwords``: also
    those that are set.

    Raises StateError for a change that MQ does not have (another type of channel) unless ``replace_type`` allows to delete and
    define, and InputError for a definition that would be refused.
    """
    steps: list[Step] = []
    reasons: list[str] = []
    if refresh_outstanding or (key_repository is not None and key_repository.swapped):
        reasons.append("the key repository or the TLS attributes have changed and the queue manager has not been told")
    altered: set[str] = set()
    for one in in_order(one for one in wanted if one.state == "present"):
        made = _make(have, one, queue_manager, key_repository, replace_type, set_passwords)
        steps += made
        if made:
            if one.object_type == "CHANNEL":
                altered.add(one.name or "")
            reasons += _reasons(have, wanted, one, made)
    for one in in_order((one for one in wanted if one.state == "absent"), backwards=True):
        made = _delete(have, one, queue_manager)
        steps += made
        if made:
            reasons += _reasons(have, wanted, one, made)
    for one in wanted:
        steps += _listen(have, one)
    if reasons and may_refresh:
        command = Command("REFRESH", "SECURITY", None, (("TYPE", Keyword("SSL")),))
        change: dict[str, Any] = {"object": "SECURITY", "name": "SSL", "action": "refresh", "attributes": {}, "reason": reasons[0]}
        steps.append(Step(command, change))
    never_run, restart = _outstanding(have, wanted, initiates, responds, altered, bool(reasons) and may_refresh)
    for channel, reason in (*never_run.items(), *restart.items()):
        # the conversation of a responding channel is ended, and its partner calls again
        action = "stop" if channel in responds else "start"
        steps.append(Step(None, {"object": "CHANNEL", "name": channel, "action": action, "attributes": {}, "reason": reason}))
    return Plan(tuple(steps), tuple(never_run), tuple(restart), bool(reasons) and may_refresh, bool(reasons) and not may_refresh)


def _make(
    have: Have, one: MqObject, queue_manager: str, repository: KeyRepository | None, replace_type: bool, set_passwords: bool
) -> list[Step]:
    record = have.records.get(one.key)
    if one.object_type == "QMGR":
        return _alter_queue_manager(one, record or {}, queue_manager, repository)
    if one.object_type == "CHLAUTH":
        return _set_rule(one, record)
    if record is None:
        return [_define(one, queue_manager)]
    keyword = TYPE_KEYWORD.get(one.object_type)
    if keyword is not None and not same(one.object_type, keyword, record.get(keyword), one.kind):
        if not replace_type:
            raise StateError(
                f"The {one} on the queue manager {queue_manager} was to become one of type {one.kind} and is one of type "
                f"{record.get(keyword)}, which cannot be altered; allow replace_type, which deletes and defines it, or correct {keyword}."
            )
        return [*_delete(have, one, queue_manager), _define(one, queue_manager)]
    differing = _differing(one, record, set_passwords)
    if not differing:
        return []
    kind = _kind(one)
    if one.object_type == "LISTENER":
        # belongs to every ALTER LISTENER, changed or not
        kind = (("TRPTYPE", one.attributes.get("TRPTYPE") or Keyword(str(record.get("TRPTYPE", "TCP")))),)
    command = Command(
        "ALTER", one.object_type, one.name, (*kind, *_parameters(one, [name for name in differing if name not in dict(kind)]))
    )
    return [
        Step(
            command, _change(one, "alter", {name: (shown_value(one.object_type, name, record), one.attributes[name]) for name in differing})
        )
    ]


def _define(one: MqObject, queue_manager: str) -> Step:
    needs = {"CHANNEL": CHANNEL_NEEDS.get(one.kind, ()), "LISTENER": ("TRPTYPE",)}.get(one.object_type, ())
    for needed in needs:
        if not one.attributes.get(needed):
            raise InputError(
                f"The {one} was to be defined on the queue manager {queue_manager} and has no {needed}, "
                f"which a {f'channel of type {one.kind}' if one.kind else 'listener'} cannot be without; add it to its attributes."
            )
    rest = [name for name in one.attributes if name != TYPE_KEYWORD.get(one.object_type)]
    command = Command("DEFINE", one.object_type, one.name, (*_kind(one), *_parameters(one, rest)))
    return Step(command, _change(one, "define", {name: (None, value) for name, value in one.attributes.items()}))


def _alter_queue_manager(one: MqObject, record: Record, queue_manager: str, repository: KeyRepository | None) -> list[Step]:
    check_repositories(one, record, queue_manager)
    differing = _differing(one, record)
    if record.get("CERTLABL") == "" and one.attributes.get("CERTLABL") == f"ibmwebspheremq{queue_manager.lower()}":
        differing = [name for name in differing if name != "CERTLABL"]  # blank means this label
    values = _values(one, record, differing)
    parameters = list(_parameters(one, differing))
    password = _password(record, "SSLKEYR" in differing, queue_manager, repository)
    if password is not None:
        values["KEYRPWD"] = (HIDDEN if record.get("KEYRPWD") else "", password)
        parameters.append(("KEYRPWD", password))
    if not parameters:
        return []
    return [Step(Command("ALTER", "QMGR", None, tuple(parameters)), {**_change(one, "alter", values), "name": queue_manager})]


def _password(record: Record, moved: bool, queue_manager: str, repository: KeyRepository | None) -> Value | None:
    """The KEYRPWD to be set; None if it stays. It cannot be read, so events decide, not comparison."""
    if repository is None:
        return None
    if repository.password is None:
        # A password that is left from another repository would be tried before the stash file.
        return "" if repository.type == "cms" and record.get("KEYRPWD") else None
    if "KEYRPWD" not in record:
        raise StateError(
            f"The queue manager {queue_manager} was to use the PKCS#12 key repository {repository.ssl_key_repository} and has no attribute "
            f"KEYRPWD (command level {record.get('CMDLEVEL', 'unknown')}, KEYRPWD is there from 930 on); use a key repository of type cms."
        )
    return repository.password if moved or repository.swapped or not record["KEYRPWD"] else None


def _set_rule(one: MqObject, record: Record | None) -> list[Step]:
    rest = [name for name in one.attributes if name not in _rule_keys(one)]
    if record is None:
        command = Command("SET", "CHLAUTH", one.name, (*_rule(one), *_parameters(one, rest), ("ACTION", Keyword("ADD"))))
        return [Step(command, _change(one, "set", {name: (None, one.attributes[name]) for name in rest}))]
    differing = _differing(one, record)
    if not differing:
        return []
    # REPLACE is given all of the rule: what is not named would fall back to its default.
    kept = {
        name: value for name, value in attributes_of("CHLAUTH", record).items() if value not in ("", []) and name not in _rule_keys(one)
    }
    merged = MqObject("CHLAUTH", one.name, {**kept, **one.attributes})
    names = [*kept, *(name for name in rest if name not in kept)]
    command = Command("SET", "CHLAUTH", one.name, (*_rule(one), *_parameters(merged, names), ("ACTION", Keyword("REPLACE"))))
    return [Step(command, _change(one, "set", _values(one, record, differing)))]


def _listen(have: Have, one: MqObject) -> list[Step]:
    """Start or stop a listener. One that listens elsewhere than described has to be started anew: it took its port at its start."""
    if one.started is None:
        return []
    status = have.listening.get(one.name or "")
    elsewhere = status is not None and any(
        one.attributes.get(name) and status.get(name) and not same("LISTENER", name, status[name], one.attributes[name])
        for name in ("PORT", "IPADDR")
    )
    verbs = [
        verb
        for verb, due in (("STOP", status and (elsewhere or not one.started)), ("START", one.started and (elsewhere or not status)))
        if due
    ]
    return [Step(Command(verb, "LISTENER", one.name), _change(one, verb.lower(), {})) for verb in verbs]


def _delete(have: Have, one: MqObject, queue_manager: str) -> list[Step]:
    record = have.records.get(one.key)
    if record is None:
        return []
    if (one.name or "").startswith("SYSTEM."):
        raise InputError(f"The {one} on the queue manager {queue_manager} was to be deleted; the SYSTEM objects are not deleted.")
    shown = {name: (value, None) for name, value in attributes_of(one.object_type, record).items() if value not in ("", [])}
    if one.object_type == "CHLAUTH":
        # A BLOCK rule is one record whose entries REMOVE would take away one by one.
        whole = one.kind in ("BLOCKUSER", "BLOCKADDR")
        parameters = (*_kind(one), ("ACTION", Keyword("REMOVEALL"))) if whole else (*_rule(one), ("ACTION", Keyword("REMOVE")))
        return [Step(Command("SET", "CHLAUTH", one.name, parameters), _change(one, "remove", shown))]
    table: tuple[tuple[str, Value], ...] = (("CHLTABLE", Keyword("CLNTTBL")),) if one.key[-1] == "CLNTTBL" else ()
    return [Step(Command("DELETE", one.object_type, one.name, table), _change(one, "delete", shown))]


def _differing(one: MqObject, record: Record, set_passwords: bool = False) -> list[str]:
    keys = (*_rule_keys(one), TYPE_KEYWORD.get(one.object_type))
    readable = [name for name in one.attributes if name not in keys and name not in SECRETS]
    found = [name for name in readable if not same(one.object_type, name, shown_value(one.object_type, name, record), one.attributes[name])]
    # A password cannot be read, so events decide, not comparison. Whether MQ shows one that is not set as blank is not confirmed.
    return found + [name for name in one.attributes if name in SECRETS and (found or set_passwords or record.get(name) == "")]


def _kind(one: MqObject) -> tuple[tuple[str, Value], ...]:
    """The type, which stands directly behind the name."""
    keyword = TYPE_KEYWORD.get(one.object_type)
    return () if keyword is None else ((keyword, one.attributes[keyword]),)


def _rule_keys(one: MqObject) -> tuple[str, ...]:
    return ("TYPE", *CHLAUTH_KEYS) if one.object_type == "CHLAUTH" else ()


def _rule(one: MqObject) -> tuple[tuple[str, Value], ...]:
    """What tells one CHLAUTH rule of a profile from the others."""
    return (*_kind(one), *((name, one.attributes[name]) for name in CHLAUTH_KEYS if one.attributes.get(name)))


def _parameters(one: MqObject, names: Iterable[str]) -> tuple[tuple[str, Value], ...]:
    return tuple(parameter(one.object_type, name, one.attributes[name]) for name in names)


def _values(one: MqObject, record: Record, names: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """What is shown and what is wanted, for each name."""
    return {name: (shown_value(one.object_type, name, record), one.attributes[name]) for name in names}


def _change(one: MqObject, action: str, values: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    attributes = {
        name: {"before": _shown(one, name, before), "after": _shown(one, name, after)} for name, (before, after) in values.items()
    }
    change: dict[str, Any] = {"object": one.object_type, "name": one.name or "", "action": action, "attributes": attributes}
    if one.object_type == "CHLAUTH":
        change["rule"] = {name: str(value) for name, value in _rule(one)}
    return change


def _shown(one: MqObject, name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Secret):
        return HIDDEN
    comparable = normalise(one.object_type, name, value)
    return list(comparable) if isinstance(comparable, tuple) else comparable


def _reasons(have: Have, wanted: Sequence[MqObject], one: MqObject, made: Sequence[Step]) -> list[str]:
    """Why the queue manager has to read its TLS settings again after these steps."""
    if one.object_type == "QMGR":
        changed = [name for step in made for name in step.change["attributes"] if name in REFRESHED]
        return [f"{', '.join(changed)} changed"] if changed else []
    if one.object_type not in ("AUTHINFO", "NAMELIST") or (one.object_type == "AUTHINFO" and one.kind not in ("", "CRLLDAP", "OCSP")):
        return []
    namelist = _wanted_or_shown(have, wanted, ("QMGR", ""), "SSLCRLNL")
    if not namelist:
        return []
    if one.object_type == "NAMELIST":
        return [f"the namelist {one.name} of SSLCRLNL changed"] if one.name == namelist else []
    names = _wanted_or_shown(have, wanted, ("NAMELIST", str(namelist)), "NAMES")
    # A namelist that was not asked for may name the object.
    listed = names is None or one.name in normalise("NAMELIST", "NAMES", names)  # type: ignore[operator] # NAMES is a tuple
    return [f"the authentication information {one.name} changed"] if listed else []


def _wanted_or_shown(have: Have, wanted: Sequence[MqObject], key: Key, keyword: str) -> Any:
    for one in wanted:
        if one.key == key and keyword in one.attributes:
            return one.attributes[keyword]
    record = have.records.get(key)
    return None if record is None else record.get(keyword)


def _outstanding(
    have: Have, wanted: Sequence[MqObject], initiates: Sequence[str], responds: Sequence[str], altered: set[str], refreshed: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Channels that a later task has to start, each with the reason: those that never ran, those that run as they were defined before.

    Those that use TLS come back by themselves with a refresh ("REFRESH SECURITY": running channels are ended and restarted), and are
    not to be interrupted a second time. A channel that has run leaves a saved status behind, so that this is read from the queue
    manager, not from notes.
    """
    never_run: dict[str, str] = {}
    restart: dict[str, str] = {}
    described = {one.name or "": one for one in wanted if one.object_type == "CHANNEL" and one.state == "present"}
    for option, channels in (("initiates", initiates), ("responds", responds)):
        for channel in channels:
            one = described.get(channel)
            if one is None:
                raise InputError(f"The channel {channel} stands under {option} and is not described under objects; add it or leave it out.")
            record = have.records.get(one.key)
            instances = have.status.get(channel, ())
            if option == "initiates" and (record is None or not (instances or channel in have.saved)):
                never_run[channel] = "has never run"
            elif record is not None and any(
                instance.get("STATUS") in ACTIVE
                and (channel in altered or is_stale(record, instance))
                and not (refreshed and instance.get("SECPROT") not in (None, "", "NONE"))
                for instance in instances
            ):
                restart[channel] = "runs as it was defined before"
    return never_run, restart


def is_stale(definition: Mapping[str, Any], instance: Mapping[str, Any]) -> bool:
    """Whether a channel instance was started before its definition was last altered. Both times are local to the queue manager."""
    started = (instance.get("CHSTADA"), instance.get("CHSTATI"))
    altered = (definition.get("ALTDATE"), definition.get("ALTTIME"))
    if not all(isinstance(part, str) and part for part in (*started, *altered)):
        return False
    return tuple(map(str, started)) < tuple(map(str, altered))


def diff(changes: Sequence[Mapping[str, Any]], interruption: str = "") -> tuple[str, str]:
    """Changes as two texts in the manner of MQSC, before and after, with only the attributes concerned.

    ``interruption`` says what a refresh among them interrupts.
    """
    before: list[str] = []
    after: list[str] = []
    for change in changes:
        title = f"{change['object']}({change['name']})" if change["name"] else str(change["object"])
        title += "".join(f" {name}({value})" for name, value in change.get("rule", {}).items())
        action = change["action"]
        if action == "refresh":
            after.append(f"REFRESH SECURITY TYPE({change['name']})   {interruption}".rstrip())
            continue
        if action in ("start", "stop"):
            after.append(f"{action.upper()} {title}")
            continue
        existed = action not in ("define", "set") or any(values["before"] is not None for values in change["attributes"].values())
        for lines, side, there in ((before, "before", existed), (after, "after", action not in ("delete", "remove"))):
            if there:
                lines.append(title)
                lines += [_diff_line(name, values[side]) for name, values in change["attributes"].items() if values[side] is not None]
    return _text(before), _text(after)


def _diff_line(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"    {name}({'YES' if value else 'NO'})"
    return f"    {name}({','.join(map(str, value)) if isinstance(value, list) else value})"


def _text(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)
