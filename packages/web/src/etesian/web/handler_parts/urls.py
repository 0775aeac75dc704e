"""Paths of this application: of its routes, and of its static files."""

from __future__ import annotations

from typing import Any

from etesian.web.handler_parts.base import HandlerBase

__all__ = ["URLs"]


class URLs(HandlerBase):
    """Builds paths instead of writing them down."""

    def reverse_url(self, name: str, *args: object) -> str:
        """Give the path of a named route; see :meth:`Application.reverse_url`."""
        return self.application.reverse_url(name, *args)

    def static_url(self, path: str, include_host: bool | None = None, **kwargs: Any) -> str:
        """Give the path of a static file, with its version, so that browsers may keep it.

        ``include_version=False`` leaves the version out. ``include_host`` makes it
        an absolute URL; without it the attribute ``include_host`` of the handler
        decides, if it has one. Needs the setting ``static_path``.
        """
        self.require_setting("static_path", "static_url")
        handler_class = self.application.static_handler_class
        if include_host is None:
            include_host = getattr(self, "include_host", False)
        base = f"{self.request.protocol}://{self.request.host}" if include_host else ""
        return base + handler_class.make_static_url(self.settings, path, **kwargs)
