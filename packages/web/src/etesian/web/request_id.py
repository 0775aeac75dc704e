"""What tells one request from all others in logs."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPServerRequest

__all__ = ["request_id_of"]

_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z._\-]{1,128}")


def request_id_of(request: HTTPServerRequest) -> str:
    """Give the header ``X-Request-Id`` where it is sensible, else a new identifier each time."""
    given = request.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else token_hex(8)
