# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GSKit's return codes and validation codes, as far as they are told apart."""

from __future__ import annotations

OK = 0

# of GSKKM
ALREADY_EXISTS, INVALID_PASSWORD, DUPLICATE_LABEL, DUPLICATE_CERTIFICATE = 9, 16, 23, 24
FILE_NOT_FOUND, NO_REQUEST, NO_SUCH_LABEL, INVALID_CHAIN = 101, 108, 117, 146

# of the TLS engine
BAD_FORMAT, SSL_CLOSED = 10, 12
BAD_DATE, NO_CIPHERS, IO_ERROR, BAD_LABEL, BAD_PASSWORD, BAD_CERTIFICATE = 401, 402, 406, 407, 408, 414
SOCKET_CLOSED, WOULD_BLOCK = 420, 502

# Validation codes: why a certificate is refused
NO_CHAIN, NOT_YET_VALID, EXPIRED = 575010, 575017, 575018
