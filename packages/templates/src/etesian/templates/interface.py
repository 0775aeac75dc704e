"""What other packages may know of templates.

``web`` states the loader that it needs (``etesian.web.interface.TemplateLoader``);
``Loader`` below satisfies it, and so does any object with the same method.

Doors (the implementation loads when the name is first asked for):

``Loader``
    ``Loader(root, autoescape=..., whitespace=..., namespace=...)`` loads
    templates from a folder; ``load(name).generate(**namespace)`` gives bytes.
``api``
    The package itself with all its public names. For the bridge and the
    command, which offer all of it again; nobody else uses this door.
"""

from __future__ import annotations

from importlib import import_module

# Type checkers take this for true. The real one is in typing, which takes longer to import than
# all else that happens here.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from etesian import templates as api
    from etesian.templates.loader import Loader

__all__ = ["Loader", "ParseError", "api"]


class ParseError(Exception):
    """A template cannot be compiled.

    ``filename`` is the template's name (``None`` for one made from a string)
    and ``lineno`` the line, counted from 1; the text names both.
    """

    def __init__(self, message: str, filename: str | None = None, lineno: int = 0) -> None:
        super().__init__(f"{message} at {filename or '<string>'}:{lineno}")
        self.message = message
        self.filename = filename
        self.lineno = lineno


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = import_module("etesian.templates")
    return package if name == "api" else getattr(package, name)
