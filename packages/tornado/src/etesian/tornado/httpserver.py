"""``tornado.httpserver``: the HTTP server."""

from __future__ import annotations

from typing import Any

from etesian.http_wire.interface import api as http_wire
from etesian.tornado.wire_policy import DOCUMENTED

__all__ = ["HTTPRequest", "HTTPServer"]

HTTPRequest = http_wire.HTTPServerRequest


class HTTPServer(http_wire.HTTPServer):
    """The server with the documented policy of the wire, unless another is given.

    ``io_loop`` is accepted; the current loop is what serves.
    """

    def __init__(self, request_callback: Any, *arguments: Any, **options: Any) -> None:
        options.pop("io_loop", None)
        options.setdefault("policy", DOCUMENTED)
        super().__init__(request_callback, *arguments, **options)
