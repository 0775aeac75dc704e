"""Callers that lose patience at any step: every event comes once, in order, and nothing is left."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

import pytest
import uvloop
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from etesian.http_wire import EventSource, HTTPClientError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 1\n"
REFUSAL = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

# None at all, more than a reconnection takes, and more than the server may be silent.
SECONDS = [0, 0.002, 0.015]
IDLE_TIMEOUT = 0.01
MAX_RETRY = 0.001


def write(writer, octets):
    if not writer.is_closing():  # which uvloop calls an error of the program
        writer.write(octets)


class Server:
    """Counts, from where ``Last-Event-ID`` left off, as far as it was told to."""

    def __init__(self):
        self.said = 0
        self.answers = []
        self.open = set()
        self.more = asyncio.Event()
        self.going_on = asyncio.Event()

    async def serve(self, reader, writer):
        self.open.add(writer)
        with suppress(asyncio.IncompleteReadError, OSError):
            head = await reader.readuntil(b"\r\n\r\n")
            answer = self.answers.pop() if self.answers else "events"
            if answer == "refused":
                write(writer, REFUSAL)
            elif answer == "late":
                await self.going_on.wait()
            if answer in ("events", "late"):
                last = head.partition(b"\r\nLast-Event-Id: ")[2].partition(b"\r\n")[0]
                counting = asyncio.ensure_future(self.count(writer, int(last or 0)))
                try:
                    await reader.read()
                finally:
                    counting.cancel()
        writer.close()
        self.open.discard(writer)

    async def count(self, writer, at):
        write(writer, HEAD)
        while True:
            self.more.clear()
            while at < self.said:
                at += 1
                event = b"id: %d\ndata: %d\n\n" % (at, at)
                write(writer, event[: at % 7])
                if at % 3:  # or else together with the next
                    await asyncio.sleep(0)
                write(writer, event[at % 7 :])
            await self.more.wait()

    def say(self, count):
        self.said += count
        self.more.set()

    def hang_up(self, *, abruptly):
        for writer in self.open:
            if abruptly:
                writer.transport.abort()
            else:
                write(writer, b"id: 0\ndata: half")
                writer.close()


class EventSourceMachine(RuleBasedStateMachine):
    loop_factory = staticmethod(asyncio.new_event_loop)
    client_name = "SimpleAsyncHTTPClient"

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=self.loop_factory)
        self.call = None
        self.received = []
        self.run(self.set_up)

    def run(self, function, *arguments):
        async def call():
            result = function(*arguments)
            return await result if asyncio.iscoroutine(result) else result

        return self.runner.run(call())

    async def set_up(self):
        self.problems = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: self.problems.append(context)
        )
        self.server = Server()
        self.listening = await asyncio.start_server(self.server.serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{self.listening.sockets[0].getsockname()[1]}/"
        kind = getattr(import_module("etesian.http_wire"), self.client_name)
        self.client = kind(force_instance=True, max_clients=1)
        self.source = EventSource(
            self.client, url, idle_timeout=IDLE_TIMEOUT, max_retry=MAX_RETRY, max_failures=1000
        )

    @rule(count=st.integers(1, 4))
    def events_are_sent(self, count):
        self.run(self.server.say, count)

    @rule(abruptly=st.booleans())
    def the_server_hangs_up(self, abruptly):
        self.run(lambda: self.server.hang_up(abruptly=abruptly))

    @rule(answers=st.lists(st.sampled_from(["refused", "closed", "late"]), max_size=3))
    def connections_will_fail(self, answers):
        self.run(self.server.going_on.clear)
        self.server.answers = answers

    @rule()
    def the_server_goes_on(self):
        self.run(self.server.going_on.set)

    @rule()
    def call_begins(self):
        async def begin():
            session = self.source._session
            entered = session is not None and not session.is_left
            method = self.source.__anext__ if entered else self.source.__aenter__
            self.call = asyncio.ensure_future(method())

        if self.call is None:
            self.run(begin)

    @rule()
    def call_is_cancelled(self):
        if self.call is not None:
            self.run(self.call.cancel)

    @rule(times=st.integers(1, 8), steps=st.integers(0, 5), seconds=st.sampled_from(SECONDS))
    def calls_follow_each_other(self, times, steps, seconds):
        for _ in range(times):
            self.call_begins()
            self.go_on(steps)
            self.wait_for_bytes(seconds)
            self.call_is_cancelled()
            self.go_on(1)
            self.every_event_comes_once_and_in_order()

    @rule(steps=st.integers(0, 12))
    def go_on(self, steps):
        async def pass_time():
            for _ in range(steps):
                await asyncio.sleep(0)

        self.run(pass_time)

    @rule(seconds=st.sampled_from(SECONDS))
    def wait_for_bytes(self, seconds):
        self.run(asyncio.sleep, seconds)

    @rule(steps=st.integers(0, 3))
    def block_is_left(self, steps):
        async def leave():
            leaving = asyncio.ensure_future(self.source.__aexit__())
            for _ in range(steps):
                await asyncio.sleep(0)
            if steps:
                leaving.cancel()
            await asyncio.wait([leaving])

        self.run(leave)

    @invariant()
    def every_event_comes_once_and_in_order(self):
        if self.call is not None and self.call.done():
            call, self.call = self.call, None
            with suppress(
                asyncio.CancelledError, StopAsyncIteration, HTTPClientError, OSError, RuntimeError
            ):
                event = call.result()
                if event is not self.source:
                    self.received.append(int(event.data))
        assert self.received == list(range(1, len(self.received) + 1))
        assert len(self.client._fetches) <= 1

    def teardown(self):
        try:
            self.run(self.end)
        finally:
            self.runner.close()

    async def end(self):
        server, client = self.server, self.client
        if self.call is not None:
            self.call.cancel()
            await asyncio.wait([self.call])
            self.every_event_comes_once_and_in_order()
        await self.source.__aexit__()
        assert client._fetches == set()
        server.answers = []
        server.going_on.set()
        server.say(3)
        async with asyncio.timeout(5):
            async with self.source as events:
                while len(self.received) < server.said:
                    self.received.append(int((await anext(events)).data))
            self.every_event_comes_once_and_in_order()
            assert client._environment.slots._free == 1
            client.close()
            server.hang_up(abruptly=True)
            while server.open or len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110  # of no event
                await asyncio.sleep(0.001)
        self.listening.close()
        await self.listening.wait_closed()
        assert self.problems == []


class UvloopMachine(EventSourceMachine):
    loop_factory = staticmethod(uvloop.new_event_loop)


class CurlMachine(EventSourceMachine):
    client_name = "CurlAsyncHTTPClient"


class CurlOnUvloopMachine(UvloopMachine):
    client_name = "CurlAsyncHTTPClient"


MACHINES = [EventSourceMachine, UvloopMachine]
if find_spec("pycurl") is not None:
    MACHINES += [CurlMachine, CurlOnUvloopMachine]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_event_comes_once_whatever_callers_do(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
