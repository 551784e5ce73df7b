# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A certificate authority that is asked by other people on other ways: requests go into the PKI folder, answers come out of it.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Sequence

from ...module_utils._core.errors import StateError
from ...module_utils._core.key_repository import Identity
from ...module_utils._ports.files import explained
from ...module_utils._x509 import chain
from ..pki_folder import SIGNED_SUFFIXES, PkiFolder
from .issuer import checked
from .outside import OutsideCa

_FOR_THE_OPERATOR = """\
A certificate is requested for an IBM MQ queue manager.

request                {request}
queue manager          {queue_manager}
subject                {subject}
key                    {key_type} {key_size}
valid for              {days} days
DNS names              {dns_names}
key usage              {usage}
extended key usage     serverAuth, clientAuth (both: a queue manager is TLS server and TLS client), or none at all
signature              SHA-256 or better, also that of intermediate CAs

Take the subject as it stands. The answer goes to one of
{answers}
in PEM, DER or PKCS#7 form, alone or with the certificates of the CA. CA certificates that do not come with it go to
  {authorities}
The next run of the playbook mqfleet.tls.site checks and installs it, and removes these files.
"""


class External(OutsideCa):
    """``trust``: the CA certificates (PEM) that chains have to end in, beside those of the PKI folder; empty: wherever they end."""

    only_reads = True
    remedy = "nothing was changed: put the right answer there, or take it away and the request is written once more"

    def __init__(self, folder: PkiFolder, trust: Sequence[str]) -> None:
        super().__init__(folder, list(dict.fromkeys([*trust, *folder.external()])), pinned=bool(trust))
        self._pki = folder

    def can_sign(self, queue_manager: str) -> bool:
        return bool(self._pki.signed_paths(queue_manager))

    def sign(self, queue_manager: str, request: str, identity: Identity) -> list[str]:
        paths = self._pki.signed_paths(queue_manager)
        attempt = f"The answer {paths[0]} to the request of queue manager {queue_manager} was to be installed"
        if len(paths) > 1:
            raise StateError(f"{attempt} and there is {paths[1]} as well; nothing was changed: take one away.")
        asked = checked(attempt, queue_manager, request, identity)
        with explained(attempt, paths[0]), open(paths[0], "rb") as stream:
            found = chain.read(stream.read(), f"The answer {paths[0]} to the request of queue manager {queue_manager}")
        return self._accepted(attempt, queue_manager, asked, found, identity)

    def ask(self, queue_manager: str, request: str, identity: Identity, check: bool) -> tuple[str, list[dict[str, Any]]]:
        path = self._pki.request_path(queue_manager)
        answers = [self._pki.signed_path(queue_manager, suffix) for suffix in SIGNED_SUFFIXES]
        if request:
            checked(f"The request of queue manager {queue_manager} was to be written to {path}", queue_manager, request, identity)
        text = _FOR_THE_OPERATOR.format(
            request=path,
            queue_manager=queue_manager,
            subject=identity.subject.text(),
            key_type=identity.key_type,
            key_size=identity.key_size,
            days=identity.days,
            dns_names=", ".join(identity.dns_names or ()) or "none",
            usage="digitalSignature, keyEncipherment" if identity.key_type == "RSA" else "digitalSignature",
            answers="\n".join(f"  {answer}" for answer in answers),
            authorities=self._pki.external_path("*"),
        )
        changes = self._pki.request(queue_manager, {path: request, self._pki.request_path(queue_manager, ".txt"): text}, check)
        return f"have {path} signed, put the answer to {answers[0]} (or .crt, .cer, .der, .p7b, .p7c) and run again", changes

    def close(self, queue_manager: str, installed: Sequence[str], check: bool) -> list[dict[str, Any]]:
        changes = self._pki.keep_external([pem for pem in installed[1:] if pem not in self._anchors], check)
        return changes + self._pki.close_request(queue_manager, installed[:1], check)
