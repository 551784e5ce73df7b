#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Revocations by the certificate authority in the PKI folder. Runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_revocation
short_description: Revokes a certificate of the local certificate authority and publishes the list of those that are revoked
version_added: 0.1.0
author:
  - the mqfleet.tls authors (@mqfleet)
description:
  - Records in C(ca/index.jsonl) of the PKI folder that a certificate is revoked and why. From then on M(mqfleet.tls.key_repository)
    replaces it where it is in use.
  - Writes the list of revoked certificates (CRL) to C(ca/crl.pem) and C(ca/crl.der), signed by the CA that is in use. It is made anew
    where a revocation is missing in it, and when half of its time is over.
  - Nobody is told. Serve the list where the certificates say (C(mq_tls_crl_url)), or give it to an OCSP responder.
  - A revocation is never taken back.
  - Runs on the controller, so it is delegated to C(localhost). The playbook C(mqfleet.tls.revoke) replaces the certificate as well.
extends_documentation_fragment:
  - mqfleet.tls.attributes
  - mqfleet.tls.attributes.changes
options:
  pki_dir:
    description: The PKI folder.
    type: path
    required: true
  queue_manager:
    description:
      - The queue manager whose certificate is revoked, the one that was signed for it last. While one of its certificates is revoked and
        not on the list yet, that one is meant, so that a run that was interrupted can be repeated.
      - Once a new certificate has been signed for the queue manager, its name means the new one. By O(serial_number) the same task can be
        run again at any time.
      - One of O(queue_manager), O(serial_number) and O(fingerprint) may be given. Without all of them only the list is brought up to
        date.
    type: str
  serial_number:
    description: The serial number of the certificate, in hexadecimal digits, with or without colons.
    type: str
  fingerprint:
    description: The SHA-256 fingerprint of the certificate, in hexadecimal digits, with or without colons.
    type: str
  reason:
    description: Why, in the words of RFC 5280. Needed to revoke.
    type: str
    choices: [unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn]
  publish:
    description: Whether the list is brought up to date. V(false) records the revocation only.
    type: bool
    default: true
  crl_days:
    description: Days after which a new list ends. One that ends counts for those who check as none at all.
    type: int
    default: 30
  passphrase:
    description: The passphrase of the CA's private key.
    type: str
  passphrase_file:
    description: A file with the passphrase, instead of O(passphrase). A line end after it does not count.
    type: path
requirements:
  - The Python library C(cryptography), version 36 or later
seealso:
  - module: mqfleet.tls.certificate_authority
  - module: mqfleet.tls.key_repository
"""

EXAMPLES = r"""
# tail -1 pki/ca/index.jsonl
#   {"serial_number": "5B:0C:...", "subject": "CN=QM1", "queue_manager": "QM1", ..., "status": "valid"}
- name: The key of QM1 was seen elsewhere
  mqfleet.tls.certificate_revocation:
    pki_dir: "{{ inventory_dir }}/pki"
    queue_manager: QM1
    reason: keyCompromise
    passphrase: "{{ mq_tls_ca_passphrase }}"
  delegate_to: localhost
  run_once: true
# Afterwards:
#   openssl crl -in pki/ca/crl.pem -noout -text
#   Revoked Certificates:
#       Serial Number: 5B0C...
#           X509v3 CRL Reason Code: Key Compromise

- name: A list that has not ended, every week
  mqfleet.tls.certificate_revocation:
    pki_dir: "{{ inventory_dir }}/pki"
    passphrase_file: ~/.mq_ca_passphrase
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
changes:
  description: What was changed; in check mode what would be.
  returned: always
  type: list
  elements: dict
  sample:
    - object: CERTIFICATE
      name: CN=QM1
      action: revoke
      attributes:
        serial_number: {before: '5B:0C', after: '5B:0C'}
        status: {before: valid, after: revoked}
      reason: keyCompromise
    - object: CRL
      name: /home/mq/pki/ca/crl.pem
      action: replace
      attributes: {}
      reason: the certificates that are revoked are others than those in it
certificate:
  description: What the index says of the certificate, in check mode what it would say. Null where none was named.
  returned: success
  type: dict
  sample:
    serial_number: '5B:0C'
    subject: CN=QM1
    queue_manager: QM1
    not_before: '2026-11-24T08:00:00Z'
    not_after: '2027-11-24T08:00:00Z'
    status: revoked
    reason: keyCompromise
    revocation_date: '2026-11-25T10:12:00Z'
    authority_key: 9a0b
crl_file:
  description: Path of the list in PEM form. The same in DER form is beside it as C(crl.der).
  returned: success
  type: str
"""

import os
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._core.errors import InputError, MqTlsError
from ..module_utils._core.revocation import REASONS, Wish
from ..module_utils._ports.authority_index import AuthorityIndex
from ..module_utils._ports.passphrase import passphrase
from ..module_utils._x509 import library


def argument_spec() -> dict[str, Any]:
    """The options of DOCUMENTATION."""
    return {
        "pki_dir": {"type": "path", "required": True},
        "queue_manager": {"type": "str"},
        "serial_number": {"type": "str"},
        "fingerprint": {"type": "str"},
        "reason": {"type": "str", "choices": list(REASONS)},
        "publish": {"type": "bool", "default": True},
        "crl_days": {"type": "int", "default": 30},
        "passphrase": {"type": "str", "no_log": True},
        "passphrase_file": {"type": "path", "no_log": False},
    }


def run(parameters: dict[str, Any], check_mode: bool, now: datetime) -> dict[str, Any]:
    """The module without Ansible: its result, or an MqTlsError."""
    index = AuthorityIndex(os.path.join(parameters["pki_dir"], "ca"))
    attempt = f"A certificate of the CA in {parameters['pki_dir']} was to be revoked"
    library.require(attempt)
    secret = passphrase(attempt, parameters["passphrase"], parameters["passphrase_file"])
    entry: dict[str, Any] | None = None
    changes: list[dict[str, Any]] = []
    if any(parameters[name] for name in ("queue_manager", "serial_number", "fingerprint")):
        wish = Wish.described(parameters)
        if not parameters["reason"]:
            raise InputError(f"{attempt} and reason is missing; give one of {', '.join(REASONS)}.")
        entry, changes = index.revoke(wish, parameters["reason"], now, check_mode)
    elif parameters["reason"]:
        raise InputError(f"{attempt} and it is not said which; give queue_manager, serial_number or fingerprint.")
    if parameters["publish"]:
        also = entry["serial_number"] if entry and changes else ""
        changes = changes + index.publish(secret, now, parameters["crl_days"], check_mode, also)
    return {
        "changed": bool(changes),
        "changes": changes,
        "certificate": entry,
        "crl_file": index.list_file,
        "diff": _difference(changes, index.list_file),
    }


def _difference(changes: list[dict[str, Any]], path: str) -> dict[str, Any]:
    """For --diff: the certificates and files concerned."""
    sides: dict[str, Any] = {"before_header": path, "after_header": path}
    for side in ("before", "after"):
        sides[side] = [
            {"object": change["object"], "name": change["name"], **{name: values[side] for name, values in change["attributes"].items()}}
            for change in changes
            if side == "after" or change["action"] != "create"
        ]
    return sides


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        result = run(module.params, module.check_mode, datetime.now(timezone.utc))
    except MqTlsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
