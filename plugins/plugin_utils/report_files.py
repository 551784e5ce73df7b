# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as files: one HTML page without outside references, JSON, and a CSV file for each table.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from ..module_utils._core.fleet_report import TABLES

_PARTS = Path(__file__).resolve().parent / "report_page"
_SCRIPTS = ("tables.js", "picture.js", "matrix.js", "page.js")
_PLACE = re.compile(r"@(POLICY|STYLE|DATA|SCRIPT)@")
# What a spreadsheet takes for the beginning of a formula, also in its full-width forms.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def write_report(report: Mapping[str, Any], folder: Path) -> list[str]:
    """Writes the files into the folder, which is made where it is missing; returns their paths. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"report.html": page(report), "report.json": json.dumps(report, indent=2) + "\n"}
    files.update((f"{table}.csv", csv_table(keys, report[table])) for table, keys in TABLES.items())
    for name, text in files.items():
        written = folder / f".{name}.new"
        # Names may hold bytes that are no text; a report that fails for that would hide all the others.
        written.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        os.replace(written, folder / name)
    return [str(folder / name) for name in files]


def page(report: Mapping[str, Any]) -> str:
    """The HTML page. Only its own style and script may be used, which the policy names by their digests; nothing is fetched."""
    style = _part("page.css")
    script = "\n".join(_part(name) for name in _SCRIPTS)
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    filled = {"POLICY": policy, "STYLE": style, "DATA": _embedded(report), "SCRIPT": script}
    # In one pass, so that nothing that was filled in is taken for a place.
    return _PLACE.sub(lambda place: filled[place.group(1)], _part("page.html"))


def csv_table(keys: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A table with the keys as its head; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    written = io.StringIO()
    table = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(keys)
    table.writerows([_cell(row[key]) for key in keys] for row in rows)
    return written.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _embedded(report: Mapping[str, Any]) -> str:
    """JSON that stays inside its element: no character of it can end the element or begin a comment.

    A table is its columns and rows of values, which is half the size of the items with their keys.
    """
    tables = {table: {"columns": keys, "rows": [[row[key] for key in keys] for row in report[table]]} for table, keys in TABLES.items()}
    data = {"generated": report["generated"], "summary": report["summary"], "tables": tables}
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
