# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the AMQ messages mean: cause and remedy by message number, the most telling first.

Sources: IBM MQ documentation, "Troubleshooting TLS", "AMQ9xxx: Remote"; IBM Support, "IBM MQ Troubleshooting Common TLS SSL Errors".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class Cause:
    """What a message means; in the texts {here} is the end that wrote it and {there} its partner."""

    cause: str
    remedy: str


_REPOSITORY = "restore the files of the key repository as a whole set, or run mqfleet.tls.site, which builds it anew, then refresh"

# By message number, the most telling first: where the logs hold several, the first of this order is the cause and the rest its echo.
CAUSES: Mapping[str, Cause] = {
    "9633": Cause("{here} does not accept the certificate of {there}", ""),  # refined in _certificate_cause
    "9654": Cause("{here} does not accept the certificate of {there}", ""),
    "9652": Cause("{here} does not accept the certificate of {there}", ""),
    "9716": Cause(
        "{here} cannot find out whether the certificate of {there} has been revoked",
        "open the network path to the OCSP responder or CRL server that the certificate or an AUTHINFO object of {here} names, or decide "
        "on OCSPAuthentication in qm.ini",
    ),
    "9797": Cause(  # refined in _own_certificate_cause
        "the certificate of {here} itself is expired, or its chain in its own key repository is incomplete",
        "run mqfleet.tls.site for {here}, which renews the certificate and completes the chain",
    ),
    "9630": Cause("the certificate of {here} itself is outside its validity", "run mqfleet.tls.site for {here}, which renews it"),
    "9636": Cause(
        "the distinguished name of {there} does not match SSLPEER of {here}",
        "correct SSLPEER (run mqfleet.tls.site) or the subject of the certificate of {there}",
    ),
    "9640": Cause("SSLPEER of {here} is not a valid filter", "correct SSLPEER"),
    "9637": Cause(
        "{here} requires a certificate and {there} sent none",
        "put a certificate with its private key under the label that CERTLABL of {there} names (run mqfleet.tls.site), or make the link "
        "one_way",
    ),
    "9642": Cause(
        "{there} requires a certificate and {here} has none under its label",
        "put a certificate with its private key under the label that CERTLABL of {here} names (run mqfleet.tls.site), or make the link "
        "one_way",
    ),
    "9616": Cause(
        "{here} has not enabled the CipherSpec that {there} proposes, or its certificate has a key of the wrong type for it",
        "compare SSLCIPH with the key type of the certificate of {here} and with its SSLFIPS, SUITEB, AllowedCipherSpecs and AllowTLSV13",
    ),
    "9719": Cause("{here} is in FIPS mode and its CipherSpec is not a FIPS one", "choose a FIPS CipherSpec or an alias"),
    "9788": Cause("SSLCIPH of {here} names a CipherSpec that is deprecated and disabled", "choose a current CipherSpec"),
    "9631": Cause(
        "the handshake settled on another CipherSpec than SSLCIPH of {here} demands",
        "give both ends the same SSLCIPH, the responding end first (run mqfleet.tls.site)",
    ),
    "9639": Cause("{here} demands TLS and {there} connects without it", "set SSLCIPH at {there} (run mqfleet.tls.site)"),
    "9635": Cause("SSLCIPH of {here} is blank or unknown while {there} connects with TLS", "set SSLCIPH at {here} (run mqfleet.tls.site)"),
    "9660": Cause(
        "{here} cannot open its key repository: the password or the stash file is missing or wrong",
        "set KEYRPWD or the stash file anew (run mqfleet.tls.site), then refresh",
    ),
    "9657": Cause("{here} cannot open its key repository", "check SSLKEYR and the owner and mode of the file (run mqfleet.tls.site)"),
    "9627": Cause("SSLKEYR of {here} is blank", "run mqfleet.tls.site, which sets it"),
    "9647": Cause("{here} cannot read its key repository", _REPOSITORY),
    "9648": Cause("the key repository of {here} is damaged", _REPOSITORY),
    "9649": Cause("the key repository of {here} holds a key twice", _REPOSITORY),
    "9650": Cause("the key repository of {here} holds a label twice", _REPOSITORY),
    "9651": Cause("the key repository of {here} is corrupt or its password wrong", _REPOSITORY),
    "9675": Cause("the label that CERTLABL of {here} names is not in its key repository", "run mqfleet.tls.site for {here}"),
    "9666": Cause("{here} cannot reach the LDAP server with the revocation lists", "correct the AUTHINFO object or the network"),
    "9622": Cause("SSLCRLNL of {here} names an AUTHINFO object that does not exist", "define it or correct the namelist"),
    "9629": Cause("SSLCRYP of {here} is not valid", "correct SSLCRYP"),
    "9655": Cause("{here} cannot load GSKit", "install the GSKit package of IBM MQ"),
    "9777": Cause(
        "a channel authentication rule (CHLAUTH) of {here} blocks the channel",
        "see DISPLAY CHLAUTH with MATCH(RUNCHECK) and correct the rule",
    ),
    "9776": Cause(
        "a channel authentication rule (CHLAUTH) of {here} blocks the user", "see DISPLAY CHLAUTH and correct the rule or MCAUSER"
    ),
    "9519": Cause("{here} has no definition of the channel", "run mqfleet.tls.site for {here}, which defines it"),
    "9520": Cause("{there} has no definition of the channel", "run mqfleet.tls.site for {there}, which defines it"),
    "9526": Cause("the message sequence numbers of both ends differ", "find out whether messages were lost, then use RESET CHANNEL"),
    "9531": Cause("the transmission queue at {here} is missing or has no USAGE(XMITQ)", "run mqfleet.tls.site for {here}"),
    "9534": Cause("the channel is stopped at {here}", "use START CHANNEL at {here}"),
    "9558": Cause("the channel is stopped or not available at {there}", "use START CHANNEL at {there}"),
    "9714": Cause("{there} is refreshing its TLS security", "wait: the channel retries by itself"),
    "9713": Cause("{here} is refreshing its TLS security", "wait: the channel retries by itself"),
    "9202": Cause("{here} cannot reach {there} over the network", "check that the listener of {there} runs and CONNAME of {here} is right"),
    "9213": Cause("{here} has a communications error", "check the network"),
    # Echoes: the other end has the reason.
    "9643": Cause("{there} does not accept the distinguished name of {here}", "correct SSLPEER at {there} (run mqfleet.tls.site)"),
    "9641": Cause("{there} does not accept the CipherSpec of {here}", "give both ends the same SSLCIPH, the responding end first"),
    "9709": Cause("{here} cannot set up TLS", "read the messages before this one"),
    "9503": Cause(
        "both ends do not agree on the channel, mostly as the types of their definitions do not fit",
        "compare CHLTYPE (run mqfleet.tls.site)",
    ),
    "9620": Cause("a TLS function failed at {here}", "read the return code in the message"),
    "9661": Cause("{here} received no valid TLS data from {there}", "check what listens at the address of {there}"),
    "9665": Cause("{there} closed the TLS connection", "read the error log of {there} for the same second"),
    "9638": Cause("the TLS connection between the ends broke", "read the messages before it on both ends"),
    "9209": Cause("{there} closed the connection", "read the error log of {there} for the same second"),
    "9208": Cause("the connection from {here} to {there} broke", "read the error log of {there} for the same second"),
    "9506": Cause("messages on their way were not confirmed", "read the error log of {there}"),
    "9492": Cause("a connection to {here} ended before the channel was known", "read the messages before it"),
    "9999": Cause("the channel ended abnormally", "read the messages before this one"),
}
RANK = {number: rank for rank, number in enumerate(CAUSES)}
# A refresh ends channels that worked: it explains nothing where one of the messages above it in CAUSES is at hand.
REFRESH = ("9714", "9713")
# That the other end broke off, which has the reason.
ECHOES = frozenset(["9665", "9209", "9208", "9661"])
# That a channel or connection ended, never why.
SUMMARIES = ("9999", "9492")
# Written by an initiator that has not even called its partner, so that nothing in the partner's log is about the same attempt.
NOT_CALLED = frozenset(["9202", "9531", "9622", "9627", "9629", "9635", "9647", "9648", "9657", "9660", "9675", "9719", "9788", "9797"])
