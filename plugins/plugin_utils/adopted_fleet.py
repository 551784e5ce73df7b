# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The description of a fleet that exists, as files of an inventory.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterable, Mapping

import yaml

from ..module_utils._ports.files import Access, Files, explained

_HEAD = "# Written by mqfleet.tls.adopt from what was read of the fleet.\n"
_TEMPLATES = ("{{", "{%", "{#")


def texts(adopted: Mapping[str, Any], folder: Path) -> dict[Path, str]:
    """The variables as files, by path: those of the fleet, with what cannot be described as comments, and those of each host."""
    remarks = "".join(f"# - {_in_one_line(sentence)}\n" for sentence in adopted["not_described"])
    told = (
        f"# Not described, or to be changed by mqfleet.tls.site:\n{remarks}"
        if remarks
        else "# Nothing was found that it does not describe.\n"
    )
    found = {folder / "group_vars" / "all" / "mq_tls.yml": f"---\n{_HEAD}{told}{_dumped(adopted['all'])}"}
    for host, variables in adopted["hosts"].items():
        found[folder / "host_vars" / host / "mq_tls.yml"] = f"---\n{_HEAD}{_dumped(variables)}"
    return found


def _in_one_line(sentence: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in " ".join(sentence.split()))


def present(paths: Iterable[Path]) -> dict[Path, str]:
    """What stands in those of the files that are there."""
    found = {}
    for path in paths:
        if path.exists():
            with explained("The variables of the fleet were to be compared with those that were written before", str(path)):
                found[path] = path.read_text(encoding="utf-8")
    return found


def write(files: Mapping[Path, str]) -> None:
    for path, text in files.items():
        with explained("The variables of the fleet were to be written", str(path)):
            os.makedirs(path.parent, exist_ok=True)
            Files().write(str(path), text.encode("utf-8"), Access(0o644))


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks; no anchors; what looks like a template came from a queue manager and is none."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless  # items stand further in than their key, as ansible-lint wants it
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    if any(mark in value for mark in _TEMPLATES):
        return dumper.represent_scalar("!unsafe", value, style='"')
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _dumped(variables: Mapping[str, Any]) -> str:
    return yaml.dump(dict(variables), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
