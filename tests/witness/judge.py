# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges a fleet from outside, without a line of the collection's code.

`python tests/witness/judge.py -i INVENTORY EXPECTED.yml` reads a list of links

    - {channel: QM1.TO.QM2, from: QM1, to: QM2, initiator: "CN=QM1,O=Bank" or null, responder: "CN=QM2,O=Bank"}

and asks, for each: what the listener presents to `openssl s_client`; what CHSTATUS shows on both ends; whether a message put with
amqsput arrives. For each queue manager: that its key repository opens with GSKit, that a PKCS#12 opens with openssl and keytool,
and that it holds a private key exactly where a certificate is expected. Every disagreement is printed; the exit status is 1 if
there is one.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

import messages
import simulated_fleet
import yaml
from mqsim.gskit.handshake import Environment
from mqsim.gskit.library import GskitError


def normal(name: str) -> str:
    """A distinguished name as a set-like text: attribute order and blanks after commas do not count."""
    parts = [part.strip().replace(" = ", "=").replace(" =", "=").replace("= ", "=") for part in re.split(r"[,/]\s*(?=[A-Z]+\s*=)", name)]
    return ",".join(sorted(part for part in parts if part))


def presented(address: str) -> str:
    """Subject of the certificate that the listener presents to openssl, '' when there is none."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", address, "-showcerts"], input="", capture_output=True, text=True, check=False, timeout=20
    )
    found = re.search(r"^subject=(.*)$", done.stdout, re.MULTILINE)
    return found.group(1).strip() if found else ""


def status(host: simulated_fleet.SimulatedHost, channel: str) -> dict[str, str]:
    """The attributes of the channel's status that matter, {} when it is inactive."""
    text = host.run("runmqsc", "-e", host.queue_manager, stdin=f"DISPLAY CHSTATUS('{channel}') ALL\n").stdout
    return {
        key: found.group(1).strip()
        for key in ("STATUS", "SECPROT", "SSLPEER", "SSLCERTI", "SSLCIPH")
        if (found := re.search(rf"(?<![A-Z]){key}\(([^)]*)\)", text))
    }


def judge_link(link: dict, fleet: dict[str, simulated_fleet.SimulatedHost]) -> list[str]:
    """What is wrong with a link, one line each."""
    wrong = []
    seen = presented(fleet[link["to"]].address)
    if normal(seen) != normal(link["responder"]):
        wrong.append(f"the listener of {link['to']} presents '{seen}' to openssl, expected '{link['responder']}'")
    deadline = time.monotonic() + 20
    while True:
        ends = {"initiator": status(fleet[link["from"]], link["channel"]), "responder": status(fleet[link["to"]], link["channel"])}
        if all(end.get("STATUS") == "RUNNING" for end in ends.values()) or time.monotonic() > deadline:
            break
        time.sleep(0.3)
    for end, partner in (("initiator", link["responder"]), ("responder", link["initiator"])):
        row = ends[end]
        if row.get("STATUS") != "RUNNING":
            wrong.append(f"the {end} of {link['channel']} is {row.get('STATUS', 'inactive')}")
            continue
        if not row.get("SECPROT", "").startswith("TLS"):
            wrong.append(f"the {end} of {link['channel']} runs with SECPROT({row.get('SECPROT')})")
        shown = re.sub(r"^SERIALNUMBER=[0-9A-F:]+,", "", row.get("SSLPEER", ""))
        if normal(shown) != normal(partner or ""):
            wrong.append(f"the {end} of {link['channel']} sees SSLPEER '{row.get('SSLPEER')}', expected '{partner}'")
    return wrong


def judge_repository(host: simulated_fleet.SimulatedHost, with_identity: bool) -> list[str]:
    """What is wrong with a queue manager's key repository, one line each."""
    folder = next((host.data_path / "qmgrs").glob(f"{host.queue_manager}/ssl"))
    p12, kdb = folder / "key.p12", folder / "key.kdb"
    if not p12.exists() and not kdb.exists():
        return [f"{host.queue_manager} has no key repository"]
    path = p12 if p12.exists() else kdb
    password_file = folder / "key.d" / "password"
    password = password_file.read_text().strip() if path == p12 else None
    wrong = []
    label = "ibmwebspheremq" + host.queue_manager.lower()
    try:
        environment = Environment(
            str(path),
            password,
            None if password else str(path.with_suffix(".sth")),
            "client",
            label,
            [],
            ["TLS_AES_256_GCM_SHA384"],
            {"TLSV13"},
        )
        environment.close()
    except GskitError as error:
        wrong.append(f"GSKit cannot open {path.name} of {host.queue_manager}: {error}")
    if path == p12:
        wrong += judge_pkcs12(host.queue_manager, path, password_file, with_identity)
    else:
        text = host.run("runmqakm", "-cert", "-list", "-db", str(path), "-stashed").stdout
        personal = re.findall(r"^\*?-\S*\s+\"?([^\"\n]+)\"?$", text, re.MULTILINE)
        if with_identity != (label in personal):
            wrong.append(
                f"{path.name} of {host.queue_manager} has the personal certificates {personal}, expected: {label if with_identity else '-'}"
            )
    loose = [file for file in folder.rglob("key*") if file.is_file() and not file.is_symlink() and file.stat().st_mode & 0o077]
    wrong += [f"{file} can be read by others ({file.stat().st_mode:o})" for file in loose]
    return wrong


def judge_pkcs12(name: str, path: Path, password_file: Path, with_identity: bool) -> list[str]:
    """openssl and keytool as witnesses; the password goes by file, and to keytool by its environment."""
    wrong = []
    listed = subprocess.run(
        ["openssl", "pkcs12", "-in", str(path), "-passin", f"file:{password_file}", "-info", "-nokeys"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        wrong.append(f"openssl cannot open {path.name} of {name}: {listed.stderr.strip()}")
    has_key = "Shrouded Keybag" in listed.stderr or "Key bag" in listed.stderr
    if has_key != with_identity:
        wrong.append(f"{path.name} of {name} {'holds a' if has_key else 'has no'} private key")
    keytool = subprocess.run(
        ["keytool", "-list", "-keystore", str(path), "-storetype", "PKCS12", "-storepass:file", str(password_file)],
        capture_output=True,
        text=True,
        check=False,
    )
    if keytool.returncode:
        wrong.append(f"keytool cannot open {path.name} of {name}: {keytool.stdout.strip()}")
    elif with_identity and "PrivateKeyEntry" not in keytool.stdout:
        wrong.append(f"keytool finds no PrivateKeyEntry in {path.name} of {name}")
    return wrong


def main() -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-i", "--inventory", required=True)
    parser.add_argument("expected", type=Path)
    arguments = parser.parse_args()
    links = yaml.safe_load(arguments.expected.read_text())
    fleet = {host.queue_manager: host for host in simulated_fleet.hosts(arguments.inventory)}
    with_identity = {link["to"] for link in links} | {link["from"] for link in links if link["initiator"]}
    wrong = [line for link in links for line in judge_link(link, fleet)]
    wrong += [line for name, host in fleet.items() for line in judge_repository(host, name in with_identity)]
    arrived = messages.deliver([messages.Route(link["channel"], link["from"], link["to"]) for link in links], fleet)
    wrong += [f"the message over {channel} did not arrive" for channel, delivered in arrived.items() if not delivered]
    print("\n".join(wrong) or f"{len(links)} links and {len(fleet)} key repositories are as expected, {len(arrived)} messages arrived")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
