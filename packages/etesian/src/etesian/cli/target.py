"""From ``module:name`` to something that can be served."""

from __future__ import annotations

import inspect
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from etesian.cli.start_error import StartError
from etesian.web.interface import Application
from etesian.web.interface import api as web

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from etesian.http_wire.interface import HTTPServerConnectionDelegate, HTTPServerRequest

    Served: TypeAlias = HTTPServerConnectionDelegate | Callable[[HTTPServerRequest], object]


class TargetError(StartError):
    """The command line names nothing that can be served; the text says what was looked for."""


def load_target(
    target: str,
    *,
    app_dir: str = ".",
    factory: bool = False,
    wsgi: bool = False,
    threads: int | None = None,
) -> Served:
    """Give what ``module:name`` stands for, as an HTTP server takes it.

    ``name`` may have dots. It is an ``Application`` or another delegate of connections, a
    routing table (a list of rules), a WSGI application, which will run in ``threads``
    threads, or a function without arguments that makes one of these: it is called.
    ``factory`` and ``wsgi`` say so where it could be taken for something else. The module
    is looked for in ``app_dir`` first. What the module or the function raises passes
    through, because it is the program's own.

    Raises :class:`TargetError` when there is no such module or name, or when it
    is nothing of that kind.
    """
    module_name, colon, path = target.partition(":")
    if not (module_name and colon and path):
        raise TargetError(f"got {target!r}, expected MODULE:NAME")
    if "/" in module_name or module_name.startswith("."):
        raise TargetError(f"got {target!r}, expected a module as import names it; see --app-dir")
    found = _attribute(_module(module_name, app_dir), path)
    if factory or (not wsgi and _is_factory(found)):
        if not callable(found):
            raise TargetError(f"{target} is {_kind(found)}, expected a function that makes one")
        found = found()
    served = _served(found, wsgi=wsgi, threads=threads)
    if served is None:
        raise TargetError(
            f"{target} is {_kind(found)}, expected an Application, a routing table or a WSGI "
            "application"
        )
    return served


def _module(name: str, folder: str) -> ModuleType:
    here = str(Path(folder).absolute())
    if here not in sys.path:
        sys.path.insert(0, here)
    if name not in sys.modules and _is_missing(name):
        hint = f"; the module in {name} is {name[:-3]!r}" if name.endswith(".py") else ""
        raise TargetError(f"there is no module {name!r}, in {here} or installed{hint}")
    return import_module(name)


def _is_missing(name: str) -> bool:
    """Tell whether there is no such module.

    Asked for before importing, so that one which itself fails to import something else is not
    mistaken for one that is not there.
    """
    try:
        return find_spec(name) is None
    except ModuleNotFoundError as error:
        # Packages on the way to it are imported.
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        return True


def _attribute(module: ModuleType, path: str) -> object:
    found: object = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise TargetError(f"module {module.__name__!r} has no {path!r}") from None
    return found


def _is_factory(found: object) -> bool:
    return not hasattr(found, "start_request") and _takes(found, 0)


def _served(found: object, *, wsgi: bool, threads: int | None) -> Served | None:
    """Give what the server takes, or ``None`` where there is no way to make it."""
    if not wsgi and not isinstance(found, type):
        if hasattr(found, "start_request"):
            return cast("HTTPServerConnectionDelegate", found)
        if isinstance(found, list | tuple):
            return Application(found)
    if callable(found) and (wsgi or (_takes(found, 2) and not _is_asynchronous(found))):
        executor = None if threads is None else ThreadPoolExecutor(threads)
        return web.WSGIContainer(cast("Callable[..., Any]", found), executor)
    return None


def _takes(found: object, count: int) -> bool:
    """Tell whether it can be called with so many arguments, as far as its signature says."""
    try:
        signature = inspect.signature(cast("Any", found))
        signature.bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _kind(found: object) -> str:
    if callable(found) and (_takes(found, 3) or _is_asynchronous(found)):
        return "probably an ASGI application, which Etesian does not serve"
    name = type(found).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _is_asynchronous(found: object) -> bool:
    call = found if inspect.isroutine(found) else getattr(found, "__call__", None)  # noqa: B004 - not whether, but which
    return inspect.iscoroutinefunction(call)
