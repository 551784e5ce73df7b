#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, stopping and observing channels."""

from __future__ import annotations

DOCUMENTATION = r"""
module: channel
short_description: Starts, stops and observes the channels of an IBM MQ queue manager
version_added: 0.1.0
author:
  - the mqfleet.tls authors (@mqfleet)
description:
  - Starts channels and waits until they run, stops them, or only looks.
  - Returns what both ends of a running channel have agreed on - CipherSpec, protocol, and the distinguished names of the partner's
    certificate and of its issuer - as C(DISPLAY CHSTATUS) shows it.
  - When a channel does not run, returns what the error log of the queue manager says about the time in question.
extends_documentation_fragment:
  - mqfleet.tls.attributes
  - mqfleet.tls.queue_manager
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: Channels under O(restart) are restarted every time.
options:
  channels:
    description: The channels that O(state) is for.
    type: list
    elements: str
    default: []
  state:
    description:
      - V(started) starts those that do not run. One that is retrying is stopped and started, so that it is tried at once and not at
        the end of its retry interval. One that is about to run is waited for.
      - V(stopped) stops those that are active; only a start brings them back. A channel that is inactive stays so.
      - V(inactive) ends their conversations; the next message starts a triggered channel again.
      - V(observed) changes nothing.
    type: str
    choices: [started, stopped, inactive, observed]
    default: started
  mode:
    description:
      - How a channel is stopped. V(quiesce) finishes the current batch, V(force) ends it, V(terminate) ends the process too.
    type: str
    choices: [quiesce, force, terminate]
    default: quiesce
  restart:
    description:
      - Channels that are to be ended and started again if they run, so that a changed definition counts
        (RV(mqfleet.tls.mqsc#module:restart)).
      - Of a responding channel the conversation is ended, and its partner calls again.
      - Only with O(state=started).
    type: list
    elements: str
    default: []
  responders:
    description: Responding channels, which are only observed.
    type: list
    elements: str
    default: []
  wait:
    description: Whether to wait until O(state) is reached.
    type: bool
    default: true
  timeout:
    description: Seconds to wait.
    type: float
    default: 30
  error_log:
    description: Whether to return entries of the error log when a channel does not run.
    type: bool
    default: false
  error_log_minutes:
    description: How far to look back in the error log.
    type: int
    default: 10
seealso:
  - module: mqfleet.tls.mqsc
"""

EXAMPLES = r"""
- name: Start the channel, and say what both ends have agreed on
  mqfleet.tls.channel:
    queue_manager: QM1
    channels: [QM1.TO.QM2]
  register: link
# link.summary['QM1.TO.QM2']:
#   status: RUNNING
#   cipher_spec: TLS_AES_256_GCM_SHA384
#   protocol: TLSV13
#   partner: SERIALNUMBER=4A:11:0C,CN=QM2,O=Bank

- name: Nobody but QM2 is at the other end
  ansible.builtin.assert:
    that: "'CN=QM2,O=Bank' in link.summary['QM1.TO.QM2'].partner"

- name: Look at the responding end, and at the error log if nothing runs
  mqfleet.tls.channel:
    queue_manager: QM2
    responders: [QM1.TO.QM2]
    state: observed
    error_log: true

- name: A changed definition counts from the next start on
  mqfleet.tls.channel:
    queue_manager: QM1
    restart: "{{ definitions.restart }}"

- name: Stop for the weekend
  mqfleet.tls.channel:
    queue_manager: QM1
    channels: [QM1.TO.QM2]
    state: stopped
"""

RETURN = r"""
channels:
  description:
    - For each channel the records of C(DISPLAY CHSTATUS) as last read, one for each instance, with MQSC keywords as keys.
    - An empty list for a channel that is inactive.
  returned: always
  type: dict
  sample:
    QM1.TO.QM2:
      - {CHANNEL: QM1.TO.QM2, CHLTYPE: SDR, STATUS: RUNNING, SSLCIPH: TLS_AES_256_GCM_SHA384, SECPROT: TLSV13}
summary:
  description:
    - For each channel the facts of one instance, a running one where there is one; null for a channel that is inactive.
    - A fact that this level of MQ does not show is null; one that it shows blank is an empty text, such as C(partner) where the
      partner has sent no certificate.
  returned: always
  type: dict
  sample:
    QM1.TO.QM2:
      status: RUNNING
      channel_type: SDR
      conname: 192.0.2.2(1414)
      queue_manager: QM2
      cipher_spec: TLS_AES_256_GCM_SHA384
      protocol: TLSV13
      partner: SERIALNUMBER=4A:11:0C,CN=QM2,O=Bank
      issuer: CN=MQ fleet CA
      substate: MQGET
changes:
  description: What was done to which channel; in check mode what would be.
  returned: always
  type: list
  elements: dict
  sample:
    - {object: CHANNEL, name: QM1.TO.QM2, action: start, attributes: {}, reason: is INACTIVE}
commands:
  description: The commands that were sent, in order; in check mode the first ones that would be.
  returned: always
  type: list
  elements: str
  sample: ["START CHANNEL('QM1.TO.QM2')"]
error_log:
  description:
    - Entries of the error log of the last O(error_log_minutes), the newest last, at most 100.
    - Empty while all channels run.
  returned: when O(error_log=true)
  type: list
  elements: dict
  contains:
    id:
      description: The message id.
      type: str
      sample: AMQ9633E
    text:
      description: The message.
      type: str
    explanation:
      description: The explanation that the log gives below the message.
      type: str
    channel:
      description: The channel that it is about; null or C(????) where the queue manager did not know it yet.
      type: str
    time_utc:
      description: When it was written, in ISO 8601.
      type: str
    remote_host:
      description: The address of the partner.
      type: str
    process:
      description: The process and thread that wrote it.
      type: str
    inserts:
      description: What the message was filled with.
      type: dict
"""

import os
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Sequence

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._core.error_log import parse as parse_error_log
from ..module_utils._core.errors import InputError, MqTlsError, ToolError
from ..module_utils._core.mqsc.channel_status import Pursuit, check_names, display, summary
from ..module_utils._core.mqsc.command import Command
from ..module_utils._core.mqsc.plan import diff
from ..module_utils._core.mqsc.report import Record
from ..module_utils._ports.command import CommandRunner, SubprocessRunner
from ..module_utils._ports.installation import Installation
from ..module_utils._ports.runmqsc import run_mqsc

_LOG_BYTES = 512 * 1024
_LOG_ENTRIES = 100
# Refusals that tell of a state, not of a mistake: the channel is in use (already started), or is not active (already stopped).
_TOLERATED = {"START": "AMQ9514", "STOP": "AMQ9533"}


class Channels:
    """The channels of one module run."""

    def __init__(
        self, parameters: dict[str, Any], runner: CommandRunner, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self.name = parameters["queue_manager"]
        self.installation = Installation(parameters["installation"], parameters["data_path"])
        self.commands: list[Command] = []
        self.rows: dict[str, tuple[Record, ...]] = {}
        self._parameters = parameters
        self._runner = runner
        self._clock = clock
        self._sleep = sleep
        pursued = [] if parameters["state"] == "observed" else list(dict.fromkeys([*parameters["channels"], *parameters["restart"]]))
        self.pursuits = [
            Pursuit(name, parameters["state"], name in parameters["restart"], parameters["wait"], parameters["mode"]) for name in pursued
        ]
        self._names = list(dict.fromkeys([*parameters["channels"], *parameters["restart"], *parameters["responders"]]))

    def pursue(self, check_mode: bool) -> None:
        """Read, act and read again until every channel is as wanted, has failed, or the time is over."""
        self._read()
        end = self._clock() + self._parameters["timeout"]
        interval = 0.3
        while True:
            sent = self._act(check_mode)
            going = [pursuit for pursuit in self.pursuits if not pursuit.done]
            if check_mode or not going or self._clock() >= end or (not self._parameters["wait"] and not sent and self._all_sent()):
                return
            self._sleep(interval)
            interval = min(interval * 1.5, 2.0)
            self._read()

    def missed(self) -> list[Pursuit]:
        """Those that are not as wanted."""
        return [pursuit for pursuit in self.pursuits if not pursuit.reached]

    def _all_sent(self) -> bool:
        return not any(pursuit.starts_later for pursuit in self.pursuits)

    def _read(self) -> None:
        if self._names:
            answers = run_mqsc(self._runner, self.installation, self.name, display(self._names)).answers
            self.rows = {name: answer.records for name, answer in zip(self._names, answers)}

    def _act(self, check_mode: bool) -> bool:
        now = self._clock()
        todo = [
            (pursuit, command)
            for pursuit in self.pursuits
            if not pursuit.done
            for command in pursuit.next(self.rows.get(pursuit.name, ()), now)
        ]
        self.commands += [command for _pursuit, command in todo]
        if check_mode or not todo:
            return False
        answers = run_mqsc(self._runner, self.installation, self.name, [command for _pursuit, command in todo]).answers
        for (pursuit, command), answer in zip(todo, answers):
            if answer.error is not None and _TOLERATED[command.verb] not in {identifier[:7] for identifier in answer.messages}:
                raise ToolError(
                    f"The channel {pursuit.name} of the queue manager {self.name} was sent {command.redacted()} and the answer "
                    f"was {answer.error.rstrip('.:-')}; correct its definition (mqfleet.tls.mqsc) or its name."
                )
            pursuit.answered(command, answer.error, self._clock())
        return True


def read_error_log(directory: str, since: datetime) -> list[dict[str, Any]]:
    """The newest entries of AMQERR01.LOG since a moment; none where there is no log."""
    try:
        with open(os.path.join(directory, "errors", "AMQERR01.LOG"), "rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - _LOG_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    begin = since.strftime("%Y-%m-%dT%H:%M:%S")
    kept = [entry for entry in parse_error_log(text) if entry.time_utc is None or entry.time_utc >= begin]
    keys = ("id", "text", "explanation", "channel", "time", "time_utc", "remote_host", "process")
    return [{**{key: getattr(entry, key) for key in keys}, "inserts": dict(entry.inserts)} for entry in kept[-_LOG_ENTRIES:]]


def run(
    parameters: dict[str, Any],
    runner: CommandRunner,
    check_mode: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """The module without Ansible: its result (with ``failed`` and ``msg`` where a channel is not as wanted), or an MqTlsError."""
    for option in ("channels", "restart", "responders"):
        check_names(parameters[option], option)
    if parameters["restart"] and parameters["state"] != "started":
        raise InputError(f"The option restart is given with state {parameters['state']}; it only goes with state started.")
    channels = Channels(parameters, runner, clock, sleep)
    channels.pursue(check_mode)
    changes = [change for pursuit in channels.pursuits for change in pursuit.changes]
    before, after = diff(changes)
    result: dict[str, Any] = {
        "changed": bool(changes),
        "changes": changes,
        "commands": [command.redacted() for command in channels.commands],
        "channels": {name: list(rows) for name, rows in channels.rows.items()},
        "summary": {name: summary(rows) for name, rows in channels.rows.items()},
        "diff": {"before": before, "after": after},
    }
    if parameters["error_log"]:
        running = all(any(row.get("STATUS") == "RUNNING" for row in rows) for rows in channels.rows.values())
        since = datetime.now(timezone.utc) - timedelta(minutes=parameters["error_log_minutes"])
        result["error_log"] = [] if running else read_error_log(channels.installation.directory(channels.name), since)
    missed = [] if check_mode or not parameters["wait"] else channels.missed()
    if missed:
        result.update(failed=True, msg=_sentence(parameters, missed, result.get("error_log", ())))
    return result


def _sentence(parameters: dict[str, Any], missed: Sequence[Pursuit], log: Sequence[dict[str, Any]]) -> str:
    named = ", ".join(f"{pursuit.name} ({pursuit.status})" for pursuit in missed)
    names = {pursuit.name for pursuit in missed}
    said = [entry for entry in log if entry["channel"] in names and not entry["id"].startswith("AMQ9999")]
    reason = f"; the latest message is {said[-1]['id']}: {said[-1]['text'].rstrip('.')}" if said else ""
    advice = "see error_log" if log else "set error_log, or look at AMQERR01.LOG"
    return (
        f"The channels {named} of the queue manager {parameters['queue_manager']} were to be {parameters['state']} and are not"
        f"{reason}; {advice}."
    )


def argument_spec() -> dict[str, Any]:
    """The options of DOCUMENTATION."""
    return {
        "queue_manager": {"type": "str", "required": True},
        "installation": {"type": "path", "default": "/opt/mqm"},
        "data_path": {"type": "path", "default": "/var/mqm"},
        "channels": {"type": "list", "elements": "str", "default": []},
        "state": {"type": "str", "choices": ["started", "stopped", "inactive", "observed"], "default": "started"},
        "mode": {"type": "str", "choices": ["quiesce", "force", "terminate"], "default": "quiesce"},
        "restart": {"type": "list", "elements": "str", "default": []},
        "responders": {"type": "list", "elements": "str", "default": []},
        "wait": {"type": "bool", "default": True},
        "timeout": {"type": "float", "default": 30},
        "error_log": {"type": "bool", "default": False},
        "error_log_minutes": {"type": "int", "default": 10},
    }


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        result = run(module.params, SubprocessRunner(), module.check_mode)
    except ToolError as error:
        module.fail_json(msg=str(error), rc=error.rc, stdout=error.stdout, stderr=error.stderr)
    except MqTlsError as error:
        module.fail_json(msg=str(error))
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
