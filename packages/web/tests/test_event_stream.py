import asyncio

import pytest

from etesian.web import EventStream, RequestHandler


def _streaming(body, **options):
    class Streaming(RequestHandler):
        async def get(self):
            async with EventStream(self, **options) as events:
                await body(events)

    return Streaming


async def test_events_are_written_as_browsers_read_them(serve):
    async def body(events):
        await events.send("one")
        await events.send("two\nlines\r\nand\rmore", event="kind", id=7)
        await events.send({"a": [1]}, id="x")

    answer = await serve(_streaming(body, retry=1.5)).fetch("/")
    assert answer.headers["Content-Type"] == "text/event-stream; charset=UTF-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.split("\n\n") == [
        "retry: 1500",
        "data: one",
        "event: kind\nid: 7\ndata: two\ndata: lines\ndata: and\ndata: more",
        'id: x\ndata: {"a": [1]}',
        "",
    ]


@pytest.mark.parametrize("field", ["event", "id"])
@pytest.mark.parametrize("value", ["a\nb", "a\rb", "\0"])
async def test_no_field_can_smuggle_another(serve, field, value):
    async def body(events):
        with pytest.raises(ValueError, match=field):
            await events.send("x", **{field: value})
        await events.send("ok")

    assert (await serve(_streaming(body)).fetch("/")).text == "data: ok\n\n"


async def test_a_browser_that_comes_back_says_what_it_had_last(serve):
    async def body(events):
        await events.send(events.last_event_id)

    answer = await serve(_streaming(body)).fetch("/", headers={"Last-Event-ID": "41"})
    assert answer.text == "data: 41\n\n"


async def test_an_id_comes_back_as_it_was_given(serve):
    async def body(events):
        await events.send("", id=events.last_event_id)

    identifier = "caf\u00e9 \u20ac"
    as_octets = identifier.encode().decode("latin-1")
    answer = await serve(_streaming(body)).fetch("/", headers={"Last-Event-ID": as_octets})
    assert answer.body.decode() == f"id: {identifier}\ndata: \n\n"


async def test_silence_is_broken_by_comments(serve):
    heard = asyncio.Event()

    async def body(events):
        await heard.wait()
        await events.send("late")

    reader, writer = await read_stream(serve(_streaming(body, heartbeat=0.01)))
    async with asyncio.timeout(5):
        await reader.readuntil(b"\r\n\r\n")
        comment = b"3\r\n:\n\n\r\n"
        assert await reader.readexactly(len(comment)) == comment
        heard.set()
        await reader.readuntil(b"data: late\n\n\r\n0\r\n\r\n")
    writer.close()
    await writer.wait_closed()


async def test_it_ends_when_the_browser_leaves(serve, caplog):
    ended = asyncio.Event()

    async def body(events):
        try:
            await asyncio.sleep(10)
        finally:
            ended.set()

    site = serve(_streaming(body, heartbeat=0.01))
    reader, writer = await site.connect()
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    await reader.readuntil(b":\n\n")
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(5):
        await ended.wait()
    await asyncio.sleep(0.02)
    assert "Traceback" not in caplog.text


async def read_stream(site):
    reader, writer = await site.connect()
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    return reader, writer


async def test_it_ends_in_order_when_the_server_shuts_down(serve, caplog):
    after = []

    class Streaming(RequestHandler):
        async def get(self):
            async with EventStream(self) as events:
                await events.send("one", id=1)
                await asyncio.sleep(60)
            after.append("the rest of the handler runs")

    site = serve(Streaming)
    reader, writer = await read_stream(site)
    await reader.readuntil(b"data: one\n\n")
    async with asyncio.timeout(5):
        draining = asyncio.ensure_future(site.server.drain(within=30))
        assert (await reader.read()).endswith(b"0\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        await draining
    assert after
    assert caplog.text == ""


async def test_a_stream_that_begins_while_the_server_shuts_down_ends_at_once(serve):
    async def body(events):
        await asyncio.sleep(60)

    site = serve(_streaming(body))
    reader, writer = await site.connect()
    await asyncio.sleep(0.02)  # until it is accepted
    draining = asyncio.ensure_future(site.server.drain(within=30, idle_grace=10))
    await asyncio.sleep(0.02)
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    async with asyncio.timeout(5):
        raw = await reader.read()
        writer.close()
        await writer.wait_closed()
        await draining
    assert b"text/event-stream" in raw
    assert raw.endswith(b"0\r\n\r\n")


async def test_a_client_that_leaves_meanwhile_still_cancels(serve):
    seen = []

    class Streaming(RequestHandler):
        async def get(self):
            try:
                async with EventStream(self) as events:
                    events._drain()
                    self._task.cancel()
                    await asyncio.sleep(60)
                seen.append("went on")
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

    await serve(Streaming).exchange(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert seen == ["cancelled"]


async def test_retry_and_heartbeat_are_seconds(serve):
    async def body(events):
        await events.send("x")

    answer = await serve(_streaming(body, retry=2, heartbeat=None)).fetch("/")
    assert answer.text == "retry: 2000\n\ndata: x\n\n"
