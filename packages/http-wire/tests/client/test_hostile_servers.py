"""Servers that lie, stall, flood and truncate; each over a real socket."""

from __future__ import annotations

import asyncio
import gzip
import os
import time

import pytest

from etesian.http_wire.client.errors import HTTPProtocolError, HTTPStreamClosedError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def refused(canned_server, either, answer, **options):
    """Fetch ``answer`` whole and byte by byte; give the message of the refusal."""
    messages = set()

    async def drip(number, head, body):
        writer = server.writers[-1]
        for one in answer:
            if writer.is_closing():
                break  # the client has heard enough
            writer.write(bytes((one,)))
            if one == 10:
                await asyncio.sleep(0)
        return server.CLOSE

    for respond in (answer, drip):
        async with canned_server(respond) as server:
            with pytest.raises(HTTPProtocolError) as caught:
                await either.fetch(server.url(), **options)
            assert caught.value.code == 599
            messages.add(str(caught.value))
            # The client lives, and asks on another connection.
        async with canned_server(OK) as server:
            assert (await either.fetch(server.url())).body == b"ok"
    return messages


@pytest.mark.spec("S245", "B-HTTP-131")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2x\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    ],
)
async def test_what_is_no_response_is_refused(canned_server, client, answer):
    await refused(canned_server, client, answer)


@pytest.mark.spec("S245")
async def test_a_flood_of_interim_responses_is_refused(canned_server, either):
    fine = b"HTTP/1.1 102 Processing\r\n\r\n" * 16 + OK
    async with canned_server(fine) as server:
        assert (await either.fetch(server.url())).body == b"ok"
    await refused(canned_server, either, b"HTTP/1.1 102 Processing\r\n\r\n" * 17 + OK)


@pytest.mark.spec("S245", "S239")
async def test_the_body_of_a_head_response_is_nobodys_next_answer(canned_server, either):
    async with canned_server(b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + OK) as server:
        for _ in range(2):
            assert (await either.fetch(server.url(), method="HEAD")).body == b""
    assert server.connections == 2


@pytest.mark.spec("S246", "B-HTTP-150")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 " + b"x" * 10_000,
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 2000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;" + b"x" * 70_000,
    ],
)
async def test_endless_heads_and_trailers_meet_a_limit(canned_server, client, answer):
    async with canned_server(answer) as server:
        with pytest.raises(HTTPProtocolError):
            await client.fetch(server.url())


@pytest.mark.spec("B-HTTP-150")
async def test_the_limit_of_heads_can_be_set(canned_server, make_either):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: %b\r\n\r\n"
    either = make_either(max_header_size=1000)
    async with canned_server(answer % (b"x" * 900)) as server:
        await either.fetch(server.url())
    async with canned_server(answer % (b"x" * 1000)) as server:
        with pytest.raises(HTTPProtocolError, match="1000"):
            await either.fetch(server.url())


@pytest.mark.spec("S247", "B-HTTP-133")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour<close>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n<close>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n<close>",
        b"HTTP/1.1 200 OK\r\nTransfer-Enc<close>",
        b"HTTP/1.1 100 Continue\r\n\r\n<close>",
        b"<close>",
    ],
)
async def test_a_response_cut_short_is_an_error(canned_server, client, answer):
    async with canned_server(answer) as server:
        with pytest.raises(HTTPStreamClosedError) as caught:
            await client.fetch(server.url())
    assert caught.value.code == 599
    assert caught.value.response is None


@pytest.mark.spec("S247")
async def test_compressed_data_cut_short_are_an_error(canned_server, either):
    packed = gzip.compress(b"text" * 1000)[:-4]
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with canned_server(head + packed) as server:
        with pytest.raises(HTTPProtocolError, match="truncated"):
            await either.fetch(server.url())


@pytest.mark.spec("S153", "B-HTTP-149")
@pytest.mark.parametrize("streaming", [False, True])
async def test_a_bomb_is_stopped_by_the_limit_of_decoded_octets(
    canned_server, make_either, streaming
):
    either = make_either(max_body_size=1_000_000)
    packed = gzip.compress(bytes(100_000_000))
    assert len(packed) < 1_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    got = []
    options = {"streaming_callback": got.append} if streaming else {}
    async with canned_server(head + packed) as server:
        with pytest.raises(HTTPProtocolError, match="1000000"):
            await either.fetch(server.url(), **options)
    assert sum(map(len, got)) <= 1_000_000


@pytest.mark.spec("B-HTTP-149")
async def test_the_limits_of_bodies(canned_server, make_client):
    client = make_client(max_buffer_size=1000, max_body_size=2000)
    sizes = []

    def answers(size):
        body = b"x" * size
        return (
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % size
            + body
            + b"\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n" + body + b"<close>",
        )

    def count(piece):
        sizes.append(len(piece))

    for size, options in ((1000, {}), (2000, {"streaming_callback": count})):
        for answer in answers(size):
            async with canned_server(answer) as server:
                await client.fetch(server.url(), **options)
        for answer in answers(size + 1):
            async with canned_server(answer) as server:
                with pytest.raises(HTTPProtocolError):
                    await client.fetch(server.url(), **options)


@pytest.mark.spec("S239")
async def test_bytes_behind_a_response_end_the_connection(canned_server, either):
    async with canned_server(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil") as server:
        for _ in range(3):
            assert (await either.fetch(server.url())).body == b"ok"
    assert server.connections == 3


@pytest.mark.spec("S239")
@pytest.mark.parametrize("seen_by_loop", [True, False])
async def test_bytes_that_nobody_asked_for_are_nobodys_answer(canned_server, either, seen_by_loop):
    async with canned_server(OK) as server:
        await either.fetch(server.url())
        # Past the loop, which may send what is written only when the client waits again.
        connected = server.writers[0].get_extra_info("socket").fileno()
        os.write(connected, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        if seen_by_loop:
            await asyncio.sleep(0.02)
        else:
            time.sleep(0.02)  # noqa: ASYNC251  # the loop must not get to read
        assert (await either.fetch(server.url())).body == b"ok"
    assert server.connections == 2


async def test_an_answer_before_the_request_is_sent_ends_the_connection(canned_server, client):
    async def produce(write):
        await write(b"first")
        await asyncio.sleep(10)

    async def respond(number, head, body):
        return b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"

    async with canned_server(respond) as server:
        server._read_body = lambda reader, head: asyncio.sleep(0, b"")
        for _ in range(2):
            response = await client.fetch(
                server.url(), method="POST", body_producer=produce, raise_error=False
            )
            assert response.code == 413
    assert server.connections == 2


async def test_a_switch_of_protocols_that_nobody_asked_for_is_an_error(canned_server, either):
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\n\r\n" + OK
    async with canned_server(answer) as server:
        for _ in range(2):
            response = await either.fetch(server.url(), raise_error=False)
            assert (response.code, response.body) == (101, b"")
            assert response.error is not None
    assert server.connections == 2
