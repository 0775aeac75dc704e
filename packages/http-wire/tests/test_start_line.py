"""Start lines as text."""

from __future__ import annotations

import pytest

from etesian.http_wire import (
    HTTPInputError,
    parse_request_start_line,
    parse_response_start_line,
)


@pytest.mark.spec("B-HTTP-092")
def test_a_request_line_has_three_parts():
    line = parse_request_start_line("GET /a?b HTTP/1.1")
    assert (line.method, line.path, line.version) == ("GET", "/a?b", "HTTP/1.1")


@pytest.mark.spec("B-HTTP-092")
@pytest.mark.parametrize("line", ["", "GET", "GET /", "GET / HTTP/3", "GET  / HTTP/1.1", "GET / X"])
def test_a_malformed_request_line_is_refused(line):
    with pytest.raises(HTTPInputError):
        parse_request_start_line(line)


@pytest.mark.spec("B-HTTP-093")
@pytest.mark.parametrize("reason", ["Not Found", "", "caf\xe9"])
def test_a_status_line_has_a_numeric_code(reason):
    line = parse_response_start_line(f"HTTP/1.0 404 {reason}")
    assert line == ("HTTP/1.0", 404, reason)
    assert type(line.code) is int


def test_a_status_line_may_lack_the_space_before_no_reason():
    assert parse_response_start_line("HTTP/1.1 200").reason == ""


@pytest.mark.parametrize(
    "line", ["", "HTTP/1.1", "HTTP/1.1 20", "HTTP/1.1 2000 x", "HTTP/1.1 +20 x", "HTTP/2 200 x"]
)
def test_a_malformed_status_line_is_refused(line):
    with pytest.raises(HTTPInputError):
        parse_response_start_line(line)
