import asyncio
import ssl
import unittest

import pytest

from etesian.web import Application, AsyncHTTPSTestCase, AsyncHTTPTestCase, RequestHandler


class Hello(RequestHandler):
    async def get(self):
        await asyncio.sleep(0)
        self.write(f"hello over {self.request.protocol}")


class Over(AsyncHTTPTestCase):
    def get_app(self):
        return Application([("/", Hello)])

    def test_fetch(self):
        response = self.fetch("/")
        assert response.body == f"hello over {self.get_protocol()}".encode()
        assert response.code == 200

    def test_an_error_is_a_response(self):
        assert self.fetch("/none").code == 404

    def test_a_whole_url_will_do(self):
        url = self.get_url("/")
        assert url == f"{self.get_protocol()}://127.0.0.1:{self.get_http_port()}/"
        assert self.fetch(url).code == 200


class OverTLS(AsyncHTTPSTestCase, Over):
    def get_ssl_options(self):
        context = super().get_ssl_options()
        assert isinstance(context, ssl.SSLContext)
        return context


class InProcess(Over):
    in_process = True


@pytest.mark.spec("B-UTIL-089", "B-UTIL-090", "B-UTIL-091")
@pytest.mark.parametrize("case", [Over, OverTLS, InProcess])
def test_a_test_case_serves_its_application(case):
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.testsRun == 3
    assert result.wasSuccessful(), result.failures + result.errors


def test_a_case_without_an_application_says_so():
    result = unittest.TestResult()

    class Empty(AsyncHTTPTestCase):
        def test_nothing(self):
            raise AssertionError

    Empty("test_nothing").run(result)
    assert "NotImplementedError" in result.errors[0][1]
