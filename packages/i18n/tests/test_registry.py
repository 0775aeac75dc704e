import logging

import pytest

from etesian import i18n
from etesian.i18n import CSVLocale, Locale, LocaleRegistry, registry


@pytest.fixture
def registry_of(tmp_path):
    """Give a function that loads empty catalogues with these file names."""

    def registry_of(*names):
        for name in names:
            (tmp_path / name).write_text('"a","b"\n')
        registry = LocaleRegistry()
        registry.load_csv(tmp_path)
        return registry

    return registry_of


@pytest.fixture
def shared(monkeypatch):
    """Let a test change the shared locales without leaving a trace."""
    fresh = LocaleRegistry()
    monkeypatch.setattr(registry, "shared", fresh)
    return fresh


@pytest.mark.spec("B-I18N-001", "B-I18N-005", "B-I18N-006")
@pytest.mark.parametrize(
    ("codes", "found"),
    [
        (["pt_BR"], "pt_BR"),
        (["pt-br"], "pt_BR"),
        (["es_GT"], "es"),
        (["fr", "es_MX"], "es"),
        (["zh_Hant_TW"], "zh_Hant"),
        (["pt"], "en_US"),
        (["../../etc/passwd"], "en_US"),
        (["", "nonsense in here", "es"], "es"),
        ([], "en_US"),
    ],
)
def test_the_closest_supported_locale_is_found(registry_of, codes, found):
    assert registry_of("pt_BR.csv", "es.csv", "zh_Hant.csv").closest(*codes).code == found


@pytest.mark.spec("B-I18N-002", "B-I18N-003", "B-I18N-004")
def test_the_default_locale_is_supported_without_a_file_and_can_be_changed(registry_of):
    locales = registry_of("es.csv")
    assert locales.supported == {"es", "en_US"}
    locales.set_default("fr-fr")
    assert locales.supported == {"es", "fr_FR"}
    assert locales.closest("ja").code == "fr_FR"
    assert locales.locale("fr_FR").translate("a") == "a"


def test_what_is_no_code_cannot_be_the_default():
    with pytest.raises(ValueError, match="'English' is no locale code"):
        LocaleRegistry().set_default("English")


def test_the_default_locale_may_have_a_catalogue_too(registry_of):
    locales = registry_of("en_US.csv")
    assert locales.closest("ja").translate("a") == "b"
    assert locales.locale("en_US").translate("a") == "b"


@pytest.mark.spec("B-I18N-007")
def test_an_exact_code_that_is_not_supported_is_an_error_that_names_those_that_are(shared):
    with pytest.raises(LookupError, match=r"'xx' is not supported, only \['en_US'\]"):
        Locale.get("xx")


@pytest.mark.spec("B-I18N-008")
def test_a_code_gives_the_same_object_every_time(registry_of):
    locales = registry_of("es.csv")
    assert locales.locale("es") is locales.locale("es") is locales.closest("es_MX")
    assert locales.locale("en_US") is locales.locale("en_US")


@pytest.mark.spec("B-I18N-015", "S199")
def test_a_file_whose_name_is_no_code_is_logged_and_skipped(registry_of, caplog):
    with caplog.at_level(logging.WARNING, "etesian.general"):
        locales = registry_of("translations.csv", "es.csv", "notes.txt")
    assert locales.supported == {"es", "en_US"}
    assert "'translations' is no locale code" in caplog.text
    assert len(caplog.records) == 1


@pytest.mark.spec("B-I18N-016")
def test_a_language_that_nobody_ever_listed_is_as_good_as_any(registry_of):
    locale = registry_of("qaa_XX.csv").closest("qaa_XX")
    assert locale.code == "qaa_XX"
    assert locale.name == "Unknown"
    assert locale.format_day(0, dow=False) == "January 1"


@pytest.mark.spec("B-I18N-009")
def test_without_catalogues_a_message_is_its_own_translation(shared):
    assert i18n.get_locale("de").translate("Sign in") == "Sign in"
    assert i18n.get_locale("de").translate("cat", "cats", 2) == "cats"


def test_the_functions_work_on_the_shared_locales(shared, tmp_path):
    (tmp_path / "es.csv").write_text('"yes","sí"\n', encoding="utf-8")
    i18n.load_translations(tmp_path)
    assert i18n.get_supported_locales() == {"es", "en_US"}
    assert isinstance(i18n.get_locale("es_MX"), CSVLocale)
    assert Locale.get_closest("es") is Locale.get("es")
    i18n.load_gettext_translations(tmp_path, "shop")
    assert i18n.get_supported_locales() == {"en_US"}
    i18n.set_default_locale("de")
    assert i18n.get_supported_locales() == {"de"}


def test_a_folder_that_is_not_there_is_an_error(shared, tmp_path):
    with pytest.raises(FileNotFoundError):
        i18n.load_translations(tmp_path / "missing")
