"""A package hands its names out lazily, and its three lists of them agree."""

from __future__ import annotations

import ast
import importlib

import pytest


@pytest.fixture
def tree(sibling):
    return ast.parse((sibling.source / "__init__.py").read_text())


@pytest.fixture
def module(sibling):
    return importlib.import_module(f"etesian.{sibling.module}")


@pytest.fixture
def resolve(sibling):
    """Look a name up in a module; what needs an extra that is not installed counts as found."""

    def look_up(module, name):
        try:
            return getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name not in sibling.extras:
                raise
            return NotImplemented

    return look_up


def type_checked(tree):
    """Public name -> the module it comes from, as a type checker reads it."""
    return {
        alias.asname or alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def assigned(tree):
    """The names that the module gives values itself."""
    statements = (node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign)))
    return {
        target.id
        for node in statements
        for target in getattr(node, "targets", None) or [node.target]
        if isinstance(target, ast.Name)
    }


def test_a_type_checker_knows_what_is_public(tree, module):
    assert set(module.__all__) - assigned(tree) == set(type_checked(tree))


def test_a_name_is_what_a_type_checker_sees(tree, module, resolve):
    wrong = []
    for name, source in type_checked(tree).items():
        if source == module.__name__:
            expected = importlib.import_module(f"{source}.{name}")
        else:
            expected = resolve(source, name)
        if resolve(module.__name__, name) is not expected:
            wrong.append(f"{name} is not that of {source}")
    assert wrong == []


def test_homes_are_those_of_public_names(module):
    assert set(getattr(module, "_HOMES", ())) <= set(module.__all__)


def test_every_public_name_resolves(module, resolve):
    for name in module.__all__:
        resolve(module.__name__, name)


def test_every_name_of_the_interface_resolves(sibling, resolve):
    interface = importlib.import_module(f"etesian.{sibling.module}.interface")
    for name in interface.__all__:
        resolve(interface.__name__, name)


def test_the_package_imports_nothing_of_itself_at_once(tree):
    eager = [
        ast.unparse(node)
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        if "etesian" in ast.unparse(node)
    ]
    assert eager == []
