"""``tornado.locale``: locales and translations."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "i18n": """
            get set_default_locale load_translations load_gettext_translations
            get_supported_locales Locale CSVLocale GettextLocale LOCALE_NAMES
        """,
    },
    renamed={"get": "get_locale"},
)
