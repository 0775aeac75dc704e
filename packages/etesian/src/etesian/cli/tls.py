"""The server's side of TLS, from the files that the command line names."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from etesian.cli.start_error import StartError
from etesian.streams.interface import api as streams

if TYPE_CHECKING:
    from etesian.cli.command_line.options import RunOptions

_CLIENT_CERTS = {
    "none": ssl.CERT_NONE,
    "optional": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}


def tls_context(options: RunOptions) -> ssl.SSLContext:
    """Give the server's side of TLS, for HTTP/1.1.

    Raises ``StartError``, which names the file, where one is missing or is not what it should be.
    """
    files = (options.certfile, options.keyfile, options.ca_certs)
    named = ", ".join(file for file in files if file is not None)
    try:
        context: ssl.SSLContext = streams.ssl_options_to_context(
            {
                "certfile": options.certfile,
                "keyfile": options.keyfile,
                "ca_certs": options.ca_certs,
                "cert_reqs": _CLIENT_CERTS[options.client_certs],
            },
            server_side=True,
        )
    except OSError as error:  # of TLS too
        raise StartError(f"cannot use {named}: {error.strerror or error}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context
