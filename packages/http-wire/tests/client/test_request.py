"""What is asked for and what is given, as values."""

from __future__ import annotations

import copy
import datetime as dt
import pickle

import pytest

from etesian.http_wire.client.errors import (
    HTTPClientError,
    HTTPError,
    HTTPStreamClosedError,
    HTTPTimeoutError,
    SOCKSProxyError,
)
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.headers import HTTPHeaders


@pytest.mark.spec("B-HTTP-105")
def test_timeouts_default_to_twenty_seconds():
    request = HTTPRequest("http://a.test/")
    assert (request.connect_timeout, request.request_timeout) == (20, 20)
    assert request.max_redirects == 5


@pytest.mark.spec("B-HTTP-159", "B-HTTP-143")
def test_assignment_converts_as_construction_does():
    request = HTTPRequest("http://a.test/", body="\u00e4", headers={"x-a": "1"})
    assert request.body == b"\xc3\xa4"
    assert request.headers["X-A"] == "1"
    request.body = "b"
    request.headers = {"x-b": "2"}
    assert request.body == b"b"
    buffer = bytearray(b"c")
    request.body = buffer
    buffer[0] = 0
    assert request.body == b"c"
    assert isinstance(request.headers, HTTPHeaders)
    request.headers = None
    assert list(request.headers) == []


@pytest.mark.parametrize("body", [5, ["a"], [1], {"a": 1}])
def test_a_body_is_text_or_bytes(body):
    with pytest.raises(TypeError, match="bytes-like"):
        HTTPRequest("http://a.test/", body=body)


@pytest.mark.spec("B-HTTP-126")
def test_the_headers_given_are_copied():
    headers = HTTPHeaders({"A": "1"})
    request = HTTPRequest("http://a.test/", headers=headers, if_modified_since=0)
    request.headers["B"] = "2"
    assert dict(headers) == {"A": "1"}


@pytest.mark.spec("B-HTTP-148")
@pytest.mark.parametrize("moment", [0, 0.0, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)])
def test_if_modified_since_takes_numbers_and_datetimes(moment):
    request = HTTPRequest("http://a.test/", if_modified_since=moment)
    assert request.headers["If-Modified-Since"] == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_an_unknown_option_is_an_error():
    with pytest.raises(TypeError, match="'tiemout'"):
        HTTPRequest("http://a.test/", tiemout=3)


def test_defaults_fill_what_is_unset():
    request = HTTPRequest("http://a.test/", request_timeout=1)
    with_defaults = request.with_defaults({"request_timeout": 9, "connect_timeout": 9})
    assert (with_defaults.request_timeout, with_defaults.connect_timeout) == (1, 9)
    assert request.connect_timeout == 20


def test_neither_value_shows_what_may_be_secret():
    request = HTTPRequest("http://u:secret@a.test/", headers={"Cookie": "secret"}, body="secret")
    assert "secret" not in repr(request)
    assert "secret" not in repr(HTTPResponse(request, 200, body=b"secret"))


@pytest.mark.spec("B-HTTP-102")
def test_rethrow_raises_the_error_if_there_is_one():
    request = HTTPRequest("http://a.test/")
    HTTPResponse(request, 204).rethrow()
    with pytest.raises(HTTPClientError) as caught:
        HTTPResponse(request, 500, reason="Down").rethrow()
    assert str(caught.value) == "HTTP 500: Down"
    with pytest.raises(ZeroDivisionError):
        HTTPResponse(request, 599, error=ZeroDivisionError()).rethrow()


@pytest.mark.spec("B-HTTP-160")
def test_errors_are_copied_and_shown():
    response = HTTPResponse(HTTPRequest("http://a.test/"), 404)
    error = response.error
    assert isinstance(error, HTTPError)
    copied = copy.copy(error)
    assert (copied.code, copied.response) == (404, response)
    assert "404" in repr(error)
    for kind in (HTTPTimeoutError, HTTPStreamClosedError):
        copied = copy.copy(kind("why"))
        assert (type(copied), copied.code, str(copied)) == (kind, 599, "why")
    copied = copy.copy(SOCKSProxyError("refused", 5))
    assert (copied.code, copied.proxy_code) == (599, 5)
    assert str(copied) == "the SOCKS proxy makes no connection: refused"


def test_copies_have_what_was_set_beside_too():
    request = HTTPRequest("http://a.test/", body=b"x", user_agent="own", headers={"A": "b"})
    request.note = "the program's"
    for twin in (request.replaced(max_redirects=1), copy.copy(request), pickled(request)):
        assert (twin.url, twin.method, twin.body) == ("http://a.test/", "GET", b"x")
        assert (twin.user_agent, dict(twin.headers)) == ("own", {"A": "b"})
        assert twin.note == "the program's"
        assert twin.start_time == request.start_time
    assert request.max_redirects == 5


def pickled(value):
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # our own
