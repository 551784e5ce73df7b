# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AMQERR01.LOG: entries in the form of IBM MQ's, and the rotation of the three files.

Form as in captured logs of 9.1 and later ("Diagnostic message services"): newest entries at the end of 01; when 01 is full it
becomes 02, and 02 becomes 03. Message texts are those that documents and captured logs confirm, else a wording that is
only known by its sense; explanations and actions are the simulator's own.
"""

from __future__ import annotations

import datetime
import getpass
import os
import socket
import textwrap
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_WIDTH = 79
_INDENT = " " * 20
_SIZE = 33_554_432  # ErrorLogSize's default at 9.1 and later


class Message(NamedTuple):
    """Texts with the inserts {channel}, {host}, {0}, {1}, {2}; ``module`` is the source that the closing line names."""

    text: str
    explanation: str
    action: str
    module: str


_RCCA, _RMRSA, _CISA, _CITA, _CXA = "amqrccca.c", "amqrmrsa.c", "amqccisa.c", "amqccita.c", "amqcccxa.c"
_UNKNOWN_NAME = " In some cases the channel's name is not known yet and is shown as '????'."

MESSAGES: dict[str, Message] = {
    "AMQ5026I": Message(
        "The listener '{0}' has started. ProcessId({1}).", "The listener accepts connections on port {2}.", "None.", "amqzmut0.c"
    ),
    "AMQ5027I": Message(
        "The listener '{0}' has ended. ProcessId({1}).", "The listener accepts no more connections.", "None.", "amqzmut0.c"
    ),
    "AMQ8003I": Message("IBM MQ queue manager '{0}' started using V{1}.", "The queue manager has started.", "None.", "amqzmgr0.c"),
    "AMQ8004I": Message("IBM MQ queue manager '{0}' ended.", "The queue manager has ended.", "None.", "amqzmgr0.c"),
    "AMQ9001I": Message(
        "Channel '{channel}' to host '{host}' ended normally.", "The channel has ended as it was asked to.", "None.", _RCCA
    ),
    "AMQ9002I": Message("Channel '{channel}' is starting.", "Channel '{channel}' is starting.", "None.", _RCCA),
    "AMQ9202E": Message(
        "Remote host '{host}' not available, retry later.",
        "No TCP/IP connection to host '{host}' could be made for channel '{channel}'. The cause may pass.",
        "Check that a listener runs at host '{host}' and that the network lets this host reach it. The return code from TCP/IP is {0}.",
        _CITA,
    ),
    "AMQ9207E": Message(
        "The data received from host '{host}' is not valid.",
        "What host '{host}' sent is not the channel protocol: {0}." + _UNKNOWN_NAME,
        "Find out what connects to this port.",
        _CITA,
    ),
    "AMQ9208E": Message(
        "Error on receive from host '{host}'.",
        "Data for channel '{channel}' could not be received from host '{host}'. The return code from TCP/IP is {0}.",
        "Look at the error log of the other end for the same second.",
        _CITA,
    ),
    "AMQ9209E": Message(
        "Connection to host '{host}' for channel '{channel}' closed.",
        "The other end closed the connection before it was expected to." + _UNKNOWN_NAME,
        "Look at the error log of the other end for the same second.",
        _CITA,
    ),
    "AMQ9218E": Message(
        "The TCP/IP listener program could not bind to port number {0}.",
        "The attempt to listen on address '{1}' failed; the port may be in use. The return code from TCP/IP is {2}.",
        "Stop what uses the port, or change PORT or IPADDR of the listener.",
        _CITA,
    ),
    "AMQ9492E": Message(
        "The TCP/IP responder program encountered an error.",
        "A connection from host '{host}' ended before the channel was known.",
        "Look at the message before this one. Port scanners and health checks cause it too.",
        _RMRSA,
    ),
    "AMQ9503E": Message(
        "Channel negotiation failed.",
        "Channel '{channel}' between this queue manager and host '{host}' could not be agreed upon: {0}.",
        "Compare the channel definitions of both ends.",
        _RCCA,
    ),
    "AMQ9506E": Message(
        "Message receipt confirmation failed.",
        "Channel '{channel}' to host '{host}' ended while messages were on their way; they are sent again when the channel restarts.",
        "None, if the channel retries. Else look at the log of the other end.",
        _RCCA,
    ),
    "AMQ9514E": Message(
        "Channel '{channel}' is in use.",
        "The operation was refused because channel '{channel}' is active.",
        "Stop the channel, or wait for it to end.",
        _RCCA,
    ),
    "AMQ9519E": Message(
        "Channel '{channel}' not found.",
        "Host '{host}' asked for channel '{channel}', which has no definition here that fits.",
        "Define the channel, or correct the name at the other end.",
        _RCCA,
    ),
    "AMQ9520E": Message(
        "Channel not defined remotely.",
        "There is no definition of channel '{channel}' at host '{host}'.",
        "Define the channel there, or correct the name here.",
        _RCCA,
    ),
    "AMQ9526E": Message(
        "Message sequence number error for channel '{channel}'.",
        "The two ends of the channel do not agree on the message sequence number: the message has {0}, {1} was expected. "
        "The remote host is '{host}'.",
        "Find out whether messages were lost or one end was made anew, then use RESET CHANNEL.",
        _RCCA,
    ),
    "AMQ9531E": Message(
        "Transmission queue specification error.",
        "Queue '{0}', which channel '{channel}' names as its transmission queue, is not there or does not have USAGE(XMITQ).",
        "Correct XMITQ of the channel, or define the queue.",
        _RCCA,
    ),
    "AMQ9534E": Message(
        "Channel '{channel}' is currently not enabled.",
        "The channel is stopped and can not be started from host '{host}'.",
        "Use START CHANNEL to enable it.",
        _RCCA,
    ),
    "AMQ9544E": Message(
        "Messages not put to destination queue.",
        "A message of channel '{channel}' could not be put to queue '{0}', and there is no usable dead-letter queue.",
        "Define the queue, or a dead-letter queue.",
        _RCCA,
    ),
    "AMQ9544W": Message(
        "Messages not put to destination queue.",
        "A message of channel '{channel}' could not be put to queue '{0}'; it went to the dead-letter queue.",
        "Look at the dead-letter queue.",
        _RCCA,
    ),
    "AMQ9545I": Message(
        "Disconnect interval expired.",
        "Channel '{channel}' to host '{host}' ended because no message arrived on its transmission queue within DISCINT.",
        "None.",
        _RCCA,
    ),
    "AMQ9558E": Message(
        "The remote channel '{channel}' on host '{host}' is not currently available.",
        "The other end can not run the channel now: it is stopped there, or the queue manager is ending.",
        "Start the channel at the other end; this end retries.",
        _RCCA,
    ),
    "AMQ9616E": Message(
        "The CipherSpec '{0}' proposed by remote host '{host}' is not enabled.",
        "None of the CipherSpecs that host '{host}' proposed can be used here. This happened in the handshake, before the channel was "
        "known. The reason can be SSLFIPS, SUITEB, AllowedCipherSpecs or AllowTLSV13 of this queue manager, or a certificate whose "
        "key is of the wrong type for the CipherSpec.",
        "Choose a CipherSpec that both ends have enabled and that fits the certificate of this queue manager.",
        _CISA,
    ),
    "AMQ9620E": Message(
        "Internal error on call to SSL function on channel '{channel}' to host '{host}'.",
        "The function '{1}' returned {0}." + _UNKNOWN_NAME,
        "Look at the error log of the other end for the same second.",
        _CISA,
    ),
    "AMQ9627E": Message(
        "The path and stem name for the SSL key repository have not been specified.",
        "SSLKEYR of the queue manager is blank; channel '{channel}' can not use TLS.",
        "Use ALTER QMGR SSLKEYR and REFRESH SECURITY TYPE(SSL).",
        _CISA,
    ),
    "AMQ9630E": Message(
        "An expired SSL certificate was loaded.",
        "The certificate that this end would present on channel '{channel}' is not valid at this time.",
        "Renew the certificate and use REFRESH SECURITY TYPE(SSL).",
        _CISA,
    ),
    "AMQ9622E": Message(
        "AUTHINFO object {0} does not exist.",
        "The namelist in the queue manager attribute SSLCRLNL names the authentication information object '{0}', which is not defined.",
        "Define it, or correct the namelist, then use REFRESH SECURITY TYPE(SSL).",
        _CISA,
    ),
    "AMQ9631E": Message(
        "The CipherSpec negotiated during the SSL handshake does not match the required CipherSpec for channel '{channel}'.",
        "The definition of channel '{channel}' requires CipherSpec '{0}'; the handshake with host '{host}' settled on '{1}'.",
        "Change SSLCIPH so that both ends agree, the responding end first.",
        _CISA,
    ),
    "AMQ9633E": Message(
        "Bad SSL certificate for channel '{channel}'.",
        "The certificate of host '{host}', or one in its chain, was refused in the handshake: it is badly formed, not signed by a "
        "certificate that this key repository trusts, out of its validity, revoked, or not meant for this use. The certificate is "
        "'{1}'; the validation code is {0}." + _UNKNOWN_NAME,
        "See which certificate is named. Add the missing CA certificate to this key repository, or renew the certificate of the other "
        "end, then use REFRESH SECURITY TYPE(SSL).",
        _CISA,
    ),
    "AMQ9635E": Message(
        "Channel '{channel}' did not specify a valid CipherSpec.",
        "The other end, host '{host}', uses TLS; the definition of channel '{channel}' here has no usable SSLCIPH ('{0}').",
        "Set SSLCIPH on both ends alike.",
        _CXA,
    ),
    "AMQ9636E": Message(
        "SSL distinguished name does not match peer name, channel '{channel}'.",
        "The distinguished name '{0}' in the certificate of host '{host}' does not match the SSLPEER of channel '{channel}'.",
        "Change SSLPEER, or give the other end the certificate that it should have.",
        _CISA,
    ),
    "AMQ9637E": Message(
        "Channel is lacking a certificate.",
        "Host '{host}' presented no certificate on channel '{channel}', which requires one: SSLCAUTH(REQUIRED), or SSLPEER is set.",
        "Check the certificate label at the other end, or use SSLCAUTH(OPTIONAL) with a blank SSLPEER.",
        _CISA,
    ),
    "AMQ9639E": Message(
        "Remote channel '{channel}' did not specify a CipherSpec.",
        "The definition of channel '{channel}' here has SSLCIPH; host '{host}' started it without TLS.",
        "Set SSLCIPH on both ends alike.",
        _CXA,
    ),
    "AMQ9640E": Message(
        "SSL invalid peer name, channel '{channel}', attribute '{0}'.",
        "The SSLPEER of channel '{channel}' is not a valid filter.",
        "Correct SSLPEER.",
        _CISA,
    ),
    "AMQ9641E": Message(
        "Remote CipherSpec error for channel '{channel}' to host '{host}'.",
        "The other end refused the channel because its CipherSpec is not the one that this end uses. Its log has the details.",
        "Set SSLCIPH on both ends alike.",
        _CISA,
    ),
    "AMQ9642E": Message(
        "No SSL or TLS certificate for channel '{channel}'.",
        "Host '{host}' requires a certificate on channel '{channel}', and this end presented none: there is no personal certificate "
        "under the label '{0}'.",
        "Put a certificate under that label, or correct CERTLABL.",
        _CISA,
    ),
    "AMQ9643E": Message(
        "Remote SSL peer name error for channel '{channel}'.",
        "Host '{host}' refused the distinguished name of this end's certificate on channel '{channel}'.",
        "Correct SSLPEER at the other end, or the certificate of this one.",
        _CISA,
    ),
    "AMQ9648E": Message(
        "The SSL key repository has an invalid internal format.",
        "The key repository '{0}' is damaged, or is no key repository; channel '{channel}' can not use TLS.",
        "Restore the key repository from a copy, all its files together.",
        _CISA,
    ),
    "AMQ9657E": Message(
        "The key repository could not be opened (channel '{channel}').",
        "The key repository '{0}' is not there or can not be read.",
        "Check SSLKEYR, and owner and mode of the files.",
        _CISA,
    ),
    "AMQ9660E": Message(
        "SSL key repository: password incorrect or, stash file absent or unusable.",
        "The key repository '{0}' could not be opened with the password at hand (channel '{channel}').",
        "Make the stash file anew or correct KEYRPWD, then use REFRESH SECURITY TYPE(SSL).",
        _CISA,
    ),
    "AMQ9661E": Message(
        "Bad SSL data from peer on channel '{channel}'.",
        "Host '{host}' sent something that is neither TLS nor the channel protocol." + _UNKNOWN_NAME,
        "Find out what connects to this port.",
        _CISA,
    ),
    "AMQ9665E": Message(
        "SSL connection closed by remote end of channel '{channel}'.",
        "Host '{host}' closed the connection in the handshake." + _UNKNOWN_NAME,
        "Look at the error log of the other end for the same second.",
        _CISA,
    ),
    "AMQ9675E": Message(
        "The requested certificate could not be found.",
        "There is no personal certificate with the label '{0}' in the key repository; it is needed to answer channel '{channel}'.",
        "Put a certificate under that label, or correct CERTLABL, then use REFRESH SECURITY TYPE(SSL).",
        _CISA,
    ),
    "AMQ9710E": Message("SSL security refresh failed.", "TLS channels did not stop in time.", "Stop them and refresh again.", _CISA),
    "AMQ9713E": Message(
        "Channel '{channel}' ended: SSL refresh in progress.",
        "REFRESH SECURITY TYPE(SSL) ended the channel.",
        "None; the other end starts the channel again.",
        _CISA,
    ),
    "AMQ9714E": Message(
        "SSL refresh on receiving queue manager.",
        "Host '{host}' ended channel '{channel}' because its view of the key repository is being refreshed.",
        "None; the channel starts again.",
        _CISA,
    ),
    "AMQ9716E": Message(
        "Remote SSL certificate revocation status check failed for channel '{channel}'.",
        "Whether the certificate of host '{host}', or one in its chain, is revoked could not be found out: who was asked could not be "
        "reached, or did not know. The certificate is '{0}'." + _UNKNOWN_NAME,
        "Check the OCSP responder or the list of revoked certificates, and the way there.{1}",
        _CISA,
    ),
    "AMQ9716W": Message(
        "Remote SSL certificate revocation status check failed for channel '{channel}'.",
        "Whether the certificate of host '{host}', or one in its chain, is revoked could not be found out: who was asked could not be "
        "reached, or did not know. The certificate is '{0}'." + _UNKNOWN_NAME,
        "Check the OCSP responder or the list of revoked certificates, and the way there.{1}",
        _CISA,
    ),
    "AMQ9719E": Message(
        "Invalid CipherSpec for FIPS mode.",
        "Channel '{channel}' asks for CipherSpec '{0}', which SSLFIPS(YES) does not allow.",
        "Choose another CipherSpec, or use SSLFIPS(NO).",
        _CISA,
    ),
    "AMQ9777E": Message(
        "Channel was blocked",
        "The inbound channel '{channel}' was blocked from address '{host}' because the active values of the channel matched a record "
        "configured with USERSRC(NOACCESS). The active values of the channel were '{0}'.",
        "Look at the channel authentication records with DISPLAY CHLAUTH.",
        "cmqxrmsa.c",
    ),
    "AMQ9788E": Message(
        "The channel '{channel}' specified a weak or broken CipherSpec.",
        "CipherSpec '{0}' is deprecated and not enabled.",
        "Choose a current CipherSpec.",
        _CISA,
    ),
    "AMQ9797E": Message(
        "Validation checks for the local personal certificate with label '{0}' failed. The channel did not start.",
        "The certificate that this end would present on channel '{channel}' is not valid; the validation code is {1}.",
        "Renew the certificate, or add the missing CA certificates to this key repository.",
        _CISA,
    ),
    "AMQ9999S": Message("mqsim: not simulated: {0}.", "None.", "None.", "mqsim.c"),
    "AMQ9999E": Message(
        "Channel '{channel}' to host '{host}' ended abnormally.",
        "The channel program running under process ID {pid} for channel '{channel}' ended abnormally. The host name is '{host}'; in some "
        "cases it can not be determined and is shown as '????'.",
        "Look at the messages before this one to find the cause.",
        _RMRSA,
    ),
}


class ErrorLog:
    """The error log of a queue manager, in ``errors`` of its directory.

    The size at which AMQERR01.LOG counts as full is ErrorLogSize of the stanza QMErrorLog in qm.ini, in bytes.
    """

    def __init__(self, queue_manager) -> None:
        self.directory = Path(queue_manager.directory) / "errors"
        self._queue_manager = queue_manager.name
        self._version = ".".join(str(number) for number in queue_manager.version)
        self._installation = queue_manager.machine.installation_name
        self._maximum_size = int(queue_manager.ini.get("QMErrorLog", {}).get("ErrorLogSize", _SIZE))
        self._lock = threading.Lock()
        self._host = socket.gethostname()
        self._user = getpass.getuser()
        self._threads: dict[int, int] = {}
        self.directory.mkdir(parents=True, exist_ok=True)

    def write(
        self,
        message_id: str,
        *inserts: object,
        channel: str = "????",
        host: str = "????",
        program: str = "amqzxma0",
        remote_host: str = "",
        arith_inserts: Sequence[int] = (),
        comment_inserts: Sequence[str] = (),
        text: str | None = None,
    ) -> None:
        """Add an entry.

        :param inserts: what the texts of the message call {0}, {1}, {2}
        :param host: the partner as message texts name it; ``remote_host``: its address, for the header of inbound channels
        :param text: for an id that is not in MESSAGES, the message text itself
        """
        message = MESSAGES[message_id] if text is None else Message(text.replace("{", "{{").replace("}", "}}"), "None.", "None.", "mqsim.c")
        padded = (*inserts, "", "", "")
        values = {"channel": channel, "host": host, "pid": os.getpid()}
        body = [
            *_wrapped(f"{message_id}: {message.text.format(*padded, **values)}"),
            "",
            "EXPLANATION:",
            *_wrapped(message.explanation.format(*padded, **values)),
            "ACTION:",
            *_wrapped(message.action.format(*padded, **values)),
            f"----- {message.module} : {_line_number(message_id)} ".ljust(_WIDTH, "-"),
        ]
        with self._lock:
            header = self._header(program, remote_host, arith_inserts, comment_inserts)
            self._append("\n".join([*header, *body]) + "\n")

    def _header(self, program: str, remote_host: str, arith_inserts: Sequence[int], comment_inserts: Sequence[str]) -> list[str]:
        now = datetime.datetime.now(datetime.timezone.utc)
        thread = self._threads.setdefault(threading.get_ident(), len(self._threads) + 1)
        arith = " ".join(f"ArithInsert{n}({value})" for n, value in enumerate(arith_inserts, 1) if value)
        continuation = [
            f"Host({self._host}) Installation({self._installation})",
            f"VRMF({self._version}) QMgr({self._queue_manager})",
            f"Time({now.strftime('%Y-%m-%dT%H:%M:%S')}.{now.microsecond // 1000:03d}Z)",
            f"RemoteHost({remote_host})" if remote_host else "",
            arith,
            *(f"CommentInsert{n}({value})" if value else "" for n, value in enumerate(comment_inserts, 1)),
        ]
        return [
            f"{now.astimezone().strftime('%m/%d/%Y %I:%M:%S %p')} - Process({os.getpid()}.{thread}) User({self._user}) Program({program})",
            *(_INDENT + line for line in continuation if line),
            " " * 19,
        ]

    def _append(self, entry: str) -> None:
        current = self.directory / "AMQERR01.LOG"
        if current.exists() and current.stat().st_size + len(entry) > self._maximum_size:
            for number in (2, 1):
                older = self.directory / f"AMQERR{number:02d}.LOG"
                if older.exists():
                    older.replace(self.directory / f"AMQERR{number + 1:02d}.LOG")
        with current.open("a", encoding="utf-8") as stream:
            stream.write(entry)


def _wrapped(text: str) -> list[str]:
    # A word that is too long stays whole, as in captured logs: only blanks are broken at.
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _line_number(message_id: str) -> int:
    return 100 + int(message_id[3:7]) % 9000


def render(message_id: str, *inserts: object, channel: str = "????", host: str = "????") -> str:
    """The text of a message, for the answer of a command."""
    return MESSAGES[message_id].text.format(*(*inserts, "", "", ""), channel=channel, host=host, pid=os.getpid())
