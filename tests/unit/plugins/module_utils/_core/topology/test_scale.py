# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan of many queue managers costs."""

from __future__ import annotations

import time
import tracemalloc

from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.plan import plan


def test_a_thousand_queue_managers_with_ten_thousand_links_take_seconds_and_linear_memory():
    def measured(count):
        hosts = {f"q{number}": {} for number in range(count)}
        links = [{"from": f"Q{number}", "to": f"Q{(number + step) % count}"} for number in range(count) for step in range(1, 11)]
        started = time.process_time()
        assert len(plan(hosts, links)["links"]) == 10 * count
        seconds = time.process_time() - started
        tracemalloc.start()
        plan(hosts, links)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return seconds, peak

    _small_seconds, small_peak = measured(100)
    seconds, peak = measured(1000)
    assert seconds < 10
    assert peak < 13 * small_peak


def test_a_plan_for_one_host_costs_its_own_links_and_not_those_of_the_fleet():
    """All of them would be 999,000, in a mesh of a thousand."""
    hosts = {f"q{number}": {} for number in range(1000)}
    started = time.process_time()
    planned = plan(hosts, [{"mesh": {"group": "all"}}], groups={"all": list(hosts)}, only=["q1"])
    assert time.process_time() - started < 5
    assert len(planned["links"]) == 1998
    assert len(planned["not_planned"]) == 999
