# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module key_repository_restore: generations of a real repository, and a queue manager that says SSLKEYR and CERTLABL."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, MqTlsError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.restoration import located
from ansible_collections.mqfleet.tls.plugins.modules import key_repository_restore as module
from fakes import report
from repository_host import EC, Ca, Host, days_from_now

LABEL = "ibmwebspheremqqm1"


def says(host: Host, sslkeyr: str, certlabl: str = LABEL) -> None:
    """The queue manager answers with these attributes."""
    answer = report(["AMQ8408I: Display Queue Manager details.", "   QMNAME(QM1)", f"   CERTLABL({certlabl})", f"   SSLKEYR({sslkeyr})"])
    program = host.folder / "opt/mqm/bin/runmqsc"
    program.write_text(f"#!/bin/sh\nread question\ncat << 'END'\n{answer}\nEND\n")
    program.chmod(0o755)


def restore(host: Host, check: bool = False, **options: object) -> dict:
    defaults = {name: one.get("default") for name, one in module.argument_spec().items()}
    places = {"queue_manager": "QM1", "installation": f"{host.folder}/opt/mqm", "data_path": f"{host.folder}/var/mqm"}
    return module.run({**defaults, **places, **options}, check)


def current(host: Host) -> str:
    return os.readlink(host.directory / "current")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Two generations: CN=QM1, then CN=QM1,O=Bank, which the queue manager has been told of."""
    host = Host.make(tmp_path)
    for subject in ("CN=QM1", "CN=QM1,O=Bank"):
        host.run(identity={**EC, "subject": subject}, issuer={"type": "self_signed"}, type="pkcs12")
    (host.directory / "refresh").unlink()
    says(host, f"{host.ssl}/key.p12")
    return host


@pytest.mark.parametrize("generation", ["", "0001"])
def test_check_mode_announces_what_is_then_done(host: Host, generation: str) -> None:
    before = host.snapshot()
    announced = restore(host, check=True, generation=generation)
    assert host.snapshot() == before
    done = restore(host, generation=generation)
    assert done["changes"] == announced["announced"] == announced["changes"]
    (change,) = done["changes"]
    assert (change["object"], change["action"], change["name"]) == ("KEY REPOSITORY", "restore", f"{host.ssl}/key")
    assert change["attributes"]["generation"] == {"before": "0002", "after": "0001"}
    assert change["attributes"]["subject"] == {"before": "CN=QM1,O=Bank", "after": "CN=QM1"}
    assert done["diff"] == announced["diff"]
    assert current(host) == "0001"
    assert "REFRESH SECURITY" in (host.directory / "refresh").read_text()
    assert "certificate in use until" in (host.directory / "refresh").read_text()


def test_generations_are_listed(host: Host) -> None:
    first, second = restore(host, check=True)["generations"]
    assert [(one["generation"], one["current"], one["type"], one["problem"]) for one in (first, second)] == [
        ("0001", False, "pkcs12", None),
        ("0002", True, "pkcs12", None),
    ]
    (certificate,) = second["certificates"]
    assert (certificate["label"], certificate["subject"]) == (LABEL, "CN=QM1,O=Bank")
    assert certificate["days_left"] in (364, 365)
    assert len(certificate["fingerprint"].split(":")) == 32
    assert certificate["serial_number"] != first["certificates"][0]["serial_number"]


def test_naming_what_was_in_use_undoes_it_and_again_changes_nothing(host: Host) -> None:
    contents = (host.ssl / "key.p12").read_bytes()
    done = restore(host)
    assert (host.ssl / "key.p12").read_bytes() != contents
    assert restore(host, generation=done["former_generation"])["changed"]
    assert (host.ssl / "key.p12").read_bytes() == contents
    before = host.snapshot()
    again = restore(host, generation="0002")
    assert (again["changed"], again["changes"]) == (False, [])
    assert host.snapshot() == before


@pytest.mark.parametrize(
    ("case", "arrange", "options", "error", "said"),
    [
        (
            "no such generation",
            lambda host: None,
            {"generation": "0007"},
            InputError,
            "as generation '0007' and {folder} holds 0001, 0002; name one of these.",
        ),
        (
            "none before",
            lambda host: restore(host),
            {},
            StateError,
            "as the generation before 0001 and {folder} holds none before it (there are: 0001, 0002); name one of these.",
        ),
        (
            "another type",
            lambda host: says(host, f"{host.ssl}/key"),
            {},
            StateError,
            "as generation 0001 of {folder}, which is of type pkcs12 while SSLKEYR of the queue manager says cms; name another generation.",
        ),
        (
            "another label",
            lambda host: says(host, f"{host.ssl}/key.p12", "other"),
            {},
            StateError,
            "as generation 0001 of {folder}, which has a private key for ibmwebspheremqqm1 while CERTLABL of the queue manager says other; "
            "name another generation or change CERTLABL.",
        ),
        (
            "a plain file took the place of the link",
            lambda host: (host.ssl / "key.p12").rename(host.ssl / "aside") and (host.ssl / "key.p12").write_bytes(b"\x30"),
            {},
            StateError,
            "as generation 0001 of {folder} and {stem}.p12 does not lead into {folder}/current; run mqfleet.tls.site first, which brings "
            "such files into a generation.",
        ),
    ],
)
def test_refusals(host: Host, case: str, arrange, options: dict, error: type, said: str) -> None:
    arrange(host)
    before = host.snapshot()
    for check in (True, False):
        with pytest.raises(error) as refused:
            restore(host, check=check, **options)
        begin = f"The key repository {host.ssl}/key of queue manager QM1 was to be put back "
        assert str(refused.value) == begin + said.format(folder=host.directory, stem=f"{host.ssl}/key")
    assert host.snapshot() == before


@pytest.mark.parametrize("damage", ["contents", "password"])
def test_a_generation_that_does_not_open_is_listed_and_refused(host: Host, damage: str) -> None:
    if damage == "contents":
        (host.directory / "0001/key.p12").write_bytes(b"no repository")
    else:
        (host.directory / "password").write_text("another one\n")
    with pytest.raises(StateError, match=r"as generation 0001 of .*, which could not be opened \(.*\); name another generation\."):
        restore(host)
    assert current(host) == "0002"
    if damage == "contents":
        assert restore(host, generation="0002")["generations"][0]["problem"]


def test_an_expired_certificate_needs_consent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, ca = Host.make(tmp_path), Ca(begin=days_from_now(-800))
    identity = {**EC, "renew_before_days": 0, "days": 2}
    request = host.run(ca=ca, identity=identity, type="pkcs12")["_request"]
    host.run(ca=ca, identity=identity, type="pkcs12", _answer=ca.sign(request, days=2))
    host.run(identity={**EC, "subject": "CN=QM1,O=Bank"}, issuer={"type": "self_signed"}, type="pkcs12")
    says(host, f"{host.ssl}/key.p12")

    class Later:
        @staticmethod
        def now(zone: object) -> datetime:
            return days_from_now(5)

    monkeypatch.setattr(module, "datetime", Later)
    said = r"whose certificate ibmwebspheremqqm1 ended at .*; name another generation or set allow_expired\.$"
    with pytest.raises(StateError, match=said):
        restore(host)
    assert current(host) == "0002"
    assert restore(host, allow_expired=True)["changed"]
    assert current(host) == "0001"


def test_nothing_there_is_refused(tmp_path: Path) -> None:
    host = Host.make(tmp_path)
    says(host, f"{host.ssl}/key.p12")
    with pytest.raises(MqTlsError, match=r"none of the generations in .*/key.d \(none\) is in use; run mqfleet.tls.site first"):
        restore(host)


@pytest.mark.parametrize(
    ("told", "found"),
    [("/a/key", ("/a/key", "cms")), ("/a/key.kdb", ("/a/key", "cms")), ("/a/key.p12", ("/a/key", "pkcs12"))],
)
def test_sslkeyr_says_path_and_type(told: str, found: tuple[str, str]) -> None:
    assert located("It", told) == found


def test_a_queue_manager_without_a_key_repository() -> None:
    with pytest.raises(StateError, match=r"^It and its SSLKEYR names none; run mqfleet.tls.site, which makes one.$"):
        located("It", "")
