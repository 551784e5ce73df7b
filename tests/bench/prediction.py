# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make prediction`: what the collection predicts for a channel against what becomes of it, for pairs of chance.

Each case is a pair of queue managers with key repositories, versions, settings and channel definitions of chance. They are read with
key_repository_info and queue_manager_info, brought together as a playbook does it, and predicted; then the channel is started on the
simulator with GSKit. Compared are: whether it comes up, which end refuses, the CipherSpec and protocol, and the messages of both ends. A
prediction that is open agrees with success and with the refusal of which it speaks; how many are open is counted.

The exit status is 1 when a case disagrees; it is printed with its seed (PREDICTION="--seed N --only CASE" runs it alone).
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import io
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [
    str(ROOT / "tests" / "witness"),
    str(ROOT / "tests" / "bench"),
    str(ROOT / "tests" / "simulator" / "src"),
    str(ROOT / ".build" / "collections"),
]
from ansible_collections.mqfleet.tls.plugins.module_utils._core.channel_ends import channel_end  # noqa: E402  (the paths come first)
from ansible_collections.mqfleet.tls.plugins.module_utils._core.handshake import Prediction, predict  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.command import CommandResult, CommandRunner  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.modules import key_repository_info, queue_manager_info  # noqa: E402
from ansible_collections.mqfleet.tls.plugins.plugin_utils.fleet_state import gathered  # noqa: E402
from channel_pair import End, Outcome, attempt  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from key_repository_pool import PASSWORD, KeyRepository, Pool  # noqa: E402
from mqsim.mqsc.display import banner  # noqa: E402
from mqsim.programs import runmqakm  # noqa: E402

CHANNEL = "QM1.TO.QM2"
VERSIONS = ("9.1.0", "9.1.5", "9.2.0", "9.2.5", "9.3.0", "9.4.0", "9.4.2", "9.4.2", "9.4.2")
ALIASES = (*["ANY_TLS12_OR_HIGHER"] * 4, *["ANY_TLS12"] * 2, *["ANY"] * 2, "ANY_TLS13", "ANY_TLS13_OR_HIGHER")
SPECS = (
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE_ECDSA_AES_256_GCM_SHA384",
    "ECDHE_RSA_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "ECDHE_ECDSA_AES_256_CBC_SHA384",
    "ECDHE_RSA_AES_256_CBC_SHA384",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE_ECDSA_AES_128_GCM_SHA256",
    "ECDHE_RSA_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "ECDHE_ECDSA_AES_128_CBC_SHA256",
    "ECDHE_RSA_AES_128_CBC_SHA256",
)
DEPRECATED = ("TLS_RSA_WITH_AES_128_CBC_SHA", "ECDHE_RSA_RC4_128_SHA256", "TRIPLE_DES_SHA_US")
# What an end says to which the other one has said no. All else is a reason of its own.
ECHOES = {"AMQ9665E", "AMQ9209E", "AMQ9208E", "AMQ9641E", "AMQ9642E", "AMQ9643E", "AMQ9620E", "AMQ9638E", "AMQ9503E", "AMQ9492E"}
PROTOCOLS = {"TLSV12": "TLS 1.2", "TLSV13": "TLS 1.3", "": ""}

# All of gather.yml that a prediction looks at.
_GATHERED = ["queue_manager", "channels", "status", "version", "tls_settings"]


@dataclass(frozen=True, eq=False)
class Manager:
    """A queue manager as it was drawn: one key repository, and the attributes and settings by which it is used."""

    name: str
    version: str
    repository: KeyRepository
    attributes: dict[str, str]
    settings: dict[str, str]


@dataclass
class Case:
    """One pair with the attributes of the channel definitions, and how it came out."""

    number: int
    first: Manager
    second: Manager
    channels: dict[str, dict[str, str]]
    prediction: Prediction | None = None
    outcome: Outcome | None = None


class Simulated(CommandRunner):
    """The programs of one end's machine, without processes."""

    def __init__(self, end: End) -> None:
        self._end = end

    def run(self, argv: Sequence[str], stdin: str | None = None, timeout: float = 60.0, cwd: str | None = None) -> CommandResult:
        program, output = os.path.basename(argv[0]), io.StringIO()
        if program == "runmqsc":
            code, report = self._end.mqsc(*(stdin or "").splitlines())
            return CommandResult(code, banner(self._end.name, 2025) + report, "")
        if program == "dspmqver":
            return CommandResult(0, f"{self._end.machine.version}\n", "")
        with contextlib.redirect_stdout(output):
            code = runmqakm.main(list(argv[1:]))
        return CommandResult(code, output.getvalue(), "")


def draw_managers(chance: random.Random, pool: Pool) -> dict[str, list[Manager]]:
    """A queue manager for each key repository."""
    return {name: [_manager(chance, name, one) for one in repositories] for name, repositories in pool.repositories.items()}


def _manager(chance: random.Random, name: str, repository: KeyRepository) -> Manager:
    version = chance.choice(VERSIONS if repository.type == "cms" or chance.random() < 0.05 else VERSIONS[4:])
    new = version >= "9.3"
    file = str(repository.file if repository.type == "pkcs12" or (new and chance.random() < 0.5) else repository.stem)
    settings = {}
    if version >= "9.1.4" and chance.random() < 0.25:
        settings["AllowTLSV13"] = chance.choice(["TRUE", "FALSE", "Y", "YES", "N", "maybe"])
    if version >= "9.2" and chance.random() < 0.12:
        settings["AllowedCipherSpecs"] = ",".join(chance.sample(SPECS, chance.randrange(5, 12)))
    if version >= "9.2.1" and chance.random() < 0.15:
        settings["OutboundSNI"] = chance.choice(["HOSTNAME", "CHANNEL"])
    if chance.random() < 0.5:
        settings["CDPCheckExtensions"] = "YES"
    default = f"ibmwebspheremq{name.lower()}"
    attributes = {
        "SSLKEYR": "" if chance.random() < 0.02 else file,
        "CERTLABL": chance.choices([repository.label if repository.label != default else "", "nowhere", ""], [18, 1, 1])[0],
        "SSLFIPS": "YES" if chance.random() < 0.15 else "NO",
    }
    if new:
        attributes["KEYRPWD"] = PASSWORD if repository.type == "pkcs12" else ""
    return Manager(name, version, repository, attributes, settings)


def draw_case(number: int, seed: int, managers: dict[str, list[Manager]]) -> Case:
    """The same for the same seed and number."""
    chance = random.Random(f"{seed} {number}")
    first, second = (chance.choice(managers[name]) for name in ("QM1", "QM2"))
    channels = {}
    for one, partner in ((first, second), (second, first)):
        label = chance.choices(["", one.repository.label, "nowhere"], [30, 9, 1])[0]
        peer = _filter(chance, partner.repository) if chance.random() < 0.25 else ""
        channels[one.name] = {"SSLCIPH": _cipher_spec(chance, one.version, second), "SSLPEER": peer, "CERTLABL": label}
    # Alike more often than chance would have it, or hardly a channel came up.
    spec = channels["QM1"]["SSLCIPH"]
    if chance.random() < 0.7 and (second.version >= "9.1.4" or spec in (*SPECS[5:], *DEPRECATED)):
        channels["QM2"]["SSLCIPH"] = spec
    channels["QM2"]["SSLCAUTH"] = chance.choice(["REQUIRED", "REQUIRED", "OPTIONAL"])
    return Case(number, first, second, channels)


def _cipher_spec(chance: random.Random, version: str, responder: Manager) -> str:
    kind = chance.choices(["alias", "spec", "deprecated", "blank"], [40, 20, 1, 1])[0]
    aliases = [one for one in ALIASES if version >= "9.1.4"]
    if kind == "alias" and aliases:
        return chance.choice(aliases)
    if kind == "deprecated":
        return chance.choice(DEPRECATED)
    if kind == "blank":
        return ""
    specs = SPECS if version >= "9.1.4" else SPECS[5:]
    identity = responder.repository.identity
    unfit = "_RSA_" if identity and isinstance(identity.key, ec.EllipticCurvePrivateKey) else "_ECDSA_"
    return chance.choice([one for one in specs if unfit not in one] if chance.random() < 0.85 else specs)


def _filter(chance: random.Random, partner: KeyRepository) -> str:
    """An SSLPEER that matches the partner's name, nearly matches it, or has little to do with it."""
    identity = partner.identity
    if identity is None:
        return "CN=*"
    name, units = partner.stem.parent.name.split(".")[0], []
    for attribute in identity.certificate.subject:
        if attribute.rfc4514_attribute_name == "OU":
            units.append(str(attribute.value))
    number = f"{identity.certificate.serial_number:X}"
    number = number.zfill(len(number) + len(number) % 2)
    serial = ":".join(number[n : n + 2] for n in range(0, len(number), 2))
    top, low = units
    good = [
        f"CN={name}",
        f"CN={name.lower()},O=bank",
        "CN=QM*",
        f"CN=*{name[1:]}",
        "CN=*M*",
        f'O="Bank", CN={name}; C=GB',
        f"OU={top},OU={low}",
    ]
    good += [f"OU={top}", f"SERIALNUMBER={serial}", f"CN={name},OU={top.upper()},OU={low[:1]}*,O=Bank,C=GB"]
    near = [f"CN={name}X", f"CN={name},L=London", f"OU={low},OU={top}", "CN=QM", f"CN={name},O=Bank*Else", "O=Ban", f"OU={low}"]
    near += ["SERIALNUMBER=01:02:03", f"OU={top},OU={low},OU=Third", "CN=*9", "DC=bank"]
    return chance.choice(good if chance.random() < 0.6 else near)


class _HostVars(dict[str, Any]):
    """The variables of all hosts, none of which is a template."""

    def raw_get(self, host: str) -> Any:
        return self[host]


class Bench:
    """The queue managers that were drawn, made when one is needed, and what was read of each key repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ends: dict[Manager, End] = {}
        self._readings: dict[Manager, dict[str, Any]] = {}

    def run(self, case: Case) -> None:
        """Predict, then try."""
        managers = (case.first, case.second)
        ends = [self._end(one) for one in managers]
        for one, end in zip(managers, ends):
            _define(end, case.channels[one.name])
        case.prediction = self._predict(managers)
        case.outcome = attempt(ends[0], ends[1], CHANNEL)

    def _end(self, manager: Manager) -> End:
        if manager not in self._ends:
            end = End(self._folder / f"{manager.name}-{manager.repository.number}", manager.name, manager.version)
            end.configure(manager.settings)
            _command(end, "DEFINE QLOCAL(QM2) USAGE(XMITQ)", "ALTER QMGR " + _attributes(manager.attributes))
            one = manager.repository
            password = PASSWORD if one.type == "pkcs12" else None
            self._ends[manager] = end
            self._readings[manager] = _read(key_repository_info, end, path=str(one.stem), type=one.type, password=password)
        return self._ends[manager]

    def _predict(self, managers: Sequence[Manager]) -> Prediction:
        variables = {
            one.name: {
                "mq_tls_queue_manager": one.name,
                "mq_tls_repository_reading": self._readings[one],
                "mq_tls_queue_manager_reading": _read(queue_manager_info, self._ends[one], gather=_GATHERED),
            }
            for one in managers
        }
        states = gathered({"hostvars": _HostVars(variables)}, variables)
        found = []
        for here, there in (managers, managers[::-1]):
            state = states[here.name]
            channel = next(one["attributes"] for one in state["objects"] if one.get("name") == CHANNEL and one["object"] == "CHANNEL")
            learns = here.settings.get("CDPCheckExtensions") == "YES" and there.repository.is_revoked
            theirs = [one for one in states[there.name]["repository"]["certificates"] if one["has_key"]] if learns else []
            found.append(channel_end(state, channel, frozenset((one["issuer"], one["serial_number"]) for one in theirs)))
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return predict(found[0], found[1], now)


def _read(module: Any, end: End, **options: Any) -> dict[str, Any]:
    """A reading module's result, as it would come back from the host."""
    defaults = {name: one.get("default") for name, one in module.argument_spec().items()}
    place = {"queue_manager": end.name, "installation": end.machine.installation_path, "data_path": end.machine.data_path}
    found: dict[str, Any] = json.loads(json.dumps(module.run({**defaults, **place, **options}, Simulated(end))))
    return found


def _define(end: End, channel: dict[str, str]) -> None:
    kind = "CHLTYPE(SDR) CONNAME('127.0.0.1') XMITQ(QM2)" if end.name == "QM1" else "CHLTYPE(RCVR)"
    spec = channel["SSLCIPH"]
    values = {**channel, "SSLCIPH": SPECS[7] if spec in DEPRECATED else spec}
    _command(end, f"DEFINE CHANNEL({CHANNEL}) {kind} REPLACE {_attributes(values)}")
    # No command takes a deprecated one: such a definition is left over from an earlier level.
    end.queue_manager.channels[CHANNEL]["SSLCIPH"] = spec


def _command(end: End, *commands: str) -> None:
    code, report = end.mqsc(*commands)
    if code:
        raise ValueError(f"{end.name} refuses its definitions: {report}")


def _attributes(values: dict[str, str]) -> str:
    return " ".join(
        f"{key}({value})" if value in ("YES", "NO", "REQUIRED", "OPTIONAL") else f"{key}('{value}')" for key, value in values.items()
    )


def disagreements(case: Case) -> list[str]:
    """What of the prediction did not come true."""
    predicted, real = case.prediction, case.outcome
    assert predicted is not None and real is not None
    if predicted.ok is None and real.succeeded:
        return []
    wrong = []
    if predicted.ok is not None and predicted.ok != real.succeeded:
        return ["comes up" if real.succeeded else "does not come up"]
    if real.succeeded:
        protocol = PROTOCOLS[real.protocol]
        if predicted.cipher_spec not in ("", real.cipher_spec) or (
            predicted.cipher_spec == "" and predicted.cause == "no_tls" and real.cipher_spec
        ):
            wrong.append(f"CipherSpec {real.cipher_spec}")
        if predicted.protocol not in ("", protocol):
            wrong.append(f"protocol {protocol}")
        return wrong
    ends = {"initiator": set(real.initiator), "responder": set(real.responder)}
    # Without a reason at either end it was the one at which GSKit ended the handshake for a cause that MQ has no message for.
    refusers = [end for end, said in ends.items() if said - ECHOES] or [end for end, said in ends.items() if "AMQ9620E" in said]
    if predicted.refused_by and predicted.refused_by not in refusers:
        wrong.append(f"refused by {' and '.join(refusers) or 'nobody'}")
    for end, foretold, said in (
        ("initiator", predicted.initiator_messages, real.initiator),
        ("responder", predicted.responder_messages, real.responder),
    ):
        if foretold and (len(said) > 1 or (said[0] if said else "") not in foretold):
            wrong.append(f"{end} says {', '.join(said) or 'nothing'}")
    return wrong


def described(case: Case) -> str:
    """All that matters of a case, for people."""
    lines = [f"case {case.number}"]
    for end, one in (("initiator", case.first), ("responder", case.second)):
        attributes = {key: value for key, value in one.attributes.items() if key != "KEYRPWD"}
        lines.append(f"  {end}: {one.version} {attributes} {one.settings} {case.channels[one.name]}")
    lines += [f"  predicted: {case.prediction}", f"  real:      {case.outcome}"]
    return "\n".join(lines)


@dataclass
class Figures:
    """Counts over all cases."""

    cases: int = 0
    succeeded: int = 0
    open: int = 0
    cipher_specs: int = 0
    messages: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[Case, list[str]]] = field(default_factory=list)

    def add(self, case: Case) -> None:
        assert case.prediction is not None and case.outcome is not None
        self.cases += 1
        self.succeeded += case.outcome.succeeded
        self.open += case.prediction.ok is None
        self.cipher_specs += case.outcome.succeeded and bool(case.prediction.cipher_spec)
        self.messages += not case.outcome.succeeded and bool(case.prediction.initiator_messages and case.prediction.responder_messages)
        self.causes[case.prediction.cause + ("?" if case.prediction.ok is None else "") or "comes up"] += 1
        found = disagreements(case)
        if found:
            self.wrong.append((case, found))


def compare(folder: Path, cases: int, seed: int, repositories: int, only: int | None = None) -> Figures:
    """Draw, predict, try, count."""
    figures = Figures()
    pool = Pool(folder / "pool", seed, repositories)
    try:
        bench, managers = Bench(folder), draw_managers(random.Random(f"managers {seed}"), pool)
        for number in range(cases) if only is None else (only,):
            case = draw_case(number, seed, managers)
            bench.run(case)
            figures.add(case)
    finally:
        pool.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="make prediction", description="Predicted against real handshakes.")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repositories", type=int, default=60, help="key repositories, and so queue managers, for each end")
    parser.add_argument("--only", type=int, default=None, metavar="CASE", help="this case alone")
    arguments = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="prediction-") as folder:
        figures = compare(Path(folder), arguments.cases, arguments.seed, arguments.repositories, arguments.only)
    for case, found in figures.wrong:
        print(f"DISAGREES, seed {arguments.seed}, {'; '.join(found)}: {described(case)}")
    print(f"{figures.cases} cases, seed {arguments.seed}, {time.monotonic() - begun:.0f} seconds")
    print(f"  came up {figures.succeeded}, with the CipherSpec predicted {figures.cipher_specs}")
    print(f"  refused {figures.cases - figures.succeeded}, with the messages of both ends predicted {figures.messages}")
    print(f"  predictions left open {figures.open}")
    print(f"  disagreements {len(figures.wrong)}")
    print("  " + ", ".join(f"{cause} {count}" for cause, count in figures.causes.most_common()))
    raise SystemExit(bool(figures.wrong))


if __name__ == "__main__":
    main()
