"""Multipart forms; the first line of the input is the boundary."""

from __future__ import annotations

from pieces import cuts

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.multipart import (
    Event,
    MultipartLimits,
    MultipartParser,
    PartBegin,
    PartData,
    PartEnd,
)

LIMITS = MultipartLimits(max_parts=10, max_part_header_size=500, max_field_size=300)

Part = tuple[str, str | None, str, bytes]


def check(data: bytes) -> None:
    """Assert that no cut matters, and that a form written from the parts has the same parts."""
    boundary, _, body = data.partition(b"\n")
    whole, *others = (_verdict(boundary, pieces) for pieces in cuts(body))
    assert all(other == whole for other in others), (whole, others)
    if isinstance(whole, list):
        assert len(whole) <= LIMITS.max_parts
        assert not any(set(name + (file or "")) & set("\r\n\0") for name, file, *_ in whole)
        assert _verdict(b"=~=" + b"x" * 30, [_written(whole, b"=~=" + b"x" * 30)]) == whole


def _verdict(boundary: bytes, pieces: list[bytes]) -> list[Part] | int:
    events: list[Event] = []
    try:
        parser = MultipartParser(boundary, LIMITS)
        for piece in pieces:
            events.extend(parser.feed(piece))
        parser.close()
    except HTTPInputError as error:
        return error.status_code
    parts: list[Part] = []
    ended = True
    for event in events:
        assert isinstance(event, PartBegin) is ended
        ended = isinstance(event, PartEnd)
        if isinstance(event, PartBegin):
            parts.append((event.name, event.raw_filename, event.content_type, b""))
        elif isinstance(event, PartData):
            assert event.data
            parts[-1] = (*parts[-1][:3], parts[-1][3] + event.data)
    assert ended
    return parts


def _written(parts: list[Part], boundary: bytes) -> bytes:
    written = b""
    for name, filename, content_type, body in parts:
        disposition = f'form-data; name="{_quoted(name)}"'
        if filename is not None:
            disposition += f'; filename="{_quoted(filename)}"'
        head = f"Content-Disposition: {disposition}\r\nContent-Type: {content_type}\r\n\r\n"
        written += b"--" + boundary + b"\r\n" + head.encode() + body + b"\r\n"
    return written + b"--" + boundary + b"--\r\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
