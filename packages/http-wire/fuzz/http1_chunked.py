"""The chunked coding."""

from __future__ import annotations

from pieces import cuts

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.chunked import ChunkedBody
from etesian.http_wire.wire.policy import WirePolicy

POLICY = WirePolicy(max_body_size=1000, max_chunk_overhead=100, max_trailer_size=200)


def check(data: bytes) -> None:
    """Assert that no cut matters, and that what was decoded, coded anew, is the same."""
    whole, *others = (_verdict(pieces) for pieces in cuts(data))
    assert all(other == whole for other in others), (whole, others)
    if isinstance(whole, tuple) and whole[1]:
        body, _, rest, trailers = whole
        lines = "".join(f"{name}:{value}\r\n" for name, value in trailers).encode("latin-1")
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        assert _verdict([chunk + b"0\r\n" + lines + b"\r\n" + rest]) == whole


def _verdict(pieces: list[bytes]) -> object:
    body, buffer, data = ChunkedBody(POLICY), bytearray(), b""
    try:
        for piece in pieces:
            buffer += piece
            while taken := body.take(buffer, 64):
                assert len(taken) <= 64
                data += taken
    except HTTPInputError as error:
        return error.status_code
    assert len(data) <= POLICY.max_body_size
    return data, body.complete, bytes(buffer), list(body.trailers.get_all())
