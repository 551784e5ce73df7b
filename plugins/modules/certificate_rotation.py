#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_rotation
short_description: Where a rotation of certificates begins and where it ends
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - The playbook C(mqfleet.tls.rotate_certificates) gives queue managers new keys and certificates. When it begins, the certificate that
    each of them uses is put down in C(rotation/) of the PKI folder as the one to be replaced, which M(mqfleet.tls.key_repository) then
    does.
  - How far the rotation has come is not noted. A queue manager that uses another certificate than the one put down has got its new one,
    so a run that was interrupted is run again, and replaces none twice.
  - Judges by what this run has registered of each queue manager, from M(mqfleet.tls.key_repository), M(mqfleet.tls.mqsc) and
    M(mqfleet.tls.channel).
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
  state:
    description:
      - V(begun), put down which certificates are to be replaced, after M(mqfleet.tls.key_repository) has run in check mode. Where a
        rotation is under way already, it is gone on with. Where all of it has been done meanwhile, it is only ended.
      - V(ended), say who holds it. When all that take part have got their certificates, and the former ones are gone and trusted by nobody,
        the files are taken away.
    type: str
    required: true
    choices: [begun, ended]
  hosts:
    description: The hosts whose certificates are to be replaced. Left out, all of O(topology).
    type: list
    elements: str
  issued_before:
    description:
      - A moment in UTC, for example V(2027-03-01T08:00:00Z). Only certificates that were issued before it are put down.
      - What counts for V(local_ca) and V(self_signed) is when it was made by the clock of the one who made it, otherwise when its validity
        begins.
    type: str
    default: ''
  confirmed:
    description: Queue managers outside of the inventory of which somebody knows that they accept the new certificates.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - mqfleet.tls.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Which certificates are to be replaced
  mqfleet.tls.certificate_rotation:
    topology: "{{ mq_tls_topology }}"
    pki_dir: "{{ mq_tls_pki_dir }}"
    state: begun
  register: rotation
  run_once: true
"""

RETURN = r"""
replace:
  description:
    - For V(begun), for each host that takes part the fingerprint of the certificate that is to be replaced, as
      O(mqfleet.tls.key_repository#module:replace) takes it.
  returned: when O(state=begun)
  type: dict
held_by:
  description: Who holds the rotation, with the keys C(queue_manager) and C(reason).
  returned: when O(state=ended)
  type: list
  elements: dict
waiting:
  description: The queue managers that wait for the signature of an external certificate authority. They do not hold it.
  returned: when O(state=ended)
  type: list
  elements: str
changes:
  description: Files of the PKI folder.
  returned: always
  type: list
  elements: dict
msg:
  description: The outcome in one sentence.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    # The same as in the action plugin, which checks it.
    argument_spec = {
        "topology": {"type": "dict", "required": True},
        "pki_dir": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["begun", "ended"], "required": True},
        "hosts": {"type": "list", "elements": "str"},
        "issued_before": {"type": "str", "default": ""},
        "confirmed": {"type": "list", "elements": "str", "default": []},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.certificate_rotation does the work on the controller; call it as a task, not as a module."
    )


if __name__ == "__main__":
    main()
