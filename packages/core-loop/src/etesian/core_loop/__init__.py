"""The event loop of Etesian, and what is awaited on it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.core_loop import (
        autoreload,
        concurrent,
        gen,
        ioloop,
        locks,
        log,
        options,
        platform,
        process,
        queues,
        testing,
        util,
    )
    from etesian.core_loop.ioloop import IOLoop, PeriodicCallback
    from etesian.core_loop.process import Subprocess, fork_processes
    from etesian.core_loop.testing import AsyncTestCase

__all__ = [
    "AsyncTestCase",
    "IOLoop",
    "PeriodicCallback",
    "Subprocess",
    "autoreload",
    "concurrent",
    "fork_processes",
    "gen",
    "ioloop",
    "locks",
    "log",
    "options",
    "platform",
    "process",
    "queues",
    "testing",
    "util",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# importing the package stays cheap, and its interface can be imported without asyncio. A
# public name that is not here is itself a module.
_HOMES = {
    "AsyncTestCase": "testing",
    "IOLoop": "ioloop",
    "PeriodicCallback": "ioloop",
    "Subprocess": "process",
    "fork_processes": "process",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOMES.get(name, name)}")
    value: object = getattr(module, name) if name in _HOMES else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
