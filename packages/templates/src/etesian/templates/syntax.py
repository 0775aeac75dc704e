"""Syntax trees of Python in few words.

Every function takes the place (``at``) as the last argument, because ``compile``
refuses a tree without one, and because a traceback shows it.
"""

from __future__ import annotations

import ast
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence


_LOAD = ast.Load()
_IS: list[ast.cmpop] = [ast.Is()]


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
    return ast.Name(name, _LOAD, **at)


@cache
def helper(name: str) -> ast.Name:
    """``name``, read, for one of the engine's own: always the same tree.

    To read a local of the engine cannot fail, so no traceback shows where that was,
    and making trees is what compiling a template takes most of its time for.
    """
    return load(name, place(1, 0, 0))


@cache
def helper_target(name: str) -> ast.Name:
    """``name``, bound; otherwise as ``helper``."""
    return ast.Name(name, ast.Store(), **place(1, 0, 0))


@cache
def _is_helper(name: str, kind: str) -> ast.expr:
    """``name is kind``, both of the engine's own."""
    return ast.Compare(helper(name), _IS, [helper(kind)], **place(1, 0, 0))


@cache
def append_to(name: str) -> ast.expr:
    """``name.append`` of a list of the engine's own.

    Python has instructions of its own for such a call, but none for a local that holds
    the method.
    """
    return ast.Attribute(helper(name), "append", _LOAD, **place(1, 0, 0))


def call(function: str | ast.expr, arguments: Sequence[ast.expr], at: Place) -> ast.Call:
    """``function(arguments)``; the name of a function is one of the engine's own."""
    called = helper(function) if isinstance(function, str) else function
    return ast.Call(called, list(arguments), [], **at)


def chosen_by_class(value: ast.expr, kind: str, otherwise: str, at: Place) -> ast.expr:
    """``value if type(value) is kind else otherwise(value)``, the value evaluated once.

    ``kind`` and ``otherwise`` are names of the engine's own. Not by ``__class__``:
    proxies say there that they are what they stand for.
    """
    # Only the call can fail; of the others the line is enough.
    line, column = at["lineno"], at["col_offset"]
    kept = ast.NamedExpr(helper_target("_tt_v"), value, lineno=line, col_offset=column)
    of_class = ast.Call(helper("_tt_class"), [kept], [], lineno=line, col_offset=column)
    same = ast.Compare(of_class, _IS, [helper(kind)], lineno=line, col_offset=column)
    called = call(otherwise, [helper("_tt_v")], at)
    return ast.IfExp(same, helper("_tt_v"), called, lineno=line, col_offset=column)


def text_by_class(
    value: ast.expr, of_str: ast.expr, of_int: ast.expr, otherwise: str, at: Place
) -> ast.expr:
    """Give ``of_str``, ``of_int`` or ``otherwise(value)``, as the class of the value is.

    All three read the value as ``_tt_v``. The most frequent classes cost no call so.
    """
    line, column = at["lineno"], at["col_offset"]
    kept = ast.NamedExpr(helper_target("_tt_v"), value, lineno=line, col_offset=column)
    of_class = ast.Call(helper("_tt_class"), [kept], [], lineno=line, col_offset=column)
    kind = ast.NamedExpr(helper_target("_tt_c"), of_class, lineno=line, col_offset=column)
    is_str = ast.Compare(kind, _IS, [helper("_tt_str")], lineno=line, col_offset=column)
    called = call(otherwise, [helper("_tt_v")], at)
    is_int = _is_helper("_tt_c", "_tt_int")
    other = ast.IfExp(is_int, of_int, called, lineno=line, col_offset=column)
    return ast.IfExp(is_str, of_str, other, lineno=line, col_offset=column)


def constant(value: str | int | None, at: Place) -> ast.Constant:
    """A literal."""
    return ast.Constant(value, **at)


def do(expression: ast.expr, at: Place) -> ast.Expr:
    """The expression as a statement."""
    return ast.Expr(expression, **at)


def joined(pieces: Sequence[ast.expr | str], at: Place) -> ast.expr:
    """One string of literal texts and of values: an f-string, or a literal where it will do."""
    values: list[ast.expr] = []
    texts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        if texts:
            values.append(ast.Constant("".join(texts), **at))
            texts.clear()
        values.append(ast.FormattedValue(piece, -1, None, **place_of(piece)))
    if texts or not values:
        values.append(ast.Constant("".join(texts), **at))
    only_text = len(values) == 1 and isinstance(values[0], ast.Constant)
    return values[0] if only_text else ast.JoinedStr(values, **at)


def code(source: str, at: Place) -> list[ast.stmt]:
    """Python source of the engine's own, all of it at one place; not to be changed."""
    return list(_code(source, **at))


# Templates differ in their places, but all of them begin and end alike.
@lru_cache(maxsize=256)
def _code(source: str, **at: int) -> tuple[ast.stmt, ...]:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword):
            for name, value in at.items():
                setattr(node, name, value)
    return tuple(tree.body)


def block(header: str, body: list[ast.stmt], at: Place) -> ast.stmt:
    """The statement that a header such as ``def f()`` or ``if x`` begins, with this body."""
    (statement,) = code(f"{header}: pass", at)
    fields = {**vars(statement), "body": body}
    return type(statement)(**fields)
