"""Objects found by their dotted names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["import_object"]


def import_object(name: str) -> Any:
    """Return the module, or the object in a module, that the dotted `name` leads to.

    ``import_object("a.b")`` is the submodule or the attribute ``b`` of ``a``.

    Raises ImportError when there is no such module or attribute, whichever it was.
    """
    parent, _, last = name.rpartition(".")
    if not parent:
        return import_module(name)
    module = import_object(parent)
    try:
        return getattr(module, last)
    except AttributeError:
        pass
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name and not name.startswith(f"{error.name}."):
            raise  # the module is there, something that it imports is not
        raise ImportError(f"{parent!r} has no attribute or submodule {last!r}") from None
