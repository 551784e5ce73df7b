# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are started thousands of times import nothing that takes longer than what they do."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from mqsim import launcher
from mqsim import machine as machines

# Each takes 3 to 18 ms, what it imports itself included; Python alone starts in 10 ms.
DEAR = {
    "argparse",
    "collections",
    "contextlib",
    "cryptography",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "importlib.util",
    "inspect",
    "pathlib",
    "re",
    "socket",
    "tempfile",
    "threading",
    "typing",
    "urllib",
}
# The launcher of an installation, and the modules that are there at the end
PROBE = """\
import sys
sys.path += {path!r}
from mqsim.programs.{program} import main
code = main(sys.argv[1:]{own_path})
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""
REPOSITORY = ["-db", "key.kdb", "-stashed"]
NAMED = [*REPOSITORY, "-label", "CA"]


def imported(program, words, folder, own_path=None, typed=""):
    """What one run of a program imports."""
    path = [str(Path(launcher.__file__).parents[1]), *launcher._library_directories()]
    probe = PROBE.format(path=path, program=program, own_path=f", {own_path!r}" if own_path else "")
    done = subprocess.run(
        [sys.executable, "-IS", "-c", probe, *words], cwd=folder, input=typed, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, (words, done)
    return set(done.stderr.split())


@pytest.fixture
def folder(tmp_path):
    """A directory with ca.pem, the certificate of a CA."""
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=CA"), datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    certificate = builder.add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return tmp_path


def test_runmqakm(folder):
    commands = (
        ["-keydb", "-create", "-db", "key.kdb", "-pw", "secret", "-stash"],
        ["-cert", "-add", *NAMED, "-file", "ca.pem"],
        ["-cert", "-list", *REPOSITORY],
        ["-cert", "-list", "personal", *REPOSITORY],
        ["-cert", "-validate", *NAMED],
        ["-cert", "-extract", *NAMED, "-target", "out.pem"],
        ["-cert", "-modify", *NAMED, "-trust", "disable"],
        ["-cert", "-rename", *NAMED, "-new_label", "other"],
        ["-cert", "-delete", *REPOSITORY, "-label", "other"],
        ["-certreq", "-list", *REPOSITORY],
        ["-keydb", "-stashpw", "-db", "key.kdb", "-pw", "secret"],
        ["-keydb", "-changepw", *REPOSITORY, "-new_pw", "other", "-stash"],
        ["-keydb", "-delete", *REPOSITORY],
    )
    found = {" ".join(words[:3]): imported("runmqakm", words, folder) & DEAR for words in commands}
    assert {command: dear for command, dear in found.items() if dear} == {}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """With the queue manager QM1, which runs."""
    made = machines.create(str(tmp_path_factory.mktemp("machine") / "m"))
    for program in ("crtmqm", "strmqm"):
        subprocess.run([f"{made.installation_path}/bin/{program}", "QM1"], check=True, capture_output=True, timeout=30)
    yield made
    machines.destroy(made.root)


@pytest.mark.parametrize(
    ("program", "words", "typed"),
    [("dspmqver", ["-b", "-f", "2"], ""), ("dspmq", [], ""), ("runmqsc", ["QM1"], "DISPLAY QMGR QMNAME\n")],
)
def test_control_programs(machine, program, words, typed):
    found = imported(program, words, machine.root, f"{machine.installation_path}/bin/{program}", typed)
    assert found & DEAR == set()
