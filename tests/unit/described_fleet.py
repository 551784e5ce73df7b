# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small fleets as tests of the topology describe them, and short ways to what is planned or refused."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.refusal import TopologyRefused

TWO = {
    "qm1": {"ansible_host": "192.0.2.1", "mq_tls_subject": "CN=QM1,O=Bank"},
    "qm2": {"ansible_host": "192.0.2.2", "mq_tls_subject": "CN=QM2,O=Bank"},
}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PARTNER = {"name": "ZOS1", "address": "192.0.2.9", "certificates": [PEM], "subject": "CN=ZOS1,O=Other", "platform": "zos"}


def refusals(hosts, links=(), **more):
    with pytest.raises(TopologyRefused) as refused:
        plan(hosts, links, **more)
    return list(refused.value.refusals)


def objects(planned, host, kind):
    return {one["name"]: one["attributes"] for one in planned["queue_managers"][host]["objects"] if one["object"] == kind}
