"""Heads as bytes, checked as a whole before a single octet leaves (RFC 9110, 5.5).

Names and values were checked when they were set; here the finished block is
checked once more in one pass, so that no way of filling a mapping leads to a
line end on the wire.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from etesian.http_wire.wire.grammar import CRLF, FIELD_BYTES, escaped, is_field_value, is_token

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders


@lru_cache(maxsize=256)
def status_line(code: int, reason: str) -> str:
    """Give ``HTTP/1.1 code reason`` without its line end.

    Raises ``ValueError`` where the code has not three digits or the reason
    holds a control character.
    """
    if not 100 <= code <= 999 or "\t" in reason or not is_field_value(reason):
        raise ValueError(f"invalid status line: {code} {escaped(reason)}")
    return f"HTTP/1.1 {code} {reason}"


@lru_cache(maxsize=256)
def request_line(method: str, target: str) -> str:
    """Give ``method target HTTP/1.1`` without its line end.

    Raises ``ValueError`` where the method is not a token, or the target is
    empty or holds a space, a control character or an octet beyond ASCII.
    """
    if not is_token(method):
        raise ValueError(f"invalid method {escaped(method)}")
    if not target or " " in target or not (target.isascii() and target.isprintable()):
        raise ValueError(f"invalid request target {escaped(target)}")
    return f"{method} {target} HTTP/1.1"


def encode_head(start_line: str, headers: HTTPHeaders) -> bytes:
    """Give the head of ``start_line`` and all of ``headers``, its empty line included.

    Raises ``ValueError`` where a control character or one beyond U+00FF stands
    anywhere; the names are tokens already.
    """
    return encode_lines([start_line, *[f"{name}: {value}" for name, value in headers.get_all()]])


def encode_lines(lines: list[str]) -> bytes:
    """Join ``lines`` to a head, its empty line included.

    For writers that know their names to be tokens, as those of ``HTTPHeaders``
    are. Raises ``ValueError`` where a control character or one beyond U+00FF
    stands in a line.
    """
    head = "\r\n".join(lines).encode("latin-1")
    if head.translate(None, FIELD_BYTES) != CRLF * (len(lines) - 1):
        raise ValueError(f"control character in head: {escaped(head)}")
    return head + b"\r\n\r\n"
