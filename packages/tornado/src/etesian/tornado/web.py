"""``tornado.web``: the web framework."""

from __future__ import annotations

from typing import Any

from etesian.tornado.httpserver import HTTPServer
from etesian.tornado.lending import lend
from etesian.web.interface import api as web

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
)


class Application(web.Application):
    """The application, whose ``listen`` serves by the documented policy of the wire."""

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
