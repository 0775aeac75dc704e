"""Which locales a program supports: the loaded catalogues, and the default."""

from __future__ import annotations

import gettext
import logging
import struct
from pathlib import Path

from etesian.i18n.csv_locale import CSVLocale, read_csv
from etesian.i18n.gettext_locale import GettextLocale
from etesian.i18n.locale import Locale
from etesian.i18n.locale_code import normalized_code, with_fallbacks

log = logging.getLogger("etesian.general")

DEFAULT_CODE = "en_US"


class LocaleRegistry:
    """The locales of one program.

    The module's functions work on one that is shared, which is what most
    programs want; a program with several sets of catalogues makes its own.
    Loading replaces what was loaded before, at once for every reader.
    """

    def __init__(self) -> None:
        self._default = Locale(DEFAULT_CODE)
        self._locales: dict[str, Locale] = {}

    @property
    def supported(self) -> frozenset[str]:
        """The codes of the loaded locales, and the default one."""
        return frozenset((*self._locales, self._default.code))

    def set_default(self, code: str) -> None:
        """Name the language of the messages themselves, which needs no catalogue.

        Raises ``ValueError`` for what is no locale code.
        """
        normal = normalized_code(code)
        if normal is None:
            raise ValueError(f"{code!r} is no locale code, such as 'en_US'")
        self._default = Locale(normal)

    def closest(self, *codes: str) -> Locale:
        """Give the closest supported locale, or the default one; see ``Locale.get_closest``."""
        for code in codes:
            normal = normalized_code(code)
            for candidate in with_fallbacks(normal) if normal else ():
                if candidate in self._locales:
                    return self._locales[candidate]
                if candidate == self._default.code:
                    return self._default
        return self._locales.get(self._default.code, self._default)

    def locale(self, code: str) -> Locale:
        """Give the locale of exactly this code; see ``Locale.get``."""
        if code in self._locales:
            return self._locales[code]
        if code == self._default.code:
            return self._default
        raise LookupError(f"locale {code!r} is not supported, only {sorted(self.supported)}")

    def load_csv(self, directory: str | Path, encoding: str | None = None) -> None:
        """Load ``LOCALE.csv`` files; see :func:`load_translations`."""
        locales: dict[str, Locale] = {}
        for path in sorted(Path(directory).iterdir()):
            if path.suffix != ".csv":
                continue
            code = normalized_code(path.stem)
            if code is None:
                log.warning("%s: %r is no locale code; the file is ignored", path, path.stem)
                continue
            locales[code] = CSVLocale(code, read_csv(path, encoding))
        self._locales = locales

    def load_gettext(self, directory: str | Path, domain: str) -> None:
        """Load compiled gettext catalogues; see :func:`load_gettext_translations`."""
        locales: dict[str, Locale] = {}
        for path in sorted(Path(directory).iterdir()):
            code = normalized_code(path.name)
            catalogue = path / "LC_MESSAGES" / f"{domain}.mo"
            if code is None or not catalogue.is_file():
                continue
            try:
                with catalogue.open("rb") as file:
                    locales[code] = GettextLocale(code, gettext.GNUTranslations(file))
            # What struct, the decoder and the compiler of the plural rule raise for a file that
            # is damaged or hostile.
            except (OSError, ValueError, LookupError, struct.error) as error:
                log.warning("%s: %s; the catalogue is ignored", catalogue, error)
        self._locales = locales


shared = LocaleRegistry()


def load_translations(directory: str | Path, encoding: str | None = None) -> None:
    """Support the locales that have a ``LOCALE.csv`` in ``directory``.

    See :func:`etesian.i18n.csv_locale.read_csv` for the format. A file whose
    name is no locale code is logged and skipped.
    """
    shared.load_csv(directory, encoding)


def load_gettext_translations(directory: str | Path, domain: str) -> None:
    """Support the locales that have a ``LOCALE/LC_MESSAGES/DOMAIN.mo`` in ``directory``.

    A language without a catalogue of that domain is skipped, and one whose
    catalogue cannot be read is logged and skipped.
    """
    shared.load_gettext(directory, domain)


def set_default_locale(code: str) -> None:
    """Name the language in which the program's own messages are written.

    It is always supported and is what remains where nothing fits. Raises
    ``ValueError`` for what is no locale code.
    """
    shared.set_default(code)


def get_supported_locales() -> frozenset[str]:
    """Give the codes of all locales that :func:`get_locale` can give."""
    return shared.supported


def get_locale(*codes: str) -> Locale:
    """Give the closest supported locale of the codes, in order of preference.

    Each is tried as it is, then without its territory, then without its
    script. What fits none gets the default locale; nothing raises.
    """
    return shared.closest(*codes)
