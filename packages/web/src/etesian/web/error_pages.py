"""What a client is shown instead of the page that failed."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPServerRequest

__all__ = ["html_page", "is_from_loopback", "problem_document", "wants_problem_document"]

_LOOPBACK: Final = ("127.", "::ffff:127.")
# Where one of these is present, the address that we see is that of a proxy.
_PROXY_HEADERS: Final = (
    "Forwarded",
    "Via",
    "X-Client-Ip",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-Ip",
)
# Characters of Accept that are looked at: what browsers and programs send has a tenth of it.
_MAX_ACCEPT: Final = 1024


def html_page(status_code: int, reason: str) -> str:
    """Give a page of one line."""
    line = f"{status_code}: {escape(reason)}"
    return f"<html><title>{line}</title><body>{line}</body></html>"


def problem_document(status_code: int, reason: str) -> str:
    """Give a problem document (RFC 9457) that says no more than the status line."""
    return json.dumps({"type": "about:blank", "title": reason, "status": status_code})


def wants_problem_document(request: HTTPServerRequest) -> bool:
    """Say whether the client is a program: it asks for JSON, and not for HTML."""
    accept = request.headers.get("Accept", "")[:_MAX_ACCEPT].lower()
    types = {option.partition(";")[0].strip(" \t") for option in accept.split(",")}
    if "application/problem+json" in types:
        return True
    return "application/json" in types and "text/html" not in types


def is_from_loopback(request: HTTPServerRequest) -> bool:
    """Say whether the request was made on this machine, and by no proxy for somebody else."""
    if any(name in request.headers for name in _PROXY_HEADERS):
        return False
    address = request.remote_ip or ""
    return address == "::1" or address.startswith(_LOOPBACK)
