# ruff: noqa: PT009, UP031 - written as programs for Tornado are
"""A test suite as programs for Tornado have one."""

import unittest

import tornado.testing
import tornado.web
import tornado.websocket
from tornado.testing import AsyncHTTPTestCase, AsyncTestCase, ExpectLog, gen_test
from tornado.websocket import websocket_connect


class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


class Hello(tornado.web.RequestHandler):
    def get(self):
        self.write({"hello": self.get_argument("name", "world")})


class Failing(tornado.web.RequestHandler):
    def get(self):
        raise ZeroDivisionError("on purpose")


class HandlerTest(AsyncHTTPTestCase):
    def get_app(self):
        return tornado.web.Application([(r"/", Hello), (r"/failing", Failing), (r"/echo", Echo)])

    def test_hello(self):
        response = self.fetch("/?name=x")
        self.assertEqual(response.code, 200)
        self.assertEqual(response.body, b'{"hello": "x"}')

    def test_a_failure_is_logged_to_the_logger_of_the_documents(self):
        with ExpectLog("tornado.application", "Uncaught exception"):
            self.assertEqual(self.fetch("/failing").code, 500)

    @gen_test
    def test_echo(self):
        url = "ws://127.0.0.1:%d/echo" % self.get_http_port()
        connection = yield websocket_connect(url)
        yield connection.write_message("hello")
        message = yield connection.read_message()
        self.assertEqual(message, "hello")
        connection.close()
        self.assertIsNone((yield connection.read_message()))


class LoopTest(AsyncTestCase):
    @gen_test
    async def test_sleep(self):
        before = self.io_loop.time()
        await tornado.gen.sleep(0.01)
        self.assertGreater(self.io_loop.time(), before)


if __name__ == "__main__":
    unittest.main()
