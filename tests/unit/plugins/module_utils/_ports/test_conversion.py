# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key repository that changes its type keeps private keys, certificates, labels, trust, and a request that waits for its answer."""

from __future__ import annotations

import itertools

import pytest
import system_calls
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import MqTlsError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import CommandResult, SubprocessRunner
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.files import Access, Files
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.generations import FILES_OF, Generations
from kill_points import copied, labels, opened
from repository_host import EC, Ca, Host, days_from_now, one_of_each_type, openssl, self_signed, without_processes

pytest.importorskip("mqsim.gskit")
LABEL = "ibmwebspheremqqm1"
OTHER = {"cms": "pkcs12", "pkcs12": "cms"}
SUFFIX = {"cms": ".kdb", "pkcs12": ".p12"}


@pytest.fixture(scope="module")
def ca():
    return Ca(begin=days_from_now(-5))


@pytest.fixture(scope="module")
def wanted():
    return {"identity": {**EC, "subject": "CN=QM1"}, "trust": [{"name": "P", "certificates": [self_signed("CN=Partner")]}]}


@pytest.fixture(scope="module")
def masters(ca, wanted, tmp_path_factory):
    return one_of_each_type(tmp_path_factory.mktemp("masters"), ca, **wanted)


@pytest.fixture
def argv(monkeypatch):
    return without_processes(monkeypatch)


@pytest.fixture
def host_with(masters, argv, tmp_path):
    return lambda kind: copied(masters[kind], tmp_path / "host")


def generations(host):
    return Generations(str(host.ssl / "key"), Files(), Access())


def converted(result):
    return [change["attributes"] for change in result["changes"] if change["action"] == "convert"]


def runmqakm(host, *arguments):
    argv = [str(host.folder / "opt/mqm/bin/runmqakm"), *arguments, "-db", str(host.ssl / "key.kdb"), "-stashed"]
    done = SubprocessRunner().run(argv)
    assert done.rc == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("before", ["cms", "pkcs12"])
def test_the_identity_its_key_and_trust_stay(host_with, ca, wanted, before):
    host, after = host_with(before), OTHER[before]
    made = host.run(ca=ca, type=before, **wanted)
    announced = host.run(check=True, ca=ca, type=after, **wanted)
    result = host.run(ca=ca, type=after, **wanted)

    assert "_request" not in result  # a certificate is not signed anew
    assert converted(result) == [{"type": {"before": before, "after": after}}]
    assert announced["changes"] == result["changes"]
    assert announced["repository"] == result["repository"]
    assert result["certificate"]["fingerprint"] == made["certificate"]["fingerprint"]
    assert result["repository"]["type"] == after
    assert (host.directory / "refresh").exists()
    assert not list(host.ssl.rglob("*.new"))
    # the queue manager reads the former files until it is told
    assert (host.ssl / f"key{SUFFIX[before]}").exists()
    assert opened(host) == []

    looked_at = host.snapshot()
    assert not host.run(ca=ca, type=after, **wanted)["changed"]
    assert not host.run(ca=ca, type="auto", **wanted)["changed"]
    assert host.snapshot() == looked_at

    generations(host).settle()
    assert not (host.ssl / f"key{SUFFIX[before]}").is_symlink()
    assert (host.directory / "password").is_symlink() == (after == "pkcs12")
    assert opened(host) == []
    assert labels(host) == {LABEL, "CN=Test CA", "P"}
    assert not host.run(ca=ca, type=after, **wanted)["changed"]


def test_the_backup_of_the_former_type_keeps_its_password(host_with, ca, wanted):
    host = host_with("pkcs12")
    host.run(ca=ca, type="cms", **wanted)
    generations(host).settle()
    backup = host.directory / "0001"
    text = openssl("pkcs12", "-in", str(backup / "key.p12"), "-passin", f"file:{backup}/password", "-nokeys")
    assert LABEL in text


def test_there_and_back_the_private_key_is_the_same(host_with, ca, wanted):
    host = host_with("pkcs12")

    def key():
        opened = ["-in", str(host.ssl / "key.p12"), "-passin", f"pass:{host.password}"]
        return openssl("pkcs12", *opened, "-nocerts", "-nodes").partition("-----")[2]

    before = key()
    for kind in ("cms", "pkcs12"):
        host.run(ca=ca, type=kind, **wanted)
        generations(host).settle()
    assert key() == before


def test_back_before_the_queue_manager_was_told(host_with, ca, wanted):
    host = host_with("cms")
    made = host.run(ca=ca, type="cms", **wanted)
    host.run(ca=ca, type="pkcs12", **wanted)
    result = host.run(ca=ca, type="cms", **wanted)
    assert converted(result) == [{"type": {"before": "pkcs12", "after": "cms"}}]
    assert result["certificate"]["fingerprint"] == made["certificate"]["fingerprint"]
    generations(host).settle()
    assert [path.name for path in host.ssl.glob("key.p12")] == []


@pytest.mark.parametrize("before", ["cms", "pkcs12"])
def test_killed_while_the_files_of_the_former_type_are_removed(host_with, ca, wanted, tmp_path, before):
    master = host_with(before)
    master.run(ca=ca, type=OTHER[before], **wanted)
    for point in itertools.count():
        host = copied(master, tmp_path / str(point))
        end = system_calls.run(lambda host=host: generations(host).settle(), point)
        assert opened(host) == [], end.killed_before
        generations(host).settle()
        former = {path.suffix for path in host.ssl.glob("key.*")} & set(FILES_OF[before])
        left = {path.name for path in (host.directory / "current").iterdir()}
        assert (former, left & {"superseded", f"key{SUFFIX[before]}"}) == (set(), set()), end.killed_before
        assert (host.directory / "password").is_symlink() == (before == "cms"), end.killed_before
        assert opened(host) == []
        if end.killed_before is None:
            break
    assert point > 5


@pytest.mark.parametrize("before", ["cms", "pkcs12"])
def test_a_request_that_waits_for_an_external_authority_stays(ca, argv, tmp_path, before):
    host, identity = Host.make(tmp_path), {**EC, "subject": "CN=QM1"}
    asked = host.run(ca=ca, type=before, identity=identity, _postponed=True)
    result = host.run(ca=ca, type=OTHER[before], identity=identity, _postponed=True)
    assert converted(result) == [{"type": {"before": before, "after": OTHER[before]}}]
    assert result["_request"] == asked["_request"]
    looked_at = host.snapshot()
    again = host.run(ca=ca, type=OTHER[before], identity=identity, _postponed=True)
    assert (again["changed"], again["_request"]) == (False, asked["_request"])
    assert host.snapshot() == looked_at

    answered = host.run(ca=ca, type=OTHER[before], identity=identity, _answer=ca.sign(asked["_request"]))
    assert answered["certificate"]["subject"] == "CN=QM1"
    assert opened(host) == []  # with the private key that belongs to it
    assert not list(host.ssl.rglob("*.new"))
    assert not (host.directory / "pending").exists()
    assert not host.run(ca=ca, type=OTHER[before], identity=identity)["changed"]


def test_a_password_that_comes_with_the_conversion_is_announced_too(host_with, ca, wanted):
    host = host_with("cms")
    options = {"type": "pkcs12", "password": "Chosen-12345678", **wanted}
    announced = host.run(check=True, ca=ca, **options)
    result = host.run(ca=ca, **options)
    assert [(change["object"], change["action"]) for change in result["changes"]] == [("FILE", "create"), ("KEY REPOSITORY", "convert")]
    assert announced["changes"] == result["changes"]
    assert host.password == "Chosen-12345678"


def test_a_request_that_would_be_lost_is_refused(host_with, ca, wanted, tmp_path):
    host = host_with("cms")
    runmqakm(host, "-certreq", "-create", "-label", "open", "-dn", "CN=Open", "-size", "2048", "-file", str(tmp_path / "open.pem"))
    before = host.snapshot()
    for options in ({"type": "pkcs12"}, {"type": "cms", "password_generation": 2}):
        with pytest.raises(StateError) as caught:
            host.run(ca=ca, **options, **wanted)
        assert str(caught.value).endswith(
            "was to get another type or password and holds the certificate request open, which would be lost; "
            "receive or delete it with runmqakm first, or keep both."
        )
    after = host.snapshot()
    files = [path for path in before if path.endswith(("kdb", "rdb", "sth"))]
    assert {path: after[path][3] for path in files} == {path: before[path][3] for path in files}
    assert not list(host.ssl.glob("key.p12"))


def test_a_certificate_that_is_not_trusted_does_not_become_trusted(host_with, ca, wanted):
    host = host_with("cms")
    pem = host.folder / "doubtful.pem"
    pem.write_text(self_signed("CN=Doubtful"))
    runmqakm(host, "-cert", "-add", "-label", "doubtful", "-file", str(pem), "-trust", "disable")
    host.run(ca=ca, type="cms", password_generation=2, **wanted)
    found = runmqakm(host, "-cert", "-list")
    assert "!\tdoubtful" not in found
    assert "doubtful" in found
    result = host.run(ca=ca, type="pkcs12", **wanted)
    assert [change["name"] for change in result["changes"] if change["object"] == "TRUST"] == ["doubtful"]
    assert labels(host) == {LABEL, "CN=Test CA", "P"}


@pytest.mark.parametrize("purge", [True, False])
@pytest.mark.parametrize("before", ["cms", "pkcs12"])
def test_certificates_that_nobody_described_are_purged_or_kept(host_with, ca, wanted, before, purge):
    host, described = host_with(before), {**wanted, "trust": []}
    announced = host.run(check=True, ca=ca, type=OTHER[before], purge_trust=purge, **described)
    result = host.run(ca=ca, type=OTHER[before], purge_trust=purge, **described)
    assert announced["changes"] == result["changes"]
    generations(host).settle()
    assert labels(host) == {LABEL, "CN=Test CA"} | (set() if purge else {"P"})
    assert not host.run(ca=ca, purge_trust=purge, **described)["changed"]


@pytest.mark.parametrize("purge", [True, False])
def test_one_made_by_hand_with_public_authorities_gets_its_certificate_and_another_type(ca, argv, tmp_path, purge):
    host = Host.make(tmp_path)
    program = str(host.folder / "opt/mqm/bin/runmqakm")
    made = ["-keydb", "-create", "-db", str(host.ssl / "key.kdb"), "-pw", "By-hand-12345678", "-type", "cms", "-stash", "-populate"]
    assert SubprocessRunner().run([program, *made]).rc == 0
    stock = labels(host)
    assert len(stock) > 10
    options = {"type": "pkcs12", "identity": EC, "purge_trust": purge}
    result = host.converge(ca, **options)
    assert len(converted(result)) == 1
    generations(host).settle()
    assert labels(host) == {LABEL, "CN=Test CA"} | (set() if purge else stock)
    assert opened(host) == []
    assert not host.run(ca=ca, **options)["changed"]


@pytest.mark.parametrize(("before", "failing"), [("cms", "-export"), ("pkcs12", "-import")])
def test_a_failing_program_leaves_no_file_with_a_private_key(host_with, ca, wanted, monkeypatch, before, failing):
    host = host_with(before)
    use = host.ssl / f"key{SUFFIX[before]}"
    contents, run, seen = use.read_bytes(), SubprocessRunner.run, []

    def broken(self, argv, *arguments, **options):
        if failing in argv:
            seen.append(list(host.ssl.rglob("transfer.new")))
            return CommandResult(1, "CTGSK3029W", "")
        return run(self, argv, *arguments, **options)

    monkeypatch.setattr(SubprocessRunner, "run", broken)
    with pytest.raises(MqTlsError, match=failing):
        host.run(ca=ca, type=OTHER[before], **wanted)
    assert seen[0]  # it was there
    assert not list(host.ssl.rglob("*.new"))
    assert use.read_bytes() == contents


def test_a_password_is_on_a_command_line_only_when_a_file_is_made(host_with, ca, wanted, argv):
    host = host_with("pkcs12")
    password = host.password
    for kind in ("cms", "pkcs12"):
        host.run(ca=ca, type=kind, **wanted)
    with_password = [argv[1:3] for argv in argv if {"-pw", "-target_pw", "-new_pw"} & set(argv)]
    assert with_password
    assert all(one == ["-keydb", "-create"] for one in with_password)
    assert not [argv for argv in argv if password in argv or host.password in argv]
