"""Slots as rules: a state machine beside lists, and the limit of a host over real sockets."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from etesian.http_wire.client.errors import HTTPStreamClosedError, HTTPTimeoutError
from etesian.http_wire.client.slots import Slots

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
COUNT, PER_HOST = 4, 2


class Waiter:
    def __init__(self, machine, host):
        self.machine = machine
        self.host = host

    def admitted(self):
        assert self not in self.machine.running
        self.machine.running.append(self)
        if self in self.machine.waiting:
            self.machine.left(self)


class SlotsMachine(RuleBasedStateMachine):
    """Nobody waits who could run, nobody runs who should wait, and each host keeps its order."""

    def __init__(self):
        super().__init__()
        self.slots = Slots(COUNT, per_host=PER_HOST)
        self.running = []
        self.waiting = []

    def left(self, waiter):
        first = next(one for one in self.waiting if one.host == waiter.host)
        assert waiter is first
        self.waiting.remove(waiter)

    @rule(host=st.sampled_from("abc"))
    def request(self, host):
        waiter = Waiter(self, host)
        if not self.slots.request(waiter, host):
            assert waiter not in self.running
            self.waiting.append(waiter)
        else:
            assert waiter in self.running

    @rule(data=st.data())
    def release(self, data):
        if self.running:
            waiter = data.draw(st.sampled_from(self.running))
            self.running.remove(waiter)
            self.slots.release(waiter.host)

    @rule(data=st.data())
    def leave(self, data):
        if self.waiting:
            waiter = data.draw(st.sampled_from(self.waiting))
            self.waiting.remove(waiter)
            assert self.slots.leave(waiter, waiter.host)
            assert not self.slots.leave(waiter, waiter.host)

    @rule(data=st.data(), host=st.sampled_from("abc"))
    def transfer(self, data, host):
        if not self.running:
            return
        waiter = data.draw(st.sampled_from(self.running))
        left, waiter.host = waiter.host, host
        if not self.slots.transfer(left, host):
            waiter.host = left
            assert sum(one.host == host for one in self.running) <= PER_HOST

    @invariant()
    def holds(self):
        of_host = Counter(one.host for one in self.running)
        assert len(self.running) <= COUNT
        assert all(number <= PER_HOST for number in of_host.values())
        assert self.slots.queued == len(self.waiting)
        if len(self.running) < COUNT:
            assert all(of_host[one.host] == PER_HOST for one in self.waiting)
        if not self.running:
            assert self.slots._free == COUNT
            assert not self.slots._claims
            assert not self.slots._aside


TestSlots = SlotsMachine.TestCase
TestSlots.settings = settings(max_examples=80, deadline=None)


@pytest.mark.parametrize("limits", [(0, None), (1, 0), (3, -1)])
def test_a_limit_below_one_is_refused(limits):
    count, per_host = limits
    with pytest.raises(ValueError, match="expected 1 or more"):
        Slots(count, per_host=per_host)


class Gate:
    """Holds requests back until it is opened, and counts them."""

    def __init__(self):
        self.opened = asyncio.Event()
        self.running = self.most = 0

    async def answer(self, number, head, body):
        self.running += 1
        self.most = max(self.most, self.running)
        await self.opened.wait()
        self.running -= 1
        return OK

    async def reached(self, number):
        async with asyncio.timeout(5):
            while self.running < number:  # noqa: ASYNC110  # the server tells nobody
                await asyncio.sleep(0.001)


async def test_a_host_has_its_share_and_no_more(canned_server, make_client):
    client = make_client(max_clients=4, max_clients_per_host=2)
    gate = Gate()
    async with canned_server(gate.answer) as slow, canned_server(OK) as other:
        waiting = [client.fetch(slow.url()) for _ in range(5)]
        await gate.reached(2)
        # Three wait for the slow one, yet the other is asked at once.
        for _ in range(3):
            response = await client.fetch(other.url(), connect_timeout=1)
            assert response.time_info["queue"] < 0.5
        assert gate.running == 2
        gate.opened.set()
        responses = await asyncio.gather(*waiting)
    assert gate.most == 2
    assert slow.connections == 2
    assert [response.body for response in responses] == [b"ok"] * 5


async def test_a_client_that_closes_sends_nothing_that_waited(canned_server, make_client):
    client = make_client(max_clients=1)
    async with (
        canned_server(OK) as server,
        canned_server(lambda *_: asyncio.sleep(30)) as silent,
    ):
        await client.fetch(server.url())
        running = client.fetch(silent.url())
        waiting = [client.fetch(server.url(), method="POST", body=b"late") for _ in range(20)]
        await asyncio.sleep(0.05)
        client.close()
        for fetch in (running, *waiting):
            with pytest.raises(HTTPStreamClosedError):
                await fetch
        await asyncio.sleep(0.05)
        assert len(server.heads) == 1


async def test_who_runs_out_of_time_lets_nobody_in_who_has(canned_server, make_client):
    client = make_client(max_clients=1)
    async with (
        canned_server(OK) as server,
        canned_server(lambda *_: asyncio.sleep(30)) as silent,
    ):
        await client.fetch(server.url())
        running = client.fetch(silent.url(), request_timeout=0.1)
        options = {"method": "POST", "body": b"late", "request_timeout": 0.1}
        waiting = [client.fetch(server.url(), **options) for _ in range(5)]
        await asyncio.sleep(0.05)
        time.sleep(0.1)  # noqa: ASYNC251  # all their times pass together
        for fetch in (running, *waiting):
            with pytest.raises(HTTPTimeoutError):
                await fetch
        await asyncio.sleep(0.05)
        assert len(server.heads) == 1


async def test_deadlines_run_while_a_fetch_stands_aside(canned_server, make_client):
    client = make_client(max_clients=4, max_clients_per_host=1)
    gate = Gate()
    async with canned_server(gate.answer) as server:
        first = client.fetch(server.url())
        await gate.reached(1)
        for name in ("connect_timeout", "request_timeout"):
            with pytest.raises(HTTPTimeoutError, match=f"while waiting for a slot, {name}"):
                await client.fetch(server.url(), **{name: 0.05})
        aside = client.fetch(server.url())
        aside.cancel()
        assert client._environment.slots.queued == 0
        gate.opened.set()
        assert (await first).body == b"ok"
        assert (await client.fetch(server.url())).body == b"ok"
    assert client._environment.slots._free == 4


async def test_a_redirect_queues_for_the_host_it_leads_to(canned_server, make_client):
    client = make_client(max_clients=4, max_clients_per_host=1)
    gate = Gate()
    async with canned_server(gate.answer) as slow:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {slow.url()}\r\nContent-Length: 0\r\n\r\n"
        async with canned_server(moved.encode()) as server:
            first = client.fetch(slow.url())
            await gate.reached(1)
            with pytest.raises(HTTPTimeoutError, match="while waiting for a slot"):
                await client.fetch(server.url(), connect_timeout=0.05)
            redirected = client.fetch(server.url())
            # It has left the first host, which is free for others.
            again = await client.fetch(server.url(), follow_redirects=False, raise_error=False)
            assert again.code == 302
            assert not redirected.done()
            gate.opened.set()
            await first
            assert (await redirected).time_info["queue"] > 0
    assert gate.most == 1
    assert client._environment.slots._free == 4
