import sys
import types

import pytest

from etesian.web import RequestHandler, languages


class Code(RequestHandler):
    def get(self):
        self.write(f"{self.locale.code} {self.locale.translate('one', 'many', 2)}")


@pytest.fixture
def without_i18n(monkeypatch):
    languages._i18n.cache_clear()
    for name in ("etesian.i18n", "etesian.i18n.interface"):
        monkeypatch.setitem(sys.modules, name, None)
    yield
    languages._i18n.cache_clear()


@pytest.mark.spec("B-WEB-227", "B-I18N-036")
async def test_without_i18n_there_is_one_locale_that_translates_nothing(serve, without_i18n):
    answer = await serve(Code).fetch("/", headers={"Accept-Language": "de"})
    assert answer.text == "en_US many"
    plain = languages.PlainLocale("x")
    assert plain.pgettext("context", "word") == plain.translate("word") == "word"
    assert plain.translate("one", "many", 1) == "one"


@pytest.mark.spec("B-I18N-036", "B-I18N-037", "B-WEB-227")
async def test_the_header_is_read_by_who_knows_the_languages(serve, monkeypatch):
    asked = []

    def get_locale(*codes):
        asked.append(codes)
        return languages.PlainLocale(codes[0])

    i18n = types.SimpleNamespace(
        get_locale=get_locale, parse_accept_language=lambda header: header.split(",")
    )
    monkeypatch.setattr(languages, "_i18n", lambda: i18n)
    site = serve(Code)
    assert (await site.fetch("/", headers={"Accept-Language": "de,fr"})).text == "de many"
    assert (await site.fetch("/")).text == "en_US many"
    assert asked == [("de", "fr"), ("en_US",)]


@pytest.mark.spec("B-I18N-037", "S201")
@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("de-DE;q=0.3, fr-FR;q=0.8", "fr_FR"),
        ("fr-FR;q=0, de-DE;q=0.1", "de_DE"),
        ("fr-FR;q=nonsense, de-DE", "de_DE"),
        ("x," * 10_000 + "de-DE", "en_US"),
        ("", "en_US"),
    ],
)
async def test_our_own_languages_are_found_by_themselves(serve, tmp_path, header, code):
    i18n = pytest.importorskip("etesian.i18n", reason="etesian-i18n is not installed")
    for name in ("de_DE", "fr_FR"):
        (tmp_path / f"{name}.csv").write_text('"hello","x"\n')
    i18n.load_translations(str(tmp_path))
    answer = await serve(Code).fetch("/", headers={"Accept-Language": header})
    assert answer.text.split()[0] == code
