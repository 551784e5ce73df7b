# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules key_repository and key_repository_restore, killed before every change that they make to the file system of their host; and
what is then looked at.

A scenario is prepared once. For every point the host is copied, the work is done in a process of its own that is killed there, and then

- GSKit opens the key repository, if there is one, with its password;
- its files are those that were there before, or all of one generation: never some of each;
- nobody else can read a file of it;
- what can be put back is there;
- the marker for REFRESH SECURITY is there if the repository is another one;
- plain reruns complete, end with what was wanted, change nothing the second time and leave nothing half-written behind.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import system_calls
from mqsim.gskit.handshake import Environment
from mqsim.gskit.library import GskitError
from repository_host import EC, Ca, Host, openssl, self_signed, without_processes

LABEL = "ibmwebspheremqqm1"
VERSIONS = {"cms": "9.2.0.5", "pkcs12": "9.4.2.0"}
# Nothing in them is secret, and the directory around them is closed until their permissions are set.
_PUBLIC = ("lock", "request.pem", "certificate.pem")
BY_HAND = "By-hand-12345678"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Scenario:
    """``made_by``: how the host comes to the repository that is then changed to ``wanted``; options of the module."""

    name: str
    type: str
    made_by: Callable[[Host, Ca], object]
    wanted: dict[str, object]
    labels: frozenset[str]

    def work(self, host: Host, ca: Ca) -> dict[str, object]:
        """Two executions of the module where a certificate is to be signed, else one."""
        return host.converge(ca, **self.wanted)


class Restoration(Scenario):
    """One generation is put back by key_repository_restore."""

    def work(self, host: Host, ca: Ca) -> dict[str, object]:
        return host.restore()


@dataclass
class Verdict:
    """What was found at the points of a scenario."""

    scenario: str
    points: int = 0
    failures: list[str] = field(default_factory=list)


def scenarios(kind: str) -> list[Scenario]:
    """For repositories of one type."""
    partner = {"name": "P", "certificates": [self_signed("CN=Partner")]}
    old = {"identity": {**EC, "subject": "CN=QM1,O=Old"}}
    new = {"identity": {**EC, "subject": "CN=QM1,O=New"}}
    # the replaced certificate is kept until a channel proves the new one
    kept = frozenset({f"{LABEL}-former"})
    both, ca_alone = frozenset({LABEL, "CN=Test CA", "P"}), frozenset({LABEL, "CN=Test CA"})

    def nothing(_host: Host, _ca: Ca) -> None:
        """Not even a directory is there."""

    def ours(**options: object) -> Callable[[Host, Ca], object]:
        return lambda host, ca: host.converge(ca, **options)

    adopted = {**old, "issuer": {"type": "self_signed"}, "trust": [partner]}
    if kind == "pkcs12":
        adopted["password"] = BY_HAND
    wanted = {**old, "trust": [partner]}
    conversions = [
        Scenario("from CMS", kind, ours(**wanted, type="cms"), {**wanted, "type": "pkcs12"}, both),
        Scenario("to CMS", kind, ours(**wanted, type="pkcs12"), {**wanted, "type": "cms"}, both),
    ]
    renewed = Scenario("another password", kind, ours(**wanted), {**wanted, "password_generation": 2}, both)
    return [
        Scenario("creation", kind, nothing, {**old, "trust": [partner]}, both),
        Scenario("renewal", kind, ours(**old, trust=[partner]), {**new, "trust": [partner]}, both | kept),
        Scenario("trust added", kind, ours(**old), {**old, "trust": [partner]}, both),
        Scenario("trust removed", kind, ours(**old, trust=[partner]), {**old, "purge_trust": True}, ca_alone),
        Scenario("made by hand", kind, by_hand, adopted, both),
        renewed,
        *(conversions if kind == "pkcs12" else []),  # an older queue manager reads no other type
    ]


def restoration(kind: str) -> Restoration:
    """From the second generation, with which the queue manager works, to the first."""

    def two_generations(host: Host, ca: Ca) -> None:
        for name in ("Old", "New"):
            host.converge(ca, identity={**EC, "subject": f"CN=QM1,O={name}"})
            host.told()
        host.tells("$ssl/key.p12" if kind == "pkcs12" else "$ssl/key", LABEL)

    return Restoration("restoration", kind, two_generations, {}, frozenset({LABEL, "CN=Test CA"}))


def by_hand(host: Host, _ca: Ca) -> None:
    """A repository with a self-signed certificate, as an administrator makes it with runmqakm or openssl."""
    if host_type(host) == "cms":
        program, db = str(host.folder / "opt/mqm/bin/runmqakm"), ["-db", str(host.ssl / "key.kdb")]
        described = ["-label", LABEL, "-dn", "CN=QM1,O=Old", "-size", "256", "-expire", "300", "-sig_alg", "EC_ecdsa_with_SHA256"]
        for argv in (
            ["-keydb", "-create", *db, "-pw", BY_HAND, "-type", "cms", "-stash"],
            ["-cert", "-create", *db, "-stashed", *described],
        ):
            subprocess.run([program, *argv], check=True, capture_output=True)
    else:
        key, certificate = host.folder / "key.pem", host.folder / "certificate.pem"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(key))
        openssl("req", "-x509", "-key", str(key), "-subj", "/O=Old/CN=QM1", "-days", "300", "-out", str(certificate))
        files = ["-in", str(certificate), "-inkey", str(key), "-name", LABEL]
        openssl("pkcs12", "-export", *files, "-passout", f"pass:{BY_HAND}", "-out", str(host.ssl / "key.p12"))
    for path in host.ssl.glob("key.*"):
        path.chmod(0o600)


def host_type(host: Host) -> str:
    """The type that a new repository gets there."""
    return "cms" if " 9.2" in (host.folder / "opt/mqm/bin/dspmqver").read_text() else "pkcs12"


def kill_everywhere(scenario: Scenario, ca: Ca, folder: Path, every: int = 1, begin: int = 0) -> Verdict:
    """Kill at every point of a scenario, or at each ``every``-th from ``begin`` on."""
    verdict = Verdict(f"{scenario.type}, {scenario.name}")
    master = Host.make(folder / "master", VERSIONS[scenario.type])
    with pytest.MonkeyPatch.context() as patches:
        without_processes(patches)
        scenario.made_by(master, ca)
    (master.directory / "refresh").unlink(missing_ok=True)  # the queue manager has been told
    for point in range(begin, 10_000, every):
        host = copied(master, folder / str(point))
        before = live(host)
        end = system_calls.run(partial(scenario.work, host, ca), point)
        if end.killed_before is None:
            if end.status:
                verdict.failures.append(f"{verdict.scenario}: a run that nobody killed ended with {end.status}")
            shutil.rmtree(host.folder)
            shutil.rmtree(master.folder)
            return verdict
        verdict.points += 1
        with pytest.MonkeyPatch.context() as patches:
            without_processes(patches)
            wrong = [*judge_killed(host, before), *judge_rerun(host, scenario, ca)]
        verdict.failures += [f"{verdict.scenario}, point {point} ({end.killed_before}): {one}" for one in wrong]
        shutil.rmtree(host.folder)
    raise AssertionError("the run never ended")


def kill_while_a_program_runs(scenario: Scenario, ca: Ca, folder: Path, runs: Iterable[int] = range(1, 1000)) -> Verdict:
    """Kill while the n-th run of runmqakm is at work, which goes on by itself, and rerun at once; ``runs``: these n."""
    verdict = Verdict(f"{scenario.type}, {scenario.name}, runmqakm at work")
    master = Host.make(folder / "master", VERSIONS[scenario.type])
    scenario.made_by(master, ca)
    (master.directory / "refresh").unlink(missing_ok=True)  # the queue manager has been told
    program = master.folder / "opt/mqm/bin/runmqakm"
    program.rename(program.with_name("runmqakm.real"))
    program.write_text(_ORPHAN)
    program.chmod(0o755)
    for number in runs:
        host = copied(master, folder / str(number))
        before = live(host)
        (host.folder / "opt/mqm/bin/killing").write_text(f"{number}\n")
        end = system_calls.run(partial(scenario.work, host, ca))
        if end.status == 0:
            break
        verdict.points += 1
        wrong = [*judge_killed(host, before), *judge_rerun(host, scenario, ca)]
        verdict.failures += [f"{verdict.scenario}, run {number}: {one}" for one in wrong]
        shutil.rmtree(host.folder)
    return verdict


# The n-th run kills the module that waits for it, and does its work when the rerun has come to a run of its own, or half a second later.
_ORPHAN = """\
#!/bin/sh
here=${0%/*}
left=$(cat "$here/killing" 2>/dev/null || echo 9999)
echo $((left - 1)) > "$here/killing"
case $left in
  1)
    kill -9 $PPID
    for _ in 1 2 3 4 5 6 7 8 9 10; do if [ "$(cat "$here/killing")" -lt 0 ]; then break; fi; sleep 0.05; done ;;
  0) sleep 0.3 ;;
esac
exec "$here/runmqakm.real" "$@"
"""


def copied(master: Host, folder: Path) -> Host:
    """Another host with the same files."""
    shutil.copytree(master.folder, folder, symlinks=True)
    ini = folder / "var/mqm/mqs.ini"
    ini.write_text(ini.read_text().replace(f"{master.folder}/", f"{folder}/"))
    return Host(folder)


def live(host: Host) -> Files:
    """The files that the queue manager finds, by their suffixes."""
    return complete(host.ssl)


def complete(folder: Path) -> Files:
    """The files of a key repository in a folder."""
    return {path.suffix: path.read_bytes() for path in sorted(folder.glob("key.*")) if path.is_file() and path.suffix != ".new"}


def generations(host: Host) -> list[Files]:
    """What could be in use."""
    folders = sorted(path for path in host.directory.glob("[0-9]*") if path.is_dir()) if host.directory.is_dir() else []
    return [complete(folder) for folder in folders]


def judge_killed(host: Host, before: Files) -> list[str]:
    """What is wrong with what a killed run has left."""
    wrong = []
    now = live(host)
    if now != before and now not in generations(host):
        wrong.append(f"the files {', '.join(now)} are neither those before nor those of one generation")
    if now != before and not (host.directory / "refresh").exists():
        wrong.append("the repository is another one and no marker says that the queue manager has to be told")
    backup = host.directory / "before"
    wrong += ["no generation is where `before` leads"] if backup.is_symlink() and not backup.exists() else []
    wrong += opened(host)
    wrong += [f"others can read {path}" for path in host.ssl.rglob("*") if is_secret(path) and path.stat().st_mode & 0o077]
    return wrong


def is_secret(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.name not in _PUBLIC


def opened(host: Host) -> list[str]:
    """What GSKit says against the repository: empty when it opens with its password and has the identity, or when there is none."""
    p12, kdb = host.ssl / "key.p12", host.ssl / "key.kdb"
    # one that was made by hand and not touched yet has its password in its maker's head
    password = host.password if (host.directory / "password").exists() else BY_HAND
    wrong = []
    for path, secrets in ((kdb, (None, str(host.ssl / "key.sth"))), (p12, (password, None))):  # while the type changes there are both
        if path.exists():
            try:
                Environment(str(path), *secrets, "server", LABEL, [], ["TLS_AES_256_GCM_SHA384"], {"TLSV13"}).close()
            except GskitError as error:
                wrong.append(f"GSKit does not open {path.name}: {error}")
    return wrong


def judge_rerun(host: Host, scenario: Scenario, ca: Ca) -> list[str]:
    """What is wrong after plain reruns."""
    try:
        scenario.work(host, ca)
        again = scenario.work(host, ca)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure to be reported
        return [f"the rerun failed: {type(error).__name__}: {error}"]
    wrong = [f"the second rerun changed {again['changes']}"] if again["changed"] else []
    left = sorted(path.name for path in host.ssl.rglob("*") if path.name.endswith(".new") or path.name == "pending")
    wrong += [f"{', '.join(left)} stayed behind"] if left else []
    wrong += [] if (host.directory / "refresh").exists() else ["no marker says that the queue manager has to be told"]
    if live(host) not in generations(host):
        wrong.append("the files in use are not those of a generation")
    found = labels(host)
    if found != scenario.labels:
        wrong.append(f"the repository holds {sorted(found)}, expected {sorted(scenario.labels)}")
    return [*wrong, *opened(host)]


def labels(host: Host) -> frozenset[str]:
    """What the repository holds, as runmqakm or openssl list it."""
    if (host.ssl / "key.p12").exists():
        text = openssl("pkcs12", "-in", str(host.ssl / "key.p12"), "-passin", f"file:{host.directory}/password", "-nokeys")
        return frozenset(line.partition("friendlyName: ")[2] for line in text.splitlines() if "friendlyName: " in line)
    argv = [str(host.folder / "opt/mqm/bin/runmqakm"), "-cert", "-list", "-db", str(host.ssl / "key.kdb"), "-stashed"]
    text = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return frozenset(line.partition("\t")[2].strip('"') for line in text.splitlines() if line[:1] in ("*", "-", "!") and "\t" in line)
