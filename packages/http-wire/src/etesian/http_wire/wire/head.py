"""The head of a message: start line and fields, parsed strictly (RFC 9112, 2 to 5).

One pass over the octets decides about control characters and line ends, one
split gives the lines, and a table of known names saves most of the work per
field. Whatever is not exactly the grammar is an :class:`HTTPInputError`: no
folding, no bare CR or LF, no space before a colon.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from etesian.http_wire.headers import KNOWN_NAMES, HTTPHeaders, normalized_name
from etesian.http_wire.interface import (
    HTTPInputError,
    RequestStartLine,
    ResponseStartLine,
)
from etesian.http_wire.wire.grammar import (
    CRLF,
    FIELD_BYTES,
    OWS,
    control_place,
    escaped,
    escaped_around,
    escaped_list,
    is_token,
)
from etesian.http_wire.wire.head_finder import HeadFinder

if TYPE_CHECKING:
    from etesian.http_wire.wire.policy import WirePolicy

# Methods that need no look at their letters.
_USUAL_METHODS: Final = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE")
)

# The longest registered method has 16 letters; a longer one than this is no method.
_MAX_METHOD_LENGTH: Final = 32

# The visible ASCII without what the URI grammar lacks and no client sends raw: '"', '#', '<', '>'
# and the backslash, which parsers behind us read as a slash. Browsers do send the likes of '|'
# and '{' raw, so these pass (RFC 9112, 3.2).
_is_target: Final = re.compile(r"[!$-;=?-\[\]-~]+").fullmatch

_VERSION: Final = re.compile(r"HTTP/[0-9]\.[0-9]")

# RFC 9110, 7.2 with RFC 3986, 3.2.2: a name, an IPv4 address or a bracketed literal, and a port.
# No userinfo, and no empty host: neither has a meaning for http and https.
_AUTHORITY: Final = re.compile(
    r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9\-._~%!$&'()*+;=]{1,255})(?::[0-9]{0,5})?"
)

# Makes a named tuple without the Python function in between.
_new_tuple: Final = tuple.__new__

_ABSOLUTE_FORM: Final = re.compile(r"https?://([^/?]*)(.*)", re.IGNORECASE)

# These say by other spelling what frames a message; a gateway variable would not tell them apart.
_FRAMING_TWINS: Final = frozenset(("content-length", "transfer-encoding"))


def parse_request_head(head: bytes, policy: WirePolicy) -> tuple[RequestStartLine, HTTPHeaders]:
    """Give the request line and the fields of a head, its final empty line left off.

    Raises ``HTTPInputError`` with the status to answer: 400 for a breach of the
    grammar, 414 and 431 for sizes, 501 for an unusable method, 505 for another
    version. The text of the error is for the log.
    """
    try:
        lines = _head_lines(head, policy)
        start_line = parse_request_line(lines[0])
        headers = _parse_fields(lines)
        _check_singletons(start_line, headers)
    except HTTPInputError:
        # The status must not depend on how the bytes were cut: what a reader octet by octet
        # would have met first is the error. A CR at the end is bare only for what follows it.
        HeadFinder(policy, parse_request_line).check(head + CRLF)
        raise
    return start_line, headers


def parse_response_head(head: bytes, policy: WirePolicy) -> tuple[ResponseStartLine, HTTPHeaders]:
    """Give the status line and the fields of a head, its final empty line left off.

    Raises ``HTTPInputError`` for a breach of the grammar or of a size.
    """
    lines = _head_lines(head, policy)
    return parse_status_line(lines[0]), _parse_fields(lines)


def parse_request_line(line: str) -> RequestStartLine:
    """Give the request line ``method SP target SP version`` (RFC 9112, 3).

    Raises ``HTTPInputError``: 505 for a version other than 1.0 and 1.1, 501
    for a method too long or not in upper case, else 400.
    """
    try:
        method, target, version = line.split(" ")
    except ValueError:
        raise HTTPInputError(f"malformed request line: {escaped(line)}") from None
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        known = _VERSION.fullmatch(version)
        raise HTTPInputError(
            f"version {escaped(version)}, expected HTTP/1.1 or HTTP/1.0", 505 if known else 400
        )
    if method not in _USUAL_METHODS:
        _check_method(method)
    if not _is_target(target):
        raise HTTPInputError(f"invalid octets in request target: {escaped(target)}")
    if target[0] != "/" or method == "CONNECT":
        _check_target_form(method, target)
    return _new_tuple(RequestStartLine, (method, target, version))


@lru_cache(maxsize=64)  # servers have few; one that varies them pays for each
def parse_status_line(line: str) -> ResponseStartLine:
    """Give the status line ``version SP 3DIGIT SP [reason]`` (RFC 9112, 4).

    Raises ``HTTPInputError`` for anything else, and for a version other than
    HTTP/1.0 and HTTP/1.1. A missing space before an absent reason is let pass,
    as RFC 9112 knows that servers leave it out.
    """
    version, _, rest = line.partition(" ")
    code, _, reason = rest.partition(" ")
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise HTTPInputError(f"version {escaped(version)}, expected HTTP/1.1 or HTTP/1.0")
    if not (len(code) == 3 and code.isascii() and code.isdigit() and code[0] != "0"):
        raise HTTPInputError(f"malformed status line: {escaped(line)}")
    return ResponseStartLine(version, int(code), reason)


def split_absolute_form(target: str) -> tuple[str | None, str]:
    """Give the authority of an absolute-form target, and the target without it.

    The authority is ``None`` for the other forms, which are given as they are.
    """
    match = _ABSOLUTE_FORM.fullmatch(target)
    if match is None:
        return None, target
    rest = match[2]
    return match[1], rest if rest[:1] == "/" else f"/{rest}"


def _head_lines(head: bytes, policy: WirePolicy) -> list[str]:
    """Split a head into lines, after the proof that nothing else in it could end a line."""
    if policy.accept_bare_lf:
        head = head.replace(CRLF, b"\n").replace(b"\n", CRLF)
    lines = head.decode("latin-1").split("\r\n")
    if len(lines[0]) > policy.max_request_line_size:
        raise HTTPInputError(f"start line of more than {policy.max_request_line_size} octets", 414)
    # What is left without the octets of field values must be the line ends that split() found.
    # Since each of those took one CR and one LF, equality leaves no CR or LF over.
    count = len(lines) - 1
    if head.translate(None, FIELD_BYTES) != CRLF * count:
        shown = escaped_around(head, control_place(head))
        raise HTTPInputError(f"control character or bare line end in head: {shown}")
    if count > policy.max_header_count:
        raise HTTPInputError(
            f"{count} header fields, expected no more than {policy.max_header_count}", 431
        )
    return lines


def _parse_fields(lines: list[str]) -> HTTPHeaders:
    """Give the fields after the first line, where each comes once and by a known name.

    That is nearly always so; :func:`_parse_any_fields` says the same for every head.
    """
    fields: dict[str, str | list[str]] = {}
    known = KNOWN_NAMES
    try:
        for line in lines[1:]:
            name, value = line.split(":", 1)
            fields[known[name]] = value.strip(OWS)
    except (KeyError, ValueError):
        return _parse_any_fields(lines)
    if len(fields) < len(lines) - 1:
        return _parse_any_fields(lines)
    return HTTPHeaders.from_valid(fields)


def _parse_any_fields(lines: list[str]) -> HTTPHeaders:
    fields: dict[str, str | list[str]] = {}
    line = ""
    try:
        # Neither a folded line nor a space before the colon gets past the names: no token holds
        # a space (RFC 9112, 5.1 and 5.2).
        for line in lines[1:]:
            name, value = line.split(":", 1)
            normal = KNOWN_NAMES.get(name) or _learn_name(name)
            if normal in fields:
                _append(fields, normal, value.strip(OWS))
            else:
                fields[normal] = value.strip(OWS)
    except ValueError:
        raise HTTPInputError(f"malformed header line: {escaped(line)}") from None
    return HTTPHeaders.from_valid(fields)


def _learn_name(name: str) -> str:
    if "_" in name and name.replace("_", "-").lower() in _FRAMING_TWINS:
        raise ValueError("a framing field in disguise")
    return normalized_name(name)


def _append(fields: dict[str, str | list[str]], name: str, value: str) -> None:
    present = fields[name]
    if isinstance(present, list):
        present.append(value)
    else:
        fields[name] = [present, value]


def _check_method(method: str) -> None:
    if not is_token(method):
        raise HTTPInputError(f"malformed method: {escaped(method)}")
    # Methods are case-sensitive, and none with small letters exists (RFC 9110, 9.1): what comes
    # so is a client that hopes for a server that folds case where a proxy before it did not.
    if len(method) > _MAX_METHOD_LENGTH or method != method.upper():
        raise HTTPInputError(
            f"unusable method {escaped(method)}, expected no more than {_MAX_METHOD_LENGTH} "
            "characters and no small letter",
            501,
        )


def _check_target_form(method: str, target: str) -> None:
    """Let only the forms of RFC 9112, 3.2 pass, each with its methods."""
    if method == "CONNECT":
        host, colon, port = target.rpartition(":")
        if _AUTHORITY.fullmatch(target) and host and colon and port:
            return
    elif target == "*":
        if method == "OPTIONS":
            return
    elif (authority := split_absolute_form(target)[0]) is not None and _is_authority(authority):
        return
    raise HTTPInputError(f"wrong form of request target for {method}: {escaped(target)}")


@lru_cache(maxsize=512)  # a server has few names; a peer that varies them pays for each
def _is_authority(text: str) -> bool:
    return _AUTHORITY.fullmatch(text) is not None


def _check_singletons(start_line: RequestStartLine, headers: HTTPHeaders) -> None:
    """Demand one valid Host, absent only in HTTP/1.0, and at most one Content-Type.

    RFC 9112, 3.2, and RFC 9110, 5.3: two types are two readings of one body.
    """
    fields = headers._fields
    if isinstance(types := fields.get("Content-Type"), list):
        raise HTTPInputError(f"repeated Content-Type: {escaped_list(types)}")
    host = fields.get("Host")
    if host is None:
        if start_line.version == "HTTP/1.1":
            raise HTTPInputError("no Host in an HTTP/1.1 request")
        return
    if not isinstance(host, str):
        raise HTTPInputError(f"repeated Host: {escaped_list(host)}")
    if not _is_authority(host):
        raise HTTPInputError(f"invalid Host: {escaped(host)}")
    target = start_line.path
    if target[0] != "/":
        authority = split_absolute_form(target)[0]
        # RFC 9112, 3.2.2 lets the target win; two names for one request are refused instead, so
        # that whatever reads either of them reads the same.
        if authority is not None and authority.lower() != host.lower():
            raise HTTPInputError(f"Host {escaped(host)} beside the target {escaped(target)}")
