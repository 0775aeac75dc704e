"""Locales: translated messages, and dates, numbers and lists as their readers write them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.i18n.accept_language import parse_accept_language
    from etesian.i18n.csv_locale import CSVLocale
    from etesian.i18n.gettext_locale import GettextLocale
    from etesian.i18n.locale import Locale
    from etesian.i18n.locale_names import LOCALE_NAMES
    from etesian.i18n.registry import (
        LocaleRegistry,
        get_locale,
        get_supported_locales,
        load_gettext_translations,
        load_translations,
        set_default_locale,
    )

__all__ = [
    "LOCALE_NAMES",
    "CSVLocale",
    "GettextLocale",
    "Locale",
    "LocaleRegistry",
    "get_locale",
    "get_supported_locales",
    "load_gettext_translations",
    "load_translations",
    "parse_accept_language",
    "set_default_locale",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562).
_HOMES = {
    "LOCALE_NAMES": "locale_names",
    "CSVLocale": "csv_locale",
    "GettextLocale": "gettext_locale",
    "Locale": "locale",
    "LocaleRegistry": "registry",
    "get_locale": "registry",
    "get_supported_locales": "registry",
    "load_gettext_translations": "registry",
    "load_translations": "registry",
    "parse_accept_language": "accept_language",
    "set_default_locale": "registry",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
