"""Answers to what cannot be served: generic, short, and the last of their connection."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from etesian.http_wire.dates import DATE_LINE
from etesian.http_wire.wire.head_writer import encode_lines, status_line

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def refusal(code: int) -> bytes:
    """Give the whole answer of status ``code``: nothing of the request is in it."""
    reason = HTTPStatus(code).phrase
    body = f"{code} {reason}\n".encode("ascii")
    return (
        encode_lines(
            [
                status_line(code, reason),
                "Content-Type: text/plain",
                f"Content-Length: {len(body)}",
                "Connection: close",
                DATE_LINE.now(),
            ]
        )
        + body
    )
