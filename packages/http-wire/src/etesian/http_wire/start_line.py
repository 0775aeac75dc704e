"""Start lines as text, for those who hold a line and want its parts."""

from __future__ import annotations

from etesian.http_wire.interface import RequestStartLine, ResponseStartLine
from etesian.http_wire.wire.head import parse_request_line, parse_status_line

__all__ = [
    "RequestStartLine",
    "ResponseStartLine",
    "parse_request_start_line",
    "parse_response_start_line",
]


def parse_request_start_line(line: str) -> RequestStartLine:
    """Give the method, target and version of a request line without its line end.

    Raises ``HTTPInputError`` where it is malformed, by the rules of the server.
    """
    return parse_request_line(line)


def parse_response_start_line(line: str) -> ResponseStartLine:
    """Give the version, the code as a number, and the reason of a status line.

    Raises ``HTTPInputError`` where it is malformed.
    """
    return parse_status_line(line)
