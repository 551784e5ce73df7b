# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with an installation of IBM MQ, as far as key repositories need one: mqs.ini, dspmqver, and the simulator's runmqakm."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import Identity, pem_blocks
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import CommandResult, SubprocessRunner
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from ansible_collections.mqfleet.tls.plugins.modules import key_repository as module
from ansible_collections.mqfleet.tls.plugins.modules import key_repository_restore
from fakes import report

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.now(timezone.utc).replace(microsecond=0)
EC = {"key_type": "EC", "key_size": 256}
RUNMQAKM = f'#!/bin/sh\nPYTHONPATH={ROOT}/tests/simulator/src exec {sys.executable} -m mqsim.programs.runmqakm "$@"\n'


class Ca:
    """A certificate authority that is made in no time (EC)."""

    def __init__(self, subject: str = "CN=Test CA", days: int = 3650, begin: datetime = NOW, root: Ca | None = None) -> None:
        self.key = certificates.generate_key("EC", 256)
        name = DistinguishedName.parse(subject)
        if root:
            self.certificate = certificates.make_intermediate(self.key.public_key(), name, days, begin, root.certificate, root.key)
        else:
            self.certificate = certificates.make_authority(self.key, name, days, begin, path_length=1)
        (self.pem,) = pem_blocks(certificates.to_pem(self.certificate))

    def sign(self, request: str, days: int = 365, now: datetime = NOW) -> list[str]:
        asked = certificates.load_request(request.encode(), "The request")
        signed = certificates.sign_request(asked, self.key, self.certificate, days, now)
        return [certificates.to_pem(signed), self.pem]


def self_signed(subject: str = "CN=QM2", days: int = 365, now: datetime = NOW) -> str:
    """A partner's self-signed certificate, PEM."""
    identity = Identity("label", DistinguishedName.parse(subject), "EC", 256, days)
    (pem,) = pem_blocks(certificates.to_pem(certificates.make_self_signed(certificates.generate_key("EC", 256), identity, now)))
    return pem


@dataclass
class Host:
    """``folder`` holds opt/mqm and var/mqm with the queue manager QM1."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, version: str = "9.4.2.0") -> Host:
        host = cls(folder)
        host.ssl.mkdir(parents=True)
        (folder / "var/mqm/mqs.ini").write_text(f"QueueManager:\n   Name=QM1\n   Prefix={folder}/var/mqm\n   Directory=QM1\n")
        programs = folder / "opt/mqm/bin"
        programs.mkdir(parents=True)
        for name, text in (("dspmqver", f"#!/bin/sh\necho {version}\n"), ("runmqakm", RUNMQAKM)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        return host

    @property
    def ssl(self) -> Path:
        return self.folder / "var/mqm/qmgrs/QM1/ssl"

    @property
    def directory(self) -> Path:
        return self.ssl / "key.d"

    @property
    def password(self) -> str:
        return (self.directory / "password").read_text().rstrip("\n")

    def parameters(self, **options: Any) -> dict[str, Any]:
        """What the module gets from Ansible for these options."""
        spec = module.argument_spec()
        if options.get("identity") is not None:
            defaults = {name: one.get("default") for name, one in spec["identity"]["options"].items()}
            options["identity"] = {**defaults, **options["identity"]}
        if "ca" in options:
            ca = options.pop("ca")
            options = {"issuer": {"type": "local_ca"}, "_chain": [ca.pem], **options}
        given = {"queue_manager": "QM1", "installation": f"{self.folder}/opt/mqm", "data_path": f"{self.folder}/var/mqm", **options}
        return {**{name: one.get("default") for name, one in spec.items()}, **given}

    def run(self, check: bool = False, **options: Any) -> dict[str, Any]:
        """One execution of the module on the host."""
        return module.run(self.parameters(**options), check)

    def converge(self, ca: Ca, **options: Any) -> dict[str, Any]:
        """As the action does: run, and where a request comes back, sign it and run again."""
        result = self.run(ca=ca, **options)
        if "_request" in result:
            result = self.run(ca=ca, _answer=ca.sign(result["_request"]), **options)
            assert "_request" not in result
        return result

    def tells(self, ssl_key_repository: str, label: str) -> None:
        """From now on there is a queue manager that says these as SSLKEYR, with $ssl for the directory of the repository, and CERTLABL."""
        answer = [
            "AMQ8408I: Display Queue Manager details.",
            "   QMNAME(QM1)",
            f"   CERTLABL({label})",
            f"   SSLKEYR({ssl_key_repository})",
        ]
        program = self.folder / "opt/mqm/bin/runmqsc"
        place = "ssl=${0%/opt/mqm/bin/runmqsc}/var/mqm/qmgrs/QM1/ssl"
        program.write_text(f"#!/bin/sh\n{place}\nread question\ncat << END\n{report(answer)}\nEND\n")
        program.chmod(0o755)

    def restore(self, check: bool = False, **options: Any) -> dict[str, Any]:
        """One execution of the module key_repository_restore on the host."""
        defaults = {name: one.get("default") for name, one in key_repository_restore.argument_spec().items()}
        places = {"queue_manager": "QM1", "installation": f"{self.folder}/opt/mqm", "data_path": f"{self.folder}/var/mqm"}
        return key_repository_restore.run({**defaults, **places, **options}, check)

    def told(self) -> None:
        """The queue manager has been told of the repository as it is."""
        (self.directory / "refresh").unlink()

    def snapshot(self) -> dict[str, tuple[int, int, int, str]]:
        """Inode, mtime, mode and digest of every file below the directory of the repository."""
        found = {}
        for path in sorted(self.ssl.rglob("*")):
            stat = path.lstat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            found[str(path)] = (stat.st_ino, stat.st_mtime_ns, stat.st_mode, digest)
        return found


def without_processes(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Let runmqakm be called in this process, as a process of its own costs half a second each time. Gives the argument lists to come.

    A program that a test has put in its place is run as it is.
    """
    from mqsim.programs import runmqakm  # noqa: PLC0415 - needs GSKit, which not every test has

    start, seen = SubprocessRunner.run, []

    def run(self: SubprocessRunner, argv: Sequence[str], *arguments: Any, **options: Any) -> CommandResult:
        seen.append(list(argv))
        if os.path.basename(argv[0]) != "runmqakm" or not _is_simulated(argv[0]):
            return start(self, argv, *arguments, **options)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = runmqakm.main(list(argv[1:]))
        return CommandResult(code, output.getvalue(), "")

    monkeypatch.setattr(SubprocessRunner, "run", run)
    return seen


def _is_simulated(program: str) -> bool:
    try:
        return Path(program).read_bytes() == RUNMQAKM.encode()
    except OSError:
        return False


def one_of_each_type(folder: Path, ca: Ca, **options: Any) -> dict[str, Host]:
    """Hosts with a key repository of which the queue manager has been told, to be copied."""
    made = {}
    with pytest.MonkeyPatch.context() as patches:
        without_processes(patches)
        for kind in ("cms", "pkcs12"):
            made[kind] = Host.make(folder / kind)
            made[kind].converge(ca, type=kind, **options)
            made[kind].told()
    return made


def openssl(*arguments: str) -> str:
    """What openssl says; fails when it fails."""
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True).stdout


def days_from_now(days: float) -> datetime:
    return NOW + timedelta(days=days)
