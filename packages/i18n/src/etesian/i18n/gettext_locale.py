"""Translations from a compiled gettext catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.i18n.locale import Locale, is_singular

if TYPE_CHECKING:
    from gettext import NullTranslations

# A plural rule is a formula of the catalogue, and may divide by nothing for some counts.
_NO_ANSWER = (ArithmeticError, ValueError)


class GettextLocale(Locale):
    """A locale whose messages come from a ``.mo`` file.

    Plural forms are chosen by the rule of the catalogue, which may have more
    than two. For a count that the rule fails on, messages stay untranslated.
    """

    def __init__(self, code: str, translations: NullTranslations) -> None:
        super().__init__(code)
        self._translations = translations

    def translate(
        self, message: str, plural_message: str | None = None, count: int | None = None
    ) -> str:
        """Give the translation, as :meth:`Locale.translate` promises."""
        if plural_message is None:
            return self._translations.gettext(message)
        singular = is_singular(plural_message, count)  # refuses a plural without a count
        try:
            return self._translations.ngettext(message, plural_message, count or 0)
        except _NO_ANSWER:
            return message if singular else plural_message

    def pgettext(
        self,
        context: str,
        message: str,
        plural_message: str | None = None,
        count: int | None = None,
    ) -> str:
        """Give the translation that ``message`` has in ``context``, else the message."""
        if plural_message is None:
            return self._translations.pgettext(context, message)
        singular = is_singular(plural_message, count)  # refuses a plural without a count
        try:
            return self._translations.npgettext(context, message, plural_message, count or 0)
        except _NO_ANSWER:
            return message if singular else plural_message
