"""A loop that expects an answer at once does not sleep until it comes, and sleeps as ever else."""

from __future__ import annotations

import asyncio
import gc
import inspect
import selectors
import socket
import threading
import time
import weakref
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from decimal import Decimal
from fractions import Fraction

import pytest

from etesian.http_wire.client import busy_polling
from etesian.http_wire.client import connection as client_connection
from etesian.http_wire.client.busy_polling import BusyPolling
from etesian.http_wire.client.connection import ClientConnection
from etesian.http_wire.client.simple_client import SimpleAsyncHTTPClient
from etesian.http_wire.client.sync_client import HTTPClient

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


@pytest.fixture
def clock(monkeypatch):
    """The time by which requests, answers and limits are measured; it stands still."""
    stopped = StoppedClock()
    for module in (busy_polling, client_connection):
        monkeypatch.setattr(module, "monotonic", lambda: stopped.now)
    return stopped


class StoppedClock:
    """Goes on when it is told to."""

    now = 1000.0


@pytest.fixture
def looked_for(turns, eventually):
    """Answer a first request, and one after it when the loop has turned often."""

    async def respond(number, *_):
        if number > 1:
            del turns[:]
            await eventually(lambda: len(turns) > 20)
        return OK

    return respond


def after(seconds):
    """Answer a little later, so that a loop that may sleep does."""

    async def respond(*_):
        await asyncio.sleep(seconds)
        return OK

    return respond


async def test_the_loop_turns_until_the_answer_to_a_second_request(
    canned_server, make_client, turns, looked_for
):
    client = make_client(busy_poll=LONG)
    async with canned_server(looked_for) as server:
        await client.fetch(server.url())
        assert turns == []  # nothing is known of a new connection
        await client.fetch(server.url())
        assert len(turns) > 20
        del turns[:]
        await asyncio.sleep(0.02)
        assert len(turns) <= 1  # the one that finds the answer


async def test_an_answer_after_the_limit_is_slept_for_and_the_next_one_too(
    canned_server, make_client, turns, clock, eventually
):
    client = make_client(busy_poll=1.0)

    async def respond(number, *_):
        if number == 2:
            await eventually(lambda: len(turns) > 20)
            clock.now += 1.5
            del turns[:]
            await asyncio.sleep(0.02)
        return OK

    async with canned_server(respond) as server:
        await client.fetch(server.url())
        await client.fetch(server.url())
        assert len(turns) == 1  # the one that finds that the limit is over
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


@pytest.mark.parametrize("kind", [int, Decimal, Fraction])
async def test_the_limit_is_any_kind_of_number(canned_server, make_client, turns, kind):
    client = make_client(busy_poll=kind(LONG))
    async with canned_server(OK) as server:
        for _ in range(2):
            await client.fetch(server.url())
    assert turns


def test_the_limit_is_100_microseconds_unless_it_is_given():
    options = inspect.signature(SimpleAsyncHTTPClient.initialize).parameters
    assert options["busy_poll"].default == 100e-6


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


async def test_the_rest_of_an_answer_is_looked_for_too(
    canned_server, make_client, turns, eventually
):
    client = make_client(busy_poll=LONG)

    async def respond(number, *_):
        if number == 1:
            return OK
        server.writers[0].write(OK[:-1])
        await asyncio.sleep(0.02)  # for that to be read
        del turns[:]
        await eventually(lambda: len(turns) > 20)
        return OK[-1:]

    async with canned_server(respond) as server:
        for _ in range(2):
            await client.fetch(server.url())
    assert len(turns) > 20


async def test_an_answer_takes_until_its_last_octets(canned_server, make_client, turns, clock):
    client = make_client(busy_poll=1.0)

    async def respond(*_):
        server.writers[0].write(OK[:-1])
        await asyncio.sleep(0.02)  # for that to be read
        clock.now += 1.5
        return OK[-1:]

    async with canned_server(respond) as server:
        for _ in range(3):
            await client.fetch(server.url())
    assert turns == []


async def test_the_time_between_two_fetches_does_not_count(
    canned_server, make_client, turns, clock
):
    client = make_client(busy_poll=1.0)
    async with canned_server(OK) as server:
        await client.fetch(server.url())
        clock.now += 10
        await client.fetch(server.url())
    assert turns


async def test_a_redirect_on_the_same_connection_is_looked_for(
    canned_server, make_client, turns, looked_for
):
    client = make_client(busy_poll=LONG)
    moved = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"

    async def respond(number, *_):
        return moved if number == 1 else await looked_for(number)

    async with canned_server(respond) as server:
        assert (await client.fetch(server.url())).body == b"ok"
        assert server.connections == 1
    assert len(turns) > 20


async def test_nothing_is_known_of_the_connection_that_replaces_a_stale_one(
    canned_server, make_client, turns
):
    client = make_client(busy_poll=LONG)

    async def respond(number, *_):
        if number == 2:
            return None
        del turns[:]
        await asyncio.sleep(0.02)
        return OK

    async with canned_server(respond) as server:
        for _ in range(2):
            await client.fetch(server.url())
        assert server.connections == 2
    assert turns == []


async def test_two_at_once_share_the_turns(canned_server, make_client, turns, eventually):
    client = make_client(busy_poll=LONG)

    async def respond(number, *_):
        if number > 4:
            await eventually(lambda: len(turns) > 20)
        else:
            await asyncio.sleep(0.02)
        return OK

    async with canned_server(respond) as server:
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


async def test_a_cancelled_fetch_ends_it_and_nothing_is_kept(
    canned_server, make_client, turns, eventually
):
    client = make_client(busy_poll=LONG)
    answers = {1: OK}

    async def respond(number, *_):
        return answers.get(number) or await asyncio.Event().wait()

    async with canned_server(respond) as server:
        await client.fetch(server.url())
        (connection,) = (weakref.ref(one) for one in client._environment.pool._idle)
        fetch = asyncio.ensure_future(client.fetch(server.url()))
        await eventually(lambda: turns)
        fetch.cancel()
        await asyncio.wait([fetch])
        await asyncio.sleep(0.01)
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


class QueueingLoop:
    """A loop as far as polling goes: it runs what it was given when it is told to."""

    def __init__(self):
        self.queue = []

    def call_soon(self, callback, *, context):
        handle = asyncio.Handle(callback, (), self, context)
        self.queue.append(handle)
        return handle

    def call_exception_handler(self, context):
        raise context["exception"]

    def get_debug(self):
        return False

    def turn(self):
        """Run what is queued, and give how many callbacks that were."""
        due = [handle for handle in self.queue if not handle.cancelled()]
        self.queue = []
        for handle in due:
            handle._run()
        return len(due)


class Asked:
    """A connection that was asked at a time, and took so long the last time."""

    def __init__(self, asked_at, last_took=0.0):
        self.asked_at = asked_at
        self.last_took = last_took
        self.is_exchanging = True


@pytest.fixture
def loop():
    return QueueingLoop()


@pytest.fixture
def polling(loop):
    return BusyPolling(loop, 1.0)


@pytest.mark.parametrize(
    ("last_took", "polls"), [(0.99, 1), (1.0, 0), (float("nan"), 0), (float("inf"), 0)]
)
def test_only_an_answer_within_the_limit_promises_another(clock, loop, polling, last_took, polls):
    polling.request_sent(Asked(clock.now, last_took))
    assert loop.turn() == polls


def test_the_latest_request_is_the_one_that_counts(clock, loop, polling):
    first = Asked(clock.now)
    polling.request_sent(first)
    clock.now += 0.9
    second = Asked(clock.now)
    polling.request_sent(second)
    assert len(loop.queue) == 1
    first.is_exchanging = False
    clock.now += 0.9
    assert [loop.turn() for _ in range(3)] == [1, 1, 1]
    second.is_exchanging = False
    assert [loop.turn() for _ in range(2)] == [1, 0]


def test_the_last_turn_is_at_the_limit(clock, loop, polling):
    polling.request_sent(Asked(clock.now))
    clock.now += 0.99
    assert loop.turn() == 1
    clock.now += 0.01
    assert [loop.turn() for _ in range(2)] == [1, 0]


def test_a_request_that_was_sent_soon_after_an_answer_is_looked_for(clock, loop, polling):
    for _ in range(2):
        connection = Asked(clock.now)
        polling.request_sent(connection)
        assert [loop.turn() for _ in range(2)] == [1, 1]
        connection.is_exchanging = False
        assert [loop.turn() for _ in range(2)] == [1, 0]


def test_a_loop_that_was_late_has_one_turn_queued_all_the_same(clock, loop, polling):
    for _ in range(3):
        polling.request_sent(Asked(clock.now))
        assert loop.turn() == 1
        clock.now += 1.5
        polling.request_sent(Asked(clock.now))
        clock.now += 1.5
    polling.request_sent(Asked(clock.now))
    assert [loop.turn() for _ in range(2)] == [1, 1]


def test_no_callback_is_kept_once_the_last_has_run(clock, loop, polling):
    connection = Asked(clock.now)
    polling.request_sent(connection)
    loop.turn()
    last = weakref.ref(loop.queue[0])
    connection.is_exchanging = False
    loop.turn()
    assert last() is None


def test_all_turns_run_in_one_context_of_their_own(clock, loop, polling):
    polling.request_sent(Asked(clock.now))
    (handle,) = loop.queue
    own = handle._context
    assert not len(own)
    for _ in range(3):
        loop.turn()
        (handle,) = loop.queue
        assert handle._context is own


class RecordingSelector(selectors.DefaultSelector):
    """Notes each time that it is asked to wait."""

    def __init__(self):
        super().__init__()
        self.waits = 0

    def select(self, timeout=None):
        self.waits += timeout is None or timeout > 0
        return super().select(timeout)


@contextmanager
def server_in_a_thread(seconds, connections=1):
    """Answer so long after each request, on one connection after another, in no loop."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        for _ in range(connections):
            with suppress(OSError), listener.accept()[0] as connection:
                while connection.recv(65536):
                    time.sleep(seconds)
                    connection.sendall(OK)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # ends an accept that still waits
        thread.join()
        listener.close()


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


def test_an_interruption_of_a_turn_is_not_the_end_of_polling(monkeypatch, clock):
    turn = BusyPolling._turn
    interruptions = []
    turns = []

    def interrupted(polling):
        if interruptions:
            raise interruptions.pop()
        turns.append(polling)
        turn(polling)

    monkeypatch.setattr(BusyPolling, "_turn", interrupted)
    with server_in_a_thread(0.01, connections=2) as url, HTTPClient(busy_poll=1.0) as client:
        client.fetch(url)
        interruptions.append(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            client.fetch(url)
        assert turns == []
        clock.now += 1.5
        for _ in range(2):
            assert client.fetch(url).body == b"ok"
    assert len(turns) > 1
