"""Deadlines, the queue, cancellation: every way a fetch can end early."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from etesian.http_wire.client.errors import HTTPStreamClosedError, HTTPTimeoutError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def never(number, head, body):
    await asyncio.sleep(30)


@pytest.fixture
def silent_tls_port():
    """Give a port that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.spec("B-HTTP-099", "B-HTTP-106")
async def test_a_silent_server_meets_the_request_timeout(canned_server, either):
    async with canned_server(lambda n, *_: OK if n == 1 else never(n, b"", b"")) as server:
        await either.fetch(server.url())  # so that no time goes into connecting
        with pytest.raises(HTTPTimeoutError) as caught:
            await either.fetch(server.url(), request_timeout=0.5)
    assert caught.value.code == 599
    assert str(caught.value) == (
        "timed out while waiting for the response, request_timeout is 0.5 seconds"
    )


@pytest.mark.spec("B-HTTP-106", "B-HTTP-107")
async def test_a_stalled_handshake_meets_the_connect_timeout(either, silent_tls_port):
    with pytest.raises(HTTPTimeoutError, match=r"while connecting, connect_timeout is 0\.05"):
        await either.fetch(f"https://127.0.0.1:{silent_tls_port}/", connect_timeout=0.05)


@pytest.mark.spec("B-HTTP-106")
async def test_a_stalled_handshake_meets_the_request_timeout(client, silent_tls_port):
    with pytest.raises(HTTPTimeoutError, match=r"while connecting, request_timeout is 0\.05"):
        await client.fetch(f"https://127.0.0.1:{silent_tls_port}/", request_timeout=0.05)


@pytest.mark.spec("B-HTTP-107")
async def test_the_time_in_the_queue_counts_for_connecting(
    canned_server, make_either, silent_tls_port
):
    either = make_either(max_clients=1)

    async def late(number, head, body):
        await asyncio.sleep(1)
        return OK

    async with canned_server(late) as server:
        began = asyncio.get_running_loop().time()
        first = either.fetch(server.url())
        with pytest.raises(HTTPTimeoutError, match=r"while connecting, connect_timeout is 1\.5"):
            await either.fetch(f"https://127.0.0.1:{silent_tls_port}/", connect_timeout=1.5)
        assert asyncio.get_running_loop().time() - began < 2.2
        await first


@pytest.mark.spec("B-HTTP-107", "B-HTTP-109", "B-HTTP-110")
async def test_a_queued_fetch_times_out_and_leaves_the_queue(canned_server, make_either):
    either = make_either(max_clients=1)
    async with canned_server(never) as server:
        first = either.fetch(server.url())
        with pytest.raises(HTTPTimeoutError, match="while waiting for a slot, connect_timeout"):
            await either.fetch(server.url(), connect_timeout=0.05)
        assert either._environment.slots.queued == 0
        first.cancel()


async def test_a_queued_fetch_that_times_out_with_the_one_before_is_not_sent(
    canned_server, make_either, eventually
):
    async def respond(number, head, body):
        await asyncio.sleep(30 if b" /slow " in head else 0)
        return OK

    either = make_either(max_clients=1)
    async with canned_server(respond) as server:
        slow = either.fetch(server.url("/slow"), request_timeout=0.5)
        queued = [either.fetch(server.url(), request_timeout=0.5) for _ in range(3)]
        await eventually(lambda: server.heads)
        time.sleep(0.6)  # noqa: ASYNC251  # all have to be found at once
        for fetch in (slow, *queued):
            where = "a slot" if fetch in queued else "the response"
            with pytest.raises(HTTPTimeoutError, match=f"while waiting for {where}"):
                await fetch
        await asyncio.sleep(0.02)
    assert [head.split(b" ")[1] for head in server.heads] == [b"/slow"]
    assert either._environment.slots._free == 1


@pytest.mark.spec("B-HTTP-108")
async def test_zero_is_no_limit(canned_server, either):
    async def slow(number, head, body):
        await asyncio.sleep(0.05)
        return OK

    async with canned_server(slow) as server:
        await either.fetch(server.url(), request_timeout=0, connect_timeout=0)


@pytest.mark.spec("B-HTTP-110", "B-HTTP-111")
async def test_max_clients_run_at_once_and_the_others_wait(canned_server, make_either):
    running = most = 0

    async def count(number, head, body):
        nonlocal running, most
        running += 1
        most = max(most, running)
        # Those that wait do so for longer than a busy machine holds up those that need not.
        await asyncio.sleep(0.5 if number <= 3 else 0.01)
        running -= 1
        return OK

    either = make_either(max_clients=3)
    async with canned_server(count) as server:
        responses = await asyncio.gather(*(either.fetch(server.url()) for _ in range(12)))
    assert most == 3
    assert server.connections == 3
    assert responses[0].time_info["queue"] < 0.5 <= responses[-1].time_info["queue"]


async def test_the_request_timeout_spans_redirects(canned_server, either):
    async def slow(number, head, body):
        await asyncio.sleep(0.04)
        return b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"

    async with canned_server(slow) as server:
        with pytest.raises(HTTPTimeoutError):
            await either.fetch(server.url(), request_timeout=0.1, max_redirects=100)
    assert len(server.heads) <= 3


async def test_cancelling_closes_the_connection_and_frees_the_slot(
    canned_server, make_either, eventually
):
    either = make_either(max_clients=1)
    async with canned_server(lambda n, *_: never(n, b"", b"") if n == 1 else OK) as server:
        fetch = either.fetch(server.url())
        await eventually(lambda: server.heads)
        fetch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetch
        assert (await either.fetch(server.url())).body == b"ok"
    assert server.connections == 2


async def test_closing_the_client_ends_its_fetches(canned_server, make_either):
    either = make_either(max_clients=1)
    async with canned_server(never) as server:
        fetches = [either.fetch(server.url()) for _ in range(3)]
        await asyncio.sleep(0.02)
        either.close()
        results = await asyncio.gather(*fetches, return_exceptions=True)
    assert [type(result) for result in results] == [HTTPStreamClosedError] * 3


async def test_closing_the_client_sends_nothing_that_was_queued(canned_server, make_either):
    async def respond(number, head, body):
        await asyncio.sleep(30 if b" /slow " in head else 0)
        return OK

    for _ in range(10):
        either = make_either(max_clients=2)
        async with canned_server(respond) as kept, canned_server(respond) as server:
            await asyncio.gather(*(either.fetch(kept.url()) for _ in range(2)))
            fetches = [either.fetch(server.url("/slow")) for _ in range(2)]
            fetches += [either.fetch(kept.url(), method="POST", body=b"") for _ in range(5)]
            await asyncio.sleep(0.01)
            either.close()
            await asyncio.gather(*fetches, return_exceptions=True)
            await asyncio.sleep(0.01)
        assert len(kept.heads) == 2
        assert either._environment.slots._free == 2


@pytest.mark.spec("B-HTTP-113")
async def test_a_closed_client_refuses(either):
    either.close()
    with pytest.raises(RuntimeError):
        either.fetch("http://127.0.0.1/")


@pytest.mark.parametrize("option", ["connect_timeout", "request_timeout"])
@pytest.mark.parametrize("seconds", [-1, float("nan")])
async def test_a_timeout_that_is_none_is_refused_and_holds_up_no_other(
    canned_server, either, option, seconds
):
    async with canned_server(lambda *_: asyncio.sleep(30)) as server:
        other = either.fetch(server.url(), request_timeout=0.1)
        with pytest.raises(ValueError, match=rf"{option} is .*, expected 0 or more seconds"):
            await either.fetch(server.url(), **{option: seconds})
        with pytest.raises(HTTPTimeoutError):
            await other


@pytest.mark.parametrize("option", ["connect_timeout", "request_timeout"])
async def test_a_timeout_that_is_no_number_is_the_error_of_its_fetch(either, option):
    fetch = either.fetch("http://127.0.0.1:1/", **{option: "5"})
    with pytest.raises(TypeError, match=f"{option} must be a number of seconds, not str"):
        await fetch


@pytest.mark.parametrize("option", ["connect_timeout", "request_timeout"])
async def test_a_timeout_beyond_all_numbers_keeps_no_slot(canned_server, make_either, option):
    client = make_either(max_clients=1)
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    async with canned_server(answer) as server, asyncio.timeout(5):
        fetch = client.fetch(server.url(), **{option: 10**400})
        with pytest.raises(ValueError, match=f"{option} is beyond all numbers of seconds"):
            await fetch
        assert (await client.fetch(server.url())).code == 204
