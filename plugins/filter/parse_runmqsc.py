# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads captured output of runmqsc into the structure that playbooks work with."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.mqsc.report import Report, Summary, parse


def parse_runmqsc(text: Any) -> dict[str, Any]:
    """Messages, records and closing counts of any output of runmqsc (see the filter's documentation)."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"mqfleet.tls.parse_runmqsc reads the output of runmqsc, a string, and was given {type(text).__name__}.")
    return _structure(parse(text))


def _structure(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = {"messages": list(report.messages)}
    if report.displays:
        found["records"] = list(report.records)
    found["summary"] = _summary(report.summary)
    if len(report.runs) > 1:
        found["runs"] = [{"messages": list(run.messages), "summary": _summary(run.summary)} for run in report.runs]
    return found


def _summary(summary: Summary | None) -> dict[str, int | None] | None:
    if summary is None:
        return None
    return {"read": summary.read, "syntax_errors": summary.syntax_errors, "failed": summary.failed}


class FilterModule:
    """The filter's entry point for Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"parse_runmqsc": parse_runmqsc}
