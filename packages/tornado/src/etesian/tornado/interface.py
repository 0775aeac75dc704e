"""What other packages may know of the bridge.

Door: ``install``, which makes ``import tornado`` give the bridge's modules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.tornado.finder import install

__all__ = ["install"]


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("etesian.tornado"), name)
