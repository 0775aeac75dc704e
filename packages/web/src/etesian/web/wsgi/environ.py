"""The dictionary that tells a WSGI application about its request."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPServerRequest

__all__ = ["make_environ"]

_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
# Headers with a key of their own, and one that a CGI library would take for the setting of an
# outgoing proxy ("httpoxy").
_NOT_AS_HTTP: Final = frozenset({"Content-Type", "Content-Length", "Proxy"})


def make_environ(request: HTTPServerRequest, *, multithread: bool) -> dict[str, Any]:
    """Give the environ of a request whose body is there; octets are latin-1, as PEP 3333 says.

    Headers whose name holds an underscore are left out: their key would be that of
    another header with a hyphen, which a proxy may have vouched for.
    """
    host, _, port = _split_port(request.host)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "REMOTE_ADDR": request.remote_ip or "",
        "SERVER_NAME": host,
        "SERVER_PORT": port or _DEFAULT_PORTS.get(request.protocol, "80"),
        "SERVER_PROTOCOL": request.version,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.protocol,
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": multithread,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        # Of what is in wsgi.input, which a decoded body is not as long as it was on the wire.
        "CONTENT_LENGTH": str(len(request.body)),
    }
    for name, value in request.headers.items():
        if name not in _NOT_AS_HTTP and "_" not in name:
            environ["HTTP_" + name.replace("-", "_").upper()] = value
    return environ


def _split_port(host: str) -> tuple[str, str, str]:
    """Part ``host:port``; an IPv6 literal keeps its brackets and colons."""
    if host.endswith("]") or ":" not in host:
        return host, "", ""
    return host.rpartition(":")
