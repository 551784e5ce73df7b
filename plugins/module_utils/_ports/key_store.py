# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the two types of key repository have in common: how one is read, changed, and asked for a certificate request.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Sequence

from .._core.errors import MqTlsError
from .._core.key_repository import Entry, Identity, Plan
from .._x509 import certificates

REQUEST = "request.pem"
# What holds the private key of a request, by the type of the repository that it was made for.
PENDING_KEYS = {"cms": "key.kdb", "pkcs12": "private_key.pem"}


@dataclass(frozen=True)
class Item:
    """A certificate of the library `cryptography` under its label, and its private key where that is there too; without, whether it is
    trusted.
    """

    label: str
    certificate: Any
    key: Any = None
    trusted: bool = True


@dataclass(frozen=True)
class Answer:
    """A signed certificate with its chain (PEM, the queue manager's first) and the directory with the private key it belongs to.

    ``own``: both joined already, where the request was made for a key repository of the other type.
    """

    chain: Sequence[str]
    pending: str
    own: Item | None = None


class KeyStore(ABC):
    """Files of one type. A ``stem`` is a path without suffix; what is changed is always a draft, never the files in use."""

    type: str
    # the file that holds the entries, and those without which it cannot be opened
    suffix: str
    needed: tuple[str, ...] = ()

    @abstractmethod
    def read(self, stem: str) -> list[Entry]:
        """The entries. Raises StateError when the repository cannot be opened."""

    @abstractmethod
    def change(self, stem: str, steps: Plan, identity: Identity | None, answer: Answer | None, now: datetime) -> None:
        """Carry out ``steps``. Where they issue, under the label of ``identity``: with ``answer`` the certificate of a CA, without it a
        self-signed one made here.
        """

    @abstractmethod
    def take_out(self, stem: str) -> list[Item]:
        """All entries with their private keys. Raises StateError for a repository that holds what would be lost that way."""

    @abstractmethod
    def put_in(self, stem: str, items: Sequence[Item]) -> None:
        """Make a new repository with these entries, where there is none."""

    @abstractmethod
    def make_request(self, directory: str, identity: Identity) -> None:
        """Generate a private key in ``directory`` (empty, closed to others) and write its request there as ``request.pem``.

        The label of ``identity`` is the one that the certificate is expected to get.
        """

    @abstractmethod
    def joined(self, directory: str, answer: Answer) -> Item:
        """The signed certificate with the private key of its request; ``directory`` may be worked in and has to be removed afterwards."""

    @abstractmethod
    def has_key(self, directory: str) -> bool:
        """Whether ``directory`` holds the private key of its request."""


def fitting_request(store: KeyStore, directory: str, identity: Identity) -> str:
    """The request (PEM) that waits in ``directory``, if it is for that identity and its key is there; else an empty text."""
    try:
        with open(os.path.join(directory, REQUEST), "rb") as stream:
            pem = stream.read()
        request = certificates.load_request(pem, "The waiting request")
        fits = (
            certificates.from_x509(request.subject) == identity.subject
            and certificates.key_kind(request.public_key()) == (identity.key_type, identity.key_size)
            and set(certificates.dns_names(request.extensions)) == set(identity.dns_names or ())
            and store.has_key(directory)
        )
    except (OSError, ValueError, MqTlsError):
        return ""
    return pem.decode("ascii") if fits else ""
