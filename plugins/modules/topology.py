#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: topology
short_description: Plan TLS for a fleet of IBM MQ queue managers
version_added: 0.1.0
author:
  - The mqfleet.tls authors (@mqfleet)
description:
  - Reads the variables C(mq_tls_...) of the inventory, joins both ends of every link, and computes for each queue manager the MQ
    objects, the identity (label, subject, key) and the trust (whose certificates it has to accept).
  - Refuses everything that cannot work and can be known from the description, all of it at once and before any host is touched.
    Every refusal names the link or queue manager and the remedy.
  - Runs on the controller, needs no connection and changes nothing. Use it with C(run_once) and C(register).
  - Plans the hosts of the play. Hosts outside of the play or of C(--limit) are not planned, but count as partners, so that a limited
    run makes the same definitions as a full one.
  - One inventory host is one queue manager. The variables and their defaults are described with the role C(mqfleet.tls.mq_tls).
  - Only variables that belong to the host are seen (inventory, C(group_vars), C(host_vars), facts that were set, extra variables), not
    C(vars) of a play or a task, since those say nothing about the partners.
  - C(mq_tls_links) and C(mq_tls_partners) of all hosts are put together; what several hosts say in the same words counts once.
  - >-
    A member of a link is a queue manager or an inventory group, by its plain name or as C({group: NAME}) or C({queue_manager: NAME}); a
    plain name that could mean both is refused. Of a group as C(spokes) the hub itself is left out.
  - What an item with C(from) and C(to) of two queue managers says has the last word over items that speak of many links, attribute by
    attribute. Two items of the same kind must not contradict one another.
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode and say what would be changed without changing it.
    details: It only computes.
  diff_mode:
    support: N/A
    description: Returns what has been changed, or in check mode would be, for the option C(--diff).
  idempotent:
    support: full
    description: A second run with the same options changes nothing and reports no change.
notes:
  - The certificates of the queue managers themselves are not looked at; M(mqfleet.tls.key_repository) does that.
seealso:
  - module: mqfleet.tls.key_repository
  - module: mqfleet.tls.mqsc
  - module: mqfleet.tls.link_verification
  - module: mqfleet.tls.partner_commands
"""

EXAMPLES = r"""
# Inventory: qm1 and qm2. group_vars/all.yml:
#   mq_tls_links:
#     - {from: QM1, to: QM2}                               # two-way
#     - {from: QM2, to: QM1, authentication: one_way}
#     - {mesh: [london, FRA1]}                             # an inventory group and a queue manager, every ordered pair
#     - {hub: HQ, spokes: {group: branches}, cipher_spec: ANY_TLS13_OR_HIGHER}
#     - {from: BR07, to: HQ, cipher_spec: ANY_TLS12, initiator_attributes: {HBINT: 60}}     # this one branch is different
#     - {cluster: PAYMENTS, full_repositories: [LDN1, FRA1], members: [{group: branches}]}
- name: Plan the fleet
  mqfleet.tls.topology:
  run_once: true
  register: mq_tls_topology

- name: Apply this queue manager's part
  mqfleet.tls.mqsc:
    queue_manager: "{{ mq_tls_topology.queue_managers[inventory_hostname].queue_manager }}"
    objects: "{{ mq_tls_topology.queue_managers[inventory_hostname].objects }}"

# What a refusal looks like:
#   2 things cannot work:
#   - The link from BRANCH_LEEDS to HEADQUARTERS would have the channel BRANCH_LEEDS.TO.HEADQUARTERS with 28 characters and IBM MQ
#     takes at most 20; name it with the key channel, for example {from: BRANCH_LEEDS, to: HEADQUARTERS, channel: BRANCH_L.TO.HEADQUAR}.
#   - Queue manager 'QM1' (host qm1): mq_tls_key_size is 1024; with mq_tls_key_type RSA write one of 2048, 3072, 4096.
"""

RETURN = r"""
queue_managers:
  description: What each queue manager of the play needs, by inventory host; full repositories of clusters first.
  returned: success
  type: dict
  contains:
    queue_manager:
      description: Name of the queue manager.
      type: str
    identity:
      description:
        - The certificate it should have, for the option O(mqfleet.tls.key_repository#module:identity).
        - Null if it should have none, because it only initiates one-way links.
      type: dict
      contains:
        label: {description: Certificate label., type: str}
        subject: {description: Distinguished name., type: str}
        key_type: {description: V(RSA) or V(EC)., type: str}
        key_size: {description: Bits of the key., type: int}
        days: {description: Days for which a new certificate is valid., type: int}
        renew_before_days: {description: Days before the end at which it is renewed., type: int}
    issuer:
      description: Who signs its certificate (C(mq_tls_issuer)).
      type: dict
    trust:
      description:
        - Whose certificates it has to accept, no more than its links need.
        - An item has the key C(issuer) (the CA of the PKI folder), C(queue_manager) (the self-signed certificate that this partner has
          published) or C(name) and C(certificates) (a partner outside the inventory).
      type: list
      elements: dict
    objects:
      description: MQ objects for the option O(mqfleet.tls.mqsc#module:objects), in the order in which they can be made.
      type: list
      elements: dict
    initiates:
      description: Channels that it starts.
      type: list
      elements: str
    responds:
      description: Channels that partners start.
      type: list
      elements: str
    waits_for:
      description:
        - The full repositories that it calls as a member of clusters, by inventory host, each with its name (C(queue_manager)) and the
          C(channels) here that wait for it, for the option O(mqfleet.tls.mqsc#module:waits_for).
      returned: for members of clusters that are no full repository there
      type: dict
      sample: {qm3: {queue_manager: QM3, channels: [PAY.QM1, PAY.QM3]}}
  sample:
    qm1:
      queue_manager: QM1
      identity: {label: ibmwebspheremqqm1, subject: CN=QM1, key_type: RSA, key_size: 3072, days: 365, renew_before_days: 30}
      issuer: {type: local_ca}
      trust: [{issuer: local_ca}]
      objects:
        - {object: QMGR, attributes: {CERTLABL: ibmwebspheremqqm1}}
        - object: QLOCAL
          name: QM2
          attributes: {USAGE: XMITQ, TRIGGER: true, TRIGTYPE: FIRST, TRIGDATA: QM1.TO.QM2, INITQ: SYSTEM.CHANNEL.INITQ}
        - object: CHANNEL
          name: QM1.TO.QM2
          attributes:
            CHLTYPE: SDR
            TRPTYPE: TCP
            CONNAME: 192.0.2.2(1414)
            XMITQ: QM2
            SSLCIPH: ANY_TLS12_OR_HIGHER
            SSLPEER: CN=QM2
      initiates: [QM1.TO.QM2]
      responds: []
links:
  description: Every link that has at least one end in the play.
  returned: success
  type: list
  elements: dict
  contains:
    channel: {description: Name of the channel., type: str}
    from: {description: Queue manager that initiates., type: str}
    to: {description: Queue manager that responds., type: str}
    from_host: {description: Inventory host of the initiator; null for a partner outside the inventory., type: str}
    to_host: {description: Inventory host of the responder; null for a partner outside the inventory., type: str}
    authentication: {description: V(two_way) or V(one_way)., type: str}
    cipher_spec: {description: CipherSpec or alias of the initiator's definition; the responder's is the same or wider., type: str}
    initiator_subject:
      description: Subject that the responder should see; null if the initiator has no certificate or its subject is not known.
      type: str
    responder_subject:
      description: Subject that the initiator should see; null if it is not known.
      type: str
warnings:
  description: What works but may not be what was meant, one sentence each. They are also displayed.
  returned: success
  type: list
  elements: str
partners:
  description:
    - What the administrators of partners outside the inventory have to do, by queue manager, for
      O(mqfleet.tls.partner_commands#module:partners). Only partners of the hosts of the play, but of these all links.
  returned: success
  type: dict
  contains:
    platform: {description: V(distributed) or V(zos)., type: str}
    subject: {description: Subject that its certificate should have; null if it is not known., type: str}
    certificates: {description: By which certificates it is accepted (PEM)., type: list, elements: str}
    presents: {description: Whether it has to present a certificate on one of its links., type: bool}
    trust: {description: Whose certificates it has to accept; items as under RV(queue_managers)., type: list, elements: dict}
    objects: {description: MQ objects for its ends., type: list, elements: dict}
    initiates: {description: Channels that it starts., type: list, elements: str}
    responds: {description: Channels that it answers., type: list, elements: str}
not_planned:
  description: The queue managers that take part in links and are not in the play (C(--limit)), by inventory host.
  returned: success
  type: dict
  sample: {qm3: QM3}
full_repositories:
  description: The inventory hosts of the play whose queue managers are full repositories of clusters. They are to be changed first.
  returned: success
  type: list
  elements: str
  sample: []
issuers:
  description: Types of issuers in use.
  returned: success
  type: list
  elements: str
  sample: [local_ca]
"""


from ansible.module_utils.basic import AnsibleModule


def main():
    # The same as in the action plugin, which checks it.
    AnsibleModule(argument_spec={}, supports_check_mode=True).fail_json(
        msg="The action plugin mqfleet.tls.topology does the work on the controller; call it as a task, not as a module on a host."
    )


if __name__ == "__main__":
    main()
