# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PKCS#12 repositories, judged by openssl, keytool and GSKit."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import time
from datetime import datetime, timedelta

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, MqTlsError, StateError, UnsafeError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports import key_repository as port
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import SubprocessRunner
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.files import Files
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates, pfx
from ansible_collections.mqfleet.tls.plugins.module_utils._x509.library import pkcs12, serialization
from ansible_collections.mqfleet.tls.plugins.modules import key_repository, key_repository_info
from repository_host import EC, NOW, Ca, Host, days_from_now, openssl, self_signed

LABEL = "ibmwebspheremqqm1"


@pytest.fixture
def host(tmp_path):
    return Host.make(tmp_path)


def steps(result):
    return [(change["object"], change["action"], change["name"]) for change in result["changes"]]


def keytool(host, *arguments):
    command = ["keytool", "-list", "-keystore", str(host.ssl / "key.p12"), "-storepass", host.password, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_new_repository_as_openssl_and_keytool_see_it(host, ca, tmp_path):
    partner = self_signed("CN=Partner, Inc.".replace(",", "\\,"))
    result = host.converge(
        ca, identity={**EC, "subject": "CN=QM1,O=Bank,C=GB", "dns_names": ["qm1.example"]}, trust=[{"name": "P", "certificates": [partner]}]
    )
    repository = host.ssl / "key"
    assert steps(result) == [
        ("KEY REPOSITORY", "create", str(repository)),
        ("TRUST", "add", "P"),
        ("TRUST", "add", "CN=Test CA"),
        ("CERTIFICATE", "issue", LABEL),
    ]
    assert result["repository"] == {
        "path": str(repository),
        "type": "pkcs12",
        "ssl_key_repository": f"{repository}.p12",
        "password_file": f"{host.directory}/password",
        "refresh_marker": f"{host.directory}/refresh",
    }
    assert (host.directory / "refresh").exists()
    assert not (host.directory / "pending").exists()

    info = openssl("pkcs12", "-in", f"{repository}.p12", "-passin", f"pass:{host.password}", "-nokeys")
    assert re.findall("friendlyName: (.*)", info) == [LABEL, "P", "CN=Test CA"]
    assert "C = GB, O = Bank, CN = QM1" in info
    listed = keytool(host)
    assert re.findall(r"^(\S.*?), .*?, (\w+Entry)", listed, re.MULTILINE) == [
        ("cn=test ca", "trustedCertEntry"),
        (LABEL, "PrivateKeyEntry"),
        ("p", "trustedCertEntry"),
    ]
    assert result["certificate"]["fingerprint"] in listed

    leaf, root = tmp_path / "leaf.pem", tmp_path / "root.pem"
    leaf.write_text(result["certificate"]["pem"])
    root.write_text(ca.pem)
    for purpose in ("sslserver", "sslclient"):
        assert "OK" in openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", str(root), str(leaf))
    text = openssl("x509", "-in", str(leaf), "-noout", "-text")
    assert "TLS Web Server Authentication, TLS Web Client Authentication" in text
    assert "DNS:qm1.example" in text


def test_the_marker_tells_how_long_the_certificate_in_use_lasts(host, ca):
    marker = host.directory / "refresh"
    request = host.run(ca=ca, identity=EC)["_request"]
    made = host.run(ca=ca, identity=EC, _answer=ca.sign(request, days=100))
    assert marker.read_text() == "REFRESH SECURITY TYPE(SSL) is outstanding\n", "no certificate was in use"
    marker.unlink()  # the queue manager has been told
    first = f"REFRESH SECURITY TYPE(SSL) is outstanding\ncertificate in use until {made['certificate']['not_after']}\n"
    renewed = host.converge(ca, identity={**EC, "renew_before_days": 200})
    assert renewed["certificate"]["not_after"] != made["certificate"]["not_after"]
    assert marker.read_text() == first
    before = marker.stat().st_ino
    host.converge(ca, identity={**EC, "renew_before_days": 200}, trust=[{"name": "P", "certificates": [self_signed()]}])
    assert marker.read_text() == first, "it still works with the first one"
    assert marker.stat().st_ino != before, "a refresh that is under way does not count for this change"


def test_gskit_reads_it(host, ca):
    handshake = pytest.importorskip("mqsim.gskit.handshake")
    host.converge(ca, identity=EC)
    environment = handshake.Environment(
        str(host.ssl / "key.p12"), host.password, None, "server", LABEL, [], ["TLS_AES_256_GCM_SHA384"], {"TLSV13"}
    )
    environment.close()
    with pytest.raises(handshake.GskitError):
        handshake.Environment(str(host.ssl / "key.p12"), "wrong", None, "server", LABEL, [], ["TLS_AES_256_GCM_SHA384"], {"TLSV13"})


def test_nothing_to_do_touches_nothing_and_imports_no_cryptography(host, ca, monkeypatch):
    host.converge(ca, identity=EC)
    before = host.snapshot()

    def not_allowed(*_arguments, **_options):
        pytest.fail("a run with nothing to do opened the repository or ran a program")

    monkeypatch.setattr(port.KeyRepository, "_store", not_allowed)
    monkeypatch.setattr(subprocess, "run", not_allowed)
    monkeypatch.setattr(Files, "step", not_allowed)
    begun = time.perf_counter()
    result = host.run(ca=ca, identity=EC)
    took = time.perf_counter() - begun
    assert (result["changed"], result["changes"]) == (False, [])
    assert result["certificate"]["label"] == LABEL
    assert host.snapshot() == before
    assert took < 0.015


def test_nothing_to_do_in_a_process_of_its_own_does_not_load_cryptography(host, ca, request):
    host.converge(ca, identity=EC)
    script = (
        "import json, sys\n"
        "from ansible_collections.mqfleet.tls.plugins.modules import key_repository\n"
        "result = key_repository.run(json.loads(sys.stdin.read()), False)\n"
        "assert not result['changed'], result['changes']\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'cryptography'])\n"
    )
    import sys  # noqa: PLC0415

    path = os.pathsep.join(part for part in sys.path if part)
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(host.parameters(ca=ca, identity=EC)),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_check_mode_says_what_is_then_done(host, ca):
    options = {"identity": EC, "trust": [{"name": "P", "certificates": [self_signed()]}]}
    announced = host.run(check=True, ca=ca, **options)
    assert list(host.ssl.iterdir()) == []
    assert announced["certificate"] is None
    made = host.converge(ca, **options)
    assert announced["changes"] == made["changes"]
    assert announced["diff"]["after"]["certificate"] == {LABEL: {"subject": "CN=QM1"}}
    assert announced["diff"]["after"]["trust"] == made["diff"]["after"]["trust"]


def test_check_mode_knows_a_ca_that_is_yet_to_be_made_by_its_name(host, ca):
    options = {"identity": EC, "issuer": {"type": "local_ca"}}
    announced = host.run(check=True, trust=[{"name": "CN=Test CA"}], **options)
    assert announced["changes"] == host.converge(ca, **options)["changes"]
    with pytest.raises(
        InputError, match=r"was to trust the CA CN=New CA, which is not made yet; run mqfleet.tls.certificate_authority first"
    ):
        host.run(trust=[{"name": "CN=New CA"}], **options)


def test_renewal_in_time_keeps_trust_and_the_generation_before(host, ca):
    request = host.run(ca=ca, identity=EC)["_request"]
    first = host.run(ca=ca, identity=EC, _answer=ca.sign(request, days=31))
    assert host.run(ca=ca, identity=EC)["changed"] is False
    password = host.password
    earlier = {**EC, "renew_before_days": 31}
    announced = host.run(check=True, ca=ca, identity=earlier)
    result = host.converge(ca, identity=earlier)
    assert announced["changes"] == result["changes"]
    assert result["changes"] == [
        {
            "object": "CERTIFICATE",
            "name": LABEL,
            "action": "replace",
            "attributes": {"subject": {"before": "CN=QM1", "after": "CN=QM1"}},
            "reason": f"it expires on {first['certificate']['not_after']}",
        }
    ]
    assert result["certificate"]["fingerprint"] != first["certificate"]["fingerprint"]
    assert [entry["label"] for entry in result["trust"]] == ["CN=Test CA"]
    assert host.password == password
    generations = sorted(path.name for path in host.directory.iterdir() if path.name.isdigit())
    assert generations == ["0001", "0002"]
    before = openssl("pkcs12", "-in", str(host.directory / "0001/key.p12"), "-passin", f"pass:{password}", "-nokeys", "-clcerts")
    assert first["certificate"]["pem"].strip() in before
    host.converge(ca, identity={**EC, "subject": "CN=QM1,O=New"})
    assert sorted(path.name for path in host.directory.iterdir() if path.name.isdigit()) == ["0002", "0003"]


def test_another_ca_means_another_certificate_though_the_name_is_the_same(host, ca):
    host.converge(ca, identity=EC)
    other = Ca()
    result = host.converge(other, identity=EC)
    assert steps(result) == [("TRUST", "add", "CN=Test CA"), ("CERTIFICATE", "replace", LABEL)]
    assert result["changes"][1]["reason"] == "another key than the wanted issuer's signed it: CN=Test CA"
    assert host.run(ca=other, identity=EC)["changed"] is False


def test_a_deleted_ca_certificate_comes_back_without_a_new_key(host, ca):
    first = host.converge(ca, identity=EC)
    rewrite(
        host, lambda key, own, others: pkcs12.serialize_key_and_certificates(own.friendly_name, key, own.certificate, None, strong(host))
    )
    result = host.run(ca=ca, identity=EC)
    assert steps(result) == [("TRUST", "add", "CN=Test CA")]
    assert result["certificate"]["fingerprint"] == first["certificate"]["fingerprint"]


def test_a_swapped_certificate_under_the_right_label_is_found(host, ca):
    host.converge(ca, identity=EC)

    def swapped(key, own, others):
        mallory = certificates.generate_key("EC", 256)
        identity = port.core.Identity(LABEL, port.core.DistinguishedName.parse("CN=QM1"), "EC", 256)
        certificate = certificates.make_self_signed(mallory, identity, NOW)
        return pkcs12.serialize_key_and_certificates(
            LABEL.encode(), mallory, certificate, [one.certificate for one in others], strong(host)
        )

    rewrite(host, swapped)
    assert [change["reason"] for change in host.converge(ca, identity=EC)["changes"]] == ["it is self-signed"]


def strong(host):
    return serialization.BestAvailableEncryption(host.password.encode())


def rewrite(host, change):
    """Somebody changes the file in place."""
    path = host.ssl / "key.p12"
    loaded = pkcs12.load_pkcs12(path.read_bytes(), host.password.encode())
    path.write_bytes(change(loaded.key, loaded.cert, loaded.additional_certs))


@pytest.mark.parametrize("days", [365, 20])
def test_self_signed_in_one_execution(host, days):
    options = {"identity": {**EC, "days": days, "renew_before_days": 5}, "issuer": {"type": "self_signed"}}
    result = host.run(**options)
    assert "_request" not in result
    assert steps(result) == [("KEY REPOSITORY", "create", str(host.ssl / "key")), ("CERTIFICATE", "issue", LABEL)]
    assert result["certificate"]["subject"] == result["certificate"]["issuer"]
    assert host.run(**options)["changed"] is False


def test_a_repository_without_identity_and_without_trust(host):
    handshake = pytest.importorskip("mqsim.gskit.handshake")
    assert steps(host.run()) == [("KEY REPOSITORY", "create", str(host.ssl / "key"))]
    assert "0 entries" in keytool(host)
    handshake.Environment(
        str(host.ssl / "key.p12"), host.password, None, "client", None, [], ["TLS_AES_256_GCM_SHA384"], {"TLSV13"}
    ).close()
    assert host.run()["changed"] is False
    assert steps(host.run(trust=[{"name": "P", "certificates": [self_signed()]}])) == [("TRUST", "add", "P")]


def test_an_identity_that_is_not_wanted_any_more(host, ca):
    host.converge(ca, identity=EC)
    kept = host.run(ca=ca)
    assert kept["changed"] is False
    assert kept["_warnings"][0].startswith(f"The key repository {host.ssl}/key holds a personal certificate under the label {LABEL} though")
    assert steps(host.run(ca=ca, purge_identity=True)) == [("CERTIFICATE", "remove", LABEL)]
    assert "PrivateKeyEntry" not in keytool(host)
    assert host.run(ca=ca, purge_identity=True)["changed"] is False


def test_a_second_label_keeps_the_first_private_key(host, ca):
    host.converge(ca, identity=EC)
    host.converge(ca, identity={**EC, "label": "qm1.new", "subject": "CN=QM1,O=Other"})
    assert re.findall(r"^(\S.*?), .*?, PrivateKeyEntry", keytool(host), re.MULTILINE) == [LABEL, "qm1.new"]
    assert len(pfx.key_bags((host.ssl / "key.p12").read_bytes())) == 2
    assert host.run(ca=ca, identity=EC)["changed"] is False


def test_purging_trust(host, ca):
    host.converge(ca, identity=EC, trust=[{"name": "P", "certificates": [self_signed()]}])
    assert host.run(ca=ca, identity=EC)["changed"] is False
    assert steps(host.run(ca=ca, identity=EC, purge_trust=True)) == [("TRUST", "remove", "P")]


# Permissions


@pytest.mark.parametrize("where", ["key.p12", "key.d/password", "key.d/0001/key.p12", "key.d"])
def test_loosened_permissions_are_found_and_corrected(host, ca, where):
    host.converge(ca, identity=EC)
    host.converge(ca, identity={**EC, "subject": "CN=QM1,O=New"})
    path = host.ssl / where
    right = f"{path.stat().st_mode & 0o7777:04o}"
    path.chmod(0o777)
    options = {"ca": ca, "identity": {**EC, "subject": "CN=QM1,O=New"}}
    expected = [
        {"object": "FILE", "name": str(path), "action": "chmod", "attributes": {"mode": {"before": "0777", "after": right}}},
    ]
    assert host.run(check=True, **options)["changes"] == expected
    assert path.stat().st_mode & 0o7777 == 0o777
    digest = (host.ssl / "key.p12").read_bytes()
    result = host.run(**options)
    assert result["changes"] == expected
    assert result["diff"]["after"]["files"] == {str(path): {"mode": right}}
    assert f"{path.stat().st_mode & 0o7777:04o}" == right
    assert (host.ssl / "key.p12").read_bytes() == digest
    assert host.run(**options)["changed"] is False


def test_a_mode_for_the_group(host, ca):
    host.converge(ca, identity=EC, mode="0640")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (host.ssl / "key.p12", host.directory, host.directory / "password")}
    assert modes == {"key.p12": 0o640, "key.d": 0o750, "password": 0o600}
    assert host.run(ca=ca, identity=EC, mode="0640")["changed"] is False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_files_made_by_root_belong_to_the_owner_of_the_directory(host, ca):
    os.chown(host.ssl, 4321, 4322)
    host.converge(ca, identity=EC)
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in (host.ssl / "key.p12", host.directory, host.directory / "password")}
    assert owners == {(4321, 4322)}
    result = host.run(ca=ca, identity=EC, owner="4323")
    assert {change["attributes"]["owner"]["after"] for change in result["changes"]} == {"4323"}
    assert (host.ssl / "key.p12").stat().st_uid == 4323
    assert host.run(ca=ca, identity=EC, owner="4323")["changed"] is False


def test_the_last_directory_of_the_path_is_made(host, ca):
    options = {"path": str(host.ssl / "more/key"), "ca": ca, "identity": EC}
    announced = host.run(check=True, **options)
    assert steps(announced)[0] == ("FILE", "create", str(host.ssl / "more"))
    assert not (host.ssl / "more").exists()
    request = host.run(**options)
    assert request["changes"] == announced["changes"]
    host.run(**{**options, "_answer": ca.sign(request["_request"])})
    assert (host.ssl / "more").stat().st_mode & 0o777 == 0o700
    assert host.run(**options)["changed"] is False


# A repository that somebody made by hand


def by_hand(host, password="by hand"):
    key = certificates.generate_key("EC", 256)
    (host.folder / "k.pem").write_bytes(certificates.key_to_pem(key))
    name = ["-subj", "/CN=QM1", "-days", "300", "-out", str(host.folder / "c.pem")]
    openssl("req", "-x509", "-key", str(host.folder / "k.pem"), *name)
    files = ["-in", str(host.folder / "c.pem"), "-inkey", str(host.folder / "k.pem"), "-name", LABEL]
    openssl("pkcs12", "-export", *files, "-passout", f"pass:{password}", "-out", str(host.ssl / "key.p12"))
    (host.ssl / "key.p12").chmod(0o600)


def test_one_made_by_hand_is_read_and_then_changed_as_a_whole(host):
    by_hand(host)
    original = (host.ssl / "key.p12").read_bytes()
    options = {"identity": EC, "issuer": {"type": "self_signed"}, "password": "by hand"}
    result = host.run(**options)
    # the certificate is right; only the password is to be kept for the queue manager
    assert steps(result) == [("FILE", "create", f"{host.directory}/password")]
    assert not (host.ssl / "key.p12").is_symlink()
    assert host.password == "by hand"
    before = host.snapshot()
    assert host.run(**options)["changed"] is False
    assert host.snapshot() == before
    assert steps(host.run(**options, trust=[{"name": "P", "certificates": [self_signed()]}])) == [("TRUST", "add", "P")]
    assert (host.ssl / "key.p12").is_symlink()
    assert (host.directory / "0001/key.p12").read_bytes() == original
    assert "2 entries" in keytool(host)
    assert host.run(identity=EC, issuer={"type": "self_signed"})["changed"] is False


def test_one_made_by_hand_without_its_password_is_refused(host):
    by_hand(host)
    with pytest.raises(StateError) as refusal:
        host.run(identity=EC, issuer={"type": "self_signed"})
    assert str(refusal.value) == (
        f"The key repository {host.ssl}/key.p12 of queue manager QM1 was to be read and its password is not known; "
        "give it as mq_tls_key_repository_password."
    )


def test_a_wrong_password_is_noticed_even_with_nothing_to_do(host, ca):
    host.converge(ca, identity=EC, password="right one")
    assert host.password == "right one"
    before = host.snapshot()
    assert host.run(ca=ca, identity=EC, password="right one")["changed"] is False
    with pytest.raises(StateError) as refusal:
        host.run(ca=ca, identity=EC, password="wrong one")
    assert str(refusal.value) == (
        f"The key repository {host.ssl}/key.p12 was to be read and the password does not open it, or it is damaged; it is left as it is: "
        "give its password as mq_tls_key_repository_password or put a good copy in its place."
    )
    assert host.snapshot() == before


def test_a_changed_password_file_is_noticed(host, ca):
    host.converge(ca, identity=EC)
    right = host.password
    (host.directory / "password").write_text("something else\n")
    with pytest.raises(StateError, match="the password does not open it"):
        host.run(ca=ca, identity=EC)
    result = host.run(ca=ca, identity=EC, password=right)
    assert steps(result) == [("FILE", "replace", f"{host.directory}/password")]
    assert host.run(ca=ca, identity=EC)["changed"] is False


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda data: data[:-100], "it is cut short; it is left as it is: put a good copy in its place or move it away."),
        (lambda data: b"", "it is cut short; it is left as it is: put a good copy in its place or move it away."),
        (lambda data: b"<html>" + data, "it is no PKCS #12 file; it is left as it is: put a good copy in its place or move it away."),
        (
            lambda data: data[:200] + bytes((data[200] ^ 1,)) + data[201:],
            "the password does not open it, or it is damaged; it is left as it is: "
            "give its password as mq_tls_key_repository_password or put a good copy in its place.",
        ),
    ],
)
def test_a_damaged_repository_is_left_as_it_is(host, ca, damage, cause):
    host.converge(ca, identity=EC)
    path = host.ssl / "key.p12"
    path.write_bytes(damage(path.read_bytes()))
    before = host.snapshot()
    with pytest.raises(StateError) as refusal:
        host.run(ca=ca, identity=EC)
    assert str(refusal.value) == f"The key repository {path} was to be read and {cause}"
    assert host.snapshot() == before


# Answers


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (lambda ca, _request: ca.sign(Host_request()), "it is for another key than the one that was generated here"),
        (lambda ca, request: ca.sign(request, days=1, now=days_from_now(-2)), "it ended on"),
        (lambda ca, request: ca.sign(request, days=29), "it ends on"),
        (lambda ca, request: ca.sign(request, now=days_from_now(2)), "it is not valid before"),
        (lambda _ca, request: Ca().sign(request), "it did not come with the wanted issuer's certificate"),
        (lambda ca, request: [Ca().sign(request)[0], ca.pem], "its chain does not hold together"),
    ],
)
def test_a_wrong_certificate_is_not_put_in(host, ca, answer, cause):
    request = host.run(ca=ca, identity=EC)["_request"]
    with pytest.raises(StateError) as refusal:
        host.run(ca=ca, identity=EC, _answer=answer(ca, request))
    assert str(refusal.value).startswith(f"The certificate signed for queue manager QM1 was to be put into its key repository and {cause}")
    assert str(refusal.value).endswith("; nothing was changed: correct the issuer and run again.")
    assert not (host.ssl / "key.p12").exists()
    # and the request still waits for the right one
    assert host.run(ca=ca, identity=EC)["_request"] == request
    assert host.run(ca=ca, identity=EC, _answer=ca.sign(request))["certificate"]["subject"] == "CN=QM1"


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_host_whose_clock_is_an_hour_off_takes_a_certificate_of_a_ca_made_just_now(host, monkeypatch, hours):
    clock_off(monkeypatch, hours)
    ca = Ca()
    assert steps(host.converge(ca, identity=EC))[-1] == ("CERTIFICATE", "issue", LABEL)
    assert host.run(ca=ca, identity=EC)["changed"] is False


def test_a_host_whose_clock_is_further_behind_says_so(host, monkeypatch):
    clock_off(monkeypatch, -3)
    ca = Ca()
    request = host.run(ca=ca, identity=EC)["_request"]
    answer = ca.sign(request)
    begin = certificates.facts(certificates.load_certificate(answer[0], "it")).not_before
    with pytest.raises(StateError) as refusal:
        host.run(ca=ca, identity=EC, _answer=answer)
    assert re.sub(r"says [-0-9T:]+Z", "says NOW", str(refusal.value)) == (
        f"The certificate signed for queue manager QM1 was to be put into its key repository and it is not valid before {begin} and the "
        "clock of this host says NOW; set the clock that is wrong, this one or the issuer's; nothing was changed: correct the issuer and run "
        "again."
    )
    assert host.run(ca=ca, identity=EC)["_request"] == request, "and goes on waiting"


def clock_off(monkeypatch, hours):
    """The clock of the host is so much ahead of the controller's."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=hours)

    monkeypatch.setattr(key_repository, "datetime", Clock)


def Host_request():
    identity = port.core.Identity(LABEL, port.core.DistinguishedName.parse("CN=QM1"), "EC", 256)
    return certificates.make_request(certificates.generate_key("EC", 256), identity).decode()


def test_a_waiting_request_is_used_again_only_where_it_fits(host, ca):
    request = host.run(ca=ca, identity=EC)["_request"]
    assert host.run(ca=ca, identity=EC)["_request"] == request
    other = host.run(ca=ca, identity={**EC, "subject": "CN=QM1,O=Other"})["_request"]
    assert other != request
    with pytest.raises(StateError, match="the private key that it was requested for is not there any more; run again"):
        host.run(ca=ca, identity=EC, _answer=ca.sign(request))
    assert host.converge(ca, identity={**EC, "subject": "CN=QM1,O=Other"})["certificate"]["subject"] == "CN=QM1,O=Other"


def test_a_request_that_nobody_awaits_is_removed(host, ca):
    host.run(ca=ca, identity=EC)
    result = host.run(identity=EC, issuer={"type": "self_signed"})
    assert result["certificate"]["subject"] == "CN=QM1"
    assert not (host.directory / "pending").exists()
    host.run(ca=ca, identity=EC)
    announced = host.run(check=True, identity=EC, issuer={"type": "self_signed"})
    assert steps(announced) == [("FILE", "remove", f"{host.directory}/pending")]
    assert host.run(identity=EC, issuer={"type": "self_signed"})["changes"] == announced["changes"]
    assert not (host.directory / "pending").exists()


def test_the_private_key_is_in_no_result(host, ca):
    first = host.run(ca=ca, identity=EC)
    waiting = (host.directory / "pending/private_key.pem").read_text()
    assert (host.directory / "pending").stat().st_mode & 0o777 == 0o700
    assert (host.directory / "pending/private_key.pem").stat().st_mode & 0o777 == 0o600
    second = host.run(ca=ca, identity=EC, _answer=ca.sign(first["_request"]))
    secrets = [*waiting.splitlines()[1:-1], "PRIVATE KEY", host.password]
    for result in (first, second, host.run(ca=ca, identity=EC)):
        text = json.dumps(result)
        assert not [secret for secret in secrets if secret in text]


# Refusals


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"queue_manager": "QM9"},
            InputError,
            "The queue manager QM9 was looked for in {root}/var/mqm/mqs.ini and is not there (known: QM1); "
            "create it with crtmqm or correct mq_tls_queue_manager.",
        ),
        (
            {"identity": EC, "issuer": {"type": "self_signed"}, "production": True},
            UnsafeError,
            "The certificate of queue manager QM1 was to be self-signed, which mq_tls_production refuses; "
            "set mq_tls_issuer to a certificate authority, for example {{type: local_ca}}.",
        ),
        (
            {"path": "ssl/key"},
            InputError,
            "The key repository of queue manager QM1 was to be at 'ssl/key', which is no absolute path; correct mq_tls_key_repository.",
        ),
        (
            {"path": "/x/key.p12"},
            InputError,
            "The key repository of queue manager QM1 was to be at '/x/key.p12', which is no stem; leave the suffix out of "
            "mq_tls_key_repository, as in /var/mqm/qmgrs/QM1/ssl/key.",
        ),
        (
            {"path": "/not there/ssl/key"},
            StateError,
            "The key repository of queue manager QM1 was to be at '/not there/ssl/key' and there is no directory /not there; make it, owned "
            "by mqm, or correct mq_tls_key_repository.",
        ),
        (
            {"password": "a\nb"},
            InputError,
            "The password of the key repository of queue manager QM1 was to be used and is empty or has control characters; "
            "give another mq_tls_key_repository_password or leave it out to have one generated.",
        ),
        (
            {"mode": "0666"},
            InputError,
            "The files of the key repository of queue manager QM1 were to get the mode 0666; give '0600', or '0640' where a group has to "
            "read them.",
        ),
        (
            {"owner": "nobody-of-that-name"},
            InputError,
            "The files of the key repository of queue manager QM1 were to get the user nobody-of-that-name, whom this host does not know; "
            "correct it.",
        ),
    ],
)
def test_refused_before_anything_is_written(host, options, error, message):
    with pytest.raises(error) as refusal:
        host.run(**options)
    assert str(refusal.value) == message.format(root=host.folder)
    assert list(host.ssl.iterdir()) == []


def test_pkcs12_needs_mq_93(tmp_path):
    host = Host.make(tmp_path, "9.2.0.5")
    with pytest.raises(InputError) as refusal:
        host.run(type="pkcs12")
    assert str(refusal.value) == (
        f"The key repository {host.ssl}/key of queue manager QM1 was to be of type pkcs12, which IBM MQ reads from 9.3 on; "
        "set mq_tls_key_repository_type to cms."
    )


def test_two_types_at_once_ask_for_a_decision(host):
    for suffix in (".kdb", ".p12"):
        (host.ssl / f"key{suffix}").touch()
    with pytest.raises(StateError) as refusal:
        host.run()
    assert str(refusal.value) == (
        f"The type of the key repository {host.ssl}/key of queue manager QM1 was to be found out and there are both {host.ssl}/key.kdb and "
        f"{host.ssl}/key.p12; set mq_tls_key_repository_type to cms or pkcs12."
    )


def test_a_host_without_cryptography_is_told_what_to_install(host, monkeypatch):
    from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import library  # noqa: PLC0415

    monkeypatch.setattr(library, "AVAILABLE", False)
    with pytest.raises(StateError, match=r"the Python library cryptography is not there for .*; install it on this host"):
        host.run(identity=EC, issuer={"type": "self_signed"})
    assert not (host.ssl / "key.p12").exists()


def test_a_second_run_waits_and_then_says_who_is_at_work(host, ca):
    host.converge(ca, identity=EC)
    holder = subprocess.Popen(["flock", str(host.directory / "lock"), "sleep", "30"])  # noqa: S607
    try:
        while subprocess.run(["flock", "-n", str(host.directory / "lock"), "true"], check=False).returncode == 0:  # noqa: S607
            time.sleep(0.02)
        assert host.run(ca=ca, identity=EC)["changed"] is False  # nothing to do needs no lock
        with pytest.raises(StateError, match=r"is held by process \d+ of .*; wait for that run to end and run again"):
            host.run(ca=ca, identity=EC, trust=[{"name": "P", "certificates": [self_signed()]}], lock_timeout=0.2)
    finally:
        holder.kill()
        holder.wait()


def test_the_info_module_returns_what_the_other_takes(host, ca, tmp_path):
    host.converge(ca, identity=EC, trust=[{"name": "P", "certificates": [self_signed()]}])
    before = host.snapshot()
    spec = key_repository_info.argument_spec()
    parameters = {name: host.parameters().get(name, one.get("default")) for name, one in spec.items()}
    found = key_repository_info.run(parameters, SubprocessRunner())
    assert host.snapshot() == before
    own, authority = (
        next(one for one in found["certificates"] if one["has_key"] is has_key and one["subject"] != "CN=QM2") for has_key in (True, False)
    )
    assert list(own["signed_by"]) == list(authority["signed_by"]) == [authority["fingerprint"]]
    assert (own["extended_key_usage"], authority["extended_key_usage"]) == (("serverAuth", "clientAuth"), ())
    assert (own["is_ca"], authority["is_ca"]) == (False, True)
    assert found["identity"] == {"label": LABEL, "subject": "CN=QM1", "key_type": "EC", "key_size": 256, "dns_names": []}
    assert [item["name"] for item in found["trust"]] == ["P", "CN=Test CA"]
    assert {one["mode"] for one in found["files"] if not one["path"].endswith("key.d")} == {"0600"}
    assert host.run(ca=ca, identity=found["identity"], trust=found["trust"], purge_trust=True)["changed"] is False
    empty = Host.make(tmp_path / "other")
    parameters.update(data_path=f"{empty.folder}/var/mqm")
    found = key_repository_info.run(parameters, SubprocessRunner())
    assert (found["exists"], found["trust"], found["files"]) == (False, [], [])
    assert list(empty.ssl.iterdir()) == []


# Full disks, and places where nothing can be written


class Interrupted(Files):
    """Fails before the change number ``last``."""

    def __init__(self, last: int, error: OSError) -> None:
        self.left = last
        self.error = error

    def step(self, operation, path):
        if self.left == 0:
            raise self.error
        self.left -= 1


def contents(host):
    """Labels that the public path shows; None: no repository."""
    path = host.ssl / "key.p12"
    if not path.exists():
        return None
    loaded = pkcs12.load_pkcs12(path.read_bytes(), host.password.encode())
    return sorted(one.friendly_name.decode() for one in (loaded.cert, *loaded.additional_certs) if one)


def interrupted_run(host, monkeypatch, last, error, **options):
    with monkeypatch.context() as patched:
        patched.setattr(port, "Files", lambda: Interrupted(last, error))
        return host.run(**options)


def test_wherever_the_disk_is_full_the_repository_is_whole_and_a_second_run_ends_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _handle: None)  # the disk is not under test
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    master = Host.make(tmp_path / "master")
    options = {"identity": EC, "issuer": {"type": "self_signed"}}
    master.run(**options)
    before = contents(master)
    options["trust"] = [{"name": "P", "certificates": [self_signed()]}]
    after = sorted([LABEL, "P"])
    for last in range(200):
        host = Host(tmp_path / f"{last}")
        shutil.copytree(master.folder, host.folder, symlinks=True)
        ini = host.folder / "var/mqm/mqs.ini"
        ini.write_text(ini.read_text().replace("/master/", f"/{last}/"))
        try:
            result = interrupted_run(host, monkeypatch, last, full, **options)
        except StateError as refusal:
            assert "there is no space left for" in str(refusal)  # noqa: PT017
            result = None
        except OSError as refusal:
            pytest.fail(f"not turned into a sentence: {refusal}")
        found = contents(host)
        assert found in (before, after), f"before change {last}"
        if found == after:
            assert (host.directory / "refresh").exists()
        if result is not None and last > 20:
            break
        host.run(**options)
        assert contents(host) == after
        assert host.run(**options)["changed"] is False
        assert not [name for name in os.listdir(host.directory) if name.endswith(".new")]
        shutil.rmtree(host.folder)
    else:
        pytest.fail("the run never ended")


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (
            errno.EACCES,
            "this user may not write {path}; what was in use is unchanged: run as the owner of the directory (become_user: mqm) or ",
        ),
        (errno.EROFS, "{path} is on a file system that is mounted read-only; what was in use is unchanged: mount it for writing."),
        (errno.EIO, "{path} gave the error Input/output error; what was in use is unchanged: correct that and run again."),
    ],
)
def test_why_nothing_could_be_written(host, ca, monkeypatch, number, cause):
    host.converge(ca, identity=EC)
    path = f"{host.directory}/draft.new"
    with pytest.raises(StateError) as refusal:
        interrupted_run(
            host,
            monkeypatch,
            0,
            OSError(number, os.strerror(number), path),
            ca=ca,
            identity=EC,
            trust=[{"name": "P", "certificates": [self_signed()]}],
        )
    start = f"The key repository {host.ssl}/key of queue manager QM1 was to be changed and "
    assert str(refusal.value).startswith(start + cause.format(path=path))
    assert isinstance(refusal.value, MqTlsError)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_really_full(host, ca):
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(host.ssl)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        host.converge(ca, identity=EC)
        before = contents(host)
        ballast = os.open(host.ssl / "ballast", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError, match="No space left"):
            while os.write(ballast, b"x" * 512):
                pass
        os.close(ballast)
        with pytest.raises(StateError, match="there is no space left for"):
            host.run(ca=ca, identity=EC, trust=[{"name": "P", "certificates": [self_signed()]}])
        assert contents(host) == before
        (host.ssl / "ballast").unlink()
        assert steps(host.run(ca=ca, identity=EC, trust=[{"name": "P", "certificates": [self_signed()]}])) == [("TRUST", "add", "P")]
    finally:
        subprocess.run(["umount", str(host.ssl)], check=True)
