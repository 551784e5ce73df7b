#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Predict for each link whether its handshake will succeed
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - Predicts for each link of the plan of M(mqfleet.tls.topology) whether the TLS handshake will succeed, with which CipherSpec and
    protocol, and if not, which end refuses, with which messages, and what to change.
  - Twice for each link, as things are now, and as they will be when the playbook C(mqfleet.tls.site) has run. A certificate or a CA that is
    yet to be made is stood in for by one of the planned name that is valid from now on.
  - Looks at CipherSpecs and aliases, types of keys, levels of IBM MQ, TLS 1.3, FIPS, AllowedCipherSpecs, labels, chains, trust, dates,
    extended key usage, SSLCAUTH, SSLPEER, and what the local CA has revoked.
  - A link of which documentation does not say what becomes of it is neither good nor bad. RV(links[].after.ok) is null then.
  - Shows the links as a table on the screen, with the reasons below it, and fails when a link will fail after C(site).
  - Runs on the controller, needs no connection and changes nothing. Use it with C(run_once).
options:
  topology:
    description: The registered result of M(mqfleet.tls.topology).
    type: dict
    required: true
  pki_dir:
    description: The PKI folder on the controller.
    type: path
    required: true
  ca_subject:
    description: The local CA's name, for one that is yet to be made.
    type: str
    default: CN=MQ fleet CA
  path:
    description: File on the controller to write RV(links) to as JSON.
    type: path
  fail:
    description: Fail when a link will fail.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Can run in check mode and say what would be changed without changing it.
    details: It only computes. The file O(path) is written in check mode too.
  diff_mode:
    support: N/A
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    support: full
    description: A second run with the same options changes nothing and reports no change.
notes:
  - Judges what every host of the play registered as C(mq_tls_repository_reading) (M(mqfleet.tls.key_repository_info)) and
    C(mq_tls_queue_manager_reading) (the module C(queue_manager_info)).
  - Dates are judged by the clock of the controller.
  - A running queue manager goes on with the key repository that it has read until it is refreshed; what is predicted is the file.
seealso:
  - module: mqfleet.tls.link_verification
"""

EXAMPLES = r"""
- name: What will become of the links
  mqfleet.tls.preflight:
    topology: "{{ mq_tls_topology }}"
    pki_dir: "{{ mq_tls_pki_dir }}"
  run_once: true

# What the table and a reason below it look like:
#   channel     from  to   authentication  CipherSpec  protocol  now       after site  refused by  messages
#   ----------  ----  ---  --------------  ----------  --------  --------  ----------  ----------  -----------------------------------
#   QM1.TO.QM2  QM1   QM2  two-way         -           -         FAILS     FAILS       QM1         QM1: AMQ9636E, QM2: AMQ9643E
#
#   - The channel from QM1 to QM2 will fail: the distinguished name of QM2 (CN=QM2,O=Bank) does not match SSLPEER of QM1 (CN=QM2,O=Else);
#     correct SSLPEER (run mqfleet.tls.site) or the subject of the certificate of QM2.
"""

RETURN = r"""
links:
  description: The prediction for each link.
  returned: always
  type: list
  elements: dict
  contains:
    channel: {description: Name of the channel., type: str}
    from: {description: Queue manager that initiates., type: str}
    to: {description: Queue manager that responds., type: str}
    authentication: {description: V(two_way) or V(one_way)., type: str}
    now: {description: 'As RV(links[].after), for what is there.', type: dict}
    after:
      description: The prediction for what C(site) leaves behind.
      type: dict
      contains:
        ok: {description: Whether the channel comes up; null where it is not known., type: bool}
        cipher_spec: {description: CipherSpec; blank where it fails or is not known., type: str}
        protocol: {description: Protocol; blank where it fails or is not known., type: str, sample: TLS 1.3}
        refused_by: {description: The queue manager that refuses; blank where none does or it is not known., type: str}
        messages:
          description: By queue manager the ids of which it may write one; blank stands for none. An empty list where it is not known.
          type: dict
          sample: {QM1: [AMQ9633E], QM2: [AMQ9665E]}
        cause: {description: The cause in one word; blank where it comes up., type: str, sample: not_trusted}
        explanation: {description: The prediction in one sentence., type: str}
        remedy: {description: What to change., type: str}
table:
  description: The predictions as aligned text.
  returned: always
  type: str
msg:
  description: The outcome in one sentence.
  returned: always
  type: str
  sample: No link of 2 is predicted to fail.
failing_links:
  description: Those items of RV(links) that will fail after C(site).
  returned: always
  type: list
  elements: dict
"""


from ansible.module_utils.basic import AnsibleModule


def main():
    # The same as in the action plugin, which checks it.
    argument_spec = {
        "topology": {"type": "dict", "required": True},
        "pki_dir": {"type": "path", "required": True},
        "ca_subject": {"type": "str", "default": "CN=MQ fleet CA"},
        "path": {"type": "path"},
        "fail": {"type": "bool", "default": True},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.preflight does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
