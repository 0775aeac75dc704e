"""The head of a response: its short way against its long one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire import HTTPHeaders, HTTPOutputError, ResponseStartLine
from etesian.http_wire.wire import response_writer
from etesian.http_wire.wire.response_writer import ResponseWriter


def _written(method, version, keep_alive, code, fields):
    """Give all that comes of a response of three octets: what is sent, or the error."""
    writer = ResponseWriter(method, version, keep_alive)
    headers = HTTPHeaders()
    for name, value in fields:
        headers.add(name, value)
    try:
        head = writer.head(ResponseStartLine("", code, "R"), headers)
        sent = head + writer.data(b"abc") + writer.end()
    except (HTTPOutputError, ValueError) as error:
        sent = repr(error)
    lines = (
        sent
        if isinstance(sent, str)
        else [line for line in sent.split(b"\r\n") if not line.startswith(b"Date:")]
    )
    return lines, writer.keep_alive, writer.progress


@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "CONNECT"]),
    version=st.sampled_from(["HTTP/1.0", "HTTP/1.1"]),
    keep_alive=st.booleans(),
    code=st.sampled_from([200, 201, 204, 304, 404]),
    fields=st.lists(
        st.sampled_from(
            [
                ("Content-Length", "3"),
                ("Content-Length", "4"),
                ("Content-Length", "+3"),
                ("Connection", "close"),
                ("Transfer-Encoding", "chunked"),
                ("X-A", "1"),
            ]
        ),
        max_size=3,
    ),
)
def test_the_short_way_frames_a_response_as_the_long_way_does(
    method, version, keep_alive, code, fields
):
    usual = response_writer._USUAL_METHODS
    by_short_way = _written(method, version, keep_alive, code, fields)
    response_writer._USUAL_METHODS = frozenset()
    try:
        assert by_short_way == _written(method, version, keep_alive, code, fields)
    finally:
        response_writer._USUAL_METHODS = usual
