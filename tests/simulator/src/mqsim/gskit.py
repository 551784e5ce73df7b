# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""IBM's TLS engine and key repositories: the one module that touches GSKit.

The libraries are those of the wheel `ibm_db` (GSKit 8.0.60), loaded by full path through ctypes. No header ships with
them: names and numbers of the attributes are those that the library itself writes to its trace; how the GSKKM functions
are called was found by trial. A wrong call is a segmentation fault, so nothing else in the simulator calls them.

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
import functools
import importlib.util
import socket
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .revocation import Checks

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

OK, WOULD_BLOCK, SOCKET_CLOSED, SSL_CLOSED = 0, 502, 420, 12
RECORD = 16384  # bytes of the largest TLS record: one read takes a whole one, so that nothing waits inside the engine


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
            _limit_wait(sock, timeout)
            _check("gsk_secure_soc_open", self._handle, ctypes.byref(handle))
            _check("gsk_attribute_set_numeric_value", handle, FD, sock.fileno())
            if server_name and self.role == "client":
                _set_buffer(handle, SSL_EXTN_SERVERNAME_REQUEST, server_name + "\0")  # the engine wants the NUL counted
            code = _ssl().gsk_secure_soc_init(handle)
            if code == WOULD_BLOCK:
                raise TimeoutError("the partner did not answer within the time limit of the handshake")
            if code != OK:
                raise _failure(code, "gsk_secure_soc_init", handle)
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
        _limit_wait(self._sock, timeout)
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


class _Label(ctypes.Structure):
    pass


_Label._fields_ = (("label", ctypes.c_char_p), ("next", ctypes.POINTER(_Label)))


class _Data(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("length", ctypes.c_int))


class _DataList(ctypes.Structure):
    _fields_ = (("first", ctypes.POINTER(_Data)), ("next", ctypes.c_void_p))


class _KeyItem(ctypes.Structure):
    _fields_ = (
        ("unknown_0", ctypes.c_void_p),
        ("label", ctypes.c_char_p),
        ("key_size", ctypes.c_int),
        ("has_private_key", ctypes.c_int),
        ("unknown_24", ctypes.c_int),
        ("unknown_28", ctypes.c_int),
        ("trusted", ctypes.c_int),
        ("default", ctypes.c_int),
        ("encrypted_private_key", ctypes.POINTER(_Data)),
        ("unknown_48", ctypes.c_void_p),
        ("unknown_56", ctypes.c_int),
        ("certificates", ctypes.POINTER(_DataList)),
    )


class _RequestItem(ctypes.Structure):
    _fields_ = (
        ("unknown_0", ctypes.c_void_p),
        ("label", ctypes.c_char_p),
        ("key_size", ctypes.c_int),
        ("unknown_20", ctypes.c_int),
        ("request", ctypes.POINTER(_Data)),
        ("encrypted_private_key", ctypes.POINTER(_Data)),
        ("unknown_40", ctypes.c_void_p),
        ("unknown_48", ctypes.c_int),
    )


# return codes of GSKKM
ALREADY_EXISTS, INVALID_PASSWORD, DUPLICATE_LABEL, DUPLICATE_CERTIFICATE = 9, 16, 23, 24
FILE_NOT_FOUND, NO_REQUEST, NO_SUCH_LABEL, INVALID_CHAIN = 101, 108, 117, 146


@functools.cache
def _km() -> ctypes.CDLL:
    text, number, handle = ctypes.c_char_p, ctypes.c_int, ctypes.c_int
    yes_no = ctypes.POINTER(ctypes.c_byte)
    labels = ctypes.POINTER(ctypes.POINTER(_Label))
    library = _library("gsk8km")
    for function, arguments in {
        "Init": (),
        "CreateNewKeyDb": (text, text, ctypes.c_long, ctypes.POINTER(handle)),
        "OpenKeyDb": (text, text, ctypes.POINTER(handle)),
        "CloseKeyDb": (handle,),
        "StashKeyDbPwd": (text, text),
        "ChangeKeyDbPwd": (text, text, text, ctypes.c_long),
        "GetKeyDbLabelList": (handle, labels),
        "GetReqKeyDbLabelList": (handle, labels),
        "FreeLabelList": (ctypes.POINTER(_Label),),
        "GetKeyItemByLabel": (handle, text, ctypes.POINTER(ctypes.POINTER(_KeyItem))),
        "FreeKeyItem": (ctypes.POINTER(_KeyItem),),
        "GetReqKeyItemByLabel": (handle, text, ctypes.POINTER(ctypes.POINTER(_RequestItem))),
        "FreeReqKeyItem": (ctypes.POINTER(_RequestItem),),
        "StoreCACert": (handle, text, number, text),
        "DeleteKey": (handle, text),
        "SetKeyLabel": (handle, text, text),
        "SetTrustStatus": (handle, text, number),
        "SetDefaultKeyByLabel": (handle, text),
        "ExportCert": (handle, text, text, number),
        "ExportKeys": (handle, number, text, text, ctypes.POINTER(_Label)),
        "ImportKeysFromPFXFile": (handle, text, text),
        "InsertReqKey": (handle, text, number, text, number, text),
        "DeleteRequestKeyPair": (handle, text),
        "ReceiveCert": (handle, text, number, number),
        "CheckCertAsRenewal": (handle, text, number, yes_no),
        "RenewCert": (handle, text, number),
        "ValidateCert": (handle, text, yes_no),
    }.items():
        getattr(library, f"GSKKM_{function}").argtypes = arguments
        getattr(library, f"GSKKM_{function}").restype = ctypes.c_int
    library.GSKKM_strerror.argtypes = (ctypes.c_int,)
    library.GSKKM_strerror.restype = ctypes.c_char_p
    library.GSKKM_Init()
    return library


def _km_call(function: str, *arguments: object) -> None:
    code = getattr(_km(), f"GSKKM_{function}")(*arguments)
    if code != OK:
        raise GskitError(code, (_km().GSKKM_strerror(code) or b"").decode("latin-1"), f"GSKKM_{function}")


@dataclass(frozen=True)
class Entry:
    """A certificate of a key repository: `certificate` is DER, `key_size` in bits."""

    label: str
    certificate: bytes
    key_size: int
    has_private_key: bool
    is_trusted: bool
    is_default: bool


class KeyDatabase:
    """A CMS (.kdb) or PKCS#12 (.p12) key repository, opened by GSKKM. Not for several threads.

    Every method writes its change to the file at once and raises GskitError with GSKKM's code: 16 wrong password, 23 label in use,
    24 certificate already there, 101 no such file, 117 no such label. A CMS repository keeps its pending requests in the .rdb file
    beside it, a PKCS#12 inside itself. Close it: a process that ends with an open database crashes in the libraries' clean-up.
    """

    def __init__(self, path: str, password: str, handle: int) -> None:
        self.path = path
        self.password = password
        self._handle = handle

    @classmethod
    def create(cls, path: str, password: str, expire_days: int = 0, populate: bool = False) -> KeyDatabase:
        """Make a new one: the name's extension decides which kind. `populate` keeps GSKit's stock of public CA certificates."""
        handle = ctypes.c_int()
        _km_call("CreateNewKeyDb", path.encode(), password.encode(), _expiry(expire_days), ctypes.byref(handle))
        database = cls(path, password, handle.value)
        if not populate:
            for label in database.labels():
                database.delete(label)
        return database

    @classmethod
    def open(cls, path: str, password: str | None) -> KeyDatabase:
        """Open an existing one; password None: with the stash file beside it."""
        if not Path(path).is_file():
            raise GskitError(FILE_NOT_FOUND, "GSKKM_ERR_KEYDB_NOT_EXIST", "GSKKM_OpenKeyDb")
        handle = ctypes.c_int()
        _km_call("OpenKeyDb", path.encode(), None if password is None else password.encode(), ctypes.byref(handle))
        return cls(path, read_stash(stash_path(path)) if password is None else password, handle.value)

    def labels(self) -> list[str]:
        return self._labels("GetKeyDbLabelList")

    def entries(self) -> list[Entry]:
        return [self.entry(label) for label in self.labels()]

    def entry(self, label: str) -> Entry:
        item = ctypes.POINTER(_KeyItem)()
        try:
            _km_call("GetKeyItemByLabel", self._handle, label.encode(), ctypes.byref(item))
        except GskitError:
            if (unnamed := self._unnamed(label)) is None:
                raise
            return unnamed
        try:
            body = item.contents.certificates.contents.first.contents
            return Entry(
                label,
                ctypes.string_at(body.data, body.length),
                item.contents.key_size,
                bool(item.contents.has_private_key),
                bool(item.contents.trusted),
                bool(item.contents.default),
            )
        finally:
            _km().GSKKM_FreeKeyItem(item)

    def _unnamed(self, label: str) -> Entry | None:
        """A trusted certificate of a PKCS#12 that has no friendlyName.

        GSKit lists it under its subject's name, but does not find it under that name.
        """
        if label not in self.labels() or Path(self.path).suffix == ".kdb":
            return None
        from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

        for found in pkcs12.load_pkcs12(Path(self.path).read_bytes(), self.password.encode()).additional_certs:
            certificate = found.certificate
            if found.friendly_name is None and certificate.subject.rfc4514_string().replace("\\", "") == label.replace("\\", ""):
                size = getattr(certificate.public_key(), "key_size", 0)
                return Entry(label, certificate.public_bytes(Encoding.DER), size, False, True, False)
        return None

    def add(self, label: str, certificate: bytes) -> None:
        """Add a CA's or partner's certificate (DER), trusted."""
        _km_call("StoreCACert", self._handle, certificate, len(certificate), label.encode())

    def delete(self, label: str) -> None:
        _km_call("DeleteKey", self._handle, label.encode())

    def rename(self, label: str, new_label: str) -> None:
        _km_call("SetKeyLabel", self._handle, label.encode(), new_label.encode())

    def set_trust(self, label: str, trusted: bool) -> None:
        _km_call("SetTrustStatus", self._handle, label.encode(), int(trusted))

    def set_default(self, label: str) -> None:
        _km_call("SetDefaultKeyByLabel", self._handle, label.encode())

    def validate(self, label: str) -> bool:
        """Whether the entry's certificate is valid and its chain is in this repository."""
        valid = ctypes.c_byte()
        try:
            _km_call("ValidateCert", self._handle, label.encode(), ctypes.byref(valid))
        except GskitError as error:
            if error.code == NO_SUCH_LABEL:
                raise
            return False
        return bool(valid.value)

    def extract(self, label: str, file: str, ascii_format: bool) -> None:
        """Write the certificate to `file`, as PEM or as DER."""
        _km_call("ExportCert", self._handle, label.encode(), file.encode(), int(ascii_format))

    def export_pkcs12(self, labels: list[str], file: str, password: str) -> None:
        """Write the entries, with private keys, to a PKCS#12; one that exists gets them added."""
        node = None
        for label in reversed(labels):
            node = ctypes.pointer(_Label(label.encode(), node))
        _km_call("ExportKeys", self._handle, 0, file.encode(), password.encode(), node)

    def import_pkcs12(self, file: str, password: str) -> None:
        """Add what a PKCS#12 holds: keys with their certificates as personal ones, the other certificates as trusted."""
        _km_call("ImportKeysFromPFXFile", self._handle, file.encode(), password.encode())

    def requests(self) -> list[str]:
        """Labels of the pending certificate requests."""
        return self._labels("GetReqKeyDbLabelList")

    def request(self, label: str) -> bytes:
        """The pending PKCS#10 request, DER."""
        item = ctypes.POINTER(_RequestItem)()
        _km_call("GetReqKeyItemByLabel", self._handle, label.encode(), ctypes.byref(item))
        try:
            body = item.contents.request.contents
            return ctypes.string_at(body.data, body.length)
        finally:
            _km().GSKKM_FreeReqKeyItem(item)

    def add_request(self, label: str, request: bytes, encrypted_private_key: bytes) -> None:
        """Keep a request (DER) and its key (PKCS#8 DER, encrypted with this repository's password) until the answer is received."""
        _km_call("InsertReqKey", self._handle, label.encode(), len(request), request, len(encrypted_private_key), encrypted_private_key)

    def delete_request(self, label: str) -> None:
        _km_call("DeleteRequestKeyPair", self._handle, label.encode())

    def receive(self, certificate: bytes, make_default: bool = False) -> None:
        """Join a CA's answer (DER) with its pending request, or put it in the place of the certificate that has the same key and subject.

        The chain is not looked at. Raises GskitError: 108 no request for it, 24 it is already here.
        """
        before = {entry.certificate: entry.label for entry in self.entries()}
        if certificate in before:
            raise GskitError(DUPLICATE_CERTIFICATE, "GSKKM_ERR_DATABASE_DUPLICATE_KEY_SIGNATURE", "GSKKM_ReceiveCert")
        renewal = ctypes.c_byte()
        _km_call("CheckCertAsRenewal", self._handle, certificate, len(certificate), ctypes.byref(renewal))
        if not renewal.value:
            _km_call("ReceiveCert", self._handle, certificate, len(certificate), int(make_default))
            return
        _km_call("RenewCert", self._handle, certificate, len(certificate))
        label = next(entry.label for entry in self.entries() if entry.certificate == certificate)
        if label in self.requests():
            self.delete_request(label)
        if make_default:
            self.set_default(label)

    def close(self) -> None:
        if self._handle:
            _km().GSKKM_CloseKeyDb(self._handle)
            self._handle = 0

    def __enter__(self) -> KeyDatabase:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _labels(self, function: str) -> list[str]:
        first = ctypes.POINTER(_Label)()
        _km_call(function, self._handle, ctypes.byref(first))
        found, node = [], first
        while node:
            found.append(node.contents.label.decode("utf-8", "replace"))
            node = node.contents.next
        if first:
            _km().GSKKM_FreeLabelList(first)
        return found


def change_password(path: str, password: str, new_password: str, expire_days: int = 0) -> None:
    """Raises GskitError: 16 wrong password."""
    _km_call("ChangeKeyDbPwd", path.encode(), password.encode(), new_password.encode(), _expiry(expire_days))


def _expiry(days: int) -> int:
    """When a repository's password expires (it cannot be opened then), in seconds since 1970; 0: never."""
    return int(time.time()) + days * 86400 if days else 0


def stash_path(key_repository: str) -> str:
    return str(Path(key_repository).with_suffix(".sth"))


def stash(key_repository: str, password: str) -> None:
    """Write the stash file beside the key repository. Whether the password is right is not checked."""
    _km_call("StashKeyDbPwd", key_repository.encode(), password.encode())


def read_stash(stash_file: str) -> str:
    """The password in a stash file that opened its repository.

    No C function gives it: this is the C++ function by which GSKit reads one itself (its name there is a disguise).
    It would end the process on a damaged file, hence only after the engine has opened the repository with it.
    """
    library = _library("gsk8cms")
    name, encryptor, buffer = (ctypes.create_string_buffer(8192) for _ in range(3))
    library._ZNK9GSKBuffer8getValueEv.restype = ctypes.c_void_p
    library._ZN9GSKStringC1EPKc(name, stash_file.encode())
    library._ZN10GSKUtility13parseOIDTableERK9GSKString(encryptor, name)
    library._ZNK20GSKPasswordEncryptor11getPasswordEv(buffer, encryptor)
    password = ctypes.string_at(library._ZNK9GSKBuffer8getValueEv(buffer), library._ZNK9GSKBuffer9getLengthEv(buffer)).decode()
    library._ZN9GSKBufferD1Ev(buffer)
    library._ZN20GSKPasswordEncryptorD1Ev(encryptor)
    library._ZN9GSKStringD1Ev(name)
    return password
