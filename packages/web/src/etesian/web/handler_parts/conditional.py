"""Validators: the response's Etag, and the request's ``If-None-Match``."""

from __future__ import annotations

import re
from typing import Final

from etesian.web.handler_parts.headers import ResponseHead

__all__ = ["ConditionalRequests"]

# RFC 9110, 8.8.3, in octets of latin-1. No alternation inside the repetition: linear.
_ENTITY_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class ConditionalRequests(ResponseHead):
    """Answers 304 where the client has the same body already."""

    def compute_etag(self) -> str | None:
        """Give the Etag of what was written, in quotes; ``None`` for no Etag. Override it.

        It is a SHA-1 of the body: a checksum, no protection against forgery.
        """
        buffer = self._write_buffer
        if len(buffer) != 1:  # one piece from now on: it is sent as one anyhow
            buffer[:] = [b"".join(buffer)]
        return self.application.etags.etag(type(self), buffer[0])

    def set_etag_header(self) -> None:
        """Set the header from :meth:`compute_etag`."""
        etag = self.compute_etag()
        if etag is not None:
            self._headers.put("Etag", etag)

    def check_etag_header(self) -> bool:
        """Say whether the request names the response's Etag, so that 304 is the answer.

        The comparison is the weak one (RFC 9110, 8.8.3.2); ``*`` fits any Etag.
        """
        asked = self.request.headers.get("If-None-Match")
        if not asked:
            return False
        etag = self._headers.get("Etag", "").removeprefix("W/")
        if not etag:
            return False
        return asked.strip(" \t") == "*" or etag in _ENTITY_TAG.findall(asked)
