"""Whole conversations, made by Hypothesis: neither cut nor pace changes what is answered."""

from __future__ import annotations

import asyncio
import re

from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire import HTTPHeaders, ResponseStartLine, WirePolicy
from etesian.http_wire.server.connection import ServerConnection
from etesian.http_wire.server.deadlines import Deadlines
from etesian.http_wire.server.settings import ConnectionSettings


class MemoryTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self):
        super().__init__({"peername": ("1.2.3.4", 5)})
        self.written = b""
        self.ended = False

    def write(self, data):
        assert not self.ended
        self.written += data

    def can_write_eof(self):
        return False

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass

    def is_closing(self):
        return self.ended

    def close(self):
        self.ended = True

    abort = close


class Paced:
    """Answers each request at once, or in each of its calls only after a wait."""

    def __init__(self, waits):
        self.waits = waits
        self.dispatched = []

    def start_request(self, server_conn, request_conn):
        return PacedRequest(self, request_conn)

    def on_close(self, server_conn):
        pass


class PacedRequest:
    def __init__(self, server, connection):
        self.server = server
        self.connection = connection
        self.body = b""

    def headers_received(self, start_line, headers):
        self.start_line = start_line
        return asyncio.sleep(0) if self.server.waits else None

    def data_received(self, chunk):
        self.body += chunk
        return asyncio.sleep(0) if self.server.waits else None

    def finish(self):
        self.server.dispatched.append((*self.start_line, self.body))
        if self.server.waits:
            asyncio.get_running_loop().call_soon(self.answer)
        else:
            self.answer()

    def answer(self):
        chunked = self.start_line.path == "/chunked"
        headers = HTTPHeaders({} if chunked else {"Content-Length": str(len(self.body))})
        self.connection.write_headers(ResponseStartLine("", 200, "OK"), headers, self.body)
        self.connection.finish()

    def on_connection_close(self):
        pass


def serve(pieces, waits):
    async def run():
        server, transport = Paced(waits), MemoryTransport()
        settings = ConnectionSettings(policy=WirePolicy(chunk_size=7, max_body_size=200))
        connection = ServerConnection(server, settings, Deadlines(10))
        connection.connection_made(transport)
        for piece in pieces:
            connection.data_received(piece)
            if waits:
                await asyncio.sleep(0)
        for _ in range(200 if waits else 0):
            await asyncio.sleep(0)
        connection.connection_lost(None)
        answered = re.sub(rb"Date: [^\r]*", b"Date", transport.written)
        return server.dispatched, answered, transport.ended

    return asyncio.run(run())


bodies = st.one_of(
    st.just(b"\r\n"),
    st.binary(max_size=40).map(lambda data: b"Content-Length: %d\r\n\r\n" % len(data) + data),
    st.lists(st.binary(min_size=1, max_size=20), max_size=4).map(
        lambda chunks: (
            b"Transfer-Encoding: chunked\r\n\r\n"
            + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
            + b"0\r\n\r\n"
        )
    ),
    st.just(b"Content-Length: 201\r\n\r\n"),
    st.just(b"Connection: close\r\n\r\n"),
    st.just(b"Bad : x\r\n\r\n"),
)
targets = st.sampled_from([b"GET /", b"POST /chunked", b"HEAD /x", b"get /", b"\r\nPUT /"])
requests = st.tuples(targets, bodies).map(
    lambda parts: parts[0] + b" HTTP/1.1\r\nHost: a\r\n" + parts[1]
)
conversations = st.lists(requests, min_size=1, max_size=5).map(b"".join)


@given(conversations, st.lists(st.integers(1, 30), max_size=40))
def test_neither_cut_nor_pace_changes_the_conversation(raw, lengths):
    pieces, rest = [], raw
    for length in lengths:
        if rest[:length]:
            pieces.append(rest[:length])
            rest = rest[length:]
    pieces = [*pieces, rest] if rest else pieces
    whole = serve([raw], waits=False)
    assert serve(pieces, waits=False) == whole
    assert serve([raw[i : i + 1] for i in range(len(raw))], waits=False) == whole
    assert serve([raw], waits=True) == whole
    assert serve(pieces, waits=True) == whole
