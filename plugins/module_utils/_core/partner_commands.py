# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the administrator of a queue manager outside the inventory has to do, as commands to read, check and run.

The commands only add: what is there under the same name is for that administrator to compare, so nothing is replaced.

Sources: IBM MQ documentation, "Using CA-signed certificates for mutual authentication of two queue managers", "Setting up a key
repository on z/OS", "Starting the sender channel on QMA on z/OS", "DEFINE CHANNEL", "REFRESH SECURITY"; z/OS documentation, "RACDCERT
ADD", "RACDCERT CONNECT". That a certificate which is its own issuer is added on z/OS like one of a CA is not confirmed.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from .key_repository import pem_fingerprint
from .mqsc.objects import parse_objects
from .mqsc.plan import Have, plan

_WIDTH_OF_ZOS = 70  # input records end at column 72
_RULE = "=" * 100


def commands(name: str, partner: Mapping[str, Any], trusted: Sequence[str], missing: Sequence[str]) -> str:
    """The whole text. ``partner``: its item under ``partners`` of the topology. ``trusted``: certificates (PEM) that it has to accept;
    ``missing``: what of these is not known yet, in words.
    """
    zos = partner["platform"] == "zos"
    steps = [
        _trust(name, trusted, missing, zos),
        _identity(name, partner, zos),
        _definitions(name, partner, zos),
        _start(partner),
    ]
    head = [
        f"Commands for the administrator of the queue manager {name} ({'z/OS' if zos else 'distributed platforms'})",
        "Written by mqfleet.tls from the description of the fleet at the other end; written anew when that changes.",
        "Nothing here is secret. What stands in <angle brackets> is for you to fill in.",
    ]
    sections = [[_RULE, f"{number}. {title}", _RULE, "", *lines, ""] for number, (title, lines) in enumerate(steps, 1)]
    return "\n".join([*head, "", *(line for section in sections for line in section)])


def label(pem: str) -> str:
    """The label under which a certificate is added: the same wherever it is added, and short enough for z/OS."""
    return f"mqfleet-{pem_fingerprint(pem).replace(':', '')[:16].lower()}"


def _trust(name: str, trusted: Sequence[str], missing: Sequence[str], zos: bool) -> tuple[str, list[str]]:
    lines = [
        f"{name} accepts its partners by these certificates. Save each of them, from BEGIN to END, as the file named above it, and",
        "compare its fingerprint with what the other administrator reads to you, by another way than this file has come.",
        "",
    ]
    for pem in trusted:
        lines += [f"{label(pem)}.pem", f"SHA-256 {pem_fingerprint(pem)}", *pem.strip().splitlines(), ""]
    lines += [f"Not known yet: {what}. This file is written anew when it is." for what in missing]
    for pem in trusted:
        if zos:
            lines += [
                f"RACDCERT CERTAUTH ADD('<data set of {label(pem)}.pem>') WITHLABEL('{label(pem)}') TRUST",
                f"RACDCERT ID(<user id of the channel initiator>) CONNECT(CERTAUTH LABEL('{label(pem)}') RING(<key ring>) USAGE(CERTAUTH))",
            ]
        else:
            lines.append(f"runmqakm -cert -add -db <key repository> -stashed -label {label(pem)} -file {label(pem)}.pem -format ascii")
    if zos and trusted:
        lines.append("SETROPTS RACLIST(DIGTCERT, DIGTRING) REFRESH")
    return f"The certificates that {name} has to trust", lines


def _identity(name: str, partner: Mapping[str, Any], zos: bool) -> tuple[str, list[str]]:
    title = f"The certificate of {name} itself"
    if not partner["presents"]:
        return title, [f"None is needed: {name} only initiates channels on which it stays anonymous."]
    subject = partner["subject"]
    own = f"ibmWebSphereMQ{name}" if zos else f"ibmwebspheremq{name.lower()}"
    lines = [f"Its subject has to be {subject}." if subject else "Its subject is not checked by the other end; tell it, so that it can be."]
    lines.append("The other end accepts it by the certificates that it was given, with these SHA-256 fingerprints:")
    lines += [f"  {pem_fingerprint(pem)}" for pem in partner["certificates"]]
    if zos and partner["initiates"]:
        lines += [
            "A queue manager on z/OS that initiates a channel sends its own certificate only, without the chain: every CA certificate",
            "between yours and its root has to be among those, or the other end refuses you (AMQ9633E there).",
        ]
    lines += ["", "To see what is there (the label is CERTLABL of the queue manager, or this one where that is blank):", ""]
    if zos:
        lines.append(f"RACDCERT ID(<user id of the channel initiator>) LIST(LABEL('{own}'))")
    else:
        lines.append(f"runmqakm -cert -details -db <key repository> -stashed -label {own}")
    return title, lines


def _definitions(name: str, partner: Mapping[str, Any], zos: bool) -> tuple[str, list[str]]:
    lines = ["MQSC. Where an object of this name is there already, use ALTER in place of DEFINE.", ""]
    for command in plan(Have({}), parse_objects(list(partner["objects"]), name), name).commands:
        lines += [*(command.text(_WIDTH_OF_ZOS) if zos else command.text()).splitlines(), ""]
    return f"The channels of {name}", lines[:-1]


def _start(partner: Mapping[str, Any]) -> tuple[str, list[str]]:
    lines = [
        "MQSC. The refresh ends every running TLS channel of the queue manager and lets it start again: choose a quiet moment.",
        "",
        "REFRESH SECURITY TYPE(SSL)",
        *(f"START CHANNEL('{channel}')" for channel in partner["initiates"]),
    ]
    shown: Iterable[str] = [*partner["initiates"], *partner["responds"]]
    lines += [f"DISPLAY CHSTATUS('{channel}') STATUS SECPROT SSLPEER" for channel in shown]
    return "To take effect, and to see that it does", lines
