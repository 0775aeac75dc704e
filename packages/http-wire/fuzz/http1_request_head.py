"""Request heads: the finder, the parser and the framing of the body."""

from __future__ import annotations

from pieces import cuts

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.framing import CHUNKED, request_body_length
from etesian.http_wire.wire.head import parse_request_head, parse_request_line
from etesian.http_wire.wire.head_finder import HeadFinder
from etesian.http_wire.wire.policy import STRICT, WirePolicy

POLICIES = (
    STRICT,
    WirePolicy(accept_bare_lf=True, accept_equal_content_lengths=True),
    WirePolicy(max_request_line_size=30, max_header_size=100, max_header_count=4),
)


def check(data: bytes) -> None:
    """Assert that no cut matters, and that what is accepted can be written down and read again."""
    for policy in POLICIES:
        whole, *others = (_verdict(pieces, policy) for pieces in cuts(data))
        assert all(other == whole for other in others), (whole, others)
        if not isinstance(whole, tuple):
            continue
        (method, target, version), fields, length = whole
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        assert lines.isprintable() or not set(lines) & {"\0", "\n\n"}
        assert lines.count("\n") == len(fields) == lines.count("\r")
        names = [name for name, _ in fields]
        assert names.count("Host") == 1 or (version == "HTTP/1.0" and "Host" not in names)
        assert not {"Content-Length", "Transfer-Encoding"} <= {*names}
        assert (length == CHUNKED) is ("Transfer-Encoding" in names)
        again = f"{method} {target} {version}\r\n{lines}\r\n".encode("latin-1")
        assert _verdict([again], STRICT if policy.max_header_count == 4 else policy) == whole


def _verdict(pieces: list[bytes], policy: WirePolicy) -> object:
    finder = HeadFinder(policy, parse_request_line)
    buffer = bytearray()
    try:
        for piece in pieces:
            buffer += piece
            if ends := finder.find(buffer):
                line, headers = parse_request_head(bytes(buffer[: ends[0]]), policy)
                length = request_body_length(line.version, headers, policy)
                return tuple(line), list(headers.get_all()), length
    except HTTPInputError as error:
        assert 400 <= error.status_code < 600
        return error.status_code
    return None
