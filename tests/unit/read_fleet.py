# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a fleet as it would be read if a plan had been carried out: the shape of plugin_utils/fleet_state.py."""

from __future__ import annotations

import base64
import copy
from datetime import datetime, timedelta, timezone

from ansible_collections.mqfleet.tls.plugins.module_utils._core.certificate import pem_blocks, pem_fingerprint, timestamp

NOW = datetime(2027, 1, 1, tzinfo=timezone.utc)
_SHOWN = {
    "QLOCAL": {"CURDEPTH": 0, "DESCR": ""},
    "LISTENER": {"IPADDR": "", "BACKLOG": 0},
    "SDR": {"CERTLABL": "", "SSLPEER": "", "HBINT": 300},
    "RCVR": {"CERTLABL": "", "SSLPEER": "", "HBINT": 300},
}


def pem(name: str) -> str:
    """A text that stands for a certificate."""
    body = base64.b64encode(b"\x30" + name.encode()).decode()
    return pem_blocks(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")[0]


CA = pem("CN=MQ fleet CA")


def certificate(label, subject, issuer=None, *, text=None, has_key=False, days=365, **more):
    """As key_repository_info returns one. It began yesterday."""
    text = text or pem(f"{subject} {issuer}")
    begin = NOW - timedelta(days=1)
    return {
        "label": label,
        "has_key": has_key,
        "trusted": True,
        "subject": subject,
        "issuer": issuer or subject,
        "serial_number": "01",
        "not_before": timestamp(begin),
        "not_after": timestamp(begin + timedelta(days=days)),
        "fingerprint": pem_fingerprint(text),
        "key_type": "EC",
        "key_size": 256,
        "self_signed": issuer is None,
        "dns_names": [],
        "signed_by": [],
        "pem": text,
        **more,
    }


def read_fleet(planned):
    """For each host of a plan the state after it was carried out."""
    owners = {one["queue_manager"]: one for one in planned["queue_managers"].values()}
    states = {}
    for host, one in planned["queue_managers"].items():
        own = _own(one)
        entries = [own] if own else []
        above = _authorities(one["issuer"]) if own and not own["self_signed"] else []
        accepted = [*above, *(text for item in one["trust"] for text in _accepted(item, owners))]
        entries += [certificate(f"ca {number}", f"CN=CA {number}", text=text) for number, text in enumerate(dict.fromkeys(accepted))]
        if above:
            own["signed_by"] = [pem_fingerprint(above[0])]
        states[host] = _state(host, one, entries)
    return states


def _own(one):
    wanted = one["identity"]
    if not wanted:
        return None
    facts = {key: wanted[key] for key in ("key_type", "key_size", "days")}
    issuer = None if one["issuer"]["type"] == "self_signed" else "CN=CA 0"
    return certificate(wanted["label"], wanted["subject"], issuer, has_key=True, text=pem(one["queue_manager"]), **facts)


def _authorities(issuer):
    return [CA] if issuer["type"] == "local_ca" else list(issuer["trust"])


def _accepted(item, owners):
    if item.get("certificates"):
        return item["certificates"]
    if item.get("queue_manager"):
        return [pem(owners[item["queue_manager"]]["queue_manager"])]
    return _authorities({"type": item["issuer"], **item})


def _state(host, one, entries):
    name = one["queue_manager"]
    path = f"/var/mqm/qmgrs/{name}/ssl/key"
    attributes = {"QMNAME": name, "SSLKEYR": path, "KEYRPWD": "", "SSLCRLNL": ""}
    objects = []
    for described in copy.deepcopy(one["objects"]):
        if described["object"] == "QMGR":
            attributes.update(described["attributes"])
            continue
        kind = described["attributes"].get("CHLTYPE", described["object"])
        described["attributes"] = {**_SHOWN.get(kind, {}), **described["attributes"]}
        objects.append(described)
    repository = {"path": path, "type": "cms", "ssl_key_repository": path, "password_file": None, "refresh_marker": f"{path}.d/refresh"}
    return {
        "queue_manager": name,
        "read": True,
        "error": "",
        "version": "9.4.2.0",
        "repository": {
            "exists": True,
            "repository": repository,
            "certificates": entries,
            "files": [{"path": f"{path}.kdb", "mode": "0600", "owner": "mqm", "group": "mqm"}],
        },
        "attributes": attributes,
        "objects": objects,
        "channels": {},
        "channel_history": {channel: {"has_run": True} for channel in one["initiates"]},
        "summary": {},
    }
