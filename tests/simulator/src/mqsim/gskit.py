# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""IBM's TLS engine and key repositories: the one module that touches GSKit.

The libraries are those of the wheel `ibm_db` (GSKit 8.0.60), loaded by full path through ctypes. No header ships with
them: names and numbers of the attributes are those that the library itself writes to its trace.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Literal

Role = Literal["client", "server", "server_request_client"]

# gsk_attribute_set_buffer
KEYRING_FILE, KEYRING_PW, KEYRING_LABEL, KEYRING_STASH_FILE = 201, 202, 203, 204
CONNECT_SEC_TYPE, CONNECT_CIPHER_SPEC_EX = 208, 244
SSL_EXTN_SERVERNAME_REQUEST, SSL_EXTN_SERVERNAME, VALIDATIONFAIL_SUBJECT = 230, 234, 235
TLSV12_CIPHER_SPECS_EX, TLSV13_CIPHER_SPECS_EX = 243, 2008
# gsk_attribute_set_numeric_value
FD, V3_SESSION_TIMEOUT, TLS_ALERT_VALUE_RECEIVED = 300, 302, 353
# gsk_attribute_set_enum
SESSION_TYPE, PROTOCOL_SSLV2, PROTOCOL_SSLV3, SSL_FIPS_MODE_PROCESSING = 402, 403, 404, 420
PROTOCOL_TLSV10, PROTOCOL_TLSV11, PROTOCOL_TLSV12, PROTOCOL_TLSV13 = 436, 437, 438, 4030
SESSION_TYPES: dict[str, int] = {"client": 507, "server": 508, "server_request_client": 509}
SSLV2_OFF, SSLV3_OFF, SSL_FIPS_MODE_PROCESSING_ON = 511, 513, 573
# gsk_attribute_get_cert_info
PARTNER_CERT_INFO, CERT_BODY_DER = 700, 600

OK, WOULD_BLOCK, SOCKET_CLOSED, SSL_CLOSED = 0, 502, 420, 12
RECORD = 16384  # bytes of the largest TLS record: one read takes a whole one, so that nothing waits inside the engine


class GskitError(Exception):
    """A call to GSKit failed.

    `code` and `name`: its return code (414, 'GSK_ERROR_BAD_CERT'); `function`: the one that gave it. Where a partner's
    certificate was refused, `validation_code` is the validation code (575010) and `validation_subject` the text that
    names the failing certificate: '[Class=]...[Issuer=]...[#=]...[Subject=]...'; else None.
    """

    def __init__(
        self, code: int, name: str, function: str, validation_code: int | None = None, validation_subject: str | None = None
    ) -> None:
        super().__init__(f"{function} returned {code} {name}" + (f" ({validation_code})" if validation_code else ""))
        self.code = code
        self.name = name
        self.function = function
        self.validation_code = validation_code
        self.validation_subject = validation_subject


class _CertificateElement(ctypes.Structure):
    _fields_ = (("id", ctypes.c_int), ("data", ctypes.POINTER(ctypes.c_char)), ("length", ctypes.c_int))


def _library(stem: str) -> ctypes.CDLL:
    found = importlib.util.find_spec("clidriver") or importlib.util.find_spec("ibm_db")
    if found is None:
        raise ModuleNotFoundError("mqsim needs GSKit, which comes with the package ibm_db: it is not installed")
    places = [Path(place) for place in found.submodule_search_locations or []] or [Path(str(found.origin)).parent / "clidriver"]
    return ctypes.CDLL(str(places[0] / "lib" / "icc" / f"lib{stem}_64.so"))


@functools.cache
def _ssl() -> ctypes.CDLL:
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    address, written = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_int)
    library = _library("gsk8ssl")
    for function, arguments in {
        "gsk_environment_open": (address,),
        "gsk_environment_init": (handle,),
        "gsk_environment_close": (address,),
        "gsk_secure_soc_open": (handle, address),
        "gsk_secure_soc_init": (handle,),
        "gsk_secure_soc_close": (address,),
        "gsk_secure_soc_read": (handle, ctypes.c_void_p, number, written),
        "gsk_secure_soc_write": (handle, text, number, written),
        "gsk_attribute_set_buffer": (handle, number, text, number),
        "gsk_attribute_get_buffer": (handle, number, ctypes.POINTER(ctypes.POINTER(ctypes.c_char)), written),
        "gsk_attribute_set_enum": (handle, number, number),
        "gsk_attribute_set_numeric_value": (handle, number, number),
        "gsk_attribute_get_numeric_value": (handle, number, written),
        "gsk_attribute_get_cert_info": (handle, number, ctypes.POINTER(ctypes.POINTER(_CertificateElement)), written),
        "gsk_get_last_validation_error": (handle,),
    }.items():
        getattr(library, function).argtypes = arguments
        getattr(library, function).restype = ctypes.c_int
    library.gsk_strerror.argtypes = (ctypes.c_int,)
    library.gsk_strerror.restype = ctypes.c_char_p
    return library


def _check(function: str, *arguments: object) -> None:
    code = getattr(_ssl(), function)(*arguments)
    if code != OK:
        raise GskitError(code, _name(code), function)


def _name(code: int) -> str:
    return (_ssl().gsk_strerror(code) or b"").decode("latin-1")


def _set_buffer(handle: ctypes.c_void_p, attribute: int, value: str) -> None:
    data = value.encode()
    _check("gsk_attribute_set_buffer", handle, attribute, data, len(data))


def _get_buffer(handle: ctypes.c_void_p, attribute: int) -> str:
    data, length = ctypes.POINTER(ctypes.c_char)(), ctypes.c_int()
    _check("gsk_attribute_get_buffer", handle, attribute, ctypes.byref(data), ctypes.byref(length))
    return data[: length.value].rstrip(b"\0").decode("utf-8", "replace") if data and length.value > 0 else ""


class Environment:
    """One opened key repository with TLS settings, reusable for many connections and from many threads at once.

    `key_repository` is the path of a .kdb or .p12, opened with `password` or with `stash_file` (path of the .sth). `label` is the
    certificate to present: as IBM documents, a client whose label is not found presents none and goes on, a server fails.
    `tls12_suites` and `tls13_suites` name the cipher suites as GSKit does (TLS_AES_256_GCM_SHA384), in order of preference;
    `protocols` holds 'TLSV12', 'TLSV13'. `role` 'server_request_client' asks for a client certificate and goes on without one.

    The repository is read here and never again: a change of the file is seen by the next Environment only.
    Raises GskitError: 202 repository not there or not readable, 408 wrong password.
    """

    def __init__(  # noqa: PLR0917 - the settings of a handshake, in the order in which MQ's attributes give them
        self,
        key_repository: str,
        password: str | None,
        stash_file: str | None,
        role: Role,
        label: str | None,
        tls12_suites: list[str],
        tls13_suites: list[str],
        protocols: set[str],
        fips: bool = False,
    ) -> None:
        self.role = role
        self._users = 1
        self._guard = threading.Lock()
        self._closed = False
        self._handle = ctypes.c_void_p()
        _check("gsk_environment_open", ctypes.byref(self._handle))
        try:
            _set_buffer(self._handle, KEYRING_FILE, key_repository)
            if password is not None:
                _set_buffer(self._handle, KEYRING_PW, password)
            elif stash_file is not None:
                _set_buffer(self._handle, KEYRING_STASH_FILE, stash_file)
            if label:
                _set_buffer(self._handle, KEYRING_LABEL, label)
            enumerations = {
                SESSION_TYPE: SESSION_TYPES[role],
                PROTOCOL_SSLV2: SSLV2_OFF,
                PROTOCOL_SSLV3: SSLV3_OFF,
                PROTOCOL_TLSV10: 0,
                PROTOCOL_TLSV11: 0,
                PROTOCOL_TLSV12: int("TLSV12" in protocols),
                PROTOCOL_TLSV13: int("TLSV13" in protocols),
            }
            if fips:
                enumerations[SSL_FIPS_MODE_PROCESSING] = SSL_FIPS_MODE_PROCESSING_ON
            for attribute, value in enumerations.items():
                _check("gsk_attribute_set_enum", self._handle, attribute, value)
            if "TLSV12" in protocols and tls12_suites:
                _set_buffer(self._handle, TLSV12_CIPHER_SPECS_EX, ",".join(tls12_suites))
            if "TLSV13" in protocols and tls13_suites:
                _set_buffer(self._handle, TLSV13_CIPHER_SPECS_EX, ",".join(tls13_suites))
            # Every connection proves itself afresh: a resumed session shows no certificates.
            _check("gsk_attribute_set_numeric_value", self._handle, V3_SESSION_TIMEOUT, 0)
            _check("gsk_environment_init", self._handle)
        except BaseException:
            self.close()
            raise

    def handshake(self, sock: socket.socket, server_name: str | None = None, timeout: float | None = None) -> Connection:
        """Do the handshake over a connected socket, which belongs to the Connection afterwards (not when this raises).

        `server_name` is sent as SNI by a client. `timeout`, in seconds, is for each wait for the partner.
        Raises GskitError, TimeoutError. Another thread's `sock.shutdown()` ends the wait.
        """
        with self._guard:
            if self._closed:
                raise GskitError(1, "GSK_INVALID_HANDLE", "gsk_secure_soc_open")
            self._users += 1
        handle = ctypes.c_void_p()
        try:
            sock.settimeout(None)
            _limit_wait(sock, timeout)
            _check("gsk_secure_soc_open", self._handle, ctypes.byref(handle))
            _check("gsk_attribute_set_numeric_value", handle, FD, sock.fileno())
            if server_name and self.role == "client":
                _set_buffer(handle, SSL_EXTN_SERVERNAME_REQUEST, server_name + "\0")  # the engine wants the NUL counted
            code = _ssl().gsk_secure_soc_init(handle)
            if code == WOULD_BLOCK:
                raise TimeoutError("the partner did not answer within the time limit of the handshake")
            if code != OK:
                raise GskitError(code, _name(code), "gsk_secure_soc_init", *_validation_failure(handle))
            _limit_wait(sock, None)
            return Connection(self, handle, sock)
        except BaseException:
            if handle:
                _ssl().gsk_secure_soc_close(ctypes.byref(handle))
            self._release()
            raise

    def close(self) -> None:
        """Give the environment up. Connections that it made live on; the engine lets it go with the last of them."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self._release()

    def _release(self) -> None:
        with self._guard:
            self._users -= 1
            last = self._users == 0
        if last:
            _ssl().gsk_environment_close(ctypes.byref(self._handle))

    def __enter__(self) -> Environment:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Connection:
    """A TLS connection. One thread may read while another writes; close() may be called by any and ends both.

    `protocol` 'TLSV12' or 'TLSV13'; `suite` 'TLS_AES_256_GCM_SHA384'; `peer_certificate` DER, None when the partner sent
    none; `peer_chain` DER of what the partner's certificate was sent with, itself first; `server_name`: the SNI that the client sent.
    """

    def __init__(self, environment: Environment, handle: ctypes.c_void_p, sock: socket.socket) -> None:
        self._environment = environment
        self._handle = handle
        self._sock = sock
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        self._received = b""
        self._closed = False
        self.protocol = _get_buffer(handle, CONNECT_SEC_TYPE)
        self.suite = _get_buffer(handle, CONNECT_CIPHER_SPEC_EX)
        self.peer_chain = _certificates(handle, PARTNER_CERT_INFO)
        self.peer_certificate = self.peer_chain[0] if self.peer_chain else None

    def read(self, size: int, timeout: float | None = None) -> bytes:
        """Return up to `size` bytes, b'' when the partner has closed. Raises GskitError, TimeoutError after `timeout` seconds."""
        with self._reading:
            if not self._received:
                self._received = self._receive(timeout)
            data, self._received = self._received[:size], self._received[size:]
            return data

    def _receive(self, timeout: float | None) -> bytes:
        if self._closed:
            return b""
        _limit_wait(self._sock, timeout)
        buffer, length = ctypes.create_string_buffer(RECORD), ctypes.c_int()
        code = _ssl().gsk_secure_soc_read(self._handle, buffer, RECORD, ctypes.byref(length))
        if code == WOULD_BLOCK:
            raise TimeoutError("nothing arrived within the time limit")
        if code in (SOCKET_CLOSED, SSL_CLOSED):
            return b""
        if code != OK:
            raise GskitError(code, _name(code), "gsk_secure_soc_read", *_validation_failure(self._handle))
        return buffer.raw[: length.value]

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises GskitError."""
        with self._writing:
            position = 0
            while position < len(data):
                if self._closed:
                    raise GskitError(SOCKET_CLOSED, _name(SOCKET_CLOSED), "gsk_secure_soc_write")
                part, length = data[position : position + RECORD], ctypes.c_int()
                _check("gsk_secure_soc_write", self._handle, part, len(part), ctypes.byref(length))
                position += length.value

    def shutdown(self) -> None:
        """End a read or write that waits in another thread: it sees the connection closed."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Say goodbye to the partner, where nobody is using the connection, and close the socket."""
        quiet = self._reading.acquire(blocking=False)
        if not quiet:
            self.shutdown()
            self._reading.acquire()
        try:
            if not self._writing.acquire(blocking=False):
                self.shutdown()
                self._writing.acquire()
            try:
                if self._closed:
                    return
                self._closed = True
                _ssl().gsk_secure_soc_close(ctypes.byref(self._handle))
                self._sock.close()
            finally:
                self._writing.release()
        finally:
            self._reading.release()
        self._environment._release()  # noqa: SLF001 - the environment counts its connections

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def requested_server_name(sock: socket.socket, timeout: float | None = None) -> str | None:
    """The server name (SNI, RFC 6066 section 3) of the ClientHello that waits in `sock`, which is left unread; None: there is none.

    For a responder that must know the name before the handshake, to choose the certificate label.
    Raises TimeoutError when the whole ClientHello has not arrived after `timeout` seconds.
    """
    sock.settimeout(None)
    limit = None if timeout is None else time.monotonic() + timeout
    hello = b""
    wanted = 5
    while len(hello) < wanted:
        _limit_wait(sock, None if limit is None else limit - time.monotonic())
        try:
            # MSG_WAITALL: come back only with all of `wanted`, so that a ClientHello in pieces is not asked for in a busy loop
            hello = sock.recv(wanted, socket.MSG_PEEK | socket.MSG_WAITALL)
        except BlockingIOError:
            raise TimeoutError("the partner sent no whole ClientHello within the time limit") from None
        if len(hello) < wanted:
            if limit is not None and time.monotonic() >= limit:
                raise TimeoutError("the partner sent no whole ClientHello within the time limit")
            return None  # the partner has closed
        if len(hello) >= 5 and wanted == 5:
            if hello[0] != 22:
                return None
            wanted = 5 + int.from_bytes(hello[3:5], "big")
    return _server_name_of_client_hello(hello[5:])


def _server_name_of_client_hello(message: bytes) -> str | None:
    """RFC 8446 section 4.1.2 (the same layout in TLS 1.2)."""
    position = 4 + 2 + 32
    try:
        position += 1 + message[position]
        position += 2 + int.from_bytes(message[position : position + 2], "big")
        position += 1 + message[position]
        position += 2
        while position + 4 <= len(message):
            kind, length = struct.unpack_from("!HH", message, position)
            if kind == 0:
                (name_length,) = struct.unpack_from("!H", message, position + 7)
                return message[position + 9 : position + 9 + name_length].decode("ascii", "replace")
            position += 4 + length
    except (IndexError, struct.error):
        pass
    return None


def _limit_wait(sock: socket.socket, seconds: float | None) -> None:
    """GSKit reads from the descriptor itself: the kernel's limit is the one that it obeys. None: no limit."""
    whole, rest = divmod(max(seconds, 0.001) if seconds is not None else 0, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", int(whole), int(rest * 1_000_000)))


def _validation_failure(handle: ctypes.c_void_p) -> tuple[int | None, str | None]:
    code = _ssl().gsk_get_last_validation_error(handle)
    if code == OK:
        return None, None
    subject = ""
    with contextlib.suppress(GskitError):
        subject = _get_buffer(handle, VALIDATIONFAIL_SUBJECT)
    return code, subject or None


def _certificates(handle: ctypes.c_void_p, which: int) -> list[bytes]:
    elements, count = ctypes.POINTER(_CertificateElement)(), ctypes.c_int()
    _check("gsk_attribute_get_cert_info", handle, which, ctypes.byref(elements), ctypes.byref(count))
    return [element.data[: element.length] for element in elements[: count.value] if element.id == CERT_BODY_DER] if elements else []
