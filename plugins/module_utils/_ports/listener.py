# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificates of a queue manager as its key repository holds them and as its listener presents them.

No channel shows the serial number of its own certificate, so the listener is called as a partner would call it, from its own host, and the
connection ends with the handshake. Whether the certificate is to be trusted is not asked. MQ takes it for a connection that ended before
its channel was known, and says so in the error log.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, Callable, Mapping, Sequence

from .._core.certificate import Entry
from .._core.errors import MqTlsError
from .._core.key_repository import default_label
from .._core.presented_certificate import Question, address, compared, held_under, label_of, not_checked, questions
from .._core.refresh_window import RefreshWindow
from .command import CommandRunner
from .installation import Installation
from .key_repository import KeyRepository
from .queue_manager import QueueManagerPort

_SECONDS = 5.0

Presenting = Callable[[str, int, str], bytes]


def presented(host: str, port: int, server_name: str) -> bytes:
    """The certificate that is presented there, in DER form. Raises OSError, of which errors of TLS are a kind."""
    import ssl  # noqa: PLC0415 - 20 ms, which modules that look at no listener do not have to spend

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL")  # some CipherSpecs are not among those that Python offers by itself
    connected = socket.create_connection((host, port), timeout=_SECONDS)
    with connected, context.wrap_socket(connected, server_hostname=server_name or None) as conversation:
        return conversation.getpeercert(binary_form=True) or b""


def certificates(
    queue_manager: str,
    parameters: Mapping[str, Any],
    responders: Sequence[str],
    installation: Installation,
    runner: CommandRunner,
    ask: Presenting = presented,
    clock: Callable[[], datetime] = datetime.now,
) -> dict[str, Any]:
    """The result ``certificates`` of the module channel. ``parameters``: its option of that name; ``clock`` gives the local time."""
    window = RefreshWindow.parse(parameters["refresh_window"])
    objects = parameters["objects"]
    label = label_of(objects, default_label(queue_manager))
    entries, problem, outstanding = _read(queue_manager, parameters, installation, runner)
    own = held_under(label, entries)
    opening = None
    if outstanding and parameters["refresh"] == "when_needed" and not window.contains(clock()):
        opening = f"{window.next_opening(clock()):%Y-%m-%d %H:%M}"
    place = address(objects)
    return {
        "held": own and {"label": own.label, "key_type": own.certificate.key_type, **own.certificate.facts()},
        "trusted": [entry.certificate.subject for entry in entries if entry.trusted and not entry.has_key],
        "problem": problem,
        "settings": _settings(installation, queue_manager),
        "presented": [_answer(question, place, entries, problem, ask) for question in questions(objects, responders, label)],
        "refresh": parameters["refresh"],
        "refresh_outstanding": outstanding,
        "refresh_window_opens": opening,
    }


def _read(
    queue_manager: str, parameters: Mapping[str, Any], installation: Installation, runner: CommandRunner
) -> tuple[Sequence[Entry], str, bool]:
    """Entries of the key repository, why they could not be read, whether the queue manager has not been told of a change."""
    outstanding = False
    try:
        repository = KeyRepository(
            queue_manager,
            installation,
            runner,
            lambda: datetime.now(timezone.utc),
            path=parameters["path"] or "",
            type=parameters["type"],
            password=parameters["password"],
        )
        marker = repository.description()["refresh_marker"]
        outstanding = QueueManagerPort(runner, installation, queue_manager, marker).refresh_outstanding
        entries = repository.inspect().entries
    except MqTlsError as error:
        return (), str(error), outstanding
    return (entries, "", outstanding) if entries is not None else ((), f"there is no key repository {repository.path}", outstanding)


def _settings(installation: Installation, queue_manager: str) -> dict[str, str]:
    with suppress(MqTlsError):  # what cannot be read explains nothing
        return installation.tls_settings(queue_manager)
    return {}


def _answer(question: Question, place: tuple[str, int] | None, entries: Sequence[Entry], problem: str, ask: Presenting) -> dict[str, Any]:
    if place is None:
        return not_checked(question, "no listener is described")
    if problem:
        return not_checked(question, problem.rstrip("."))
    where = "{}({})".format(*place)
    try:
        der = ask(*place, question.server_name)
        return compared(question, der, entries, _serial_number) if der else not_checked(question, f"{where} presents no certificate")
    except ConnectionRefusedError:
        return not_checked(question, f"nothing listens at {where}")
    except OSError as error:
        # Errors of TLS have a reason such as SSLV3_ALERT_HANDSHAKE_FAILURE, others the words of the system.
        said = getattr(error, "reason", None) or (os.strerror(error.errno) if error.errno and error.errno > 0 else str(error))
        return not_checked(question, f"{where} gave no answer to a TLS handshake ({said})")


def _serial_number(der: bytes) -> str:
    """Of a certificate; blank where the library that reads it is missing, which nothing else here needs."""
    from .._x509 import certificates, chain, library  # noqa: PLC0415 - 100 ms, which only another certificate is worth

    return certificates.facts(chain.read(der, "What the listener presents")[0]).serial_number if library.AVAILABLE else ""
