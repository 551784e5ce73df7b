# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the playbook site would change on a queue manager, and what it would leave since nobody describes it: found by the comparisons
that site and drift use themselves.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Iterable, Mapping, Sequence

from .. import key_repository as repository_core
from ..drift import change_words
from ..errors import MqTlsError
from ..mqsc.command import Secret
from ..mqsc.objects import FLAGS, key_of, parse_objects
from ..mqsc.plan import Have, KeyRepository, plan, with_key_repository
from ..mqsc.undescribed import undescribed
from .member import Member, Pki

_PRIVATE = (".kdb", ".sth", ".rdb", ".crl", ".p12")
_MODE = "0600"


def compare(member: Member, planned: Mapping[str, Any], published: Mapping[str, list[str]], pki: Pki, now: datetime) -> list[str]:
    """One sentence for each difference between a queue manager and its plan, and for what is there and not in the plan.

    ``published``: the certificates of the PKI folder.
    """
    try:
        found = [*_of_repository(member, planned, published, pki, now), *_of_objects(member, planned)]
    except MqTlsError as error:
        return [f"{member.where} cannot be brought under these variables: {error}"]
    return found + _of_files(member)


def _of_objects(member: Member, planned: Mapping[str, Any]) -> list[str]:
    where = member.repository.get("repository") or {}
    repository = None
    if where:
        # whether a password is set is known, which one is not
        password = Secret("?") if where.get("type") == "pkcs12" else None
        repository = KeyRepository(str(where["ssl_key_repository"]), str(where["type"]), password)
    wanted = with_key_repository(parse_objects(planned["objects"], member.name), repository)
    records = {key_of("QMGR", "", {}): dict(member.attributes)}
    for one in member.described:
        if one["object"] != "QMGR":
            records[key_of(one["object"], one["name"], one["attributes"])] = _record(one["attributes"])
    for channel, history in member.history.items():  # when it was altered
        records.get(key_of("CHANNEL", channel, {}), {}).update(history)
    have = Have(
        records,
        listening={name: {"STATUS": "RUNNING"} for name in member.started},
        status={channel: tuple(instances) for channel, instances in member.instances.items()},
        saved=frozenset(channel for channel, history in member.history.items() if history["has_run"]),
    )
    steps = plan(have, wanted, member.name, initiates=planned["initiates"], responds=planned["responds"])
    changes = [change for change in steps.changes if change["action"] != "refresh"]  # it follows from the others
    return _sentences(member, changes, undescribed(have.records, {one.key for one in wanted}))


def _record(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A description as DISPLAY would show it: a switch by the keyword that is on."""
    switches = {(key if value else FLAGS[key]): True for key, value in attributes.items() if key in FLAGS}
    return {**{key: value for key, value in attributes.items() if key not in FLAGS}, **switches}


def _of_repository(member: Member, planned: Mapping[str, Any], published: Mapping[str, list[str]], pki: Pki, now: datetime) -> list[str]:
    where = member.repository.get("repository") or {}
    identity = planned["identity"]
    issuer = planned["issuer"]
    chain = _authorities(issuer, pki) if identity and issuer["type"] != "self_signed" else []
    want = repository_core.Want(
        path=str(where.get("path") or member.attributes.get("SSLKEYR") or ""),
        type=str(where.get("type") or ""),
        identity=repository_core.Identity.described(member.name, identity) if identity else None,
        absent_label=repository_core.default_label(member.name),
        issuer_type=str(issuer["type"]),
        chain=tuple(pem for text in chain for pem in repository_core.pem_blocks(text)),
        trust=repository_core.trusted(list(_trust(planned["trust"], published, pki)), chain),
        stage=issuer["type"] == "self_signed",
    )
    have = member.entries if member.repository.get("exists") else None
    return _sentences(member, repository_core.plan(have, want, now).changes, repository_core.undescribed(have, want))


def _trust(items: Iterable[Mapping[str, Any]], published: Mapping[str, list[str]], pki: Pki) -> Iterable[dict[str, Any]]:
    for item in items:
        if item.get("certificates"):
            yield {"name": item.get("name"), "certificates": item["certificates"]}
        elif item.get("queue_manager"):
            certificates = published.get(item["queue_manager"], [])
            if certificates:
                yield {"name": item["queue_manager"], "certificates": certificates[1:] or certificates}
        else:
            known = _authorities({"type": item["issuer"], "trust": item.get("trust")}, pki)
            if known:
                yield {"certificates": known}


def _authorities(issuer: Mapping[str, Any], pki: Pki) -> list[str]:
    """The CA certificates of an issuer, as the PKI folder and its description give them."""
    if issuer["type"] == "local_ca":
        return list(pki.local_ca)
    return list(dict.fromkeys([*(issuer.get("trust") or ()), *(pki.external if issuer["type"] == "external" else ())]))


def _of_files(member: Member) -> list[str]:
    files = {one["path"]: one["mode"] for one in member.repository.get("files") or ()}
    loose = [path for path, mode in files.items() if path.endswith(_PRIVATE) and mode != _MODE]
    found = [f"{member.where}: site would change {path}: it has the mode {files[path]} and gets {_MODE}." for path in loose]
    password = (member.repository.get("repository") or {}).get("password_file")
    if password and password not in files:
        found.append(
            f"{member.where}: site would keep mq_tls_key_repository_password in {password}, mode {_MODE}; it has to be given to site as it "
            f"was to adopt."
        )
    return found


def _sentences(member: Member, changes: Sequence[Mapping[str, Any]], left: Iterable[Mapping[str, Any]]) -> list[str]:
    """``left``: what is there and not described, some of which may be changed all the same."""
    found = []
    for change in changes:
        concerned, saying, details = change_words(change)
        found.append(f"{member.where}: site would change {'; '.join([f'{concerned}: {saying}', *details])}.")
    changed = {(change["object"], change.get("name")) for change in changes}
    for one in left:
        if (one["object"], one["name"]) not in changed:
            found.append(f"{member.where} has {one['object']} {one['name']} ({one['reason']}), which is not described and stays as it is.")
    return found
