"""A task that awaits a read goes on where its bytes arrive, and is an ordinary task."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import signal
import subprocess
import sys
import textwrap

import pytest

from etesian.streams import StreamClosedError
from etesian.streams.delivery import deliver, is_awaited


@pytest.fixture
def from_loop():
    """``await from_loop(function, ...)``: call it in a callback of the loop, give its result."""

    async def call(function, *args):
        loop = asyncio.get_running_loop()
        result = loop.create_future()
        loop.call_soon(lambda: result.set_result(function(*args)))
        return await result

    return call


@pytest.fixture
def reader():
    """``await reader(stream)``: a task that reads lines into a list, which waits now."""
    tasks = []

    async def start(stream):
        lines = []

        async def read():
            while True:
                lines.append(await stream.read_until(b"\n"))

        tasks.append(asyncio.create_task(read()))
        await asyncio.sleep(0)
        return lines, tasks[-1]

    yield start
    for task in tasks:
        task.cancel()


async def test_a_reader_goes_on_in_the_call_that_brings_its_bytes(connected, reader, from_loop):
    near, _ = await connected()
    lines, _ = await reader(near)

    def arrive():
        near.data_received(b"one\ntwo\nthr")
        return list(lines)

    assert await from_loop(arrive) == [b"one\n", b"two\n"]
    assert near.reading()


async def test_a_reader_is_not_run_inside_another_task(connected, reader, eventually):
    near, _ = await connected()
    lines, task = await reader(near)
    near.data_received(b"one\n")
    assert lines == []
    assert asyncio.current_task() is not task
    await eventually(lambda: lines == [b"one\n"])


async def test_a_reader_has_its_task_and_its_context(connected, from_loop):
    near, _ = await connected()
    name = contextvars.ContextVar("name", default="nobody's")
    seen = []

    async def read():
        name.set("the reader's")
        await near.read_until(b"\n")
        seen.append((asyncio.current_task(), name.get()))

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    assert await from_loop(lambda: (near.data_received(b"x\n"), name.get())[1]) == "nobody's"
    assert seen == [(task, "the reader's")]


async def test_a_reader_can_await_anything_next(connected, from_loop):
    near, _ = await connected()
    done = []

    async def read():
        await near.read_until(b"\n")
        await asyncio.sleep(0.001)
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await near.read_until(b"\n")
        done.append(await asyncio.to_thread(lambda: 7))

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    await from_loop(near.data_received, b"x\nrest")
    await task
    assert done == [7]
    assert await near.read_bytes(4) == b"rest"


async def test_a_reader_can_be_cancelled_at_each_read(connected, reader, from_loop):
    near, _ = await connected()
    lines, task = await reader(near)
    await from_loop(near.data_received, b"one\nrest")
    assert lines == [b"one\n"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not near.reading()
    assert await near.read_bytes(4) == b"rest"


@pytest.mark.parametrize("first", ["bytes", "cancel"])
async def test_bytes_and_a_cancellation_in_one_turn_lose_nothing(connected, reader, first):
    near, _ = await connected()
    lines, task = await reader(near)
    loop = asyncio.get_running_loop()
    calls = [lambda: near.data_received(b"one\n"), task.cancel]
    for call in calls if first == "bytes" else reversed(calls):
        loop.call_soon(call)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert lines == ([b"one\n"] if first == "bytes" else [])
    if first == "cancel":
        assert await near.read_until(b"\n") == b"one\n"


async def test_a_reader_may_close_the_stream_that_woke_it(connected, from_loop):
    near, far = await connected()

    async def read():
        await near.read_until(b"\n")
        near.write(b"bye")
        near.close()

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    await from_loop(near.data_received, b"x\n" + b"y" * 100_000)
    await task
    assert await far.read_until_close() == b"bye"
    with pytest.raises(StreamClosedError):
        await near.read_until(b"\n")


async def test_what_a_reader_wrote_is_sent_when_it_waits_for_anything(connected, from_loop):
    near, far = await connected()
    others = asyncio.Event()

    async def answer():
        for _ in range(2):
            near.write(await near.read_until(b"\n"))
        await others.wait()
        near.write(await near.read_until(b"\n"))

    task = asyncio.create_task(answer())
    await asyncio.sleep(0)

    def arrive():
        near.data_received(b"1\n2\n3\n4")
        return list(near._writer.held)

    assert await from_loop(arrive) == []
    assert await far.read_bytes(4) == b"1\n2\n"
    # Written in a turn of its own, where nothing comes after it that could send it.
    others.set()
    await task
    assert await asyncio.wait_for(far.read_bytes(2), 1) == b"3\n"


async def test_others_than_tasks_are_told_by_the_loop(connected, from_loop):
    near, _ = await connected()
    told = []
    read = near.read_until(b"\n")
    read.add_done_callback(told.append)

    def arrive():
        near.data_received(b"x\n")
        return list(told)

    assert await from_loop(arrive) == []
    await asyncio.sleep(0)
    assert told == [read]


async def test_two_tasks_may_await_one_read(connected, from_loop):
    near, _ = await connected()
    read = near.read_until(b"\n")
    tasks = [asyncio.create_task(asyncio.wait_for(asyncio.shield(read), 1)) for _ in range(2)]
    await asyncio.sleep(0)
    await from_loop(near.data_received, b"x\n")
    assert await asyncio.gather(*tasks) == [b"x\n", b"x\n"]


async def test_an_error_of_a_reader_is_that_of_its_task(connected, from_loop, caplog):
    near, _ = await connected()

    async def read():
        await near.read_until(b"\n")
        raise ZeroDivisionError

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    with caplog.at_level(logging.DEBUG):
        await from_loop(near.data_received, b"x\n")
    with pytest.raises(ZeroDivisionError):
        await task
    assert not near.closed()
    assert caplog.messages == []


async def test_a_future_that_hides_who_waits_is_finished_like_any(from_loop):
    class Hiding:
        """All of a future but its callbacks."""

        def set_result(self, result):
            self.result = result

    hiding = Hiding()
    assert not is_awaited(hiding)
    await from_loop(deliver, 7, hiding)
    assert hiding.result == 7


@pytest.mark.parametrize("error", ["SystemExit(7)", "KeyboardInterrupt"])
@pytest.mark.parametrize("new_event_loop", ["asyncio.new_event_loop", "uvloop.new_event_loop"])
def test_a_reader_can_end_the_process(new_event_loop, error):
    program = f"""
        import asyncio, uvloop
        from etesian.streams import IOStream, TCPServer, bind_sockets

        class Server(TCPServer):
            stream = None

            async def handle_stream(self, stream, address):
                self.stream = stream
                await stream.read_until(b"\\n")
                raise {error}

        async def main():
            sockets = bind_sockets(0, "127.0.0.1")
            server = Server()
            server.add_sockets(sockets)
            _, writer = await asyncio.open_connection(*sockets[0].getsockname())
            # So that the transport brings the bytes to a task that awaits them.
            while server.stream is None or not server.stream.reading():
                await asyncio.sleep(0.001)
            writer.write(b"x\\n")
            await asyncio.sleep(5)

        with asyncio.Runner(loop_factory={new_event_loop}) as runner:
            runner.run(main())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True
    )
    assert ended.returncode == (7 if error == "SystemExit(7)" else -signal.SIGINT)
