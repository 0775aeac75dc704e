"""A resolver on c-ares: look-ups that need no thread each (extra ``cares``)."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import pycares

from etesian.streams.resolver import Address, Resolver, names_without_address

# Seconds and tries. c-ares asks each server so often, waiting so long; its own defaults.
_TIMEOUT = 5.0
_TRIES = 3


class CaresResolver(Resolver):
    """Names are looked up by c-ares, which reads the system's ``hosts`` and DNS settings.

    It does not know the system's other sources (mDNS, NIS), and its order of
    addresses may differ from that of ``getaddrinfo``.
    """

    def initialize(self) -> None:
        """Open a channel; its own thread watches the sockets."""
        self.channel = pycares.Channel(timeout=_TIMEOUT, tries=_TRIES)

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of ``host``."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[list[Address]] = loop.create_future()

        def finish(result: Any, error: int | None) -> None:
            if answered.done():
                return
            if error is None:
                answered.set_result(_addresses(result))
            else:
                reason = f"C-Ares: {_text(pycares.errno.strerror(error))}: {host!r}"
                answered.set_exception(OSError(errno.ENOENT, reason))

        def answer(result: Any, error: int | None) -> None:
            # In the thread of the channel; the loop may have been closed meanwhile.
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish, result, error)

        with names_without_address(host):
            self.channel.getaddrinfo(
                host, port, family=family, type=socket.SOCK_STREAM, callback=answer
            )
        return await answered

    def close(self) -> None:
        """Close the channel; look-ups under way fail."""
        self.channel.close()


def _addresses(result: Any) -> list[Address]:
    """Put the nodes into the form of ``getaddrinfo``: text instead of bytes."""
    return [(node.family, (node.addr[0].decode("ascii"), *node.addr[1:])) for node in result.nodes]


def _text(message: str | bytes) -> str:
    return message.decode("ascii", "replace") if isinstance(message, bytes) else message
