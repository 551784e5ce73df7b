# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DISPLAY of definitions and of status."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable

from . import attributes, display
from .channel_authentication import RULE_CHOICES, RULE_ORDER
from .objects import CHANNEL, KINDS, Kind, Refused, not_found, not_simulated, store, type_of
from .scanner import Command, Parameter, SyntaxFault

_STARTED = time.time()

_STATUS_DEFAULT = ["CHANNEL", "CHLTYPE", "CONNAME", "CURRENT", "SAVED", "RQMNAME", "STATUS", "SUBSTATE", "XMITQ"]
_STATUS_KNOWN = frozenset(
    """BATCHES BATCHSZ BUFSRCVD BUFSSENT BYTSRCVD BYTSSENT CHANNEL CHLTYPE CHSTADA CHSTATI COMPHDR COMPMSG COMPRATE COMPTIME CONNAME
    CURLUWID CURMSGS CURRENT CURSEQNO CURSHCNV EXITTIME HBINT INDOUBT JOBNAME LOCLADDR LONGRTS LSTLUWID LSTMSGDA LSTMSGTI LSTSEQNO
    MAXSHCNV MCASTAT MCAUSER MONCHL MSGS NETTIME NPMSPEED RAPPLTAG RPRODUCT RQMNAME RVERSION SECPROT SHORTRTS SSLCERTI SSLCIPH SSLKEYDA
    SSLKEYTI SSLPEER SSLRKEYS STATUS STOPREQ SUBSTATE XBATCHSZ XMITQ XQTIME""".split()
)
_LISTENER_STATUS = "LISTENER STATUS PID STARTDA STARTTI DESCR TRPTYPE CONTROL IPADDR PORT BACKLOG".split()
_QUEUE_STATUS = "CURDEPTH CURFSIZE CURMAXFS IPPROCS LGETDATE LGETTIME LPUTDATE LPUTTIME MEDIALOG MONQ MSGAGE OPPROCS QTIME UNCOM".split()


def display_objects(session, command: Command) -> str:
    kind = KINDS[command.noun]
    with session.queue_manager.lock:
        rows, known, flags = _rows(session, command.noun, kind)
    type_keyword = {"CHANNEL": "CHLTYPE", "QUEUE": "TYPE", "AUTHINFO": "AUTHTYPE"}.get(kind.name_keyword)
    return _report(
        session,
        command,
        kind.heading,
        rows,
        known,
        keys=[kind.name_keyword] + ([type_keyword] if type_keyword else []),
        filters=[type_keyword] if type_keyword else [],
        synonyms={"TYPE": "CHLTYPE"} if kind is CHANNEL else {},
        flags=flags,
    )


def _rows(session, noun: str, kind: Kind) -> tuple[list[dict[str, str]], set[str], dict[str, str]]:
    """Every object of a noun as MQ shows it, the keywords that may be asked for, and the flags with their negations."""
    stores = (
        [store(session.queue_manager, kind), store(session.queue_manager, kind, "CLNTCONN")]
        if kind is CHANNEL
        else [store(session.queue_manager, kind)]
    )
    tables = {
        "CHANNEL": attributes.CHANNEL_TYPES,
        "QUEUE": attributes.QUEUE_TYPES,
        "LISTENER": {"": attributes.LISTENER},
        "NAMELIST": {"": attributes.NAMELIST},
        "AUTHINFO": attributes.AUTHINFO_TYPES,
    }[kind.name_keyword]
    if noun in attributes.QUEUE_TYPES:
        tables = {noun: attributes.QUEUE_TYPES[noun]}
    rows = []
    for objects in stores:
        for name in sorted(objects):
            values = objects[name]
            object_type = type_of(values)
            if object_type not in tables:
                continue
            row = {kind.name_keyword: name}
            if object_type:
                row[{"CHANNEL": "CHLTYPE", "QUEUE": "TYPE", "AUTHINFO": "AUTHTYPE"}[kind.name_keyword]] = object_type
            for keyword, attribute in tables[object_type].items():
                if session.queue_manager.version >= attribute.since:
                    value = values.get(keyword, attribute.default)
                    row[keyword] = "********" if attribute.kind == "secret" and value else value
            if "CURDEPTH" in row:
                row["CURDEPTH"] = str(session.queue_manager.queues[name].depth)
            rows.append(row)
    every = [attribute for table in tables.values() for attribute in table.values()]
    known = {attribute.keyword for attribute in every if session.queue_manager.version >= attribute.since}
    return rows, known, {attribute.keyword: attribute.argument for attribute in every if attribute.kind == "flag"}


def display_queue_manager(session, command: Command) -> str:
    if command.name.items is not None:
        raise command.fault(command.name)
    for parameter in command.parameters:
        if parameter.keyword in ("SYSTEM", "EVENT", "CHINIT", "CLUSTER", "PUBSUB"):
            raise not_simulated(f"DISPLAY QMGR {parameter.keyword}")
    table = {k: a for k, a in attributes.QUEUE_MANAGER.items() if session.queue_manager.version >= a.since}
    with session.queue_manager.lock:
        row = {"QMNAME": session.queue_manager.name}
        row.update({keyword: session.queue_manager.attributes.get(keyword, table[keyword].default) for keyword in table})
    return _report(session, command, "AMQ8408I: Display Queue Manager details.", [row], set(table), keys=["QMNAME"], named=False)


def display_channel_authentication(session, command: Command) -> str:
    parameters = []
    for parameter in command.parameters:
        if parameter.keyword == "MATCH":
            match = attributes.single_word(parameter)
            if match not in RULE_CHOICES["MATCH"]:
                raise command.fault(parameter)
            if match in ("RUNCHECK", "EXACT"):
                raise not_simulated(f"DISPLAY CHLAUTH MATCH({match})")
        elif parameter.keyword == "TYPE" and attributes.single_word(parameter) == "ALL":
            continue
        else:
            parameters.append(parameter)
    with session.queue_manager.lock:
        rules = [{keyword: rule[keyword] for keyword in RULE_ORDER if keyword in rule} for rule in session.queue_manager.channel_auth]
    # As captured: by profile, generic ones behind the others
    rules.sort(key=lambda rule: (rule["CHLAUTH"] == "*", "*" in rule["CHLAUTH"], rule["CHLAUTH"]))
    return _report(
        session,
        command._replace(parameters=parameters),
        "AMQ8878I: Display channel authentication record details.",
        rules,
        set(RULE_ORDER),
        keys=["CHLAUTH", "TYPE"],
        default=RULE_ORDER,
        filters=["TYPE", "ADDRESS", "CLNTUSER", "QMNAME", "SSLPEER", "SSLCERTI"],
        nothing_found=Refused("AMQ8884E", "Channel authentication record not found."),
    )


def display_channel_status(session, command: Command) -> str:
    knows_cipher = session.queue_manager.version >= (9, 2)
    known = _STATUS_KNOWN if knows_cipher else _STATUS_KNOWN - {"SSLCIPH"}
    saved, parameters = False, []
    for parameter in command.parameters:
        if parameter.keyword in ("CURRENT", "SAVED") and parameter.items is None:
            saved = parameter.keyword == "SAVED"
        elif parameter.keyword == "MONITOR":
            raise not_simulated("DISPLAY CHSTATUS MONITOR")
        else:
            parameters.append(parameter)
    rows = session.queue_manager.channel_engine.saved_status() if saved else session.queue_manager.channel_engine.channel_status()
    rows = [{keyword: value for keyword, value in row.items() if keyword in known or keyword == "SAVED"} for row in rows]
    return _report(
        session,
        command._replace(parameters=parameters),
        "AMQ8417I: Display Channel Status details.",
        sorted(rows, key=lambda row: row["CHANNEL"]),
        set(known),
        keys=_STATUS_DEFAULT,
        default=_STATUS_DEFAULT,
        filters=["CONNAME", "XMITQ"],
        nothing_found=Refused("AMQ8420I", "Channel Status not found."),
    )


def display_listener_status(session, command: Command) -> str:
    rows = session.queue_manager.channel_engine.listener_status()
    rows = [{keyword: row[keyword] for keyword in _LISTENER_STATUS if keyword in row} for row in rows]
    return _report(
        session,
        command,
        "AMQ8631I: Display listener status details.",
        sorted(rows, key=lambda row: row["LISTENER"]),
        set(_LISTENER_STATUS),
        keys=["LISTENER"],
        default=["LISTENER", "STATUS", "PID"],
    )


def display_queue_status(session, command: Command) -> str:
    if any(parameter.keyword == "TYPE" and attributes.single_word(parameter) == "HANDLE" for parameter in command.parameters):
        raise not_simulated("DISPLAY QSTATUS TYPE(HANDLE)")
    rows = []
    with session.queue_manager.lock:
        for name, queue in sorted(session.queue_manager.queues.items()):
            if not queue.is_local:
                continue
            row = {"QUEUE": name, "TYPE": "QUEUE", **dict.fromkeys(_QUEUE_STATUS, "")}
            row.update(CURDEPTH=str(queue.depth), CURFSIZE="1", CURMAXFS="2088960", IPPROCS="0", MONQ="OFF", OPPROCS="0")
            row.update(QTIME=" , ", UNCOM="NO")
            rows.append(row)
    return _report(
        session,
        command,
        "AMQ8450I: Display queue status details.",
        rows,
        set(_QUEUE_STATUS),
        keys=["QUEUE", "TYPE"],
        default=list(rows[0]),
        filters=["TYPE"],
    )


def display_queue_manager_status(session, command: Command) -> str:
    queue_manager = session.queue_manager
    row = {
        "QMNAME": queue_manager.name,
        "TYPE": "QMGR",
        "STATUS": "RUNNING",
        "CHINIT": "RUNNING",
        "CMDSERV": "RUNNING",
        "CONNS": "1",
        "DATPATH": str(queue_manager.directory),
        "HOSTNAME": socket.gethostname(),
        "INSTDESC": "",
        "INSTNAME": queue_manager.machine.installation_name,
        "INSTPATH": queue_manager.machine.installation_path,
        "STANDBY": "NOPERMIT",
        "STARTDA": time.strftime("%Y-%m-%d", time.localtime(_STARTED)),
        "STARTTI": time.strftime("%H.%M.%S", time.localtime(_STARTED)),
    }
    heading = "AMQ8705I: Display Queue Manager Status Details."
    return _report(session, command, heading, [row], set(row), keys=["QMNAME"], named=False)


def _report(
    session,
    command: Command,
    heading: str,
    rows: list[dict[str, str]],
    known: set[str],
    *,
    keys: list[str],
    default: list[str] | None = None,
    filters: Iterable[str] = (),
    synonyms: dict[str, str] | None = None,
    flags: dict[str, str] | None = None,
    named: bool = True,
    nothing_found: Refused | None = None,
) -> str:
    """Select by name, filters and WHERE, then show.

    :param keys: keywords that every record begins with; ``default``: what is shown when nothing is asked for (None: everything
        for a specific name, the keys alone for a generic one)
    """
    flags = flags or {}
    by_negation = {negation: keyword for keyword, negation in flags.items()}
    name = _generic_name(command) if named else ""
    asked, all_asked = set(), not named and default is None and not command.parameters
    selections: list[Callable[[dict[str, str]], bool]] = [_name_matches(keys[0], name)] if named else []
    for parameter in command.parameters:
        keyword = (synonyms or {}).get(parameter.keyword, parameter.keyword)
        keyword = by_negation.get(keyword, keyword)
        if keyword == "ALL" and parameter.items is None:
            all_asked = True
        elif keyword == "WHERE":
            selections.append(_condition(command, parameter, known | set(keys), flags))
        elif parameter.items is not None and keyword in filters and attributes.single_word(parameter) is not None:
            selections.append(_equals(keyword, attributes.single_word(parameter)))
        elif parameter.items is None and (keyword in known or keyword in keys):
            asked.add(keyword)
        else:
            raise SyntaxFault(command.text[: parameter.keyword_end])
    session.past_syntax()
    found = [row for row in rows if all(selects(row) for selects in selections)]
    if not found:
        raise nothing_found or not_found(name)
    if default is None and not asked and not name.endswith("*"):
        all_asked = True
    shown = asked | set(keys) if asked or default is None else set(default)
    report = []
    for row in found:
        items = [(keyword, value) for keyword, value in row.items() if all_asked or keyword in shown]
        items = [(flags[k] if k in flags and v == "NO" else k, v) for k, v in items]
        report.append(display.record(heading, items))
    return "".join(report)


def _generic_name(command: Command) -> str:
    """The name of a DISPLAY: '*' stands only at its end, except for CHLAUTH profiles."""
    name = attributes.single_word(command.name)
    if not name or ("*" in name[:-1] and command.noun != "CHLAUTH"):
        raise command.fault(command.name)
    return name


def _name_matches(keyword: str, name: str) -> Callable[[dict[str, str]], bool]:
    if name.endswith("*"):
        return lambda row: row[keyword].startswith(name[:-1])
    return lambda row: row[keyword] == name


def _equals(keyword: str, value: str) -> Callable[[dict[str, str]], bool]:
    return lambda row: row.get(keyword, "") == value


def _condition(command: Command, parameter: Parameter, known: set[str], flags: dict[str, str]) -> Callable[[dict[str, str]], bool]:
    """``WHERE(keyword operator value)``."""
    words = parameter.items[0] if parameter.items and len(parameter.items) == 1 else []
    if len(words) != 3 or words[0].text not in known or words[0].text in flags or words[1].text not in _OPERATORS:
        raise command.fault(parameter)
    keyword, operator, wanted = words[0].text, _OPERATORS[words[1].text], words[2].text.rstrip()

    def selects(row: dict[str, str]) -> bool:
        value = row.get(keyword)
        if value is None:
            return False
        if value.isdigit() and wanted.isdigit():
            return operator(int(value), int(wanted))
        return operator(value, wanted)

    return selects


_OPERATORS: dict[str, Callable] = {
    "EQ": lambda value, wanted: value == wanted,
    "NE": lambda value, wanted: value != wanted,
    "LT": lambda value, wanted: value < wanted,
    "GT": lambda value, wanted: value > wanted,
    "LE": lambda value, wanted: value <= wanted,
    "GE": lambda value, wanted: value >= wanted,
    "LK": lambda value, wanted: str(value).startswith(str(wanted).rstrip("*")),
    "NL": lambda value, wanted: not str(value).startswith(str(wanted).rstrip("*")),
    "CT": lambda value, wanted: str(wanted) in str(value).split(","),
    "EX": lambda value, wanted: str(wanted) not in str(value).split(","),
}
