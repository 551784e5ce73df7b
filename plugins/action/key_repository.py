# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's part of mqfleet.tls.key_repository: what partners have published, and the signature of the certificate authority.

One remote execution when no certificate is to be signed, else two: the first brings a certificate request, the second takes the
certificate there. One again while an external certificate authority has not answered yet. A private key never comes here.
"""

from __future__ import annotations

from typing import Any, Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils._core import key_repository as core
from ..module_utils._core.distinguished_name import DistinguishedName
from ..module_utils._core.errors import InputError, MqTlsError
from ..module_utils._core.succession import FORMER, NEXT
from ..module_utils._ports.passphrase import passphrase
from ..module_utils._x509 import certificates, chain
from ..plugin_utils.issuers.issuer import Issuer
from ..plugin_utils.issuers.outside import trusted
from ..plugin_utils.issuers.registry import find
from ..plugin_utils.pki_folder import PkiFolder

_MODULE = "mqfleet.tls.key_repository"
# What the module does not need to know, above all the CA's passphrase, does not leave the controller.
_ON_CONTROLLER_ONLY = ("pki_dir", "passphrase", "passphrase_file", "seen")
_CA_SUBJECT = "CN=MQ fleet CA"


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        try:
            return self._run(task_vars or {})
        except MqTlsError as error:
            raise AnsibleActionFail(str(error)) from None  # a cause would be said a second time

    def _run(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        options = dict(self._task.args)
        queue_manager = str(options.get("queue_manager") or "")
        check = bool(self._task.check_mode)
        folder = PkiFolder(str(options["pki_dir"])) if options.get("pki_dir") else None
        issuer = self._issuer(queue_manager, options, folder)
        trust, missing, unknown = self._trust(queue_manager, options, folder, task_vars, check)
        seen = options.get("seen")
        announced = list(seen.get("announced") or ()) if isinstance(seen, Mapping) else []
        if isinstance(seen, Mapping) and _nothing_new(seen, trust):
            result = {**{key: seen[key] for key in seen if key in _RETURNED}, "changed": False, "changes": []}
            result.update(missing_partners=missing, missing_issuers=unknown)
            return {**result, "announced": announced} if check else result

        arguments = {key: value for key, value in options.items() if key not in _ON_CONTROLLER_ONLY and value is not None}
        arguments["trust"] = trust
        if options.get("issuer"):
            arguments["issuer"] = {"type": options["issuer"]["type"]}  # the rest is for the issuer here
        # a partner whose certificate is not known here may be among those that would be purged
        arguments["purge_trust"] = bool(self._boolean(options.get("purge_trust"))) and not (missing or unknown)
        # where partners bring certificates, there is a second pass: one refresh after it is enough
        brought = [item for item in options.get("trust") or () if item.get("queue_manager") or item.get("issuer") == "external"]
        # and what may have to wait for another queue manager is left to mqsc
        arguments["_may_apply"] = not (brought or (options.get("mqsc") or {}).get("waits_for"))
        arguments["_distrust"] = _retired(folder, options) if folder else []
        arguments["replace"] = options.get("replace") or _to_replace(folder, queue_manager)
        authorities = issuer.chain(queue_manager) if issuer else []
        arguments["_chain"] = authorities
        arguments["revoked"] = {**(issuer.revoked(queue_manager) if issuer else {}), **(options.get("revoked") or {})}
        arguments["_postponed"] = issuer is not None and not issuer.can_sign(queue_manager)
        result = self._remote(arguments, task_vars)
        request, awaited = result.pop("_request", ""), result.pop("_awaited", "")
        answer: list[str] = []
        if request and issuer and not awaited and not result.get("failed") and (issuer.only_reads or not check):
            answer = issuer.sign(queue_manager, request, core.Identity.described(queue_manager, options["identity"]))
            authorities = list(dict.fromkeys([*authorities, *answer[1:]]))
            arguments.update(_answer=answer, _chain=authorities)
            made = [change for change in result["changes"] if (change["object"], change["action"]) == ("FILE", "create")]
            result = self._remote(arguments, task_vars)
            result.pop("_request", None)
            # the directory around the request, which the second execution finds there already
            result["changes"] = [*(change for change in made if change not in result.get("changes", [])), *result.get("changes", [])]
        if not result.get("failed"):
            result.update(missing_partners=missing, missing_issuers=unknown, published=None, waiting=None)
            if awaited and issuer:
                self._wait(queue_manager, options, issuer, result, request, awaited, check)
            elif folder is not None and issuer:
                own = answer or _with_chain(result.get("certificate"), authorities)
                beside = _beside(result) if issuer.made_on_host else {}
                published = own[0] if own else ""
                _changed(result, folder.succession.announce(queue_manager, beside, published, check))
                self._publish(queue_manager, folder, result, own, check)
                _changed(result, folder.succession.withdraw(queue_manager, beside, check))
                _changed(result, issuer.close(queue_manager, own, check))
            if check:
                result["announced"] = [*announced, *result["changes"]]
        return result

    def _remote(self, arguments: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=task_vars))

    def _issuer(self, queue_manager: str, options: Mapping[str, Any], folder: PkiFolder | None) -> Issuer | None:
        """The issuer, where an identity is wanted."""
        if not options.get("identity"):
            return None
        described = options.get("issuer")
        if not isinstance(described, Mapping):
            raise InputError(
                f"The certificate of queue manager {queue_manager} was to be issued and issuer is missing; give {{type: local_ca}}."
            )
        secret = ""
        if described.get("type") == "local_ca":
            attempt = f"The private key of the CA was to be opened for queue manager {queue_manager}"
            secret = passphrase(attempt, options.get("passphrase"), options.get("passphrase_file"))
        issuer = find(queue_manager, described, folder, secret)
        core.check_issuer(queue_manager, str(described["type"]), self._boolean(options.get("production")))
        return issuer

    def _trust(
        self, queue_manager: str, options: Mapping[str, Any], folder: PkiFolder | None, task_vars: Mapping[str, Any], check: bool
    ) -> tuple[list[dict[str, Any]], list[str], list[str]]:
        """The items of the option ``trust`` with their certificates, the partners that have not published any, and the issuers of which
        none is known.

        In check mode what is yet to be made is there by its name alone, so that it is announced.
        """
        found: list[dict[str, Any]] = []
        missing: list[str] = []
        unknown: list[str] = []
        items = list(options.get("trust") or [])
        issuer = options.get("issuer") or {}
        if options.get("identity") and issuer.get("type") == "local_ca":
            items.append({"issuer": "local_ca"})
        for number, item in enumerate(items):
            if item.get("certificates"):
                found.append({"name": item.get("name"), "certificates": list(item["certificates"])})
                continue
            if item.get("issuer") in ("external", "command"):
                known = self._known(queue_manager, item, folder)
                found += [{"certificates": known}] if known else []
                unknown += [] if known else [item["issuer"]]
                continue
            if folder is None:
                raise InputError(
                    f"trust[{number}] of queue manager {queue_manager} is {dict(item)}, for which the PKI folder is needed; give pki_dir."
                )
            if item.get("issuer") == "local_ca":
                found += self._authority(queue_manager, folder, issuer, task_vars, check)
            elif item.get("queue_manager"):
                partner = str(item["queue_manager"])
                published = _to_trust(folder.published(partner))
                published += [pem for pem in folder.succession.trusted(partner) if pem not in published]
                if published:
                    found.append({"name": partner, "certificates": published})
                    continue
                missing.append(partner)
                if check:
                    found.append({"name": partner})
            else:
                raise InputError(
                    f"trust[{number}] of queue manager {queue_manager} is {dict(item)}; "
                    f"give certificates, {{issuer: local_ca}} (or external, command) or {{queue_manager: NAME}}."
                )
        return found, missing, unknown

    def _known(self, queue_manager: str, item: Mapping[str, Any], folder: PkiFolder | None) -> list[str]:
        """The CA certificates of an issuer outside this collection."""
        known = trusted(queue_manager, item.get("trust"))
        if item["issuer"] == "external" and folder is not None:
            known += folder.external()
        if not known:
            place = folder.external_path("*") if folder is not None else "trust"
            self._display.warning(
                f"The key repository of queue manager {queue_manager} was to trust the issuer {item['issuer']}, of which no CA certificate "
                f"is known yet; put it to {place}, or wait for the first answer that brings it."
            )
        return known

    def _authority(
        self, queue_manager: str, folder: PkiFolder, issuer: Mapping[str, Any], task_vars: Mapping[str, Any], check: bool
    ) -> list[dict[str, Any]]:
        """The CA of the PKI folder as something to trust, during a rollover both; by its name alone while it is yet to be made."""
        made = folder.authorities.trusted()
        if made:
            return [{"certificates": made}]
        if not check:
            raise InputError(
                f"The key repository of queue manager {queue_manager} was to trust the CA in {folder.path}, which is not made yet; "
                f"run mqfleet.tls.certificate_authority first."
            )
        name = issuer.get("subject") or task_vars.get("mq_tls_ca_subject") or _CA_SUBJECT
        names = [str(self._templar.template(one or "")) for one in (task_vars.get("mq_tls_ca_intermediate_subject"), name)]
        return [{"name": DistinguishedName.parse(one).text()} for one in names if one]

    def _wait(
        self,
        queue_manager: str,
        options: Mapping[str, Any],
        issuer: Issuer,
        result: dict[str, Any],
        request: str,
        reason: str,
        check: bool,
    ) -> None:
        """Leave the request where it is signed later, and say so."""
        identity = core.Identity.described(queue_manager, options["identity"])
        remedy, changes = issuer.ask(queue_manager, request, identity, check)
        _changed(result, changes)
        own = result.get("certificate")
        meanwhile = f"the one in use, which ends on {own['not_after']}, stays" if own else "until then it has none"
        result["waiting"] = (
            f"The certificate of queue manager {queue_manager} waits for the signature of an external certificate authority ({reason}; "
            f"{meanwhile}): {remedy}."
        )
        self._display.warning(result["waiting"])

    @staticmethod
    def _publish(queue_manager: str, folder: PkiFolder, result: dict[str, Any], wanted: list[str], check: bool) -> None:
        """Put the certificate with its chain (empty: not made yet) where partners and people find it, if it is not there already."""
        path = folder.published_path(queue_manager)
        result["published"] = path
        there = folder.published(queue_manager)
        if wanted and wanted == there:
            return
        if wanted and not check:
            folder.publish(queue_manager, wanted)
        change: dict[str, Any] = {"object": "FILE", "name": path, "action": "replace" if there else "create", "attributes": {}}
        change["reason"] = "partners find the certificate of the key repository there"
        _changed(result, [change])

    @staticmethod
    def _boolean(value: Any) -> bool:
        return value if isinstance(value, bool) else str(value or "").lower() in ("yes", "true", "on", "1", "y", "t")


_RETURNED = ("repository", "certificate", "staged", "former", "found", "trust", "published", "waiting", "mqsc")


def _changed(result: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    """Add changes that were made here to those of the host."""
    result["changes"] = [*result.get("changes", []), *changes]
    result["changed"] = bool(result.get("changed") or changes)


def _retired(folder: PkiFolder, options: Mapping[str, Any]) -> list[str]:
    """What is to be taken out of the key repository: former CA certificates, and former self-signed certificates of partners."""
    partners = [str(item["queue_manager"]) for item in options.get("trust") or () if item.get("queue_manager")]
    return [*folder.authorities.retired(), *(pem for name in partners for pem in folder.retired(name))]


def _to_replace(folder: PkiFolder | None, queue_manager: str) -> str:
    """The fingerprint of the certificate that a rotation is to replace, or blank."""
    return next((core.pem_fingerprint(pem) for pem in (folder.succession.to_replace(queue_manager) if folder else ())), "")


def _beside(result: Mapping[str, Any]) -> dict[str, str | None]:
    """The self-signed certificates beside the one in use (PEM): blank where there is none, None where it is yet to be made."""
    found: dict[str, str | None] = {}
    for suffix, key in ((FORMER, "former"), (NEXT, "staged")):
        one = result.get(key)
        found[suffix] = core.pem_blocks(one["pem"])[0] if one and one["issuer"] == one["subject"] else ""
    made = [change["name"] for change in result["changes"] if (change["object"], change["action"]) == ("CERTIFICATE", "issue")]
    if not found[NEXT] and any(name.endswith(NEXT) for name in made):
        found[NEXT] = None
    return found


def _with_chain(own: Mapping[str, Any] | None, authorities: list[str]) -> list[str]:
    """A certificate as the module returns it, then the certificates above it (PEM)."""
    if own is None or not authorities:
        return core.pem_blocks(own["pem"]) if own else []
    known = [certificates.load_certificate(pem, "A CA certificate of the PKI folder") for pem in authorities]
    return [certificates.to_pem(one) for one in chain.path(certificates.load_certificate(own["pem"], "The certificate"), known)]


def _nothing_new(seen: Mapping[str, Any], trust: list[dict[str, Any]]) -> bool:
    """Whether an earlier result already has all certificates that are to be trusted now."""
    if seen.get("failed") or "repository" not in seen:
        return False
    known = {entry.get("fingerprint") for entry in seen.get("trust") or ()}
    pems = [pem for item in trust for text in item.get("certificates", ()) for pem in core.pem_blocks(text)]
    return all(core.pem_fingerprint(pem) in known for pem in pems)


def _to_trust(published: list[str]) -> list[str]:
    """Of a published certificate with its chain, what a partner has to trust: the CA certificates, else the certificate itself."""
    return published[1:] or published
