from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from etesian.core_loop import IOLoop, loop_registry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture(params=["asyncio", "uvloop"])
def ioloop(request: pytest.FixtureRequest) -> Iterator[IOLoop]:
    """A loop that does not run, current on the test's thread."""
    before = IOLoop.configured_class()
    IOLoop.configure(request.param)
    loop = IOLoop(make_current=True)
    yield loop
    IOLoop.configure(before)
    loop.close()
    assert loop_registry.on_this_thread() is None
