"""From ``module:name`` to an application."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from etesian.web.interface import Application

if TYPE_CHECKING:
    from types import ModuleType


class TargetError(Exception):
    """The command line names nothing that can be served; the text says what was looked for."""


def load_target(target: str) -> Application:
    """Give the application that ``module:name`` stands for.

    ``name`` may have dots, and may be a function without arguments: it is
    called. What the module or the function raises passes through, with its
    traceback, because it is the program's own.

    Raises :class:`TargetError` when there is no such module or name, or when it
    is not an ``Application``.
    """
    module_name, colon, path = target.partition(":")
    if not (module_name and colon and path):
        raise TargetError(f"got {target!r}, expected MODULE:NAME")
    found = _attribute(_module(module_name), path)
    if not isinstance(found, Application) and callable(found):
        found = found()
    if not isinstance(found, Application):
        raise TargetError(f"{target} is a {type(found).__name__}, expected an Application")
    return found


def _module(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    # Asked for before importing, so that a module which itself fails to import something else is
    # not mistaken for one that is not there.
    try:
        missing = find_spec(name) is None
    except ModuleNotFoundError:
        missing = True
    if missing:
        raise TargetError(f"there is no module {name!r}, in {here} or installed")
    return import_module(name)


def _attribute(module: ModuleType, path: str) -> object:
    found: object = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise TargetError(f"module {module.__name__!r} has no {path!r}") from None
    return found
