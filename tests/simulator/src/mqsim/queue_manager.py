# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The process of one queue manager: its objects, their persistence, the command socket, beginning and end."""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import sys
import threading
from pathlib import Path

from . import machine as machines
from .command_socket import Conversation, listen
from .queue import Queue, split_transmission_header, with_transmission_header

_TABLES = ("channels", "client_channels", "listeners", "auth_info", "namelists")
_DEFINITIONS = "definitions.json"
_MESSAGES = "messages.json"
# How long a quiesce waits for the programs that are connected
_QUIESCE_SECONDS = 10
# How often the process looks whether its directory is still there
_LOOK_SECONDS = 2


class PutFailed(Exception):
    """A message could not be put; ``reason`` is MQ's reason code."""

    def __init__(self, reason: int):
        super().__init__(f"reason code {reason}")
        self.reason = reason


class QueueManager:
    """The objects of a queue manager as its process holds them; see the README for what each attribute is."""

    def __init__(self, machine: machines.Machine, name: str):
        directory = machine.directory(name)
        if directory is None:
            raise machines.MachineError(f"The queue manager {name} does not exist on this machine.")
        self.machine = machine
        self.name = name
        self.version = machine.version
        self.directory = Path(directory)
        self.private_directory = Path(machines.private_directory(directory))
        self.lock = threading.RLock()
        with open(self.private_directory / _DEFINITIONS, encoding="utf-8") as stream:
            kept = json.load(stream)
        self.attributes: dict[str, str] = kept["attributes"]
        self.channels: dict[str, dict[str, str]] = kept["channels"]
        self.client_channels: dict[str, dict[str, str]] = kept["client_channels"]
        self.listeners: dict[str, dict[str, str]] = kept["listeners"]
        self.auth_info: dict[str, dict[str, str]] = kept["auth_info"]
        self.namelists: dict[str, dict[str, str]] = kept["namelists"]
        self.channel_auth: list[dict[str, str]] = kept["channel_auth"]
        self._secrets: dict[str, str] = kept["secrets"]
        messages = self._kept_messages()
        self.queues: dict[str, Queue] = {}
        for queue_name, attributes in kept["queues"].items():
            self.add_queue(queue_name, attributes, messages.get(queue_name, []))
        self.ini = dict(machines.read_stanzas(str(self.directory / "qm.ini")))
        self._connect_channels()

    def _connect_channels(self) -> None:
        # Not at the top: MQSC alone can be tested without GSKit and cryptography
        from .channel import ChannelEngine
        from .error_log import ErrorLog

        self.error_log = ErrorLog(self)
        self.channel_engine = ChannelEngine(self)

    # Objects ------------------------------------------------------------------------------------------------------------

    def add_queue(self, name: str, attributes: dict[str, str], messages: list[bytes] | None = None) -> None:
        self.queues[name] = Queue(name, attributes, messages, self._message_arrived)

    def key_repository_password(self) -> str | None:
        """KEYRPWD in clear; None: the stash file counts."""
        return self._secrets.get("KEYRPWD")

    def set_secret(self, keyword: str, value: str) -> None:
        """Keep KEYRPWD or INITKEY; the attribute itself shows asterisks, or blank for none."""
        self._secrets.pop(keyword, None)
        if value:
            self._secrets[keyword] = value
        self.attributes[keyword] = "********" if value else ""

    def save(self) -> None:
        """Write the definitions; the file holds passwords and is its owner's alone."""
        with self.lock:
            kept = {table: getattr(self, table) for table in _TABLES}
            kept["queues"] = {name: queue.attributes for name, queue in self.queues.items()}
            kept.update(attributes=self.attributes, secrets=self._secrets, channel_auth=self.channel_auth)
            machines.write_atomically(str(self.private_directory / _DEFINITIONS), json.dumps(kept), 0o600)

    # Messages -----------------------------------------------------------------------------------------------------------

    def put(self, queue_name: str, body: bytes, queue_manager_name: str = "") -> None:
        """Put a message as an application does: on a local queue, or by a remote definition on a transmission queue. Raises PutFailed."""
        if queue_manager_name in ("", self.name):
            queue, seen = self.queues.get(queue_name), set()
            while queue is not None and queue.attributes["TYPE"] == "QALIAS" and queue.name not in seen:
                seen.add(queue.name)
                queue = self.queues.get(queue.attributes["TARGET"])
            if queue is None:
                raise PutFailed(2085)  # MQRC_UNKNOWN_OBJECT_NAME
            if queue.is_local:
                self._put_local(queue, body)
                return
            if queue.attributes["TYPE"] == "QALIAS":
                raise PutFailed(2001)  # MQRC_ALIAS_BASE_Q_TYPE_ERROR
            remote = queue.attributes
            target, target_queue_manager, by_way_of = remote["RNAME"], remote["RQMNAME"], remote["XMITQ"] or remote["RQMNAME"]
        else:
            alias = self.queues.get(queue_manager_name)
            target, target_queue_manager, by_way_of = queue_name, queue_manager_name, queue_manager_name
            if alias is not None and alias.attributes["TYPE"] == "QREMOTE" and not alias.attributes["RNAME"]:
                target_queue_manager = alias.attributes["RQMNAME"]
                by_way_of = alias.attributes["XMITQ"] or target_queue_manager
        if by_way_of not in self.queues:
            by_way_of = self.attributes["DEFXMITQ"]
        transmission_queue = self.queues.get(by_way_of)
        if transmission_queue is None or not transmission_queue.is_local:
            raise PutFailed(2196)  # MQRC_UNKNOWN_XMIT_Q
        if not transmission_queue.is_transmission_queue:
            raise PutFailed(2092)  # MQRC_XMIT_Q_USAGE_ERROR
        self._put_local(transmission_queue, with_transmission_header(target, target_queue_manager, body))

    def deliver(self, message: bytes) -> bool:
        """Put a message that came over a channel, with its transmission header, where the header says, else on the dead-letter queue.

        Returns False for the dead-letter queue. Raises PutFailed when there is none.
        """
        queue_name, queue_manager_name, body = split_transmission_header(message)
        try:
            self.put(queue_name, body, queue_manager_name)
        except PutFailed:
            dead_letter_queue = self.queues.get(self.attributes["DEADQ"])
            if dead_letter_queue is None or not dead_letter_queue.is_local:
                raise
            self._put_local(dead_letter_queue, body)
            return False
        return True

    def _put_local(self, queue: Queue, message: bytes) -> None:
        if queue.attributes["PUT"] != "ENABLED":
            raise PutFailed(2051)  # MQRC_PUT_INHIBITED
        if queue.depth >= int(queue.attributes["MAXDEPTH"]):
            raise PutFailed(2053)  # MQRC_Q_FULL
        if len(message) > int(queue.attributes["MAXMSGL"]):
            raise PutFailed(2030)  # MQRC_MSG_TOO_BIG_FOR_Q
        queue.put(message)

    def _message_arrived(self, queue: Queue) -> None:
        if queue.is_transmission_queue:
            self.channel_engine.message_arrived(queue.name)

    def _kept_messages(self) -> dict[str, list[bytes]]:
        try:
            with open(self.private_directory / _MESSAGES, encoding="utf-8") as stream:
                kept = json.load(stream)
        except FileNotFoundError:
            return {}
        return {name: [base64.b64decode(message) for message in messages] for name, messages in kept.items()}

    def keep_messages(self) -> None:
        """Write the messages of all queues; done once, at the end."""
        kept = {
            name: [base64.b64encode(message).decode() for message in queue.messages()] for name, queue in self.queues.items() if queue.depth
        }
        machines.write_atomically(str(self.private_directory / _MESSAGES), json.dumps(kept), 0o600)


class Process:
    """The life of a queue manager: from the command socket's opening to the last state that dspmq shows."""

    def __init__(self, queue_manager: QueueManager):
        self.queue_manager = queue_manager
        self._immediate: bool | None = None  # None: nobody has asked for the end
        self._conversations: set[threading.Thread] = set()
        self._wake_read, self._wake_write = os.pipe()
        self._programs = {"runmqsc": self._runmqsc, "amqsput": self._amqsput, "amqsget": self._amqsget, "endmqm": self._endmqm}

    def run(self, ready) -> None:
        """Serve until someone ends the queue manager. ``ready()`` is called when programs can connect."""
        directory = str(self.queue_manager.directory)
        server = listen(str(self.queue_manager.private_directory))
        signal.signal(signal.SIGTERM, lambda *_arguments: self.end(immediate=True))
        self.queue_manager.channel_engine.open()
        machines.State.record(directory, "Running")
        self.queue_manager.error_log.write("AMQ8003I", self.queue_manager.name, self.queue_manager.version)
        ready()
        while self._immediate is None:
            readable = select.select([server, self._wake_read], [], [], _LOOK_SECONDS)[0]
            if server in readable:
                connection = server.accept()[0]
                thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
                self._conversations.add(thread)
                thread.start()
            if not self.queue_manager.private_directory.exists():
                return  # the machine was deleted under us: nothing is left to serve or to save
        server.close()
        machines.State.record(directory, "Ending immediately" if self._immediate else "Quiescing")
        self.queue_manager.channel_engine.close(self._immediate)
        if not self._immediate:
            for thread in list(self._conversations):
                thread.join(_QUIESCE_SECONDS)
        self.queue_manager.save()
        self.queue_manager.keep_messages()
        self.queue_manager.error_log.write("AMQ8004I", self.queue_manager.name)
        machines.State.record(directory, "Ended immediately" if self._immediate else "Ended normally")

    def end(self, immediate: bool) -> None:
        """Ask for the end; safe from any thread and from a signal handler."""
        self._immediate = immediate
        os.write(self._wake_write, b"x")

    def _converse(self, connection) -> None:
        try:
            conversation = Conversation(connection)
            program = self._programs.get(conversation.request.get("program"))
            if program is not None:
                return_code = program(conversation)
                if return_code is not None:
                    conversation.finish(return_code)
            conversation.close()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the program was ended; its commands up to now stand
        except Exception:
            sys.excepthook(*sys.exc_info())  # into process.log
            connection.close()
        finally:
            self._conversations.discard(threading.current_thread())

    def _runmqsc(self, conversation: Conversation) -> int:
        from .mqsc.commands import Session  # a queue manager that gets no command does without

        session = Session(self.queue_manager, conversation.write, bool(conversation.request["echo"]), bool(conversation.request["verify"]))
        return session.run(line.decode("utf-8", "surrogateescape") for line in conversation.lines())

    def _amqsput(self, conversation: Conversation) -> int:
        name = conversation.request["queue"]
        conversation.write(f"target queue is {name}\n")
        if name not in self.queue_manager.queues:
            conversation.write("MQOPEN ended with reason code 2085\nunable to open queue for output\n")
        else:
            for line in conversation.lines():
                if not line:
                    break
                try:
                    self.queue_manager.put(name, line)
                except PutFailed as failure:
                    conversation.write(f"MQPUT ended with reason code {failure.reason}\n")
        conversation.write("Sample AMQSPUT0 end\n")
        return 0

    def _amqsget(self, conversation: Conversation) -> int:
        queue = self.queue_manager.queues.get(conversation.request["queue"])
        if queue is None or not queue.is_local:
            reason = 2085 if queue is None else 2042
            conversation.write(f"MQOPEN ended with reason code {reason}\nunable to open queue for input\n")
        else:
            while (message := queue.get(float(conversation.request["wait"]))) is not None:
                conversation.write(f"message <{message.decode('utf-8', 'surrogateescape')}>\n")
            conversation.write("no more messages\n")
        conversation.write("Sample AMQSGET0 end\n")
        return 0

    def _endmqm(self, conversation: Conversation) -> None:
        conversation.finish(0)  # first: a quiesce waits for the conversations
        self._conversations.discard(threading.current_thread())
        self.end(bool(conversation.request["immediate"]))
