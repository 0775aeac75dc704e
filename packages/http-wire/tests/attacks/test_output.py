"""Section F of the attack cases: nothing that a handler writes breaks the framing."""

from __future__ import annotations

import asyncio

import pytest

from etesian.http_wire import HTTPHeaders, HTTPOutputError, ResponseStartLine

OK = ResponseStartLine("", 200, "OK")
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture
def exchange(serve, connect, make_recorder):
    """``await exchange(answer, request)`` gives what is received up to the next request's end.

    The answer is written by ``answer(connection)``; what it raises is kept in
    ``exchange.raised``, and the connection must then serve ``/last``.
    """

    async def run(answer, request=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", *, goes_on=True):
        def respond(seen):
            if seen.start_line.path == "/last":
                recorder.echo(seen)
                return
            try:
                answer(seen.connection)
            except (ValueError, HTTPOutputError) as error:
                run.raised = error
                if goes_on:
                    recorder.echo(seen)

        run.raised = None
        recorder = make_recorder(respond)
        peer = await connect(serve(recorder))
        await peer.send(request)
        await asyncio.sleep(0.01)
        await peer.send(LAST)
        received = await peer.read_all()
        if goes_on:
            assert received.endswith(b"GET /last ")
            received = received[: received.rindex(b"HTTP/1.1 200")]
        return received

    return run


@pytest.mark.spec("S119")
@pytest.mark.spec("B-HTTP-054")
@pytest.mark.parametrize("bad", ["x\r\nSet-Cookie: a=b", "x\ny", "x\ry", "x\0y", "x\x1by", "x\x7f"])
def test_a_control_character_is_refused_where_a_value_is_set(bad):
    headers = HTTPHeaders({"X": "kept"})
    for refused in (
        lambda: headers.add("X", bad),
        lambda: headers.__setitem__("X", bad),
        lambda: HTTPHeaders({"X": bad}),
        lambda: headers.update({"X": bad}),
        lambda: headers.setdefault("Y", bad),
    ):
        with pytest.raises(ValueError, match="invalid value of header"):
            refused()
    assert list(headers.get_all()) == [("X", "kept")]


@pytest.mark.spec("S119")
def test_the_refusal_of_a_value_shows_where_it_is_wrong_and_no_secret():
    with pytest.raises(ValueError, match="invalid value of header Authorization") as caught:
        HTTPHeaders({"Authorization": "Bearer c2VjcmV0\n"})
    assert str(caught.value).endswith(r": '\n' at 15 of 16 characters")
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.spec("S120")
@pytest.mark.parametrize("bad", ["X: y\r\nZ", "X ", "", "X\0", "é", "X:", "a b"])
def test_what_is_no_token_is_refused_where_a_name_is_set(bad):
    headers = HTTPHeaders()
    for refused in (lambda: headers.add(bad, "y"), lambda: headers.__setitem__(bad, "y")):
        with pytest.raises(ValueError, match="invalid header name"):
            refused()
    assert not headers


@pytest.mark.spec("S119")
@pytest.mark.spec("S120")
@pytest.mark.parametrize(
    "field", [("X", "y\r\nZ: w"), ("X\r\nZ", "y"), ("X", "y\0"), ("X", "\u20ac")]
)
async def test_a_mapping_filled_behind_its_back_is_refused_at_the_wire(exchange, field):
    def answer(connection):
        headers = HTTPHeaders()
        headers._fields[field[0]] = field[1]
        connection.write_headers(OK, headers, b"")

    received = await exchange(answer)
    assert isinstance(exchange.raised, ValueError)
    assert b"Z" not in received
    assert received.count(b"HTTP/1.1 ") == 1


@pytest.mark.spec("S121")
@pytest.mark.parametrize("reason", ["OK\r\nX: y", "a\nb", "a\0", "a\tb"])
async def test_a_reason_with_a_control_character_is_refused(exchange, reason):
    def answer(connection):
        connection.write_headers(ResponseStartLine("", 200, reason), HTTPHeaders(), b"")

    received = await exchange(answer)
    assert isinstance(exchange.raised, ValueError)
    assert received.startswith(b"HTTP/1.1 200 OK\r\nContent-Length")


@pytest.mark.spec("S127")
@pytest.mark.spec("B-HTTP-052")
@pytest.mark.parametrize("code", [204, 304])
async def test_no_body_and_no_framing_with_204_and_304(exchange, code):
    def answer(connection):
        headers = HTTPHeaders({"Content-Length": "5", "Transfer-Encoding": "chunked"})
        connection.write_headers(ResponseStartLine("", code, "x"), headers, b"hello")
        connection.write(b"more")
        connection.finish()

    received = await exchange(answer)
    assert received.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in received
    assert b"Transfer-Encoding" not in received


@pytest.mark.spec("S127")
@pytest.mark.spec("B-HTTP-053")
@pytest.mark.parametrize("length", [{"Content-Length": "5"}, {}])
async def test_head_gets_the_head_alone(exchange, length):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders(length), b"hello")
        connection.finish()

    received = await exchange(answer, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert received.endswith(b"\r\n\r\n")
    assert (b"Content-Length: 5" in received) is bool(length)


@pytest.mark.spec("S127")
@pytest.mark.spec("B-HTTP-052")
async def test_early_hints_come_before_the_response_without_framing(exchange):
    def answer(connection):
        hints = HTTPHeaders({"Link": "</a.css>; rel=preload", "Content-Length": "5"})
        connection.write_headers(ResponseStartLine("", 103, "Early Hints"), hints)
        connection.write_headers(OK, HTTPHeaders({"Content-Length": "2"}), b"ok")
        connection.finish()

    received = await exchange(answer)
    hints, final, body = received.split(b"\r\n\r\n")
    assert hints == b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload"
    assert final.startswith(b"HTTP/1.1 200 OK")
    assert body == b"ok"


@pytest.mark.spec("S127")
async def test_a_client_of_http_1_0_gets_no_interim_response(exchange):
    def answer(connection):
        connection.write_headers(ResponseStartLine("", 103, "Early Hints"), HTTPHeaders())
        connection.write_headers(OK, HTTPHeaders({"Content-Length": "2"}), b"ok")
        connection.finish()

    received = await exchange(answer, b"GET / HTTP/1.0\r\n\r\n", goes_on=False)
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert received.endswith(b"\r\n\r\nok")


@pytest.mark.spec("S129")
@pytest.mark.parametrize(
    "trailers", [{"Content-Length": "5"}, {"Transfer-Encoding": "gzip"}, {"X": "\u20ac"}]
)
async def test_trailers_that_must_not_be_sent_leave_the_response_to_be_ended(exchange, trailers):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders(), b"hello")
        with pytest.raises(ValueError, match=r"trailer|latin-1"):
            connection.finish(HTTPHeaders(trailers))
        connection.finish()

    assert (await exchange(answer)).endswith(b"5\r\nhello\r\n0\r\n\r\n")


@pytest.mark.spec("S128")
@pytest.mark.spec("B-HTTP-049")
@pytest.mark.parametrize("pieces", [[b"hello!"], [b"hel", b"lo!"], [b"hell"], []])
async def test_a_body_unlike_its_announced_length_raises_and_cuts(exchange, pieces):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders({"Content-Length": "5"}))
        for piece in pieces:
            connection.write(piece)
        connection.finish()

    received = await exchange(answer, goes_on=False)
    assert isinstance(exchange.raised, HTTPOutputError)
    assert b"last" not in received
    assert b"!" not in received


@pytest.mark.spec("S128")
async def test_a_first_chunk_beyond_the_length_sends_nothing(exchange):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders({"Content-Length": "1"}), b"hello")

    assert await exchange(answer, goes_on=False) == b""
    assert isinstance(exchange.raised, HTTPOutputError)


@pytest.mark.spec("S129")
@pytest.mark.parametrize("coding", ["chunked", "gzip", "identity"])
async def test_the_framing_fields_are_the_writers(exchange, coding):
    def answer(connection):
        headers = HTTPHeaders({"Content-Length": "5", "Transfer-Encoding": coding})
        connection.write_headers(OK, headers, b"hello")
        connection.finish()

    received = await exchange(answer)
    assert b"Transfer-Encoding" not in received
    assert received.endswith(b"\r\n\r\nhello")


@pytest.mark.spec("S129")
@pytest.mark.parametrize("length", ["+5", "5, 5", "0x5", "", "-1"])
async def test_a_content_length_that_is_no_number_is_refused(exchange, length):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders({"Content-Length": length}), b"hello")

    await exchange(answer)
    assert isinstance(exchange.raised, ValueError)


@pytest.mark.spec("B-HTTP-050")
async def test_without_a_length_the_body_is_chunked(exchange):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders(), b"hello")
        connection.write(b"")  # an empty chunk would end the body
        connection.write(b" world, all of it")
        connection.finish()

    received = await exchange(answer)
    assert b"Transfer-Encoding: chunked\r\n" in received
    assert received.endswith(b"5\r\nhello\r\n11\r\n world, all of it\r\n0\r\n\r\n")


async def test_trailers_follow_a_chunked_body(exchange):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders(), b"hello")
        connection.finish(trailers=HTTPHeaders({"X-Sum": "1"}))

    assert (await exchange(answer)).endswith(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")


@pytest.mark.spec("B-HTTP-051")
async def test_without_a_length_http_1_0_ends_by_closing(exchange):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders(), b"hello")
        connection.finish()

    received = await exchange(
        answer, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", goes_on=False
    )
    assert received.endswith(b"\r\n\r\nhello")
    assert b"Connection: close" in received


@pytest.mark.spec("B-HTTP-055")
async def test_values_may_be_long(exchange):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders({"X": "y" * 50_000, "Content-Length": "0"}))
        connection.finish()

    assert b"y" * 50_000 in await exchange(answer)


async def test_every_response_has_one_date(exchange):
    def answer(connection):
        connection.write_headers(OK, HTTPHeaders({"Content-Length": "0"}))
        connection.finish()

    def dated(connection):
        headers = HTTPHeaders({"Content-Length": "0", "date": "Sun, 06 Nov 1994 08:49:37 GMT"})
        connection.write_headers(OK, headers)
        connection.finish()

    assert (await exchange(answer)).count(b"\r\nDate: ") == 1
    received = await exchange(dated)
    assert received.count(b"\r\nDate: ") == 1
    assert b"1994" in received


async def test_a_handler_may_ask_to_close(exchange):
    def answer(connection):
        headers = HTTPHeaders({"Content-Length": "0", "Connection": "Close, X-Hop"})
        connection.write_headers(OK, headers)
        connection.finish()

    received = await exchange(answer, goes_on=False)
    assert b"Connection: x-hop\r\n" in received
    assert b"Connection: close\r\n" in received
    assert b"last" not in received


@pytest.mark.spec("S190")
async def test_a_handler_may_cut_what_it_cannot_end(exchange):
    kept = []

    def answer(connection):
        connection.write_headers(OK, HTTPHeaders(), b"part")
        connection.abort()
        connection.abort()
        connection.finish()  # what is over is over, and raises nothing
        kept.append(connection)

    received = await exchange(answer, goes_on=False)
    assert not received.endswith(b"0\r\n\r\n")
    assert b"last" not in received
    with pytest.raises(HTTPOutputError):
        kept[0].write(b"more")
