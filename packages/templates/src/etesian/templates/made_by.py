"""Whether a value comes out of a function that makes it right for its place in a page."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from etesian.templates.python_source import parse_expression

if TYPE_CHECKING:
    from collections.abc import Collection

    from etesian.templates.nodes import Fragment


def made_by(functions: Collection[str], expression: Fragment, *, only_first: bool = False) -> bool:
    """Tell whether all that the expression may give is made by one of these functions.

    Text that stands in the template is as good, and so is a sum of good parts; with
    ``only_first`` the first part of a sum, which then has to be a call, speaks for all.

    Raises:
        ParseError: it is no expression.
    """
    tree, _ = parse_expression(expression, 0)
    return _is_made(tree, functions, only_first=only_first)


def _is_made(node: ast.expr, functions: Collection[str], *, only_first: bool) -> bool:
    if isinstance(node, ast.Call):
        return _name_of(node.func) in functions
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        if only_first:
            # Not text: "java" and what comes after it is another word.
            return not isinstance(node.left, ast.Constant) and _is_made(
                node.left, functions, only_first=True
            )
        parts = [node.left, node.right]
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.BoolOp):
        # Of what stands before an "and" only what is false comes out: nothing, or a number.
        parts = node.values if isinstance(node.op, ast.Or) else node.values[-1:]
    else:
        return isinstance(node, ast.Constant)
    return all(_is_made(part, functions, only_first=only_first) for part in parts)


def _name_of(function: ast.expr) -> str | None:
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        # A method of what handles the request; any other one could be anything of this name.
        return function.attr if function.value.id == "handler" else None
    return None
