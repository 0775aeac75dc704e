"""The error page of the debug mode: where it failed, with the source, and the request.

For developers, on their own machine: it shows code, but no values of variables,
and it executes nothing.
"""

from __future__ import annotations

import linecache
import traceback
from html import escape
from typing import TYPE_CHECKING, Final

from etesian.web.masking import MASK, is_secret_name, masked_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.http_wire.interface import HTTPServerRequest

__all__ = ["debug_page"]

# Lines of source before and after the one that failed.
_CONTEXT: Final = 4
# Frames, counted from the innermost: a recursion has a thousand that are alike.
_MAX_FRAMES: Final = 50
_STYLE: Final = (
    "body{font:15px/1.5 sans-serif;margin:2em;max-width:70em}pre{background:#f4f4f4;padding:.7em;"
    "overflow:auto}mark{background:#fd6}td{padding-right:2em;vertical-align:top}"
)


def debug_page(request: HTTPServerRequest, status: str, error: BaseException) -> str:
    """Give an HTML page about ``error``; all of it is escaped, and secrets are masked."""
    title = escape(f"{status}: {type(error).__name__}")
    return (
        f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{title}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{escape(str(error))}</p>"
        f"{''.join(_frames(error))}"
        f"<h2>{escape(request.method or '')} {escape(masked_uri(request.uri))}</h2>"
        f"<table>{''.join(_headers(request))}</table></body></html>"
    )


def _frames(error: BaseException) -> Iterator[str]:
    """Give the calls, innermost last, each with the lines around the one that was running."""
    for frame in traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]:
        number = frame.lineno or 0
        yield f"<h3>{escape(frame.name)} <small>{escape(frame.filename)}:{number}</small></h3><pre>"
        for line_number in range(max(number - _CONTEXT, 1), number + _CONTEXT + 1):
            line = linecache.getline(frame.filename, line_number)
            shown = escape(f"{line_number:5} {line.rstrip()}")
            if line:
                yield f"<mark>{shown}</mark>\n" if line_number == number else f"{shown}\n"
        yield "</pre>"


def _headers(request: HTTPServerRequest) -> Iterator[str]:
    for name, value in request.headers.get_all():
        shown = MASK if is_secret_name(name) else value
        yield f"<tr><td>{escape(name)}</td><td>{escape(shown)}</td></tr>"
