#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a queue manager as described: one reading run of runmqsc, at most one applying run.

The controller's part is in plugins/action/mqsc.py.
"""

from __future__ import annotations

DOCUMENTATION = r"""
module: mqsc
short_description: Keeps the objects of an IBM MQ queue manager as they are described
version_added: 0.1.0
author:
  - the mqfleet.tls authors (@mqfleet)
description:
  - Compares attributes of the queue manager, channels of all types, queues, listeners, CHLAUTH rules, authentication information objects
    and namelists with their description, and changes only what differs.
  - Reads all that matters with one run of C(runmqsc), and applies the difference with one more. When nothing differs, nothing is
    sent and C(ALTDATE) and C(ALTTIME) of all objects stay.
  - Objects and attributes that are not described are left alone.
  - Ends with a single C(REFRESH SECURITY) of type SSL when something changed that running TLS channels do not see otherwise. It
    interrupts every running TLS channel of the queue manager, so it is never sent without need, nor where the queue manager has
    refused the attributes that it is for. What it interrupts is counted before, and shown by RV(interrupts) and in the diff.
  - Names and text are compared exactly in case; keywords such as V(required) are not.
extends_documentation_fragment:
  - mqfleet.tls.attributes
  - mqfleet.tls.attributes.changes
  - mqfleet.tls.queue_manager
options:
  objects:
    description:
      - The objects, in any order. They are made in an order in which each finds those that it names.
    type: list
    elements: dict
    default: []
    suboptions:
      object:
        description: The type of the object, as MQ calls it.
        type: str
        required: true
        choices: [QMGR, AUTHINFO, NAMELIST, QLOCAL, QREMOTE, LISTENER, CHANNEL, CHLAUTH]
      name:
        description:
          - The name of the object; of a CHLAUTH rule the profile, which may hold C(*).
          - Left out for V(QMGR).
        type: str
      attributes:
        description:
          - MQSC keywords and their values. C('') blanks a value.
          - Keywords without a value take V(true) or V(false), for example C(TRIGGER). Lists such as C(NAMES) and C(USERLIST) are lists.
          - A channel has to have C(CHLTYPE), a CHLAUTH rule C(TYPE), an authentication information object C(AUTHTYPE).
          - Keywords that this collection does not know are taken as they are, since newer levels of MQ have more of them.
          - Passwords are refused here, since these values can be read in logs.
        type: dict
        default: {}
      state:
        description:
          - V(absent) deletes the object.
          - Objects whose names begin with C(SYSTEM.) are never deleted.
        type: str
        choices: [present, absent]
        default: present
      started:
        description: Whether a LISTENER has to run. Left out, it does not matter.
        type: bool
  ldap_passwords:
    description:
      - The passwords (C(LDAPPWD)) of authentication information objects of the types C(CRLLDAP) and C(IDPWLDAP), by their names under
        O(objects).
      - A password cannot be read from the queue manager. It is set with a new object, with any other change of the object, and where the
        queue manager shows it as blank. A password that alone has changed is set by O(set_ldap_passwords).
      - They are handed over on the standard input of C(runmqsc).
    type: dict
    default: {}
  set_ldap_passwords:
    description: Sets all of O(ldap_passwords), whether or not anything else has changed. With it, each run changes something.
    type: bool
    default: false
  key_repository:
    description:
      - The key repository of the queue manager, as M(mqfleet.tls.key_repository) returns it under
        RV(mqfleet.tls.key_repository#module:repository).
      - Sets the attribute C(SSLKEYR), and for a PKCS#12 repository C(KEYRPWD), whose value the module reads from
        O(key_repository.password_file) on the host and hands over on the standard input of C(runmqsc).
    type: dict
    suboptions:
      path:
        description: The stem of the key repository. Only for people.
        type: path
      type:
        description: The kind of the key repository.
        type: str
        choices: [cms, pkcs12]
        required: true
      ssl_key_repository:
        description: The value of C(SSLKEYR).
        type: str
        required: true
      password_file:
        description: The file that holds the password; left out or null where the queue manager finds it in a stash file.
        type: path
      refresh_marker:
        description:
          - A file that exists while the queue manager has not been told of a changed key repository.
          - It is removed once the queue manager has confirmed the refresh.
        type: path
  key_repository_changes:
    description:
      - The RV(mqfleet.tls.key_repository#module:announced) of the same play. Only looked at in check mode, where no file tells that the key
        repository would be another one, and so that a refresh would be due.
    type: list
    elements: dict
    default: []
  initiates:
    description:
      - The channels among O(objects) that this queue manager starts.
      - One that has never run, or that runs as it was defined before its last alteration, is reported as a change with the action
        V(start). The module does not start it itself, since its partner may not be ready; M(mqfleet.tls.channel) does.
    type: list
    elements: str
    default: []
  responds:
    description:
      - The channels among O(objects) on which this queue manager is called. One that runs as it was defined before its last alteration
        is reported as a change with the action V(stop) and returned under RV(restart).
    type: list
    elements: str
    default: []
  refresh:
    description:
      - V(when_needed) sends C(REFRESH SECURITY) once where TLS attributes or the key repository have changed, in this run or in an
        earlier one that could not finish.
      - V(never) leaves that to a later run and returns RV(refresh_outstanding).
    type: str
    choices: [when_needed, never]
    default: when_needed
  refresh_window:
    description:
      - When C(REFRESH SECURITY) may be sent, for example V(22:00-04:00), V(Sat,Sun 01:00-05:30), or a list of such periods. Blank is
        always.
      - Days are V(Mon) to V(Sun), also as V(Mon-Fri). A period may go over midnight, and then belongs to the day on which it opens.
      - Times are the local time of the host on which the module runs.
      - Outside of it all else is applied, a warning says when it opens next, and RV(refresh_outstanding) is V(true). The first run in the
        window makes up for the refresh. Channels that are started meanwhile in a process that uses TLS already work with the older
        key repository.
    type: raw
    default: ''
  refresh_retries:
    description:
      - How often a refresh is sent again when the queue manager answers C(AMQ9710), which is that channels did not end in time. Nothing
        else is sent again.
      - MQ itself waits up to ten minutes before it gives up. No attempt is begun outside of O(refresh_window).
    type: int
    default: 3
  refresh_delay:
    description: Seconds between two attempts of a refresh.
    type: float
    default: 5
  replace_type:
    description:
      - MQ cannot alter the type of a channel or of an authentication information object. V(true) allows to delete such an object and to
        define it again.
      - What is not described of it is lost then.
    type: bool
    default: false
  undescribed:
    description:
      - Whether to look for what lets others in and does not stand under O(objects), which is returned under RV(undescribed). It is asked
        for in the same run of C(runmqsc).
    type: bool
    default: false
  lock_timeout:
    description:
      - Seconds to wait for another run that is changing the same queue manager.
    type: float
    default: 30
  seen:
    description:
      - For the same options, what M(mqfleet.tls.key_repository) has returned as RV(mqfleet.tls.key_repository#module:mqsc) earlier in the
        run.
      - It is returned again without a remote execution. Null or left out, the queue manager is read.
    type: dict
  done:
    description:
      - What this module has returned for the same queue manager earlier in the run, in a play that goes before others.
      - It is returned again without a remote execution and without its changes, which are said already. RV(ignore:changed) stays, so that
        what waits for it (C(notify)) comes now. Null, empty or left out, the queue manager is read.
    type: dict
  waits_for:
    description:
      - Channels among O(objects) that are left as they are, each time with a warning, while another queue manager is not as described.
      - By the inventory host of that other one, a dictionary with its name (C(queue_manager)) and the names of the C(channels). They wait
        where the host belongs to the play and has failed or could not be reached earlier in the run; not where it is left out (C(--limit)).
      - M(mqfleet.tls.topology) returns this for members of clusters, as C(waits_for) of a queue manager.
    type: dict
    default: {}
notes:
  - A refresh may take MQ up to ten minutes, each time that it is sent.
seealso:
  - module: mqfleet.tls.channel
  - module: mqfleet.tls.key_repository
  - module: mqfleet.tls.queue_manager_info
"""

EXAMPLES = r"""
# QM1 sends to QM2 in the clear:
#   DISPLAY CHANNEL(QM1.TO.QM2) SSLCIPH SSLPEER
#   CHANNEL(QM1.TO.QM2)  CHLTYPE(SDR)  SSLCIPH( )  SSLPEER( )
- name: The sending end uses TLS and accepts nobody but QM2
  mqfleet.tls.mqsc:
    queue_manager: QM1
    objects:
      - object: CHANNEL
        name: QM1.TO.QM2
        attributes:
          CHLTYPE: SDR
          SSLCIPH: ANY_TLS12_OR_HIGHER
          SSLPEER: CN=QM2,O=Bank
    initiates:
      - QM1.TO.QM2
  register: definitions
# Sent, and returned under "commands":
#   ALTER CHANNEL('QM1.TO.QM2') CHLTYPE(SDR) SSLCIPH('ANY_TLS12_OR_HIGHER') SSLPEER('CN=QM2,O=Bank')

- name: Restart the channel, so that the definition counts
  mqfleet.tls.channel:
    queue_manager: QM1
    channels: "{{ definitions.never_run }}"
    restart: "{{ definitions.restart }}"
    state: started

- name: A new link, from the transmission queue to the listener
  mqfleet.tls.mqsc:
    queue_manager: QM1
    objects:
      - {object: QLOCAL, name: QM3, attributes: {USAGE: XMITQ, TRIGGER: true, TRIGTYPE: FIRST, INITQ: SYSTEM.CHANNEL.INITQ}}
      - {object: CHANNEL, name: QM1.TO.QM3, attributes: {CHLTYPE: SDR, CONNAME: 192.0.2.3(1414), XMITQ: QM3, SSLCIPH: ANY_TLS12_OR_HIGHER}}
      - {object: LISTENER, name: TLS.LISTENER, attributes: {TRPTYPE: TCP, PORT: 1414, CONTROL: QMGR}, started: true}

- name: The queue manager uses the key repository that another task has built
  mqfleet.tls.mqsc:
    queue_manager: QM1
    key_repository: "{{ built.repository }}"
    objects:
      - {object: QMGR, attributes: {CERTLABL: ibmwebspheremqqm1, SSLFIPS: false}}

- name: Running channels are interrupted at night only
  mqfleet.tls.mqsc:
    queue_manager: QM1
    key_repository: "{{ built.repository }}"
    refresh_window: ["22:00-04:00", "Sat,Sun 00:00-08:00"]
# With --diff, in the window:
#   + REFRESH SECURITY TYPE(SSL)   interrupts 12 client connections (SVRCONN), 3 receiving and 2 sending channels

- name: Who connects on a partner's channel has to show the partner's certificate
  mqfleet.tls.mqsc:
    queue_manager: QM1
    objects:
      - {object: CHLAUTH, name: QM2.TO.QM1, attributes: {TYPE: SSLPEERMAP, SSLPEER: 'CN=QM2,O=Bank', USERSRC: CHANNEL}}
      - {object: CHLAUTH, name: QM2.TO.QM1, attributes: {TYPE: ADDRESSMAP, ADDRESS: '*', USERSRC: NOACCESS}}
"""

RETURN = r"""
changes:
  description:
    - What was changed, in order; in check mode what would be.
    - Values that are passwords are shown as asterisks.
  returned: always
  type: list
  elements: dict
  contains:
    object:
      description: The type of the object; V(SECURITY) for the refresh.
      type: str
    name:
      description: Its name.
      type: str
    action:
      description: What happens to it.
      type: str
      sample: alter
    attributes:
      description: The attributes concerned, each with C(before) (null where the object or the attribute was not there) and C(after).
      type: dict
    rule:
      description: For a CHLAUTH rule, what tells it from the others of its profile.
      type: dict
    reason:
      description: Why, where the attributes do not tell.
      type: str
  sample:
    - object: CHANNEL
      name: QM1.TO.QM2
      action: alter
      attributes: {SSLCIPH: {before: '', after: ANY_TLS12_OR_HIGHER}}
commands:
  description: The MQSC commands that were sent (in check mode would be), in order, without passwords.
  returned: always
  type: list
  elements: str
  sample: ["ALTER CHANNEL('QM1.TO.QM2') CHLTYPE(SDR) SSLCIPH('ANY_TLS12_OR_HIGHER')"]
refreshed:
  description: Whether the TLS settings of the queue manager were refreshed (in check mode would be).
  returned: always
  type: bool
refresh_outstanding:
  description: Whether the queue manager still works with older TLS settings, since O(refresh=never) or since O(refresh_window) is closed.
  returned: always
  type: bool
refresh_window_opens:
  description: Where O(refresh_window) holds the refresh back, when it opens next, in the local time of the host; else null.
  returned: always
  type: str
  sample: 2026-11-14 01:00
interrupts:
  description:
    - What the refresh interrupts, as counted just before it, in check mode as counted then. For each channel type in lower case the number
      of instances that run with TLS. Empty where there are none, and where nothing is refreshed.
    - Clients (C(svrconn)) lose their connection. Receiving channels end, and their partners call again. Sending channels end their batch
      and start again.
  returned: always
  type: dict
  sample: {svrconn: 12, rcvr: 3, sdr: 2}
undescribed:
  description:
    - With O(undescribed), channels without TLS (of all types but C(CLNTCONN) and C(AMQP)) and CHLAUTH rules that let in (C(USERSRC) is
      C(MAP) or C(CHANNEL)) that do not stand under O(objects), with C(object), C(name) and C(reason). Else empty.
    - Nothing of it is changed. Objects whose names begin with C(SYSTEM.) are left out.
  returned: always
  type: list
  elements: dict
  sample: [{object: CHANNEL, name: OLD.APP, reason: SVRCONN channel without TLS}]
never_run:
  description: The channels of O(initiates) that have never run.
  returned: always
  type: list
  elements: str
restart:
  description: The channels of O(initiates) and O(responds) that run as they were defined before.
  returned: always
  type: list
  elements: str
held_back:
  description: The channels of O(waits_for) that were left as they are.
  returned: when there are such
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._core.errors import MqTlsError, ToolError
from ..module_utils._ports.command import SubprocessRunner
from ..module_utils._ports.definitions import argument_spec, result_of, run
from ..module_utils._ports.queue_manager import AppliedInPart


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        result = run(module.params, SubprocessRunner(), module.check_mode)
    except AppliedInPart as error:
        done = result_of(error.plan, module.params["queue_manager"])
        module.fail_json(msg=str(error), rc=error.rc, changed=done["changed"], changes=done["changes"], commands=done["commands"])
    except ToolError as error:
        module.fail_json(msg=str(error), rc=error.rc, stdout=error.stdout, stderr=error.stderr)
    except MqTlsError as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("_warnings"):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
