import asyncio
import json
import logging
import re
from contextvars import ContextVar

import pytest

from etesian.web import AccessJSONFormatter, AccessTextFormatter, RequestHandler, WSGIContainer

VARIABLE: ContextVar[str] = ContextVar("variable", default="unset")


class Hello(RequestHandler):
    def get(self):
        VARIABLE.set("of the request")
        self.write("hello")


@pytest.fixture
def access_records():
    """Give the access records, each with what the context was when it was made."""
    records = []

    class Keeper(logging.Handler):
        def emit(self, record):
            record.variable = VARIABLE.get()
            records.append(record)

    logger = logging.getLogger("etesian.access")
    keeper = Keeper()
    logger.addHandler(keeper)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield records
    logger.removeHandler(keeper)
    logger.setLevel(level)


async def test_a_record_holds_what_is_known_of_the_request(serve, access_records):
    await serve(Hello).fetch("/a?b", headers={"X-Request-ID": "abc-1.2_3"})
    (record,) = access_records
    assert record.request_id == "abc-1.2_3"
    assert (record.remote_ip, record.method, record.uri) == ("127.0.0.1", "GET", "/a?b")
    assert (record.handler, record.status, record.bytes_sent) == ("Hello", 200, 5)
    assert 0 <= record.duration_ms < 5000
    assert record.variable == "of the request"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>"])
async def test_a_request_without_a_sensible_id_gets_one(serve, access_records, given):
    site = serve(Hello)
    for _ in range(2):
        await site.fetch("/", headers={"X-Request-Id": given})
    first, second = (record.request_id for record in access_records)
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second


async def test_records_can_be_written_as_json(serve, access_records):
    await serve(Hello).fetch("/%22%0a")
    line = AccessJSONFormatter().format(access_records[0])
    entry = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["time"])
    assert (entry["level"], entry["status"], entry["uri"]) == ("INFO", 200, "/%22%0a")
    assert len(line.splitlines()) == 1


def test_other_records_are_written_with_their_message():
    try:
        {}["x"]
    except KeyError:
        import sys

        record = logging.LogRecord("n", 30, "p", 1, "a\n\u2028 %s", ("b",), sys.exc_info())
    entry = json.loads(AccessJSONFormatter().format(record))
    assert entry["message"] == "a\n\u2028 b"
    assert "KeyError" in entry["exception"]


async def test_where_the_level_is_off_nothing_is_made(serve, monkeypatch):
    def fail(*_args, **_kwargs):
        raise AssertionError

    logger = logging.getLogger("etesian.access")
    monkeypatch.setattr(logger, "level", logging.ERROR)
    logger.manager._clear_cache()
    monkeypatch.setattr(logger, "_log", fail)
    assert (await serve(Hello).fetch("/")).text == "hello"
    monkeypatch.undo()
    logger.manager._clear_cache()


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("/item/1", r"/item/(\d+)"),
        ("/item/2?x", r"/item/(\d+)"),
        ("/plain", "/plain"),
        ("/deep/a/b", r"/deep/(\w+)/(\w+)"),
        ("/none", None),
    ],
)
async def test_a_record_names_the_route_and_not_only_the_path(serve, access_records, target, route):
    class Any(RequestHandler):
        def get(self, *parts):
            pass

    nested = [(r"/deep/never", Any), (r"/deep/(\w+)/(\w+)", Any)]
    routes = [(r"/item/(\d+)", Any), ("/plain", Any), (r"/deep/.*", nested)]
    await serve(routes).fetch(target)
    (record,) = access_records
    assert record.route == route


async def test_a_route_of_a_host_is_named(serve, access_records):
    site = serve([(r"/a", Hello)])
    site.application.add_handlers(r"h\.example", [(r"/(?:b|c)", Hello)])
    await site.fetch("/b", headers={"Host": "h.example"})
    assert access_records[0].route == "/(?:b|c)"


class Streams(RequestHandler):
    async def get(self):
        self.write("12345")
        await self.flush()
        self.write("678")
        await self.flush()
        self.write("90")


@pytest.mark.parametrize(
    ("method", "handler", "size"),
    [("GET", Hello, 5), ("HEAD", Hello, 0), ("GET", Streams, 10), ("HEAD", Streams, 0)],
)
async def test_the_octets_of_the_body_are_counted(serve, access_records, method, handler, size):
    class Both(handler):
        def head(self):
            return self.get()

    await serve(Both).fetch("/", method)
    assert access_records[0].bytes_sent == size


async def test_nothing_was_sent_with_a_304(serve, access_records):
    site = serve(Hello)
    etag = (await site.fetch("/")).headers["Etag"]
    await site.fetch("/", headers={"If-None-Match": etag})
    assert [(record.status, record.bytes_sent) for record in access_records] == [(200, 5), (304, 0)]


@pytest.mark.spec("S208")
async def test_what_a_login_puts_into_a_url_is_not_in_the_log(serve, access_records, caplog):
    class Fails(RequestHandler):
        def get(self):
            raise ZeroDivisionError

    query = "code=C0DE&%73tate=ST4TE&access_token=T0KEN&id_token=1D&page=7&oauth_verifier=V3R"
    await serve(Fails).fetch("/callback?" + query)
    (record,) = access_records
    lines = [
        record.getMessage(),
        AccessJSONFormatter().format(record),
        AccessTextFormatter().format(record),
        caplog.text,
    ]
    for line in lines:
        assert "page=7" in line
        assert not re.search("C0DE|ST4TE|T0KEN|1D&|V3R", line)


async def test_records_can_be_written_as_text(serve, access_records):
    await serve([(r"/(.*)", Streams.__mro__[1])]).fetch("/%22?a=%0a&b=c")
    line = AccessTextFormatter().format(access_records[0])
    time, level, rest = line.split(" ", 2)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    assert level == "WARNING"
    assert rest.startswith("request_id=")
    assert ' method=GET uri="/%22?a=%0a&b=c"' in rest
    assert " route=/(.*) handler=RequestHandler status=405 bytes_sent=" in rest
    assert len(line.splitlines()) == 1


def test_text_of_others_cannot_forge_a_pair():
    record = logging.LogRecord("n", 20, "p", 1, "m", (), None)
    record.uri = "/a b\nstatus=200\u2028\x1b[0m"
    record.status = 404
    line = AccessTextFormatter().format(record)
    assert line.endswith(r'uri="/a b\nstatus=200\u2028\u001b[0m" status=404')


async def test_a_wsgi_application_is_logged_alike(serve, access_records):
    def application(environ, start_response):
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"nothing"]

    await serve([(r"/.*", WSGIContainer(application))]).fetch("/x?token=secret")
    for _ in range(100):  # it is written after the response
        if access_records:
            break
        await asyncio.sleep(0.01)
    (record,) = access_records
    assert (record.levelname, record.status, record.bytes_sent) == ("WARNING", 404, 7)
    assert record.handler == "WSGIContainer"
    assert "secret" not in record.getMessage()
