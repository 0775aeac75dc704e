"""The HTTP server that the options describe."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from etesian.cli.tls import tls_context
from etesian.http_wire.interface import api as http_wire
from etesian.web.interface import Application

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.cli.command_line.options import RunOptions
    from etesian.cli.target import Served
    from etesian.http_wire.interface import HTTPConnection, HTTPMessageDelegate

# What Application(debug=True) turns on and is not the command's own affair, as reloading is.
_DEBUG_SETTINGS = {
    "compiled_template_cache": False,
    "static_hash_cache": False,
    "serve_traceback": "loopback",
}


def make_server(
    served: Served, options: RunOptions, on_limit: Callable[[], object] | None = None
) -> Any:
    """Give a server without sockets for what is to be served.

    ``on_limit`` is called once, when the worker has begun as many requests as the
    options allow it. Raises ``StartError`` where the certificate cannot be used.
    """
    if options.debug and isinstance(served, Application):
        for name, value in _DEBUG_SETTINGS.items():
            served.settings.setdefault(name, value)
    arguments: dict[str, Any] = {
        "xheaders": options.proxy_headers,
        "trusted_peers": options.trusted_proxies,
        "trusted_downstream": options.trusted_proxies,
        "decompress_request": options.decompress_request,
        "max_header_size": options.max_header_size,
        "max_body_size": options.max_body_size,
        "body_timeout": options.body_timeout,
        "idle_connection_timeout": options.idle_timeout,
    }
    if options.header_timeout is not None:
        arguments["policy"] = http_wire.WirePolicy(header_timeout=options.header_timeout)
    if options.certfile is not None:
        arguments["ssl_options"] = tls_context(options)
    if on_limit is None or options.max_requests is None:
        return http_wire.HTTPServer(served, **arguments)
    jitter = random.randint(0, options.max_requests_jitter)  # noqa: S311 - no secret
    return _CountingServer(served, options.max_requests + jitter, on_limit, **arguments)


class _CountingServer(http_wire.HTTPServer):
    """A server that tells when it has begun so many requests."""

    def __init__(
        self, served: Served, limit: int, on_limit: Callable[[], object], **arguments: Any
    ) -> None:
        super().__init__(served, **arguments)
        self._left = limit
        self._on_limit = on_limit

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        self._left -= 1
        if self._left == 0:
            self._on_limit()
        return super().start_request(server_conn, request_conn)
