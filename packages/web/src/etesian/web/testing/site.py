"""An application that is served for the length of a block."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from etesian.http_wire.interface import AsyncHTTPClient, create_server
from etesian.web.testing.in_process import IN_PROCESS_URL, in_process_client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from etesian.http_wire.interface import (
        HTTPResponse,
        HTTPServer,
        HTTPServerConnectionDelegate,
    )

__all__ = ["Site", "serving"]


class Site:
    """What is served: its ``server``, a ``client`` for it, and its ``base_url``."""

    def __init__(self, server: HTTPServer, client: AsyncHTTPClient, base_url: str) -> None:
        self.server = server
        self.client = client
        self.base_url = base_url

    async def fetch(self, path: str, *, raise_error: bool = False, **options: Any) -> HTTPResponse:
        """Give the response to a request for a path; ``options`` are those of the client.

        A status of 400 and more is a response like others, unless ``raise_error``.
        """
        return await self.client.fetch(self.base_url + path, raise_error=raise_error, **options)


@asynccontextmanager
async def serving(
    app: HTTPServerConnectionDelegate, *, in_process: bool = True, **server_options: Any
) -> AsyncGenerator[Site, None]:
    """Serve an application for the length of an ``async with`` block.

    It runs on the loop that runs, whoever runs it: pytest-asyncio, anyio or
    ``IsolatedAsyncioTestCase``. Without ``in_process`` it is on a free port of 127.0.0.1.
    At the end everything is closed, requests in progress too.
    """
    server = create_server(app, **server_options)
    if in_process:
        client, base_url = in_process_client(server), IN_PROCESS_URL
    else:
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.add_socket(listening)
        client = AsyncHTTPClient(force_instance=True)
    try:
        yield Site(server, client, base_url)
    finally:
        client.close()
        server.stop()
        await server.close_all_connections()
