"""A bound on what is awaited, which names the option that set it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from etesian.http_wire.client.errors import HTTPTimeoutError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["time_limit"]


@asynccontextmanager
async def time_limit(
    seconds: float, option: str, phase: str, *, left: float | None = None
) -> AsyncIterator[None]:
    """Cancel the block after so many seconds, or after those that are ``left`` of them.

    0 seconds are without limit.

    Raises :class:`HTTPTimeoutError` for it, with the phase and the option in
    its message; what the block raises, also a ``TimeoutError``, is left alone.
    """
    limit = asyncio.timeout((seconds if left is None else left) if seconds else None)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise  # of the system, say, where nothing answered an attempt to connect
        raise HTTPTimeoutError(f"timed out {phase}, {option} is {seconds:g} seconds") from error
