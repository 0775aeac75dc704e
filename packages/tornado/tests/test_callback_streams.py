"""The callback style of streams, between a server and a client on one loop."""

from __future__ import annotations

import datetime as dt
import errno
import socket

import pytest

from etesian.tornado import gen
from etesian.tornado.ioloop import IOLoop
from etesian.tornado.iostream import IOStream
from etesian.tornado.netutil import Resolver, bind_sockets
from etesian.tornado.tcpclient import TCPClient
from etesian.tornado.tcpserver import TCPServer


@pytest.fixture
def loop():
    loop = IOLoop(make_current=True)
    yield loop
    loop.close()
    IOLoop.clear_current()


@pytest.fixture
def pair(loop):
    """A server whose accepted stream is ``pair[0]``, and a client connected to it."""
    accepted = []

    class Server(TCPServer):
        def handle_stream(self, stream, address):
            accepted.append(stream)

    server = Server(io_loop=loop)
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)

    async def connect():
        client = await TCPClient().connect("127.0.0.1", sockets[0].getsockname()[1])
        while not accepted:
            await gen.sleep(0.001)
        return accepted[0], client

    both = loop.run_sync(connect)
    yield both
    for stream in (both[1], *accepted):
        stream.close()
    server.stop()
    loop.run_sync(lambda: gen.sleep(0.01))


def turn(loop, seconds=0.03):
    async def turns():
        # So many, also where the process was stopped meanwhile and all the time is over at once.
        for _ in range(10):
            await gen.sleep(seconds / 10)

    loop.run_sync(turns)


def test_streams_of_servers_and_clients_are_of_the_documented_class(pair):
    assert all(isinstance(stream, IOStream) for stream in pair)


@pytest.mark.spec("B-STR-041")
def test_reads_call_back_from_the_loop(loop, pair):
    server, client = pair
    seen = []
    client.write(b"line\n12345abc!rest")
    turn(loop)

    def begin():
        assert server.read_until(b"\n", seen.append) is None
        assert seen == []

    loop.add_callback(begin)
    turn(loop)
    server.read_bytes(5, callback=seen.append)
    turn(loop)
    server.read_until_regex(b"[a-z]+!", seen.append)
    turn(loop)
    server.read_until_close(seen.append)
    client.close()
    turn(loop)
    assert seen == [b"line\n", b"12345", b"abc!", b"rest"]


def test_the_order_of_arguments_of_6_x_is_understood_too(loop, pair):
    server, client = pair

    async def main():
        await client.write(b"line\nabc")
        assert await server.read_until(b"\n", 100) == b"line\n"
        assert await server.read_bytes(100, partial=True) == b"abc"

    loop.run_sync(main)


@pytest.mark.spec("B-STR-011")
def test_a_streaming_callback_gets_the_pieces_and_the_result_is_empty(loop, pair):
    server, client = pair
    pieces, results = [], []
    server.read_bytes(6, callback=results.append, streaming_callback=pieces.append)
    for piece in (b"abc", b"def", b"tail"):
        client.write(piece)
        turn(loop, 0.01)
    assert (b"".join(pieces), results) == (b"abcdef", [b""])
    server.read_until_close(results.append, pieces.append)
    client.close()
    turn(loop)
    assert (b"".join(pieces), results) == (b"abcdeftail", [b"", b""])


@pytest.mark.spec("B-STR-007", "B-STR-009", "B-STR-010")
def test_the_last_piece_before_the_end_goes_to_the_streaming_callback(loop, pair):
    server, client = pair
    pieces = []
    reading = server.read_until_close(streaming_callback=pieces.append)
    client.write(b"first")
    turn(loop, 0.01)
    assert pieces == [b"first"]
    client.write(b"last")
    client.close()

    async def end():
        return await reading

    assert loop.run_sync(end) == b""
    assert b"".join(pieces) == b"firstlast"


@pytest.mark.spec("B-STR-029")
def test_a_newer_write_callback_replaces_the_older(loop, pair):
    _, client = pair
    seen = []

    def begin():
        client.write(b"a", lambda: seen.append("older"))
        client.write(b"b", lambda: seen.append("newer"))

    loop.add_callback(begin)
    turn(loop)
    assert seen == ["newer"]


@pytest.mark.spec("B-STR-044")
def test_a_failed_connection_calls_the_close_callback_alone(loop):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    seen = []
    stream = IOStream(socket.socket(), io_loop=loop)
    stream.set_close_callback(lambda: seen.append("closed"))
    stream.connect(("127.0.0.1", port), callback=lambda: seen.append("connected"))
    turn(loop)
    assert seen == ["closed"]


def test_a_closed_stream_calls_no_read_callback(loop, pair):
    server, client = pair
    seen = []
    server.set_close_callback(lambda: seen.append("closed"))
    server.read_bytes(10, seen.append)
    client.close()
    turn(loop)
    assert seen == ["closed"]


def test_connect_calls_back_without_arguments(loop, pair):
    server, _ = pair
    seen = []
    stream = IOStream(socket.socket())
    stream.connect(server.socket.getsockname(), lambda: seen.append("connected"))
    turn(loop)
    stream.close()
    turn(loop, 0.01)
    assert seen == ["connected"]


@pytest.mark.parametrize("timeout", [0.02, dt.timedelta(milliseconds=20)])
def test_connecting_ends_with_the_error_of_tornado(loop, timeout):
    # A listening socket with a full queue.
    with socket.socket() as silent, socket.socket() as first, socket.socket() as second:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(silent.getsockname())
        with pytest.raises(gen.TimeoutError, match=r"in 0\.02 s"):
            loop.run_sync(lambda: TCPClient().connect(*silent.getsockname(), timeout=timeout))
    with pytest.raises(ConnectionRefusedError):
        loop.run_sync(lambda: TCPClient().connect("127.0.0.1", _unused_port(), timeout=timeout))


def _unused_port():
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def test_a_timeout_of_the_system_stays_what_it_is(loop):
    class Unanswered(Resolver):
        async def resolve(self, host, port, family=socket.AF_UNSPEC):
            raise TimeoutError(errno.ETIMEDOUT, "the peer does not answer")

    with pytest.raises(TimeoutError) as caught:
        loop.run_sync(lambda: TCPClient(Unanswered()).connect("silent.example", 80, timeout=10))
    assert caught.value.errno == errno.ETIMEDOUT
