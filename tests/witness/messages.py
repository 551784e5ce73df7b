# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One message over each channel, put and got with IBM MQ's samples amqsput and amqsget."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from simulated_fleet import SimulatedHost


@dataclass(frozen=True)
class Route:
    """A channel with the names of the queue managers at its ends."""

    channel: str
    source: str
    target: str


def deliver(routes: Iterable[Route], fleet: Mapping[str, SimulatedHost]) -> dict[str, bool]:
    """Send one message over each route; returns for each channel whether it arrived. `fleet`: queue manager name -> host."""
    routes = list(routes)
    for host in fleet.values():
        script = ["DEFINE QLOCAL(DEMO.IN) REPLACE"] if any(route.target == host.queue_manager for route in routes) else []
        for partner in (route.target for route in routes if route.source == host.queue_manager):
            script.append(f"DEFINE QREMOTE('DEMO.{partner}') RNAME(DEMO.IN) RQMNAME('{partner}') XMITQ('{partner}') REPLACE")
        if script:
            host.run("runmqsc", host.queue_manager, stdin="\n".join(script) + "\n")
    for route in routes:
        source = fleet[route.source]
        source.run("amqsput", f"DEMO.{route.target}", source.queue_manager, stdin=f"over {route.channel}\n\n", folder="samp/bin")
    os.environ["MQSIM_WAIT"] = "1"
    arrived: set[str] = set()
    for name in sorted({route.target for route in routes}):
        text = fleet[name].run("amqsget", "DEMO.IN", name, folder="samp/bin").stdout
        arrived.update(re.findall(r"message <over ([^>]+)>", text))
    return {route.channel: route.channel in arrived for route in routes}
