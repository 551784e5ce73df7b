#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate authority in the PKI folder. Runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority
short_description: Makes the certificate authority of a fleet of IBM MQ queue managers
version_added: 0.1.0
author:
  - the mqfleet.tls authors (@mqfleet)
description:
  - Makes a private key and a self-signed root certificate in the PKI folder, for the issuer V(local_ca) of M(mqfleet.tls.key_repository).
  - A certificate authority that is there stays as it is. A private key is never overwritten.
  - One that was made elsewhere can be put there as C(ca/private_key.pem) and C(ca/certificate.pem), the latter followed by the
    certificates above it.
  - Runs on the controller, so it is delegated to C(localhost).
extends_documentation_fragment:
  - mqfleet.tls.attributes
  - mqfleet.tls.attributes.changes
options:
  pki_dir:
    description: The PKI folder. It is made where it is not there.
    type: path
    required: true
  subject:
    description: The distinguished name, most specific part first.
    type: str
    default: CN=MQ fleet CA
  key_type:
    description:
      - The kind of key of a new certificate authority.
      - It should be that of the queue managers, since a CipherSpec may allow only one kind in the whole chain.
    type: str
    choices: [RSA, EC]
    default: RSA
  key_size:
    description: Bits of the key, for RSA 2048, 3072 or 4096, for EC 256, 384 or 521. Left out, 3072 or 256.
    type: int
  days:
    description: Days for which a new certificate authority is valid.
    type: int
    default: 3650
  intermediate:
    description:
      - An intermediate certificate authority below the root that O(subject) names. It signs the certificates of the queue managers then.
      - The root is in C(ca/root/), the intermediate in C(ca/). Once the intermediate is made, the root's C(private_key.pem) can be taken to
        a safe place. It is needed again only for another intermediate, which is made once the files of the former one in C(ca/) are gone.
      - Left out, the root itself signs.
    type: dict
    suboptions:
      subject:
        description: The distinguished name, most specific part first.
        type: str
        required: true
      days:
        description: Days for which a new intermediate is valid. It never outlives the root.
        type: int
        default: 1825
  passphrase:
    description:
      - Encrypts the private key, and that of the root above an intermediate.
      - Left out, only the permissions of the file protect it.
    type: str
  passphrase_file:
    description: A file with the passphrase, instead of O(passphrase). A line end after it does not count.
    type: path
  rollover:
    description:
      - Where the certificate authority in use has another name than O(subject), make the one that is described beside it, in C(ca/next).
        It signs nothing before all queue managers accept it, see M(mqfleet.tls.ca_rollover).
      - Without it, another name is refused, unless a rollover to it has begun already.
    type: bool
    default: false
  crl:
    description:
      - Whether there has to be a list of revoked certificates (CRL) though nothing is revoked, since certificates say where it is served.
      - One that is there, or has to be, is made anew when half of its time is over. See M(mqfleet.tls.certificate_revocation).
    type: bool
    default: false
  crl_days:
    description: Days after which a new list ends.
    type: int
    default: 30
  publish:
    description: Whether the list is made, or made anew where it is due. The playbook C(mqfleet.tls.revoke) does that at its end.
    type: bool
    default: true
requirements:
  - The Python library C(cryptography), version 36 or later
seealso:
  - module: mqfleet.tls.certificate_revocation
  - module: mqfleet.tls.key_repository
"""

EXAMPLES = r"""
# The folder pki is not there.
- name: The certificate authority of the fleet
  mqfleet.tls.certificate_authority:
    pki_dir: "{{ inventory_dir }}/pki"
    subject: CN=MQ fleet CA,O=Bank
    passphrase: "{{ mq_tls_ca_passphrase }}"
  delegate_to: localhost
  run_once: true
# Afterwards:
#   openssl x509 -in pki/ca/certificate.pem -noout -subject
#   subject=O = Bank, CN = MQ fleet CA

- name: A root, and below it the CA that signs
  mqfleet.tls.certificate_authority:
    pki_dir: "{{ inventory_dir }}/pki"
    subject: CN=MQ root CA,O=Bank
    intermediate:
      subject: CN=MQ issuing CA,O=Bank
    passphrase_file: ~/.mq_ca_passphrase
  delegate_to: localhost
  run_once: true
# Afterwards pki/ca/root/ has the root, and pki/ca/certificate.pem the certificate of the issuing CA followed by that of the root.
"""

RETURN = r"""
changes:
  description: What was made; in check mode what would be.
  returned: always
  type: list
  elements: dict
  sample:
    - {object: CERTIFICATE, name: 'CN=MQ fleet CA', action: issue, attributes: {subject: {before: null, after: 'CN=MQ fleet CA'}}}
certificate:
  description: The certificate of the authority that signs, or null where check mode would make it.
  returned: success
  type: dict
  sample:
    subject: CN=MQ fleet CA
    issuer: CN=MQ fleet CA
    serial_number: 4A:00:C1
    not_before: '2026-11-24T08:00:00Z'
    not_after: '2036-11-21T08:00:00Z'
    fingerprint: 0A:1B:2C
    pem: '-----BEGIN CERTIFICATE-----...'
certificate_file:
  description: Path of the certificate.
  returned: success
  type: str
"""

import os
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._core import key_repository as core
from ..module_utils._core.errors import InputError, MqTlsError, StateError
from ..module_utils._ports.authority_folder import AuthorityFolder
from ..module_utils._ports.authority_index import AuthorityIndex
from ..module_utils._ports.files import Access, Files, explained
from ..module_utils._ports.passphrase import passphrase
from ..module_utils._x509 import certificates, library

_SOON = timedelta(days=30)


def argument_spec() -> dict[str, Any]:
    """The options of DOCUMENTATION."""
    return {
        "pki_dir": {"type": "path", "required": True},
        "subject": {"type": "str", "default": "CN=MQ fleet CA"},
        "key_type": {"type": "str", "choices": ["RSA", "EC"], "default": "RSA", "no_log": False},
        "key_size": {"type": "int", "no_log": False},
        "days": {"type": "int", "default": 3650},
        "intermediate": {
            "type": "dict",
            "options": {"subject": {"type": "str", "required": True}, "days": {"type": "int", "default": 1825}},
        },
        "passphrase": {"type": "str", "no_log": True},
        "passphrase_file": {"type": "path", "no_log": False},
        "rollover": {"type": "bool", "default": False},
        "crl": {"type": "bool", "default": False},
        "crl_days": {"type": "int", "default": 30},
        "publish": {"type": "bool", "default": True},
    }


class Authority:
    """The files of one authority in ``folder`` and what is wanted of them. ``root``: the authority above it, or None."""

    def __init__(self, folder: str, described: dict[str, Any], parameters: dict[str, Any], root: Authority | None, below: int) -> None:
        self.folder = folder
        self.root = root
        self.certificate_file = os.path.join(self.folder, "certificate.pem")
        self.key_file = os.path.join(self.folder, "private_key.pem")
        self.days = described["days"]
        self.subject = core.described_name(f"Certificate authority in {self.folder}", described["subject"])
        self.attempt = f"The certificate authority {self.subject} was to be in {self.folder}"
        self.passphrase = passphrase(self.attempt, parameters["passphrase"], parameters["passphrase_file"])
        self.key_type, self.key_size = core.described_key(self.attempt, parameters["key_type"], parameters["key_size"])
        self.below = below
        if self.days < 1:
            raise InputError(f"{self.attempt} for {self.days} days; give days a value from 1.")
        if root and root.subject == self.subject:
            raise InputError(f"{self.attempt} below a root of the same name; give the intermediate another subject.")

    def has_another_name(self) -> bool:
        """Whether there is an authority with another name than the wanted one."""
        if not os.path.exists(self.certificate_file):
            return False
        certificate = certificates.load_certificate(self._pem(), f"The certificate {self.certificate_file}")
        return not core.same_name(certificates.facts(certificate).subject, self.subject)

    def _pem(self) -> str:
        with explained(self.attempt, self.certificate_file), open(self.certificate_file, encoding="ascii", errors="replace") as stream:
            return core.pem_blocks(stream.read())[0]

    def existing(self, now: datetime) -> core.Certificate | None:
        """The certificate that is there, after a look whether it is the wanted one and its key can be used."""
        if not os.path.exists(self.certificate_file):
            return None
        certificate = certificates.load_certificate(self._pem(), f"The certificate {self.certificate_file}")
        facts = certificates.facts(certificate)
        key = self.existing_key()
        faults = (
            (
                not core.same_name(facts.subject, self.subject),
                f"the one there is {facts.subject}",
                "move the fleet to the one described with mqfleet.tls.rotate_ca, or correct mq_tls_ca_subject",
            ),
            (key is None, "its private_key.pem is missing", "bring it back, or move the folder away to have a new one made"),
            (not certificates.is_authority(certificate), "the certificate there may not sign others", "put a CA's certificate there"),
            (
                not certificates.allows_below(certificate, self.below),
                "the certificate there allows no CA below it",
                "leave out the intermediate or use another pki_dir",
            ),
            (
                key is not None and not certificates.same_key(key.public_key(), certificate.public_key()),
                "its private_key.pem does not belong to its certificate.pem",
                "bring back the two files that belong together",
            ),
            (now >= certificates.not_after(certificate), f"it ended on {facts.not_after}", "move the folder away to have a new one made"),
        )
        for wrong, cause, remedy in faults:
            if wrong:
                raise StateError(f"{self.attempt} and {cause}; {remedy}.")
        return facts

    def existing_key(self) -> Any:
        """The private key that is there, opened; None when there is none."""
        if not os.path.exists(self.key_file):
            return None
        with explained(self.attempt, self.key_file), open(self.key_file, "rb") as stream:
            pem = stream.read()
        try:
            return certificates.load_key(pem, self.passphrase)
        except ValueError as error:
            hint = "" if self.passphrase else ", or it is encrypted and no passphrase was given"
            raise StateError(
                f"{self.attempt} and the passphrase does not open {self.key_file}{hint}; correct mq_tls_ca_passphrase."
            ) from error

    def make(self, now: datetime) -> core.Certificate:
        """Make key and certificate, the key first; one that an interrupted run has left is used."""
        files = Files()
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        key = self.existing_key()
        if key is None:
            key = certificates.generate_key(self.key_type, self.key_size)
            files.write(self.key_file, certificates.key_to_pem(key, self.passphrase), Access(0o600))
        above = ""
        if self.root is None:
            certificate = certificates.make_authority(key, self.subject, self.days, now, self.below)
        else:
            above = (self.root.existing(now) or self.root.make(now)).pem
            root = certificates.load_certificate(above, f"The certificate {self.root.certificate_file}")
            public_key = key.public_key()
            certificate = certificates.make_intermediate(public_key, self.subject, self.days, now, root, self.root.existing_key())
        files.write(self.certificate_file, f"{certificates.to_pem(certificate)}{above}".encode("ascii"), Access(0o644))
        return certificates.facts(certificate)


def authority_of(parameters: dict[str, Any], place: str = "") -> Authority:
    """The authority that signs, or at ``place`` the one that takes over; with the root above it where an intermediate is wanted."""
    folder = os.path.join(parameters["pki_dir"], "ca", place).rstrip("/")
    intermediate = parameters["intermediate"]
    if not intermediate:
        return Authority(folder, parameters, parameters, None, 0)
    root = Authority(os.path.join(folder, "root"), parameters, parameters, None, 1)
    return Authority(folder, intermediate, parameters, root, 0)


def _target(parameters: dict[str, Any]) -> Authority:
    """The authority that is described: the one in use, or the one that takes over from it."""
    current, following = authority_of(parameters), authority_of(parameters, "next")
    if not current.has_another_name() or following.has_another_name():
        return current
    return following if parameters["rollover"] or os.path.exists(following.certificate_file) else current


def run(parameters: dict[str, Any], check_mode: bool, now: datetime) -> dict[str, Any]:
    """The module without Ansible: its result, or an MqTlsError."""
    folder = AuthorityFolder(os.path.join(parameters["pki_dir"], "ca"))
    attempt = authority_of(parameters).attempt
    library.require(attempt)
    if not check_mode and folder.chain("next"):
        with explained(attempt, folder.path), folder.locked():
            folder.settle()
    authority = _target(parameters)
    found = authority.existing(now)
    made = found
    # without need nobody asks for the root: its key may be in a safe
    missing = [] if found else [one for one in (authority.root, authority) if one and one.existing(now) is None]
    if found is None and not check_mode:
        with explained(authority.attempt, authority.folder):
            os.makedirs(authority.folder, mode=0o700, exist_ok=True)
            with folder.locked():
                found = authority.existing(now)  # another run may have been faster
                made = found or authority.make(now)
    subject = authority.subject.text()
    reason = "it takes over from the CA in use" if authority.folder.endswith("/next") else "there is no CA yet"
    changes = [_issue(one.subject.text(), reason) for one in missing] if found is None else []
    changes += _list(AuthorityIndex(folder.path), parameters, authority.passphrase, bool(folder.chain()), check_mode, now)
    warnings = []
    if folder.chain("next") and not parameters["rollover"]:
        warnings.append(
            f"The fleet is about to move to another certificate authority ({folder.path}/next); run mqfleet.tls.rotate_ca to go on."
        )
    if found is not None and now >= core.moment(found.not_after) - _SOON:
        warnings.append(f"The certificate authority {subject} ends on {found.not_after}; make a new one in time.")
    return {
        "changed": bool(changes),
        "changes": changes,
        "certificate": {**made.facts(), "pem": made.pem} if made else None,
        "certificate_file": authority.certificate_file,
        "diff": {
            "before": found.facts() if found else {},
            "after": made.facts() if made else {"subject": subject},
            "before_header": authority.certificate_file,
            "after_header": authority.certificate_file,
        },
        "_warnings": warnings,
    }


def _list(
    index: AuthorityIndex, parameters: dict[str, Any], secret: str, is_made: bool, check: bool, now: datetime
) -> list[dict[str, Any]]:
    """The list of revoked certificates of the CA in use, where there is to be one; the changes."""
    if not parameters["publish"] or not (parameters["crl"] or index.is_published):
        return []
    if not is_made:  # in check mode: both are yet to be made
        return [{"object": "CRL", "name": index.list_file, "action": "create", "attributes": {}, "reason": "there is none yet"}]
    return index.publish(secret, now, parameters["crl_days"], check)


def _issue(subject: str, reason: str) -> dict[str, Any]:
    attributes = {"subject": {"before": None, "after": subject}}
    return {"object": "CERTIFICATE", "name": subject, "action": "issue", "attributes": attributes, "reason": reason}


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        result = run(module.params, module.check_mode, datetime.now(timezone.utc))
    except MqTlsError as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("_warnings"):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
