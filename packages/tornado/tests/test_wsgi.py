from __future__ import annotations

from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from etesian.tornado import web, wsgi


class Hello(web.RequestHandler):
    def get(self, name):
        self.write(f"hello {name}")


def call(application, path):
    environ = {"SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": ""}
    setup_testing_defaults(environ)
    seen = []

    def start_response(status, headers, exc_info=None):
        seen.append((status, dict(headers)))
        return lambda data: None

    answer = validator(application)(environ, start_response)
    try:
        return seen[0][0], b"".join(answer)
    finally:
        answer.close()


@pytest.mark.spec("B-WEB-225")
@pytest.mark.parametrize(
    "application",
    [
        wsgi.WSGIApplication([(r"/(\w+)", Hello)]),
        wsgi.WSGIAdapter(web.Application([(r"/(\w+)", Hello)])),
    ],
)
def test_an_application_answers_under_a_wsgi_server(application):
    assert call(application, "/you") == ("200 OK", b"hello you")
    assert call(application, "/a/b")[0] == "404 Not Found"


def test_to_wsgi_str():
    assert wsgi.to_wsgi_str(b"\xe9") == "\xe9"
