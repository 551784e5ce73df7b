# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a command that does not do what it should is told of."""

from __future__ import annotations

import sys

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import MqTlsError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import Identity
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import SubprocessRunner
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers.command import Command
from fakes import Call, ScriptedRunner
from repository_host import Ca

IDENTITY = Identity("label", DistinguishedName.parse("CN=QM1,O=Bank"), "EC", 256)
REQUEST = certificates.make_request(certificates.generate_key("EC", 256), IDENTITY).decode()
CA = Ca()


def test_the_request_goes_to_standard_input_and_the_time_limit_to_the_runner():
    argv = ["/usr/local/bin/sign", "--days", "365", "a b; c"]
    runner = ScriptedRunner(Call(argv, stdout="signed by us\n" + "".join(CA.sign(REQUEST)), stdin=REQUEST))
    answer = Command(argv, 7, [CA.pem], None, runner).sign("QM1", REQUEST, IDENTITY)
    assert answer[1:] == [CA.pem]
    assert runner.timeouts == [7]


def script(tmp_path, text):
    path = tmp_path / "sign"
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


NOTHING = "nothing was changed: correct that and run again."


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("#!/bin/sh\necho no such profile >&2; exit 3\n", f"and it ended with return code 3 (it said: no such profile); {NOTHING}"),
        ("#!/bin/sh\necho told here; exit 1\n", f"and it ended with return code 1 (it said: told here); {NOTHING}"),
        ("#!/bin/sh\nexit 1\n", f"and it ended with return code 1 (it said: nothing); {NOTHING}"),
        (
            f"#!{sys.executable}\nimport sys\nsys.exit('line\\n' * 9999 + 'the reason')\n",
            f"and it ended with return code 1 (it said: ...{('line ' * 99)[-290:]}the reason); {NOTHING}",
        ),
        (
            "#!/bin/sh\nexec sleep 30\n",
            "and it did not end within 0.5 seconds; nothing was changed: look why, or raise timeout in mq_tls_issuer.",
        ),
        ("no shebang\n", "and it could not be run (Exec format error); correct argv in mq_tls_issuer."),
        ("#!/nowhere/sh\n", "and it could not be run (No such file or directory); correct argv in mq_tls_issuer."),
    ],
)
def test_a_command_that_fails(tmp_path, text, cause):
    program = script(tmp_path, text)
    with pytest.raises(MqTlsError) as refusal:
        Command([program, "--token", "s3cret"], 0.5, [CA.pem], None, SubprocessRunner()).sign("QM1", REQUEST, IDENTITY)
    assert str(refusal.value) == f"The request of queue manager QM1 was to be signed by the command {program} {cause}"


def test_a_command_that_may_not_be_run(tmp_path):
    with pytest.raises(MqTlsError, match=r"and it could not be run \(Permission denied\); correct argv in mq_tls_issuer\.$"):
        Command([str(tmp_path)], 5, [CA.pem], None, SubprocessRunner()).sign("QM1", REQUEST, IDENTITY)


@pytest.mark.parametrize(
    ("stdout", "message"),
    [
        (
            "",
            "The answer of the command sign to the request of queue manager QM1 was to be read and is neither PEM nor DER nor PKCS#7 with "
            "certificates; copy it again as a whole.",
        ),
        (
            CA.pem,
            "The request of queue manager QM1 was to be signed by the command sign and it holds no certificate for the key that this request "
            f"is for, only CN=Test CA; {NOTHING}",
        ),
        (
            "".join(Ca("CN=Other").sign(REQUEST)),
            "The request of queue manager QM1 was to be signed by the command sign and its chain ends at CN=Other, which is not among the CA "
            f"certificates to trust; {NOTHING}",
        ),
        (
            CA.sign(REQUEST, days=20)[0],
            "The request of queue manager QM1 was to be signed by the command sign and it ends on ",
        ),
    ],
)
def test_an_answer_that_does_not_fit(stdout, message):
    with pytest.raises(MqTlsError) as refusal:
        Command(["sign"], 5, [CA.pem], None, ScriptedRunner(Call(["sign"], stdout=stdout))).sign("QM1", REQUEST, IDENTITY)
    assert str(refusal.value).startswith(message)
