"""A request that comes again, octet for octet, is served as if it were the first."""

from __future__ import annotations

import asyncio

import pytest

from etesian.http_wire import HTTPHeaders, ResponseStartLine, WirePolicy
from etesian.http_wire.server.connection import ServerConnection
from etesian.http_wire.server.deadlines import Deadlines
from etesian.http_wire.server.settings import ConnectionSettings

OK = ResponseStartLine("", 200, "OK")
GET = b"GET /a HTTP/1.1\r\nHost: a\r\nX-Tag: 1\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"


class Written(asyncio.Transport):
    """Keeps what is written, response by response."""

    def __init__(self):
        super().__init__({"peername": ("1.2.3.4", 5)})
        self.responses = []

    def write(self, data):
        if data == b"0\r\n\r\n":  # the end of a chunked body belongs to the write before
            self.responses[-1] += data
        else:
            self.responses.append(bytes(data))

    def get_write_buffer_size(self):
        return 0


class Answering:
    """Lets ``answer`` answer each whole request, by its start line, headers and body."""

    def __init__(self, answer):
        self.answer = answer

    def start_request(self, server_conn, request_conn):
        return AnsweringRequest(self.answer, request_conn)

    def on_close(self, server_conn):
        pass


class AnsweringRequest:
    def __init__(self, answer, connection):
        self.answer, self.connection, self.body = answer, connection, b""

    def headers_received(self, start_line, headers):
        self.start_line, self.headers = start_line, headers

    def data_received(self, chunk):
        self.body += chunk

    def finish(self):
        start_line, headers, body = self.answer(self)
        self.connection.write_headers(start_line, headers, body)
        self.connection.finish()

    def on_connection_close(self):
        pass


@pytest.fixture
async def connected():
    """Connect a transport to what answers."""

    def connect(answer):
        transport = Written()
        settings = ConnectionSettings(policy=WirePolicy())
        connection = ServerConnection(Answering(answer), settings, Deadlines(10))
        connection.connection_made(transport)
        opened.append(connection)
        return connection, transport.responses

    opened = []
    yield connect
    for connection in opened:
        connection.connection_lost(None)


def text(body, **fields):
    return OK, HTTPHeaders({"Content-Length": str(len(body)), **fields}), body


async def test_the_same_request_gets_the_same_answer(connected):
    connection, responses = connected(lambda _: text(b"hello", Server="x"))
    for _ in range(4):
        connection.data_received(GET)
    assert len(responses) == 4
    assert len(set(responses)) == 1
    assert responses[0].endswith(b"\r\n\r\nhello")


async def test_another_answer_to_the_same_request_is_another_answer(connected):
    answers = [
        text(b"first"),
        text(b"first"),
        text(b"first"),
        text(b"other"),
        text(b"longer body"),
        text(b"longer body", Server="x"),
        (ResponseStartLine("", 200, "Fine"), HTTPHeaders({"Content-Length": "5"}), b"first"),
        (ResponseStartLine("", 404, "Not Found"), HTTPHeaders({"Content-Length": "5"}), b"first"),
        (OK, HTTPHeaders(), b"chunk"),
        (OK, HTTPHeaders({"Content-Length": "0"}), b""),
    ]
    waiting = list(answers)
    connection, responses = connected(lambda _: waiting.pop(0))
    for _ in answers:
        connection.data_received(GET)
    for (start_line, headers, body), response in zip(answers, responses, strict=True):
        head, _, sent = response.partition(b"\r\n\r\n")
        assert head.startswith(f"HTTP/1.1 {start_line.code} {start_line.reason}\r\n".encode())
        for name, value in headers.get_all():
            assert f"\r\n{name}: {value}".encode() in head
        assert (b"\r\nServer:" in head) == ("Server" in headers)
        assert sent == (body if "Content-Length" in headers else b"5\r\nchunk\r\n0\r\n\r\n")


async def test_what_a_handler_does_to_headers_stays_with_its_request(connected):
    seen = []

    def answer(request):
        seen.append(dict(request.headers))
        request.headers["X-Tag"] = "changed"
        request.headers.add("X-More", "1")
        return text(b"x")

    connection, _ = connected(answer)
    for _ in range(3):
        connection.data_received(GET)
    assert seen == [{"Host": "a", "X-Tag": "1"}] * 3


async def test_repeated_fields_stay_with_their_message(connected):
    kept = HTTPHeaders({"Content-Length": "1"})
    kept.add("Set-Cookie", "a=1")
    kept.add("Set-Cookie", "b=1")
    seen = []

    def answer(request):
        seen.append(request.headers.get_list("X-Tag"))
        request.headers.add("X-Tag", "more")
        kept.add("Set-Cookie", f"c={len(seen)}")
        return OK, kept, b"x"

    connection, responses = connected(answer)
    for _ in range(4):
        connection.data_received(b"GET / HTTP/1.1\r\nHost: a\r\nX-Tag: 1\r\nX-Tag: 2\r\n\r\n")
    assert seen == [["1", "2"]] * 4
    assert [response.count(b"Set-Cookie") for response in responses] == [3, 4, 5, 6]


async def test_bodies_are_not_repeated_with_their_heads(connected):
    connection, responses = connected(lambda request: text(request.body))
    for body in (b"aa", b"bb", b"cc", b"dd"):
        connection.data_received(POST + body)
    assert [response[-2:] for response in responses] == [b"aa", b"bb", b"cc", b"dd"]


@pytest.mark.parametrize("size", [1, 3, len(GET), len(GET) + 1, 2 * len(GET)])
async def test_a_repetition_may_come_in_pieces(connected, size):
    connection, responses = connected(lambda _: text(b"x"))
    data = GET * 6
    for start in range(0, len(data), size):
        connection.data_received(data[start : start + size])
    await asyncio.sleep(0)
    assert len(responses) == 6


async def test_a_head_that_only_begins_the_same_is_another(connected):
    connection, responses = connected(lambda request: text(request.start_line.path.encode()))
    connection.data_received(GET)
    connection.data_received(GET)
    connection.data_received(GET.replace(b"/a ", b"/ab "))
    connection.data_received(GET.replace(b"X-Tag: 1", b"X-Tag: 12"))
    assert [response.rpartition(b"\r\n")[2] for response in responses] == [
        *(b"/a", b"/a"),
        *(b"/ab", b"/a"),
    ]


async def test_the_last_response_says_so_though_it_was_given_before(connected):
    connection, responses = connected(lambda _: text(b"x"))
    for _ in range(3):
        connection.data_received(GET)
    connection.must_close = True
    connection.transport.can_write_eof = lambda: False
    connection.transport.close = lambda: None
    connection.data_received(GET)
    assert [b"Connection: close" in response for response in responses] == [False] * 3 + [True]


async def test_a_large_head_is_not_remembered(connected):
    connection, responses = connected(lambda _: text(b"x"))
    large = GET.replace(b"X-Tag: 1", b"X-Tag: " + b"1" * 8192)
    for _ in range(3):
        connection.data_received(large)
        assert connection._last_head is None
    assert len(responses) == 3


async def test_an_idle_connection_remembers_nothing(connected):
    connection, responses = connected(lambda _: text(b"x"))
    connection.data_received(GET)
    connection.data_received(GET)
    connection.check_deadlines(0)
    assert connection._last_head is None
    connection.data_received(GET)
    assert len(responses) == 3
