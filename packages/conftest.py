"""What holds for the tests of every package."""  # noqa: INP001  pytest imports it as a file

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

try:
    from hypothesis import HealthCheck, settings
except ImportError:
    pass  # the sessions that ask about the repository install none
else:
    # How long an example takes, or is looked for, says first of all how busy the machine is.
    slowness = [HealthCheck.too_slow]
    settings.register_profile("untimed", deadline=None, suppress_health_check=slowness)
    settings.load_profile("untimed")


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait until a condition holds; ``TimeoutError`` when it does not within five seconds."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  any condition, of no event
                await asyncio.sleep(0.001)

    return wait


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[asyncio.Event, asyncio.Event]]:
    """Keep who is accepted from its protocol; the events tell of that, and end it."""

    def hold_up() -> tuple[asyncio.Event, asyncio.Event]:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, asyncio.SelectorEventLoop):
            pytest.skip("this loop connects in the moment in which it accepts")
        accepted, go_on = asyncio.Event(), asyncio.Event()
        connect_accepted_socket = loop.connect_accepted_socket

        async def later(**options: object) -> object:
            accepted.set()
            await go_on.wait()
            return await connect_accepted_socket(**options)  # type: ignore[arg-type]

        monkeypatch.setattr(loop, "connect_accepted_socket", later)
        return accepted, go_on

    return hold_up
