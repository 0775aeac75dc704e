"""The first of several addresses that answers (RFC 8305, "Happy Eyeballs" version 2)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from etesian.streams.connecting import connect_socket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etesian.streams.resolver import Address

# Seconds. How long an attempt goes on alone before the next address is tried as well: the value
# recommended by RFC 8305 section 5.
CONNECTION_ATTEMPT_DELAY = 0.25


async def connect_first(
    addresses: Iterable[Address],
    source_ip: str | None = None,
    source_port: int | None = None,
    *,
    delay: float = CONNECTION_ATTEMPT_DELAY,
) -> socket.socket:
    """Give a non-blocking socket connected to one of ``addresses``.

    They are tried in their order with the families taking turns (section 4),
    each ``delay`` seconds after the one before or at once when that has
    failed; the first to connect wins, the others are closed, as all are when
    this is cancelled. ``source_ip`` and ``source_port`` bind the local end;
    addresses of another family than ``source_ip`` are left out.

    Raises the ``OSError`` of the first address when none can be connected.
    """
    race = _Race(source_ip, source_port)
    try:
        for address in _taking_turns(_of_family(addresses, source_ip)):
            race.start(address)
            await race.wait(delay)
            if race.winner is not None:
                break
        else:
            await race.wait(None)
        await race.end()
        return race.result()
    except BaseException:
        race.abandon()
        raise


class _Race:
    """Attempts to connect that run at the same time."""

    def __init__(self, source_ip: str | None, source_port: int | None) -> None:
        self._source_ip = source_ip
        self._source_port = source_port
        self._running: set[asyncio.Task[socket.socket]] = set()
        self._error: OSError | None = None
        self.winner: socket.socket | None = None

    def start(self, address: Address) -> None:
        self._running.add(asyncio.create_task(self._connect(address)))

    async def _connect(self, address: Address) -> socket.socket:
        family, sockaddr = address
        # By the protocol asyncio recognises a socket on which it sets TCP_NODELAY.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setblocking(False)
            if self._source_ip is not None or self._source_port is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((self._source_ip or "", self._source_port or 0))
            await connect_socket(sock, sockaddr)
        except BaseException:
            sock.close()
            raise
        return sock

    async def wait(self, delay: float | None) -> None:
        """Wait until one wins, or ``delay`` passed, or (with a delay) one failed, or all did."""
        while self._running and self.winner is None:
            done, self._running = await asyncio.wait(
                self._running, timeout=delay, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                self._note(task)
            if delay is not None:
                return

    def _note(self, task: asyncio.Task[socket.socket]) -> None:
        try:
            connected = task.result()
        except OSError as error:
            self._error = self._error or error
        else:
            if self.winner is None:
                self.winner = connected
            else:
                connected.close()

    def result(self) -> socket.socket:
        """Give the winner to the caller, or raise why there is none."""
        if self.winner is None:
            raise self._error or OSError("no address to connect to")
        winner, self.winner = self.winner, None
        return winner

    async def end(self) -> None:
        """Close all attempts that have not won, and wait until they are."""
        self._cancel()
        if self._running:
            await asyncio.wait(self._running)

    def abandon(self) -> None:
        """Close all, the winner too: nobody waits for them."""
        self._cancel()
        if self.winner is not None:
            self.winner.close()

    def _cancel(self) -> None:
        for task in self._running:
            task.cancel()
            # It may have connected before it hears of that.
            task.add_done_callback(_close_connected)


def _close_connected(task: asyncio.Task[socket.socket]) -> None:
    with contextlib.suppress(asyncio.CancelledError, OSError):
        task.result().close()


def _of_family(addresses: Iterable[Address], source_ip: str | None) -> list[Address]:
    """Leave out what cannot be reached from ``source_ip``."""
    if source_ip is None:
        return list(addresses)
    family = socket.AF_INET6 if ":" in source_ip else socket.AF_INET
    return [address for address in addresses if address[0] == family]


def _taking_turns(addresses: list[Address]) -> list[Address]:
    """Order them as: first of the first family, first of the other, second of the first."""
    first = [address for address in addresses if address[0] == addresses[0][0]]
    other = [address for address in addresses if address[0] != addresses[0][0]]
    turns = chain.from_iterable(zip_longest(first, other))
    return [address for address in turns if address is not None]
