"""A loop that expects an answer at once does not sleep until it comes, and sleeps as ever else."""

from __future__ import annotations

import asyncio
import gc
import selectors
import socket
import threading
import time
import weakref
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from etesian.http_wire.client.busy_polling import BusyPolling
from etesian.http_wire.client.connection import ClientConnection
from etesian.http_wire.client.simple_client import SimpleAsyncHTTPClient

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LONG = 60.0  # seconds that no answer of these tests takes


@pytest.fixture
def turns(monkeypatch):
    """The times of all turns by which loops were kept awake."""
    seen = []
    turn = BusyPolling._turn

    def recorded(polling):
        seen.append(time.monotonic())
        turn(polling)

    monkeypatch.setattr(BusyPolling, "_turn", recorded)
    return seen


def after(seconds):
    """Answer a little later, so that a loop that may sleep does."""

    async def respond(*_):
        await asyncio.sleep(seconds)
        return OK

    return respond


async def test_the_loop_turns_until_the_answer_to_a_second_request(
    canned_server, make_client, turns
):
    client = make_client(busy_poll=LONG)
    async with canned_server(after(0.02)) as server:
        await client.fetch(server.url())
        assert turns == []  # nothing is known of a new connection
        await client.fetch(server.url())
        assert len(turns) > 20
        del turns[:]
        await asyncio.sleep(0.02)
        assert len(turns) <= 1  # the one that finds the answer


async def test_an_answer_after_the_limit_is_slept_for_and_the_next_one_too(
    canned_server, make_client, turns
):
    limit = 0.2
    delays = {2: 3 * limit}
    client = make_client(busy_poll=limit)

    async def respond(number, *_):
        await asyncio.sleep(delays.get(number, 0.0))
        return OK

    async with canned_server(respond) as server:
        await client.fetch(server.url())
        asked_at = time.monotonic()
        await client.fetch(server.url())
        assert turns
        assert [turn for turn in turns[:-1] if turn > asked_at + limit + 0.1] == []
        await asyncio.sleep(0)
        del turns[:]
        await client.fetch(server.url())
        await asyncio.sleep(0)
        assert turns == []
        await client.fetch(server.url())
        await asyncio.sleep(0)
        assert turns


async def test_never_with_a_limit_of_0(canned_server, make_client, turns):
    client = make_client(busy_poll=0)
    async with canned_server(OK) as server:
        for _ in range(3):
            await client.fetch(server.url())
    assert turns == []


@pytest.mark.parametrize("limit", [-1, -1e-9, float("nan")])
async def test_a_limit_below_0_is_refused(anyio_backend, limit):
    with pytest.raises(ValueError, match=r"busy_poll is .*, expected 0 or more seconds"):
        SimpleAsyncHTTPClient(force_instance=True, busy_poll=limit)


async def test_everything_else_goes_on_meanwhile(canned_server, make_client, turns):
    client = make_client(busy_poll=LONG)
    happened = []
    async with canned_server(after(0.05)) as server:
        await client.fetch(server.url())
        asyncio.get_running_loop().call_later(0.01, happened.append, "a timer")
        soon = asyncio.ensure_future(client.fetch(server.url()))
        await asyncio.sleep(0)
        happened.append("a task")
        await soon
    assert turns
    assert happened == ["a task", "a timer"]


async def test_two_at_once_share_the_turns(canned_server, make_client, turns):
    client = make_client(busy_poll=LONG)
    async with canned_server(after(0.02)) as server:
        for _ in range(2):
            del turns[:]
            await asyncio.gather(*(client.fetch(server.url()) for _ in range(2)))
        assert server.connections == 2
        loops = 0
        del turns[:]
        fetches = asyncio.gather(*(client.fetch(server.url()) for _ in range(2)))
        while not fetches.done():
            loops += 1
            await asyncio.sleep(0)
        assert 20 < len(turns) <= loops + 1


async def test_a_cancelled_fetch_ends_it_and_nothing_is_kept(canned_server, make_client, turns):
    client = make_client(busy_poll=LONG)
    answers = {1: OK}

    async def respond(number, *_):
        return answers.get(number) or await asyncio.Event().wait()

    async with canned_server(respond) as server:
        await client.fetch(server.url())
        (connection,) = (weakref.ref(one) for one in client._environment.pool._idle)
        fetch = asyncio.ensure_future(client.fetch(server.url()))
        await asyncio.sleep(0.01)
        fetch.cancel()
        await asyncio.wait([fetch])
        await asyncio.sleep(0.01)
        assert turns
        del turns[:]
        await asyncio.sleep(0.01)
        assert turns == []
        gc.collect()
        assert connection() is None


async def test_a_client_closed_meanwhile_ends_it(canned_server, make_client, turns):
    client = make_client(busy_poll=LONG)
    async with canned_server(after(0)) as server:
        await client.fetch(server.url())
        fetch = asyncio.ensure_future(client.fetch(server.url()))
        await asyncio.sleep(0)
        client.close()
        await asyncio.wait([fetch])
        await asyncio.sleep(0.01)
        del turns[:]
        await asyncio.sleep(0.01)
        assert turns == []
        assert fetch.exception() is not None


async def test_it_does_not_run_in_the_context_of_the_fetch(canned_server, make_client, monkeypatch):
    client = make_client(busy_poll=LONG)
    variable = ContextVar("variable", default="nobody's")
    variable.set("the program's")
    seen = set()
    turn = BusyPolling._turn

    def recorded(polling):
        seen.add(variable.get())
        turn(polling)

    monkeypatch.setattr(BusyPolling, "_turn", recorded)
    async with canned_server(after(0.01)) as server:
        for _ in range(2):
            await client.fetch(server.url())
    assert seen == {"nobody's"}


class RecordingSelector(selectors.DefaultSelector):
    """Notes each time that it is asked to wait."""

    def __init__(self):
        super().__init__()
        self.waits = 0

    def select(self, timeout=None):
        self.waits += timeout is None or timeout > 0
        return super().select(timeout)


@contextmanager
def server_in_a_thread(seconds):
    """Answer on one connection, so long after each request, outside the loop of the client."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            while connection.recv(65536):
                time.sleep(seconds)
                connection.sendall(OK)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.close()
        thread.join()


@pytest.mark.parametrize(("limit", "sleeps"), [(LONG, False), (0, True)])
def test_the_loop_asks_its_selector_not_to_wait(monkeypatch, limit, sleeps):
    selector = RecordingSelector()
    waits = []
    start, data_received = ClientConnection.start, ClientConnection.data_received

    def started(connection, *arguments):
        start(connection, *arguments)
        waits.append(-selector.waits)

    def received(connection, data):
        waits[-1] += selector.waits
        data_received(connection, data)

    monkeypatch.setattr(ClientConnection, "start", started)
    monkeypatch.setattr(ClientConnection, "data_received", received)

    async def fetch_three(url):
        client = SimpleAsyncHTTPClient(force_instance=True, busy_poll=limit)
        for _ in range(3):
            assert (await client.fetch(url)).body == b"ok"
        client.close()

    with (
        server_in_a_thread(0.01) as url,
        asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner,
    ):
        runner.run(fetch_three(url))
    first, *others = waits
    assert first > 0
    assert [wait > 0 for wait in others] == [sleeps, sleeps]
