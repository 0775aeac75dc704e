"""HTTP/1.1: the wire free of I/O, a server, and a pooled client."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.http_wire.basic_auth import encode_username_password
    from etesian.http_wire.by_hand.http1_connection import HTTP1Connection
    from etesian.http_wire.by_hand.http1_server_connection import HTTP1ServerConnection
    from etesian.http_wire.by_hand.parameters import HTTP1ConnectionParameters
    from etesian.http_wire.byte_range import (
        parse_byte_range,
    )
    from etesian.http_wire.client.client import (
        AsyncHTTPClient,
    )
    from etesian.http_wire.client.cookie import Cookie
    from etesian.http_wire.client.cookie_jar import CookieJar
    from etesian.http_wire.client.curl_client import CurlAsyncHTTPClient
    from etesian.http_wire.client.curl_error import CurlError
    from etesian.http_wire.client.errors import (
        HTTPError,
        HTTPProtocolError,
        HTTPProxyError,
        HTTPStreamClosedError,
        HTTPTimeoutError,
        SOCKSProxyError,
    )
    from etesian.http_wire.client.event_connection import EventStreamError
    from etesian.http_wire.client.event_source import EventSource
    from etesian.http_wire.client.event_stream import EventStreamParser, ServerSentEvent
    from etesian.http_wire.client.multipart_form import MultipartForm
    from etesian.http_wire.client.request import (
        HTTPRequest,
    )
    from etesian.http_wire.client.response import (
        HTTPResponse,
    )
    from etesian.http_wire.client.retry import RetryBudget, RetryPolicy, fetch_with_retries
    from etesian.http_wire.client.simple_client import (
        SimpleAsyncHTTPClient,
    )
    from etesian.http_wire.client.stream import ResponseStream
    from etesian.http_wire.client.sync_client import (
        HTTPClient,
    )
    from etesian.http_wire.client.upgrade import (
        connect_upgrade,
    )
    from etesian.http_wire.cookies import (
        parse_cookie,
    )
    from etesian.http_wire.dates import (
        format_timestamp,
    )
    from etesian.http_wire.forms import (
        HTTPFile,
        parse_body_arguments,
    )
    from etesian.http_wire.headers import (
        HTTPHeaders,
    )
    from etesian.http_wire.interface import (
        HTTPClientError,
        HTTPConnection,
        HTTPInputError,
        HTTPMessageDelegate,
        HTTPOutputError,
        HTTPServerConnectionDelegate,
        RequestStartLine,
        ResponseStartLine,
        SwitchableConnection,
        TransportProtocol,
    )
    from etesian.http_wire.multipart import (
        MultipartLimits,
        MultipartParser,
        PartBegin,
        PartData,
        PartEnd,
        parse_multipart_form_data,
    )
    from etesian.http_wire.parameters import (
        parse_parameters,
    )
    from etesian.http_wire.request import (
        HTTPServerRequest,
    )
    from etesian.http_wire.server.server import (
        HTTPServer,
        create_server,
    )
    from etesian.http_wire.spooled_form import SpooledFile, SpooledForm
    from etesian.http_wire.start_line import (
        parse_request_start_line,
        parse_response_start_line,
    )
    from etesian.http_wire.urls import (
        parse_qs_bytes,
        qs_to_qsl,
        split_host_and_port,
        url_concat,
        url_escape,
        url_unescape,
    )
    from etesian.http_wire.wire.policy import (
        WirePolicy,
    )

__all__ = [
    "AsyncHTTPClient",
    "Cookie",
    "CookieJar",
    "CurlAsyncHTTPClient",
    "CurlError",
    "EventSource",
    "EventStreamError",
    "EventStreamParser",
    "HTTP1Connection",
    "HTTP1ConnectionParameters",
    "HTTP1ServerConnection",
    "HTTPClient",
    "HTTPClientError",
    "HTTPConnection",
    "HTTPError",
    "HTTPFile",
    "HTTPHeaders",
    "HTTPInputError",
    "HTTPMessageDelegate",
    "HTTPOutputError",
    "HTTPProtocolError",
    "HTTPProxyError",
    "HTTPRequest",
    "HTTPResponse",
    "HTTPServer",
    "HTTPServerConnectionDelegate",
    "HTTPServerRequest",
    "HTTPStreamClosedError",
    "HTTPTimeoutError",
    "MultipartForm",
    "MultipartLimits",
    "MultipartParser",
    "PartBegin",
    "PartData",
    "PartEnd",
    "RequestStartLine",
    "ResponseStartLine",
    "ResponseStream",
    "RetryBudget",
    "RetryPolicy",
    "SOCKSProxyError",
    "ServerSentEvent",
    "SimpleAsyncHTTPClient",
    "SpooledFile",
    "SpooledForm",
    "SwitchableConnection",
    "TransportProtocol",
    "WirePolicy",
    "connect_upgrade",
    "create_server",
    "encode_username_password",
    "fetch_with_retries",
    "format_timestamp",
    "parse_body_arguments",
    "parse_byte_range",
    "parse_cookie",
    "parse_multipart_form_data",
    "parse_parameters",
    "parse_qs_bytes",
    "parse_request_start_line",
    "parse_response_start_line",
    "qs_to_qsl",
    "split_host_and_port",
    "url_concat",
    "url_escape",
    "url_unescape",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# importing the package stays cheap, and its interface can be imported without asyncio.
_HOMES = {
    "AsyncHTTPClient": "client.client",
    "Cookie": "client.cookie",
    "CookieJar": "client.cookie_jar",
    "CurlAsyncHTTPClient": "client.curl_client",
    "CurlError": "client.curl_error",
    "EventSource": "client.event_source",
    "EventStreamError": "client.event_connection",
    "EventStreamParser": "client.event_stream",
    "HTTP1Connection": "by_hand.http1_connection",
    "HTTP1ConnectionParameters": "by_hand.parameters",
    "HTTP1ServerConnection": "by_hand.http1_server_connection",
    "HTTPClient": "client.sync_client",
    "HTTPClientError": "interface",
    "HTTPConnection": "interface",
    "HTTPError": "client.errors",
    "HTTPFile": "forms",
    "HTTPHeaders": "headers",
    "HTTPInputError": "interface",
    "HTTPMessageDelegate": "interface",
    "HTTPOutputError": "interface",
    "HTTPProtocolError": "client.errors",
    "HTTPProxyError": "client.errors",
    "HTTPRequest": "client.request",
    "HTTPResponse": "client.response",
    "HTTPServer": "server.server",
    "HTTPServerConnectionDelegate": "interface",
    "HTTPServerRequest": "request",
    "HTTPStreamClosedError": "client.errors",
    "HTTPTimeoutError": "client.errors",
    "MultipartForm": "client.multipart_form",
    "MultipartLimits": "multipart",
    "MultipartParser": "multipart",
    "PartBegin": "multipart",
    "PartData": "multipart",
    "PartEnd": "multipart",
    "RequestStartLine": "interface",
    "ResponseStartLine": "interface",
    "ResponseStream": "client.stream",
    "RetryBudget": "client.retry",
    "RetryPolicy": "client.retry",
    "SOCKSProxyError": "client.errors",
    "ServerSentEvent": "client.event_stream",
    "SimpleAsyncHTTPClient": "client.simple_client",
    "SpooledFile": "spooled_form",
    "SpooledForm": "spooled_form",
    "SwitchableConnection": "interface",
    "TransportProtocol": "interface",
    "WirePolicy": "wire.policy",
    "connect_upgrade": "client.upgrade",
    "create_server": "server.server",
    "encode_username_password": "basic_auth",
    "fetch_with_retries": "client.retry",
    "format_timestamp": "dates",
    "parse_body_arguments": "forms",
    "parse_byte_range": "byte_range",
    "parse_cookie": "cookies",
    "parse_multipart_form_data": "multipart",
    "parse_parameters": "parameters",
    "parse_qs_bytes": "urls",
    "parse_request_start_line": "start_line",
    "parse_response_start_line": "start_line",
    "qs_to_qsl": "urls",
    "split_host_and_port": "urls",
    "url_concat": "urls",
    "url_escape": "urls",
    "url_unescape": "urls",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
