#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: link_verification
short_description: Judge whether the live channels are as intended
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - Compares what M(mqfleet.tls.channel) observed at both ends of each link with the plan of M(mqfleet.tls.topology), that
    is status, protocol, CipherSpec and the partner's distinguished name as each end sees it.
  - Says where a listener presents another certificate than its key repository holds, since a refresh is outstanding. That takes
    observations with O(mqfleet.tls.channel#module:certificates).
  - Explains each link that is not as intended in one sentence with cause, evidence and remedy, from the error logs of both queue managers.
    The end that rejects has the precise reason and the other one only sees a closed connection, so both are read for the same seconds.
  - Shows the links as a table on the screen, with the explanations below it, and fails when a link is not as intended.
  - Runs on the controller, needs no connection and changes nothing. Use it with C(run_once).
options:
  topology:
    description: The registered result of M(mqfleet.tls.topology).
    type: dict
    required: true
  observations:
    description:
      - Results of M(mqfleet.tls.channel) with O(mqfleet.tls.channel#module:state=observed), by inventory host.
      - Default is what each host of the play registered as C(mq_tls_channel_observation).
      - With the default, hosts outside of the play are not looked at, and their links are judged from the other end alone.
    type: dict
  path:
    description: File on the controller to write RV(links) to as JSON.
    type: path
  junit:
    description:
      - File on the controller to write JUnit XML to, a test case for each link and one for each certificate that a listener presents, which
        is skipped where it could not be compared.
    type: path
  fail:
    description: Fail when a link is not as intended.
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
notes:
  - The dates of certificates make an explanation more precise. They are known from observations with
    O(mqfleet.tls.channel#module:certificates), or where the hosts registered C(mq_tls_key_repository_result) before.
  - Levels of IBM MQ that do not show SSLCIPH in the status of a channel are judged by the protocol alone.
seealso:
  - module: mqfleet.tls.topology
  - module: mqfleet.tls.channel
"""

EXAMPLES = r"""
- name: Read the channels
  mqfleet.tls.channel:
    queue_manager: "{{ mq_tls_topology.queue_managers[inventory_hostname].queue_manager }}"
    channels: "{{ mq_tls_topology.queue_managers[inventory_hostname].initiates }}"
    responders: "{{ mq_tls_topology.queue_managers[inventory_hostname].responds }}"
    state: observed
    error_log: true
    certificates:
      objects: "{{ mq_tls_topology.queue_managers[inventory_hostname].objects }}"
  register: mq_tls_channel_observation

- name: Judge the links
  mqfleet.tls.link_verification:
    topology: "{{ mq_tls_topology }}"
  run_once: true

# What an explanation below the table looks like:
#   - The link QM1 to QM2 (channel QM1.TO.QM2) does not run (RETRYING): the certificate of QM2 (CN=QM2,O=Example) expired on
#     2026-03-01 12:00 UTC, so QM1 refuses it (AMQ9633E at QM1, 2026-03-01T12:00:05.114Z, AMQ9665E at QM2, 2026-03-01T12:00:05.117Z);
#     run mqfleet.tls.site for QM2, which renews it and refreshes.
"""

RETURN = r"""
links:
  description: The verdict on each link.
  returned: always
  type: list
  elements: dict
  contains:
    link: {description: Both queue managers in words., type: str, sample: QM1 to QM2}
    channel: {description: Name of the channel., type: str}
    from: {description: Queue manager that initiates., type: str}
    to: {description: Queue manager that responds., type: str}
    authentication: {description: V(two_way) or V(one_way)., type: str}
    status: {description: STATUS at the initiator; blank for an inactive channel., type: str, sample: RUNNING}
    protocol: {description: Protocol in use; blank without TLS., type: str, sample: TLS 1.3}
    cipher_spec: {description: CipherSpec in use; blank where the queue manager does not show it., type: str}
    responder_dn_seen_by_initiator: {description: SSLPEER of the status at the initiator., type: str}
    initiator_dn_seen_by_responder: {description: SSLPEER of the status at the responder; blank if the initiator is anonymous., type: str}
    responder_issuer_seen_by_initiator: {description: SSLCERTI of the status at the initiator., type: str}
    initiator_issuer_seen_by_responder: {description: SSLCERTI of the status at the responder., type: str}
    presented_certificate:
      description: The certificate that the listener of the responder presents to this channel, beside the one of its key repository.
      type: dict
      contains:
        label: {description: The label that the channel presents; blank where it is not known., type: str}
        state:
          description: V(current) for the certificate that is held, V(other) for another one, V(not checked) where one of both is not known.
          type: str
        presented: {description: C(serial_number) and C(fingerprint) of what was presented; null where nothing was., type: dict}
        held: {description: The same of what is held under the label; null where nothing is., type: dict}
        reason: {description: 'Why it was not checked; or that they differ, and what to do.', type: str}
    ok: {description: Whether all is as intended., type: bool}
    explanation: {description: 'One sentence with cause, evidence and remedy; blank if all is as intended.', type: str}
    messages:
      description: The messages of both error logs that are the evidence, with the keys C(queue_manager), C(id), C(time) and C(text).
      type: list
      elements: dict
table:
  description: The verdicts as aligned text.
  returned: always
  type: str
msg:
  description: The outcome in one sentence.
  returned: always
  type: str
  sample: All 2 links are as intended.
failed_links:
  description: Those items of RV(links) that are not as intended.
  returned: always
  type: list
  elements: dict
"""


from ansible.module_utils.basic import AnsibleModule


def main():
    # The same as in the action plugin, which checks it.
    argument_spec = {
        "topology": {"type": "dict", "required": True},
        "observations": {"type": "dict"},
        "path": {"type": "path"},
        "junit": {"type": "path"},
        "fail": {"type": "bool", "default": True},
    }
    AnsibleModule(argument_spec=argument_spec, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.link_verification does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
