"""A fetch from its queueing to its response: a state machine driven by calls.

::

    QUEUED -> CONNECTING -> EXCHANGING -> ENDED
                  ^             |
                  +-------------+   a redirect, or the one repetition

Every state can end by a timeout, by an error or by abandonment, and all of them
go through one place that gives back what the fetch holds: its slot, its deadline,
its attempt to connect, its connection. No Task is made unless a connection is
to be dialled or a body produced.
"""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from etesian.http_wire.client.errors import HTTPClientError, HTTPTimeoutError
from etesian.http_wire.client.hop import Hop
from etesian.http_wire.client.outgoing import check_request
from etesian.http_wire.client.redirects import RedirectRefusedError, is_redirect, next_request
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.url import parse_url

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from etesian.http_wire.client.connection import ClientConnection
    from etesian.http_wire.client.environment import Environment
    from etesian.http_wire.client.pool import PoolKey
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.headers import HTTPHeaders

__all__ = ["Fetch"]

_QUEUED = "while waiting for a slot"
_CONNECTING = "while connecting"
_EXCHANGING = "while waiting for the response"


class Fetch:
    """One call of ``fetch``, redirects included. Ends with one call of ``callback``."""

    def __init__(
        self,
        environment: Environment,
        original: HTTPRequest,
        request: HTTPRequest,
        callback: Callable[[HTTPResponse], None],
    ) -> None:
        """``original`` is what the response will name, ``request`` what is done."""
        self._environment = environment
        self._loop = environment.loop
        self._original = original
        self._request = request
        self._callback = callback
        # Deadlines go by the loop's clock; what is measured by a finer one, as a loop may count in
        # milliseconds.
        self._started = self._loop.time()
        self._began = monotonic()
        self._followed = 0
        self._hop: Hop | None = None
        self._key: PoolKey | None = None
        self._dialling: asyncio.Task[ClientConnection] | None = None
        self._phase = _QUEUED
        self._phase_started = self._started
        self._holds_slot = False
        self._reused = False
        self._repeated = False
        self._ended = False
        self._queue_time = 0.0
        self._connected_at = self._began

    def start(self) -> None:
        """Begin; errors of the request itself end the fetch within this call."""
        try:
            check_request(self._request)
            target = parse_url(self._request.url)
            if target.username is not None and self._request.auth_username is None:
                self._request = self._request.replaced(
                    auth_username=target.username, auth_password=target.password
                )
            self._prepare(self._request, target)
        except (ValueError, KeyError, NotImplementedError, OSError) as error:
            self._end_with_error(error)
            return
        if not self._environment.slots.request(self):
            self._arm()

    def abandon(self) -> None:
        """End without a response; the callback is not called any more."""
        if not self._ended:
            self._give_back()

    def fail(self, error: Exception) -> None:
        """End with ``error`` as the outcome, unless the fetch has ended."""
        if not self._ended:
            self._end_with_error(error)

    def admitted(self) -> None:
        """Take the slot, and go on."""
        self._holds_slot = True
        self._queue_time = monotonic() - self._began
        self._begin()

    def timed_out(self) -> None:
        """End with the limit that was passed."""
        by_connect = self._connect_deadline() <= self._request_deadline()
        name = "connect_timeout" if by_connect else "request_timeout"
        limit = self._request.connect_timeout if by_connect else self._request.request_timeout
        self._end_with_error(
            HTTPTimeoutError(f"timed out {self._phase}, {name} is {limit:g} seconds")
        )

    def follows(self, code: int, headers: HTTPHeaders) -> bool:
        """Tell the hop whether its response is a redirect that will be followed."""
        return is_redirect(self._request, code, headers, self._followed)

    def hop_finished(self, hop: Hop, connection: ClientConnection | None) -> None:
        """Take a whole response: the outcome, or the way to the next hop."""
        self._hop = None
        if connection is not None and self._key is not None:
            self._environment.keep(self._key, connection)
        if not self.follows(hop.start_line.code, hop.headers):
            self._end(self._response(hop))
            return
        try:
            request, target = next_request(
                hop.request, hop.target, hop.start_line.code, hop.headers["Location"]
            )
            self._prepare(request, target)
        except RedirectRefusedError as error:
            self._end(self._refused(hop, error))
        except (ValueError, OSError) as error:
            self._end_with_error(error)
        else:
            self._followed += 1
            self._begin()

    def hop_failed(self, hop: Hop, error: Exception, *, untouched: bool) -> None:
        """Repeat the request if its connection was stale, else give up.

        RFC 9112, 9.3.1: a server may close a kept connection at any moment, so
        the request can cross its end. Only then, only without an octet of a
        response, only if it is idempotent, and only once, on a new connection.
        """
        if untouched and self._reused and hop.repeatable and not self._repeated:
            self._repeated = True
            self._dial()
        else:
            self._hop = None
            self._end_with_error(error)

    def _prepare(self, request: HTTPRequest, target: Target) -> None:
        environment = self._environment
        streamed = request.streaming_callback is not None
        policy = environment.streamed_policy if streamed else environment.kept_policy
        self._hop = Hop(self, request, target, policy)
        self._key = environment.key_for(request, target.origin)
        self._request = request

    def _begin(self) -> None:
        """Get a connection for the prepared hop."""
        self._reused = self._repeated = False
        if self._key is None:
            return
        connection = self._environment.take(self._key)
        if connection is not None:
            self._reused = True
            self._exchange(connection)
        else:
            self._dial()

    def _dial(self) -> None:
        if self._key is None:
            return
        self._reused = False
        self._enter(_CONNECTING)
        self._dialling = self._environment.dial(self._key)
        self._dialling.add_done_callback(self._dialled)

    def _dialled(self, dialling: asyncio.Task[ClientConnection]) -> None:
        if dialling.cancelled():
            return
        error = dialling.exception()
        if self._ended:
            if error is None:
                dialling.result().close()
            return
        self._dialling = None
        if error is None:
            self._exchange(dialling.result())
        elif isinstance(error, Exception):
            self._end_with_error(error)
        else:
            raise error

    def _exchange(self, connection: ClientConnection) -> None:
        self._connected_at = monotonic()
        self._enter(_EXCHANGING)
        if self._hop is not None:
            self._hop.start(connection)

    def _enter(self, phase: str) -> None:
        self._phase = phase
        if phase is _CONNECTING and self._followed:
            self._phase_started = self._loop.time()
        self._arm()

    def _arm(self) -> None:
        """Set the deadline to the limit that comes first in this phase."""
        due = min(self._request_deadline(), self._connect_deadline())
        self._environment.deadlines.set(self, due)

    def _request_deadline(self) -> float:
        timeout = self._request.request_timeout
        return self._started + timeout if timeout else inf

    def _connect_deadline(self) -> float:
        timeout = self._request.connect_timeout
        if self._phase is _EXCHANGING or not timeout:
            return inf
        return self._phase_started + timeout

    def _response(self, hop: Hop, error: BaseException | None = None) -> HTTPResponse:
        total = monotonic() - self._began
        first_byte = hop.first_byte_at
        return HTTPResponse(
            self._original,
            hop.start_line.code,
            headers=hop.headers,
            body=hop.body,
            reason=hop.start_line.reason,
            effective_url=hop.request.url,
            error=error,
            request_time=total,
            time_info={
                "queue": self._queue_time,
                "connect": 0.0 if self._reused else self._connected_at - self._began,
                "starttransfer": total if first_byte is None else first_byte - self._began,
                "total": total,
            },
        )

    def _refused(self, hop: Hop, error: RedirectRefusedError) -> HTTPResponse:
        """Give the redirect itself as the outcome, with the reason why it is not followed."""
        response = self._response(hop)
        response.error = HTTPClientError(
            response.code, f"{response.reason} (redirect refused: {error})", response
        )
        return response

    def _end_with_error(self, error: Exception) -> None:
        total = monotonic() - self._began
        time_info = {"queue": self._queue_time, "total": total}
        self._end(
            HTTPResponse(self._original, 599, error=error, request_time=total, time_info=time_info)
        )

    def _end(self, response: HTTPResponse) -> None:
        self._give_back()
        self._callback(response)

    def _give_back(self) -> None:
        """Release everything that the fetch holds; the one way out of every state."""
        self._ended = True
        self._environment.deadlines.withdraw(self)
        if self._dialling is not None:
            self._dialling.cancel()
        hop, self._hop = self._hop, None
        if hop is not None:
            hop.abandon()
        if self._holds_slot:
            self._holds_slot = False
            self._environment.slots.release()
        else:
            self._environment.slots.leave(self)
