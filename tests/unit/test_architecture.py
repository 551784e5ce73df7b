# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of docs/architecture.md, section 1: what may import what, where code must run, what no file may hold."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
CORE = PLUGINS / "module_utils" / "_core"

# All of the standard library that the domain may use: language and data. No process, no file, no network, no clock, no chance.
LANGUAGE = {"__future__", "abc", "collections", "dataclasses", "enum", "functools", "itertools", "operator", "types", "typing"}
DATA = {"base64", "binascii", "datetime", "difflib", "hashlib", "ipaddress", "json", "math", "re", "string", "textwrap", "unicodedata"}
IMPURE_NAMES = frozenset({"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"})
CLOCKS = frozenset({"now", "utcnow", "today"})

# Folder under plugins/ -> folders that its files may import, besides themselves. The order is that of the layers.
MAY_IMPORT = {
    "module_utils/_core": set(),
    "module_utils/_x509": {"module_utils/_core"},
    "module_utils/_ports": {"module_utils/_core", "module_utils/_x509"},
    "plugin_utils": {"module_utils/_core", "module_utils/_x509", "module_utils/_ports"},
    "filter": {"module_utils/_core", "plugin_utils"},
    "modules": {"module_utils/_core", "module_utils/_x509", "module_utils/_ports"},
    "action": {"module_utils/_core", "module_utils/_x509", "module_utils/_ports", "plugin_utils"},
    "doc_fragments": set(),
}
ON_MANAGED_NODES = [PLUGINS / "modules", PLUGINS / "module_utils"]


def python_files(*folders: Path) -> list[Path]:
    """Every Python file under the folders, sorted."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def tracked_files() -> list[Path]:
    """What git knows or would add: the files of the project, without what is made from them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def name_of(path: Path) -> str:
    """A file as the test report shows it."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> list[str]:
    """What a file imports: absolute names as they are; relative ones as a path from plugins/, such as `module_utils/_core/errors`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append(node.module or "")
        elif isinstance(node, ast.ImportFrom):
            folder = path.parents[node.level - 1].relative_to(PLUGINS)
            inner = folder.joinpath(*(node.module or "").split(".")).as_posix()
            # `from . import scanner` names a file, `from .scanner import scan` stands in one
            found += [inner] if node.module else [f"{inner}/{alias.name}" for alias in node.names]
    return found


def layer(inside_plugins: str) -> str:
    """The folder of MAY_IMPORT that a path below plugins/ belongs to."""
    return next((name for name in MAY_IMPORT if inside_plugins == name or inside_plugins.startswith(name + "/")), inside_plugins)


@pytest.mark.parametrize("path", python_files(CORE), ids=name_of)
def test_the_domain_is_pure(path: Path) -> None:
    for imported in imports(path):
        if imported.startswith("module_utils/"):
            continue
        assert imported.split(".")[0] in LANGUAGE | DATA, f"{imported} is not language or data of the standard library"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            assert not (isinstance(called, ast.Name) and called.id in IMPURE_NAMES), f"line {node.lineno}: {ast.unparse(node)}"
            assert not (isinstance(called, ast.Attribute) and called.attr in CLOCKS), f"line {node.lineno} reads a clock"


@pytest.mark.parametrize("path", python_files(PLUGINS), ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    here = layer(path.relative_to(PLUGINS).as_posix())
    assert here in MAY_IMPORT, "a folder that docs/architecture.md does not know"
    for imported in imports(path):
        assert not imported.startswith("ansible_collections"), f"{imported}: imports inside plugins/ are relative"
        assert imported.split(".")[0] != "mqsim", "the collection does not know the simulator"
        if "/" in imported:
            assert layer(imported) in MAY_IMPORT[here] | {here}, f"{here} may not import {imported}"


@pytest.mark.parametrize("path", python_files(ROOT / "tests" / "simulator", ROOT / "tests" / "witness"), ids=name_of)
def test_simulator_and_witnesses_use_nothing_of_the_collection(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(from|import) (ansible_collections|plugins)\b", text, re.MULTILINE)
    assert "module_utils" not in text


def test_managed_node_code_compiles_for_python_38() -> None:
    """With a Python 3.8 where there is one, else with the grammar that this Python knows of 3.8."""
    files = python_files(*ON_MANAGED_NODES)
    candidates = [shutil.which("python3.8"), *Path("~/.pyenv/versions").expanduser().glob("3.8*/bin/python")]
    for python in filter(None, candidates):
        script = "import sys; assert sys.version_info[:2] == (3, 8); [compile(open(f, 'rb').read(), f, 'exec') for f in sys.argv[1:]]"
        done = subprocess.run([str(python), "-c", script, *map(str, files)], capture_output=True, text=True, check=False)
        if "SyntaxError" in done.stderr or done.returncode == 0:
            assert not done.stderr
            return
    for path in files:
        ast.parse(path.read_text(encoding="utf-8"), filename=str(path), feature_version=(3, 8))


@pytest.mark.parametrize("path", [path for path in tracked_files() if path.suffix == ".py"], ids=name_of)
def test_head_of_a_python_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "SPDX-License-Identifier: GPL-3.0-or-later" in "\n".join(text.splitlines()[:5])
    assert not text.startswith("#!") or os.access(path, os.X_OK) or path.parent == PLUGINS / "modules"
    has_code = any(not isinstance(node, ast.Expr) for node in ast.parse(text).body)
    assert not has_code or re.search(r"^from __future__ import annotations$", text, re.MULTILINE)


def test_no_file_names_a_machine_or_a_registry() -> None:
    """Neither the paths of the machine on which something was written, nor hosts from which packages come."""
    found = []
    unwanted = re.compile(
        r"(?<![\w.])/(?:root|work|farm|Users)/|pypi\.org|python[h]osted\.|registry\.npmjs|deb\.debian\.org|galaxy\.ansible\.com/api"
    )
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a key repository or the like
            continue
        found += [f"{name_of(path)}:{number}" for number, line in enumerate(text.splitlines(), 1) if unwanted.search(line)]
    assert not found


def test_action_groups_name_every_module() -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    modules = {path.stem: path.read_text(encoding="utf-8") for path in (PLUGINS / "modules").glob("*.py")}
    assert groups["tls"] == sorted(modules)
    assert groups["queue_manager"] == sorted(name for name, text in modules.items() if "- mqfleet.tls.queue_manager\n" in text)


def test_action_plugins_have_a_module_that_documents_them() -> None:
    actions = {path.stem for path in (PLUGINS / "action").glob("*.py")}
    assert actions <= {path.stem for path in (PLUGINS / "modules").glob("*.py")}
