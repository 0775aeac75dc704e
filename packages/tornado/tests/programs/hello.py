"""Hello world, with the options module and a plain ``listen``."""

import logging
import sys

import tornado.ioloop
import tornado.web
from tornado.options import define, options, parse_command_line

define("address", default="127.0.0.1", help="where to listen", type=str)
define("port", default=8888, help="the TCP port", type=int)
define("greeting", default="Hello, world")


class MainHandler(tornado.web.RequestHandler):
    def get(self):
        self.write(options.greeting)


class BrokenHandler(tornado.web.RequestHandler):
    def get(self):
        raise ZeroDivisionError("on purpose")


def make_app():
    return tornado.web.Application([(r"/", MainHandler), (r"/broken", BrokenHandler)])


def main():
    parse_command_line()
    for name in ("access", "application", "general"):
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        logging.getLogger("tornado." + name).addHandler(handler)
        logging.getLogger("tornado." + name).propagate = False
    logging.getLogger().setLevel(logging.INFO)
    make_app().listen(options.port, options.address)
    print("port", options.port, flush=True)
    tornado.ioloop.IOLoop.current().start()


if __name__ == "__main__":
    main()
