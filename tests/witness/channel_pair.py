# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ends of one channel in this process: real definitions, real key repositories, a real handshake with GSKit, and what both ends write.

Each end is a queue manager of the simulator on a machine of its own, made by its crtmqm and spoken to in MQSC, without the process around it.
The channel is pinged, which is all of a start but messages: connection, handshake, and the rules of the definitions at both ends.
"""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mqsim import machine as machines
from mqsim.channel import Failure, Initiator, Responder
from mqsim.mqsc.commands import Session
from mqsim.programs import crtmqm
from mqsim.queue_manager import QueueManager

# What is written though nothing is wrong, and what only sums up.
_NORMAL = ("AMQ9001I", "AMQ9002I", "AMQ9999E")
_SECONDS = 30


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt. The messages are ids, in their order; ``protocol`` as DISPLAY CHSTATUS spells it."""

    succeeded: bool
    cipher_spec: str
    protocol: str
    initiator: tuple[str, ...]
    responder: tuple[str, ...]


class End:
    """A queue manager on a machine of its own, of one version. Starts the channel, or answers."""

    def __init__(self, folder: Path, name: str, version: str) -> None:
        self.machine = machines.create(str(folder), version)
        with contextlib.redirect_stdout(io.StringIO()):
            crtmqm.main([name], f"{self.machine.installation_path}/bin/crtmqm")
        self.name = name
        self.queue_manager = QueueManager(self.machine, name)
        for model in list(self.queue_manager.channels):  # SYSTEM.DEF. and the like
            del self.queue_manager.channels[model]
        self.queue_manager.error_log = self
        self.said: list[str] = []

    def write(self, message_id: str, *_inserts: object, **_more: object) -> None:
        """Stands in the place of the error log: only what was said counts here."""
        if message_id not in _NORMAL:
            self.said.append(message_id)

    def mqsc(self, *commands: str) -> tuple[int, str]:
        """Return code and report of runmqsc."""
        report: list[str] = []
        return_code = Session(self.queue_manager, report.append).run(commands)
        return return_code, "".join(report)

    def configure(self, stanza: dict[str, str]) -> None:
        """Give the SSL stanza of qm.ini these contents, as after a restart."""
        ini = self.queue_manager.directory / "qm.ini"
        kept = ini.read_text(encoding="utf-8").split("SSL:\n")[0]
        ini.write_text(kept + (machines.stanza_text("SSL", stanza) if stanza else ""), encoding="utf-8")
        self.queue_manager.ini = dict(machines.read_stanzas(str(ini)))


class _Caller(Initiator):
    """Calls the responder beside it, whatever CONNAME says."""

    def __init__(self, end: End, channel: str, answer: Callable[[socket.socket, str], None]) -> None:
        super().__init__(end.queue_manager.channel_engine, channel)
        self._answer = answer

    def _connect(self) -> str:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._socket = socket.create_connection(server.getsockname())
            self._answer(*server.accept())
        return "127.0.0.1"


def attempt(first: End, second: End, channel: str) -> Outcome:
    """Start the channel once, with the definitions as they are now; a key repository is read once, as queue managers do."""
    answering: list[Responder] = []

    def answer(sock: socket.socket, address: tuple[str, int]) -> None:
        answering.append(Responder(second.queue_manager.channel_engine, sock, address[0]))
        answering[-1].thread.start()

    for end in (first, second):
        end.said = []
    caller = _Caller(first, channel, answer)
    try:
        caller.ping()
        succeeded = True
    except Failure:
        succeeded = False
    finally:
        caller.release()
    for responder in answering:
        responder.thread.join(_SECONDS)
        if responder.thread.is_alive():
            raise TimeoutError(f"{second.name} has not ended its side of {channel} after {_SECONDS} seconds")
    spec = caller.conversation.cipher_spec if succeeded and caller.conversation else None
    return Outcome(succeeded, spec.name if spec else "", spec.protocol if spec else "", tuple(first.said), tuple(second.said))
