# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The MQSC command server: one Session for each run of runmqsc."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import channel_authentication, control, definitions, display, inquire
from .objects import KINDS, Verified, not_simulated
from .scanner import Command, Echo, Statement, SyntaxFault, parse, scan

_ENDS = ("END", "EXIT", "QUIT")
_VERBS = "ALTER CLEAR DEFINE DELETE DISPLAY END PING REFRESH RESET RESOLVE RESUME SET START STOP SUSPEND".split()
# Nouns of MQSC that are not simulated under any verb; others are syntax errors
_OTHER_NOUNS = frozenset(
    """APSTATUS ARCHIVE AUTHREC AUTHSERV BUFFPOOL CFSTATUS CFSTRUCT CHINIT CLUSQMGR CLUSTER CMDSERV COMMINFO CONN DBSTATUS
    ENTAUTH GROUP LOG PROCESS POLICY PUBSUB QMODEL SBSTATUS SECURITY SERVICE SMDS STGCLASS SUB SVSTATUS SYSTEM TCLUSTER THREAD TOPIC
    TPSTATUS TRACE QMGR CHANNEL LISTENER QLOCAL QREMOTE QALIAS QUEUE AUTHINFO NAMELIST CHLAUTH CHSTATUS LSSTATUS QSTATUS QMSTATUS""".split()
)


class Session:
    """Carries out a script for one queue manager and reports as runmqsc does.

    :param write: takes the text of the report, piece by piece, beginning behind the banner
    :param echo: False for ``-e``
    :param verify: True for ``-v``: syntax only
    """

    def __init__(self, queue_manager, write: Callable[[str], None], echo: bool = True, verify: bool = False):
        self.queue_manager = queue_manager
        self._write = write
        self._echo = echo
        self._verify = verify

    def run(self, lines: Iterable[str]) -> int:
        """The return code: 0, or 10 when a command failed."""
        read = syntax_errors = failed = 0
        for piece in scan(lines):
            if isinstance(piece, Echo):
                if self._echo:
                    self._write(f"{piece}\n")
                continue
            read += 1
            try:
                command = self._parsed(piece)
                if command.verb in _ENDS:
                    read -= 1
                    break
                self._write(self._execute(command))
            except Verified:
                pass
            except SyntaxFault as fault:
                syntax_errors += 1
                self._write(_syntax_error(fault))
            except Exception as refusal:
                # Refused, here or in channel.py
                if not hasattr(refusal, "message_id"):
                    raise
                failed += 1
                self._write(f"{refusal.message_id}: {refusal.text}\n")
        self._write(display.closing_lines(read, syntax_errors, failed))
        return 10 if syntax_errors or failed else 0

    @staticmethod
    def _parsed(statement: Statement) -> Command:
        if statement.line_too_long:
            raise SyntaxFault(statement.text.rstrip())
        return parse(statement.text)

    def _execute(self, command: Command) -> str:
        """Carry out one command; the text of its answer. Raises SyntaxFault, Refused or Verified."""
        handler = _HANDLERS.get((command.verb, command.noun)) or (_OBJECT_HANDLERS.get(command.verb) if command.noun in KINDS else None)
        if command.noun == "QUEUE" and command.verb != "DISPLAY":
            handler = None  # only DISPLAY knows queues of any type
        if handler is None:
            if command.noun in _OTHER_NOUNS and command.noun != "QUEUE":
                raise not_simulated(f"{command.verb} {command.noun}")
            raise SyntaxFault(command.text[: command.name.keyword_end])
        return handler(self, command)

    def past_syntax(self) -> None:
        """A handler calls this when it has read its command and has not yet looked at any object."""
        if self._verify:
            raise Verified


# Each takes the session and the command, and returns the text of the answer
_OBJECT_HANDLERS = {
    "DEFINE": definitions.define,
    "ALTER": definitions.alter,
    "DELETE": definitions.delete,
    "DISPLAY": inquire.display_objects,
}
_HANDLERS = {
    ("ALTER", "QMGR"): definitions.alter_queue_manager,
    ("CLEAR", "QLOCAL"): control.clear_queue,
    ("DISPLAY", "QMGR"): inquire.display_queue_manager,
    ("DISPLAY", "QMSTATUS"): inquire.display_queue_manager_status,
    ("DISPLAY", "CHLAUTH"): inquire.display_channel_authentication,
    ("DISPLAY", "CHSTATUS"): inquire.display_channel_status,
    ("DISPLAY", "LSSTATUS"): inquire.display_listener_status,
    ("DISPLAY", "QSTATUS"): inquire.display_queue_status,
    ("PING", "CHANNEL"): control.ping_channel,
    ("PING", "QMGR"): control.ping_queue_manager,
    ("REFRESH", "SECURITY"): control.refresh_security,
    ("RESET", "CHANNEL"): control.reset_channel,
    ("RESOLVE", "CHANNEL"): control.resolve_channel,
    ("SET", "CHLAUTH"): channel_authentication.set_rule,
    ("START", "CHANNEL"): control.start_channel,
    ("START", "LISTENER"): control.start_listener,
    ("STOP", "CHANNEL"): control.stop_channel,
    ("STOP", "LISTENER"): control.stop_listener,
}


def _syntax_error(fault: SyntaxFault) -> str:
    answer = f"AMQ8405I: Syntax error detected at or near end of command segment below:-\n{fault.segment}\n\n"
    if fault.in_verb:
        answer += "AMQ8426I: Valid MQSC commands are:\n\n" + "".join(f"    {verb}\n" for verb in _VERBS) + "\n"
    return answer
