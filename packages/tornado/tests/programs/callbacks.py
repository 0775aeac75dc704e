# ruff: noqa: UP031 - written as programs for Tornado are
"""A program of the 3.x line: callbacks, engines, and the global loop."""

import tornado.gen
import tornado.httpclient
import tornado.httpserver
import tornado.ioloop
import tornado.web
import tornado.websocket
from tornado.testing import bind_unused_port


class Slow(tornado.web.RequestHandler):
    @tornado.web.asynchronous
    def get(self):
        tornado.ioloop.IOLoop.instance().add_callback(self.answer)

    def answer(self):
        self.finish("answered later")


class Broken(tornado.web.RequestHandler):
    @tornado.web.asynchronous
    def get(self):
        tornado.ioloop.IOLoop.instance().add_callback(self.answer)

    def answer(self):
        raise tornado.web.HTTPError(418)


class Engine(tornado.web.RequestHandler):
    @tornado.web.asynchronous
    @tornado.gen.engine
    def get(self):
        client = tornado.httpclient.AsyncHTTPClient()
        response = yield tornado.gen.Task(client.fetch, url + "slow")
        self.finish(b"through an engine: " + response.body)


class Both(tornado.web.RequestHandler):
    @tornado.web.asynchronous
    @tornado.gen.coroutine
    def get(self):
        yield tornado.gen.sleep(0.001)
        self.write("both")


class Wrong(tornado.web.RequestHandler):
    @tornado.web.asynchronous
    def get(self):
        return 42


class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


sock, port = bind_unused_port()
url = "http://127.0.0.1:%d/" % port
loop = tornado.ioloop.IOLoop.instance()
pending = ["slow", "broken", "engine", "both", "wrong"]


def handle(response):
    print(response.code, response.body.decode()[:40] if response.code == 200 else "")
    fetch_next()


def fetch_next():
    if pending:
        client = tornado.httpclient.AsyncHTTPClient()
        client.fetch(url + pending.pop(0), callback=handle)
    else:
        client = tornado.httpclient.AsyncHTTPClient()
        client.fetch("http://127.0.0.1:1/", callback=refused)


def refused(response):
    print(response.code, type(response.error).__name__)
    tornado.websocket.websocket_connect("ws" + url[4:] + "echo", callback=connected)


def connected(future):
    connection = future.result()
    connection.write_message("by callback")
    connection.read_message(callback=lambda f: (print(f.result()), loop.stop()))


def main():
    app = tornado.web.Application(
        [
            (r"/slow", Slow),
            (r"/broken", Broken),
            (r"/engine", Engine),
            (r"/both", Both),
            (r"/wrong", Wrong),
            (r"/echo", Echo),
        ],
        log_function=lambda handler: None,
    )
    server = tornado.httpserver.HTTPServer(app, io_loop=loop)
    server.add_sockets([sock])
    loop.add_callback(fetch_next)
    loop.start()


if __name__ == "__main__":
    main()
