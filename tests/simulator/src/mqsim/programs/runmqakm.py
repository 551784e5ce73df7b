# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runmqakm: key repositories, certificates and certificate requests (IBM documentation, "runmqakm commands").

The files are GSKit's own and so is every change to them. What GSKit's C interface cannot do (a key or a request with
extensions) is made with the library `cryptography` and handed to GSKit.

Not confirmed by any transcript: the texts of CTGSK2137W, CTGSK3005W, CTGSK3026W, CTGSK3034W, CTGSK3046W, the exit codes (GSKit's
return codes are used), the output of -keydb -list, -cert -validate, -version, and -fips, which is accepted and has no effect.

It is started thousands of times: what only some commands need is imported by them.
"""

from __future__ import annotations

import os
import sys

from mqsim.certificate_text import (
    EXTENDED_KEY_USAGES,
    KEY_USAGES,
    certificate_details,
    date_text,
    name_text,
    parse_name,
    quoted,
    request_details,
    serial_number_text,
)
from mqsim.gskit import key_database, return_codes
from mqsim.gskit.key_database import Entry, KeyDatabase
from mqsim.gskit.library import GskitError

TYPE_CHECKING = False  # typing's is the same, and takes as long to import as all else here
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    Result = TypeVar("Result")

NOT_SIMULATED = 71
USAGE = 1

# Options of each action: 'name' takes a value, 'name?' may take one, 'name!' takes none.
_DATABASE = "db pw stashed! type"
_TARGET = "target target_pw target_stashed! target_type"
_EXTENSIONS = "ca san_dnsname san_ipaddr san_emailaddr ku eku"
OPTIONS = {
    "-keydb -create": "db pw type stash! expire strong! populate!",
    "-keydb -changepw": f"{_DATABASE} new_pw stash! expire strong!",
    "-keydb -stashpw": "db pw type",
    "-keydb -convert": f"{_DATABASE} old_format new_format new_db new_pw stash! strong!",
    "-keydb -delete": _DATABASE,
    "-keydb -list": "",
    "-cert -list": f"{_DATABASE} expiry?",
    "-cert -details": f"{_DATABASE} label",
    "-cert -create": f"{_DATABASE} label dn size x509version expire sig_alg default_cert {_EXTENSIONS}",
    "-cert -add": f"{_DATABASE} label file format trust",
    "-cert -receive": f"{_DATABASE} file format default_cert",
    "-cert -import": f"{_DATABASE} file label new_label {_TARGET}",
    "-cert -export": f"{_DATABASE} label encryption {_TARGET}",
    "-cert -extract": f"{_DATABASE} label target format",
    "-cert -delete": f"{_DATABASE} label",
    "-cert -rename": f"{_DATABASE} label new_label",
    "-cert -modify": f"{_DATABASE} label trust",
    "-cert -validate": f"{_DATABASE} label",
    "-cert -setdefault": f"{_DATABASE} label",
    "-cert -getdefault": _DATABASE,
    "-cert -sign": f"{_DATABASE} label file target format expire sig_alg",
    "-certreq -create": f"{_DATABASE} label dn size file sig_alg {_EXTENSIONS}",
    "-certreq -list": _DATABASE,
    "-certreq -details": f"{_DATABASE} label",
    "-certreq -extract": f"{_DATABASE} label target",
    "-certreq -delete": f"{_DATABASE} label",
    "-certreq -recreate": f"{_DATABASE} label target sig_alg",
    "-random -create": "length strong!",
}
REQUIRED = {
    "-keydb -convert": ["new_format"],
    "-cert -create": ["label", "dn"],
    "-cert -add": ["file"],
    "-cert -receive": ["file"],
    "-cert -import": ["target"],
    "-cert -export": ["target"],
    "-cert -extract": ["label", "target"],
    "-cert -rename": ["label", "new_label"],
    "-cert -modify": ["label", "trust"],
    "-cert -sign": ["label", "file", "target"],
    "-certreq -create": ["label", "dn", "file"],
    "-certreq -extract": ["label", "target"],
    "-certreq -recreate": ["label", "target"],
    "-random -create": ["length"],
}
SAME_OPTION = {"sigalg": "sig_alg", "san_dsname": "san_dnsname"}
EXTENSION_OF_TYPE = {"cms": ".kdb", "kdb": ".kdb", "pkcs12": ".p12", "p12": ".p12"}


class Refused(Exception):
    """The command ends: `lines` are printed, `code` is the exit code."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__(*lines)
        self.code = code
        self.lines = lines


def main(argv: list[str]) -> int:
    """Carry out one command: `argv` is what follows the program's name. Prints to standard output; returns the exit code."""
    try:
        return _run(argv)
    except Refused as refused:
        for line in refused.lines:
            print(line)
        return refused.code
    except GskitError as error:
        print(f"CTGSK2000W {error}")
        return error.code
    except OSError as error:
        print(f'CTGSK3026W The file "{error.filename}" cannot be read or written: {error.strerror}.')
        return return_codes.FILE_NOT_FOUND


def _run(argv: list[str]) -> int:
    if argv[:1] == ["-version"]:
        print("runmqakm (mqsim) on GSKit 8.0.60")
        return 0
    if not argv or argv[0] == "-help":
        print("Object  Action options")
        for command, options in OPTIONS.items():
            names = [f"[-{option.rstrip('!?')}]" for option in options.split()]
            print(" ".join([command, *names]))
        return 0 if argv else USAGE
    command = " ".join(argv[:2])
    if command not in OPTIONS:
        raise Refused(NOT_SIMULATED, f"AMQ9999S: mqsim: not simulated: runmqakm {command}")
    arguments = Arguments(command, argv[2:])
    return ACTIONS[command](arguments) or 0


class Arguments:
    """The options of a command: values by name without the dash, True for an option without a value."""

    def __init__(self, command: str, words: list[str]) -> None:
        self.command = command
        self.values: dict[str, str | bool] = {}
        self.filter = "all"
        known = {option.rstrip("!?"): option[-1:] for option in OPTIONS[command].split()} | {"fips": "?"}
        position = 0
        if command == "-cert -list" and words and not words[0].startswith("-"):
            self.filter, position = words[0].lower(), 1
        while position < len(words):
            name = words[position].removeprefix("-")
            name = SAME_OPTION.get(name, name)
            if not words[position].startswith("-") or name not in known:
                raise Refused(NOT_SIMULATED, f"AMQ9999S: mqsim: not simulated: {words[position]} of runmqakm {command}")
            has_value = position + 1 < len(words) and not words[position + 1].startswith("-")
            if known[name] == "!" or (known[name] == "?" and not has_value):
                self.values[name] = True
                position += 1
            elif position + 1 < len(words):
                self.values[name] = words[position + 1]
                position += 2
            else:
                raise Refused(USAGE, f"CTGSK3046W The option -{name} needs a value.")
        needed = list(REQUIRED.get(command, []))
        if "db" in known and "file" not in self.values:
            needed.insert(0, "db")
        for name in needed:
            if name not in self.values:
                raise Refused(USAGE, f"CTGSK3046W The option -{name} is missing.")

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        return value if isinstance(value, str) else default

    def number(self, name: str, default: int) -> int:
        text = self.text(name, str(default))
        if not text.isdigit():
            raise Refused(USAGE, f"CTGSK3046W The value of the option -{name} is not a number: {text}")
        return int(text)

    def yes(self, name: str, default: bool) -> bool:
        return self.text(name, "yes" if default else "no").lower() in ("yes", "true", "enable")

    def ascii_format(self) -> bool:
        return self.text("format", "ascii").lower() == "ascii"

    def password(self, name: str = "pw", prompt: str = "A password is required to access the source key database.") -> str:
        return self.text(name) if name in self else _ask_password(prompt)

    def labels(self, database: KeyDatabase) -> list[str]:
        """The one that -label names, else all."""
        if "label" not in self:
            return database.labels()
        _require_label(self.text("label"), database.labels())
        return [self.text("label")]

    def check_type(self, name: str = "type") -> None:
        kind = self.text(name, "cms").lower()
        if kind not in EXTENSION_OF_TYPE:
            raise Refused(NOT_SIMULATED, f"AMQ9999S: mqsim: not simulated: key repositories of the type {kind}")


def _ask_password(prompt: str) -> str:
    """As GSKit asks: on the terminal, without echo."""
    import getpass

    try:
        with open("/dev/tty", "r+b", buffering=0):
            pass
    except OSError:
        if not sys.stdin.isatty():
            raise Refused(
                return_codes.INVALID_PASSWORD, prompt, "CTGSK2137W No password was given, and there is no terminal to ask for it."
            ) from None
    print(prompt, flush=True)
    return getpass.getpass("Please enter a password:")


def _open(arguments: Arguments) -> KeyDatabase:
    arguments.check_type()
    return _open_repository(arguments.text("db") or arguments.text("file"), None if "stashed" in arguments else arguments.password())


def _open_target(arguments: Arguments, create: bool) -> KeyDatabase:
    arguments.check_type("target_type")
    path = arguments.text("target")
    password = (
        None
        if "target_stashed" in arguments
        else arguments.password("target_pw", "A password is required to access the target key database.")
    )
    if create and not os.path.exists(path) and password is not None:
        return _create(path, password, arguments.text("target_type"))
    return _open_repository(path, password)


def _open_repository(path: str, password: str | None) -> KeyDatabase:
    return _calling(path, lambda: KeyDatabase.open(path, password))


def _calling(path: str, function: Callable[[], Result]) -> Result:
    """GSKit's return codes as the messages that runmqakm prints."""
    try:
        return function()
    except GskitError as error:
        text = {
            return_codes.INVALID_PASSWORD: f'CTGSK2137W The password of the key database "{path}" is not correct, or the file is damaged.',
            return_codes.DUPLICATE_LABEL: "CTGSK2021W A duplicate certificate already exists in the database.",
            return_codes.DUPLICATE_CERTIFICATE: "CTGSK2021W A duplicate certificate already exists in the database.",
            return_codes.FILE_NOT_FOUND: f'CTGSK3026W The key file "{path}" does not exist or cannot be read.',
            return_codes.NO_REQUEST: "CTGSK3034W The certificate request created for the certificate is not in the key database.",
        }.get(error.code, f"CTGSK2000W {error}")
        raise Refused(error.code, text) from error


def _require_label(label: str, labels: list[str]) -> None:
    if label not in labels:
        raise Refused(return_codes.NO_SUCH_LABEL, f'CTGSK3029W The database doesn\'t contain an entry with label "{label}".')


def _check_strength(password: str) -> None:
    """-strong (IBM topic "Creating a key repository on AIX, Linux, and Windows")."""
    import re

    strong = (
        len(password) >= 14
        and all(" " <= character <= "~" for character in password)
        and re.search("[a-z]", password)
        and re.search("[A-Z]", password)
        and re.search("[^a-zA-Z]", password)
        and all(password.count(character) <= 3 for character in password)
        and not re.search(r"(.)\1\1", password)
    )
    if not strong:
        raise Refused(return_codes.INVALID_PASSWORD, "CTGSK2137W The password does not meet the requirements of a strong password.")


# -keydb


def _require_new_file(path: str) -> None:
    if os.path.exists(path):
        raise Refused(return_codes.ALREADY_EXISTS, f'CTGSK3005W The file "{path}" already exists.')
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise Refused(return_codes.FILE_NOT_FOUND, f'CTGSK3026W The key file "{path}" does not exist or cannot be read.')


def _create(path: str, password: str, kind: str, expire_days: int = 0, populate: bool = False) -> KeyDatabase:
    """The library goes by the extension, so a type under another name is beyond it."""
    suffixes = {".kdb": (".kdb",), ".p12": (".p12", ".pfx")}
    allowed = suffixes[EXTENSION_OF_TYPE[kind.lower()]] if kind else (".kdb", ".p12", ".pfx")
    if os.path.splitext(path)[1] not in allowed:
        raise Refused(NOT_SIMULATED, f"AMQ9999S: mqsim: not simulated: a key repository of the type {kind or 'cms'} with the name {path}")
    return _calling(path, lambda: KeyDatabase.create(path, password, expire_days, populate))


def _create_repository(arguments: Arguments) -> None:
    arguments.check_type()
    path = arguments.text("db")
    _require_new_file(path)
    password = arguments.password()
    if "strong" in arguments:
        _check_strength(password)
    _create(path, password, arguments.text("type"), arguments.number("expire", 0), "populate" in arguments).close()
    if "stash" in arguments:
        key_database.stash(path, password)


def _change_password(arguments: Arguments) -> None:
    path = arguments.text("db")
    with _open(arguments) as database:
        password = database.password
    new_password = arguments.password("new_pw", "A new password is required for the key database.")
    if "strong" in arguments:
        _check_strength(new_password)
    _calling(path, lambda: key_database.change_password(path, password, new_password, arguments.number("expire", 0)))
    # A stash file that no longer fits would lock the queue manager out: GSKit brings the one that exists up to date.
    if "stash" in arguments or os.path.exists(key_database.stash_path(path)):
        key_database.stash(path, new_password)


def _stash_password(arguments: Arguments) -> None:
    with _open(arguments) as database:
        key_database.stash(database.path, database.password)


def _convert(arguments: Arguments) -> None:
    kind = arguments.text("new_format").lower()
    if kind not in EXTENSION_OF_TYPE:
        raise Refused(NOT_SIMULATED, f"AMQ9999S: mqsim: not simulated: -new_format {kind}")
    new = arguments.text("new_db", os.path.splitext(arguments.text("db"))[0] + EXTENSION_OF_TYPE[kind])
    _require_new_file(new)
    with _open(arguments) as database:
        password = arguments.text("new_pw", database.password)
        if "strong" in arguments:
            _check_strength(password)
        with _create(new, password, kind) as target:
            _copy(database, database.labels(), target)
    if "stash" in arguments:
        key_database.stash(new, password)


def _delete_repository(arguments: Arguments) -> None:
    with _open(arguments) as database:
        stem, extension = os.path.splitext(database.path)
    for suffix in {extension, ".sth"} | ({".rdb", ".crl"} if extension == ".kdb" else set()):
        try:
            os.unlink(stem + suffix)
        except FileNotFoundError:
            pass


def _list_types(arguments: Arguments) -> None:
    print("cms\npkcs12")


# -cert


def _list_certificates(arguments: Arguments) -> None:
    with _open(arguments) as database:
        entries = database.entries()
    if arguments.filter not in ("all", "personal", "ca"):
        raise Refused(NOT_SIMULATED, f"AMQ9999S: mqsim: not simulated: {arguments.filter} of runmqakm -cert -list")
    if arguments.filter != "all":
        entries = [entry for entry in entries if entry.has_private_key == (arguments.filter == "personal")]
    if arguments.text("expiry"):
        import datetime

        limit = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=arguments.number("expiry", 0))
        entries = [entry for entry in entries if _certificate(entry).not_valid_after_utc <= limit]
    if not entries:
        print("No certificates were found.")
        return
    print("Certificates found\n* default, - personal, ! trusted, # secret key")
    for entry in entries:
        mark = "-" if entry.has_private_key else "!" if entry.is_trusted else ""
        print(f"{'*' if entry.is_default else ''}{mark}\t{quoted(entry.label)}")
        if "expiry" in arguments:
            certificate = _certificate(entry)
            print(
                f"\tNot Before : {date_text(certificate.not_valid_before_utc)}\n\tNot After : {date_text(certificate.not_valid_after_utc)}"
            )


def _show_certificate(arguments: Arguments) -> None:
    with _open(arguments) as database:
        for label in arguments.labels(database):
            print("\n".join(certificate_details(database.entry(label))))


def _show_default(arguments: Arguments) -> None:
    with _open(arguments) as database:
        for entry in database.entries():
            if entry.is_default:
                print("\n".join(certificate_details(entry)))
                return
    raise Refused(return_codes.NO_SUCH_LABEL, "CTGSK3029W The database doesn't contain a default entry.")


def _create_certificate(arguments: Arguments) -> None:
    import datetime

    from cryptography import x509

    with _open(arguments) as database:
        label = _new_label(arguments.text("label"), database)
        key, digest = _generate_key(arguments)
        name = _subject(arguments)
        now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=arguments.number("expire", 365)))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        )
        for extension, critical in _extensions(arguments):
            builder = builder.add_extension(extension, critical)
        _import_key(database, label, key, builder.sign(key, digest))
        if arguments.yes("default_cert", False):
            database.set_default(label)


def _add_certificate(arguments: Arguments) -> None:
    certificate = _read_file(arguments, "CERTIFICATE")
    with _open(arguments) as database:
        label = arguments.text("label") or name_text(_load(certificate).subject)
        _calling(database.path, lambda: database.add(label, certificate))
        if not arguments.yes("trust", True):
            database.set_trust(label, False)


def _receive_certificate(arguments: Arguments) -> int:
    certificate = _read_file(arguments, "CERTIFICATE")
    with _open(arguments) as database:
        _calling(database.path, lambda: database.receive(certificate, arguments.yes("default_cert", False)))
        label = next(entry.label for entry in database.entries() if entry.certificate == certificate)
        if database.validate(label):
            return 0
        # As every transcript shows, the certificate has been received all the same.
        print("\n".join(_broken_chain(_load(certificate))))
        return return_codes.INVALID_CHAIN


def _broken_chain(certificate: x509.Certificate) -> list[str]:
    return [
        "CTGSK2146W An invalid certificate chain was found.",
        "Additional untranslated info: No certificate chain built",
        f"Additional untranslated info: GSKKM_VALIDATIONFAIL_SUBJECT: [Class=]GSKVALMethod::PKIX[Issuer=]{name_text(certificate.issuer)}"
        f"[#=]{serial_number_text(certificate)}[Subject=]{name_text(certificate.subject)}",
        "CTGSK2043W Key entry validation failed.",
    ]


def _import_certificates(arguments: Arguments) -> None:
    with _open(arguments) as source, _open_target(arguments, create=True) as target:
        labels = arguments.labels(source)
        new_label = arguments.text("new_label")
        _copy(source, labels, target, new_label)


def _export_certificates(arguments: Arguments) -> None:
    with _open(arguments) as source:
        labels = arguments.labels(source)
        with _open_target(arguments, create=True) as target:
            _copy(source, labels, target)


def _copy(source: KeyDatabase, labels: list[str], target: KeyDatabase, new_label: str = "") -> None:
    """Entry by entry, so that the first label or certificate that is there already stops the command, as -cert -import does."""
    for label in labels:
        entry = source.entry(label)
        if not entry.has_private_key:
            _add(target, new_label or label, entry)
            continue
        if any(entry.certificate == other.certificate for other in target.entries()):
            raise Refused(return_codes.DUPLICATE_CERTIFICATE, "CTGSK2021W A duplicate certificate already exists in the database.")
        _import_key(target, _new_label(new_label or label, target), _private_key(source, label), _certificate(entry))


def _add(target: KeyDatabase, label: str, entry: Entry) -> None:
    _calling(target.path, lambda: target.add(label, entry.certificate))
    if not entry.is_trusted:
        target.set_trust(label, False)


def _extract_certificate(arguments: Arguments) -> None:
    with _open(arguments) as database:
        _require_label(arguments.text("label"), database.labels())
        target = arguments.text("target")
        _calling(target, lambda: database.extract(arguments.text("label"), target, arguments.ascii_format()))


def _delete_certificate(arguments: Arguments) -> None:
    _with_label(arguments, KeyDatabase.delete)


def _rename_certificate(arguments: Arguments) -> None:
    _with_label(arguments, lambda database, label: database.rename(label, arguments.text("new_label")))


def _modify_certificate(arguments: Arguments) -> None:
    _with_label(arguments, lambda database, label: database.set_trust(label, arguments.yes("trust", True)))


def _set_default(arguments: Arguments) -> None:
    _with_label(arguments, KeyDatabase.set_default)


def _with_label(arguments: Arguments, action: Callable[[KeyDatabase, str], None]) -> None:
    with _open(arguments) as database:
        label = arguments.text("label")
        _require_label(label, database.labels())
        _calling(database.path, lambda: action(database, label))


def _validate_certificate(arguments: Arguments) -> int:
    with _open(arguments) as database:
        code = 0
        for label in arguments.labels(database):
            if database.validate(label):
                print(f"{quoted(label)} : OK")
                continue
            code = return_codes.INVALID_CHAIN
            print("\n".join(_broken_chain(_certificate(database.entry(label)))))
        return code


def _sign_request(arguments: Arguments) -> None:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    request = x509.load_der_x509_csr(_read_file(arguments, "NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST"))
    with _open(arguments) as database:
        _require_label(arguments.text("label"), database.labels())
        issuer = _certificate(database.entry(arguments.text("label")))
        key = _private_key(database, arguments.text("label"))
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(issuer.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=arguments.number("expire", 365)))
    )
    for extension in request.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    encoding = serialization.Encoding.PEM if arguments.ascii_format() else serialization.Encoding.DER
    _write(arguments.text("target"), builder.sign(key, _digest(arguments)).public_bytes(encoding))


# -certreq


def _create_request(arguments: Arguments) -> None:
    with _open(arguments) as database:
        label = _new_label(arguments.text("label"), database)
        if label in database.requests():
            raise Refused(return_codes.DUPLICATE_LABEL, "CTGSK2021W A duplicate certificate already exists in the database.")
        key, digest = _generate_key(arguments)
        request = _request(_subject(arguments), key, digest, list(_extensions(arguments)))
        _calling(database.path, lambda: _keep_request(database, label, request, key))
    _write_request(arguments.text("file"), request)


def _recreate_request(arguments: Arguments) -> None:
    with _open(arguments) as database:
        label = arguments.text("label")
        _require_label(label, database.labels())
        entry = database.entry(label)
        if not entry.has_private_key:
            raise Refused(
                return_codes.NO_SUCH_LABEL, f'CTGSK3029W The database doesn\'t contain a personal certificate with label "{label}".'
            )
        key = _private_key(database, label)
        request = _request(_certificate(entry).subject, key, _digest(arguments), [])
        if label in database.requests():
            database.delete_request(label)
        _calling(database.path, lambda: _keep_request(database, label, request, key))
    _write_request(arguments.text("target"), request)


def _request(subject: x509.Name, key: PrivateKey, digest: object, extensions: list[tuple[x509.ExtensionType, bool]]) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, digest).public_bytes(serialization.Encoding.DER)


def _keep_request(database: KeyDatabase, label: str, request: bytes, key: PrivateKey) -> None:
    from cryptography.hazmat.primitives import serialization

    protection = serialization.BestAvailableEncryption(database.password.encode())
    database.add_request(label, request, key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, protection))


def _write_request(file: str, request: bytes) -> None:
    import base64
    import textwrap

    body = "\n".join(textwrap.wrap(base64.b64encode(request).decode(), 64))
    _write(file, f"-----BEGIN NEW CERTIFICATE REQUEST-----\n{body}\n-----END NEW CERTIFICATE REQUEST-----\n".encode())


def _list_requests(arguments: Arguments) -> None:
    with _open(arguments) as database:
        requests = database.requests()
    if not requests:
        print("No certificate requests were found.")
        return
    print("Certificates requests found")
    for label in requests:
        print(f"\t{quoted(label)}")


def _with_request(arguments: Arguments, action: Callable[[KeyDatabase, str], None]) -> None:
    with _open(arguments) as database:
        labels = database.requests()
        if "label" in arguments:
            _require_label(arguments.text("label"), labels)
            labels = [arguments.text("label")]
        for label in labels:
            action(database, label)


def _show_request(arguments: Arguments) -> None:
    _with_request(arguments, lambda database, label: print("\n".join(request_details(label, database.request(label)))))


def _extract_request(arguments: Arguments) -> None:
    _with_request(arguments, lambda database, label: _write_request(arguments.text("target"), database.request(label)))


def _delete_request(arguments: Arguments) -> None:
    if "label" not in arguments:
        raise Refused(USAGE, "CTGSK3046W The option -label is missing.")
    _with_request(arguments, KeyDatabase.delete_request)


def _random_password(arguments: Arguments) -> None:
    import secrets

    length = arguments.number("length", 0)
    characters = [chr(code) for code in range(0x21, 0x7F)]
    while True:
        password = "".join(secrets.choice(characters) for _ in range(length))
        try:
            if "strong" in arguments and length >= 14:
                _check_strength(password)
        except Refused:
            continue
        print(password)
        return


# Certificates and keys


def _load(der: bytes) -> x509.Certificate:
    from cryptography import x509

    return x509.load_der_x509_certificate(der)


def _certificate(entry: Entry) -> x509.Certificate:
    return _load(entry.certificate)


def _private_key(database: KeyDatabase, label: str) -> PrivateKey:
    from cryptography.hazmat.primitives.serialization import pkcs12

    with _private_file() as (file, password):
        database.export_pkcs12([label], file, password)
        return pkcs12.load_pkcs12(_read(file), password.encode()).key


def _import_key(database: KeyDatabase, label: str, key: PrivateKey, certificate: x509.Certificate) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    with _private_file() as (file, password):
        encryption = BestAvailableEncryption(password.encode())
        _write(file, pkcs12.serialize_key_and_certificates(label.encode(), key, certificate, None, encryption))
        _calling(database.path, lambda: database.import_pkcs12(file, password))


class _private_file:  # noqa: N801 - reads as a function
    """A name in a directory of our own, and a password, for a PKCS#12 that lives for a moment."""

    def __enter__(self) -> tuple[str, str]:
        import secrets
        import tempfile

        self._directory = tempfile.TemporaryDirectory()
        return os.path.join(self._directory.name, "key.p12"), secrets.token_hex(16)

    def __exit__(self, *exception: object) -> None:
        self._directory.cleanup()


def _new_label(label: str, database: KeyDatabase) -> str:
    if label in database.labels():
        raise Refused(return_codes.DUPLICATE_LABEL, "CTGSK2021W A duplicate certificate already exists in the database.")
    return label


def _read_file(arguments: Arguments, *kinds: str) -> bytes:
    """DER of the first object of one of these kinds in -file."""
    import binascii

    path = arguments.text("file")
    try:
        content = _read(path)
    except OSError:
        raise Refused(return_codes.FILE_NOT_FOUND, f'CTGSK3026W The file "{path}" does not exist or cannot be read.') from None
    if arguments.ascii_format():
        text = content.decode("latin-1")
        found = [body for kind in kinds if (body := _pem_body(text, kind))]
        try:
            content = binascii.a2b_base64("".join((found[0] if found else text).split()), strict_mode=True)
        except ValueError:  # not base64, or not even ASCII
            content = b""
    if content[:1] != b"\x30":
        raise Refused(2, f'CTGSK2000W The file "{path}" is not in the format that was asked for.')
    return content


def _pem_body(text: str, kind: str) -> str:
    body, end, _rest = text.partition(f"-----BEGIN {kind}-----")[2].partition(f"-----END {kind}-----")
    return body if end else ""


def _read(file: str) -> bytes:
    with open(file, "rb") as stream:
        return stream.read()


def _write(file: str, content: bytes) -> None:
    with open(file, "wb") as stream:
        stream.write(content)


def _generate_key(arguments: Arguments) -> tuple[PrivateKey, object]:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    size = arguments.number("size", 2048)
    if _is_elliptic(arguments):
        curves = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1, 512: ec.SECP521R1}
        curve = curves.get(size if "size" in arguments else 256)
        if curve is None:
            raise Refused(USAGE, f"CTGSK3046W The value of the option -size does not fit the signature algorithm: {size}")
        return ec.generate_private_key(curve()), _digest(arguments)
    if not 512 <= size <= 8192:
        raise Refused(USAGE, f"CTGSK3046W The value of the option -size does not fit the signature algorithm: {size}")
    return rsa.generate_private_key(65537, size), _digest(arguments)


def _is_elliptic(arguments: Arguments) -> bool:
    return "ecdsa" in arguments.text("sig_alg").lower()


def _digest(arguments: Arguments) -> object:
    import re

    from cryptography.hazmat.primitives import hashes

    name = arguments.text("sig_alg", "SHA256WithRSA")
    folded = name.lower().replace("_", "").replace("-", "")
    found = re.fullmatch("(?:ec)?(?:ecdsawith)?(sha1|sha224|sha256|sha384|sha512|sha3|sha5)(?:with(?:rsa|ecdsa))?", folded)
    if found is None:
        raise Refused(NOT_SIMULATED, f"AMQ9999S: mqsim: not simulated: -sig_alg {name}")
    digest = {"sha3": "sha384", "sha5": "sha512"}.get(found.group(1), found.group(1))
    return getattr(hashes, digest.upper())()


def _extensions(arguments: Arguments) -> Iterator[tuple[x509.ExtensionType, bool]]:
    import ipaddress

    from cryptography import x509

    if arguments.yes("ca", False):
        yield x509.BasicConstraints(True, None), True
    usages = _items(arguments, "ku", KEY_USAGES)
    if usages:
        names = {KEY_USAGES[usage] for usage in usages}
        yield x509.KeyUsage(**{name: name in names for name in KEY_USAGES.values()}), True
    extended = _items(arguments, "eku", EXTENDED_KEY_USAGES)
    if extended:
        yield x509.ExtendedKeyUsage([x509.ObjectIdentifier(EXTENDED_KEY_USAGES[usage]) for usage in extended]), False
    names_of_subject: list[x509.GeneralName] = [x509.DNSName(value) for value in _items(arguments, "san_dnsname")]
    names_of_subject += [x509.RFC822Name(value) for value in _items(arguments, "san_emailaddr")]
    names_of_subject += [x509.IPAddress(ipaddress.ip_address(value)) for value in _items(arguments, "san_ipaddr")]
    if names_of_subject:
        yield x509.SubjectAlternativeName(names_of_subject), False


def _items(arguments: Arguments, name: str, known: dict[str, str] | None = None) -> list[str]:
    items = arguments.text(name).replace(",", " ").split()
    if known is None:
        return items
    folded = {key.lower(): key for key in known}
    for item in items:
        if item.lower() not in folded:
            raise Refused(NOT_SIMULATED, f"AMQ9999S: mqsim: not simulated: -{name} {item}")
    return [folded[item.lower()] for item in items]


def _subject(arguments: Arguments) -> x509.Name:
    try:
        return parse_name(arguments.text("dn"))
    except ValueError as error:
        raise Refused(USAGE, f"CTGSK3046W The value of the option -dn is not a distinguished name: {error}") from error


ACTIONS: dict[str, Callable[[Arguments], int | None]] = {
    "-keydb -create": _create_repository,
    "-keydb -changepw": _change_password,
    "-keydb -stashpw": _stash_password,
    "-keydb -convert": _convert,
    "-keydb -delete": _delete_repository,
    "-keydb -list": _list_types,
    "-cert -list": _list_certificates,
    "-cert -details": _show_certificate,
    "-cert -create": _create_certificate,
    "-cert -add": _add_certificate,
    "-cert -receive": _receive_certificate,
    "-cert -import": _import_certificates,
    "-cert -export": _export_certificates,
    "-cert -extract": _extract_certificate,
    "-cert -delete": _delete_certificate,
    "-cert -rename": _rename_certificate,
    "-cert -modify": _modify_certificate,
    "-cert -validate": _validate_certificate,
    "-cert -setdefault": _set_default,
    "-cert -getdefault": _show_default,
    "-cert -sign": _sign_request,
    "-certreq -create": _create_request,
    "-certreq -list": _list_requests,
    "-certreq -details": _show_request,
    "-certreq -extract": _extract_request,
    "-certreq -delete": _delete_request,
    "-certreq -recreate": _recreate_request,
    "-random -create": _random_password,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
