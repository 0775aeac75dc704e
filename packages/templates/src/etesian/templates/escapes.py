"""The escaping functions that one template names, and the locals that stand for them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from etesian.templates.nodes import Compound, Fragment, Output
from etesian.templates.python_source import parse_expression
from etesian.templates.syntax import block, call, chosen_by_class, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.templates.line_map import LineMap
    from etesian.templates.nodes import Body


class Escapes:
    """Gives the expression that escapes a value, and the statements that make it possible.

    The function of a name is looked up once per rendering, when the function starts.
    A template may also bind the name itself (``{% from x import f %}``): then it is
    looked up where that happens. The function ``but`` is somebody else's affair.
    """

    def __init__(self, body: Body, lines: LineMap, *, but: str | None = None) -> None:
        self._functions: dict[str, ast.expr] = {}
        self._roots: dict[str, str] = {}
        for output in _escaped(body):
            if output.escape is None or output.escape in {but, *self._functions}:
                continue
            self._add(output.escape, output.expression, lines)

    def apply(self, name: str, value: ast.expr) -> ast.expr:
        """Give the expression for the text of a value after the function ``name``."""
        number = list(self._functions).index(name)
        return chosen_by_class(
            value, f"_tt_plain_{number}", f"_tt_escape_{number}", place_of(value)
        )

    def prelude(self, bound: set[str]) -> list[ast.stmt]:
        """Give the look-ups for the start of a function whose template binds these names."""
        result: list[ast.stmt] = []
        for name, root in self._roots.items():
            if root in bound:
                at = place_of(self._functions[name])
                result.append(block(f"if {root!r} in _tt_names", self._look_up(name), at))
            else:
                result += self._look_up(name)
        return result

    def after_binding(self, names: set[str]) -> list[ast.stmt]:
        """Give the look-ups that are due when a statement has bound these names."""
        return [
            statement
            for name, root in self._roots.items()
            if root in names
            for statement in self._look_up(name)
        ]

    def _add(self, name: str, used: Fragment, lines: LineMap) -> None:
        # The name's own place is the directive or the loader's option; the first use says more.
        at = Fragment(name, used.origin, used.line, used.column)
        function, names = parse_expression(at, lines.offset(used.origin))
        self._functions[name] = function
        self._roots[name] = min(names.loaded, default="")

    def _look_up(self, name: str) -> list[ast.stmt]:
        function = self._functions[name]
        number = list(self._functions).index(name)
        at = place_of(function)
        targets: list[ast.expr] = [
            ast.Name(f"_tt_{role}_{number}", ast.Store(), **at) for role in ("plain", "escape")
        ]
        pair = ast.Tuple(targets, ast.Store(), **at)
        return [ast.Assign([pair], call("_tt_escaper", [function], at), **at)]


def _escaped(body: Body) -> Iterator[Output]:
    for node in body:
        if isinstance(node, Output):
            yield node
        elif isinstance(node, Compound):
            for inner in node.bodies():
                yield from _escaped(inner)
