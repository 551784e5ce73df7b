# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS handshakes with GSKit, from the key repository of a link's initiator against the listener of its responder."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from mqsim.gskit.handshake import Environment
from simulated_fleet import SimulatedHost

# What a server that accepts a TLS 1.3 client's certificate does for this long, in seconds: nothing. One that refuses it closes.
VERDICT = 0.25
SUITES = {"TLSV12": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"], "TLSV13": ["TLS_AES_256_GCM_SHA384"]}


@dataclass(frozen=True)
class Link:
    """A channel and the queue managers at its ends."""

    channel: str
    initiator: SimulatedHost
    responder: SimulatedHost


class Prober:
    """Handshakes on one link, each with the key repository of the initiator as it is at that moment."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._environments: dict[str, Environment] = {}
        self._generation: tuple[int, int] | None = None

    def handshake(self, protocol: str) -> None:
        """One attempt, TLSV12 or TLSV13. Raises OSError or GskitError where either end refuses it."""
        environment = self._environment(protocol)
        host, _colon, port = self.link.responder.address.rpartition(":")
        sock = socket.create_connection((host, int(port)), timeout=10)
        try:
            connection = environment.handshake(sock, timeout=30)
        except BaseException:
            sock.close()
            raise
        try:
            if protocol == "TLSV13":
                connection.read(1, timeout=VERDICT)
                raise OSError("the responder closed the connection after the handshake")
        except TimeoutError:
            pass
        finally:
            connection.close()

    def _environment(self, protocol: str) -> Environment:
        """Of the key repository as it is now; opened anew whenever there is another file."""
        folder = self.link.initiator.data_path / "qmgrs" / self.link.initiator.queue_manager / "ssl"
        path = folder / ("key.p12" if (folder / "key.p12").exists() else "key.kdb")
        status = path.stat()
        if (status.st_ino, status.st_mtime_ns) != self._generation:
            self.close()
            self._generation = status.st_ino, status.st_mtime_ns
        if protocol not in self._environments:
            password = (folder / "key.d/password").read_text().strip() if path.suffix == ".p12" else None
            stash = None if password else str(path.with_suffix(".sth"))
            label = "ibmwebspheremq" + self.link.initiator.queue_manager.lower()
            suites = {name: SUITES[name] if name == protocol else [] for name in SUITES}
            self._environments[protocol] = Environment(
                str(path), password, stash, "client", label, suites["TLSV12"], suites["TLSV13"], {protocol}
            )
        return self._environments[protocol]

    def close(self) -> None:
        """Close what is open."""
        for environment in self._environments.values():
            environment.close()
        self._environments.clear()
