# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every issuer: what it gives as openssl sees it, what it refuses, and what its errors say and do not say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import MqTlsError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import Identity
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.issuer import ISSUERS
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from ansible_collections.mqfleet.tls.plugins.modules import certificate_authority
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers.issuer import Issuer
from ansible_collections.mqfleet.tls.plugins.plugin_utils.issuers.registry import find
from ansible_collections.mqfleet.tls.plugins.plugin_utils.pki_folder import PkiFolder
from repository_host import NOW, Ca, days_from_now, openssl

SECRET = "open sesame"
SUBJECT = DistinguishedName.parse("CN=QM1,O=Bank")
IDENTITIES = [
    Identity("label", SUBJECT, "RSA", 2048, dns_names=("qm1.example",)),
    Identity("label", SUBJECT, "EC", 384),
]
KEYS = [certificates.generate_key(one.key_type, one.key_size) for one in IDENTITIES]


@dataclass
class Setting:
    """An issuer in its surroundings. ``answer`` is what happens elsewhere with a request; ``harm`` makes it fail."""

    issuer: Issuer
    answer: Callable[[str], Any] = lambda request: None
    harm: Callable[[], Any] = lambda: None

    def issue(self, number: int) -> list[str]:
        """A certificate with its chain, for one of the IDENTITIES."""
        if self.issuer.made_on_host:
            return [certificates.to_pem(certificates.make_self_signed(KEYS[number], IDENTITIES[number], NOW))]
        return self.issuer.sign("QM1", self.request(number), IDENTITIES[number])

    def request(self, number: int) -> str:
        """A request that has been answered, as far as that happens elsewhere."""
        request = certificates.make_request(KEYS[number], IDENTITIES[number]).decode()
        if not self.issuer.made_on_host and not self.issuer.can_sign("QM1"):
            self.issuer.ask("QM1", request, IDENTITIES[number], False)
        self.answer(request)
        return request


def self_signed(tmp_path: Path) -> Setting:
    return Setting(find("QM1", {"type": "self_signed"}, None, ""))


def local_ca(tmp_path: Path, intermediate: dict[str, Any] | None = None) -> Setting:
    parameters = {name: one.get("default") for name, one in certificate_authority.argument_spec().items()}
    folder = tmp_path / "pki"
    parameters.update(pki_dir=str(folder), key_type="EC", passphrase=SECRET, intermediate=intermediate)
    certificate_authority.run(parameters, False, NOW)
    key = folder / "ca/private_key.pem"
    return Setting(find("QM1", {"type": "local_ca"}, PkiFolder(str(folder)), SECRET), harm=lambda: key.write_text(key.read_text()[:200]))


def local_ca_with_intermediate(tmp_path: Path) -> Setting:
    return local_ca(tmp_path, {"subject": "CN=Issuing", "days": 900})


def external(tmp_path: Path) -> Setting:
    root, answer = Ca("CN=Root"), tmp_path / "pki/signed/QM1.pem"
    signer = Ca("CN=Signer", root=root)
    answer.parent.mkdir(parents=True)
    return Setting(
        find("QM1", {"type": "external"}, PkiFolder(str(tmp_path / "pki")), SECRET),
        lambda request: answer.write_text("".join([root.pem, signer.pem, signer.sign(request)[0]])),
        lambda: answer.write_text(root.pem),
    )


def command(tmp_path: Path) -> Setting:
    root, answer, program = Ca("CN=Root"), tmp_path / "answer.pem", tmp_path / "sign"
    signer = Ca("CN=Signer", root=root)
    program.write_text(f"#!/bin/sh\ncat {answer}\n")
    program.chmod(0o755)
    options = {"type": "command", "argv": [str(program), "--passphrase", SECRET], "trust": [root.pem]}
    return Setting(
        find("QM1", options, PkiFolder(str(tmp_path / "pki")), SECRET),
        lambda request: answer.write_text("".join([signer.sign(request)[0], signer.pem])),
        lambda: program.write_text("#!/bin/sh\nexit 9\n"),
    )


SETTINGS = [self_signed, local_ca, local_ca_with_intermediate, external, command]


@pytest.fixture(params=SETTINGS, ids=lambda setting: setting.__name__)
def setting(request, tmp_path):
    return request.param(tmp_path)


def test_every_issuer_is_here():
    assert {setting.__name__ for setting in SETTINGS} >= set(ISSUERS)


@pytest.mark.parametrize("number", range(len(IDENTITIES)), ids=["RSA", "EC"])
def test_what_it_issues(setting, tmp_path, number):
    leaf, *chain = setting.issue(number)
    path = tmp_path / "leaf.pem"
    path.write_text(leaf)
    text = openssl("x509", "-in", str(path), "-noout", "-text")
    assert "Subject: O = Bank, CN = QM1" in text
    assert "TLS Web Server Authentication, TLS Web Client Authentication" in text
    assert "Digital Signature" in text
    assert "CA:FALSE" in text
    assert certificates.load_certificate(leaf, "").public_key() == KEYS[number].public_key()
    (tmp_path / "root.pem").write_text([leaf, *chain][-1])
    (tmp_path / "between.pem").write_text("".join(chain[:-1]) or leaf)
    for purpose in ("sslserver", "sslclient"):
        files = ["-CAfile", str(tmp_path / "root.pem"), "-untrusted", str(tmp_path / "between.pem"), str(path)]
        assert "OK" in openssl("verify", "-purpose", purpose, *files)


@pytest.mark.parametrize("number", range(len(IDENTITIES)), ids=["RSA", "EC"])
def test_what_it_issues_passes_the_check_before_it_is_installed(setting, number):
    answer = setting.issue(number)
    if setting.issuer.made_on_host:
        assert answer[1:] == setting.issuer.chain("QM1") == []
        return
    request = certificates.make_request(KEYS[number], IDENTITIES[number]).decode()
    issuers = [certificates.fingerprint(certificates.load_certificate(pem, "")) for pem in answer[1:]]
    certificates.check_answer("QM1", request, answer, issuers, days_from_now(30), NOW)
    # the root that the next run recognises it by
    assert setting.issuer.chain("QM1") == [] or answer[-1] in setting.issuer.chain("QM1")


@pytest.mark.parametrize(
    "described",
    [
        replace(IDENTITIES[1], subject=DistinguishedName.parse("CN=QM2,O=Bank")),
        replace(IDENTITIES[1], key_size=256),
        replace(IDENTITIES[1], dns_names=("qm2.example",)),
    ],
    ids=["name", "key", "DNS names"],
)
def test_a_host_gets_only_what_the_inventory_describes(setting, described):
    request = setting.request(1)
    with pytest.raises(MqTlsError, match="queue manager QM1 "):
        setting.issuer.sign("QM1", request, described)
    if not setting.issuer.can_sign("QM1"):
        with pytest.raises(MqTlsError, match="queue manager QM1 "):
            setting.issuer.ask("QM1", request, described, False)


def test_a_failure_is_one_sentence_with_the_queue_manager_and_without_secrets(setting):
    request = setting.request(1)
    setting.harm()
    with pytest.raises(MqTlsError) as refusal:
        setting.issuer.sign("QM1", request, IDENTITIES[1])
    text = str(refusal.value)
    assert "queue manager QM1 " in text
    assert text.endswith(".") and "\n" not in text
    assert SECRET not in text and "PRIVATE KEY" not in text
