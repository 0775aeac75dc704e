"""The in-memory connection, held against a real one: the same is done to both."""

import asyncio
import socket

import pytest

from etesian.web.testing.memory_transport import connect_in_memory


class Recorder(asyncio.Protocol):
    """Notes what a transport tells it."""

    def __init__(self, *, keeps_open=False):
        self.received = bytearray()
        self.calls = []
        self.keeps_open = keeps_open
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.calls.append("made")

    def data_received(self, data):
        self.received += data

    def eof_received(self):
        self.calls.append("eof")
        return self.keeps_open

    def connection_lost(self, exc):
        self.calls.append("lost")
        self.lost.set_result(exc)

    def pause_writing(self):
        self.calls.append("pause")

    def resume_writing(self):
        self.calls.append("resume")


async def _by_sockets(one, other):
    loop = asyncio.get_running_loop()
    sockets = socket.socketpair()
    for sock, protocol in zip(sockets, (one, other), strict=True):
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        await loop.create_unix_connection(lambda kept=protocol: kept, sock=sock)


@pytest.fixture(params=["memory", "sockets"])
async def pair(request, anyio_backend):
    """Give a function that connects two protocols."""
    made = []

    async def connect(**options):
        one, other = Recorder(), Recorder(**options)
        if request.param == "memory":
            addresses = {"address_of_one": ("a", 1), "address_of_other": ("b", 2)}
            connect_in_memory(one, other, **addresses)
        else:
            await _by_sockets(one, other)
        made.extend([one, other])
        return one, other

    yield connect
    for protocol in made:
        protocol.transport.abort()
    for protocol in made:
        await protocol.lost


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.001)


async def test_bytes_arrive_in_a_later_turn_and_in_order(pair):
    one, other = await pair()
    one.transport.write(b"first ")
    one.transport.writelines([b"second ", memoryview(b"third")])
    await until(lambda: other.received == b"first second third")
    assert one.calls == other.calls == ["made"]


async def test_a_close_comes_after_what_was_written(pair):
    one, other = await pair()
    one.transport.write(b"last words")
    one.transport.close()
    assert one.transport.is_closing()
    assert await other.lost is None
    assert await one.lost is None
    assert other.received == b"last words"
    assert other.calls == ["made", "eof", "lost"]
    assert one.calls == ["made", "lost"]


async def test_one_direction_ends_alone(pair):
    one, other = await pair(keeps_open=True)
    assert one.transport.can_write_eof()
    one.transport.write_eof()
    await until(lambda: other.calls == ["made", "eof"])
    other.transport.write(b"answer")
    await until(lambda: one.received == b"answer")
    other.transport.close()
    await other.lost
    await one.lost
    assert one.calls == ["made", "eof", "lost"]


async def test_writers_pause_while_the_reader_does(pair):
    one, other = await pair()
    other.transport.pause_reading()
    assert not other.transport.is_reading()
    one.transport.write(bytes(1_000_000))
    assert one.calls == ["made", "pause"]
    await asyncio.sleep(0.01)
    assert one.transport.get_write_buffer_size() > one.transport.get_write_buffer_limits()[1]
    other.transport.resume_reading()
    await until(lambda: len(other.received) == 1_000_000)
    await until(lambda: one.calls == ["made", "pause", "resume"])
    assert one.transport.get_write_buffer_size() == 0


async def test_an_abort_is_the_end_of_both(pair):
    one, other = await pair()
    other.transport.pause_reading()
    one.transport.write(bytes(10_000_000))
    one.transport.abort()
    await one.lost
    other.transport.resume_reading()
    await other.lost
    assert len(other.received) < 10_000_000


async def test_who_writes_to_a_closed_end_learns_of_it(pair):
    one, other = await pair(keeps_open=True)
    one.transport.close()
    await until(lambda: "eof" in other.calls)
    other.transport.write(b"into the void")
    other.transport.write(b"and again")
    assert isinstance(await other.lost, ConnectionError | None)


async def test_another_protocol_takes_over(pair):
    one, other = await pair()
    successor = Recorder()
    other.transport.set_protocol(successor)
    assert other.transport.get_protocol() is successor
    one.transport.write(b"to the new one")
    await until(lambda: successor.received == b"to the new one")
    other.transport.set_protocol(other)


async def test_a_buffered_protocol_is_fed_through_its_buffer():
    class Buffered(asyncio.BufferedProtocol):
        def __init__(self):
            self.buffer = bytearray(4)
            self.received = bytearray()

        def get_buffer(self, sizehint):
            return self.buffer

        def buffer_updated(self, nbytes):
            self.received += self.buffer[:nbytes]

    one, other = Recorder(), Buffered()
    first, second = connect_in_memory(
        one, other, address_of_one=("a", 1), address_of_other=("b", 2)
    )
    first.write(b"longer than its buffer")
    await until(lambda: other.received == b"longer than its buffer")
    assert second.get_extra_info("peername") == ("a", 1)
    assert second.get_extra_info("socket") is None
    first.close()
    first.write(b"never")
    await one.lost
    assert other.received == b"longer than its buffer"
