"""Who awaits a fetch goes on where its response arrives, and notices nothing of it."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from etesian.http_wire.client.client import AsyncHTTPClient
from etesian.http_wire.client.connection import ClientConnection
from etesian.http_wire.client.errors import HTTPStreamClosedError
from etesian.http_wire.client.response import HTTPResponse

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def arrivals(monkeypatch):
    """What happens, with the begin and the end of each arrival of bytes in between."""
    happened = []
    data_received = ClientConnection.data_received

    def recorded(connection, data):
        happened.append("(")
        data_received(connection, data)
        happened.append(")")

    monkeypatch.setattr(ClientConnection, "data_received", recorded)
    return happened


async def test_the_task_goes_on_in_the_call_that_brings_the_response(
    canned_server, client, arrivals
):
    async with canned_server(OK) as server:
        for _ in range(3):
            arrivals.append((await client.fetch(server.url())).body)
        await asyncio.sleep(0)
    assert arrivals == ["(", b"ok", ")"] * 3
    assert server.connections == 1


async def test_each_of_many_tasks_goes_on_in_a_call_of_its_own(canned_server, client, arrivals):
    async def repeat():
        for _ in range(3):
            arrivals.append((await client.fetch(server.url())).body)
            assert asyncio.current_task().get_name() == name

    name = "the one that fetches"
    async with canned_server(OK) as server:
        await asyncio.gather(*(asyncio.create_task(repeat(), name=name) for _ in range(5)))
    assert arrivals == ["(", b"ok", ")"] * 15


async def test_callbacks_of_the_future_keep_their_order(canned_server, client, arrivals):
    async with canned_server(OK) as server:
        fetch = client.fetch(server.url())
        fetch.add_done_callback(lambda _: arrivals.append("first"))
        await fetch
        arrivals.append("second")
    assert arrivals == ["(", ")", "first", "second"]


async def test_a_task_that_closes_the_client_where_it_goes_on(canned_server, make_client):
    client = make_client()
    async with canned_server(OK) as server:
        others = [client.fetch(server.url("/other")) for _ in range(3)]
        await client.fetch(server.url())
        client.close()
        outcomes = await asyncio.gather(*others, return_exceptions=True)
    assert all(isinstance(outcome, HTTPStreamClosedError | HTTPResponse) for outcome in outcomes)


async def test_an_error_of_the_task_is_the_tasks_alone(canned_server, client):
    async def fail():
        await client.fetch(server.url())
        raise LookupError("of the program")

    async with canned_server(OK) as server:
        with pytest.raises(LookupError, match="of the program"):
            await asyncio.create_task(fail())
        assert (await client.fetch(server.url())).body == b"ok"
    assert server.connections == 1


async def test_another_implementation_may_go_on_after_it_called_back():
    happened = []

    class Own(AsyncHTTPClient):
        def fetch_impl(self, request, callback):
            def respond():
                callback(HTTPResponse(request, 200))
                happened.append("the implementation")

            self.asyncio_loop.call_soon(respond)

    await Own(force_instance=True).fetch("http://localhost/")
    happened.append("the task")
    assert happened == ["the implementation", "the task"]


@pytest.mark.spec("S239")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_after_a_pause_a_look_is_taken_before_the_connection_is_used_again(
    canned_server, client, method
):
    async with canned_server(OK) as server:
        await client.fetch(server.url())
        # In the very call that brought the response, so that the loop cannot have seen it.
        connected = server.writers[0].get_extra_info("socket").fileno()
        os.write(connected, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        time.sleep(0.005)  # noqa: ASYNC251  # the loop must not get to read
        assert (await client.fetch(server.url(), method=method)).body == b"ok"
    assert server.connections == 2
