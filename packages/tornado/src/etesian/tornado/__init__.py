"""The documented Tornado API, spoken by Etesian.

``install()`` makes ``import tornado`` give this package; its modules carry the
names of Tornado's. They hold no code of their own beyond adaptation: what they
offer is taken from the other Etesian packages when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.tornado.finder import install

__all__ = ["install", "version", "version_info"]

# The newest line of Tornado that the documents describe: programs ask which API they have.
version = "6.0"
version_info = (6, 0, 0, 0)


def __getattr__(name: str) -> object:
    """Load a module of the package, or ``install``, on first use (PEP 562).

    Programs say ``import tornado.web`` and then use ``tornado.gen``: with Tornado
    one module brings in the next, so they never had to name them all.
    """
    if name == "install":
        value: object = import_module("etesian.tornado.finder").install
    elif name.startswith("_") or find_spec(f"{__name__}.{name}") is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    else:
        value = import_module(f"{__name__}.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
