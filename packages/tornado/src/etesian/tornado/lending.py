"""How a module of the bridge gets its names: from another package's door, when asked.

``lend`` makes the module's ``__getattr__`` and ``__dir__`` (PEP 562) out of a
table of the names and where each lives. The table is the documented API: what
is not in it is not offered, and what is in it but not (yet) there fails with an
error that says which package lacks it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from etesian.auth import interface as auth
from etesian.core_loop import interface as core_loop
from etesian.http_wire import interface as http_wire
from etesian.i18n import interface as i18n
from etesian.streams import interface as streams
from etesian.templates import interface as templates
from etesian.web import interface as web
from etesian.websocket import interface as websocket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

__all__ = ["lend"]

_DOORS: Final[Mapping[str, ModuleType]] = {
    "auth": auth,
    "core_loop": core_loop,
    "http_wire": http_wire,
    "i18n": i18n,
    "streams": streams,
    "templates": templates,
    "web": web,
    "websocket": websocket,
}


def lend(
    module: str,
    table: Mapping[str, str],
    *,
    renamed: Mapping[str, str] | None = None,
    own: str = "",
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Give ``__getattr__`` and ``__dir__`` for the module of this name.

    ``table`` maps a place, like ``"web"`` or ``"core_loop.gen"``, to the names
    that live there, separated by spaces. ``renamed`` maps a name to the one that
    it has at its place, where that is another. ``own`` are the names that the module
    holds itself; a star import takes them too.
    """
    places = {name: place for place, names in table.items() for name in names.split()}
    own_names = renamed or {}

    def get_attribute(name: str) -> object:
        if name == "__all__":
            return _available(module, [*own.split(), *places])
        if name not in places:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        place = places[name]
        try:
            value = _resolve(place, own_names.get(name, name))
        except (AttributeError, ImportError) as error:
            raise AttributeError(
                f"module {module!r} has no attribute {name!r}: "
                f"etesian.{place} does not offer it ({error})"
            ) from error
        setattr(sys.modules[module], name, value)
        return value

    def list_attributes() -> list[str]:
        return sorted({*places, *own.split()})

    return get_attribute, list_attributes


def _resolve(place: str, name: str) -> object:
    """Open the door of a package and walk to the name."""
    door, *path = place.split(".")
    value: object = _DOORS[door].api
    for step in (*path, *name.split(".")):
        value = getattr(value, step)
    return value


def _available(module: str, names: list[str]) -> list[str]:
    """Give what a star import can have: the names that are there."""
    return [name for name in names if hasattr(sys.modules[module], name)]
