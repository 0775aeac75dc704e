import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.i18n import parse_accept_language
from etesian.i18n.accept_language import MAX_LANGUAGES


@pytest.mark.spec("B-I18N-037")
@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("de", ["de"]),
        ("en;q=0.5, de, fr;q=0.8", ["de", "fr", "en"]),
        ("en , de", ["en", "de"]),
        ("en; q=0.3 ,de;q=0.300", ["en", "de"]),
        ("en;q=0, de", ["de"]),
        ("en;q=0.000, de", ["de"]),
        ("en;q=high, de;q=0.1", ["de", "en"]),
        ("en;q=2, de;q=0.1", ["de", "en"]),
        ("en;q=-1, de;q=0.1", ["de", "en"]),
        ("en;q=1e0, de;q=0.1", ["de", "en"]),
        ("en;q=\u0661, de;q=0.1", ["de", "en"]),
        ("*, en", ["en"]),
        (",, ;q=1,", []),
        ("", []),
    ],
)
def test_languages_come_in_the_order_of_their_quality(header, languages):
    assert parse_accept_language(header) == languages


@pytest.mark.spec("S201")
def test_only_the_first_languages_of_many_are_looked_at():
    header = ",".join(f"l{number}" for number in range(10_000))
    assert parse_accept_language(header) == [f"l{number}" for number in range(MAX_LANGUAGES)]


@pytest.mark.spec("S201")
@given(st.text(alphabet="aZ,;=q01. \t*é\0", max_size=2000))
def test_no_header_is_an_error(header):
    assert len(parse_accept_language(header)) <= MAX_LANGUAGES
