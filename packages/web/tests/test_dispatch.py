import asyncio
import logging
from contextvars import ContextVar
from typing import ClassVar

import pytest

from etesian.web import Finish, HTTPError, RequestHandler, stream_request_body


@pytest.mark.spec("B-WEB-028", "B-WEB-033")
async def test_the_hooks_run_in_order_and_on_finish_comes_last_and_once(serve):
    calls = []

    class Handler(RequestHandler):
        def __init__(self, *args, **kwargs):
            calls.append("constructor")
            super().__init__(*args, **kwargs)

        def initialize(self):
            calls.append("initialize")

        def prepare(self):
            calls.append("prepare")

        def get(self):
            calls.append("get")
            self.write("x")

        def on_finish(self):
            calls.append("on_finish")
            with pytest.raises(RuntimeError):
                self.write("too late")

    await serve(Handler).fetch("/")
    assert calls == ["constructor", "initialize", "prepare", "get", "on_finish"]


@pytest.mark.spec("B-WEB-030", "B-WEB-034")
async def test_prepare_and_the_verb_may_be_coroutines(serve):
    class Handler(RequestHandler):
        async def prepare(self):
            await asyncio.sleep(0.001)
            self.prepared = True

        async def get(self):
            self.write("one ")
            await asyncio.sleep(0.001)
            self.write(str(self.prepared))

    class OnlyPrepare(RequestHandler):
        async def prepare(self):
            await asyncio.sleep(0)

        def get(self):
            self.write("sync")

    assert (await serve(Handler).fetch("/")).text == "one True"
    assert (await serve(OnlyPrepare).fetch("/")).text == "sync"


async def test_any_awaitable_will_do(serve):
    class Handler(RequestHandler):
        def get(self):
            self.write("x")
            future = asyncio.get_running_loop().create_future()
            future.set_result(None)
            return future

    assert (await serve(Handler).fetch("/")).text == "x"


@pytest.mark.spec("B-WEB-031")
@pytest.mark.parametrize("waits", [False, True])
async def test_if_prepare_finishes_the_verb_is_not_called(serve, waits):
    class Sync(RequestHandler):
        def prepare(self):
            self.finish("from prepare")

        def get(self):
            raise AssertionError

    class Async(Sync):
        async def prepare(self):
            await asyncio.sleep(0)
            self.finish("from prepare")

    assert (await serve(Async if waits else Sync).fetch("/")).text == "from prepare"


@pytest.mark.spec("B-WEB-032")
async def test_what_the_route_captured_is_there_in_prepare(serve):
    class Handler(RequestHandler):
        def prepare(self):
            self.finish({"args": self.path_args, "kwargs": self.path_kwargs})

    site = serve([(r"/a/(.*)/(.*)", Handler), (r"/k/(?P<k>.*)", Handler)])
    assert (await site.fetch("/a/1/2")).json() == {"args": ["1", "2"], "kwargs": {}}
    assert (await site.fetch("/k/v")).json() == {"args": [], "kwargs": {"k": "v"}}


@pytest.mark.spec("B-WEB-035")
async def test_a_verb_that_returns_a_value_is_an_error(serve, caplog):
    class Handler(RequestHandler):
        def get(self):
            return "text"

    assert (await serve(Handler).fetch("/")).status == 500
    assert "get() must return None or an awaitable, got str" in caplog.text


@pytest.mark.spec("B-WEB-021", "B-WEB-022", "S170")
async def test_an_unknown_method_is_a_405_that_names_the_known_ones(serve):
    class Handler(RequestHandler):
        SUPPORTED_METHODS = (*RequestHandler.SUPPORTED_METHODS, "PROPFIND")

        def get(self):
            self.write("x")

        def propfind(self):
            self.write("found")

    site = serve(Handler)
    assert (await site.fetch("/", "PROPFIND")).text == "found"
    for method in ("POST", "HEAD", "BREW"):
        refused = await site.fetch("/", method)
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, PROPFIND")


@pytest.mark.spec("B-WEB-029")
async def test_an_exception_in_initialize_is_a_500(serve, caplog):
    class Handler(RequestHandler):
        def initialize(self):
            raise ValueError("broken")

    site = serve(Handler)
    assert (await site.fetch("/")).status == 500
    assert "broken" in caplog.text
    assert (await site.fetch("/")).status == 500


@pytest.mark.spec("B-WEB-043")
async def test_constructors_cooperate_under_multiple_inheritance(serve):
    class Extra:
        def __init__(self):
            super().__init__()
            self.extra = "made"

    class Handler(RequestHandler, Extra):
        def get(self):
            self.write(self.extra)

    assert (await serve(Handler).fetch("/")).text == "made"


async def test_context_variables_do_not_reach_the_next_request_of_the_connection(serve):
    variable = ContextVar("variable", default="unset")

    class Handler(RequestHandler):
        def get(self):
            self.write(variable.get())
            variable.set("leaked")

    site = serve(Handler)
    request = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    raw = await site.exchange(request + last)
    assert raw.count(b"unset") == 2


# The client leaves


async def _leave_while(site, handler_class):
    """Ask, wait until the handler runs, and close."""
    _, writer = await site.connect()
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    async with asyncio.timeout(5):
        await handler_class.started.wait()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
def waiting_handler():
    class Waiting(RequestHandler):
        started = asyncio.Event()
        calls: ClassVar = []
        left = asyncio.Event()
        ended = asyncio.Event()

        async def get(self):
            self.started.set()
            try:
                await (asyncio.sleep(5) if self.cancel_on_disconnect else self.left.wait())
                self.calls.append("went on")
            except asyncio.CancelledError:
                self.calls.append("cancelled")
                raise

        def on_connection_close(self):
            self.calls.append("closed")
            self.left.set()

        def on_finish(self):
            self.calls.append("on_finish")
            self.ended.set()

    return Waiting


@pytest.mark.spec("B-WEB-041", "B-WEB-107")
async def test_a_coroutine_is_cancelled_when_its_client_leaves(serve, waiting_handler, caplog):
    caplog.set_level(logging.INFO)
    await _leave_while(serve(waiting_handler), waiting_handler)
    async with asyncio.timeout(5):
        await waiting_handler.ended.wait()
    assert waiting_handler.calls == ["closed", "cancelled", "on_finish"]
    assert "Traceback" not in caplog.text
    (line,) = [r for r in caplog.records if r.name == "etesian.access"]
    assert line.status == 499


async def test_a_handler_may_go_on_without_its_client(serve, waiting_handler, caplog):
    waiting_handler.cancel_on_disconnect = False
    await _leave_while(serve(waiting_handler), waiting_handler)
    async with asyncio.timeout(5):
        await waiting_handler.ended.wait()
    assert waiting_handler.calls == ["closed", "went on", "on_finish"]
    assert "Traceback" not in caplog.text


async def test_a_cancellation_from_within_is_an_error_page(serve, caplog):
    class Handler(RequestHandler):
        async def get(self):
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future

    assert (await serve(Handler).fetch("/")).status == 500
    assert "CancelledError" in caplog.text


async def test_who_ends_a_response_elsewhere_may_still_do_so_when_its_client_left(serve, caplog):
    class Handler(RequestHandler):
        _auto_finish = False
        started = asyncio.Event()
        closed = asyncio.Event()
        ended = asyncio.Event()
        made: ClassVar = []

        def get(self):
            self.made.append(self)
            self.started.set()

        def on_connection_close(self):
            self.closed.set()

        def on_finish(self):
            self.ended.set()

    await _leave_while(serve(Handler), Handler)
    async with asyncio.timeout(5):
        await Handler.closed.wait()
    Handler.made[0].finish("nobody reads this")
    assert Handler.ended.is_set()
    assert "Traceback" not in caplog.text


# Streamed bodies


@stream_request_body
class Upload(RequestHandler):
    async def prepare(self):
        self.seen = ["prepare"]
        await asyncio.sleep(0.001)
        self.seen.append("prepared")
        if "X-Refuse" in self.request.headers:
            raise HTTPError(403)

    async def data_received(self, chunk):
        await asyncio.sleep(0)
        self.seen.append(len(chunk))
        if chunk.startswith(b"bad"):
            raise HTTPError(422)
        if chunk.startswith(b"enough"):
            raise Finish(b"thanks")

    def post(self):
        sizes = [item for item in self.seen if isinstance(item, int)]
        self.write(
            {
                "order": self.seen[:2],
                "total": sum(sizes),
                "arguments": self.get_body_argument("a", None),
            }
        )

    put = post


@pytest.mark.spec("B-WEB-198", "B-WEB-199", "B-WEB-200", "B-WEB-201")
@pytest.mark.parametrize("size", [0, 3, 300_000])
async def test_a_streamed_body_comes_in_pieces_between_prepare_and_the_verb(serve, size):
    answer = await serve(Upload).fetch("/", "POST", body="a=1"[:size] + "x" * (size - 3))
    assert answer.json() == {"order": ["prepare", "prepared"], "total": size, "arguments": None}


async def test_chunked_bodies_stream_too(serve):
    raw = await serve(Upload).exchange(
        b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert b'"total": 5' in raw


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [({"X-Refuse": "1"}, "ok", 403), ({}, "bad", 422), ({}, "enough", 200)],
)
async def test_a_streaming_handler_may_end_the_request_early(serve, headers, body, status):
    answer = await serve(Upload).fetch("/", "POST", headers=headers, body=body)
    assert answer.status == status
    assert answer.text == "thanks" if status == 200 else str(status) in answer.text


@pytest.mark.spec("B-WEB-198")
async def test_streaming_works_without_coroutines(serve):
    @stream_request_body
    class Sync(RequestHandler):
        def initialize(self):
            self.total = 0

        def data_received(self, chunk):
            self.total += len(chunk)

        def post(self):
            self.write(str(self.total))

    assert (await serve(Sync).fetch("/", "POST", body="x" * 100_000)).text == "100000"


async def test_a_streaming_handler_that_does_not_take_data_is_an_error(serve, caplog):
    @stream_request_body
    class Forgetful(RequestHandler):
        def post(self):
            raise AssertionError

    assert (await serve(Forgetful).fetch("/", "POST", body="x")).status == 500
    assert "NotImplementedError" in caplog.text


@pytest.mark.spec("B-WEB-202")
def test_streaming_is_for_handler_classes():
    with pytest.raises(TypeError):
        stream_request_body(dict)
