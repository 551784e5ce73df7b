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
  certificates:
    description:
      - With this option the certificates of the queue manager are looked at too, in the same remote execution. Its listener is asked for
        the certificate that it presents, which is compared with the one that the key repository holds. They differ where a refresh is
        outstanding, since a queue manager works with what it has read before.
      - The listener is asked by a TLS handshake from the host of the queue manager itself, which ends there. The error log gets an entry
        about a connection that ended before its channel was known, such as AMQ9209E. A channel of O(responders) with a CERTLABL of its own
        is asked for by its name, as partners ask.
      - A listener that cannot be asked is no failure.
    type: dict
    suboptions:
      objects:
        description:
          - The objects with which the queue manager is described, as for O(mqfleet.tls.mqsc#module:objects). Those that count here are the
            listener and the labels.
        type: list
        elements: dict
        default: []
      path:
        description: Stem of the key repository. Left out, C(ssl/key) in the directory of the queue manager.
        type: path
      type:
        description: As for M(mqfleet.tls.key_repository).
        type: str
        choices: [auto, cms, pkcs12]
        default: auto
      password:
        description: Password of a PKCS#12 repository that was made by hand.
        type: str
      refresh:
        description: As for O(mqfleet.tls.mqsc#module:refresh). It is only returned.
        type: str
        choices: [when_needed, never]
        default: when_needed
      refresh_window:
        description: As for O(mqfleet.tls.mqsc#module:refresh_window). It only decides on RV(certificates.refresh_window_opens).
        type: raw
        default: ""
seealso:
  - module: mqfleet.tls.mqsc
  - module: mqfleet.tls.link_verification
requirements:
  - For O(certificates) the Python library C(cryptography), version 36 or later, where the key repository is of type PKCS#12 and
    M(mqfleet.tls.key_repository) does not keep its contents
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

- name: Does the listener present the certificate that the key repository holds?
  mqfleet.tls.channel:
    queue_manager: QM2
    responders: [QM1.TO.QM2]
    state: observed
    certificates:
      objects:
        - {object: LISTENER, name: TLS.LISTENER, attributes: {PORT: 1414}}
  register: seen
# seen.certificates.presented:
#   - label: ibmwebspheremqqm2
#     channels: [QM1.TO.QM2]
#     state: other
#     presented: {serial_number: '4A:11:0C', fingerprint: 'A1:0F:...'}
#     held: {serial_number: '5B:22:1D', fingerprint: 'B2:1E:...'}

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
    - Entries of the error log of the last O(error_log_minutes), the newest last, at most 100 and 10 more for each channel. Those that
      only inform are left out.
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
certificates:
  description: The certificates of the queue manager.
  returned: when O(certificates) is given
  type: dict
  contains:
    held:
      description:
        - The certificate that the key repository holds under the label of the queue manager, with C(label), C(subject), C(issuer),
          C(serial_number), C(not_before), C(not_after) and C(fingerprint); null where there is none.
      type: dict
    trusted:
      description: Subjects of the certificates that the key repository trusts.
      type: list
      elements: str
    problem:
      description: Why the key repository could not be read; blank where it was.
      type: str
    presented:
      description: What the listener presents, an item for each label.
      type: list
      elements: dict
      contains:
        label: {description: The label., type: str}
        channels: {description: Those of O(responders) that present what it names., type: list, elements: str}
        state:
          description: V(current) for the certificate that is held, V(other) for another one, V(not checked) where one of both is not known.
          type: str
        reason: {description: Why it was not checked., type: str}
        presented: {description: C(serial_number) and C(fingerprint) of what was presented; null where nothing was., type: dict}
        held: {description: The same of what is held under the label; null where nothing is., type: dict}
    settings:
      description: What the queue manager has enabled of TLS; SSLFIPS and SUITEB of the queue manager, and the SSL stanza of C(qm.ini).
      type: dict
    refresh: {description: As given., type: str}
    refresh_outstanding:
      description: Whether a run has changed the key repository or TLS attributes and has not come to refresh the queue manager.
      type: bool
    refresh_window_opens:
      description: Local time of the host at which the window opens that holds the refresh back; null where none does.
      type: str
"""

import time
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._core.errors import InputError, MqTlsError, ToolError
from ..module_utils._core.mqsc.channel_status import Pursuit, check_names, summary
from ..module_utils._core.mqsc.plan import diff
from ..module_utils._core.refresh_window import RefreshWindow
from ..module_utils._ports.channels import Channels, read_error_log
from ..module_utils._ports.command import CommandRunner, SubprocessRunner


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
    RefreshWindow.parse((parameters["certificates"] or {}).get("refresh_window"), "certificates.refresh_window")
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
        result["error_log"] = [] if running else read_error_log(channels.installation.directory(channels.name), since, len(channels.rows))
    if parameters["certificates"] is not None:
        from ..module_utils._ports.listener import certificates  # noqa: PLC0415 - key repositories, which else no channel needs

        # after the error log was read, in which the handshake leaves an entry
        found = certificates(channels.name, parameters["certificates"], parameters["responders"], channels.installation, runner)
        result["certificates"] = {**found, "settings": {**found["settings"], **_of_queue_manager(channels.settings)}}
    missed = [] if check_mode or not parameters["wait"] else channels.missed()
    if missed:
        result.update(failed=True, msg=_sentence(parameters, missed, result.get("error_log", ())))
    return result


def _of_queue_manager(shown: Mapping[str, Any]) -> dict[str, str]:
    """What of its attributes decides on the CipherSpecs that it has enabled."""
    return {keyword: value for keyword, value in shown.items() if keyword in ("SSLFIPS", "SUITEB")}


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
        "certificates": {
            "type": "dict",
            "options": {
                "objects": {"type": "list", "elements": "dict", "default": []},
                "path": {"type": "path"},
                "type": {"type": "str", "choices": ["auto", "cms", "pkcs12"], "default": "auto"},
                "password": {"type": "str", "no_log": True},
                "refresh": {"type": "str", "choices": ["when_needed", "never"], "default": "when_needed"},
                "refresh_window": {"type": "raw", "default": ""},
            },
        },
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
