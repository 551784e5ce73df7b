# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `mqfleet.tls.drift` as a scheduler would: `python tests/witness/drift_named.py -i INVENTORY -e @VARS REPORT QM...`.

Without queue managers the fleet must be as described (exit status 0). With some, the exit status must be 2 and the report must name, for
exactly these, the altered channel, the label, the certificate, the trust and the file mode.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

EXPECTED = {
    "QMGR": "CERTLABL",
    "CHANNEL": "SSLCAUTH",
    "CERTIFICATE": "",
    "TRUST": "",
    "FILE": "mode",
    "SECURITY": "",  # what follows from the others
}


def main() -> int:
    """Command line; returns 1 where the report is not as expected."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-i", "--inventory", required=True)
    parser.add_argument("-e", "--extra-vars", required=True)
    parser.add_argument("report", type=Path)
    parser.add_argument("queue_managers", nargs="*")
    arguments = parser.parse_args()
    arguments.report.unlink(missing_ok=True)
    ansible = str(Path(sys.executable).with_name("ansible-playbook"))
    extra = ["-e", arguments.extra_vars, "-e", f"mq_tls_drift_report={arguments.report}"]
    done = subprocess.run([ansible, "mqfleet.tls.drift", "-i", arguments.inventory, *extra], capture_output=True, text=True, check=False)
    wrong = []
    if done.returncode != (2 if arguments.queue_managers else 0):
        wrong.append(f"the exit status is {done.returncode}:\n{done.stdout}\n{done.stderr}")
    else:
        found = {entry["queue_manager"]: entry["changes"] for entry in json.loads(arguments.report.read_text())["drift"]}
        if sorted(found) != sorted(arguments.queue_managers):
            wrong.append(f"the report names {sorted(found)}, expected {sorted(arguments.queue_managers)}")
        for name, changes in found.items():
            kinds = {change["object"] for change in changes}
            if kinds != set(EXPECTED):
                wrong.append(f"{name}: the report names {sorted(kinds)}, expected {sorted(EXPECTED)}: {json.dumps(changes)}")
            wrong += [
                f"{name}: no change of a {kind} names {attribute}: {json.dumps(changes)}"
                for kind, attribute in EXPECTED.items()
                if attribute and not any(change["object"] == kind and attribute in change["attributes"] for change in changes)
            ]
        wrong += [f"the text on the screen does not name {name}" for name in arguments.queue_managers if name not in done.stdout]
    print("\n".join(wrong) or f"the drift of {arguments.queue_managers or 'nobody'} is named, and nothing else")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
