# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a night brings: a lost connection, a killed module, two runs at once, clocks that are an hour off, full and read-only disks.

After each the links connect by GSKit, the user has read what to do, and a plain rerun completes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509

pytestmark = pytest.mark.long

WITNESS = Path(__file__).resolve().parents[1] / "witness"
# A host whose clock is that of the machine, whatever the one of the controller is.
OWN_CLOCK = '#!/bin/sh\nunset MQ_TLS_CLOCK_AHEAD\nexec "{python}" "$@"\n'
# While the file `interrupt` is beside it, the program removes it, may kill the module that waits for it, and does its work later.
SLOW = """\
#!/bin/sh
here=${0%/*}
if what=$(cat "$here/interrupt" 2>/dev/null); then
  rm "$here/interrupt"
  case $what in kill) kill -9 $PPID ;; esac
  sleep 4
fi
exec "$0.real" "$@"
"""
# The last argument is the command. With the file `interrupt` the connection is lost as soon as runmqakm is at work; the command goes on.
SSH = """\
#!/bin/sh
for command; do :; done
if [ -e "{bin}/interrupt" ]; then
  exec 3<&0
  /bin/sh -c "$command" <&3 >/dev/null 2>&1 &
  while [ -e "{bin}/interrupt" ]; do sleep 0.05; done
  echo "Connection to {address} closed by remote host." >&2
  exit 255
fi
exec /bin/sh -c "$command"
"""


@pytest.fixture(scope="module")
def fleet(fleets):
    """PKCS #12 and CMS, converged."""
    links = [{"from": "QM1", "to": "QM2", "channel": "ONE"}, {"from": "QM2", "to": "QM1", "channel": "TWO"}]
    made = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=links, mq_tls_key_type="EC", mq_tls_key_size=256)
    for host, program in (("qm1", "runmqsc"), ("qm2", "runmqakm")):
        path = made.hosts[host].installation / "bin" / program
        path.rename(path.with_name(f"{program}.real"))
        script(path, SLOW)
    ssh = SSH.format(bin=made.hosts["qm2"].installation / "bin", address=made.addresses["qm2"])
    made.host_variables["qm2"].update(
        ansible_connection="ssh",
        ansible_ssh_executable=script(made.folder / "ssh", ssh),
        ansible_python_interpreter=script(made.folder / "python", OWN_CLOCK.format(python=sys.executable)),
    )
    made.write()
    converged = made.playbook("site")
    assert converged.rc == 0, converged.output
    return made


@pytest.fixture
def renewal(fleet):
    """Keys of another size are described: every queue manager is to get a new certificate, which all partners accept."""
    fleet.variables["mq_tls_key_size"] = 640 - fleet.variables["mq_tls_key_size"]  # 256, 384
    fleet.write()
    before = len(issued(fleet))
    yield
    assert connect(fleet) == []
    again = fleet.playbook("site")
    assert (again.rc, again.changes()) == (0, []), again.output
    assert sorted(one["queue_manager"] for one in issued(fleet)[before:]) == ["QM1", "QM2"], "one certificate for each"
    left = [path for host in fleet.hosts for path in fleet.key_repository(host).rglob("*") if path.name.endswith((".new", "pending"))]
    assert left == []


def script(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def issued(fleet) -> list[dict]:
    """What the local CA has signed so far."""
    return [json.loads(line) for line in (fleet.folder / "pki/ca/index.jsonl").read_text().splitlines()]


def connect(fleet) -> list[str]:
    """The links on which GSKit does not connect, with the key repository of the initiator, to the listener of the responder."""
    from handshake import Link, Prober  # noqa: PLC0415 - its folder is put into the path by conftest.py
    from mqsim.gskit.library import GskitError  # noqa: PLC0415

    wrong = []
    for channel, one, other in (("ONE", "qm1", "qm2"), ("TWO", "qm2", "qm1")):
        prober = Prober(Link(channel, fleet.hosts[one], fleet.hosts[other]))
        try:
            prober.handshake("TLSV13")
        except (OSError, GskitError) as error:
            wrong.append(f"{channel}: {error}")
        finally:
            prober.close()
    return wrong


def said(done) -> dict[str, str]:
    """Why a task failed, by host, in the line that ends with the message."""
    return {
        host: json.loads(result)["msg"] for host, result in re.findall(r"^fatal: \[(\w+)\]: [A-Z]+! => (.*)$", done.output, re.MULTILINE)
    }


def test_a_lost_connection_and_a_killed_module(fleet, renewal):
    """QM2 is lost while runmqakm is at work, QM1 between its new key repository and the REFRESH SECURITY."""
    for host, what in (("qm1", "kill"), ("qm2", "lose")):
        (fleet.hosts[host].installation / "bin/interrupt").write_text(what)
    interrupted = fleet.playbook("site")
    messages = said(interrupted)  # those of Ansible: nobody else is left to say anything
    assert sorted(messages) == ["qm1", "qm2"], interrupted.output
    assert messages["qm2"].endswith(f"Connection to {fleet.addresses['qm2']} closed by remote host."), interrupted.output
    assert (fleet.key_repository("qm1") / "key.d/refresh").exists()
    assert connect(fleet) == []
    again = fleet.playbook("site")  # at once, and waits where runmqakm is still at work
    assert again.rc == 0, again.output


def test_two_runs_at_once_do_the_work_once(fleet, renewal):
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda _number: fleet.playbook("site", environment={"MQ_TLS_CHANGES_LOG": ""}), range(2)))
    assert [run.rc for run in runs] == [0, 0], runs[0].output + runs[1].output


@contextmanager
def small_disk(folder: Path):
    """A file system of its own for what is in a folder; gives a function that mounts it with other options."""
    kept = folder.with_name(f"{folder.name}.kept")
    folder.rename(kept)
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
    try:
        shutil.copytree(kept, folder, symlinks=True, dirs_exist_ok=True)
        yield lambda options: run("mount", "-o", f"remount,{options}", folder)
        shutil.rmtree(kept)
        shutil.copytree(folder, kept, symlinks=True)
    finally:
        run("umount", folder)
        folder.rmdir()
        kept.rename(folder)


def run(*argv: object) -> None:
    subprocess.run([str(one) for one in argv], check=True)


def fill(folder: Path) -> Path:
    """Until no byte is left."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as stream:
        try:
            while stream.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    return filler


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_full_and_read_only_file_systems(fleet, renewal):
    """First of the PKI folder, then of one host."""
    pki, folder = fleet.folder / "pki", fleet.key_repository("qm2")
    with small_disk(pki) as remount, small_disk(folder):
        filler = fill(pki)
        full = fleet.playbook("site")
        assert said(full) == {
            host: f"The certificate of queue manager {host.upper()} was to be kept beside the CA that signed it and there is no space left "
            f"for {pki}/ca/issued; what was in use is unchanged: free space there and run again."
            for host in fleet.hosts
        }, full.output
        assert connect(fleet) == []
        filler.unlink()
        remount("ro")
        barred = fleet.playbook("site")
        assert said(barred) == dict.fromkeys(
            fleet.hosts,
            f"The lock file {pki}/ca/lock was to be opened so that two runs do not interleave and {pki}/ca/lock is on a file system that is "
            "mounted read-only; what was in use is unchanged: mount it for writing.",
        ), barred.output
        assert connect(fleet) == []
        remount("rw")
        filler = fill(folder)
        half = fleet.playbook("site")
        assert said(half) == {
            "qm2": f"The key repository {folder}/key of queue manager QM2 was to be changed and there is no space left for {folder}/key; "
            "what was in use is unchanged: free space there and run again."
        }, half.output
        assert connect(fleet) == []
        filler.unlink()
        again = fleet.playbook("site")
        assert again.rc == 0, again.output


@pytest.mark.parametrize("ahead", [3600, -3600], ids=["behind", "ahead"])
def test_one_host_with_a_clock_an_hour_off(fleet, ahead):
    """A CA, and certificates of it, made just now by the clock of all others, which is so many seconds ahead of that of QM2 and of GSKit."""
    path = os.pathsep.join([str(WITNESS / "clock"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]).rstrip(os.pathsep)
    environment = {"MQ_TLS_CLOCK_AHEAD": str(ahead), "PYTHONPATH": path}
    fleet.variables.update(mq_tls_pki_dir=str(fleet.folder / f"pki{ahead}"), mq_tls_ca_subject=f"CN=Clock {ahead}")
    fleet.write()
    done = fleet.playbook("site", environment=environment)
    assert done.rc == 0, done.output
    for path in ("ca/certificate.pem", "certificates/QM1.pem", "certificates/QM2.pem"):
        made = x509.load_pem_x509_certificate((fleet.folder / f"pki{ahead}" / path).read_bytes())
        dated_back = datetime.now(timezone.utc) + timedelta(seconds=ahead) - made.not_valid_before_utc
        assert timedelta(hours=2) <= dated_back < timedelta(hours=2, minutes=10)
    assert connect(fleet) == []
