"""Etesian: a handler of the web framework."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from etesian.http_wire import HTTPServer
from etesian.web import Application, RequestHandler

if TYPE_CHECKING:
    import socket


class Hello(RequestHandler):
    """Says hello without a wait, so that no Task is made."""

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
