# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at before a certificate is installed: one row for each refusal, with what openssl or another CA could have signed."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import Identity, timestamp
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates, chain
from ansible_collections.mqfleet.tls.plugins.module_utils._x509.library import ExtendedKeyUsageOID, ec, hashes, rsa, x509
from ansible_collections.mqfleet.tls.plugins.module_utils._x509.names import to_x509
from repository_host import NOW, days_from_now

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
IDENTITY = Identity("label", DistinguishedName.parse("CN=QM1,O=Bank"), "EC", 256, dns_names=("qm1.example",))
KEY = certificates.generate_key("EC", 256)
REQUEST = certificates.make_request(KEY, IDENTITY).decode()
WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)
BEGIN, END = days_from_now(-1), days_from_now(365)


class Signer:
    """A CA that signs whatever it is told."""

    def __init__(self, name, above=None, key=None, **options):
        self.key = key or certificates.generate_key("EC", 256)
        self.name = f"CN={name}"
        options = {"ca": True, "usage": ("key_cert_sign",), "purposes": None, "begin": BEGIN, "end": days_from_now(3000), **options}
        self.certificate = (above or self).sign(self.name, self.key.public_key(), **options)
        self.pem = certificates.to_pem(self.certificate)

    def sign(
        self,
        subject="CN=QM1,O=Bank",
        public_key=KEY.public_key(),  # noqa: B008 - immutable
        begin=BEGIN,
        end=END,
        ca=False,
        path_length=None,
        usage=("digital_signature",),
        purposes=(SERVER, CLIENT),
        names=("qm1.example",),
    ):
        builder = x509.CertificateBuilder(
            to_x509(DistinguishedName.parse(self.name)),
            to_x509(DistinguishedName.parse(subject)),
            public_key,
            x509.random_serial_number(),
            begin,
            end,
        )
        if ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
        if usage is not None:
            builder = builder.add_extension(certificates._key_usage(**dict.fromkeys(usage, True)), critical=True)
        if purposes is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if names and not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        return builder.sign(self.key, hashes.SHA256())


ROOT = Signer("Root")
SUB = Signer("Sub", ROOT)


def with_digest(tmp_path, digest, signer, subject, key_pem, *extra):
    """A certificate that openssl signs with an old hash."""
    for name, data in (("ca.pem", signer.pem.encode()), ("ca.key", certificates.key_to_pem(signer.key)), ("key", key_pem)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "extensions").write_text("\n".join(extra))
    request = subprocess.run(
        ["openssl", "req", "-new", "-key", str(tmp_path / "key"), "-subj", subject], capture_output=True, check=True
    ).stdout
    signed = subprocess.run(
        ["openssl", "x509", "-req", f"-{digest}", "-days", "300", "-CA", str(tmp_path / "ca.pem"), "-CAkey", str(tmp_path / "ca.key")]
        + ["-set_serial", "7", "-extfile", str(tmp_path / "extensions")],
        input=request,
        capture_output=True,
        check=True,
    ).stdout
    return x509.load_pem_x509_certificate(signed)


def check(answer, issuers=None):
    pems = [certificates.to_pem(one) for one in answer]
    known = [certificates.fingerprint(one) for one in (issuers or [SUB.certificate, ROOT.certificate])]
    certificates.check_answer("QM1", REQUEST, pems, known, days_from_now(30), NOW + timedelta(hours=1))


def through(leaf, *signers):
    return [leaf, *(signer.certificate for signer in signers)]


@pytest.mark.parametrize(
    "answer",
    [
        through(SUB.sign(), SUB, ROOT),
        through(ROOT.sign(), ROOT),
        through(SUB.sign(usage=None, purposes=None), SUB, ROOT),
        through(SUB.sign(names=("qm1.example",), ca=None, usage=("digital_signature", "key_agreement")), SUB, ROOT),
        through(SUB.sign(purposes=(SERVER, CLIENT, ExtendedKeyUsageOID.EMAIL_PROTECTION)), SUB, ROOT),
    ],
)
def test_what_is_accepted(answer):
    check(answer)


OTHER = Signer("Other")
NAMESAKE = Signer("Sub", ROOT)
ENDED = Signer("Ended", ROOT, end=days_from_now(-0.5))
WEAK_SUB = Signer("Weak", ROOT, key=WEAK)
WEAK_ROOT = Signer("Weak root", key=WEAK)
NARROW = Signer("Narrow", ROOT, path_length=0)
BELOW = Signer("Below", NARROW)
NO_CA = Signer("No CA", ROOT, ca=False)
NO_SIGNER = Signer("No signer", ROOT, usage=("crl_sign",))
SMALL = ec.generate_private_key(ec.SECP192R1())
SHORT = SUB.sign(end=days_from_now(20))

REFUSED = {
    "another key": (
        through(SUB.sign(public_key=WEAK.public_key()), SUB, ROOT),
        "it is for another key than the one that was generated here",
    ),
    "subject": (through(SUB.sign("CN=QM2,O=Bank"), SUB, ROOT), "its subject is CN=QM2,O=Bank instead of CN=QM1,O=Bank"),
    "order in the subject": (through(SUB.sign("O=Bank,CN=QM1"), SUB, ROOT), "its subject is O=Bank,CN=QM1 instead of CN=QM1,O=Bank"),
    "DNS names": (through(SUB.sign(names=("qm2.example",)), SUB, ROOT), "its DNS names are qm2.example instead of qm1.example"),
    "no DNS names": (through(SUB.sign(names=()), SUB, ROOT), "its DNS names are none instead of qm1.example"),
    "not yet valid": (
        through(SUB.sign(begin=days_from_now(1)), SUB, ROOT),
        f"it is not valid before {timestamp(days_from_now(1))} and the clock of this host says {timestamp(NOW + timedelta(hours=1))}; "
        "set the clock that is wrong, this one or the issuer's",
    ),
    "expired": (
        through(SUB.sign(begin=days_from_now(-9), end=days_from_now(-1)), SUB, ROOT),
        f"it ended on {timestamp(days_from_now(-1))} by the clock of this host",
    ),
    "key usage": (
        through(SUB.sign(usage=("key_encipherment", "data_encipherment")), SUB, ROOT),
        "its key usage has no digitalSignature, without which there is no handshake; have it signed with digitalSignature",
    ),
    **{
        f"extended key usage {number}": (
            through(SUB.sign(purposes=purposes), SUB, ROOT),
            "its extended key usage lacks serverAuth or clientAuth, and a queue manager is both; have it signed with both or with none",
        )
        for number, purposes in enumerate(((SERVER,), (CLIENT,), (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)))
    },
    "self-signed": ([Signer("QM1,O=Bank", key=KEY, ca=False, usage=("digital_signature",)).certificate], "it is self-signed"),
    "another issuer": (through(OTHER.sign(), OTHER), "it did not come with the wanted issuer's certificate"),
    "weak key of an intermediate": (
        through(WEAK_SUB.sign(), WEAK_SUB, ROOT),
        "in its chain, the key of CN=Weak is RSA 1024; have it made with at least RSA 2048 or EC 256",
    ),
    "weak key of a root": (
        through(WEAK_ROOT.sign(), WEAK_ROOT),
        "in its chain, the key of CN=Weak root is RSA 1024; have it made with at least RSA 2048 or EC 256",
    ),
    "alone": (
        through(SUB.sign()),
        "its chain does not reach a root: the certificate of CN=Sub, which signed CN=QM1,O=Bank, is missing",
    ),
    "without the root": (
        through(SUB.sign(), SUB),
        "its chain does not reach a root: the certificate of CN=Root, which signed CN=Sub, is missing",
    ),
    "a gap": (through(SUB.sign(), ROOT), "its chain does not hold together at CN=Root"),
    "a namesake of the signer": (through(SUB.sign(), NAMESAKE, ROOT), "its chain does not hold together at CN=Sub"),
    "signed by no CA": (through(NO_CA.sign(), NO_CA, ROOT), "its chain does not hold together: CN=No CA may not sign certificates"),
    "signed by a CA for CRLs only": (
        through(NO_SIGNER.sign(), NO_SIGNER, ROOT),
        "its chain does not hold together: CN=No signer may not sign certificates",
    ),
    "too long": (
        through(BELOW.sign(), BELOW, NARROW, ROOT),
        "its chain does not hold together: CN=Narrow does not allow 1 CA below it",
    ),
    "an intermediate that ended": (
        through(ENDED.sign(), ENDED, ROOT),
        f"in its chain, CN=Ended is valid from {timestamp(BEGIN)} to {timestamp(days_from_now(-0.5))} only, by the clock of this host",
    ),
    "renewed at once": (
        through(SHORT, SUB, ROOT),
        f"it ends on {timestamp(days_from_now(20))}, when it would have to be renewed at once; lower mq_tls_renew_before_days or have it "
        "signed for longer",
    ),
}


@pytest.mark.parametrize(("answer", "cause"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(answer, cause):
    wanted = [one for one in answer[1:2] if one is not OTHER.certificate]
    with pytest.raises(StateError) as refusal:
        check(answer, wanted)
    assert str(refusal.value) == (
        f"The certificate signed for queue manager QM1 was to be put into its key repository and {cause}; "
        "nothing was changed: correct the issuer and run again."
    )


def refused(answer):
    with pytest.raises(StateError) as refusal:
        check(answer, answer[1:2])
    return str(refusal.value)


LEAF = ("subjectAltName=DNS:qm1.example", "basicConstraints=CA:FALSE")
RSA_ROOT = Signer("RSA root", key=rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_weak_signatures(tmp_path, digest):
    key = certificates.key_to_pem(KEY)
    leaf = with_digest(tmp_path, digest, RSA_ROOT, "/O=Bank/CN=QM1", key, *LEAF)
    assert f"and its signature uses the hash {digest}; have it signed with SHA-256 or better; nothing" in refused(through(leaf, RSA_ROOT))
    sub = Signer("Old")
    ca_key = certificates.key_to_pem(sub.key)
    sub.certificate = with_digest(tmp_path, digest, RSA_ROOT, "/CN=Old", ca_key, "basicConstraints=critical,CA:TRUE")
    answer = through(sub.sign(), sub, RSA_ROOT)
    assert f"and in its chain, the signature of CN=Old uses the hash {digest}; have" in refused(answer)


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_the_signature_of_a_root_under_itself_does_not_count(tmp_path, digest):
    root = Signer("Old root", key=RSA_ROOT.key)
    (tmp_path / "key").write_bytes(certificates.key_to_pem(root.key))
    signed = subprocess.run(
        ["openssl", "req", "-x509", f"-{digest}", "-key", str(tmp_path / "key"), "-subj", "/CN=Old root", "-days", "900"],
        capture_output=True,
        check=True,
    ).stdout
    root.certificate = x509.load_pem_x509_certificate(signed)
    answer = through(root.sign(), root)
    check(answer, answer[1:])
    assert chain.path(answer[0], answer[1:]) == answer


def test_a_weak_key_of_its_own():
    """No request of ours has one; what a repository made by hand is asked for might."""
    for key, said in ((WEAK, "RSA 1024"), (SMALL, "EC 192")):
        answer = through(SUB.sign(public_key=key.public_key()), SUB, ROOT)
        request = x509.load_pem_x509_csr(certificates.make_request(key, IDENTITY))
        issuers = [certificates.fingerprint(SUB.certificate)]
        cause = certificates.fault(request, answer, issuers, NOW, NOW + timedelta(seconds=1), "the controller")
        assert cause == f"its key is {said}; have it made with at least RSA 2048 or EC 256"


def test_a_certificate_may_end_with_its_issuer():
    ending = Signer("Ending", end=days_from_now(20))
    check(through(ending.sign(end=days_from_now(20)), ending), [ending.certificate])


def test_a_chain_is_found_in_any_order_and_by_signatures():
    leaf = SUB.sign()
    strangers = [NAMESAKE.certificate, OTHER.certificate, leaf]
    assert chain.path(leaf, [*strangers, ROOT.certificate, SUB.certificate]) == through(leaf, SUB, ROOT)
    assert chain.path(leaf, [*strangers, SUB.certificate]) == through(leaf, SUB)
    # the same CA with a certificate of its own and one from another root: the way that ends is taken
    crossed = Signer("Crossed", OTHER, key=SUB.key)
    crossed.certificate = OTHER.sign("CN=Sub", SUB.key.public_key(), ca=True, usage=("key_cert_sign",), purposes=None)
    assert chain.path(leaf, [crossed.certificate, SUB.certificate, ROOT.certificate]) == through(leaf, SUB, ROOT)


@pytest.mark.parametrize("data", [b"", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", b"text"])
def test_a_file_without_certificates(data):
    with pytest.raises(InputError) as refusal:
        chain.read(data, "The answer")
    assert str(refusal.value) == (
        "The answer was to be read and is neither PEM nor DER nor PKCS#7 with certificates; copy it again as a whole."
    )
