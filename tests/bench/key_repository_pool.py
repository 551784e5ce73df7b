# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key repositories for many handshakes: a few authorities and keys, and repositories of chance made of them, each made once.

Made with `cryptography` and GSKit, not with the collection: what it does not make itself has to be read and predicted too.
"""

from __future__ import annotations

import datetime
import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID
from mqsim.gskit import key_database
from revocation_services import WebServer, revocation_list

PASSWORD = "a-Password-of-Tests-1"
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
_SIZES = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}
Key = Any  # what `cryptography` gives, whose types are not followed
_USAGES = {
    "none": [],
    "both": [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
    "server": [ExtendedKeyUsageOID.SERVER_AUTH],
    "client": [ExtendedKeyUsageOID.CLIENT_AUTH],
    "any": [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE],
    "other": [ExtendedKeyUsageOID.CODE_SIGNING],
}


@functools.cache
def new_key(kind: str, size: int, purpose: str) -> Key:
    """The same for the same purpose: keys are what takes the time."""
    return rsa.generate_private_key(65537, size) if kind == "RSA" else ec.generate_private_key(_SIZES[size]())


@dataclass(frozen=True, eq=False)
class Identity:
    """A key with its certificate, and who issued it (None: itself)."""

    key: Key
    certificate: x509.Certificate
    issuer: Identity | None

    @property
    def chain(self) -> list[Identity]:
        """What stands above it, the root last."""
        return [self.issuer, *self.issuer.chain] if self.issuer else []

    @property
    def der(self) -> bytes:
        return bytes(self.certificate.public_bytes(Encoding.DER))


def issue(
    subject: str,
    key: Key,
    issuer: Identity | None = None,
    begins: int = -10,
    ends: int = 300,
    ca: bool = False,
    usage: str = "none",
    crl_url: str = "",
    extensions: Sequence[x509.ExtensionType] = (),
) -> Identity:
    """A certificate that is valid from ``begins`` to ``ends``, in days from now; with further ``extensions``, none of them critical."""
    name = x509.Name.from_rfc4514_string(subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + begins * DAY)
        .not_valid_after(NOW + ends * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    above = (issuer.key if issuer else key).public_key()
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
    if _USAGES[usage]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(_USAGES[usage]), critical=False)
    if crl_url:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signed = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    return Identity(key, signed, issuer)


class Authorities:
    """Roots and what is below them, good and bad; a web server gives out the CRL of those that revoke."""

    def __init__(self) -> None:
        def ca(name: str, kind: str, size: int, issuer: Identity | None = None, begins: int = -400, ends: int = 3000) -> Identity:
            return issue(f"CN={name},O=Bank", new_key(kind, size, f"{name} {begins} {ends}"), issuer, begins, ends, ca=True)

        self.root = ca("Root", "RSA", 2048)
        self.other = ca("Other Root", "EC", 384)
        self.below = ca("Intermediate", "RSA", 2048, self.root)
        self.further = ca("Branch", "EC", 256, self.other)
        self.impostor = issue("CN=Root,O=Bank", new_key("RSA", 2048, "impostor"), None, -400, 3000, ca=True)
        self.expired = ca("Old Root", "RSA", 2048, None, -400, -5)
        self.future = ca("Next Root", "EC", 256, None, 5, 300)
        self.expired_below = ca("Old Intermediate", "RSA", 2048, self.root, -400, -5)
        self.no_ca = issue("CN=No CA,O=Bank", new_key("RSA", 2048, "no ca"), self.root, -400, 3000, ca=False)
        self.good = (self.root, self.other, self.below, self.further)
        self.bad = (self.expired, self.future, self.expired_below, self.no_ca, self.impostor)
        self.roots = (self.root, self.other, self.expired, self.future)
        self._revoked: set[int] = set()
        self.web = WebServer({"/root.crl": lambda: revocation_list(self.root.certificate, self.root.key, self._revoked)})

    @property
    def crl_url(self) -> str:
        return f"{self.web.url}/root.crl"

    def revoke(self, identity: Identity) -> None:
        self._revoked.add(identity.certificate.serial_number)

    def has_revoked(self, identity: Identity) -> bool:
        return identity.certificate.serial_number in self._revoked


@dataclass(frozen=True)
class KeyRepository:
    """One on disk: ``stem`` without suffix; ``label`` that of the identity; ``is_revoked``: by the CRL that the identity names."""

    number: int
    type: str
    stem: Path
    label: str
    identity: Identity | None
    is_revoked: bool

    @property
    def file(self) -> Path:
        return self.stem.with_suffix(".kdb" if self.type == "cms" else ".p12")


class Pool:
    """``count`` key repositories for each of the two queue managers. The same seed gives the same ones, but for keys and serial numbers."""

    def __init__(self, folder: Path, seed: int, count: int) -> None:
        self._chance = random.Random(f"pool {seed}")
        self.authorities = Authorities()
        identities = {name: [self._identity(name, n) for n in range(count)] for name in ("QM1", "QM2")}
        # What a partner may have to trust by itself; one entry of each name can stand under one subject.
        partners = {
            name: [one for one in identities[{"QM1": "QM2", "QM2": "QM1"}[name]] if one and not one.issuer][:4] for name in identities
        }
        self.repositories = {
            name: [self._repository(folder / f"{name}.{n}", name, n, one, partners[name]) for n, one in enumerate(own)]
            for name, own in identities.items()
        }

    def close(self) -> None:
        self.authorities.web.close()

    def _identity(self, name: str, number: int) -> Identity | None:
        chance, authorities = self._chance, self.authorities
        if chance.random() < 0.04:
            return None
        kind, size = chance.choice([("RSA", 2048)] * 4 + [("RSA", 3072), ("RSA", 1024)] + [("EC", 256)] * 2 + [("EC", 384), ("EC", 521)])
        issuer = chance.choices(
            [authorities.root, authorities.below, authorities.other, authorities.further, None, chance.choice(authorities.bad)],
            [5, 5, 3, 3, 3, 0.6],
        )[0]
        begins, ends = chance.choices([(-10, 300), (-300, -1), (2, 300)], [30, 1, 1])[0]
        revoked = issuer is authorities.root and chance.random() < 0.3
        subject = f"CN={name},OU={chance.choice(['Payments', 'Cards'])},OU={chance.choice(['MQ', 'IT'])},O=Bank,C=GB"
        identity = issue(
            subject,
            new_key(kind, size, f"{name} {number % 4}"),
            issuer,
            begins,
            ends,
            usage=chance.choice(["none", "none", "both", "both", "any", "server", "client", "other"]),
            crl_url=authorities.crl_url if issuer is authorities.root and (revoked or chance.random() < 0.3) else "",
        )
        if revoked:
            authorities.revoke(identity)
        return identity

    def _repository(self, folder: Path, name: str, number: int, identity: Identity | None, partners: Sequence[Identity]) -> KeyRepository:
        chance, authorities = self._chance, self.authorities
        chain = list(identity.chain) if identity else []
        if len(chain) == 2 and chance.random() < 0.08:
            del chain[chance.randrange(2)]
        elif chain and chance.random() < 0.04:
            chain = []
        trust = chance.choices(
            [
                [*authorities.roots, *partners],
                [*authorities.good, *authorities.bad[:-1], *partners],
                [authorities.root],
                [authorities.other, *partners],
                [authorities.below, authorities.further],
                [authorities.impostor],
                [],
            ],
            [40, 4, 1, 2, 1, 1, 1],
        )[0]
        label = chance.choices([f"ibmwebspheremq{name.lower()}", "mq.tls", f"ibmWebSphereMQ{name}"], [6, 2, 1])[0]
        kind = chance.choice(["cms", "pkcs12"])
        folder.mkdir(parents=True)
        held = list({one.der: one for one in (*chain, *trust) if identity is None or one is not identity}.values())
        untrusted = chance.random() < 0.1 and kind == "cms"
        write(folder / "key", kind, label, identity, held, chance.sample(held, min(len(held), 1)) if untrusted else ())
        return KeyRepository(number, kind, folder / "key", label, identity, bool(identity and authorities.has_revoked(identity)))


def write(stem: Path, kind: str, label: str, identity: Identity | None, held: Sequence[Identity], untrusted: Sequence[Identity]) -> None:
    """The files of a key repository: PKCS #12, or CMS with its stash file."""
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1000)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(PASSWORD.encode())
    )

    def dump(others: Sequence[Identity]) -> bytes:
        data: bytes = pkcs12.serialize_key_and_certificates(
            label.encode() if identity else None,
            identity.key if identity else None,
            identity.certificate if identity else None,
            [pkcs12.PKCS12Certificate(one.certificate, f"trust {number}".encode()) for number, one in enumerate(others)] or None,
            encryption,
        )
        return data

    if kind == "pkcs12":
        if identity or held:
            stem.with_suffix(".p12").write_bytes(dump(held))
        return
    with key_database.KeyDatabase.create(f"{stem}.kdb", PASSWORD) as database:
        if identity:
            pfx = stem.with_suffix(".pfx")
            pfx.write_bytes(dump([]))
            database.import_pkcs12(str(pfx), PASSWORD)
            pfx.unlink()
        # GSKit marks what it cannot follow to a root as not trusted: the roots first.
        for number, one in enumerate(sorted(held, key=lambda one: len(one.chain))):
            database.add(f"trust {number}", one.der)
        for one in untrusted:
            database.set_trust(next(entry.label for entry in database.entries() if entry.certificate == one.der), False)
    key_database.stash(f"{stem}.kdb", PASSWORD)
