#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_adoption
short_description: Write the variables that describe a fleet that exists
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - Joins the senders and receivers of the hosts of the play to links, and describes each queue manager, its listener, its certificate and
    its key repository by the variables of the role. With these variables M(mqfleet.tls.topology) plans what is there.
  - What was read of a host are the registered results C(mq_tls_queue_manager_reading) of M(mqfleet.tls.queue_manager_info) with all parts
    and C(mq_tls_repository_reading) of M(mqfleet.tls.key_repository_info). The tasks C(adopt) of the role read and register both.
  - The variables are planned, and the plan is compared with what was read. What differs, and what has no variable, is listed.
  - Publishes the certificate of each queue manager in the PKI folder, where partners with self-signed certificates find it.
  - Runs on the controller, needs no connection and changes nothing on a host. Use it with C(run_once).
options:
  dir:
    description: Folder on the controller for C(group_vars/all/mq_tls.yml) and C(host_vars/HOST/mq_tls.yml). It is made where it is missing.
    type: path
    required: true
  pki_dir:
    description: The PKI folder on the controller.
    type: path
    required: true
  overwrite:
    description: Whether files with other variables, and published certificates that are not those of the key repositories, are replaced.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Can run in check mode and say what would be changed without changing it.
  diff_mode:
    support: full
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    support: full
    description: A second run with the same options changes nothing and reports no change.
seealso:
  - module: mqfleet.tls.topology
  - module: mqfleet.tls.key_repository_info
  - module: mqfleet.tls.queue_manager_info
"""

EXAMPLES = r"""
- name: Describe what is there
  mqfleet.tls.fleet_adoption:
    dir: "{{ inventory_dir }}/adopted"
    pki_dir: "{{ inventory_dir }}/pki"
  register: adopted
  run_once: true
# 2 of 2 queue managers and 2 links are described in .../adopted; nothing was found that this does not describe.
"""

RETURN = r"""
files:
  description: The files with variables, that of the fleet first.
  returned: success
  type: list
  elements: str
variables:
  description: What they hold, C(all) for the fleet and C(hosts) by host.
  returned: success
  type: dict
  sample: {all: {mq_tls_links: [{from: QM1, to: QM2}]}, hosts: {qm1: {mq_tls_queue_manager: QM1}}}
not_described:
  description: What has no variable, and what M(mqfleet.tls.mqsc) and M(mqfleet.tls.key_repository) would change with these variables.
  returned: success
  type: list
  elements: str
changes:
  description: The files that were written, or in check mode would be.
  returned: success
  type: list
  elements: dict
msg:
  description: The result in one sentence.
  returned: success
  type: str
"""


from ansible.module_utils.basic import AnsibleModule


def main():
    # The same as in the action plugin, which checks it.
    argument_spec = {
        "dir": {"type": "path", "required": True},
        "pki_dir": {"type": "path", "required": True},
        "overwrite": {"type": "bool", "default": False},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.fleet_adoption does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
