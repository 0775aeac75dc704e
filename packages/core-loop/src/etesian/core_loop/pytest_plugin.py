"""A pytest plug-in: loops, ports and expected log records as fixtures.

Installing the distribution makes pytest load it. A test that asks for `io_loop` and is a
coroutine function, or a generator under ``gen.coroutine``, runs on that loop; other tests are
left to other plug-ins.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

# Everything of this distribution is imported by the fixtures: pytest loads this module in
# every project of the environment, also in those that use none of it.
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from etesian.core_loop.ioloop import IOLoop

__all__ = ["io_loop", "unused_port_socket"]


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """Give a new IOLoop, current for the test; at its end tasks are cancelled, it is closed."""
    from etesian.core_loop.ioloop import IOLoop  # noqa: PLC0415
    from etesian.core_loop.testing.case import cancel_all  # noqa: PLC0415

    loop = IOLoop(make_current=False)
    loop.make_current()
    yield loop
    if not loop.asyncio_loop.is_closed():
        cancel_all(loop.asyncio_loop)
        loop.close(all_fds=True)


@pytest.fixture
def unused_port_socket() -> Iterator[tuple[socket.socket, int]]:
    """Give a listening socket on 127.0.0.1 and its port, closed at the end."""
    from etesian.core_loop.testing.ports import bind_unused_port  # noqa: PLC0415

    bound, port = bind_unused_port()
    with bound:
        yield bound, port


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test that asks for `io_loop` on it."""
    loop: Any = pyfuncitem.funcargs.get("io_loop")
    if loop is None or not _is_coroutine_test(pyfuncitem.obj):
        return None
    from etesian.core_loop.testing.case import default_timeout  # noqa: PLC0415

    wanted = inspect.signature(pyfuncitem.obj).parameters
    arguments: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in wanted}
    loop.run_sync(lambda: pyfuncitem.obj(**arguments), timeout=default_timeout())
    return True


def _is_coroutine_test(test: Any) -> bool:
    if inspect.iscoroutinefunction(test):
        return True
    from etesian.core_loop.gen import is_coroutine_function  # noqa: PLC0415

    return is_coroutine_function(test)
