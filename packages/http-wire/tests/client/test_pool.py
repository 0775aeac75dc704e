"""The pool as rules: a state machine, and the key's meaning over real sockets."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from etesian.http_wire.client.pool import Pool, PoolKey
from etesian.http_wire.client.url import Origin

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
KEYS = [
    PoolKey(Origin("http", host, 80), (host, 80), None, source, True)
    for host in ("a", "b")
    for source in (None, "127.0.0.1")
]


class Connection:
    def __init__(self):
        self.closed = False

    def is_usable(self):
        return not self.closed

    def close(self):
        assert not self.closed
        self.closed = True


class PoolMachine(RuleBasedStateMachine):
    """Every connection is in one place only: with a user, in the pool, or closed."""

    def __init__(self):
        super().__init__()
        self.pool = Pool(max_idle=4, max_idle_per_host=3, idle_timeout=10)
        self.now = 0.0
        self.used = []
        self.idle = []

    @rule(key=st.sampled_from(KEYS))
    def open_and_keep(self, key):
        self.keep(key, Connection())

    @rule(key=st.sampled_from(KEYS))
    def take(self, key):
        connection = self.pool.take(key)
        same = [entry for entry in self.idle if entry[0] == key]
        if not same:
            assert connection is None
            return
        assert connection is same[-1][1]
        self.idle.remove(same[-1])
        self.used.append((key, connection))

    @rule(data=st.data())
    def give_back(self, data):
        if self.used:
            index = data.draw(st.integers(0, len(self.used) - 1))
            self.keep(*self.used.pop(index))

    def keep(self, key, connection):
        self.pool.put(key, connection, self.now)
        self.idle.append((key, connection, self.now))
        of_host = [entry for entry in self.idle if entry[0].origin == key.origin]
        if len(of_host) > 3:
            self.idle.remove(of_host[0])
            assert of_host[0][1].closed
        elif len(self.idle) > 4:
            assert self.idle.pop(0)[1].closed

    @rule(data=st.data())
    def lose_an_idle_one(self, data):
        if self.idle:
            index = data.draw(st.integers(0, len(self.idle) - 1))
            self.pool.discard(self.idle.pop(index)[1])

    @rule(data=st.data())
    def lose_a_used_one(self, data):
        if self.used:
            self.pool.discard(self.used[data.draw(st.integers(0, len(self.used) - 1))][1])

    @rule(seconds=st.floats(0, 8))
    def wait(self, seconds):
        self.now += seconds
        due = self.pool.expire(self.now)
        for entry in [entry for entry in self.idle if entry[2] + 10 <= self.now]:
            assert entry[1].closed
            self.idle.remove(entry)
        assert due == (self.idle[0][2] + 10 if self.idle else None)

    @rule()
    def close(self):
        self.pool.close()
        assert all(connection.closed for _, connection, _ in self.idle)
        self.idle.clear()

    @invariant()
    def holds(self):
        assert len(self.pool) == len(self.idle) <= 4
        assert not any(connection.closed for _, connection, _ in self.idle)
        assert not any(connection.closed for _, connection in self.used)


def test_keys_are_not_remembered_for_ever():
    pool = Pool(max_idle=2, max_idle_per_host=2, idle_timeout=10)
    keys = [PoolKey(Origin("http", f"h{n}", 80), ("a", 80), None, None, True) for n in range(100)]
    for key in keys:
        pool.put(key, Connection(), 0.0)
        assert pool.take(key) is not None
        assert len(pool._by_key) <= 21
    pool.expire(0.0)
    assert not pool._by_key


def test_what_went_bad_is_closed_where_it_is_met():
    pool = Pool(max_idle=4, max_idle_per_host=3, idle_timeout=10)
    good, *bad = [Connection() for _ in range(3)]
    for connection in (bad[0], good, bad[1]):
        pool.put(KEYS[0], connection, 0.0)
        connection.is_usable = lambda connection=connection: connection is good
    assert pool.take(KEYS[0]) is good
    assert [connection.closed for connection in bad] == [False, True]
    assert pool.take(KEYS[0]) is None
    assert [connection.closed for connection in bad] == [True, True]
    assert len(pool) == 0


TestPool = PoolMachine.TestCase
TestPool.settings = settings(max_examples=60, deadline=None)


@pytest.mark.spec("S240")
async def test_what_is_trusted_otherwise_gets_its_own_connection(
    canned_server, client, server_tls, ca_file
):
    own = ssl.create_default_context(cafile=ca_file)
    ways = [
        {"ca_certs": ca_file},
        {"validate_cert": False},
        {"ssl_options": own},
        {"ca_certs": ca_file, "network_interface": "127.0.0.1"},
        {"ca_certs": ca_file, "allow_ipv6": False},
    ]
    async with canned_server(OK, tls=server_tls()) as server:
        for _ in range(2):
            for way in ways:
                await client.fetch(server.url(), **way)
        assert server.connections == len(ways)
        await client.fetch(server.url(host="localhost"), ca_certs=ca_file, allow_ipv6=False)
        assert server.connections == len(ways) + 1


async def test_an_idle_connection_is_closed_after_its_time(canned_server, make_client):
    client = make_client(idle_timeout=0.05)
    async with canned_server(OK) as server:
        await client.fetch(server.url())
        assert len(client._environment.pool) == 1
        await asyncio.sleep(0.1)
        assert len(client._environment.pool) == 0
        await client.fetch(server.url())
    assert server.connections == 2


async def test_a_connection_that_the_server_closed_leaves_the_pool(canned_server, client):
    async with canned_server(OK) as server:
        await client.fetch(server.url())
        server.writers[0].close()
        async with asyncio.timeout(10):
            while len(client._environment.pool):  # noqa: ASYNC110  # the pool tells nobody
                await asyncio.sleep(0.001)
        await client.fetch(server.url())
    assert server.connections == 2


@pytest.mark.parametrize("header", [b"Connection: close", b"Connection: x, Close"])
async def test_a_server_may_decline_to_go_on(canned_server, client, header):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + header + b"\r\n\r\nok"
    async with canned_server(answer) as server:
        for _ in range(2):
            assert (await client.fetch(server.url())).body == b"ok"
    assert server.connections == 2


async def test_http_1_0_goes_on_only_if_it_says_so(canned_server, client):
    async with canned_server(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") as server:
        for _ in range(2):
            await client.fetch(server.url())
    assert server.connections == 2
    answer = b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"
    async with canned_server(answer) as server:
        for _ in range(2):
            await client.fetch(server.url())
    assert server.connections == 1


async def test_idle_connections_are_bounded(canned_server, make_client):
    client = make_client(max_clients=5, max_idle=4, max_idle_per_host=2)
    async with canned_server(OK) as one, canned_server(OK) as two, canned_server(OK) as three:
        for server in (one, two, three):
            await asyncio.gather(*(client.fetch(server.url()) for _ in range(5)))
        assert len(client._environment.pool) == 4


async def test_a_connection_that_closes_with_its_last_octets_is_not_used_again(
    canned_server, client
):
    def cut(_):
        (fetch,) = client._fetches
        fetch._hop._connection.transport.close()

    async with canned_server(OK) as server:
        assert (await client.fetch(server.url(), streaming_callback=cut)).code == 200
        assert (await client.fetch(server.url())).body == b"ok"
        await asyncio.sleep(0)
        assert len(client._environment.pool) == 1
    assert server.connections == 2
