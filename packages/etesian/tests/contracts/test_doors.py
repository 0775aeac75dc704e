"""Doors are few, and the widest one is for the bridge and the command alone."""

from __future__ import annotations

import ast
import re

# Some are types that others only name, so that what they hand out says what it is.
MAX_DOORS = 8
# They offer everything again, and still come in by the interface.
MAY_USE_API = {"tornado", "cli"}
INTERFACE = re.compile(r"etesian\.\w+\.interface")


def doors(package):
    """What the interface hands out of its own package."""
    return {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(package.interface.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if f"{node.module}.{alias.name}.".startswith(f"etesian.{package.module}.")
    }


def bound_to_interfaces(tree):
    """The names under which a module knows whole interfaces."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                if INTERFACE.fullmatch(prefix + alias.name):
                    names[alias.asname or alias.name] = prefix + alias.name
    return names


def uses_of_api(tree):
    """Where a module goes through the door ``api`` of any interface."""
    modules = {f"{name}.api" for name in bound_to_interfaces(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and INTERFACE.fullmatch(node.module or ""):
            if any(alias.name in {"api", "*"} for alias in node.names):
                yield node.lineno
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in modules:
            yield node.lineno


def test_an_interface_has_few_doors(sibling):
    assert len(doors(sibling) - {"api"}) <= MAX_DOORS


def test_every_door_is_public(sibling):
    tree = ast.parse(sibling.interface.read_text())
    public = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert doors(sibling) <= set(public)
    assert sorted(public) == sorted(set(public))


def test_only_the_bridge_and_the_command_offer_a_package_again(package):
    if package.module in MAY_USE_API:
        return
    found = [
        f"{path.relative_to(package.folder)}:{line}"
        for path, tree in package.trees().items()
        for line in uses_of_api(tree)
    ]
    assert found == []


def test_no_sibling_is_imported_deeply_by_a_string(package, packages):
    modules = "|".join(each.module for each in packages if each != package)
    deep = re.compile(rf"etesian\.({modules})\.(?!interface$)[\w.]+")
    found = [
        f"{path.relative_to(package.folder)}:{node.lineno}: {node.value}"
        for path, tree in package.trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if deep.fullmatch(node.value)
    ]
    assert found == []
