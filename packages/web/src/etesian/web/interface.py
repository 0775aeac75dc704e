"""What other packages may know of the web framework, and what it asks of them.

The Protocols say what ``web`` needs from a template engine and from a source of
locales. ``etesian-templates`` and ``etesian-i18n`` fit, and are found by
themselves where installed; so does anything else of the same shape.

Doors (the implementation loads when the name is first asked for):

``RequestHandler``
    The base of every handler; the WebSocket handler derives from it.
``Application``
    Routes, settings, and the delegate that an HTTP server calls.
``api``
    The package itself with all its public names. For the bridge and the
    command, which offer all of it again; nobody else uses this door.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from etesian import web as api
    from etesian.web.application import Application
    from etesian.web.handler import RequestHandler

__all__ = [
    "Application",
    "Finish",
    "HTTPError",
    "Locale",
    "MissingArgumentError",
    "RequestHandler",
    "Template",
    "TemplateLoader",
    "api",
]


class Template(Protocol):
    """A compiled template."""

    def generate(self, **namespace: object) -> bytes:
        """Give the rendered text, encoded in UTF-8."""
        ...


class TemplateLoader(Protocol):
    """Finds templates by name; a cache, if any, is its own affair."""

    def load(self, name: str) -> Template:
        """Give the template, or raise what tells a developer why not."""
        ...


class Locale(Protocol):
    """One language as its users write it; ``code`` is like ``pt_BR``."""

    code: str

    def translate(
        self, message: str, plural_message: str | None = None, count: int | None = None
    ) -> str:
        """Give the translation, or the message itself where there is none."""
        ...


class HTTPError(Exception):
    """Ends the request with an error page of this status.

    ``log_message`` (with ``%`` arguments) is for the log, not for the client;
    ``reason`` replaces the standard phrase of the status line.
    """

    def __init__(
        self,
        status_code: int = 500,
        log_message: str | None = None,
        *args: object,
        reason: str | None = None,
    ) -> None:
        super().__init__()
        self.status_code = status_code
        self.log_message = log_message
        self.args = args
        self.reason = reason

    def __copy__(self) -> HTTPError:
        # The default would pass ``args`` to a constructor that takes something else.
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        twin.args = self.args
        return twin

    def __str__(self) -> str:
        if self.log_message is None:
            return f"HTTP {self.status_code}"
        # A message without arguments may hold a percent sign.
        message = self.log_message % self.args if self.args else self.log_message
        return f"HTTP {self.status_code} ({message})"


class MissingArgumentError(HTTPError):
    """A required argument is absent: 400. ``arg_name`` is its name."""

    def __init__(self, arg_name: str) -> None:
        super().__init__(400, "Missing argument %s", arg_name)
        self.arg_name = arg_name


class Finish(Exception):  # noqa: N818 - a signal, not an error
    """Ends the request now, with what was written so far and no error page.

    The argument, if any, is the last chunk of the response.
    """


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = import_module("etesian.web")
    return package if name == "api" else getattr(package, name)
