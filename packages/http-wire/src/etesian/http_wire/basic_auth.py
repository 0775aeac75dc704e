"""User names and passwords as HTTP sends them, and the Basic scheme (RFC 7617)."""

from __future__ import annotations

import unicodedata
from base64 import b64encode

__all__ = ["basic_credentials", "credential_octets", "encode_username_password"]


def basic_credentials(username: str, password: str) -> str:
    """Give the value of ``Authorization`` or ``Proxy-Authorization``.

    Raises ``ValueError`` for a colon in the name: it would move into the
    password.
    """
    if ":" in username:
        raise ValueError("a user name with a colon cannot be sent by basic authentication")
    return f"Basic {b64encode(encode_username_password(username, password)).decode('ascii')}"


def encode_username_password(username: str | bytes, password: str | bytes) -> bytes:
    """Give ``username:password`` as the bytes to be put in base64.

    Both parts as :func:`credential_octets` gives them.
    """
    return credential_octets(username) + b":" + credential_octets(password)


def credential_octets(part: str | bytes) -> bytes:
    """Give a user name or a password as it is sent, also by the Digest scheme (RFC 7616, 4).

    Text is normalised to NFC and encoded in UTF-8; bytes are taken as they are,
    and so are those that stand in text as lone surrogates (PEP 383).
    """
    if isinstance(part, bytes):
        return part
    return unicodedata.normalize("NFC", part).encode("utf-8", "surrogateescape")
