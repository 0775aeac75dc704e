"""Sending the client elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from etesian.web.handler_parts.response import Response
from etesian.web.output_grammar import has_control

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["Redirects"]

# Everything printable of ASCII but the space: only what no URL may hold is encoded.
_KEPT: Final = "".join(map(chr, range(0x21, 0x7F)))


class Redirects(Response):
    """The 3xx responses."""

    def redirect(
        self, url: str | bytes, permanent: bool = False, status: int | None = None
    ) -> Awaitable[None]:
        """Finish with a redirect to ``url``, which is sent as given.

        The status is 302, 301 where ``permanent``, or ``status``. Characters outside
        ASCII and spaces are percent-encoded. There is no body: nothing of the URL is
        echoed.

        Raises ``RuntimeError`` where the headers were sent already, ``ValueError``
        for control characters in the URL and for a status that is no 3xx.
        """
        if self._headers_written:
            raise RuntimeError("cannot redirect: the headers were sent already")
        text = url.decode() if isinstance(url, bytes) else url
        if has_control(text):
            raise ValueError(f"control character in the URL of a redirect: {text[:80]!r}")
        code = (301 if permanent else 302) if status is None else int(status)
        if not 300 <= code <= 399:
            raise ValueError(f"a redirect has a 3xx status, got {code}")
        self.set_status(code)
        self.set_header("Location", quote(text, safe=_KEPT))
        return self.finish()
