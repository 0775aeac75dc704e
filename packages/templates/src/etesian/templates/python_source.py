"""Python text of a template as syntax trees whose places are those of the template.

Every fragment is parsed by itself. It therefore cannot reach outside of its tag: an
expression such as ``a) + (b`` is an error, whatever code is generated around it.
The places let Python's own tracebacks point into the template, down to the column.
"""

from __future__ import annotations

import ast
import re
from keyword import kwlist
from typing import TYPE_CHECKING, Any, TypeAlias

from etesian.templates.interface import ParseError
from etesian.templates.restricted import check
from etesian.templates.syntax import place

if TYPE_CHECKING:
    from etesian.templates.nodes import Fragment

LoopStatement: TypeAlias = ast.For | ast.AsyncFor | ast.While

_RESERVED_PREFIX = "_tt_"

# What would end or bend the generated function, leave a loop behind the parser's back, or bind
# names that _note does not see.
_FORBIDDEN = (
    ast.Yield,
    ast.YieldFrom,
    ast.Return,
    ast.Global,
    ast.Nonlocal,
    ast.Break,
    ast.Continue,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Match,
)
_AWAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)

# Most expressions: for them there is no need to trouble Python's parser. The limit is there
# because one attribute more is one level more.
_DOTTED = re.compile(
    rf"(?!(?:{'|'.join(kwlist)})\b)[A-Za-z_][A-Za-z0-9_]*"
    rf"(?:\.(?!(?:{'|'.join(kwlist)})\b)[A-Za-z_][A-Za-z0-9_]*){{0,8}}"
)

# How Python refuses text: it has limits on nesting, on the depth of its trees and on the digits
# of a number, and each ends in another exception.
_REFUSALS = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError)

# Enough of a fragment to recognise it by in a message.
_MESSAGE_CHARACTERS = 60


class Names:
    """What a piece of Python reads and binds outside of its inner scopes."""

    __slots__ = ("awaits", "loaded", "stored")

    def __init__(self, *loaded: str) -> None:
        self.loaded = set(loaded)
        self.stored: set[str] = set()
        self.awaits = False


def parse_expression(fragment: Fragment, offset: int) -> tuple[ast.expr, Names]:
    """Give an expression and its names; ``offset`` is added to its line numbers.

    Raises:
        ParseError: it is not one Python expression.
    """
    if _DOTTED.fullmatch(fragment.text) and not fragment.origin.restricted:
        return _dotted(fragment, offset)
    tree = _compile(fragment.text, "eval", fragment)
    if not isinstance(tree, ast.Expression):
        raise fragment.error("not an expression")
    return tree.body, _settle(tree.body, fragment, offset)


def _dotted(fragment: Fragment, offset: int) -> tuple[ast.expr, Names]:
    """Give ``a.b.c``."""
    name, *attributes = fragment.text.split(".")
    line, start = fragment.line + offset, fragment.column
    end = start + len(name)
    # The start of a {% module %} lies before its tag, for what is put before it here.
    column = max(start, 0)
    expression: ast.expr = ast.Name(name, ast.Load(), **place(line, column, end))
    for attribute in attributes:
        end += 1 + len(attribute)
        expression = ast.Attribute(expression, attribute, ast.Load(), **place(line, column, end))
    return expression, Names(name)


def parse_statements(fragment: Fragment, offset: int) -> tuple[list[ast.stmt], Names]:
    """Give the statements of ``set``, ``import`` or ``from``, and their names.

    Raises:
        ParseError: they are not Python statements, or such as would leave the template.
    """
    statements = _module(fragment.text, fragment)
    return statements, _settle(ast.Module(statements, []), fragment, offset)


def parse_loop(fragment: Fragment, offset: int) -> tuple[LoopStatement, Names]:
    """Give the loop that a header such as ``for x in y`` begins, its body still empty.

    Raises:
        ParseError: it is not the header of one loop.
    """
    loop, *others = _module(f"{fragment.text}: pass", fragment)
    if others or not isinstance(loop, LoopStatement) or loop.orelse or not _passes(loop.body):
        raise fragment.error("not the header of a loop")
    loop.body.clear()
    return loop, _settle(loop, fragment, offset)


def parse_handler(fragment: Fragment, offset: int) -> tuple[ast.ExceptHandler, Names]:
    """Give the handler that a header such as ``except E as e`` begins, its body still empty.

    Raises:
        ParseError: it is not the header of one handler.
    """
    statement, *others = _module(f"try: pass\n{fragment.text}: pass", fragment)
    if others or not isinstance(statement, ast.Try) or statement.orelse or statement.finalbody:
        raise fragment.error("not the header of an except")
    handler, *more = statement.handlers
    if more or not _passes(handler.body):
        raise fragment.error("not the header of one except")
    handler.body.clear()
    return handler, _settle(handler, fragment, offset, first_line=2)


def _module(source: str, fragment: Fragment) -> list[ast.stmt]:
    tree = _compile(source, "exec", fragment)
    if not isinstance(tree, ast.Module) or not tree.body:
        raise fragment.error("not a statement")
    return tree.body


def _passes(body: list[ast.stmt]) -> bool:
    return len(body) == 1 and isinstance(body[0], ast.Pass)


def _compile(source: str, mode: str, fragment: Fragment) -> ast.AST:
    """Give Python's tree of the source, which is the fragment and what completes it.

    In a tag the lines of a fragment belong together without the brackets that
    Python asks for: what is no Python as it stands is tried as one line.
    """
    try:
        return _ask_python(source, mode, fragment)
    except ParseError:
        if "\n" not in fragment.text:
            raise
        joined = fragment.text.replace("\r\n", "\n").replace("\n", "\\\n")
        return _ask_python(source.replace(fragment.text, joined), mode, fragment)


def _ask_python(source: str, mode: str, fragment: Fragment) -> ast.AST:
    filename = fragment.origin.filename
    try:
        # dont_inherit: the __future__ imports of this module are none of the template's.
        tree: ast.AST = compile(source, filename, mode, ast.PyCF_ONLY_AST, dont_inherit=True)
    except _REFUSALS as error:
        text = fragment.text
        if len(text) > _MESSAGE_CHARACTERS:
            text = f"{text[:_MESSAGE_CHARACTERS]}..."
        raise fragment.error(f"{_reason(error)} in {text!r}") from error
    return tree


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    if isinstance(error, RecursionError | MemoryError):
        return "Python nested too deep"
    return str(error)


def _settle(root: ast.AST, fragment: Fragment, offset: int, first_line: int = 1) -> Names:
    """Move a tree to its place in the template, and give the names that it uses.

    ``first_line`` is the line on which the fragment began when it was parsed. Not
    recursive: the tree of ``a.b.c`` and so on is deeper than functions may call.

    Raises:
        ParseError: it does what no template may, or no restricted one.
    """
    if fragment.origin.restricted:
        check(root, fragment)
    names = Names()
    lines = fragment.line - first_line + offset
    nodes: list[tuple[ast.AST, bool]] = [(root, False)]
    while nodes:
        node, hidden = nodes.pop()
        _note(node, names, fragment, hidden=hidden)
        if hasattr(node, "lineno"):
            _move(node, lines, fragment.column, first_line)
        for child in ast.iter_child_nodes(node):
            # What a comprehension binds is its own affair, unlike what := binds within it.
            inner = isinstance(node, ast.comprehension) and child is node.target
            nodes.append((child, inner or hidden))
    return names


def _move(node: Any, lines: int, column: int, first_line: int) -> None:
    # The start of a {% module %} lies before its tag, for what is put before it here.
    if node.lineno == first_line:
        node.col_offset = max(node.col_offset + column, 0)
    if node.end_lineno == first_line:
        node.end_col_offset = max(node.end_col_offset + column, 0)
    node.lineno += lines
    node.end_lineno += lines


def _note(node: ast.AST, names: Names, fragment: Fragment, *, hidden: bool) -> None:
    """Take down what the node reads or binds, and refuse what no template may do."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            names.loaded.add(node.id)
        elif not hidden:
            _bind(node.id, names, fragment)
    elif isinstance(node, ast.alias):
        _bind(node.asname or node.name.partition(".")[0], names, fragment)
    elif isinstance(node, ast.ExceptHandler) and node.name:
        _bind(node.name, names, fragment)
    elif isinstance(node, ast.ImportFrom) and node.level:
        raise fragment.error("relative import in a template, which is in no package")
    elif isinstance(node, _AWAITING) or (isinstance(node, ast.comprehension) and node.is_async):
        names.awaits = True
    elif isinstance(node, _FORBIDDEN):
        raise fragment.error(f"{type(node).__name__.lower()} in a template")


def _bind(name: str, names: Names, fragment: Fragment) -> None:
    if name == "*":
        raise fragment.error("import * in a template: name what it needs")
    if name.startswith(_RESERVED_PREFIX):
        raise fragment.error(f"{name!r} binds a name reserved for the engine ({_RESERVED_PREFIX}*)")
    names.stored.add(name)
