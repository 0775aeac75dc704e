"""Events over as many connections as it takes, through either client."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest

from etesian.http_wire import EventSource, EventStreamError, HTTPClientError, HTTPRequest
from etesian.http_wire.client import event_session
from etesian.http_wire.client.errors import HTTPStreamClosedError, HTTPTimeoutError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"
OVER = b"HTTP/1.1 204 No Content\r\n\r\n"
CLOSE = b"<close>"
SOON = b"retry: 1\n"


def stream(events):
    return HEAD + events + CLOSE


def in_turn(*answers):
    """Give each answer once; then the stream is over."""

    def respond(number, head, body):
        return answers[number - 1] if number <= len(answers) else OVER

    return respond


async def read(source):
    async with source as events:
        return [event.data async for event in events]


def field(head, name):
    for line in head.decode("latin-1").split("\r\n"):
        if line.lower().startswith(f"{name}: "):
            return line.partition(": ")[2]
    return None


async def test_events_come_as_they_are_sent(either):
    going_on = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"data: first\n\nevent: e\nid: 7\nda")
        await going_on.wait()
        writer.write(b"ta: second\n\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with EventSource(either, url) as events:
        assert (await anext(events)).data == "first"
        going_on.set()
        event = await anext(events)
        assert (event.event, event.data, event.id) == ("e", "second", "7")
        assert events.last_event_id == "7"
    server.close()
    await server.wait_closed()


async def test_the_stream_goes_on_where_it_broke_off(canned_server, either):
    answers = in_turn(
        stream(SOON + b"id: 1\ndata: a\n\nid: 2\ndata: half"),
        stream(b"data: b\n\nid: \xc3\xa4\n\n"),
        b"HTTP/1.1 503 Soon\r\nContent-Length: 0\r\n\r\n",
        None,
        stream(b"data: c\n\n"),
    )
    async with canned_server(answers) as server:
        assert await read(EventSource(either, server.url("/x"))) == ["a", "b", "c"]
    sent = [field(head, "last-event-id") for head in server.heads]
    assert sent[:3] == [None, "1", "\xc3\xa4"]
    assert {*sent[2:]} == {"\xc3\xa4"}
    assert {field(head, "accept") for head in server.heads} == {"text/event-stream"}
    assert {field(head, "cache-control") for head in server.heads} == {"no-store"}


async def test_options_of_the_request_stay(canned_server, either):
    request = HTTPRequest("", headers={"Accept": "text/*", "X": "y"}, request_timeout=5)
    async with canned_server(in_turn(stream(SOON + b"data: a\n\n"))) as server:
        request.url = server.url()
        assert await read(EventSource(either, request, last_event_id="before")) == ["a"]
    assert field(server.heads[0], "last-event-id") == "before"
    assert field(server.heads[1], "accept") == "text/*"
    assert field(server.heads[1], "x") == "y"
    assert (request.request_timeout, "Last-Event-ID" in request.headers) == (5, False)


async def test_204_is_the_end_from_the_start(canned_server, either):
    async with canned_server(OVER) as server:
        assert await read(EventSource(either, server.url())) == []


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-streams\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_another_content_type_is_an_error_that_names_it(canned_server, either, answer):
    async with canned_server(in_turn(answer)) as server:
        with pytest.raises(EventStreamError, match="expected 'text/event-stream'"):
            await read(EventSource(either, server.url()))
    async with canned_server(in_turn(stream(SOON + b"data: a\n\n"), answer)) as server:
        with pytest.raises(EventStreamError):
            await read(EventSource(either, server.url()))


@pytest.mark.parametrize("status", [b"404 No", b"500 Oh", b"206 Part", b"503 Soon"])
async def test_the_first_answer_is_an_error_as_that_of_a_fetch(canned_server, either, status):
    answer = b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % status
    async with canned_server(answer) as server:
        with pytest.raises(HTTPClientError) as caught:
            await read(EventSource(either, server.url()))
    assert caught.value.code == int(status[:3])
    assert server.connections == 1


async def test_failures_in_a_row_are_bounded(canned_server, client):
    answer = b"HTTP/1.1 502 Oh\r\nContent-Length: 0\r\n\r\n"
    respond = in_turn(stream(SOON + b"data: a\n\n"), *[answer] * 9)
    async with canned_server(respond) as server:
        source = EventSource(client, server.url(), max_failures=2, max_retry=0.01)
        async with source as events:
            assert (await anext(events)).data == "a"
            with pytest.raises(HTTPClientError, match="502"):
                await anext(events)
    assert len(server.heads) == 3


async def test_streams_without_events_are_asked_for_ever_more_slowly(canned_server, client):
    respond = in_turn(*[stream(SOON)] * 3)
    async with canned_server(respond) as server:
        before = time.monotonic()
        assert await read(EventSource(client, server.url(), max_retry=0.1)) == []
        # At least 0.05, then twice that, then the bound.
        assert time.monotonic() - before > 0.05 + 0.1 + 0.1
    assert len(server.heads) == 4


async def test_a_server_that_is_busy_is_given_its_time_up_to_our_limit(canned_server, client):
    def busy(seconds):
        return b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: %d\r\n\r\n" % seconds

    async with canned_server(in_turn(stream(SOON), busy(1))) as server:
        started = time.monotonic()
        assert await read(EventSource(client, server.url())) == []
        assert 1 <= time.monotonic() - started < 5
    async with canned_server(in_turn(stream(SOON), busy(3600))) as server:
        started = time.monotonic()
        assert await read(EventSource(client, server.url(), max_retry=0.1)) == []
        assert time.monotonic() - started < 5


async def test_a_connection_that_does_not_come_about_is_tried_again(canned_server, either):
    async with canned_server(in_turn(stream(SOON), CLOSE, stream(b"data: a\n\n"))) as server:
        assert await read(EventSource(either, server.url(), max_retry=0.01)) == ["a"]
    assert len(server.heads) == 4


async def test_a_silent_connection_is_given_up(canned_server, either):
    held = HEAD + SOON + b"data: a\n\n"
    async with canned_server(in_turn(held)) as server:
        assert await read(EventSource(either, server.url(), idle_timeout=0.05)) == ["a"]
    assert len(server.heads) == 2


async def test_comments_keep_a_connection(client):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        for _ in range(8):
            writer.write(b": still here\n")
            await asyncio.sleep(0.03)
        writer.write(b"data: a\n\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with EventSource(client, url, idle_timeout=0.2) as events:
        assert (await anext(events)).data == "a"
    server.close()
    await server.wait_closed()


async def test_the_head_has_the_time_of_a_request_and_the_stream_has_not(canned_server, client):
    async def respond(number, head, body):
        await asyncio.sleep(0 if b"/at-once" in head else 1)
        return HEAD

    async with canned_server(respond) as server:
        request = HTTPRequest(server.url("/late"), request_timeout=0.1)
        with pytest.raises(HTTPTimeoutError, match=r"request_timeout is 0\.1 seconds"):
            await read(EventSource(client, request))
        request.url = server.url("/at-once")
        async with EventSource(client, request) as events:
            waiting = asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            assert not done
            waiting.cancel()
            await asyncio.wait([waiting])


@pytest.mark.parametrize("events", [b"data: " + b"x" * 100, b"data: x\n" * 20])
async def test_limits_are_errors(canned_server, either, events):
    async with canned_server(stream(b"data: a\n\n" + events)) as server:
        source = EventSource(either, server.url(), max_line_size=99, max_event_size=99)
        async with source as received:
            assert (await anext(received)).data == "a"
            with pytest.raises(EventStreamError, match="99"):
                await anext(received)


@pytest.mark.parametrize("end", [b"", CLOSE])
@pytest.mark.parametrize("identifier", [b"x" * 5000, b"\x01"])
async def test_an_identifier_that_cannot_be_sent_is_an_error(
    canned_server, client, identifier, end
):
    event = SOON + b"id: " + identifier + b"\ndata: a\n\n"
    async with canned_server(HEAD + event + end) as server:
        with pytest.raises(EventStreamError, match="identifier"):
            await read(EventSource(client, server.url(), idle_timeout=0.05))


async def test_what_is_not_idempotent_is_not_repeated(canned_server, either):
    request = HTTPRequest("", "POST", body=b"question")
    async with canned_server(stream(SOON + b"data: a\n\ndata: b\n\n")) as server:
        request.url = server.url()
        assert await read(EventSource(either, request)) == ["a", "b"]
    assert server.bodies == [b"question"]


async def test_what_is_not_idempotent_and_breaks_off_is_an_error(canned_server, client):
    broken = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 99\r\n\r\n") + b"data: a\n\n" + CLOSE
    for answer, error in ((broken, HTTPStreamClosedError), (HEAD, HTTPTimeoutError)):
        async with canned_server(answer) as server:
            request = HTTPRequest(server.url(), "POST", body=b"question")
            with pytest.raises(error):
                await read(EventSource(client, request, idle_timeout=0.05))
        assert len(server.heads) == 1


@pytest.mark.parametrize("moment", ["connecting", "waiting", "pausing"])
async def test_cancellation_closes_the_connection(either, moment):
    left = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if moment != "connecting":
            writer.write(HEAD + b"retry: 60000\ndata: a\n\n")
        if moment == "pausing":
            await writer.drain()
            writer.close()
        await reader.read()
        writer.close()
        left.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    reading = asyncio.ensure_future(read(EventSource(either, url)))
    await asyncio.sleep(0.1)
    reading.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await reading
        await left.wait()
    server.close()
    await server.wait_closed()


async def test_leaving_the_block_closes_the_connection(canned_server, either):
    async with canned_server(HEAD + b"data: a\n\ndata: b\n\n") as server:
        async with EventSource(either, server.url()) as events:
            async for event in events:
                assert event.data == "a"
                break
        async with asyncio.timeout(5):
            await server.stop()


async def test_it_is_entered_first(client):
    with pytest.raises(RuntimeError, match="async with"):
        await anext(EventSource(client, "http://127.0.0.1/"))


async def test_a_call_that_was_cancelled_loses_nothing(either):
    going_on = asyncio.Event()
    asked = []

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.partition(b"Last-Event-Id: ")[2][:1])
        if asked[-1] == b"":
            writer.write(HEAD + b"retry: 300\nid: 1\ndata: a\n\nid: 2\nda")
            await going_on.wait()
            writer.write(b"ta: b\n\n")
        elif asked[-1] == b"2":
            writer.write(HEAD + b"id: 3\ndata: c\n\n")
        else:
            writer.write(OVER)
        await writer.drain()
        writer.close()

    async def impatient(events):
        while True:
            try:
                async with asyncio.timeout(0.02):
                    return (await anext(events)).data
            except TimeoutError:
                timeouts.append(len(asked))
                going_on.set()

    timeouts = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with EventSource(either, url) as events, asyncio.timeout(10):
        assert [await impatient(events) for _ in range(3)] == ["a", "b", "c"]
        assert [event async for event in events] == []
    # While the event was not whole, and while the server's pause was kept.
    assert timeouts[0] == 1
    assert len(timeouts) > 2
    assert asked == [b"", b"2", b"3"]
    server.close()
    await server.wait_closed()


async def test_a_silence_is_the_same_to_calls_that_were_cancelled(canned_server, client):
    held = HEAD + SOON + b"data: a\n\n"
    async with canned_server(in_turn(held, held)) as server, asyncio.timeout(10):
        async with EventSource(client, server.url(), idle_timeout=0.1) as events:
            assert (await anext(events)).data == "a"
            second = None
            while second is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.03):
                        second = await anext(events)
        assert second.data == "a"
        assert len(server.heads) == 2


async def test_a_silence_lasts_on_between_the_calls(canned_server, client, monkeypatch):
    held = HEAD + SOON + b"data: a\n\n"
    async with canned_server(in_turn(held, held)) as server, asyncio.timeout(10):
        async with EventSource(client, server.url(), idle_timeout=1000) as events:
            assert (await anext(events)).data == "a"
            waiting = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
            later = asyncio.get_running_loop().time() + 1001
            monkeypatch.setattr(event_session, "_now", lambda: later)
            assert (await anext(events)).data == "a"
        assert len(server.heads) == 2


async def test_patience_may_be_shorter_than_a_connection_takes(canned_server, either):
    async def respond(number, head, body):
        if number == 2:
            await going_on.wait()
        return answers(number, head, body)

    going_on = asyncio.Event()
    answers = in_turn(stream(SOON + b"data: a\n\n"), stream(b"data: b\n\n"))
    async with canned_server(respond) as server, asyncio.timeout(10):
        async with EventSource(either, server.url()) as events:
            assert (await anext(events)).data == "a"
            second, timeouts = None, 0
            while second is None:
                try:
                    async with asyncio.timeout(0.01):
                        second = await anext(events)
                except TimeoutError:
                    timeouts += len(server.heads) == 2
                if timeouts == 3:
                    going_on.set()
        assert (second.data, len(server.heads)) == ("b", 2)


async def test_a_refusal_while_nobody_waits_is_told_to_the_next_call(canned_server, client):
    async def respond(number, head, body):
        if number == 2:
            asked.set()
            await cancelled.wait()
        return answers(number, head, body)

    asked, cancelled = asyncio.Event(), asyncio.Event()
    refused = b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"
    answers = in_turn(stream(SOON + b"data: a\n\n"), refused)
    async with canned_server(respond) as server, asyncio.timeout(10):
        async with EventSource(client, server.url()) as events:
            assert (await anext(events)).data == "a"
            waiting = asyncio.ensure_future(anext(events))
            await asked.wait()
            waiting.cancel()
            await asyncio.wait([waiting])
            cancelled.set()
            await asyncio.wait([events._session._attempt])
            with pytest.raises(HTTPClientError, match="404"):
                await anext(events)
            assert await anext(events, None) is None
        assert len(server.heads) == 2


@pytest.mark.parametrize("moment", ["waiting", "pausing"])
async def test_another_task_than_the_one_that_iterates_may_leave(canned_server, client, moment):
    answer = HEAD + SOON + b"data: a\n\n" + (b"" if moment == "waiting" else CLOSE)
    async with canned_server(answer) as server, asyncio.timeout(10):
        async with EventSource(client, server.url()) as events:
            assert (await anext(events)).data == "a"
            waiting = asyncio.ensure_future(anext(events, None))
            await asyncio.sleep(0.02)
        assert await waiting is None
        assert client._fetches == set()
        async with events:
            assert (await anext(events)).data == "a"


async def test_nothing_is_asked_for_after_the_block(canned_server, client):
    answer = HEAD + b"retry: 50\ndata: a\n\n" + CLOSE
    async with canned_server(answer) as server, asyncio.timeout(10):
        async with EventSource(client, server.url()) as events:
            assert (await anext(events)).data == "a"
            pausing = asyncio.ensure_future(anext(events, None))
            await asyncio.sleep(0.02)
        client.close()
        assert await pausing is None
        assert len(server.heads) == 1


async def test_a_call_of_one_block_has_no_part_in_the_next(canned_server, client):
    answers = in_turn(HEAD + b"retry: 50\ndata: a\n\n" + CLOSE, HEAD + b"data: b\n\n")
    async with canned_server(answers) as server, asyncio.timeout(10):
        async with EventSource(client, server.url()) as events:
            assert (await anext(events)).data == "a"
            pausing = asyncio.ensure_future(anext(events, None))
            await asyncio.sleep(0.02)
        async with events:
            assert (await anext(events)).data == "b"
            assert await pausing is None
        assert len(server.heads) == 2
        assert client._fetches == set()


async def test_a_block_is_left_while_the_head_of_another_connection_is_awaited(either):
    asked = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if asked.is_set():
            silent.set()
            await reader.read()
            left.set()
        else:
            writer.write(stream(SOON + b"data: a\n\n").removesuffix(CLOSE))
            asked.set()
        writer.close()

    silent, left = asyncio.Event(), asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with asyncio.timeout(10):
        async with EventSource(either, url) as events:
            assert (await anext(events)).data == "a"
            waiting = asyncio.ensure_future(anext(events, None))
            await silent.wait()
        assert await waiting is None
        await left.wait()
    server.close()
    await server.wait_closed()


async def test_leaving_is_the_end_also_of_what_is_not_repeated(canned_server, client):
    async with canned_server(HEAD + b"data: a\n\n") as server, asyncio.timeout(10):
        request = HTTPRequest(server.url(), "POST", body=b"")
        async with EventSource(client, request) as events:
            assert (await anext(events)).data == "a"
            waiting = asyncio.ensure_future(anext(events, None))
            await asyncio.sleep(0.02)
        assert await waiting is None


async def test_a_second_entry_takes_no_second_connection(canned_server, client):
    async with canned_server(HEAD + b"data: a\n\n") as server, asyncio.timeout(10):
        async with EventSource(client, server.url()) as events:
            with pytest.raises(RuntimeError, match="left before"):
                await events.__aenter__()
            assert (await anext(events)).data == "a"
        assert len(server.heads) == 1
        assert client._fetches == set()


async def test_an_entry_that_fails_is_not_gone_on_with(canned_server, client):
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    answers = in_turn(HEAD, busy, HEAD + b"data: a\n\n")
    async with canned_server(answers) as server, asyncio.timeout(10):
        events = EventSource(client, server.url(), retry=0)
        async with events:
            pass
        with pytest.raises(HTTPClientError):
            await events.__aenter__()
        assert await anext(events, None) is None
        assert len(server.heads) == 2
        async with events:
            assert (await anext(events)).data == "a"


async def test_a_second_call_is_refused_while_one_waits(canned_server, client):
    async with (
        canned_server(HEAD + b"data: a\n\n") as server,
        asyncio.timeout(10),
        EventSource(client, server.url()) as events,
    ):
        assert (await anext(events)).data == "a"
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one task iterates"):
            await anext(events)
        server.writers[0].write(b"data: b\n\ndata: c\n\n")
        assert [(await waiting).data, (await anext(events)).data] == ["b", "c"]


async def test_a_call_takes_no_connection_of_its_own_while_the_first_is_made(canned_server, client):
    async def respond(number, head, body):
        if number == 1:
            asked.set()
            await going_on.wait()
        return HEAD + b"data: a\n\n"

    asked, going_on = asyncio.Event(), asyncio.Event()
    async with canned_server(respond) as server, asyncio.timeout(10):
        events = EventSource(client, server.url())
        entering = asyncio.ensure_future(events.__aenter__())
        await asked.wait()
        with pytest.raises(RuntimeError, match="one task iterates"):
            await anext(events)
        going_on.set()
        await entering
        assert (await anext(events)).data == "a"
        await events.__aexit__()
        assert len(server.heads) == 1
        assert client._fetches == set()


async def test_an_entry_that_was_left_has_no_part_in_the_next(canned_server, client):
    async def respond(number, head, body):
        if number == 1:
            asked.set()
            await asyncio.Event().wait()
        return HEAD + b"data: a\n\n"

    asked = asyncio.Event()
    async with canned_server(respond) as server, asyncio.timeout(10):
        events = EventSource(client, server.url())
        entering = asyncio.ensure_future(events.__aenter__())
        await asked.wait()
        await events.__aexit__()
        assert client._fetches == set()
        async with events:
            await entering
            assert (await anext(events)).data == "a"
        assert client._fetches == set()


async def test_an_entry_that_was_left_and_is_cancelled_leaves_the_next_alone(canned_server, client):
    async with canned_server(HEAD + b"data: a\n\n") as server, asyncio.timeout(10):
        events = EventSource(client, server.url())
        entering = asyncio.ensure_future(events.__aenter__())
        await asyncio.sleep(0)
        leaving = asyncio.ensure_future(events.__aexit__())
        await asyncio.sleep(0)
        entering.cancel()
        async with events:
            await asyncio.wait([entering, leaving])
            assert (await anext(events)).data == "a"
        assert client._fetches == set()


async def test_what_the_server_says_last_is_known_with_the_event(canned_server, either):
    said = b"retry: 100\nid: 1\ndata: a\n\nretry: 200\nid: 2\ndata: b\n\n"
    async with canned_server(HEAD + said) as server:
        async with EventSource(either, server.url()) as events:
            assert (await anext(events)).data == "a"
            assert (events.retry, events.last_event_id) == (0.1, "1")
        assert (events.retry, events.last_event_id) == (0.1, "1")


NO_SECONDS = pytest.mark.parametrize(
    "seconds", [-1, float("nan"), 10**400, "1"], ids=["negative", "nan", "huge", "text"]
)


@NO_SECONDS
@pytest.mark.parametrize("option", ["idle_timeout", "retry", "max_retry"])
def test_seconds_that_are_none_are_refused(option, seconds):
    with pytest.raises((ValueError, TypeError), match=option):
        EventSource(None, "http://127.0.0.1/", **{option: seconds})
    with pytest.raises(TypeError, match=option):
        EventSource(None, "http://127.0.0.1/", **{option: None})


@NO_SECONDS
async def test_a_request_timeout_that_is_none_is_refused_as_by_a_fetch(client, seconds):
    request = HTTPRequest("http://127.0.0.1:1/", request_timeout=seconds)
    with pytest.raises((ValueError, TypeError), match="request_timeout"):
        await read(EventSource(client, request))
    assert client._fetches == set()
