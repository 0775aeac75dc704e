"""A pytest plug-in: loops, ports and expected log records as fixtures.

Installing the distribution makes pytest load it. A test that asks for `io_loop` and is a
coroutine function, or a generator under ``gen.coroutine``, runs on that loop, whatever other
plug-ins there are; other tests are left to those.

Such a test fails that leaves a task pending or a socket open, and is told where that was made.
``etesian_leak_check = false`` in the configuration of pytest turns this off, and
``@pytest.mark.etesian(leak_check=False)`` for one test. Where a test failed anyhow nothing more is
said.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

# Everything of this distribution is imported by the fixtures: pytest loads this module in
# every project of the environment, also in those that use none of it.
if TYPE_CHECKING:
    import socket
    from collections.abc import Generator, Iterator

    from etesian.core_loop.ioloop import IOLoop

__all__ = ["io_loop", "unused_port_socket"]

# Whether the test itself has failed, kept with it.
_FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the settings of a project."""
    parser.addini(
        "etesian_leak_check",
        "whether a test with an io_loop fails that leaves a task pending or a socket open",
        type="bool",
        default=True,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line(
        "markers",
        "etesian(*, leak_check, in_process): whether tasks and sockets that the test leaves behind "
        "fail it; whether http_client reaches http_server without a socket",
    )


@pytest.fixture
def io_loop(request: pytest.FixtureRequest) -> Iterator[IOLoop]:
    """Give a new IOLoop, current for the test; at its end tasks are cancelled, it is closed."""
    from etesian.core_loop.ioloop import IOLoop  # noqa: PLC0415
    from etesian.core_loop.testing.case import cancel_all  # noqa: PLC0415
    from etesian.core_loop.testing.leaks import LeakCheck  # noqa: PLC0415

    loop = IOLoop(make_current=False)
    loop.make_current()
    check = LeakCheck(loop.asyncio_loop)
    # Here, because what the other fixtures of the test made is closed by the time that this ends.
    check.begin()
    yield loop
    leaks = check.end()
    if not loop.asyncio_loop.is_closed():
        cancel_all(loop.asyncio_loop)
        loop.close(all_fds=True)
    if leaks and _checks_leaks(request) and not request.node.stash.get(_FAILED, False):
        pytest.fail("the test left behind " + "\n  and ".join(leaks), pytrace=False)


def _checks_leaks(request: pytest.FixtureRequest) -> bool:
    for marker in request.node.iter_markers("etesian"):
        if "leak_check" in marker.kwargs:
            return bool(marker.kwargs["leak_check"])
    return bool(request.config.getini("etesian_leak_check"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, object]:
    """Remember whether a test has failed."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture
def unused_port_socket() -> Iterator[tuple[socket.socket, int]]:
    """Give a listening socket on 127.0.0.1 and its port, closed at the end."""
    from etesian.core_loop.testing.ports import bind_unused_port  # noqa: PLC0415

    bound, port = bind_unused_port()
    with bound:
        yield bound, port


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a coroutine test that asks for `io_loop` on it.

    A wrapper, which comes before other plug-ins that would run any coroutine test on loops of
    their own, as anyio does in its auto mode: they see a plain function.
    """
    loop: Any = pyfuncitem.funcargs.get("io_loop")
    test: Any = pyfuncitem.obj
    if loop is None or not _is_coroutine_test(test):
        return (yield)
    from etesian.core_loop.testing.case import default_timeout  # noqa: PLC0415

    def run(**arguments: Any) -> None:
        loop.run_sync(lambda: test(**arguments), timeout=default_timeout())

    pyfuncitem.obj = run
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test


def _is_coroutine_test(test: Any) -> bool:
    if inspect.iscoroutinefunction(test):
        return True
    from etesian.core_loop.gen import is_coroutine_function  # noqa: PLC0415

    return is_coroutine_function(test)
