import copy
import logging
import re

import pytest

from etesian.web import Finish, HTTPError, MissingArgumentError, RequestHandler


def _raising(error, **methods):
    def get(self):
        raise error

    return type("Handler", (RequestHandler,), {"get": get, **methods})


def _lines(caplog):
    return [record for record in caplog.records if record.name != "etesian.access"]


@pytest.mark.spec("B-WEB-090", "B-WEB-105")
async def test_an_exception_is_a_500_through_write_error_and_logged_with_its_trace(serve, caplog):
    seen = []

    def write_error(self, status_code, **kwargs):
        seen.append((status_code, kwargs["exc_info"][0]))
        self.finish("own page")

    answer = await serve(_raising(ZeroDivisionError(), write_error=write_error)).fetch("/")
    assert (answer.status, answer.text) == (500, "own page")
    assert seen == [(500, ZeroDivisionError)]
    (line,) = _lines(caplog)
    assert (line.name, line.levelname) == ("etesian.application", "ERROR")
    assert line.exc_info[0] is ZeroDivisionError


@pytest.mark.spec("B-WEB-091", "B-WEB-092", "B-WEB-096", "B-WEB-105")
async def test_an_http_error_chooses_the_status_and_keeps_its_message_in_the_log(serve, caplog):
    answer = await serve(_raising(HTTPError(410, "secret of %s", "ours"))).fetch("/")
    assert answer.status == 410
    assert answer.text == "<html><title>410: Gone</title><body>410: Gone</body></html>"
    (line,) = _lines(caplog)
    assert (line.name, line.levelname) == ("etesian.general", "WARNING")
    assert "secret of ours" in line.getMessage()


@pytest.mark.spec("B-WEB-093")
@pytest.mark.parametrize("message", ["100%", "%s %d", "%(x)s"])
async def test_a_percent_sign_in_a_message_without_arguments_is_itself(serve, caplog, message):
    assert (await serve(_raising(HTTPError(400, message))).fetch("/")).status == 400
    assert message in caplog.text


@pytest.mark.spec("B-WEB-094", "B-WEB-099")
async def test_a_reason_changes_the_status_line(serve):
    answer = await serve(_raising(HTTPError(418, reason="Too Hot"))).fetch("/")
    assert (answer.status, answer.reason) == (418, "Too Hot")
    handler = type("H", (RequestHandler,), {"get": lambda h: h.send_error(400, reason="Own")})
    assert (await serve(handler).fetch("/")).reason == "Own"


@pytest.mark.spec("S121", "S126")
@pytest.mark.parametrize("reason", ["a\r\nX-Evil: 1", "<script>", "\x00"])
async def test_a_reason_can_neither_split_the_response_nor_write_html(serve, reason):
    answer = await serve(_raising(HTTPError(400, reason=reason))).fetch("/")
    assert answer.status == 400
    assert "X-Evil" not in answer.headers
    assert "<script>" not in answer.text


@pytest.mark.spec("B-WEB-095")
@pytest.mark.parametrize(
    "error", [HTTPError(404, "a %s", 1, reason="R"), MissingArgumentError("x")]
)
def test_an_error_can_be_copied(error):
    twin = copy.copy(error)
    assert type(twin) is type(error)
    assert vars(twin) == vars(error)
    assert twin.args == error.args


@pytest.mark.spec("B-WEB-098", "B-WEB-100", "S190")
@pytest.mark.parametrize("length", [None, "5"])
@pytest.mark.parametrize("how", ["send_error", "raise"])
async def test_an_error_after_a_flush_cuts_the_connection(serve, caplog, how, length):
    class Handler(RequestHandler):
        async def get(self):
            if length is not None:
                self.set_header("Content-Length", length)
            self.write("begun")
            await self.flush()
            if how == "raise":
                raise KeyError("a bug")
            self.send_error(500)
            self.send_error(500)

        def on_finish(self):
            finished.append(self.get_status())

    finished = []
    site = serve(Handler)
    raw = await site.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 200 OK\r\n")
    assert not raw.endswith(b"0\r\n\r\n")
    assert b" 500 " not in raw
    assert caplog.text.count("the headers were sent already") == 1
    assert finished == [200]


@pytest.mark.spec("B-WEB-101")
async def test_an_error_in_write_error_is_logged_and_the_response_ends(serve, caplog):
    def write_error(self, status_code, **kwargs):
        raise KeyError("broken page")

    answer = await serve(_raising(HTTPError(404), write_error=write_error)).fetch("/")
    assert (answer.status, answer.body) == (404, b"")
    assert "broken page" in caplog.text


@pytest.mark.spec("B-WEB-102", "B-WEB-103")
async def test_finish_ends_the_request_with_what_was_written(serve, caplog):
    def get(self):
        self.set_status(401)
        self.set_header("WWW-Authenticate", "Basic")
        self.write("a")
        raise Finish("b")

    async def prepare(self):
        raise Finish

    answer = await serve(type("H", (RequestHandler,), {"get": get})).fetch("/")
    assert (answer.status, answer.text) == (401, "ab")
    assert answer.headers["WWW-Authenticate"] == "Basic"
    answer = await serve(type("H", (RequestHandler,), {"prepare": prepare})).fetch("/")
    assert (answer.status, answer.body) == (200, b"")
    assert not _lines(caplog)


@pytest.mark.spec("B-WEB-104")
async def test_log_exception_can_be_replaced(serve, caplog):
    seen = []

    def log_exception(self, typ, value, tb):
        seen.append((typ, str(value), tb is not None))

    await serve(_raising(ValueError("v"), log_exception=log_exception)).fetch("/")
    assert seen == [(ValueError, "v", True)]
    assert not _lines(caplog)


async def test_a_log_exception_that_fails_does_not_spoil_the_answer(serve, caplog):
    def log_exception(self, typ, value, tb):
        raise KeyError("no logger")

    answer = await serve(_raising(ValueError("v"), log_exception=log_exception)).fetch("/")
    assert answer.status == 500
    assert "no logger" in caplog.text


@pytest.mark.spec("B-WEB-216", "B-WEB-092", "S126")
async def test_serve_traceback_shows_the_trace_as_plain_text(serve):
    error = HTTPError(400, "for %s", "<script>")
    answer = await serve(_raising(error), serve_traceback=True).fetch("/")
    assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert "Traceback" in answer.text
    assert "for <script>" in answer.text


@pytest.mark.spec("S125")
async def test_nothing_of_the_request_is_in_an_error_page(serve):
    answer = await serve([]).fetch("/%3Cscript%3E", headers={"X": "<script>"})
    assert answer.status == 404
    assert "script" not in answer.text


async def test_what_a_client_sent_cannot_break_a_log_line(serve, caplog):
    def get(self):
        raise HTTPError(400, "Not a number: %s", self.get_argument("n", strip=False))

    await serve(type("H", (RequestHandler,), {"get": get})).fetch("/?n=1%0a%0dforged%e2%80%a8x")
    (line,) = _lines(caplog)
    assert len(line.getMessage().splitlines()) == 1
    assert "forged" in line.getMessage()


@pytest.mark.spec("S093")
async def test_a_bad_request_costs_at_most_one_line_beside_the_access_log(serve, caplog):
    class Reads(RequestHandler):
        def post(self):
            self.write(self.get_body_argument("a"))

    site = serve(Reads)
    multipart = {"Content-Type": "multipart/form-data; boundary=b"}
    for headers, body in [
        (multipart, b"--b\r\nbroken\r\n\r\n" * 200 + b"--b--"),
        ({"Cookie": "=;" * 1000}, "a=%ff&a=%ff&a=%ff"),
        ({}, "&" * 5000),
    ]:
        caplog.clear()
        answer = await site.fetch("/", "POST", headers=headers, body=body)
        assert answer.status in (400, 413)
        assert len(_lines(caplog)) == 1


# The access log


@pytest.mark.spec("B-WEB-108", "B-UTIL-055")
@pytest.mark.parametrize(
    ("status", "level"), [(200, "INFO"), (399, "INFO"), (404, "WARNING"), (503, "ERROR")]
)
async def test_the_level_of_the_access_log_follows_the_status(serve, caplog, status, level):
    caplog.set_level(logging.INFO, "etesian.access")
    handler = type("H", (RequestHandler,), {"get": lambda h: h.set_status(status)})
    await serve(handler).fetch("/path?q")
    (line,) = [record for record in caplog.records if record.name == "etesian.access"]
    assert line.levelname == level
    assert re.fullmatch(
        rf"{status} GET /path\?q \(127\.0\.0\.1\) [0-9]+\.[0-9]+ ?ms", line.getMessage()
    )
    assert (line.status, line.method, line.uri) == (status, "GET", "/path?q")


@pytest.mark.spec("B-WEB-109")
async def test_log_function_replaces_the_access_log(serve, caplog):
    caplog.set_level(logging.INFO, "etesian.access")
    seen = []

    def log_function(handler):
        seen.append((handler.get_status(), handler.request.path))

    await serve([], log_function=log_function).fetch("/x")
    assert seen == [(404, "/x")]
    assert not [record for record in caplog.records if record.name == "etesian.access"]
