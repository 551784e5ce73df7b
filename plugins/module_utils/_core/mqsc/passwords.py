# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Passwords of objects, which come apart from their descriptions, since those can be read in logs.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from ..errors import InputError
from .command import Secret
from .objects import MqObject
from .quote import quote

_LONGEST = 32
_KINDS = ("CRLLDAP", "IDPWLDAP")


def with_ldap_passwords(wanted: Sequence[MqObject], passwords: Mapping[str, Any]) -> tuple[MqObject, ...]:
    """The objects, those of type AUTHINFO with their LDAPPWD. An empty password is none.

    Raises InputError, which shows no password, for one that belongs to no object or cannot be sent.
    """
    given = {name: str(value) for name, value in passwords.items() if value not in (None, "")}
    takers = {one.name for one in wanted if one.object_type == "AUTHINFO" and one.kind in _KINDS and one.state == "present"}
    for name, value in given.items():
        if name not in takers:
            raise InputError(
                f"ldap_passwords has one for {name}, which objects does not describe as an AUTHINFO of type {' or '.join(_KINDS)}; "
                f"correct the name."
            )
        if len(value.encode("utf-8", "surrogatepass")) > _LONGEST or not _can_be_sent(value):
            raise InputError(f"The password for {name} in ldap_passwords is no text of at most {_LONGEST} bytes in one line; correct it.")
    return tuple(
        replace(one, attributes={**one.attributes, "LDAPPWD": Secret(given[one.name])})
        if one.object_type == "AUTHINFO" and one.name in given
        else one
        for one in wanted
    )


def _can_be_sent(value: str) -> bool:
    try:
        quote(value)
    except InputError:
        return False
    return True
