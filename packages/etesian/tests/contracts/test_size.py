"""A file is one concept and a function fits in the eye."""

from __future__ import annotations

import ast

# The aim is 250 lines and 15; past these, nobody reads it in one go.
MAX_LINES = 600
MAX_FUNCTION_LINES = 60


def length(node):
    """The lines of a function without its docstring."""
    lines = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        lines -= node.body[0].end_lineno - node.body[0].lineno + 1
    return lines


def test_no_module_is_a_drawer(package):
    lengths = {path: path.read_text().count("\n") for path in package.trees()}
    assert {str(path): lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_function_is_too_long(package):
    long = [
        f"{path.relative_to(package.folder)}:{node.lineno}: {node.name} has {length(node)} lines"
        for path, tree in package.trees().items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if length(node) > MAX_FUNCTION_LINES
    ]
    assert long == []
