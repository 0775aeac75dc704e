"""Fetches of every kind, cancelled in any step: the pool stays whole, and no socket is lost."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
import uvloop
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from etesian.http_wire.client.simple_client import SimpleAsyncHTTPClient

FILES = Path("/proc/self/fd")
if not FILES.is_dir():
    pytest.skip("no /proc to count open files in", allow_module_level=True)

MAX_CLIENTS = 3
PER_HOST = 2
ANSWERS = {
    "plain": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "moved": b"HTTP/1.1 307 Again\r\nLocation: /chunked\r\nContent-Length: 0\r\n\r\n",
    "last": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "closed": b"HTTP/1.1 200 OK\r\n\r\nok",
    "gone": b"",
}


def open_sockets():
    """Give the sockets of this process, each by its number in the kernel."""
    found = set()
    for file in FILES.iterdir():
        with suppress(FileNotFoundError):  # the folder itself was open as it was read
            found.add(str(file.readlink()))
    return {name for name in found if name.startswith("socket:")}


async def produce(write):
    for _ in range(3):
        await write(b"piece")
        await asyncio.sleep(0)


async def take(piece):
    await asyncio.sleep(0)


OPTIONS = {
    "fetched": {},
    "produced": {"method": "PUT", "body_producer": produce},
    "streamed": {"streaming_callback": take},
    "hasty": {"request_timeout": 0.001},
}


class Server:
    """Answers by the path, piece by piece; those that went to another server are told so."""

    def __init__(self):
        self.port = None
        self.open = set()
        self.elsewhere = b""

    async def serve(self, reader, writer):
        self.open.add(writer)
        try:
            with suppress(asyncio.IncompleteReadError, OSError):
                while await self.answer(reader, writer):
                    pass
        finally:
            writer.transport.abort()
            self.open.discard(writer)

    async def answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if b"chunked" in head.partition(b"\r\n")[2]:
            await reader.readuntil(b"0\r\n\r\n")
        name = head.split(b" ")[1].removeprefix(b"/").decode()
        answer = self.elsewhere if name == "away" else ANSWERS[name]
        for piece in (answer[:30], answer[30:]):
            writer.write(piece)
            await asyncio.sleep(0)
        return name not in ("last", "closed", "gone")


class CancellationMachine(RuleBasedStateMachine):
    loop_factory = staticmethod(asyncio.new_event_loop)
    authority = trustme.CA()

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=self.loop_factory)
        self.running = []
        self.run(asyncio.sleep, 0)
        self.others = open_sockets()
        self.run(self.set_up)

    def run(self, function, *arguments):
        async def call():
            result = function(*arguments)
            return await result if asyncio.iscoroutine(result) else result

        return self.runner.run(call())

    async def set_up(self):
        self.servers = {}
        self.listening = []
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert("127.0.0.1").configure_cert(tls)
        for scheme, context in (("http", None), ("https", tls)):
            server = self.servers[scheme] = Server()
            listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
            server.port = listening.sockets[0].getsockname()[1]
            self.listening.append(listening)
        self.servers["http"].elsewhere = (
            f"HTTP/1.1 302 Away\r\nLocation: {self.url('https', 'plain')}\r\n"
            "Content-Length: 0\r\n\r\n"
        ).encode()
        self.servers["https"].elsewhere = ANSWERS["moved"]
        trusting = ssl.create_default_context()
        self.authority.configure_trust(trusting)
        self.client = SimpleAsyncHTTPClient(
            force_instance=True,
            max_clients=MAX_CLIENTS,
            max_clients_per_host=PER_HOST,
            max_idle=2,
            defaults={"ssl_options": trusting},
        )

    def url(self, scheme, name):
        return f"{scheme}://127.0.0.1:{self.servers[scheme].port}/{name}"

    @rule(
        scheme=st.sampled_from(["http", "https"]),
        name=st.sampled_from([*ANSWERS, "away"]),
        options=st.sampled_from(sorted(OPTIONS)),
    )
    def fetch(self, scheme, name, options):
        url = self.url(scheme, name)
        self.running.append(self.run(lambda: self.client.fetch(url, **OPTIONS[options])))

    @rule(steps=st.integers(0, 12))
    def go_on(self, steps):
        async def pass_time():
            for _ in range(steps):
                await asyncio.sleep(0)

        self.run(pass_time)

    @rule()
    def wait_for_bytes(self):
        self.run(asyncio.sleep, 0.002)

    @rule(number=st.integers(0, 5))
    def cancel(self, number):
        # Not drawn from those that run: how many these are depends on the time it takes.
        if self.running:
            self.run(self.running[number % len(self.running)].cancel)

    @rule()
    def wait_for_one(self):
        if self.running:
            self.run(lambda: asyncio.wait(self.running, return_when=asyncio.FIRST_COMPLETED))

    @invariant()
    def every_slot_has_its_fetch(self):
        for fetch in [fetch for fetch in self.running if fetch.done()]:
            self.running.remove(fetch)
            if not fetch.cancelled():
                fetch.exception()
        under_way = self.client._fetches
        slots = self.client._environment.slots
        assert len(under_way) == len(self.running)
        holding = [fetch for fetch in under_way if fetch.holds_slot]
        assert slots._free == MAX_CLIENTS - len(holding)
        assert slots.queued == len(under_way) - len(holding)

    def teardown(self):
        try:
            self.run(self.end)
            self.no_socket_is_left()
        finally:
            self.runner.close()

    async def end(self):
        pool = self.client._environment.pool
        for fetch in self.running:
            fetch.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        await self.until(lambda: self.open_connections() == len(pool))
        # All is as if nothing had been cancelled.
        for scheme in self.servers:
            fetches = [self.client.fetch(self.url(scheme, "plain")) for _ in range(4)]
            assert [(await fetch).body for fetch in fetches] == [b"ok"] * 4
        assert len(pool) <= 2
        assert not self.client._fetches
        assert not self.client._environment.slots._claims
        self.client.close()
        await self.until(lambda: self.open_connections() == 0)
        for listening in self.listening:
            listening.close()
            await listening.wait_closed()

    def no_socket_is_left(self):
        # While it runs, uvloop has two of its own.
        for _ in range(1000):
            left = open_sockets() - self.others
            if not left:
                return
            self.run(asyncio.sleep, 0.001)
        raise AssertionError(f"{len(left)} sockets are left open")

    def open_connections(self):
        return sum(len(server.open) for server in self.servers.values())

    @staticmethod
    async def until(condition):
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110  # a condition of no event
                await asyncio.sleep(0.001)


class UvloopMachine(CancellationMachine):
    loop_factory = staticmethod(uvloop.new_event_loop)


TestOnAsyncio = CancellationMachine.TestCase
TestOnUvloop = UvloopMachine.TestCase
TestOnAsyncio.settings = TestOnUvloop.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
