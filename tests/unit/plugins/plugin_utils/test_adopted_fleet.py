# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates signed which: by the signature, not by the name alone."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timezone

from ansible_collections.mqfleet.tls.plugins.module_utils._core.distinguished_name import DistinguishedName
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from ansible_collections.mqfleet.tls.plugins.plugin_utils.adopted_fleet import signers

NOW = datetime(2027, 1, 1, tzinfo=timezone.utc)
ROOT = DistinguishedName.parse("CN=Root")


def facts(certificate):
    return {"label": "x", **asdict(certificates.facts(certificate))}


def test_only_the_key_that_signed_counts():
    keys = [certificates.generate_key("EC", 256) for _number in range(3)]
    roots = [certificates.make_authority(key, ROOT, 100, NOW, 1) for key in keys[:2]]
    below = certificates.make_intermediate(keys[2].public_key(), DistinguishedName.parse("CN=Issuing CA"), 50, NOW, roots[0], keys[0])
    found = [facts(one) for one in (*roots, below)]
    states = [{"repository": {"certificates": found[:2]}}, {"repository": {"certificates": found[2:]}}, {"repository": {}}]
    assert signers(states) == {found[2]["fingerprint"]: [found[0]["fingerprint"]]}
