from __future__ import annotations

import pytest

import etesian.web.interface
from etesian.tornado import httputil, web
from etesian.tornado.httpserver import HTTPServer
from etesian.tornado.testing import AsyncHTTPTestCase, LogTrapTestCase, get_unused_port


class Hello(web.RequestHandler):
    def get(self, name):
        self.write(f"hello {name}")


class CallableApplicationTest(AsyncHTTPTestCase):
    """A function of a request, which gives some requests to the application it is called with."""

    def get_app(self):
        application = web.Application([(r"/(\w+)", Hello)])

        def answer(request):
            if request.path == "/raw":
                head = httputil.ResponseStartLine("HTTP/1.1", 200, "OK")
                headers = httputil.HTTPHeaders({"Content-Length": "3"})
                request.connection.write_headers(head, headers, b"raw")
                request.connection.finish()
            else:
                application(request)

        return answer

    def get_http_server(self):
        return HTTPServer(self._app)

    def test_both_ways(self):
        assert self.fetch("/raw").body == b"raw"
        assert self.fetch("/you").body == b"hello you"


def test_the_application_is_still_the_frameworks():
    assert issubclass(web.Application, etesian.web.interface.Application)


@pytest.mark.spec("B-UTIL-095")
def test_unused_ports_are_distinct_and_free():
    ports = {get_unused_port() for _ in range(300)}
    assert len(ports) == 300
    assert all(1024 < port < 65536 for port in ports)


@pytest.mark.spec("B-UTIL-096")
def test_a_test_shows_its_log_only_where_it_fails(capsys):
    import logging
    import unittest

    class Case(LogTrapTestCase):
        def test_good(self):
            logging.getLogger("tornado.general").error("of the good one")

        def test_bad(self):
            logging.getLogger("tornado.general").error("of the bad one")
            raise AssertionError

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert (result.testsRun, len(result.failures)) == (2, 1)
    assert capsys.readouterr().err == "of the bad one\n"
