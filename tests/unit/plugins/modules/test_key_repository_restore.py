# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module key_repository_restore: generations of a real repository, and a queue manager that says SSLKEYR and CERTLABL."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Callable

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, MqTlsError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.restoration import located
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.lock import locked
from ansible_collections.mqfleet.tls.plugins.modules import key_repository_restore as module
from kill_points import LABEL, copied
from repository_host import EC, Ca, Host, days_from_now, openssl, self_signed, without_processes

TOLD = {"pkcs12": "$ssl/key.p12", "cms": "$ssl/key"}


def change(host: Host, subject: str, kind: str = "pkcs12", **options: object) -> dict:
    """Another certificate, at once."""
    return host.run(identity={**EC, "subject": subject}, issuer={"type": "self_signed"}, type=kind, **options)


def two_generations(host: Host, kind: str) -> Host:
    """CN=QM1, then CN=QM1,O=Bank; the queue manager has been told of both."""
    for subject in ("CN=QM1", "CN=QM1,O=Bank"):
        change(host, subject, kind)
        host.told()
    host.tells(TOLD[kind], LABEL)
    return host


def numbers(host: Host) -> list[str]:
    return sorted(path.name for path in host.directory.iterdir() if path.name.isdigit())


def current(host: Host) -> str:
    return os.readlink(host.directory / "current")


def presented(host: Host) -> str:
    """The subject of the certificate that the queue manager finds, as openssl and runmqakm read it."""
    if (host.ssl / "key.p12").exists():
        taken = ["-in", str(host.ssl / "key.p12"), "-passin", f"pass:{host.password}", "-nokeys"]
        (bag,) = [text for text in openssl("pkcs12", *taken).split("Bag Attributes") if f"friendlyName: {LABEL}\n" in text]
    else:
        target = host.folder / "taken.pem"
        argv = ["-cert", "-extract", "-db", str(host.ssl / "key.kdb"), "-stashed", "-label", LABEL, "-target", str(target)]
        subprocess.run([str(host.folder / "opt/mqm/bin/runmqakm"), *argv], check=True, capture_output=True)
        bag = target.read_text()
    shown = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=bag, capture_output=True, text=True, check=True).stdout
    return shown.partition("=")[2].replace(" ", "").strip()


@pytest.fixture(scope="module", params=["pkcs12", "cms"])
def made(request, tmp_path_factory) -> Host:
    with pytest.MonkeyPatch.context() as patches:
        without_processes(patches)
        return two_generations(Host.make(tmp_path_factory.mktemp(request.param), "9.4.2.0"), request.param)


@pytest.fixture(scope="module")
def made_pkcs12(tmp_path_factory) -> Host:
    return two_generations(Host.make(tmp_path_factory.mktemp("made"), "9.4.2.0"), "pkcs12")


@pytest.fixture
def of_each_type(made: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    without_processes(monkeypatch)
    return copied(made, tmp_path / "host")


@pytest.fixture
def host(made_pkcs12: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    without_processes(monkeypatch)
    return copied(made_pkcs12, tmp_path / "host")


def test_what_check_mode_announces_is_done(of_each_type: Host) -> None:
    host = of_each_type
    before = host.snapshot()
    announced = host.restore(check=True)
    assert host.snapshot() == before
    assert announced["msg"] == (
        f"The key repository {host.ssl}/key of queue manager QM1 would be put back to generation 0001; naming 0002 undoes it."
    )

    done = host.restore()
    assert done["changes"] == announced["announced"] == announced["changes"]
    (made,) = done["changes"]
    assert (made["object"], made["action"], made["name"]) == ("KEY REPOSITORY", "restore", f"{host.ssl}/key")
    assert made["attributes"]["generation"] == {"before": "0002", "after": "0001"}
    assert made["attributes"]["subject"] == {"before": "CN=QM1,O=Bank", "after": "CN=QM1"}
    assert done["diff"] == announced["diff"]
    assert presented(host) == "CN=QM1"
    files = {path.suffix: path.read_bytes() for path in host.ssl.glob("key.*") if path.is_file()}
    assert files == {path.suffix: path.read_bytes() for path in host.directory.glob("0001/key.*")}
    marker = (host.directory / "refresh").read_text()
    assert "REFRESH SECURITY" in marker
    assert "certificate in use until" in marker


def test_a_second_run_changes_nothing_and_naming_what_was_in_use_undoes_the_first(host: Host) -> None:
    done = host.restore()
    host.told()
    before = host.snapshot()
    for check in (True, False):
        again = host.restore(check=check)
        assert (again["changed"], again["changes"]) == (False, [])
        assert again["msg"].endswith("is as generation 0001 already, so that nothing was put back; there are also: 0002.")
    assert host.snapshot() == before

    assert host.restore(generation=done["former_generation"])["changed"]
    assert presented(host) == "O=Bank,CN=QM1"
    assert host.restore(generation="0002")["changed"] is False


def test_generations_are_listed(host: Host) -> None:
    first, second = host.restore(check=True)["generations"]
    assert [(one["generation"], one["current"], one["type"], one["problem"]) for one in (first, second)] == [
        ("0001", False, "pkcs12", None),
        ("0002", True, "pkcs12", None),
    ]
    own = next(one for one in second["certificates"] if one["label"] == LABEL)
    assert own["subject"] == "CN=QM1,O=Bank"
    assert own["days_left"] in (364, 365)
    assert len(own["fingerprint"].split(":")) == 32
    assert own["serial_number"] != first["certificates"][0]["serial_number"]


def test_what_was_before_the_change_stays_when_its_certificate_is_dropped(host: Host) -> None:
    former = change(host, "CN=QM1,O=Bank", check=True)["former"]["fingerprint"]
    change(host, "CN=QM1,O=Bank", drop_former=former)
    assert current(host) == "0003"
    assert not (host.directory / "refresh").exists(), "the queue manager has to be told nothing"
    host.restore()
    assert (current(host), presented(host)) == ("0001", "CN=QM1")


def test_a_change_that_the_queue_manager_was_not_told_of_is_not_what_it_worked_with(host: Host) -> None:
    change(host, "CN=QM1,O=Third")
    change(host, "CN=QM1,O=Fourth")
    assert numbers(host) == ["0002", "0003", "0004"]
    host.restore()
    assert presented(host) == "O=Bank,CN=QM1"


def test_the_next_change_follows_what_was_put_back(host: Host) -> None:
    host.restore()
    host.told()
    assert change(host, "CN=QM1")["changed"] is False
    change(host, "CN=QM1,O=Third")
    assert numbers(host) == ["0001", "0003"]
    host.told()
    host.restore()
    assert presented(host) == "CN=QM1"


def test_a_queue_manager_without_an_identity_gets_its_trust_back(tmp_path: Path) -> None:
    host = Host.make(tmp_path)
    trust = [{"name": "P", "certificates": [self_signed("CN=Partner")]}]
    for options in ({"trust": trust}, {"purge_trust": True}):
        host.run(type="pkcs12", **options)
        host.told()
    host.tells("$ssl/key.p12", LABEL)
    with pytest.raises(
        StateError, match=r"a private key for no certificate at all and none for ibmwebspheremqqm1, which the queue manager"
    ):
        host.restore()
    done = host.restore(label="")
    assert done["changes"][0]["attributes"] == {"generation": {"before": "0002", "after": "0001"}}
    taken = ["-in", str(host.ssl / "key.p12"), "-passin", f"pass:{host.password}", "-nokeys"]
    assert "friendlyName: P\n" in openssl("pkcs12", *taken)


def test_a_link_that_somebody_has_removed_is_made_again(host: Host) -> None:
    (host.ssl / "key.p12").unlink()
    host.restore()
    assert presented(host) == "CN=QM1"


def convert_and_undo(host: Host) -> None:
    """A change of type that the queue manager was not told of: the new generation holds the files of both types."""
    change(host, "CN=QM1,O=Bank", "cms")
    host.restore()


REFUSED: list[tuple[str, Callable[[Host], object], dict, type, str]] = [
    (
        "no such generation",
        lambda host: None,
        {"generation": "0007"},
        InputError,
        "as generation '0007' and {folder} holds 0001, 0002; name one of these.",
    ),
    (
        "none before",
        lambda host: (host.directory / "before").unlink(),
        {},
        StateError,
        "and {folder} keeps none from before the last change (there are: 0001, 0002); name one of these.",
    ),
    (
        "another type",
        lambda host: host.tells("$ssl/key", LABEL),
        {},
        StateError,
        "as generation 0001 of {folder}, which is of type pkcs12 while SSLKEYR of the queue manager says cms; name another generation, "
        "or have mqfleet.tls.site convert the one in use (mq_tls_key_repository_type).",
    ),
    (
        "files of the type before",
        convert_and_undo,
        {"generation": "0003"},
        StateError,
        "as generation 0003 of {folder}, which is of type cms while SSLKEYR of the queue manager says pkcs12; name another generation, "
        "or have mqfleet.tls.site convert the one in use (mq_tls_key_repository_type).",
    ),
    (
        "another label",
        lambda host: host.tells("$ssl/key.p12", "other"),
        {},
        StateError,
        "as generation 0001 of {folder}, which has a private key for ibmwebspheremqqm1 and none for other, which the queue manager needs; "
        "name another generation.",
    ),
    (
        "a plain file took the place of the link",
        lambda host: (host.ssl / "key.p12").rename(host.ssl / "aside") and (host.ssl / "key.p12").write_bytes(b"\x30"),
        {},
        StateError,
        "as generation 0001 of {folder} and {stem}.p12 is a file of its own, not a link to the generation in use; run mqfleet.tls.site, "
        "which makes it one, or move it away.",
    ),
]


@pytest.mark.parametrize(("arrange", "options", "error", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refusals(host: Host, arrange: Callable[[Host], object], options: dict, error: type[MqTlsError], said: str) -> None:
    arrange(host)
    before = host.snapshot()
    for check in (True, False):
        with pytest.raises(error) as refused:
            host.restore(check=check, **options)
        begin = f"The key repository {host.ssl}/key of queue manager QM1 was to be put back "
        assert str(refused.value) == begin + said.format(folder=host.directory, stem=f"{host.ssl}/key")
    assert host.snapshot() == before


def test_there_is_no_backup(tmp_path: Path) -> None:
    host = Host.make(tmp_path)
    host.tells("$ssl/key.p12", LABEL)
    with pytest.raises(StateError, match=r"none of the generations in .*/key.d \(none\) is in use; run mqfleet.tls.site first"):
        host.restore()
    change(host, "CN=QM1")
    change(host, "CN=QM1,O=Bank")
    with pytest.raises(StateError, match=r"keeps none from before the last change \(there are: 0001, 0002\); name one of these\.$"):
        host.restore()
    shutil.rmtree(host.directory / "0001")
    with pytest.raises(StateError, match=r"from before the last change \(there are: 0002\); there is nothing to put back\.$"):
        host.restore()


def test_another_password_is_that_of_the_generation(host: Host) -> None:
    password = host.password
    change(host, "CN=QM1,O=Bank", password_generation=2)
    host.told()
    assert host.password != password
    done = host.restore()
    assert (done["former_generation"], done["generation"]) == ("0003", "0002")
    assert host.password == password
    assert presented(host) == "O=Bank,CN=QM1"
    change(host, "CN=QM1,O=Bank", password_generation=2)
    assert (current(host), host.password == password) == ("0004", False)


@pytest.mark.parametrize("damage", ["contents", "password"])
def test_a_generation_that_does_not_open_is_listed_and_refused(host: Host, damage: str) -> None:
    if damage == "contents":
        (host.directory / "0001/key.p12").write_bytes(b"no repository")
    else:
        (host.directory / "0001/password").write_text("another one\n")
    with pytest.raises(StateError, match=r"as generation 0001 of .*, which could not be opened \(.*\); name another generation\."):
        host.restore()
    assert current(host) == "0002"
    if damage == "contents":
        assert host.restore(generation="0002")["generations"][0]["problem"]


@pytest.mark.parametrize("made", ["cms"], indirect=True)
def test_a_cms_generation_without_its_stash_file_is_refused(made: Host, tmp_path: Path) -> None:
    host = copied(made, tmp_path / "host")
    (host.directory / "0001/key.sth").unlink()
    with pytest.raises(
        StateError, match=r"which could not be opened \(.* and its stash file .*/0001/key.sth is not there; .*\); name another"
    ):
        host.restore()


def test_one_in_use_that_does_not_open_is_left(host: Host) -> None:
    (host.directory / "0002/key.p12").write_bytes(b"no repository")
    host.restore()
    assert presented(host) == "CN=QM1"


def test_an_expired_certificate_needs_consent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, ca = Host.make(tmp_path), Ca(begin=days_from_now(-800))
    identity = {**EC, "renew_before_days": 0, "days": 2}
    request = host.run(ca=ca, identity=identity, type="pkcs12")["_request"]
    host.run(ca=ca, identity=identity, type="pkcs12", _answer=ca.sign(request, days=2))
    host.told()
    change(host, "CN=QM1,O=Bank")
    host.tells("$ssl/key.p12", LABEL)

    class Later:
        @staticmethod
        def now(zone: object) -> datetime:
            return days_from_now(5)

    monkeypatch.setattr(module, "datetime", Later)
    said = r"whose certificate ibmwebspheremqqm1 ended at .*; name another generation or set mq_tls_restore_expired \(allow_expired\)\.$"
    with pytest.raises(StateError, match=said):
        host.restore()
    assert current(host) == "0002"
    assert host.restore(allow_expired=True)["changed"]
    assert current(host) == "0001"


def test_another_run_on_the_key_repository_is_waited_for(host: Host) -> None:
    with locked(f"{host.directory}/lock", 0, "key repository"), pytest.raises(StateError, match=r"^The lock .*/key.d/lock was waited for"):
        host.restore(lock_timeout=0.2)
    assert current(host) == "0002"


@pytest.mark.parametrize(
    ("told", "found"),
    [("/a/key", ("/a/key", "cms")), ("/a/key.kdb", ("/a/key", "cms")), ("/a/key.p12", ("/a/key", "pkcs12"))],
)
def test_sslkeyr_says_path_and_type(told: str, found: tuple[str, str]) -> None:
    assert located("It", told) == found


def test_a_queue_manager_without_a_key_repository() -> None:
    with pytest.raises(StateError, match=r"^It and its SSLKEYR names none; run mqfleet.tls.site, which makes one.$"):
        located("It", "")
