# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JMESPath expressions that are refused where they could not find anything.

JMESPath is lenient: a name that nothing has is null, an unknown function is only missed when it is called, a text compared with ``>`` is
null. In a policy each of them would be silence, so they are looked for when the expression is read.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import difflib
import re
import sys
from typing import Any, Callable, Iterator

from ..module_utils._core.errors import StateError

try:
    import jmespath
    from jmespath import exceptions, functions
except ImportError:
    jmespath = None

# Attributes of IBM MQ depend on its level, so any name in capitals may be one.
_MQSC = re.compile(r"[A-Z][A-Z0-9_]*")
_ORDERED = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def require(attempt: str) -> None:
    """Raises StateError where the library is missing; ``attempt`` begins the sentence."""
    if jmespath is None:
        raise StateError(
            f"{attempt} and the Python library jmespath is not there for {sys.executable}; install it on the controller, "
            f"as the package python3-jmespath or with pip."
        )


def compile_expression(expression: str, fields: frozenset[str]) -> Callable[[Any], Any]:
    """A function that searches data for the expression. It, too, raises ValueError, for what cannot be found out before.

    ``fields``: the names in small letters that the data may have. Raises ValueError with the reason, without a full stop.
    """
    try:
        compiled = jmespath.compile(expression)
    except exceptions.EmptyExpressionError as error:
        raise ValueError("it is empty") from error
    except exceptions.ParseError as error:
        position = getattr(error, "lexer_position", error.lex_position)
        found = repr(error.token_value) if error.token_value else "the end"
        raise ValueError(f"column {position + 1}: {found} is not expected there in {expression!r}") from error
    _check(compiled.parsed, fields)

    def search(data: Any) -> Any:
        try:
            return compiled.search(data)
        except exceptions.JMESPathError as error:
            raise ValueError(" ".join(str(error).split())) from error

    return search


def _check(tree: Any, fields: frozenset[str]) -> None:
    nodes = list(_nodes(tree))
    known = fields | {node["value"] for node in nodes if node["type"] == "key_val_pair"}
    for node in nodes:
        if node["type"] == "field" and node["value"] not in known and not _MQSC.fullmatch(node["value"]):
            near = next(iter(difflib.get_close_matches(node["value"], known, n=1)), None)
            hint = f"did you mean {near}?" if near else "docs/audit.md lists what there is"
            raise ValueError(f"{node['value']} is a name that no queue manager has ({hint})")
        if node["type"] == "function_expression":
            _check_call(node["value"], len(node["children"]))
        if node["type"] == "comparator" and node["value"] in _ORDERED:
            for side in node["children"]:
                if side["type"] == "literal" and not isinstance(side["value"], (int, float)):
                    compares = f"{_ORDERED[node['value']]} compares numbers alone"
                    raise ValueError(f"{compares} and {side['value']!r} is none (write a number in backticks: `398`)")


def _check_call(name: str, given: int) -> None:
    known = functions.Functions.FUNCTION_TABLE
    if name not in known:
        near = next(iter(difflib.get_close_matches(name, known, n=1)), None)
        raise ValueError(f"there is no function {name}(){f' (did you mean {near}()?)' if near else ''}")
    signature = known[name]["signature"]
    variadic = bool(signature and signature[-1].get("variadic"))
    if given < len(signature) or (given > len(signature) and not variadic):
        raise ValueError(f"{name}() takes {'at least ' if variadic else ''}{len(signature)} and was given {given}")


def _nodes(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict) and "type" in tree:
        yield tree
        for child in tree.get("children", ()):
            yield from _nodes(child)
