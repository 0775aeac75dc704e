"""``tornado.httpserver``: the HTTP server."""

from __future__ import annotations

from typing import Any, ClassVar, Self, cast

from etesian.core_loop.interface import api as core_loop
from etesian.http_wire.interface import api as http_wire
from etesian.tornado.server_request import FunctionDelegate, HTTPServerRequest
from etesian.tornado.wire_policy import DOCUMENTED

__all__ = ["HTTPRequest", "HTTPServer"]

HTTPRequest = HTTPServerRequest


class HTTPServer(core_loop.util.Configurable, http_wire.HTTPServer):
    """The server with the documented policy of the wire, unless another is given.

    A function of a request is given those of this package, which have the methods of 4.x.
    ``io_loop`` is accepted; the current loop is what serves. ``HTTPServer.configure(Mine,
    xheaders=True)`` makes ``HTTPServer(...)`` a ``Mine`` with that option from then on. Unlike
    other configurable classes it is set up by its ``__init__``.
    """

    _configured_options: ClassVar[dict[str, Any]] = {}

    def __new__(cls, *_arguments: Any, **_options: Any) -> Self:
        """Make an instance of the configured class, where it is not a subclass that is made."""
        chosen = cls.configured_class() if cls is HTTPServer else cls
        return cast("Self", object.__new__(chosen))

    def __init__(self, request_callback: Any, *arguments: Any, **options: Any) -> None:
        options.pop("io_loop", None)
        if not hasattr(request_callback, "start_request"):
            request_callback = FunctionDelegate(request_callback)
        options = {"policy": DOCUMENTED, **HTTPServer._configured_options, **options}
        http_wire.HTTPServer.__init__(self, request_callback, *arguments, **options)

    @classmethod
    def configurable_base(cls) -> type[core_loop.util.Configurable]:
        """Give what holds the configuration."""
        return HTTPServer

    @classmethod
    def configurable_default(cls) -> type[core_loop.util.Configurable]:
        """Give what is made where nothing was configured."""
        return HTTPServer

    @classmethod
    def configure(
        cls, impl: type[core_loop.util.Configurable] | str | None, **options: Any
    ) -> None:
        """Choose what ``HTTPServer(...)`` makes; ``options`` hold where a call gives no other."""
        super().configure(impl)
        HTTPServer._configured_options = options
