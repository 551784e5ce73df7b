# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: an example fleet on simulated machines, from an inventory to proven TLS channels.

Runs the playbooks as a user would, sends one message over every link with the samples amqsput and amqsget, and ends with a
table of the links. The exit status is 1 when any link is not as intended.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "witness"))
import messages
import simulated_fleet

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".build" / "demo"


def say(text: str) -> None:
    """A headline of the demonstration."""
    print(f"\n\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def playbook(name: str, inventory: str, *arguments: str, quiet: bool = False) -> tuple[int, str, float]:
    """Run a playbook of the collection; returns its exit status, its output and the seconds it took."""
    command = ["ansible-playbook", f"mqfleet.tls.{name}", "-i", inventory, *arguments]
    print("$ " + " ".join(command), flush=True)
    started = time.monotonic()
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "0" if sys.stdout.isatty() else "1"}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    lines = []
    for line in process.stdout or []:
        lines.append(line)
        if not quiet:
            print("  " + line, end="", flush=True)
    return process.wait(), "".join(lines), time.monotonic() - started


def table(links: list[dict], delivered: dict[str, bool]) -> str:
    """The links as aligned text; distinguished names without the serial number that MQ puts before them."""

    def name(shown: str) -> str:
        return re.sub(r"^SERIALNUMBER=[0-9A-F:]+,", "", shown)

    head = ["channel", "authentication", "status", "protocol", "CipherSpec", "initiator sees", "responder sees", "message"]
    rows = [
        [
            link["channel"],
            link["authentication"].replace("_", "-"),
            link["status"] or "inactive",
            link["protocol"] or "-",
            link["cipher_spec"] or "-",
            name(link["responder_dn_seen_by_initiator"]) or "-",
            name(link["initiator_dn_seen_by_responder"]) or "(nobody: anonymous)",
            "delivered" if delivered.get(link["channel"]) else "NOT DELIVERED",
        ]
        for link in links
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def demonstrate(inventory: str, work: Path, verbose: bool) -> bool:
    """The whole demonstration, with what it leaves in the folder `work`; True when every link is as intended."""
    report = work / "verification.json"
    private = ["-e", f"mq_tls_pki_dir={work / 'pki'}"]
    say("Machines: simulated, with IBM's own GSKit as their TLS engine")
    fleet = {host.queue_manager: host for host in simulated_fleet.up(inventory)}
    for host in fleet.values():
        print(f"  {host.queue_manager:<8} IBM MQ {host.version} (simulated) in {host.machine.relative_to(ROOT)}")
    say("site: keys, certificates, key repositories, channels")
    status, output, seconds = playbook("site", inventory, *private, *(["--diff"] if verbose else []))
    if status:
        return False
    print(f"  {seconds:.1f} seconds")
    say("site once more: nothing to do, so nothing is done")
    status, output, seconds = playbook("site", inventory, *private, quiet=True)
    print(output[output.index("PLAY RECAP") :].rstrip() if "PLAY RECAP" in output else output)
    print(f"  {seconds:.1f} seconds")
    if status or re.search(r"changed=[1-9]", output):
        print("  The second run was not a run with nothing to do.")
        return False
    say("verify: start the channels, read both ends, compare with what is intended")
    status, output, seconds = playbook("verify", inventory, *private, "-e", f"mq_tls_verification_report={report}", quiet=True)
    if not report.exists():
        print(output)
        return False
    print(f"  {seconds:.1f} seconds")
    say("report: the fleet on one page")
    places = ["-e", f"mq_tls_report_dir={work / 'report'}", "-e", f"mq_tls_verification_report={report}"]
    reported, output, seconds = playbook("report", inventory, *private, *places, quiet=True)
    print(f"  {seconds:.1f} seconds: {work.relative_to(ROOT) / 'report' / 'report.html'}" if reported == 0 else output)
    links = json.loads(report.read_text())["links"]
    say("One message over every link, put with amqsput and got with amqsget")
    delivered = messages.deliver([messages.Route(link["channel"], link["from"], link["to"]) for link in links], fleet)
    say("The links")
    print(table(links, delivered))
    for link in links:
        if not link["ok"]:
            print(f"\n{link['channel']}: {link['explanation']}")
    good = sum(1 for link in links if link["ok"] and delivered[link["channel"]])
    print(f"\n{good} of {len(links)} links are as intended.")
    return status == reported == 0 and good == len(links) > 0


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--inventory", default="examples/bank")
    parser.add_argument("--keep", action="store_true", help="leave the machines running")
    parser.add_argument("--diff", action="store_true", help="show every attribute and certificate that the first run changes")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    work = WORK / Path(arguments.inventory).name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    simulated_fleet.down(arguments.inventory)  # of an earlier run that was interrupted
    try:
        return 0 if demonstrate(arguments.inventory, work, arguments.diff) else 1
    finally:
        if not arguments.keep:
            simulated_fleet.down(arguments.inventory)


if __name__ == "__main__":
    sys.exit(main())
