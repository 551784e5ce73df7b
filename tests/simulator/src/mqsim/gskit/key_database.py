# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key repositories: GSKit's key management, the GSKKM_... functions (libgsk8km), and stash files."""

from __future__ import annotations

import ctypes
import os
import time

from .library import GskitError, opened
from .return_codes import DUPLICATE_CERTIFICATE, FILE_NOT_FOUND, NO_SUCH_LABEL, OK


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


def _km() -> ctypes.CDLL:
    return opened("gsk8km", _declare)


def _declare(library: ctypes.CDLL) -> None:
    text, number, handle = ctypes.c_char_p, ctypes.c_int, ctypes.c_int
    yes_no = ctypes.POINTER(ctypes.c_byte)
    labels = ctypes.POINTER(ctypes.POINTER(_Label))
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


def _km_call(function: str, *arguments: object) -> None:
    code = getattr(_km(), f"GSKKM_{function}")(*arguments)
    if code != OK:
        raise GskitError(code, (_km().GSKKM_strerror(code) or b"").decode("latin-1"), f"GSKKM_{function}")


class Entry:
    """A certificate of a key repository: `certificate` is DER, `key_size` in bits."""

    def __init__(self, label: str, certificate: bytes, key_size: int, has_private_key: bool, is_trusted: bool, is_default: bool) -> None:
        self.label = label
        self.certificate = certificate
        self.key_size = key_size
        self.has_private_key = has_private_key
        self.is_trusted = is_trusted
        self.is_default = is_default


class KeyDatabase:
    """A CMS (.kdb) or PKCS#12 (.p12) key repository, opened by GSKKM. Not for several threads.

    Every method writes its change to the file at once and raises GskitError with GSKKM's code: 16 wrong password, 23 label in use,
    24 certificate already there, 101 no such file, 117 no such label. A CMS repository keeps its pending requests in the .rdb file
    beside it, a PKCS#12 inside itself. Close it: a process that ends with an open database crashes in the libraries' clean-up.
    """

    def __init__(self, path: str, password: str | None, handle: int) -> None:
        self.path = path
        self._password = password
        self._handle = handle

    @property
    def password(self) -> str:
        """Read from the stash file when it is asked for, which most commands never do: it takes as long as to open the repository."""
        if self._password is None:
            self._password = read_stash(stash_path(self.path))
        return self._password

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
        if not os.path.isfile(path):
            raise GskitError(FILE_NOT_FOUND, "GSKKM_ERR_KEYDB_NOT_EXIST", "GSKKM_OpenKeyDb")
        handle = ctypes.c_int()
        _km_call("OpenKeyDb", path.encode(), None if password is None else password.encode(), ctypes.byref(handle))
        return cls(path, password, handle.value)

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
        if label not in self.labels() or self.path.endswith(".kdb"):
            return None
        from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

        with open(self.path, "rb") as stream:
            content = pkcs12.load_pkcs12(stream.read(), self.password.encode())
        for found in content.additional_certs:
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
    return os.path.splitext(key_repository)[0] + ".sth"


def stash(key_repository: str, password: str) -> None:
    """Write the stash file beside the key repository. Whether the password is right is not checked."""
    _km_call("StashKeyDbPwd", key_repository.encode(), password.encode())


def read_stash(stash_file: str) -> str:
    """The password in a stash file that opened its repository.

    No C function gives it: this is the C++ function by which GSKit reads one itself (its name there is a disguise).
    It would end the process on a damaged file, hence only after the engine has opened the repository with it.
    """
    library = opened("gsk8cms", _declare_stash)
    name, encryptor, buffer = (ctypes.create_string_buffer(8192) for _ in range(3))
    library._ZN9GSKStringC1EPKc(name, stash_file.encode())
    library._ZN10GSKUtility13parseOIDTableERK9GSKString(encryptor, name)
    library._ZNK20GSKPasswordEncryptor11getPasswordEv(buffer, encryptor)
    password = ctypes.string_at(library._ZNK9GSKBuffer8getValueEv(buffer), library._ZNK9GSKBuffer9getLengthEv(buffer)).decode()
    library._ZN9GSKBufferD1Ev(buffer)
    library._ZN20GSKPasswordEncryptorD1Ev(encryptor)
    library._ZN9GSKStringD1Ev(name)
    return password


def _declare_stash(library: ctypes.CDLL) -> None:
    library._ZNK9GSKBuffer8getValueEv.restype = ctypes.c_void_p
