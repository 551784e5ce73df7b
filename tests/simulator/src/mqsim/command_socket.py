# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a program talks to the process of a queue manager: one connection to a Unix socket for each run of a program.

The program sends one line (``key=value`` separated by NUL), then its standard input; the process answers with blocks of output
(``O <length>`` and so many bytes) and at last ``X <return code>``.

A program uses ``_socket``, on which Python builds its module socket: importing socket takes longer than all the rest of a program.
"""

from __future__ import annotations

import _socket
import os
import select
import sys

TYPE_CHECKING = False  # typing's is the same, and takes as long to import as all else here
if TYPE_CHECKING:
    import socket

_SOCKET = "command"


class NotAvailable(Exception):
    """No process answers at the command socket."""


class _ShortPath:
    """The path of the command socket by way of its directory's descriptor: an address holds 107 bytes, a path may be longer."""

    def __init__(self, directory: str):
        self._descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)

    def __enter__(self) -> str:
        return f"/proc/self/fd/{self._descriptor}/{_SOCKET}"

    def __exit__(self, *_exception: object) -> None:
        os.close(self._descriptor)


def listen(directory: str) -> socket.socket:
    """The command socket of a queue manager, in the directory ``directory``; only its owner may connect."""
    import socket

    server = socket.socket(socket.AF_UNIX)
    with _ShortPath(directory) as path:
        if os.path.lexists(path):
            os.unlink(path)
        server.bind(path)
        os.chmod(path, 0o600)
    server.listen(64)
    return server


def converse(directory: str, request: dict[str, str], standard_input: bytes | None = b"") -> int:
    """Send a request and its input, write the answer to standard output, return the return code.

    With ``standard_input`` None the input is read from the terminal and sent on line by line.
    NotAvailable when the queue manager does not answer, or goes away before its return code.
    """
    client = _socket.socket(_socket.AF_UNIX)
    try:
        with _ShortPath(directory) as path:
            client.connect(path)
    except OSError as error:
        client.close()
        raise NotAvailable from error
    try:
        if standard_input is None:
            request = {**request, "interactive": "yes"}
        first_line = "\0".join(f"{key}={value}" for key, value in request.items())
        client.sendall(os.fsencode(first_line) + b"\n" + (standard_input or b""))
        if standard_input is not None:
            client.shutdown(_socket.SHUT_WR)
        return _receive(client, forward_terminal=standard_input is None)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise NotAvailable from error
    finally:
        client.close()


def _receive(client: _socket.socket, forward_terminal: bool) -> int:
    buffer = b""
    sources = [client, 0] if forward_terminal else [client]
    while True:
        ready = select.select(sources, [], [])[0] if forward_terminal else sources
        if 0 in ready:
            typed = os.read(0, 65536)
            if typed:
                client.sendall(typed)
            else:
                client.shutdown(_socket.SHUT_WR)
                sources.remove(0)
        if client not in ready:
            continue
        data = client.recv(65536)
        if not data:
            raise NotAvailable
        buffer += data
        while b"\n" in buffer:
            header, _newline, rest = buffer.partition(b"\n")
            kind, number = header.split()
            if kind == b"X":
                return int(number)
            if len(rest) < int(number):
                break
            sys.stdout.buffer.write(rest[: int(number)])
            sys.stdout.buffer.flush()
            buffer = rest[int(number) :]


class Conversation:
    """The process's end of one connection. ``request`` is the first line; then the lines of the standard input."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._stream = connection.makefile("rb")
        pairs = os.fsdecode(self._stream.readline().rstrip(b"\n")).split("\0")
        self.request: dict[str, str] = dict(pair.partition("=")[::2] for pair in pairs)

    def lines(self):
        """The standard input line by line (bytes, without the line ends). All of it is read first unless someone is typing."""
        source = self._stream if self.request.get("interactive") else self._stream.read().splitlines()
        for line in source:
            yield line.rstrip(b"\r\n")

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        if data:
            self._connection.sendall(b"O %d\n" % len(data) + data)

    def finish(self, return_code: int) -> None:
        self._connection.sendall(b"X %d\n" % return_code)
        self.close()

    def close(self) -> None:
        self._stream.close()
        self._connection.close()
