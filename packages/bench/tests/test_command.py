from __future__ import annotations

from dataclasses import replace

import pytest

from etesian.bench.command import main
from etesian.bench.contender import Contender
from etesian.bench.suites import http, templates


@pytest.fixture
def suite_of(monkeypatch):
    """Put others in the place of the contenders of the suite ``http``."""

    def put(*contenders):
        monkeypatch.setattr(http, "SUITE", replace(http.SUITE, contenders=contenders))

    return put


@pytest.mark.parametrize(
    ("suite", "about", "unit"),
    [
        ("templates", "A page with inheritance", "page"),
        ("template_table", "A table of 1000 rows", "table"),
        ("template_tiny", "A line", "line"),
        ("template_compile", "Compiling a page", "compilation"),
    ],
)
def test_measures_templates(capsys, suite, about, unit):
    assert main([suite, "--seconds=0.05", "--rounds=1"]) == 0
    title, head, *rows = capsys.readouterr().out.strip().split("\n")
    assert title.startswith(about)
    assert head.split()[:2] == [f"{unit}/s", "spread"]
    assert "etesian" in {row.split()[0] for row in rows}


def test_names_the_peers_that_are_not_there(suite_of, capsys, contender):
    absent = Contender("absent", NotImplemented, ("there_is_no_such_module",))
    suite_of(contender("present"), absent)
    assert main(["http", "--seconds=0", "--rounds=1"]) == 0
    output = capsys.readouterr()
    assert "left out: absent, without there_is_no_such_module" in output.err
    assert "absent" not in output.out


def test_different_answers_are_one_line_and_status_1(suite_of, capsys, contender):
    suite_of(contender("a"), contender("b", b"other"))
    assert main(["http", "--rounds=1"]) == 1
    assert "b answers b'other'" in capsys.readouterr().err


def test_an_unknown_suite_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["htpp"])
    assert "invalid choice: 'htpp'" in capsys.readouterr().err


def test_the_template_of_etesian_says_what_it_is_asked_to():
    etesian = next(each for each in templates.SUITE.contenders if each.name == "etesian")
    with etesian.start() as running:
        page = running.answer().decode()
    assert page.count("<b>Item &lt;") == 25
    assert "<title>Prices &amp; offers</title>" in page
