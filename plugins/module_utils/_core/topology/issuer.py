# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who signs a queue manager's certificate: the variable mq_tls_issuer.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Mapping

from .. import revocation
from .refusal import hint
from .variables import UNPRINTABLE, Variables

# What turns a request into a certificate, and the keys that its description may have.
ISSUERS: Mapping[str, tuple[str, ...]] = {
    "local_ca": ("type", "subject"),
    "self_signed": ("type",),
    "external": ("type", "trust"),
    "command": ("type", "argv", "timeout", "trust"),
}


def issuer_of(variables: Variables) -> Mapping[str, Any]:
    issuer = variables.value("mq_tls_issuer")
    if not isinstance(issuer, Mapping) or "type" not in issuer:
        variables.refuse("mq_tls_issuer", issuer, "write a dictionary with the key type, for example {type: local_ca}")
        return {"type": "local_ca"}
    kind = issuer["type"]
    if kind not in ISSUERS:
        variables.refuse("mq_tls_issuer", issuer, f"the type is none of {', '.join(ISSUERS)}{hint(str(kind), ISSUERS)}")
        return {"type": "local_ca"}
    # someone may have put a private key among the certificates, or a password into the command
    shown = {key: "..." if key in ("trust", "argv") else value for key, value in issuer.items()}
    for unknown in sorted(map(str, set(issuer) - set(ISSUERS[kind]))):
        variables.refuse("mq_tls_issuer", shown, f"the type {kind} has no key {unknown}{hint(unknown, ISSUERS[kind])}")
    for sentence in _issuer_problems(issuer):
        variables.refuse_sentence("mq_tls_issuer", sentence)
    if kind == "self_signed" and variables.flag("mq_tls_production"):
        variables.refuse(
            "mq_tls_issuer", issuer, "mq_tls_production is true and refuses self-signed certificates, as IBM advises; take local_ca"
        )
    return issuer


def publication_urls(variables: Variables, issuer: Mapping[str, Any]) -> dict[str, str]:
    """Where certificates say that revocations are published; only the local CA puts it there."""
    found = {}
    for key, variable in (("crl_url", "mq_tls_crl_url"), ("ocsp_url", "mq_tls_ocsp_url")):
        url = variables.value(variable)
        if url and revocation.url_problem(url):
            variables.refuse(variable, url, revocation.url_problem(url))
        elif url and issuer["type"] == "local_ca":
            found[key] = str(url)
    return found


def _issuer_problems(issuer: Mapping[str, Any]) -> list[str]:
    """What is wrong with the keys of an issuer outside this collection, without their values."""
    found = []
    argv, timeout = issuer.get("argv"), issuer.get("timeout", 60)
    trust = [issuer["trust"]] if isinstance(issuer.get("trust"), str) else issuer.get("trust")
    if issuer["type"] == "command":
        if not isinstance(argv, list) or not argv or not all(isinstance(part, str) and "\0" not in part for part in argv) or not argv[0]:
            found.append(
                "argv is not a list of texts; write the program and its arguments, for example argv: [/usr/local/bin/sign, --days, '365']."
            )
        if isinstance(timeout, bool) or not str(timeout).isdigit() or not 1 <= int(timeout) <= 3600:
            found.append("timeout is not a number of seconds from 1 to 3600; correct it.")
        if not trust:
            found.append(
                "trust is missing; give the CA certificates that the certificates of the command lead to, in PEM form or as files."
            )
    if trust and not (isinstance(trust, list) and all(is_certificate(item) or _is_file(item) for item in trust)):
        found.append(
            "trust has an item that is neither a certificate in PEM form (-----BEGIN CERTIFICATE-----) nor the absolute path of a file; "
            "give only CA certificates, never a private key."
        )
    return found


def _is_file(text: Any) -> bool:
    return isinstance(text, str) and text.startswith(("/", "~/")) and not UNPRINTABLE.search(text)


def is_certificate(text: Any) -> bool:
    return (
        isinstance(text, str)
        and "-----BEGIN CERTIFICATE-----" in text
        and "-----END CERTIFICATE-----" in text
        and "PRIVATE KEY" not in text
    )
