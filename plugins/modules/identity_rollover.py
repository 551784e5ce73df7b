#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: identity_rollover
short_description: Which new certificates may be used, and which former ones may be removed
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - A new self-signed certificate stands beside the one in use until every partner trusts it and has been told so (C(REFRESH SECURITY)).
  - M(mqfleet.tls.key_repository) keeps the identity that it replaces. It may go when a running channel of a partner shows the new
    certificate and none shows the former one (C(SSLPEER) of C(DISPLAY CHSTATUS) begins with the serial number).
  - Judges by what this run has registered of each queue manager, from M(mqfleet.tls.key_repository), M(mqfleet.tls.mqsc) and
    M(mqfleet.tls.channel). Before channels are observed it says with RV(concerned) where they have to be.
  - Runs on the controller and needs no connection. Use it with C(run_once).
options:
  topology:
    description: The registered result of M(mqfleet.tls.topology).
    type: dict
    required: true
  pki_dir:
    description: The PKI folder on the controller. Only RV(distrusting) needs it.
    type: path
  confirmed:
    description: Queue managers outside of the inventory of which somebody knows that they accept the new certificates.
    type: list
    elements: str
    default: []
  show:
    description: Whether a table of all queue managers is shown, RV(table).
    type: bool
    default: false
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
- name: Which former certificates may go
  mqfleet.tls.identity_rollover:
    topology: "{{ mq_tls_topology }}"
  register: identities
  run_once: true
"""

RETURN = r"""
staged:
  description: Hosts whose queue managers have a new certificate beside the one in use.
  returned: always
  type: list
  elements: str
accepted:
  description: For each of them whose partners all accept it its fingerprint, as O(mqfleet.tls.key_repository#module:install) takes it.
  returned: always
  type: dict
waiting:
  description: Which of them have to wait, with the same keys as RV(kept).
  returned: always
  type: list
  elements: dict
distrusting:
  description: Hosts whose queue managers still trust a former self-signed certificate that nobody presents any more.
  returned: always
  type: list
  elements: str
table:
  description: Which certificates each queue manager has and what it waits for, as aligned text.
  returned: when O(show=true)
  type: str
concerned:
  description: Hosts whose queue managers keep a former certificate, and their partners; the channels of these have to be observed.
  returned: always
  type: list
  elements: str
proven:
  description: For each host whose former certificate may go its fingerprint, as O(mqfleet.tls.key_repository#module:drop_former) takes it.
  returned: always
  type: dict
kept:
  description: Which former certificates have to stay.
  returned: always
  type: list
  elements: dict
  contains:
    queue_manager:
      description: Its name.
      type: str
    host:
      description: Its host.
      type: str
    serial_number:
      description: Of the former certificate.
      type: str
    reason:
      description: Why it stays.
      type: str
      sample: no running channel of a partner shows the new one yet
msg:
  description: The same in one sentence.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    # The same as in the action plugin, which checks it.
    argument_spec = {
        "topology": {"type": "dict", "required": True},
        "pki_dir": {"type": "path"},
        "confirmed": {"type": "list", "elements": "str", "default": []},
        "show": {"type": "bool", "default": False},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.identity_rollover does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
