"""Time grows with the input and not faster, for everything that reads what a peer wrote."""

from __future__ import annotations

import time

import pytest

from etesian.http_wire import WirePolicy, parse_byte_range, parse_cookie, parse_qs_bytes
from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.wire.chunked import ChunkedBody
from etesian.http_wire.wire.head import HeadFinder, parse_request_head, parse_request_line

HUGE = WirePolicy(
    max_request_line_size=10**9,
    max_header_size=10**9,
    max_header_count=10**9,
    max_body_size=10**9,
    max_chunk_overhead=10**9,
)


def head_of_many_names(count):
    fields = b"".join(b"\r\nX-%d: y" % number for number in range(count))
    parse_request_head(b"GET / HTTP/1.1\r\nHost: a" + fields, HUGE)


def head_of_long_lines(count):
    parse_request_head(b"GET /" + b"a" * 10 * count + b" HTTP/1.1\r\nHost: a", HUGE)


def head_in_single_bytes(count):
    finder = HeadFinder(HUGE, parse_request_line)
    buffer = bytearray(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    for _ in range(count):
        buffer += b"y"
        finder.find(buffer)


def chunks(count):
    body, buffer = ChunkedBody(HUGE), bytearray(b"1;a=b\r\nx\r\n" * count)
    while body.take(buffer, 1000):
        pass


def chunks_in_single_bytes(count):
    body, buffer = ChunkedBody(HUGE), bytearray()
    for byte in b"1;a=b\r\nx\r\n" * (count // 10):
        buffer.append(byte)
        body.take(buffer, 1000)


def cookies(count):
    parse_cookie('a="\\303"; b;=;' * count)


def queries(count):
    parse_qs_bytes(b"a=b%20&c+d=&" * count, keep_blank_values=True)


def ranges(count):
    parse_byte_range("bytes=" + "0-1," * count)


def repeated_fields(count):
    headers = HTTPHeaders()
    for _ in range(count):
        headers.add("X", "y")
    assert len(headers["x"]) == 2 * count - 1


@pytest.mark.spec("S045")
@pytest.mark.spec("S072")
@pytest.mark.spec("S073")
@pytest.mark.parametrize(
    "work",
    [
        head_of_many_names,
        head_of_long_lines,
        head_in_single_bytes,
        chunks,
        chunks_in_single_bytes,
        cookies,
        queries,
        ranges,
        repeated_fields,
    ],
)
def test_four_times_the_input_costs_about_four_times_as_much(work):
    def seconds(count):
        best = float("inf")
        for _ in range(4):
            started = time.process_time()
            work(count)
            best = min(best, time.process_time() - started)
        return best

    # Quadratic work would be 16 times as much.
    assert seconds(16_000) < seconds(4_000) * 8 + 0.001
