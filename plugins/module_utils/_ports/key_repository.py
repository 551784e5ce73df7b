# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One queue manager's key repository on its host: inspect, plan, apply.

With nothing to do only files are looked at: no program runs, and `cryptography`, which costs a tenth of a second, is not imported.
That is why the two stores are imported where they are used.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Callable, Sequence

from .._core import key_repository as core
from .._core.errors import InputError, StateError
from .._core.key_repository import SELF_SIGNED, Entry, Plan, Want
from . import conversion, permissions
from .command import CommandRunner
from .contents_cache import ContentsCache
from .files import Access, Files, explained
from .generations import Generations
from .installation import Installation, default_key_repository

if TYPE_CHECKING:
    from .key_store import KeyStore

_SUFFIXES = {"cms": ".kdb", "pkcs12": ".p12"}
_COMPANIONS = {"cms": (".sth",), "pkcs12": ()}
_PKCS12_FROM = (9, 3)


@dataclass(frozen=True)
class State:
    """What was found. ``entries`` None: no repository. ``password``: of a PKCS #12 repository, None where it is yet to be made.

    ``access``: files whose permissions or owner are to be corrected. ``password_change``: how key.d/password is to change.
    ``former``: the type that the repository has, where it is to become one of ``type``. ``password_generation``: which of the passwords
    that were asked for it has.
    """

    type: str
    entries: tuple[Entry, ...] | None
    digest: str = ""
    password: str | None = None
    password_change: str = ""
    access: tuple[tuple[str, Access], ...] = ()
    former: str = ""
    password_generation: int = 1


@dataclass(frozen=True)
class Outcome:
    """What was planned or done: entries before and after (in check mode as far as known), changes, a request that waits for its answer.

    ``awaited``: why a certificate is needed that cannot be had in this run; all else has been done then.
    """

    before: tuple[Entry, ...] | None
    after: tuple[Entry, ...]
    changes: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...] = ()
    request: str = ""
    awaited: str = ""


class KeyRepository:
    """The repository of ``queue_manager`` at ``path`` (a stem; empty: the one that its directory in mqs.ini implies).

    ``type`` auto, cms or pkcs12; ``password`` of an existing PKCS #12 repository, or chosen for a new one, else None; where
    ``password_generation`` is more than that of the repository, it gets another password; ``clock`` gives the present as an aware datetime;
    ``lock_timeout`` in seconds.
    """

    def __init__(
        self,
        queue_manager: str,
        installation: Installation,
        runner: CommandRunner,
        clock: Callable[[], datetime],
        *,
        path: str = "",
        type: str = "auto",  # noqa: A002 - the word of the option
        password: str | None = None,
        password_generation: int = 1,
        access: Access = Access(),  # noqa: B008 - immutable
        lock_timeout: float = 30.0,
        files: Files | None = None,
    ) -> None:
        self.queue_manager = queue_manager
        self._installation = installation
        self._runner = runner
        self._clock = clock
        self._password = _checked_password(queue_manager, password)
        self._password_generation = _checked_generation(queue_manager, password_generation)
        self._lock_timeout = lock_timeout
        self._files = files or Files()
        directory = installation.directory(queue_manager)
        self.path = _checked_path(queue_manager, path or default_key_repository(directory))
        self._generations = Generations(self.path, self._files, access)
        self.type = self._resolved(type)

    @property
    def attempt(self) -> str:
        """How error sentences begin."""
        return f"The key repository {self.path} of queue manager {self.queue_manager} was to be changed"

    def description(self) -> dict[str, str | None]:
        """Where things are, for the module that tells the queue manager."""
        live = self._generations.live(_SUFFIXES[self.type])
        return {
            "path": self.path,
            "type": self.type,
            # without a suffix every release of MQ means .kdb
            "ssl_key_repository": self.path if self.type == "cms" else live,
            "password_file": self._generations.inside("password") if self.type == "pkcs12" else None,
            "refresh_marker": self._generations.inside("refresh"),
        }

    def file_facts(self) -> list[dict[str, Any]]:
        """Path, mode, owner and group of every file of the repository, by the path under which it is used."""
        return permissions.file_facts(self._generations)

    def inspect(self, remember: bool = False) -> State:
        """Read the repository, from the cache where its bytes are known. ``remember``: keep what had to be read anew."""
        there = self._there()
        kind = there[0] if there and self.type not in there else self.type
        former = kind if kind != self.type else ""
        live = self._generations.live(_SUFFIXES[kind])
        access = tuple(permissions.loose(self._generations))
        stored = self._stored_password()
        if not os.path.exists(live):
            return State(self.type, None, password=self._password or stored, access=access)
        password, change = stored, ""
        generation = self._generations.password_generation()
        given = self._password if "pkcs12" in (kind, self.type) else None
        if given is not None and self._password_generation > generation and (kind, self.type) == ("pkcs12", "pkcs12"):
            self._check_next_password(given, stored)
        elif given is not None and not hmac.compare_digest((stored or "").encode(), given.encode()):
            password, change = given, "replace" if stored else "create"
        if former:  # the password file belongs to a repository of type pkcs12 that is to be made, or is about to go
            change = (change or ("" if stored else "create")) if self.type == "pkcs12" else ""
        if kind == "pkcs12" and password is None:
            raise StateError(
                f"The key repository {live} of queue manager {self.queue_manager} was to be read and its password is not known; "
                f"give it as mq_tls_key_repository_password."
            )
        with explained(f"The key repository {live} of queue manager {self.queue_manager} was to be read", live):
            digest = self._contents(kind).digest()
        known = password == stored or kind == "cms"
        entries = self._contents(kind).remembered(digest) if known else None
        if entries is None:
            entries = tuple(self._store(password, kind).read(self.path))
            if remember and known:
                self._contents(kind).remember(digest, entries)
        return State(self.type, entries, digest, password, change, access, former, generation)

    def run(self, want: Want, answer: Sequence[str] = (), check: bool = False) -> Outcome:
        """Bring the repository to ``want``; ``check``: only say how.

        ``answer`` is a certificate that was signed for the request of an earlier call, with its chain (PEM). An Outcome with a
        ``request`` and without ``awaited`` has changed nothing but the waiting request.
        """
        state, want = self._known(self.inspect(remember=not check), want)
        steps = self._steps(state, want)
        changes = self._changes(state, steps)
        requested = bool(steps.awaited or steps.issue) and want.issuer_type != SELF_SIGNED and not answer
        waiting = self._waiting(want) if requested else ""
        # all that is left to do is to have the request, and it is there
        idle = not changes or (requested and not steps.awaited)
        if check or (idle and bool(waiting) == requested):
            return Outcome(state.entries, self._expected(state, want, steps), changes, steps.warnings, waiting, steps.awaited)
        with explained(self.attempt, self.path), self._generations.locked(self._lock_timeout):
            made = tuple(change for change in changes if change["name"] == os.path.dirname(self.path))
            outcome = self._apply(want, answer)
            return replace(outcome, changes=(*made, *outcome.changes))

    def _apply(self, want: Want, answer: Sequence[str]) -> Outcome:
        state, want = self._known(self.inspect(), want)  # once more: another run may have been faster
        steps = self._steps(state, want)
        changes = self._changes(state, steps)
        if steps.issue and want.issuer_type != SELF_SIGNED and not answer:
            return Outcome(state.entries, state.entries or (), changes, steps.warnings, self._request(want, steps))
        request = self._request(want, steps) if steps.awaited else ""
        for path, access in state.access:
            self._files.give(path, access)
        if state.password_change and state.password and not state.former:
            self._generations.keep_password(state.password)
        after = state.entries or ()
        if state.former or steps.rebuilds or self._renews_password(state):
            after = self._rebuild(state, want, steps, answer)
        if not steps.awaited:
            self._files.remove(self._generations.inside("pending"))
        if after:
            contents = self._contents(self.type)
            contents.remember(contents.digest(), after)
        return Outcome(state.entries, after, changes, steps.warnings, request, steps.awaited)

    def _steps(self, state: State, want: Want) -> Plan:
        steps = core.plan(state.entries, want, self._clock())
        steps = conversion.planned(steps, state.entries or (), self.path, state.former, self.type)
        if self._renews_password(state):
            return conversion.with_new_password(steps, self.path, state.password_generation, self._password_generation)
        return steps

    def _renews_password(self, state: State) -> bool:
        return state.entries is not None and self._password_generation > state.password_generation

    def _rebuild(self, state: State, want: Want, steps: Plan, answer: Sequence[str]) -> tuple[Entry, ...]:
        """Build the next generation aside, open and check it, and only then put it in place."""
        from .key_store import Answer  # noqa: PLC0415 - see the head of this file

        pending = self._generations.inside("pending")
        now = self._clock()
        if steps.issue and answer:
            self._check_answer(want, answer, now)
        try:
            draft = self._generations.draft()
            password = self._next_password(state)
            store = self._store(password)
            if state.former or self._renews_password(state):
                conversion.carry_over(self._generations, draft, self._store(state.password, state.former), store)
            issued = replace(want.identity, label=steps.label) if want.identity else None
            signed = Answer(answer, pending) if answer else None
            asked = self._asked() if signed else store
            if signed and asked.type != store.type:
                signed = replace(signed, own=asked.joined(os.path.dirname(draft), signed))
            store.change(draft, steps, issued, signed, now)
            entries = tuple(store.read(draft))
            unasked = core.unasked(entries, steps)
            if unasked:
                store.change(draft, Plan(remove=unasked), None, None, now)
                entries = tuple(entry for entry in entries if entry not in unasked)
            built, want = self._known(State(state.type, entries), want)
            after = built.entries or ()
            left = [f"{change['action']} {change['object']} {change['name']}" for change in core.plan(after, want, self._clock()).changes]
            left += [f"lost {label}" for label in core.lost(state.entries, after, steps)]
            if left:
                raise StateError(
                    f"{self.attempt} and the new one, built aside, did not come out as wanted ({'; '.join(left)}); "
                    f"the one in use is unchanged: report this with the type of the repository."
                )
            in_use = core.identity_of(state.entries, want)
            self._generations.publish(in_use.certificate.not_after if in_use else "", steps.tells)
        except BaseException:
            self._generations.discard()
            raise
        return after

    def _waiting(self, want: Want) -> str:
        """The request that was made earlier, if it fits, also where the repository was of another type then; nothing is changed."""
        from .key_store import fitting_request  # noqa: PLC0415 - see the head of this file

        return fitting_request(self._asked(), self._generations.inside("pending"), want.identity) if want.identity else ""

    def _asked(self) -> KeyStore:
        """The store of the type that the repository had when the waiting request was made."""
        from .key_store import PENDING_KEYS  # noqa: PLC0415 - see the head of this file

        pending = self._generations.inside("pending")
        kinds = [kind for kind, name in PENDING_KEYS.items() if os.path.exists(os.path.join(pending, name))]
        return self._store(None, kinds[0] if kinds else self.type)

    def _next_password(self, state: State) -> str:
        """That of the draft, which says so."""
        from .cms import new_password  # noqa: PLC0415 - see the head of this file

        renews = self._renews_password(state)
        if self._password_generation > 1 and (renews or state.entries is None):
            self._generations.set_password_generation(self._password_generation)
        if self.type == "cms":
            return ""
        password = (self._password if renews else state.password) or new_password()
        self._generations.set_password(password)
        return password

    def _request(self, want: Want, steps: Plan) -> str:
        """The request that waits for its certificate: an earlier one that fits, or a new one with a new key."""
        waiting = self._waiting(want)
        if waiting or want.identity is None:
            return waiting
        pending = self._generations.inside("pending")
        self._files.remove(pending)
        draft = self._generations.inside("pending.new")
        self._files.remove(draft)
        private = self._generations.private
        self._files.make_directory(draft, private)
        self._store(None).make_request(draft, replace(want.identity, label=steps.label or want.identity.label))
        for name in os.listdir(draft):
            self._files.give(os.path.join(draft, name), private)
            self._files.sync(os.path.join(draft, name))
        self._files.rename(draft, pending)
        return self._waiting(want)

    def _check_answer(self, want: Want, answer: Sequence[str], now: datetime) -> None:
        from .._x509 import certificates  # noqa: PLC0415 - see the head of this file

        identity = want.identity
        request = self._waiting(want)
        if not request:
            raise StateError(
                f"A certificate for queue manager {self.queue_manager} was to be put into the key repository {self.path} and the private "
                f"key that it was requested for is not there any more; run again."
            )
        renewal = now + timedelta(days=identity.renew_before_days if identity else 0)
        certificates.check_answer(self.queue_manager, request, answer, want.issuers, renewal, now)

    def _known(self, state: State, want: Want) -> tuple[State, Want]:
        """Find out what the plan needs and cannot see: who signed the identity, and names for new trusted certificates."""
        entry = core.unverified(state.entries, want)
        if entry is not None and state.entries is not None:
            from .._x509 import certificates  # noqa: PLC0415 - see the head of this file

            signed = certificates.load_certificate(entry.certificate.pem, f"The certificate {entry.label}")
            issuers = [certificates.load_certificate(pem, "A certificate of the issuer") for pem in want.chain]
            signers = [certificates.fingerprint(issuer) for issuer in issuers if certificates.has_signed(issuer, signed)]
            if signers:
                known = core.signed_by(entry, signers[0])
                state = replace(state, entries=tuple(known if one is entry else one for one in state.entries))
        there = {one.certificate.fingerprint for one in state.entries or ()}
        if all(trust.name or trust.fingerprint in there for trust in want.trust):
            return state, want
        from .._x509 import certificates, library  # noqa: PLC0415 - see the head of this file

        library.require(self.attempt)
        named = []
        for trust in want.trust:
            if trust.fingerprint and trust.fingerprint not in there:
                found = certificates.load_certificate(trust.pem, f"A certificate to be trusted by {self.queue_manager}")
                named.append(replace(trust, name=trust.name or certificates.facts(found).subject))
            else:
                named.append(trust)
        return state, replace(want, trust=tuple(named))

    def _expected(self, state: State, want: Want, steps: Plan) -> tuple[Entry, ...]:
        """The entries as check mode knows them: without those that are yet to be issued."""
        after = core.renamed(state.entries or (), steps)
        pems = [addition for addition in steps.add if addition.trust.pem]
        if pems:
            from .._x509 import certificates, library  # noqa: PLC0415 - see the head of this file

            library.require(self.attempt)
            after += [
                Entry(one.label, certificates.facts(certificates.load_certificate(one.trust.pem, one.label)), False, True) for one in pems
            ]
        return tuple(after)

    def _changes(self, state: State, steps: Plan) -> tuple[dict[str, Any], ...]:
        """The steps of the plan and, before them, what is to be done to files."""
        changes: list[dict[str, Any]] = []
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            changes.append({"object": "FILE", "name": folder, "action": "create", "attributes": {}})
        for path, access in state.access:
            found = os.stat(path)
            attributes: dict[str, Any] = {}
            if found.st_mode & 0o7777 != access.mode:
                attributes["mode"] = {"before": f"{found.st_mode & 0o7777:04o}", "after": f"{access.mode:04o}"}
            have = permissions.names(found.st_uid, found.st_gid)
            want = permissions.names(access.owner, access.group)
            attributes.update({key: {"before": have[key], "after": want[key]} for key in want if want[key] not in (None, have[key])})
            changes.append({"object": "FILE", "name": path, "action": "chmod", "attributes": attributes})
        if state.password_change:
            name = self._generations.inside("password")
            changes.append({"object": "FILE", "name": name, "action": state.password_change, "attributes": {}})
        pending = self._generations.inside("pending")
        if not (steps.issue or steps.awaited) and os.path.isdir(pending):
            changes.append({"object": "FILE", "name": pending, "action": "remove", "attributes": {}, "reason": "no certificate is awaited"})
        return (*changes, *steps.changes)

    def _resolved(self, wanted: str) -> str:
        there = self._there()
        if wanted == "auto" and len(there) == 2:
            raise StateError(
                f"The type of the key repository {self.path} of queue manager {self.queue_manager} was to be found out and there are both "
                f"{self.path}.kdb and {self.path}.p12; set mq_tls_key_repository_type to cms or pkcs12."
            )
        if wanted == "auto" and there:
            return there[0]
        if wanted in there or wanted == "cms":
            return wanted
        has_pkcs12 = self._version() >= _PKCS12_FROM
        if wanted == "pkcs12" and not has_pkcs12:
            raise InputError(
                f"The key repository {self.path} of queue manager {self.queue_manager} was to be of type pkcs12, which IBM MQ reads from "
                f"9.3 on; set mq_tls_key_repository_type to cms."
            )
        return "pkcs12" if has_pkcs12 else "cms"

    def _there(self) -> list[str]:
        """Types of the repositories that are there, without one that only awaits that the queue manager is told of another type."""
        left = self._generations.superseded()
        return [kind for kind, suffix in _SUFFIXES.items() if suffix not in left and os.path.exists(self._generations.live(suffix))]

    def _contents(self, kind: str) -> ContentsCache:
        return ContentsCache(self._generations, (_SUFFIXES[kind], *_COMPANIONS[kind]))

    def _version(self) -> tuple[int, ...]:
        program = self._installation.program("dspmqver")
        done = self._runner.run([program, "-b", "-f", "2"])
        numbers = done.stdout.split(":")[-1].strip().split(".")
        if done.rc or not all(number.isdigit() for number in numbers):
            raise StateError(
                f"The version of IBM MQ was to be read with {program} and it gave return code {done.rc} without a version; "
                f"set mq_tls_key_repository_type to cms or pkcs12."
            )
        return tuple(int(number) for number in numbers)

    def _store(self, password: str | None, kind: str = "") -> KeyStore:
        """Of a type; without ``kind`` of the wanted one."""
        if (kind or self.type) == "cms":
            from .cms import CmsStore  # noqa: PLC0415 - see the head of this file

            return CmsStore(self._installation.program("runmqakm"), self._runner, self._files)
        from .pkcs12 import Pkcs12Store  # noqa: PLC0415

        return Pkcs12Store(password or "", self._files)

    def _stored_password(self) -> str | None:
        if self.type == "cms" and self._there() != ["pkcs12"]:
            return None
        with explained(f"The password of the key repository {self.path} was to be read", self._generations.inside("password")):
            return self._generations.password()

    def _check_next_password(self, given: str, stored: str | None) -> None:
        """A password that is given along with a new generation is the next one, so that it cannot be the one in use."""
        if stored is None or hmac.compare_digest(stored.encode(), given.encode()):
            raise InputError(
                f"The key repository {self.path} of queue manager {self.queue_manager} was to get another password and "
                f"mq_tls_key_repository_password is the one that it has; give the next one there, or leave it out to have one generated."
            )


def _checked_password(queue_manager: str, password: str | None) -> str | None:
    if password is not None and (not password or not password.isprintable()):
        raise InputError(
            f"The password of the key repository of queue manager {queue_manager} was to be used and is empty or has control characters; "
            f"give another mq_tls_key_repository_password or leave it out to have one generated."
        )
    return password


def _checked_generation(queue_manager: str, number: int) -> int:
    if number < 1:
        raise InputError(
            f"The key repository of queue manager {queue_manager} was to have the password of generation {number}; "
            f"give mq_tls_key_repository_password_generation a number from 1 on."
        )
    return number


def _checked_path(queue_manager: str, path: str) -> str:
    attempt = f"The key repository of queue manager {queue_manager} was to be at {path!r}"
    if not os.path.isabs(path) or not path.isprintable():
        raise InputError(f"{attempt}, which is no absolute path; correct mq_tls_key_repository.")
    if path.endswith(tuple(_SUFFIXES.values())) or not os.path.basename(path):
        raise InputError(f"{attempt}, which is no stem; leave the suffix out of mq_tls_key_repository, as in /var/mqm/qmgrs/QM1/ssl/key.")
    above = os.path.dirname(os.path.dirname(path))
    if not os.path.isdir(above):  # the last directory of the path is made, more is taken for a typing error
        raise StateError(f"{attempt} and there is no directory {above}; make it, owned by mqm, or correct mq_tls_key_repository.")
    return path
