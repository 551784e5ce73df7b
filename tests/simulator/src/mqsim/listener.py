# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP listeners: one thread each, asleep in accept()."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import threading
from collections.abc import Callable

DEFAULT_PORT = 1414
_BACKLOG = 100


class Listener:
    """A running listener.

    :param attributes: of the LISTENER object; a blank IPADDR is any address, PORT 0 is 1414
    :param accepted: called with each connected socket and the partner's address; must not block
    :raises OSError: the port can not be bound
    """

    def __init__(self, name: str, attributes: dict[str, str], accepted: Callable[[socket.socket, str], None]) -> None:
        self.name = name
        self.attributes = dict(attributes)
        self.address = self.attributes.get("IPADDR", "").strip()
        self.port = int(self.attributes.get("PORT") or 0) or DEFAULT_PORT
        self._accepted = accepted
        self._started = datetime.datetime.now()
        self._socket = socket.socket()
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("" if self.address in ("", "*") else self.address, self.port))
            self._socket.listen(int(self.attributes.get("BACKLOG") or 0) or _BACKLOG)
        except OSError:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._run, name=f"listener {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connected, partner = self._socket.accept()
            except ConnectionError:
                continue
            except OSError:
                return  # stop() has shut the socket down
            self._accepted(connected, partner[0])

    def stop(self) -> None:
        """Accept no more; connections that were accepted live on."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def status(self) -> dict[str, str]:
        """The row of DISPLAY LSSTATUS, in MQ's order."""
        return {
            "LISTENER": self.name,
            "STATUS": "RUNNING",
            "PID": str(os.getpid()),
            "STARTDA": self._started.strftime("%Y-%m-%d"),
            "STARTTI": self._started.strftime("%H.%M.%S"),
            "DESCR": self.attributes.get("DESCR", ""),
            "TRPTYPE": self.attributes.get("TRPTYPE", "TCP"),
            "CONTROL": self.attributes.get("CONTROL", "MANUAL"),
            "IPADDR": self.address or "*",
            "PORT": str(self.port),
            "BACKLOG": str(int(self.attributes.get("BACKLOG") or 0) or _BACKLOG),
        }
