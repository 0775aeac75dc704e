"""WSGI applications behind our server, and ours behind a WSGI server (PEP 3333)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.web.wsgi.adapter import WSGIAdapter
    from etesian.web.wsgi.container import WSGIContainer

__all__ = ["WSGIAdapter", "WSGIContainer"]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562).
_HOMES = {"WSGIAdapter": "adapter", "WSGIContainer": "container"}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
