"""The surface of each interface stands in a golden file: a change of it is a line in review.

``nox -s contracts -- --update`` rewrites the files.
"""

from __future__ import annotations

import ast
from pathlib import Path

GOLDEN = Path(__file__).parent / "api"

# What an interface assigns for tools, and not for its callers.
FOR_TOOLS = {"__all__", "TYPE_CHECKING"}


def surface(package):
    """What callers can see of an interface, one line each."""
    lines = []
    for node in ast.parse(package.interface.read_text()).body:
        if isinstance(node, ast.If):
            lines += doors(node, f"etesian.{package.module}")
        elif isinstance(node, ast.ClassDef):
            lines += of_class(node)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) not in FOR_TOOLS:
            lines.append(ast.unparse(node))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines += [] if node.name.startswith("_") else [signature(node)]
    return "\n".join(sorted(lines)) + "\n"


def doors(block, package):
    for node in ast.walk(block):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                home = f"{node.module}.{alias.name}"
                if f"{home}.".startswith(f"{package}."):
                    yield f"door {alias.asname or alias.name} = {home}"


def of_class(node):
    bases = ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
    yield f"class {node.name}({bases})"
    for each in node.body:
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in each.decorator_list:
                yield f"{node.name}.{each.name}: @{ast.unparse(decorator)}"
            yield f"{node.name}.{signature(each)}"
        elif isinstance(each, (ast.AnnAssign, ast.Assign)):
            yield f"{node.name}.{ast.unparse(each)}"


def signature(node):
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    word = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{node.name}: {word}({ast.unparse(node.args)}){result}"


def test_the_surface_is_the_golden_one(sibling, pytestconfig):
    golden = GOLDEN / f"{sibling.name}.txt"
    if pytestconfig.getoption("--update", default=False):
        golden.write_text(surface(sibling))
    assert golden.exists(), "no golden file; nox -s contracts -- --update writes it"
    assert surface(sibling).split("\n") == golden.read_text().split("\n")


def test_no_golden_file_is_left_over(packages):
    names = {each.name for each in packages if each.interface.exists()}
    assert {path.stem for path in GOLDEN.glob("*.txt")} == names
