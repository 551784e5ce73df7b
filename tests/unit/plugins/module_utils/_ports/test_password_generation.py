# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another password for a key repository, asked for by a number that is raised: all else in it stays."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, MqTlsError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import CommandResult, SubprocessRunner
from kill_points import BY_HAND, by_hand, labels, opened
from mqsim.gskit.handshake import Environment
from mqsim.gskit.library import GskitError
from repository_host import EC, Host

LABEL = "ibmwebspheremqqm1"
MAIN = {"cms": "key.kdb", "pkcs12": "key.p12"}


def opens(path, password, stash):
    """Whether GSKit opens a key repository with a password or with a stash file, and finds the identity."""
    try:
        Environment(str(path), password, stash and str(stash), "server", LABEL, [], ["TLS_AES_256_GCM_SHA384"], {"TLSV13"}).close()
    except GskitError:
        return False
    return True


@pytest.mark.parametrize("kind", ["cms", "pkcs12"])
def test_the_password_is_another_one_and_all_else_stays(host_with, ca, wanted, kind):
    host, options = host_with(kind), {"type": kind, "ca": ca, **wanted}
    made = host.run(**options)
    # what the queue manager would open it with, as it was
    secret = host.password if kind == "pkcs12" else None
    stash = host.folder / "before.sth"
    if kind == "cms":
        stash.write_bytes((host.ssl / "key.sth").read_bytes())

    announced = host.run(check=True, password_generation=2, **options)
    result = host.run(password_generation=2, **options)
    assert announced["changes"] == result["changes"]
    assert [(change["object"], change["action"], change["attributes"]) for change in result["changes"]] == [
        ("KEY REPOSITORY", "alter", {"password_generation": {"before": 1, "after": 2}})
    ]
    assert result["diff"]["after"]["repository"] == {"password_generation": 2}
    for name in ("certificate", "trust", "repository"):
        assert result[name] == made[name]
    assert labels(host) == {LABEL, "CN=Test CA", "P"}
    assert opened(host) == []
    assert not opens(host.ssl / MAIN[kind], secret, stash if kind == "cms" else None)
    assert (host.directory / "refresh").exists()
    assert not list(host.ssl.rglob("*.new"))
    assert {path.stat().st_mode & 0o077 for path in host.ssl.rglob("*") if path.is_file() and path.name != "lock"} == {0}

    # the backup opens with the password that belongs to it
    backup = host.directory / "0001"
    kept = (backup / "password").read_text().strip() if kind == "pkcs12" else None
    assert kept == secret
    assert opens(backup / MAIN[kind], kept, backup / "key.sth" if kind == "cms" else None)

    looked_at = host.snapshot()
    for number in (2, 1):  # a smaller one asks for nothing
        assert not host.run(password_generation=number, **options)["changed"]
    assert host.snapshot() == looked_at

    # the next generation still has it
    host.run(password_generation=2, **{**options, "trust": []}, purge_trust=True)
    assert opened(host) == []
    assert not host.run(password_generation=2, **{**options, "trust": []})["changed"]


def test_a_new_repository_has_the_number_that_is_asked_for(ca, wanted, argv, tmp_path):
    host = Host.make(tmp_path)
    result = host.converge(ca, password_generation=3, **wanted)
    assert {change["action"] for change in result["changes"]} == {"create", "add", "issue"}
    assert not host.run(ca=ca, password_generation=3, **wanted)["changed"]
    assert host.run(check=True, ca=ca, password_generation=4, **wanted)["changed"]


def test_type_and_password_in_one_generation(host_with, ca, wanted):
    host = host_with("cms")
    result = host.run(ca=ca, type="pkcs12", password_generation=2, **wanted)
    assert [change["action"] for change in result["changes"]] == ["create", "alter", "convert"]
    assert sorted(path.name for path in host.directory.glob("0*")) == ["0001", "0002"]
    assert opened(host) == []
    assert not host.run(ca=ca, type="pkcs12", password_generation=2, **wanted)["changed"]


def test_the_next_password_may_be_given(host_with, ca, wanted):
    host, options = host_with("pkcs12"), {"ca": ca, "password": "Chosen-12345678", "password_generation": 2, **wanted}
    host.run(**options)
    assert host.password == "Chosen-12345678"
    assert opened(host) == []
    assert not host.run(**options)["changed"]

    before = host.snapshot()
    with pytest.raises(InputError) as refusal:
        host.run(**{**options, "password_generation": 3})
    assert str(refusal.value) == (
        f"The key repository {host.ssl}/key of queue manager QM1 was to get another password and mq_tls_key_repository_password is the one "
        "that it has; give the next one there, or leave it out to have one generated."
    )
    assert host.snapshot() == before


def test_one_made_by_hand_has_to_be_known_first(argv, tmp_path):
    host = Host.make(tmp_path)
    by_hand(host, None)
    options = {"identity": {**EC, "subject": "CN=QM1,O=Old"}, "issuer": {"type": "self_signed"}}
    with pytest.raises(InputError, match="mq_tls_key_repository_password is the one that it has"):
        host.run(password=BY_HAND, password_generation=2, **options)
    host.run(password=BY_HAND, **options)
    host.run(password_generation=2, **options)
    assert host.password != BY_HAND
    assert (host.directory / "0001/password").read_text() == f"{BY_HAND}\n"
    assert opened(host) == []


@pytest.mark.parametrize("number", [0, -1])
def test_a_number_below_one_is_refused(host_with, ca, wanted, number):
    with pytest.raises(InputError) as refusal:
        host_with("pkcs12").run(ca=ca, password_generation=number, **wanted)
    assert str(refusal.value) == (
        f"The key repository of queue manager QM1 was to have the password of generation {number}; "
        "give mq_tls_key_repository_password_generation a number from 1 on."
    )


def test_a_failing_program_leaves_the_one_in_use(host_with, ca, wanted, monkeypatch):
    host = host_with("cms")
    before, run = {path: path.read_bytes() for path in host.ssl.glob("key.*") if path.is_file()}, SubprocessRunner.run

    def broken(self, argv, *arguments, **options):
        return CommandResult(1, "CTGSK3029W", "") if "-import" in argv else run(self, argv, *arguments, **options)

    monkeypatch.setattr(SubprocessRunner, "run", broken)
    with pytest.raises(MqTlsError, match="-import"):
        host.run(ca=ca, type="cms", password_generation=2, **wanted)
    assert {path: path.read_bytes() for path in before} == before
    assert not list(host.ssl.rglob("*.new"))


@pytest.mark.parametrize("kind", ["cms", "pkcs12"])
def test_no_password_is_shown(host_with, ca, wanted, argv, kind):
    host, options = host_with(kind), {"type": kind, "ca": ca, **wanted}
    secrets = [host.password] if kind == "pkcs12" else []
    results = [host.run(check=check, password_generation=2, **options) for check in (True, False)]
    secrets += [host.password] if kind == "pkcs12" else []
    # that of CMS is nowhere but in the stash file: its only command line is that which makes the repository, while it is empty
    given = [one[one.index("-pw") + 1] for one in argv if "-pw" in one]
    assert {tuple(one[1:3]) for one in argv if {"-pw", "-target_pw", "-new_pw"} & set(one)} <= {("-keydb", "-create")}
    assert not [secret for secret in (*secrets, *given) if secret in json.dumps(results)]
    assert not [one for one in argv if set(secrets) & set(one)]
