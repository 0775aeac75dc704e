import logging
import struct

import pytest

from etesian.i18n import LocaleRegistry

HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural={};\n"


def compiled(messages, plural="n != 1"):
    """Give a ``.mo`` file, as the manual of GNU gettext lays it out."""
    entries = sorted((key.encode(), value.encode()) for key, value in messages.items())
    entries.insert(0, (b"", HEADER.format(plural).encode()))
    tables, texts = ([], []), b""
    start = 28 + 16 * len(entries)
    for column in (0, 1):
        for entry in entries:
            tables[column].append(struct.pack("<II", len(entry[column]), start + len(texts)))
            texts += entry[column] + b"\0"
    head = struct.pack("<IIIIIII", 0x950412DE, 0, len(entries), 28, 28 + 8 * len(entries), 0, 0)
    return head + b"".join(tables[0] + tables[1]) + texts


@pytest.fixture
def load(tmp_path):
    """Give a function that loads a catalogue as German, beside a language without one."""

    def load(content, domain="shop"):
        (tmp_path / "fr" / "LC_MESSAGES").mkdir(parents=True)
        folder = tmp_path / "de_DE" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / f"{domain}.mo").write_bytes(content)
        registry = LocaleRegistry()
        registry.load_gettext(tmp_path, "shop")
        return registry

    return load


MESSAGES = {
    "yes": "ja",
    "club\0clubs": "Klub\0Klubs",
    "law\x04right": "Recht",
    "cards\x04club\0clubs": "Kreuz\0Kreuze",
}


@pytest.mark.spec("B-I18N-018", "B-I18N-020")
def test_messages_and_plurals_come_from_the_catalogue(load):
    locale = load(compiled(MESSAGES)).locale("de_DE")
    assert locale.translate("yes") == "ja"
    assert locale.translate("no") == "no"
    assert [locale.translate("club", "clubs", count) for count in (1, 2)] == ["Klub", "Klubs"]
    with pytest.raises(ValueError, match="needs a count"):
        locale.translate("club", "clubs")


@pytest.mark.spec("B-I18N-021", "B-I18N-022")
def test_a_context_chooses_the_meaning(load):
    locale = load(compiled(MESSAGES)).locale("de_DE")
    assert locale.pgettext("law", "right") == "Recht"
    assert locale.pgettext("direction", "right") == "right"
    assert [locale.pgettext("cards", "club", "clubs", count) for count in (1, 2)] == [
        "Kreuz",
        "Kreuze",
    ]


@pytest.mark.spec("B-I18N-019")
def test_a_language_without_a_catalogue_of_the_domain_is_skipped(load):
    assert load(compiled(MESSAGES)).supported == {"de_DE", "en_US"}


@pytest.mark.spec("B-I18N-019")
def test_a_catalogue_of_another_domain_is_not_loaded(load):
    assert load(compiled(MESSAGES), domain="blog").supported == {"en_US"}


@pytest.mark.spec("S200")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no catalogue",
        compiled(MESSAGES)[:60],
        compiled({"a": "b"}).replace(b"UTF-8", b"UTF-9"),
        compiled(MESSAGES, plural="__import__('os').getpid()"),
        compiled(MESSAGES, plural="(" * 2000),
    ],
    ids=["empty", "text", "cut short", "encoding", "plural rule with a call", "plural rule nested"],
)
def test_a_hostile_catalogue_is_logged_and_skipped(load, content, caplog):
    with caplog.at_level(logging.WARNING, "etesian.general"):
        registry = load(content)
    assert registry.supported == {"en_US"}
    assert "shop.mo" in caplog.text
    assert len(caplog.records) == 1


@pytest.mark.spec("S200")
def test_a_plural_rule_that_fails_leaves_messages_untranslated(load):
    locale = load(compiled(MESSAGES, plural="1/(n-5)")).locale("de_DE")
    assert locale.translate("club", "clubs", 5) == "clubs"
    assert locale.pgettext("cards", "club", "clubs", 5) == "clubs"
