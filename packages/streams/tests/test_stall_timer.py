from __future__ import annotations

import asyncio
import time
import tracemalloc

import pytest

from etesian.streams import SSLIOStream, StreamClosedError, TCPClient, TCPServer
from etesian.streams.stall_timer import StallTimer


@pytest.mark.spec("S083")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_peer_that_takes_nothing_is_given_up(tls, server_context, client_context, serving):
    ended = asyncio.get_running_loop().create_future()

    class Server(TCPServer):
        async def handle_stream(self, stream, address):
            try:
                await stream.write(b"x" * 20_000_000)
            except StreamClosedError as error:
                ended.set_result((stream, error))

    server = Server(ssl_options=server_context if tls else None, write_timeout=0.1)
    async with serving(server) as port:
        client = await TCPClient().connect(
            "localhost" if tls else "127.0.0.1", port, ssl_options=client_context if tls else None
        )
        assert isinstance(client, SSLIOStream) == tls
        stream, error = await asyncio.wait_for(ended, 5)
        client.close()
        await asyncio.sleep(0)
    assert isinstance(error.real_error, TimeoutError)
    assert stream.closed()
    assert stream.error is error.real_error
    assert stream._writer.waiting == 0


@pytest.mark.spec("S083")
async def test_a_slow_peer_that_takes_something_is_waited_for(connected):
    near, far = await connected(read_chunk_size=65536)
    near.write_timeout = 0.4
    written = near.write(b"x" * 12_000_000)
    missing = 12_000_000
    started = time.monotonic()
    while missing:
        missing -= len(await far.read_bytes(1_000_000))
        await asyncio.sleep(0.1)
    await written
    assert time.monotonic() - started > 1
    assert near._stall_timer is None
    assert not near.closed()


async def test_a_timer_gives_up_once_what_waits_becomes_no_less(eventually):
    waiting, given_up = [100, 50, 50], []
    StallTimer(0.01, lambda: waiting.pop(0), lambda: given_up.append(True))
    await eventually(lambda: given_up)
    assert waiting == []


async def test_a_cancelled_timer_does_nothing():
    given_up = []
    StallTimer(0, lambda: 1, lambda: given_up.append(True)).cancel()
    await asyncio.sleep(0.01)
    assert given_up == []


async def test_a_reader_that_stalls_bounds_what_100_megabytes_hold(connected):
    near, far = await connected()
    piece, count = b"x" * 100_000, 1000
    sent = 0

    async def send():
        nonlocal sent
        for _ in range(count):
            await near.write(piece)
            sent += 1

    tracemalloc.start()
    try:
        sending = asyncio.create_task(send())
        received = len(await far.read_bytes(1_000_000))
        last = -1
        while sent != last:
            last = sent
            await asyncio.sleep(0.1)
        assert 10 <= sent < count / 2, "the reader stalls, the writer must as well"
        assert near._writer.waiting <= 64 * 1024 + len(piece)
        while received < count * len(piece):
            received += len(await far.read_bytes(1_000_000))
        await sending
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # One read of a million bytes, its copy, and what is under way on both sides.
    assert most < 5_000_000
    assert received == count * len(piece)
