# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two channel ends say to one another after the handshake: a small protocol of our own in place of MQ's.

A segment is ``TSH `` (the eye-catcher by which a responder tells the protocol from a TLS ClientHello), a letter, a length, a body.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Iterable

from .cipherspec import CipherSpec
from .gskit.handshake import RECORD, Connection
from .gskit.library import GskitError

EYE_CATCHER = b"TSH "
_HEADER = struct.Struct("!4scI")
_LENGTH = struct.Struct("!I")
_PARTING_SECONDS = 5
_LARGEST = 256 * 1024 * 1024

START, ACCEPTED, REFUSED, MESSAGES, CONFIRMED, END = b"S", b"A", b"R", b"M", b"C", b"E"


class ConnectionLost(Exception):
    """The partner, or the network, ended the connection. ``code``: errno, 0 for a plain close."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(code)
        self.code = code


class BadData(Exception):
    """What arrived is not a segment."""


class Plain:
    """A connection without TLS, with the few methods of gskit's Connection that are used here."""

    peer_certificate = None

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def read(self, size: int) -> bytes:
        return self._socket.recv(size)

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()


class Conversation:
    """One connection between two channel ends, used by one thread.

    :param cipher_spec: what the handshake has settled on; None without TLS
    """

    def __init__(self, sock: socket.socket, connection: Connection | Plain, cipher_spec: CipherSpec | None) -> None:
        self._socket = sock
        self._connection = connection
        self.cipher_spec = cipher_spec
        self.peer_certificate = connection.peer_certificate
        self.local_address = "{}({})".format(*sock.getsockname()[:2])
        self.bytes_sent = self.bytes_received = self.buffers_sent = self.buffers_received = 0

    @property
    def uses_tls(self) -> bool:
        return isinstance(self._connection, Connection)

    def send(self, kind: bytes, body: bytes) -> None:
        """:raises ConnectionLost:"""
        segment = _HEADER.pack(EYE_CATCHER, kind, len(body)) + body
        try:
            self._connection.write(segment)
        except (OSError, GskitError) as error:
            raise ConnectionLost(getattr(error, "errno", 0) or 0) from error
        self.bytes_sent += len(segment)
        self.buffers_sent += 1

    def receive(self) -> tuple[bytes, bytes]:
        """The next segment: its letter and its body.

        :raises ConnectionLost:
        :raises BadData: the partner speaks another protocol
        """
        eye_catcher, kind, length = _HEADER.unpack(self._exactly(_HEADER.size))
        if eye_catcher != EYE_CATCHER or length > _LARGEST:
            raise BadData(repr(eye_catcher))
        body = self._exactly(length)
        self.bytes_received += _HEADER.size + length
        self.buffers_received += 1
        return kind, body

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                part = self._connection.read(size - len(data))
            except (OSError, GskitError) as error:
                raise ConnectionLost(getattr(error, "errno", 0) or 0) from error
            if not part:
                raise ConnectionLost
            data += part
        return data

    def send_facts(self, kind: bytes, **facts: object) -> None:
        self.send(kind, json.dumps(facts).encode())

    def wait(self, wake: int, seconds: float | None) -> bool:
        """Sleep until the partner sends something (True), the event *wake* is set, or the time is over (False).

        Nothing may be left unread of the segment before: a whole record of TLS carries at most one segment.
        """
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(wake, select.POLLIN)
        ready = poll.poll(None if seconds is None else max(0, seconds) * 1000)
        return any(descriptor != wake for descriptor, _ in ready)

    def part(self, reason: str) -> None:
        """Say that this end ends, and let the partner close first: what it has on its way must not meet a closed socket."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        limit = time.monotonic() + _PARTING_SECONDS
        try:
            self.send_facts(END, reason=reason)
            while poll.poll(max(0.0, limit - time.monotonic()) * 1000) and self.receive()[0] != END:
                pass
        except (ConnectionLost, BadData):
            pass

    def skip(self) -> bool:
        """Read what has come and do not care what it is; False: the partner has gone."""
        try:
            return bool(self._connection.read(RECORD))
        except (OSError, GskitError):
            return False

    def close(self) -> None:
        self._connection.close()


def sleep(wake: int, seconds: float) -> None:
    """Until the event *wake* is set or the time is over."""
    poll = select.poll()
    poll.register(wake, select.POLLIN)
    poll.poll(max(0, seconds) * 1000)


def shut_down(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def pack_messages(first_sequence: int, messages: Iterable[bytes]) -> bytes:
    return _LENGTH.pack(first_sequence) + b"".join(_LENGTH.pack(len(message)) + message for message in messages)


def unpack_messages(body: bytes) -> tuple[int, list[bytes]]:
    """Inverse of pack_messages."""
    (first_sequence,) = _LENGTH.unpack_from(body)
    messages, position = [], _LENGTH.size
    while position < len(body):
        (length,) = _LENGTH.unpack_from(body, position)
        position += _LENGTH.size
        messages.append(body[position : position + length])
        position += length
    return first_sequence, messages
