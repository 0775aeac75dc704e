"""The site by Etesian."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from etesian.bench import site
from etesian.bench.programs.web_handlers import rules
from etesian.bench.template_engines import short_ends
from etesian.http_wire import HTTPServer
from etesian.templates import DictLoader
from etesian.web import Application, RequestHandler

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
