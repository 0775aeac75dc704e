"""A locale: one language as its users write it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from etesian.i18n.locale_code import normalized_code, with_fallbacks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from babel import Locale as CLDRLocale

log = logging.getLogger("etesian.general")

# Up to this age a weekday says without doubt which day is meant.
_WEEKDAY_AGE = timedelta(days=5)


class Locale:
    """Translates messages, and formats dates, numbers and lists.

    This base translates nothing: it gives every message as it is. Locales with
    a catalogue derive from it. An instance never changes, so that it may be
    shared by all requests.

    ``code`` is like ``pt_BR``.
    """

    def __init__(self, code: str) -> None:
        self.code = code

    @classmethod
    def get_closest(cls, *codes: str) -> Locale:
        """Give the closest supported locale, or the default one.

        Each code is tried in order: as it is, then without its territory, then
        without its script. Spelling does not matter (``pt-br`` is ``pt_BR``)
        and a code that is none is passed over.
        """
        from etesian.i18n import registry  # noqa: PLC0415  # which imports the locales

        return registry.shared.closest(*codes)

    @classmethod
    def get(cls, code: str) -> Locale:
        """Give the locale of exactly this code, the same object every time.

        Raises ``LookupError`` where it is not supported.
        """
        from etesian.i18n import registry  # noqa: PLC0415  # which imports the locales

        return registry.shared.locale(code)

    @property
    def name(self) -> str:
        """The name in its own language: ``Português (Brasil)``."""
        from etesian.i18n.locale_names import LOCALE_NAMES  # noqa: PLC0415  # loads CLDR

        names = LOCALE_NAMES.get(self.code)
        return names["name"] if names else "Unknown"

    @property
    def rtl(self) -> bool:
        """Whether it is written from right to left."""
        return self._cldr.text_direction == "rtl"

    def translate(
        self, message: str, plural_message: str | None = None, count: int | None = None
    ) -> str:
        """Give the translation of ``message``, or the message where there is none.

        With ``plural_message`` the ``count`` decides which of the two is meant:
        1 is the singular, everything else the plural. Raises ``ValueError`` for
        a plural without a count.
        """
        return message if is_singular(plural_message, count) else plural_message or message

    def pgettext(
        self,
        context: str,
        message: str,
        plural_message: str | None = None,
        count: int | None = None,
    ) -> str:
        """Translate a message whose meaning depends on ``context``.

        Only gettext catalogues know contexts; every other one warns and
        translates the message without.
        """
        log.warning("No contexts in the catalogue of %s: %r is ignored", self.code, context)
        return self.translate(message, plural_message, count)

    def format_date(
        self,
        date: datetime | float,
        gmt_offset: int = 0,
        relative: bool = True,
        shorter: bool = False,
        full_format: bool = False,
    ) -> str:
        """Give a moment as a person would name it now.

        ``date`` is a datetime (naive ones are UTC) or a timestamp, and
        ``gmt_offset`` the minutes that the reader's clock is behind UTC. A
        moment of the last day is ``3 hours ago``, one of the day before
        ``yesterday at 3:45 AM``, one of the last five days
        ``Monday at 3:45 AM`` and any other ``July 10, 1980 at 3:45 AM``. With
        ``shorter`` the time of day is left out. ``relative=False``,
        ``full_format`` and a date more than a minute ahead give the full date.
        """
        from etesian.i18n import dates  # noqa: PLC0415  # loads CLDR

        moment, now = dates.as_utc(date), datetime.now(UTC)
        local = dates.shifted(moment, gmt_offset)
        age = now - moment
        if relative and not full_format and age >= -dates.CLOCK_SKEW:
            if age < timedelta(days=1):
                return dates.elapsed(self._cldr, age)
            days = (dates.shifted(now, gmt_offset).date() - local.date()).days
            named = self._named_day(local, days) if age < _WEEKDAY_AGE else None
            if named is not None:
                return named if shorter else self._at(named, local)
        full = dates.long_date(self._cldr, local)
        return full if shorter else self._at(full, local)

    def _named_day(self, local: datetime, days: int) -> str:
        from etesian.i18n import dates  # noqa: PLC0415  # loads CLDR

        # CLDR's own word for it is not to be had from babel: where the catalogue has none, the
        # weekday says it as well.
        yesterday = self.translate("yesterday")
        if days == 1 and (yesterday != "yesterday" or self.code.startswith("en")):
            return yesterday
        return dates.weekday(self._cldr, local)

    def _at(self, day: str, local: datetime) -> str:
        """Join a day and a time of day as the catalogue does, else as CLDR does."""
        from etesian.i18n import dates  # noqa: PLC0415  # loads CLDR

        message = "%(day)s at %(time)s"
        time = dates.time_of_day(self._cldr, local)
        translated = self.translate(message)
        if translated == message and not self.code.startswith("en"):
            return str(self._cldr.datetime_formats["long"]).format(time, day)
        return translated % {"day": day, "time": time}

    def format_day(self, date: datetime | float, gmt_offset: int = 0, dow: bool = True) -> str:
        """Give ``Monday, January 22``, or without the weekday if ``dow`` is false.

        ``date`` and ``gmt_offset`` are those of :meth:`format_date`.
        """
        from etesian.i18n import dates  # noqa: PLC0415  # loads CLDR

        local = dates.shifted(dates.as_utc(date), gmt_offset)
        return dates.month_and_day(self._cldr, local, with_weekday=dow)

    def list(self, parts: Sequence[str]) -> str:
        """Give ``A, B, and C``, in the words and signs of the language."""
        from babel.lists import format_list  # noqa: PLC0415  # loads CLDR

        return format_list(parts, locale=self._cldr)

    def friendly_number(self, value: int) -> str:
        """Give ``1,234,567`` in English; elsewhere the digits alone."""
        return f"{value:,}" if self.code.startswith("en") else str(value)

    @cached_property
    def _cldr(self) -> CLDRLocale:
        """What CLDR knows of the code, or of the closest one it knows anything of."""
        from babel import Locale as CLDRLocale  # noqa: PLC0415  # takes longer than the rest
        from babel import UnknownLocaleError  # noqa: PLC0415

        for code in with_fallbacks(normalized_code(self.code) or "en"):
            try:
                return CLDRLocale.parse(code)
            except (UnknownLocaleError, ValueError):
                continue
        return CLDRLocale.parse("en")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.code}>"


def is_singular(plural_message: str | None, count: int | None) -> bool:
    """Tell which form is meant where the catalogue has no rule of its own.

    Raises ``ValueError`` for a plural without a count.
    """
    if plural_message is None:
        return True
    if count is None:
        raise ValueError("translate() with a plural_message needs a count")
    return count == 1
