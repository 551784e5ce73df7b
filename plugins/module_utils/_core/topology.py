# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the description of a fleet to what each queue manager needs: objects, identity and trust.

The description is the variables of the inventory hosts and the links between queue managers. Whatever cannot work and can
be known from the description alone is refused here, all of it at once, before any host is touched.

Sources: IBM MQ documentation, "Rules for naming IBM MQ objects", "DEFINE CHANNEL", "Connecting two queue managers using
SSL/TLS", "Connecting two queue managers using one-way authentication", "Digital certificate labels, understanding the
requirements", "Triggering channels".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import difflib
import itertools
import re
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Mapping, Sequence

from . import revocation
from .cipherspec import check_usable, compatible, find
from .distinguished_name import DistinguishedName
from .errors import InputError, MqTlsError
from .mqsc.objects import parse_objects
from .peer_pattern import PeerPattern
from .refresh_window import RefreshWindow

# The one place where the defaults of the variables are applied. What depends on the host (queue manager, address, subject,
# label) or on the key type (key size) is computed in _queue_manager.
DEFAULTS: Mapping[str, Any] = {
    "mq_tls_listener": "TLS.LISTENER",
    "mq_tls_listener_port": 1414,
    "mq_tls_cipher_spec": "ANY_TLS12_OR_HIGHER",
    "mq_tls_key_type": "RSA",
    "mq_tls_certificate_days": 365,
    "mq_tls_renew_before_days": 30,
    "mq_tls_issuer": {"type": "local_ca"},
    "mq_tls_production": False,
    "mq_tls_refresh": "when_needed",
    "mq_tls_refresh_window": "",
}

# The variables that describe the fleet; the action plugin reads these of each host and no others.
DESCRIPTION = frozenset(DEFAULTS) | {
    "mq_tls_queue_manager",
    "mq_tls_links",
    "mq_tls_partners",
    "mq_tls_address",
    "mq_tls_listener_address",
    "mq_tls_subject",
    "mq_tls_certificate_label",
    "mq_tls_key_size",
    "mq_tls_crl_url",
    "mq_tls_ocsp_url",
    "mq_tls_revocation",
}
# Further variables that users set; known here so that a name that nearly equals one of them is recognised as a typing error.
OTHER_VARIABLES = frozenset(
    {
        "mq_tls_hosts",
        "mq_tls_installation",
        "mq_tls_data_path",
        "mq_tls_pki_dir",
        "mq_tls_key_repository",
        "mq_tls_key_repository_type",
        "mq_tls_key_repository_password",
        "mq_tls_purge_trust",
        "mq_tls_ca_subject",
        "mq_tls_ca_days",
        "mq_tls_ca_passphrase",
        "mq_tls_ca_passphrase_file",
        "mq_tls_ca_intermediate_subject",
        "mq_tls_start_timeout",
        "mq_tls_verification_report",
        "mq_tls_verification_junit",
        "mq_tls_drift_report",
        "mq_tls_drift_junit",
        "mq_tls_drift_undescribed",
        "mq_tls_correct",
        "mq_tls_report_dir",
        "mq_tls_audit_policies",
        "mq_tls_audit_disabled",
        "mq_tls_audit_waivers",
        "mq_tls_audit_fail_on",
        "mq_tls_audit_report",
        "mq_tls_audit_junit",
        "mq_tls_rollover_hold",
        "mq_tls_crl_days",
        "mq_tls_set_ldap_passwords",
        "mq_tls_revoke_queue_manager",
        "mq_tls_revoke_serial_number",
        "mq_tls_revoke_fingerprint",
        "mq_tls_revoke_reason",
        "mq_tls_revoke_first",
        "mq_tls_rotate_hosts",
        "mq_tls_rotate_issued_before",
        "mq_tls_rotate_confirmed",
    }
)

KEY_SIZES: Mapping[str, tuple[int, ...]] = {"RSA": (2048, 3072, 4096), "EC": (256, 384, 521)}
_DEFAULT_KEY_SIZE = {"RSA": 3072, "EC": 256}
# What turns a request into a certificate, and the keys that its description may have.
ISSUERS: Mapping[str, tuple[str, ...]] = {
    "local_ca": ("type", "subject"),
    "self_signed": ("type",),
    "external": ("type", "trust"),
    "command": ("type", "argv", "timeout", "trust"),
}

_LINK_OPTIONS = ("authentication", "cipher_spec", "initiator_attributes", "responder_attributes")
_PAIR_OPTIONS = ("channel", "transmission_queue")
_PARTNER_KEYS = ("name", "address", "certificates", "subject", "platform")

_GIVEN_BY_THE_LINK = {
    "CHANNEL": "the key channel gives the name",
    "CHLTYPE": "an initiator is a sender (SDR) and a responder a receiver (RCVR)",
    "TRPTYPE": "TLS needs TCP",
    "XMITQ": "use the key transmission_queue",
}
_OBJECT_NAME = re.compile(r"[A-Za-z0-9./_%]+\Z")
_ADDRESS = re.compile(r"([A-Za-z0-9_.:%-]+)(?:\(([0-9]{1,5})\))?\Z")
_LABEL = re.compile(r"[!#$%&(-+\--~]+\Z")  # printable ASCII without blank, quotation mark, apostrophe, comma
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

Refuse = Callable[[str], None]


class TopologyRefused(InputError):
    """The description cannot work; ``refusals`` holds one sentence for each reason."""

    def __init__(self, refusals: Sequence[str]) -> None:
        self.refusals = tuple(refusals)
        things = "1 thing" if len(refusals) == 1 else f"{len(refusals)} things"
        super().__init__(f"{things} cannot work:" + "".join(f"\n- {refusal}" for refusal in refusals))


@dataclass(frozen=True)
class _QueueManager:
    """One queue manager as described; ``host`` is None for a partner outside the inventory."""

    name: str
    host: str | None
    connection_name: str  # CONNAME by which partners reach it; '' for a partner that gives none
    network_address: str
    port: int
    listener: str
    listener_address: str
    cipher_spec: str
    subject: DistinguishedName | None
    peer_filter: str  # SSLPEER that lets this queue manager in and no other name; '' without subject
    label: str
    key_type: str | None
    key_size: int
    days: int
    renew_before_days: int
    issuer: Mapping[str, Any]
    certificates: tuple[str, ...] = ()
    revocation: Mapping[str, Any] | None = None  # None: nobody described it


@dataclass
class _Pair:
    """One direction between two queue managers, with what the links say about it."""

    initiator: str  # keys of _Directory.members
    responder: str
    options: Mapping[str, Any]


# -- the whole -------------------------------------------------------------------------------------------------------


def plan(
    hosts: Mapping[str, Mapping[str, Any]],
    links: Iterable[Any] = (),
    partners: Iterable[Any] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
    only: Iterable[str] | None = None,
) -> dict[str, Any]:
    """The plan of the fleet, as docs/architecture.md section 4 describes it.

    ``hosts``: for each inventory host its variables mq_tls_... and ansible_host (plain values). ``links`` and ``partners``: the
    items of mq_tls_links and mq_tls_partners of all hosts, repetitions allowed. ``groups``: the hosts of each inventory group.
    ``only``: the hosts to plan for, default all; the others count as partners. Raises TopologyRefused with all that cannot work.
    """
    refusals: dict[str, None] = {}  # a set that keeps the order

    def refuse(sentence: str) -> None:
        refusals[sentence] = None

    planned = set(hosts) if only is None else set(only) & set(hosts)
    directory = _Directory(hosts, partners, groups or {}, refuse)
    pairs = _merge(_expand(links, directory, refuse), directory, refuse)
    identities = _with_identity(hosts, directory, pairs)
    linked = {key for pair in pairs for key in (pair.initiator, pair.responder)}
    pairs = [pair for pair in pairs if directory.host(pair.initiator) in planned or directory.host(pair.responder) in planned]
    involved = {key for pair in pairs for key in (pair.initiator, pair.responder)} | {directory.key_of_host(host) for host in planned}
    directory.refuse_namesakes(involved, refuse)
    members = {key: directory.describe(key, refuse) for key in sorted(involved)}
    fleet = _Fleet(members, identities, refuse)
    for pair in sorted(
        pairs, key=lambda pair: (members[pair.initiator].name, members[pair.responder].name, pair.options.get("channel") or "")
    ):
        fleet.add(pair)
    fleet.refuse_shared_addresses()
    fleet.warn_of_shared_subjects()
    fleet.warn_of_no_links()
    if refusals:
        raise TopologyRefused(list(refusals))
    outside = {host: directory.name(key) for key in linked if (host := directory.host(key)) is not None and host not in planned}
    return {**fleet.result(planned), "not_planned": {host: outside[host] for host in sorted(outside)}}


# -- who takes part --------------------------------------------------------------------------------------------------


class _Directory:
    """Finds queue managers by the names that links use. A member's key is 'host:...' or 'partner:...'."""

    def __init__(
        self, hosts: Mapping[str, Mapping[str, Any]], partners: Iterable[Any], groups: Mapping[str, Sequence[str]], refuse: Refuse
    ) -> None:
        self._hosts = hosts
        self._groups = groups
        self._partners: dict[str, Mapping[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._by_folded: dict[str, list[str]] = {}
        self._found: dict[str, str | None] = {}
        for host in hosts:
            name = hosts[host].get("mq_tls_queue_manager")
            self._enter(f"host:{host}", host.upper() if name is None else str(name))
            self._by_folded.setdefault(host.lower(), []).append(f"host:{host}")
        for partner in partners:
            self._add_partner(partner, refuse)

    def _enter(self, key: str, name: str) -> None:
        self._names[key] = name
        self._by_name.setdefault(name, []).append(key)
        self._by_folded.setdefault(name.lower(), []).append(key)

    def _add_partner(self, partner: Any, refuse: Refuse) -> None:
        if not isinstance(partner, Mapping) or not isinstance(partner.get("name"), str):
            refuse(f"An item of mq_tls_partners is {_shown(partner)}; write a dictionary with at least the key name.")
            return
        name = partner["name"]
        for unknown in sorted(set(map(str, partner)) - set(_PARTNER_KEYS)):
            refuse(
                _sentence(
                    f"The partner {_shown(name)} in mq_tls_partners has the unknown key {_shown(unknown)}{_hint(unknown, _PARTNER_KEYS)}"
                )
            )
        if self._partners.get(name, partner) != partner:
            refuse(f"The partner {name} is described twice in mq_tls_partners with different values; keep one description.")
        elif name not in self._partners:
            if name in self._by_name:
                refuse(
                    f"The partner {name} in mq_tls_partners is also the queue manager of the host {self.host(self._by_name[name][0])}; "
                    f"take it out of mq_tls_partners."
                )
            self._partners[name] = partner
            self._enter(f"partner:{name}", name)

    def host(self, key: str) -> str | None:
        kind, _separator, name = key.partition(":")
        return name if kind == "host" else None

    def key_of_host(self, host: str) -> str:
        return f"host:{host}"

    def name(self, key: str) -> str:
        return self._names[key]

    def find(self, name: str) -> str | None:
        """The member that a link means: by queue manager name, then by inventory host, then without regard to case."""
        if name not in self._found:
            if name in self._by_name:
                self._found[name] = self._by_name[name][0]
            elif name in self._hosts:
                self._found[name] = f"host:{name}"
            else:
                candidates = set(self._by_folded.get(name.lower(), ()))
                self._found[name] = candidates.pop() if len(candidates) == 1 else None
        return self._found[name]

    def find_members(self, name: str) -> list[str]:
        """The members that a name in ``mesh`` or ``spokes`` means: one, or those of an inventory group."""
        found = self.find(name)
        if found is not None:
            return [found]
        return [f"host:{host}" for host in self._groups.get(name, ()) if host in self._hosts]

    def unknown(self, name: str) -> str:
        """The end of a sentence about a name that nobody has."""
        if name.lower() in self._by_folded:
            alike = ", ".join(sorted({self._names[key] for key in self._by_folded[name.lower()]}))
            return f"which could mean each of {alike}; write the name as it is"
        hint = difflib.get_close_matches(name, [*self._by_name, *self._hosts], n=1, cutoff=0.6)
        return "which is neither a queue manager of the inventory nor in mq_tls_partners; " + (
            f"did you mean {hint[0]}?" if hint else "add it there or correct the name"
        )

    def refuse_namesakes(self, involved: set[str], refuse: Refuse) -> None:
        for name, keys in self._by_name.items():
            if len(keys) > 1 and not involved.isdisjoint(keys):
                owners = [host for host in map(self.host, keys) if host]
                if len(owners) > 1:
                    refuse(
                        f"The hosts {' and '.join(owners)} have the same queue manager name {name}; give each its own with "
                        f"mq_tls_queue_manager."
                    )

    def describe(self, key: str, refuse: Refuse) -> _QueueManager:
        host = self.host(key)
        if host is None:
            return _outside_partner(self._names[key], self._partners[self._names[key]], refuse)
        return _queue_manager(host, self._names[key], self._hosts[host], refuse)


class _Variables:
    """Typed access to the variables of one host; what is wrong is refused and replaced by a value that lets the rest be checked."""

    def __init__(self, where: str, values: Mapping[str, Any], refuse: Refuse) -> None:
        self._where = where
        self._values = values
        self._refuse = refuse

    def value(self, variable: str, default: Any = None) -> Any:
        value = self._values.get(variable)
        return DEFAULTS.get(variable, default) if value is None else value

    def refuse(self, variable: str, value: Any, remedy: str) -> None:
        self._refuse(_sentence(f"{self._where}: {variable} is {_shown(value)}; {remedy}"))

    def refuse_sentence(self, variable: str, sentence: str) -> None:
        self._refuse(f"{self._where}, {variable}: {sentence}")

    def text(self, variable: str, default: Any = None) -> str:
        value = self.value(variable, default)
        if not isinstance(value, str) or _UNPRINTABLE.search(value):
            self.refuse(variable, value, "write a text without line breaks and control characters")
            return str(default if default is not None else DEFAULTS.get(variable, ""))
        return value

    def number(self, variable: str, lowest: int, highest: int) -> int:
        value = self.value(variable)
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        if isinstance(number, bool) or not isinstance(number, int) or not lowest <= number <= highest:
            self.refuse(variable, value, f"write a whole number from {lowest} to {highest}")
            return int(DEFAULTS[variable])
        return number

    def flag(self, variable: str) -> bool:
        value = self.value(variable)
        words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
        if str(value).lower() not in words:
            self.refuse(variable, value, "write true or false")
            return bool(DEFAULTS[variable])
        return words[str(value).lower()]


def _queue_manager(host: str, name: str, values: Mapping[str, Any], refuse: Refuse) -> _QueueManager:
    variables = _Variables(f"Queue manager {_shown(name)} (host {host})", values, refuse)
    for variable in values:
        known = DESCRIPTION | OTHER_VARIABLES
        if variable.startswith("mq_tls_") and variable not in known:
            close = difflib.get_close_matches(variable, sorted(known), n=1, cutoff=0.92)
            if close:
                variables.refuse(variable, values[variable], f"there is no variable of this name; did you mean {close[0]}?")
    _check_name("mq_tls_queue_manager", name, 48, variables)
    listener = variables.text("mq_tls_listener")
    _check_name("mq_tls_listener", listener, 48, variables)
    port = variables.number("mq_tls_listener_port", 1, 65535)
    address = variables.text("mq_tls_address", values.get("ansible_host") or host)
    cipher_spec = variables.text("mq_tls_cipher_spec")
    try:
        check_usable(cipher_spec)
    except InputError as error:
        variables.refuse_sentence("mq_tls_cipher_spec", str(error))
    subject, peer_filter = _subject(variables, "mq_tls_subject", variables.text("mq_tls_subject", f"CN={name}"))
    key_type, key_size = _key(variables)
    days = variables.number("mq_tls_certificate_days", 1, 36500)
    renew_before_days = variables.number("mq_tls_renew_before_days", 0, 36500)
    if renew_before_days >= days:
        variables.refuse(
            "mq_tls_renew_before_days",
            renew_before_days,
            f"that is not less than mq_tls_certificate_days ({days}), so every run would renew the certificate; make it smaller",
        )
    issuer = _issuer(variables)
    # Not a part of the plan: the tasks hand both to mqsc, which would refuse them after the key repository has been changed.
    if variables.value("mq_tls_refresh") not in ("when_needed", "never"):
        variables.refuse("mq_tls_refresh", variables.value("mq_tls_refresh"), "write when_needed or never")
    try:
        RefreshWindow.parse(variables.value("mq_tls_refresh_window"), f"Queue manager {_shown(name)} (host {host}): mq_tls_refresh_window")
    except InputError as error:
        refuse(str(error))
    return _QueueManager(
        name=name,
        host=host,
        connection_name=_connection_name(variables, "mq_tls_address", address, port),
        network_address=str(values.get("ansible_host") or host),
        port=port,
        listener=listener,
        listener_address=_listener_address(variables),
        cipher_spec=cipher_spec,
        subject=subject,
        peer_filter=peer_filter,
        label=_label(variables, f"ibmwebspheremq{name.lower()}"),
        key_type=key_type,
        key_size=key_size,
        days=days,
        renew_before_days=renew_before_days,
        issuer={**issuer, **_urls(variables, issuer)},
        revocation=_revocation(variables),
    )


def _outside_partner(name: str, partner: Mapping[str, Any], refuse: Refuse) -> _QueueManager:
    variables = _Variables(f"Partner {_shown(name)} in mq_tls_partners", partner, refuse)
    _check_name("name", name, 48, variables)
    subject: DistinguishedName | None = None
    peer_filter = ""
    if partner.get("subject") is not None:
        subject, peer_filter = _subject(variables, "subject", variables.text("subject"))
    address = variables.text("address", "")
    certificates = partner.get("certificates") or []
    if isinstance(certificates, str):
        certificates = [certificates]
    if not isinstance(certificates, Sequence) or not all(_is_certificate(text) for text in certificates):
        # The value is not shown: it may be a private key.
        refuse(
            f"Partner {name} in mq_tls_partners: certificates has an item that is not a certificate in PEM form (-----BEGIN "
            f"CERTIFICATE-----); "
            f"give only certificates, never a private key."
        )
        certificates = []
    return _QueueManager(
        name=name,
        host=None,
        connection_name=_connection_name(variables, "address", address, 1414) if address else "",
        network_address=address,
        port=0,
        listener="",
        listener_address="",
        cipher_spec="",
        subject=subject,
        peer_filter=peer_filter,
        label="",
        key_type=None,
        key_size=0,
        days=0,
        renew_before_days=0,
        issuer={},
        certificates=tuple(certificates),
    )


def _is_certificate(text: Any) -> bool:
    return (
        isinstance(text, str)
        and "-----BEGIN CERTIFICATE-----" in text
        and "-----END CERTIFICATE-----" in text
        and "PRIVATE KEY" not in text
    )


def _check_name(variable: str, name: str, length: int, variables: _Variables) -> None:
    if len(name) > length:
        variables.refuse(variable, name, f"that has {len(name)} characters and IBM MQ takes at most {length}; choose a shorter name")
    elif not _OBJECT_NAME.match(name):
        variables.refuse(variable, name, "IBM MQ takes the characters A-Z a-z 0-9 . / _ % in a name; correct it")


def _connection_name(variables: _Variables, variable: str, address: str, port: int) -> str:
    """``host`` or ``host(port)``, or several with commas between; the port is added where it is missing."""
    parts = []
    for part in address.split(","):
        found = _ADDRESS.match(part.strip())
        if found is None or not 1 <= int(found.group(2) or port) <= 65535:
            variables.refuse(variable, address, "write host or host(port) as in CONNAME, several with commas between")
            return ""
        parts.append(f"{found.group(1)}({int(found.group(2) or port)})")
    text = ",".join(parts)
    if len(text) > 264:
        variables.refuse(variable, address, f"with the port that has {len(text)} characters and CONNAME takes at most 264; shorten it")
    return text


def _listener_address(variables: _Variables) -> str:
    address = variables.text("mq_tls_listener_address", "")
    if address and (len(address) > 48 or "(" in address or not _ADDRESS.match(address)):
        variables.refuse("mq_tls_listener_address", address, "write one address or host name of at most 48 characters, without a port")
    return address


def _subject(variables: _Variables, variable: str, text: str) -> tuple[DistinguishedName | None, str]:
    """The name, and the SSLPEER filter that lets this name in."""
    try:
        name = DistinguishedName.parse(text)
        return name, PeerPattern.for_name(name).text()
    except MqTlsError as error:
        variables.refuse_sentence(variable, str(error))
        return None, ""


def _key(variables: _Variables) -> tuple[str, int]:
    key_type = variables.value("mq_tls_key_type")
    if key_type not in KEY_SIZES:
        variables.refuse("mq_tls_key_type", key_type, "write RSA or EC")
        return "RSA", 3072
    value = variables.value("mq_tls_key_size", _DEFAULT_KEY_SIZE[key_type])
    if isinstance(value, bool) or not str(value).isdigit() or int(value) not in KEY_SIZES[key_type]:
        sizes = ", ".join(map(str, KEY_SIZES[key_type]))
        variables.refuse("mq_tls_key_size", value, f"with mq_tls_key_type {key_type} write one of {sizes}")
        return key_type, _DEFAULT_KEY_SIZE[key_type]
    return key_type, int(value)


def _label(variables: _Variables, default: str) -> str:
    label = variables.text("mq_tls_certificate_label", default)
    problem = _label_problem(label)
    if problem:
        variables.refuse("mq_tls_certificate_label", label, problem)
    return label


def _label_problem(label: str) -> str:
    if len(label) > 64:
        return f"that has {len(label)} characters and a certificate label has at most 64; choose a shorter one"
    if not _LABEL.match(label):
        return "a label is made of printable ASCII characters without blank, comma, apostrophe and quotation mark; choose another one"
    return ""


def _issuer(variables: _Variables) -> Mapping[str, Any]:
    issuer = variables.value("mq_tls_issuer")
    if not isinstance(issuer, Mapping) or "type" not in issuer:
        variables.refuse("mq_tls_issuer", issuer, "write a dictionary with the key type, for example {type: local_ca}")
        return {"type": "local_ca"}
    kind = issuer["type"]
    if kind not in ISSUERS:
        variables.refuse("mq_tls_issuer", issuer, f"the type is none of {', '.join(ISSUERS)}{_hint(str(kind), ISSUERS)}")
        return {"type": "local_ca"}
    # someone may have put a private key among the certificates, or a password into the command
    shown = {key: "..." if key in ("trust", "argv") else value for key, value in issuer.items()}
    for unknown in sorted(map(str, set(issuer) - set(ISSUERS[kind]))):
        variables.refuse("mq_tls_issuer", shown, f"the type {kind} has no key {unknown}{_hint(unknown, ISSUERS[kind])}")
    for sentence in _issuer_problems(issuer):
        variables.refuse_sentence("mq_tls_issuer", sentence)
    if kind == "self_signed" and variables.flag("mq_tls_production"):
        variables.refuse(
            "mq_tls_issuer", issuer, "mq_tls_production is true and refuses self-signed certificates, as IBM advises; take local_ca"
        )
    return issuer


def _urls(variables: _Variables, issuer: Mapping[str, Any]) -> dict[str, str]:
    """Where certificates say that revocations are published; only the local CA puts it there."""
    found = {}
    for key, variable in (("crl_url", "mq_tls_crl_url"), ("ocsp_url", "mq_tls_ocsp_url")):
        url = variables.value(variable)
        if url and revocation.url_problem(url):
            variables.refuse(variable, url, revocation.url_problem(url))
        elif url and issuer["type"] == "local_ca":
            found[key] = str(url)
    return found


def _revocation(variables: _Variables) -> Mapping[str, Any] | None:
    described = variables.value("mq_tls_revocation")
    if described is None:
        return None
    problems = revocation.problems(described)
    for problem in problems:
        variables.refuse_sentence("mq_tls_revocation", problem)
    return None if problems else described


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
    if trust and not (isinstance(trust, list) and all(_is_certificate(item) or _is_file(item) for item in trust)):
        found.append(
            "trust has an item that is neither a certificate in PEM form (-----BEGIN CERTIFICATE-----) nor the absolute path of a file; "
            "give only CA certificates, never a private key."
        )
    return found


def _is_file(text: Any) -> bool:
    return isinstance(text, str) and text.startswith(("/", "~/")) and not _UNPRINTABLE.search(text)


# -- the links -------------------------------------------------------------------------------------------------------


def _expand(links: Iterable[Any], directory: _Directory, refuse: Refuse) -> list[_Pair]:
    """Each ordered pair of queue managers that the items of mq_tls_links mean, in their order."""
    pairs: list[_Pair] = []
    for item in links:
        if not isinstance(item, Mapping):
            refuse(f"An item of mq_tls_links is {_shown(item)}; write a dictionary such as {{from: QM1, to: QM2}}.")
            continue
        where = f"The link {_shown(dict(item))}"
        form = _form(item, where, refuse)
        if form is None:
            continue
        options = _options(item, where, refuse)
        if form == ("from", "to"):
            pairs += _single(item, options, directory, where, refuse)
        elif form == ("mesh",):
            members = _members(item["mesh"], directory, f"{where}, mesh", refuse)
            if len(members) == 1:
                refuse(f"{where} has a mesh of one queue manager; name at least two.")
            pairs += [_Pair(first, second, options) for first, second in itertools.permutations(members, 2)]
        else:
            hub = _members([item["hub"]], directory, f"{where}, hub", refuse)
            spokes = _members(item["spokes"], directory, f"{where}, spokes", refuse)
            if len(hub) > 1:
                refuse(f"{where} has a group as hub; name one queue manager.")
            elif hub:
                if hub[0] in spokes:
                    refuse(f"{where} has its hub among the spokes; a queue manager has no link to itself, take it out.")
                pairs += [pair for spoke in spokes for pair in (_Pair(hub[0], spoke, options), _Pair(spoke, hub[0], options))]
    return pairs


def _form(item: Mapping[str, Any], where: str, refuse: Refuse) -> tuple[str, ...] | None:
    forms: tuple[tuple[str, ...], ...] = (("from", "to"), ("mesh",), ("hub", "spokes"))
    given = [form for form in forms if set(form) & set(item)]
    known = [key for form in forms for key in form] + [*_LINK_OPTIONS, *_PAIR_OPTIONS]
    for unknown in sorted(map(str, set(item) - set(known))):
        refuse(_sentence(f"{where} has the unknown key {_shown(unknown)}{_hint(unknown, known)}"))
    if len(given) != 1 or set(given[0]) - set(item):
        refuse(f"{where} does not say what it joins; write from and to, or mesh, or hub and spokes.")
        return None
    if given[0] != ("from", "to"):
        for key in _PAIR_OPTIONS:
            if key in item:
                refuse(f"{where} gives one {key} to many links; give it in an item of its own with from and to.")
    return given[0]


def _single(item: Mapping[str, Any], options: Mapping[str, Any], directory: _Directory, where: str, refuse: Refuse) -> list[_Pair]:
    found = {}
    for key in ("from", "to"):
        name = item[key]
        member = directory.find(name) if isinstance(name, str) else None
        if member is None:
            refuse(f"{where}: {key} is {_shown(name)}, {_sentence(directory.unknown(str(name)))}")
        else:
            found[key] = member
    if len(found) < 2:
        return []
    if found["from"] == found["to"]:
        refuse(f"{where} joins {directory.name(found['from'])} with itself; name two different queue managers.")
        return []
    return [_Pair(found["from"], found["to"], options)]


def _members(names: Any, directory: _Directory, where: str, refuse: Refuse) -> list[str]:
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        refuse(f"{where} is {_shown(names)}; write a list of names.")
        return []
    members: dict[str, None] = {}
    for name in names:
        found = directory.find_members(name)
        if not found:
            refuse(f"{where} names {_shown(name)}, {_sentence(directory.unknown(name))}")
        members.update(dict.fromkeys(found))
    return list(members)


def _options(item: Mapping[str, Any], where: str, refuse: Refuse) -> Mapping[str, Any]:
    """What an item says beside whom it joins, checked as far as that can be done without knowing the pair."""
    options = {key: item[key] for key in (*_LINK_OPTIONS, *_PAIR_OPTIONS) if item.get(key) is not None}
    if options.get("authentication", "two_way") not in ("two_way", "one_way"):
        refuse(f"{where} has the authentication {_shown(options['authentication'])}; write two_way or one_way.")
        del options["authentication"]
    if "cipher_spec" in options:
        _check_spec(str(options["cipher_spec"]), where, refuse)
    for key, length in (("channel", 20), ("transmission_queue", 48)):
        name = options.get(key)
        if name is not None and (not isinstance(name, str) or len(name) > length or not _OBJECT_NAME.match(name)):
            refuse(
                f"{where} has the {key} {_shown(name)}; IBM MQ takes at most {length} of the characters A-Z a-z 0-9 . / _ % there, choose "
                f"another "
                f"name."
            )
            del options[key]
    for key, channel_type in (("initiator_attributes", "SDR"), ("responder_attributes", "RCVR")):
        if key in options:
            options[key] = _attributes(options[key], channel_type, f"{where}, {key}", refuse)
    return options


def _check_spec(spec: str, where: str, refuse: Refuse) -> None:
    try:
        check_usable(spec)
    except InputError as error:
        refuse(f"{where}: {_continued(error)}")


def _attributes(given: Any, channel_type: str, where: str, refuse: Refuse) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        refuse(f"{where} is {_shown(given)}; write a dictionary of MQSC attributes.")
        return {}
    accepted: dict[str, Any] = {}
    for key, value in given.items():
        keyword = str(key).upper()
        if keyword in _GIVEN_BY_THE_LINK:
            refuse(f"{where} gives {keyword}, which the link itself decides: {_GIVEN_BY_THE_LINK[keyword]}.")
        elif keyword in accepted:
            refuse(f"{where} gives {keyword} twice, in different case; keep one.")
        else:
            try:
                accepted[keyword] = _attribute(channel_type, keyword, value)
            except InputError as error:
                refuse(f"{where}: {error}")
    if "SSLCIPH" in accepted:
        _check_spec(accepted["SSLCIPH"], where, refuse)
    return accepted


def _attribute(channel_type: str, keyword: str, value: Any) -> Any:
    """The plain value of one attribute, checked as the description of an object is. Raises InputError."""
    description = {"object": "CHANNEL", "name": channel_type, "attributes": {"CHLTYPE": channel_type, keyword: value}}
    try:
        (channel,) = parse_objects([description])
    except InputError as error:
        raise InputError(str(error).replace("objects[0].attributes.", "").replace(f" (CHANNEL {channel_type})", "")) from error
    parsed = channel.attributes[keyword]
    if keyword == "CERTLABL" and parsed and _label_problem(str(parsed)):
        raise InputError(f"CERTLABL is {_shown(parsed)}; {_label_problem(str(parsed))}.")
    if keyword == "CONNAME" and not all(_ADDRESS.match(part.strip()) for part in str(parsed).split(",")):
        raise InputError(f"CONNAME is {_shown(parsed)}; write host or host(port), several with commas between.")
    if isinstance(parsed, (list, tuple)):
        return [str(item) for item in parsed]
    return str(parsed) if isinstance(parsed, str) else parsed


def _merge(pairs: list[_Pair], directory: _Directory, refuse: Refuse) -> list[_Pair]:
    """Each link once. An item without ``channel`` speaks of all links of its pair, one with it of that channel only."""
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for pair in pairs:
        if directory.host(pair.initiator) is None and directory.host(pair.responder) is None:
            refuse(
                f"The link from {directory.name(pair.initiator)} to {directory.name(pair.responder)} joins two partners outside the "
                f"inventory; "
                f"take it out, or add one of them to the inventory."
            )
        said = grouped.setdefault((pair.initiator, pair.responder), [])
        if not any(options is pair.options for options in said):
            said.append(pair.options)
    merged: list[_Pair] = []
    for (initiator, responder), said in grouped.items():
        if len(said) == 1:
            merged.append(_Pair(initiator, responder, said[0]))
            continue
        for channel in dict.fromkeys(options["channel"] for options in said if "channel" in options) or [None]:
            together: dict[str, Any] = {}
            for options in said:
                if options.get("channel", channel) == channel:
                    for key, value in options.items():
                        if together.setdefault(key, value) != value:
                            refuse(
                                f"The link from {directory.name(initiator)} to {directory.name(responder)} is described twice, with the "
                                f"{key} "
                                f"{_shown(together[key])} and {_shown(value)}; keep one of them."
                            )
            merged.append(_Pair(initiator, responder, together))
    return merged


def _with_identity(hosts: Mapping[str, Mapping[str, Any]], directory: _Directory, pairs: Iterable[_Pair]) -> set[str]:
    """The members of the inventory that need a certificate: all but those that initiate one-way links and do nothing else."""
    linked: set[str] = set()
    needing: set[str] = set()
    for pair in pairs:
        linked.update((pair.initiator, pair.responder))
        needing.add(pair.responder)
        if pair.options.get("authentication") != "one_way":
            needing.add(pair.initiator)
    # Without any link a queue manager is set up as a TLS server, for its clients.
    needing.update(key for key in map(directory.key_of_host, hosts) if key not in linked)
    return needing


# -- what follows from a link ----------------------------------------------------------------------------------------


class _Fleet:
    """Collects, link by link, the objects and the trust of each queue manager."""

    def __init__(self, members: Mapping[str, _QueueManager], identities: set[str], refuse: Refuse) -> None:
        self._members = members
        self._identities = identities
        self._refuse = refuse
        self._links: list[dict[str, Any]] = []
        self._warnings: dict[str, None] = {}
        self._channels: dict[str, dict[str, dict[str, Any]]] = {key: {} for key in members}
        self._queues: dict[str, dict[str, str]] = {key: {} for key in members}  # transmission queue -> channel
        self._initiates: dict[str, list[str]] = {key: [] for key in members}
        self._responds: dict[str, list[str]] = {key: [] for key in members}
        self._trust: dict[str, dict[tuple[int, str], dict[str, Any]]] = {key: {} for key in members}

    def add(self, pair: _Pair) -> None:
        initiator, responder = self._members[pair.initiator], self._members[pair.responder]
        where = f"The link from {initiator.name} to {responder.name}"
        channel = self._channel(pair, initiator, responder, where)
        one_way = pair.options.get("authentication") == "one_way"
        anonymous = not self._has_identity(pair.initiator)
        specs = self._cipher_specs(pair, initiator, responder, where)
        self._check_outside(initiator, responder, one_way, where)
        if initiator.host is not None:
            self._claim_queue(pair, responder, channel, where)
            self._add_channel(pair.initiator, channel, self._initiator(pair, responder, specs[0], where), where)
            self._initiates[pair.initiator].append(channel)
            self._trusts(pair.initiator, responder)
        if responder.host is not None:
            self._add_channel(pair.responder, channel, self._responder(pair, initiator, specs[1], one_way, where), where)
            self._responds[pair.responder].append(channel)
            if not anonymous:
                self._trusts(pair.responder, initiator)
        if one_way and not anonymous and initiator.host is not None:
            self._warn(
                f"{where} is one-way, but {initiator.name} has a certificate for its other links and IBM MQ presents it here too; "
                f"{responder.name} validates it and therefore trusts its issuer."
            )
        self._links.append(
            {
                "channel": channel,
                "from": initiator.name,
                "to": responder.name,
                "from_host": initiator.host,
                "to_host": responder.host,
                "authentication": "one_way" if one_way else "two_way",
                "cipher_spec": _narrower(*specs),
                "initiator_subject": None if anonymous or initiator.subject is None else initiator.subject.text(),
                "responder_subject": None if responder.subject is None else responder.subject.text(),
            }
        )

    def _channel(self, pair: _Pair, initiator: _QueueManager, responder: _QueueManager, where: str) -> str:
        named = pair.options.get("channel")
        if named is not None:
            return str(named)
        channel = f"{initiator.name}.TO.{responder.name}"
        if len(channel) > 20:
            self._refuse(
                f"{where} would have the channel {channel} with {len(channel)} characters and IBM MQ takes at most 20; name it with the "
                f"key channel, "
                f"for example {{from: {initiator.name}, to: {responder.name}, channel: {_abbreviated(initiator.name, responder.name)}}}."
            )
        return channel

    def _cipher_specs(self, pair: _Pair, initiator: _QueueManager, responder: _QueueManager, where: str) -> tuple[str, str]:
        """SSLCIPH of the initiator's and of the responder's definition."""
        options = pair.options
        common = options.get("cipher_spec")
        first = options.get("initiator_attributes", {}).get("SSLCIPH") or common or initiator.cipher_spec or responder.cipher_spec
        second = options.get("responder_attributes", {}).get("SSLCIPH") or common or responder.cipher_spec or initiator.cipher_spec
        try:
            for spec in dict.fromkeys((first, second)):
                check_usable(spec)
        except InputError:
            return first, second  # refused where it is described
        try:
            for spec in dict.fromkeys((first, second)):
                check_usable(spec, responder.key_type)
        except InputError as error:
            self._refuse(f"{where}: {_continued(error).replace('the responder', responder.name, 1)}")
            return first, second
        if compatible(first, second) != "connects":
            self._refuse(
                f"{where} has the CipherSpec {first} at {initiator.name} and {second} at {responder.name}, which do not come to terms "
                f"(AMQ9631E, "
                f"AMQ9641E): the responder's may be wider than the initiator's, never narrower; give both ends the same with cipher_spec."
            )
        return first, second

    def _check_outside(self, initiator: _QueueManager, responder: _QueueManager, one_way: bool, where: str) -> None:
        if responder.host is None:
            if not responder.connection_name:
                self._refuse(f"{where} needs the address of {responder.name}; add the key address to its item in mq_tls_partners.")
            if not responder.certificates:
                self._refuse(
                    f"{where} needs the certificates by which {initiator.name} accepts {responder.name}; add the key certificates (its "
                    f"CA, or its "
                    f"self-signed certificate) to its item in mq_tls_partners."
                )
        if initiator.host is None and not one_way and not initiator.certificates:
            self._refuse(
                f"{where} is two-way and needs the certificates by which {responder.name} accepts {initiator.name}; add the key "
                f"certificates to its item "
                f"in mq_tls_partners or make the link one_way."
            )
        for outside, ours, checked in ((responder, initiator, True), (initiator, responder, not one_way)):
            if outside.host is None and checked and outside.subject is None:
                self._warn(
                    f"{where}: mq_tls_partners does not give the subject of {outside.name}, so {ours.name} accepts any certificate that "
                    f"its trusted "
                    f"certificates vouch for."
                )

    def _claim_queue(self, pair: _Pair, responder: _QueueManager, channel: str, where: str) -> None:
        queue = pair.options.get("transmission_queue") or responder.name
        taken = self._queues[pair.initiator].setdefault(queue, channel)
        if taken != channel:
            self._refuse(
                f"{where} uses the transmission queue {queue} with the channel {channel}, and so does the channel {taken} of the same "
                f"queue manager, "
                f"but only one channel at a time can serve a transmission queue; give one of the links its own with transmission_queue."
            )

    def _initiator(self, pair: _Pair, responder: _QueueManager, spec: str, where: str) -> dict[str, Any]:
        attributes = {
            "CHLTYPE": "SDR",
            "TRPTYPE": "TCP",
            "CONNAME": responder.connection_name,
            "XMITQ": pair.options.get("transmission_queue") or responder.name,
            "SSLCIPH": spec,
            "SSLPEER": responder.peer_filter,
        }
        own = pair.options.get("initiator_attributes", {})
        self._check_peer(own, responder, f"{where}, initiator_attributes")
        self._check_label(own, self._members[pair.initiator], where)
        attributes.update(own)
        return attributes

    def _responder(self, pair: _Pair, initiator: _QueueManager, spec: str, one_way: bool, where: str) -> dict[str, Any]:
        attributes = {
            "CHLTYPE": "RCVR",
            "TRPTYPE": "TCP",
            "SSLCIPH": spec,
            "SSLCAUTH": "OPTIONAL" if one_way else "REQUIRED",
            "SSLPEER": "" if one_way else initiator.peer_filter,
        }
        own = pair.options.get("responder_attributes", {})
        if str(own.get("SSLCAUTH", attributes["SSLCAUTH"])).upper() != attributes["SSLCAUTH"]:
            self._refuse(
                f"{where} is {'one' if one_way else 'two'}-way and its responder_attributes give SSLCAUTH({own['SSLCAUTH']}), which means "
                f"the opposite; "
                f"use the key authentication instead."
            )
        if one_way and own.get("SSLPEER"):
            self._refuse(
                f"{where} is one-way and its responder_attributes give an SSLPEER, which makes a certificate mandatory; take SSLPEER out "
                f"or make the link "
                f"two_way."
            )
        else:
            self._check_peer(own, initiator, f"{where}, responder_attributes")
        self._check_label(own, self._members[pair.responder], where)
        attributes.update(own)
        return attributes

    def _check_peer(self, own: Mapping[str, Any], partner: _QueueManager, where: str) -> None:
        pattern = own.get("SSLPEER")
        if not pattern:
            return
        try:
            filter_ = PeerPattern.parse(pattern)
        except MqTlsError as error:
            self._refuse(f"{where}: SSLPEER is {_shown(pattern)}, which is not a filter for distinguished names: {_continued(error)}")
            return
        if partner.subject is not None and not filter_.matches(partner.subject, None):
            self._refuse(
                f"{where}: SSLPEER is {_shown(pattern)}, which does not match the subject {partner.subject.text()} of {partner.name} "
                f"(AMQ9636E); correct "
                f"it, or leave it out and the right one is set."
            )

    def _check_label(self, own: Mapping[str, Any], owner: _QueueManager, where: str) -> None:
        label = own.get("CERTLABL")
        if label and label != owner.label:
            self._warn(
                f"{where} takes the certificate {label} of {owner.name}, which this collection does not manage: it has to be in the key "
                f"repository already."
            )

    def _add_channel(self, key: str, channel: str, attributes: dict[str, Any], where: str) -> None:
        if channel in self._channels[key]:
            self._refuse(
                f"{where} has the channel {channel}, and {self._members[key].name} has another link with a channel of this name; name one "
                f"of them "
                f"differently with the key channel."
            )
        self._channels[key][channel] = attributes

    def _has_identity(self, key: str) -> bool:
        member = self._members[key]
        return key in self._identities if member.host is not None else bool(member.certificates)

    def _trusts(self, key: str, partner: _QueueManager) -> None:
        if partner.host is None:
            entry: dict[str, Any] = {"name": partner.name, "certificates": list(partner.certificates)}
            order = (2, partner.name)
        elif partner.issuer["type"] == "self_signed":
            entry, order = {"queue_manager": partner.name}, (1, partner.name)
        else:
            entry = {"issuer": partner.issuer["type"]}
            if partner.issuer.get("trust"):
                entry["trust"] = partner.issuer["trust"]
            order = (0, _yaml(entry))
        self._trust[key].setdefault(order, entry)

    def _warn(self, sentence: str) -> None:
        self._warnings[sentence] = None

    def refuse_shared_addresses(self) -> None:
        """Two responders behind one address and port: connections for one of them would reach the other."""
        owners: dict[str, str] = {}
        for key, member in self._members.items():
            if member.host is None or not self._responds[key] or not member.connection_name:
                continue
            for address in member.connection_name.lower().split(","):
                owner = owners.setdefault(address, member.name)
                if owner != member.name:
                    self._refuse(
                        f"The queue managers {owner} and {member.name} are both reached at {address}; give one of them another "
                        f"mq_tls_listener_port "
                        f"or its own mq_tls_address."
                    )

    def warn_of_shared_subjects(self) -> None:
        owners: dict[str, list[str]] = {}
        for key, member in self._members.items():
            if member.subject is not None and self._has_identity(key):
                owners.setdefault(member.subject.text(), []).append(member.name)
        for subject, names in owners.items():
            if len(names) > 1:
                self._warn(
                    f"The queue managers {_several(names)} have the same subject {subject}, so SSLPEER cannot tell one from the other; "
                    f"give each its own with mq_tls_subject."
                )

    def warn_of_no_links(self) -> None:
        linked = {name for link in self._links for name in (link["from"], link["to"])}
        names = [member.name for member in self._members.values() if member.name not in linked]
        if len(names) == 1:
            self._warn(f"The queue manager {names[0]} takes part in no link: it gets a certificate and a key repository, and no channels.")
        elif names:
            self._warn(
                f"The queue managers {_several(names)} take part in no link: they get certificates and key repositories, and no channels."
            )

    def result(self, planned: set[str]) -> dict[str, Any]:
        issuers = {str(member.issuer["type"]) for key, member in self._members.items() if member.host and key in self._identities}
        return {
            "queue_managers": {
                member.host: self._queue_manager(key)
                for key, member in self._members.items()
                if member.host in planned and member.host is not None
            },
            "links": self._links,
            "warnings": list(self._warnings),
            "issuers": sorted(issuers),
        }

    def _queue_manager(self, key: str) -> dict[str, Any]:
        member = self._members[key]
        identity = None
        trust = dict(self._trust[key])
        if key in self._identities:
            identity = {
                "label": member.label,
                "subject": member.subject.text() if member.subject else "",
                "key_type": member.key_type,
                "key_size": member.key_size,
                "days": member.days,
                "renew_before_days": member.renew_before_days,
            }
            if member.issuer["type"] == "local_ca":
                trust.setdefault((0, _yaml({"issuer": "local_ca"})), {"issuer": "local_ca"})
        planned = {
            "queue_manager": member.name,
            "identity": identity,
            "issuer": dict(member.issuer),
            "trust": [trust[order] for order in sorted(trust)],
            "objects": self._objects(key),
            "initiates": sorted(self._initiates[key]),
            "responds": sorted(self._responds[key]),
        }
        directories = revocation.directory_names(member.revocation or {})
        return {**planned, "crl_ldap": directories} if directories else planned

    def _objects(self, key: str) -> list[dict[str, Any]]:
        """In the order in which they can be made: a sender needs its transmission queue, a trigger names its channel."""
        member = self._members[key]
        asking = revocation.objects(member.revocation)
        attributes_of_all = {"CERTLABL": member.label, **(asking[0]["attributes"] if asking else {})}
        found: list[dict[str, Any]] = [{"object": "QMGR", "attributes": attributes_of_all}, *asking[1:]]
        for queue, channel in sorted(self._queues[key].items()):
            attributes: dict[str, Any] = {
                "USAGE": "XMITQ",
                "TRIGGER": True,
                "TRIGTYPE": "FIRST",
                "TRIGDATA": channel,
                "INITQ": "SYSTEM.CHANNEL.INITQ",
            }
            found.append({"object": "QLOCAL", "name": queue, "attributes": attributes})
        if self._responds[key]:
            attributes = {"TRPTYPE": "TCP", "PORT": member.port, "CONTROL": "QMGR"}
            if member.listener_address:
                attributes["IPADDR"] = member.listener_address
            found.append({"object": "LISTENER", "name": member.listener, "attributes": attributes, "started": True})
        for channel, attributes in sorted(self._channels[key].items()):
            found.append({"object": "CHANNEL", "name": channel, "attributes": attributes})
        return found


# -- words -----------------------------------------------------------------------------------------------------------


def _abbreviated(initiator: str, responder: str) -> str:
    """A channel name that fits: FROM.TO.TO with both names cut to what is left."""
    room = 20 - len(".TO.")
    first = initiator[: max(room // 2, room - len(responder))]
    return f"{first}.TO.{responder[: room - len(first)]}"


def _several(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) == 2 else ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _narrower(initiator: str, responder: str) -> str:
    """Of two definitions that come to terms, the one that says more of what the channel will use."""
    first, second = find(initiator), find(responder)
    return responder if first and second and second.protocols < first.protocols else initiator


def _shown(value: Any) -> str:
    """A value as it may stand in a message: in one line, not endless."""
    text = repr(value) if isinstance(value, str) else _yaml(value)
    return text if len(text) <= 200 else text[:200] + "..."


def _yaml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_yaml(key)}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "null"
    text = str(value)
    return text if text and text.isprintable() and not set(text) & set("{}[],:'\"") else repr(text)


def _hint(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"


def _continued(error: Exception) -> str:
    """The sentence of an error as the continuation of another one."""
    text = str(error)
    return text[:1].lower() + text[1:]


def _sentence(text: str) -> str:
    return text if text.endswith("?") else text + "."
