# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels at work: who calls whom, the handshake and its rules, states, retries, messages.

Each running instance has one thread, which sleeps until its partner, its transmission queue or a command wakes it.
IBM MQ topics: "Connecting two queue managers using SSL/TLS", "SSLCAUTH", "SSLPEER", "CipherSpec mismatches",
"Certificate label (CERTLABL)", "Channel states", "DISPLAY CHSTATUS", "REFRESH SECURITY", "START CHANNEL", "STOP CHANNEL".
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import resource
import shutil
import socket
import threading
import time
from pathlib import Path

from . import channel_auth, channel_protocol, cipherspec, client_hello, error_log, peer_name, tls
from .channel_protocol import BadData, ConnectionLost, Conversation, Plain
from .channel_state import ChannelState
from .gskit import return_codes
from .gskit.handshake import RECORD, Connection, Environment, Role
from .gskit.library import GskitError
from .listener import DEFAULT_PORT, Listener

_STACK_BYTES = 512 * 1024
_CONNECT_SECONDS = 10
_HANDSHAKE_SECONDS = 120  # generous: hundreds of queue managers may start at once on two cores
_REFRESH_SECONDS = 600  # "REFRESH SECURITY": 10 minutes
_BINDING_SECONDS = 5  # not documented: how long a refresh waits for handshakes that have begun
_END_SECONDS = 10
_SSLCIPH_IN_STATUS_SINCE = (9, 1, 1)
_TLS_HANDSHAKE_RECORD = 0x16

_INITIATORS = frozenset({"SDR", "SVR", "RQSTR", "CLUSSDR"})
_SENDERS = frozenset({"SDR", "SVR", "CLUSSDR"})
_PINGABLE = frozenset({"SDR", "SVR", "CLUSSDR"})
# Who may answer whom; a requester that calls a sender (call-back) is not simulated
_RESPONDERS = {"SDR": {"RCVR", "RQSTR"}, "SVR": {"RCVR", "RQSTR"}, "RQSTR": {"SVR"}, "CLUSSDR": {"CLUSRCVR"}}
_CLUSTER_TRANSMISSION_QUEUE = "SYSTEM.CLUSTER.TRANSMIT.QUEUE"

# What the other end writes when one end refuses the channel for a reason
_AT_THE_OTHER_END = {
    "unknown": "AMQ9520E",
    "type": "AMQ9503E",
    "unavailable": "AMQ9558E",
    "cipher": "AMQ9641E",
    "certificate": "AMQ9642E",
    "peer": "AMQ9643E",
    "revocation": "AMQ9665E",
    "sequence": "AMQ9526E",
    "undelivered": "AMQ9506E",
}

# Requests to an instance, the later ones stronger
_REQUESTS = ("start", "refresh", "stop", "close")
_INACTIVE, _AGAIN, _RETRY = "inactive", "again", "retry"


class Refused(Exception):
    """A command is refused: the answer's message id and text."""

    def __init__(self, message_id: str, text: str) -> None:
        super().__init__(f"{message_id}: {text}")
        self.message_id = message_id
        self.text = text


class Failure(Exception):
    """A channel can not go on.

    :param message_id: for this end's error log, with its inserts; None: the other end's log has the reason
    :param tell: a reason of _AT_THE_OTHER_END
    """

    def __init__(
        self,
        message_id: str | None,
        *inserts: object,
        tell: str | None = None,
        arith_inserts: tuple[int, ...] = (),
        comment_inserts: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.inserts = inserts
        self.tell = tell
        self.arith_inserts = arith_inserts
        self.comment_inserts = comment_inserts


class Ended(Exception):
    """The partner ended the conversation in good order: 'disconnect', 'stop', 'refresh', 'close'."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Instance:
    """One instance of a channel at one end."""

    program = "amqrmppa"

    def __init__(self, engine: ChannelEngine, name: str) -> None:
        self.engine = engine
        self.queue_manager = engine.queue_manager
        self.name = name
        self.host = "????"
        self.definition: dict[str, str] = {}
        self.view: tls.View | None = None
        self.request: str | None = None
        self.stop_status = "STOPPED"
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._socket: socket.socket | None = None
        self.thread = threading.Thread(target=self._run, name=f"channel {name}", daemon=True)
        self._clear()

    def _clear(self) -> None:
        self.status, self.substate = "BINDING", "NETCONNECT"
        self.conversation: Conversation | None = None
        self.remote_queue_manager = self.remote_version = self.remote_product = ""
        self.peer = self.issuer = ""
        self.started = datetime.datetime.now()
        self.messages = self.batches = self.sequence = self.current_messages = 0
        self.last_message: datetime.datetime | None = None

    def _run(self) -> None:
        raise NotImplementedError  # each end of a channel has its own

    # Requests from other threads ------------------------------------------------------------------------------------------

    def ask(self, request: str, force: bool = False) -> None:
        """Ask the instance for something; one that is still binding, or is forced, is cut off. A refresh lets it finish its handshake."""
        with self.engine.lock:
            if self.request is None or _REQUESTS.index(request) > _REQUESTS.index(self.request):
                self.request = request
            # Cut before it wakes: it would part in good order.
            if self._socket is not None and request != "start" and (force or (self.status == "BINDING" and request != "refresh")):
                channel_protocol.shut_down(self._socket)
            self.wake()

    def wake(self) -> None:
        with self.engine.lock:
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    def _rest(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)

    def release(self) -> None:
        with self.engine.lock:
            os.close(self._wake)
            self._wake = -1

    @property
    def ending(self) -> bool:
        return self.request in ("stop", "close", "refresh")

    # Both ends --------------------------------------------------------------------------------------------------------------

    def log(self, message_id: str, *inserts: object, **more: object) -> None:
        remote_host = self.host if isinstance(self, Responder) else ""
        self.queue_manager.error_log.write(
            message_id, *inserts, channel=self.name, host=self.host, program=self.program, remote_host=remote_host, **more
        )

    def _fail(self, failure: Failure) -> None:
        if failure.tell and self.conversation:
            with contextlib.suppress(ConnectionLost):
                self.conversation.send_facts(channel_protocol.REFUSED, reason=failure.tell, channel=self.name)
        if failure.message_id:
            self.log(failure.message_id, *failure.inserts, arith_inserts=failure.arith_inserts, comment_inserts=failure.comment_inserts)
        self.log("AMQ9999E")

    def _finish(self) -> None:
        """The conversation is over."""
        if self.conversation:
            if self.status in ("RUNNING", "STOPPING") and self.type != "SVRCONN":
                self.engine.remember_saved(self)
            self.conversation.close()
        elif self._socket:
            self._socket.close()
        with self.engine.lock:
            self._socket = None
            self.view = None
            self.engine.changed.notify_all()

    def _use_view(self) -> tls.View:
        try:
            self.engine.use_view(self)
        except tls.TlsError as error:
            raise Failure(error.message_id, *error.inserts) from error
        return self.view

    def _environment(self, role: Role, label: str, specs: list[cipherspec.CipherSpec]) -> Environment:
        try:
            environment = self.view.environment(role, label, specs)
            self.view.check_own_certificate(label)
            return environment
        except tls.TlsError as error:
            self.engine.give_up_view(self.view)
            raise Failure(error.message_id, *error.inserts) from error

    def _handshake_failure(self, error: GskitError | TimeoutError) -> Failure:
        if isinstance(error, TimeoutError):
            return Failure("AMQ9209E")
        if error.code == return_codes.BAD_DATE and not error.validation_code:  # our own certificate has expired since it was looked at
            return Failure("AMQ9630E", arith_inserts=(error.code,))
        if error.validation_code or error.code == return_codes.BAD_CERTIFICATE:
            validation, subject = error.validation_code or 0, error.validation_subject or ""
            return Failure(
                "AMQ9633E",
                validation,
                subject,
                arith_inserts=(error.code, validation),
                comment_inserts=(self.name, subject, self.host),
            )
        if error.code in (return_codes.SOCKET_CLOSED, return_codes.SSL_CLOSED, return_codes.IO_ERROR):
            return Failure("AMQ9665E", comment_inserts=(self.name, "", self.host))
        return Failure(
            "AMQ9620E", error.code, error.function, arith_inserts=(error.code,), comment_inserts=(error.function, self.name, self.host)
        )

    def _take_certificate(self) -> None:
        if self.conversation.peer_certificate:
            self.peer = peer_name.subject(self.conversation.peer_certificate)
            self.issuer = peer_name.issuer(self.conversation.peer_certificate)

    def _check_revocation(self, connection: Connection) -> None:
        """A revoked certificate is refused by the engine; one that nobody knows anything of, here."""
        unknown = self.view.checks.not_known(connection.unknown_revocation, connection.peer_chain)
        if unknown and self.view.checks.unknown == "REQUIRED":
            raise Failure("AMQ9716E", unknown, tell="revocation", comment_inserts=(self.name, unknown, self.host))
        if unknown and self.view.checks.unknown == "WARN":
            self.log("AMQ9716W", unknown, " The channel goes on, as OCSPAuthentication(WARN) says.")

    def _check_peer_name(self) -> None:
        wanted = self.definition.get("SSLPEER", "").strip()
        if not wanted:
            return
        try:
            matches = bool(self.peer) and peer_name.parse(wanted).matches(self.peer)
        except ValueError as error:
            raise Failure("AMQ9640E", error, tell="peer") from error
        if not matches:
            shown = self.peer.text() if self.peer else ""
            raise Failure("AMQ9636E", shown, tell="peer", comment_inserts=(self.name, shown, self.host))

    @property
    def type(self) -> str:
        return self.definition.get("CHLTYPE", "")

    def _receive(self) -> tuple[bytes, bytes]:
        """The next segment that is not the end. Raises Ended, Failure."""
        try:
            kind, body = self.conversation.receive()
        except ConnectionLost as error:
            raise Failure("AMQ9208E", error.code) if error.code else Failure("AMQ9209E") from error
        except BadData as error:
            raise Failure("AMQ9207E", error) from error
        if kind == channel_protocol.END:
            raise Ended(json.loads(body)["reason"])
        if kind == channel_protocol.REFUSED:
            raise self._refusal(json.loads(body))
        return kind, body

    def _refusal(self, facts: dict) -> Failure:
        inserts = {"sequence": (facts.get("sequence", ""), ""), "certificate": (self._label(),), "type": ("the channel types do not fit",)}
        return Failure(
            _AT_THE_OTHER_END.get(facts["reason"]), *inserts.get(facts["reason"], ()), comment_inserts=(self.name, "", self.host)
        )

    def _label(self) -> str:
        return self.definition.get("CERTLABL", "").strip() or (self.view.label if self.view else "")

    def _set_running(self, substate: str) -> None:
        with self.engine.lock:
            self.status, self.substate = "RUNNING", substate
            # A refresh that came during the handshake has not seen this instance run: the request stands and is met at once.

    # Messages ---------------------------------------------------------------------------------------------------------------

    @property
    def transmission_queue_name(self) -> str:
        return _CLUSTER_TRANSMISSION_QUEUE if self.type == "CLUSSDR" else self.definition.get("XMITQ", "")

    def _agree_on_sequence(self, received: int) -> None:
        """Sender's end: settle a batch in doubt. *received*: the last number that the receiver has."""
        sender = self.engine.state.sender(self.name)
        with self.engine.state.lock:
            if sender.reset:
                sender.reset = False
            elif sender.batch and received == sender.sequence + len(sender.batch):
                sender.sequence, sender.batch = received, []
            elif received != sender.sequence:
                raise Failure("AMQ9526E", sender.sequence + 1, received + 1, tell="sequence")
            self.engine.state.save()

    def _send_messages(self) -> str:
        """Sender's end, until this end has a reason to stop: 'disconnect' or the request. Raises Ended, Failure."""
        interval = int(self.definition.get("DISCINT") or 0)
        idle_since = time.monotonic()
        while True:
            self._rest()
            if self.ending:
                return self.request
            if self._send_batch():
                idle_since = time.monotonic()
                continue
            left = idle_since + interval - time.monotonic() if interval else None
            if left is not None and left <= 0:
                return "disconnect"
            if self.conversation.wait(self._wake, left):
                self._receive()

    def _send_batch(self) -> bool:
        sender = self.engine.state.sender(self.name)
        queue = self.queue_manager.queues.get(self.transmission_queue_name)
        if not sender.batch and queue is not None and queue.depth:
            limit = int(self.definition.get("BATCHSZ") or 50)
            while len(sender.batch) < limit and (message := queue.get(0)) is not None:
                sender.batch.append(message)
        if not sender.batch:
            return False
        self.engine.state.save()
        self.current_messages = len(sender.batch)
        try:
            self.conversation.send(channel_protocol.MESSAGES, channel_protocol.pack_messages(sender.sequence + 1, sender.batch))
        except ConnectionLost as error:
            raise Failure("AMQ9209E") from error
        kind, _ = self._receive()
        if kind != channel_protocol.CONFIRMED:
            raise Failure("AMQ9506E")
        self._count(len(sender.batch), sender.sequence + len(sender.batch))
        with self.engine.state.lock:
            sender.sequence, sender.batch = self.sequence, []
            self.engine.state.save()
        return True

    def _count(self, messages: int, sequence: int) -> None:
        self.messages += messages
        self.batches += 1
        self.sequence = sequence
        self.current_messages = 0
        self.last_message = datetime.datetime.now()

    def _receive_messages(self) -> str:
        """Receiver's end, until a request. Raises Ended, Failure."""
        state = self.engine.state
        while True:
            self._rest()
            if self.ending:
                return self.request
            if not self.conversation.wait(self._wake, None):
                continue
            _kind, body = self._receive()
            first, messages = channel_protocol.unpack_messages(body)
            last = state.received(self.name, self.remote_queue_manager)
            if first > last + 1:
                raise Failure("AMQ9526E", first, last + 1, tell="sequence")
            try:
                for sequence, message in enumerate(messages, first):
                    if sequence > last:  # what was delivered before the connection broke is not delivered again
                        self._deliver(message)
                        state.set_received(self.name, self.remote_queue_manager, sequence)
            finally:
                state.save()
            self._count(len(messages), first + len(messages) - 1)
            try:
                self.conversation.send(channel_protocol.CONFIRMED, b"")
            except ConnectionLost as error:
                raise Failure("AMQ9209E") from error

    def _deliver(self, message: bytes) -> None:
        try:
            self.queue_manager.deliver(message)
        except Exception as error:  # whatever the reason, the message stays with the sender
            raise Failure("AMQ9544E", error, tell="undelivered") from error

    # Status -----------------------------------------------------------------------------------------------------------------

    def connection_name(self) -> str:
        return self.host

    def row(self) -> dict[str, str]:
        """The row of DISPLAY CHSTATUS, in MQ's order."""
        conversation, running = self.conversation, self.status in ("RUNNING", "STOPPING")
        spec = conversation.cipher_spec if conversation and running else None
        sender, message_channel = self.type in _SENDERS, self.type != "SVRCONN"
        day, hour = "%Y-%m-%d", "%H.%M.%S"
        kept = self.engine.state.senders.get(self.name) if sender else None
        row: dict[str, str | None] = {
            "CHANNEL": self.name,
            "CHLTYPE": self.type,
            "BATCHES": str(self.batches) if message_channel else None,
            "BATCHSZ": self.definition.get("BATCHSZ", "50") if message_channel else None,
            "BUFSRCVD": str(conversation.buffers_received if conversation else 0),
            "BUFSSENT": str(conversation.buffers_sent if conversation else 0),
            "BYTSRCVD": str(conversation.bytes_received if conversation else 0),
            "BYTSSENT": str(conversation.bytes_sent if conversation else 0),
            "CHSTADA": self.started.strftime(day),
            "CHSTATI": self.started.strftime(hour),
            "COMPHDR": "NONE,NONE",
            "COMPMSG": "NONE,NONE",
            "COMPRATE": "0,0",
            "COMPTIME": "0,0",
            "CONNAME": self.connection_name(),
            "CURLUWID": f"{self.sequence:016X}" if message_channel else None,
            "CURMSGS": str(self.current_messages) if message_channel else None,
            "CURRENT": "",
            "CURSEQNO": str(self.sequence) if message_channel else None,
            "EXITTIME": "0,0",
            "HBINT": self.definition.get("HBINT", "300"),
            "INDOUBT": ("YES" if kept and kept.batch and not running else "NO") if message_channel else None,
            "JOBNAME": f"{os.getpid():08X}{(self.thread.native_id or 0) & 0xFFFFFFFF:08X}" if running else "0" * 16,
            "LOCLADDR": conversation.local_address if conversation and running else "",
            "LONGRTS": str(self.long_retries) if sender and isinstance(self, Initiator) else None,
            "LSTLUWID": f"{self.sequence:016X}" if message_channel else None,
            "LSTMSGDA": self.last_message.strftime(day) if self.last_message else "",
            "LSTMSGTI": self.last_message.strftime(hour) if self.last_message else "",
            "LSTSEQNO": str(self.sequence) if message_channel else None,
            "MCASTAT": "RUNNING" if running else "NOT RUNNING",
            "MCAUSER": None if sender else self.definition.get("MCAUSER") or "mqm",
            "MONCHL": "OFF",
            "MSGS": str(self.messages),
            "NETTIME": "0,0" if sender else None,
            "NPMSPEED": self.definition.get("NPMSPEED", "FAST") if message_channel else None,
            "RAPPLTAG": None if message_channel else "",
            "RQMNAME": self.remote_queue_manager if message_channel else None,
            "SHORTRTS": str(self.short_retries) if sender and isinstance(self, Initiator) else None,
            "SECPROT": spec.protocol if spec else "NONE",
            "SSLCERTI": self.issuer.status_text() if running and self.issuer else "",
            "SSLCIPH": (spec.name if spec else "") if self.queue_manager.version >= _SSLCIPH_IN_STATUS_SINCE else None,
            "SSLKEYDA": "",
            "SSLKEYTI": "",
            "SSLPEER": self.peer.status_text() if running and self.peer else "",
            "SSLRKEYS": "0",
            "STATUS": self.status,
            "STOPREQ": "YES" if self.request == "stop" and running else "NO",
            "SUBSTATE": self.substate,
            "CURSHCNV": None if message_channel else "1",
            "MAXSHCNV": None if message_channel else self.definition.get("SHARECNV", "10"),
            "XBATCHSZ": "0,0" if sender else None,
            "XMITQ": self.transmission_queue_name if sender else None,
            "XQTIME": "0,0" if sender else None,
            "RVERSION": self.remote_version,
            "RPRODUCT": self.remote_product,
        }
        return {keyword: value for keyword, value in row.items() if value is not None}


class Initiator(Instance):
    """The end that calls: the TLS client. Its thread lives from START CHANNEL until the channel is inactive or stopped."""

    program = "runmqchl"

    def __init__(self, engine: ChannelEngine, name: str) -> None:
        super().__init__(engine, name)
        self.short_retries = self.long_retries = 0
        self._connection_name = ""
        self._read_definition()
        self._reset_retries()

    def connection_name(self) -> str:
        return self._connection_name

    def _read_definition(self) -> bool:
        self.definition = dict(self.queue_manager.channels.get(self.name) or self.definition)
        self._connection_name = self.definition.get("CONNAME", "").split(",")[0].strip()
        self.host = self._connection_name or "????"
        return self.name in self.queue_manager.channels

    def _reset_retries(self) -> None:
        self.short_retries = int(self.definition.get("SHORTRTY") or 0)
        self.long_retries = int(self.definition.get("LONGRTY") or 0)

    def _run(self) -> None:
        outcome = _RETRY
        try:
            while True:
                outcome = self._attempt()
                if outcome == _INACTIVE or (outcome == _RETRY and not self._wait_to_retry()):
                    break
        finally:
            self.engine.initiator_ended(self, may_be_triggered=outcome == _INACTIVE and not self.ending)

    def _wait_to_retry(self) -> bool:
        with self.engine.lock:
            self._clear()
            self.status, self.substate = "RETRYING", ""
        if self.short_retries > 0:
            self.short_retries -= 1
            seconds = int(self.definition.get("SHORTTMR") or 0)
        elif self.long_retries > 0:
            self.long_retries -= 1
            seconds = int(self.definition.get("LONGTMR") or 0)
        else:
            if self.type in _SENDERS:
                self.stop_status, self.request = "STOPPED", "stop"
            return False
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            channel_protocol.sleep(self._wake, left)
            self._rest()
            with self.engine.lock:
                request = self.request
                if request == "refresh":  # does not concern a channel that does not run
                    self.request = None
            if request in ("stop", "close"):
                return False
            if request == "start":
                self._reset_retries()
                break
        return True

    def _attempt(self) -> str:
        with self.engine.lock:
            if self.request in ("stop", "close") or not self._read_definition():
                return _INACTIVE
            self.request = None
            self._clear()
        self.log("AMQ9002I")
        try:
            self._bind()
            outcome = self._converse()
        except Failure as failure:
            outcome = self._failed(failure)
        except Ended as ended:
            outcome = self._partner_ended(ended.reason)
        finally:
            self._finish()
        return outcome

    def _failed(self, failure: Failure) -> str:
        if self.request in ("stop", "close"):  # cut off by us
            self.log("AMQ9001I")
            return _INACTIVE
        if self.request == "refresh":
            return _AGAIN
        self._fail(failure)
        return _RETRY

    def _partner_ended(self, reason: str) -> str:
        if reason == "refresh":
            self.log("AMQ9714E")
            return _AGAIN
        if reason == "disconnect":
            self.log("AMQ9001I")
            return _INACTIVE
        self.log("AMQ9558E")
        self.log("AMQ9999E")
        return _RETRY

    def ping(self) -> None:
        """PING CHANNEL: bind and part. Raises Failure."""
        self.log("AMQ9002I")
        try:
            self._bind(ping=True)
            self.conversation.part("disconnect")
        except Failure as failure:
            self._fail(failure)
            raise
        finally:
            self._finish()

    def _bind(self, ping: bool = False) -> None:
        if self.type in ("SDR", "SVR"):
            queue = self.queue_manager.queues.get(self.transmission_queue_name)
            if queue is None or queue.attributes.get("USAGE") != "XMITQ":
                raise Failure("AMQ9531E", self.transmission_queue_name)
        spec_name = self.definition.get("SSLCIPH", "").strip()
        environment = self._client_environment(spec_name) if spec_name else None
        address = self._connect()
        if environment:
            self.substate = "SSLHANDSHK"
            connection = self._handshake(environment, address)
            spec = cipherspec.negotiated(connection.protocol, connection.suite)
        else:
            connection, spec = Plain(self._socket), None
        self.conversation = Conversation(self._socket, connection, spec)
        self._take_certificate()
        if environment:
            self._check_revocation(connection)
            self._check_peer_name()
        self.substate = "RECEIVE"
        self._negotiate(ping)

    def _client_environment(self, spec_name: str) -> Environment:
        if spec_name in cipherspec.DEPRECATED:
            raise Failure("AMQ9788E", spec_name)
        view = self._use_view()
        specs = cipherspec.proposed(spec_name, view.enabled)
        if not specs:
            found = cipherspec.find(spec_name)
            raise Failure("AMQ9719E" if view.fips and found and not found.fips else "AMQ9635E", spec_name)
        return self._environment("client", self.definition.get("CERTLABL", "").strip(), specs)

    def _connect(self) -> str:
        """Try the addresses of CONNAME in order; returns the host that answered."""
        code = 0
        for entry in self.definition.get("CONNAME", "").split(","):
            host, port = parse_connection_name(entry)
            sock = socket.socket()
            with self.engine.lock:
                self._socket = sock
                self._connection_name = self.host = entry.strip()
            try:
                sock.settimeout(_CONNECT_SECONDS)
                source = self._source_address(host)
                if source:
                    sock.bind((source, 0))
                sock.connect((host, port))
                sock.settimeout(None)
                return host
            except OSError as error:
                code = error.errno or 0
                sock.close()
                self._socket = None
        raise Failure("AMQ9202E", code, arith_inserts=(code,), comment_inserts=(self.host, "TCP/IP", self.name))

    def _source_address(self, host: str) -> str:
        local = self.definition.get("LOCLADDR", "").split("(")[0].strip()
        if local:
            return local
        # Simulated machines share the loopback interface; the address that a machine's listeners have is its own.
        return self.engine.own_address() if host.startswith("127.") else ""

    def _handshake(self, environment: Environment, host: str) -> Connection:
        outbound = self.queue_manager.ini.get("SSL", {}).get("OutboundSNI", "CHANNEL").upper()
        name = host if outbound == "HOSTNAME" else tls.server_name(self.name)
        try:
            return environment.handshake(self._socket, name, timeout=_HANDSHAKE_SECONDS)
        except (GskitError, TimeoutError) as error:
            raise self._handshake_failure(error) from error

    def _negotiate(self, ping: bool) -> None:
        state, queue_manager = self.engine.state, self.queue_manager
        sender = state.sender(self.name) if self.type in _SENDERS else None
        facts = {
            "channel": self.name,
            "type": self.type,
            "queue_manager": queue_manager.name,
            "version": "{:02d}{:02d}{:02d}{:02d}".format(*queue_manager.version),
            "ping": ping,
            "sequence": sender.sequence if sender else state.received(self.name, ""),
            "reset": bool(sender and sender.reset),
        }
        try:
            self.conversation.send_facts(channel_protocol.START, **facts)
            kind, body = self.conversation.receive()
        except ConnectionLost as error:
            # In TLS 1.3 a client is through before the server has judged its certificate: this is how it learns of the verdict.
            raise Failure("AMQ9665E" if self.conversation.uses_tls else "AMQ9209E") from error
        except BadData as error:
            raise Failure("AMQ9207E", error) from error
        answer = json.loads(body)
        if kind == channel_protocol.REFUSED:
            raise self._refusal(answer)
        if kind == channel_protocol.END:
            raise Ended(answer["reason"])
        self.remote_queue_manager = answer["queue_manager"]
        self.remote_version, self.remote_product = answer["version"], "MQMM"
        if not ping and sender:
            self._agree_on_sequence(answer["sequence"])

    def _converse(self) -> str:
        sending = self.type in _SENDERS
        self._set_running("MQGET" if sending else "RECEIVE")
        reason = self._send_messages() if sending else self._receive_messages()
        if self.messages:
            self._reset_retries()
        self.status = "STOPPING"
        self.conversation.part(reason)
        if reason == "refresh":
            self.log("AMQ9713E")
            return _AGAIN if sending else _INACTIVE
        if reason == "disconnect":
            self.log("AMQ9545I")
        self.log("AMQ9001I")
        return _INACTIVE


class Responder(Instance):
    """The end that is called: the TLS server. Until the initiator has told the channel its name is '????'."""

    def __init__(self, engine: ChannelEngine, sock: socket.socket, address: str) -> None:
        super().__init__(engine, "????")
        self._socket = sock
        self.host = address

    def _run(self) -> None:
        try:
            self._serve()
        except Failure as failure:
            if self.ending:
                self._end_for_request()
            else:
                self._fail(failure)
        except Ended:
            self.log("AMQ9001I")
        finally:
            self._finish()
            self.engine.responder_ended(self)

    def _serve(self) -> None:
        first = self._first_bytes()
        if not first:
            if not self.ending:
                self.log("AMQ9492E")
            return
        if first[0] == _TLS_HANDSHAKE_RECORD:
            server_name = self._handshake()
            if self._serve_client(tls.channel_of_server_name(server_name)):
                return
        else:
            self.conversation = Conversation(self._socket, Plain(self._socket), None)
        facts = self._first_segment()
        if facts is None:
            return
        self._accept(facts)
        if facts["ping"]:
            self._answer(facts)
            self._receive()
            return
        self._converse(facts)

    def _first_bytes(self) -> bytes:
        try:
            return self._socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return b""

    def _handshake(self) -> str | None:
        view = self._use_view()
        try:
            server_name = client_hello.requested_server_name(self._socket, _HANDSHAKE_SECONDS)
        except TimeoutError as error:
            raise Failure("AMQ9209E") from error
        proposed = client_hello.proposed_suites(self._socket.recv(RECORD, socket.MSG_PEEK))
        not_enabled = Failure(
            "AMQ9616E",
            ", ".join(cipherspec.name_of_code(code) for code in proposed if not _is_signal(code)),
            arith_inserts=(return_codes.NO_CIPHERS,),
            comment_inserts=(self.name, "", self.host),
        )
        if not view.enabled:
            raise not_enabled
        channel = self.queue_manager.channels.get(tls.channel_of_server_name(server_name) or "", {})
        label = channel.get("CERTLABL", "").strip() if channel.get("SSLCIPH", "").strip() else ""
        environment = self._environment("server_request_client", label, view.enabled)
        try:
            connection = environment.handshake(self._socket, timeout=_HANDSHAKE_SECONDS)
        except GskitError as error:
            if error.code == return_codes.NO_CIPHERS:
                raise not_enabled from error
            if error.code == return_codes.BAD_LABEL:
                raise Failure("AMQ9675E", label or view.label) from error
            raise self._handshake_failure(error) from error
        except TimeoutError as error:
            raise self._handshake_failure(error) from error
        spec = cipherspec.negotiated(connection.protocol, connection.suite)
        self.conversation = Conversation(self._socket, connection, spec)
        self._take_certificate()
        self._check_revocation(connection)
        return server_name

    def _first_segment(self) -> dict | None:
        try:
            kind, body = self.conversation.receive()
        except ConnectionLost as error:
            if self.ending:
                return None
            raise Failure("AMQ9208E", error.code) if error.code else Failure("AMQ9209E") from error
        except BadData as error:
            raise Failure("AMQ9207E", error) from error
        if kind not in (channel_protocol.START, channel_protocol.REFUSED):
            raise Failure("AMQ9207E", kind)
        facts = json.loads(body)
        self.name = facts["channel"]
        if kind == channel_protocol.REFUSED:  # the initiator does not like our certificate's name
            raise self._refusal(facts)
        return facts

    def _accept(self, facts: dict) -> None:
        """Whether the channel may run, by the rules of the definition here."""
        definition = self.queue_manager.channels.get(self.name)
        if definition is None:
            raise Failure("AMQ9519E", tell="unknown")
        self.definition = dict(definition)
        if self.type not in _RESPONDERS.get(facts["type"], ()):
            raise Failure("AMQ9503E", f"a channel of type {facts['type']} called one of type {self.type}", tell="type")
        if self.name in self.engine.state.stopped or self.engine.initiator_is_active(self.name):
            raise Failure("AMQ9534E", tell="unavailable")
        self.remote_queue_manager = facts["queue_manager"]
        self.remote_version, self.remote_product = facts["version"], "MQMM"
        self._check_tls()
        self._check_channel_authentication()

    def _check_tls(self) -> None:
        required = self.definition.get("SSLCIPH", "").strip()
        if not self.conversation.uses_tls:
            if required:
                raise Failure("AMQ9639E", tell="cipher", comment_inserts=(self.name, self.host))
            return
        if required in cipherspec.DEPRECATED:
            raise Failure("AMQ9788E", required, tell="cipher")
        if not required or (not cipherspec.is_alias(required) and cipherspec.find(required) is None):
            raise Failure("AMQ9635E", required, tell="cipher", comment_inserts=(self.name, self.host))
        spec = self.conversation.cipher_spec
        if spec is None or not cipherspec.accepts(required, spec):
            shown = spec.name if spec else "????"
            raise Failure("AMQ9631E", required, shown, tell="cipher", comment_inserts=(self.name, required, shown))
        wants_certificate = self.definition.get("SSLCAUTH", "REQUIRED") == "REQUIRED" or self.definition.get("SSLPEER", "").strip()
        if not self.conversation.peer_certificate and wants_certificate:
            raise Failure("AMQ9637E", tell="certificate", comment_inserts=(self.name, self.host))
        self._check_peer_name()

    def _check_channel_authentication(self) -> None:
        if self.queue_manager.attributes.get("CHLAUTH", "DISABLED") != "ENABLED":
            return
        records = [dict(record) for record in self.queue_manager.channel_auth]
        inbound = channel_auth.Inbound(self.name, self.host, self.remote_queue_manager, self.peer or None, self.issuer or None)
        if channel_auth.is_blocked(records, inbound):
            active = f"MCAUSER(mqm) QMNAME({self.remote_queue_manager}) ADDRESS({self.host})"
            if self.peer:
                active += f" SSLPEER({self.peer.text()}) SSLCERTI({self.issuer.text()})"
            raise Failure("AMQ9777E", active, tell="blocked", comment_inserts=(self.name, self.host, active))

    def _answer(self, facts: dict) -> None:
        """Accept; the facts that the initiator needs to settle the sequence numbers."""
        state = self.engine.state
        if facts["type"] == "RQSTR":
            sequence = state.sender(self.name).sequence
        else:
            if facts["reset"]:
                state.set_received(self.name, self.remote_queue_manager, facts["sequence"])
                state.save()
            sequence = state.received(self.name, self.remote_queue_manager)
        version = "{:02d}{:02d}{:02d}{:02d}".format(*self.queue_manager.version)
        try:
            self.conversation.send_facts(
                channel_protocol.ACCEPTED, queue_manager=self.queue_manager.name, version=version, type=self.type, sequence=sequence
            )
        except ConnectionLost as error:
            raise Failure("AMQ9209E") from error

    def _converse(self, facts: dict) -> None:
        self.engine.adopt(self)
        sending = self.type == "SVR"
        if sending:
            self._agree_on_sequence(facts["sequence"])
        self._answer(facts)
        self._set_running("MQGET" if sending else "RECEIVE")
        reason = self._send_messages() if sending else self._receive_messages()
        self._end_for_request(reason)

    def _end_for_request(self, reason: str | None = None) -> None:
        if self.name == "????" or not self.conversation:
            return
        self.conversation.part(reason or self.request or "stop")
        self.log("AMQ9713E" if self.request == "refresh" else "AMQ9545I" if reason == "disconnect" else "AMQ9001I")

    def _serve_client(self, name: str | None) -> bool:
        """A TLS client that names a SVRCONN channel as server name: it is held to the channel's rules and kept until it goes.

        MQ learns the channel of a client from the client's first data; the simulator does not speak that protocol.
        """
        definition = self.queue_manager.channels.get(name or "")
        if definition is None or definition.get("CHLTYPE") != "SVRCONN":
            return False
        self.name, self.definition = name, dict(definition)
        if name in self.engine.state.stopped:
            raise Failure("AMQ9534E")
        self._check_tls()
        self._check_channel_authentication()
        self._set_running("RECEIVE")
        while not self.ending:
            if self.conversation.wait(self._wake, None) and not self.conversation.skip():
                self.log("AMQ9001I")
                return True
            self._rest()
        self.log("AMQ9713E" if self.request == "refresh" else "AMQ9001I")
        return True


def _is_signal(code: str) -> bool:
    """Values in the list of suites that are none: the signals of RFC 5746 and RFC 7507, and GREASE (RFC 8701)."""
    return code in ("00FF", "5600") or re.fullmatch(r"(.A)\1", code) is not None


def parse_connection_name(entry: str) -> tuple[str, int]:
    """CONNAME's ``host(port)`` or ``host``."""
    match = re.fullmatch(r"\s*([^()]*?)\s*(?:\(\s*(\d+)\s*\))?\s*", entry)
    return (match[1], int(match[2] or DEFAULT_PORT)) if match else (entry.strip(), DEFAULT_PORT)


class ChannelEngine:
    """All channels and listeners of a queue manager."""

    def __init__(self, queue_manager) -> None:
        threading.stack_size(_STACK_BYTES)
        # Two descriptors for each instance: a hub of hundreds needs more than the usual soft limit.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.queue_manager = queue_manager
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.directory = Path(queue_manager.directory) / "mqsim"
        self.directory.mkdir(exist_ok=True)
        for left_over in self.directory.glob("view*"):  # of a queue manager that ended unexpectedly
            shutil.rmtree(left_over, ignore_errors=True)
        self.state = ChannelState(self.directory / "channels.json")
        self._view: tls.View | None = None
        self._views = 0
        self._initiators: dict[str, Initiator] = {}
        self._responders: set[Responder] = set()
        self._listeners: dict[str, Listener] = {}
        self._closing = False

    # Beginning and end --------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """The queue manager has started: listeners with CONTROL(QMGR) or STARTONLY, channels that were active when it ended."""
        for name, attributes in list(self.queue_manager.listeners.items()):
            if attributes.get("CONTROL") in ("QMGR", "STARTONLY"):
                self._listen(name)
        for name in sorted(self.state.active):
            if name in self.queue_manager.channels:
                self._start_initiator(name)
        for name, queue in list(self.queue_manager.queues.items()):
            if queue.depth and queue.attributes.get("USAGE") == "XMITQ":
                self.message_arrived(name)

    def close(self, immediate: bool) -> None:
        """The queue manager ends: batches are finished, unless at once."""
        with self.lock:
            self._closing = True
            listeners, self._listeners = list(self._listeners.values()), {}
        for listener in listeners:
            listener.stop()
        self._end_all("close", immediate)
        with self.lock:
            view, self._view = self._view, None
        if view:
            view.close()

    def _end_all(self, request: str, force: bool) -> None:
        with self.lock:
            instances: list[Instance] = [*self._initiators.values(), *self._responders]
        for instance in instances:
            instance.ask(request, force)
        deadline = time.monotonic() + _END_SECONDS
        for instance in instances:
            instance.thread.join(max(0.0, deadline - time.monotonic()))
        for instance in instances:
            if instance.thread.is_alive():
                instance.ask(request, force=True)
                instance.thread.join(1)

    # Listeners ----------------------------------------------------------------------------------------------------------------

    def start_listener(self, name: str) -> None:
        """:raises Refused: no such listener, or it runs"""
        with self.lock:
            if name not in self.queue_manager.listeners:
                raise Refused("AMQ8147E", f"IBM MQ object {name} not found.")
            if name in self._listeners:
                raise Refused("AMQ8730E", "Listener already active.")
        self._listen(name)

    def _listen(self, name: str) -> None:
        attributes = dict(self.queue_manager.listeners[name])
        try:
            listener = Listener(name, attributes, self._accepted)
        except OSError as error:
            port = attributes.get("PORT") or DEFAULT_PORT
            self.queue_manager.error_log.write(
                "AMQ9218E",
                port,
                attributes.get("IPADDR") or "*",
                error.errno,
                program="runmqlsr",
                arith_inserts=(int(port), error.errno or 0),
            )
            return
        with self.lock:
            self._listeners[name] = listener
        self.queue_manager.error_log.write("AMQ5026I", name, os.getpid(), listener.port)

    def stop_listener(self, name: str) -> None:
        """:raises Refused: no such listener, or it does not run"""
        with self.lock:
            listener = self._listeners.pop(name, None)
        if listener is None:
            if name not in self.queue_manager.listeners:
                raise Refused("AMQ8147E", f"IBM MQ object {name} not found.")
            raise Refused("AMQ8731E", "Listener not active.")
        listener.stop()
        self.queue_manager.error_log.write("AMQ5027I", name, os.getpid())

    def listener_status(self) -> list[dict[str, str]]:
        """Rows of DISPLAY LSSTATUS: the running listeners."""
        with self.lock:
            return [listener.status() for _, listener in sorted(self._listeners.items())]

    def own_address(self) -> str:
        """The loopback address that this queue manager's listeners are bound to; '' for none in particular."""
        with self.lock:
            return next((ls.address for ls in self._listeners.values() if ls.address.startswith("127.")), "")

    def _accepted(self, sock: socket.socket, address: str) -> None:
        blocked = self.queue_manager.attributes.get("CHLAUTH") == "ENABLED" and channel_auth.address_is_blocked(
            list(self.queue_manager.channel_auth), address
        )
        with self.lock:
            if self._closing or blocked:
                sock.close()
            if self._closing:
                return
            if not blocked:
                responder = Responder(self, sock, address)
                self._responders.add(responder)
                responder.thread.start()
        if blocked:
            self.queue_manager.error_log.write("AMQ9777E", f"ADDRESS({address})", host=address, remote_host=address, program="amqrmppa")

    # Commands -----------------------------------------------------------------------------------------------------------------

    def _definition(self, name: str) -> dict[str, str]:
        definition = self.queue_manager.channels.get(name)
        if definition is None:
            raise Refused("AMQ8227E", f"Channel {name} not found.")
        return definition

    def start_channel(self, name: str) -> None:
        """START CHANNEL: an initiator starts in its own thread; the other types are only enabled.

        :raises Refused: there is no such channel; it is active
        """
        definition = self._definition(name)
        with self.lock:
            if definition["CHLTYPE"] not in _INITIATORS or (definition["CHLTYPE"] == "SVR" and not definition.get("CONNAME", "").strip()):
                self.state.stopped.discard(name)
                self.state.save()
                return
            active = self._initiators.get(name)
            if active is not None:
                if active.status != "RETRYING":
                    raise Refused("AMQ9514E", f"Channel '{name}' is in use.")
                active.ask("start")
                return
        self._start_initiator(name)

    def _start_initiator(self, name: str) -> None:
        with self.lock:
            if self._closing or name in self._initiators:
                return
            self.state.stopped.discard(name)
            self.state.active.add(name)
            self.state.save()
            self._initiators[name] = Initiator(self, name)
            self._initiators[name].thread.start()

    def stop_channel(self, name: str, mode: str = "QUIESCE", status: str = "STOPPED") -> None:
        """STOP CHANNEL, for all instances of the channel at this end. With STATUS(STOPPED) it is disabled, whether it is active or not.

        :param mode: QUIESCE, FORCE, TERMINATE
        :param status: STOPPED, INACTIVE
        :raises Refused: there is no such channel; it is not active
        """
        self._definition(name)
        with self.lock:
            instances: list[Instance] = [i for i in (*self._initiators.values(), *self._responders) if i.name == name]
            if status == "STOPPED":
                self.state.stopped.add(name)
            else:
                self.state.stopped.discard(name)
            self.state.save()
        for instance in instances:
            instance.stop_status = status
            instance.ask("stop", force=mode != "QUIESCE")
        if not instances:
            raise Refused("AMQ9533W", f"Channel '{name}' is not currently active.")

    def ping_channel(self, name: str) -> None:
        """PING CHANNEL: the whole handshake and negotiation.

        :raises Refused: with the message that the error log got
        """
        definition = self._definition(name)
        if definition["CHLTYPE"] not in _PINGABLE:
            raise Refused("AMQ8147E", f"IBM MQ object {name} not found.")
        with self.lock:
            active = self._initiators.get(name)
            if active is not None and active.status != "RETRYING":
                raise Refused("AMQ9514E", f"Channel '{name}' is in use.")
        ping = Initiator(self, name)
        try:
            ping.ping()
        except Failure as failure:
            message_id = failure.message_id or "AMQ9999E"
            text = error_log.render(message_id, *failure.inserts, channel=name, host=ping.host)
            raise Refused(message_id, text) from failure
        except Ended as ended:
            raise Refused("AMQ9558E", error_log.render("AMQ9558E", channel=name, host=ping.host)) from ended
        finally:
            ping.release()

    def reset_channel(self, name: str, sequence: int = 1) -> None:
        """RESET CHANNEL. Raises Refused: there is no such channel; it is active."""
        self._definition(name)
        with self.lock:
            if any(i.name == name and i.status != "RETRYING" for i in (*self._initiators.values(), *self._responders)):
                raise Refused("AMQ9514E", f"Channel '{name}' is in use.")
            self.state.reset(name, sequence)

    def refresh_security(self) -> None:
        """REFRESH SECURITY TYPE(SSL): forget what was read, end every channel that uses TLS; senders come back by themselves.

        :raises Refused: channels did not end within ten minutes
        """
        with self.lock:
            old, self._view = self._view, None
            affected: list[Instance] = [i for i in (*self._initiators.values(), *self._responders) if i.view is not None]
        for instance in affected:
            instance.ask("refresh")

        def all_ended() -> bool:
            return all(i.view is not old for i in affected)

        with self.changed:
            ended = self.changed.wait_for(all_ended, _BINDING_SECONDS)
        for instance in affected if not ended else ():
            if instance.status == "BINDING":  # a partner that does not go on
                instance.ask("refresh", force=True)
        with self.changed:
            ended = self.changed.wait_for(all_ended, _REFRESH_SECONDS)
        if not ended:
            raise Refused("AMQ9710E", "SSL security refresh failed.")
        if old:
            old.close()

    def message_arrived(self, queue_name: str) -> None:
        """A transmission queue got a message: wake the channel that serves it, or start it where the queue is triggered."""
        with self.lock:
            serving = [
                i for i in (*self._initiators.values(), *self._responders) if i.transmission_queue_name == queue_name and i.type in _SENDERS
            ]
        for instance in serving:
            instance.wake()
        if serving:
            return
        queue = self.queue_manager.queues.get(queue_name)
        name = self._triggered_channel(queue_name, queue.attributes) if queue is not None else None
        if name and name not in self.state.stopped:
            self._start_initiator(name)

    def _triggered_channel(self, queue_name: str, attributes: dict[str, str]) -> str | None:
        if attributes.get("TRIGGER") != "YES" or attributes.get("TRIGTYPE") == "NONE":
            return None
        named = attributes.get("TRIGDATA", "").strip()
        if named:
            found = self.queue_manager.channels.get(named, {})
            return named if found.get("CHLTYPE") in _SENDERS else None
        channels = list(self.queue_manager.channels.items())
        return next((n for n, c in channels if c.get("CHLTYPE") in ("SDR", "SVR") and c.get("XMITQ") == queue_name), None)

    def _is_triggered(self, initiator: Initiator) -> bool:
        queue = self.queue_manager.queues.get(initiator.transmission_queue_name)
        if queue is None or not queue.depth or initiator.name in self.state.stopped:
            return False
        return self._triggered_channel(initiator.transmission_queue_name, queue.attributes) == initiator.name

    # Status -------------------------------------------------------------------------------------------------------------------

    def channel_status(self) -> list[dict[str, str]]:
        """Rows of DISPLAY CHSTATUS ... CURRENT; of a stopped channel too."""
        with self.lock:
            instances: list[Instance] = [*self._initiators.values(), *(r for r in self._responders if r.status != "BINDING")]
            rows = [instance.row() for instance in instances]
            shown = {row["CHANNEL"] for row in rows}
            for name in self.state.stopped - shown:
                if name in self.queue_manager.channels:
                    rows.append(self._stopped_row(name))
        return sorted(rows, key=lambda row: (row["CHANNEL"], row["CONNAME"]))

    def _stopped_row(self, name: str) -> dict[str, str]:
        definition = self.queue_manager.channels[name]
        kind = Initiator if definition["CHLTYPE"] in _INITIATORS else Instance
        instance = kind(self, name)
        instance.definition = dict(definition)
        instance.status, instance.substate = "STOPPED", ""
        if kind is Instance:
            instance.host = ""
        row = instance.row()
        instance.release()
        return row

    def saved_status(self) -> list[dict[str, str]]:
        """Rows of DISPLAY CHSTATUS ... SAVED."""
        with self.state.lock:
            return [dict(row) for _, row in sorted(self.state.saved.items())]

    def remember_saved(self, instance: Instance) -> None:
        keywords = ("CHANNEL", "CHLTYPE", "CONNAME", "CURLUWID", "CURMSGS", "CURSEQNO", "INDOUBT", "LSTLUWID", "LSTSEQNO", "XMITQ")
        row = instance.row()
        saved = {keyword: row[keyword] for keyword in keywords if keyword in row}
        partner = saved["CONNAME"].split("(")[0]
        with self.state.lock:
            self.state.saved[f"{instance.name} {partner}"] = {**saved, "SAVED": "", "STATUS": "INACTIVE"}
            self.state.save()

    # For the instances --------------------------------------------------------------------------------------------------------

    def use_view(self, instance: Instance) -> None:
        """Give an instance the view of the key repository; read it where nobody has. Raises TlsError."""
        with self.lock:
            if self._view is None:
                self._views += 1
                self._view = tls.View(self.queue_manager, self.directory / f"view{self._views}")
            instance.view = self._view

    def give_up_view(self, view: tls.View) -> None:
        """A view that has never served is not kept: the next channel to start reads the key repository again."""
        with self.lock:
            if view.is_unused and self._view is view:
                self._view = None
                view.close()

    def initiator_is_active(self, name: str) -> bool:
        with self.lock:
            initiator = self._initiators.get(name)
            return initiator is not None and initiator.status != "RETRYING"

    def initiator_ended(self, initiator: Initiator, may_be_triggered: bool) -> None:
        with self.lock:
            if self._initiators.get(initiator.name) is initiator:
                del self._initiators[initiator.name]
            if initiator.request == "stop" and initiator.stop_status == "STOPPED":
                self.state.stopped.add(initiator.name)
            if not self._closing:
                self.state.active.discard(initiator.name)
            self.state.save()
            # A message that came while the channel was about to end has woken it in vain.
            if may_be_triggered and self._is_triggered(initiator):
                self._start_initiator(initiator.name)
        initiator.release()

    def responder_ended(self, responder: Responder) -> None:
        with self.lock:
            self._responders.discard(responder)
        responder.release()

    def adopt(self, responder: Responder) -> None:
        """A partner that comes back while its former instance still looks alive takes its place ("AdoptNewMCA")."""
        with self.lock:
            former = [
                r
                for r in self._responders
                if r is not responder
                and r.status != "BINDING"
                and (r.name, r.remote_queue_manager, r.host) == (responder.name, responder.remote_queue_manager, responder.host)
            ]
        for instance in former:
            instance.ask("stop", force=True)
            instance.thread.join(_END_SECONDS)
