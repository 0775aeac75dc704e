"""The HTTP client: requests, responses, and the pooled connections between them.

``main`` is the command behind ``python -m etesian.http_wire.client``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.http_wire.client.command import main

__all__ = ["main"]


def __getattr__(name: str) -> object:
    """Load the command when it is asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.command").main
