# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel between two simulated queue managers in this process, to be spoiled and then explained as `verify` does it.

The definitions, the key repositories, GSKit's handshake and the error logs are real; what `verify` reads is read by the module channel, with
the simulated runmqsc. Only processes and the network between hosts are missing.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.end import End
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.judgement import judge
from ansible_collections.mqfleet.tls.plugins.modules import channel
from channel_pair import End as Machine
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from key_repository_pool import PASSWORD, Identity, issue, new_key, write
from mqsim.error_log import ErrorLog
from prediction import Simulated

CHANNEL = "QM1.TO.QM2"
_SECONDS = 20
# Addresses of the loopback interface that no other run of the tests uses at the same time.
_addresses = (f"127.{os.getpid() // 250 % 200 + 50}.{os.getpid() % 250 + 1}.{n % 250 + 1}" for n in itertools.count())


@functools.cache
def ca(name: str = "Fleet CA", issuer: Identity | None = None, begins: int = -400, ends: int = 3000) -> Identity:
    """A certificate authority; the same for the same arguments."""
    return issue(f"CN={name},O=Bank", new_key("EC", 256, f"{name} {begins} {ends}"), issuer, begins, ends, ca=True)


def identity(name: str, issuer: Identity | None = None, kind: str = "EC", **more: Any) -> Identity:
    """A certificate for a queue manager; of the fleet's CA unless one is named."""
    return issue(f"CN={name},O=Bank", new_key(kind, 2048 if kind == "RSA" else 256, name), issuer or ca(), **more)


class Manager(Machine):
    """A queue manager that listens and writes its error log."""

    def __init__(self, folder: Path, name: str, version: str) -> None:
        super().__init__(folder, name, version)
        self.address = next(_addresses)
        self.engine = self.queue_manager.channel_engine
        self.queue_manager.error_log = ErrorLog(self.queue_manager)
        self.define(f"DEFINE LISTENER(TLS.LISTENER) TRPTYPE(TCP) PORT(1414) IPADDR('{self.address}') CONTROL(QMGR)")
        self.define("START LISTENER(TLS.LISTENER)")
        self.stem = Path(self.queue_manager.directory) / "ssl" / "key"

    def define(self, *commands: str) -> None:
        """Run MQSC that has to be accepted."""
        code, report = self.mqsc(*commands)
        assert code == 0, report

    def hold(self, own: Identity | None, trust: Sequence[Identity] = (), kind: str = "pkcs12", label: str = "", told: bool = True) -> None:
        """Make the key repository, and tell the queue manager of it; ``told``: of its new contents too."""
        shutil.rmtree(self.stem.parent, ignore_errors=True)
        self.stem.parent.joinpath("key.d").mkdir(parents=True)
        above = {one.der: one for one in (*(own.chain if own else ()), *trust)}
        write(self.stem, kind, label or f"ibmwebspheremq{self.name.lower()}", own, list(above.values()), ())
        if kind == "pkcs12":
            (self.stem.parent / "key.d" / "password").write_text(PASSWORD)
            self.define(f"ALTER QMGR SSLKEYR('{self.stem}.p12') KEYRPWD('{PASSWORD}')")
        else:
            self.define(f"ALTER QMGR SSLKEYR('{self.stem}') KEYRPWD(' ')")
        if told:
            self.define("REFRESH SECURITY TYPE(SSL)")
        else:
            (self.stem.parent / "key.d" / "refresh").touch()

    def observe(self) -> dict[str, Any]:
        """What `verify` reads of it."""
        side = "channels" if self.name == "QM1" else "responders"
        options = {name: one.get("default") for name, one in channel.argument_spec()["certificates"]["options"].items()}
        listener = {"object": "LISTENER", "name": "TLS.LISTENER", "attributes": {"PORT": 1414, "IPADDR": self.address}}
        given = {
            "queue_manager": self.name,
            "installation": self.machine.installation_path,
            "data_path": self.machine.data_path,
            side: [CHANNEL],
            "state": "observed",
            "error_log": True,
            "certificates": {**options, "objects": [listener]},
        }
        defaults = {name: one.get("default") for name, one in channel.argument_spec().items()}
        return channel.run({**defaults, **given}, Simulated(self), False)

    def close(self) -> None:
        self.engine.close(immediate=True)


class Link:
    """QM1, which calls, and QM2, which answers; all is well until a test spoils something."""

    def __init__(self, folder: Path, versions: tuple[str, str] = ("9.4.2", "9.4.2"), kind: str = "pkcs12") -> None:
        self.folder = folder
        self.qm1 = Manager(folder / "one", "QM1", versions[0])
        self.qm2 = Manager(folder / "two", "QM2", versions[1])
        self.qm1.define(
            "DEFINE QLOCAL(QM2) USAGE(XMITQ)",
            f"DEFINE CHANNEL({CHANNEL}) CHLTYPE(SDR) CONNAME('{self.qm2.address}(1414)') XMITQ(QM2) SSLCIPH(ANY_TLS12_OR_HIGHER)",
        )
        self.qm2.define(f"DEFINE CHANNEL({CHANNEL}) CHLTYPE(RCVR) SSLCIPH(ANY_TLS12_OR_HIGHER) SSLCAUTH(REQUIRED)")
        for one in (self.qm1, self.qm2):
            one.hold(identity(one.name), kind=kind)

    def sender(self, attributes: str) -> None:
        self.qm1.define(f"ALTER CHANNEL({CHANNEL}) CHLTYPE(SDR) {attributes}")

    def receiver(self, attributes: str) -> None:
        self.qm2.define(f"ALTER CHANNEL({CHANNEL}) CHLTYPE(RCVR) {attributes}")

    def start(self) -> None:
        """Start the channel and wait until both ends have come to rest."""
        self.qm1.define(f"START CHANNEL({CHANNEL})")
        deadline = time.monotonic() + _SECONDS
        while self._is_binding() and time.monotonic() < deadline:
            time.sleep(0.005)

    def end(self) -> None:
        """End the conversation, so that the next start is a new attempt."""
        with contextlib.suppress(Exception):
            self.qm1.engine.stop_channel(CHANNEL, "FORCE", "INACTIVE")
        deadline = time.monotonic() + _SECONDS
        while self.qm1.engine.channel_status() and time.monotonic() < deadline:
            time.sleep(0.005)

    def verdict(self, without: str = "") -> dict[str, Any]:
        """What `verify` says of it; ``without`` names an end that is not looked at."""
        ends = [End(observed=False) if one.name == without else _seen(one) for one in (self.qm1, self.qm2)]
        link = {
            "channel": CHANNEL,
            "from": "QM1",
            "to": "QM2",
            "from_host": "qm1",
            "to_host": "qm2",
            "authentication": "two_way",
            "cipher_spec": "ANY_TLS12_OR_HIGHER",
            "initiator_subject": "CN=QM1,O=Bank",
            "responder_subject": "CN=QM2,O=Bank",
        }
        return judge(link, *ends)

    def close(self) -> None:
        self.qm1.close()
        self.qm2.close()

    def _is_binding(self) -> bool:
        calling = [one.status for one in list(self.qm1.engine._initiators.values())]
        answering = [one.status for one in list(self.qm2.engine._responders)]
        return "BINDING" in calling + answering or (calling == ["RUNNING"] and "RUNNING" not in answering)


def _seen(one: Manager) -> End:
    found = one.observe()
    certificates = found["certificates"]
    return End(found["channels"].get(CHANNEL), found["error_log"], certificates["held"], certificates=certificates, address=one.address)


@contextlib.contextmanager
def openssl_partner(folder: Path, presents: Identity) -> Iterator[int]:
    """The port of a server that presents what GSKit would not: a certificate out of its dates."""
    key = presents.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "partner.pem").write_bytes(presents.certificate.public_bytes(Encoding.PEM) + key)
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", str(folder / "partner.pem")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith("ACCEPT")), "")
        yield int(line.rpartition(":")[2])
        process.kill()
