"""Bodies that go both ways while the application runs, and its pool of threads."""

import asyncio
import contextlib
import threading

import pytest

from etesian.web import WSGIContainer
from etesian.web.wsgi.body_pipe import BodyPipe

HEAD = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"


@pytest.fixture
def run(serve):
    def start(application, **options):
        container = WSGIContainer(application, **options)
        return serve([(r"/.*", container)], {"max_body_size": 64 * 1024 * 1024})

    return start


async def until(condition):
    """Wait for what happens in another thread; fails after five seconds."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    assert condition()


@contextlib.asynccontextmanager
async def connected(site):
    reader, writer = await site.connect()
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_a_large_body_is_read_while_it_arrives_and_answered_meanwhile(run):
    """An echo of more than any buffer holds: neither side may wait for the end of the other."""

    def echo(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        body = environ["wsgi.input"]
        assert environ["CONTENT_LENGTH"] == str(len(piece) * 64)
        while chunk := body.read(50_000):
            yield chunk

    piece = bytes(range(256)) * 1024
    async with connected(run(echo)) as (reader, writer):
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % (len(piece) * 64))
        received = bytearray()

        async def read():
            while data := await reader.read(1 << 20):
                received.extend(data)

        reading = asyncio.ensure_future(read())
        for number in range(64):
            writer.write(piece)
            await writer.drain()
            if number == 32:
                await until(lambda: received)
        await reading
    body = bytes(received).partition(b"\r\n\r\n")[2]
    unframed = bytearray()
    while body:
        size, _, body = body.partition(b"\r\n")
        unframed += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    assert unframed == piece * 64


async def test_a_client_is_held_back_while_the_application_does_not_read(run):
    read_on = threading.Event()

    def slow(environ, start_response):
        read_on.wait(10)
        total = 0
        while chunk := environ["wsgi.input"].read(1 << 20):
            total += len(chunk)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(total).encode()]

    size = 40_000_000
    async with connected(run(slow)) as (reader, writer):
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % size)
        writer.write(b"x" * size)
        await asyncio.sleep(0.3)
        # What is not in the buffers of sockets and pipe is still ours.
        assert writer.transport.get_write_buffer_size() > size // 2
        read_on.set()
        async with asyncio.timeout(20):
            assert (await reader.read()).endswith(b"\r\n\r\n40000000")


async def test_a_small_body_takes_no_thread_before_it_is_complete(run):
    started = threading.Event()

    def application(environ, start_response):
        started.set()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["wsgi.input"].read(), b" ", environ["CONTENT_LENGTH"].encode()]

    async with connected(run(application)) as (reader, writer):
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await asyncio.sleep(0.05)
        assert not started.is_set()
        writer.write(b"2\r\nde\r\n0\r\n\r\n")
        assert (await reader.read()).endswith(b"\r\n\r\nabcde 5")


async def test_an_application_may_ignore_the_body(run):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"no thanks"]

    async with connected(run(application)) as (reader, writer):
        writer.write(
            HEAD.replace(b"Connection: close\r\n", b"") + b"Content-Length: 700000\r\n\r\n"
        )
        writer.write(b"x" * 700_000)
        async with asyncio.timeout(5):
            assert await reader.readuntil(b"no thanks")


async def test_a_client_that_leaves_in_the_body_is_an_oserror_for_the_reader(run, caplog):
    errors = []
    begun, ended = threading.Event(), threading.Event()

    def application(environ, start_response):
        begun.set()
        try:
            while environ["wsgi.input"].read(10_000):
                pass
        except OSError as error:
            errors.append(error)
            raise
        finally:
            ended.set()

    async with connected(run(application)) as (_, writer):
        writer.write(HEAD + b"Content-Length: 700000\r\n\r\n" + b"x" * 200_000)
        await writer.drain()
        assert await asyncio.to_thread(begun.wait, 5)
        await asyncio.sleep(0.05)
        writer.transport.abort()
    assert await asyncio.to_thread(ended.wait, 5)
    await asyncio.sleep(0.02)
    assert isinstance(errors[0], ConnectionResetError)
    assert "Uncaught" not in caplog.text


async def test_so_many_threads_and_so_many_who_wait_and_others_are_503(run):
    go_on = threading.Event()
    running = []
    most = []

    def application(environ, start_response):
        running.append(1)
        most.append(len(running))
        go_on.wait(10)
        running.pop()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]

    site = run(application, max_threads=2, max_waiting=5)
    requests = [asyncio.ensure_future(site.fetch("/")) for _ in range(8)]
    done, _ = await asyncio.wait(requests, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert {request.result().status for request in done} == {503}
    await until(lambda: sum(request.done() for request in requests) == 3)
    go_on.set()
    statuses = sorted([(await request).status for request in requests])
    assert statuses == [200] * 5 + [503] * 3
    assert max(most) == 2


async def test_what_waits_for_a_thread_is_not_run_for_a_client_that_left(run):
    go_on = threading.Event()
    seen = []

    def application(environ, start_response):
        seen.append(environ["PATH_INFO"])
        go_on.wait(10)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]

    site = run(application, max_threads=1)
    first = asyncio.ensure_future(site.fetch("/first"))
    await until(lambda: seen)
    async with asyncio.timeout(5):
        async with connected(site) as (_, writer):
            writer.write(b"GET /left HTTP/1.1\r\nHost: h\r\n\r\n")
            await asyncio.sleep(0.05)
            writer.transport.abort()
        await asyncio.sleep(0.05)
        go_on.set()
        assert (await first).status == 200
        assert (await site.fetch("/last")).status == 200
    assert seen == ["/first", "/last"]


@pytest.mark.spec("S190")
@pytest.mark.parametrize("given", [b"too short", b"far too long for that"])
async def test_a_body_of_another_length_than_announced_cuts_the_connection(run, given, caplog):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "12")])
        yield b""
        yield given

    async with connected(run(application)) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        body = b""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(5):
                body = (await reader.read()).partition(b"\r\n\r\n")[2]
    assert len(body) < 12
    await until(lambda: "HTTPOutputError" in caplog.text)


async def test_an_error_that_is_told_after_the_head_is_raised_for_the_application(run, caplog):
    import sys

    def application(environ, start_response):
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"begun")
        try:
            int("in the middle")
        except ValueError:
            start_response("500 Oh", [], sys.exc_info())
        return []

    raw = await run(application).exchange(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert b"begun" in raw
    assert not raw.endswith(b"0\r\n\r\n")
    assert "in the middle" in caplog.text


async def test_each_piece_is_sent_before_the_next_is_made(run):
    made = []
    received = [threading.Event() for _ in range(3)]

    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        for number in range(3):
            made.append(number)
            yield b"<%d>" % number
            received[number].wait(10)

    async with connected(run(application)) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        for number in range(3):
            await reader.readuntil(b"<%d>" % number)
            assert made[-1] == number
            received[number].set()
        assert await reader.read()


async def test_the_pipe_gives_room_when_it_was_read_and_when_it_is_closed(anyio_backend):
    pipe = BodyPipe(asyncio.get_running_loop())
    assert pipe.feed(b"x" * 1000) is None
    full = pipe.feed(b"x" * 300_000)
    assert not full.done()
    assert len(await asyncio.to_thread(pipe.read, 250_000)) == 250_000
    async with asyncio.timeout(5):
        await full
    full = pipe.feed(b"x" * 300_000)
    pipe.close()
    async with asyncio.timeout(5):
        await full
    assert pipe.feed(b"late") is None
    assert pipe.size == 0


async def test_a_reader_in_a_closed_pipe_is_woken(anyio_backend):
    pipe = BodyPipe(asyncio.get_running_loop())
    reading = asyncio.ensure_future(asyncio.to_thread(pipe.readinto, bytearray(10)))
    await asyncio.sleep(0.02)
    pipe.close()
    async with asyncio.timeout(5):
        with pytest.raises(ConnectionResetError):
            await reading
