"""The documented Tornado API, spoken by Etesian.

``install()`` makes ``import tornado`` give this package; its modules carry the
names of Tornado's. They hold no code of their own beyond adaptation: what they
offer is taken from the other Etesian packages when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.tornado.finder import install

__all__ = ["install", "version", "version_info"]

# The newest line of Tornado that the documents describe: programs ask which API they have.
version = "6.0"
version_info = (6, 0, 0, 0)


def __getattr__(name: str) -> object:
    """Load ``install`` on first use (PEP 562)."""
    if name != "install":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = import_module("etesian.tornado.finder").install
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
