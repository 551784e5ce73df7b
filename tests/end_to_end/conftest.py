# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets of simulated queue managers, and the playbooks run on them as a user runs them: by ansible-playbook."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "witness"))
import fleet_state  # noqa: E402  (the path to it is set just above)
import simulated_fleet  # noqa: E402

_networks = itertools.count(1)


@dataclass
class Run:
    """What a playbook left on the screen, and the `changes` that its tasks returned."""

    rc: int
    output: str
    results: list[dict] = field(default_factory=list)

    def changes(self, host: str | None = None) -> list[dict]:
        """All changes, of one host or of all."""
        return [change for result in self.results if host in (None, result["host"]) for change in result["changes"]]


class Fleet:
    """An inventory in a folder of its own, with its simulated machines. `hosts`: inventory host -> version of IBM MQ."""

    def __init__(self, folder: Path, hosts: dict[str, str], variables: dict) -> None:
        self.folder = folder
        self.inventory = folder / "inventory.yml"
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
        network = next(_networks)
        self.addresses = {host: f"127.{40 + worker}.{network}.{number}" for number, host in enumerate(hosts, 1)}
        self.variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "mq_tls_installation": f"{folder}/machines/{{{{ inventory_hostname }}}}/opt/mqm",
            "mq_tls_data_path": f"{folder}/machines/{{{{ inventory_hostname }}}}/var/mqm",
            "mq_tls_listener_address": "{{ ansible_host }}",
            # quickly made; RSA is what the examples and Molecule use
            "mq_tls_key_type": "EC",
            **variables,
        }
        self.host_variables = {
            host: {"ansible_host": self.addresses[host], "simulated_machine": host, "simulated_version": version}
            for host, version in hosts.items()
        }
        self.write()
        self.hosts = {host.host: host for host in simulated_fleet.up(str(self.inventory), say=lambda text: None)}

    def write(self) -> None:
        """Write the inventory as it now stands in `variables` and `host_variables`."""
        self.inventory.write_text(yaml.safe_dump({"all": {"hosts": self.host_variables, "vars": self.variables}}))

    def playbook(self, name: str, *arguments: str, environment: dict[str, str] | None = None, **variables) -> Run:
        """Run a playbook of the collection by its FQCN, with further variables."""
        log = self.folder / "changes"
        for kind in ("check", "run"):
            log.with_suffix(f".{kind}").unlink(missing_ok=True)
        command = [str(Path(sys.executable).with_name("ansible-playbook")), f"mqfleet.tls.{name}", "-i", str(self.inventory), *arguments]
        if variables:
            command += ["-e", json.dumps(variables)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "witness" / "callback_plugins"),
                "ANSIBLE_CALLBACKS_ENABLED": "changes_log,packed_modules",
                "ANSIBLE_NOCOLOR": "1",
                "MQ_TLS_CHANGES_LOG": str(log),
                **(environment or {}),
            },
        )
        results = [
            json.loads(line)
            for kind in ("check", "run")
            if log.with_suffix(f".{kind}").exists()
            for line in log.with_suffix(f".{kind}").read_text().splitlines()
        ]
        return Run(done.returncode, done.stdout + done.stderr, results)

    def state(self) -> dict:
        """The state of files, definitions and channels, read from outside."""
        return fleet_state.take(str(self.inventory))

    def assert_unchanged(self, before: dict) -> None:
        """Fail with what is different from an earlier `state`."""
        found = fleet_state.differences(before, self.state())
        assert not found, "\n".join(found)

    def runmqsc(self, host: str, script: str) -> str:
        """Run MQSC on a queue manager as an administrator does."""
        return self.hosts[host].run("runmqsc", self.hosts[host].queue_manager, stdin=script + "\n").stdout

    def error_log(self, host: str) -> str:
        """AMQERR01.LOG of a queue manager."""
        one = self.hosts[host]
        return (one.data_path / "qmgrs" / one.queue_manager / "errors" / "AMQERR01.LOG").read_text()

    def key_repository(self, host: str) -> Path:
        """The folder of a queue manager's key repository."""
        one = self.hosts[host]
        return one.data_path / "qmgrs" / one.queue_manager / "ssl"

    def presented(self, host: str, what: str) -> str:
        """What openssl shows (-serial, -pubkey, -issuer) of the certificate that the listener presents to it."""
        command = ["openssl", "s_client", "-connect", f"{self.addresses[host]}:1414"]
        shown = subprocess.run(command, input="", capture_output=True, text=True, check=False).stdout
        return subprocess.run(["openssl", "x509", "-noout", what], input=shown, capture_output=True, text=True, check=True).stdout

    def labels(self, host: str) -> str:
        """The labels in the key repository, as runmqakm or keytool list them."""
        folder = self.key_repository(host)
        if (folder / "key.kdb").exists():
            return self.hosts[host].run("runmqakm", "-cert", "-list", "-db", str(folder / "key.kdb"), "-stashed").stdout
        command = ["keytool", "-list", "-keystore", str(folder / "key.p12"), "-storepass:file", str(folder / "key.d/password")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def destroy(self) -> None:
        """End the queue managers."""
        simulated_fleet.down(str(self.inventory))


@pytest.fixture(scope="session", autouse=True)
def packed_modules(tmp_path_factory):
    """All playbook runs of the session pack a module once."""
    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as environment:
        # with xdist each process has a folder of its own inside that of the session
        environment.setenv("MQ_TLS_PACKED_MODULES", str((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "packed_modules"))
        yield


@pytest.fixture(scope="module")
def fleets(tmp_path_factory):
    """A maker of fleets; all are destroyed at the end of the module."""
    made = []

    def make(hosts: dict[str, str], **variables) -> Fleet:
        fleet = Fleet(tmp_path_factory.mktemp("fleet"), hosts, variables)
        made.append(fleet)
        return fleet

    yield make
    for fleet in made:
        fleet.destroy()
