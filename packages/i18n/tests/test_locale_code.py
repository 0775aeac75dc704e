import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.i18n.locale_code import normalized_code, with_fallbacks


@pytest.mark.spec("B-I18N-006")
@pytest.mark.parametrize(
    ("spelt", "code"),
    [
        ("en_US", "en_US"),
        ("en-us", "en_US"),
        ("EN_us", "en_US"),
        ("de", "de"),
        ("zh-hant-tw", "zh_Hant_TW"),
        ("es-419", "es_419"),
    ],
)
def test_separator_and_case_do_not_matter(spelt, code):
    assert normalized_code(spelt) == code


@pytest.mark.spec("S199")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "e",
        "../en",
        "en/US",
        "en_US.csv",
        "en\0",
        "en_US\n",
        "e\u0301n",
        "en__US",
        "english",
        "en_USA",
    ],
)
def test_what_is_not_of_the_form_is_no_code(text):
    assert normalized_code(text) is None


@pytest.mark.spec("S199")
@given(st.text())
def test_a_code_can_name_nothing_but_itself(text):
    code = normalized_code(text)
    assert code is None or code.replace("_", "").isalnum()


def test_the_fallbacks_leave_out_one_part_after_the_other():
    assert with_fallbacks("zh_Hant_TW") == ["zh_Hant_TW", "zh_Hant", "zh"]
