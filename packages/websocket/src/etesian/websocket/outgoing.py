"""What an application may send, and what becomes of it."""

from __future__ import annotations

import json
from typing import TypeAlias

__all__ = ["Sendable", "as_control_data", "as_message"]

Sendable: TypeAlias = str | bytes | dict[str, object]


def as_message(message: Sendable, *, binary: bool) -> str | bytes:
    """Give text as ``str`` and binary as ``bytes``.

    A dict becomes JSON. With ``binary`` text is sent as the bytes of its UTF-8;
    without it bytes are sent as text, and ``UnicodeDecodeError`` is raised
    where they are not UTF-8. Anything else is a ``TypeError``.
    """
    if isinstance(message, dict):
        message = json.dumps(message)
    if isinstance(message, str):
        return message.encode() if binary else message
    if isinstance(message, bytes | bytearray | memoryview):
        data = bytes(message)
        return data if binary else data.decode()
    raise TypeError(f"a message is str, bytes or dict, got {type(message).__name__}")


def as_control_data(data: str | bytes) -> bytes:
    """Give the payload of a Ping; text is sent as UTF-8."""
    return data.encode() if isinstance(data, str) else bytes(data)
