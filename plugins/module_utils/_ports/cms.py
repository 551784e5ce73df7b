# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CMS key repositories, through IBM's runmqakm.

The password is on a command line once, when a repository is made: runmqakm knows no other way without a terminal. It is random, known
to nobody, and used from then on through the stash file. The same holds for the PKCS #12 file by which a private key passes from one
repository to one of the other type, or with another password: it is empty while its password is on the command line, and lives in a
directory that only its owner may enter.

Sources: IBM MQ documentation, "runmqckm and runmqakm options", "Creating a key repository on AIX, Linux, and Windows".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import string
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Iterator, Sequence

from .._core import runmqakm
from .._core.errors import StateError, ToolError
from .._core.key_repository import Entry, Identity, Plan
from .._x509 import certificates
from .._x509.library import require
from .command import CommandResult, CommandRunner
from .files import Access, Files
from .key_store import REQUEST, Answer, Item, KeyStore
from .pkcs12 import Pkcs12Store

_SIGNATURES = {
    ("EC", 256): "EC_ecdsa_with_SHA256",
    ("EC", 384): "EC_ecdsa_with_SHA384",
    ("EC", 521): "EC_ecdsa_with_SHA512",
}
# Said although the certificate is in: a chain that ends outside the repository, a certificate that is there already.
_HARMLESS = {"CTGSK2021W", "CTGSK2042W", "CTGSK2043W", "CTGSK2146W"}
# Less free space, in bytes, than a key repository takes is taken for the cause of a failure.
_SPACE = 16384
# Beside a request: the label under which its certificate is received. One of an earlier release has no such file.
_LABEL_OF_REQUEST, _FORMER_LABEL_OF_REQUEST = "label", "pending"


class CmsStore(KeyStore):
    """``program`` is the path of runmqakm."""

    type = "cms"
    suffix = ".kdb"
    needed = (".sth",)

    def __init__(self, program: str, runner: CommandRunner, files: Files) -> None:
        self._program = program
        self._runner = runner
        self._files = files
        # What was put in here: nobody else works on a draft, so that the list of its labels is enough to see that it is there.
        self._added: dict[tuple[str, str], Any] = {}

    def read(self, stem: str) -> list[Entry]:
        attempt = f"The key repository {stem}{self.suffix} was to be read"
        if not os.path.exists(stem + ".sth"):
            raise StateError(
                f"{attempt} and its stash file {stem}.sth is not there; make it as the owner of the repository with "
                f"'runmqakm -keydb -stashpw -db {stem}{self.suffix}', which asks for the password."
            )
        with open(stem + self.suffix, "rb") as stream:
            # GSKit takes a file without contents for a repository without certificates: all would be issued anew
            if not stream.read(16).strip(b"\0"):
                raise StateError(f"{attempt} and it is empty or blank; it is left as it is: put a good copy in its place or move it away.")
        require(attempt)
        found = []
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "certificate.pem")
            for entry in self._listed(stem, attempt):
                if "#" in entry["flags"]:
                    continue  # a secret key: no certificate, and left alone
                certificate = self._added.get((stem, entry["label"]))
                if certificate is None or "-" in entry["flags"]:
                    self._run(stem, attempt, "-cert", "-extract", "-label", entry["label"], "-target", target, "-format", "ascii")
                    with open(target, encoding="ascii") as stream:
                        whose = f"The certificate {entry['label']} of {stem}{self.suffix}"
                        certificate = certificates.load_certificate(stream.read(), whose)
                    os.unlink(target)
                found.append((entry["label"], entry["flags"], certificate))
        known = [certificate for _label, _flags, certificate in found]
        return [Entry(label, certificates.facts(one, known), "-" in flags, "!" in flags) for label, flags, one in found]

    def change(self, stem: str, steps: Plan, identity: Identity | None, answer: Answer | None, now: datetime) -> None:
        attempt = f"The key repository {stem}{self.suffix} was to be changed"
        takes_over = steps.create and steps.issue and identity is not None and answer is not None and answer.own is None
        if takes_over and answer:
            self._take_over(answer.pending, stem)
        elif steps.create:
            self._create(stem)
        for entry in steps.remove:
            self._run(stem, attempt, "-cert", "-delete", "-label", entry.label)
        for entry, label in steps.rename:
            self._run(stem, attempt, "-cert", "-rename", "-label", entry.label, "-new_label", label)
        for entry in steps.enable:
            self._run(stem, attempt, "-cert", "-modify", "-label", entry.label, "-trust", "enable")
        for addition in steps.add:
            self._add(stem, attempt, addition.label, addition.trust.pem)
        if takes_over and identity and answer:
            self._accept(stem, attempt, answer)
            if _label_of_request(answer.pending) != identity.label:
                self._run(stem, attempt, "-cert", "-rename", "-label", _label_of_request(answer.pending), "-new_label", identity.label)
        elif steps.issue and identity and answer and answer.own:
            self._import(stem, attempt, replace(answer.own, label=identity.label))
        elif steps.issue and identity and answer:
            self._receive(stem, identity, answer)
        elif steps.issue and identity:
            days = ("-x509version", "3", "-expire", str(identity.days), "-ca", "false", "-default_cert", "no")
            self._run(stem, attempt, "-cert", "-create", "-label", identity.label, *_description(identity), *days)

    def take_out(self, stem: str) -> list[Item]:
        attempt = f"The key repository {stem}{self.suffix} was to get another type or password"
        requests = runmqakm.parse(self._run(stem, attempt, "-certreq", "-list").stdout).get("requests", [])
        secret = [entry["label"] for entry in self._listed(stem, attempt) if "#" in entry["flags"]]
        for what, labels, remedy in (("certificate request", requests, "receive or delete it"), ("secret key", secret, "delete it")):
            if labels:
                raise StateError(
                    f"{attempt} and holds the {what} {labels[0]}, which would be lost; {remedy} with runmqakm first, or keep both."
                )
        return [self._item(stem, attempt, entry) for entry in self.read(stem)]

    def put_in(self, stem: str, items: Sequence[Item]) -> None:
        self._create(stem)
        attempt = f"The key repository {stem}{self.suffix} was to be filled"
        for entry in self._listed(stem, attempt):  # public CA certificates, which some levels of runmqakm put in unasked
            self._run(stem, attempt, "-cert", "-delete", "-label", entry["label"])
        for item in items:
            if item.key is None:
                self._add(stem, attempt, item.label, certificates.to_pem(item.certificate), item.trusted)
            else:
                self._import(stem, attempt, item)

    def joined(self, directory: str, answer: Answer) -> Item:
        attempt = f"The signed certificate was to be joined with its private key in {answer.pending}"
        certificate = certificates.load_certificate(answer.chain[0], "The signed certificate")
        with self._received(directory, attempt, answer) as source:
            return self._item(source, attempt, Entry(_label_of_request(answer.pending), certificates.facts(certificate), True, False))

    def make_request(self, directory: str, identity: Identity) -> None:
        stem = os.path.join(directory, "key")
        self._create(stem)
        attempt = f"A certificate request was to be made in {directory}"
        file = ("-file", os.path.join(directory, REQUEST))
        self._run(stem, attempt, "-certreq", "-create", "-label", identity.label, *_description(identity), *file)
        self._files.write(os.path.join(directory, _LABEL_OF_REQUEST), identity.label.encode("utf-8"), Access(0o600))

    def has_key(self, directory: str) -> bool:
        return all(os.path.exists(os.path.join(directory, "key" + suffix)) for suffix in (".kdb", ".rdb", ".sth"))

    def _listed(self, stem: str, attempt: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = runmqakm.parse(self._run(stem, attempt, "-cert", "-list").stdout).get("certificates", [])
        return found

    def _item(self, stem: str, attempt: str, entry: Entry) -> Item:
        if not entry.has_key:
            certificate = certificates.load_certificate(entry.certificate.pem, f"The certificate {entry.label}")
            return Item(entry.label, certificate, trusted=entry.trusted)
        with self._transfer(stem) as (path, passing):
            target = ("-target", path + passing.suffix, "-target_stashed", "-target_type", "pkcs12")
            self._run(stem, attempt, "-cert", "-export", "-label", entry.label, *target)
            # a tool may put the chain beside it
            found = [item for item in passing.take_out(path) if item.key is not None]
        if [certificates.fingerprint(item.certificate) for item in found] != [entry.certificate.fingerprint]:
            raise StateError(
                f"{attempt} and runmqakm handed out {len(found)} private keys for {entry.label}, not the one that is its own; "
                f"the repository in use is unchanged: see whether 'runmqakm -cert -export' gives out that key, or keep type and password."
            )
        return replace(found[0], label=entry.label)

    def _import(self, stem: str, attempt: str, item: Item) -> None:
        """Put a private key with its certificate into the repository."""
        with self._transfer(stem) as (path, passing):
            passing.put_in(path, [item])
            source = ("-db", path + passing.suffix, "-stashed", "-type", "pkcs12", "-label", item.label)
            target = ("-target", stem + self.suffix, "-target_stashed", "-target_type", "cms")
            self._checked([self._program, "-cert", "-import", *source, *target], attempt)

    @contextmanager
    def _transfer(self, stem: str) -> Iterator[tuple[str, Pkcs12Store]]:
        """Path (without suffix) and store of an empty PKCS #12 file, with its stash file, by which one private key passes from or to the
        repository of ``stem``, a draft. It is gone afterwards, whatever happens; if this process is killed, with the draft.
        """
        directory = os.path.join(os.path.dirname(stem), "transfer.new")
        path, password = os.path.join(directory, "key"), new_password()
        passing = Pkcs12Store(password, self._files)
        try:
            self._files.make_directory(directory, Access())
            argv = [self._program, "-keydb", "-create", "-db", path + passing.suffix, "-pw", password, "-type", "pkcs12", "-stash"]
            self._checked(argv, f"A file for a private key of the key repository {stem}{self.suffix} was to be created", password)
            yield path, passing
        finally:
            self._files.remove(directory)

    def _receive(self, stem: str, identity: Identity, answer: Answer) -> None:
        attempt = f"The certificate {identity.label} was to be received"
        target = ("-target", stem + self.suffix, "-target_stashed", "-target_type", "cms", "-new_label", identity.label)
        with self._received(os.path.dirname(stem), attempt, answer) as source:
            self._run(source, attempt, "-cert", "-import", "-label", _label_of_request(answer.pending), "-type", "cms", *target)

    @contextmanager
    def _received(self, directory: str, attempt: str, answer: Answer) -> Iterator[str]:
        """Key and certificate together in a copy of the request's repository, since that must survive a failure here: its stem. A failure
        leaves it to whoever discards the draft in ``directory``.
        """
        work = os.path.join(directory, "work.new")
        os.mkdir(work, 0o700)
        source = os.path.join(work, "key")
        self._take_over(answer.pending, source)
        for number, pem in enumerate(reversed(answer.chain[1:])):  # the root first
            self._add(source, attempt, f"ca{number}", pem)
        self._accept(source, attempt, answer)
        yield source
        self._files.remove(work)

    def _take_over(self, pending: str, stem: str) -> None:
        """Copy the repository of a request: a new key repository can grow from it."""
        for suffix in (".kdb", ".rdb", ".sth", ".crl"):
            path = os.path.join(pending, "key" + suffix)
            if os.path.exists(path):
                self._files.copy(path, stem + suffix)

    def _accept(self, stem: str, attempt: str, answer: Answer) -> None:
        """Join the signed certificate with the private key of its request."""
        with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as stream:
            stream.write(answer.chain[0])
            stream.flush()
            self._run(stem, attempt, "-cert", "-receive", "-file", stream.name, "-format", "ascii", "-default_cert", "no")

    def _create(self, stem: str) -> None:
        password = new_password()
        argv = [self._program, "-keydb", "-create", "-db", stem + self.suffix, "-pw", password, "-type", "cms", "-stash"]
        self._checked(argv, f"The key repository {stem}{self.suffix} was to be created", password)

    def _add(self, stem: str, attempt: str, label: str, pem: str, trusted: bool = True) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as stream:
            stream.write(pem)
            stream.flush()
            file = ("-file", stream.name, "-format", "ascii", "-trust", "enable" if trusted else "disable")
            done = self._run(stem, attempt, "-cert", "-add", "-label", label, *file)
        self._added[stem, label] = None if done.rc else certificates.load_certificate(pem, f"The certificate {label}")

    def _run(self, stem: str, attempt: str, kind: str, action: str, *arguments: str) -> CommandResult:
        return self._checked([self._program, kind, action, "-db", stem + self.suffix, "-stashed", *arguments], attempt)

    def _checked(self, argv: Sequence[str], attempt: str, secret: str = "") -> CommandResult:
        done = self._runner.run(argv)
        stdout, stderr = (text.replace(secret, "********") if secret else text for text in (done.stdout, done.stderr))
        messages = set(runmqakm.parse(stdout + "\n" + stderr).get("messages", []))
        if done.rc and not (messages and messages <= _HARMLESS):
            place = os.path.dirname(argv[argv.index("-db") + 1])
            if shutil.disk_usage(place).free < _SPACE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place)  # which runmqakm does not say
            said = " ".join((stdout + " " + stderr).split())[:300] or "nothing"
            raise ToolError(
                f"{attempt} and runmqakm {argv[1]} {argv[2]} ended with return code {done.rc} (it said: {said}); "
                f"check that the stash file belongs to the repository and that neither is damaged.",
                done.rc,
                stdout,
                stderr,
            )
        return CommandResult(done.rc, stdout, stderr)


def new_password() -> str:
    """40 letters and digits of chance, with a lower-case letter, an upper-case letter and a digit, as ``runmqakm -strong`` asks."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    while True:
        password = "".join(secrets.choice("".join(kinds)) for _position in range(40))
        runs = any(password[n : n + 3] == password[n] * 3 for n in range(38))
        if all(set(kind) & set(password) for kind in kinds) and max(map(password.count, password)) <= 3 and not runs:
            return password


def _label_of_request(pending: str) -> str:
    with suppress(FileNotFoundError), open(os.path.join(pending, _LABEL_OF_REQUEST), encoding="utf-8") as stream:
        return stream.read()
    return _FORMER_LABEL_OF_REQUEST


def _description(identity: Identity) -> list[str]:
    """The options that describe a certificate or a request for it."""
    usage = "digitalSignature,keyEncipherment" if identity.key_type == "RSA" else "digitalSignature"
    signature = _SIGNATURES.get((identity.key_type, identity.key_size), "SHA256WithRSA")
    options = ["-dn", identity.subject.text(), "-size", str(identity.key_size), "-sig_alg", signature]
    options += ["-ku", usage, "-eku", "serverAuth,clientAuth"]
    return options + (["-san_dnsname", ",".join(identity.dns_names)] if identity.dns_names else [])
