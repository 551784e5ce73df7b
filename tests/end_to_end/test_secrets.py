# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key stays home: nothing that the controller holds or prints contains a private key or a password of a queue manager.

Nothing is planted: the real keys and passwords are read from the hosts afterwards and looked for everywhere.
"""

from __future__ import annotations

import base64
import json
import re
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

LINKS = [{"mesh": ["QM1", "QM2"]}]
WRAPPER = """#!/bin/sh
printf '%s\\n' "$0 $*" >> {log}
exec {program} "$@"
"""


@pytest.fixture(scope="module")
def exposed(fleets):
    """A fleet after check mode, site, a change and verify at -vvv; all that the controller then holds; all argument lists."""
    fleet = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS, mq_tls_key_type="RSA", mq_tls_pki_dir="{{ inventory_dir }}/pki")
    argument_log = fleet.folder / "arguments"
    for host in fleet.hosts.values():
        for program in (host.installation / "bin").iterdir():
            moved = program.with_name(program.name + ".real")
            program.rename(moved)
            program.write_text(WRAPPER.format(log=argument_log, program=moved))
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
    temporary = fleet.folder / "controller"
    environment = {"ANSIBLE_LOG_PATH": str(fleet.folder / "ansible.log"), "ANSIBLE_LOCAL_TEMP": str(temporary)}
    environment["ANSIBLE_REMOTE_TEMP"] = str(fleet.folder / "remote")
    environment["ANSIBLE_KEEP_REMOTE_FILES"] = "1"
    outputs = []
    for arguments in (
        ["--check", "--diff"],
        ["--diff"],
        ["--diff", "-e", json.dumps({"mq_tls_subject": "CN={{ inventory_hostname }},O=New"})],
    ):
        run = fleet.playbook("site", "-vvv", *arguments, environment=environment)
        assert run.rc == 0, run.output
        outputs.append(run.output)
    outputs.append(fleet.playbook("verify", "-vvv", environment=environment).output)
    held = {"output": "\n".join(outputs).encode()}
    for folder in (fleet.folder / "pki", temporary, fleet.folder / "remote"):
        held.update({str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    held["ansible.log"] = (fleet.folder / "ansible.log").read_bytes()
    return fleet, held, argument_log.read_text()


def passwords(fleet) -> list[bytes]:
    """The passwords that the hosts keep."""
    found = [path.read_bytes().strip() for host in fleet.hosts for path in fleet.key_repository(host).rglob("password")]
    assert found
    return found


def private_keys(fleet) -> list[bytes]:
    """The private keys of the PKCS#12 repository, of all generations, as DER (PKCS#8 and the number that makes RSA private)."""
    found = []
    folder = fleet.key_repository("qm1")
    password = (folder / "key.d" / "password").read_bytes().strip()
    for path in {file.resolve() for file in folder.rglob("key.p12")}:
        key = pkcs12.load_pkcs12(path.read_bytes(), password).key
        number = key.private_numbers().d
        found.append(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        found.append(number.to_bytes((number.bit_length() + 7) // 8, "big"))
    assert len(found) >= 4
    return found


def forms(secret: bytes) -> list[bytes]:
    """A secret as it is, in hexadecimal and in base64 in each of the three alignments (their inner part)."""
    encoded = [base64.b64encode(b"\0" * offset + secret)[4:-4] for offset in range(3)]
    return [secret, secret.hex().encode(), *(part[:48] for part in encoded)]


def test_no_private_key_of_a_queue_manager_is_on_the_controller(exposed):
    fleet, held, _arguments = exposed
    sought = [form for key in private_keys(fleet) for form in forms(key)]
    for name, content in held.items():
        flat = content.replace(b"\n", b"").replace(b"\\n", b"")
        for form in sought:
            assert form not in content and form not in flat, name
        if not name.endswith("pki/ca/private_key.pem"):
            assert not re.search(rb"BEGIN [A-Z ]*PRIVATE KEY-----[\\nA-Za-z0-9+/= ]{40}", content), name


def test_no_password_is_on_the_controller(exposed):
    fleet, held, _arguments = exposed
    sought = [form for password in passwords(fleet) for form in (password, password.hex().encode(), base64.b64encode(password))]
    for name, content in held.items():
        for form in sought:
            assert form not in content, name


def test_no_argument_list_holds_a_password_that_stays_in_use_outside_runmqakm_create(exposed):
    fleet, _held, arguments = exposed
    assert "runmqsc" in arguments and "runmqakm" in arguments
    sought = [password.decode() for password in passwords(fleet)]
    for line in arguments.splitlines():
        for password in sought:
            assert password not in line, line
        if " -pw " in line or "-target_pw " in line or "-new_pw " in line:
            assert "-keydb -create" in line, line


def test_the_files_on_the_host_are_for_the_owner_only(exposed):
    fleet, _held, _arguments = exposed
    for host in fleet.hosts:
        for path in Path(fleet.key_repository(host)).rglob("*"):
            if path.is_file() and not path.is_symlink():
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, f"{path} {path.stat().st_mode:o}"
