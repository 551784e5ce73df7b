# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command lines of the control programs: options of one letter, then a name.

Not getopt or argparse: importing them takes longer than all the rest of such a program.
"""

from __future__ import annotations

import sys

from .. import machine as machines


class Usage(Exception):
    """The command line is not one that the program takes."""


class NotSimulated(Exception):
    """What was asked for exists in MQ and not here."""


def read_options(arguments: list[str], letters: str, most_names: int = 1) -> tuple[dict[str, str], list[str]]:
    """Options by letter ('' for those without a value) and names, in any order. Raises Usage.

    :param letters: as for getopt: ``'em:'`` takes ``-e`` and ``-m VALUE``, ``-mVALUE``, ``-em VALUE``
    """
    options, names = {}, []
    words = iter(arguments)
    for word in words:
        if not word.startswith("-") or word == "-":
            names.append(word)
            continue
        cluster = word[1:]
        while cluster:
            letter, cluster = cluster[0], cluster[1:]
            position = letters.find(letter)
            if position < 0 or letter == ":":
                raise Usage(f"option -{letter} is not known")
            options[letter] = ""
            if letters[position + 1 : position + 2] == ":":
                options[letter] = cluster or next(words, None)
                if options[letter] is None:
                    raise Usage(f"option -{letter} needs a value")
                cluster = ""
    if len(names) > most_names:
        raise Usage(f"too many names: {' '.join(names)}")
    return options, names


def refuse_not_simulated(options: dict[str, str], letters: str) -> None:
    """Refuse the options of MQ that are known and not simulated."""
    for letter in options:
        if letter in letters:
            raise NotSimulated(f"option -{letter}")


def program(usage: str, usage_return_code: int = 39):
    """Makes ``main(arguments, own path)`` of ``run(arguments, machine)``: finds the machine, reports what cannot be gone on with."""

    def wrap(run):
        def main(arguments: list[str], own_path: str) -> int:
            try:
                return_code = run(arguments, machines.machine_of(own_path))
                sys.stdout.flush()
                return return_code
            except Usage as error:
                print(f"mqsim: {error}\nUsage: {usage}", file=sys.stderr)
                return usage_return_code
            except NotSimulated as error:
                print(f"AMQ9999S: mqsim: not simulated: {error}")
            except machines.MachineError as error:
                print(f"mqsim: {error}", file=sys.stderr)
            except BrokenPipeError:
                sys.stderr.close()  # nobody reads what we write; Python would complain about it at its end
            return 71

        return main

    return wrap
