"""Streams over sockets and pipes, TCP servers and clients, TLS, name resolution."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.streams.accept import add_accept_handler
    from etesian.streams.base_iostream import BaseIOStream
    from etesian.streams.caching_resolver import CachingResolver
    from etesian.streams.cares_resolver import CaresResolver
    from etesian.streams.certificate_map import CertificateMap
    from etesian.streams.executor_resolvers import (
        BlockingResolver,
        DefaultExecutorResolver,
        ExecutorResolver,
        ThreadedResolver,
    )
    from etesian.streams.interface import (
        Stream,
        StreamBufferFullError,
        StreamClosedError,
        UnsatisfiableReadError,
    )
    from etesian.streams.iostream import IOStream
    from etesian.streams.ip_address import is_valid_ip
    from etesian.streams.override_resolver import OverrideResolver
    from etesian.streams.pipe_iostream import PipeIOStream
    from etesian.streams.resolver import DefaultLoopResolver, Resolver
    from etesian.streams.socket_activation import inherited_sockets
    from etesian.streams.sockets import bind_sockets
    from etesian.streams.ssl_iostream import SSLIOStream
    from etesian.streams.tcp_client import TCPClient
    from etesian.streams.tcp_server import TCPServer
    from etesian.streams.tls import ssl_options_to_context, ssl_wrap_socket
    from etesian.streams.unix_sockets import bind_unix_socket

__all__ = [
    "BaseIOStream",
    "BlockingResolver",
    "CachingResolver",
    "CaresResolver",
    "CertificateMap",
    "DefaultExecutorResolver",
    "DefaultLoopResolver",
    "ExecutorResolver",
    "IOStream",
    "OverrideResolver",
    "PipeIOStream",
    "Resolver",
    "SSLIOStream",
    "Stream",
    "StreamBufferFullError",
    "StreamClosedError",
    "TCPClient",
    "TCPServer",
    "ThreadedResolver",
    "UnsatisfiableReadError",
    "add_accept_handler",
    "bind_sockets",
    "bind_unix_socket",
    "inherited_sockets",
    "is_valid_ip",
    "ssl_options_to_context",
    "ssl_wrap_socket",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# importing the package stays cheap, and its interface can be imported without asyncio.
_HOMES = {
    "BaseIOStream": "base_iostream",
    "BlockingResolver": "executor_resolvers",
    "CachingResolver": "caching_resolver",
    "CaresResolver": "cares_resolver",
    "CertificateMap": "certificate_map",
    "DefaultExecutorResolver": "executor_resolvers",
    "DefaultLoopResolver": "resolver",
    "ExecutorResolver": "executor_resolvers",
    "IOStream": "iostream",
    "OverrideResolver": "override_resolver",
    "PipeIOStream": "pipe_iostream",
    "Resolver": "resolver",
    "SSLIOStream": "ssl_iostream",
    "Stream": "interface",
    "StreamBufferFullError": "interface",
    "StreamClosedError": "interface",
    "TCPClient": "tcp_client",
    "TCPServer": "tcp_server",
    "ThreadedResolver": "executor_resolvers",
    "UnsatisfiableReadError": "interface",
    "add_accept_handler": "accept",
    "bind_sockets": "sockets",
    "bind_unix_socket": "unix_sockets",
    "inherited_sockets": "socket_activation",
    "is_valid_ip": "ip_address",
    "ssl_options_to_context": "tls",
    "ssl_wrap_socket": "tls",
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
