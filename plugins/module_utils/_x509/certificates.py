# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys, requests and certificates.

Sources: RFC 5280 (profile), RFC 2986 (requests), RFC 8813 (key usage of EC keys), IBM MQ documentation, "Requirements for personal
certificates": a queue manager is TLS client and TLS server in turn, so its certificate has to allow both. From 9.4.5 on a certificate
that does not is refused by the partner at run time.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone
from typing import Any, Sequence

from .._core.distinguished_name import DistinguishedName
from .._core.errors import InputError, StateError
from .._core.key_repository import Certificate, Identity, hexadecimal, timestamp
from .library import (
    VERSION,
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    InvalidSignature,
    UnsupportedAlgorithm,
    ec,
    hashes,
    padding,
    rsa,
    serialization,
    x509,
)
from .names import from_x509, to_x509

# A certificate that begins "now" is not yet valid for a host whose clock is behind. The common mistake is an hour (of summer time).
CLOCK_SKEW = timedelta(hours=2)
_WEAKEST_KEY = {"RSA": 2048, "EC": 256}
# RFC 5280, section 4.2.1.12. As text: this file is imported where the library is missing, too.
_PURPOSES = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth", "2.5.29.37.0": "anyExtendedKeyUsage"}
# The arcs under which RFC 8017 and RFC 5758 have their signatures.
_SIGNATURES = {"1.2.840.113549.1.1.": "RSA", "1.2.840.10045.4.": "ECDSA"}


def load_certificate(pem: str, what: str) -> x509.Certificate:
    """One certificate from PEM; ``what`` names it in the InputError for a text that is none."""
    try:
        return x509.load_pem_x509_certificate(pem.encode("ascii"))
    except (ValueError, UnicodeEncodeError) as error:
        raise InputError(f"{what} was to be read and is no valid X.509 certificate; copy it again as a whole.") from error


def load_request(pem: bytes, what: str) -> x509.CertificateSigningRequest:
    """A request from PEM with a valid signature of its own key; else InputError."""
    try:
        request = x509.load_pem_x509_csr(pem)
        if request.is_signature_valid:
            return request
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{what} was to be read and is no certificate request in PEM form; make a new one.") from error
    raise InputError(f"{what} was to be read and its signature is not that of its key; make a new one.")


def to_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def fingerprint(certificate: x509.Certificate) -> str:
    return hexadecimal(certificate.fingerprint(hashes.SHA256()))


def facts(certificate: x509.Certificate, known: Sequence[x509.Certificate] = ()) -> Certificate:
    """Public facts of a certificate; ``known`` are certificates among which its issuer may be."""
    key_type, key_size = key_kind(certificate.public_key())
    number = certificate.serial_number
    return Certificate(
        subject=from_x509(certificate.subject).text(),
        issuer=from_x509(certificate.issuer).text(),
        serial_number=hexadecimal(number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")) if number >= 0 else str(number),
        not_before=timestamp(not_before(certificate)),
        not_after=timestamp(not_after(certificate)),
        fingerprint=fingerprint(certificate),
        key_type=key_type,
        key_size=key_size,
        self_signed=has_signed(certificate, certificate),
        dns_names=dns_names(certificate.extensions),
        pem=to_pem(certificate),
        signed_by=tuple(fingerprint(other) for other in known if has_signed(other, certificate)),
        extended_key_usage=extended_key_usage(certificate),
        is_ca=None if _extension(certificate, x509.BasicConstraints) is None else is_authority(certificate),
        signature_algorithm=signature_algorithm(certificate),
    )


def extended_key_usage(certificate: x509.Certificate) -> tuple[str, ...]:
    """``serverAuth``, ``clientAuth``, ``anyExtendedKeyUsage``, other purposes by their object identifiers; empty: no restriction."""
    found = _extension(certificate, x509.ExtendedKeyUsage)
    return tuple(_PURPOSES.get(one.dotted_string, one.dotted_string) for one in found or ())


def signature_algorithm(certificate: x509.Certificate) -> str:
    """``SHA256withRSA``; the object identifier where the library knows no hash of it or it is neither of RSA nor of ECDSA."""
    dotted, digest = certificate.signature_algorithm_oid.dotted_string, _signature_hash(certificate)
    kind = next((name for prefix, name in _SIGNATURES.items() if dotted.startswith(prefix)), "")
    return f"{digest.upper()}with{kind}" if kind and digest not in ("", "unknown") else dotted


def key_kind(key: Any) -> tuple[str, int]:
    """('RSA', 3072), ('EC', 256), or the name of another kind of public key with size 0."""
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.curve.key_size
    return type(key).__name__.strip("_").replace("PublicKey", "").upper(), 0


def same_key(one: Any, other: Any) -> bool:
    """Whether two public keys are the same."""
    return _public_bytes(one) == _public_bytes(other)


def is_twin(one: x509.Certificate, other: x509.Certificate) -> bool:
    """Whether two certificates say the same of the same key and were made within an hour: there was no reason to make the second."""
    same = (one.issuer, one.subject, list(one.extensions)) == (other.issuer, other.subject, list(other.extensions))
    apart = max(abs(not_before(one) - not_before(other)), abs(not_after(one) - not_after(other)))
    return same and same_key(one.public_key(), other.public_key()) and apart < timedelta(hours=1)


def not_before(certificate: x509.Certificate) -> datetime:
    """Aware, in every version of the library."""
    value = getattr(certificate, "not_valid_before_utc", None)
    return value if value is not None else certificate.not_valid_before.replace(tzinfo=timezone.utc)


def not_after(certificate: x509.Certificate) -> datetime:
    """Aware, in every version of the library."""
    value = getattr(certificate, "not_valid_after_utc", None)
    return value if value is not None else certificate.not_valid_after.replace(tzinfo=timezone.utc)


def dns_names(extensions: x509.Extensions) -> tuple[str, ...]:
    """The DNS names of the subject alternative name, in their order."""
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate may sign others (RFC 5280 sections 4.2.1.3 and 4.2.1.9)."""
    limit, usages = _extension(certificate, x509.BasicConstraints), _extension(certificate, x509.KeyUsage)
    return limit is not None and limit.ca and (usages is None or usages.key_cert_sign)


def allows_below(certificate: x509.Certificate, authorities: int) -> bool:
    """Whether a CA allows that many further CAs below it."""
    limit = _extension(certificate, x509.BasicConstraints)
    return limit is None or limit.path_length is None or limit.path_length >= authorities


def has_signed(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether the key of ``issuer`` made the signature of ``certificate``, and the names agree. Validity is not looked at."""
    if issuer.subject != certificate.issuer:
        return False
    try:
        key, algorithm = issuer.public_key(), certificate.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey):
            # since version 41 the library tells PKCS #1 v1.5 from PSS
            scheme = getattr(certificate, "signature_algorithm_parameters", None) or padding.PKCS1v15()
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, scheme, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(algorithm))
        else:
            key.verify(certificate.signature, certificate.tbs_certificate_bytes)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, AttributeError, ValueError):
        return False
    return True


def check_answer(
    queue_manager: str, request_pem: str, answer: Sequence[str], issuers: Sequence[str], renewal: datetime, now: datetime
) -> None:
    """Whether a signed certificate with its chain (PEM) is the answer to a request. Raises StateError that says what is wrong with it.

    ``issuers`` are the fingerprints of the certificates one of which should have signed it; for ``renewal`` see ``fault``.
    """
    request = load_request(request_pem.encode("ascii"), f"The request of queue manager {queue_manager}")
    found = [load_certificate(pem, f"The certificate signed for queue manager {queue_manager}") for pem in answer]
    cause = fault(request, found, issuers, renewal, now, "this host")
    if cause:
        raise StateError(
            f"The certificate signed for queue manager {queue_manager} was to be put into its key repository and {cause}; "
            f"nothing was changed: correct the issuer and run again."
        )


def fault(
    request: x509.CertificateSigningRequest,
    answer: Sequence[x509.Certificate],
    issuers: Sequence[str],
    renewal: datetime,
    now: datetime,
    clock: str,
) -> str:
    """What is wrong with a certificate and its chain, up to a root, as the answer to a request; empty when nothing is.

    A certificate that ends before ``renewal`` would be replaced by the next run again, so it is refused unless it ends with its issuer.
    ``clock`` says whose clock ``now`` is.
    """
    leaf, *chain = answer
    asked, got = dns_names(request.extensions), dns_names(leaf.extensions)
    usages = _extension(leaf, x509.KeyUsage)
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    both = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    faults = (
        (not same_key(leaf.public_key(), request.public_key()), "it is for another key than the one that was generated here"),
        (
            leaf.subject != request.subject,
            f"its subject is {from_x509(leaf.subject).text()} instead of {from_x509(request.subject).text()}",
        ),
        (bool(asked) and set(asked) != set(got), f"its DNS names are {', '.join(got) or 'none'} instead of {', '.join(asked)}"),
        (
            now < not_before(leaf),
            f"it is not valid before {timestamp(not_before(leaf))} and the clock of {clock} says {timestamp(now)}; "
            f"set the clock that is wrong, this one or the issuer's",
        ),
        (now >= not_after(leaf), f"it ended on {timestamp(not_after(leaf))} by the clock of {clock}"),
        (
            usages is not None and not usages.digital_signature,
            "its key usage has no digitalSignature, without which there is no handshake; have it signed with digitalSignature",
        ),
        (
            purposes is not None and not both <= set(purposes),
            "its extended key usage lacks serverAuth or clientAuth, and a queue manager is both; have it signed with both or with none",
        ),
        *((bool(cause), cause) for cause in _weaknesses(answer)),
        (leaf.subject == leaf.issuer, "it is self-signed"),
        (bool(chain) and fingerprint(chain[0]) not in issuers, "it did not come with the wanted issuer's certificate"),
        *((bool(cause), cause) for cause in _breaks(answer, now, clock)),
        (
            bool(chain) and not_after(leaf) <= min(renewal, not_after(chain[0]) - timedelta(seconds=1)),
            f"it ends on {timestamp(not_after(leaf))}, when it would have to be renewed at once; lower mq_tls_renew_before_days or "
            f"have it signed for longer",
        ),
    )
    return next((cause for wrong, cause in faults if wrong), "")


def _weaknesses(answer: Sequence[x509.Certificate]) -> list[str]:
    """Keys and signatures that are not strong enough. Who trusts a root has it already, so its own signature does not count."""
    found = []
    for one in answer:
        whose = "its {}" if one is answer[0] else f"in its chain, the {{}} of {from_x509(one.subject).text()}"
        kind, size = key_kind(one.public_key())
        if kind not in _WEAKEST_KEY or size < _WEAKEST_KEY[kind]:
            found.append(f"{whose.format('key')} is {kind} {size}; have it made with at least RSA 2048 or EC 256")
        digest = _signature_hash(one)
        if digest in ("md5", "sha1", "unknown") and one.subject != one.issuer:
            found.append(f"{whose.format('signature')} uses the hash {digest}; have it signed with SHA-256 or better")
    return found


def _breaks(answer: Sequence[x509.Certificate], now: datetime, clock: str) -> list[str]:
    """Where the chain does not hold: signatures, validity, and who may sign."""
    found = []
    for depth, (below, above) in enumerate(zip(answer, answer[1:])):
        name = from_x509(above.subject).text()
        if not has_signed(above, below):
            found.append(f"its chain does not hold together at {name}")
        if not is_authority(above):
            found.append(f"its chain does not hold together: {name} may not sign certificates")
        if not allows_below(above, depth):
            found.append(f"its chain does not hold together: {name} does not allow {depth} CA{'s' if depth > 1 else ''} below it")
        if not not_before(above) <= now < not_after(above):
            found.append(
                f"in its chain, {name} is valid from {timestamp(not_before(above))} to {timestamp(not_after(above))} only, by the clock "
                f"of {clock}"
            )
    last = answer[-1]
    if last.subject != last.issuer:
        found.append(
            f"its chain does not reach a root: the certificate of {from_x509(last.issuer).text()}, which signed "
            f"{from_x509(last.subject).text()}, is missing"
        )
    return found


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    """The value of an extension, or None."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _signature_hash(certificate: x509.Certificate) -> str:
    """``sha256``; empty for an algorithm that has no hash of its own, ``unknown`` for one that the library does not know."""
    try:
        digest = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "unknown"
    return digest.name if digest is not None else ""


def signature_hash(pem: str) -> str:
    """``SHA256``: with what a certificate (PEM) is signed; as ``_signature_hash`` otherwise. InputError for a text that is none."""
    return _signature_hash(load_certificate(pem, "A certificate")).upper()


def generate_key(key_type: str, key_size: int) -> Any:
    """A new private key: RSA with exponent 65537, or EC on the NIST curve of that size."""
    if key_type == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    return ec.generate_private_key({256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}[key_size]())


def key_to_pem(key: Any, passphrase: str = "") -> bytes:
    """PKCS #8, encrypted when there is a passphrase."""
    encryption = serialization.BestAvailableEncryption(passphrase.encode("utf-8")) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def load_key(data: bytes, passphrase: str = "", der: bool = False) -> Any:
    """A private key that this collection has made or that a repository's own password protects, in PEM form or ``der``.

    Raises ValueError for a wrong or missing passphrase and for what is no key. That the numbers of an RSA key fit together is not checked
    here, which costs as much as 0.1 s each time: a key is held against its certificate, and what it signs is verified.
    """
    load = serialization.load_der_private_key if der else serialization.load_pem_private_key
    unchecked = {"unsafe_skip_rsa_key_validation": True} if VERSION >= 39 else {}
    try:
        return load(data, passphrase.encode("utf-8") if passphrase else None, **unchecked)
    except TypeError as error:  # a passphrase where none is needed, or the reverse
        raise ValueError(str(error)) from error


def make_request(key: Any, identity: Identity) -> bytes:
    """A request (PEM) for a queue manager's certificate."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(to_x509(identity.subject))
    for extension, critical in _usage(identity.key_type):
        builder = builder.add_extension(extension, critical)
    names = _alternative_name(identity.dns_names or ())
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key, digest(key.public_key())).public_bytes(serialization.Encoding.PEM)


def make_self_signed(key: Any, identity: Identity, now: datetime) -> x509.Certificate:
    """A queue manager's certificate, signed by its own key. It is no CA."""
    name = to_x509(identity.subject)
    end = now + timedelta(days=identity.days)
    builder = _builder(name, name, key.public_key(), now, end).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    for extension, critical in _usage(identity.key_type):
        builder = builder.add_extension(extension, critical)
    names = _alternative_name(identity.dns_names or ())
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key, digest(key.public_key()))


def make_authority(key: Any, subject: DistinguishedName, days: int, now: datetime, path_length: int = 0) -> x509.Certificate:
    """The certificate of a root CA with at most ``path_length`` CAs below it (RFC 5280 sections 4.2.1.3 and 4.2.1.9)."""
    name = to_x509(subject)
    builder = _builder(name, name, key.public_key(), now, now + timedelta(days=days))
    return _as_authority(builder, path_length).sign(key, digest(key.public_key()))


def make_intermediate(
    public_key: Any, subject: DistinguishedName, days: int, now: datetime, root: x509.Certificate, root_key: Any
) -> x509.Certificate:
    """The certificate of a CA below a root, for end entities only. It ends with the root at the latest."""
    end = min(now + timedelta(days=days), not_after(root))
    builder = _builder(to_x509(subject), root.subject, public_key, max(now, not_before(root) + CLOCK_SKEW), end)
    return _as_authority(builder.add_extension(authority_key(root), critical=False), 0).sign(root_key, digest(root.public_key()))


def _as_authority(builder: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True).add_extension(
        _key_usage(key_cert_sign=True, crl_sign=True), critical=True
    )


def sign_request(
    request: x509.CertificateSigningRequest,
    key: Any,
    issuer: x509.Certificate,
    days: int,
    now: datetime,
    crl_url: str = "",
    ocsp_url: str = "",
) -> x509.Certificate:
    """A queue manager's certificate from its request. Of the request only subject, key and DNS names are taken.

    The URLs, where there are any, tell partners where to ask whether it is revoked (RFC 5280 sections 4.2.1.13 and 4.2.2.1).
    It ends with its issuer at the latest. Raises StateError when the issuer's own validity does not include ``now``.
    """
    begin, end = not_before(issuer), not_after(issuer)
    if not begin <= now < end:
        raise StateError(
            f"A certificate was to be signed by the CA {from_x509(issuer.subject).text()}, which is valid from {timestamp(begin)} "
            f"to {timestamp(end)}; make a new CA in another PKI folder."
        )
    key_type, _size = key_kind(request.public_key())
    builder = _builder(
        request.subject, issuer.subject, request.public_key(), max(now, begin + CLOCK_SKEW), min(now + timedelta(days=days), end)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(authority_key(issuer), critical=False)
    for extension, critical in _usage(key_type):
        builder = builder.add_extension(extension, critical)
    names = _alternative_name(dns_names(request.extensions))
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    if crl_url:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if ocsp_url:
        responder = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url))
        builder = builder.add_extension(x509.AuthorityInformationAccess([responder]), critical=False)
    return builder.sign(key, digest(issuer.public_key()))


def _builder(subject: x509.Name, issuer: x509.Name, public_key: Any, begin: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(_serial_number())
        .not_valid_before(begin - CLOCK_SKEW)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _serial_number() -> int:
    """Positive, 64 to 159 bits of chance (RFC 5280 section 4.1.2.2 allows 20 octets)."""
    return secrets.randbits(158) | 1 << 158


def _usage(key_type: str) -> list[tuple[Any, bool]]:
    """Key usage and extended key usage of a queue manager, with their criticality."""
    # keyEncipherment is for RSA key transport; RFC 8813 forbids it for EC keys
    usage = _key_usage(digital_signature=True, key_encipherment=key_type == "RSA")
    return [
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    ]


def _key_usage(**wanted: bool) -> x509.KeyUsage:
    bits = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: wanted.get(bit, False) for bit in bits})


def _alternative_name(names: Sequence[str]) -> x509.SubjectAlternativeName | None:
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in names]) if names else None


def authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def digest(public_key: Any) -> Any:
    """The hash for signatures of a key: as strong as an EC curve, SHA-256 for RSA."""
    kind, size = key_kind(public_key)
    if kind == "EC" and size > 256:
        return hashes.SHA384() if size == 384 else hashes.SHA512()
    return hashes.SHA256()


def _public_bytes(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
