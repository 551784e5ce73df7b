# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listener is asked for its certificate, and what comes of it beside a key repository of each type."""

from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import datetime

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.certificate import pem_fingerprint
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.end import End
from ansible_collections.mqfleet.tls.plugins.module_utils._core.verification.presented import other_certificate
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import SubprocessRunner
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.installation import Installation
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.listener import certificates, presented
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import library
from ansible_collections.mqfleet.tls.plugins.modules import channel, key_repository_info
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from repository_host import EC, Ca, Host, one_of_each_type, self_signed

LABEL = "ibmwebspheremqqm1"
LISTENER = {"object": "LISTENER", "name": "TLS.LISTENER", "attributes": {"PORT": 1415, "IPADDR": "192.0.2.1"}}
MIDNIGHT = datetime(2026, 1, 1)


@contextmanager
def answering(talk):
    """A port on which ``talk`` is called with one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connected, _address = server.accept()
            with connected:
                talk(connected)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_the_certificate_and_the_server_name_that_was_asked_for(tmp_path):
    ca = Ca()
    key = ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (tmp_path / "server.pem").write_text(ca.pem + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def talk(connected):
        with context.wrap_socket(connected, server_side=True) as conversation:
            conversation.recv(1)

    for name in ("qm12e-to2e-qm2.chl.mq.ibm.com", ""):
        with answering(talk) as port:
            der = presented("127.0.0.1", port, name)
        assert ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest()) == pem_fingerprint(ca.pem)
    assert names == ["qm12e-to2e-qm2.chl.mq.ibm.com", None]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return one_of_each_type(tmp_path_factory.mktemp("made"), Ca(), identity={**EC, "label": LABEL, "subject": "CN=QM1"})


@pytest.fixture(params=["cms", "pkcs12"])
def host(request, made, tmp_path):
    shutil.copytree(made[request.param].folder, tmp_path / "host", symlinks=True)
    copied = Host(tmp_path / "host")
    for ini in copied.folder.glob("var/mqm/mqs.ini"):
        ini.write_text(ini.read_text().replace(str(made[request.param].folder), str(copied.folder)))
    return copied


def look(host, ask, clock=lambda: MIDNIGHT, **options):
    defaults = {name: one.get("default") for name, one in channel.argument_spec()["certificates"]["options"].items()}
    parameters = {**defaults, "objects": [LISTENER], **options}
    installation = Installation(f"{host.folder}/opt/mqm", f"{host.folder}/var/mqm")
    return certificates("QM1", parameters, ["QM2.TO.QM1"], installation, SubprocessRunner(), ask, clock)


def held(host):
    """The personal certificate, as another module reads it."""
    defaults = {name: one.get("default") for name, one in key_repository_info.argument_spec().items()}
    place = {"queue_manager": "QM1", "installation": f"{host.folder}/opt/mqm", "data_path": f"{host.folder}/var/mqm"}
    found = key_repository_info.run({**defaults, **place}, SubprocessRunner())["certificates"]
    return next(one for one in found if one["has_key"])


def der_of(pem):
    return ssl.PEM_cert_to_DER_cert(pem)


def test_the_certificate_that_is_held_is_presented(host):
    asked = []
    own = held(host)

    def ask(*place):
        asked.append(place)
        return der_of(own["pem"])

    found = look(host, ask)
    assert asked == [("192.0.2.1", 1415, "")]
    (one,) = found["presented"]
    assert (one["state"], one["label"], one["channels"]) == ("current", LABEL, ["QM2.TO.QM1"])
    assert {key: found["held"][key] for key in ("label", "subject", "issuer", "serial_number")} == {
        "label": LABEL,
        "subject": "CN=QM1",
        "issuer": "CN=Test CA",
        "serial_number": own["serial_number"],
    }
    assert (found["trusted"], found["problem"], found["refresh_outstanding"]) == (["CN=Test CA"], "", False)


@pytest.mark.parametrize(
    ("outstanding", "options", "opens"),
    [
        (False, {}, None),
        (True, {}, None),
        (True, {"refresh_window": "23:00-01:00"}, None),
        (True, {"refresh_window": "01:30-05:00"}, "2026-01-01 01:30"),
        (True, {"refresh_window": "01:30-05:00", "refresh": "never"}, None),
        (False, {"refresh_window": "01:30-05:00"}, None),
    ],
)
def test_another_certificate_is_presented(host, outstanding, options, opens):
    if outstanding:
        (host.directory / "refresh").touch()
    other = self_signed()
    found = look(host, lambda *place: der_of(other), **options)
    assert found["presented"][0]["state"] == "other"
    number = x509.load_pem_x509_certificate(other.encode()).serial_number
    assert int(found["presented"][0]["presented"]["serial_number"].replace(":", ""), 16) == number
    assert (found["refresh_outstanding"], found["refresh_window_opens"]) == (outstanding, opens)


def failing(error):
    def ask(*_place):
        raise error

    return ask


TLS_ALERT = ssl.SSLError(1, "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] handshake failure")
TLS_ALERT.reason = "SSLV3_ALERT_HANDSHAKE_FAILURE"


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (failing(ConnectionRefusedError(111, "Connection refused")), "nothing listens at 192.0.2.1(1415)"),
        (failing(TLS_ALERT), "192.0.2.1(1415) gave no answer to a TLS handshake (SSLV3_ALERT_HANDSHAKE_FAILURE)"),
        (failing(socket.timeout("timed out")), "192.0.2.1(1415) gave no answer to a TLS handshake (timed out)"),
        (failing(ConnectionResetError(104, "x")), "192.0.2.1(1415) gave no answer to a TLS handshake (Connection reset by peer)"),
        (lambda *place: b"", "192.0.2.1(1415) presents no certificate"),
    ],
)
def test_a_listener_that_cannot_be_asked_is_not_checked(host, ask, reason):
    (one,) = look(host, ask)["presented"]
    assert (one["state"], one["presented"], one["held"]) == ("not checked", None, None)
    assert one["reason"].startswith(reason)


def test_plain_text_is_no_answer():
    with answering(lambda connected: connected.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port, pytest.raises(OSError):
        presented("127.0.0.1", port, "")


def test_without_a_listener_or_a_key_repository_nothing_is_asked(host, tmp_path):
    ask = failing(AssertionError("nobody is to be asked"))
    assert look(host, ask, objects=[])["presented"][0]["reason"] == "no listener is described"
    shutil.rmtree(host.ssl)
    host.ssl.mkdir()
    found = look(host, ask)
    assert found["presented"][0]["reason"] == found["problem"] == f"there is no key repository {host.ssl}/key"
    assert (found["held"], found["trusted"]) == (None, [])


def test_a_key_repository_that_cannot_be_read_is_named(tmp_path):
    other = Host.make(tmp_path)
    (other.ssl / "key.p12").write_bytes(b"no such thing")
    found = look(other, failing(AssertionError("nobody is to be asked")))
    assert "its password is not known" in found["problem"]
    assert found["presented"][0]["reason"] == found["problem"].rstrip(".")


@pytest.mark.parametrize("host", ["cms"], indirect=True)
def test_without_the_library_the_fingerprint_names_the_other_certificate(host, monkeypatch):
    monkeypatch.setattr(library, "AVAILABLE", False)
    (one,) = look(host, lambda *place: der_of(self_signed()))["presented"]
    assert (one["state"], one["presented"]["serial_number"]) == ("other", "")
    link = {"to": "QM1", "channel": "QM2.TO.QM1"}
    assert f"SHA-256 fingerprint {one['presented']['fingerprint']}" in other_certificate(link, End(certificates={"presented": [one]}))
