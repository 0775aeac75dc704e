import codecs
import logging

import pytest

from etesian.i18n import CSVLocale
from etesian.i18n.csv_locale import read_csv


@pytest.fixture
def catalogue(tmp_path):
    """Give a function that reads text, or bytes, as the file ``de.csv``."""

    def catalogue(content, encoding=None):
        path = tmp_path / "de.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CSVLocale("de", read_csv(path, encoding))

    return catalogue


@pytest.mark.spec("B-I18N-012")
def test_a_row_without_an_indicator_translates_the_plain_message(catalogue):
    locale = catalogue('"Sign in","Anmelden"\n"Out","Raus",\n"Up","Auf",unknown\n')
    assert locale.translate("Sign in") == "Anmelden"
    assert locale.translate("Out") == "Raus"
    assert locale.translate("Up") == "Auf"
    assert locale.translate("Sign up") == "Sign up"


@pytest.mark.spec("B-I18N-012", "B-I18N-010", "B-I18N-040")
def test_the_count_chooses_between_singular_and_plural_rows(catalogue):
    locale = catalogue(
        '"%(n)d room","%(n)d Raum","singular"\n"%(n)d rooms","%(n)d Räume","plural"\n'
    )
    texts = [
        locale.translate("%(n)d room", "%(n)d rooms", count) % {"n": count} for count in (0, 1, 2)
    ]
    assert texts == ["0 Räume", "1 Raum", "2 Räume"]


@pytest.mark.spec("B-I18N-012")
def test_one_message_may_have_both_forms(catalogue):
    locale = catalogue(
        '"%(x)s liked","A %(x)s les","plural"\n"%(x)s liked","A %(x)s le","singular"\n'
    )
    assert locale.translate("%(x)s liked", "%(x)s liked", 2) == "A %(x)s les"
    assert locale.translate("%(x)s liked", "%(x)s liked", 1) == "A %(x)s le"


@pytest.mark.spec("B-I18N-011")
def test_a_form_that_is_missing_falls_back_to_the_plain_row_and_then_to_the_message(catalogue):
    locale = catalogue('"room","Raum"\n')
    assert locale.translate("room", "rooms", 1) == "Raum"
    assert locale.translate("room", "rooms", 2) == "rooms"


@pytest.mark.spec("B-I18N-010")
def test_a_plural_without_a_count_is_refused(catalogue):
    with pytest.raises(ValueError, match="needs a count"):
        catalogue("").translate("room", "rooms")


@pytest.mark.spec("B-I18N-013", "S200")
@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('"a","b","dual"', "plural indicator 'dual'"),
        ('"a"', "1 columns, expected 2 or 3"),
        ('"a","b","plural","more"', "4 columns"),
        ('"a %(n)d","b %(m)d"', "placeholders differ"),
        ('"a","b %(n)s"', "placeholders differ"),
        ('"a %(n)d","b %(n)999999999d"', "placeholders differ"),
        ('"a %(n)f","b %(n).999999999f"', "placeholders differ"),
    ],
)
def test_a_row_of_another_form_is_logged_and_left_out(catalogue, caplog, row, complaint):
    with caplog.at_level(logging.WARNING, "etesian.general"):
        locale = catalogue(f'{row}\n"good","gut"\n')
    assert complaint in caplog.text
    assert "de.csv:1" in caplog.text
    assert len(caplog.records) == 1
    assert locale.translate("good") == "gut"
    assert locale.translate("a") == "a"


@pytest.mark.spec("S200")
def test_a_cell_beyond_the_readers_limit_ends_the_file_with_a_log_line(catalogue, caplog):
    with caplog.at_level(logging.WARNING, "etesian.general"):
        locale = catalogue('"good","gut"\n"' + "x" * 200_000 + '","y"\n')
    assert "field larger than field limit" in caplog.text
    assert locale.translate("good") == "gut"


@pytest.mark.spec("B-I18N-040")
def test_placeholders_may_move_and_change_their_form(catalogue):
    locale = catalogue('"%(a)s of %(b)d","%(b)03d: %(a)s, 100 %%"\n"only %(a)s","nur"\n')
    assert locale.translate("%(a)s of %(b)d") % {"a": "x", "b": 7} == "007: x, 100 %"
    assert locale.translate("only %(a)s") == "nur"


@pytest.mark.spec("B-I18N-014")
def test_blank_rows_are_skipped_and_values_stripped(catalogue, caplog):
    locale = catalogue('\n  \n" Yes "," Ja "\n,\n')
    assert locale.translate("Yes") == "Ja"
    assert not caplog.records


@pytest.mark.spec("B-I18N-017")
@pytest.mark.parametrize(
    "content",
    [
        '"yes","jà"'.encode(),
        codecs.BOM_UTF8 + '"yes","jà"'.encode(),
        '"yes","jà"'.encode("utf-16"),
        codecs.BOM_UTF16_BE + '"yes","jà"'.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16", "utf-16 big-endian"],
)
def test_the_byte_order_mark_tells_the_encoding(catalogue, content):
    assert catalogue(content).translate("yes") == "jà"


@pytest.mark.spec("B-I18N-017")
def test_a_stated_encoding_wins(catalogue):
    assert catalogue('"yes","jà"'.encode("latin-1"), "latin-1").translate("yes") == "jà"


def test_a_file_in_another_encoding_is_an_error(catalogue):
    with pytest.raises(UnicodeDecodeError):
        catalogue('"yes","jà"'.encode("latin-1"))


@pytest.mark.spec("B-I18N-023")
def test_a_context_is_ignored_with_a_warning(catalogue, caplog):
    assert catalogue('"right","richtig"').pgettext("law", "right") == "richtig"
    assert "'law' is ignored" in caplog.text
