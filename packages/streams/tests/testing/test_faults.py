from __future__ import annotations

import asyncio
import socket

import pytest

from etesian.streams import IOStream, StreamClosedError, TCPServer
from etesian.streams.testing import Faults, FaultyRelay, FaultyStream, stream_pair


@pytest.fixture
async def faulty():
    """``near, far = faulty(**faults of near)``."""
    opened = []

    def make(**faults):
        here, there = socket.socketpair()
        near, far = FaultyStream(here, **faults), IOStream(there)
        opened.extend([near, far])
        return near, far

    yield make
    for stream in opened:
        stream.close()
    await asyncio.sleep(0.01)


def test_faults_cut_at_their_position_whatever_the_pieces():
    faults = Faults(chunk_size=2, stall_after=5)
    assert list(faults.cut(b"abcdefgh", 0)) == [b"ab", b"cd", b"e"]
    assert list(faults.cut(b"defgh", 3)) == [b"de"]
    assert list(faults.cut(b"gh", 6)) == []
    assert list(Faults().cut(b"abc", 10)) == [b"abc"]


async def test_single_bytes_arrive_one_by_one(faulty):
    near, far = faulty(incoming=Faults(chunk_size=1))
    await far.write(b"abc")
    assert await near.read_bytes(3, partial=True) == b"a"
    assert await near.read_bytes(2) == b"bc"


async def test_short_writes_still_send_all(faulty):
    near, far = faulty(outgoing=Faults(chunk_size=3))
    await near.write(b"x" * 1000)
    assert await far.read_bytes(1000) == b"x" * 1000


async def test_a_reset_comes_at_its_byte(faulty):
    near, far = faulty(incoming=Faults(reset_after=3))
    await far.write(b"abcdef")
    with pytest.raises(StreamClosedError) as caught:
        await near.read_bytes(4)
    assert isinstance(caught.value.real_error, ConnectionResetError)
    assert await near.read_bytes(3) == b"abc"


async def test_a_stall_leaves_the_connection_open(faulty):
    near, far = faulty(incoming=Faults(stall_after=3))
    await far.write(b"abcdef")
    assert await near.read_bytes(3) == b"abc"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(near.read_bytes(1), 0.03)
    assert not near.closed()


async def test_an_end_comes_at_its_byte(faulty):
    near, far = faulty(outgoing=Faults(end_after=3))
    near.write(b"abcdef")
    assert await far.read_until_close() == b"abc"
    near, far = faulty(incoming=Faults(end_after=3))
    far.write(b"abcdef")
    assert await near.read_until_close() == b"abc"


async def test_a_pair_is_connected():
    near, far = stream_pair()
    await near.write(b"x")
    assert await far.read_bytes(1) == b"x"
    near.close()
    far.close()
    await asyncio.sleep(0.01)


class _Echo(TCPServer):
    def __init__(self):
        super().__init__()
        self.streams = []

    async def handle_stream(self, stream, address):
        self.streams.append(stream)
        while True:
            await stream.write(await stream.read_until(b"\n"))


@pytest.fixture
async def relayed(serving):
    """``async with relayed(**faults) as stream``: a client of an echo server behind a relay."""
    import contextlib

    @contextlib.asynccontextmanager
    async def connect(**faults):
        server = _Echo()
        async with serving(server) as port, FaultyRelay("127.0.0.1", port, **faults) as relay:
            stream = IOStream(socket.socket())
            await stream.connect(("127.0.0.1", relay.port))
            yield stream
            stream.close()

    return connect


async def test_a_relay_without_faults_passes_everything_on(relayed):
    async with relayed() as stream:
        line = b"x" * 1_000_000 + b"\n"
        stream.write(line)
        assert await stream.read_until(b"\n") == line


@pytest.mark.parametrize("direction", ["upward", "downward"])
async def test_a_relay_has_the_faults_of_each_direction(relayed, direction):
    async with relayed(**{direction: Faults(chunk_size=1)}) as stream:
        await stream.write(b"a line\n")
        assert await stream.read_until(b"\n") == b"a line\n"
    async with relayed(**{direction: Faults(reset_after=4)}) as stream:
        await stream.write(b"a line\n")
        with pytest.raises(StreamClosedError) as caught:
            await stream.read_until(b"\n")
        assert isinstance(caught.value.real_error, ConnectionResetError) or direction == "upward"
    async with relayed(**{direction: Faults(stall_after=4)}) as stream:
        await stream.write(b"a line\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.read_until(b"\n"), 0.05)


async def test_a_relay_to_nowhere_closes_the_connection():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with FaultyRelay("127.0.0.1", unused.getsockname()[1]) as relay:
            stream = IOStream(socket.socket())
            await stream.connect(("127.0.0.1", relay.port))
            with pytest.raises(StreamClosedError):
                await stream.read_bytes(1)
