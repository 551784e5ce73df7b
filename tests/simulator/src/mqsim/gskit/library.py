# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GSKit's shared libraries, opened by full path, and the error that all their functions end in."""

from __future__ import annotations

import ctypes
import importlib.util
from pathlib import Path


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


def load(stem: str) -> ctypes.CDLL:
    """The library of that name (gsk8ssl), without its functions' types. Raises ModuleNotFoundError: GSKit is not installed."""
    found = importlib.util.find_spec("clidriver") or importlib.util.find_spec("ibm_db")
    if found is None:
        raise ModuleNotFoundError("mqsim needs GSKit, which comes with the package ibm_db: it is not installed")
    places = [Path(place) for place in found.submodule_search_locations or []] or [Path(str(found.origin)).parent / "clidriver"]
    return ctypes.CDLL(str(places[0] / "lib" / "icc" / f"lib{stem}_64.so"))
