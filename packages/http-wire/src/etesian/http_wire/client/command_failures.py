"""What the command says of a failure, and with which number it ends (those of curl)."""

from __future__ import annotations

import os
import socket
import ssl

from etesian.http_wire.client.errors import HTTPClientError, HTTPProxyError, HTTPTimeoutError
from etesian.http_wire.client.tls import CertificateFileError
from etesian.http_wire.interface import HTTPOutputError

__all__ = ["WriteError", "message_of", "status_of"]


class WriteError(Exception):
    """The output took no more; the cause tells why."""


# The first that fits counts.
_STATUSES: tuple[tuple[type[BaseException], int], ...] = (
    (WriteError, 23),
    (HTTPTimeoutError, 28),
    (HTTPProxyError, 5),
    (HTTPClientError, 56),
    (ssl.SSLCertVerificationError, 60),
    (CertificateFileError, 26),
    (ssl.SSLError, 35),
    (socket.gaierror, 6),
    (FileNotFoundError, 26),
    (IsADirectoryError, 26),
    (NotADirectoryError, 26),
    (PermissionError, 26),
    (HTTPOutputError, 26),
    (OSError, 7),
    (ImportError, 1),
    (ValueError, 3),
    (KeyError, 3),
)


def status_of(error: BaseException) -> int:
    """Give the exit status."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 1)


def message_of(error: BaseException) -> str:
    """Give one line."""
    if isinstance(error, KeyError):
        return str(error.args[0])
    if isinstance(error, ssl.SSLError):
        return _message_of_tls(error)
    if isinstance(error, socket.gaierror):
        return f"the name has no address: {error.strerror}"
    if isinstance(error, OSError) and error.errno is not None:
        undone = "connect" if error.filename is None else f"read {error.filename}"
        return f"cannot {undone}: {os.strerror(error.errno)}"
    return str(error) or type(error).__name__


def _message_of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, CertificateFileError):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate cannot be trusted: {error.verify_message}"
    return f"TLS failed: {(error.reason or str(error)).replace('_', ' ').lower()}"
