"""The requests of a connection, one after the other: head, body, response.

The rules of the file:

- one request at a time: the next head is looked at only when the response
  before it has ended, and what arrives meanwhile waits, bounded;
- every step works on the front of one buffer, so that the cut of the bytes
  into packets never shows;
- :meth:`RequestCycle._advance` is the only place that steps, and it is not
  entered twice: what happens inside a delegate's call only leaves marks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.server.deadlines import NEVER
from etesian.http_wire.server.drain import DONE
from etesian.http_wire.server.endable_connection import EndableConnection
from etesian.http_wire.server.exchange import Exchange
from etesian.http_wire.server.intake import Intake
from etesian.http_wire.server.partial_head import PartialHead
from etesian.http_wire.server.phase import Phase
from etesian.http_wire.server.refusal import CONTINUE
from etesian.http_wire.server.request_head import RequestHead
from etesian.http_wire.wire.response_writer import Progress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextvars import Context

    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import (
        HTTPMessageDelegate,
        HTTPServerConnectionDelegate,
        RequestStartLine,
    )
    from etesian.http_wire.server.deadlines import Deadlines
    from etesian.http_wire.server.settings import ConnectionSettings

_HEAD: Final = Phase.HEAD
_BODY: Final = Phase.BODY
_RESPONSE: Final = Phase.RESPONSE
_NOTHING: Final = Phase.NOTHING
_FINISHED: Final = Progress.DONE


class RequestCycle(EndableConnection):
    """Steps from one request to the next, as far as bytes and delegates allow."""

    __slots__ = (
        "_advancing",
        "_contextvars",
        "_drained",
        "_last_head",
        "_waiting_for",
        "_waiting_since",
    )

    # What the connection was made in; each request runs in a copy.
    _contextvars: Context

    def __init__(
        self,
        delegate: HTTPServerConnectionDelegate,
        settings: ConnectionSettings,
        deadlines: Deadlines,
        on_end: Callable[[EndableConnection], None] | None,
    ) -> None:
        super().__init__(delegate, settings, deadlines, on_end)
        self._advancing = False
        self._drained = 0  # octets of the body read off after its answer
        self._waiting_for: asyncio.Future[None] | None = None
        self._waiting_since = 0.0
        # What the next request may repeat; see etesian.http_wire.server.repetition.
        self._last_head: RequestHead | None = None

    def _advance(self, head: bytes | None = None, known: RequestHead | None = None) -> None:
        """Do all that the buffered bytes and the delegate allow; faults end the connection.

        ``head`` or ``known``, which is parsed already, came before what is in the buffer.
        """
        if self._advancing:
            return
        self._advancing = True
        try:
            if known is not None:
                self._begin_request(known)
            elif head is not None:
                self._begin_request(self._parse(head))
            if self._buffer or self._phase is _BODY or self.peer_ended:
                while self._step():
                    pass
        except HTTPInputError as error:
            self._refuse(error)
        except Exception as error:  # noqa: BLE001  # a delegate may raise anything, and it is logged
            self._fail(error)
            self._advance_later()
        finally:
            self._advancing = False
        if self._buffer or self._buffer.paused:
            self._buffer.pace()

    def _advance_later(self) -> None:
        """Go on with what waits, but not in the stack, nor in the context variables, of now."""
        if self._phase is _HEAD and (self._buffer or self.peer_ended):
            self._loop.call_soon(self._advance, context=self._contextvars)

    def _step(self) -> bool:
        """Take one step; tell whether another may follow."""
        if self._waiting_for is not None:
            return False
        if self._phase is _HEAD:
            return self._gate is None and self._find_head()
        exchange = self._exchange
        return self._phase is _BODY and exchange is not None and self._take_body(exchange)

    # The head

    def _find_head(self) -> bool:
        if not self._buffer:
            if self.peer_ended:
                self._close()
            return False
        if self._partial_head is None:
            self._partial_head = PartialHead(self._buffer, self._policy)
            self._deadline = self._deadlines.after(self._policy.header_timeout)
        head = self._partial_head.take(last=self.peer_ended)
        if head is None:
            return False
        self._begin_request(self._parse(head))
        return True

    def _parse(self, octets: bytes) -> RequestHead:
        head = RequestHead(octets, self._policy)
        self._last_head = head if head.is_repeatable else None
        return head

    def _begin_request(self, head: RequestHead) -> None:
        self._partial_head = None
        headers = head.headers()
        if head.body_length:
            self.intake = Intake(head.body_length, headers, self.settings)
            self.expecting = head.expects_continue
        exchange = self._exchange = Exchange(self, head, headers)
        # What a request sets in context variables must not be seen by the next one.
        context = self._request_contextvars = self._contextvars.copy()
        context.run(self._dispatch, head.start_line, headers, exchange)

    def _dispatch(
        self, start_line: RequestStartLine, headers: HTTPHeaders, exchange: Exchange
    ) -> None:
        delegate = self._delegate = self._makes.start_request(self, exchange)
        self._phase = _BODY
        pending = delegate.headers_received(start_line, headers)
        if pending is not None:
            self._wait_for(pending)
        elif self.intake is None and self._phase is _BODY:
            self._end_request(exchange)

    # The body

    def _take_body(self, exchange: Exchange) -> bool:
        intake = self.intake
        if exchange.progress is _FINISHED and not exchange.keep_alive:
            self._close()
            return False
        if intake is None or intake.complete:
            self._request_contextvars.run(self._end_request, exchange)
            return True
        if not intake.started:
            self._start_body(intake, exchange)
        data = intake.take(self._buffer)
        if data:
            self._deliver(data, exchange)
        elif not intake.complete:
            if self.peer_ended:
                raise HTTPInputError(f"connection ended after {intake.received} octets of a body")
            return False
        return True

    def _start_body(self, intake: Intake, exchange: Exchange) -> None:
        intake.start(self._deadlines.now)
        if self.expecting:
            self.expecting = False
            if exchange.progress is Progress.HEAD and not self._buffer:
                self.transport.write(CONTINUE)

    def _deliver(self, data: bytes, exchange: Exchange) -> None:
        delegate = self._delegate
        if delegate is None or exchange.progress is _FINISHED:
            # Nobody waits for this any more, but a little of it is cheaper than a new connection.
            self._drained += len(data)
            if self._drained > self._policy.max_drain_size:
                exchange.keep_alive = False
            return
        self._request_contextvars.run(self._hand_over, delegate, data)

    def _hand_over(self, delegate: HTTPMessageDelegate, data: bytes) -> None:
        pending = delegate.data_received(data)
        if pending is not None:
            self._wait_for(pending)

    # The response

    def _end_request(self, exchange: Exchange) -> None:
        self._phase = _RESPONSE
        intake = self.intake
        if intake is not None:
            exchange.trailers = intake.trailers
            self.intake = None
        delegate = self._delegate
        if delegate is not None:
            delegate.finish()
        if self._exchange is exchange and exchange.progress is _FINISHED:
            self._end_exchange()  # it had answered before it was asked

    def response_finished(self) -> None:
        """Go on to the next request, or end, now that the response is written."""
        if self._phase is _RESPONSE:
            self._end_exchange()
        elif self._phase is _BODY:
            self._advance()

    def _end_exchange(self) -> None:
        exchange = self._exchange
        if exchange is None or self._phase is not _RESPONSE:
            return
        self._exchange = self._delegate = None
        if not exchange.keep_alive:
            self._close()
            return
        self._phase = _HEAD
        self._deadline = self._deadlines.after(self._policy.idle_timeout)
        self._stalled_at = NEVER  # what waits to be sent has become more
        self._drained = 0
        if not self._advancing:
            self._advance_later()

    # Waits of the delegate

    def _wait_for(self, pending: Awaitable[None]) -> None:
        """Take no step until the delegate's awaitable ends."""
        if pending is DONE:
            return
        future = asyncio.ensure_future(pending, loop=self._loop)
        self._waiting_for = future
        self._waiting_since = self._deadlines.now
        future.add_done_callback(self._end_wait, context=self._contextvars)

    def _end_wait(self, future: asyncio.Future[None]) -> None:
        self._waiting_for = None
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if self._phase is _NOTHING:
            return
        if self.intake is not None:
            self.intake.excuse(self._deadlines.now - self._waiting_since)
        if error is None:
            self._advance()
        elif isinstance(error, HTTPInputError):
            self._refuse(error)
        else:
            self._fail(error)
            self._advance_later()
