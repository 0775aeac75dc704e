"""The dictionary that tells a WSGI application about its request."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from typing import BinaryIO

    from etesian.http_wire.interface import HTTPHeaders, HTTPServerRequest

__all__ = ["make_environ"]

_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
# Headers with a key of their own, and one that a CGI library would take for the setting of an
# outgoing proxy ("httpoxy").
_NOT_AS_HTTP: Final = frozenset({"Content-Type", "Content-Length", "Proxy"})


def make_environ(
    request: HTTPServerRequest,
    *,
    multithread: bool,
    body: BinaryIO | None = None,
    body_length: int | None = None,
) -> dict[str, Any]:
    """Give the environ of a request (PEP 3333); text in it is octets as latin-1.

    ``body`` is the stream of a body of ``body_length`` octets, or of as many as the
    header says where that is ``None``; without a stream it is the request's. Its end
    is the end of the body, so that it may be read without counting
    (``wsgi.input_terminated``). Headers whose name holds an underscore are left out:
    their key would be that of another header with a hyphen, which a proxy may have
    vouched for.
    """
    if body is None:
        body, body_length = BytesIO(request.body), len(request.body)
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
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": multithread,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": _content_length(request.headers, body_length),
    }
    if request.protocol == "https":
        environ["HTTPS"] = "on"
    for name in request.headers:
        if name not in _NOT_AS_HTTP and "_" not in name:
            # Several lines of cookies are one list, and no other is parted by semicolons.
            separator = "; " if name == "Cookie" else ","
            value = separator.join(request.headers.get_list(name))
            environ["HTTP_" + name.replace("-", "_").upper()] = value
    return environ


def _content_length(headers: HTTPHeaders, known: int | None) -> str:
    """Give the length of what is in ``wsgi.input``, or nothing where it is not known.

    A decoded body is not as long as it was on the wire.
    """
    if known is not None:
        return str(known)
    if "X-Consumed-Content-Encoding" in headers or "Transfer-Encoding" in headers:
        return ""
    return headers.get("Content-Length", "")


def _split_port(host: str) -> tuple[str, str, str]:
    """Part ``host:port``; an IPv6 literal keeps its brackets and colons."""
    if host.endswith("]") or ":" not in host:
        return host, "", ""
    return host.rpartition(":")
