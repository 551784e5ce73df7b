#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_audit
short_description: Hold policies against what was read of the fleet
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - A policy is a JMESPath expression over what was read of a queue manager. It returns what offends.
  - There is a set of default policies, for example no channel without TLS, no certificate over 398 days, no RSA key under 2048 bits, no
    SHA-1. Own ones stand beside them. C(docs/audit.md) of the collection lists them and describes what an expression may ask for.
  - A waiver sets findings aside until a day. One that has ended, and one that matches nothing, is a finding itself.
  - A queue manager that could not be read is a finding of severity V(error).
  - What was read of a host are the registered results C(mq_tls_repository_reading) of M(mqfleet.tls.key_repository_info) and
    C(mq_tls_queue_manager_reading) of M(mqfleet.tls.queue_manager_info) with all parts. The tasks C(gather) of the role read and register
    both.
  - Shows the findings on the screen, and fails when there are any of severity O(fail_on) or worse.
  - Runs on the controller, needs no connection and changes nothing. Use it with C(run_once).
requirements:
  - jmespath, on the controller
  - cryptography, on the controller
options:
  policies:
    description:
      - Own policies. One that has the name of a default policy stands in its place.
      - Anything wrong in them is refused before anything is looked at.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name, of small letters, digits, C(-) and C(.).
        type: str
        required: true
      severity:
        description: How bad it is.
        type: str
        choices: [error, warning, note]
        required: true
      find:
        description:
          - A JMESPath expression that returns what offends, as a list of objects or texts, V(true) for the queue manager itself, or nothing
            (null, V(false), an empty list).
          - An unknown function, a name in small letters that no queue manager has, and C(<) or C(>) with a text are refused.
        type: str
        required: true
      text:
        description: What is wrong. V({KEY}) stands for this key of the object that offends.
        type: str
        required: true
      description:
        description: What the policy asks for.
        type: str
      remedy:
        description: What to do. V({KEY}) is replaced here, too.
        type: str
  disabled:
    description: Names of policies that are not looked at.
    type: list
    elements: str
    default: []
  waivers:
    description: What is to be set aside, and until when.
    type: list
    elements: dict
    default: []
    suboptions:
      policy:
        description: Name of the policy, or V(*) for all.
        type: str
        required: true
      queue_manager:
        description: Name of the queue manager. V(*) stands for any characters, V(?) for one.
        type: str
        default: '*'
      object:
        description: The object as a finding names it, for example V(CHANNEL OLD.*).
        type: str
        default: '*'
      until:
        description: The last day (UTC) on which it is set aside, as V(2027-03-31).
        type: str
        required: true
      reason:
        description: Why.
        type: str
        required: true
  only_validate:
    description: Refuse what is wrong in O(policies), O(disabled) and O(waivers), and look at no queue manager.
    type: bool
    default: false
  fail_on:
    description: The severity that makes it fail; whatever is worse does, too.
    type: str
    choices: [error, warning, note]
    default: error
  fail:
    description: Fail when there are such findings.
    type: bool
    default: true
  path:
    description: File on the controller to write the result to as JSON.
    type: path
  junit:
    description:
      - File on the controller to write JUnit XML to.
      - It has a test case for each policy that a queue manager keeps and one for each finding, which fails when its severity is O(fail_on)
        or worse.
    type: path
attributes:
  check_mode:
    support: full
    description: Can run in check mode and say what would be changed without changing it.
    details: It changes nothing but its files, which are written in check mode too.
  diff_mode:
    support: N/A
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    support: full
    description: A second run with the same options changes nothing and reports no change.
seealso:
  - module: mqfleet.tls.key_repository_info
  - module: mqfleet.tls.queue_manager_info
  - module: mqfleet.tls.fleet_report
"""

EXAMPLES = r"""
- name: Read the fleet
  ansible.builtin.import_role:
    name: mqfleet.tls.mq_tls
    tasks_from: gather

- name: Audit the fleet
  mqfleet.tls.fleet_audit:
    policies:
      - name: old-version
        severity: warning
        find: version_number < `9030000`
        text: IBM MQ {version} is older than 9.3
        remedy: upgrade it
      - name: many-client-connections
        severity: note
        find: channels[?CHLTYPE == 'SVRCONN' && MAXINST > `500`]
        text: up to {MAXINST} instances may run
    waivers:
      - policy: channel-without-tls
        queue_manager: QM7
        object: CHANNEL OLD.*
        until: 2027-03-31
        reason: the partner moves to TLS in the first quarter
  run_once: true
# error    QM1  channel-without-tls  CHANNEL TO.QM9  this SDR channel has no SSLCIPH and carries its messages in the clear
"""

RETURN = r"""
findings:
  description: What is not as it should be, the worst first.
  returned: when policies were held against the fleet
  type: list
  elements: dict
  contains:
    policy: {description: 'Name of the policy, or V(not-read), V(not-judged), V(waiver-ended), V(waiver-unused).', type: str}
    severity: {description: 'V(error), V(warning) or V(note).', type: str}
    queue_manager: {description: Name of the queue manager; blank for a waiver for several., type: str}
    host: {description: Inventory host., type: str}
    object: {description: 'What it is about, for example V(CHANNEL QM1.TO.QM2).', type: str}
    text: {description: What is wrong., type: str}
    remedy: {description: What to do., type: str}
waived:
  description: Findings that a waiver sets aside, with C(until) and C(reason).
  returned: when policies were held against the fleet
  type: list
  elements: dict
passed:
  description: Which C(policy) each C(queue_manager) keeps.
  returned: when policies were held against the fleet
  type: list
  elements: dict
counts:
  description: How many findings there are of each severity, and how many are C(waived).
  returned: when policies were held against the fleet
  type: dict
  sample: {error: 1, warning: 0, note: 3, waived: 1}
failing:
  description: How many findings are of severity O(fail_on) or worse.
  returned: when policies were held against the fleet
  type: int
msg:
  description: The result in one sentence.
  returned: always
  type: str
  sample: 1 error, 0 warnings, 3 notes, 1 set aside by waivers.
"""


from ansible.module_utils.basic import AnsibleModule


def main():
    # The action plugin checks it. It takes policies and waivers as they are, so that what is wrong in them is named with its place.
    policy = {
        "name": {"type": "str", "required": True},
        "severity": {"type": "str", "choices": ["error", "warning", "note"], "required": True},
        "find": {"type": "str", "required": True},
        "text": {"type": "str", "required": True},
        "description": {"type": "str"},
        "remedy": {"type": "str"},
    }
    waiver = {
        "policy": {"type": "str", "required": True},
        "queue_manager": {"type": "str", "default": "*"},
        "object": {"type": "str", "default": "*"},
        "until": {"type": "str", "required": True},
        "reason": {"type": "str", "required": True},
    }
    argument_spec = {
        "policies": {"type": "list", "elements": "dict", "default": [], "options": policy},
        "disabled": {"type": "list", "elements": "str", "default": []},
        "waivers": {"type": "list", "elements": "dict", "default": [], "options": waiver},
        "only_validate": {"type": "bool", "default": False},
        "fail_on": {"type": "str", "choices": ["error", "warning", "note"], "default": "error"},
        "fail": {"type": "bool", "default": True},
        "path": {"type": "path"},
        "junit": {"type": "path"},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.fleet_audit does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
