"""``tornado.wsgi``: WSGI applications here, and applications of here under WSGI servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.tornado.lending import lend
from etesian.tornado.web import Application
from etesian.web.interface import api as web

if TYPE_CHECKING:
    from collections.abc import Iterable

__getattr__, __dir__ = lend(
    __name__, {"web": "WSGIContainer WSGIAdapter"}, own="WSGIApplication to_wsgi_str"
)


class WSGIApplication(Application):
    """An application that a WSGI server calls; handlers must answer without waiting."""

    def __call__(  # type: ignore[override] # called by a WSGI server, not with a request
        self, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        """Answer one request of the WSGI server."""
        answer: Iterable[bytes] = web.WSGIAdapter(self)(environ, start_response)
        return answer


def to_wsgi_str(s: bytes) -> str:
    """Give bytes as WSGI wants them: a text of one character for each."""
    return s.decode("latin-1")
