#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a queue manager has, in the words in which it can be described."""

from __future__ import annotations

DOCUMENTATION = r"""
module: queue_manager_info
short_description: Reads the objects and the channel status of an IBM MQ queue manager
version_added: 0.1.0
author:
  - the mqfleet.tls authors (@mqfleet)
description:
  - Reads a queue manager with one run of C(runmqsc).
  - Objects are returned as M(mqfleet.tls.mqsc) takes them, so that what was read on one day can be restored, or given to another queue
    manager.
extends_documentation_fragment:
  - mqfleet.tls.attributes
  - mqfleet.tls.attributes.info
  - mqfleet.tls.queue_manager
options:
  gather:
    description:
      - What to read. V(status) are the channels that are active, V(version) the version of the installation, V(tls_settings) what the
        queue manager's configuration file says about TLS, V(channel_history) what has become of those that
        V(channels) reads.
    type: list
    elements: str
    choices: [queue_manager, authinfo, namelists, queues, listeners, channels, chlauth, status, version, tls_settings, channel_history]
    default: [queue_manager, channels, status]
  system_objects:
    description: Whether to return objects whose names begin with C(SYSTEM.), too.
    type: bool
    default: false
seealso:
  - module: mqfleet.tls.mqsc
  - module: mqfleet.tls.channel
"""

EXAMPLES = r"""
- name: Keep what is there
  mqfleet.tls.queue_manager_info:
    queue_manager: QM1
    gather: [queue_manager, channels, listeners, chlauth]
  register: today

- name: Which channels carry no TLS
  ansible.builtin.debug:
    msg: "{{ today.objects | selectattr('object', 'eq', 'CHANNEL') | selectattr('attributes.SSLCIPH', 'eq', '') | map(attribute='name') }}"

- name: Back to what was there
  mqfleet.tls.mqsc:
    queue_manager: QM1
    objects: "{{ today.objects }}"

- name: Who is connected, and with which certificate
  mqfleet.tls.queue_manager_info:
    queue_manager: QM1
    gather: [status]
  register: now
"""

RETURN = r"""
objects:
  description:
    - The objects, as O(mqfleet.tls.mqsc#module:objects) takes them.
    - Passwords, dates, and what cannot be set are left out.
  returned: always
  type: list
  elements: dict
  sample:
    - {object: QMGR, attributes: {CERTLABL: ibmwebspheremqqm1, SSLKEYR: /var/mqm/qmgrs/QM1/ssl/key}}
    - {object: CHANNEL, name: QM2.TO.QM1, attributes: {CHLTYPE: RCVR, SSLCAUTH: REQUIRED, SSLCIPH: ANY_TLS12_OR_HIGHER}}
queue_manager:
  description: All that C(DISPLAY QMGR ALL) shows.
  returned: when V(queue_manager) is in O(gather)
  type: dict
  sample: {QMNAME: QM1, CMDLEVEL: '942'}
channels:
  description: The records of C(DISPLAY CHSTATUS) by channel, one for each instance. A channel that is inactive has none.
  returned: when V(status) is in O(gather)
  type: dict
  sample: {QM1.TO.QM2: [{CHANNEL: QM1.TO.QM2, STATUS: RUNNING, SECPROT: TLSV13}]}
summary:
  description: For each of them the facts of one instance, as M(mqfleet.tls.channel) returns them.
  returned: when V(status) is in O(gather)
  type: dict
  sample: {QM1.TO.QM2: {status: RUNNING, protocol: TLSV13, partner: 'SERIALNUMBER=4A:11:0C,CN=QM2'}}
version:
  description: The version of the installation.
  returned: when V(version) is in O(gather)
  type: str
  sample: 9.4.2.0
tls_settings:
  description: What decides on handshakes in the SSL stanza of C(qm.ini).
  returned: when V(tls_settings) is in O(gather)
  type: dict
  sample: {AllowTLSV13: 'TRUE'}
channel_history:
  description: By channel, when its definition was last altered, and whether it has ever run, which leaves a saved status behind.
  returned: when V(channel_history) is in O(gather)
  type: dict
  sample: {QM1.TO.QM2: {ALTDATE: '2026-11-25', ALTTIME: '17.23.49', has_run: true}}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._core.errors import MqTlsError, ToolError
from ..module_utils._core.mqsc.channel_status import summary
from ..module_utils._core.mqsc.command import Command
from ..module_utils._core.mqsc.objects import describe
from ..module_utils._core.mqsc.plan import check_answers
from ..module_utils._core.mqsc.report import Answer, Record
from ..module_utils._ports.command import CommandRunner, SubprocessRunner
from ..module_utils._ports.installation import Installation
from ..module_utils._ports.runmqsc import run_mqsc

# In the order in which mqsc would make the objects.
_ASKED = {
    "queue_manager": ("QMGR",),
    "authinfo": ("AUTHINFO",),
    "namelists": ("NAMELIST",),
    "queues": ("QLOCAL", "QREMOTE"),
    "listeners": ("LISTENER", "LSSTATUS"),
    "channels": ("CHANNEL",),
    "chlauth": ("CHLAUTH",),
    "status": ("CHSTATUS",),
    "channel_history": ("SAVED",),
}


def run(parameters: dict[str, Any], runner: CommandRunner) -> dict[str, Any]:
    """The module without Ansible: its result, or an MqTlsError."""
    name = parameters["queue_manager"]
    installation = Installation(parameters["installation"], parameters["data_path"])
    installation.directory(name)
    nouns = [noun for part, nouns in _ASKED.items() if part in parameters["gather"] for noun in nouns]
    commands = [_question(noun) for noun in nouns]
    answers: dict[str, Answer] = {}
    if commands:
        report = run_mqsc(runner, installation, name, commands, timeout=120)
        check_answers(commands, report, name)
        answers = dict(zip(nouns, report.answers))
    result: dict[str, Any] = {"changed": False, "objects": _objects(answers, parameters["system_objects"])}
    if "QMGR" in answers:
        result["queue_manager"] = answers["QMGR"].records[0]
    if "CHSTATUS" in answers:
        rows: dict[str, list[Record]] = {}
        for row in answers["CHSTATUS"].records:
            rows.setdefault(str(row.get("CHANNEL", "")), []).append(row)
        result["channels"] = rows
        result["summary"] = {channel: summary(instances) for channel, instances in rows.items()}
    if "SAVED" in answers:
        result["channel_history"] = _history(answers)
    if "version" in parameters["gather"]:
        result["version"] = _version(runner, installation)
    if "tls_settings" in parameters["gather"]:
        result["tls_settings"] = installation.tls_settings(name)
    return result


def _question(noun: str) -> Command:
    if noun == "SAVED":
        return Command("DISPLAY", "CHSTATUS", "*", (("SAVED", True),))
    return Command("DISPLAY", noun, None if noun == "QMGR" else "*", (("ALL", True),))


def _history(answers: dict[str, Answer]) -> dict[str, Any]:
    has_run = {record.get("CHANNEL") for record in answers["SAVED"].records}
    definitions = answers["CHANNEL"].records if "CHANNEL" in answers else ()
    return {
        str(record["CHANNEL"]): {
            **{key: record[key] for key in ("ALTDATE", "ALTTIME") if key in record},
            "has_run": record["CHANNEL"] in has_run,
        }
        for record in definitions
        if record.get("CHLTYPE") != "CLNTCONN"  # it may share its name with another channel, and has no status here
    }


def _objects(answers: dict[str, Answer], system_objects: bool) -> list[dict[str, Any]]:
    running = {record.get("LISTENER") for record in answers["LSSTATUS"].records} if "LSSTATUS" in answers else set()
    objects = []
    for noun, answer in answers.items():
        if noun in ("LSSTATUS", "CHSTATUS", "SAVED"):
            continue
        for record in answer.records:
            one = describe(noun, record)
            if noun == "LISTENER":
                one["started"] = one["name"] in running
            if system_objects or not one.get("name", "").startswith("SYSTEM."):
                objects.append(one)
    return objects


def _version(runner: CommandRunner, installation: Installation) -> str:
    result = runner.run([installation.program("dspmqver"), "-b", "-f", "2"])
    if result.rc != 0 or not result.stdout.strip():
        raise ToolError(
            f"The version of the installation {installation.path} was asked for and dspmqver ended with return code {result.rc}; "
            f"run dspmqver by hand to see why.",
            rc=result.rc,
            stdout=result.stdout,
            stderr=result.stderr,
        )
    return result.stdout.strip()


def argument_spec() -> dict[str, Any]:
    """The options of DOCUMENTATION."""
    return {
        "queue_manager": {"type": "str", "required": True},
        "installation": {"type": "path", "default": "/opt/mqm"},
        "data_path": {"type": "path", "default": "/var/mqm"},
        "gather": {
            "type": "list",
            "elements": "str",
            "choices": [
                "queue_manager",
                "authinfo",
                "namelists",
                "queues",
                "listeners",
                "channels",
                "chlauth",
                "status",
                "version",
                "tls_settings",
                "channel_history",
            ],
            "default": ["queue_manager", "channels", "status"],
        },
        "system_objects": {"type": "bool", "default": False},
    }


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        module.exit_json(**run(module.params, SubprocessRunner()))
    except ToolError as error:
        module.fail_json(msg=str(error), rc=error.rc, stdout=error.stdout, stderr=error.stderr)
    except MqTlsError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
