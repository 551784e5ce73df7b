# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The passphrase of the CA's private key: given as it is, or in a file on the controller.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os

from .._core.errors import InputError


def passphrase(attempt: str, given: str | None, path: str | None) -> str:
    """The passphrase, without the line end of the file; empty where there is none. ``attempt`` begins the sentence of an InputError."""
    if not path:
        return given or ""
    if given:
        raise InputError(f"{attempt} and mq_tls_ca_passphrase and mq_tls_ca_passphrase_file are both given; keep one of them.")
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as stream:
            text = stream.read().rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(
            f"{attempt} and its passphrase cannot be read from {path} ({reason}); correct mq_tls_ca_passphrase_file."
        ) from error
    if not text:
        raise InputError(f"{attempt} and {path} is empty; write its passphrase there or correct mq_tls_ca_passphrase_file.")
    return text
