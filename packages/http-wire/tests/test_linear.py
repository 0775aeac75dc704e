"""Time grows with the input and not faster, for everything that reads what a peer wrote."""

from __future__ import annotations

import gc
import time

import pytest

from etesian.http_wire import (
    MultipartLimits,
    MultipartParser,
    WirePolicy,
    parse_byte_range,
    parse_cookie,
    parse_qs_bytes,
)
from etesian.http_wire.client.cookie_date import parse_cookie_date
from etesian.http_wire.client.event_stream import EventStreamParser
from etesian.http_wire.client.set_cookie import parse_set_cookie
from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.parameters import parse_parameters
from etesian.http_wire.wire.chunked import ChunkedBody
from etesian.http_wire.wire.head import parse_request_head, parse_request_line, parse_response_head
from etesian.http_wire.wire.head_finder import HeadFinder

HUGE = WirePolicy(
    max_request_line_size=10**9,
    max_header_size=10**9,
    max_header_count=10**9,
    max_body_size=10**9,
    max_chunk_overhead=10**9,
)


def head_of_many_names(count):
    # With an underscore, for else the first of them would be known at the second look.
    fields = b"".join(b"\r\nX_%d: y" % number for number in range(count))
    parse_request_head(b"GET / HTTP/1.1\r\nHost: a" + fields, HUGE)


def head_of_long_lines(count):
    parse_request_head(b"GET /" + b"a" * 10 * count + b" HTTP/1.1\r\nHost: a", HUGE)


def response_head(count):
    parse_response_head(b"HTTP/1.1 200 OK" + b"\r\nSet-Cookie: a=b" * count, HUGE)


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


LARGE_FORM = MultipartLimits(max_parts=10**9, max_field_size=10**9, max_preamble_size=10**9)


def multipart(count):
    parser = MultipartParser(b"b", LARGE_FORM)
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n-\r\n--\r\n'
    for _ in parser.feed(part * (count // 10) + b"--b--"):
        pass


def multipart_of_near_boundaries(count):
    parser = MultipartParser(b"b" * 60, LARGE_FORM)
    for byte in b"\r\n--bbbbbbbbbb" * (count // 20):
        for _ in parser.feed(bytes((byte,))):
            pass


def parameters(count):
    parse_parameters('form-data; name="' + '\\\\";a="' * count)


def set_cookies(count):
    parse_set_cookie("a=b; expires=1 jan 70 0:0:0; max-age=0" * count, 0.0)


def dates_of_cookies(count):
    parse_cookie_date("70 1:1: jan" * count)


def events(count):
    for _ in EventStreamParser(max_event_size=10**9).feed(b"data: a\ndata\r\rid\r\n:\n" * count):
        pass


def an_event_in_single_bytes(count):
    parser = EventStreamParser(max_line_size=10**9)
    for byte in b"data: " + b"x" * count:
        for _ in parser.feed(bytes((byte,))):
            pass


WORKS = [
    set_cookies,
    dates_of_cookies,
    events,
    an_event_in_single_bytes,
    head_of_many_names,
    head_of_long_lines,
    response_head,
    head_in_single_bytes,
    chunks,
    chunks_in_single_bytes,
    cookies,
    queries,
    ranges,
    parameters,
    multipart,
    multipart_of_near_boundaries,
    repeated_fields,
]


def seconds(work, count):
    """The processor time of one run, the best of a few."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        work(count)
        best = min(best, time.process_time() - started)
    return best


def growth(work, count=500):
    """How many times more each doubling costs, from an amount on that can be measured.

    What takes no time worth the name at 100,000 pieces grows with nothing.
    """
    while (shortest := seconds(work, count)) < 0.002:
        count *= 2
        if count > 100_000:
            return 1.0
    twice, four_times = seconds(work, 2 * count), seconds(work, 4 * count)
    return max(twice / shortest, four_times / twice)


def quadratic(count):
    text = "a" * count
    while text:
        text = text[1:] + ""


@pytest.fixture(autouse=True)
def without_collections():
    """The collector runs when it likes, and looks at everything else in the process."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.spec("S045")
@pytest.mark.spec("S072")
@pytest.mark.spec("S073")
@pytest.mark.parametrize("work", WORKS)
def test_twice_the_input_costs_about_twice_as_much(work):
    # A machine that is busy with other things may spoil one look, and so may an amount beyond which
    # memory comes from the kernel; not many, each from another amount on. What grows with the
    # square of its input grows so at every look.
    assert any(growth(work, count) <= 2.3 for count in range(500, 1000, 50))


def test_what_is_not_linear_is_found_out():
    assert all(growth(quadratic) > 2.3 for _ in range(3))
