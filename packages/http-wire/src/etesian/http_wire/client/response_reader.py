"""One response: bytes in, calls out, no socket (RFC 9112, 4 to 7).

::

    HEAD --1xx--> HEAD          at most ``policy.max_informational`` times
    HEAD --101--> COMPLETE      what follows is another protocol's
    HEAD --else-> BODY -> COMPLETE

The receiver is called in the stack of the bytes' arrival. An awaitable from its
``data_received`` pauses the reader: the owner awaits it and calls
:meth:`ResponseReader.resume`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from etesian.http_wire.client.errors import HTTPStreamClosedError
from etesian.http_wire.client.response_head import ResponseHead
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.body import UnboundedBody, body_of_length
from etesian.http_wire.wire.framing import response_body_length
from etesian.http_wire.wire.grammar import HEAD_END, list_members
from etesian.http_wire.wire.head import parse_response_head, parse_status_line
from etesian.http_wire.wire.head_finder import HeadFinder

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine
    from etesian.http_wire.wire.body import Body
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["ResponseReader", "ResponseReceiver"]


# Those whose 200 has the body that its fields announce (RFC 9112, 6.3).
_ANSWERED_BY_BODY = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


class ResponseReceiver(Protocol):
    """Takes one response, as far as the reader of its bytes is concerned."""

    def continue_received(self) -> None:
        """Take the permission to send the body (``100 Continue``)."""
        ...

    def headers_received(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> None:
        """Take the head of the final response, or of a ``101``."""
        ...

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take a piece of the body, decoded from chunks but not from compression."""
        ...

    def whole_received(self, head: ResponseHead, body: bytes) -> bool:
        """Take a final response that came in one piece, and say so: the two calls before in one.

        What is not taken comes by those two.
        """
        ...


class ResponseReader:
    """Reads the response to one request.

    ``complete`` turns true with its last octet; what was fed behind that stays
    in ``leftover``. ``started`` turns true with its first. The same bytes give
    the same calls at every cut, save that body pieces are cut otherwise.
    """

    _finder: HeadFinder | None = None
    _body: Body | None = None
    _informational = 0
    _persistent = False
    started = False
    complete = False
    waiting_for: Awaitable[None] | None = None

    def __init__(
        self,
        method: str,
        receiver: ResponseReceiver,
        policy: WirePolicy,
        last_head: ResponseHead | None = None,
    ) -> None:
        """Read what answers a request of this method, within the limits of ``policy``.

        ``last_head`` is that of another reader of this connection and policy.
        """
        self._method = method
        self._receiver = receiver
        self._policy = policy
        self._buffer = bytearray()
        self.last_head = last_head

    @property
    def leftover(self) -> bytes:
        """The bytes that are not the response's."""
        return bytes(self._buffer)

    @property
    def may_persist(self) -> bool:
        """Whether the peer lets another exchange follow the completed one (RFC 9112, 9.3)."""
        return self._persistent and not self._buffer and not isinstance(self._body, UnboundedBody)

    def feed(self, data: bytes) -> None:
        """Take bytes of the peer.

        Raises ``HTTPInputError`` where they are no response or pass a limit,
        and whatever the receiver raises; nothing may be fed after that.
        """
        if not self.started:
            self.started = True
            if self._take_at_once(data):
                return
        self._buffer += data
        self._advance()

    def resume(self) -> None:
        """Go on after the receiver's awaitable ended; raises as :meth:`feed` does."""
        self.waiting_for = None
        self._advance()

    def end(self, *, cut_off: bool = False) -> None:
        """Take the end of the connection.

        ``cut_off`` tells that TLS was not ended by the peer: an end from who knows
        whom ends no body (RFC 9112, 9.8).

        Raises :class:`HTTPStreamClosedError` where the response is not whole.
        """
        if isinstance(self._body, UnboundedBody) and not self._buffer and not cut_off:
            self.complete = self._body.complete = True
        if not self.complete:
            raise HTTPStreamClosedError(f"connection closed {self._place()}")

    def _place(self) -> str:
        if self._body is not None:
            return "within the response body"
        return "within the response head" if self.started else "before a response"

    def _advance(self) -> None:
        while not self.complete and self.waiting_for is None:
            advanced = self._take_head() if self._body is None else self._take_body(self._body)
            if not advanced:
                return

    def _take_at_once(self, data: bytes) -> bool:
        """Take a final response that came in one piece with a counted body; most do.

        The short way through the rules of the long one: whatever is not plainly
        such a response is left to it, errors included. Tells whether it was.
        """
        policy, last = self._policy, self.last_head
        if last is not None:
            if (body := last.body_in(data, self._method)) is not None:
                self._deliver(last, body)
                return True
            if last.method == self._method and data.startswith(last.octets):
                return False  # its body is not all that came, or not all that will
        end = data.find(HEAD_END)
        # Where LF alone ends a line, the head may have ended before, and that was its body.
        if policy.accept_bare_lf or not 0 < end <= policy.max_header_size:
            return False
        start_line, headers = parse_response_head(data[:end], policy)
        length = len(data) - end - 4
        if not self._is_all(start_line, headers, length):
            return False
        persistent = _is_persistent(start_line.version, headers)
        octets, body = data[: end + 4], data[end + 4 :]
        head = ResponseHead(octets, self._method, start_line, headers, length, persistent)
        self.last_head = head if head.is_repeatable else None
        self._deliver(head, body)
        return True

    def _is_all(self, start_line: ResponseStartLine, headers: HTTPHeaders, length: int) -> bool:
        """Tell whether so many octets, to be handed on in one piece, are the body of this head."""
        policy, code = self._policy, start_line.code
        if not (code >= 200 and length <= policy.chunk_size and length <= policy.max_body_size):
            return False
        if code == 200 and self._method in _ANSWERED_BY_BODY:
            # The one line of the table in framing that is for most; it says the same.
            fields = headers._fields
            if fields.get("Content-Length") == str(length) and "Transfer-Encoding" not in fields:
                return True
        version = start_line.version
        return response_body_length(self._method, version, code, headers, policy) == length

    def _deliver(self, head: ResponseHead, body: bytes) -> None:
        """Hand on what is all of the response."""
        self.complete = True
        self._persistent = head.persistent
        receiver = self._receiver
        if not receiver.whole_received(head, body):
            receiver.headers_received(head.start_line, head.headers())
            if body:
                self.waiting_for = receiver.data_received(body)

    def _take_head(self) -> bool:
        if self._finder is None:
            self._finder = HeadFinder(self._policy, parse_status_line)
        ends = self._finder.find(self._buffer)
        if ends is None:
            return False
        end, body_start = ends
        start_line, headers = parse_response_head(bytes(self._buffer[:end]), self._policy)
        del self._buffer[:body_start]
        if start_line.code == 101:
            self.complete = True
            self._receiver.headers_received(start_line, headers)
        elif start_line.code < 200:
            self._take_informational(start_line.code)
        else:
            self._take_final_head(start_line, headers)
        return True

    def _take_informational(self, code: int) -> None:
        self._informational += 1
        if self._informational > self._policy.max_informational:
            raise HTTPInputError(
                f"more than {self._policy.max_informational} interim responses to one request"
            )
        if code == 100:
            self._receiver.continue_received()

    def _take_final_head(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> None:
        length = response_body_length(
            self._method, start_line.version, start_line.code, headers, self._policy
        )
        self._body = body_of_length(length, self._policy)
        self._persistent = _is_persistent(start_line.version, headers)
        self._receiver.headers_received(start_line, headers)
        self.complete = self._body.complete

    def _take_body(self, body: Body) -> bool:
        data = body.take(self._buffer, self._policy.chunk_size)
        self.complete = body.complete
        if data:
            self.waiting_for = self._receiver.data_received(data)
        return bool(data)


def _is_persistent(version: str, headers: HTTPHeaders) -> bool:
    connection = headers.get("Connection")
    if connection is None:
        return version == "HTTP/1.1"
    options = list_members(connection.lower())
    return "close" not in options and (version == "HTTP/1.1" or "keep-alive" in options)
