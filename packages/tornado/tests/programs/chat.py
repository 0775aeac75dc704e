# ruff: noqa: PTH100, PTH118, PTH120, RUF012 - written as programs for Tornado are
"""A chat by long polling and by WebSocket, as the guides build it: coroutines and a condition."""

import asyncio
import os

import tornado.escape
import tornado.locks
import tornado.web
import tornado.websocket
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets

HERE = os.path.dirname(os.path.abspath(__file__))


class MessageBuffer:
    def __init__(self):
        self.condition = tornado.locks.Condition()
        self.messages = []

    def since(self, cursor):
        return self.messages[cursor:]

    def add(self, text):
        self.messages.append({"id": len(self.messages), "body": text})
        self.condition.notify_all()


buffer = MessageBuffer()


class PageHandler(tornado.web.RequestHandler):
    def get(self):
        self.render("page.html", messages=buffer.messages, title="Chat & more")


class NewHandler(tornado.web.RequestHandler):
    def post(self):
        buffer.add(self.get_argument("body"))
        Socket.broadcast(self.get_argument("body"))
        self.set_status(201)


class UpdatesHandler(tornado.web.RequestHandler):
    async def get(self):
        cursor = int(self.get_query_argument("cursor", "0"))
        messages = buffer.since(cursor)
        while not messages:
            await buffer.condition.wait()
            messages = buffer.since(cursor)
        self.write({"messages": messages})


class Socket(tornado.websocket.WebSocketHandler):
    waiters = set()

    def get_compression_options(self):
        return {}

    def open(self):
        Socket.waiters.add(self)

    def on_close(self):
        Socket.waiters.discard(self)

    @classmethod
    def broadcast(cls, text):
        for waiter in cls.waiters:
            waiter.write_message({"body": text})

    def on_message(self, message):
        parsed = tornado.escape.json_decode(message)
        buffer.add(parsed["body"])
        Socket.broadcast(parsed["body"])


async def main():
    app = tornado.web.Application(
        [
            (r"/", PageHandler),
            (r"/new", NewHandler),
            (r"/updates", UpdatesHandler),
            (r"/socket", Socket),
        ],
        template_path=os.path.join(HERE, "templates"),
        static_path=os.path.join(HERE, "static"),
        debug=False,
    )
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(app)
    server.add_sockets(sockets)
    print("port", sockets[0].getsockname()[1], flush=True)
    assert IOLoop.current().asyncio_loop is asyncio.get_running_loop()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
