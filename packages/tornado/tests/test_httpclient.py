from __future__ import annotations

import importlib.util

import pytest

from etesian.tornado import gen, web
from etesian.tornado.httpclient import AsyncHTTPClient, HTTPRequest
from etesian.tornado.testing import AsyncHTTPTestCase

IMPLEMENTATIONS = ["etesian.tornado.simple_httpclient.SimpleAsyncHTTPClient"]
if importlib.util.find_spec("pycurl") is not None:
    IMPLEMENTATIONS.append("etesian.tornado.curl_httpclient.CurlAsyncHTTPClient")


class Answer(web.RequestHandler):
    def get(self, status):
        self.set_status(int(status))
        self.write("x")


@pytest.mark.spec("B-HTTP-104", "B-HTTP-163")
class CallbackTest(AsyncHTTPTestCase):
    def get_app(self):
        return web.Application([(r"/(\d+)", Answer)])

    def test_the_callback_gets_a_response_in_every_case(self):
        for implementation in IMPLEMENTATIONS:
            with self.subTest(implementation=implementation):
                self.io_loop.run_sync(lambda name=implementation: self.fetch_all(name))

    async def fetch_all(self, implementation):
        AsyncHTTPClient.configure(implementation)
        client = AsyncHTTPClient(force_instance=True)
        seen = []
        try:
            for url in (self.get_url("/200"), self.get_url("/404"), "http://127.0.0.1:1/"):
                future = client.fetch(HTTPRequest(url), seen.append, raise_error=False)
                assert len(seen) < 3, "the callback runs on the loop, not in the call"
                called_back = len(seen) + 1
                for _ in range(2000):
                    if future.done() and len(seen) == called_back:
                        break
                    await gen.sleep(0.005)
                future.exception()
        finally:
            client.close()
            AsyncHTTPClient.configure(IMPLEMENTATIONS[0])
        assert [response.code for response in seen] == [200, 404, 599]
        assert seen[2].error is not None
