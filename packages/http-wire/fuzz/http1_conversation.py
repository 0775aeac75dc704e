"""Whole conversations: the server's connection between a transport in memory and a delegate."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from pieces import cuts

from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.interface import ResponseStartLine
from etesian.http_wire.request import HTTPServerRequest
from etesian.http_wire.server.connection import ServerConnection
from etesian.http_wire.server.deadlines import Deadlines
from etesian.http_wire.server.settings import ConnectionSettings
from etesian.http_wire.wire.body import body_of_length
from etesian.http_wire.wire.framing import response_body_length
from etesian.http_wire.wire.head import parse_response_head
from etesian.http_wire.wire.policy import STRICT, WirePolicy

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPConnection, RequestStartLine

SETTINGS = ConnectionSettings(
    policy=WirePolicy(chunk_size=50, max_body_size=500, max_header_size=2000), decompress=True
)


def check(data: bytes) -> None:
    """Assert that no cut matters, and that the answers are responses, one for each request."""
    loop = asyncio.new_event_loop()
    try:
        whole, *others = (loop.run_until_complete(_serve(pieces)) for pieces in cuts(data))
    finally:
        loop.close()
    assert all(other == whole for other in others), (whole, others)
    dispatched, written, _, left = whole
    codes = _responses(written, [request[0] for request in dispatched])
    assert codes[: len(dispatched)] == [200] * len(dispatched)
    refused = codes[len(dispatched) :]
    assert len(refused) <= 1
    assert all(code >= 400 for code in refused)
    assert 500 not in refused, "a fault of the server"
    assert not left, "a delegate was told neither the end nor the close"


async def _serve(pieces: list[bytes]) -> tuple[list[tuple[str, str, bytes]], bytes, bool, int]:
    server, transport = Server(), Transport()
    connection = ServerConnection(server, SETTINGS, Deadlines(1000))
    connection.connection_made(transport)
    for piece in pieces:
        if transport.ended:
            break
        connection.data_received(piece)
    # What is served in a later turn of the loop, so that bursts do not starve others.
    for _ in range(3):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    # Whether the body had to be asked for depends on the cut, and rightly so (RFC 9110, 10.1.1).
    written = transport.written.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    written = re.sub(rb"Date: [^\r]*", b"Date: now", written)
    return server.dispatched, written, transport.ended, server.open


def _responses(written: bytes, methods: list[str]) -> list[int]:
    """Give the codes of responses, each parsed by the rules of the client."""
    buffer = bytearray(written)
    codes = []
    for method in [*methods, "GET"]:
        if not buffer:
            break
        head = bytes(buffer.partition(b"\r\n\r\n")[0])
        del buffer[: len(head) + 4]
        line, headers = parse_response_head(head, STRICT)
        length = response_body_length(method, line.version, line.code, headers, STRICT)
        body = body_of_length(length, STRICT)
        while body.take(buffer, 1000):
            pass
        assert body.complete
        codes.append(line.code)
    assert not buffer
    return codes


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written = b""
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take octets."""
        assert not self.ended
        self.written += data

    def can_write_eof(self) -> bool:
        """Say no, so that the end is a close."""
        return False

    def get_write_buffer_size(self) -> int:
        """Say that all is sent."""
        return 0

    def pause_reading(self) -> None:
        """Do nothing: all comes anyway."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def is_closing(self) -> bool:
        """Tell."""
        return self.ended

    def close(self) -> None:
        """End."""
        self.ended = True

    abort = close


class Server:
    """Answers each request with its body."""

    def __init__(self) -> None:
        self.dispatched: list[tuple[str, str, bytes]] = []
        self.open = 0

    def start_request(self, _: object, connection: HTTPConnection) -> Request:
        """Begin one."""
        return Request(self, connection)

    def on_close(self, _: object) -> None:
        """Do nothing."""


class Request:
    """One request."""

    def __init__(self, server: Server, connection: HTTPConnection) -> None:
        self._server = server
        self._connection = connection
        self._body = b""
        server.open += 1

    def headers_received(self, start_line: RequestStartLine, headers: HTTPHeaders) -> None:
        """Take the head, and ask for all that is worked out of it."""
        self._method = start_line.method
        self._path = start_line.path
        request = HTTPServerRequest(start_line=start_line, headers=headers)
        assert request.host
        assert request.host_name == request.host_name.lower()
        assert None not in (request.cookies, request.query_arguments, request.full_url())
        assert request.byte_range is None or len(request.byte_range) == 2

    def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        assert 0 < len(chunk) <= SETTINGS.policy.chunk_size
        self._body += chunk
        assert len(self._body) <= SETTINGS.policy.max_body_size

    def finish(self) -> None:
        """Answer."""
        self._server.dispatched.append((self._method, self._path, self._body))
        self._server.open -= 1
        headers = HTTPHeaders({"Content-Length": str(len(self._body))})
        line = ResponseStartLine("HTTP/1.1", 200, "OK")
        self._connection.write_headers(line, headers, self._body)
        self._connection.finish()

    def on_connection_close(self) -> None:
        """Be told once that nobody waits."""
        self._server.open -= 1
