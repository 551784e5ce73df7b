# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS on GSKit. Witnesses: OpenSSL (Python's ssl) as the partner, `cryptography` for every certificate and key repository."""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mqsim import client_hello
from mqsim.gskit import key_database
from mqsim.gskit.handshake import Connection, Environment
from mqsim.gskit.library import GskitError

PASSWORD = "secret"
TLS12 = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]
TLS13 = ["TLS_AES_256_GCM_SHA384"]
BOTH = {"TLSV12", "TLSV13"}


@dataclass
class Identity:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)


def issue(name, issuer=None, ca=False, first_day=-1, last_day=30, eku=None):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bank"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=first_day))
        .not_valid_after(now + datetime.timedelta(days=last_day))
        .add_extension(x509.BasicConstraints(ca, None), True)
    )
    if eku:
        builder = builder.add_extension(x509.ExtendedKeyUsage([eku]), True)
    return Identity(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


def write_pkcs12(path, identity=None, trust=(), label="lab"):
    trusted = [pkcs12.PKCS12Certificate(one.certificate, f"trust{number}".encode()) for number, one in enumerate(trust)]
    encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
    key, certificate = (identity.key, identity.certificate) if identity else (None, None)
    path.write_bytes(pkcs12.serialize_key_and_certificates(label.encode() if identity else None, key, certificate, trusted, encryption))
    return str(path)


@pytest.fixture(scope="module")
def ca():
    return issue("Fleet CA", ca=True)


@pytest.fixture(scope="module")
def pki(ca, tmp_path_factory):
    """Key repositories by name, and the identities in them."""
    directory = tmp_path_factory.mktemp("pki")
    identities = {
        "qm1": issue("QM1", ca),
        "qm2": issue("QM2", ca),
        "self-signed": issue("SELF"),
        "expired": issue("EXPIRED", ca, first_day=-30, last_day=-1),
        "future": issue("FUTURE", ca, first_day=5),
    }
    paths = {name: write_pkcs12(directory / f"{name}.p12", one, [ca]) for name, one in identities.items()}
    paths["trust-only"] = write_pkcs12(directory / "trust.p12", trust=[ca])
    paths["other-trust"] = write_pkcs12(directory / "other.p12", identities["qm2"], [issue("Other CA", ca=True)])
    return paths, identities


def environment(path, role, label="lab", protocols=BOTH, tls12=TLS12, tls13=TLS13, password=PASSWORD):
    return Environment(path, password, None, role, label, tls12, tls13, protocols)


def connected():
    listener = socket.create_server(("127.0.0.1", 0))
    near = socket.create_connection(listener.getsockname())
    far, _ = listener.accept()
    listener.close()
    return near, far


def outcome(action):
    try:
        return action()
    except GskitError as error:
        return error


def handshake(server, client, server_name=None):
    """Both ends' Connection or GskitError: (server's, client's). The sockets of failed ends are closed."""
    near, far = connected()
    found = []

    def serve():
        found.append(outcome(lambda: server.handshake(far)))
        if isinstance(found[0], GskitError):
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    mine = outcome(lambda: client.handshake(near, server_name))
    if isinstance(mine, GskitError):
        near.close()
    thread.join()
    return found[0], mine


def run(pki, server="qm1", client="qm2", role="server_request_client", server_options=None, client_options=None):
    paths, _ = pki
    ours = environment(paths[server], role, **(server_options or {}))
    with ours, environment(paths[client], "client", **(client_options or {})) as theirs:
        return handshake(ours, theirs)


def close(*ends):
    for end in ends:
        if isinstance(end, Connection):
            end.close()


@pytest.fixture(params=["TLSV12", "TLSV13"])
def protocol(request):
    return {"protocols": {request.param}}


def test_both_certificates_are_seen_and_the_negotiated_protocol_and_suite(pki, protocol):
    _, identities = pki
    server, client = run(pki, server_options=protocol, client_options=protocol)
    expected = {"TLSV12": ("TLSV12", TLS12[0]), "TLSV13": ("TLSV13", TLS13[0])}[next(iter(protocol["protocols"]))]
    assert (server.protocol, server.suite) == (client.protocol, client.suite) == expected
    assert server.peer_certificate == identities["qm2"].der
    assert client.peer_certificate == identities["qm1"].der
    close(server, client)


def test_every_connection_shows_the_certificates_again(pki, protocol):
    """No session is resumed: what CHSTATUS and SSLPEER need is there each time."""
    paths, identities = pki
    ours = environment(paths["qm1"], "server_request_client", **protocol)
    with ours, environment(paths["qm2"], "client", **protocol) as theirs:
        for _ in range(3):
            server, client = handshake(ours, theirs)
            client.write(b"x")
            assert server.read(1, 5) == b"x"
            assert (server.peer_certificate, client.peer_certificate) == (identities["qm2"].der, identities["qm1"].der)
            close(server, client)


def test_the_higher_protocol_wins_and_one_end_can_hold_it_down(pki):
    server, client = run(pki)
    assert (server.protocol, client.protocol) == ("TLSV13", "TLSV13")
    close(server, client)
    server, client = run(pki, client_options={"protocols": {"TLSV12"}})
    assert (server.protocol, client.protocol) == ("TLSV12", "TLSV12")
    close(server, client)


@pytest.mark.parametrize(
    ("options", "client"),
    [({"label": "nobody"}, "qm2"), ({"label": None}, "qm2"), ({}, "trust-only"), ({}, "expired"), ({}, "future")],
    ids=["label not found", "no label", "no key", "expired", "not yet valid"],
)
def test_a_client_without_a_usable_certificate_presents_none_and_goes_on(pki, protocol, options, client):
    server, theirs = run(pki, client=client, server_options=protocol, client_options={**options, **protocol})
    assert server.peer_certificate is None
    assert server.peer_chain == []
    assert theirs.peer_certificate
    close(server, theirs)


def test_a_server_that_does_not_ask_gets_no_certificate(pki, protocol):
    server, client = run(pki, role="server", server_options=protocol, client_options=protocol)
    assert server.peer_certificate is None
    close(server, client)


@pytest.mark.parametrize(
    ("server", "server_options", "client_options", "code", "name"),
    [
        ("qm1", {"label": "nobody"}, {}, 407, "GSK_ERROR_BAD_KEYFILE_LABEL"),
        ("trust-only", {}, {}, 407, "GSK_ERROR_BAD_KEYFILE_LABEL"),
        ("expired", {}, {}, 401, "GSK_ERROR_BAD_DATE"),
        ("future", {}, {}, 401, "GSK_ERROR_BAD_DATE"),
        (
            "qm1",
            {"tls12": ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"], "tls13": ["TLS_AES_128_GCM_SHA256"]},
            {},
            402,
            "GSK_ERROR_NO_CIPHERS",
        ),
        ("qm1", {"protocols": {"TLSV12"}}, {"protocols": {"TLSV13"}}, 402, "GSK_ERROR_NO_CIPHERS"),
        ("qm1", {"protocols": {"TLSV13"}}, {"protocols": {"TLSV12"}}, 402, "GSK_ERROR_NO_CIPHERS"),
    ],
    ids=["label not found", "no key", "expired", "not yet valid", "no common suite", "TLS 1.3 asked of 1.2", "TLS 1.2 asked of 1.3"],
)
def test_what_a_server_cannot_do_fails_at_the_server(pki, server, server_options, client_options, code, name):
    ours, theirs = run(pki, server=server, server_options=server_options, client_options=client_options)
    assert (ours.code, ours.name, ours.function) == (code, name, "gsk_secure_soc_init")
    assert theirs.code in (420, 406)


def test_an_untrusted_client_is_refused_by_name(pki, protocol):
    _, identities = pki
    server, client = run(pki, client="self-signed", server_options=protocol, client_options=protocol)
    assert (server.code, server.validation_code) == (414, 575010)
    number = identities["self-signed"].certificate.serial_number
    assert "[Issuer=]CN=SELF,O=Bank" in server.validation_subject
    assert f"[#=]{number.to_bytes(number.bit_length() // 8 + 1, 'big').hex()}[Subject=]CN=SELF,O=Bank" in server.validation_subject
    assert str(server) == "gsk_secure_soc_init returned 414 GSK_ERROR_BAD_CERT"
    if isinstance(client, Connection):  # TLS 1.3: the client has finished before the server judges
        with pytest.raises(GskitError) as refusal:
            client.read(1, 5)
        assert (refusal.value.code, refusal.value.alert) == (420, 42)
        client.close()
    else:
        assert client.code in (420, 406)


def test_an_untrusted_server_is_refused_by_the_client_and_the_server_learns_it(pki, protocol):
    server, client = run(pki, client="other-trust", server_options=protocol, client_options=protocol)
    assert (client.code, client.validation_code, client.alert) == (414, 575010, None)
    assert (server.code, server.alert) == (420, 42)


# What the engine finds in a certificate of a partner that would not hold it back itself: OpenSSL presents it.


def partner_certificates(ca):
    intermediate = issue("Intermediate", ca, ca=True)
    old_intermediate = issue("Old", ca, ca=True, first_day=-30, last_day=-1)
    leaf = issue("Leaf", ca)
    forger = Identity(issue("Fleet CA", ca=True).key, ca.certificate)
    return {
        "good": ([issue("GOOD", ca)], None),
        "expired": ([issue("EXPIRED", ca, first_day=-30, last_day=-1)], 575018),
        "not yet valid": ([issue("FUTURE", ca, first_day=5)], 575017),
        "unknown issuer": ([issue("STRANGER", issue("Stranger CA", ca=True))], 575010),
        "intermediate sent": ([issue("BELOW", intermediate), intermediate], None),
        "intermediate missing": ([issue("BELOW", intermediate)], 575010),
        "expired intermediate": ([issue("BELOW", old_intermediate), old_intermediate], 575018),
        "issuer is no CA": ([issue("BELOW", leaf), leaf], 575025),
        "forged signature": ([issue("FORGED", forger)], 575012),
        "EKU for servers only": ([issue("EKU", ca, eku=ExtendedKeyUsageOID.SERVER_AUTH)], None),
    }


@pytest.mark.parametrize("case", partner_certificates(issue("Names", ca=True)))
def test_what_the_engine_looks_at_in_a_client_certificate(pki, ca, protocol, case, tmp_path):
    chain, validation_code = partner_certificates(ca)[case]
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = chain[0].key.private_bytes(*form) + b"".join(one.certificate.public_bytes(serialization.Encoding.PEM) for one in chain)
    (tmp_path / "partner.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(tmp_path / "partner.pem")
    near, far = connected()
    heard = []

    def partner():
        try:
            with context.wrap_socket(near) as stream:
                stream.settimeout(10)
                heard.append(stream.recv(2))
        except OSError:
            near.close()

    thread = threading.Thread(target=partner)
    thread.start()
    with environment(pki[0]["qm1"], "server_request_client", **protocol) as ours:
        found = outcome(lambda: ours.handshake(far))
        if validation_code is None:
            assert found.peer_chain == [one.der for one in chain]
            found.write(b"hi")
            thread.join()
            assert heard == [b"hi"]
            found.close()
        else:
            assert (found.code, found.validation_code) == (414, validation_code)
            far.close()
            thread.join()


def test_a_running_environment_keeps_the_repository_that_it_read(ca, tmp_path):
    old, new, client = issue("OLD", ca), issue("NEW", ca), issue("QM2", ca)
    path = tmp_path / "key.p12"
    write_pkcs12(path, old, [ca])
    partner = write_pkcs12(tmp_path / "partner.p12", client, [ca])
    with environment(str(path), "server") as ours, environment(partner, "client") as theirs:
        for replace in (lambda: write_pkcs12(path, new, [ca]), path.unlink):
            replace()
            ends = handshake(ours, theirs)
            assert ends[1].peer_certificate == old.der
            close(*ends)
        write_pkcs12(path, new, [ca])
        with environment(str(path), "server") as fresh:
            ends = handshake(fresh, theirs)
            assert ends[1].peer_certificate == new.der
            close(*ends)


def test_a_running_environment_keeps_its_trust(pki, ca, tmp_path):
    path = tmp_path / "key.p12"
    write_pkcs12(path, trust=[issue("Other CA", ca=True)])
    with environment(pki[0]["qm1"], "server") as ours, environment(str(path), "client") as theirs:
        assert handshake(ours, theirs)[1].code == 414
        write_pkcs12(path, trust=[ca])
        assert handshake(ours, theirs)[1].code == 414
        with environment(str(path), "client") as fresh:
            ends = handshake(ours, fresh)
            assert ends[1].peer_certificate
            close(*ends)


@pytest.mark.parametrize(
    ("path", "password", "stash_file", "code"),
    [("qm1", "wrong", None, 408), ("missing", PASSWORD, None, 202), ("qm1", None, "missing.sth", 408), ("qm1", None, None, 408)],
)
def test_a_repository_that_cannot_be_opened(pki, path, password, stash_file, code):
    with pytest.raises(GskitError) as refusal:
        Environment(pki[0].get(path, "/nonexistent/key.p12"), password, stash_file, "client", None, TLS12, TLS13, BOTH)
    assert refusal.value.code == code


def test_a_cms_repository_with_its_stash_file(pki, ca, tmp_path):
    path = str(tmp_path / "key.kdb")
    with key_database.KeyDatabase.create(path, PASSWORD) as database:
        database.import_pkcs12(pki[0]["qm1"], PASSWORD)
    key_database.stash(path, PASSWORD)
    ours = Environment(path, None, str(tmp_path / "key.sth"), "server", "lab", TLS12, TLS13, BOTH)
    with ours, environment(pki[0]["qm2"], "client") as theirs:
        ends = handshake(ours, theirs)
        assert ends[1].peer_certificate == pki[1]["qm1"].der
        close(*ends)


def test_data_goes_both_ways_in_any_portion(pki):
    server, client = run(pki)
    data = os.urandom(100_000)
    sender = threading.Thread(target=client.write, args=(data,))
    sender.start()
    received = b""
    while len(received) < len(data):
        received += server.read(7001, 10)
    sender.join()
    assert received == data
    server.write(b"answer")
    assert (client.read(3), client.read(3)) == (b"ans", b"wer")
    server.close()
    assert client.read(1) == b""
    client.close()
    assert client.read(1) == b""
    with pytest.raises(GskitError):
        client.write(b"x")


def test_a_wait_that_timed_out_does_not_spoil_the_connection(pki):
    server, client = run(pki)
    with pytest.raises(TimeoutError):
        server.read(1, 0.1)
    client.write(b"later")
    assert server.read(5, 5) == b"later"
    close(server, client)


@pytest.mark.parametrize("end", [Connection.shutdown, Connection.close])
def test_another_thread_ends_a_wait(pki, end):
    server, client = run(pki)
    timer = threading.Timer(0.1, end, [server])
    timer.start()
    started = time.monotonic()
    assert server.read(1) == b""
    assert 0.05 < time.monotonic() - started < 5
    timer.join()
    close(server, client)


@pytest.mark.parametrize("role", ["client", "server"])
def test_a_silent_partner_in_the_handshake(pki, role):
    near, far = connected()
    with environment(pki[0]["qm1"], role) as ours:
        with pytest.raises(TimeoutError):
            ours.handshake(near, timeout=0.1)
        near.close()
        far.close()
        near, far = connected()
        threading.Timer(0.1, lambda: near.shutdown(socket.SHUT_RDWR)).start()
        assert outcome(lambda: ours.handshake(near)).code in (406, 420)
        near.close()
        far.close()


@pytest.mark.parametrize("rubbish", [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\0" * 600, b"TSH \0\0\0\x1c"])
def test_rubbish_is_an_error_and_no_crash(pki, rubbish):
    near, far = connected()
    with environment(pki[0]["qm1"], "server") as ours:
        far.sendall(rubbish)
        far.shutdown(socket.SHUT_WR)
        found = outcome(lambda: ours.handshake(near, timeout=5))
    assert isinstance(found, GskitError)
    near.close()
    far.close()


def test_many_threads_share_two_environments_and_everything_is_closed(pki):
    paths, _ = pki
    results = []

    def talk(number, ours, theirs):
        for _ in range(2):
            server, client = handshake(ours, theirs)
            client.write(b"%d" % number)
            server.write(server.read(10, 20))
            results.append(client.read(10, 20) == b"%d" % number)
            close(server, client)

    descriptors = len(os.listdir("/proc/self/fd"))
    with environment(paths["qm1"], "server_request_client") as ours, environment(paths["qm2"], "client") as theirs:
        threads = [threading.Thread(target=talk, args=(number, ours, theirs)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [True] * 100
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_an_environment_that_is_given_up_lives_as_long_as_its_connections(pki):
    server, client = run(pki)  # both environments are closed by now
    client.write(b"still there")
    assert server.read(20, 5) == b"still there"
    close(server, client)
    with environment(pki[0]["qm1"], "client") as ours:
        pass
    near, far = connected()
    with pytest.raises(GskitError):
        ours.handshake(near)
    near.close()
    far.close()


@pytest.mark.parametrize("name", ["qm1-to-qm2.chl.mq.ibm.com", None])
def test_the_server_name_is_sent_and_can_be_read_before_the_handshake(pki, protocol, name):
    paths, _ = pki
    near, far = connected()
    with environment(paths["qm1"], "server", **protocol) as ours, environment(paths["qm2"], "client", **protocol) as theirs:
        ends = []
        thread = threading.Thread(target=lambda: ends.append(theirs.handshake(near, name)))
        thread.start()
        assert client_hello.requested_server_name(far, 5) == name
        ends.append(ours.handshake(far))
        thread.join()
        close(*ends)


def test_the_server_name_that_openssl_sees(pki, ca, tmp_path):
    identity = issue("OPENSSL", ca)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "s.pem").write_bytes(identity.key.private_bytes(*form) + identity.certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "s.pem")
    seen = []
    context.sni_callback = lambda stream, name, _context: seen.append(name)
    near, far = connected()
    thread = threading.Thread(target=lambda: context.wrap_socket(far, server_side=True).close())
    thread.start()
    with environment(pki[0]["qm2"], "client", protocols={"TLSV13"}) as theirs:
        theirs.handshake(near, "qm1.chl.mq.ibm.com").close()
    thread.join()
    assert seen == ["qm1.chl.mq.ibm.com"]


def test_no_client_hello(pki):
    near, far = connected()
    with pytest.raises(TimeoutError):
        client_hello.requested_server_name(far, 0.05)
    near.sendall(b"\x16\x03\x01")
    with pytest.raises(TimeoutError):
        client_hello.requested_server_name(far, 0.05)
    near.close()
    assert client_hello.requested_server_name(far, 5) is None
    far.close()


def test_a_process_that_fails_with_everything_open_does_not_crash(pki):
    script = (
        "import sys, socket\nfrom mqsim.gskit.handshake import Environment\n"
        f"e = Environment({pki[0]['qm1']!r}, {PASSWORD!r}, None, 'server', 'lab', {TLS12!r}, {TLS13!r}, {BOTH!r})\n"
        "a, b = socket.socketpair()\nb.close()\n"
        "try:\n    e.handshake(a)\nexcept Exception as error:\n    print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=_with_source())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() in ("420", "406")


def _with_source():
    return {**os.environ, "PYTHONPATH": str(Path(client_hello.__file__).parents[1])}
