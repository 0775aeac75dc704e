"""TLS contexts from options."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

SSLOptions: TypeAlias = "Mapping[str, Any] | ssl.SSLContext | None"
"""A context, or the options to make one from: see :func:`ssl_options_to_context`."""

# Seconds. How long a peer may take for a handshake, which needs two round trips: long enough for
# a satellite link that loses packets, short enough that silent connections do not pile up.
HANDSHAKE_TIMEOUT = 30.0

_KNOWN_OPTIONS = frozenset(
    ["ssl_version", "certfile", "keyfile", "password", "cert_reqs", "ca_certs", "ciphers"]
)


def ssl_options_to_context(ssl_options: SSLOptions, *, server_side: bool = False) -> ssl.SSLContext:
    """Give an ``SSLContext`` for ``ssl_options``, or ``ssl_options`` itself if it is one.

    A mapping may hold ``certfile``, ``keyfile``, ``password``, ``cert_reqs``,
    ``ca_certs`` and ``ciphers`` with their meaning in the ``ssl`` module;
    ``ssl_version`` is a ``PROTOCOL_*`` constant. A client checks certificates
    against ``ca_certs``, else against the system's authorities, and for the
    name of the server, unless ``cert_reqs`` is ``CERT_NONE``. TLS 1.2 is the
    lowest version; compression and renegotiation are off.

    Raises ``ValueError`` for an option it does not know, and what
    ``load_cert_chain`` raises for files it cannot use.
    """
    if isinstance(ssl_options, ssl.SSLContext):
        return ssl_options
    options = dict(ssl_options or {})
    unknown = options.keys() - _KNOWN_OPTIONS
    if unknown:
        raise ValueError(f"unknown ssl_options: {', '.join(sorted(unknown))}")
    context = _context(options.get("ssl_version"), server_side=server_side)
    if options.get("certfile"):
        context.load_cert_chain(
            options["certfile"], options.get("keyfile"), options.get("password")
        )
    _set_verification(context, options, server_side=server_side)
    if options.get("ciphers"):
        context.set_ciphers(options["ciphers"])
    return context


def _context(version: int | None, *, server_side: bool) -> ssl.SSLContext:
    default = ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT
    context = ssl.SSLContext(default if version is None else version)
    if version != ssl.PROTOCOL_TLSv1_2:
        # A context of one version refuses to be told so.
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context


def _set_verification(
    context: ssl.SSLContext, options: dict[str, Any], *, server_side: bool
) -> None:
    requirement = options.get("cert_reqs")
    if requirement is None:
        requirement = ssl.CERT_NONE if server_side else ssl.CERT_REQUIRED
    # The name can only be checked in a certificate that was checked itself, so that it comes last
    # and is off meanwhile. Not every ssl_version begins with it.
    context.check_hostname = False
    context.verify_mode = requirement
    context.check_hostname = not server_side and requirement != ssl.CERT_NONE
    if options.get("ca_certs"):
        context.load_verify_locations(options["ca_certs"])
    elif requirement != ssl.CERT_NONE:
        purpose = ssl.Purpose.CLIENT_AUTH if server_side else ssl.Purpose.SERVER_AUTH
        context.load_default_certs(purpose)


def require_server_name(context: ssl.SSLContext, server_hostname: str | None) -> None:
    """Raise ``ValueError`` where a client is to check the name of the server and knows none.

    ``SSLContext.wrap_bio``, which loops use, would accept any name then.
    """
    if context.check_hostname and not server_hostname:
        raise ValueError("a certificate is checked for a name: server_hostname is missing")


def ssl_wrap_socket(
    socket: socket.socket,
    ssl_options: SSLOptions,
    server_hostname: str | None = None,
    server_side: bool = False,
    **kwargs: Any,
) -> ssl.SSLSocket:
    """Wrap ``socket`` by a context of ``ssl_options``; the rest is ``SSLContext.wrap_socket``'s.

    A client sends ``server_hostname`` as SNI and checks the certificate for it.
    """
    context = ssl_options_to_context(ssl_options, server_side=server_side)
    return context.wrap_socket(
        socket, server_hostname=server_hostname, server_side=server_side, **kwargs
    )
