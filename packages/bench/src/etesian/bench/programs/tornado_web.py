"""Tornado: a handler of its web framework."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

if TYPE_CHECKING:
    import socket


class Hello(RequestHandler):
    """Says hello without a wait."""

    def get(self) -> None:
        """Say hello."""
        self.set_header("Content-Type", "text/plain")
        self.write(b"Hello, world!")


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    application = Application([(r"/", Hello)], log_function=lambda _: None)
    server = HTTPServer(application)
    server.add_sockets([listening])
    await asyncio.Event().wait()
