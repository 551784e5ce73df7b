# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How GSKit writes labels, distinguished names, dates, certificates and requests (`runmqakm -cert -details`).

The form is that of captured outputs. A mere list must be quick: `cryptography` and all that is dear is imported where it is needed.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's is the same, and takes as long to import as all else here
if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable
    from typing import Any

    from cryptography import x509

    from mqsim.gskit.key_database import Entry

KEY_USAGES = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
    "encipherOnly": "encipher_only",
    "decipherOnly": "decipher_only",
}
EXTENDED_KEY_USAGES = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "timeStamping": "1.3.6.1.5.5.7.3.8",
    "ocspSigning": "1.3.6.1.5.5.7.3.9",
}
# GSKit's keywords of a distinguished name beyond those of RFC 4514
ATTRIBUTE_TYPES = {
    "1.2.840.113549.1.9.1": "EMAIL",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.12": "T",
    "2.5.4.17": "PC",
    "2.5.4.9": "STREET",
    "2.5.4.8": "ST",
    "0.9.2342.19200300.100.1.1": "UID",
}
SIGNATURES = {
    "1.2.840.113549.1.1.5": "SHA1WithRSASignature",
    "1.2.840.113549.1.1.11": "SHA256WithRSASignature",
    "1.2.840.113549.1.1.12": "SHA384WithRSASignature",
    "1.2.840.113549.1.1.13": "SHA512WithRSASignature",
    "1.2.840.10045.4.1": "EC_ecdsa_with_SHA1",
    "1.2.840.10045.4.3.2": "EC_ecdsa_with_SHA256",
    "1.2.840.10045.4.3.3": "EC_ecdsa_with_SHA384",
    "1.2.840.10045.4.3.4": "EC_ecdsa_with_SHA512",
}
ACCESS_METHODS = {"1.3.6.1.5.5.7.48.1": "PKIX_AD_OCSP", "1.3.6.1.5.5.7.48.2": "PKIX_AD_CA_Issuer"}
GENERAL_NAMES = {
    "DNSName": "dNSName",
    "RFC822Name": "rfc822Name",
    "IPAddress": "iPAddress",
    "UniformResourceIdentifier": "uniformResourceID",
}


def quoted(text: str) -> str:
    """A label or a name: in double quotes when it has a blank, a comma or an equals sign."""
    return f'"{text}"' if any(character in text for character in " ,=") else text


def name_text(name: x509.Name) -> str:
    """'CN=QM1,O=Bank,C=GB', the most specific part first."""
    from cryptography import x509

    return name.rfc4514_string({x509.ObjectIdentifier(oid): keyword for oid, keyword in ATTRIBUTE_TYPES.items()})


def parse_name(text: str) -> x509.Name:
    """The inverse, with blanks after commas and keywords in any case. Raises ValueError."""
    import re

    from cryptography import x509

    types = {keyword: x509.ObjectIdentifier(oid) for oid, keyword in ATTRIBUTE_TYPES.items()}
    types |= {"E": types["EMAIL"], "MAIL": types["EMAIL"], "S": types["ST"], "POSTALCODE": types["PC"], "TITLE": types["T"]}
    tidy = re.sub(r"(?<!\\),\s+", ",", text.strip())
    tidy = re.sub(r"(^|(?<!\\),)\s*([A-Za-z]+)\s*=\s*", lambda match: f"{match.group(1)}{match.group(2).upper()}=", tidy)
    name = x509.Name.from_rfc4514_string(tidy, types)
    if not list(name):
        raise ValueError("it is empty")
    return name


def date_text(moment: datetime.datetime) -> str:
    """'December 29, 2018 12:00:00 AM GMT+00:00'; `moment` is UTC."""
    return f"{moment:%B} {moment.day}, {moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p} GMT+00:00"


def serial_number_text(certificate: x509.Certificate) -> str:
    """The octets of the INTEGER in hex: a leading 00 where its first bit would be the sign."""
    number = certificate.serial_number
    return number.to_bytes(number.bit_length() // 8 + 1, "big").hex()


def certificate_details(entry: Entry) -> list[str]:
    """The lines of `-cert -details`."""
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(entry.certificate)
    return [
        f"Label : {quoted(entry.label)}",
        f"Key Size : {entry.key_size}",
        "Version : X509 V3",
        f"Serial : {serial_number_text(certificate)}",
        f"Issuer : {quoted(name_text(certificate.issuer))}",
        f"Subject : {quoted(name_text(certificate.subject))}",
        f"Not Before : {date_text(certificate.not_valid_before_utc)}",
        "",
        f"Not After : {date_text(certificate.not_valid_after_utc)}",
        "",
        *_public_key(certificate),
        *_fingerprints(entry.certificate),
        *(["Extensions", *_extensions(certificate)] if len(certificate.extensions) else []),
        *_signature(certificate),
        f"Trust Status : {'Enabled' if entry.is_trusted else 'Disabled'}",
    ]


def request_details(label: str, der: bytes) -> list[str]:
    """The lines of `-certreq -details`."""
    from cryptography import x509

    request = x509.load_der_x509_csr(der)
    return [
        f"Label : {quoted(label)}",
        f"Key Size : {getattr(request.public_key(), 'key_size', 0)}",
        f"Subject : {quoted(name_text(request.subject))}",
        *_public_key(request),
        *_fingerprints(der),
        *(["Attributes", "    Extension Reqs", *_extensions(request)] if len(request.extensions) else []),
        *_signature(request),
    ]


def _dump(data: bytes) -> list[str]:
    return ["    " + data[start : start + 16].hex(" ").upper() for start in range(0, len(data), 16)]


def _public_key(signed: x509.Certificate | x509.CertificateSigningRequest) -> list[str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = signed.public_key()
    kind = "RSA (1.2.840.113549.1.1.1)" if isinstance(key, rsa.RSAPublicKey) else "EC_ecPublicKey (1.2.840.10045.2.1)"
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return ["Public Key", *_dump(der), f"Public Key Type : {kind}"]


def _fingerprints(der: bytes) -> list[str]:
    import hashlib

    lines = []
    for name in ("SHA1", "MD5", "SHA256"):
        lines += [f"Fingerprint : {name} : ", *_dump(hashlib.new(name.lower(), der, usedforsecurity=False).digest())]
    return lines


def _signature(signed: x509.Certificate | x509.CertificateSigningRequest) -> list[str]:
    oid = signed.signature_algorithm_oid.dotted_string
    return [f"Signature Algorithm : {SIGNATURES.get(oid, '')} ({oid})", "Value", *_dump(signed.signature)]


def _extensions(signed: x509.Certificate | x509.CertificateSigningRequest) -> list[str]:
    lines: list[str] = []
    for extension in signed.extensions:
        show = EXTENSIONS.get(type(extension.value).__name__)
        if show:
            lines += show(extension.value)
        else:
            content = b"\x04" + _with_length(extension.value.public_bytes())
            lines += [f"     ({extension.oid.dotted_string})", "        Value", *_dump(content)]
        if extension.critical:
            lines.append("        critical")
    return lines


def _with_length(content: bytes) -> bytes:
    """DER: the length before the content."""
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return (bytes([size]) if size < 128 else bytes([0x80 + len(octets)]) + octets) + content


def _authority_key_identifier(value: Any) -> list[str]:
    head = ["    AuthorityKeyIdentifier", "      keyIdentifier:"]
    return [*head, *_dump(value.key_identifier or b""), "      authorityIdentifier:", "      authorityCertSerialNumber:"]


def _subject_key_identifier(value: Any) -> list[str]:
    return ["    SubjectKeyIdentifier", "      keyIdentifier:", *_dump(value.digest)]


def _key_usage(value: Any) -> list[str]:
    # the library answers for encipher_only and decipher_only only where key_agreement is set
    names = [key for key, name in KEY_USAGES.items() if (value.key_agreement or "only" not in name) and getattr(value, name)]
    return [f"    key usage: {', '.join(names)}"]


def _basic_constraints(value: Any) -> list[str]:
    path_length = [] if value.path_length is None else [f"        pathLen = {value.path_length}"]
    return ["    basicConstraints", f"        ca = {str(value.ca).lower()}", *path_length]


def _extended_key_usage(value: Any) -> list[str]:
    names = {oid: name for name, oid in EXTENDED_KEY_USAGES.items()}
    return ["    eku", *(f"        {names.get(oid.dotted_string, oid.dotted_string)}" for oid in value)]


def _certificate_policies(value: Any) -> list[str]:
    return ["    certificatePolicies", *(f"        {policy.policy_identifier.dotted_string}" for policy in value)]


def _subject_alternative_name(value: Any) -> list[str]:
    kinds = [(type(name).__name__, name.value) for name in value]
    return ["    subjectAlternativeName", *(f"        {GENERAL_NAMES.get(kind, kind)}: {text}" for kind, text in kinds)]


def _authority_information_access(value: Any) -> list[str]:
    lines = ["    AuthorityInfoAccess"]
    for access in value:
        oid = access.access_method.dotted_string
        lines += [f"    {ACCESS_METHODS.get(oid, '')} ({oid})", f"      accessLocation:uniformResourceID: {access.access_location.value}"]
    return lines


def _crl_distribution_points(value: Any) -> list[str]:
    """GSKit does not spell these out: it dumps the object."""
    lines = ["    CRLDistributionPoints"]
    for url in [name.value for point in value for name in point.full_name or []]:
        data = b"\x16" + _with_length(url.encode())
        head = "      uniformResourceID:      keyIdentifier: GSKASNObject: OBJECT(tag=22, class=0) value: -----BEGIN HEX-----"
        lines += ["      fullname:", head]
        for start in range(0, len(data), 16):
            row = data[start : start + 16]
            lines.append(f"{row.hex(' ').upper():47}     {''.join(chr(byte) if 0x20 < byte < 0x7F else '.' for byte in row)}")
        lines += ["-----END HEX-----", "", ""]
    return lines


EXTENSIONS: dict[str, Callable[[Any], list[str]]] = {
    "AuthorityKeyIdentifier": _authority_key_identifier,
    "SubjectKeyIdentifier": _subject_key_identifier,
    "KeyUsage": _key_usage,
    "BasicConstraints": _basic_constraints,
    "ExtendedKeyUsage": _extended_key_usage,
    "CertificatePolicies": _certificate_policies,
    "SubjectAlternativeName": _subject_alternative_name,
    "AuthorityInformationAccess": _authority_information_access,
    "CRLDistributionPoints": _crl_distribution_points,
}
