import asyncio
import threading

import pytest

from etesian.web import FallbackHandler, WSGIContainer


def _routes(application):
    return [(r"/.*", WSGIContainer(application))]


def _echo(environ, start_response):
    start_response("201 Own Words", [("X-A", "1"), ("X-A", "2"), ("Connection", "close")])
    keys = (
        "REQUEST_METHOD",
        "PATH_INFO",
        "QUERY_STRING",
        "REMOTE_ADDR",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "wsgi.url_scheme",
        "HTTP_X_FOO",
    )
    lines = [f"{key}={environ.get(key)}" for key in keys]
    lines += [environ["wsgi.input"].read().decode(), str(threading.current_thread() is MAIN)]
    lines += [f"proxy={'HTTP_PROXY' in environ}", f"spoofed={environ.get('HTTP_X_REAL_IP')}"]
    return ["\n".join(lines).encode("latin-1")]


MAIN = threading.main_thread()


@pytest.mark.spec("B-WEB-220", "B-WEB-221", "B-WEB-222", "S079")
async def test_an_application_sees_the_request_and_answers_from_a_thread(serve):
    answer = await serve(_routes(_echo)).fetch(
        "/a%20b/%C3%A9?q=1&r",
        "POST",
        headers={
            "Host": "h.example:81",
            "X-Foo": "x, y",
            "Proxy": "http://evil",
            "X_Real_Ip": "1.2.3.4",
        },
        body="body",
    )
    assert (answer.status, answer.reason) == (201, "Own Words")
    assert answer.headers.get_all("X-A") == ["1", "2"]
    assert answer.headers["Content-Length"] == str(len(answer.body))
    lines = answer.body.decode("latin-1").split("\n")
    assert lines == [
        "REQUEST_METHOD=POST",
        "PATH_INFO=/a b/\u00c3\u00a9",
        "QUERY_STRING=q=1&r",
        "REMOTE_ADDR=127.0.0.1",
        "CONTENT_TYPE=application/x-www-form-urlencoded",
        "CONTENT_LENGTH=4",
        "SERVER_NAME=h.example",
        "SERVER_PORT=81",
        "SERVER_PROTOCOL=HTTP/1.1",
        "wsgi.url_scheme=http",
        "HTTP_X_FOO=x, y",
        "body",
        "False",
        "proxy=False",
        "spoofed=None",
    ]


class Pieces:
    """An iterable that notes whether it was closed."""

    def __init__(self, *pieces):
        self.pieces = iter(pieces)
        self.closed = threading.Event()

    def __iter__(self):
        return self

    def __next__(self):
        piece = next(self.pieces)
        if isinstance(piece, Exception):
            raise piece
        return piece

    def close(self):
        self.closed.set()


@pytest.mark.spec("B-WEB-220")
@pytest.mark.parametrize("failure", [None, ZeroDivisionError()])
async def test_the_iterable_is_closed_also_after_an_error(serve, failure, caplog):
    pieces = Pieces(b"one", b"", b" two", *([failure] if failure else []))

    def application(environ, start_response):
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"zero ")
        return pieces

    raw = await serve(_routes(application)).exchange(
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    )
    assert await asyncio.to_thread(pieces.closed.wait, 5)
    assert b"zero " in raw
    assert b" two" in raw
    # Cut short, not ended: the client can tell.
    assert raw.endswith(b"0\r\n\r\n") is (failure is None)
    assert ("ZeroDivisionError" in caplog.text) is (failure is not None)


def _raises(environ, start_response):
    raise ValueError("broken")


def _forgets(environ, start_response):
    return [b"x"]


def _bad_status(environ, start_response):
    start_response("200 OK\r\nX-Evil: 1", [])
    return []


def _bad_header(environ, start_response):
    start_response("200 OK", [("X-A", "a\r\nX-Evil: 1")])
    return []


def _starts_twice(environ, start_response):
    start_response("200 OK", [])
    start_response("200 OK", [])
    return []


def _exits(environ, start_response):
    raise SystemExit(3)


def _yields_text(environ, start_response):
    start_response("200 OK", [])
    yield "text"


def _two_lengths(environ, start_response):
    start_response("200 OK", [("Content-Length", "2"), ("Content-Length", "3")])
    return [b"ab"]


def _wrong_length(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"too long"]


@pytest.mark.spec("S119")
@pytest.mark.parametrize(
    "application",
    [
        _raises,
        _forgets,
        _bad_status,
        _bad_header,
        _starts_twice,
        _exits,
        _yields_text,
        _two_lengths,
        _wrong_length,
    ],
)
async def test_a_broken_application_is_a_500(serve, application, caplog):
    answer = await serve(_routes(application)).fetch("/")
    assert (answer.status, answer.text) == (500, "Internal Server Error")
    assert "X-Evil" not in answer.headers
    assert "Uncaught exception in a WSGI application" in caplog.text


async def test_an_application_may_change_its_mind_with_exc_info(serve):
    import sys

    def application(environ, start_response):
        start_response("200 OK", [("X-First", "1")])
        try:
            {}["missing"]
        except KeyError:
            start_response("503 Busy", [("Content-Type", "text/plain")], sys.exc_info())
        return [b"busy"]

    answer = await serve(_routes(application)).fetch("/")
    assert (answer.status, answer.reason, answer.text) == (503, "Busy", "busy")
    assert "X-First" not in answer.headers


async def test_head_gets_no_body(serve):
    answer = await serve(_routes(_echo)).fetch("/", "HEAD")
    assert answer.body == b""
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.spec("B-WEB-223")
async def test_a_client_that_leaves_during_the_output_leaves_no_trace(serve, caplog):
    closed = threading.Event()

    def application(environ, start_response):
        start_response("200 OK", [])
        try:
            while True:
                yield b"x" * 100_000
        finally:
            closed.set()

    site = serve(_routes(application))
    reader, writer = await site.connect()
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    await reader.readexactly(1000)
    writer.transport.abort()
    assert await asyncio.to_thread(closed.wait, 5)
    await asyncio.sleep(0.01)
    assert "Traceback" not in caplog.text


async def test_the_access_record_names_the_route_that_leads_to_it(serve, caplog):
    container = WSGIContainer(_echo)
    routes = [
        (r"/direct/.*", container),
        (r"/nested/.*", [(r"/nested/a", container)]),
        (r"/fallback/(.*)", FallbackHandler, {"fallback": container}),
    ]
    site = serve(routes)
    with caplog.at_level("INFO", "etesian.access"):
        for number, path in enumerate(("/direct/1", "/nested/a", "/fallback/x"), 1):
            assert (await site.fetch(path)).status == 201
            async with asyncio.timeout(5):
                # The record is written after the response, by a thread that others may overtake.
                while len(caplog.records) < number:  # noqa: ASYNC110 - caplog tells nobody
                    await asyncio.sleep(0.005)
    found = [record.route for record in caplog.records]
    assert found == ["/direct/.*", "/nested/a", "/fallback/(.*)"]
