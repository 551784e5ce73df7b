# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CMS repositories: the simulator's runmqakm works on GSKit's own key databases, which it judges too."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import StateError, ToolError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.cms import CmsStore, new_password
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import CommandResult, CommandRunner, SubprocessRunner
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.files import Files
from hypothesis import given
from hypothesis import strategies as st
from repository_host import EC, Ca, Host, openssl, self_signed, without_processes

pytest.importorskip("mqsim.gskit")
LABEL = "ibmwebspheremqqm1"


@pytest.fixture(scope="module")
def ca():
    return Ca()


@pytest.fixture
def host(tmp_path, monkeypatch):
    without_processes(monkeypatch)
    return Host.make(tmp_path, "9.2.0.5")


def steps(result):
    return [(change["object"], change["action"], change["name"]) for change in result["changes"]]


def runmqakm(host, *arguments):
    program = str(host.folder / "opt/mqm/bin/runmqakm")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def listed(host, db="key.kdb"):
    """Flags and labels, as runmqakm lists them."""
    done = runmqakm(host, "-cert", "-list", "-db", str(host.ssl / db), "-stashed")
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted((flags, label) for flags, label in re.findall(r'^([*\-!#]+)\t"?(.*?)"?$', done.stdout, re.MULTILINE))


@pytest.fixture
def argv(monkeypatch):
    """Every argument list that is run on the host."""
    seen = []
    run = SubprocessRunner.run

    def recorded(self, arguments, *more, **options):
        seen.append(list(arguments))
        return run(self, arguments, *more, **options)

    monkeypatch.setattr(SubprocessRunner, "run", recorded)
    return seen


def test_ca_signed_from_nothing_to_renewal(host, ca, argv, tmp_path):
    partner = self_signed("CN=Partner")
    options = {"identity": {**EC, "subject": "CN=QM1,O=Bank,C=GB"}, "trust": [{"name": "P", "certificates": [partner]}]}
    announced = host.run(check=True, ca=ca, **options)
    assert list(host.ssl.iterdir()) == []
    result = host.converge(ca, **options)
    assert announced["changes"] == result["changes"]
    assert [" ".join(arguments[1:3]) for arguments in argv if arguments[0].endswith("runmqakm")] == [
        *("-keydb -create", "-certreq -create"),  # for the request
        # what was added is not extracted again: that it is there, the list says
        *("-cert -add", "-cert -add", "-cert -receive", "-cert -list", "-cert -extract"),
    ]
    assert steps(result) == [
        ("KEY REPOSITORY", "create", str(host.ssl / "key")),
        ("TRUST", "add", "P"),
        ("TRUST", "add", "CN=Test CA"),
        ("CERTIFICATE", "issue", LABEL),
    ]
    assert result["repository"]["type"] == "cms"
    assert result["repository"]["ssl_key_repository"] == str(host.ssl / "key")
    assert result["repository"]["password_file"] is None
    assert listed(host) == [("!", "CN=Test CA"), ("!", "P"), ("-", LABEL)]
    target = str(tmp_path / "own.pem")
    db = ["-db", str(host.ssl / "key.kdb"), "-stashed"]
    assert runmqakm(host, "-cert", "-extract", *db, "-label", LABEL, "-target", target, "-format", "ascii").returncode == 0
    (tmp_path / "ca.pem").write_text(ca.pem)
    assert "OK" in openssl("verify", "-CAfile", str(tmp_path / "ca.pem"), target)
    assert openssl("x509", "-in", target, "-noout", "-fingerprint", "-sha256").strip().endswith(result["certificate"]["fingerprint"])

    # with nothing to do no program runs and no file is touched
    before, ran = host.snapshot(), len(argv)
    assert host.run(ca=ca, **options)["changed"] is False
    assert (host.snapshot(), len(argv)) == (before, ran)

    # a new certificate under the same label, the one before under another; the password, and so the stash file, stay
    stash = (host.ssl / "key.sth").read_bytes()
    options["identity"] = {**EC, "subject": "CN=QM1,O=New,C=GB"}
    renewed = host.converge(ca, **options)
    assert [change["reason"] for change in renewed["changes"]] == ["the subject is CN=QM1,O=Bank,C=GB"]
    before_it = [("!", "CN=Test CA"), ("!", "P"), ("-", LABEL)]
    assert listed(host) == [*before_it, ("-", f"{LABEL}-former")]
    assert (host.ssl / "key.sth").read_bytes() == stash
    assert listed(host, "key.d/0001/key.kdb") == before_it
    assert not [name for name in os.listdir(host.directory) if name.endswith(".new") or name == "pending"]
    assert {path.stat().st_mode & 0o777 for path in host.directory.rglob("key.*")} == {0o600}

    # the password is given where a repository is made, and nowhere else
    for arguments in argv:
        assert ("-pw" in arguments) == (arguments[1:3] == ["-keydb", "-create"]), arguments[1:3]


@pytest.mark.parametrize("kept", [True, False], ids=["under another label", "of an earlier release"])
def test_a_request_that_was_made_under_another_label(host, ca, kept):
    asked = host.run(ca=ca, identity={**EC, "label": "pending"})
    if not kept:
        (host.directory / "pending/label").unlink()
    result = host.converge(ca, identity=EC)
    assert listed(host) == [("!", "CN=Test CA"), ("-", LABEL)]
    assert asked["_request"]
    assert result["certificate"]["label"] == LABEL
    assert host.run(ca=ca, identity=EC)["changed"] is False


def test_self_signed_in_one_execution(host):
    options = {"identity": {"key_size": 2048, "days": 100}, "issuer": {"type": "self_signed"}}
    result = host.run(**options)
    assert listed(host)[0][1] == LABEL
    text = subprocess.run(
        ["openssl", "x509", "-noout", "-text"], input=result["certificate"]["pem"], capture_output=True, text=True, check=True
    ).stdout
    assert "TLS Web Server Authentication, TLS Web Client Authentication" in text
    assert "Digital Signature, Key Encipherment" in text
    assert host.run(**options)["changed"] is False
    announced = host.run(check=True, **{**options, "identity": {"key_size": 3072}})
    assert host.run(**{**options, "identity": {"key_size": 3072}})["changes"] == announced["changes"]


def test_the_private_key_fits_the_certificate(host, ca):
    """GSKit can present it: a server environment needs the key."""
    from mqsim.gskit.handshake import Environment  # noqa: PLC0415

    host.converge(ca, identity=EC)
    stash = str(host.ssl / "key.sth")
    Environment(str(host.ssl / "key.kdb"), None, stash, "server", LABEL, [], ["TLS_AES_256_GCM_SHA384"], {"TLSV13"}).close()


def test_one_made_by_hand_is_adopted_with_all_its_files(host):
    db = ["-db", str(host.ssl / "key.kdb")]
    assert runmqakm(host, "-keydb", "-create", *db, "-pw", "By-hand-12345678", "-type", "cms", "-stash").returncode == 0
    described = ["-label", LABEL, "-dn", "CN=QM1", "-size", "2048", "-expire", "300", "-sig_alg", "SHA256WithRSA"]
    assert runmqakm(host, "-cert", "-create", *db, "-stashed", *described).returncode == 0
    options = {"identity": {"key_size": 2048}, "issuer": {"type": "self_signed"}}
    assert host.run(**options)["changed"] is False
    assert not (host.ssl / "key.kdb").is_symlink()
    files = {path.name: path.read_bytes() for path in host.ssl.glob("key.*") if path.is_file()}
    assert steps(host.run(**options, trust=[{"name": "P", "certificates": [self_signed()]}])) == [("TRUST", "add", "P")]
    assert {path.name for path in host.ssl.iterdir() if path.is_symlink()} == set(files)
    assert {path.name: path.read_bytes() for path in (host.directory / "0001").iterdir()} == files
    assert ("!", "P") in listed(host)


def test_trust_that_is_missing_disabled_or_to_be_purged(host, ca):
    host.converge(ca, identity=EC, trust=[{"name": "P", "certificates": [self_signed()]}])
    db = ["-db", str(host.ssl / "key.kdb"), "-stashed", "-label", "CN=Test CA"]
    if runmqakm(host, "-cert", "-modify", *db, "-trust", "disable").returncode == 0:
        assert steps(host.run(ca=ca, identity=EC)) == [("TRUST", "alter", "CN=Test CA")]
    assert runmqakm(host, "-cert", "-delete", *db).returncode == 0
    assert steps(host.run(ca=ca, identity=EC, purge_trust=True)) == [("TRUST", "remove", "P"), ("TRUST", "add", "CN=Test CA")]
    assert listed(host) == [("!", "CN=Test CA"), ("-", LABEL)]


@pytest.fixture
def populating(host, monkeypatch):
    """Some levels of runmqakm put public CA certificates into a repository that they make, without being asked to."""
    run = SubprocessRunner.run

    def asked(self, arguments, *more, **options):
        unasked = ["-populate"] if arguments[1:3] == ["-keydb", "-create"] and "cms" in arguments else []
        return run(self, [*arguments, *unasked], *more, **options)

    monkeypatch.setattr(SubprocessRunner, "run", asked)


def test_a_new_one_trusts_no_public_authority(host, ca, populating):
    options = {"identity": EC, "trust": [{"name": "P", "certificates": [self_signed()]}], "purge_trust": True}
    announced = host.run(check=True, ca=ca, **options)
    assert announced["changes"] == host.converge(ca, **options)["changes"]
    expected = [("!", "CN=Test CA"), ("!", "P"), ("-", LABEL)]
    assert listed(host) == expected
    host.run(ca=ca, password_generation=2, **options)
    assert listed(host) == expected


def test_a_public_authority_that_is_asked_for_stays(host, ca, populating, tmp_path):
    stock, target = ["-db", str(tmp_path / "stock.kdb")], str(tmp_path / "public.pem")
    assert runmqakm(host, "-keydb", "-create", *stock, "-pw", "By-hand-12345678", "-type", "cms", "-stash", "-populate").returncode == 0
    label = re.findall(r'^!\t"?(.*?)"?$', runmqakm(host, "-cert", "-list", *stock, "-stashed").stdout, re.MULTILINE)[0]
    wanted = ["-stashed", "-label", label, "-target", target, "-format", "ascii"]
    assert runmqakm(host, "-cert", "-extract", *stock, *wanted).returncode == 0
    with open(target, encoding="ascii") as stream:
        options = {"identity": EC, "trust": [{"name": "Public", "certificates": [stream.read()]}]}
    host.converge(ca, **options)
    assert [flags for flags, _label in listed(host)] == ["!", "!", "-"]
    assert not host.run(ca=ca, **options)["changed"]


@pytest.mark.parametrize("purge", [True, False])
def test_public_authorities_in_one_made_by_hand_are_purged_or_kept(host, ca, purge):
    db = ["-db", str(host.ssl / "key.kdb")]
    assert runmqakm(host, "-keydb", "-create", *db, "-pw", "By-hand-12345678", "-type", "cms", "-stash", "-populate").returncode == 0
    stock = [label for _flags, label in listed(host)]
    assert len(stock) > 10
    result = host.converge(ca, identity=EC, purge_trust=purge)
    removed = {name for kind, action, name in steps(result) if (kind, action) == ("TRUST", "remove")}
    assert removed == (set(stock) if purge else set())
    assert {label for _flags, label in listed(host)} == {LABEL, "CN=Test CA", *([] if purge else stock)}
    assert not host.run(ca=ca, identity=EC, purge_trust=purge)["changed"]


def test_without_its_stash_file_it_is_refused_with_the_remedy(host, ca):
    host.converge(ca, identity=EC)
    (host.ssl / "key.sth").unlink()
    before = host.snapshot()
    with pytest.raises(StateError) as refusal:
        host.run(ca=ca, identity=EC)
    assert str(refusal.value) == (
        f"The key repository {host.ssl}/key.kdb was to be read and its stash file {host.ssl}/key.sth is not there; make it as the owner of "
        f"the repository with 'runmqakm -keydb -stashpw -db {host.ssl}/key.kdb', which asks for the password."
    )
    assert host.snapshot() == before


@pytest.mark.parametrize("contents", [b"", bytes(10080)], ids=["empty", "blank"])
def test_an_empty_file_is_not_taken_for_an_empty_repository(host, ca, contents):
    host.converge(ca, identity=EC)
    (host.ssl / "key.kdb").write_bytes(contents)
    before = host.snapshot()
    with pytest.raises(StateError) as refusal:
        host.run(ca=ca, identity=EC)
    assert str(refusal.value) == (
        f"The key repository {host.ssl}/key.kdb was to be read and it is empty or blank; it is left as it is: "
        "put a good copy in its place or move it away."
    )
    assert host.snapshot() == before


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("key.kdb", lambda data: data[: len(data) // 2 + 100]),
        ("key.kdb", lambda data: b"<html>" + data),
        ("key.sth", lambda data: bytes(len(data))),
    ],
)
def test_a_damaged_one_is_left_as_it_is(host, ca, name, damage):
    host.converge(ca, identity=EC)
    path = host.ssl / name
    path.write_bytes(damage(path.read_bytes()))
    before = host.snapshot()
    with pytest.raises(ToolError) as refusal:
        host.run(ca=ca, identity=EC)
    assert str(refusal.value).startswith(
        f"The key repository {host.ssl}/key.kdb was to be read and runmqakm -cert -list ended with return code "
    )
    assert str(refusal.value).endswith("check that the stash file belongs to the repository and that neither is damaged.")
    assert refusal.value.rc
    assert host.snapshot() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("left", [0, 12288])
def test_a_full_disk(host, ca, left):
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(host.ssl)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        host.converge(ca, identity=EC)
        before = listed(host)
        ballast = os.open(host.ssl / "ballast", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError, match="No space left"):
            while os.write(ballast, b"x" * 512):
                pass
        os.ftruncate(ballast, os.fstat(ballast).st_size - left)
        os.close(ballast)
        with pytest.raises(StateError, match="there is no space left for .*; what was in use is unchanged: free space there and run again"):
            host.run(ca=ca, identity=EC, trust=[{"name": "P", "certificates": [self_signed()]}])
        assert listed(host) == before
        assert not list(host.directory.glob("*.new"))
        (host.ssl / "ballast").unlink()
        assert steps(host.run(ca=ca, identity=EC, trust=[{"name": "P", "certificates": [self_signed()]}])) == [("TRUST", "add", "P")]
    finally:
        subprocess.run(["umount", str(host.ssl)], check=True)


def test_without_runmqakm(host, ca):
    program = host.folder / "opt/mqm/bin/runmqakm"
    program.unlink()
    with pytest.raises(StateError) as refusal:
        host.run(ca=ca, identity=EC)
    assert str(refusal.value) == (
        f"The program {program} is needed and is not there; install IBM MQ on this host or correct mq_tls_installation "
        f"({host.folder}/opt/mqm)."
    )
    assert not (host.ssl / "key.kdb").exists()


class Scripted(CommandRunner):
    """Answers every call with the same result."""

    def __init__(self, result):
        self.result = result

    def run(self, argv, stdin=None, timeout=60.0, cwd=None):
        self.password = argv[argv.index("-pw") + 1]
        return CommandResult(self.result.rc, self.result.stdout.replace("PASSWORD", self.password), self.result.stderr)


def test_a_password_that_runmqakm_repeats_is_not_passed_on(tmp_path):
    store = CmsStore("/opt/mqm/bin/runmqakm", Scripted(CommandResult(1, "CTGSK3000W invalid -pw PASSWORD", "")), Files())
    with pytest.raises(ToolError) as refusal:
        store._create(str(tmp_path / "key"))
    assert "invalid -pw ********" in str(refusal.value)
    assert refusal.value.stdout == "CTGSK3000W invalid -pw ********"


@given(st.integers(0, 5))
def test_passwords_are_strong_as_runmqakm_means_it(_again):
    password = new_password()
    assert re.fullmatch(r"[A-Za-z0-9]{40}", password)
    assert re.search("[a-z]", password)
    assert re.search("[A-Z]", password)
    assert re.search("[0-9]", password)
    assert max(Counter(password).values()) <= 3
    assert not re.search(r"(.)\1\1", password)
    assert new_password() != password
