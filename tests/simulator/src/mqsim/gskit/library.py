# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GSKit's shared libraries, opened by full path, and the error that all their functions end in."""

from __future__ import annotations

import ctypes
import os
import sys

TYPE_CHECKING = False  # typing's is the same, and takes as long to import as all else here
if TYPE_CHECKING:
    from collections.abc import Callable

_opened: dict[str, ctypes.CDLL] = {}


class GskitError(Exception):
    """A call to GSKit failed.

    `code` and `name`: its return code (414, 'GSK_ERROR_BAD_CERT'); `function`: the one that gave it. Where a partner's
    certificate was refused, `validation_code` is the validation code (575010) and `validation_subject` the text that
    names the failing certificate: '[Class=]...[Issuer=]...[#=]...[Subject=]...'; else None. `alert`: the fatal TLS alert
    that the partner sent (42 bad_certificate, 40 handshake_failure; RFC 8446 section 6.2), None when none was read.
    """

    def __init__(self, code: int, name: str, function: str) -> None:
        self.code = code
        self.name = name
        self.function = function
        self.validation_code: int | None = None
        self.validation_subject: str | None = None
        self.alert: int | None = None
        super().__init__(f"{function} returned {code} {name}")


def opened(stem: str, declare: Callable[[ctypes.CDLL], None]) -> ctypes.CDLL:
    """The library of that name (gsk8ssl); on its first use it is opened, and `declare` states the types of its functions.

    Raises ModuleNotFoundError: GSKit is not installed.
    """
    if stem not in _opened:
        library = ctypes.CDLL(_path(stem))
        declare(library)
        _opened[stem] = library
    return _opened[stem]


def _path(stem: str) -> str:
    for directory in sys.path:
        path = os.path.join(directory, "clidriver", "lib", "icc", f"lib{stem}_64.so")
        if os.path.exists(path):
            return path
    raise ModuleNotFoundError("mqsim needs GSKit, which comes with the package ibm_db: it is not installed")
