"""Responses, as the client reads them: interim ones, head, body and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pieces import cuts

from etesian.http_wire.client.errors import HTTPStreamClosedError
from etesian.http_wire.client.response_reader import ResponseReader
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.policy import WirePolicy

if TYPE_CHECKING:
    from etesian.http_wire.client.response_head import ResponseHead
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine

POLICY = WirePolicy(max_body_size=1000, chunk_size=64, max_header_size=2000)


def check(data: bytes) -> None:
    """Assert that no cut matters, for an answer to GET and one to HEAD."""
    for method in ("GET", "HEAD"):
        whole, *others = (_verdict(method, pieces) for pieces in cuts(data))
        assert all(other == whole for other in others), (whole, others)


def _verdict(method: str, pieces: list[bytes]) -> object:
    receiver = Receiver()
    reader = ResponseReader(method, receiver, POLICY)
    left = b""
    try:
        for piece in pieces:
            if reader.complete:
                left += piece
            else:
                reader.feed(piece)
                assert reader.waiting_for is None
        left = reader.leftover + left
        if not reader.complete:
            reader.end()
    except HTTPInputError as error:
        # How much of a broken body came through depends on the cut; what it was does not.
        return type(error), receiver.head
    except HTTPStreamClosedError:
        return "cut short", receiver.head, receiver.body
    return receiver.head, receiver.body, left, receiver.continues


class Receiver:
    """Keeps what was read."""

    def __init__(self) -> None:
        self.head: object = None
        self.body = b""
        self.continues = 0

    def continue_received(self) -> None:
        """Count."""
        self.continues += 1

    def headers_received(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> None:
        """Take the one head."""
        assert self.head is None
        self.head = (tuple(start_line), list(headers.get_all()))

    def whole_received(self, head: ResponseHead, body: bytes) -> bool:
        """Take a response that came in one piece."""
        self.headers_received(head.start_line, head.headers())
        if body:
            self.data_received(body)
        return True

    def data_received(self, chunk: bytes) -> None:
        """Take a piece."""
        assert self.head is not None
        assert 0 < len(chunk) <= POLICY.chunk_size
        self.body += chunk
        assert len(self.body) <= POLICY.max_body_size
