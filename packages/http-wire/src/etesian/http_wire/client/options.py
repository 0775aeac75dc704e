"""The options of a request, typed once for all that take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    StreamingCallback = Callable[[bytes], Awaitable[None] | None]
    HeaderCallback = Callable[[str], object]
    BodyProducer = Callable[[Callable[[bytes], Awaitable[None]]], Awaitable[object] | None]

__all__ = ["RequestOptions"]


class RequestOptions(TypedDict, total=False):
    """What :class:`~etesian.http_wire.client.request.HTTPRequest` takes by keyword.

    Each is an attribute there, where its meaning and default are told.
    """

    auth_username: str | None
    auth_password: str | None
    auth_mode: str | None
    connect_timeout: float | None
    request_timeout: float | None
    follow_redirects: bool | None
    max_redirects: int | None
    allow_insecure_redirects: bool | None
    user_agent: str | None
    decompress_response: bool | None
    network_interface: str | None
    streaming_callback: StreamingCallback | None
    header_callback: HeaderCallback | None
    prepare_curl_callback: Callable[[Any], object] | None
    proxy: str | None
    proxy_host: str | None
    proxy_port: int | None
    proxy_username: str | None
    proxy_password: str | None
    proxy_auth_mode: str | None
    proxy_ssl_options: ssl.SSLContext | None
    allow_nonstandard_methods: bool | None
    validate_cert: bool | None
    ca_certs: str | None
    allow_ipv6: bool | None
    client_key: str | None
    client_cert: str | None
    body_producer: BodyProducer | None
    expect_100_continue: bool | None
    ssl_options: ssl.SSLContext | None
