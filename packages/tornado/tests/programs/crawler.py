# ruff: noqa: UP031 - written as programs for Tornado are
"""A server and the client that asks it, with generator coroutines."""

import sys

import tornado.gen
import tornado.httpclient
import tornado.ioloop
import tornado.queues
import tornado.web
from tornado import gen
from tornado.testing import bind_unused_port


class Sleepy(tornado.web.RequestHandler):
    @gen.coroutine
    def get(self, number):
        yield gen.sleep(0.01)
        answer = yield self.compute(int(number))
        self.write(str(answer))

    @gen.coroutine
    def compute(self, number):
        yield gen.moment
        raise gen.Return(number * 2)


@gen.coroutine
def main():
    sock, port = bind_unused_port()
    app = tornado.web.Application([(r"/(\d+)", Sleepy)])
    server = tornado.httpserver.HTTPServer(app)
    server.add_sockets([sock])
    client = tornado.httpclient.AsyncHTTPClient()
    url = "http://127.0.0.1:%d/" % port
    responses = yield [client.fetch(url + str(i)) for i in range(3)]
    print("answers", *[response.body.decode() for response in responses])
    try:
        yield client.fetch(url + "missing")
    except tornado.httpclient.HTTPError as error:
        print("error", error.code)
    queue = tornado.queues.Queue()
    yield queue.put("queued")
    print((yield queue.get()))
    try:
        yield gen.with_timeout(tornado.ioloop.IOLoop.current().time() + 0.01, gen.sleep(5))
    except gen.TimeoutError:
        print("timed out")
    server.stop()


if __name__ == "__main__":
    import tornado.httpserver

    tornado.ioloop.IOLoop.current().run_sync(main)
    sys.stdout.flush()
