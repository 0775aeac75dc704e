"""The site by Tornado."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tornado.httpserver import HTTPServer
from tornado.template import DictLoader
from tornado.web import Application, RequestHandler

from etesian.bench import site
from etesian.bench.programs.web_handlers import rules
from etesian.bench.template_engines import short_ends

if TYPE_CHECKING:
    import socket


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    application = Application(
        rules(RequestHandler),
        static_path=site.file_folder(),
        template_loader=DictLoader(short_ends(site.FILES)),
        log_function=lambda _: None,
    )
    server = HTTPServer(application)
    server.add_sockets([listening])
    await asyncio.Event().wait()
