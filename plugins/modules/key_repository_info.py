#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a queue manager's key repository holds. Read only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: key_repository_info
short_description: Reads the key repository of an IBM MQ queue manager
version_added: 0.1.0
author:
  - the mqfleet.tls authors (@mqfleet)
description:
  - Returns the certificates of a key repository, in the form that M(mqfleet.tls.key_repository) takes, and the permissions of its files.
  - Reads only, and leaves nothing behind.
extends_documentation_fragment:
  - mqfleet.tls.attributes
  - mqfleet.tls.attributes.info
  - mqfleet.tls.queue_manager
  - mqfleet.tls.key_repository
options:
  label:
    description: The certificate label of the queue manager. Left out, the one that MQ looks for by default.
    type: str
seealso:
  - module: mqfleet.tls.key_repository
"""

EXAMPLES = r"""
- name: What QM1 has
  mqfleet.tls.key_repository_info:
    queue_manager: QM1
  register: found

- name: QM2 gets the same trusted certificates
  mqfleet.tls.key_repository:
    queue_manager: QM2
    trust: "{{ found.trust }}"
"""

RETURN = r"""
exists:
  description: Whether there is a key repository.
  returned: success
  type: bool
repository:
  description: As RV(mqfleet.tls.key_repository#module:repository).
  returned: success
  type: dict
identity:
  description: The private key and certificate under the label, as the option O(mqfleet.tls.key_repository#module:identity), or null.
  returned: success
  type: dict
  sample: {label: ibmwebspheremqqm1, subject: 'CN=QM1,O=Bank', key_type: RSA, key_size: 3072, dns_names: []}
trust:
  description: The trusted certificates, as the option O(mqfleet.tls.key_repository#module:trust).
  returned: success
  type: list
  elements: dict
  sample:
    - {name: 'CN=MQ fleet CA', certificates: ['-----BEGIN CERTIFICATE-----...']}
certificates:
  description: All certificates.
  returned: success
  type: list
  elements: dict
  contains:
    label:
      description: The certificate label.
      type: str
    has_key:
      description: Whether the private key is there.
      type: bool
    trusted:
      description: Whether partners are accepted by it.
      type: bool
    subject:
      description: The distinguished name.
      type: str
    issuer:
      description: The distinguished name of the issuer.
      type: str
    serial_number:
      description: Pairs of hexadecimal digits.
      type: str
    not_before:
      description: Begin of validity, UTC.
      type: str
    not_after:
      description: End of validity, UTC.
      type: str
    fingerprint:
      description: SHA-256 fingerprint.
      type: str
    key_type:
      description: The kind of key.
      type: str
    key_size:
      description: Bits of the key.
      type: int
    self_signed:
      description: Whether its own key signed it.
      type: bool
    dns_names:
      description: DNS names of the subject alternative name.
      type: list
      elements: str
    pem:
      description: The certificate.
      type: str
    signed_by:
      description: SHA-256 fingerprints of those certificates of this key repository whose keys have signed it.
      type: list
      elements: str
    extended_key_usage:
      description: V(serverAuth), V(clientAuth), V(anyExtendedKeyUsage), or object identifiers. Empty where it may be used for anything.
      type: list
      elements: str
    is_ca:
      description: Whether it may sign others. Null where it does not say.
      type: bool
    signature_algorithm:
      description: How it is signed.
      type: str
      sample: SHA256withRSA
files:
  description: The files of the repository.
  returned: success
  type: list
  elements: dict
  sample:
    - {path: /var/mqm/qmgrs/QM1/ssl/key.p12, mode: '0600', owner: mqm, group: mqm}
"""

from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._core import key_repository as core
from ..module_utils._core.errors import MqTlsError, ToolError
from ..module_utils._ports.command import CommandRunner, SubprocessRunner
from ..module_utils._ports.installation import Installation
from ..module_utils._ports.key_repository import KeyRepository


def argument_spec() -> dict[str, Any]:
    """The options of DOCUMENTATION."""
    return {
        "queue_manager": {"type": "str", "required": True},
        "installation": {"type": "path", "default": "/opt/mqm"},
        "data_path": {"type": "path", "default": "/var/mqm"},
        "path": {"type": "path"},
        "type": {"type": "str", "choices": ["auto", "cms", "pkcs12"], "default": "auto"},
        "password": {"type": "str", "no_log": True},
        "label": {"type": "str"},
    }


def run(parameters: dict[str, Any], runner: CommandRunner) -> dict[str, Any]:
    """The module without Ansible: its result, or an MqTlsError."""
    queue_manager = parameters["queue_manager"]
    repository = KeyRepository(
        queue_manager,
        Installation(parameters["installation"], parameters["data_path"]),
        runner,
        lambda: datetime.now(timezone.utc),
        path=parameters["path"] or "",
        type=parameters["type"],
        password=parameters["password"],
    )
    state = repository.inspect()
    entries = state.entries or ()
    label = parameters["label"] or core.default_label(queue_manager)
    own = next((entry for entry in entries if entry.has_key and entry.label == label), None)
    return {
        "exists": state.entries is not None,
        "repository": repository.description(),
        "identity": described(own) if own else None,
        "trust": [
            {"name": entry.label, "certificates": [entry.certificate.pem]} for entry in entries if entry.trusted and not entry.has_key
        ],
        "certificates": [certificate(entry) for entry in entries],
        "files": repository.file_facts(),
    }


def described(entry: core.Entry) -> dict[str, Any]:
    """As the option identity."""
    facts = entry.certificate
    return {
        "label": entry.label,
        "subject": facts.subject,
        "key_type": facts.key_type,
        "key_size": facts.key_size,
        "dns_names": list(facts.dns_names),
    }


def certificate(entry: core.Entry) -> dict[str, Any]:
    """One of the list of all certificates."""
    return {"label": entry.label, "has_key": entry.has_key, "trusted": entry.trusted, **asdict(entry.certificate)}


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        module.exit_json(changed=False, **run(module.params, SubprocessRunner()))
    except ToolError as error:
        module.fail_json(msg=str(error), rc=error.rc, stdout=error.stdout, stderr=error.stderr)
    except MqTlsError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
