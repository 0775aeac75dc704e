"""Syntax trees of Python in few words.

Every function takes the place (``at``) as the last argument, because ``compile``
refuses a tree without one, and because a traceback shows it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence


class Place(TypedDict):
    """Where a tree stands, as the keyword arguments of every ``ast`` class."""

    lineno: int
    end_lineno: int
    col_offset: int
    end_col_offset: int


def place(line: int, column: int, end_column: int) -> Place:
    """Give a place on one line: columns in bytes of UTF-8, from 0."""
    return Place(lineno=line, end_lineno=line, col_offset=column, end_col_offset=end_column)


def place_of(node: ast.expr | ast.stmt | ast.excepthandler) -> Place:
    """Give the place of a tree that has one."""
    return Place(
        lineno=node.lineno,
        end_lineno=node.end_lineno or node.lineno,
        col_offset=node.col_offset,
        end_col_offset=node.end_col_offset or node.col_offset,
    )


def load(name: str, at: Place) -> ast.Name:
    """``name``, read."""
    return ast.Name(name, ast.Load(), **at)


def call(function: str | ast.expr, arguments: Sequence[ast.expr], at: Place) -> ast.Call:
    """``function(arguments)``."""
    called = load(function, at) if isinstance(function, str) else function
    return ast.Call(called, list(arguments), [], **at)


def constant(value: str | int | None, at: Place) -> ast.Constant:
    """A literal."""
    return ast.Constant(value, **at)


def do(expression: ast.expr, at: Place) -> ast.Expr:
    """The expression as a statement."""
    return ast.Expr(expression, **at)


def joined(pieces: Sequence[ast.expr], at: Place) -> ast.expr:
    """One string of all pieces: an f-string, or the literal if it is only one."""
    if len(pieces) == 1 and isinstance(pieces[0], ast.Constant):
        return pieces[0]
    values: list[ast.expr] = [
        piece
        if isinstance(piece, ast.Constant)
        else ast.FormattedValue(piece, -1, None, **place_of(piece))
        for piece in pieces
    ]
    return ast.JoinedStr(values, **at)


def code(source: str, at: Place) -> list[ast.stmt]:
    """Python source of the engine's own, all of it at one place."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword):
            for name, value in at.items():
                setattr(node, name, value)
    return tree.body
