"""``tornado.web``: the web framework."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
from typing import TYPE_CHECKING, Any

from etesian.core_loop.interface import api as core_loop
from etesian.tornado.httpserver import HTTPServer
from etesian.tornado.lending import lend
from etesian.tornado.server_request import HTTPServerRequest
from etesian.tornado.stack_context import ExceptionStackContext
from etesian.web.interface import api as web

if TYPE_CHECKING:
    from collections.abc import Callable

__getattr__, __dir__ = lend(
    __name__,
    {
        "web": """
            RequestHandler MIN_SUPPORTED_SIGNED_VALUE_VERSION
            MAX_SUPPORTED_SIGNED_VALUE_VERSION DEFAULT_SIGNED_VALUE_VERSION
            DEFAULT_SIGNED_VALUE_MIN_VERSION create_signed_value decode_signed_value
            get_signature_key_version URLSpec url authenticated addslash removeslash
            stream_request_body HTTPError Finish MissingArgumentError UIModule
            TemplateModule ErrorHandler FallbackHandler RedirectHandler StaticFileHandler
            OutputTransform GZipContentEncoding is_absolute
        """,
    },
    own="Application asynchronous",
)


class Application(web.Application):
    """The application, whose ``listen`` serves by the documented policy of the wire."""

    def find_handler(self, request: Any, **kwargs: Any) -> Any:
        """Find who answers, and let the request have the methods of 4.x from here on."""
        # It was made before anybody knew for whom; the class adds methods and nothing else.
        request.__class__ = HTTPServerRequest
        return super().find_handler(request, **kwargs)

    def __call__(self, request: Any) -> None:
        """Answer a whole request, on the connection that it came with."""
        delegate = self.find_handler(request)
        delegate.headers_received(request, request.headers)
        delegate.finish()

    def listen(self, port: int, address: str | None = None, **options: Any) -> HTTPServer:
        """Serve on a TCP port from now on; give the server, which can be stopped."""
        socket_options = {
            name: options.pop(name)
            for name in ("family", "backlog", "flags", "reuse_port")
            if name in options
        }
        server = HTTPServer(self, **options)
        server.listen(port, address or "", **socket_options)
        return server


def asynchronous(method: Callable[..., Any]) -> Callable[..., Any]:
    """Leave the response open when the method returns; the handler calls ``finish`` later.

    A method that returns something to wait for, a coroutine for example, needs no
    decorator: then this one changes nothing. Exceptions of callbacks that the
    method makes become the error page of the request.
    """

    @functools.wraps(method)
    def wrapper(self: web.RequestHandler, *args: Any, **kwargs: Any) -> Any:
        def take_exception(typ: object, value: BaseException, tb: object) -> bool:
            del typ, tb
            self._handle_request_exception(value)
            return True

        self._auto_finish = False
        with ExceptionStackContext(take_exception):
            result = method(self, *args, **kwargs)
        if result is None:
            return None
        if isinstance(result, concurrent.futures.Future):
            result = asyncio.wrap_future(result)
        self._auto_finish = True
        return core_loop.gen.convert_yielded(result)

    return wrapper
