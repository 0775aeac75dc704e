"""Server-sent events."""

from __future__ import annotations

from pieces import cuts

from etesian.http_wire.client.event_stream import EventStreamParser
from etesian.http_wire.interface import HTTPInputError


def check(data: bytes) -> None:
    """Assert that no cut matters, and that events, written down again, are the same."""
    whole, *others = (_read(pieces) for pieces in cuts(data))
    assert all(other == whole for other in others), (whole, others)
    lines = []
    for event in whole[0]:
        assert not {*event.event + event.id + event.data} & {"\r"}
        lines += [f"event: {event.event}", f"id: {event.id}"]
        lines += [f"data: {line}" for line in event.data.split("\n")]
        lines += [] if event.retry is None else [f"retry: {round(event.retry * 1000)}"]
        lines += [""]
    again = _read(["\n".join([*lines, ""]).encode()], limit=10_000)
    assert again[0] == whole[0], (again, whole)


def _read(pieces: list[bytes], limit: int = 200) -> tuple[list[object], bool, str]:
    parser = EventStreamParser(max_line_size=limit, max_event_size=2 * limit)
    events = []
    try:
        for piece in pieces:
            events.extend(parser.feed(piece))
    except HTTPInputError:
        return events, False, ""
    return events, True, parser.last_event_id
