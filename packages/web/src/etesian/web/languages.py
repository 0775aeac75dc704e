"""Locales: those of ``etesian-i18n`` where it is installed, else none that translates."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etesian.web.interface import Locale

__all__ = ["PlainLocale", "browser_locale"]


class PlainLocale:
    """A locale that gives every message as it is."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.name = code

    def translate(
        self, message: str, plural_message: str | None = None, count: int | None = None
    ) -> str:
        """Give ``message``, or ``plural_message`` where ``count`` is not 1."""
        if plural_message is None:
            return message
        return message if count == 1 else plural_message

    def pgettext(
        self,
        context: str,  # noqa: ARG002 - for those who can translate
        message: str,
        plural_message: str | None = None,
        count: int | None = None,
    ) -> str:
        """Give what :meth:`translate` gives: without a catalogue no word has two meanings."""
        return self.translate(message, plural_message, count)


def browser_locale(accept_language: str | None, default: str) -> Locale:
    """Give the supported locale that fits the header best.

    ``default`` is the code that counts where the header names none; where none fits
    it is the default locale of ``etesian-i18n``, without which there is no other.
    """
    i18n = _i18n()
    if i18n is None:
        return PlainLocale(default)
    codes = i18n.parse_accept_language(accept_language) if accept_language else ()
    locale: Locale = i18n.get_locale(*(codes or (default,)))
    return locale


@cache
def _i18n() -> Any:
    """Give the interface of ``etesian-i18n``, or ``None`` where it is not installed."""
    try:
        return import_module("etesian.i18n.interface")
    except ModuleNotFoundError as error:
        if error.name not in ("etesian.i18n", "etesian.i18n.interface"):
            raise
        return None
