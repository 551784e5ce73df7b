#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts an earlier generation of a queue manager's key repository back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: key_repository_restore
short_description: Puts back an earlier generation of the key repository of an IBM MQ queue manager
version_added: 0.1.0
author:
  - the mqfleet.tls authors (@mqfleet)
description:
  - M(mqfleet.tls.key_repository) keeps what the queue manager worked with before the last change. This module makes that generation, or one
    that is named, the one in use again, in one rename.
  - It is opened and checked before. It has to be of the type that C(SSLKEYR) says, and to have a private key and a certificate that has
    not ended under O(label).
  - What was in use stays as a generation until the next change, so that naming it undoes this. Without a number, a second run finds that
    the generation is in use already and changes nothing.
  - The queue manager goes on with what it has read until its TLS settings are refreshed. That is left to M(mqfleet.tls.mqsc), to be given
    RV(repository) and, in check mode, RV(announced). It also gives the queue manager the password of a PKCS#12 repository.
  - The key repository is the one that C(SSLKEYR) names; the queue manager has to run, as that is read from it.
extends_documentation_fragment:
  - mqfleet.tls.attributes
  - mqfleet.tls.queue_manager
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  generation:
    description:
      - The generation to be put back, by its number. Left out, the one that the queue manager worked with before the last change of which
        it was told.
    type: str
    default: ''
  label:
    description:
      - The certificate label that the queue manager has to find. Left out, the one that its C(CERTLABL) says.
      - Blank, it needs none, as where it only initiates one-way links.
    type: str
  allow_expired:
    description: Put it back although its certificate has ended.
    type: bool
    default: false
  lock_timeout:
    description: Seconds to wait for another run that is at work on the key repository.
    type: float
    default: 30
requirements:
  - The Python library C(cryptography), version 36 or later, on the host of the queue manager
seealso:
  - module: mqfleet.tls.key_repository
  - module: mqfleet.tls.mqsc
"""

EXAMPLES = r"""
- name: The key repository as it was before the last change
  mqfleet.tls.key_repository_restore:
    queue_manager: QM1
  register: restored

- name: The queue manager is told
  mqfleet.tls.mqsc:
    queue_manager: QM1
    key_repository: "{{ restored.repository }}"
    key_repository_changes: "{{ restored.announced | default([]) }}"

- name: Back to what was undone
  mqfleet.tls.key_repository_restore:
    queue_manager: QM1
    generation: "0002"
"""

RETURN = r"""
generations:
  description: What is there, oldest first, as found before anything was changed. Certificates are those with a private key.
  returned: success
  type: list
  elements: dict
  sample:
    - generation: '0001'
      current: false
      made: '2026-10-24T08:00:00Z'
      type: pkcs12
      problem:
      certificates:
        - label: ibmwebspheremqqm1
          subject: CN=QM1,O=Bank,C=GB
          serial_number: 4A:00:C1
          not_after: '2027-10-24T08:00:00Z'
          days_left: 333
          fingerprint: 0A:1B:2C
    - {generation: '0002', current: true, made: '2026-11-24T08:00:00Z', type: pkcs12, problem: null, certificates: []}
generation:
  description: The generation that is in use then.
  returned: success
  type: str
  sample: '0001'
msg:
  description: What was done, and what undoes it.
  returned: success
  type: str
  sample: The key repository /var/mqm/qmgrs/QM1/ssl/key of queue manager QM1 was put back to generation 0001; naming 0002 undoes it.
former_generation:
  description: The generation that was in use. Naming it undoes the change.
  returned: success
  type: str
  sample: '0002'
changes:
  description: What was changed; in check mode what would be.
  returned: success
  type: list
  elements: dict
  sample:
    - object: KEY REPOSITORY
      name: /var/mqm/qmgrs/QM1/ssl/key
      action: restore
      attributes: {generation: {before: '0002', after: '0001'}}
announced:
  description: RV(changes), for M(mqfleet.tls.mqsc) in check mode.
  returned: in check mode
  type: list
  elements: dict
repository:
  description: As RV(mqfleet.tls.key_repository#module:repository).
  returned: success
  type: dict
mqsc:
  description: Always null. M(mqfleet.tls.mqsc) has to see to it in its turn.
  returned: success
  type: dict
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._core import key_repository as core
from ..module_utils._core.errors import MqTlsError, ToolError
from ..module_utils._core.mqsc.command import Command
from ..module_utils._core.mqsc.plan import check_answers
from ..module_utils._core.restoration import located, told
from ..module_utils._ports.command import CommandRunner, SubprocessRunner
from ..module_utils._ports.installation import Installation
from ..module_utils._ports.restoration import Found, Restoration
from ..module_utils._ports.runmqsc import run_mqsc


def argument_spec() -> dict[str, Any]:
    """The options of DOCUMENTATION."""
    return {
        "queue_manager": {"type": "str", "required": True},
        "installation": {"type": "path", "default": "/opt/mqm"},
        "data_path": {"type": "path", "default": "/var/mqm"},
        "generation": {"type": "str", "default": ""},
        "label": {"type": "str"},
        "allow_expired": {"type": "bool", "default": False},
        "lock_timeout": {"type": "float", "default": 30},
    }


def run(parameters: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The module without Ansible: its result, or an MqTlsError."""
    queue_manager = parameters["queue_manager"]
    installation = Installation(parameters["installation"], parameters["data_path"])
    installation.directory(queue_manager)
    runner = SubprocessRunner()
    ssl_key_repository, label = _asked(runner, installation, queue_manager)
    label = label if parameters["label"] is None else parameters["label"]
    path, kind = located(f"The key repository of queue manager {queue_manager} was to be put back", ssl_key_repository)
    now = datetime.now(timezone.utc)
    repository = Restoration(
        queue_manager, installation, runner, lambda: now, path=path, type=kind, lock_timeout=parameters["lock_timeout"]
    )
    found = repository.restore(parameters["generation"], label, parameters["allow_expired"], check_mode)
    changes = [_change(repository.path, found, label)] if found.chosen != found.current else []
    numbers = [one.number for one in found.generations]
    facts = {"before": _facts(found, found.current, label), "after": _facts(found, found.chosen, label)}
    return {
        "changed": bool(changes),
        "msg": told(repository.path, queue_manager, numbers, found.current, found.chosen, check_mode),
        "changes": changes,
        **({"announced": changes} if check_mode else {}),
        "generations": [one.shown(found.current, now) for one in found.generations],
        "generation": found.chosen,
        "former_generation": found.current,
        "repository": repository.description(),
        "mqsc": None,
        "diff": {
            **{side: "".join(f"{name}: {value}\n" for name, value in facts[side].items()) for side in facts},
            **{f"{side}_header": f"key repository {repository.path}" for side in facts},
        },
    }


def _asked(runner: CommandRunner, installation: Installation, queue_manager: str) -> tuple[str, str]:
    """SSLKEYR and the certificate label of the queue manager."""
    question = Command("DISPLAY", "QMGR", None, (("SSLKEYR", True), ("CERTLABL", True)))
    report = run_mqsc(runner, installation, queue_manager, [question], timeout=120)
    check_answers([question], report, queue_manager)
    record = report.answers[0].records[0]
    answers = [str(record.get(name) or "").strip() for name in ("SSLKEYR", "CERTLABL")]
    return answers[0], answers[1] or core.default_label(queue_manager)


def _facts(found: Found, number: str, label: str) -> dict[str, str]:
    """What ``--diff`` shows of a generation."""
    own = found.of(number).own(label)
    return {"generation": number, **(own.certificate.facts() if own else {})}


def _change(path: str, found: Found, label: str) -> dict[str, Any]:
    before, after = _facts(found, found.current, label), _facts(found, found.chosen, label)
    attributes = {name: {"before": before.get(name), "after": value} for name, value in after.items() if before.get(name) != value}
    return {"object": "KEY REPOSITORY", "name": path, "action": "restore", "attributes": attributes}


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except ToolError as error:
        module.fail_json(msg=str(error), rc=error.rc, stdout=error.stdout, stderr=error.stderr)
    except MqTlsError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
