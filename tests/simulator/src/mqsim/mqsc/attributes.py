# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The attributes of each object type: their order in DISPLAY, default, kind of value and first version.

Orders and defaults of the queue manager, channels and listeners are those of captured ``DISPLAY ... ALL`` outputs of 9.4.2;
those of queues are from general knowledge. Values are kept as strings: '' for blank, lists joined by commas, YES or NO for
pairs of keywords such as TRIGGER and NOTRIGGER.
"""

from __future__ import annotations

from typing import NamedTuple

from .scanner import Parameter


class Attribute(NamedTuple):
    """``kind``: text, name, integer, choice, list, flag, secret, or read (only shown)."""

    keyword: str
    default: str
    kind: str
    argument: str
    since: tuple[int, ...]


# KEYWORD default kind argument [first version]; '-' is a blank default
_CHANNEL = """
AFFINITY PREFERRED choice PREFERRED,NONE
ALTDATE - read -
ALTTIME - read -
AMQPKA AUTO integer 0-99999,AUTO
BATCHHB 0 integer 0-999999
BATCHINT 0 integer 0-999999999
BATCHLIM 5000 integer 0-999999
BATCHSZ 50 integer 1-9999
CERTLABL - text 64
CLNTWGHT 0 integer 0-99
CLUSNL - name 48
CLUSTER - name 48
CLWLPRTY 0 integer 0-9
CLWLRANK 0 integer 0-9
CLWLWGHT 50 integer 1-99
COMPHDR NONE list NONE,SYSTEM
COMPMSG NONE list NONE,RLE,ZLIBFAST,ZLIBHIGH,ANY
CONNAME - text 264
CONVERT NO choice NO,YES
DEFRECON NO choice NO,YES,QMGR,DISABLED
DESCR - text 64
DISCINT 6000 integer 0-999999
HBINT 300 integer 0-999999
KAINT AUTO integer 0-99999,AUTO
LOCLADDR - text 48
LONGRTY 999999999 integer 0-999999999
LONGTMR 1200 integer 0-999999999
MAXINST 999999999 integer 0-999999999
MAXINSTC 999999999 integer 0-999999999
MAXMSGL 4194304 integer 0-104857600
MCANAME - name 20
MCATYPE PROCESS choice PROCESS,THREAD
MCAUSER - text 64
MODENAME - text 8
MONCHL QMGR choice QMGR,OFF,LOW,MEDIUM,HIGH
MRDATA - text 32
MREXIT - text 128
MRRTY 10 integer 0-999999999
MRTMR 1000 integer 0-999999999
MSGDATA - text 32
MSGEXIT - text 128
NETPRTY 0 integer 0-9
NPMSPEED FAST choice FAST,NORMAL
PASSWORD - secret 12
PORT 5672 integer 0-65535
PROPCTL COMPAT choice COMPAT,NONE,ALL
PUTAUT DEF choice DEF,CTX
QMNAME - name 48
RCVDATA - text 32
RCVEXIT - text 128
RESETSEQ NO read -
SCYDATA - text 32
SCYEXIT - text 128
SENDDATA - text 32
SENDEXIT - text 128
SEQWRAP 999999999 integer 100-999999999
SHARECNV 10 integer 0-999999999
SHORTRTY 10 integer 0-999999999
SHORTTMR 60 integer 0-999999999
SSLCAUTH REQUIRED choice REQUIRED,OPTIONAL
SSLCIPH - text 32
SSLPEER - text 1024
STATCHL QMGR choice QMGR,OFF,LOW,MEDIUM,HIGH
TMPMODEL SYSTEM.DEFAULT.MODEL.QUEUE name 48
TMPQPRFX AMQP.* text 32
TPNAME - text 64
TPROOT SYSTEM.BASE.TOPIC text 48
TRPTYPE TCP choice TCP,LU62,NETBIOS,SPX
USECLTID NO choice NO,YES
USEDLQ YES choice YES,NO
USERID - text 12
XMITQ - name 48
"""

# What each type shows behind CHANNEL and CHLTYPE
_SENDER = """ALTDATE ALTTIME BATCHHB BATCHINT BATCHLIM BATCHSZ CERTLABL COMPHDR COMPMSG CONNAME CONVERT DESCR DISCINT HBINT KAINT
 LOCLADDR LONGRTY LONGTMR MAXMSGL MCANAME MCATYPE MCAUSER MODENAME MONCHL MSGDATA MSGEXIT NPMSPEED PASSWORD PROPCTL RCVDATA
 RCVEXIT RESETSEQ SCYDATA SCYEXIT SENDDATA SENDEXIT SEQWRAP SHORTRTY SHORTTMR SSLCIPH SSLPEER STATCHL TPNAME TRPTYPE USEDLQ USERID
 XMITQ"""
_RECEIVER = """ALTDATE ALTTIME BATCHSZ CERTLABL COMPHDR COMPMSG DESCR HBINT KAINT MAXMSGL MCAUSER MONCHL MRDATA MREXIT MRRTY MRTMR
 MSGDATA MSGEXIT NPMSPEED PUTAUT RCVDATA RCVEXIT RESETSEQ SCYDATA SCYEXIT SENDDATA SENDEXIT SEQWRAP SSLCAUTH SSLCIPH SSLPEER STATCHL
 TRPTYPE USEDLQ"""
_REQUESTER = """ALTDATE ALTTIME BATCHSZ CERTLABL COMPHDR COMPMSG CONNAME DESCR HBINT KAINT LOCLADDR MAXMSGL MCANAME MCATYPE MCAUSER
 MODENAME MONCHL MRDATA MREXIT MRRTY MRTMR MSGDATA MSGEXIT NPMSPEED PASSWORD PUTAUT RCVDATA RCVEXIT RESETSEQ SCYDATA SCYEXIT SENDDATA
 SENDEXIT SEQWRAP SSLCAUTH SSLCIPH SSLPEER STATCHL TPNAME TRPTYPE USEDLQ USERID"""
_SERVER_CONNECTION = """ALTDATE ALTTIME CERTLABL COMPHDR COMPMSG DESCR DISCINT HBINT KAINT MAXINST MAXINSTC MAXMSGL MCAUSER MONCHL
 RCVDATA RCVEXIT SCYDATA SCYEXIT SENDDATA SENDEXIT SHARECNV SSLCAUTH SSLCIPH SSLPEER TRPTYPE"""
_CLIENT_CONNECTION = """AFFINITY ALTDATE ALTTIME CERTLABL CLNTWGHT COMPHDR COMPMSG CONNAME DEFRECON DESCR HBINT KAINT LOCLADDR MAXMSGL
 MODENAME PASSWORD QMNAME RCVDATA RCVEXIT SCYDATA SCYEXIT SENDDATA SENDEXIT SHARECNV SSLCIPH SSLPEER TPNAME TRPTYPE USERID"""
_CLUSTER_SENDER = """ALTDATE ALTTIME BATCHHB BATCHINT BATCHLIM BATCHSZ CLUSNL CLUSTER CLWLPRTY CLWLRANK CLWLWGHT COMPHDR COMPMSG
 CONNAME CONVERT DESCR DISCINT HBINT KAINT LOCLADDR LONGRTY LONGTMR MAXMSGL MCANAME MCATYPE MCAUSER MODENAME MONCHL MSGDATA MSGEXIT
 NPMSPEED PASSWORD PROPCTL RCVDATA RCVEXIT RESETSEQ SCYDATA SCYEXIT SENDDATA SENDEXIT SEQWRAP SHORTRTY SHORTTMR SSLCIPH SSLPEER STATCHL
 TPNAME TRPTYPE USEDLQ USERID"""
_CLUSTER_RECEIVER = """ALTDATE ALTTIME BATCHHB BATCHINT BATCHLIM BATCHSZ CERTLABL CLUSNL CLUSTER CLWLPRTY CLWLRANK CLWLWGHT COMPHDR
 COMPMSG CONNAME CONVERT DESCR DISCINT HBINT KAINT LOCLADDR LONGRTY LONGTMR MAXMSGL MCANAME MCATYPE MCAUSER MODENAME MONCHL MRDATA
 MREXIT MRRTY MRTMR MSGDATA MSGEXIT NETPRTY NPMSPEED PROPCTL PUTAUT RCVDATA RCVEXIT RESETSEQ SCYDATA SCYEXIT SENDDATA SENDEXIT SEQWRAP
 SHORTRTY SHORTTMR SSLCAUTH SSLCIPH SSLPEER STATCHL TPNAME TRPTYPE USEDLQ"""
_AMQP = (
    "ALTDATE ALTTIME CERTLABL DESCR AMQPKA LOCLADDR MAXINST MAXMSGL MCAUSER PORT SSLCAUTH SSLCIPH SSLPEER TPROOT TMPMODEL TMPQPRFX USECLTID"
)

# Defaults that differ by type
_CHANNEL_DEFAULTS = {"CLUSSDR": {"MCATYPE": "THREAD"}, "CLUSRCVR": {"MCATYPE": "THREAD"}, "SVRCONN": {"DISCINT": "0"}}

_QUEUE_MANAGER = """
ACCTCONO DISABLED choice DISABLED,ENABLED
ACCTINT 1800 integer 0-604800
ACCTMQI OFF choice OFF,ON
ACCTQ OFF choice OFF,ON,NONE
ACTIVREC MSG choice MSG,QUEUE,DISABLED
ACTVCONO DISABLED choice DISABLED,ENABLED
ACTVTRC OFF choice OFF,ON
ADVCAP ENABLED choice ENABLED,DISABLED
ALTDATE - read -
ALTTIME - read -
AMQPCAP YES read -
AUTHOREV DISABLED choice DISABLED,ENABLED
CCSID 1208 integer 1-65535
CERTLABL - text 64
CERTVPOL ANY choice ANY,RFC5280
CHAD DISABLED choice DISABLED,ENABLED
CHADEV DISABLED choice DISABLED,ENABLED
CHADEXIT - text 128
CHLEV DISABLED choice DISABLED,ENABLED,EXCEPTION
CHLAUTH ENABLED choice ENABLED,DISABLED
CLWLDATA - text 32
CLWLEXIT - text 128
CLWLLEN 100 integer 0-999999999
CLWLMRUC 999999999 integer 1-999999999
CLWLUSEQ LOCAL choice LOCAL,ANY
CMDEV DISABLED choice DISABLED,ENABLED,NODISPLAY
CMDLEVEL - read -
COMMANDQ SYSTEM.ADMIN.COMMAND.QUEUE read -
CONFIGEV DISABLED choice DISABLED,ENABLED
CONNAUTH SYSTEM.DEFAULT.AUTHINFO.IDPWOS name 48
CRDATE - read -
CRTIME - read -
CUSTOM - text 128
DEADQ - name 48
DEFCLXQ SCTQ choice SCTQ,CHANNEL
DEFXMITQ - name 48
DESCR - text 64
DISTL YES read -
IMGINTVL 60 integer 1-999999999,OFF
IMGLOGLN OFF integer 1-999999999,OFF
IMGRCOVO YES choice YES,NO
IMGRCOVQ YES choice YES,NO
IMGSCHED MANUAL choice MANUAL,AUTO
INHIBTEV DISABLED choice DISABLED,ENABLED
INITKEY - secret 256 9.3
IPADDRV IPV4 choice IPV4,IPV6
LOCALEV DISABLED choice DISABLED,ENABLED
LOGGEREV DISABLED choice DISABLED,ENABLED
MARKINT 5000 integer 0-999999999,NOLIMIT
MAXHANDS 256 integer 0-999999999
MAXMSGL 4194304 integer 32768-104857600
MAXPROPL NOLIMIT integer 0-104857600,NOLIMIT
MAXPRTY 9 read -
MAXUMSGS 10000 integer 1-999999999
MONACLS QMGR choice QMGR,OFF,LOW,MEDIUM,HIGH
MONCHL OFF choice OFF,NONE,LOW,MEDIUM,HIGH
MONQ OFF choice OFF,NONE,LOW,MEDIUM,HIGH
PARENT - name 48
PERFMEV DISABLED choice DISABLED,ENABLED
PLATFORM UNIX read -
PSMODE ENABLED choice ENABLED,COMPAT,DISABLED
PSCLUS ENABLED choice ENABLED,DISABLED
PSNPMSG DISCARD choice DISCARD,KEEP
PSNPRES NORMAL choice NORMAL,SAFE,DISCARD,KEEP
PSRTYCNT 5 integer 0-999999999
PSSYNCPT IFPER choice IFPER,YES
QMID - read -
REMOTEEV DISABLED choice DISABLED,ENABLED
REPOS - name 48
REPOSNL - name 48
REVDNS ENABLED choice ENABLED,DISABLED
ROUTEREC MSG choice MSG,QUEUE,DISABLED
SCHINIT QMGR choice QMGR,MANUAL
SCMDSERV QMGR choice QMGR,MANUAL
SPLCAP ENABLED read -
SSLCRLNL - name 48
SSLCRYP - text 256
SSLEV DISABLED choice DISABLED,ENABLED
SSLFIPS NO choice NO,YES
KEYRPWD - secret 1024 9.3
SSLKEYR - text 256
SSLRKEYC 0 integer 0-999999999
STATACLS QMGR choice QMGR,OFF,LOW,MEDIUM,HIGH
STATCHL OFF choice OFF,NONE,LOW,MEDIUM,HIGH
STATINT 1800 integer 0-604800
STATMQI OFF choice OFF,ON
STATQ OFF choice OFF,ON,NONE
STRSTPEV ENABLED choice ENABLED,DISABLED
SUITEB NONE list NONE,128_BIT,192_BIT
SYNCPT - read -
TREELIFE 1800 integer 0-604000
TRIGINT 999999999 integer 0-999999999
VERSION - read -
XRCAP YES read -
"""

_QLOCAL = """
ACCTQ QMGR choice QMGR,ON,OFF
ALTDATE - read -
ALTTIME - read -
BOQNAME - name 48
BOTHRESH 0 integer 0-999999999
CLCHNAME - name 20
CLUSNL - name 48
CLUSTER - name 48
CLWLPRTY 0 integer 0-9
CLWLRANK 0 integer 0-9
CLWLUSEQ QMGR choice QMGR,ANY,LOCAL
CRDATE - read -
CRTIME - read -
CURDEPTH 0 read -
CUSTOM - text 128
DEFBIND OPEN choice OPEN,NOTFIXED,GROUP
DEFPRTY 0 integer 0-9
DEFPSIST NO choice NO,YES
DEFPRESP SYNC choice SYNC,ASYNC
DEFREADA NO choice NO,YES,DISABLED
DEFSOPT SHARED choice SHARED,EXCL
DEFTYPE PREDEFINED read -
DESCR - text 64
DISTL NO choice NO,YES
GET ENABLED choice ENABLED,DISABLED
HARDENBO YES flag NOHARDENBO
IMGRCOVQ QMGR choice QMGR,YES,NO
INITQ - name 48
IPPROCS 0 read -
MAXDEPTH 5000 integer 0-999999999
MAXFSIZE DEFAULT integer 20-267386880,DEFAULT 9.1.5
MAXMSGL 4194304 integer 0-104857600
MONQ QMGR choice QMGR,OFF,LOW,MEDIUM,HIGH
MSGDLVSQ PRIORITY choice PRIORITY,FIFO
TRIGGER NO flag NOTRIGGER
NPMCLASS NORMAL choice NORMAL,HIGH
OPPROCS 0 read -
PROCESS - name 48
PUT ENABLED choice ENABLED,DISABLED
PROPCTL COMPAT choice COMPAT,NONE,ALL,FORCE,V6COMPAT
QDEPTHHI 80 integer 0-100
QDEPTHLO 20 integer 0-100
QDPHIEV DISABLED choice DISABLED,ENABLED
QDPLOEV DISABLED choice DISABLED,ENABLED
QDPMAXEV ENABLED choice ENABLED,DISABLED
QSVCIEV NONE choice NONE,HIGH,OK
QSVCINT 999999999 integer 0-999999999
RETINTVL 999999999 integer 0-999999999
SCOPE QMGR choice QMGR,CELL
SHARE YES flag NOSHARE
STATQ QMGR choice QMGR,ON,OFF
STREAMQ - name 48 9.2.3
STRMQOS BESTEF choice BESTEF,MUSTDUP 9.2.3
TRIGDATA - text 64
TRIGDPTH 1 integer 1-999999999
TRIGMPRI 0 integer 0-9
TRIGTYPE FIRST choice FIRST,EVERY,DEPTH,NONE
USAGE NORMAL choice NORMAL,XMITQ
"""

_QREMOTE = """
ALTDATE - read -
ALTTIME - read -
CLUSNL - name 48
CLUSTER - name 48
CLWLPRTY 0 integer 0-9
CLWLRANK 0 integer 0-9
CUSTOM - text 128
DEFBIND OPEN choice OPEN,NOTFIXED,GROUP
DEFPRTY 0 integer 0-9
DEFPSIST NO choice NO,YES
DEFPRESP SYNC choice SYNC,ASYNC
DESCR - text 64
PUT ENABLED choice ENABLED,DISABLED
RQMNAME - name 48
RNAME - name 48
SCOPE QMGR choice QMGR,CELL
XMITQ - name 48
"""

_QALIAS = """
ALTDATE - read -
ALTTIME - read -
CLUSNL - name 48
CLUSTER - name 48
CLWLPRTY 0 integer 0-9
CLWLRANK 0 integer 0-9
CUSTOM - text 128
DEFBIND OPEN choice OPEN,NOTFIXED,GROUP
DEFPRTY 0 integer 0-9
DEFPSIST NO choice NO,YES
DEFPRESP SYNC choice SYNC,ASYNC
DEFREADA NO choice NO,YES,DISABLED
DESCR - text 64
GET ENABLED choice ENABLED,DISABLED
PUT ENABLED choice ENABLED,DISABLED
PROPCTL COMPAT choice COMPAT,NONE,ALL,FORCE,V6COMPAT
SCOPE QMGR choice QMGR,CELL
TARGET - name 48
TARGTYPE QUEUE choice QUEUE,TOPIC
"""

_LISTENER = """
CONTROL MANUAL choice MANUAL,QMGR,STARTONLY
TRPTYPE TCP choice TCP
PORT 0 integer 0-65535
IPADDR - text 48
BACKLOG 0 integer 0-999999999
DESCR - text 64
ALTDATE - read -
ALTTIME - read -
"""

_NAMELIST = """
ALTDATE - read -
ALTTIME - read -
DESCR - text 64
NAMCOUNT 0 read -
NAMES - list *
"""

_AUTHINFO = {
    "CRLLDAP": """
ALTDATE - read -
ALTTIME - read -
CONNAME - text 264
DESCR - text 64
LDAPPWD - secret 32
LDAPUSER - text 1024
""",
    "OCSP": """
ALTDATE - read -
ALTTIME - read -
DESCR - text 64
OCSPURL - text 256
""",
    "IDPWOS": """
ADOPTCTX NO choice NO,YES
ALTDATE - read -
ALTTIME - read -
AUTHENMD OS choice OS,PAM
CHCKCLNT REQDADM choice REQDADM,NONE,OPTIONAL,REQUIRED
CHCKLOCL OPTIONAL choice OPTIONAL,NONE,REQDADM,REQUIRED
DESCR - text 64
FAILDLAY 1 integer 0-60
""",
    "IDPWLDAP": """
ADOPTCTX NO choice NO,YES
ALTDATE - read -
ALTTIME - read -
AUTHORMD OS choice OS,SEARCHGRP,SEARCHUSR,SRCHGRPSN
BASEDNG - text 1024
BASEDNU - text 1024
CHCKCLNT REQUIRED choice REQDADM,NONE,OPTIONAL,REQUIRED
CHCKLOCL OPTIONAL choice OPTIONAL,NONE,REQDADM,REQUIRED
CLASSGRP - text 128
CLASSUSR - text 128
CONNAME - text 264
DESCR - text 64
FAILDLAY 1 integer 0-60
FINDGRP - text 128
GRPFIELD - text 128
LDAPPWD - secret 32
LDAPUSER - text 1024
NESTGRP NO choice NO,YES
SECCOMM NO choice NO,YES,ANON
SHORTUSR - text 128
USRFIELD - text 128
""",
}


def _table(text: str) -> dict[str, Attribute]:
    table = {}
    for line in text.split("\n"):
        if not line:
            continue
        keyword, default, kind, argument, *since = line.split()
        version = tuple(int(part) for part in since[0].split(".")) if since else ()
        table[keyword] = Attribute(keyword, "" if default == "-" else default, kind, argument, version)
    return table


def _channel_types() -> dict[str, dict[str, Attribute]]:
    every = _table(_CHANNEL)
    orders = {
        "SDR": _SENDER,
        "SVR": _SENDER.replace("SSLCIPH", "SSLCAUTH SSLCIPH"),
        "RCVR": _RECEIVER,
        "RQSTR": _REQUESTER,
        "SVRCONN": _SERVER_CONNECTION,
        "CLNTCONN": _CLIENT_CONNECTION,
        "CLUSSDR": _CLUSTER_SENDER,
        "CLUSRCVR": _CLUSTER_RECEIVER,
        "AMQP": _AMQP,
    }
    return {
        channel_type: {
            keyword: every[keyword]._replace(default=_CHANNEL_DEFAULTS.get(channel_type, {}).get(keyword, every[keyword].default))
            for keyword in order.split()
        }
        for channel_type, order in orders.items()
    }


CHANNEL_TYPES = _channel_types()
QUEUE_TYPES = {"QLOCAL": _table(_QLOCAL), "QREMOTE": _table(_QREMOTE), "QALIAS": _table(_QALIAS)}
AUTHINFO_TYPES = {authtype: _table(text) for authtype, text in _AUTHINFO.items()}
QUEUE_MANAGER = _table(_QUEUE_MANAGER)
LISTENER = _table(_LISTENER)
NAMELIST = _table(_NAMELIST)


def defaults(table: dict[str, Attribute], version: tuple[int, ...]) -> dict[str, str]:
    """Keyword to default for the attributes that a version knows, in order."""
    return {keyword: attribute.default for keyword, attribute in table.items() if version >= attribute.since}


NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./_%")


def single_word(parameter: Parameter) -> str | None:
    """The value of ``KEYWORD(value)``, trailing blanks removed; None unless it is one word or empty."""
    if parameter.items is None or len(parameter.items) != 1 or len(parameter.items[0]) > 1:
        return None
    return parameter.items[0][0].text.rstrip() if parameter.items[0] else ""


def read_value(attribute: Attribute, parameter: Parameter) -> str | None:
    """The value of a parameter as it is kept; None when it is not one that the attribute takes."""
    if attribute.kind == "flag":
        return "YES" if parameter.items is None else None
    if attribute.kind == "list":
        return _read_list(attribute, parameter)
    value = single_word(parameter)
    if value is None:
        return None
    accepts = {
        "text": lambda: len(value.encode("utf-8", "surrogateescape")) <= int(attribute.argument),
        "secret": lambda: len(value.encode("utf-8", "surrogateescape")) <= int(attribute.argument),
        "name": lambda: len(value) <= int(attribute.argument) and NAME_CHARACTERS.issuperset(value),
        "integer": lambda: _is_integer(value, attribute.argument),
        "choice": lambda: value in attribute.argument.split(","),
    }
    return value if attribute.kind in accepts and accepts[attribute.kind]() else None


def _is_integer(value: str, argument: str) -> bool:
    limits, _comma, word = argument.partition(",")
    if word and value == word:
        return True
    low, high = map(int, limits.split("-"))
    return value.isascii() and value.isdigit() and low <= int(value) <= high


def _read_list(attribute: Attribute, parameter: Parameter) -> str | None:
    if parameter.items is None or any(len(item) > 1 for item in parameter.items):
        return None
    values = [item[0].text.rstrip() for item in parameter.items if item]
    if attribute.argument == "*":
        names = [value for value in values if value]
        return ",".join(names) if all(len(name) <= 48 and NAME_CHARACTERS.issuperset(name) for name in names) else None
    if not values or len(values) != len(parameter.items) or not set(values) <= set(attribute.argument.split(",")):
        return None
    return ",".join(values)
