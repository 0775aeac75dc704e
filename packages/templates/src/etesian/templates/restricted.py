"""What a restricted template may say: for texts that people write whom the program does not trust.

Python cannot be fenced in by a list of what is forbidden. So this is a list of what is
allowed, short enough to be looked through: values that were given, their items,
comparisons, sums, and calls of five functions that make text of text. There are no
attributes, hence neither methods nor ``__class__``; nothing else is called, and nothing
that was given is changed.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.templates.nodes import Fragment

# Not while, which may never end, and not try, which would catch what ends a program. Not raw and
# autoescape, for values may be other people's; nor module and import, which reach for code.
DIRECTIVES = frozenset(
    {"apply", "block", "break", "comment", "continue", "elif", "else", "end", "extends", "for"}
    | {"if", "include", "set", "whitespace"}
)

# What may be called. Not linkify: it takes a function, and protocols such as javascript.
FUNCTIONS = frozenset({"escape", "json_encode", "squeeze", "url_escape", "xhtml_escape"})

# Not the operators that repeat or format: "%1000000000d" % 1 and "a" * 10**9 fill any memory.
_OPERATORS = (ast.Add, ast.Sub, ast.Div, ast.FloorDiv, ast.boolop, ast.cmpop, ast.unaryop)
_VALUES = (ast.Constant, ast.Name, ast.Subscript, ast.Tuple, ast.List, ast.Dict, ast.expr_context)
_EXPRESSIONS = (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.UnaryOp, ast.Call, ast.keyword)
_STATEMENTS = (ast.Module, ast.Assign, ast.For)
_ALLOWED = _OPERATORS + _VALUES + _EXPRESSIONS + _STATEMENTS


def check(tree: ast.AST, fragment: Fragment) -> None:
    """Refuse whatever is not allowed in the Python of a restricted template.

    Raises:
        ParseError: something is not.
    """
    for node in ast.walk(tree):
        wrong = _wrong(node)
        if wrong:
            raise fragment.error(f"{wrong} in a restricted template: {fragment.text!r}")


def check_directive(word: str, whole: Fragment, argument: Fragment) -> None:
    """Refuse a directive that is not allowed in a restricted template.

    Raises:
        ParseError: it is not, or it applies a function that is not allowed.
    """
    if word not in DIRECTIVES or (word == "apply" and argument.text not in FUNCTIONS):
        raise whole.error(f"{whole.text!r} is not for restricted templates")


def _wrong(node: ast.AST) -> str | None:
    if not isinstance(node, _ALLOWED):
        return type(node).__name__.lower()
    if isinstance(node, ast.Name):
        return _wrong_name(node)
    if isinstance(node, ast.Call) and not _is_allowed_function(node.func):
        return "call"
    if (isinstance(node, ast.keyword) and node.arg is None) or (
        isinstance(node, ast.Dict) and None in node.keys
    ):
        return "**"
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return "a change of a value"
    return None


def _wrong_name(node: ast.Name) -> str | None:
    if node.id.startswith("_"):
        return "a private name"
    # Else a value that can be called could be bound to the name of a function.
    if node.id in FUNCTIONS and not isinstance(node.ctx, ast.Load):
        return f"another {node.id}"
    return None


def _is_allowed_function(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in FUNCTIONS
