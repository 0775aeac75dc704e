"""Credentials as the Basic scheme encodes them (RFC 7617)."""

from __future__ import annotations

import unicodedata


def encode_username_password(username: str | bytes, password: str | bytes) -> bytes:
    """Give ``username:password`` as the bytes to be put in base64.

    Text is normalised to NFC and encoded in UTF-8; bytes are taken as they are.
    """
    return _octets(username) + b":" + _octets(password)


def _octets(part: str | bytes) -> bytes:
    if isinstance(part, bytes):
        return part
    return unicodedata.normalize("NFC", part).encode("utf-8")
