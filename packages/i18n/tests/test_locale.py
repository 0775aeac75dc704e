from datetime import UTC, datetime, timedelta

import pytest

from etesian.i18n import CSVLocale, Locale
from etesian.i18n.locale_names import LOCALE_NAMES

NARROW_SPACE = "\u202f"  # what CLDR puts before AM


@pytest.fixture
def english():
    return Locale("en_US")


@pytest.fixture
def german():
    return CSVLocale(
        "de_DE", {"unknown": {"yesterday": "gestern", "%(day)s at %(time)s": "%(day)s um %(time)s"}}
    )


def ago(**parts):
    return datetime.now(UTC) - timedelta(**parts)


def readable(text):
    return text.replace(NARROW_SPACE, " ")


def test_a_locale_knows_its_name_and_direction(english):
    assert english.name == "English (United States)"
    assert Locale("de").name == "Deutsch"
    assert not english.rtl
    assert Locale("he_IL").rtl
    assert repr(english) == "<Locale en_US>"


def test_the_names_of_locales_are_a_mapping():
    assert LOCALE_NAMES["pt_BR"] == {
        "name_en": "Portuguese (Brazil)",
        "name": "Português (Brasil)",
    }
    assert "de" in LOCALE_NAMES
    assert "xx" not in LOCALE_NAMES
    assert len(list(LOCALE_NAMES)) == len(LOCALE_NAMES)


@pytest.mark.spec("B-I18N-024")
@pytest.mark.parametrize(
    ("age", "text"),
    [
        ({"seconds": 0}, "1 second ago"),
        ({"seconds": 42}, "42 seconds ago"),
        ({"seconds": 55}, "1 minute ago"),
        ({"minutes": 2}, "2 minutes ago"),
        ({"minutes": 55}, "1 hour ago"),
        ({"hours": 23, "minutes": 20}, "23 hours ago"),
    ],
)
def test_a_moment_of_the_last_day_is_told_by_its_age(english, age, text):
    assert english.format_date(ago(**age)) == text


@pytest.mark.spec("B-I18N-024", "B-I18N-027")
def test_a_moment_of_the_day_before_is_yesterday(english, german):
    moment = ago(hours=24, seconds=1)
    time = moment.strftime("%-I:%M %p")
    assert readable(english.format_date(moment)) == f"yesterday at {time}"
    assert english.format_date(moment, shorter=True) == "yesterday"
    assert german.format_date(moment) == f"gestern um {moment:%H:%M}"
    assert Locale("fr").format_date(moment, shorter=True) != "yesterday"


@pytest.mark.spec("B-I18N-024", "B-I18N-027")
def test_a_moment_of_the_last_days_is_told_by_its_weekday(english):
    moment = ago(days=3)
    time = moment.strftime("%-I:%M %p")
    assert readable(english.format_date(moment)) == f"{moment:%A} at {time}"
    assert english.format_date(moment, shorter=True) == f"{moment:%A}"


@pytest.mark.spec("B-I18N-024", "B-I18N-026", "B-I18N-027")
def test_an_older_moment_gets_its_full_date(english, german):
    moment = datetime(1980, 7, 10, 3, 45, tzinfo=UTC)
    assert readable(english.format_date(moment)) == "July 10, 1980 at 3:45 AM"
    assert english.format_date(moment, shorter=True) == "July 10, 1980"
    assert german.format_date(moment) == "10. Juli 1980 um 03:45"


@pytest.mark.spec("B-I18N-025", "B-I18N-026")
@pytest.mark.parametrize("options", [{"relative": False}, {"full_format": True}])
def test_the_full_date_can_be_asked_for(english, options):
    moment = ago(minutes=5)
    text = english.format_date(moment, **options)
    assert readable(text) == f"{moment:%B} {moment.day}, {moment.year} at {moment:%-I:%M %p}"


@pytest.mark.spec("B-I18N-028")
def test_a_clock_that_is_a_little_ahead_means_now_and_the_future_is_a_full_date(english):
    assert english.format_date(ago(seconds=-30)) == "1 second ago"
    moment = ago(days=-40)
    assert english.format_date(moment, shorter=True) == f"{moment:%B} {moment.day}, {moment.year}"


@pytest.mark.spec("B-I18N-029")
def test_a_timestamp_and_a_naive_datetime_are_utc(english):
    naive = datetime(1980, 7, 10, 3, 45)  # noqa: DTZ001
    stamp = naive.replace(tzinfo=UTC).timestamp()
    assert english.format_date(naive) == english.format_date(stamp)
    assert readable(english.format_date(stamp)) == "July 10, 1980 at 3:45 AM"


@pytest.mark.spec("B-I18N-030")
def test_the_offset_is_what_the_readers_clock_is_behind(english):
    moment = datetime(1980, 7, 10, 3, 45, tzinfo=UTC)
    assert readable(english.format_date(moment, gmt_offset=240)) == "July 9, 1980 at 11:45 PM"
    assert english.format_day(moment, gmt_offset=240) == "Wednesday, July 9"


@pytest.mark.spec("B-I18N-031")
def test_russian_gets_relative_dates_as_every_language_does():
    assert Locale("ru").format_date(ago(minutes=2)) == "2 минуты назад"


def test_a_language_without_a_catalogue_gets_dates_in_its_own_words():
    moment = datetime(1980, 7, 10, 3, 45, tzinfo=UTC)
    assert Locale("de").format_date(moment) == "10. Juli 1980, 03:45"


@pytest.mark.spec("B-I18N-032")
def test_a_day_is_told_by_weekday_month_and_number(english):
    moment = datetime(2024, 1, 22, tzinfo=UTC)
    assert english.format_day(moment) == "Monday, January 22"
    assert english.format_day(moment, dow=False) == "January 22"
    assert Locale("de").format_day(moment) == "Montag, 22. Januar"
    # Some versions of the CLDR have a space between the two, and some have none.
    assert Locale("zh_Hant_TW").format_day(moment).replace(" ", "") == "1月22日星期一"


@pytest.mark.spec("B-I18N-033")
def test_a_list_is_joined_as_the_language_does(english):
    assert english.list([]) == ""
    assert english.list(["A"]) == "A"
    assert english.list(["A", "B"]) == "A and B"
    assert english.list(["A", "B", "C"]) == "A, B, and C"
    assert Locale("de").list(["A", "B", "C"]) == "A, B und C"


@pytest.mark.spec("B-I18N-034")
def test_persian_has_a_comma_of_its_own():
    assert "\u060c" in Locale("fa").list(["A", "B", "C"])


@pytest.mark.spec("B-I18N-035")
def test_only_english_numbers_get_commas(english):
    assert english.friendly_number(1234567) == "1,234,567"
    assert Locale("de").friendly_number(1234567) == "1234567"
