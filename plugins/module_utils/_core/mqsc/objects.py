# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of a queue manager as people describe them, and how their attributes are written, read and compared.

Sources: IBM MQ documentation, "DEFINE CHANNEL" (table of the attributes of each channel type), "SET CHLAUTH", "DEFINE AUTHINFO",
"DEFINE NAMELIST", "DEFINE LISTENER", "DEFINE QLOCAL", "ALTER QMGR", "Rules for naming IBM MQ objects".

An attribute that no table here knows is taken as it is: queue managers of newer levels have more of them.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Sequence, Tuple, Union

from ..errors import InputError
from .command import Keyword, Value
from .quote import quote

Key = Tuple[str, ...]
Comparable = Union[str, int, bool, Tuple[str, ...]]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# In the order in which they are made: an object stands behind those that it names.
OBJECT_TYPES = ("QMGR", "AUTHINFO", "NAMELIST", "QLOCAL", "QREMOTE", "LISTENER", "CHANNEL", "CHLAUTH")
CHANNEL_TYPES = _words("SDR SVR RCVR RQSTR SVRCONN CLNTCONN CLUSSDR CLUSRCVR AMQP")

# Which attribute says what kind of object it is. It stands right behind the name in every command.
TYPE_KEYWORD = {"CHANNEL": "CHLTYPE", "CHLAUTH": "TYPE", "AUTHINFO": "AUTHTYPE"}
_TYPES: dict[str, frozenset[str]] = {
    "CHANNEL": CHANNEL_TYPES,
    "CHLAUTH": _words("BLOCKUSER BLOCKADDR SSLPEERMAP ADDRESSMAP USERMAP QMGRMAP"),
    "AUTHINFO": _words("CRLLDAP OCSP IDPWOS IDPWLDAP"),
}

# What makes a CHLAUTH rule another rule; the rest are its attributes.
CHLAUTH_KEYS = ("ADDRESS", "SSLPEER", "SSLCERTI", "QMNAME", "CLNTUSER")
_CHLAUTH_NEEDS = {
    "BLOCKUSER": ("USERLIST",),
    "BLOCKADDR": ("ADDRLIST",),
    "SSLPEERMAP": ("SSLPEER",),
    "ADDRESSMAP": ("ADDRESS",),
    "USERMAP": ("CLNTUSER",),
    "QMGRMAP": ("QMNAME",),
}
_CHLAUTH_OWN = {
    "SSLPEER": "SSLPEERMAP",
    "SSLCERTI": "SSLPEERMAP",
    "CLNTUSER": "USERMAP",
    "QMNAME": "QMGRMAP",
    "USERLIST": "BLOCKUSER",
    "ADDRLIST": "BLOCKADDR",
    "ADDRESS": "SSLPEERMAP ADDRESSMAP USERMAP QMGRMAP",
    "USERSRC": "SSLPEERMAP ADDRESSMAP USERMAP QMGRMAP",
    "MCAUSER": "SSLPEERMAP ADDRESSMAP USERMAP QMGRMAP",
    "CHCKCLNT": "SSLPEERMAP ADDRESSMAP USERMAP QMGRMAP",
}

# Attributes that not every channel type has. AMQP channels are another family and are not judged.
_MESSAGE = "SDR SVR RCVR RQSTR CLUSSDR CLUSRCVR"
_SENDING = "SDR SVR CLUSSDR CLUSRCVR"
_CALLING = "SDR SVR RQSTR CLUSSDR CLUSRCVR"
_CLUSTER = "CLUSSDR CLUSRCVR"
_RETRIES_PUT = "RCVR RQSTR CLUSRCVR"
_CHANNEL_TYPES_WITH: dict[str, frozenset[str]] = {
    keyword: frozenset(types.split())
    for keywords, types in (
        ("XMITQ", "SDR SVR"),
        ("SSLCAUTH", "SVR RCVR RQSTR SVRCONN CLUSRCVR"),
        ("CERTLABL", "SDR SVR RCVR RQSTR SVRCONN CLNTCONN CLUSRCVR"),
        ("CONNAME LOCLADDR MODENAME TPNAME", _CALLING + " CLNTCONN"),
        ("MCAUSER MONCHL", _MESSAGE + " SVRCONN"),
        ("MCANAME MCATYPE", _CALLING),
        ("PASSWORD USERID", "SDR SVR RQSTR CLNTCONN CLUSSDR"),
        ("BATCHHB BATCHINT BATCHLIM CONVERT LONGRTY LONGTMR PROPCTL SHORTRTY SHORTTMR", _SENDING),
        ("BATCHSZ MSGDATA MSGEXIT NPMSPEED RESETSEQ SEQWRAP STATCHL USEDLQ", _MESSAGE),
        ("DISCINT", _SENDING + " SVRCONN"),
        ("MRDATA MREXIT MRRTY MRTMR PUTAUT", _RETRIES_PUT),
        ("CLUSNL CLUSTER CLWLPRTY CLWLRANK CLWLWGHT", _CLUSTER),
        ("NETPRTY", "CLUSRCVR"),
        ("MAXINST MAXINSTC", "SVRCONN"),
        ("SHARECNV", "SVRCONN CLNTCONN"),
        ("AFFINITY CLNTWGHT DEFRECON QMNAME", "CLNTCONN"),
    )
    for keyword in keywords.split()
}
# What a new channel cannot be without.
CHANNEL_NEEDS = {"SDR": ("CONNAME", "XMITQ"), "SVR": ("XMITQ",), "RQSTR": ("CONNAME",), "CLNTCONN": ("CONNAME",), "CLUSSDR": ("CONNAME",)}

# Keywords without brackets, each with its opposite.
FLAGS = {"TRIGGER": "NOTRIGGER", "SHARE": "NOSHARE", "HARDENBO": "NOHARDENBO"}
_OPPOSITES = {opposite: flag for flag, opposite in FLAGS.items()}

_ORDERED_LISTS = frozenset(["NAMES"])
_SETS = frozenset(["USERLIST", "ADDRLIST", "SUITEB"])

# Values without regard to case; they are written without quotes.
_KEYWORDS = _words(
    """
    CHLTYPE TRPTYPE AUTHTYPE TYPE SSLCAUTH SSLFIPS SSLEV CERTVPOL SUITEB CHLAUTH USAGE TRIGTYPE CONTROL USERSRC CHCKCLNT CHCKLOCL WARN
    NPMSPEED CONVERT MCATYPE PUTAUT COMPHDR COMPMSG MONCHL STATCHL PROPCTL USEDLQ RESETSEQ AFFINITY DEFRECON DEFPSIST GET PUT DEFSOPT
    MSGDLVSQ NPMCLASS MONQ STATQ ACCTQ CLWLUSEQ DEFBIND DEFPRESP DEFREADA DEFTYPE DISTL NLTYPE SCOPE QDPHIEV QDPLOEV QDPMAXEV QSVCIEV
    ACCTCONO ACCTMQI ACTIVREC ACTVCONO ACTVTRC ADVCAP AUTHOREV CHAD CHADEV CHLEV CMDEV CONFIGEV DEFCLXQ IMGRCOVO IMGRCOVQ IMGSCHED
    INHIBTEV IPADDRV LOCALEV LOGGEREV MONACLS PERFMEV PSCLUS PSMODE PSNPMSG PSNPRES PSSYNCPT REMOTEEV REVDNS ROUTEREC SCHINIT SCMDSERV
    STATACLS STATMQI STRSTPEV AUTHORMD ADOPTCTX NESTGRP SECCOMM
    """
)
# Whole numbers; some also take a word (KAINT(AUTO), MAXPROPL(NOLIMIT)).
_INTEGERS = _words(
    """
    PORT BACKLOG SESSIONS COMMANDS NTBNAMES BATCHHB BATCHINT BATCHLIM BATCHSZ DISCINT HBINT KAINT LONGRTY LONGTMR SHORTRTY SHORTTMR MAXMSGL
    SEQWRAP MRRTY MRTMR NETPRTY SHARECNV MAXINST MAXINSTC CLNTWGHT CLWLPRTY CLWLRANK CLWLWGHT MAXDEPTH TRIGDPTH TRIGMPRI TRIGINT QDEPTHHI
    QDEPTHLO QSVCINT RETINTVL BOTHRESH DEFPRTY SSLRKEYC MAXHANDS MAXUMSGS MAXPROPL MARKINT ACCTINT STATINT CLWLLEN CLWLMRUC CCSID
    IMGINTVL PSRTYCNT TREELIFE FAILDLAY
    """
)
# Values that the queue manager shows masked, or not at all. They are set, never compared, and never printed.
SECRETS = frozenset(["KEYRPWD", "INITKEY", "LDAPPWD", "PASSWORD"])

_LENGTHS = {
    "SSLPEER": 1024, "SSLCERTI": 1024, "SSLCIPH": 32, "CERTLABL": 64, "DESCR": 64, "CONNAME": 264, "LOCLADDR": 48, "MCAUSER": 64,
    "XMITQ": 48, "RNAME": 48, "RQMNAME": 48, "SSLKEYR": 256, "SSLCRLNL": 48, "CONNAUTH": 48, "OCSPURL": 256, "INITQ": 48, "TRIGDATA": 64,
}  # fmt: skip

# Parameters of the commands, which are chosen here, and items of DISPLAY that cannot be set.
_PARAMETERS = _words("REPLACE NOREPLACE LIKE FORCE ACTION ALL WHERE IGNSTATE CHLTABLE CMDSCOPE QSGDISP PURGE NOPURGE AUTHREC")
_READ_ONLY = _words(
    "ALTDATE ALTTIME CRDATE CRTIME CURDEPTH IPPROCS OPPROCS QTYPE QMID CMDLEVEL PLATFORM VERSION SYNCPT NAMCOUNT CLUSDATE CLUSTIME "
    "CLUSQMGR CLUSQT SPLCAP XRCAP AMQPCAP CHANNEL QUEUE LISTENER AUTHINFO NAMELIST"
)

_QUEUE_MANAGER_READ_ONLY = _words("COMMANDQ MAXPRTY DISTL CPILEVEL QSGNAME")

_NAME = re.compile(r"[A-Za-z0-9./_%]+\Z")
_PROFILE = re.compile(r"[A-Za-z0-9./_%*]+\Z")
_WORD = re.compile(r"[A-Za-z0-9_]+\Z")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_KEYS = frozenset(["object", "name", "attributes", "state", "started"])


@dataclass(frozen=True)
class MqObject:
    """One object as it should be: attributes by MQSC keyword, values as ``Command`` takes them.

    ``name`` is None for the queue manager itself; ``started`` is None where it does not matter (only a LISTENER has it).
    """

    object_type: str
    name: str | None
    attributes: Mapping[str, Value]
    state: str = "present"
    started: bool | None = None

    @property
    def key(self) -> Key:
        """What tells this object from all others of the queue manager."""
        return key_of(self.object_type, self.name or "", self.attributes)

    @property
    def kind(self) -> str:
        """CHLTYPE, AUTHTYPE or TYPE; empty for an object without kinds."""
        return str(self.attributes.get(TYPE_KEYWORD.get(self.object_type, ""), ""))

    def __str__(self) -> str:
        return f"{self.object_type} {self.name}" if self.name else self.object_type


def key_of(object_type: str, name: str, attributes: Mapping[str, Any]) -> Key:
    """The key of an object, from its description or from a record of DISPLAY.

    A client connection stands in a table of its own: its name may also be the name of another channel. A CHLAUTH rule is
    told from others of its profile by its type and by what it matches.
    """
    if object_type == "CHANNEL":
        return (object_type, name, "CLNTTBL" if str(attributes.get("CHLTYPE", "")).upper() == "CLNTCONN" else "QMGRTBL")
    if object_type == "CHLAUTH":
        kind = str(attributes.get("TYPE", "")).upper()
        matched = [str(attributes.get(keyword, "")).strip() for keyword in CHLAUTH_KEYS]
        if kind != "ADDRESSMAP" and matched[0] == "*":
            matched[0] = ""  # any address: the same as none given
        return (object_type, name, kind, *matched)
    return (object_type, name)


def record_name(object_type: str, record: Mapping[str, Any]) -> str:
    """The name in a record of DISPLAY; empty for the queue manager."""
    if object_type == "QMGR":
        return ""
    return str(record.get("QUEUE" if object_type in ("QLOCAL", "QREMOTE") else object_type, ""))


def attributes_of(object_type: str, record: Mapping[str, Any]) -> dict[str, Value]:
    """What a record of DISPLAY says that could also be asked for: the inverse of describing an object.

    Names, dates and counters are left out, and so are values that nobody can read (passwords).
    """
    found: dict[str, Value] = {}
    for shown, value in record.items():
        keyword = _OPPOSITES.get(shown, shown)
        if keyword in FLAGS:
            found[keyword] = shown == keyword
        elif keyword not in SECRETS and not is_read_only(object_type, keyword):
            found[keyword] = _typed(object_type, keyword, value)
    return found


def _typed(object_type: str, keyword: str, shown: Any) -> Value:
    """A value of DISPLAY as ``Command`` takes it."""
    value = normalise(object_type, keyword, shown)
    if isinstance(value, str) and value and _is_keyword(object_type, keyword):
        return [Keyword(word) for word in value.split(",")] if "," in value else Keyword(value)
    if isinstance(value, str) and value and keyword in _INTEGERS:
        return Keyword(value)
    if isinstance(value, tuple):
        return [Keyword(item) if _is_keyword(object_type, keyword) else item for item in value]
    return value


def describe(object_type: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of DISPLAY as a description that ``parse_objects`` takes; it asks for what is there."""
    described: dict[str, Any] = {"object": object_type}
    if object_type != "QMGR":
        described["name"] = record_name(object_type, record)
    described["attributes"] = {keyword: _plain(value) for keyword, value in attributes_of(object_type, record).items()}
    return described


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return str(value) if isinstance(value, str) else value


def is_read_only(object_type: str, keyword: str) -> bool:
    """Whether the keyword only appears in the answers of DISPLAY."""
    if keyword in _READ_ONLY or (object_type == "QMGR" and keyword in _QUEUE_MANAGER_READ_ONLY) or value_is_name(object_type, keyword):
        return True
    return keyword == "TYPE" and object_type != "CHLAUTH"


def value_is_name(object_type: str, keyword: str) -> bool:
    """Whether DISPLAY shows the object's own name under this keyword (QMNAME is one for the queue manager alone)."""
    return keyword == object_type and keyword != "QMGR" or (object_type == "QMGR" and keyword == "QMNAME")


def shown_value(object_type: str, keyword: str, record: Mapping[str, Any]) -> Any | None:
    """The value of a keyword in a record of DISPLAY; None where this level or type of object does not have it."""
    if keyword in FLAGS:
        if keyword in record:
            return True
        return False if FLAGS[keyword] in record else None
    return record.get(keyword)


def normalise(object_type: str, keyword: str, value: Any) -> Comparable:
    """The form of a value in which two values are the same exactly when the queue manager takes them for the same.

    Text keeps its case (labels, SSLPEER, paths, descriptions); blanks at its ends do not count. Keywords are in upper case, numbers
    are integers, lists are tuples, in a fixed order where order has no meaning.
    """
    if keyword in FLAGS:
        return bool(value)
    if keyword in _ORDERED_LISTS or keyword in _SETS or isinstance(value, (list, tuple)):
        if isinstance(value, (list, tuple)):
            items = [str(item).strip() for item in value]
        else:
            items = [item.strip() for item in str(value).split(",")] if str(value).strip() else []
        if keyword in _KEYWORDS:
            items = [item.upper() for item in items]
        return tuple(sorted(set(items)) if keyword in _SETS else items)
    text = ("YES" if value else "NO") if isinstance(value, bool) else str(value).strip()
    if _is_keyword(object_type, keyword):
        return text.upper()
    if keyword in _INTEGERS:
        return int(text) if text.isdecimal() else text.upper()
    return text


def same(object_type: str, keyword: str, shown: Any, wanted: Any) -> bool:
    """Whether a value of DISPLAY is the wanted one. A value that is not shown at all counts as blank."""
    want = normalise(object_type, keyword, wanted)
    if shown is None:
        return want in ("", ())
    have = normalise(object_type, keyword, shown)
    if isinstance(have, tuple) != isinstance(want, tuple):
        have, want = _joined(have), _joined(want)
    return have == want


def parameter(object_type: str, keyword: str, value: Value) -> tuple[str, Value]:
    """The parameter of a command that gives the attribute this value."""
    if keyword in FLAGS:
        return (keyword if value else FLAGS[keyword], True)
    return (keyword, value)


def parse_objects(descriptions: Sequence[Any], queue_manager: str = "") -> tuple[MqObject, ...]:
    """Read the descriptions (a list of dicts with object, name, attributes, state, started).

    Raises InputError that names the place (``objects[2].attributes.SSLPEER``) and the remedy. What it returns can be sent to
    ``runmqsc`` as it is: there is no value left in it that could be more than a value.
    """
    found: list[MqObject] = []
    places: dict[Key, int] = {}
    for index, description in enumerate(descriptions):
        one = _parse_object(description, f"objects[{index}]", queue_manager)
        first = places.setdefault(one.key, index)
        if first != index:
            raise InputError(f"objects[{index}] describes {one} a second time, after objects[{first}]; put all its attributes into one.")
        found.append(one)
    return tuple(found)


def _parse_object(description: Any, place: str, queue_manager: str) -> MqObject:
    if not isinstance(description, Mapping):
        raise InputError(f"{place} should describe an object with the keys object, name and attributes, and is {_shown(description)}.")
    unknown = sorted(set(map(str, description)) - _KEYS)
    if unknown:
        raise InputError(f"{place} has the unknown key {unknown[0]}; the keys are object, name, attributes, state and started.")
    object_type = description.get("object")
    object_type = object_type.upper() if isinstance(object_type, str) else object_type
    if object_type not in OBJECT_TYPES:
        raise InputError(f"{place}.object is {_shown(object_type)}; it has to be one of {', '.join(OBJECT_TYPES)}.")
    state = description.get("state") or "present"
    if state not in ("present", "absent"):
        raise InputError(f"{place}.state is {_shown(state)}; it has to be present or absent.")
    name = _parse_name(object_type, description.get("name"), place, queue_manager)
    started = description.get("started")
    if started is not None and (object_type != "LISTENER" or not isinstance(started, bool) or state == "absent"):
        raise InputError(f"{place}.started is {_shown(started)}; it can be true or false, and only for a LISTENER that is present.")
    raw = description.get("attributes")
    if raw is None:
        raw = {}
    if not isinstance(raw, Mapping):
        raise InputError(f"{place}.attributes is {_shown(raw)}; it has to be a dictionary of MQSC keywords.")
    attributes: dict[str, Value] = {}
    for written, value in raw.items():
        keyword, parsed = _parse_attribute(object_type, written, value, f"{place}.attributes.{written}")
        if keyword in attributes:
            raise InputError(f"{place}.attributes has {keyword} twice; keep one.")
        attributes[keyword] = parsed
    one = MqObject(object_type, name, attributes, state, started)
    _check_state(one, place)
    _check_kind(one, place)
    return one


def _parse_name(object_type: str, name: Any, place: str, queue_manager: str) -> str | None:
    if object_type == "QMGR":
        if name in (None, "") or (queue_manager and name == queue_manager):
            return None
        raise InputError(f"{place}.name is {_shown(name)}; a QMGR has no name here, it is the queue manager the module runs for.")
    if not isinstance(name, str) or not name:
        raise InputError(f"{place}.name is {_shown(name)}; every {object_type} has to have a name.")
    longest = 20 if object_type in ("CHANNEL", "CHLAUTH") else 48
    if len(name) > longest:
        raise InputError(f"{place}.name is {name!r} with {len(name)} characters; the name of a {object_type} has at most {longest}.")
    if not (_PROFILE if object_type == "CHLAUTH" else _NAME).match(name):
        allowed = "A-Z a-z 0-9 . / _ % and *" if object_type == "CHLAUTH" else "A-Z a-z 0-9 . / _ and %"
        raise InputError(f"{place}.name is {name!r}; the name of a {object_type} is made of {allowed} only.")
    return name


def _parse_attribute(object_type: str, written: Any, value: Any, place: str) -> tuple[str, Value]:
    if not isinstance(written, str) or not _KEYWORD.match(written):
        raise InputError(f"{place} is not an MQSC keyword; a keyword is made of letters, digits and underscores only.")
    keyword = written.upper()
    if keyword in _PARAMETERS:
        raise InputError(f"{place} is a parameter of the command, which the module chooses itself; leave it out.")
    if is_read_only(object_type, keyword):
        raise InputError(f"{place} can be displayed and not set; leave it out.")
    if keyword in SECRETS:
        raise InputError(
            f"{place} is a password, and what stands under objects can be read in logs; "
            + ("give key_repository instead." if keyword == "KEYRPWD" else "set it with runmqsc on the host instead.")
        )
    if keyword in _OPPOSITES or keyword in FLAGS:
        if not isinstance(value, bool):
            raise InputError(f"{place} is {_shown(value)}; it is a keyword without a value, so give true or false.")
        return _OPPOSITES.get(keyword, keyword), value if keyword in FLAGS else not value
    return keyword, _parse_value(object_type, keyword, value, place)


def _parse_value(object_type: str, keyword: str, value: Any, place: str) -> Value:  # noqa: PLR0911 - one return for each kind of attribute
    if value is None:
        raise InputError(f"{place} is null; write '' for a blank value or leave the attribute out.")
    if isinstance(value, (list, tuple)):
        return [_parse_text(object_type, keyword, item, f"{place}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, bool):
        if _is_keyword(object_type, keyword) or keyword not in _LENGTHS and keyword not in _INTEGERS:
            return Keyword("YES" if value else "NO")  # YAML has made true of a bare yes
        raise InputError(f"{place} is {_shown(value)}; put the value into quotes.")
    if not isinstance(value, (str, int)):
        raise InputError(f"{place} is {_shown(value)}; it has to be text, a whole number, true or false, or a list of texts.")
    if keyword in _ORDERED_LISTS or keyword in _SETS:
        items = [item.strip() for item in str(value).split(",")] if str(value).strip() else []
        return [_parse_text(object_type, keyword, item, place) for item in items]
    if keyword in _INTEGERS:
        text = str(value).strip()
        if text.isdecimal():
            return int(text)
        if not text.isalpha():
            raise InputError(f"{place} is {_shown(value)}; it has to be a whole number.")
        return Keyword(text.upper())
    if isinstance(value, int):
        return value
    return _parse_text(object_type, keyword, value, place)


def _parse_text(object_type: str, keyword: str, value: Any, place: str) -> str:
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise InputError(f"{place} is {_shown(value)}; it has to be text.")
    text = str(value)
    if _is_keyword(object_type, keyword):
        if not _WORD.match(text.strip()):
            raise InputError(f"{place} is {_shown(text)}; the value of {keyword} is one word of letters, digits and underscores.")
        return Keyword(text.strip().upper())
    try:
        quote(text)
    except InputError as error:
        raise InputError(f"{place} cannot be sent to the queue manager: {error}") from error
    longest = _LENGTHS.get(keyword)
    if longest is not None and len(text.encode("utf-8")) > longest:
        raise InputError(f"{place} has {len(text.encode('utf-8'))} bytes; {keyword} has room for {longest}.")
    return text


def _check_state(one: MqObject, place: str) -> None:
    if one.state == "present":
        return
    if one.object_type == "QMGR":
        raise InputError(f"{place}.state is absent; a queue manager is deleted with dltmqm, never by this module.")
    if (one.name or "").startswith("SYSTEM."):
        raise InputError(f"{place} asks for the deletion of {one}; the SYSTEM objects of a queue manager are not deleted.")


def _check_kind(one: MqObject, place: str) -> None:
    keyword = TYPE_KEYWORD.get(one.object_type)
    if keyword is None:
        return
    kinds = _TYPES[one.object_type]
    if not one.kind:
        # A channel to be deleted is found by its name alone; DELETE asks for a type no more than people do.
        if one.state == "absent" and one.object_type != "CHLAUTH":
            return
        raise InputError(f"{place}.attributes.{keyword} is missing; {one} has to have one of {', '.join(sorted(kinds))}.")
    if one.kind not in kinds:
        raise InputError(f"{place}.attributes.{keyword} is {one.kind!r}; it has to be one of {', '.join(sorted(kinds))}.")
    if one.object_type == "CHLAUTH":
        _check_rule(one, place)
    if one.object_type == "CHANNEL" and one.kind != "AMQP":
        for attribute in one.attributes:
            types = _CHANNEL_TYPES_WITH.get(attribute)
            if types is not None and one.kind not in types:
                raise InputError(
                    f"{place}.attributes.{attribute} is not an attribute of a channel of type {one.kind} ({one}), only of "
                    f"{', '.join(sorted(types))}; leave it out or correct CHLTYPE."
                )


def _check_rule(one: MqObject, place: str) -> None:
    for needed in _CHLAUTH_NEEDS[one.kind]:
        if not one.attributes.get(needed) and not (one.state == "absent" and needed in _SETS):
            raise InputError(f"{place}.attributes.{needed} is missing; a rule of type {one.kind} ({one}) has to have it.")
    for attribute in one.attributes:
        owners = _CHLAUTH_OWN.get(attribute)
        if owners is not None and one.kind not in owners.split():
            raise InputError(
                f"{place}.attributes.{attribute} does not belong to a rule of type {one.kind} ({one}), only to "
                f"{', '.join(owners.split())}; leave it out or correct TYPE."
            )
    if one.kind == "BLOCKADDR" and one.name != "*":
        raise InputError(f"{place}.name is {one.name!r}; the profile of a BLOCKADDR rule is always '*'.")


def _is_keyword(object_type: str, keyword: str) -> bool:
    # CHLAUTH is a switch of the queue manager and the profile of a rule
    return keyword in _KEYWORDS and not (keyword == "CHLAUTH" and object_type == "CHLAUTH")


def _joined(value: Comparable) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _shown(value: Any) -> str:
    text = "missing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
