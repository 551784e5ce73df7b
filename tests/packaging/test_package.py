# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that `ansible-galaxy collection build` makes: what is in it, and that it works where nothing else is.

The installed copy is used from an empty folder, with a home, a configuration and a collections path of its own, so that nothing
of the repository can stand in for something that the archive lacks.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import simulated_fleet
import yaml

ROOT = Path(__file__).resolve().parents[2]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))

# Everything that may be shipped: a new folder at the top is either named here or in build_ignore.
SHIPPED = re.compile(
    r"FILES\.json|MANIFEST\.json|LICENSE|README\.md|CHANGELOG\.rst"
    r"|(meta|plugins|roles|playbooks|examples|docs|changelogs|tests/sanity)/.+"
)
LITTER = re.compile(
    r"(^|/)(mqsim|molecule|simulator|__pycache__|\.[^/]+|[^/]*\.(pyc|swp|orig|bak|log|kdb|p12|sth|rdb)|[^/]*~|pki)(/|$)"
    r"|private_key"
)


def program(name: str, *arguments: str, cwd: Path) -> str:
    """Run one of Ansible's programs in a folder that knows nothing of the repository; returns its standard output."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(cwd),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(cwd / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
    }
    done = subprocess.run(
        [str(Path(sys.executable).with_name(name)), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{name} {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, built from the working tree."""
    folder = tmp_path_factory.mktemp("built")
    subprocess.run(
        [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", "build", str(ROOT), "--output-path", str(folder)],
        check=True,
        capture_output=True,
    )
    return folder / f"{GALAXY['namespace']}-{GALAXY['name']}-{GALAXY['version']}.tar.gz"


@pytest.fixture(scope="module")
def shipped(archive: Path) -> set[str]:
    """The names of the files in the archive."""
    with tarfile.open(archive) as tar:
        return {member.name for member in tar.getmembers() if not member.isdir()}


@pytest.fixture(scope="module")
def installed(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds nothing but the installed collection."""
    folder = tmp_path_factory.mktemp("installed")
    program("ansible-galaxy", "collection", "install", str(archive), "--offline", "-p", str(folder / "collections"), cwd=folder)
    return folder


def committed(*folders: str) -> set[str]:
    """Files of the repository under the folders, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_archive_holds_what_is_shipped_and_nothing_else(shipped: set[str]) -> None:
    assert {name for name in shipped if not SHIPPED.fullmatch(name)} == set()
    assert {name for name in shipped if LITTER.search(name)} == set()


def test_archive_holds_everything_that_users_need(shipped: set[str]) -> None:
    assert committed("plugins", "roles", "playbooks", "examples", "meta", "docs", "LICENSE", "README.md") - shipped == set()


def test_archive_is_small(archive: Path) -> None:
    """Text alone: a megabyte would be something that does not belong there."""
    assert archive.stat().st_size < 1_000_000


@pytest.mark.parametrize(("kind", "folder"), [("module", "modules"), ("filter", "filter")])
def test_installed_plugins_are_documented(installed: Path, kind: str, folder: str) -> None:
    """Every module and filter is listed with a description, from the installed copy."""
    documented = json.loads(program("ansible-doc", "--list", "--json", "--type", kind, "mqfleet.tls", cwd=installed))
    assert set(documented) == {f"mqfleet.tls.{path.stem}" for path in (ROOT / "plugins" / folder).glob("*.py")}
    assert all(documented.values())


EXAMPLE = Path("collections/ansible_collections/mqfleet/tls/examples/two_queue_managers/ca_signed")


@pytest.fixture
def machines(installed: Path) -> Iterator[list[str]]:
    """Simulated machines for the shipped example; yields the options of ansible-playbook that lead to them."""
    hosts = installed / "hosts.yml"
    described = yaml.safe_load((installed / EXAMPLE / "hosts.yml").read_text(encoding="utf-8"))
    hosts.write_text(yaml.safe_dump(described), encoding="utf-8")
    for name in ("all", "simulated"):
        variables = yaml.safe_load((installed / EXAMPLE / "group_vars" / f"{name}.yml").read_text(encoding="utf-8"))
        if "simulated_machines" in variables:
            variables["simulated_machines"] = str(installed / "machines")
        (installed / "group_vars").mkdir(exist_ok=True)
        (installed / "group_vars" / f"{name}.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
    try:
        simulated_fleet.up(str(hosts), say=lambda _text: None)
        yield ["--inventory", str(hosts)]
    finally:
        simulated_fleet.down(str(hosts))


def test_installed_playbooks_run_by_their_full_names(installed: Path, machines: list[str]) -> None:
    """site, site again without a change, verify: with nothing but the archive and an inventory."""
    first = program("ansible-playbook", "mqfleet.tls.site", "--diff", *machines, cwd=installed)
    assert re.search(r"changed=[1-9]", first)
    second = program("ansible-playbook", "mqfleet.tls.site", "--diff", *machines, cwd=installed)
    assert set(re.findall(r"changed=\d+", second)) == {"changed=0"}, second
    program("ansible-playbook", "mqfleet.tls.verify", *machines, cwd=installed)
