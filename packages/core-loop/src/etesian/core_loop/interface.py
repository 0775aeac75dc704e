"""What other packages may know of the event loop.

Etesian runs on asyncio: a package that awaits, opens a transport or makes a
Task uses asyncio itself and needs nothing from here. What asyncio has no word
for is behind the doors below.

Loggers are shared by name, not by import: ``etesian.access``,
``etesian.application`` and ``etesian.general``, each a child of ``etesian``.

Doors (the implementation loads when the name is first asked for):

``IOLoop``
    ``IOLoop.current().asyncio_loop`` is the asyncio loop that will run, for
    code that may be called before any loop is running (``server.listen()`` at
    module level, then ``IOLoop.current().start()``). Where a loop is running,
    ``asyncio.get_running_loop()`` is the same object.
``fork_processes``
    ``fork_processes(num_processes, max_restarts)`` forks workers and returns
    the worker's number in each child; for ``TCPServer.start``.
``AsyncTestCase``
    The ``unittest`` base that owns a loop per test; packages derive their own
    test cases from it.
``autoreload``
    ``autoreload.start()`` makes the program start anew when its source files
    change; for the debug mode of a framework.
``api``
    The package itself with all its public names. For the bridge and the
    command, which offer all of it again; nobody else uses this door.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian import core_loop as api
    from etesian.core_loop import autoreload
    from etesian.core_loop.ioloop import IOLoop
    from etesian.core_loop.process import fork_processes
    from etesian.core_loop.testing import AsyncTestCase

__all__ = ["AsyncTestCase", "IOLoop", "api", "autoreload", "fork_processes"]


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = import_module("etesian.core_loop")
    return package if name == "api" else getattr(package, name)
