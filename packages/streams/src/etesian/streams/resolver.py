"""From names to addresses."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, TypeAlias

Address: TypeAlias = "tuple[int, tuple[Any, ...]]"
"""An address family and what ``connect`` takes for it."""


class Resolver:
    """Names are looked up by the loop's ``getaddrinfo``, in its threads."""

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of ``host``, in the order in which they should be tried.

        Raises ``OSError`` when there are none.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        return [(one_family, sockaddr) for one_family, _, _, _, sockaddr in found]

    def close(self) -> None:
        """Release what the resolver holds."""
