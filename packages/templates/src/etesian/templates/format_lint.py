"""Finds calls by which a value would decide what a template reads.

``text.format(user)`` reads whatever attributes ``text`` asks for, as far as
``{0.__init__.__globals__}``: harmless where the text stands in the template, an open
door where users wrote it. ``Template(text)`` runs the text as Python.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from etesian.templates.nodes import Apply, If, Loop, Try
from etesian.templates.python_source import (
    parse_expression,
    parse_handler,
    parse_loop,
    parse_statements,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.templates.nodes import Compound, Fragment

_FORMATS = frozenset({"format", "format_map", "vformat"})
_RUNS = frozenset({"Template", "eval", "exec"})


def lint_expression(fragment: Fragment) -> Iterator[str]:
    """Say of an expression what in it gives a value such power.

    Raises:
        ParseError: it is no expression.
    """
    expression, _ = parse_expression(fragment, 0)
    yield from _lint(expression)


def lint_statement(fragment: Fragment) -> Iterator[str]:
    """Say of a statement what in it gives a value such power.

    Raises:
        ParseError: it is no statement.
    """
    statements, _ = parse_statements(fragment, 0)
    for statement in statements:
        yield from _lint(statement)


def lint_header(node: Compound) -> Iterator[tuple[Fragment, str]]:
    """Say of what opens and divides a construct what in it gives a value such power, and where.

    Raises:
        ParseError: its Python does not parse.
    """
    for header, tree in _headers(node):
        for message in _lint(tree):
            yield header, message


def _headers(node: Compound) -> Iterator[tuple[Fragment, ast.AST]]:
    if isinstance(node, If):
        for branch in node.branches:
            yield branch.header, parse_expression(branch.header, 0)[0]
    elif isinstance(node, Loop):
        yield node.header, parse_loop(node.header, 0)[0]
    elif isinstance(node, Try):
        for handler in node.handlers:
            yield handler.header, parse_handler(handler.header, 0)[0]
    elif isinstance(node, Apply):
        function, _ = parse_expression(node.function, 0)
        # Called by the engine, with what is never text of the template alone.
        yield node.function, ast.Call(function, [ast.Name("body", ast.Load())], [])


def _lint(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _judge(node.func, node.args)


def _judge(function: ast.expr, arguments: list[ast.expr]) -> Iterator[str]:
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called in _RUNS and not _is_literal(arguments[0] if arguments else None):
        yield f"calls {called} of a value, which then is code"
    # The function format(value, "…") is another one: no attribute, and harmless.
    elif called in _FORMATS and not _is_literal(getattr(function, "value", None)):
        yield f"takes {called} from a value, which then reads any attribute: write it here"


def _is_literal(node: ast.expr | None) -> bool:
    return node is None or isinstance(node, ast.Constant)
