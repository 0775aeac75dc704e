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


def test_what_is_public_is_what_has_a_home(tree, module):
    # A public name without a home of its own is a module of the package.
    homes = {name: f"{module.__name__}.{home}" for name, home in module._HOMES.items()}
    expected = {name: homes.get(name, module.__name__) for name in module.__all__}
    assert set(homes) <= set(module.__all__)
    assert type_checked(tree) == expected


def test_every_public_name_resolves(module):
    missing = []
    for name in module.__all__:
        try:
            getattr(module, name)
        except (AttributeError, ImportError) as error:
            missing.append(f"{name}: {error}")
    assert missing == []


def test_every_name_of_the_interface_resolves(sibling):
    interface = importlib.import_module(f"etesian.{sibling.module}.interface")
    missing = []
    for name in interface.__all__:
        try:
            getattr(interface, name)
        except (AttributeError, ImportError) as error:
            missing.append(f"{name}: {error}")
    assert missing == []


def test_the_package_imports_nothing_of_itself_at_once(tree):
    eager = [
        ast.unparse(node)
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        if "etesian" in ast.unparse(node)
    ]
    assert eager == []
