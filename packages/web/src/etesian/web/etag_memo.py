"""The Etag of what a handler class wrote last: nobody hashes twice what did not change."""

from __future__ import annotations

import hashlib
from typing import Final

__all__ = ["EtagMemo"]

# Octets. A comparison of equal bodies costs a hundredth of their hash at every length, but what
# is kept is memory: of the usual pages one for each handler class, of downloads nothing.
_MAX_BODY: Final = 16 * 1024
# Classes. An application has hundreds at most, but for one that makes them as it runs.
_MAX_AUTHORS: Final = 1024


class EtagMemo:
    """Gives Etags of bodies, and remembers for each author the last body and its Etag."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[type, tuple[bytes, str]] = {}

    def etag(self, author: type, body: bytes) -> str:
        """Give the SHA-1 of ``body`` in quotes."""
        last = self._last.get(author)
        if last is not None and last[0] == body:
            return last[1]
        etag = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
        if len(body) <= _MAX_BODY:
            if len(self._last) >= _MAX_AUTHORS:
                self._last.clear()
            self._last[author] = (body, etag)
        return etag
