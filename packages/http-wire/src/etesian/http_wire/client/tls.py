"""The TLS contexts of a client: one for each way to trust."""

from __future__ import annotations

import os
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.http_wire.client.request import HTTPRequest

__all__ = ["CertificateFileError", "TLSContexts", "verifies"]

# Contexts hold loaded certificates, 1 MB with the system's roots. Programs have a handful of
# identities; in one that names a new file per request the oldest context goes.
_MAX_CONTEXTS = 32


class CertificateFileError(ssl.SSLError):
    """A file has nothing that can be used as what it is named for; the message names both."""

    def __init__(self, message: str) -> None:
        super().__init__(ssl.SSL_ERROR_SSL, message)

    def __reduce__(self) -> tuple[type[CertificateFileError], tuple[str]]:
        return type(self), (str(self),)


class TLSContexts:
    """Makes an ``SSLContext`` from a request's options, once for the same options.

    The certificate files are read when a combination is first used. Since a
    context's identity is part of the pool's key, requests that trust
    differently never share a connection.
    """

    def __init__(self) -> None:
        self._contexts: dict[tuple[object, ...], ssl.SSLContext] = {}

    def for_request(self, request: HTTPRequest) -> ssl.SSLContext:
        """Give the context of an https request.

        Raises ``OSError`` where a file cannot be read, with its name, and
        :class:`CertificateFileError` where it cannot be used. A key that needs a
        passphrase cannot: there is nobody to be asked for one.
        """
        if request.ssl_options is not None:
            return request.ssl_options
        options = (verifies(request), request.ca_certs, request.client_cert, request.client_key)
        context = self._contexts.get(options)
        if context is None:
            context = _context(*options)
            if len(self._contexts) >= _MAX_CONTEXTS:
                del self._contexts[next(iter(self._contexts))]
            self._contexts[options] = context
        return context


def verifies(request: HTTPRequest) -> bool:
    """Tell whether the server must prove who it is."""
    # None is no answer to the question whom to trust, least of all the answer "anybody".
    said: bool | None = request.validate_cert
    return said is None or bool(said)


def _context(
    validate_cert: bool, ca_certs: str | None, client_cert: str | None, client_key: str | None
) -> ssl.SSLContext:
    with _naming("ca_certs", ca_certs):
        context = ssl.create_default_context(cafile=ca_certs)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not validate_cert:
        context.check_hostname = False  # first: CERT_NONE is refused while names are checked
        context.verify_mode = ssl.CERT_NONE
    if client_cert is not None:
        with _naming("client_cert", client_cert, client_key):
            # Without a passphrase of ours OpenSSL would ask at the terminal, and the loop wait.
            context.load_cert_chain(client_cert, client_key, password=b"")
    return context


@contextmanager
def _naming(option: str, *names: str | None) -> Iterator[None]:
    """Tell which files it was that could not be loaded, for OpenSSL does not."""
    files = [name for name in names if name is not None]
    try:
        yield
    except ssl.SSLError as error:
        shown = " with the key ".join(map(repr, files))
        raise CertificateFileError(f"{option} {shown} cannot be used: {error}") from error
    except OSError as error:
        # It is named where it is none of these but what SSLKEYLOGFILE says.
        if error.filename is None and files:
            error.filename = next(filter(_is_unreadable, files), files[0])
        raise


def _is_unreadable(file: str) -> bool:
    return Path(file).is_dir() or not os.access(file, os.R_OK)
