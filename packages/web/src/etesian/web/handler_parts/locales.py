"""The language of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.web.handler_parts.base import HandlerBase
from etesian.web.languages import browser_locale

if TYPE_CHECKING:
    from etesian.web.interface import Locale

__all__ = ["Locales"]


class Locales(HandlerBase):
    """The user's language, else that of the browser, else the default."""

    _locale: Locale | None = None

    @property
    def locale(self) -> Locale:
        """The locale of this request, found out once; can be assigned."""
        if self._locale is None:
            self._locale = self.get_user_locale() or self.get_browser_locale()
        return self._locale

    @locale.setter
    def locale(self, locale: Locale) -> None:
        self._locale = locale

    def get_user_locale(self) -> Locale | None:
        """Give the locale that the user chose, or ``None`` for that of the browser. Override it."""
        return None

    def get_browser_locale(self, default: str = "en_US") -> Locale:
        """Give the locale that fits ``Accept-Language`` best; ``default`` without the header."""
        return browser_locale(self.request.headers.get("Accept-Language"), default)
