# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up fleets of any size as the report gets them, and a headless Chromium that opens the report of one."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.fleet_report import report
from ansible_collections.mqfleet.tls.plugins.plugin_utils.report_files import write_report
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

NOW = datetime(2027, 3, 1, 8, 0, 0, tzinfo=timezone.utc)
# Debian calls them chromium and chromedriver, others google-chrome
BROWSERS, DRIVERS = ("chromium", "chromium-browser", "google-chrome"), ("chromedriver",)


def subject(name: str) -> str:
    """A distinguished name for a queue manager, whatever that is called."""
    return f"CN={''.join(filter(str.isalnum, name))},OU=Messaging,O=Example Bank,C=GB"


class Fleet:
    """A plan and what was read of it. Every queue manager runs well until a test says otherwise."""

    def __init__(self, names: list[str], pairs: list[tuple[str, str]], one_way: frozenset[str] = frozenset()) -> None:
        self.topology: dict[str, Any] = {
            "queue_managers": {
                name.lower(): {"queue_manager": name, "identity": {"label": name, "renew_before_days": 30}} for name in names
            },
            "links": [],
            "warnings": [],
            "not_planned": {},
        }
        self.states = {name.lower(): self._state(name, 40 + number % 300) for number, name in enumerate(names)}
        self.findings: list[dict[str, str]] = []
        for initiator, responder in pairs:
            self._link(initiator, responder, "one_way" if initiator in one_way else "two_way")

    def _state(self, name: str, days: int) -> dict[str, Any]:
        certificates = [
            self._certificate(name, subject(name), days, has_key=True),
            self._certificate("fleet ca", "CN=Example Bank MQ CA,O=Example Bank,C=GB", 3000, has_key=False),
        ]
        return {
            "queue_manager": name,
            "read": True,
            "error": "",
            "version": "9.4.2.0",
            "attributes": {"CERTLABL": name},
            "repository": {"certificates": certificates},
            "objects": [],
            "channels": {},
            "summary": {},
        }

    def _certificate(self, label: str, issued_to: str, days: int, has_key: bool) -> dict[str, Any]:
        return {
            "label": label,
            "has_key": has_key,
            "trusted": not has_key,
            "subject": issued_to,
            "serial_number": "4A:11",
            "issuer": "CN=Example Bank MQ CA,O=Example Bank,C=GB",
            "fingerprint": label,
            "not_before": "2026-01-01T00:00:00Z",
            "not_after": (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def _link(self, initiator: str, responder: str, authentication: str) -> None:
        channel = f"{initiator}.TO.{responder}"
        subjects = {name: subject(name) for name in (initiator, responder)}
        self.topology["links"].append(
            {
                "channel": channel,
                "from": initiator,
                "to": responder,
                "from_host": initiator.lower(),
                "to_host": responder.lower(),
                "authentication": authentication,
                "cipher_spec": "ANY_TLS12_OR_HIGHER",
                "responder_subject": subjects[responder],
                "initiator_subject": subjects[initiator] if authentication == "two_way" else None,
            }
        )
        for name, partner, kind in ((initiator, responder, "SDR"), (responder, initiator, "RCVR")):
            anonymous = kind == "RCVR" and authentication == "one_way"
            state = self.states[name.lower()]
            attributes = {"CHLTYPE": kind, "SSLCIPH": "ANY_TLS12_OR_HIGHER", "CONNAME": "192.0.2.11(1414)" if kind == "SDR" else ""}
            state["objects"].append({"object": "CHANNEL", "name": channel, "attributes": attributes})
            row = {
                "CHANNEL": channel,
                "STATUS": "RUNNING",
                "RQMNAME": partner,
                "SECPROT": "TLSV13",
                "SSLCIPH": "TLS_AES_256_GCM_SHA384",
                "SSLPEER": "" if anonymous else subjects[partner],
            }
            state["channels"][channel] = [row]
            state["summary"][channel] = {
                "status": "RUNNING",
                "queue_manager": partner,
                "protocol": "TLSV13",
                "cipher_spec": row["SSLCIPH"],
                "partner": row["SSLPEER"],
            }

    def status(self, channel: str, status: str) -> None:
        """What the initiator shows of a channel; blank: nothing."""
        state = self.states[channel.split(".TO.", maxsplit=1)[0].lower()]
        if status:
            state["channels"][channel][0]["STATUS"] = state["summary"][channel]["status"] = status
        else:
            del state["channels"][channel], state["summary"][channel]

    def ends_in(self, name: str, days: int) -> None:
        """When the certificate of a queue manager ends."""
        state = self.states[name.lower()]
        state["repository"]["certificates"][0] = self._certificate(name, subject(name), days, has_key=True)

    def unread(self, name: str) -> None:
        """A queue manager that does not answer."""
        self.states[name.lower()].update(
            read=False, error=f"Queue manager {name} is stopped; start it with strmqm.", objects=[], channels={}, summary={}, repository={}
        )

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the report; returns its data."""
        made = report(self.topology, self.states, NOW, findings=self.findings)
        write_report(made, folder)
        return made


def pair() -> Fleet:
    """Two queue managers, both directions."""
    return Fleet(["QM1", "QM2"], [("QM1", "QM2"), ("QM2", "QM1")])


def bank(branches: int = 44) -> Fleet:
    """Four data centres that all talk to one another, branches with one each, cash machines that only send: 50 queue managers."""
    centres = ["LDN1", "LDN2", "FRA1", "FRA2"]
    spokes = [f"BR{number:02}" for number in range(1, branches + 1)]
    pairs = [(one, other) for one in centres for other in centres if one != other]
    for number, spoke in enumerate(spokes):
        pairs += [(spoke, centres[number % 4]), (centres[number % 4], spoke)]
    fleet = Fleet([*centres, *spokes, "ATM1", "FEED1"], [*pairs, ("ATM1", "LDN2"), ("FEED1", "FRA2")], frozenset(["ATM1", "FEED1"]))
    fleet.status("LDN1.TO.FRA1", "RETRYING")
    fleet.status("BR03.TO.FRA1", "")
    fleet.status("BR07.TO.FRA1", "STOPPED")
    fleet.ends_in("BR01", -3)
    fleet.ends_in("BR02", 9)
    fleet.unread("BR05")
    fleet.findings.append({"severity": "note", "source": "topology", "queue_manager": "ATM1", "object": "QMGR", "text": "SSLFIPS is NO"})
    return fleet


def thousand(count: int = 1000, degree: int = 10) -> Fleet:
    """A thousand queue managers with ten links each."""
    names = [f"QM{number:04}" for number in range(count)]
    # steps of growing width, so that the matrix is no narrow band
    pairs = [(names[one], names[(one + step * step * 7 + 1) % count]) for one in range(count) for step in range(degree)]
    fleet = Fleet(names, pairs, frozenset(names[::10]))
    for number in range(0, count, 40):
        fleet.status(f"{pairs[number * degree][0]}.TO.{pairs[number * degree][1]}", "RETRYING")
    for number in range(5, count, 97):
        fleet.unread(names[number])
    for number in range(7, count, 131):
        fleet.ends_in(names[number], number % 40 - 10)
    return fleet


@dataclass
class Page:
    """A report that is open in the browser."""

    browser: webdriver.Chrome
    data: dict[str, Any]

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def texts(self, selector: str) -> list[str]:
        return list(self.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector))

    def column(self, table: str, title: str) -> list[str]:
        """The cells under a head of a table, as far as it is shown."""
        return self.texts(f'#{table} td[data-label="{title}"]')

    def media(self, **features: str) -> None:
        """Emulate media features: prefers_color_scheme="dark"; media="print"."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items() if name != "media"]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": features.get("media", ""), "features": named})

    def size(self, width: int, height: int, mobile: bool = False) -> None:
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        )

    def picture(self, name: str) -> None:
        """Keep a picture of the page where REPORT_PICTURES says; for the eyes of whoever changes the page."""
        folder = os.environ.get("REPORT_PICTURES")
        if folder:
            self.browser.save_screenshot(str(Path(folder) / f"{name}.png"))

    def log(self) -> list[str]:
        """What stands in the console and has not been taken yet."""
        return [entry["message"] for entry in self.browser.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses that were asked for and have not been taken yet."""
        messages = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]


def _program(names: tuple[str, ...]) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, (
        f"The report is tested in headless Chromium and there is no {names[0]} here; install chromium and chromium-driver, as .ci/run does."
    )
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    """A headless Chromium that keeps its console and what it asks the network for."""
    options = webdriver.ChromeOptions()
    options.binary_location = _program(BROWSERS)
    for argument in ("--headless=new", "--window-size=1280,900", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium does not start as root otherwise
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chromium = webdriver.Chrome(options=options, service=Service(_program(DRIVERS)))
    chromium.set_page_load_timeout(60)
    chromium.set_script_timeout(30)
    yield chromium
    chromium.quit()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[], Fleet]], tuple[Path, dict[str, Any]]]:
    """The folder with the report of a fleet, and its data; written once for each maker of fleets."""

    @functools.cache
    def write(make: Callable[[], Fleet]) -> tuple[Path, dict[str, Any]]:
        folder = tmp_path_factory.mktemp("report")
        return folder, make().write(folder)

    return write


@pytest.fixture
def opened(browser: webdriver.Chrome, written: Callable[..., tuple[Path, dict[str, Any]]]) -> Iterator[Callable[..., Page]]:
    """Opens the report of a fleet and waits until it is painted; at the end, nothing may stand in the console."""
    pages = []

    def open_page(make: Callable[[], Fleet], width: int = 1280, mobile: bool = False) -> Page:
        folder, data = written(make)
        page = Page(browser, data)
        page.media()
        page.size(width, 900, mobile)
        page.log(), page.requests()
        browser.get((folder / "report.html").as_uri())
        browser.execute_async_script(
            "const done = arguments[0]; const wait = () => document.documentElement.hasAttribute('data-ready') ? done() : setTimeout(wait, 10); wait()"
        )
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.log() == []
