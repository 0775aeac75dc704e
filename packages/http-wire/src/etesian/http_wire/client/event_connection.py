"""One request for an event stream, and whether its answer is one (WHATWG HTML, 9.2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.http_wire.client.errors import HTTPClientError, HTTPProtocolError
from etesian.http_wire.client.outgoing import check_seconds
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.time_limit import time_limit

if TYPE_CHECKING:
    from etesian.http_wire.client.client import AsyncHTTPClient
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.stream import ResponseStream

__all__ = ["EventStreamError", "open_event_stream"]

# Octets of an identifier: as a field it must fit into a request's head.
_MAX_ID_SIZE = 4096


class EventStreamError(HTTPProtocolError):
    """The answer is no event stream, or one that cannot be gone on with."""


async def open_event_stream(
    client: AsyncHTTPClient, request: HTTPRequest, last_event_id: str
) -> ResponseStream | None:
    """Give the entered response to a request, ``None`` where the server ends it all with 204.

    The request's ``request_timeout`` holds for the head of the response only.

    Raises what ``fetch`` does, also for statuses from 201 on, and
    :class:`EventStreamError` for another content type and for an identifier
    that is no field's value. A cancellation closes the connection.
    """
    stream = client.stream(_prepared(request, last_event_id), raise_error=False)
    limit = request.with_defaults(client.defaults).request_timeout
    if limit is not None:
        check_seconds("request_timeout", limit)
    async with time_limit(limit, "request_timeout", "while waiting for an event stream"):
        await stream.__aenter__()
    try:
        _judge(request, stream)
    except BaseException:
        await stream.__aexit__()
        raise
    if stream.code == 204:
        await stream.__aexit__()
        return None
    return stream


def _prepared(request: HTTPRequest, last_event_id: str) -> HTTPRequest:
    request = request.replaced(headers=request.headers, request_timeout=0.0)
    request.headers.setdefault("Accept", "text/event-stream")
    request.headers.setdefault("Cache-Control", "no-store")
    if last_event_id:
        octets = last_event_id.encode()
        if len(octets) > _MAX_ID_SIZE:
            raise EventStreamError("the identifier of the last event is too long for a field")
        try:
            request.headers["Last-Event-ID"] = octets.decode("latin-1")
        except ValueError as error:
            raise EventStreamError("the identifier of the last event is no field") from error
    return request


def _judge(request: HTTPRequest, stream: ResponseStream) -> None:
    """Raise for what is neither an event stream nor the end of all."""
    response = HTTPResponse(request, stream.code, headers=stream.headers, reason=stream.reason)
    response.rethrow()
    if stream.code == 204:
        return
    if stream.code != 200:
        raise HTTPClientError(stream.code, f"{stream.reason} (expected 200 or 204)", response)
    kind = stream.headers.get("Content-Type", "").partition(";")[0].strip(" \t").lower()
    if kind != "text/event-stream":
        shown = ascii(kind[:60])
        raise EventStreamError(f"content type {shown}, expected 'text/event-stream'")
