#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ca_rollover
short_description: The barrier between the steps of a move from one certificate authority to another
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - A fleet moves to another certificate authority (CA) in three steps. All queue managers accept certificates of both; then all get a
    certificate of the new one; then the old one is not accepted any more. The playbook C(mqfleet.tls.rotate_ca) makes them.
  - This action says for each queue manager where it stands, and whether all have reached O(step). It judges by what was read of
    each queue manager in this run (M(mqfleet.tls.key_repository) and M(mqfleet.tls.mqsc) in check mode, M(mqfleet.tls.channel) with
    O(mqfleet.tls.channel#module:state=observed)), never by what an earlier run has done. A queue manager that was not read holds the step.
  - When all have reached it, the PKI folder moves on - after V(trusted) the new CA signs, after V(reissued) the old one is retired.
  - Runs on the controller and needs no connection. Use it with C(run_once).
options:
  topology:
    description: The registered result of M(mqfleet.tls.topology).
    type: dict
    required: true
  pki_dir:
    description: The PKI folder on the controller.
    type: path
    required: true
  step:
    description:
      - V(trusted) - every queue manager accepts the new CA and has been told so.
      - V(reissued) - every queue manager uses a certificate of the new CA, and no running channel shows one of the old CA.
      - V(dropped) - no queue manager accepts the old CA.
      - V(status) only says where each of them stands.
    type: str
    choices: [trusted, reissued, dropped, status]
    default: status
  hold:
    description: Whether O(step) is held even when all have reached it, for example until a partner outside the inventory has.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Can run in check mode and say what would be changed without changing it.
  diff_mode:
    support: none
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    support: full
    description: A second run with the same options changes nothing and reports no change.
seealso:
  - module: mqfleet.tls.certificate_authority
  - module: mqfleet.tls.key_repository
"""

EXAMPLES = r"""
- name: All accept the new CA
  mqfleet.tls.ca_rollover:
    topology: "{{ mq_tls_topology }}"
    pki_dir: "{{ mq_tls_pki_dir }}"
    step: trusted
  run_once: true

# What is shown:
#   queue manager  host  where it stands
#   QM1            qm1   1 of 3: accepts CN=MQ fleet CA 2027
#   QM2            qm2   0 of 3: does not accept certificates of CN=MQ fleet CA 2027 yet
"""

RETURN = r"""
held_by:
  description: The queue managers that have not reached O(step), with the keys C(queue_manager), C(host) and C(reason). Empty for V(status).
  returned: always
  type: list
  elements: dict
queue_managers:
  description: Where each queue manager stands, by its name.
  returned: always
  type: dict
  sample: {QM1: '1 of 3: accepts CN=MQ fleet CA 2027'}
table:
  description: The same as aligned text.
  returned: always
  type: str
changes:
  description: What became of the certificate authorities in the PKI folder; in check mode what would.
  returned: always
  type: list
  elements: dict
msg:
  description: The outcome in one sentence.
  returned: always
  type: str
"""


from ansible.module_utils.basic import AnsibleModule


def main():
    # The same as in the action plugin, which checks it.
    argument_spec = {
        "topology": {"type": "dict", "required": True},
        "pki_dir": {"type": "path", "required": True},
        "step": {"type": "str", "choices": ["trusted", "reissued", "dropped", "status"], "default": "status"},
        "hold": {"type": "bool", "default": False},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.ca_rollover does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
