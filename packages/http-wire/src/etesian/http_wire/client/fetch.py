"""A fetch from its queueing to its response: a state machine driven by calls.

::

    QUEUED -> CONNECTING -> EXCHANGING -> ENDED
       ^          ^             |
       +----------+-------------+   a redirect, or the one repetition

A kept connection needs no CONNECTING. A redirect is QUEUED again only where its
host has no room, and the repetition never is.

Every state can end by a timeout, by an error or by abandonment, and all of them
go through one place that gives back what the fetch holds. No Task is made unless
a connection is to be dialled or a body produced. How a hop is made and carried
out is for the subclass of each implementation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from etesian.http_wire.client.errors import HTTPClientError, HTTPTimeoutError
from etesian.http_wire.client.fetch_parts import FetchHop
from etesian.http_wire.client.outgoing import check_request
from etesian.http_wire.client.redirects import RedirectRefusedError, is_redirect, next_request
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.url import parse_url

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from etesian.http_wire.client.fetch_parts import FetchEnvironment
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.url import Origin, Target
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["CONNECTING", "EXCHANGING", "QUEUED", "Fetch"]


# The phases: what a fetch is busy with, as its timeout will say.
QUEUED: Final = "while waiting for a slot"
CONNECTING: Final = "while connecting"
EXCHANGING: Final = "while waiting for the response"


H = TypeVar("H", bound=FetchHop)


class Fetch(ABC, Generic[H]):
    """One call of ``fetch``, redirects included. Ends with one call of ``callback``."""

    __slots__ = (
        "_began",
        "_callback",
        "_connected_at",
        "_ended",
        "_followed",
        "_hop",
        "_origin",
        "_original",
        "_phase",
        "_phase_started",
        "_preparing",
        "_queue_time",
        "_queued_at",
        "_request",
        "_request_due",
        "_reused",
        "_shared",
        "holds_slot",
    )

    holds_slot: bool
    """Whether it runs; one that does not is queued, or has ended."""

    def __init__(
        self,
        environment: FetchEnvironment,
        original: HTTPRequest,
        request: HTTPRequest,
        callback: Callable[[HTTPResponse], None],
    ) -> None:
        """``original`` is what the response will name, ``request`` what is done."""
        self._shared = environment
        self._original = original
        self._request = request
        self._callback = callback
        self._began = self._phase_started = self._connected_at = monotonic()
        self._request_due = inf
        self._phase = QUEUED
        self._queue_time = 0.0
        self._queued_at: float | None = None
        self._origin: Origin | None = None
        self._hop: H | None = None
        # What has to end before the hop can start.
        self._preparing: asyncio.Future[Any] | None = None
        self._followed = 0
        self.holds_slot = self._reused = self._ended = False

    def start(self) -> None:
        """Begin; errors of the request itself end the fetch within this call."""
        try:
            origin = self._origin = self._open(self._request)
        except Exception as error:  # noqa: BLE001  # a callback of the request may raise any
            self.fail(error)
            return
        timeout = self._request.request_timeout
        if timeout:
            self._request_due = self._began + timeout
        if not self._shared.slots.request(self, origin):
            self._wait_for_slot()

    def abandon(self) -> None:
        """End without a response; the callback is not called any more."""
        if not self._ended:
            self._give_back()

    def fail(self, error: Exception) -> None:
        """End with ``error`` as the outcome, unless the fetch has ended."""
        if self._ended:
            return
        total = monotonic() - self._began
        time_info = {"queue": self._queue_time, "total": total}
        self._end(
            HTTPResponse(self._original, 599, error=error, request_time=total, time_info=time_info)
        )

    def admitted(self) -> None:
        """Take the slot, and go on."""
        self.holds_slot = True
        if self._queued_at is not None:
            self._queue_time += monotonic() - self._queued_at
            self._queued_at = None
        self._begin()

    def timed_out(self) -> None:
        """End with the limit that was passed."""
        by_connect = self._connect_deadline() <= self._request_due
        name = "connect_timeout" if by_connect else "request_timeout"
        limit = self._request.connect_timeout if by_connect else self._request.request_timeout
        self.fail(HTTPTimeoutError(f"timed out {self._phase}, {name} is {limit:g} seconds"))

    def follows(self, code: int, headers: HTTPHeaders) -> bool:
        """Take the head of a hop's response, and tell whether it will be followed."""
        jar, hop = self._shared.cookie_jar, self._hop
        if jar is not None and hop is not None:
            jar.response_received(hop.target, headers)
        if (
            code < 300
            or hop is None
            or not is_redirect(self._request, code, headers, self._followed)
        ):
            return False
        try:
            next_request(self._request, hop.target, code, headers["Location"])
        except RedirectRefusedError:
            return False  # it is the outcome, with all that belongs to one
        return True

    def hop_finished(self, hop: H) -> None:
        """Take a whole response: the outcome, or the way to the next hop."""
        self._hop = None
        code = hop.code
        if code < 300 or not is_redirect(self._request, code, hop.headers, self._followed):
            response = self._response(hop)
            self._give_back()  # the two steps of _end(), for most are here
            self._callback(response)
            return
        try:
            request, target = next_request(self._request, hop.target, code, hop.headers["Location"])
            self._prepare(request, target)
        except RedirectRefusedError as error:
            self._end(self._refused(hop, error))
        except Exception as error:  # noqa: BLE001  # as in start(); nobody else hears of it
            self.fail(error)
        else:
            self._followed += 1
            self._go_on_to(target.origin)

    @abstractmethod
    def _make_hop(self, request: HTTPRequest, target: Target, policy: WirePolicy) -> H:
        """Make the hop ready; whatever it raises for what cannot be done is the outcome."""

    @abstractmethod
    def _begin(self) -> None:
        """Carry the prepared hop out."""

    def _open(self, request: HTTPRequest) -> Origin:
        """Make the first hop ready, and tell where it leads."""
        self._check(request)
        target = parse_url(request.url)
        if target.username is not None and request.auth_username is None:
            request = request.replaced(auth_username=target.username, auth_password=target.password)
        self._prepare(request, target)
        return target.origin

    def _go_on_to(self, origin: Origin) -> None:
        """Begin the next hop: at once, unless its host has no room for it."""
        slots, left = self._shared.slots, self._origin
        self._origin = origin
        if slots.transfer(left, origin):
            self._begin()
            return
        self.holds_slot = False
        self._phase, self._phase_started = QUEUED, monotonic()
        slots.release(left)
        if not slots.request(self, origin):
            self._wait_for_slot()

    def _wait_for_slot(self) -> None:
        self._queued_at = monotonic()
        self._arm()

    def _check(self, request: HTTPRequest) -> None:
        """Refuse what the implementation cannot do."""
        check_request(request)

    def _prepare(self, request: HTTPRequest, target: Target) -> None:
        streamed = request.streaming_callback is not None
        policy = self._shared.streamed_policy if streamed else self._shared.kept_policy
        # The cookies are those of this hop only, and no part of the request that is followed.
        jar = self._shared.cookie_jar
        sent = request if jar is None else jar.added_to(request, target)
        self._hop = self._make_hop(sent, target, policy)
        self._request = request

    def _enter(self, phase: str) -> None:
        # The time in the queue counts for the first connection; every later one has its own.
        if phase is CONNECTING and self._phase is not QUEUED:
            self._phase_started = monotonic()
        self._phase = phase
        self._arm()

    def _arm(self) -> None:
        """Set the deadline to the limit that comes first in this phase."""
        due = self._request_due
        if self._phase is not EXCHANGING:
            due = min(due, self._connect_deadline())
        self._shared.deadlines.set(self, due)

    def _connect_deadline(self) -> float:
        timeout = self._request.connect_timeout
        if self._phase is EXCHANGING or not timeout:
            return inf
        return self._phase_started + timeout

    def _response(self, hop: H) -> HTTPResponse:
        began, first_byte = self._began, hop.first_byte_at
        total = monotonic() - began
        times = (
            self._queue_time,
            0.0 if self._reused else self._connected_at - began,
            total if first_byte is None else first_byte - began,
            total,
        )
        return HTTPResponse.fetched(self._original, hop, times)

    def _refused(self, hop: H, error: RedirectRefusedError) -> HTTPResponse:
        """Give the redirect itself as the outcome, with the reason why it is not followed."""
        response = self._response(hop)
        response.error = HTTPClientError(
            response.code, f"{response.reason} (redirect refused: {error})", response
        )
        return response

    def _end(self, response: HTTPResponse) -> None:
        self._give_back()
        self._callback(response)

    def _give_back(self) -> None:
        """Release everything that the fetch holds; the one way out of every state."""
        self._ended = True
        self._shared.deadlines.withdraw(self)
        if self._preparing is not None:
            self._preparing.cancel()
        if self._hop is not None:
            hop, self._hop = self._hop, None
            hop.abandon()
        slots = self._shared.slots
        if self.holds_slot:
            self.holds_slot = False
            slots.release(self._origin)
        else:
            slots.leave(self, self._origin)
