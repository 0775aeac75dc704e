"""What goes wrong around a handler, and connections that leave HTTP."""

import asyncio
import logging

import pytest

from etesian.http_wire.interface import create_server
from etesian.web import HTTPError, RequestHandler, stream_request_body


async def _ask_and_leave(site, event, request=b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"):
    _, writer = await site.connect()
    writer.write(request)
    async with asyncio.timeout(5):
        await event.wait()
    writer.transport.abort()


async def _until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - whatever the condition is
            await asyncio.sleep(0.005)


async def test_a_hook_that_fails_when_the_client_leaves_is_logged(serve, caplog):
    started, finished = asyncio.Event(), asyncio.Event()

    class Handler(RequestHandler):
        async def get(self):
            started.set()
            await asyncio.sleep(5)

        def on_connection_close(self):
            raise ValueError("in the hook")

        def on_finish(self):
            finished.set()
            raise ValueError("in on_finish")

    await _ask_and_leave(serve(Handler), started)
    async with asyncio.timeout(5):
        await finished.wait()
    await _until(lambda: "in the hook" in caplog.text)
    assert "in on_finish" in caplog.text


@pytest.mark.spec("B-WEB-107")
async def test_writing_to_a_client_that_left_is_nobodys_fault(serve, caplog):
    started, ended = asyncio.Event(), asyncio.Event()

    class Handler(RequestHandler):
        cancel_on_disconnect = False
        gone = False

        def on_connection_close(self):
            self.gone = True

        async def get(self):
            started.set()
            await _until(lambda: self.gone)
            try:
                self.write("x")
                await self.flush()
            finally:
                ended.set()

    await _ask_and_leave(serve(Handler), started)
    async with asyncio.timeout(5):
        await ended.wait()
    await asyncio.sleep(0.01)
    assert "Traceback" not in caplog.text


async def test_a_server_that_stops_cancels_what_runs_and_says_so_to_nobody(serve, caplog):
    started, calls = asyncio.Event(), []

    class Handler(RequestHandler):
        async def get(self):
            started.set()
            self.task = asyncio.current_task()
            calls.append(self)
            await asyncio.sleep(5)

        def on_finish(self):
            calls.append("on_finish")

    site = serve(Handler)
    _, writer = await site.connect()
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    async with asyncio.timeout(5):
        await started.wait()
    # As asyncio.run does with the tasks that are left.
    calls[0].task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calls[0].task
    assert calls[1:] == ["on_finish"]
    writer.close()
    assert "Traceback" not in caplog.text


async def test_an_error_after_the_end_of_the_response_is_only_logged(serve, caplog):
    class Handler(RequestHandler):
        def get(self):
            self.finish("sent")
            raise ValueError("afterwards")

    answer = await serve(Handler).fetch("/")
    assert (answer.status, answer.text) == (200, "sent")
    assert "afterwards" in caplog.text


async def test_a_body_shorter_than_announced_cuts_the_connection(serve, caplog):
    class Handler(RequestHandler):
        def get(self):
            self.set_header("Content-Length", 10)
            self.finish("short")

    raw = await serve(Handler).exchange(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    # Nothing follows that could be taken for the rest, or for the next response.
    assert raw.partition(b"\r\n\r\n")[2] in (b"", b"short")
    assert "HTTPOutputError" in caplog.text


# Streamed bodies


def _streaming(**methods):
    base = {"post": lambda handler: handler.write("done"), "data_received": lambda h, chunk: None}
    return stream_request_body(type("Streaming", (RequestHandler,), {**base, **methods}))


def _raises(*_args, **_kwargs):
    raise HTTPError(418)


@pytest.mark.parametrize("hook", ["initialize", "prepare", "data_received", "post"])
async def test_a_streaming_handler_may_fail_anywhere(serve, hook, caplog):
    status = 418
    site = serve(_streaming(**{hook: _raises}))
    assert (await site.fetch("/", "POST", body="x" * 200_000)).status == status
    assert (await site.fetch("/", "POST", body="")).status in (status, 200)


async def test_a_streaming_prepare_may_answer_before_the_body(serve):
    async def prepare(self):
        await asyncio.sleep(0)
        self.finish("enough")

    site = serve(_streaming(prepare=prepare))
    assert (await site.fetch("/", "POST", body="x" * 100)).text == "enough"
    assert (await serve(_streaming()).fetch("/", "POST", body="")).text == "done"


async def test_a_streaming_handler_hears_that_its_client_left_in_the_middle(serve):
    started, closed = asyncio.Event(), asyncio.Event()
    handler = _streaming(
        data_received=lambda h, chunk: started.set(),
        on_connection_close=lambda h: closed.set(),
    )
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome"
    await _ask_and_leave(serve(handler), started, head)
    async with asyncio.timeout(5):
        await closed.wait()


# Leaving HTTP


async def test_a_handler_can_switch_the_protocol(serve, caplog):
    caplog.set_level(logging.INFO, "etesian.access")

    class Shouting(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            self.transport.write(data.upper())
            self.transport.close()

    class Upgrade(RequestHandler):
        def get(self):
            self.set_status(101)
            self.set_header("Upgrade", "shout")
            self.set_header("Connection", "Upgrade")
            self.set_cookie("a", "b")
            self.switch_protocol(Shouting())

    raw = await serve(Upgrade).exchange(b"GET / HTTP/1.1\r\nHost: h\r\n\r\nhello")
    head, _, rest = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Set-Cookie: a=b" in head
    assert b"Content-Type" not in head
    assert rest == b"HELLO"
    assert [record.status for record in caplog.records] == [101]


# Routers without an application


async def test_a_router_can_be_served_as_it_is(serve):
    import socket

    from etesian.http_wire.interface import HTTPHeaders, ResponseStartLine
    from etesian.web.routing import ReversibleRuleRouter, Router, Rule, RuleRouter

    def answer(request):
        headers = HTTPHeaders({"Content-Length": str(len(request.body))})
        request.connection.write_headers(ResponseStartLine("", 200, "OK"), headers, request.body)
        request.connection.finish()

    inner = ReversibleRuleRouter([("/in/(.*)", answer, {}, "inner")])
    router = ReversibleRuleRouter(
        [
            ("/in/.*", inner),
            ("/list/.*", [("/list/a", answer, {}, "deep")]),
            ("/delegate", RuleRouter([("/delegate", answer)])),
            ("/number", 5),
        ]
    )
    assert router.reverse_url("inner", "x") == "/in/x"
    assert router.reverse_url("deep") == "/list/a"
    assert router.reverse_url("unknown") is None
    assert "answer" in repr(inner.rules[0])
    assert "PathMatches" in repr(Rule(inner.rules[0].matcher, answer))
    with pytest.raises(NotImplementedError):
        Router().find_handler(None)
    server = create_server(router)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    port = listening.getsockname()[1]
    server.add_socket(listening)
    site = serve([])
    site.port = port
    try:
        for path, status in [("/in/x", 200), ("/list/a", 200), ("/delegate", 200)]:
            answered = await site.fetch(path, "POST", body=b"body")
            assert (answered.status, answered.text) == (status, "body")
        for path in ("/none", "/number", "/list/b"):
            assert (await site.fetch(path, "POST", body=b"body")).status == 404
    finally:
        server.stop()
        await server.close_all_connections()


def test_two_rules_of_one_name_are_worth_a_warning(caplog):
    from etesian.web.routing import ReversibleRuleRouter

    router = ReversibleRuleRouter([("/a", print, {}, "x"), ("/b", print, {}, "x")])
    assert router.reverse_url("x") == "/b"
    assert "Several rules are named 'x'" in caplog.text
