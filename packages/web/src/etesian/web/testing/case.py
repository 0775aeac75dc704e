"""Test cases that serve an application on a real socket."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any, ClassVar

from etesian.core_loop.interface import AsyncTestCase
from etesian.http_wire.interface import AsyncHTTPClient, create_server
from etesian.web.testing.in_process import in_process_client

if TYPE_CHECKING:
    from etesian.http_wire.interface import (
        HTTPResponse,
        HTTPServer,
        HTTPServerConnectionDelegate,
    )

__all__ = ["AsyncHTTPSTestCase", "AsyncHTTPTestCase"]

# Connections that may wait for a test's server.
_BACKLOG = 128
# Of URLs that name none.
_HTTP_PORT = 80


class AsyncHTTPTestCase(AsyncTestCase):
    """Serves :meth:`get_app` on a free port of 127.0.0.1, new for every test.

    ``response = self.fetch("/path")`` runs the loop until the answer is there.
    """

    http_client: AsyncHTTPClient
    http_server: HTTPServer
    # Whether requests reach the server without a socket, by a client within the process. A
    # subclass says so for all its tests; there is no port then, and no TLS.
    in_process: ClassVar[bool] = False

    def setUp(self) -> None:
        """Start the server, and make the client."""
        super().setUp()
        self._app = self.get_app()
        self._port = _HTTP_PORT
        if self.in_process:
            self.http_server = self.get_http_server()
        else:
            listening = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
            listening.setblocking(False)
            self._port = listening.getsockname()[1]
            self.http_server = self.get_http_server()
            self.http_server.add_socket(listening)
        self.http_client = self.get_http_client()

    def tearDown(self) -> None:
        """Stop the server, and close all connections."""
        self.http_server.stop()
        self.io_loop.run_sync(self.http_server.close_all_connections)
        self.http_client.close()
        super().tearDown()

    def get_app(self) -> HTTPServerConnectionDelegate:
        """Give what is to be served: an ``Application``, or any delegate. Override it."""
        raise NotImplementedError

    def get_http_client(self) -> AsyncHTTPClient:
        """Give the client of a test."""
        if self.in_process:
            return in_process_client(self.http_server)
        return AsyncHTTPClient(force_instance=True)

    def get_http_server(self) -> HTTPServer:
        """Give the server of a test."""
        return create_server(self._app, **self.get_httpserver_options())

    def get_httpserver_options(self) -> dict[str, Any]:
        """Give the options of the server. Override it."""
        return {}

    def fetch(self, path: str, raise_error: bool = False, **kwargs: Any) -> HTTPResponse:
        """Give the response to a request for ``path``, or for a whole URL.

        ``kwargs`` are those of the client's ``fetch``. A status of 400 and more is a
        response like others, unless ``raise_error``.
        """
        url = path if path.lower().startswith(("http://", "https://")) else self.get_url(path)
        response: HTTPResponse = self.io_loop.run_sync(
            lambda: self.http_client.fetch(url, raise_error=raise_error, **kwargs)
        )
        return response

    def get_http_port(self) -> int:
        """Give the port of the server."""
        return self._port

    def get_protocol(self) -> str:
        """Give the scheme of the server's URLs."""
        return "http"

    def get_url(self, path: str) -> str:
        """Give the absolute URL of a path."""
        return f"{self.get_protocol()}://127.0.0.1:{self.get_http_port()}{path}"


class AsyncHTTPSTestCase(AsyncHTTPTestCase):
    """The same over TLS, with a certificate made for the test."""

    def get_http_client(self) -> AsyncHTTPClient:
        """Give a client that takes the certificate without knowing who signed it."""
        return AsyncHTTPClient(force_instance=True, defaults={"validate_cert": False})

    def get_httpserver_options(self) -> dict[str, Any]:
        """Give the options of the server, those of TLS among them."""
        return {"ssl_options": self.get_ssl_options()}

    def get_ssl_options(self) -> ssl.SSLContext:
        """Give the server's side of TLS. Override it for a certificate of your own.

        The default needs the package ``trustme``.
        """
        try:
            import trustme  # noqa: PLC0415 - for tests only
        except ModuleNotFoundError:
            raise RuntimeError(
                "AsyncHTTPSTestCase makes its certificate with trustme: install it, "
                "or override get_ssl_options()"
            ) from None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1", "localhost").configure_cert(context)
        return context

    def get_protocol(self) -> str:
        """Give the scheme of the server's URLs."""
        return "https"
