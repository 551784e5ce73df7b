#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_report
short_description: Say in words what differs from the description of the fleet
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - Collects what M(mqfleet.tls.key_repository) and M(mqfleet.tls.mqsc) would have changed on each host of the play, from their
    results in check mode, and reports it for each queue manager.
  - Names the queue managers that could not be read apart from those that differ.
  - A queue manager whose refresh is held back differs too, since it still works with older TLS settings.
  - Shows the report on the screen, and fails when anything differs or could not be read.
  - Runs on the controller, needs no connection and changes nothing. Use it with C(run_once).
options:
  results:
    description: Names of the registered variables that hold the results, in the order of the report.
    type: list
    elements: str
    default: [mq_tls_key_repository_result, mq_tls_mqsc_result]
  path:
    description: File on the controller to write RV(drift), RV(unread) and RV(undescribed) to as JSON.
    type: path
  junit:
    description:
      - File on the controller to write JUnit XML to.
      - It has a test case for each thing that differs, and each that is not described, and one for each queue manager
        that is as described or could not be read.
    type: path
  undescribed:
    description:
      - What to do with what is there and not described, of which the results tell (RV(mqfleet.tls.mqsc#module:undescribed) and
        RV(mqfleet.tls.key_repository#module:undescribed)). These are channels without TLS, CHLAUTH rules that let in, trusted and personal
        certificates.
      - V(show) names it apart from what differs, V(fail) fails for it, too.
    type: str
    choices: [ignore, show, fail]
    default: show
  fail:
    description: Fail when RV(differs).
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Can run in check mode and say what would be changed without changing it.
    details: It only computes. The files O(path) and O(junit) are written in check mode too.
  diff_mode:
    support: N/A
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    support: full
    description: A second run with the same options changes nothing and reports no change.
seealso:
  - module: mqfleet.tls.key_repository
  - module: mqfleet.tls.mqsc
"""

EXAMPLES = r"""
- name: Compare the channels
  mqfleet.tls.mqsc:
    queue_manager: "{{ mq_tls_topology.queue_managers[inventory_hostname].queue_manager }}"
    objects: "{{ mq_tls_topology.queue_managers[inventory_hostname].objects }}"
  check_mode: true
  register: mq_tls_mqsc_result

- name: Report the differences
  mqfleet.tls.drift_report:
    results: [mq_tls_mqsc_result]
  run_once: true

# What a report looks like:
#   1 of 2 queue managers differ from their description.
#
#   QM1 (host qm1)
#     CHANNEL QM2.TO.QM1: differs
#       SSLCAUTH: is OPTIONAL, should be REQUIRED
#     TRUST CN=MQ fleet CA: is missing
#     SECURITY SSL: is to be refreshed (CERTLABL changed)
#       interrupts 12 client connections (SVRCONN), 3 receiving and 2 sending channels
#
#   What is there and nobody described. It is never changed, since somebody may need it.
#
#   QM1 (host qm1)
#     CHANNEL OLD.APP: SVRCONN channel without TLS
"""

RETURN = r"""
drift:
  description: The queue managers that differ.
  returned: always
  type: list
  elements: dict
  contains:
    queue_manager: {description: Name of the queue manager., type: str}
    host: {description: Inventory host., type: str}
    changes:
      description: What C(site) would change, with the keys C(object), C(name), C(action), C(attributes) and perhaps C(reason).
      type: list
      elements: dict
    interrupts:
      description: What the refresh among them interrupts, as RV(mqfleet.tls.mqsc#module:interrupts).
      type: dict
    refresh_outstanding:
      description: Whether a refresh is due and held back, as RV(mqfleet.tls.mqsc#module:refresh_outstanding).
      type: bool
    refresh_window_opens:
      description: Until when it is held back, as RV(mqfleet.tls.mqsc#module:refresh_window_opens).
      type: str
undescribed:
  description: What is there and not described, by queue manager. Nothing of it is changed by C(site), but for what it is told to purge.
  returned: always
  type: list
  elements: dict
  contains:
    queue_manager: {description: Name of the queue manager., type: str}
    host: {description: Inventory host., type: str}
    items:
      description: With C(object) (V(CHANNEL), V(CHLAUTH), V(TRUST), V(CERTIFICATE)), C(name) and C(reason).
      type: list
      elements: dict
differs:
  description: Whether anything differs or could not be read, or, with O(undescribed=fail), is not described.
  returned: always
  type: bool
unread:
  description: The queue managers that could not be read, with the keys C(queue_manager), C(host) and C(problem).
  returned: always
  type: list
  elements: dict
msg:
  description: The report in one sentence.
  returned: always
  type: str
  sample: All 2 queue managers are as described.
text:
  description: The report.
  returned: always
  type: str
"""


from ansible.module_utils.basic import AnsibleModule


def main():
    # The same as in the action plugin, which checks it.
    argument_spec = {
        "results": {"type": "list", "elements": "str", "default": ["mq_tls_key_repository_result", "mq_tls_mqsc_result"]},
        "path": {"type": "path"},
        "junit": {"type": "path"},
        "undescribed": {"type": "str", "choices": ["ignore", "show", "fail"], "default": "show"},
        "fail": {"type": "bool", "default": True},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.drift_report does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
