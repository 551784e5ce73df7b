#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_report
short_description: Write a report on the fleet as HTML, JSON and CSV
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - Brings together the plan of the fleet and what was read of each host of the play, and writes what is wrong, the topology, certificates
    by days left, links, queue managers and channels.
  - C(report.html) is one file without outside references. It fetches nothing and needs nothing beside it.
  - C(report.json) has the same data; C(queue_managers.csv), C(links.csv), C(certificates.csv), C(channels.csv) and C(findings.csv) have
    one table each. In a CSV file, a text that a spreadsheet would take for a formula has an apostrophe before it.
  - What was read of a host are the registered results C(mq_tls_repository_reading) of M(mqfleet.tls.key_repository_info) and
    C(mq_tls_queue_manager_reading) of M(mqfleet.tls.queue_manager_info) with all parts. The tasks C(gather) of the role read and register
    both. A host without them is reported as not read.
  - Runs on the controller, needs no connection and changes nothing on a host. Use it with C(run_once).
options:
  topology:
    description: The plan of the fleet, as M(mqfleet.tls.topology) returns it.
    type: dict
    required: true
  dir:
    description: Folder on the controller for the files. It is made where it is missing; files of an earlier report are replaced.
    type: path
    required: true
  verification:
    description:
      - A file that M(mqfleet.tls.link_verification) wrote (its option O(mqfleet.tls.link_verification#module:path)).
      - It explains links that do not run from the error logs. What was read now goes before it.
      - Where the file is not there, the report is made without it, with a warning.
    type: path
  drift:
    description:
      - A file that M(mqfleet.tls.drift_report) wrote (its option O(mqfleet.tls.drift_report#module:path)). What differs becomes findings.
      - It also says which trusted certificates no link needs, of which those that are still there are shown (see O(undescribed)).
      - Where the file is not there, the report is made without it, with a warning.
    type: path
  audit:
    description:
      - A file that M(mqfleet.tls.fleet_audit) wrote (its option O(mqfleet.tls.fleet_audit#module:path)). What it found is shown too.
      - Where the file is not there, the report is made without it, with a warning.
    type: path
  findings:
    description:
      - Findings of other examinations, with the keys C(severity) (V(error), V(warning) or V(note)), C(queue_manager), C(object), C(text)
        and C(source).
    type: list
    elements: dict
    default: []
  undescribed:
    description:
      - Whether findings of the severity V(note) tell what is there and not described, as M(mqfleet.tls.drift_report) does.
      - These are channels without TLS, CHLAUTH rules that let in, and personal certificates beside the one in use, by what was read now,
        and trusted certificates that no link needs, by O(drift).
      - A queue manager that O(topology) does not plan has no description, and nothing is told of it.
    type: bool
    default: true
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
    details: The files hold the time at which they were written.
seealso:
  - module: mqfleet.tls.key_repository_info
  - module: mqfleet.tls.queue_manager_info
  - module: mqfleet.tls.link_verification
  - module: mqfleet.tls.drift_report
  - module: mqfleet.tls.fleet_audit
"""

EXAMPLES = r"""
- name: Plan the fleet
  mqfleet.tls.topology:
  register: mq_tls_topology
  run_once: true

- name: Read the fleet
  ansible.builtin.import_role:
    name: mqfleet.tls.mq_tls
    tasks_from: gather

- name: Write the report
  mqfleet.tls.fleet_report:
    topology: "{{ mq_tls_topology }}"
    dir: "{{ inventory_dir }}/report"
  run_once: true
# 12 queue managers: 1 link failed, 2 certificates end soon, 1 error in all, 2 warnings. The report is in .../report/report.html.
"""

RETURN = r"""
files:
  description: The files that were written, C(report.html) first.
  returned: success
  type: list
  elements: str
summary:
  description: The worst, and how many of each there are.
  returned: success
  type: dict
  contains:
    state: {description: 'V(error), V(warning) or V(ok).', type: str}
    text: {description: The summary in one sentence., type: str, sample: '2 queue managers: nothing is wrong.'}
    counts:
      description: The numbers by state of C(queue_managers), C(links) and C(certificates), and by severity of C(findings).
      type: dict
      sample: {queue_managers: {ok: 2}, links: {ok: 2}, certificates: {ok: 3}, findings: {}}
msg:
  description: The summary, and where the report is.
  returned: success
  type: str
"""


from ansible.module_utils.basic import AnsibleModule


def main():
    # The same as in the action plugin, which checks it.
    argument_spec = {
        "topology": {"type": "dict", "required": True},
        "dir": {"type": "path", "required": True},
        "verification": {"type": "path"},
        "drift": {"type": "path"},
        "audit": {"type": "path"},
        "findings": {"type": "list", "elements": "dict", "default": []},
        "undescribed": {"type": "bool", "default": True},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.fleet_report does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
