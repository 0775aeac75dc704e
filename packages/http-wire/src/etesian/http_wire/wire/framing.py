"""How long a body is: RFC 9112, 6.3 as a table, for both directions.

The answer is a number of octets, :data:`CHUNKED` or :data:`UNTIL_CLOSE`. A
message that leaves any doubt is refused: that doubt is what request smuggling
lives on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.grammar import (
    MAX_DECIMAL_DIGITS,
    decimal,
    escaped,
    escaped_list,
    list_members,
)

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.wire.policy import WirePolicy

CHUNKED: Final = -1  # the chunked coding tells where the body ends
UNTIL_CLOSE: Final = -2  # the end of the connection ends the body; responses only


def request_body_length(version: str, headers: HTTPHeaders, policy: WirePolicy) -> int:
    """Give the length of a request's body.

    ====================  ==================  =================================
    Transfer-Encoding     Content-Length      length
    ====================  ==================  =================================
    absent                absent              0
    absent                one decimal number  that
    absent                anything else       400
    exactly ``chunked``   absent              ``CHUNKED``; in HTTP/1.0 400
    exactly ``chunked``   present             400
    unknown codings       any                 501; 400 beside Content-Length
    malformed             any                 400
    ====================  ==================  =================================

    Raises ``HTTPInputError`` with those statuses. Whether a body of that length
    is welcome is decided where it is read (``body_of_length``).
    """
    if "Transfer-Encoding" in headers:
        _check_coding(version, headers)
        return CHUNKED
    if "Content-Length" not in headers:
        return 0
    return content_length(headers, policy)


def response_body_length(
    request_method: str, version: str, code: int, headers: HTTPHeaders, policy: WirePolicy
) -> int:
    """Give the length of a response's body.

    The first line that fits decides:

    ===========================================  ==============================
    response                                     length
    ===========================================  ==============================
    Transfer-Encoding refused as in a request    error
    to HEAD; 1xx, 204, 304; 2xx to CONNECT       0
    ``Transfer-Encoding: chunked``               ``CHUNKED``
    one valid Content-Length                     that
    neither field                                ``UNTIL_CLOSE``
    ===========================================  ==============================

    Raises ``HTTPInputError`` as :func:`request_body_length` does.
    """
    chunked = "Transfer-Encoding" in headers
    if chunked:
        _check_coding(version, headers)
    if is_bodiless(request_method, code):
        return 0
    if chunked:
        return CHUNKED
    if "Content-Length" not in headers:
        return UNTIL_CLOSE
    return content_length(headers, policy)


def is_bodiless(request_method: str, code: int) -> bool:
    """Tell whether the response has no body whatever its fields say (RFC 9112, 6.3)."""
    if request_method == "HEAD" or code in (204, 304) or code < 200:
        return True
    return request_method == "CONNECT" and code < 300


def content_length(headers: HTTPHeaders, policy: WirePolicy) -> int:
    """Give the number in the one Content-Length field.

    Raises ``HTTPInputError``: 400 for a repeated field (equal values pass with
    ``policy.accept_equal_content_lengths``) or for anything but ``1*DIGIT``,
    and ``policy.body_overflow_status`` for a number that no limit could allow.
    """
    values = headers.get_list("Content-Length")
    if policy.accept_equal_content_lengths:
        values = list(dict.fromkeys(values))
    if len(values) != 1:
        raise HTTPInputError(f"repeated Content-Length: {escaped_list(values)}")
    try:
        return decimal(values[0])
    except OverflowError:
        raise HTTPInputError(
            f"Content-Length of {len(values[0])} digits, expected no more than "
            f"{MAX_DECIMAL_DIGITS}",
            policy.body_overflow_status,
        ) from None
    except ValueError:
        raise HTTPInputError(
            f"invalid Content-Length {escaped(values[0])}, expected digits alone"
        ) from None


def _check_coding(version: str, headers: HTTPHeaders) -> None:
    """Demand that the one transfer coding is ``chunked`` and nothing competes with it."""
    values = headers.get_list("Transfer-Encoding")
    if "Content-Length" in headers:
        raise HTTPInputError(
            f"Transfer-Encoding {escaped_list(values)} beside Content-Length "
            f"{escaped_list(headers.get_list('Content-Length'))}"
        )
    if version != "HTTP/1.1":
        raise HTTPInputError(f"Transfer-Encoding {escaped_list(values)} in {version}")
    if len(values) != 1:
        raise HTTPInputError(f"repeated Transfer-Encoding: {escaped_list(values)}")
    if values[0].lower() == "chunked":
        return
    # A list with chunked in it is malformed in every order but the last place, and there the
    # codings before it are none we know.
    codings = list_members(values[0].lower())
    malformed = codings[-1] != "chunked" and "chunked" in codings
    if malformed or codings.count("chunked") > 1 or not all(map(_is_coding, codings)):
        raise HTTPInputError(f"malformed Transfer-Encoding {escaped(values[0])}")
    raise HTTPInputError(f"Transfer-Encoding {escaped(values[0])}, only chunked is known", 501)


def _is_coding(text: str) -> bool:
    """Tell whether ``text`` may be a coding with parameters; rough, for both are refused."""
    return bool(text) and text[0].isascii() and text.isprintable() and text[0].isalnum()
