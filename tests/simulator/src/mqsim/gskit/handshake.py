# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS environments, handshakes and connections: GSKit's gsk_... functions (libgsk8ssl).

Names and numbers of the attributes are those that the library itself writes to its trace.

What the engine finds wrong, measured (the same with TLS 1.2 and 1.3 unless said otherwise). The end that sees it gets this code; the
other end gets 420 GSK_ERROR_SOCKET_CLOSED, sometimes 406 GSK_ERROR_IO. With TLS 1.3 a client has finished before the server
judges its certificate: it gets a Connection and learns of the refusal when it reads (GskitError 420 with `alert` 42).

    ====  ======  =====================================================================================================
    code  val.    what is wrong
    ====  ======  =====================================================================================================
    202           key repository not there or not readable (Environment)
    408           wrong password (Environment); also for a stash file that does not fit
    407           server only: its label, or any personal certificate, is not in the repository. A client goes on without one
    401           server only: its own certificate is out of its dates. A client goes on without its certificate
    402           server only: no CipherSpec, or no protocol, in common
    414   575010  partner's certificate: issuer (or the self-signed certificate itself) not trusted here, or an intermediate CA is missing
    414   575012  its signature does not match its issuer's key
    414   575017  it, or a CA above it, is not yet valid
    414   575018  it, or a CA above it, has expired; trusted self-signed ones too
    414   575025  an issuer in the chain is not a CA
    414   575032  it, or a CA above it, is revoked, says whoever was asked (Environment, `checks`)
    420           the partner closed the connection
    ====  ======  =====================================================================================================

Extended key usage and key usage of a partner's certificate are not looked at.

Whether a certificate is revoked is asked, for each certificate of the chain but the root, in this order until one source knows: OCSP_URL;
with OCSP_ENABLE the responder in the certificate's AuthorityInfoAccess; the CRL at its CRLDistributionPoints (HTTP, DER or PEM); the directories
of LDAP_SERVER (the attribute certificateRevocationList of the issuer's name). Seen of the third: it is asked only where LDAP_SERVER is set, a
blank is enough, and not with URI_CDP_DISABLE. INHIBIT_LDAP_CRL is of no use here: with it certificates without distribution point are refused (575044).
A source that cannot be reached, does not know the certificate, whose CRL has ended or whose answer is signed by a certificate that is not trusted
is like one that is not there. If none knows, the handshake goes on, and UNKNOWNREVOCATIONSTATUS_SUBJECT names the certificates. Nothing is
kept from one handshake to the next. An HTTP server that accepts and never answers costs 30 s, whatever OCSP_TIMEOUT says.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import threading
from typing import TYPE_CHECKING, Literal

from .library import GskitError, opened
from .return_codes import OK, SOCKET_CLOSED, SSL_CLOSED, WOULD_BLOCK

if TYPE_CHECKING:
    from ..revocation import Checks

Role = Literal["client", "server", "server_request_client"]

# gsk_attribute_set_buffer
KEYRING_FILE, KEYRING_PW, KEYRING_LABEL, KEYRING_STASH_FILE = 201, 202, 203, 204
CONNECT_SEC_TYPE, CONNECT_CIPHER_SPEC_EX = 208, 244
LDAP_SERVER, LDAP_USER, LDAP_USER_PW, OCSP_URL = 209, 210, 211, 221
UNKNOWNREVOCATIONSTATUS_SUBJECT, SSL_EXTN_SERVERNAME_REQUEST, VALIDATIONFAIL_SUBJECT, PEER_CERT_CHAIN = 224, 230, 235, 239
TLSV12_CIPHER_SPECS_EX, TLSV13_CIPHER_SPECS_EX = 243, 2008
# gsk_attribute_set_numeric_value
FD, TLS_ALERT_VALUE_RECEIVED = 300, 353
# gsk_attribute_set_enum
SESSION_TYPE, PROTOCOL_SSLV2, PROTOCOL_SSLV3, SSL_FIPS_MODE_PROCESSING = 402, 403, 404, 420
OCSP_ENABLE, URI_CDP_DISABLE = 426, 429
PROTOCOL_TLSV10, PROTOCOL_TLSV11, PROTOCOL_TLSV12, PROTOCOL_TLSV13 = 436, 437, 438, 4030
SESSION_TYPES: dict[str, int] = {"client": 507, "server": 508, "server_request_client": 509}
SSLV2_OFF, SSLV3_OFF, SSL_FIPS_MODE_PROCESSING_ON = 511, 513, 573
# gsk_attribute_get_cert_info
PARTNER_CERT_INFO, CERT_BODY_DER = 700, 600

RECORD = 16384  # bytes of the largest TLS record: one read takes a whole one, so that nothing waits inside the engine


class _CertificateElement(ctypes.Structure):
    _fields_ = (("id", ctypes.c_int), ("data", ctypes.POINTER(ctypes.c_char)), ("length", ctypes.c_int))


def _ssl() -> ctypes.CDLL:
    return opened("gsk8ssl", _declare)


def _declare(library: ctypes.CDLL) -> None:
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    address, written = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_int)
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


def _check(function: str, *arguments: object) -> None:
    code = getattr(_ssl(), function)(*arguments)
    if code != OK:
        raise GskitError(code, _name(code), function)


def _name(code: int) -> str:
    return (_ssl().gsk_strerror(code) or b"").decode("latin-1")


def _set_buffer(handle: ctypes.c_void_p, attribute: int, value: str) -> None:
    data = value.encode()
    _check("gsk_attribute_set_buffer", handle, attribute, data, len(data))


def _get_buffer(handle: ctypes.c_void_p, attribute: int) -> bytes:
    data, length = ctypes.POINTER(ctypes.c_char)(), ctypes.c_int()
    _check("gsk_attribute_get_buffer", handle, attribute, ctypes.byref(data), ctypes.byref(length))
    return data[: length.value] if data and length.value > 0 else b""


def _get_text(handle: ctypes.c_void_p, attribute: int) -> str:
    return _get_buffer(handle, attribute).rstrip(b"\0").decode("utf-8", "replace")


class Environment:
    """One opened key repository with TLS settings, reusable for many connections and from many threads at once.

    `key_repository` is the path of a .kdb or .p12, opened with `password` or with `stash_file` (path of the .sth). `label` is the
    certificate to present: as IBM documents, a client whose label is not found presents none and goes on, a server fails.
    `tls12_suites` and `tls13_suites` name the cipher suites as GSKit does (TLS_AES_256_GCM_SHA384), in order of preference;
    `protocols` holds 'TLSV12', 'TLSV13'. `role` 'server_request_client' asks for a client certificate and goes on without one.

    `checks`: where to ask whether a partner's certificate is revoked; None: nowhere.

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
        checks: Checks | None = None,
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
            if checks is not None:
                _set_checks(self._handle, checks)
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
            limit_wait(sock, timeout)
            _check("gsk_secure_soc_open", self._handle, ctypes.byref(handle))
            _check("gsk_attribute_set_numeric_value", handle, FD, sock.fileno())
            if server_name and self.role == "client":
                _set_buffer(handle, SSL_EXTN_SERVERNAME_REQUEST, server_name + "\0")  # the engine wants the NUL counted
            code = _ssl().gsk_secure_soc_init(handle)
            if code == WOULD_BLOCK:
                raise TimeoutError("the partner did not answer within the time limit of the handshake")
            if code != OK:
                raise _failure(code, "gsk_secure_soc_init", handle)
            limit_wait(sock, None)
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


def _set_checks(handle: ctypes.c_void_p, checks: Checks) -> None:
    if checks.ocsp_url:
        _set_buffer(handle, OCSP_URL, checks.ocsp_url)
    if checks.directories or checks.crl_extensions:
        _set_buffer(handle, LDAP_SERVER, " ".join(checks.directories) or " ")  # a blank: only distribution points
    if checks.user:
        _set_buffer(handle, LDAP_USER, checks.user)
        _set_buffer(handle, LDAP_USER_PW, checks.password)
    _check("gsk_attribute_set_enum", handle, OCSP_ENABLE, int(checks.ocsp_extensions))
    _check("gsk_attribute_set_enum", handle, URI_CDP_DISABLE, int(not checks.crl_extensions))


class Connection:
    """A TLS connection. One thread may read while another writes; close() may be called by any and ends both.

    `protocol` 'TLSV12' or 'TLSV13'; `suite` 'TLS_AES_256_GCM_SHA384'; `peer_certificate` DER, None when the partner sent
    none; `peer_chain`: DER of all that the partner sent, its own certificate first. `unknown_revocation`: the certificates of the chain of which
    nobody who was asked knows whether they are revoked, as '[Class=]...[Issuer=]...[#=]...[Subject=]...'; '' for none.
    """

    def __init__(self, environment: Environment, handle: ctypes.c_void_p, sock: socket.socket) -> None:
        self._environment = environment
        self._handle = handle
        self._sock = sock
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        self._received = b""
        self._closed = False
        self.protocol = _get_text(handle, CONNECT_SEC_TYPE)
        self.suite = _get_text(handle, CONNECT_CIPHER_SPEC_EX)
        self.peer_certificate = _partner_certificate(handle)
        self.peer_chain = _partner_chain(handle) if self.peer_certificate else []
        self.unknown_revocation = _get_text(handle, UNKNOWNREVOCATIONSTATUS_SUBJECT)

    def read(self, size: int, timeout: float | None = None) -> bytes:
        """Return up to `size` bytes, b'' when the partner has closed.

        Raises GskitError, also for a fatal alert of the partner; TimeoutError after `timeout` seconds.
        """
        with self._reading:
            if not self._received:
                self._received = self._receive(timeout)
            data, self._received = self._received[:size], self._received[size:]
            return data

    def _receive(self, timeout: float | None) -> bytes:
        if self._closed:
            return b""
        limit_wait(self._sock, timeout)
        buffer, length = ctypes.create_string_buffer(RECORD), ctypes.c_int()
        code = _ssl().gsk_secure_soc_read(self._handle, buffer, RECORD, ctypes.byref(length))
        if code == WOULD_BLOCK:
            raise TimeoutError("nothing arrived within the time limit")
        if code != OK:
            failure = _failure(code, "gsk_secure_soc_read", self._handle)
            if code in (SOCKET_CLOSED, SSL_CLOSED) and failure.alert is None:
                return b""
            raise failure
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


def limit_wait(sock: socket.socket, seconds: float | None) -> None:
    """GSKit reads from the descriptor itself: the kernel's limit is the one that it obeys. None: no limit."""
    whole, rest = divmod(max(seconds, 0.001) if seconds is not None else 0, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", int(whole), int(rest * 1_000_000)))


def _failure(code: int, function: str, handle: ctypes.c_void_p) -> GskitError:
    """The error with what the connection knows about it."""
    error = GskitError(code, _name(code), function)
    validation_code = _ssl().gsk_get_last_validation_error(handle)
    if validation_code != OK:
        error.validation_code = validation_code
        with contextlib.suppress(GskitError):
            error.validation_subject = _get_text(handle, VALIDATIONFAIL_SUBJECT) or None
    alert = ctypes.c_int()
    if _ssl().gsk_attribute_get_numeric_value(handle, TLS_ALERT_VALUE_RECEIVED, ctypes.byref(alert)) == OK and alert.value & 0xFF == 2:
        error.alert = alert.value >> 8  # description, then level (2: fatal)
    return error


def _partner_certificate(handle: ctypes.c_void_p) -> bytes | None:
    elements, count = ctypes.POINTER(_CertificateElement)(), ctypes.c_int()
    _check("gsk_attribute_get_cert_info", handle, PARTNER_CERT_INFO, ctypes.byref(elements), ctypes.byref(count))
    bodies = [element.data[: element.length] for element in elements[: count.value] if element.id == CERT_BODY_DER] if elements else []
    return bodies[0] if bodies else None


def _partner_chain(handle: ctypes.c_void_p) -> list[bytes]:
    """The attribute is a certificate_list as TLS 1.2 sends it: each certificate after its length in three octets."""
    data, chain = _get_buffer(handle, PEER_CERT_CHAIN), []
    while data:
        length = int.from_bytes(data[:3], "big")
        chain.append(data[3 : 3 + length])
        data = data[3 + length :]
    return chain
