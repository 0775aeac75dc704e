"""The limit of a block, and what is not it."""

from __future__ import annotations

import asyncio
import errno

import pytest

from etesian.http_wire.client.errors import HTTPTimeoutError
from etesian.http_wire.client.time_limit import time_limit


async def test_the_message_names_the_phase_and_the_option():
    with pytest.raises(HTTPTimeoutError, match=r"^timed out while asleep, nap is 0\.01 seconds$"):
        async with time_limit(0.01, "nap", "while asleep"):
            await asyncio.sleep(10)


async def test_zero_is_no_limit():
    async with time_limit(0, "nap", "while asleep"):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("seconds", [0, 10])
async def test_a_timeout_of_the_system_is_not_called_ours(seconds):
    with pytest.raises(TimeoutError) as caught:
        async with time_limit(seconds, "nap", "while asleep"):
            raise OSError(errno.ETIMEDOUT, "Connection timed out")
    assert caught.value.errno == errno.ETIMEDOUT


async def test_cancellation_is_none():
    async def nap():
        async with time_limit(10, "nap", "while asleep"):
            await asyncio.sleep(10)

    task = asyncio.ensure_future(nap())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
