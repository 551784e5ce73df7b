# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ClientHello that waits in a socket: what a responder must know before the handshake."""

from __future__ import annotations

import socket
import struct
import time

from .gskit.handshake import limit_wait


def requested_server_name(sock: socket.socket, timeout: float | None = None) -> str | None:
    """The server name (SNI, RFC 6066 section 3) of the ClientHello that waits in `sock`, which is left unread; None: there is none.

    For a responder that must know the name before the handshake, to choose the certificate label.
    Raises TimeoutError when the whole ClientHello has not arrived after `timeout` seconds.
    """
    sock.settimeout(None)
    limit = None if timeout is None else time.monotonic() + timeout
    hello = b""
    wanted = 5
    while len(hello) < wanted:
        limit_wait(sock, None if limit is None else limit - time.monotonic())
        try:
            # MSG_WAITALL: come back only with all of `wanted`, so that a ClientHello in pieces is not asked for in a busy loop
            hello = sock.recv(wanted, socket.MSG_PEEK | socket.MSG_WAITALL)
        except BlockingIOError:
            raise TimeoutError("the partner sent no whole ClientHello within the time limit") from None
        if len(hello) < wanted:
            if limit is not None and time.monotonic() >= limit:
                raise TimeoutError("the partner sent no whole ClientHello within the time limit")
            return None  # the partner has closed
        if len(hello) >= 5 and wanted == 5:
            if hello[0] != 22:
                return None
            wanted = 5 + int.from_bytes(hello[3:5], "big")
    return _server_name_of_client_hello(hello[5:])


def _server_name_of_client_hello(message: bytes) -> str | None:
    """RFC 8446 section 4.1.2 (the same layout in TLS 1.2)."""
    position = 4 + 2 + 32
    try:
        position += 1 + message[position]
        position += 2 + int.from_bytes(message[position : position + 2], "big")
        position += 1 + message[position]
        position += 2
        while position + 4 <= len(message):
            kind, length = struct.unpack_from("!HH", message, position)
            if kind == 0:
                (name_length,) = struct.unpack_from("!H", message, position + 7)
                return message[position + 9 : position + 9 + name_length].decode("ascii", "replace")
            position += 4 + length
    except (IndexError, struct.error):
        pass
    return None


def proposed_suites(record: bytes) -> list[str]:
    """Codes of the cipher suites in a ClientHello record, hex, in order (RFC 8446 section 4.1.2); [] for anything else."""
    position = 5 + 4 + 2 + 32
    if len(record) <= position or record[0] != 0x16:  # noqa: PLR2004
        return []
    position += 1 + record[position]
    length = int.from_bytes(record[position : position + 2], "big")
    codes = record[position + 2 : position + 2 + length]
    return [codes[n : n + 2].hex().upper() for n in range(0, len(codes) - 1, 2)]
