"""The names of locales, in English and in their own language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from babel import Locale as CLDRLocale
from babel.localedata import locale_identifiers


class LocaleNames(Mapping[str, Mapping[str, str]]):
    """``code -> {"name_en": ..., "name": ...}`` for every locale that CLDR knows.

    The names of a locale are read when they are asked for: all of them at once
    would take seconds.
    """

    def __getitem__(self, code: str) -> Mapping[str, str]:
        """Give both names; raises ``KeyError`` for a code that CLDR does not know."""
        if code not in _codes():
            raise KeyError(code)
        locale = CLDRLocale.parse(code)
        own = locale.display_name or code
        return {"name_en": locale.english_name or own, "name": own[:1].upper() + own[1:]}

    def __iter__(self) -> Iterator[str]:
        """Give the codes, in alphabetical order."""
        return iter(_codes())

    def __len__(self) -> int:
        """Give how many codes CLDR knows."""
        return len(_codes())


@cache
def _codes() -> dict[str, None]:
    return dict.fromkeys(sorted(locale_identifiers()))


LOCALE_NAMES = LocaleNames()
