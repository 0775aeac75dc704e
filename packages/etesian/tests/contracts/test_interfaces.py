"""An interface is small, explained, and imports next to nothing."""

from __future__ import annotations

import ast
import io
import tokenize

ALLOWED = {"__future__", "collections.abc", "dataclasses", "enum", "importlib", "typing"}
# Room for the largest one, which hands out a server, a client and the connection between them.
# What grows past this is two interfaces.
MAX_LINES = 220
MAX_CODE_LINES = 120
NO_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def under_type_checking(tree):
    """Every node that only a type checker reads."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }


def imported(node):
    """The modules that an import statement reads, ``from etesian import web`` as etesian.web."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level:
        return ["." * node.level + (node.module or "")]
    if node.module == "etesian":
        return [f"etesian.{alias.name}" for alias in node.names]
    return [node.module]


def docstrings(tree):
    """The line numbers of all docstrings."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, holders) and ast.get_docstring(node) is not None
    ]
    return {line for text in texts for line in range(text.lineno, text.end_lineno + 1)}


def test_it_imports_only_what_is_allowed(sibling):
    tree = ast.parse(sibling.interface.read_text())
    doors = under_type_checking(tree)
    own = f"etesian.{sibling.module}"
    wrong = []
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        for name in imported(node):
            of_sibling = name.startswith("etesian.") and name.split(".")[2:] == ["interface"]
            is_door = node in doors and (name == own or name.startswith(f"{own}."))
            if not (name in ALLOWED or of_sibling or is_door):
                wrong.append(f"line {node.lineno}: {name}")
    assert wrong == []


def test_it_is_small(sibling):
    text = sibling.interface.read_text()
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    code = {
        line
        for token in tokens
        if token.type not in NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    assert text.count("\n") <= MAX_LINES
    assert len(code - docstrings(ast.parse(text))) <= MAX_CODE_LINES


def test_every_public_class_and_method_says_what_it_promises(sibling):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(sibling.interface.read_text())
    silent = [] if ast.get_docstring(tree) else ["the module"]
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, *functions)) and not node.name.startswith("_"):
            inner = [each for each in getattr(node, "body", []) if isinstance(each, functions)]
            promises = [node, *(each for each in inner if not each.name.startswith("_"))]
            silent += [
                f"{node.name}: {each.name}" for each in promises if not ast.get_docstring(each)
            ]
    assert silent == []
