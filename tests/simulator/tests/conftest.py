# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queue managers for the tests of channels: objects and an engine each, no process; certificates and key repositories."""

from __future__ import annotations

import datetime
import functools
import itertools
import os
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from mqsim import machine as machines
from mqsim import queue_manager as queue_manager_module
from mqsim.channel import ChannelEngine
from mqsim.error_log import ErrorLog
from mqsim.gskit import key_database
from mqsim.mqsc.commands import Session
from mqsim.programs import crtmqm
from mqsim.queue import Queue, split_transmission_header, with_transmission_header

PASSWORD = "test-Password-1"
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@functools.cache
def new_key(kind, number):
    return rsa.generate_private_key(65537, 2048) if kind == "RSA" else ec.generate_private_key(ec.SECP256R1())


class Identity:
    """A key with its certificate and the chain above it."""

    counter = 0

    def __init__(self, name, issuer=None, key_type="RSA", begins=-1, ends=30, ca=False, dns_names=(), extensions=()):
        Identity.counter += 1
        # A few keys serve all tests: making RSA keys is what would take the time.
        self.key = new_key(key_type, f"{name} {ca}"[:40])
        self.name = x509.Name.from_rfc4514_string(name)
        self.issuer = issuer
        signer = issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + begins * DAY)
            .not_valid_after(NOW + ends * DAY)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if dns_names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in dns_names]), critical=False)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        self.certificate = builder.sign(signer.key, hashes.SHA256())

    @property
    def der(self):
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self):
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self):
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


# Addresses of the loopback interface that no other run of the tests uses at the same time: a queue manager is a host of its own.
_addresses = (f"127.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250 + 1}.{n % 250 + 1}" for n in itertools.count())


class QueueManager:
    """What the channel engine needs of a queue manager."""

    def __init__(self, directory, name, version=(9, 4, 2, 0), **attributes):
        self.name, self.version, self.directory = name, version, directory
        directory.mkdir(parents=True)
        (directory / "ssl").mkdir()
        self.machine = SimpleNamespace(installation_name="Installation1")
        self.attributes = {"SSLKEYR": str(directory / "ssl" / "key"), "CERTLABL": "", "SSLFIPS": "NO", "CHLAUTH": "DISABLED", **attributes}
        self.channels, self.listeners, self.queues, self.channel_auth = {}, {}, {}, []
        self.namelists, self.auth_info = {}, {}
        self.ini = {"SSL": {"AllowTLSV13": "TRUE"}}
        self.password = None
        self.error_log = ErrorLog(self)
        self.channel_engine = ChannelEngine(self)
        self.engine = self.channel_engine
        self.address, self.port = next(_addresses), 1414
        self.listeners["TCP"] = {"PORT": str(self.port), "IPADDR": self.address, "CONTROL": "QMGR", "TRPTYPE": "TCP"}

    def key_repository_password(self):
        return self.password

    def queue(self, name, **attributes):
        self.queues[name] = Queue(name, {"TYPE": "QLOCAL", "USAGE": "NORMAL", **attributes}, None, self._message_arrived)
        return self.queues[name]

    def _message_arrived(self, queue):
        if queue.is_transmission_queue:
            self.engine.message_arrived(queue.name)

    def put_remote(self, transmission_queue, target, body):
        self.queues[transmission_queue].put(with_transmission_header(target, "", body))

    def deliver(self, message):
        target, _, body = split_transmission_header(message)
        self.queues[target].put(body)

    def key_repository(self, kind, identity=None, trust=(), label=None, password=PASSWORD):
        """Make the key repository: 'pkcs12' with KEYRPWD, 'cms' with a stash file."""
        stem = self.directory / "ssl" / "key"
        for old in stem.parent.iterdir():
            old.unlink()
        label = label or f"ibmwebspheremq{self.name.lower()}"
        pfx = stem.with_suffix(".pfx" if kind == "cms" else ".p12")
        chain, above = [], identity.issuer if identity else None
        while above:
            chain.append(above)
            above = above.issuer
        trusted = list({id(entry): entry for entry in (*trust, *chain)}.values()) if kind == "pkcs12" else chain
        if identity or trusted:
            pfx.write_bytes(
                pkcs12.serialize_key_and_certificates(
                    label.encode() if identity else None,
                    identity.key if identity else None,
                    identity.certificate if identity else None,
                    [pkcs12.PKCS12Certificate(entry.certificate, f"trust {n}".encode()) for n, entry in enumerate(trusted)] or None,
                    # the strongest that cryptography has, but with few rounds: hundreds of them are opened
                    PrivateFormat.PKCS12.encryption_builder()
                    .kdf_rounds(1000)
                    .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
                    .hmac_hash(hashes.SHA256())
                    .build(password.encode()),
                )
            )
        if kind == "pkcs12":
            self.attributes["SSLKEYR"], self.password = str(pfx), password
            return
        self.attributes["SSLKEYR"], self.password = str(stem), None
        with key_database.KeyDatabase.create(f"{stem}.kdb", password) as database:
            if identity:
                database.import_pkcs12(str(pfx), password)
            for number, entry in enumerate(trust):
                if entry.der not in [found.certificate for found in database.entries()]:
                    database.add(f"partner {number}", entry.der)
        key_database.stash(f"{stem}.kdb", password)
        pfx.unlink(missing_ok=True)

    # What a test looks at ---------------------------------------------------------------------------------------------------

    def row(self, channel):
        return next((row for row in self.engine.channel_status() if row["CHANNEL"] == channel), None)

    def status(self, channel):
        row = self.row(channel)
        return row["STATUS"] if row else None

    def wait(self, channel, *statuses, seconds=10.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.status(channel) in statuses:
                return self.row(channel)
            time.sleep(0.005)
        raise AssertionError(f"{self.name}: {channel} is {self.status(channel)}, not {statuses}\n{self.log_text()}")

    def log_text(self):
        path = self.directory / "errors" / "AMQERR01.LOG"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def messages(self):
        """Ids in the error log without those that only tell of normal life."""
        return [i for i in re.findall(r"^(AMQ\d{4}[A-Z]):", self.log_text(), re.M) if i not in ("AMQ5026I", "AMQ9002I")]

    def wait_for_messages(self, *ids, seconds=5.0):
        deadline = time.monotonic() + seconds
        while ids != tuple(self.messages()) and time.monotonic() < deadline:
            time.sleep(0.005)
        assert tuple(self.messages()) == ids, self.log_text()

    def wait_for_message(self, wanted, seconds=5.0):
        """Among others; the other end may have been answered before this one writes its log."""
        deadline = time.monotonic() + seconds
        while wanted not in self.messages() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert wanted in self.messages(), self.log_text()


@pytest.fixture
def queue_manager(tmp_path):
    """Makes queue managers and ends them."""
    made = []

    def make(name, **more):
        made.append(QueueManager(tmp_path / f"{name}.{len(made)}", name, **more))
        return made[-1]

    yield make
    for one in made:
        one.engine.close(immediate=True)


@pytest.fixture
def link(queue_manager):
    """QM1 with a sender and QM2 with a receiver for the channel QM1.TO.QM2; the engines are open."""

    def make(initiator=None, responder=None, versions=((9, 4, 2, 0), (9, 4, 2, 0))):
        qm1, qm2 = queue_manager("QM1", version=versions[0]), queue_manager("QM2", version=versions[1])
        qm1.queue("QM2", USAGE="XMITQ")
        qm2.queue("IN")
        define_link(qm1, qm2, initiator, responder)
        qm2.engine.open()
        qm1.engine.open()
        return qm1, qm2

    return make


def define_link(qm1, qm2, initiator=None, responder=None):
    name = f"{qm1.name}.TO.{qm2.name}"
    qm1.channels[name] = {
        "CHLTYPE": "SDR",
        "CONNAME": f"{qm2.address}({qm2.port})",
        "XMITQ": qm2.name,
        "SSLCIPH": "ANY_TLS12_OR_HIGHER",
        "SSLPEER": "",
        "SHORTRTY": "10",
        "SHORTTMR": "60",
        "LONGRTY": "999999999",
        "LONGTMR": "1200",
        "DISCINT": "0",
        "BATCHSZ": "50",
        "CERTLABL": "",
        **(initiator or {}),
    }
    qm2.channels[name] = {
        "CHLTYPE": "RCVR",
        "SSLCIPH": "ANY_TLS12_OR_HIGHER",
        "SSLCAUTH": "REQUIRED",
        "SSLPEER": "",
        "BATCHSZ": "50",
        "CERTLABL": "",
        **(responder or {}),
    }


@pytest.fixture(scope="session")
def identity():
    return Identity


@pytest.fixture(scope="session")
def ca():
    return Identity("CN=Fleet CA,O=Bank", ca=True)


# For the tests of MQSC and of the programs ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def transcripts():
    """The folder of captured outputs: MQ_TLS_TRANSCRIPTS, else ../shared/transcripts beside the repository."""
    folder = Path(os.environ.get("MQ_TLS_TRANSCRIPTS") or Path(__file__).resolve().parents[4] / "shared" / "transcripts")
    if not folder.is_dir():
        message = f"the captured transcripts are not at {folder}; set MQ_TLS_TRANSCRIPTS"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


class FakeEngine:
    """A channel engine that records what MQSC asks of it. ``refusal``: what the next request is answered with."""

    def __init__(self):
        self.calls, self.rows, self.saved, self.listeners, self.refusal = [], [], [], [], None
        self.state = SimpleNamespace(forget=lambda name: self.calls.append(("forget", name)))

    def __getattr__(self, name):
        def call(*arguments):
            self.calls.append((name, *arguments))
            if self.refusal is not None:
                refusal, self.refusal = self.refusal, None
                raise refusal

        return call

    def channel_status(self):
        return self.rows

    def saved_status(self):
        return self.saved

    def listener_status(self):
        return self.listeners


class Mqsc:
    """The MQSC command server of a queue manager without a process: ``mqsc('DISPLAY QMGR')`` gives the report's text."""

    def __init__(self, directory, version, name):
        self.machine = machines.create(str(directory), version)
        assert crtmqm.main([name], f"{self.machine.installation_path}/bin/crtmqm") == 0
        self.name, self.return_code, self.engine = name, None, FakeEngine()
        self.restart()

    def restart(self):
        engine = self.engine

        class WithoutChannels(queue_manager_module.QueueManager):
            def _connect_channels(self):
                self.channel_engine = engine

        self.queue_manager = WithoutChannels(self.machine, self.name)

    def __call__(self, *lines, echo=False, verify=False):
        report = []
        self.return_code = Session(self.queue_manager, report.append, echo, verify).run(lines)
        return "".join(report)


@pytest.fixture
def mqsc_of(tmp_path, capsys):
    """Makes a Mqsc for a version: ``mqsc_of('9.2.0')``."""

    def make(version="9.4.2", name="QM1"):
        made = Mqsc(tmp_path / f"machine-{version}-{name}", version, name)
        capsys.readouterr()
        return made

    return make


@pytest.fixture
def mqsc(mqsc_of):
    return mqsc_of()
