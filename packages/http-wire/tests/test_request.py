"""HTTPServerRequest: what a handler sees."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from etesian.http_wire import HTTPHeaders, HTTPInputError, HTTPServerRequest, RequestStartLine


def make(uri="/", body=b"", **headers):
    fields = HTTPHeaders({name.replace("_", "-"): value for name, value in headers.items()})
    return HTTPServerRequest("POST", uri, headers=fields, body=body)


@pytest.mark.spec("B-HTTP-061")
@pytest.mark.spec("B-HTTP-062")
@pytest.mark.spec("B-HTTP-063")
@pytest.mark.spec("B-HTTP-064")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_arguments_come_from_query_and_body(method):
    request = make("/p?a=1&b=&c=%ff", b"a=2&d=+x", Content_Type="application/x-www-form-urlencoded")
    request.method = method
    assert request.query_arguments == {"a": [b"1"], "b": [b""], "c": [b"\xff"]}
    assert request.body_arguments == {"a": [b"2"], "d": [b" x"]}
    assert request.arguments == {"a": [b"1", b"2"], "b": [b""], "c": [b"\xff"], "d": [b" x"]}
    assert request.query_arguments["a"] == [b"1"]


@pytest.mark.spec("S064")
def test_the_target_names_the_host_where_no_field_does():
    request = make("http://b:81/p?q")
    assert (request.host, request.host_name, request.uri) == ("b:81", "b", "/p?q")
    assert request.full_url() == "http://b:81/p?q"


def test_a_body_of_another_type_gives_no_arguments():
    request = make("/", b"a=1", Content_Type="text/plain")
    assert request.body_arguments == {}
    assert request.files == {}
    assert request.arguments == {}


def test_a_body_with_too_many_fields_is_an_input_error():
    request = make("/", b"a&" * 1001, Content_Type="application/x-www-form-urlencoded")
    with pytest.raises(HTTPInputError) as error:
        _ = request.arguments
    assert error.value.status_code == 413


@pytest.mark.spec("B-HTTP-065")
@pytest.mark.parametrize("body", [b"\xe9", b"a=1&b=\xff&c=2", b"password=\xc3"])
def test_a_urlencoded_body_that_is_not_text_gives_no_arguments_and_a_line_in_the_log(body, caplog):
    request = make("/?q=1", body, Content_Type="application/x-www-form-urlencoded")
    assert request.arguments == {"q": [b"1"]}
    assert request.body_arguments == {}
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("etesian.general", "WARNING")
    assert "not UTF-8: 0x" in record.getMessage()
    assert "password" not in record.getMessage()


def test_a_urlencoded_body_may_hold_what_another_program_would_have_encoded():
    request = make("/", "ä=ö".encode(), Content_Type="application/x-www-form-urlencoded")
    assert request.body_arguments == {"Ã¤": ["ö".encode()]}


@pytest.mark.spec("B-HTTP-042")
def test_repr_shows_neither_body_nor_headers():
    text = repr(make("/path", b"secret", Authorization="hidden"))
    assert "/path" in text
    assert "secret" not in text
    assert "hidden" not in text


@pytest.mark.spec("B-HTTP-071")
def test_body_is_bytes():
    assert HTTPServerRequest("GET", "/").body == b""


@pytest.mark.spec("B-HTTP-077")
def test_request_time_grows_until_the_response_ends():
    connection = SimpleNamespace(finished_at=None)
    request = HTTPServerRequest("GET", "/", connection=connection)
    first = request.request_time()
    assert 0 <= first <= request.request_time()
    connection.finished_at = time.monotonic() + 5
    assert request.request_time() == request.request_time() > 4


@pytest.mark.spec("B-HTTP-078")
@pytest.mark.spec("B-HTTP-020")
@pytest.mark.parametrize(
    ("target", "path", "query", "full"),
    [
        ("/a/b?c=d?e", "/a/b", "c=d?e", "http://Host:80/a/b?c=d?e"),
        ("//a//b", "//a//b", "", "http://Host:80//a//b"),
        ("http://Host:80/a?b", "/a", "b", "http://Host:80/a?b"),
        ("http://Host:80?b", "/", "b", "http://Host:80/?b"),
        ("*", "*", "", "http://Host:80*"),
    ],
)
def test_targets_give_path_query_and_url(target, path, query, full):
    start_line = RequestStartLine("GET", target, "HTTP/1.1")
    request = HTTPServerRequest(start_line=start_line, headers=HTTPHeaders({"Host": "Host:80"}))
    assert (request.path, request.query, request.full_url()) == (path, query, full)
    assert request.host_name == "host"


@pytest.mark.spec("B-HTTP-079")
def test_a_missing_host_is_the_local_one():
    request = HTTPServerRequest("GET", "/", "HTTP/1.0")
    assert request.host == "127.0.0.1"
    assert HTTPServerRequest("GET", "/", host="given").host == "given"


def test_address_and_scheme_come_from_the_connection_and_may_be_set():
    context = SimpleNamespace(remote_ip="1.2.3.4", protocol="https")
    request = HTTPServerRequest("GET", "/", connection=SimpleNamespace(context=context))
    assert (request.remote_ip, request.protocol) == ("1.2.3.4", "https")
    request.remote_ip, request.protocol = "4.3.2.1", "http"
    assert (request.remote_ip, request.protocol) == ("4.3.2.1", "http")
    assert HTTPServerRequest("GET", "/").remote_ip is None
    assert HTTPServerRequest("GET", "/").get_ssl_certificate() is None
