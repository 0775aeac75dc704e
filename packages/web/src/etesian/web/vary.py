"""The ``Vary`` header (RFC 9110, 12.5.5): what of a request a response depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPHeaders

__all__ = ["vary_by"]


def vary_by(headers: HTTPHeaders, name: str) -> None:
    """Say to caches that another value of this header gets another response.

    It is added to what ``Vary`` says already.
    """
    present = headers.get("Vary")
    if not present:
        headers["Vary"] = name
        return
    named = {each.strip(" \t").lower() for each in present.split(",")}
    if not named & {"*", name.lower()}:
        headers["Vary"] = f"{present}, {name}"
