# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What channels remember over a restart: message sequence numbers, batches in doubt, who is stopped and who was active.

The part that SYSTEM.CHANNEL.SYNCQ and the status file play in IBM MQ. Written at once, so that a queue manager that
ends unexpectedly agrees with its partners when it comes back.
"""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path


class Sender:
    """The sending end of a channel: the last confirmed sequence number, and the batch that waits for its confirmation."""

    def __init__(self, sequence: int = 0, batch: list[bytes] | None = None, reset: bool = False) -> None:
        self.sequence = sequence
        self.batch = batch or []
        self.reset = reset  # RESET CHANNEL was used: the receiver takes over our number at the next start


class ChannelState:
    """:param path: of the file; it need not exist"""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lock = threading.RLock()
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            kept = {}
        self.senders = {
            name: Sender(s["sequence"], [base64.b64decode(m) for m in s["batch"]], s["reset"])
            for name, s in kept.get("senders", {}).items()
        }
        self._receivers: dict[str, dict[str, int]] = kept.get("receivers", {})
        self.stopped: set[str] = set(kept.get("stopped", ()))
        self.active: set[str] = set(kept.get("active", ()))
        self.saved: dict[str, dict[str, str]] = kept.get("saved", {})

    def sender(self, channel: str) -> Sender:
        with self.lock:
            return self.senders.setdefault(channel, Sender())

    def received(self, channel: str, partner: str) -> int:
        """The last sequence number that came from a partner; a requester that has no partner yet gives ''."""
        numbers = self._receivers.get(channel, {})
        return numbers.get(partner, 0) if partner else max(numbers.values(), default=0)

    def set_received(self, channel: str, partner: str, sequence: int) -> None:
        """Takes effect at once; ``save`` makes it last."""
        with self.lock:
            self._receivers.setdefault(channel, {})[partner] = sequence

    def reset(self, channel: str, sequence: int) -> None:
        with self.lock:
            if channel in self.senders:
                self.senders[channel] = Sender(sequence - 1, reset=True)
            for partner in self._receivers.get(channel, {}):
                self._receivers[channel][partner] = sequence - 1
            self.save()

    def forget(self, channel: str) -> None:
        """The channel was deleted."""
        with self.lock:
            self.senders.pop(channel, None)
            self._receivers.pop(channel, None)
            self.stopped.discard(channel)
            self.active.discard(channel)
            self.saved = {key: row for key, row in self.saved.items() if row["CHANNEL"] != channel}
            self.save()

    def save(self) -> None:
        with self.lock:
            kept = {
                "senders": {
                    name: {"sequence": s.sequence, "batch": [base64.b64encode(m).decode() for m in s.batch], "reset": s.reset}
                    for name, s in self.senders.items()
                },
                "receivers": self._receivers,
                "stopped": sorted(self.stopped),
                "active": sorted(self.active),
                "saved": self.saved,
            }
            temporary = self._path.with_suffix(".new")
            try:
                temporary.write_text(json.dumps(kept), encoding="utf-8")
                temporary.replace(self._path)
            except FileNotFoundError:
                pass  # the queue manager was deleted under its process; there is nothing left to remember
