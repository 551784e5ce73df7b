# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tasks of the role have registered of each queue manager in this run, as far as certificates follow one another.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..module_utils._core.identity_rollover import Partner, Position, Succession, unaccepted, unproven

_KEY_REPOSITORY, _MQSC, _CHANNELS = "mq_tls_key_repository_result", "mq_tls_mqsc_result", "mq_tls_channel_observation"


class Evidence:
    """``topology``: the plan of the fleet. ``confirmed``: queue managers outside of the run of which somebody knows that they accept."""

    def __init__(self, topology: Mapping[str, Any], variables: Mapping[str, Any], confirmed: Iterable[str] = ()) -> None:
        self.planned: Mapping[str, Mapping[str, Any]] = topology["queue_managers"]
        self._confirmed = set(confirmed)
        # of each host its links, with the other end: (link, host, blank outside of the inventory, and queue manager)
        self._links: dict[str, list[tuple[Mapping[str, Any], str, str]]] = {host: [] for host in self.planned}
        for link in topology["links"]:
            for end, other in (("from", "to"), ("to", "from")):
                self._links.get(link[f"{end}_host"], []).append((link, link[f"{other}_host"] or "", link[other]))
        # the raw variables: through hostvars[host] every host would pay for the plan of the whole fleet
        self._values = {host: variables["hostvars"].raw_get(host) for host in self.planned}

    def name(self, host: str) -> str:
        return str(self.planned[host]["queue_manager"])

    def repository(self, host: str) -> Mapping[str, Any]:
        """What key_repository has returned; empty where it failed or has not run."""
        return self._registered(host, _KEY_REPOSITORY)

    def problem(self, host: str) -> str:
        """Why the queue manager was not read or told in this run (a clause), blank where it was."""
        for variable in (_KEY_REPOSITORY, _MQSC):
            found = self._values[host].get(variable)
            if not isinstance(found, Mapping):
                return "was not read in this run, its host failed or is not reachable"
            if found.get("failed") or found.get("unreachable"):
                return f"could not be read or told: {found.get('msg') or 'see the tasks before this one'}"
        return ""

    def refresh_outstanding(self, host: str) -> bool:
        """Whether the queue manager still works with what it has read before, also in what check mode announces."""
        definitions = self._registered(host, _MQSC)
        only_read = "found" in self.repository(host)
        due = only_read and bool(definitions.get("refreshed"))
        return due or bool(definitions.get("refresh_outstanding", True))

    def partners(self, host: str) -> list[Partner]:
        """The queue managers that have to accept the certificate of this one."""
        found = []
        for partner in self.linked(host):
            trusted = frozenset(entry["fingerprint"] for entry in self.repository(partner).get("trust") or ())
            found.append(Partner(self.name(partner), self.problem(partner), trusted, self.refresh_outstanding(partner)))
        for _link, outside, name in self._links[host]:
            if outside not in self.planned and name not in self._confirmed:
                why = "is not part of this run (--limit)" if outside else "is outside of the inventory and not in mq_tls_rotate_confirmed"
                found.append(Partner(name, why))
        return sorted(dict.fromkeys(found), key=lambda one: one.queue_manager)

    def unaccepted(self, host: str) -> list[str]:
        """Why the staged certificate of a queue manager cannot be used yet."""
        return unaccepted(self.repository(host)["staged"], self.refresh_outstanding(host), self.partners(host))

    def unproven(self, host: str) -> str:
        """Why its former certificate has to stay, blank where it need not."""
        repository = self.repository(host)
        shown = [
            (name, link["channel"], str(row.get("SSLPEER") or ""))
            for link, partner, name in self._links[host]
            if partner in self.planned
            for row in self.running(partner, link["channel"])
        ]
        certificate = repository.get("certificate")
        if not certificate:
            return "it has no successor"
        return unproven(Succession(certificate, repository["former"], self.refresh_outstanding(host), shown))

    def linked(self, host: str) -> list[str]:
        """The hosts of the run at the other ends of its links."""
        return sorted({partner for _link, partner, _name in self._links[host] if partner in self.planned})

    def running(self, host: str, channel: str) -> list[Mapping[str, Any]]:
        """The running instances of a channel as the queue manager shows them.

        Also where the reading counts as failed, since not all channels came to run while they were waited for.
        """
        observed = self._values[host].get(_CHANNELS)
        rows = (observed.get("channels") or {}).get(channel, []) if isinstance(observed, Mapping) else []
        return [row for row in rows if row.get("STATUS") == "RUNNING"]

    def position(self, host: str) -> Position:
        """Where the queue manager stands, as it is found where this run only reads."""
        problem = "" if self.repository(host) else self.problem(host) or "was not read"
        if problem:
            return Position(self.name(host), host, problem=problem)
        repository = self.repository(host)
        found = repository.get("found") or repository
        waits = ""
        if found.get("staged"):
            waits = (
                "; ".join(unaccepted(found["staged"], self.refresh_outstanding(host), self.partners(host)))
                or "its turn (run mqfleet.tls.site)"
            )
        elif found.get("former") and found.get("certificate"):
            waits = self.unproven(host) if repository.get("former") == found["former"] else ""
            waits = waits or "the removal of the former one (run mqfleet.tls.site)"
        elif repository.get("waiting"):
            waits = "the signature of an external certificate authority"
        elif self.refresh_outstanding(host):
            waits = "REFRESH SECURITY"
        return Position(self.name(host), host, found.get("certificate"), found.get("staged"), found.get("former"), waits)

    def _registered(self, host: str, name: str) -> Mapping[str, Any]:
        found = self._values[host].get(name)
        return found if isinstance(found, Mapping) and not found.get("failed") and not found.get("unreachable") else {}
