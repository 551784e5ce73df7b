# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.objects import parse_objects
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.passwords import with_ldap_passwords
from ansible_collections.mqfleet.tls.plugins.module_utils._core.mqsc.plan import Have, plan

QMGR = ("QMGR", "")
AUTHINFO = ("AUTHINFO", "DIRECTORY")
OBJECTS = [
    {"object": "QMGR", "attributes": {"SSLCRLNL": "NL"}},
    {"object": "AUTHINFO", "name": "DIRECTORY", "attributes": {"AUTHTYPE": "CRLLDAP", "CONNAME": "ldap(389)", "LDAPUSER": "cn=mq"}},
    {"object": "NAMELIST", "name": "NL", "attributes": {"NAMES": ["DIRECTORY"]}},
]
RECORD = {"AUTHINFO": "DIRECTORY", "AUTHTYPE": "CRLLDAP", "CONNAME": "ldap(389)", "LDAPUSER": "cn=mq"}
PASSWORD = "planted"


def planned(record, passwords=None, **options):
    records = {QMGR: {"SSLCRLNL": "NL"}, ("NAMELIST", "NL"): {"NAMES": "DIRECTORY"}}
    if record is not None:
        records[AUTHINFO] = record
    wanted = with_ldap_passwords(parse_objects(OBJECTS), {"DIRECTORY": PASSWORD} if passwords is None else passwords)
    return plan(Have(records), wanted, "QM1", **options)


SET = "ALTER AUTHINFO('DIRECTORY') AUTHTYPE(CRLLDAP) "
REFRESH = "REFRESH SECURITY TYPE(SSL)"


@pytest.mark.parametrize(
    ("record", "options", "commands"),
    [
        (None, {}, ["DEFINE AUTHINFO('DIRECTORY') AUTHTYPE(CRLLDAP) CONNAME('ldap(389)') LDAPUSER('cn=mq') LDAPPWD('********')", REFRESH]),
        (RECORD, {}, []),
        ({**RECORD, "LDAPPWD": "********"}, {}, []),
        ({**RECORD, "LDAPPWD": ""}, {}, [SET + "LDAPPWD('********')", REFRESH]),
        ({**RECORD, "CONNAME": "old(389)"}, {}, [SET + "CONNAME('ldap(389)') LDAPPWD('********')", REFRESH]),
        (RECORD, {"set_passwords": True}, [SET + "LDAPPWD('********')", REFRESH]),
        (None, {"passwords": {}}, ["DEFINE AUTHINFO('DIRECTORY') AUTHTYPE(CRLLDAP) CONNAME('ldap(389)') LDAPUSER('cn=mq')", REFRESH]),
        (RECORD, {"passwords": {"DIRECTORY": ""}, "set_passwords": True}, []),
    ],
)
def test_when_a_password_is_set(record, options, commands):
    found = planned(record, **options)
    assert [command.redacted() for command in found.commands] == commands
    assert PASSWORD not in str(found.changes) + repr(found)
    assert ("LDAPPWD('planted')" in "".join(command.text() for command in found.commands)) == any("LDAPPWD" in text for text in commands)


@pytest.mark.parametrize(
    ("passwords", "message"),
    [
        (
            {"OTHER": PASSWORD},
            "ldap_passwords has one for OTHER, which objects does not describe as an AUTHINFO of type CRLLDAP or IDPWLDAP; correct the name.",
        ),
        (
            {"DIRECTORY": PASSWORD * 5},
            "The password for DIRECTORY in ldap_passwords is no text of at most 32 bytes in one line; correct it.",
        ),
        (
            {"DIRECTORY": "planted\nSTOP"},
            "The password for DIRECTORY in ldap_passwords is no text of at most 32 bytes in one line; correct it.",
        ),
    ],
)
def test_passwords_that_cannot_be(passwords, message):
    with pytest.raises(InputError) as caught:
        planned(None, passwords)
    assert str(caught.value) == message
