import datetime as dt
from http import HTTPStatus

import pytest

from etesian.web import RequestHandler


def _handler(function, **methods):
    """Give a handler whose GET and POST call ``function`` with the handler."""
    return type("Handler", (RequestHandler,), {"get": function, "post": function, **methods})


async def _get(serve, function, **options):
    return await serve(_handler(function)).fetch("/", **options)


@pytest.mark.spec("B-WEB-057", "B-WEB-062")
async def test_text_and_bytes_are_written_and_counted(serve):
    def get(handler):
        handler.write("ä")
        handler.write(b"\x00")

    answer = await _get(serve, get)
    assert answer.body == b"\xc3\xa4\x00"
    assert answer.headers["Content-Length"] == "3"


@pytest.mark.spec("B-WEB-058")
async def test_a_dict_is_written_as_json(serve):
    answer = await _get(serve, lambda handler: handler.write({"a": "</script>"}))
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert answer.json() == {"a": "</script>"}
    assert "</" not in answer.text


@pytest.mark.spec("B-WEB-057")
@pytest.mark.parametrize("chunk", [[1], 5, None, object()])
async def test_anything_else_is_a_type_error(serve, chunk, caplog):
    assert (await _get(serve, lambda handler: handler.write(chunk))).status == 500
    assert "TypeError: write() takes str, bytes and dict" in caplog.text


@pytest.mark.spec("B-WEB-059", "B-WEB-060", "B-WEB-061", "B-WEB-083")
async def test_after_finish_nothing_more_can_be_done(serve):
    errors = []

    def get(handler):
        handler.finish("end")
        for late in (handler.finish, lambda: handler.write("x"), lambda: handler.render("x")):
            with pytest.raises(RuntimeError) as raised:
                late()
            errors.append(raised)

    answer = await _get(serve, get)
    assert (answer.status, answer.text, len(errors)) == (200, "end", 3)


@pytest.mark.spec("B-WEB-063")
async def test_flush_sends_the_headers_once_and_can_be_awaited(serve):
    class Handler(RequestHandler):
        async def get(self):
            self.set_header("X-Early", "1")
            self.write("one ")
            await self.flush()
            self.set_header("X-Late", "1")
            await self.flush()
            self.write("two")
            await self.finish()

    answer = await serve(Handler).fetch("/")
    assert answer.text == "one two"
    assert answer.headers["X-Early"] == "1"
    assert "X-Late" not in answer.headers
    assert "Etag" not in answer.headers
    assert answer.headers["Transfer-Encoding"] == "chunked"


@pytest.mark.spec("B-WEB-042")
async def test_head_gives_the_headers_of_the_response_alone(serve):
    class Handler(RequestHandler):
        def head(self):
            self.write("four")

    class Flushing(RequestHandler):
        async def head(self):
            self.write("four")
            await self.flush()
            self.write("more")

    answer = await serve(Handler).fetch("/", "HEAD")
    assert (answer.body, answer.headers["Content-Length"]) == (b"", "4")
    assert (await serve(Flushing).fetch("/", "HEAD")).body == b""


@pytest.mark.spec("B-WEB-066")
@pytest.mark.parametrize("status", [204, 304])
async def test_a_body_where_the_status_has_none_is_an_error(serve, status, caplog):
    def get(handler):
        handler.set_status(status)
        handler.write("x")

    assert (await _get(serve, get)).status == 500
    assert f"a response with status {status} has no body" in caplog.text


async def test_a_204_has_no_headers_of_a_body(serve):
    answer = await _get(serve, lambda handler: handler.set_status(204))
    assert answer.status == 204
    assert not {"Content-Length", "Content-Type", "Transfer-Encoding"} & set(answer.headers)


@pytest.mark.spec("B-WEB-067", "B-WEB-068", "B-WEB-069")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((HTTPStatus.IM_A_TEAPOT,), (418, "I'm a Teapot")),
        ((404,), (404, "Not Found")),
        ((299,), (299, "Unknown")),
        ((299, "Own Words"), (299, "Own Words")),
    ],
)
async def test_the_status_line_is_as_set(serve, arguments, line):
    answer = await _get(serve, lambda handler: handler.set_status(*arguments))
    assert (answer.status, answer.reason) == line


@pytest.mark.spec("S121")
@pytest.mark.parametrize(
    "arguments", [(99,), (1000,), (200, "a\r\nX: y"), (200, "\x00"), (200, "é")]
)
async def test_a_status_that_cannot_be_sent_is_refused_where_it_is_set(serve, arguments, caplog):
    answer = await _get(serve, lambda handler: handler.set_status(*arguments))
    assert answer.status == 500
    assert "ValueError" in caplog.text


@pytest.mark.spec("B-WEB-070", "B-WEB-073", "B-WEB-076")
async def test_headers_are_set_in_any_case_and_of_many_types(serve):
    def get(handler):
        handler.set_header("x-a", "first")
        handler.set_header("X-A", "second")
        handler.add_header("X-B", 1)
        handler.add_header("x-b", b"2")
        moment = dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
        handler.set_header("X-Date", moment)
        handler.set_header("X-Naive", moment.replace(tzinfo=None))

    headers = (await _get(serve, get)).headers
    assert headers.get_all("X-A") == ["second"]
    assert headers.get_all("X-B") == ["1", "2"]
    assert headers["X-Date"] == headers["X-Naive"] == "Thu, 02 Jan 2020 03:04:05 GMT"


@pytest.mark.spec("B-WEB-071")
async def test_clear_header_undoes_set_header_only(serve):
    def get(handler):
        handler.set_header("X-Set", "1")
        handler.add_header("X-Added", "2")
        handler.set_header("X-Both", "3")
        handler.add_header("X-Both", "4")
        for name in ("X-Set", "X-Added", "X-Both", "X-Never"):
            handler.clear_header(name)

    headers = (await _get(serve, get)).headers
    assert "X-Set" not in headers
    assert headers["X-Added"] == "2"
    assert headers.get_all("X-Both") == ["4"]


@pytest.mark.spec("B-WEB-072", "S119")
@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\x00b", b"a\r\nb", "\u4e2d"])
@pytest.mark.parametrize("method", ["set_header", "add_header"])
async def test_a_value_that_cannot_be_sent_is_refused_where_it_is_set(serve, method, value):
    def get(handler):
        with pytest.raises(ValueError, match=r"."):
            getattr(handler, method)("X-A", value)
        with pytest.raises(ValueError, match=r"."):
            getattr(handler, method)("X A: b\r\n", "value")
        with pytest.raises(TypeError):
            getattr(handler, method)("X-A", None)
        handler.write("ok")

    answer = await _get(serve, get)
    assert (answer.text, "X-A" in answer.headers) == ("ok", False)


@pytest.mark.spec("B-WEB-074", "B-WEB-097")
async def test_default_headers_survive_an_error_page_and_others_do_not(serve):
    class Handler(RequestHandler):
        def set_default_headers(self):
            self.set_header("X-Default", "1")

        def get(self):
            self.set_header("X-Other", "1")
            self.write("lost")
            self.send_error(404)

    answer = await serve(Handler).fetch("/")
    assert answer.headers["X-Default"] == "1"
    assert "X-Other" not in answer.headers
    assert "lost" not in answer.text


@pytest.mark.spec("B-WEB-075")
async def test_every_response_names_server_type_and_date(serve):
    headers = (await _get(serve, lambda handler: handler.write("x"))).headers
    assert headers["Server"] == "Etesian"
    assert headers["Content-Type"] == "text/html; charset=UTF-8"
    assert headers["Date"].endswith(" GMT")


@pytest.mark.spec("B-WEB-077", "B-WEB-079", "B-WEB-081")
@pytest.mark.parametrize(
    ("url", "options", "status", "location"),
    [
        ("/a?b", {}, 302, "/a?b"),
        ("relative", {"permanent": True}, 301, "relative"),
        ("//host/x", {"status": 307}, 307, "//host/x"),
        ("https://h/é x%20", {}, 302, "https://h/%C3%A9%20x%20"),
        (b"/bytes", {}, 302, "/bytes"),
    ],
)
async def test_a_redirect_is_sent_as_given(serve, url, options, status, location):
    answer = await _get(serve, lambda handler: handler.redirect(url, **options))
    assert (answer.status, answer.headers["Location"], answer.body) == (status, location, b"")


@pytest.mark.spec("B-WEB-078", "S123", "S124")
@pytest.mark.parametrize("url", ["/a\r\nSet-Cookie: x=1", "/\n", "/\x00", "/\x7f"])
async def test_a_redirect_with_control_characters_is_refused(serve, url):
    answer = await _get(serve, lambda handler: handler.redirect(url))
    assert answer.status == 500
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.spec("B-WEB-080")
async def test_a_redirect_after_the_headers_is_an_error(serve, caplog):
    def get(handler):
        handler.flush()
        handler.redirect("/")

    await serve(type("Handler", (RequestHandler,), {"get": get})).exchange(
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    )
    assert "cannot redirect: the headers were sent already" in caplog.text


def test_a_redirect_needs_a_redirect_status():
    from etesian.web.handler_parts.redirects import Redirects

    with pytest.raises(ValueError, match="3xx"):
        Redirects.redirect(type("H", (Redirects,), {"__init__": lambda _: None})(), "/", status=200)


async def test_a_header_that_only_the_wire_refuses_becomes_an_error_page(serve, caplog):
    def get(handler):
        handler._headers._fields["X-A"] = "a\r\nb"

    assert (await _get(serve, get)).status == 500
    assert "ValueError" in caplog.text


async def test_a_connection_can_be_taken_over(serve):
    class Handler(RequestHandler):
        async def get(self):
            stream = self.detach()
            line = await stream.read_until(b"\n")
            await stream.write(b"echo " + line)
            stream.close()

    raw = await serve(Handler).exchange(b"GET / HTTP/1.1\r\nHost: h\r\n\r\nhello\n")
    assert raw == b"echo hello\n"
