# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where revocations are asked for: files over HTTP, an OCSP responder, an LDAP directory. On loopback, each in a thread of its own.

They are as small as the tests allow: the responder answers one question at a time, the directory knows bind and search by name.
"""

from __future__ import annotations

import datetime
import http.server
import socketserver
import threading
from collections.abc import Callable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

DER = serialization.Encoding.DER


class WebServer:
    """Serves `files` (path: the bytes, or what gives them) and answers OCSP at /ocsp by `respond`. `asked`: method and path of all requests."""

    def __init__(
        self, files: Mapping[str, bytes | Callable[[], bytes]] | None = None, respond: Callable[[bytes], bytes] | None = None
    ) -> None:
        self.files = dict(files or {})
        self.respond = respond
        self.asked: list[tuple[str, str]] = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, format: str, *arguments: object) -> None:
                """`asked` has it."""

            def do_GET(self) -> None:
                web.asked.append(("GET", self.path))
                found = web.files.get(self.path)
                if found is None:
                    self.send_error(404)
                else:
                    self._answer(found() if callable(found) else found, "application/pkix-crl")

            def do_POST(self) -> None:
                web.asked.append(("POST", self.path))
                question = self.rfile.read(int(self.headers["Content-Length"]))
                if web.respond is None or self.path != "/ocsp":
                    self.send_error(404)
                else:
                    self._answer(web.respond(question), "application/ocsp-response")

            def _answer(self, body: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> WebServer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Responder:
    """OCSP answers (RFC 6960), signed by the CA or by `signer`. `revoked` is asked for serial numbers each time.

    `status`: 'ok', or what it says instead: 'unknown', 'unauthorized', 'garbage'.
    """

    def __init__(self, certificate: x509.Certificate, key: object, revoked: Callable[[], set[int]], signer: tuple | None = None) -> None:
        self.certificate, self.key, self.revoked, self.status = certificate, key, revoked, "ok"
        self.signer = signer

    def __call__(self, question: bytes) -> bytes:
        if self.status == "garbage":
            return b"no answer"
        if self.status == "unauthorized":
            return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED).public_bytes(DER)
        asked = ocsp.load_der_ocsp_request(question)
        now = datetime.datetime.now(datetime.timezone.utc)
        is_revoked = self.status == "ok" and asked.serial_number in self.revoked()
        state = ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial_number,
            asked.hash_algorithm,
            ocsp.OCSPCertStatus.UNKNOWN if self.status == "unknown" else state,
            now - datetime.timedelta(minutes=5),
            now + datetime.timedelta(hours=1),
            now if is_revoked else None,
            None,
        )
        certificate, key = self.signer or (self.certificate, self.key)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
        if self.signer:
            builder = builder.certificates([certificate])
        return builder.sign(key, hashes.SHA256()).public_bytes(DER)


class Directory:
    """A directory (LDAP, RFC 4511) with `entries`: name -> attributes. `binds`: who has come, with which password."""

    def __init__(self, entries: Mapping[str, Mapping[str, Callable[[], bytes]]]) -> None:
        self.entries = entries
        self.binds: list[tuple[str, str]] = []
        self.searches: list[str] = []
        directory = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                waiting = b""
                while part := self.request.recv(65536):
                    waiting += part
                    while (whole := _read(waiting)) is not None:
                        _tag, message, waiting = whole
                        for answer in directory.answers(message):
                            self.request.sendall(answer)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.address = f"127.0.0.1({self._server.server_address[1]})"

    def answers(self, message: bytes) -> list[bytes]:
        _tag, number, rest = _element(message)
        tag, operation, _rest = _element(rest)
        answers = []
        if tag == 0x60:  # bind: version, name, simple password
            _tag, _version, rest = _element(operation)
            _tag, name, rest = _element(rest)
            _tag, password, _rest = _element(rest)
            self.binds.append((name.decode(), password.decode()))
            answers = [_result(0x61, 0)]
        elif tag == 0x63:  # search: the name comes first, the rest is not looked at
            _tag, name, _rest = _element(operation)
            self.searches.append(name.decode())
            entry = self.entries.get(name.decode())
            if entry is not None:
                values = b"".join(
                    _write(0x30, _write(0x04, key.encode()) + _write(0x31, _write(0x04, value()))) for key, value in entry.items()
                )
                answers.append(_write(0x64, _write(0x04, name) + _write(0x30, values)))
            answers.append(_result(0x65, 32 if entry is None else 0))
        return [_write(0x30, _write(0x02, number) + answer) for answer in answers]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def revocation_list(certificate: x509.Certificate, key: object, revoked: set[int], ends: int = 1) -> bytes:
    """A CRL (DER) that ends in `ends` days."""
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now - datetime.timedelta(days=3))
        .next_update(now + datetime.timedelta(days=ends))
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for number in sorted(revoked):
        entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(now - datetime.timedelta(hours=1)).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, hashes.SHA256()).public_bytes(DER)


def _result(tag: int, code: int) -> bytes:
    return _write(tag, _write(0x0A, bytes([code])) + _write(0x04, b"") + _write(0x04, b""))


def _write(tag: int, body: bytes) -> bytes:
    """BER: tag, length, contents."""
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    found = _read(data)
    if found is None:
        raise ValueError("half an element")
    return found


def _read(data: bytes) -> tuple[int, bytes, bytes] | None:
    """The first element (tag, contents) and what follows; None while it is not all there."""
    if len(data) < 2:
        return None
    length, begin = data[1], 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(data[2:begin], "big")
    return (data[0], data[begin : begin + length], data[begin + length :]) if len(data) >= begin + length else None
