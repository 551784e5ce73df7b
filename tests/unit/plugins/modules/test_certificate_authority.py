# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from ansible_collections.mqfleet.tls.plugins.modules import certificate_authority as module
from repository_host import NOW, openssl

EC = {"key_type": "EC", "key_size": 256}


def run(tmp_path, check=False, now=NOW, **options):
    defaults = {name: one.get("default") for name, one in module.argument_spec().items()}
    return module.run({**defaults, "pki_dir": str(tmp_path / "pki"), **options}, check, now)


def ca(tmp_path):
    return tmp_path / "pki" / "ca"


def test_made_once_and_then_left_alone(tmp_path):
    announced = run(tmp_path, check=True)
    assert not (tmp_path / "pki").exists()
    made = run(tmp_path)
    assert announced["changes"] == made["changes"]
    assert made["changes"] == [
        {
            "object": "CERTIFICATE",
            "name": "CN=MQ fleet CA",
            "action": "issue",
            "attributes": {"subject": {"before": None, "after": "CN=MQ fleet CA"}},
            "reason": "there is no CA yet",
        }
    ]
    assert made["diff"]["before"] == {}
    assert made["diff"]["after"]["subject"] == "CN=MQ fleet CA"
    before = [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(ca(tmp_path).iterdir())]
    again = run(tmp_path)
    assert (again["changed"], again["changes"], again["certificate"]) == (False, [], made["certificate"])
    assert [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(ca(tmp_path).iterdir())] == before


def test_its_files_and_extensions_as_openssl_sees_them(tmp_path):
    made = run(tmp_path, subject="CN=Fleet CA,O=Bank,C=GB", days=1000)
    path = str(ca(tmp_path) / "certificate.pem")
    text = openssl("x509", "-in", path, "-noout", "-text")
    assert "Subject: C = GB, O = Bank, CN = Fleet CA" in text
    assert "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0" in text
    assert "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign" in text
    assert "X509v3 Subject Key Identifier" in text
    assert "Public-Key: (3072 bit)" in text
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", path, path)
    assert made["certificate"]["not_after"] == (NOW + timedelta(days=1000)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (ca(tmp_path) / "private_key.pem").stat().st_mode & 0o777 == 0o600
    assert ca(tmp_path).stat().st_mode & 0o777 == 0o700


def test_a_passphrase_encrypts_the_key(tmp_path):
    result = run(tmp_path, passphrase="open sesame", **EC)
    assert "open sesame" not in str(result)
    key = ca(tmp_path) / "private_key.pem"
    assert key.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert "Private-Key" in openssl("pkey", "-in", str(key), "-passin", "pass:open sesame", "-noout", "-text")
    assert run(tmp_path, passphrase="open sesame", **EC)["changed"] is False
    attempt = f"The certificate authority CN=MQ fleet CA was to be in {ca(tmp_path)}"
    with pytest.raises(StateError) as refusal:
        run(tmp_path, passphrase="wrong", **EC)
    assert str(refusal.value) == f"{attempt} and the passphrase does not open {key}; correct mq_tls_ca_passphrase."
    with pytest.raises(StateError) as refusal:
        run(tmp_path, **EC)
    assert str(refusal.value) == (
        f"{attempt} and the passphrase does not open {key}, or it is encrypted and no passphrase was given; correct mq_tls_ca_passphrase."
    )


def test_a_key_that_an_interrupted_run_left_is_used(tmp_path):
    run(tmp_path, **EC)
    key = (ca(tmp_path) / "private_key.pem").read_bytes()
    (ca(tmp_path) / "certificate.pem").unlink()
    assert run(tmp_path, **EC)["changed"] is True
    assert (ca(tmp_path) / "private_key.pem").read_bytes() == key
    assert run(tmp_path, **EC)["changed"] is False


INTERMEDIATE = {"subject": "CN=MQ root CA,O=Bank", "intermediate": {"subject": "CN=MQ issuing CA,O=Bank", "days": 900}, **EC}


def test_an_intermediate_below_a_root(tmp_path):
    announced = run(tmp_path, check=True, **INTERMEDIATE)
    made = run(tmp_path, **INTERMEDIATE)
    assert announced["changes"] == made["changes"]
    assert [change["name"] for change in made["changes"]] == ["CN=MQ root CA,O=Bank", "CN=MQ issuing CA,O=Bank"]
    assert (made["certificate"]["subject"], made["certificate"]["issuer"]) == ("CN=MQ issuing CA,O=Bank", "CN=MQ root CA,O=Bank")
    root = ca(tmp_path) / "root/certificate.pem"
    signing = ca(tmp_path) / "certificate.pem"
    assert signing.read_text() == made["certificate"]["pem"] + root.read_text()
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", str(root), str(signing))
    assert "CA:TRUE, pathlen:1" in openssl("x509", "-in", str(root), "-noout", "-text")
    assert "CA:TRUE, pathlen:0" in openssl("x509", "-in", str(signing), "-noout", "-text")
    assert (ca(tmp_path) / "root/private_key.pem").stat().st_mode & 0o777 == 0o600
    assert (ca(tmp_path) / "root").stat().st_mode & 0o777 == 0o700
    # the key of the root can be taken away
    (ca(tmp_path) / "root/private_key.pem").rename(tmp_path / "safe")
    assert run(tmp_path, **INTERMEDIATE)["changed"] is False
    for name in ("certificate.pem", "private_key.pem"):
        (ca(tmp_path) / name).unlink()
    with pytest.raises(StateError, match=r"CN=MQ root CA,O=Bank was to be in .*/ca/root and its private_key.pem is missing; bring it back"):
        run(tmp_path, **INTERMEDIATE)
    (tmp_path / "safe").rename(ca(tmp_path) / "root/private_key.pem")
    again = run(tmp_path, **INTERMEDIATE)
    assert [change["name"] for change in again["changes"]] == ["CN=MQ issuing CA,O=Bank"]
    assert again["certificate"]["fingerprint"] != made["certificate"]["fingerprint"]


def test_an_intermediate_never_outlives_its_root(tmp_path):
    made = run(tmp_path, **{**INTERMEDIATE, "days": 100})
    assert made["certificate"]["not_after"] == (NOW + timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_ca_without_intermediate_does_not_get_one(tmp_path):
    run(tmp_path, subject="CN=MQ root CA,O=Bank", **EC)
    with pytest.raises(
        StateError, match=r"^The certificate authority CN=MQ issuing CA,O=Bank was to be in .* and the one there is CN=MQ root CA"
    ):
        run(tmp_path, **INTERMEDIATE)
    (ca(tmp_path) / "root").mkdir()
    for name in ("certificate.pem", "private_key.pem"):
        (ca(tmp_path) / name).rename(ca(tmp_path) / "root" / name)
    with pytest.raises(
        StateError, match=r"/ca/root and the certificate there allows no CA below it; leave out the intermediate or use another"
    ):
        run(tmp_path, **INTERMEDIATE)


def test_the_passphrase_in_a_file(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text("open sesame\n")
    result = run(tmp_path, passphrase_file=str(path), **INTERMEDIATE)
    assert "open sesame" not in str(result)
    for folder in (ca(tmp_path), ca(tmp_path) / "root"):
        assert "Private-Key" in openssl("pkey", "-in", str(folder / "private_key.pem"), "-passin", f"file:{path}", "-noout", "-text")
    assert run(tmp_path, passphrase="open sesame", **INTERMEDIATE)["changed"] is False
    assert not [one for one in (tmp_path / "pki").rglob("*") if one.is_file() and "sesame" in one.read_text()]


@pytest.mark.parametrize(
    ("contents", "options", "cause"),
    [
        (b"x", {"passphrase": "y"}, "and mq_tls_ca_passphrase and mq_tls_ca_passphrase_file are both given; keep one of them."),
        (b"\n", {}, "and {path} is empty; write its passphrase there or correct mq_tls_ca_passphrase_file."),
        (
            None,
            {},
            "and its passphrase cannot be read from {path} (No such file or directory); correct mq_tls_ca_passphrase_file.",
        ),
        (b"\xff\xfe", {}, "and its passphrase cannot be read from {path} (it is no text); correct mq_tls_ca_passphrase_file."),
    ],
)
def test_a_passphrase_file_that_is_refused(tmp_path, contents, options, cause):
    path = tmp_path / "passphrase"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(InputError) as refusal:
        run(tmp_path, passphrase_file=str(path), **options)
    attempt = f"The certificate authority CN=MQ fleet CA was to be in {ca(tmp_path)}"
    assert str(refusal.value) == f"{attempt} {cause.format(path=path)}"
    assert not (tmp_path / "pki").exists()


def other_key(folder):
    (folder / "private_key.pem").write_bytes(certificates.key_to_pem(certificates.generate_key("EC", 256)))


@pytest.mark.parametrize(
    ("harm", "options", "cause"),
    [
        (
            None,
            {"subject": "CN=Other"},
            "the one there is CN=MQ fleet CA; move the fleet to the one described with mqfleet.tls.rotate_ca, or correct mq_tls_ca_subject.",
        ),
        (
            lambda folder: (folder / "private_key.pem").unlink(),
            {},
            "its private_key.pem is missing; bring it back, or move the folder away to have a new one made.",
        ),
        (other_key, {}, "its private_key.pem does not belong to its certificate.pem; bring back the two files that belong together."),
        (None, {"now": NOW + timedelta(days=3650)}, "it ended on"),
    ],
)
def test_what_cannot_be_used_is_not_replaced(tmp_path, harm, options, cause):
    run(tmp_path, **EC)
    if harm:
        harm(ca(tmp_path))
    before = {path.name: path.read_bytes() for path in ca(tmp_path).iterdir()}
    with pytest.raises(StateError) as refusal:
        run(tmp_path, **{**EC, **options})
    subject = options.get("subject", "CN=MQ fleet CA")
    assert str(refusal.value).startswith(f"The certificate authority {subject} was to be in {ca(tmp_path)} and {cause}")
    assert {path.name: path.read_bytes() for path in ca(tmp_path).iterdir()} == before


def test_a_certificate_that_may_not_sign_is_no_authority(tmp_path):
    run(tmp_path, **EC)
    files = [str(ca(tmp_path) / name) for name in ("private_key.pem", "certificate.pem")]
    extension = ["-addext", "basicConstraints=critical,CA:FALSE"]
    openssl("req", "-x509", "-key", files[0], "-subj", "/CN=MQ fleet CA", "-days", "10", "-out", files[1], *extension)
    with pytest.raises(StateError, match="the certificate there may not sign others; put a CA's certificate there"):
        run(tmp_path, **EC)


def test_its_end_is_announced(tmp_path):
    run(tmp_path, days=29, **EC)
    assert run(tmp_path, **EC)["_warnings"] == [
        f"The certificate authority CN=MQ fleet CA ends on {NOW + timedelta(days=29):%Y-%m-%dT%H:%M:%SZ}; make a new one in time."
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"subject": "Fleet CA"}, r"^Certificate authority in .*/ca: The distinguished name 'Fleet CA' was to be read and '=' is missing"),
        ({"key_size": 1024}, "and its key size is 1024 bits; RSA keys have one of 2048, 3072, 4096"),
        ({"days": 0}, "for 0 days; give days a value from 1"),
        (
            {**INTERMEDIATE, "intermediate": {"subject": "CN=x", "days": 0}},
            r"^The certificate authority CN=x .* for 0 days; give days a value",
        ),
        (
            {**INTERMEDIATE, "intermediate": {"subject": "o=bank,cn=mq root ca", "days": 9}, "subject": "O=Bank,CN=MQ root CA"},
            "give the intermediate another subject",
        ),
    ],
)
def test_input_is_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        run(tmp_path, **options)
    assert not (tmp_path / "pki").exists()


def test_two_at_once_make_one(tmp_path):
    import json  # noqa: PLC0415
    import os  # noqa: PLC0415
    import sys  # noqa: PLC0415

    script = (
        "import json, sys\nfrom datetime import datetime, timezone\n"
        "from ansible_collections.mqfleet.tls.plugins.modules import certificate_authority as module\n"
        "result = module.run(json.loads(sys.argv[1]), False, datetime.now(timezone.utc))\n"
        "print(result['changed'], result['certificate']['fingerprint'])\n"
    )
    defaults = {name: one.get("default") for name, one in module.argument_spec().items()}
    parameters = json.dumps({**defaults, "pki_dir": str(tmp_path / "pki")})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    runs = [
        subprocess.Popen([sys.executable, "-c", script, parameters], stdout=subprocess.PIPE, text=True, env=environment)
        for _one in range(3)
    ]
    said = [one.communicate()[0].split() for one in runs]
    assert sorted(changed for changed, _fingerprint in said) == ["False", "False", "True"]
    assert len({fingerprint for _changed, fingerprint in said}) == 1


def test_one_that_takes_over_is_made_beside_the_one_in_use(tmp_path):
    first = run(tmp_path, **EC)
    announced = run(tmp_path, check=True, subject="CN=New CA", rollover=True, **EC)
    assert not (ca(tmp_path) / "next").exists()
    made = run(tmp_path, subject="CN=New CA", rollover=True, **EC)
    assert announced["changes"] == made["changes"]
    assert [(change["name"], change["reason"]) for change in made["changes"]] == [("CN=New CA", "it takes over from the CA in use")]
    assert made["certificate_file"] == str(ca(tmp_path) / "next/certificate.pem")
    assert (ca(tmp_path) / "certificate.pem").read_text() == first["certificate"]["pem"]
    assert run(tmp_path, subject="CN=New CA", rollover=True, **EC)["changes"] == []
    begun = run(tmp_path, subject="CN=New CA", **EC)
    assert begun["changes"] == [] and begun["certificate"] == made["certificate"]
    assert begun["_warnings"] == [
        f"The fleet is about to move to another certificate authority ({ca(tmp_path)}/next); run mqfleet.tls.rotate_ca to go on."
    ]
    assert run(tmp_path, **EC)["certificate"] == first["certificate"]


def test_with_the_name_of_the_one_in_use_there_is_no_rollover(tmp_path):
    run(tmp_path, **EC)
    assert run(tmp_path, rollover=True, **EC)["changes"] == []
    assert not (ca(tmp_path) / "next").exists()


def test_a_promotion_that_was_interrupted_is_finished(tmp_path):
    run(tmp_path, **EC)
    run(tmp_path, subject="CN=New CA", rollover=True, **EC)
    (ca(tmp_path) / "certificate.pem").write_text((ca(tmp_path) / "next/certificate.pem").read_text())
    assert run(tmp_path, subject="CN=New CA", **EC)["changes"] == []
    assert not (ca(tmp_path) / "next").exists()
