"""Every variable of PEP 3333 against every kind of request that decides about it."""

import io
import sys
from wsgiref.validate import validator

import pytest

from etesian.http_wire.interface import HTTPHeaders, HTTPServerRequest
from etesian.web import WSGIContainer
from etesian.web.wsgi.environ import make_environ


class Context:
    remote_ip = "192.0.2.7"
    protocol = "http"


class SecureContext(Context):
    protocol = "https"


class Connection:
    def __init__(self, context):
        self.context = context


def environ(target="/", *, headers=(), method="GET", body=b"", secure=False, version="HTTP/1.1"):
    fields = HTTPHeaders()
    for name, value in (("Host", "h.example"), *headers):
        if name == "Host" and "Host" in fields:
            fields[name] = value
        else:
            fields.add(name, value)
    connection = Connection(SecureContext() if secure else Context())
    request = HTTPServerRequest(method, target, version, fields, body, connection=connection)
    return WSGIContainer.environ(request)


@pytest.mark.spec("B-WEB-222")
@pytest.mark.parametrize(
    ("request_", "key", "value"),
    [
        ({"method": "PATCH"}, "REQUEST_METHOD", "PATCH"),
        ({"target": "/a/b"}, "SCRIPT_NAME", ""),
        ({"target": "/a/b"}, "PATH_INFO", "/a/b"),
        ({"target": "/a%20b%2Fc"}, "PATH_INFO", "/a b/c"),
        ({"target": "/%C3%A9"}, "PATH_INFO", "/\u00c3\u00a9"),
        ({"target": "/%E9"}, "PATH_INFO", "/\u00e9"),
        ({"target": "/%25zz"}, "PATH_INFO", "/%zz"),
        ({"target": "/a//b"}, "PATH_INFO", "/a//b"),
        ({"target": "http://other.example/x?y"}, "PATH_INFO", "/x"),
        ({"target": "/"}, "QUERY_STRING", ""),
        ({"target": "/?"}, "QUERY_STRING", ""),
        ({"target": "/?a=%20&b?c"}, "QUERY_STRING", "a=%20&b?c"),
        ({}, "CONTENT_TYPE", ""),
        ({"headers": [("Content-Type", "text/x; a=b")]}, "CONTENT_TYPE", "text/x; a=b"),
        ({}, "CONTENT_LENGTH", "0"),
        ({"body": b"12345"}, "CONTENT_LENGTH", "5"),
        ({}, "SERVER_NAME", "h.example"),
        ({"headers": [("Host", "h.example:8080")]}, "SERVER_NAME", "h.example"),
        ({"headers": [("Host", "[::1]:8080")]}, "SERVER_NAME", "[::1]"),
        ({"headers": [("Host", "[::1]")]}, "SERVER_NAME", "[::1]"),
        ({}, "SERVER_PORT", "80"),
        ({"secure": True}, "SERVER_PORT", "443"),
        ({"headers": [("Host", "h.example:8080")]}, "SERVER_PORT", "8080"),
        ({"headers": [("Host", "[::1]:8080")]}, "SERVER_PORT", "8080"),
        ({"headers": [("Host", "[::1]")]}, "SERVER_PORT", "80"),
        ({}, "SERVER_PROTOCOL", "HTTP/1.1"),
        ({"version": "HTTP/1.0"}, "SERVER_PROTOCOL", "HTTP/1.0"),
        ({}, "REMOTE_ADDR", "192.0.2.7"),
        ({}, "HTTP_HOST", "h.example"),
        ({"headers": [("X-Some-Name", "v")]}, "HTTP_X_SOME_NAME", "v"),
        ({"headers": [("X-A", "1"), ("X-A", "2")]}, "HTTP_X_A", "1,2"),
        ({"headers": [("Cookie", "a=1"), ("Cookie", "b=2")]}, "HTTP_COOKIE", "a=1; b=2"),
        ({"headers": [("X-A", "\u00e9")]}, "HTTP_X_A", "\u00e9"),
        ({"headers": [("Content-Type", "text/x")]}, "HTTP_CONTENT_TYPE", None),
        ({"headers": [("Content-Length", "0")]}, "HTTP_CONTENT_LENGTH", None),
        ({"headers": [("Proxy", "http://evil")]}, "HTTP_PROXY", None),
        ({"headers": [("X_Real_Ip", "1.2.3.4")]}, "HTTP_X_REAL_IP", None),
        ({}, "wsgi.version", (1, 0)),
        ({}, "wsgi.url_scheme", "http"),
        ({"secure": True}, "wsgi.url_scheme", "https"),
        ({}, "HTTPS", None),
        ({"secure": True}, "HTTPS", "on"),
        ({}, "wsgi.multithread", True),
        ({}, "wsgi.multiprocess", True),
        ({}, "wsgi.run_once", False),
        ({}, "wsgi.input_terminated", True),
    ],
)
def test_a_variable_says_what_pep_3333_says(request_, key, value):
    assert environ(**request_).get(key) == value


def test_the_streams_are_streams(monkeypatch):
    assert environ(body=b"a\nb")["wsgi.input"].readlines() == [b"a\n", b"b"]
    assert environ()["wsgi.errors"] is sys.stderr


@pytest.mark.parametrize(
    ("headers", "length", "expected"),
    [
        ({"Content-Length": "70000"}, None, "70000"),
        ({"Transfer-Encoding": "chunked"}, None, ""),
        ({"Content-Length": "9", "X-Consumed-Content-Encoding": "gzip"}, None, ""),
        ({"Content-Length": "9", "X-Consumed-Content-Encoding": "gzip"}, 500, "500"),
        ({"Transfer-Encoding": "chunked"}, 3, "3"),
    ],
)
def test_the_length_is_that_of_what_can_be_read(headers, length, expected):
    request = HTTPServerRequest("POST", "/", "HTTP/1.1", HTTPHeaders(headers))
    made = make_environ(request, multithread=True, body=io.BytesIO(), body_length=length)
    assert made["CONTENT_LENGTH"] == expected


def test_the_validator_of_the_standard_library_has_nothing_to_say():
    def application(given, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine"]

    made = environ("/a?b", headers=[("X-A", "1")], body=b"x")
    made["wsgi.errors"] = io.StringIO()
    answer = validator(application)(made, lambda *_: lambda _: None)
    assert b"".join(answer) == b"fine"
    answer.close()
