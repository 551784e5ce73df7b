# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what check mode announced with what the run then did: `python tests/witness/announced.py FILE` reads FILE.check and FILE.run."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

# What only a live channel can tell while the run goes on, and check mode therefore does not announce.
EVIDENCE = "the one that followed it is proven on a live channel"


def changes(path: Path) -> dict[str, Counter[str]]:
    """The changes of each host, in a form that can be counted."""
    found: dict[str, Counter[str]] = {}
    for line in path.read_text().splitlines():
        result = json.loads(line)
        counter = found.setdefault(result["host"], Counter())
        counter.update(json.dumps(change, sort_keys=True) for change in result["changes"] if change.get("reason") != EVIDENCE)
    return found


def main() -> int:
    """Command line; returns 1 where the two differ or nothing was announced at all."""
    base = sys.argv[1]
    announced, done = changes(Path(base + ".check")), changes(Path(base + ".run"))
    wrong = []
    for host in sorted(set(announced) | set(done)):
        before, after = announced.get(host, Counter()), done.get(host, Counter())
        wrong += [f"{host}: announced, not done: {change}" for change in (before - after).elements()]
        wrong += [f"{host}: done, not announced: {change}" for change in (after - before).elements()]
    total = sum(counter.total() for counter in done.values())
    print("\n".join(wrong) or f"{total} changes were announced and done")
    return 1 if wrong or not total else 0


if __name__ == "__main__":
    sys.exit(main())
