# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cause of a TLS failure that is known, as far as the simulator can bring it about, is found and explained rightly.

tls_causes.yml lists the causes. For each of them the channel QM1.TO.QM2 is spoiled as a function here says, started, and read and judged as
`verify` does it.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID
from failing_link import CHANNEL, Link, ca, identity, openssl_partner
from key_repository_pool import issue, new_key
from mqsim.gskit import key_database
from revocation_services import Directory, Responder, WebServer, revocation_list

ROOT = Path(__file__).resolve().parents[2]
CAUSES = yaml.safe_load(Path(__file__).with_name("tls_causes.yml").read_text(encoding="utf-8"))
MADE = [cause for cause in CAUSES if "made" in cause]
# Nothing listens at this port.
NOWHERE = "http://127.0.0.1:1"
RSA_ONLY, TLS13_ONE, NO_FIPS = "ECDHE_RSA_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"


# CipherSpecs ------------------------------------------------------------------------------------------------------------------------


def key_type(link, _held):
    link.sender(f"SSLCIPH({RSA_ONLY})")
    link.receiver(f"SSLCIPH({RSA_ONLY})")


def fips_at_responder(link, _held):
    link.sender(f"SSLCIPH({NO_FIPS})")
    link.qm2.define("ALTER QMGR SSLFIPS(YES)", "REFRESH SECURITY TYPE(SSL)")


def fips_at_initiator(link, _held):
    link.sender(f"SSLCIPH({NO_FIPS})")
    link.qm1.define("ALTER QMGR SSLFIPS(YES)", "REFRESH SECURITY TYPE(SSL)")


def suite_b(link, _held):
    link.sender(f"SSLCIPH({TLS13_ONE})")
    link.qm2.define("ALTER QMGR SUITEB(128_BIT)", "REFRESH SECURITY TYPE(SSL)")


def allowed_cipher_specs(link, _held):
    link.sender(f"SSLCIPH({TLS13_ONE})")
    link.qm2.configure({"AllowTLSV13": "TRUE", "AllowedCipherSpecs": "ECDHE_ECDSA_AES_256_GCM_SHA384"})


def tls13_off(link, _held):
    link.sender("SSLCIPH(ANY_TLS13)")
    link.qm2.configure({"AllowTLSV13": "FALSE"})


def two_cipher_specs(link, _held):
    link.sender(f"SSLCIPH({NO_FIPS})")
    link.receiver(f"SSLCIPH({TLS13_ONE})")


def alias_against_one(link, _held):
    link.receiver(f"SSLCIPH({TLS13_ONE})")


def tls13_came(link, _held):
    link.receiver("SSLCIPH(ANY_TLS12)")


def responder_without_tls(link, _held):
    link.receiver("SSLCIPH(' ')")


def initiator_without_tls(link, _held):
    link.sender("SSLCIPH(' ')")


def unknown_cipher_spec(link, _held):
    link.qm2.queue_manager.channels[CHANNEL]["SSLCIPH"] = "TLS_OF_ANOTHER_LEVEL"


def deprecated(link, _held):
    # No command takes it: such a definition is left over from an earlier level.
    link.qm1.queue_manager.channels[CHANNEL]["SSLCIPH"] = "TLS_RSA_WITH_AES_128_CBC_SHA"


# Certificates -----------------------------------------------------------------------------------------------------------------------


def issuer_not_trusted(link, _held):
    link.qm2.hold(identity("QM2", ca("Another CA")), trust=[ca()])


def issuer_not_trusted_by_responder(link, _held):
    link.qm1.hold(identity("QM1", ca("Another CA")), trust=[ca()])


def self_signed_not_trusted(link, _held):
    link.qm1.hold(issue("CN=QM1,O=Bank", new_key("EC", 256, "QM1")), trust=[ca()])


def refresh_outstanding(link, _held):
    another = ca("Another CA")
    link.qm2.hold(identity("QM2", another), trust=[ca()])
    link.start()
    link.end()
    link.qm1.hold(identity("QM1"), trust=[another], told=False)


def intermediate_missing(link, _held):
    link.qm2.hold(_orphan("QM2"), trust=[ca()])


def intermediate_missing_at_partner(link, held):
    """GSKit checks its own chain first and would not present this one."""
    _openssl_answers(link, held, _orphan("QM2"))


def _orphan(name):
    """A certificate of an intermediate CA, without what stands above it."""
    one = identity(name, ca("Intermediate", ca()))
    return type(one)(one.key, one.certificate, None)


def own_certificate_expired(link, _held):
    link.qm2.hold(identity("QM2", ends=-1))


def own_certificate_expired_at_initiator(link, _held):
    link.qm1.hold(identity("QM1", ends=-1))


def partner_presents_expired(link, held):
    _openssl_answers(link, held, identity("QM2", ends=-1))


def partner_not_yet_valid(link, held):
    _openssl_answers(link, held, identity("QM2", begins=1))


def _openssl_answers(link, held, presents):
    port = held.enter_context(openssl_partner(link.folder, presents))
    link.sender(f"CONNAME('127.0.0.1({port})')")


def issuer_is_no_ca(link, held):
    no_ca = issue("CN=No CA,O=Bank", new_key("EC", 256, "no ca"), ca(), -400, 3000, ca=False)
    link.qm1.hold(identity("QM1"), trust=[no_ca])
    _openssl_answers(link, held, identity("QM2", no_ca))


def no_certificate(link, _held):
    link.qm1.hold(None, trust=[ca()])


def label_of_initiator(link, _held):
    link.sender("CERTLABL(nowhere)")


def certificate_without_key(link, _held):
    """The certificate is there, as one that is trusted."""
    own = identity("QM1")
    link.qm1.hold(None, trust=[ca(), own])


def label_of_responder(link, _held):
    link.qm2.define("ALTER QMGR CERTLABL(nowhere)", "REFRESH SECURITY TYPE(SSL)")


def peer_name(link, _held):
    link.receiver("SSLPEER('CN=SOMEBODY')")


def peer_name_with_more(link, _held):
    link.sender("SSLPEER('CN=QM2,OU=Payments,O=Bank')")


def no_peer_filter(link, _held):
    # No command takes it: such a definition is left over from an earlier level.
    link.qm2.queue_manager.channels[CHANNEL]["SSLPEER"] = "QM1"


# Revocation -------------------------------------------------------------------------------------------------------------------------


def _asks(url, presents="QM1"):
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{url}/ocsp"))
    return identity(presents, extensions=[x509.AuthorityInformationAccess([access])])


def _service(held, status="ok"):
    """A web server with the CRL of the CA and an OCSP responder; the serial numbers that it says are revoked."""
    revoked = set()
    responder = Responder(ca().certificate, ca().key, lambda: revoked)
    responder.status = status
    web = held.enter_context(WebServer({"/crl": lambda: revocation_list(ca().certificate, ca().key, revoked)}, responder))
    return web, revoked


def revoked_by_list(link, held):
    web, revoked = _service(held)
    own = identity("QM1", crl_url=f"{web.url}/crl")
    revoked.add(own.certificate.serial_number)
    link.qm2.configure({"AllowTLSV13": "TRUE", "CDPCheckExtensions": "YES"})
    link.qm1.hold(own)


def revoked_by_responder(link, held):
    web, revoked = _service(held)
    own = _asks(web.url)
    revoked.add(own.certificate.serial_number)
    link.qm1.hold(own)


def responder_not_reachable(link, _held):
    link.qm1.hold(_asks(NOWHERE))


def responder_does_not_know(link, held):
    web, _revoked = _service(held, "unknown")
    link.qm1.hold(_asks(web.url))


def no_list_in_the_directory(link, held):
    directory = held.enter_context(Directory({}))
    _directory(link, directory.address)


def directory_not_reachable(link, _held):
    _directory(link, "127.0.0.1(1)")


def _directory(link, address):
    link.qm2.define(
        f"DEFINE AUTHINFO(LISTS) AUTHTYPE(CRLLDAP) CONNAME('{address}')",
        "DEFINE NAMELIST(CHECKS) NAMES(LISTS)",
        "ALTER QMGR SSLCRLNL(CHECKS)",
        "REFRESH SECURITY TYPE(SSL)",
    )


def namelist(link, _held):
    link.qm1.define("DEFINE NAMELIST(CHECKS) NAMES(NOWHERE)", "ALTER QMGR SSLCRLNL(CHECKS)", "REFRESH SECURITY TYPE(SSL)")


# Key repositories -------------------------------------------------------------------------------------------------------------------


def no_key_repository_named(link, _held):
    link.qm1.define("ALTER QMGR SSLKEYR(' ')", "REFRESH SECURITY TYPE(SSL)")


def wrong_key_repository(link, _held):
    link.qm1.define("ALTER QMGR SSLKEYR('/nowhere/key.p12')", "REFRESH SECURITY TYPE(SSL)")


def without_extension(link, _held):
    link.qm1.define(f"ALTER QMGR SSLKEYR('{link.qm1.stem}')", "REFRESH SECURITY TYPE(SSL)")


def damaged_key_repository(link, _held):
    link.qm1.hold(identity("QM1"), kind="cms")
    link.qm1.stem.with_suffix(".kdb").write_bytes(b"not what it was" * 100)


def no_stash_file(link, _held):
    link.qm2.hold(identity("QM2"), kind="cms")
    link.qm2.stem.with_suffix(".sth").unlink()


def another_stash_file(link, _held):
    link.qm1.hold(identity("QM1"), kind="cms")
    other = link.folder / "other.kdb"
    key_database.KeyDatabase.create(str(other), "another-Password-2").close()
    key_database.stash(str(other), "another-Password-2")
    shutil.copy(other.with_suffix(".sth"), link.qm1.stem.with_suffix(".sth"))


def wrong_password(link, _held):
    link.qm1.define("ALTER QMGR KEYRPWD('something else')", "REFRESH SECURITY TYPE(SSL)")


# Around TLS -------------------------------------------------------------------------------------------------------------------------


def nobody_listens(link, _held):
    link.qm2.define("STOP LISTENER(TLS.LISTENER)")


def _answering(held, talk):
    """The port of a server that does with each connection what `talk` says."""
    server = held.enter_context(socket.create_server(("127.0.0.1", 0)))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connected, _address = server.accept()
                with connected:
                    talk(connected)

    threading.Thread(target=serve, daemon=True).start()
    held.callback(server.shutdown, socket.SHUT_RDWR)
    return server.getsockname()[1]


def no_tls_at_the_port(link, held):
    def talk(connected):
        connected.recv(100)
        connected.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connected.recv(100)

    link.sender(f"CONNAME('127.0.0.1({_answering(held, talk)})')")


def closed_by_partner(link, held):
    link.sender(f"SSLCIPH(' ') CONNAME('127.0.0.1({_answering(held, lambda connected: connected.recv(100))})')")


def blocked(link, _held):
    link.qm2.define(f"SET CHLAUTH('{CHANNEL}') TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(NOACCESS)")


def blocked_by_name(link, _held):
    blocked(link, _held)
    link.qm2.define(f"SET CHLAUTH('{CHANNEL}') TYPE(SSLPEERMAP) SSLPEER('CN=QM1,OU=Former,O=Bank') USERSRC(CHANNEL)")


def not_defined(link, _held):
    link.qm2.define(f"DELETE CHANNEL({CHANNEL})")


def other_type(link, _held):
    link.qm2.define(f"DELETE CHANNEL({CHANNEL})", f"DEFINE CHANNEL({CHANNEL}) CHLTYPE(SVR) XMITQ(X) SSLCIPH(ANY_TLS12_OR_HIGHER)")


def stopped_at_responder(link, _held):
    link.qm2.mqsc(f"STOP CHANNEL({CHANNEL})")


SPOILERS: dict[str, Any] = {name: value for name, value in list(globals().items()) if name in {cause["made"] for cause in MADE}}


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Link]:
    made = Link(tmp_path)
    yield made
    made.close()


def test_all_is_well_before_something_is_spoiled(link: Link) -> None:
    link.start()
    verdict = link.verdict()
    assert (verdict["explanation"], verdict["presented_certificate"]["state"]) == ("", "current")


@pytest.mark.parametrize("cause", MADE, ids=lambda cause: f"{cause['message']}-{cause['made']}")
def test_the_cause_is_explained(link: Link, cause: dict[str, str]) -> None:
    with contextlib.ExitStack() as held:
        SPOILERS[cause["made"]](link, held)
        link.start()
        sentence = link.verdict(cause.get("without", ""))["explanation"]
    print(sentence)
    body, _evidence, remedy = sentence.rpartition("); ")
    assert cause["says"] in body, sentence
    assert cause["do"] in remedy, sentence
    assert sentence.rstrip(".").count(". ") == 0, "more than one sentence"


def test_every_known_cause_is_listed(transcripts: Path) -> None:
    """Facts that were gathered about IBM MQ are the measure: no cause of a message is left out."""
    facts = yaml.safe_load((transcripts.parent / "reference" / "tls-errors.yml").read_text(encoding="utf-8"))
    known = Counter({message["id"]: len(message["causes"]) for message in facts["messages"] if message.get("causes")})
    assert Counter(cause["message"] for cause in CAUSES) == known


def test_each_is_either_made_or_absent_for_a_reason() -> None:
    assert all(("made" in cause) != bool(cause.get("absent")) for cause in CAUSES)
    assert all(cause.get("says") and cause.get("do") for cause in MADE)


def test_the_documentation_states_the_numbers() -> None:
    text = " ".join((ROOT / "docs" / "verification.md").read_text(encoding="utf-8").split())
    assert f"**{len(CAUSES)} causes are known, {len(MADE)} of them can be brought about with the simulator" in text
    kinds = yaml.safe_load((ROOT / "tests" / "end_to_end" / "drift_kinds.yml").read_text(encoding="utf-8"))
    assert f"**{len(kinds)} kinds of drift are brought about at once" in text
    listed = re.findall(r"^\| ([^|]+) \| (\d+) \|$", (ROOT / "docs" / "verification.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {reason: int(number) for reason, number in listed} == Counter(str(cause["absent"]) for cause in CAUSES if "made" not in cause)
