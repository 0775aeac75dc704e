"""One request and its response, carried out by libcurl."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import pycurl

from etesian.http_wire.client.collector import Collector, forget_outcome
from etesian.http_wire.client.curl_error import CurlError
from etesian.http_wire.client.curl_options import configure, milliseconds
from etesian.http_wire.client.errors import (
    HTTPProtocolError,
    HTTPStreamClosedError,
    HTTPTimeoutError,
)
from etesian.http_wire.client.outgoing import is_repeatable
from etesian.http_wire.interface import HTTPInputError, ResponseStartLine
from etesian.http_wire.wire.framing import response_body_length
from etesian.http_wire.wire.head import parse_response_head

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from etesian.http_wire.client.curl_driver import CurlDriver
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["CurlHop", "CurlHopOwner"]

# What a callback gives libcurl to make it stop: less than it was handed.
_ABORT = 0


class CurlHopOwner(Protocol):
    """The fetch that a hop is part of. Exactly one of the two last calls comes, once."""

    def follows(self, code: int, headers: HTTPHeaders) -> bool:
        """Tell whether the response is a redirect that will be followed."""
        ...

    def hop_finished(self, hop: CurlHop) -> None:
        """Take the whole response."""
        ...

    def hop_failed(self, error: Exception) -> None:
        """Take the failure."""
        ...


class CurlHop:
    """Runs one handle, made for it and closed after it."""

    body = b""
    start_line = ResponseStartLine("HTTP/1.1", 599, "")
    headers: HTTPHeaders
    _attempts = 0

    @property
    def code(self) -> int:
        """The status code of the response."""
        return self.start_line.code

    @property
    def reason(self) -> str:
        """What the server said with it."""
        return self.start_line.reason

    @property
    def fields(self) -> HTTPHeaders:
        """The headers."""
        return self.headers

    def __init__(
        self,
        owner: CurlHopOwner,
        driver: CurlDriver,
        request: HTTPRequest,
        target: Target,
        policy: WirePolicy,
    ) -> None:
        """Prepare the handle; raises ``ValueError`` for what may not be sent."""
        self._owner = owner
        self._driver = driver
        self._policy = policy
        self._head = bytearray()
        self._collector: Collector | None = None
        self._body_size = 0
        self._error: Exception | None = None
        self._informational = 0
        self._final_head = False
        self._is_followed = False
        self._challenges = _expected_challenges(request, target)
        self._challenge_body: bytearray | None = None
        self._waiting: asyncio.Future[None] | None = None
        self.request = request
        self.target = target
        self.first_byte_at: float | None = None
        self._handle: pycurl.Curl | None = pycurl.Curl()
        try:
            configure(self._handle, request, target)
        except BaseException:
            self._close()
            raise
        self._handle.setopt(pycurl.HEADERFUNCTION, self._header_received)
        self._handle.setopt(pycurl.WRITEFUNCTION, self._data_received)
        self._bound_attempts(self._handle)

    def start(self, waited: float) -> None:
        """Begin the transfer; the owner hears of the end.

        ``waited`` are the seconds in the queue, which count for ``connect_timeout``.
        """
        if self._handle is not None:
            if waited and self.request.connect_timeout:
                left = max(self.request.connect_timeout - waited, 0.001)
                self._handle.setopt(pycurl.CONNECTTIMEOUT_MS, milliseconds(left))
            self._driver.add(self._handle, self._ended)

    def abandon(self) -> None:
        """Stop; the owner hears nothing more."""
        if self._collector is not None:
            self._collector.abandon()
        if self._waiting is not None:
            self._waiting.cancel()
        handle, self._handle = self._handle, None
        if handle is not None:
            self._driver.remove(handle)

    def _close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def _bound_attempts(self, handle: pycurl.Curl) -> None:
        """Hold libcurl, which sends again what a kept connection lost, to our rules for that."""
        if hasattr(pycurl, "PREREQFUNCTION"):
            handle.setopt(pycurl.PREREQFUNCTION, self._request_begins)
        elif not is_repeatable(self.request):
            handle.setopt(pycurl.FRESH_CONNECT, 1)  # on which it sends nothing again

    def _request_begins(self, *_addresses: object) -> int:
        self._attempts += 1
        # As in PooledFetch.hop_failed: once more, and only what is idempotent.
        if self._attempts > (2 if is_repeatable(self.request) else 1):
            self._error = HTTPStreamClosedError("connection closed before a response")
            return pycurl.PREREQFUNC_ABORT
        return pycurl.PREREQFUNC_OK

    def _header_received(self, line: bytes) -> int:
        if self._final_head:
            return len(line)  # a trailer; libcurl bounds them, and nobody asked for it
        try:
            self._take_line(line)
        except Exception as error:  # noqa: BLE001  # no exception may cross libcurl
            self._error = error
            return _ABORT
        # What follows a 101 is no HTTP, and libcurl would wait for a head.
        ended = self._handle is None or self.start_line.code == 101
        return _ABORT if ended else len(line)

    def _take_line(self, line: bytes) -> None:
        if self._challenge_body is not None and not self._head and not line.startswith(b"HTTP/"):
            return  # a trailer of the challenge
        self._head += line
        if len(self._head) > self._policy.max_header_size:
            raise HTTPInputError(f"head of more than {self._policy.max_header_size} octets", 431)
        if line != b"\r\n":
            return
        head = bytes(self._head[:-4])
        self._head.clear()
        start_line, headers = parse_response_head(head, self._policy)
        self.start_line, self.headers = start_line, headers
        if self.start_line.code == 101:
            self._take_final_head()
            return
        if self.start_line.code < 200:
            self._informational += 1
            if self._informational > self._policy.max_informational:
                raise HTTPInputError("too many interim responses to one request")
            return
        # libcurl frames the body by itself, but takes heads that leave a doubt about it.
        response_body_length(
            self.request.method, start_line.version, start_line.code, headers, self._policy
        )
        self._body_size = 0
        if self._is_challenge():
            self._challenge_body = bytearray()
            self._attempts = 0
        else:
            self._take_final_head()

    def _take_final_head(self) -> None:
        self._final_head = True
        self.first_byte_at = monotonic()
        self._is_followed = self._owner.follows(self.start_line.code, self.headers)
        if not self._is_followed:
            request, headers = self.request, self.headers
            collector = self._collector = Collector(request, headers, self._policy)
            if request.header_callback is not None:
                collector.announce(request.header_callback, self.start_line, headers)

    def _is_challenge(self) -> bool:
        """Tell whether libcurl may answer this response itself, by a digest."""
        name = self._challenges.get(self.start_line.code)
        return name is not None and any(
            scheme.lower().startswith("digest ") for scheme in self.headers.get_list(name)
        )

    def _take_unanswered(self, body: bytes) -> None:
        """Take for the response what was a challenge, as libcurl had no answer to it."""
        self._body_size = 0
        try:
            self._take_final_head()
        except Exception as error:  # noqa: BLE001  # as in a callback of libcurl
            self._error = error
        else:
            self._data_received(body)

    def _data_received(self, chunk: bytes) -> int:
        if self._waiting is not None:
            return pycurl.WRITEFUNC_PAUSE
        try:
            awaitable = self._take_data(chunk)
        except Exception as error:  # noqa: BLE001  # no exception may cross libcurl
            self._error = error
            return -1
        if awaitable is not None:
            self._waiting = asyncio.ensure_future(awaitable)
            self._waiting.add_done_callback(self._go_on)
        return -1 if self._handle is None else len(chunk)

    def _take_data(self, chunk: bytes) -> Awaitable[None] | None:
        self._body_size += len(chunk)
        limit = self._policy.max_drain_size if self._is_followed else self._policy.max_body_size
        if self._body_size > limit:
            raise HTTPInputError(f"body of more than {limit} octets")
        if not self._final_head and self._challenge_body is not None:
            self._challenge_body += chunk
        return None if self._collector is None else self._collector.data_received(chunk)

    def _go_on(self, future: asyncio.Future[None]) -> None:
        self._waiting = None
        if self._handle is None:
            forget_outcome(future)
            return
        if future.cancelled() or future.exception() is not None:
            self._error = None if future.cancelled() else _as_exception(future.exception())
            handle = self._handle
            self._driver.remove(handle)
            self._ended((pycurl.E_ABORTED_BY_CALLBACK, "the streaming callback was cancelled"))
        else:
            self._driver.unpause(self._handle)

    def _ended(self, error: tuple[int, str] | None) -> None:
        if self._handle is None:
            return
        if error is None and not self._final_head and self._challenge_body is not None:
            self._take_unanswered(bytes(self._challenge_body))
        if self._waiting is not None:
            # The last piece is still with its receiver.
            self._waiting.add_done_callback(lambda _: self._ended(error))
            return
        self._close()
        failure = self._failure(error)
        if failure is not None:
            self._owner.hop_failed(failure)
            return
        try:
            if self._collector is not None:
                self.body = self._collector.body()
        except HTTPInputError as broken:
            self._owner.hop_failed(HTTPProtocolError(str(broken)))
        else:
            self._owner.hop_finished(self)

    def _failure(self, error: tuple[int, str] | None) -> Exception | None:
        if self._is_followed:
            return None  # a followed redirect, whole or cut where it was drained enough
        if self._error is not None:
            if isinstance(self._error, HTTPInputError):
                return HTTPProtocolError(str(self._error))
            return self._error
        if error is None or self.start_line.code == 101:  # which we have cut off
            return None if self._final_head else HTTPProtocolError("no response head came")
        if error[0] == pycurl.E_OPERATION_TIMEDOUT:
            return HTTPTimeoutError(
                "timed out while connecting, connect_timeout is "
                f"{self.request.connect_timeout:g} seconds"
            )
        return CurlError(*error)


def _expected_challenges(request: HTTPRequest, target: Target) -> dict[int, str]:
    """Give the statuses that ask for a digest, and the field in which they do."""
    expected = {}
    if request.auth_mode == "digest" and request.auth_username:
        expected[401] = "WWW-Authenticate"
    # For https the proxy asks while the tunnel is opened, of which libcurl tells us nothing.
    if request.proxy_auth_mode == "digest" and target.origin.scheme == "http":
        expected[407] = "Proxy-Authenticate"
    return expected


def _as_exception(error: BaseException | None) -> Exception:
    return error if isinstance(error, Exception) else RuntimeError("the callback was interrupted")
