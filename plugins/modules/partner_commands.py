#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: partner_commands
short_description: Write out what the administrator of a partner outside the inventory has to do
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - For each queue manager of C(mq_tls_partners) that takes part in a link, writes one text file for its administrator, with the
    certificates that it has to trust and their fingerprints, the certificate that it is expected to have, the MQSC commands for its end
    of each link, and how to bring all that into effect.
  - For distributed platforms the certificates are added with C(runmqakm), for z/OS (C(platform=zos)) with C(RACDCERT).
  - A file is written anew when its text changes, for example when the CA is replaced, and left alone otherwise. The file of a partner
    that is not described any more stays.
  - Runs on the controller and needs no connection. Use it with C(run_once), after the certificates have been published.
options:
  partners:
    description: What M(mqfleet.tls.topology) has returned as RV(mqfleet.tls.topology#module:partners).
    type: dict
    required: true
  pki_dir:
    description: The PKI folder on the controller. The files are C(partners/<name>.txt) in it, where C(/) and C(%) in a name are escaped.
    type: path
    required: true
extends_documentation_fragment:
  - mqfleet.tls.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: mqfleet.tls.topology
"""

EXAMPLES = r"""
# group_vars/all.yml:
#   mq_tls_links:
#     - {from: QM1, to: ZOS1}
#   mq_tls_partners:
#     - name: ZOS1
#       platform: zos
#       address: mvs1.example.com(1414)
#       subject: CN=ZOS1,O=Example
#       certificates: ["{{ lookup('file', 'zos-ca.pem') }}"]
- name: Plan the fleet
  mqfleet.tls.topology:
  run_once: true
  register: mq_tls_topology

- name: What the other administrators have to do
  mqfleet.tls.partner_commands:
    partners: "{{ mq_tls_topology.partners }}"
    pki_dir: "{{ inventory_dir }}/pki"
  run_once: true
"""

RETURN = r"""
changes:
  description: The files that were written; in check mode those that would be.
  returned: always
  type: list
  elements: dict
  sample:
    - {object: FILE, name: pki/partners/ZOS1.txt, action: create, attributes: {}, reason: its administrator needs them}
paths:
  description: The file of each partner.
  returned: always
  type: dict
  sample: {ZOS1: pki/partners/ZOS1.txt}
incomplete:
  description: For partners whose file lacks certificates that are not known yet, which ones, in words.
  returned: always
  type: dict
  sample: {ZOS1: [the self-signed certificate of QM1]}
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    # The same as in the action plugin, which checks it.
    argument_spec = {"partners": {"type": "dict", "required": True}, "pki_dir": {"type": "path", "required": True}}
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.partner_commands does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
