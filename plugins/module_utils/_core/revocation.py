# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Revoked certificates: the index of the local certificate authority, and the objects by which queue managers ask.

Sources: RFC 5280 section 5.3.1 (reasons), IBM MQ documentation, "Working with revoked certificates", "DEFINE AUTHINFO", "SSLCRLNL".

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from .errors import InputError, StateError

# Those of RFC 5280 that suit a queue manager's certificate. Not certificateHold: what was revoked stays so.
REASONS = ("unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn")

_HEXADECIMAL = re.compile(r"[0-9A-F]+\Z")
_CONNECTION_NAME = re.compile(r"[A-Za-z0-9_.:%-]+(?:\([0-9]{1,5}\))?\Z")
_URL = re.compile(r"http://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(?:/[!-~]*)?\Z")
_LONGEST_URL = 256

NAMELIST, OCSP_OBJECT, LDAP_OBJECT = "MQFLEET.REVOCATION", "MQFLEET.OCSP", "MQFLEET.CRLLDAP"
_MOST_DIRECTORIES = 9  # a namelist of SSLCRLNL has at most ten names, and one may be the responder


@dataclass(frozen=True)
class Wish:
    """Which certificate is to be revoked: one of the three says it, the others are empty."""

    queue_manager: str = ""
    serial_number: str = ""
    fingerprint: str = ""

    @classmethod
    def described(cls, options: Mapping[str, Any]) -> Wish:
        """From the options. Raises InputError unless exactly one is given, and for what is no number."""
        given = {name: str(options.get(name) or "") for name in ("queue_manager", "serial_number", "fingerprint")}
        if sum(map(bool, given.values())) != 1:
            raise InputError("A certificate was to be revoked; give one of queue_manager, serial_number and fingerprint.")
        for name in ("serial_number", "fingerprint"):
            if given[name] and not _HEXADECIMAL.match(digits(given[name])):
                raise InputError(f"A certificate was to be revoked and {name} is {given[name]!r}; write its hexadecimal digits.")
        return cls(**given)

    def __str__(self) -> str:
        if self.queue_manager:
            return f"the certificate of queue manager {self.queue_manager}"
        if self.serial_number:
            return f"the certificate with the serial number {self.serial_number}"
        return f"the certificate with the fingerprint {self.fingerprint}"

    @property
    def attempt(self) -> str:
        """The beginning of a sentence about it."""
        return f"T{str(self)[1:]} was to be revoked"


def digits(text: str) -> str:
    """A serial number or fingerprint in the one form by which it is compared: openssl, MQ and runmqakm write it in many."""
    return text.upper().replace(":", "").replace(" ", "").replace("0X", "", 1).lstrip("0") or "0"


@dataclass(frozen=True)
class Index:
    """``ca/index.jsonl``: one JSON object for each certificate that was signed, in that order. What is no line of ours stays as it is."""

    lines: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Index:
        return cls(tuple(text.splitlines()))

    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [entry for entry in map(_entry, self.lines) if entry is not None]

    def valid(self, queue_manager: str) -> str:
        """The serial number of the certificate that a queue manager should have; empty when there is none."""
        found = [one for one in self.entries if one.get("queue_manager") == queue_manager and one.get("status") == "valid"]
        return str(found[-1]["serial_number"]) if found else ""

    def with_issued(self, entry: Mapping[str, Any]) -> Index:
        """With a certificate that was signed for a queue manager; the valid one that it had is superseded, a revoked one stays revoked."""

        def changed(earlier: Mapping[str, Any]) -> Mapping[str, Any] | None:
            is_older = earlier.get("queue_manager") == entry["queue_manager"] and earlier.get("status") == "valid"
            return {**earlier, "status": "superseded"} if is_older else None

        return Index((*self._each(changed), json.dumps({**entry, "status": "valid"}, ensure_ascii=False)))

    def with_revoked(self, serial_number: str, facts: Mapping[str, Any]) -> Index:
        """With one certificate revoked; ``facts`` are its reason, the date, and who signed it."""

        def changed(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
            return {**entry, **facts, "status": "revoked"} if digits(entry["serial_number"]) == digits(serial_number) else None

        return Index(self._each(changed))

    def _each(self, changed: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]) -> tuple[str, ...]:
        """The lines, those of which ``changed`` gives something anew."""
        found = []
        for line in self.lines:
            entry = _entry(line)
            other = None if entry is None else changed(entry)
            found.append(line if other is None else json.dumps(other, ensure_ascii=False))
        return tuple(found)

    def revoked(self) -> list[dict[str, Any]]:
        # most fleets have none, and the index of a large one has many lines
        return [entry for entry in map(_entry, (line for line in self.lines if '"revoked"' in line)) if entry and _is_revoked(entry)]

    def find(self, wish: Wish, serial_of: Mapping[str, str], listed: Sequence[str], place: str) -> dict[str, Any]:
        """The entry that is meant, else a StateError. ``serial_of``: serial numbers by fingerprint; ``listed``: those on the published CRL.

        A queue manager means the certificate that was signed for it last. But while one of its certificates is revoked and not on the CRL
        yet, that one: a run that was interrupted after the next had been signed is run again and must not revoke that as well.
        """
        attempt = wish.attempt
        if wish.queue_manager:
            own = [entry for entry in self.entries if entry.get("queue_manager") == wish.queue_manager]
            if not own:
                raise StateError(f"{attempt} and the certificate authority in {place} has signed none for it; correct queue_manager.")
            published = {digits(number) for number in listed}
            begun = [entry for entry in own if _is_revoked(entry) and digits(entry["serial_number"]) not in published]
            return (begun or own)[-1]
        number = wish.serial_number or serial_of.get(digits(wish.fingerprint), "")
        found = [entry for entry in self.entries if number and digits(entry["serial_number"]) == digits(number)]
        if not found:
            raise StateError(
                f"{attempt} and the certificate authority in {place} has not signed such a one; look for it in its index.jsonl, or have "
                f"the certificate authority that signed it revoke it."
            )
        return found[-1]


def check_reason(wish: Wish, entry: Mapping[str, Any], reason: str) -> bool:
    """Whether the certificate is yet to be revoked. Raises StateError where it was, for another reason."""
    if not _is_revoked(entry):
        return True
    if entry.get("reason") != reason:
        raise StateError(
            f"The certificate {entry['serial_number']} of queue manager {entry.get('queue_manager')} was to be revoked with the reason "
            f"{reason} and was revoked with the reason {entry.get('reason')} on {entry.get('revocation_date')}; a revocation is not "
            f"changed, give that reason."
        )
    return False


def _entry(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("serial_number"), str) else None


def _is_revoked(entry: Mapping[str, Any]) -> bool:
    return entry.get("status") == "revoked"


# -- where queue managers ask ----------------------------------------------------------------------------------------


def url_problem(url: Any) -> str:
    """What is wrong with the URL of a CRL or responder, as the end of a sentence; empty when nothing is."""
    if isinstance(url, str) and len(url) > _LONGEST_URL:
        return f"that has {len(url)} characters and IBM MQ takes at most {_LONGEST_URL}; choose a shorter URL"
    if isinstance(url, str) and url.startswith("https://"):
        return "write http://, since what is fetched there is signed, and the certificate of the server would have to be checked first"
    found = _URL.match(url) if isinstance(url, str) else None
    if found is None or not 1 <= int(found.group(1) or 80) <= 65535:
        return "write a URL of printable ASCII characters that begins with http:// and a host"
    return ""


def problems(revocation: Any) -> list[str]:
    """What is wrong with ``mq_tls_revocation``, as sentences without passwords."""
    if not isinstance(revocation, Mapping):
        return ["it is no dictionary; write {ocsp_url: ...}, {crl_ldap: [...]}, or {} for none."]
    found = [
        f"it has the unknown key {key}; the keys are ocsp_url and crl_ldap." for key in revocation if key not in ("ocsp_url", "crl_ldap")
    ]
    url = revocation.get("ocsp_url")
    if isinstance(url, (list, tuple)):
        found.append("ocsp_url is a list; a queue manager asks one responder only.")
    elif url is not None and url_problem(url):
        found.append(f"ocsp_url is {url!r}; {url_problem(url)}.")
    directories = revocation.get("crl_ldap") or []
    if not isinstance(directories, (list, tuple)):
        return [*found, "crl_ldap is no list; write [{address: host(389)}]."]
    if len(directories) > _MOST_DIRECTORIES:
        found.append(f"crl_ldap has {len(directories)} servers; at most {_MOST_DIRECTORIES} can be named.")
    for number, one in enumerate(directories):
        found += [f"crl_ldap[{number}]{problem}" for problem in _directory_problems(one)]
    return found


def _directory_problems(one: Any) -> list[str]:
    if not isinstance(one, Mapping):
        return [" is no dictionary; write {address: host(389)}, with user and password where they are needed."]
    found = [
        f" has the unknown key {key}; the keys are address, user and password." for key in one if key not in ("address", "user", "password")
    ]
    address = one.get("address")
    if not isinstance(address, str) or not _CONNECTION_NAME.match(address) or len(address) > 264:
        found.append(f".address is {address!r}; write host or host(port).")
    for key, longest in (("user", 1024), ("password", 32)):
        value = one.get(key)
        if value is not None and (not isinstance(value, str) or len(value.encode("utf-8", "surrogatepass")) > longest):
            found.append(f".{key} is no text of at most {longest} bytes; correct it.")
    if one.get("password") and not one.get("user"):
        found.append(" has a password and no user; give both or none.")
    return found


def objects(revocation: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The objects for ``mqsc`` in the order in which they are made, the attribute SSLCRLNL of the queue manager first; without passwords.

    None: nobody described it, so nothing is changed. With neither responder nor directory the queue manager asks nobody.
    """
    if revocation is None:
        return []
    found: list[dict[str, Any]] = []
    if revocation.get("ocsp_url"):
        attributes = {"AUTHTYPE": "OCSP", "OCSPURL": revocation["ocsp_url"]}
        found.append({"object": "AUTHINFO", "name": OCSP_OBJECT, "attributes": attributes})
    for name, one in zip(directory_names(revocation), revocation.get("crl_ldap") or ()):
        attributes = {"AUTHTYPE": "CRLLDAP", "CONNAME": one["address"], "LDAPUSER": one.get("user") or ""}
        found.append({"object": "AUTHINFO", "name": name, "attributes": attributes})
    names = [one["name"] for one in found]
    if names:
        found.append({"object": "NAMELIST", "name": NAMELIST, "attributes": {"NAMES": names}})
    return [{"object": "QMGR", "attributes": {"SSLCRLNL": NAMELIST if names else ""}}, *found]


def directory_names(revocation: Mapping[str, Any]) -> list[str]:
    """The names of the CRLLDAP objects, in the order of ``crl_ldap``."""
    return [f"{LDAP_OBJECT}.{number}" for number in range(1, len(revocation.get("crl_ldap") or ()) + 1)]
