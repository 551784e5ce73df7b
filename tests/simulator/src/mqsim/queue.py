# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queues and the messages on them.

A message is bytes. On a transmission queue it carries a transmission header in front, which names the target
(IBM MQ documentation, "MQXQH - Transmission-queue header"): only its first fields are simulated.
"""

from __future__ import annotations

import threading
import time
from collections import deque

_EYE_CATCHER = b"XQH "
_VERSION = (1).to_bytes(4, "little")
_HEADER_LENGTH = 4 + 4 + 48 + 48


def with_transmission_header(target_queue: str, target_queue_manager: str, body: bytes) -> bytes:
    """The message as it stands on a transmission queue."""
    names = target_queue.encode().ljust(48) + target_queue_manager.encode().ljust(48)
    return _EYE_CATCHER + _VERSION + names + body


def split_transmission_header(message: bytes) -> tuple[str, str, bytes]:
    """Inverse of with_transmission_header: (target queue, target queue manager, body). ValueError without a header."""
    if len(message) < _HEADER_LENGTH or not message.startswith(_EYE_CATCHER):
        raise ValueError("the message has no transmission header")
    return message[8:56].decode().rstrip(), message[56:104].decode().rstrip(), message[_HEADER_LENGTH:]


class Queue:
    """A queue of any type: ``attributes`` as MQSC shows them, and for a local one its messages (safe for threads).

    ``on_put`` is called without any lock after each message that ``put`` adds.
    """

    def __init__(self, name: str, attributes: dict[str, str], messages: list[bytes] | None = None, on_put=None):
        self.name = name
        self.attributes = attributes
        self.on_put = on_put
        self.last_put: float | None = None
        self.last_get: float | None = None
        self._messages = deque(messages or [])
        self._changed = threading.Condition()

    @property
    def depth(self) -> int:
        return len(self._messages)

    @property
    def is_local(self) -> bool:
        return self.attributes["TYPE"] == "QLOCAL"

    @property
    def is_transmission_queue(self) -> bool:
        return self.attributes.get("USAGE") == "XMITQ"

    def put(self, message: bytes) -> None:
        with self._changed:
            self._messages.append(message)
            self.last_put = time.time()
            self._changed.notify()
        if self.on_put is not None:
            self.on_put(self)

    def put_back(self, message: bytes) -> None:
        """Undo a get: the message is the first one again."""
        with self._changed:
            self._messages.appendleft(message)
            self._changed.notify()

    def get(self, wait_seconds: float = 0) -> bytes | None:
        """Take the oldest message; None when none came within the wait."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._messages), timeout=wait_seconds):
                return None
            self.last_get = time.time()
            return self._messages.popleft()

    def wait(self, wait_seconds: float) -> bool:
        """Whether there is a message now or within the wait; it stays on the queue."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._messages), timeout=wait_seconds)

    def clear(self) -> None:
        with self._changed:
            self._messages.clear()

    def messages(self) -> list[bytes]:
        """A copy, oldest first."""
        with self._changed:
            return list(self._messages)
