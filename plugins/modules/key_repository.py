#!/usr/bin/python
# Copyright (c) 2026 the mqfleet.tls authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A queue manager's key repository as described. The controller's part is in plugins/action/key_repository.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: key_repository
short_description: Keeps the private key, certificate and trusted certificates of an IBM MQ queue manager
version_added: 0.1.0
author:
  - the mqfleet.tls authors (@mqfleet)
description:
  - Builds the key repository of a queue manager, or corrects one that is there, of type CMS (C(.kdb)) or PKCS#12 (C(.p12)).
  - The private key is generated on the host of the queue manager and never leaves it. For a certificate of a certificate authority
    only the request comes to the controller, and the certificate goes back.
  - Certificates are compared by content, never by label alone. A certificate that is missing, wrong or near its end is replaced. One that
    is right in all but its label is renamed.
  - The identity that is replaced stays under its label with C(-former) added, which IBM MQ never looks for, until O(drop_former). With
    O(stage) one that partners may not trust yet waits under the label with C(-next) added, until O(install).
  - A repository is changed as a whole. The next one is built aside, opened and checked, and then put in place by one rename. The one
    before stays as a backup in C(key.d) beside it, see M(mqfleet.tls.key_repository_restore). A crash or a full disk leaves the old
    or the new one, complete.
  - The queue manager goes on with what it has read until C(REFRESH SECURITY). M(mqfleet.tls.mqsc) sends it, since this module leaves
    a mark for it.
  - With nothing to do this costs one remote execution and touches no file; without O(mqsc) it runs no program.
extends_documentation_fragment:
  - mqfleet.tls.attributes
  - mqfleet.tls.attributes.changes
  - mqfleet.tls.queue_manager
  - mqfleet.tls.key_repository
options:
  identity:
    description:
      - The private key and certificate of the queue manager.
      - Left out or null, none is wanted, as for a queue manager that only initiates one-way links. See O(purge_identity) then.
    type: dict
    suboptions:
      label:
        description: The certificate label. Left out, the one that MQ looks for by default, C(ibmwebspheremq) and the name in lower case.
        type: str
      subject:
        description: The distinguished name, most specific part first. Left out, C(CN=) and the name of the queue manager.
        type: str
      key_type:
        description: The kind of key.
        type: str
        choices: [RSA, EC]
        default: RSA
      key_size:
        description: Bits of the key, for RSA 2048, 3072 or 4096, for EC 256, 384 or 521. Left out, 3072 or 256.
        type: int
      days:
        description: Days for which a new certificate is valid. It never outlives its certificate authority.
        type: int
        default: 365
      renew_before_days:
        description: A certificate with fewer days left is replaced.
        type: int
        default: 30
      dns_names:
        description: DNS names for the subject alternative name. Left out, those of a certificate do not matter.
        type: list
        elements: str
  issuer:
    description: Who signs the certificate.
    type: dict
    suboptions:
      type:
        description:
          - V(local_ca) is the certificate authority in the PKI folder, see M(mqfleet.tls.certificate_authority).
          - V(self_signed) signs with the queue manager's own key. IBM advises it for tests only.
          - V(external) is a certificate authority that is asked by other people. The request is written to C(requests/) in the PKI folder,
            with a text that says what its operator needs to know. The answer is looked for in C(signed/), under the same name with one of
            the suffixes C(.pem), C(.crt), C(.cer), C(.der), C(.p7b) and C(.p7c), in PEM, DER or PKCS#7 form, with or without the
            certificates of the authority. Until it is there, RV(waiting) says so, all else is done, and a certificate in use stays.
          - V(command) is any command on the controller. It gets the request in PEM form on its standard input and gives the certificate
            on its standard output, also in PEM form (or PKCS#7 in PEM form), with or without the certificates of the authority.
        type: str
        required: true
      argv:
        description:
          - Of V(command), the program and its arguments. There is no shell. A secret has no place there, since results show it.
        type: list
        elements: str
      timeout:
        description: Of V(command), the seconds after which it is ended. Left out, 60.
        type: int
      trust:
        description:
          - Of V(command), where it is required, and of V(external), the CA certificates in which chains have to end.
          - Each item is a text in PEM form or the absolute path of a file on the controller.
          - Of V(external), beside those in C(external/) of the PKI folder. Left out, the CA certificates that come with an answer are
            taken, and kept there.
        type: list
        elements: str
      subject:
        description:
          - Of V(local_ca), the distinguished name of a certificate authority that is yet to be made. Only check mode needs it.
        type: str
  trust:
    description:
      - Whose certificates the queue manager accepts. The certificate authority that signs its own is always among them.
    type: list
    elements: dict
    default: []
    suboptions:
      issuer:
        description:
          - A certificate authority, V(local_ca) for that of the PKI folder, V(external) for those whose certificates are in C(external/) of
            the PKI folder, V(command) for O(trust[].trust) alone.
        type: str
      trust:
        description: The option O(issuer.trust) of a partner, with V(external) and V(command).
        type: list
        elements: str
      queue_manager:
        description: A partner with a self-signed certificate, which it has published in the PKI folder.
        type: str
      name:
        description: A name for O(trust[].certificates), which becomes their label.
        type: str
      certificates:
        description: Certificates in PEM form.
        type: list
        elements: str
  password_generation:
    description:
      - A number that is raised to have another password made for the key repository. Keys, certificates, labels and trust stay.
      - The key repository says itself which number it has, V(1) where it says nothing. The same number, or a smaller one, asks for nothing.
      - The next password is generated on the host. With V(pkcs12) it may also be given as O(password), in the same run.
      - A CMS repository gets another stash file. With V(pkcs12), M(mqfleet.tls.mqsc) gives the queue manager the password. A refresh
        follows in both cases.
    type: int
    default: 1
  purge_trust:
    description:
      - Whether trusted certificates that are not described are removed, also those that some levels of C(runmqakm) put into a new CMS
        repository.
    type: bool
    default: false
  purge_identity:
    description:
      - Whether, where no identity is wanted, a certificate with its private key under O(absent_label) is removed.
      - Without it such a certificate stays, and a warning says so. The queue manager presents it to its partners.
    type: bool
    default: false
  absent_label:
    description:
      - The label under which no identity is to be, where none is wanted.
      - Left out, the one that MQ looks for by default.
    type: str
  stage:
    description:
      - Whether a certificate that partners may not trust yet is only put beside the one in use, and published for them.
      - That is a self-signed one, and one of another issuer. A certificate of the same issuer is accepted by whoever accepts the one in
        use, and takes its place at once. So does one for another subject, since O(mqfleet.tls.mqsc#module:objects) of partners name the
        subject too, and one that follows a certificate that has expired.
    type: bool
    default: false
  install:
    description:
      - The fingerprint of the certificate under the label with C(-next), RV(staged), that is to be taken into use now.
      - Partners have to trust it and to have been told so (C(REFRESH SECURITY)). This module does not know that; whoever sets this does.
    type: str
    default: ''
  drop_former:
    description:
      - The fingerprint of the former certificate, RV(former), that is to be removed with its private key.
      - M(mqfleet.tls.identity_rollover) says for which this is safe.
    type: str
    default: ''
  issued_before:
    description:
      - A moment in UTC, for example V(2027-03-01T08:00:00Z). A certificate that was issued before it is replaced, by one for a new key.
      - While RV(staged) or RV(former) shows that a renewal is under way, none is begun anew.
      - What counts for V(local_ca) and V(self_signed) is when it was made by the clock of the one who made it, otherwise when its validity
        begins.
    type: str
    default: ''
  replace:
    description:
      - The fingerprint of a certificate that is to be replaced, by one for a new key, although it is as described.
      - Where another one is in use this asks for nothing, so it may be given again and again. Left out, the one that a rotation has put
        down in the PKI folder, see M(mqfleet.tls.certificate_rotation).
    type: str
    default: ''
  pki_dir:
    description:
      - The PKI folder on the controller, with the certificate authority and the certificates that queue managers have published.
      - The certificate of this queue manager is published there.
      - Left out, nothing is published, and neither V(local_ca) nor partners can be named.
    type: path
  passphrase:
    description: Passphrase of the private key of the certificate authority. It stays on the controller.
    type: str
  passphrase_file:
    description: A file on the controller with that passphrase, instead of O(passphrase). Neither is stored, nor sent to the host.
    type: path
  seen:
    description:
      - What this module has returned for the same queue manager earlier in the run.
      - Without a certificate that a partner has published since, it is returned again, unchanged, without a remote execution.
    type: dict
  mqsc:
    description:
      - The options that M(mqfleet.tls.mqsc) gets later in the run, without those that this module has itself.
      - Once the key repository is as it should be, the queue manager is compared with them in the same remote execution, and changed where
        nothing that runs is touched by it. See RV(mqsc).
    type: dict
  revoked:
    description:
      - Serial numbers of certificates that are revoked, each with the reason. One that is in use is replaced.
      - Those that the issuer V(local_ca) has revoked are known without this, see M(mqfleet.tls.certificate_revocation).
    type: dict
    default: {}
  production:
    description: Whether self-signed certificates are refused.
    type: bool
    default: false
  owner:
    description:
      - User who owns the files. Left out, it is not looked at.
      - Files that root makes get the owner and group of the directory, so that the queue manager can read them.
    type: str
  group:
    description: Group of the files. Left out, it is not looked at.
    type: str
  mode:
    description:
      - Permissions of the files with private keys, as an octal number in quotes. Looser or other ones are corrected.
      - V(0600) is right where the user C(mqm) owns the files, V(0640) where only its group does.
    type: str
    default: '0600'
  lock_timeout:
    description: Seconds to wait for another run that is changing the same key repository.
    type: float
    default: 30
  _chain:
    description:
      - Only set by the action plugin of this module, never in a task.
      - The CA certificates of the wanted issuer, in PEM form. One of them has to have signed the certificate of the queue manager.
    type: list
    elements: str
    default: []
  _distrust:
    description:
      - Only set by the action plugin of this module, never in a task.
      - Certificates of certificate authorities that are retired, in PEM form. They are removed whatever O(purge_trust) says.
    type: list
    elements: str
    default: []
  _accepted:
    description:
      - Only set by the action plugin of this module, never in a task.
      - CA certificates, in PEM form, that all queue managers have been shown to accept along with O(_chain).
    type: list
    elements: str
    default: []
  _answer:
    description:
      - Only set by the action plugin of this module, never in a task.
      - A certificate that was signed for the request of the first execution, with its chain, in PEM form.
    type: list
    elements: str
    default: []
  _postponed:
    description:
      - Only set by the action plugin of this module, never in a task.
      - Whether the issuer cannot sign in this run, so that all is done but the certificate.
    type: bool
    default: false
  _may_apply:
    description:
      - Only set by the action plugin of this module, never in a task.
      - Whether all that is to be trusted is known, so that the key repository will not change again in this run.
    type: bool
    default: false
notes:
  - C(runmqakm) takes the password of a new CMS repository on its command line. It is random, nobody else knows it, and the repository is in
    a directory that only its owner may enter. After that the stash file is used.
  - A PKCS#12 repository that is changed is written anew with AES-256. Trusted certificates are marked for Java where C(cryptography) is
    version 45 or later.
  - The change from one type to the other makes a new repository with a new key. The files of the old one stay.
seealso:
  - module: mqfleet.tls.certificate_authority
  - module: mqfleet.tls.key_repository_info
  - module: mqfleet.tls.key_repository_restore
  - module: mqfleet.tls.mqsc
"""

EXAMPLES = r"""
# QM1 has no key repository:
#   runmqakm -cert -list -db /var/mqm/qmgrs/QM1/ssl/key.kdb -stashed     file not found
- name: A certificate of the fleet's own certificate authority
  mqfleet.tls.key_repository:
    queue_manager: QM1
    identity:
      subject: CN=QM1,O=Bank,C=GB
    issuer:
      type: local_ca
    pki_dir: "{{ inventory_dir }}/pki"
    type: cms
  register: built
# Afterwards:
#   runmqakm -cert -list -db /var/mqm/qmgrs/QM1/ssl/key.kdb -stashed
#   !       "CN=MQ fleet CA"
#   -       ibmwebspheremqqm1

- name: The queue manager uses it
  mqfleet.tls.mqsc:
    queue_manager: QM1
    key_repository: "{{ built.repository }}"

- name: A certificate of a CA that other people run
  mqfleet.tls.key_repository:
    queue_manager: QM2
    identity:
      subject: CN=QM2,O=Bank,C=GB
    issuer:
      type: external
    pki_dir: "{{ inventory_dir }}/pki"
  register: built
# Until pki/signed/QM2.pem (or .p7b, ...) is there:
#   built.waiting: The certificate of queue manager QM2 waits for the signature of an external certificate authority ...

- name: A certificate that a command of the controller gets
  mqfleet.tls.key_repository:
    queue_manager: QM3
    identity:
      subject: CN=QM3,O=Bank,C=GB
    issuer:
      type: command
      argv: [/usr/local/bin/sign-request, --profile, mq]
      trust: ["{{ inventory_dir }}/bank-root.pem"]
    pki_dir: "{{ inventory_dir }}/pki"

- name: A queue manager that only initiates one-way links
  mqfleet.tls.key_repository:
    queue_manager: BRANCH7
    trust:
      - issuer: local_ca
    pki_dir: "{{ inventory_dir }}/pki"

- name: Another password, and another type
  mqfleet.tls.key_repository:
    queue_manager: QM1
    type: pkcs12
    password_generation: 2
    identity:
      subject: CN=QM1,O=Bank,C=GB
    issuer:
      type: local_ca
    pki_dir: "{{ inventory_dir }}/pki"

- name: A partner in another company
  mqfleet.tls.key_repository:
    queue_manager: QM1
    identity:
      subject: CN=QM1,O=Bank,C=GB
    issuer:
      type: local_ca
    trust:
      - name: PARTNER
        certificates:
          - "{{ lookup('ansible.builtin.file', 'partner-ca.pem') }}"
    pki_dir: "{{ inventory_dir }}/pki"
"""

RETURN = r"""
changes:
  description: What was changed, in order; in check mode what would be.
  returned: always
  type: list
  elements: dict
  contains:
    object:
      description: V(KEY REPOSITORY), V(CERTIFICATE), V(TRUST) or V(FILE).
      type: str
    name:
      description: A path, a certificate label, or the name of a trusted certificate.
      type: str
    action:
      description: What happens to it.
      type: str
      sample: issue
    attributes:
      description: What changes, each with C(before) and C(after). What cannot be known before the event is left out.
      type: dict
    reason:
      description: Why a certificate is replaced or removed, or what stays when the type or the password changes.
      type: str
  sample:
    - object: CERTIFICATE
      name: ibmwebspheremqqm1
      action: replace
      attributes: {subject: {before: CN=QM1, after: CN=QM1}}
      reason: it expires on 2026-12-01T10:00:00Z
announced:
  description:
    - The changes of this and, with O(seen), of the earlier execution. M(mqfleet.tls.mqsc) takes them in check mode, where no file
      tells it of a key repository that would be another one.
  returned: in check mode
  type: list
  elements: dict
repository:
  description: What the option O(mqfleet.tls.mqsc#module:key_repository) takes.
  returned: success
  type: dict
  sample:
    path: /var/mqm/qmgrs/QM1/ssl/key
    type: pkcs12
    ssl_key_repository: /var/mqm/qmgrs/QM1/ssl/key.p12
    password_file: /var/mqm/qmgrs/QM1/ssl/key.d/password
    refresh_marker: /var/mqm/qmgrs/QM1/ssl/key.d/refresh
certificate:
  description: The certificate of the queue manager, or null. In check mode null where it would be replaced.
  returned: success
  type: dict
  sample:
    label: ibmwebspheremqqm1
    subject: CN=QM1,O=Bank,C=GB
    issuer: CN=MQ fleet CA
    serial_number: 4A:00:C1
    not_before: '2026-11-24T08:00:00Z'
    not_after: '2027-11-24T08:00:00Z'
    fingerprint: 0A:1B:2C
    pem: '-----BEGIN CERTIFICATE-----...'
staged:
  description:
    - The certificate that waits under the label with C(-next) until partners trust it, with the same keys as RV(certificate), and
      C(signed_by), fingerprints of the certificates that signed it. Null where there is none.
  returned: success
  type: dict
former:
  description:
    - The former certificate, kept under the label with C(-former) until its successor is proven, with the same keys as RV(staged). Null
      where there is none.
  returned: success
  type: dict
found:
  description: What is there before anything is changed, RV(certificate), RV(staged) and RV(former).
  returned: in check mode
  type: dict
undescribed:
  description:
    - Trusted certificates that O(trust) does not name, and personal ones that are not of O(identity), with C(object) (V(TRUST),
      V(CERTIFICATE)), C(name) and C(reason).
    - A trusted one may be of a partner of RV(missing_partners), or of an issuer of RV(missing_issuers).
  returned: in check mode
  type: list
  elements: dict
  sample: [{object: TRUST, name: old-ca, reason: whoever has a certificate of CN=Old CA is let in}]
trust:
  description: The trusted certificates, with the same keys as RV(certificate).
  returned: success
  type: list
  elements: dict
missing_partners:
  description: Partners among O(trust) that have not published a certificate yet.
  returned: success
  type: list
  elements: str
missing_issuers:
  description: Issuers among O(trust) of which no CA certificate is known yet.
  returned: success
  type: list
  elements: str
waiting:
  description: What the certificate waits for, with an issuer that answers later, or null. The task does not fail for it.
  returned: success
  type: str
  sample: >-
    The certificate of queue manager QM2 waits for the signature of an external certificate authority (no certificate under this label;
    until then it has none): have /home/mq/pki/requests/QM2.pem signed, put the answer to /home/mq/pki/signed/QM2.pem (or .crt, .cer, .der,
    .p7b, .p7c) and run again.
mqsc:
  description:
    - What M(mqfleet.tls.mqsc) returns for O(mqsc), to be given to its option O(mqfleet.tls.mqsc#module:seen).
    - Null where that module has to see to it in its turn. That is where running channels would be interrupted or have to start again, where
      something was refused, and in check mode where anything is to be done.
  returned: success
  type: dict
published:
  description: Path of the published certificate on the controller, or null.
  returned: success
  type: str
"""

from datetime import datetime, timezone
from typing import Any, Sequence

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils._core import key_repository as core
from ..module_utils._core import succession
from ..module_utils._core.errors import InputError, MqTlsError, ToolError
from ..module_utils._ports.command import SubprocessRunner
from ..module_utils._ports.installation import Installation
from ..module_utils._ports.key_repository import KeyRepository, Outcome
from ..module_utils._ports.permissions import access_of


def argument_spec() -> dict[str, Any]:
    """The options of DOCUMENTATION."""
    return {
        "queue_manager": {"type": "str", "required": True},
        "installation": {"type": "path", "default": "/opt/mqm"},
        "data_path": {"type": "path", "default": "/var/mqm"},
        "path": {"type": "path"},
        "type": {"type": "str", "choices": ["auto", "cms", "pkcs12"], "default": "auto"},
        "password": {"type": "str", "no_log": True},
        "identity": {
            "type": "dict",
            "options": {
                "label": {"type": "str"},
                "subject": {"type": "str"},
                "key_type": {"type": "str", "choices": ["RSA", "EC"], "default": "RSA", "no_log": False},
                "key_size": {"type": "int", "no_log": False},
                "days": {"type": "int", "default": 365},
                "renew_before_days": {"type": "int", "default": 30},
                "dns_names": {"type": "list", "elements": "str"},
            },
        },
        "issuer": {
            "type": "dict",
            "options": {
                "type": {"type": "str", "required": True},
                "subject": {"type": "str"},
                "argv": {"type": "list", "elements": "str"},
                "timeout": {"type": "int"},
                "trust": {"type": "list", "elements": "str"},
            },
        },
        "trust": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "issuer": {"type": "str"},
                "trust": {"type": "list", "elements": "str"},
                "queue_manager": {"type": "str"},
                "name": {"type": "str"},
                "certificates": {"type": "list", "elements": "str"},
            },
        },
        "password_generation": {"type": "int", "default": 1, "no_log": False},
        "purge_trust": {"type": "bool", "default": False},
        "purge_identity": {"type": "bool", "default": False},
        "absent_label": {"type": "str"},
        "stage": {"type": "bool", "default": False},
        "install": {"type": "str", "default": ""},
        "drop_former": {"type": "str", "default": ""},
        "issued_before": {"type": "str", "default": ""},
        "replace": {"type": "str", "default": ""},
        "pki_dir": {"type": "path"},
        "passphrase": {"type": "str", "no_log": True},
        "passphrase_file": {"type": "path", "no_log": False},
        "seen": {"type": "dict"},
        "mqsc": {"type": "dict"},
        "revoked": {"type": "dict", "default": {}},
        "production": {"type": "bool", "default": False},
        "owner": {"type": "str"},
        "group": {"type": "str"},
        "mode": {"type": "str", "default": "0600"},
        "lock_timeout": {"type": "float", "default": 30},
        "_chain": {"type": "list", "elements": "str", "default": []},
        "_distrust": {"type": "list", "elements": "str", "default": []},
        "_accepted": {"type": "list", "elements": "str", "default": []},
        "_answer": {"type": "list", "elements": "str", "default": []},
        "_postponed": {"type": "bool", "default": False},
        "_may_apply": {"type": "bool", "default": False},
    }


def run(parameters: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The module without Ansible: its result, or an MqTlsError."""
    queue_manager = parameters["queue_manager"]
    identity = core.Identity.described(queue_manager, parameters["identity"]) if parameters["identity"] else None
    issuer = (parameters["issuer"] or {}).get("type", core.SELF_SIGNED)
    if identity is not None:
        core.check_issuer(queue_manager, issuer, parameters["production"])
    chain = tuple(pem for text in parameters["_chain"] for pem in core.pem_blocks(text))
    trust = core.trusted(parameters["trust"], chain)
    if not check_mode and not all(one.pem for one in trust):
        raise InputError(
            f"The key repository of queue manager {queue_manager} was to trust the CA {core.unmade(trust)}, which is not made yet; "
            f"run mqfleet.tls.certificate_authority first."
        )
    repository = KeyRepository(
        queue_manager,
        Installation(parameters["installation"], parameters["data_path"]),
        SubprocessRunner(),
        lambda: datetime.now(timezone.utc),
        path=parameters["path"] or "",
        type=parameters["type"],
        password=parameters["password"],
        password_generation=parameters["password_generation"],
        access=access_of(queue_manager, parameters["mode"], parameters["owner"], parameters["group"]),
        lock_timeout=parameters["lock_timeout"],
    )
    want = core.Want(
        path=repository.path,
        type=repository.type,
        identity=identity,
        absent_label=parameters["absent_label"] or core.default_label(queue_manager),
        issuer_type=issuer,
        chain=chain,
        trust=trust,
        purge_trust=parameters["purge_trust"],
        purge_identity=parameters["purge_identity"],
        distrust=_fingerprints(parameters["_distrust"]),
        postponed=parameters["_postponed"],
        revoked=parameters["revoked"],
        stage=parameters["stage"],
        install=parameters["install"],
        drop_former=parameters["drop_former"],
        accepted=_fingerprints(parameters["_accepted"]),
        issued_before=core.checked_moment(f"The certificate of queue manager {queue_manager}", parameters["issued_before"]),
        replace=parameters["replace"],
    )
    outcome = repository.run(want, parameters["_answer"], check_mode)
    result = result_of(repository, want, outcome)
    if check_mode:
        result["found"] = _found(want, outcome.before or ())
        result["undescribed"] = core.undescribed(outcome.before, want)
    return {**result, "mqsc": _definitions(parameters, result, parameters["_may_apply"] and not check_mode)}


def _definitions(parameters: dict[str, Any], result: dict[str, Any], may_apply: bool) -> dict[str, Any] | None:
    """What mqsc would do and return, where that touches nothing that runs; else None.

    None too where a certificate is yet to be signed, where the options are not right and where the queue manager cannot be read or
    refuses something: mqsc says so in its turn.
    """
    unsigned = "_request" in result and "_awaited" not in result
    if parameters["mqsc"] is None or unsigned or (result["changed"] and not may_apply):
        return None
    if any(one.get("object") == "AUTHINFO" for one in parameters["mqsc"].get("objects") or ()):  # their passwords go to mqsc alone
        return None
    from ..module_utils._ports import definitions  # noqa: PLC0415 - modules that a host has to compile each time it needs them

    def touches_nothing(planned: definitions.Plan) -> bool:
        return not (planned.interrupts or planned.restart or planned.refresh_outstanding or (planned.steps and not may_apply))

    places = {name: parameters[name] for name in ("queue_manager", "installation", "data_path")}
    options = ArgumentSpecValidator(definitions.argument_spec()).validate(
        {**parameters["mqsc"], **places, "key_repository": result["repository"]}
    )
    if options.error_messages:
        return None
    try:
        found = definitions.run(options.validated_parameters, SubprocessRunner(), not may_apply, may_apply=touches_nothing)
    except MqTlsError:
        return None
    return None if found.pop("_warnings") else found


def _found(want: core.Want, entries: Sequence[core.Entry]) -> dict[str, Any]:
    """What is there before anything is done."""
    own = core.identity_of(entries, want) if want.identity else None
    beside = {
        name: core.shown_beside(entries, want, suffix) for name, suffix in (("staged", succession.NEXT), ("former", succession.FORMER))
    }
    return {"certificate": core.shown(own) if own else None, **beside}


def _fingerprints(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(core.pem_fingerprint(pem) for text in texts for pem in core.pem_blocks(text))


def result_of(repository: KeyRepository, want: core.Want, outcome: Outcome) -> dict[str, Any]:
    """What the module returns; the action adds what it knows of the PKI folder."""
    own = core.identity_of(outcome.after, want) if want.identity else None
    result = {
        "changed": bool(outcome.changes),
        "changes": list(outcome.changes),
        "repository": repository.description(),
        "certificate": core.shown(own) if own else None,
        "staged": core.shown_beside(outcome.after, want, succession.NEXT),
        "former": core.shown_beside(outcome.after, want, succession.FORMER),
        "trust": [core.shown(entry) for entry in outcome.after if entry.trusted and not entry.has_key],
        "diff": core.difference(repository.path, want, outcome.before, outcome.after, outcome.changes),
        "_warnings": list(outcome.warnings),
    }
    if outcome.request:
        result["_request"] = outcome.request
    if outcome.awaited:
        result["_awaited"] = outcome.awaited
    return result


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        result = run(module.params, module.check_mode)
    except ToolError as error:
        module.fail_json(msg=str(error), rc=error.rc, stdout=error.stdout, stderr=error.stderr)
    except MqTlsError as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("_warnings"):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
