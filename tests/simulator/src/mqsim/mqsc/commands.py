# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The MQSC command server: one Session for each run of runmqsc.

Message ids are those that captured outputs or documents give. Where neither does, the id is a guess at the right place:
AMQ8147E for ALTER with another CHLTYPE than the channel has, AMQ8226E for DEFINE REPLACE with another one, AMQ8213E for a
missing XMITQ, AMQ8876E and AMQ8883E for SET CHLAUTH, AMQ8624I for a deleted listener.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from typing import Callable, NamedTuple

from .. import default_objects
from ..cipherspec import is_allowed_on_channel
from . import attributes, display
from .attributes import Attribute
from .scanner import Command, Echo, Parameter, Statement, SyntaxFault, parse, scan

_ENDS = ("END", "EXIT", "QUIT")
_VERBS = "ALTER CLEAR DEFINE DELETE DISPLAY END PING REFRESH RESET RESOLVE RESUME SET START STOP SUSPEND".split()
# Nouns of MQSC that are not simulated under any verb; others are syntax errors
_OTHER_NOUNS = frozenset(
    """APSTATUS ARCHIVE AUTHREC AUTHSERV BUFFPOOL CFSTATUS CFSTRUCT CHINIT CLUSQMGR CLUSTER CMDSERV COMMINFO CONN DBSTATUS
    ENTAUTH GROUP LOG PROCESS POLICY PUBSUB QMODEL SBSTATUS SECURITY SERVICE SMDS STGCLASS SUB SVSTATUS SYSTEM TCLUSTER THREAD TOPIC
    TPSTATUS TRACE QMGR CHANNEL LISTENER QLOCAL QREMOTE QALIAS QUEUE AUTHINFO NAMELIST CHLAUTH CHSTATUS LSSTATUS QSTATUS QMSTATUS""".split()
)
_SYNONYMS = {"TARGQ": "TARGET"}

_INITIATORS = ("SDR", "SVR", "CLUSSDR")
_NEED_CONNAME = ("SDR", "RQSTR", "CLNTCONN", "CLUSSDR")
_ACTIVE = ("RUNNING", "BINDING", "STOPPING", "PAUSED", "REQUESTING", "SWITCHING", "INITIALIZING")

# The refusals of channel.py that IGNSTATE(YES) makes a success: running already, not running
_ALREADY = ("AMQ9514E", "AMQ9533W", "AMQ8730E", "AMQ8731E")

_STATUS_DEFAULT = ["CHANNEL", "CHLTYPE", "CONNAME", "CURRENT", "SAVED", "RQMNAME", "STATUS", "SUBSTATE", "XMITQ"]
_STATUS_KNOWN = frozenset(
    """BATCHES BATCHSZ BUFSRCVD BUFSSENT BYTSRCVD BYTSSENT CHANNEL CHLTYPE CHSTADA CHSTATI COMPHDR COMPMSG COMPRATE COMPTIME CONNAME
    CURLUWID CURMSGS CURRENT CURSEQNO CURSHCNV EXITTIME HBINT INDOUBT JOBNAME LOCLADDR LONGRTS LSTLUWID LSTMSGDA LSTMSGTI LSTSEQNO
    MAXSHCNV MCASTAT MCAUSER MONCHL MSGS NETTIME NPMSPEED RAPPLTAG RPRODUCT RQMNAME RVERSION SECPROT SHORTRTS SSLCERTI SSLCIPH SSLKEYDA
    SSLKEYTI SSLPEER SSLRKEYS STATUS STOPREQ SUBSTATE XBATCHSZ XMITQ XQTIME""".split()
)
_LISTENER_STATUS = "LISTENER STATUS PID STARTDA STARTTI DESCR TRPTYPE CONTROL IPADDR PORT BACKLOG".split()
_QUEUE_STATUS = "CURDEPTH CURFSIZE CURMAXFS IPPROCS LGETDATE LGETTIME LPUTDATE LPUTTIME MEDIALOG MONQ MSGAGE OPPROCS QTIME UNCOM".split()

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
_RULE_CHOICES = {
    "USERSRC": ("MAP", "NOACCESS", "CHANNEL"),
    "CHCKCLNT": ("ASQMGR", "REQDADM", "REQUIRED"),
    "WARN": ("NO", "YES"),
    "ACTION": ("ADD", "REPLACE", "REMOVE", "REMOVEALL"),
    "MATCH": ("GENERIC", "ALL", "EXACT", "RUNCHECK"),
}
_RULE_ORDER = """CHLAUTH TYPE DESCR CUSTOM SSLPEER SSLCERTI ADDRESS CLNTUSER QMNAME USERLIST ADDRLIST USERSRC MCAUSER CHCKCLNT WARN
    ALTDATE ALTTIME""".split()


class Refused(Exception):
    """A valid command that is not carried out; the answer is the id and the text."""

    def __init__(self, message_id: str, text: str):
        super().__init__(f"{message_id}: {text}")
        self.message_id = message_id
        self.text = text


class _Verified(Exception):
    """With -v a command ends here: its syntax is right."""


def _not_simulated(what: str) -> Refused:
    return Refused("AMQ9999S", f"mqsim: not simulated: {what}")


def _not_found(name: str) -> Refused:
    return Refused("AMQ8147E", f"IBM MQ object {name} not found.")


class _Kind(NamedTuple):
    """A kind of object: where the queue manager keeps it, how it is called and the ids of its answers."""

    store: str
    name_keyword: str
    longest_name: int
    heading: str
    created: str
    changed: str
    deleted: str
    exists: tuple[str, str]


_CHANNEL = _Kind(
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
_QUEUE = _Kind(
    "queues",
    "QUEUE",
    48,
    "AMQ8409I: Display Queue details.",
    "AMQ8006I: IBM MQ queue created.",
    "AMQ8008I: IBM MQ queue changed.",
    "AMQ8007I: IBM MQ queue deleted.",
    _EXISTS,
)
_LISTENER = _Kind(
    "listeners",
    "LISTENER",
    48,
    "AMQ8630I: Display listener information details.",
    "AMQ8626I: IBM MQ listener created.",
    "AMQ8623I: IBM MQ listener changed.",
    "AMQ8624I: IBM MQ listener deleted.",
    _EXISTS,
)
_NAMELIST = _Kind(
    "namelists",
    "NAMELIST",
    48,
    "AMQ8550I: Display namelist details.",
    "AMQ8552I: IBM MQ namelist created.",
    "AMQ8551I: IBM MQ namelist changed.",
    "AMQ8553I: IBM MQ namelist deleted.",
    _EXISTS,
)
_AUTHINFO = _Kind(
    "auth_info",
    "AUTHINFO",
    48,
    "AMQ8566I: Display authentication information details.",
    "AMQ8563I: IBM MQ authentication information created.",
    "AMQ8567I: IBM MQ authentication information changed.",
    "AMQ8564I: IBM MQ authentication information deleted.",
    _EXISTS,
)
_KINDS = {
    "CHANNEL": _CHANNEL,
    "QLOCAL": _QUEUE,
    "QREMOTE": _QUEUE,
    "QALIAS": _QUEUE,
    "QUEUE": _QUEUE,
    "LISTENER": _LISTENER,
    "NAMELIST": _NAMELIST,
    "AUTHINFO": _AUTHINFO,
}


class Session:
    """Carries out a script for one queue manager and reports as runmqsc does.

    :param write: takes the text of the report, piece by piece, beginning behind the banner
    :param echo: False for ``-e``
    :param verify: True for ``-v``: syntax only
    """

    def __init__(self, queue_manager, write: Callable[[str], None], echo: bool = True, verify: bool = False):
        self.queue_manager = queue_manager
        self._write = write
        self._echo = echo
        self._verify = verify

    def run(self, lines: Iterable[str]) -> int:
        """The return code: 0, or 10 when a command failed."""
        read = syntax_errors = failed = 0
        for piece in scan(lines):
            if isinstance(piece, Echo):
                if self._echo:
                    self._write(f"{piece}\n")
                continue
            read += 1
            try:
                command = self._parsed(piece)
                if command.verb in _ENDS:
                    read -= 1
                    break
                self._write(self._execute(command))
            except _Verified:
                pass
            except SyntaxFault as fault:
                syntax_errors += 1
                self._write(_syntax_error(fault))
            except Exception as refusal:
                # Refused, here or in channel.py
                if not hasattr(refusal, "message_id"):
                    raise
                failed += 1
                self._write(f"{refusal.message_id}: {refusal.text}\n")
        self._write(display.closing_lines(read, syntax_errors, failed))
        return 10 if syntax_errors or failed else 0

    @staticmethod
    def _parsed(statement: Statement) -> Command:
        if statement.line_too_long:
            raise SyntaxFault(statement.text.rstrip())
        return parse(statement.text)

    def _execute(self, command: Command) -> str:
        """Carry out one command; the text of its answer. Raises SyntaxFault, Refused or _Verified."""
        if command.verb in ("DEFINE", "ALTER", "DELETE", "DISPLAY") and command.noun in _KINDS:
            handler = getattr(self, f"_{command.verb.lower()}")
            if command.noun == "QUEUE" and command.verb != "DISPLAY":
                raise SyntaxFault(command.text[: command.name.keyword_end])
            return handler(command)
        handler = _HANDLERS.get((command.verb, command.noun))
        if handler is None:
            if command.noun in _OTHER_NOUNS:
                raise _not_simulated(f"{command.verb} {command.noun}")
            raise SyntaxFault(command.text[: command.name.keyword_end])
        return handler(self, command)

    def _past_syntax(self) -> None:
        if self._verify:
            raise _Verified

    # DEFINE, ALTER, DELETE ----------------------------------------------------------------------------------------------

    def _type(self, command: Command) -> tuple[str, dict[str, Attribute], list[Parameter]]:
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
        self, command: Command, parameters: list[Parameter], table: dict[str, Attribute], besides: Iterable[str] = ()
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
            if attribute is None or attribute.kind == "read" or self.queue_manager.version < attribute.since:
                raise SyntaxFault(command.text[: parameter.keyword_end])
            value = attributes.read_value(attribute, parameter)
            if value is None:
                raise command.fault(parameter)
            values[attribute.keyword] = value
        return values

    def _name(self, command: Command, longest: int) -> str:
        name = attributes.single_word(command.name)
        if not name or len(name) > longest:
            raise command.fault(command.name)
        if not attributes.NAME_CHARACTERS.issuperset(name):
            raise Refused("AMQ8424E", "Error detected in a name keyword.")
        return name

    def _store(self, kind: _Kind, object_type: str = "") -> dict:
        store = getattr(self.queue_manager, "client_channels" if object_type == "CLNTCONN" else kind.store)
        # Queues know their own messages; what MQSC sees of them are the attributes
        return {name: queue.attributes for name, queue in store.items()} if kind is _QUEUE else store

    def _define(self, command: Command) -> str:
        kind = _KINDS[command.noun]
        name = self._name(command, kind.longest_name)
        object_type, table, parameters = self._type(command)
        values = self._values(command, parameters, table, ("REPLACE", "NOREPLACE", "LIKE"))
        replace = any(parameter.keyword == "REPLACE" for parameter in parameters)
        like = next((attributes.single_word(parameter) for parameter in parameters if parameter.keyword == "LIKE"), None)
        needed = {"CRLLDAP": "CONNAME", "OCSP": "OCSPURL", "LISTENER": "TRPTYPE"}.get(object_type)
        if like == "" or (needed and not like and not values.get(needed)):
            raise command.fault()
        self._past_syntax()
        with self.queue_manager.lock:
            store = self._store(kind, object_type)
            existing = store.get(name)
            if existing is not None and (not replace or _type_of(existing) != _type_of(self._new(command.noun, object_type))):
                raise Refused(*kind.exists)
            made = self._new(command.noun, object_type)
            if like is not None and _type_of(store.get(like, {})) != _type_of(made):
                raise _not_found(like)
            default = like or self._default_object(command.noun, object_type)
            if _type_of(store.get(default, {})) == _type_of(made):
                made.update({keyword: store[default][keyword] for keyword in table if keyword in made})
            made.update(values)
            made.update(default_objects.now())
            self._check(command.noun, object_type, made, values, required=True)
            if kind is not _QUEUE:
                store[name] = made
            elif name in self.queue_manager.queues:
                self.queue_manager.queues[name].attributes.update(made)
            else:
                self.queue_manager.add_queue(name, made)
            self.queue_manager.save()
        return f"{kind.created}\n"

    def _new(self, noun: str, object_type: str) -> dict[str, str]:
        version = self.queue_manager.version
        if noun == "CHANNEL":
            return default_objects.new_channel(object_type, version)
        if noun == "AUTHINFO":
            return default_objects.new_auth_info(object_type, version)
        if noun in attributes.QUEUE_TYPES:
            return default_objects.new_queue(noun, version)
        table = attributes.LISTENER if noun == "LISTENER" else attributes.NAMELIST
        return {**attributes.defaults(table, version), **default_objects.now()}

    @staticmethod
    def _default_object(noun: str, object_type: str) -> str:
        if noun == "AUTHINFO":
            return f"SYSTEM.DEFAULT.AUTHINFO.{object_type}"
        return {**default_objects.DEFAULT_CHANNEL, **default_objects.DEFAULT_QUEUE, "NAMELIST": default_objects.DEFAULT_NAMELIST}.get(
            object_type, default_objects.DEFAULT_LISTENER
        )

    def _alter(self, command: Command) -> str:
        kind = _KINDS[command.noun]
        name = self._name(command, kind.longest_name)
        object_type, table, parameters = self._type(command)
        values = self._values(command, parameters, table, ("FORCE",))
        self._past_syntax()
        with self.queue_manager.lock:
            existing = self._store(kind, object_type).get(name)
            if existing is None or (_type_of(existing) or object_type) != object_type:
                raise _not_found(name)
            self._check(command.noun, object_type, {**existing, **values}, values, required=False)
            if kind is _QUEUE and "USAGE" in values and values["USAGE"] != existing["USAGE"] and self.queue_manager.queues[name].depth:
                raise Refused("AMQ8143E", "IBM MQ queue not empty.")
            existing.update(values)
            existing.update(default_objects.now())
            self.queue_manager.save()
        return f"{kind.changed}\n"

    def _check(self, noun: str, object_type: str, result: dict[str, str], given: dict[str, str], required: bool) -> None:
        """What MQ checks beyond the single value. ``required``: the whole object is judged, not only what is given."""
        if noun == "NAMELIST":
            result["NAMCOUNT"] = given["NAMCOUNT"] = str(len(result["NAMES"].split(",")) if result["NAMES"] else 0)
        if noun != "CHANNEL":
            return
        self._check_tls(given)
        if object_type in _NEED_CONNAME and not result["CONNAME"] and (required or "CONNAME" in given):
            raise Refused("AMQ8214E", "CONNAME parameter required with channel types SDR, RQSTR, CLNTCONN, CLUSSDR and CLUSRCVR.")
        if object_type in ("SDR", "SVR") and not result["XMITQ"] and (required or "XMITQ" in given):
            raise Refused("AMQ8213E", "XMITQ parameter required with channel types SDR and SVR.")

    def _check_tls(self, given: dict[str, str]) -> None:
        if not is_allowed_on_channel(given.get("SSLCIPH", ""), self.queue_manager.version):
            raise Refused("AMQ8242E", "SSLCIPH definition wrong.")
        if given.get("SSLPEER"):
            from ..peer_name import parse as parse_peer_name  # brings cryptography, which most queue managers never need

            try:
                parse_peer_name(given["SSLPEER"])
            except ValueError as error:
                raise Refused("AMQ8243E", "SSLPEER definition wrong.") from error

    def _delete(self, command: Command) -> str:
        kind = _KINDS[command.noun]
        name = self._name(command, kind.longest_name)
        allowed = {"CHANNEL": ("CHLTABLE", "IGNSTATE"), "QLOCAL": ("PURGE", "NOPURGE")}.get(command.noun, ())
        options = {}
        for parameter in command.parameters:
            value = attributes.single_word(parameter) if parameter.items is not None else ""
            choices = {"CHLTABLE": ("QMGRTBL", "CLNTTBL"), "IGNSTATE": ("NO", "YES"), "PURGE": ("",), "NOPURGE": ("",)}
            if parameter.keyword not in allowed or value not in choices[parameter.keyword]:
                raise command.fault(parameter)
            options[parameter.keyword] = value
        self._past_syntax()
        client = options.get("CHLTABLE") == "CLNTTBL"
        with self.queue_manager.lock:
            store = self._store(kind, "CLNTCONN" if client else "")
            existing = store.get(name)
            if existing is None or (kind is _QUEUE and existing["TYPE"] != command.noun):
                if existing is None and options.get("IGNSTATE") == "YES":
                    return f"{kind.deleted}\n"
                raise _not_found(name)
            if kind is _CHANNEL and not client:
                statuses = (row for row in self.queue_manager.channel_engine.channel_status() if row["CHANNEL"] == name)
                if any(row["STATUS"] in _ACTIVE for row in statuses):
                    raise Refused("AMQ9514E", f"Channel '{name}' is in use.")
            if kind is _QUEUE and self.queue_manager.queues[name].depth and "PURGE" not in options:
                raise Refused("AMQ8143E", "IBM MQ queue not empty.")
            del (self.queue_manager.queues if kind is _QUEUE else store)[name]
            self.queue_manager.save()
        return f"{kind.deleted}\n"

    # DISPLAY of definitions ---------------------------------------------------------------------------------------------

    def _display(self, command: Command) -> str:
        kind = _KINDS[command.noun]
        with self.queue_manager.lock:
            rows, known, flags = self._rows(command.noun, kind)
        type_keyword = {"CHANNEL": "CHLTYPE", "QUEUE": "TYPE", "AUTHINFO": "AUTHTYPE"}.get(kind.name_keyword)
        return self._report(
            command,
            kind.heading,
            rows,
            known,
            keys=[kind.name_keyword] + ([type_keyword] if type_keyword else []),
            filters=[type_keyword] if type_keyword else [],
            synonyms={"TYPE": "CHLTYPE"} if kind is _CHANNEL else {},
            flags=flags,
        )

    def _rows(self, noun: str, kind: _Kind) -> tuple[list[dict[str, str]], set[str], dict[str, str]]:
        """Every object of a noun as MQ shows it, the keywords that may be asked for, and the flags with their negations."""
        stores = [self._store(kind), self._store(kind, "CLNTCONN")] if kind is _CHANNEL else [self._store(kind)]
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
        for store in stores:
            for name in sorted(store):
                values = store[name]
                object_type = _type_of(values)
                if object_type not in tables:
                    continue
                row = {kind.name_keyword: name}
                if object_type:
                    row[{"CHANNEL": "CHLTYPE", "QUEUE": "TYPE", "AUTHINFO": "AUTHTYPE"}[kind.name_keyword]] = object_type
                for keyword, attribute in tables[object_type].items():
                    if self.queue_manager.version >= attribute.since:
                        value = values.get(keyword, attribute.default)
                        row[keyword] = "********" if attribute.kind == "secret" and value else value
                if "CURDEPTH" in row:
                    row["CURDEPTH"] = str(self.queue_manager.queues[name].depth)
                rows.append(row)
        every = [attribute for table in tables.values() for attribute in table.values()]
        known = {attribute.keyword for attribute in every if self.queue_manager.version >= attribute.since}
        return rows, known, {attribute.keyword: attribute.argument for attribute in every if attribute.kind == "flag"}

    def _display_qmgr(self, command: Command) -> str:
        if command.name.items is not None:
            raise command.fault(command.name)
        for parameter in command.parameters:
            if parameter.keyword in ("SYSTEM", "EVENT", "CHINIT", "CLUSTER", "PUBSUB"):
                raise _not_simulated(f"DISPLAY QMGR {parameter.keyword}")
        table = {k: a for k, a in attributes.QUEUE_MANAGER.items() if self.queue_manager.version >= a.since}
        with self.queue_manager.lock:
            row = {"QMNAME": self.queue_manager.name}
            row.update({keyword: self.queue_manager.attributes.get(keyword, table[keyword].default) for keyword in table})
        return self._report(command, "AMQ8408I: Display Queue Manager details.", [row], set(table), keys=["QMNAME"], named=False)

    def _display_chlauth(self, command: Command) -> str:
        parameters = []
        for parameter in command.parameters:
            if parameter.keyword == "MATCH":
                match = attributes.single_word(parameter)
                if match not in _RULE_CHOICES["MATCH"]:
                    raise command.fault(parameter)
                if match in ("RUNCHECK", "EXACT"):
                    raise _not_simulated(f"DISPLAY CHLAUTH MATCH({match})")
            elif parameter.keyword == "TYPE" and attributes.single_word(parameter) == "ALL":
                continue
            else:
                parameters.append(parameter)
        with self.queue_manager.lock:
            rules = [{keyword: rule[keyword] for keyword in _RULE_ORDER if keyword in rule} for rule in self.queue_manager.channel_auth]
        # As captured: by profile, generic ones behind the others
        rules.sort(key=lambda rule: (rule["CHLAUTH"] == "*", "*" in rule["CHLAUTH"], rule["CHLAUTH"]))
        return self._report(
            command._replace(parameters=parameters),
            "AMQ8878I: Display channel authentication record details.",
            rules,
            set(_RULE_ORDER),
            keys=["CHLAUTH", "TYPE"],
            default=_RULE_ORDER,
            filters=["TYPE", "ADDRESS", "CLNTUSER", "QMNAME", "SSLPEER", "SSLCERTI"],
            not_found=Refused("AMQ8884E", "Channel authentication record not found."),
        )

    # DISPLAY of status --------------------------------------------------------------------------------------------------

    def _display_chstatus(self, command: Command) -> str:
        knows_cipher = self.queue_manager.version >= (9, 2)
        known = _STATUS_KNOWN if knows_cipher else _STATUS_KNOWN - {"SSLCIPH"}
        saved, parameters = False, []
        for parameter in command.parameters:
            if parameter.keyword in ("CURRENT", "SAVED") and parameter.items is None:
                saved = parameter.keyword == "SAVED"
            elif parameter.keyword == "MONITOR":
                raise _not_simulated("DISPLAY CHSTATUS MONITOR")
            else:
                parameters.append(parameter)
        rows = self.queue_manager.channel_engine.saved_status() if saved else self.queue_manager.channel_engine.channel_status()
        rows = [{keyword: value for keyword, value in row.items() if keyword in known or keyword == "SAVED"} for row in rows]
        return self._report(
            command._replace(parameters=parameters),
            "AMQ8417I: Display Channel Status details.",
            sorted(rows, key=lambda row: row["CHANNEL"]),
            set(known),
            keys=_STATUS_DEFAULT,
            default=_STATUS_DEFAULT,
            filters=["CONNAME", "XMITQ"],
            not_found=Refused("AMQ8420I", "Channel Status not found."),
        )

    def _display_lsstatus(self, command: Command) -> str:
        rows = self.queue_manager.channel_engine.listener_status()
        rows = [{keyword: row[keyword] for keyword in _LISTENER_STATUS if keyword in row} for row in rows]
        return self._report(
            command,
            "AMQ8631I: Display listener status details.",
            sorted(rows, key=lambda row: row["LISTENER"]),
            set(_LISTENER_STATUS),
            keys=["LISTENER"],
            default=["LISTENER", "STATUS", "PID"],
        )

    def _display_qstatus(self, command: Command) -> str:
        if any(parameter.keyword == "TYPE" and attributes.single_word(parameter) == "HANDLE" for parameter in command.parameters):
            raise _not_simulated("DISPLAY QSTATUS TYPE(HANDLE)")
        rows = []
        with self.queue_manager.lock:
            for name, queue in sorted(self.queue_manager.queues.items()):
                if not queue.is_local:
                    continue
                row = {"QUEUE": name, "TYPE": "QUEUE", **dict.fromkeys(_QUEUE_STATUS, "")}
                row.update(CURDEPTH=str(queue.depth), CURFSIZE="1", CURMAXFS="2088960", IPPROCS="0", MONQ="OFF", OPPROCS="0")
                row.update(QTIME=" , ", UNCOM="NO")
                rows.append(row)
        return self._report(
            command,
            "AMQ8450I: Display queue status details.",
            rows,
            set(_QUEUE_STATUS),
            keys=["QUEUE", "TYPE"],
            default=list(rows[0]),
            filters=["TYPE"],
        )

    def _display_qmstatus(self, command: Command) -> str:
        queue_manager = self.queue_manager
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
        return self._report(command, heading, [row], set(row), keys=["QMNAME"], named=False)

    # The work of every DISPLAY ------------------------------------------------------------------------------------------

    def _report(
        self,
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
        not_found: Refused | None = None,
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
        self._past_syntax()
        found = [row for row in rows if all(selects(row) for selects in selections)]
        if not found:
            raise not_found or _not_found(name)
        if default is None and not asked and not name.endswith("*"):
            all_asked = True
        shown = asked | set(keys) if asked or default is None else set(default)
        report = []
        for row in found:
            items = [(keyword, value) for keyword, value in row.items() if all_asked or keyword in shown]
            items = [(flags[k] if k in flags and v == "NO" else k, v) for k, v in items]
            report.append(display.record(heading, items))
        return "".join(report)

    # Other commands -----------------------------------------------------------------------------------------------------

    def _alter_qmgr(self, command: Command) -> str:
        if command.name.items is not None:
            raise command.fault(command.name)
        values = self._values(command, command.parameters, attributes.QUEUE_MANAGER, ("FORCE",))
        if "SUITEB" in values and "NONE" in values["SUITEB"].split(",") and values["SUITEB"] != "NONE":
            raise command.fault()
        self._past_syntax()
        if values.get("KEYRPWD", "").startswith("<"):
            raise _not_simulated("KEYRPWD with an encrypted password")
        with self.queue_manager.lock:
            for keyword in ("INITKEY", "KEYRPWD"):
                if keyword in values:
                    self.queue_manager.set_secret(keyword, values.pop(keyword))
            self.queue_manager.attributes.update(values)
            self.queue_manager.attributes.update(default_objects.now())
            self.queue_manager.save()
        return "AMQ8005I: IBM MQ queue manager changed.\n"

    def _set_chlauth(self, command: Command) -> str:
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
        self._past_syntax()
        if action != "REMOVEALL" and not values.get(_RULE_REQUIRED[rule_type]):
            raise Refused("AMQ8876E", f"Parameter {_RULE_REQUIRED[rule_type]} is required for this channel authentication record type.")
        for keyword in ("SSLPEER", "SSLCERTI"):
            self._check_tls({"SSLPEER": values.get(keyword, "")})
        with self.queue_manager.lock:
            if action == "REMOVEALL":
                self._remove_rules(lambda rule: rule["CHLAUTH"] == profile and rule["TYPE"] == rule_type)
            elif rule_type in ("BLOCKUSER", "BLOCKADDR"):
                self._change_block_list(profile, rule_type, action, values)
            else:
                self._change_map(profile, rule_type, action, values)
            self.queue_manager.save()
        return "AMQ8877I: IBM MQ channel authentication record set.\n"

    def _remove_rules(self, condition: Callable[[dict[str, str]], bool]) -> None:
        rules = self.queue_manager.channel_auth
        kept = [rule for rule in rules if not condition(rule)]
        if len(kept) == len(rules):
            raise Refused("AMQ8884E", "Channel authentication record not found.")
        rules[:] = kept

    def _change_block_list(self, profile: str, rule_type: str, action: str, values: dict[str, str]) -> None:
        list_keyword = _RULE_REQUIRED[rule_type]
        rules = self.queue_manager.channel_auth
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

    def _change_map(self, profile: str, rule_type: str, action: str, values: dict[str, str]) -> None:
        keys = _RULE_KEYS[rule_type]
        identity = (profile, rule_type, *(values.get(keyword, "") for keyword in keys))

        def is_same(rule: dict[str, str]) -> bool:
            return (rule["CHLAUTH"], rule["TYPE"], *(rule.get(keyword, "") for keyword in keys)) == identity

        if action == "REMOVE":
            self._remove_rules(is_same)
            return
        rules = self.queue_manager.channel_auth
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

    def _refresh_security(self, command: Command) -> str:
        options = self._options(command, {"TYPE": ("AUTHSERV", "CONNAUTH", "SSL")})
        if command.name.items is not None and attributes.single_word(command.name) != "*":
            raise command.fault(command.name)
        self._past_syntax()
        if options.get("TYPE") == "SSL":
            self.queue_manager.channel_engine.refresh_security()
        return "AMQ8560I: IBM MQ security cache refreshed.\n"

    def _ping_qmgr(self, command: Command) -> str:
        self._options(command, {})
        self._past_syntax()
        return "AMQ8415I: Ping IBM MQ Queue Manager command complete.\n"

    def _clear_qlocal(self, command: Command) -> str:
        name = self._name(command, 48)
        self._options(command, {})
        self._past_syntax()
        queue = self.queue_manager.queues.get(name)
        if queue is None or not queue.is_local:
            raise _not_found(name)
        queue.clear()
        return "AMQ8022I: IBM MQ queue cleared.\n"

    def _start_channel(self, command: Command) -> str:
        name = self._name(command, 20)
        options = self._options(command, {"IGNSTATE": ("NO", "YES")})
        self._past_syntax()
        self._channel(name)
        self._unless_ignored(options, lambda: self.queue_manager.channel_engine.start_channel(name))
        return "AMQ8018I: Start IBM MQ channel accepted.\n"

    def _stop_channel(self, command: Command) -> str:
        name = self._name(command, 20)
        for parameter in command.parameters:
            if parameter.keyword in ("CONNAME", "QMNAME"):
                raise _not_simulated(f"STOP CHANNEL {parameter.keyword}")
        choices = {"MODE": ("QUIESCE", "FORCE", "TERMINATE"), "STATUS": ("STOPPED", "INACTIVE"), "IGNSTATE": ("NO", "YES")}
        options = self._options(command, choices)
        self._past_syntax()
        self._channel(name)
        mode, status = options.get("MODE", "QUIESCE"), options.get("STATUS", "STOPPED")
        self._unless_ignored(options, lambda: self.queue_manager.channel_engine.stop_channel(name, mode, status))
        return "AMQ8019I: Stop IBM MQ channel accepted.\n"

    def _ping_channel(self, command: Command) -> str:
        name = self._name(command, 20)
        self._options(command, {"DATALEN": range(16, 32769)})
        self._past_syntax()
        self._channel(name, _INITIATORS)
        self.queue_manager.channel_engine.ping_channel(name)
        return "AMQ8020I: Ping IBM MQ channel complete.\n"

    def _reset_channel(self, command: Command) -> str:
        name = self._name(command, 20)
        options = self._options(command, {"SEQNUM": range(1, 1000000000)})
        self._past_syntax()
        self._channel(name, ("SDR", "SVR", "RCVR", "RQSTR", "CLUSSDR", "CLUSRCVR"))
        self.queue_manager.channel_engine.reset_channel(name, int(options.get("SEQNUM", "1")))
        return "AMQ8023I: IBM MQ channel reset.\n"

    def _resolve_channel(self, command: Command) -> str:
        name = self._name(command, 20)
        if "ACTION" not in self._options(command, {"ACTION": ("COMMIT", "BACKOUT")}):
            raise command.fault()
        self._past_syntax()
        self._channel(name, _INITIATORS)
        if any(row["CHANNEL"] == name and row.get("INDOUBT") == "YES" for row in self.queue_manager.channel_engine.channel_status()):
            raise _not_simulated("RESOLVE CHANNEL of a channel in doubt")
        return "AMQ8025I: IBM MQ channel resolved.\n"

    def _start_listener(self, command: Command) -> str:
        name = self._name(command, 48)
        options = self._options(command, {"IGNSTATE": ("NO", "YES")})
        self._past_syntax()
        if name not in self.queue_manager.listeners:
            raise _not_found(name)
        self._unless_ignored(options, lambda: self.queue_manager.channel_engine.start_listener(name))
        return "AMQ8021I: Request to start IBM MQ listener accepted.\n"

    def _stop_listener(self, command: Command) -> str:
        name = self._name(command, 48)
        options = self._options(command, {"IGNSTATE": ("NO", "YES"), "MODE": ("QUIESCE", "FORCE")})
        self._past_syntax()
        if name not in self.queue_manager.listeners:
            raise _not_found(name)
        self._unless_ignored(options, lambda: self.queue_manager.channel_engine.stop_listener(name))
        return "AMQ8706I: Request to stop IBM MQ Listener accepted.\n"

    def _channel(self, name: str, suitable: Iterable[str] | None = None) -> dict[str, str]:
        channel = self.queue_manager.channels.get(name)
        if channel is None:
            raise Refused("AMQ8227E", f"Channel {name} not found.")
        if suitable is not None and channel["CHLTYPE"] not in suitable:
            raise Refused("AMQ9502E", "Type of channel not suitable for action requested.")
        return channel

    @staticmethod
    def _unless_ignored(options: dict[str, str], action: Callable[[], None]) -> None:
        """IGNSTATE(YES): no error when the channel or listener is in the wanted state already."""
        try:
            action()
        except Exception as refusal:
            if options.get("IGNSTATE") != "YES" or getattr(refusal, "message_id", "") not in _ALREADY:
                raise

    @staticmethod
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


_HANDLERS = {
    ("ALTER", "QMGR"): Session._alter_qmgr,
    ("CLEAR", "QLOCAL"): Session._clear_qlocal,
    ("DISPLAY", "QMGR"): Session._display_qmgr,
    ("DISPLAY", "QMSTATUS"): Session._display_qmstatus,
    ("DISPLAY", "CHLAUTH"): Session._display_chlauth,
    ("DISPLAY", "CHSTATUS"): Session._display_chstatus,
    ("DISPLAY", "LSSTATUS"): Session._display_lsstatus,
    ("DISPLAY", "QSTATUS"): Session._display_qstatus,
    ("PING", "CHANNEL"): Session._ping_channel,
    ("PING", "QMGR"): Session._ping_qmgr,
    ("REFRESH", "SECURITY"): Session._refresh_security,
    ("RESET", "CHANNEL"): Session._reset_channel,
    ("RESOLVE", "CHANNEL"): Session._resolve_channel,
    ("SET", "CHLAUTH"): Session._set_chlauth,
    ("START", "CHANNEL"): Session._start_channel,
    ("START", "LISTENER"): Session._start_listener,
    ("STOP", "CHANNEL"): Session._stop_channel,
    ("STOP", "LISTENER"): Session._stop_listener,
}
_STARTED = time.time()


def _syntax_error(fault: SyntaxFault) -> str:
    answer = f"AMQ8405I: Syntax error detected at or near end of command segment below:-\n{fault.segment}\n\n"
    if fault.in_verb:
        answer += "AMQ8426I: Valid MQSC commands are:\n\n" + "".join(f"    {verb}\n" for verb in _VERBS) + "\n"
    return answer


def _type_of(values: dict[str, str]) -> str:
    return values.get("CHLTYPE") or values.get("TYPE") or values.get("AUTHTYPE") or ""


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


def _rule_value(parameter: Parameter) -> str | None:
    """A value of SET CHLAUTH; None when it is not one."""
    if parameter.keyword in _RULE_LISTS:
        if parameter.items is None or any(len(item) != 1 for item in parameter.items):
            return None
        return ",".join(item[0].text for item in parameter.items)
    value = attributes.single_word(parameter)
    if parameter.keyword in _RULE_CHOICES:
        return value if value in _RULE_CHOICES[parameter.keyword] else None
    return value if value is not None and len(value) <= _RULE_TEXTS.get(parameter.keyword, -1) else None
