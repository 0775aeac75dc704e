"""What other packages may know of locales.

``web`` states the locale that it needs (``etesian.web.interface.Locale``); what
``get_locale`` gives satisfies it, and so does any object with the same methods.

Doors (the implementation loads when the name is first asked for):

``get_locale``
    ``get_locale(*codes)`` gives the closest supported locale of the codes in
    order of preference, or the default one. It never fails.
``parse_accept_language``
    ``parse_accept_language(header)`` gives the languages that the value of an
    ``Accept-Language`` header asks for, the dearest first. It never fails.
``api``
    The package itself with all its public names. For the bridge and the
    command, which offer all of it again; nobody else uses this door.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian import i18n as api
    from etesian.i18n.accept_language import parse_accept_language
    from etesian.i18n.registry import get_locale

__all__ = ["api", "get_locale", "parse_accept_language"]


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = import_module("etesian.i18n")
    return package if name == "api" else getattr(package, name)
