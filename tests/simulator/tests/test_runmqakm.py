# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runmqakm. Witnesses: openssl, Java's keytool, the library `cryptography`, the captured outputs of the real program."""

from __future__ import annotations

import datetime
import os
import pty
import re
import resource
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from mqsim.certificate_text import KEY_USAGES
from mqsim.gskit import key_database
from mqsim.programs import runmqakm

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
REPOSITORY_ROOT = Path(__file__).parents[3]
TRANSCRIPTS = Path(os.environ.get("MQ_TLS_TRANSCRIPTS", REPOSITORY_ROOT.parent / "shared" / "transcripts")) / "runmqakm"


def transcript(stem):
    if not TRANSCRIPTS.is_dir() and os.environ.get("CI") != "true":
        pytest.skip(f"no captured outputs in {TRANSCRIPTS}")
    return (TRANSCRIPTS / f"{stem}.txt").read_text()


class Program:
    """runmqakm in this process, with relative paths and the output as text."""

    def __init__(self, capsys):
        self._capsys = capsys

    def __call__(self, *words):
        code = runmqakm.main([str(word) for word in words])
        return code, self._capsys.readouterr().out

    def ok(self, *words):
        code, output = self(*words)
        assert code == 0, output
        return output


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    return Program(capsys)


@pytest.fixture(params=["key.kdb", "key.p12"])
def db(request, run):
    """The words that name an empty repository, of each type, opened with its stash file."""
    kind = "cms" if request.param.endswith("kdb") else "pkcs12"
    run.ok("-keydb", "-create", "-db", request.param, "-pw", "secret", "-type", kind, "-stash")
    return ["-db", request.param, "-stashed"]


@pytest.fixture
def kdb(run):
    run.ok("-keydb", "-create", "-db", "key.kdb", "-pw", "secret", "-type", "cms", "-stash")
    return ["-db", "key.kdb", "-stashed"]


class Authority:
    def __init__(self, name, parent=None):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name.from_rfc4514_string(name)
        self.certificate = self._certificate(self.name, self.key.public_key(), parent or self, ca=True)

    def sign(self, request_file, file, days=30, extensions=True):
        request = x509.load_pem_x509_csr(Path(request_file).read_bytes())
        certificate = self._certificate(
            request.subject, request.public_key(), self, days=days, extensions=request.extensions if extensions else ()
        )
        Path(file).write_bytes(certificate.public_bytes(PEM))
        return certificate

    def _certificate(self, subject, public_key, issuer, ca=False, days=30, extensions=()):
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=days))
        )
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(True, None), True)
        for extension in extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(issuer.key, hashes.SHA256())

    def write(self, file, encoding=PEM):
        Path(file).write_bytes(self.certificate.public_bytes(encoding))
        return file


@pytest.fixture(scope="module")
def ca():
    return Authority("CN=Fleet CA,O=Bank,C=GB")


EC = ["-sig_alg", "EC_ecdsa_with_SHA256", "-size", "256"]


def request_and_sign(run, db, ca, label="ibmwebspheremqqm1", dn="CN=QM1,O=Bank,C=GB"):
    run.ok("-certreq", "-create", *db, "-label", label, "-dn", dn, "-file", "qm.csr", *EC)
    return ca.sign("qm.csr", "qm.pem")


def personal(run, db, ca, label="ibmwebspheremqqm1", dn="CN=QM1,O=Bank,C=GB"):
    if "CN=Fleet" not in run("-cert", "-list", *db)[1] and "Fleet CA" not in run("-cert", "-list", *db)[1]:
        run.ok("-cert", "-add", *db, "-label", "Fleet CA", "-file", ca.write("ca.pem"))
    certificate = request_and_sign(run, db, ca, label, dn)
    assert run("-cert", "-receive", *db, "-file", "qm.pem") == (0, "")
    return certificate


def labels(run, db):
    return [line.split("\t") for line in run.ok("-cert", "-list", *db).splitlines()[2:]]


# Key repositories


def test_a_new_cms_repository_is_empty_and_its_files_are_private(run, kdb):
    sizes = {path.name: path.stat().st_size for path in Path().iterdir()}
    assert set(sizes) == {"key.kdb", "key.rdb", "key.crl", "key.sth"}
    assert sizes["key.sth"] == 193
    assert {stat.S_IMODE(path.stat().st_mode) for path in Path().iterdir()} == {0o600}
    assert run.ok("-cert", "-list", *kdb) == transcript("04-list-empty")


def test_without_stash_there_is_no_stash_file_until_stashpw(run):
    run.ok("-keydb", "-create", "-db", "key.p12", "-pw", "secret", "-type", "pkcs12")
    assert [path.name for path in Path().iterdir()] == ["key.p12"]
    assert run("-cert", "-list", "-db", "key.p12", "-stashed")[0] == 16
    run.ok("-keydb", "-stashpw", "-db", "key.p12", "-pw", "secret")
    assert run.ok("-cert", "-list", "-db", "key.p12", "-stashed") == "No certificates were found.\n"


def test_populate_keeps_the_stock_of_public_certificates(run):
    run.ok("-keydb", "-create", "-db", "key.kdb", "-pw", "secret", "-populate")
    real = {certificate["label"] for certificate in yaml.safe_load(_expectation("08-list-populated-cas-runmqckm"))}
    ours = {label.strip('"') for _flags, label in labels(run, ["-db", "key.kdb", "-pw", "secret"])}
    assert len(ours) == 18
    assert len(ours & real) >= 15


def _expectation(stem):
    transcript(stem)
    return yaml.safe_dump(yaml.safe_load((TRANSCRIPTS / f"{stem}.yml").read_text())["expect"]["certificates"])


@pytest.mark.parametrize("name", ["key.kdb", "key.p12"])
def test_create_refuses_a_file_that_is_there(run, name):
    Path(name).write_text("precious")
    code, output = run("-keydb", "-create", "-db", name, "-pw", "secret")
    assert code != 0
    assert output == f'CTGSK3005W The file "{name}" already exists.\n'
    assert Path(name).read_text() == "precious"


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Abcdefghijklm1", True),
        ("Abcd efghijklm", True),
        ("Abcdefghijkl1", False),
        ("abcdefghijklm1", False),
        ("ABCDEFGHIJKLM1", False),
        ("Abcdefghijklmn", False),
        ("Abcdefghijkaaa1", False),
        ("Abcbdbebfghijk1", False),
        ("Abcdefghijklmä1", False),
    ],
)
def test_strong(run, password, good):
    code, _ = run("-keydb", "-create", "-db", "key.kdb", "-pw", password, "-strong")
    assert (code == 0) == good
    assert Path("key.kdb").exists() == good


def test_wrong_password_and_missing_file(run, db):
    code, output = run("-cert", "-list", "-db", db[1], "-pw", "wrong")
    assert (code, output.split()[0]) == (16, "CTGSK2137W")
    assert run("-cert", "-list", "-db", "nowhere.kdb", "-pw", "x") == (
        101,
        'CTGSK3026W The key file "nowhere.kdb" does not exist or cannot be read.\n',
    )


def test_changepw(run, db, ca):
    personal(run, db, ca)
    before = labels(run, db)
    run.ok("-keydb", "-changepw", *db, "-new_pw", "another one", "-stash")
    assert labels(run, db) == before
    assert labels(run, ["-db", db[1], "-pw", "another one"]) == before
    assert run("-cert", "-list", "-db", db[1], "-pw", "secret")[0] == 16


def test_a_password_that_expires_later_opens_the_repository_until_then(run):
    run.ok("-keydb", "-create", "-db", "key.kdb", "-pw", "secret", "-expire", "30")
    assert run.ok("-cert", "-list", "-db", "key.kdb", "-pw", "secret") == "No certificates were found.\n"
    run.ok("-keydb", "-changepw", "-db", "key.kdb", "-pw", "secret", "-new_pw", "other", "-expire", "60")
    assert run.ok("-cert", "-list", "-db", "key.kdb", "-pw", "other") == "No certificates were found.\n"


def test_delete_takes_the_companions_with_it(run, kdb):
    Path("other.kdb").write_text("")
    assert run("-keydb", "-delete", "-db", "key.kdb", "-pw", "wrong")[0] == 16
    assert Path("key.kdb").exists()
    run.ok("-keydb", "-delete", *kdb)
    assert [path.name for path in Path().iterdir()] == ["other.kdb"]


def test_convert_cms_to_pkcs12_keeps_keys_trust_and_labels(run, kdb, ca):
    certificate = personal(run, kdb, ca)
    run.ok("-keydb", "-convert", *kdb, "-old_format", "cms", "-new_format", "pkcs12", "-new_db", "new.p12", "-new_pw", "p12pw", "-stash")
    assert labels(run, ["-db", "new.p12", "-stashed"]) == [["!", '"Fleet CA"'], ["-", "ibmwebspheremqqm1"]]
    contents = pkcs12.load_pkcs12(Path("new.p12").read_bytes(), b"p12pw")
    assert contents.cert.certificate == certificate
    assert contents.key.public_key() == certificate.public_key()
    assert labels(run, kdb) == [["!", '"Fleet CA"'], ["-", "ibmwebspheremqqm1"]]


@pytest.mark.skipif(not shutil.which("keytool"), reason="no Java")
def test_java_reads_our_pkcs12(run, ca):
    run.ok("-keydb", "-create", "-db", "key.p12", "-pw", "secret", "-type", "pkcs12", "-stash")
    personal(run, ["-db", "key.p12", "-stashed"], ca)
    command = ["keytool", "-list", "-keystore", "key.p12", "-storepass", "secret", "-storetype", "PKCS12"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search("ibmwebspheremqqm1, .*PrivateKeyEntry", shown)
    assert re.search("fleet ca, .*trustedCertEntry", shown, re.IGNORECASE)


# The life of a certificate


def test_request_sign_receive(run, db, ca):
    run.ok(
        *("-certreq", "-create", *db, "-label", "ibmwebspheremqqm01", "-dn", "CN=QM1, OU=Test,O=Bank,C=GB", "-size", "2048"),
        *("-file", "qm.csr", "-sig_alg", "SHA384_WITH_RSA", "-san_dnsname", "qm1.example.com,qm1", "-eku", "serverAuth,clientAuth"),
        *("-ku", "digitalSignature,keyEncipherment"),
    )
    assert run.ok("-certreq", "-list", *db) == transcript("05-certreq-list")
    assert run.ok("-cert", "-list", *db) == "No certificates were found.\n", "a pending request is not a certificate"
    assert Path("qm.csr").read_text().startswith("-----BEGIN NEW CERTIFICATE REQUEST-----\n")
    shown = subprocess.run(["openssl", "req", "-in", "qm.csr", "-noout", "-text", "-verify"], capture_output=True, text=True, check=True)
    for expected in (
        "Subject: C = GB, O = Bank, OU = Test, CN = QM1",
        "Public-Key: (2048 bit)",
        "sha384WithRSAEncryption",
        "DNS:qm1.example.com, DNS:qm1",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "Digital Signature, Key Encipherment",
    ):
        assert expected in shown.stdout
    assert "verify OK" in shown.stderr

    run.ok("-cert", "-add", *db, "-label", "Fleet CA", "-file", ca.write("ca.pem"))
    certificate = ca.sign("qm.csr", "qm.pem")
    assert run("-cert", "-receive", *db, "-file", "qm.pem") == (0, "")
    assert labels(run, db) == [["!", '"Fleet CA"'], ["-", "ibmwebspheremqqm01"]]
    assert run.ok("-certreq", "-list", *db).strip() == "No certificate requests were found."
    run.ok("-cert", "-export", *db, "-label", "ibmwebspheremqqm01", "-target", "out.p12", "-target_pw", "out", "-target_type", "pkcs12")
    contents = pkcs12.load_pkcs12(Path("out.p12").read_bytes(), b"out")
    assert contents.cert.certificate == certificate
    assert contents.cert.friendly_name == b"ibmwebspheremqqm01"
    assert contents.key.public_key() == certificate.public_key()


def test_receive_without_the_chain_complains_and_receives(run, db, ca):
    certificate = request_and_sign(run, db, ca)
    code, output = run("-cert", "-receive", *db, "-file", "qm.pem")
    assert code != 0
    number = certificate.serial_number
    serial = number.to_bytes(number.bit_length() // 8 + 1, "big").hex()
    # the captured output with our names in it
    expected = transcript("06-receive-chain-warning")
    expected = re.sub(r"(?<=\[Issuer=\]).*(?=\[#=\])", "CN=Fleet CA,O=Bank,C=GB", expected)
    expected = re.sub(r"(?<=\[#=\]).*(?=\[Subject=\])", serial, expected)
    assert output == re.sub(r"(?<=\[Subject=\]).*", "CN=QM1,O=Bank,C=GB", expected)
    assert labels(run, db) == [["-", "ibmwebspheremqqm1"]]
    assert run("-cert", "-validate", *db, "-label", "ibmwebspheremqqm1")[0] != 0
    run.ok("-cert", "-add", *db, "-label", "ca", "-file", ca.write("ca.der", DER), "-format", "binary")
    run.ok("-cert", "-validate", *db, "-label", "ibmwebspheremqqm1")


def test_receive_needs_its_request(run, db, ca):
    request_and_sign(run, db, ca)
    run.ok("-certreq", "-delete", *db, "-label", "ibmwebspheremqqm1")
    code, output = run("-cert", "-receive", *db, "-file", "qm.pem")
    assert (code, output.split()[0]) == (108, "CTGSK3034W")
    assert run.ok("-cert", "-list", *db) == "No certificates were found.\n"


def test_the_same_certificate_is_not_received_twice(run, db, ca):
    personal(run, db, ca)
    assert run("-cert", "-receive", *db, "-file", "qm.pem") == (
        24,
        "CTGSK2021W A duplicate certificate already exists in the database.\n",
    )


def test_renewal_with_the_same_key(run, db, ca):
    old = personal(run, db, ca)
    run.ok("-certreq", "-recreate", *db, "-label", "ibmwebspheremqqm1", "-target", "again.csr", "-sig_alg", "EC_ecdsa_with_SHA256")
    new = ca.sign("again.csr", "new.pem", days=90)
    assert new.public_key() == old.public_key()
    assert run("-cert", "-receive", *db, "-file", "new.pem") == (0, "")
    assert labels(run, db) == [["!", '"Fleet CA"'], ["-", "ibmwebspheremqqm1"]]
    run.ok("-cert", "-extract", *db, "-label", "ibmwebspheremqqm1", "-target", "out.pem")
    assert x509.load_pem_x509_certificate(Path("out.pem").read_bytes()) == new
    assert "No certificate requests" in run.ok("-certreq", "-list", *db)


def test_requests_are_shown_and_extracted_again(run, db, ca):
    request_and_sign(run, db, ca, label="a label")
    assert run.ok("-certreq", "-list", *db).splitlines()[1:] == ['\t"a label"']
    run.ok("-certreq", "-extract", *db, "-label", "a label", "-target", "copy.csr")
    assert Path("copy.csr").read_text() == Path("qm.csr").read_text()
    lines = run.ok("-certreq", "-details", *db, "-label", "a label").splitlines()
    assert lines[:3] == ['Label : "a label"', "Key Size : 256", 'Subject : "CN=QM1,O=Bank,C=GB"']
    assert "Signature Algorithm : EC_ecdsa_with_SHA256 (1.2.840.10045.4.3.2)" in lines
    assert run("-certreq", "-details", *db, "-label", "x")[0] == 117
    code, output = run("-certreq", "-create", *db, "-label", "a label", "-dn", "CN=x", "-file", "x.csr", *EC)
    assert (code, output.split()[0]) == (23, "CTGSK2021W")
    assert not Path("x.csr").exists()


@pytest.mark.parametrize(
    ("options", "algorithm", "size"),
    [
        (["-size", "2048"], "sha256WithRSAEncryption", "2048 bit"),
        (["-size", "2048", "-sig_alg", "sha512"], "sha512WithRSAEncryption", "2048 bit"),
        (["-sigalg", "SHA384WithECDSA", "-size", "384"], "ecdsa-with-SHA384", "384 bit"),
        (["-sig_alg", "EC_ecdsa_with_SHA512", "-size", "521"], "ecdsa-with-SHA512", "521 bit"),
    ],
)
def test_self_signed(run, kdb, options, algorithm, size):
    run.ok("-cert", "-create", *kdb, "-label", "self", "-dn", "CN=QM1,O=Bank", "-expire", "100", "-default_cert", "yes", *options)
    assert labels(run, kdb) == [["*-", "self"]]
    run.ok("-cert", "-validate", *kdb, "-label", "self")
    run.ok("-cert", "-extract", *kdb, "-label", "self", "-target", "self.pem")
    shown = subprocess.run(["openssl", "x509", "-in", "self.pem", "-noout", "-text"], capture_output=True, text=True, check=True).stdout
    for expected in (f"Signature Algorithm: {algorithm}", f"Public-Key: ({size})", "Issuer: O = Bank, CN = QM1", "Version: 3"):
        assert expected in shown
    certificate = x509.load_pem_x509_certificate(Path("self.pem").read_bytes())
    assert (certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)).days in (99, 100)


def test_add(run, db, ca):
    run.ok("-cert", "-add", *db, "-file", ca.write("ca.pem"), "-format", "ascii", "-fips")
    assert labels(run, db) == [["!", '"CN=Fleet CA,O=Bank,C=GB"']], "without -label it is the name"
    for label in ("CN=Fleet CA,O=Bank,C=GB", "another"):
        code, output = run("-cert", "-add", *db, "-label", label, "-file", "ca.pem")
        assert code != 0
        assert output == "CTGSK2021W A duplicate certificate already exists in the database.\n"
    other = Authority("CN=Other CA,O=Bank")
    code, output = run("-cert", "-add", *db, "-label", "CN=Fleet CA,O=Bank,C=GB", "-file", other.write("other.pem"))
    assert (code, output.split()[0]) == (23, "CTGSK2021W")
    assert run("-cert", "-add", *db, "-label", "x", "-file", "missing.pem")[0] == 101
    assert run("-cert", "-add", *db, "-label", "x", "-file", "other.pem", "-format", "binary")[0] == 2
    code, output = run("-cert", "-add", *db, "-label", "x", "-file", other.write("other.der", DER))
    assert (code, output) == (2, 'CTGSK2000W The file "other.der" is not in the format that was asked for.\n')
    assert len(labels(run, db)) == 1


def test_of_a_bundle_the_first_is_added(run, kdb, ca):
    other = Authority("CN=Other CA,O=Bank")
    Path("both.pem").write_bytes(b"a comment\n" + other.certificate.public_bytes(PEM) + ca.certificate.public_bytes(PEM))
    run.ok("-cert", "-add", *kdb, "-label", "one", "-file", "both.pem")
    run.ok("-cert", "-extract", *kdb, "-label", "one", "-target", "one.der", "-format", "binary")
    assert Path("one.der").read_bytes() == other.certificate.public_bytes(DER)
    assert len(labels(run, kdb)) == 1


def test_trust_rename_default_delete(run, kdb, ca):
    personal(run, kdb, ca)
    run.ok("-cert", "-modify", *kdb, "-label", "Fleet CA", "-trust", "disable")
    assert labels(run, kdb)[0] == ["", '"Fleet CA"']
    run.ok("-cert", "-modify", *kdb, "-label", "Fleet CA", "-trust", "enable")
    run.ok("-cert", "-setdefault", *kdb, "-label", "ibmwebspheremqqm1")
    assert run.ok("-cert", "-getdefault", *kdb).startswith("Label : ibmwebspheremqqm1\n")
    run.ok("-cert", "-rename", *kdb, "-label", "ibmwebspheremqqm1", "-new_label", "new")
    assert labels(run, kdb) == [["!", '"Fleet CA"'], ["*-", "new"]]
    assert run("-cert", "-rename", *kdb, "-label", "new", "-new_label", "Fleet CA")[1].startswith("CTGSK2021W")
    assert [line[1] for line in labels(run, [*kdb[:1], "key.kdb", "-pw", "secret"])] == ['"Fleet CA"', "new"]
    assert run.ok("-cert", "-list", "personal", *kdb).splitlines()[2:] == ["*-\tnew"]
    assert run.ok("-cert", "-list", "CA", *kdb).splitlines()[2:] == ['!\t"Fleet CA"']
    run.ok("-cert", "-delete", *kdb, "-label", "new")
    assert labels(run, kdb) == [["!", '"Fleet CA"']]
    assert run.ok("-cert", "-list", "personal", *kdb) == "No certificates were found.\n"


@pytest.mark.parametrize(
    "words",
    [
        ["-cert", "-details"],
        ["-cert", "-delete"],
        ["-cert", "-extract", "-target", "x.pem"],
        ["-cert", "-rename", "-new_label", "y"],
        ["-cert", "-modify", "-trust", "enable"],
        ["-cert", "-validate"],
        ["-cert", "-setdefault"],
        ["-certreq", "-recreate", "-target", "x.csr"],
        ["-cert", "-export", "-target", "x.p12", "-target_pw", "x"],
    ],
)
def test_a_label_that_is_not_there(run, db, words):
    code, output = run(*words[:2], *db, "-label", "nobody", *words[2:])
    assert (code, output) == (117, 'CTGSK3029W The database doesn\'t contain an entry with label "nobody".\n')


# Import


def partner_file(ca, chain=True, friendly_name=b"qm2"):
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name.from_rfc4514_string("CN=QM2,O=Bank,C=GB"))
    Path("qm2.csr").write_bytes(request.sign(key, hashes.SHA256()).public_bytes(PEM))
    certificate = ca.sign("qm2.csr", "qm2.pem")
    protection = serialization.BestAvailableEncryption(b"p12pw")
    cas = [ca.certificate] if chain else None
    Path("qm2.p12").write_bytes(pkcs12.serialize_key_and_certificates(friendly_name, key, certificate, cas, protection))
    return key, certificate


FROM = ["-file", "qm2.p12", "-pw", "p12pw", "-type", "pkcs12"]


def test_import_all_of_a_pkcs12(run, db, ca):
    key, certificate = partner_file(ca)
    run.ok("-cert", "-import", *FROM, "-target", db[1], "-target_stashed")
    assert sorted(labels(run, db)) == [["!", '"CN=Fleet CA,O=Bank,C=GB"'], ["-", "qm2"]]
    run.ok("-cert", "-export", *db, "-label", "qm2", "-target", "out.p12", "-target_pw", "out")
    contents = pkcs12.load_pkcs12(Path("out.p12").read_bytes(), b"out")
    assert (contents.cert.certificate, contents.key.private_numbers()) == (certificate, key.private_numbers())


def test_import_one_label_under_a_new_one(run, db, ca):
    partner_file(ca)
    run.ok("-cert", "-import", *FROM, "-label", "qm2", "-new_label", "partner", "-target", db[1], "-target_stashed")
    assert labels(run, db) == [["-", "partner"]]


def test_a_new_label_goes_to_every_certificate_and_the_second_collides(run, db, ca):
    partner_file(ca)
    code, output = run("-cert", "-import", *FROM, "-new_label", "partner", "-target", db[1], "-target_stashed")
    assert (code, output) == (23, "CTGSK2021W A duplicate certificate already exists in the database.\n")
    assert [label for _flags, label in labels(run, db)] == ["partner"]


def test_import_of_what_is_there_already(run, db, ca):
    partner_file(ca, chain=False)
    run.ok("-cert", "-import", *FROM, "-target", db[1], "-target_stashed")
    for more in ([], ["-label", "qm2", "-new_label", "other"]):
        code, output = run("-cert", "-import", *FROM, *more, "-target", db[1], "-target_stashed")
        assert (code, output) == (24, "CTGSK2021W A duplicate certificate already exists in the database.\n")
    partner_file(ca, chain=False)
    assert run("-cert", "-import", *FROM, "-target", db[1], "-target_stashed")[0] == 23


def test_without_a_friendly_name_the_label_is_the_name(run, kdb, ca):
    partner_file(ca, chain=False, friendly_name=None)
    run.ok("-cert", "-import", *FROM, "-target", "key.kdb", "-target_stashed")
    assert labels(run, kdb) == [["-", '"CN=QM2,O=Bank,C=GB"']]


def test_import_of_what_openssl_made(run, kdb, ca):
    key, _ = partner_file(ca)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    Path("qm2.key").write_bytes(key.private_bytes(PEM, *form))
    command = ["openssl", "pkcs12", "-export", "-in", "qm2.pem", "-inkey", "qm2.key", "-name", "my label", "-passout", "pass:p12pw"]
    subprocess.run([*command, "-out", "qm2.p12"], check=True)
    run.ok("-cert", "-import", *FROM, "-target", "key.kdb", "-target_stashed")
    assert labels(run, kdb) == [["-", '"my label"']]


def test_import_creates_a_pkcs12_target(run, kdb, ca):
    personal(run, kdb, ca)
    run.ok("-cert", "-import", *kdb, "-target", "new.p12", "-target_type", "pkcs12", "-target_pw", "p12pw")
    assert labels(run, ["-db", "new.p12", "-pw", "p12pw"]) == labels(run, kdb)


def test_sign(run, kdb, ca):
    run.ok("-cert", "-create", *kdb, "-label", "my ca", "-dn", "CN=My CA,O=Bank", "-ca", "true", *EC)
    run.ok("-certreq", "-create", *kdb, "-label", "qm1", "-dn", "CN=QM1,O=Bank", "-file", "qm.csr", "-san_dnsname", "qm1", *EC)
    run.ok(*("-cert", "-sign", *kdb, "-label", "my ca", "-file", "qm.csr", "-target", "qm.pem", "-expire", "20"))
    run.ok("-cert", "-extract", *kdb, "-label", "my ca", "-target", "ca.pem")
    checked = subprocess.run(["openssl", "verify", "-CAfile", "ca.pem", "qm.pem"], capture_output=True, text=True, check=True)
    assert checked.stdout == "qm.pem: OK\n"
    assert run("-cert", "-receive", *kdb, "-file", "qm.pem") == (0, "")


# What is shown


def test_list_as_captured(run, kdb, ca):
    """03: a default personal certificate after two CAs, labels with and without blanks."""
    for label, name in (("COMODO RSA Domain Validation Secure Server CA", "CN=a"), ("COMODO RSA Certification Authority", "CN=b")):
        run.ok("-cert", "-add", *kdb, "-label", label, "-file", Authority(name).write("one.pem"))
    run.ok("-cert", "-create", *kdb, "-label", "ibmwebspheremqqmr01", "-dn", "CN=c", "-default_cert", "yes", *EC)
    assert run.ok("-cert", "-list", *kdb) == transcript("03-list-with-default")


def test_list_expiry(run, kdb):
    run.ok("-cert", "-create", *kdb, "-label", "one", "-dn", "CN=c", "-expire", "10", *EC)
    shown = run.ok("-cert", "-list", "-expiry", *kdb).splitlines()
    assert shown[2] == "-\tone"
    assert re.fullmatch(r"\tNot Before : [A-Z][a-z]+ \d\d?, \d{4} \d\d?:\d\d:\d\d [AP]M GMT\+00:00", shown[3])
    assert shown[4].startswith("\tNot After : ")
    assert run.ok("-cert", "-list", "-expiry", "5", *kdb) == "No certificates were found.\n"
    assert "one" in run.ok("-cert", "-list", "-expiry", "20", *kdb)


def test_details_have_the_form_of_the_captured_ones(run, kdb):
    """Every line of the captured output whose form does not depend on the values, in the same order."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name.from_rfc4514_string("CN=www.mqfellowwest.host,OU=PositiveSSL,OU=Domain Control Validated")
    issuer = x509.Name.from_rfc4514_string(
        "CN=COMODO RSA Domain Validation Secure Server CA,O=COMODO CA Limited,L=Salford,ST=Greater Manchester,C=GB"
    )
    usage = {usage: usage in ("digital_signature", "key_encipherment") for usage in KEY_USAGES.values()}
    access = [
        ("1.3.6.1.5.5.7.48.2", "http://crt.comodoca.com/COMODORSADomainValidationSecureServerCA.crt"),
        ("1.3.6.1.5.5.7.48.1", "http://ocsp.comodoca.com"),
    ]
    crl = x509.UniformResourceIdentifier("http://crl.comodoca.com/COMODORSADomainValidationSecureServerCA.crl")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(0xA1B5566BFE97442FB4830A2434787E45)
        .not_valid_before(datetime.datetime(2018, 12, 29))
        .not_valid_after(datetime.datetime(2019, 12, 29, 23, 59, 59))
        .add_extension(x509.AuthorityKeyIdentifier(b"A" * 20, None, None), False)
        .add_extension(x509.SubjectKeyIdentifier(b"S" * 20), False)
        .add_extension(x509.KeyUsage(**usage), True)
        .add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(f"1.3.6.1.5.5.7.3.{one}") for one in (1, 2)]), False)
        .add_extension(
            x509.CertificatePolicies(
                [x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in ("1.3.6.1.4.1.6449.1.2.2.7", "2.23.140.1.2.1")]
            ),
            False,
        )
        .add_extension(x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]), False)
        .add_extension(
            x509.AuthorityInformationAccess(
                [x509.AccessDescription(x509.ObjectIdentifier(oid), x509.UniformResourceIdentifier(url)) for oid, url in access]
            ),
            False,
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("www.mqfellowwest.host"), x509.DNSName("mqfellowwest.host")]), False)
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"abc"), False)
        .sign(key, hashes.SHA256())
    )
    protection = serialization.BestAvailableEncryption(b"p")
    Path("one.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"ibmwebspheremqqm01", key, certificate, None, protection))
    run.ok("-cert", "-import", "-file", "one.p12", "-pw", "p", "-target", "key.kdb", "-target_stashed")

    def form(text):
        # another private extension stands for the captured one, whose content must be well formed
        text = text.replace("1.3.6.1.4.1.11129.2.4.2", "1.3.6.1.4.1.99999.1")
        return re.sub(r"(    [0-9A-F]{2}( [0-9A-F]{2})*\n)+", "    HEX\n", text)

    assert form(run.ok("-cert", "-details", *kdb, "-label", "ibmwebspheremqqm01")) == form(transcript("07-details-rsa-signed-by-ca"))


def test_details_tell_the_truth(run, kdb):
    run.ok("-cert", "-create", *kdb, "-label", "one", "-dn", "CN=c", *EC)
    run.ok("-cert", "-extract", *kdb, "-label", "one", "-target", "one.pem")
    shown = run.ok("-cert", "-details", *kdb, "-label", "one")
    text = " ".join(shown.split())
    for algorithm in ("sha1", "md5", "sha256"):
        command = ["openssl", "x509", "-in", "one.pem", "-noout", "-fingerprint", f"-{algorithm}"]
        digest = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().partition("=")[2]
        assert f"Fingerprint : {algorithm.upper()} : {digest.replace(':', ' ')} " in text
    certificate = x509.load_pem_x509_certificate(Path("one.pem").read_bytes())
    public_key = certificate.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert "Public Key " + public_key.hex(" ").upper() + " Public Key Type" in text
    assert "Value " + certificate.signature.hex(" ").upper() + " Trust Status : Enabled" in text


# The command itself


@pytest.mark.parametrize(
    "words",
    [
        ["-secretkey", "-create", "-db", "key.kdb"],
        ["-cert", "-populate"],
        ["-cert", "-list", "-crypto", "libfoo.so"],
        ["-keydb", "-create", "-db", "key.pkcs12", "-pw", "x", "-type", "pkcs12"],
        ["-keydb", "-create", "-db", "other.kdb", "-pw", "x", "-type", "pkcs12"],
        ["-cert", "-list", "-db", "key.kdb", "-pw", "x", "-type", "pkcs11"],
        ["-cert", "-list", "secret", "-db", "key.kdb", "-stashed"],
        ["-cert", "-create", "-db", "key.kdb", "-stashed", "-label", "x", "-dn", "CN=x", "-sig_alg", "sha3_256"],
        ["-cert", "-create", "-db", "key.kdb", "-stashed", "-label", "x", "-dn", "CN=x", "-eku", "flyingAuth"],
    ],
)
def test_what_is_not_simulated_is_said_loudly(run, kdb, words):
    code, output = run(*words)
    assert code == 71
    assert re.search(r"^AMQ9999S: mqsim: not simulated: .+$", output, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["-cert", "-list"], "db"),
        (["-cert", "-add", "-db", "key.kdb", "-stashed", "-label", "x"], "file"),
        (["-cert", "-create", "-db", "key.kdb", "-stashed", "-label", "x"], "dn"),
        (["-cert", "-create", "-db", "key.kdb", "-stashed", "-dn", "CN=x"], "label"),
    ],
)
def test_a_missing_option_is_named(run, kdb, words, option):
    assert run(*words) == (1, f"CTGSK3046W The option -{option} is missing.\n")


@pytest.mark.parametrize("dn", ["", "QM1", "CN=a,XYZ=b"])
def test_a_bad_name_is_refused(run, kdb, dn):
    code, output = run("-cert", "-create", *kdb, "-label", "x", "-dn", dn, *EC)
    assert (code, output.split()[0]) == (1, "CTGSK3046W")


@pytest.mark.parametrize(
    "words",
    [
        ["-cert", "-extract", "-label", "self", "-target", "no/such/place.pem"],
        ["-certreq", "-recreate", "-label", "self", "-target", "no/such/place.csr"],
        ["-cert", "-export", "-label", "self", "-target", "no/such/place.p12", "-target_pw", "x"],
    ],
)
def test_a_target_that_cannot_be_written(run, kdb, words):
    run.ok("-cert", "-create", *kdb, "-label", "self", "-dn", "CN=c", *EC)
    code, output = run(*words[:2], *kdb, *words[2:])
    assert code != 0
    assert re.match(r"CTGSK\d{4}W .+\n\Z", output)


def test_random_passwords(run):
    one, other = (run.ok("-random", "-create", "-length", "20", "-strong").strip("\n") for _ in range(2))
    assert len(one) == len(other) == 20
    assert one != other


def environment():
    return {**os.environ, "PYTHONPATH": str(Path(runmqakm.__file__).parents[2]), "LC_ALL": "C"}


COMMAND = [sys.executable, "-m", "mqsim.programs.runmqakm"]


def test_as_a_process_it_is_quick_and_needs_no_cryptography(run, kdb, ca):
    personal(run, kdb, ca)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(3):
        done = subprocess.run([*COMMAND, "-cert", "-list", *kdb], capture_output=True, text=True, env=environment(), check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("-\tibmwebspheremqqm1\n")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # processor time, so that a busy machine does not matter
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3 * 0.4
    probe = "import sys; from mqsim.programs import runmqakm; runmqakm.main(sys.argv[1:]); sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", probe, "-cert", "-list", *kdb], env=environment(), check=True, capture_output=True)


def test_the_password_is_read_from_the_stash_file_only_by_commands_that_need_it(run, kdb, monkeypatch):
    read = []
    monkeypatch.setattr(key_database, "read_stash", lambda path: read.append(path) or "secret")
    run.ok("-cert", "-list", *kdb)
    assert read == []
    run.ok("-keydb", "-stashpw", *kdb[:2], "-pw", "secret")
    assert read == []
    run.ok("-keydb", "-changepw", *kdb, "-new_pw", "other")
    assert read == ["key.sth"]


def test_without_a_terminal_a_password_cannot_be_asked_for(run, kdb):
    command = [*COMMAND, "-cert", "-list", "-db", "key.kdb"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment(),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 16
    assert "CTGSK2137W" in done.stdout


def test_on_a_terminal_the_password_is_asked_for_and_not_shown(run, kdb):
    child, terminal = pty.fork()
    if child == 0:
        os.execve(COMMAND[0], [*COMMAND, "-cert", "-list", "-db", "key.kdb"], environment())
    shown = b""
    while b"Please enter a password:" not in shown:
        shown += os.read(terminal, 1000)
    os.write(terminal, b"secret\n")
    try:
        while part := os.read(terminal, 1000):
            shown += part
    except OSError:  # the other end of a pty closes so
        pass
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert b"No certificates were found." in shown
    assert b"secret" not in shown


def test_no_private_key_is_left_in_a_temporary_file(run, kdb, ca, tmp_path, monkeypatch):
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    personal(run, kdb, ca)
    run.ok("-keydb", "-convert", *kdb, "-new_format", "pkcs12", "-new_db", "n.p12", "-new_pw", "x")
    assert run("-cert", "-import", *kdb, "-target", "n.p12", "-target_pw", "x")[0] == 23
    assert list(spool.iterdir()) == []
