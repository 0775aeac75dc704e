"""The opening handshake (RFC 6455, 4), both sides, without the sending.

A server gives what it got to :func:`parse_request`; a client makes its fields
with :func:`request_fields` and gives the answer to :func:`check_response`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from etesian.websocket.wire import deflate
from etesian.websocket.wire.errors import HandshakeError
from etesian.websocket.wire.header_grammar import (
    Extension,
    has_token,
    parse_extensions,
    parse_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "SUPPORTED_VERSION",
    "OpeningRequest",
    "OpeningResponse",
    "accept_key",
    "check_response",
    "is_same_origin",
    "new_key",
    "parse_request",
    "request_fields",
    "response_fields",
]

SUPPORTED_VERSION: Final = "13"

# 1.3: the text that no server adds by chance.
_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

# 16 bytes in base64 (4.1): 22 characters and the padding. The last character
# holds four bits that are no part of them; RFC 4648, 3.5 lets us ignore them.
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{22}==")

# RFC 6454, 6.1: one serialised origin. "null" and lists of origins do not match.
_ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^\x00-\x20\x7f-\uffff/?#@\\]+)")


class HeaderFields(Protocol):
    """What is asked of a header mapping; ``HTTPHeaders`` fits."""

    def get_list(self, name: str) -> list[str]:
        """Give all values of a field in the order of their lines."""
        ...


class OpeningRequest(NamedTuple):
    """A client's request that RFC 6455 allows."""

    key: str
    subprotocols: tuple[str, ...]
    extensions: tuple[Extension, ...]


class OpeningResponse(NamedTuple):
    """What the server chose, each ``None`` where it chose nothing."""

    subprotocol: str | None
    deflate: deflate.DeflateParameters | None


def accept_key(key: str) -> str:
    """Give the ``Sec-WebSocket-Accept`` that proves the key was read (4.2.2)."""
    # SHA-1 proves nothing about secrecy here, only that we speak WebSocket.
    digest = hashlib.sha1((key + _GUID).encode("ascii"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def new_key() -> str:
    """Give a fresh ``Sec-WebSocket-Key``: 16 random bytes (4.1)."""
    return base64.b64encode(os.urandom(16)).decode("ascii")


def parse_request(method: str, version: str, headers: HeaderFields) -> OpeningRequest:
    """Check a client's opening request (4.2.1).

    Raises :class:`HandshakeError`: 426 for a version other than 13, 400 for
    everything else that is missing, doubled or malformed.
    """
    if method != "GET" or version == "HTTP/1.0":
        raise HandshakeError("WebSocket needs a GET request of HTTP/1.1")
    if not has_token(headers.get_list("Upgrade"), "websocket"):
        raise HandshakeError('Can "Upgrade" only to "websocket"')
    if not has_token(headers.get_list("Connection"), "upgrade"):
        raise HandshakeError('"Connection" must hold "Upgrade"')
    if headers.get_list("Sec-WebSocket-Version") != [SUPPORTED_VERSION]:
        raise HandshakeError(f"Only WebSocket version {SUPPORTED_VERSION} is spoken here", 426)
    keys = headers.get_list("Sec-WebSocket-Key")
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise HandshakeError("Sec-WebSocket-Key must be 16 bytes in base64, once")
    return OpeningRequest(keys[0], _subprotocols(headers), tuple(_extensions(headers)))


def _subprotocols(headers: HeaderFields) -> tuple[str, ...]:
    """Read the offered subprotocols: tokens, each once (4.1, item 10)."""
    try:
        names = parse_tokens(headers.get_list("Sec-WebSocket-Protocol"))
    except ValueError:
        raise HandshakeError("Sec-WebSocket-Protocol is not a list of tokens") from None
    if len(set(names)) != len(names):
        raise HandshakeError("Sec-WebSocket-Protocol names a subprotocol twice")
    return tuple(names)


def _extensions(headers: HeaderFields) -> list[Extension]:
    try:
        return parse_extensions(headers.get_list("Sec-WebSocket-Extensions"))
    except ValueError:
        raise HandshakeError("Sec-WebSocket-Extensions is malformed") from None


def response_fields(request: OpeningRequest, chosen: OpeningResponse) -> list[tuple[str, str]]:
    """Give the header fields of the ``101`` (4.2.2)."""
    fields = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_key(request.key)),
    ]
    if chosen.subprotocol is not None:
        fields.append(("Sec-WebSocket-Protocol", chosen.subprotocol))
    if chosen.deflate is not None:
        fields.append(("Sec-WebSocket-Extensions", str(chosen.deflate)))
    return fields


def request_fields(
    key: str, subprotocols: Sequence[str], options: deflate.DeflateOptions | None
) -> list[tuple[str, str]]:
    """Give the header fields of a client's request, all but ``Host`` (4.1).

    Raises ``ValueError`` for a subprotocol that is not a token or stands twice.
    """
    fields = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", SUPPORTED_VERSION),
    ]
    if subprotocols:
        if parse_tokens(list(subprotocols)) != list(dict.fromkeys(subprotocols)):
            raise ValueError("subprotocols must be tokens, each once")
        fields.append(("Sec-WebSocket-Protocol", ", ".join(subprotocols)))
    if options is not None:
        fields.append(("Sec-WebSocket-Extensions", deflate.offer(options)))
    return fields


def check_response(
    headers: HeaderFields,
    *,
    key: str,
    subprotocols: Sequence[str],
    options: deflate.DeflateOptions | None,
) -> OpeningResponse:
    """Check the server's ``101`` against what was asked (4.1, second list).

    Raises :class:`HandshakeError` where the server did not answer this very
    request, or chose what was not offered.
    """
    if not has_token(headers.get_list("Upgrade"), "websocket"):
        raise HandshakeError("server did not upgrade to WebSocket")
    if not has_token(headers.get_list("Connection"), "upgrade"):
        raise HandshakeError("server did not upgrade the connection")
    accepts = headers.get_list("Sec-WebSocket-Accept")
    if len(accepts) != 1 or not hmac.compare_digest(accepts[0].encode(), accept_key(key).encode()):
        raise HandshakeError("server's Sec-WebSocket-Accept does not answer our key")
    chosen = headers.get_list("Sec-WebSocket-Protocol")
    if len(chosen) > 1 or any(name not in subprotocols for name in chosen):
        raise HandshakeError("server chose a subprotocol that was not offered")
    parameters = deflate.check_acceptance(_extensions(headers), options)
    return OpeningResponse(chosen[0] if chosen else None, parameters)


def is_same_origin(origin: str, host: str) -> bool:
    """Say whether ``origin`` names exactly ``host``, the port included.

    Letter case aside, the texts must be equal: a suffix, a prefix, ``null``, a
    list or anything that is not an origin gives ``False``.
    """
    match = _ORIGIN.fullmatch(origin)
    return match is not None and match[1].lower() == host.lower()
