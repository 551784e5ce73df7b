# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make rotation`: what the links of a fleet notice while all its certificates, then its certificate authority, are replaced.

The fleet of examples/bank on simulated machines: twelve queue managers, mesh and hubs, CMS and PKCS#12, two-way and one-way, once with
certificates of the local CA and once with self-signed ones. While `site` renews every certificate, `rotate_certificates` replaces every
one and `rotate_ca` moves the fleet to another CA, two witnesses that use none of the collection's code are at work on every link without
pause:

- a prober does TLS handshakes with GSKit, with the key repository of the initiator as it is at that moment, against the listener of the
  responder, in TLS 1.2 and TLS 1.3 in turn; one that is refused by either end is a failure;
- senders put numbered messages with amqsput, receivers get them with amqsget.

The figures are printed; the exit status is 1 when a handshake failed, or a message was lost, came twice or out of order.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "witness"))
import simulated_fleet  # noqa: E402  (tests/witness is no package)
from handshake import Link, Prober  # noqa: E402
from mqsim.gskit.library import GskitError  # noqa: E402
from simulated_fleet import SimulatedHost  # noqa: E402

INVENTORY = "examples/bank"
WORK = ROOT / ".build" / "rotation"
QUEUE = "ROTATION.IN"
BATCH = 5  # messages for each amqsput
# What is done to the fleet, by its issuer: a playbook and its variables. `site` finds certificates of 100 days and is to renew them.
RENEWED: dict[str, object] = {"mq_tls_certificate_days": 365, "mq_tls_renew_before_days": 200}
MOVEMENTS: dict[str, list[tuple[str, dict[str, object]]]] = {
    "local_ca": [
        ("site", RENEWED),
        ("rotate_certificates", RENEWED),
        ("rotate_ca", {**RENEWED, "mq_tls_ca_subject": "CN=Example Bank MQ CA 2,O=Example Bank,C=GB"}),
    ],
    "self_signed": [("site", RENEWED), ("rotate_certificates", RENEWED)],
}
# So many threads of each kind share the links: enough to be at work all the time, few enough to leave a small machine to the playbooks.
PROBERS, SENDERS = 13, 3


@dataclass
class Figures:
    """What the witnesses have seen. Appends and counts of one thread each; read when all have ended."""

    attempts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    received: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    arrivals: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def attempt(prober: Prober, figures: Figures) -> None:
    """One handshake, counted; the two protocols in turn."""
    channel = prober.link.channel
    number = figures.attempts[channel]
    figures.attempts[channel] = number + 1
    protocol = ("TLSV12", "TLSV13")[number % 2]
    try:
        prober.handshake(protocol)
    except (OSError, GskitError) as error:
        figures.failures.append(f"{time.strftime('%H:%M:%S')} {channel} {protocol}: {error}")


def probe(probers: list[Prober], figures: Figures, stop: threading.Event) -> None:
    """Probe some links in turn until told to stop."""
    while not stop.is_set():
        for prober in probers:
            attempt(prober, figures)
    for prober in probers:
        prober.close()


def send(links: list[Link], figures: Figures, stop: threading.Event) -> None:
    """Put numbered messages on some links in turn, one amqsput after the other."""
    while not stop.is_set():
        for link in links:
            host, first = link.initiator, figures.sent.get(link.channel, 0)
            lines = "".join(f"{link.channel} {number}\n" for number in range(first, first + BATCH))
            done = host.run(
                "amqsput", f"ROTATION.{link.responder.queue_manager}", host.queue_manager, stdin=lines + "\n", folder="samp/bin"
            )
            if done.returncode:
                raise SystemExit(f"amqsput at {host.queue_manager} ended with {done.returncode}: {done.stdout}")
            figures.sent[link.channel] = first + BATCH


def receive(host: SimulatedHost, figures: Figures, stop: threading.Event) -> None:
    """Get what arrives at one queue manager, until nothing comes any more."""
    while True:
        last = stop.is_set()
        argv = [str(host.installation / "samp/bin/amqsget"), QUEUE, host.queue_manager]
        environment = {**os.environ, "MQSIM_WAIT": "5" if last else "1", "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment) as process:
            for line in process.stdout or ():
                found = re.match(r"message <(\S+) (\d+)>", line)
                if found:
                    figures.received[found[1]].append(int(found[2]))
                    figures.arrivals[found[1]].append(time.monotonic())
        if last:
            return


def playbook(name: str, variables: dict[str, object]) -> float:
    """Run a playbook of the collection; returns the seconds it took."""
    log = WORK / f"{name}.log"
    argv = ["ansible-playbook", f"mqfleet.tls.{name}", "-i", INVENTORY, "-e", json.dumps(variables)]
    print("$ " + " ".join(argv), flush=True)
    begun = time.monotonic()
    with open(log, "a", encoding="utf-8") as stream:
        environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        program = str(Path(sys.executable).with_name(argv[0]))
        done = subprocess.run([program, *argv[1:]], cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}:\n{log.read_text()[-6000:]}")
    seconds = time.monotonic() - begun
    print(f"  {seconds:.1f} seconds", flush=True)
    return seconds


def starts(fleet: dict[str, SimulatedHost]) -> Counter[str]:
    """How often each channel was started so far, by the error logs (AMQ9002I)."""
    found: Counter[str] = Counter()
    for host in fleet.values():
        for log in (host.data_path / "qmgrs" / host.queue_manager / "errors").glob("AMQERR0*.LOG"):
            found.update(re.findall(r"AMQ9002I: Channel '([^']+)' is starting", log.read_text(encoding="utf-8")))
    return found


def links_of(fleet: dict[str, SimulatedHost]) -> list[Link]:
    """The links as `verify` has proven them."""
    report = json.loads((WORK / "verification.json").read_text())["links"]
    return [Link(link["channel"], fleet[link["from"]], fleet[link["to"]]) for link in report]


def presented(links: list[Link]) -> dict[str, str]:
    """The certificate that each responder presents to Python's TLS client, by queue manager."""
    responders = {link.responder.queue_manager: link.responder.address.rpartition(":") for link in links}
    return {name: ssl.get_server_certificate((host, int(port)), timeout=10) for name, (host, _colon, port) in responders.items()}


def rotate(issuer: str, minimum: int) -> bool:
    """The whole measurement with one issuer; True when no link has noticed anything but restarts."""
    fleet = {host.queue_manager: host for host in simulated_fleet.up(INVENTORY)}
    always: dict[str, object] = {"mq_tls_issuer": {"type": issuer}, "mq_tls_pki_dir": str(WORK / "pki")}
    playbook("site", {**always, "mq_tls_certificate_days": 100})
    playbook("verify", {**always, "mq_tls_verification_report": str(WORK / "verification.json")})
    links = links_of(fleet)
    for host in fleet.values():
        partners = [link.responder.queue_manager for link in links if link.initiator is host]
        script = [f"DEFINE QLOCAL({QUEUE}) MAXDEPTH(999999) REPLACE"]
        script += [f"DEFINE QREMOTE('ROTATION.{name}') RNAME({QUEUE}) RQMNAME('{name}') XMITQ('{name}') REPLACE" for name in partners]
        host.run("runmqsc", host.queue_manager, stdin="\n".join(script) + "\n")
    figures, stop, drained = Figures(), threading.Event(), threading.Event()
    before = starts(fleet)
    probers = [
        threading.Thread(target=probe, args=([Prober(link) for link in links[part::PROBERS]], figures, stop), daemon=True)
        for part in range(PROBERS)
    ]
    senders = [threading.Thread(target=send, args=(links[part::SENDERS], figures, stop), daemon=True) for part in range(SENDERS)]
    receivers = [
        threading.Thread(target=receive, args=(host, figures, drained), daemon=True)
        for host in {link.responder.host: link.responder for link in links}.values()
    ]
    for thread in (*receivers, *senders, *probers):
        thread.start()
    seconds = {}
    for name, variables in MOVEMENTS[issuer]:
        former = presented(links)
        seconds[name] = playbook(name, {**always, **variables})
        if kept := [responder for responder, certificate in presented(links).items() if certificate == former[responder]]:
            raise SystemExit(f"{name} ended well and left the certificates of {', '.join(kept)} as they were, so nothing was measured.")
    while sum(figures.attempts.values()) < minimum:
        time.sleep(1)
    stop.set()
    for thread in (*senders, *probers):
        thread.join()
    drained.set()
    for thread in receivers:
        thread.join()
    return report(figures, links, starts(fleet) - before, seconds)


def report(figures: Figures, links: list[Link], restarts: Counter[str], seconds: dict[str, float]) -> bool:
    """Print the figures; True when they are as they should be."""
    gap, gap_channel = max(
        (later - earlier, channel) for channel, times in figures.arrivals.items() for earlier, later in zip(times, times[1:])
    )
    wrong = [link.channel for link in links if figures.received[link.channel] != list(range(figures.sent.get(link.channel, 0)))]
    rows = [
        (
            "queue managers, links",
            f"{len({link.responder.host for link in links} | {link.initiator.host for link in links})}, {len(links)}",
        ),
        *((f"{name} of the whole fleet", f"{taken:.0f} s") for name, taken in seconds.items()),
        ("handshakes attempted", f"{sum(figures.attempts.values())} (at least {min(figures.attempts.values())} on each link)"),
        ("handshakes failed", str(len(figures.failures))),
        ("messages sent", str(sum(figures.sent.values()))),
        ("messages received", str(sum(map(len, figures.received.values())))),
        ("links with messages lost, doubled or out of order", str(len(wrong))),
        ("longest time without a message on a link", f"{gap:.1f} s ({gap_channel})"),
        ("starts of channels meanwhile", f"{sum(restarts.values())} ({sum(restarts.values()) / len(links):.1f} for each link)"),
    ]
    print()
    for name, value in rows:
        print(f"{name:<52}{value}")
    for failure in figures.failures[:20]:
        print(f"  {failure}")
    for channel in wrong[:20]:
        print(f"  {channel}: sent {figures.sent.get(channel, 0)}, received {len(figures.received[channel])}")
    return not figures.failures and not wrong


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--handshakes", type=int, default=10_000, help="at least so many are attempted with each issuer (default: 10000)")
    parser.add_argument("--issuers", nargs="+", choices=MOVEMENTS, default=list(MOVEMENTS), help="the fleet's issuers, one after the other")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    return max([one_fleet(issuer, arguments.handshakes) for issuer in arguments.issuers])


def one_fleet(issuer: str, minimum: int) -> int:
    """The measurement on a fleet made for it; returns 1 when a link has noticed anything but restarts."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    simulated_fleet.down(INVENTORY)
    print(f"\nissuer: {issuer}", flush=True)
    try:
        return 0 if rotate(issuer, minimum) else 1
    finally:
        simulated_fleet.down(INVENTORY)


if __name__ == "__main__":
    sys.exit(main())
