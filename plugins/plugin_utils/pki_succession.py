# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the PKI folder says of certificates that follow one another.

A self-signed certificate is trusted by itself. So the one that follows it is published before it is used, and the former one stays
published as long as it may be presented. The files are named like the labels in the key repository: ``QM1-next.pem``, ``QM1-former.pem``;
a '-' is no part of a queue manager's name. ``QM1-retired.pem`` has those that are to be taken out of the partners' key repositories.

``rotation/QM1.pem`` is the certificate that mqfleet.tls.rotate_certificates is to replace. It is put down when a rotation begins and taken
away when that has ended. How far it has come is not noted: whoever presents another certificate has got his.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from typing import Any, Mapping, Sequence
from urllib.parse import quote, unquote

from ..module_utils._core.succession import FORMER, NEXT
from ..module_utils._ports.authority_folder import read_certificates
from ..module_utils._ports.files import Access, Files, explained

_PUBLIC = Access(0o644)
_RETIRED = "-retired"


class PkiSuccession:
    """``path`` of the PKI folder."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._files = Files()

    def trusted(self, queue_manager: str) -> list[str]:
        """Besides the published certificate (PEM): the one that follows a self-signed one, and the former one."""
        return [pem for suffix in (NEXT, FORMER) for pem in read_certificates(self._beside(queue_manager, suffix))]

    def is_staged(self, queue_manager: str) -> bool:
        """Whether a certificate waits to follow the published one."""
        return os.path.exists(self._beside(queue_manager, NEXT))

    def retired(self, queue_manager: str, published: Sequence[str]) -> list[str]:
        """Self-signed certificates of a queue manager that nobody is to trust any more, unless one of them is ``published`` again."""
        still = {*published, *self.trusted(queue_manager)}
        return [pem for pem in read_certificates(self._beside(queue_manager, _RETIRED)) if pem not in still]

    def announce(self, queue_manager: str, beside: Mapping[str, str | None], published: str, check: bool) -> list[dict[str, Any]]:
        """Before a certificate is published (``published``, blank where it is yet to be made): what stands beside it, by suffix.

        None is one that is yet to be made. No moment leaves partners without a certificate that may be presented.
        """
        changes = []
        gone = [pem for pem in self.trusted(queue_manager) if pem not in (published, *beside.values())]
        retired = read_certificates(self._beside(queue_manager, _RETIRED))
        new = [pem for pem in gone if pem not in retired]
        if new:
            changes.append(self._write(queue_manager, _RETIRED, [*retired, *new], "nobody is to trust these any more", check))
        for suffix, pem in beside.items():
            if pem is None or (pem and [pem] != read_certificates(self._beside(queue_manager, suffix))):
                changes.append(self._write(queue_manager, suffix, [pem] if pem else [], "partners trust it beside the one in use", check))
        return changes

    def withdraw(self, queue_manager: str, beside: Mapping[str, str | None], check: bool) -> list[dict[str, Any]]:
        """After a certificate is published: what does not stand beside it any more."""
        changes = []
        for suffix, pem in beside.items():
            path = self._beside(queue_manager, suffix)
            if pem == "" and os.path.exists(path):
                if not check:
                    with explained(f"A certificate of queue manager {queue_manager} was to be withdrawn", path):
                        self._files.remove(path)
                changes.append(_change(path, "remove", "it is not beside the one in use any more"))
        return changes

    def to_replace(self, queue_manager: str) -> list[str]:
        """The certificate (PEM) that a rotation is to replace, or none."""
        return read_certificates(self._rotation(queue_manager))

    def rotating(self) -> list[str]:
        """The queue managers that take part in a rotation."""
        folder = os.path.join(self._path, "rotation")
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        return [unquote(name[: -len(".pem")]) for name in names if name.endswith(".pem")]

    def begin_rotation(self, queue_manager: str, pem: str, check: bool) -> dict[str, Any]:
        """Put down the certificate that is to be replaced."""
        path = self._rotation(queue_manager)
        action = "replace" if os.path.exists(path) else "create"
        if not check:
            with explained(f"The rotation of the certificate of queue manager {queue_manager} was to begin", path):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                self._files.write(path, pem.encode("ascii"), _PUBLIC)
        return _change(path, action, "this certificate is to be replaced")

    def end_rotation(self, check: bool) -> list[dict[str, Any]]:
        """Every queue manager that takes part has got its certificate."""
        changes = []
        for name in self.rotating():
            path = self._rotation(name)
            if not check:
                with explained(f"The rotation of the certificate of queue manager {name} was to end", path):
                    self._files.remove(path)
            changes.append(_change(path, "remove", "every certificate that was to be replaced has been"))
        return changes

    def _write(self, queue_manager: str, suffix: str, pems: Sequence[str], reason: str, check: bool) -> dict[str, Any]:
        path = self._beside(queue_manager, suffix)
        action = "replace" if os.path.exists(path) else "create"
        if not check:
            with explained(f"A certificate of queue manager {queue_manager} was to be published", path):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                self._files.write(path, "".join(pems).encode("ascii"), _PUBLIC)
        return _change(path, action, reason)

    def _beside(self, queue_manager: str, suffix: str) -> str:
        return os.path.join(self._path, "certificates", quote(queue_manager, safe="") + suffix + ".pem")

    def _rotation(self, queue_manager: str) -> str:
        return os.path.join(self._path, "rotation", quote(queue_manager, safe="") + ".pem")


def _change(path: str, action: str, reason: str) -> dict[str, Any]:
    return {"object": "FILE", "name": path, "action": action, "attributes": {}, "reason": reason}
