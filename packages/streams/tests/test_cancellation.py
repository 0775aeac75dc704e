"""Whatever turn of the loop a cancellation comes in, nothing stays open behind it."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from etesian.streams import StreamClosedError, TCPClient, TCPServer

# More turns of the loop than most of these operations take on loopback. Where the kernel has other
# things to do, or a thread does, they take more: those are tried ever more coarsely.
TURNS = 60

# Rounds in which the cancellation comes after the end.
ROUNDS_AFTER = 5


def open_sockets():
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += descriptor.readlink().name.startswith("socket:")
    return found


class Speaking(TCPServer):
    """Says a line to everybody and holds the connection until the peer ends it."""

    async def handle_stream(self, stream, address):
        with contextlib.suppress(StreamClosedError):
            await stream.write(b"hello\n")
            await stream.read_until_close()


class Upgrading(TCPServer):
    """Goes over to TLS when it is asked to."""

    def __init__(self, context):
        super().__init__()
        self.context = context

    async def handle_stream(self, stream, address):
        with contextlib.suppress(StreamClosedError):
            await stream.read_until(b"\n")
            await stream.write(b"ready\n")
            secured = await stream.start_tls(server_side=True, ssl_options=self.context)
            await secured.read_until_close()


async def cancelled_at_every_turn(operation, settled):
    """Cancel ``operation`` in one turn after the other, until it has ended; give how many did."""
    cancelled = after = turns = 0
    async with asyncio.timeout(30):
        while after < ROUNDS_AFTER:
            streams = []
            task = asyncio.get_running_loop().create_task(operation(streams))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            cancelled += task.cancelled()
            after += not task.cancelled()
            turns += 1 if turns < TURNS else turns
            for stream in streams:
                stream.close()
            await settled()
    return cancelled


@pytest.fixture
def settled(eventually):
    """Wait until there are as many sockets as there were at the first call."""
    at_first = None

    async def wait():
        nonlocal at_first
        if at_first is None:
            at_first = open_sockets()
        await eventually(lambda: open_sockets() <= at_first)

    return wait


async def test_connecting(serving, settled):
    client = TCPClient()
    async with serving(Speaking()) as port:
        await settled()

        async def connect(streams):
            streams.append(await client.connect("127.0.0.1", port))

        assert await cancelled_at_every_turn(connect, settled) > 0


async def test_connecting_by_a_name_over_tls(serving, settled, server_context, client_context):
    client = TCPClient()
    await client.resolver.resolve("localhost", 80)
    async with serving(Speaking(ssl_options=server_context)) as port:
        await settled()

        async def connect(streams):
            streams.append(await client.connect("localhost", port, ssl_options=client_context))

        assert await cancelled_at_every_turn(connect, settled) > 0
    client.close()


async def test_going_over_to_tls(serving, settled, server_context, client_context):
    client = TCPClient()
    async with serving(Upgrading(server_context)) as port:
        await settled()

        async def upgrade(streams):
            stream = await client.connect("127.0.0.1", port)
            streams.append(stream)
            await stream.write(b"go\n")
            await stream.read_until(b"\n")
            streams.append(await stream.start_tls(False, client_context, "localhost"))

        assert await cancelled_at_every_turn(upgrade, settled) > 0


async def test_reading_and_writing(serving, settled):
    client = TCPClient()
    async with serving(Speaking()) as port:
        await settled()

        async def read_and_write(streams):
            stream = await client.connect("127.0.0.1", port)
            streams.append(stream)
            await stream.write(b"x" * 1000)
            await stream.read_until(b"\n")

        assert await cancelled_at_every_turn(read_and_write, settled) > 0
