import asyncio
import io
import threading
import urllib.error
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from etesian.web import Application, RequestHandler, WSGIAdapter, stream_request_body


class Echo(RequestHandler):
    async def get(self, path):
        await asyncio.sleep(0)
        self.set_header("X-Host", self.request.host)
        self.write({"path": path, "a": self.get_argument("a", None), "xff": self.request.remote_ip})

    def post(self, path):
        self.write(self.get_body_argument("a") * 500)


@stream_request_body
class Count(RequestHandler):
    total = 0

    def data_received(self, chunk):
        assert len(chunk) <= 65536
        self.total += len(chunk)

    async def put(self):
        await self.flush()
        self.write(str(self.total))


class Broken(RequestHandler):
    async def get(self):
        self.write("begun")
        await self.flush()
        raise ValueError


def _application():
    routes = [("/e/(.*)", Echo), ("/count", Count), ("/broken", Broken)]
    return WSGIAdapter(Application(routes, compress_response=True))


def _call(method="GET", path="/e/x", query="", body=b"", **headers):
    environ = {}
    setup_testing_defaults(environ)
    environ |= {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    environ |= {"wsgi.input": io.BytesIO(body), "REMOTE_ADDR": "192.0.2.1"}
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
    answer = {}

    def start_response(status, fields, exc_info=None):
        answer["status"], answer["headers"] = status, dict(fields)

    pieces = validator(_application())(environ | headers, start_response)
    answer["body"] = b"".join(pieces)
    pieces.close()
    return answer


@pytest.mark.spec("B-WEB-224")
def test_handlers_answer_as_they_do_elsewhere():
    answer = _call(query="a=1", path="/e/\u00c3\u00a9 b")
    assert answer["status"] == "200 OK"
    assert answer["body"] == b'{"path": "\\u00e9 b", "a": "1", "xff": "192.0.2.1"}'
    assert _call(path="/none")["status"] == "404 Not Found"
    assert _call("PUT", "/count", body=b"x" * 70_000)["body"] == b"70000"


def test_a_body_of_unknown_length_is_read_to_the_end_that_the_server_marks():
    chunked = {"wsgi.input": io.BytesIO(b"x" * 70_000), "wsgi.input_terminated": True}
    assert _call("PUT", "/count", **chunked)["body"] == b"70000"
    # Without that mark nobody knows where it ends.
    assert _call("PUT", "/count", **{"wsgi.input": io.BytesIO(b"x")})["body"] == b"0"


def test_a_body_beyond_the_limit_is_a_413():
    environ = {}
    setup_testing_defaults(environ)
    environ |= {"REQUEST_METHOD": "PUT", "PATH_INFO": "/count", "CONTENT_LENGTH": "70000"}
    environ["wsgi.input"] = io.BytesIO(b"x" * 70_000)
    statuses = []
    adapter = WSGIAdapter(Application([("/count", Count)]), max_body_size=65_536)
    assert adapter(environ, lambda status, *_: statuses.append(status)) == [b""]
    assert statuses == ["413 Content Too Large"]


def test_a_response_that_breaks_off_is_not_taken_for_the_whole(caplog):
    with pytest.raises(ConnectionAbortedError):
        _call(path="/broken")


@pytest.mark.spec("B-WEB-224")
def test_responses_are_compressed():
    answer = _call("POST", body=b"a=word", HTTP_ACCEPT_ENCODING="gzip")
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert int(answer["headers"]["Content-Length"]) == len(answer["body"]) < 100


def test_a_real_wsgi_server_serves_it():
    class Quiet(WSGIRequestHandler):
        def log_message(self, *_args):
            pass

    with make_server("127.0.0.1", 0, _application(), handler_class=Quiet) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{server.server_port}/e/hi?a=b", timeout=5) as answer:
            assert b'"path": "hi"' in answer.read()
            assert answer.headers["X-Host"] == f"127.0.0.1:{server.server_port}"
