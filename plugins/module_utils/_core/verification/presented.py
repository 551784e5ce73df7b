# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a responder presents the certificate that its key repository holds, and whether a refresh is what is missing.

Source: IBM MQ documentation, "REFRESH SECURITY": until then a queue manager works with what it has read before.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

from typing import Any, Mapping

from .end import End

CURRENT, OTHER, NOT_CHECKED = "current", "other", "not checked"
_REFRESH = "REFRESH SECURITY TYPE(SSL)"


def presented_by(link: Mapping[str, Any], responder: End) -> dict[str, Any]:
    """The certificate that the responder's listener presents to the channel of a link, beside the one that is held under its label.

    ``reason``: why the two were not compared; or that they differ, and what to do.
    """
    item = _item(link, responder)
    if item is None:
        why = (
            "its listener was not looked at"
            if responder.observed
            else "it could not be read"
            if responder.problem
            else "it is not in this run"
        )
        return {
            "label": "",
            "state": NOT_CHECKED,
            "reason": f"the certificate of {link['to']}, since {why}",
            "presented": None,
            "held": None,
        }
    reason = ""
    if item["state"] == NOT_CHECKED:
        reason = f"the certificate {item['label']} of {link['to']}, since {item['reason']}"
    elif item["state"] == OTHER:
        reason = f"{other_certificate(link, responder)}; {refresh(link['to'], responder)}"
    return {**{key: item[key] for key in ("label", "state", "presented", "held")}, "reason": reason}


def other_certificate(link: Mapping[str, Any], responder: End) -> str:
    """That another certificate is presented than the one that is held; blank where that is not known."""
    item = _item(link, responder)
    if item is None or item["state"] != OTHER:
        return ""
    # without the library cryptography on the host there is no serial number
    name, words = ("serial_number", "serial number") if item["presented"]["serial_number"] else ("fingerprint", "SHA-256 fingerprint")
    held = item["held"][name] if item["held"] else "no personal certificate"
    return (
        f"the listener of {link['to']} presents the certificate with the {words} {item['presented'][name]} while its key "
        f"repository holds {held} under the label {item['label']}"
    )


def _item(link: Mapping[str, Any], responder: End) -> Mapping[str, Any] | None:
    found = (responder.certificates or {}).get("presented") or ()
    return next((item for item in found if link["channel"] in item["channels"]), None)


def awaits_refresh(end: End) -> bool:
    """Whether a queue manager is known not to have been told of a change of its key repository."""
    return bool((end.certificates or {}).get("refresh_outstanding"))


def refresh(queue_manager: str, end: End) -> str:
    """How a queue manager comes to work with what its key repository holds."""
    known = end.certificates or {}
    if not known.get("refresh_outstanding"):
        return f"send {_REFRESH} to {queue_manager}"
    if known.get("refresh") == "never":
        return f"send {_REFRESH} to {queue_manager}, which mq_tls_refresh (never) leaves to you"
    if known.get("refresh_window_opens"):
        return (
            f"the refresh window holds the refresh back until {known['refresh_window_opens']} (local time of the host of {queue_manager}), "
            f"run mqfleet.tls.site then, which sends {_REFRESH}"
        )
    return f"run mqfleet.tls.site for {queue_manager}, which sends {_REFRESH}"
