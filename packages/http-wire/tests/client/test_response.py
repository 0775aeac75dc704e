"""A response made by a fetch is what the constructor would have made."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.response_head import ResponseHead
from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.interface import HTTPClientError, ResponseStartLine

REQUEST = HTTPRequest("http://a.test/")
TIMES = (0.25, 0.5, 1.0, 2.0)


def hop(code, reason, fields):
    request = HTTPRequest("http://b.test/")
    return SimpleNamespace(code=code, reason=reason, fields=fields, body=b"ok", request=request)


def shown(response):
    error = response.error
    return (
        response.request,
        response.code,
        response.reason,
        response.headers,
        response.body,
        response.buffer.read(),
        response.effective_url,
        response.request_time,
        list(response.time_info.items()),
        error and (type(error), error.code, error.message, error.response is response),
        repr(response),
    )


@pytest.mark.parametrize("code", [200, 299, 304, 404, 500])
@pytest.mark.parametrize("reason", ["OK", ""])
@pytest.mark.parametrize("late", [False, True])
def test_both_ways_give_the_same(code, reason, late):
    headers = HTTPHeaders({"A": "b"})
    line = ResponseStartLine("HTTP/1.1", code, reason)
    fields = ResponseHead(b"", "GET", line, headers, 2, True) if late else headers
    time_info = dict(zip(("queue", "connect", "starttransfer", "total"), TIMES, strict=True))
    constructed = HTTPResponse(
        REQUEST,
        code,
        headers=headers,
        effective_url="http://b.test/",
        request_time=2.0,
        time_info=time_info,
        reason=reason,
        body=b"ok",
    )
    fetched = HTTPResponse.fetched(REQUEST, hop(code, reason, fields), TIMES)
    assert shown(fetched) == shown(constructed)
    assert isinstance(fetched.error, HTTPClientError) == (code >= 300)


def test_what_is_made_late_is_made_once_and_is_the_callers():
    headers = HTTPHeaders({"A": "b"})
    head = ResponseHead(b"", "GET", ResponseStartLine("HTTP/1.1", 200, "OK"), headers, 2, True)
    one, other = (HTTPResponse.fetched(REQUEST, hop(200, "OK", head), TIMES) for _ in range(2))
    one.headers["A"] = "changed"
    one.time_info["more"] = 3.0
    assert (one.headers["A"], one.time_info["more"]) == ("changed", 3.0)
    assert (dict(other.headers), len(other.time_info)) == ({"A": "b"}, 4)


def test_headers_and_times_can_be_replaced():
    response = HTTPResponse.fetched(REQUEST, hop(200, "OK", HTTPHeaders()), TIMES)
    response.headers, response.time_info = HTTPHeaders({"C": "d"}), {"total": 1.0}
    assert (dict(response.headers), response.time_info) == ({"C": "d"}, {"total": 1.0})
