# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command lines of the control programs: one letter options, clustered or with their value behind them, then a name."""

from __future__ import annotations

import functools
import getopt
import sys

from .. import machine as machines


class Usage(Exception):
    """The command line is not one that the program takes."""


def read_options(arguments: list[str], letters: str, most_names: int = 1) -> tuple[dict[str, str], list[str]]:
    """Options by letter ('' for those without a value) and names, in any order. ``letters`` as for getopt. Raises Usage."""
    try:
        pairs, names = getopt.gnu_getopt(arguments, letters)
    except getopt.GetoptError as error:
        raise Usage(str(error)) from error
    if len(names) > most_names:
        raise Usage(f"too many names: {' '.join(names)}")
    return {letter[1:]: value for letter, value in pairs}, names


def program(usage: str, usage_return_code: int = 39):
    """Makes ``main(arguments, own path)`` of ``run(arguments, machine)``: finds the machine, reports what cannot be gone on with."""

    def wrap(run):
        @functools.wraps(run)
        def main(arguments: list[str], own_path: str) -> int:
            try:
                return run(arguments, machines.machine_of(own_path))
            except Usage as error:
                print(f"AMQ7469I: mqsim: {error}\nUsage: {usage}", file=sys.stderr)
                return usage_return_code
            except NotSimulated as error:
                print(f"AMQ9999S: mqsim: not simulated: {error}")
                return 71
            except machines.MachineError as error:
                print(f"mqsim: {error}", file=sys.stderr)
                return 71
            except BrokenPipeError:
                return 71

        return main

    return wrap


class NotSimulated(Exception):
    """What was asked for exists in MQ and not here."""


def refuse_not_simulated(options: dict[str, str], letters: str) -> None:
    """Refuse the options of MQ that are known and not simulated."""
    for letter in options:
        if letter in letters:
            raise NotSimulated(f"option -{letter}")
