import re
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etesian.web import Application, RequestHandler
from etesian.web.__main__ import main
from etesian.web.routing.regex_lint import lint_regex
from etesian.web.routing.regex_reader import UnreadableRegexError, read_regex

DANGEROUS = [
    r"(a+)+",
    r"(a*)*",
    r"(.*?)*x",
    r"((?:ab)+)+",
    r"(a|a)*b",
    r"(?:a|b|ab)*c",
    r"(\w+\d+)*",
    r"([^/]+/?)+",
    r"(?:[a-z]+-?)+",
    r"(x{2,})*",
    r"(x{2,9})+y",
    r"(?:(?:a|b)|(?:b|c))*d",
    r"(?P<path>(?:\w+\.?)*)",
    r"/(\d+|\w+)*/",
]
HARMLESS = [
    r"/",
    r"/a/b\.html",
    r"/(\d+)",
    r"/(?P<year>\d{4})/(?P<month>\d\d)",
    r"(/\w+)*",
    r"/(?:\w+/)*x",
    r"/(.*)",
    r"/(.*)/(.*)",
    r"(?:a?)*",
    r"([a-z]|\d)*",
    r"[a-z]+(?:-[a-z]+)*",
    r"/([a-zA-Z0-9._-]+)@(?:[a-z]+\.)+[a-z]{2,}",
    r"(?P<a>[^/]+)(?:/(?P<b>.*))?$",
    r"(?=.*x)/[\]^-]+\x41\u00e9",
    r"(?i)/x(.*)",
    r"/{name}",
    r"a|b|",
]


@pytest.mark.spec("S182")
@pytest.mark.parametrize("pattern", DANGEROUS)
def test_what_takes_exponential_time_is_found(pattern):
    assert "exponential" in lint_regex(re.compile(pattern))


@pytest.mark.spec("S182")
@pytest.mark.parametrize("pattern", HARMLESS)
def test_usual_routes_are_fine(pattern):
    assert lint_regex(re.compile(pattern)) is None


def test_upper_and_lower_case_are_alike_where_case_is_ignored():
    assert lint_regex(re.compile(r"(?:a|A)*b")) is None
    assert lint_regex(re.compile(r"(?:a|A)*b", re.IGNORECASE)) is not None


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", r"(?P<a>x)(?P=a)", r"(a)(?(1)b|c)", "(?i:a)", "x" * 500]
)
def test_what_cannot_be_judged_is_said(pattern):
    assert "cannot be checked" in lint_regex(re.compile(pattern))


def test_the_judgement_itself_is_bounded():
    started = time.monotonic()
    lint_regex(re.compile("(?:" + "|".join(f"(?:.*{c})*" for c in "abcdefghijklmnop") + ")*"))
    assert time.monotonic() - started < 10


def _seconds(regex, text):
    started = time.process_time()
    regex.fullmatch(text)
    return time.process_time() - started


_ATOMS = st.sampled_from(["a", "b", "[ab]", ".", "(?:a|b)"])
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        inner.map(lambda one: f"(?:{one})*"),
        inner.map(lambda one: f"(?:{one})+"),
        inner.map(lambda one: f"(?:{one})?"),
    ),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(pattern=_PATTERNS, pump=st.text("ab", min_size=1, max_size=3))
def test_what_is_found_harmless_is_fast(pattern, pump):
    """No oracle but the engine: what passes must not explode on what it repeats."""
    regex = re.compile(pattern)
    if lint_regex(regex) is None:
        assert _seconds(regex, pump * 12 + "!") < 0.5


@given(pattern=_PATTERNS)
def test_every_such_pattern_is_read(pattern):
    try:
        automaton = read_regex(re.compile(pattern))
    except UnreadableRegexError:
        return
    assert all(automaton.characters)


class Hello(RequestHandler):
    def get(self, *_args):
        pass


ROUTES = [(r"/fine/(\d+)", Hello), (r"/deep/.*", [(r"/deep/(\w+\d*)+", Hello)])]


@pytest.mark.spec("S182")
def test_debug_mode_warns_of_dangerous_routes_and_production_does_not_look(caplog):
    Application(ROUTES, debug=True, autoreload=False)
    assert r"'/deep/(\\w+\\d*)+$' repeats what can match the same text in two ways" in caplog.text
    assert "fine" not in caplog.text
    caplog.clear()
    Application(ROUTES)
    assert caplog.text == ""


def test_patterns_of_hosts_are_looked_at_too():
    application = Application()
    application.add_handlers(r"(\w+\.?)+example", ROUTES[:1])
    ((pattern, problem),) = application.lint_routes()
    assert pattern.startswith(r"(\w+\.?)+")
    assert "exponential" in problem


@pytest.mark.spec("S182")
def test_the_command_lists_them(tmp_path, monkeypatch, capsys):
    (tmp_path / "checked.py").write_text(
        "from etesian.web import Application, RequestHandler\n"
        "fine = Application([('/a', RequestHandler)])\n"
        "bad = Application([('/(a+)+', RequestHandler)])\n"
        "def make(): return bad\n"
        "other = 1\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main(["check", "checked:fine"]) == 0
    assert capsys.readouterr().out == ""
    for target in ("checked:bad", "checked:make"):
        assert main(["check", target]) == 1
        assert capsys.readouterr().out.startswith("/(a+)+$: repeats")
    for target in ("checked:other", "checked:none"):
        with pytest.raises(SystemExit):
            main(["check", target])


def test_the_command_runs_as_a_module(tmp_path):
    (tmp_path / "shop.py").write_text(
        "from etesian.web import Application, RequestHandler\n"
        "application = Application([('/(a+)+', RequestHandler)])\n"
    )
    command = [sys.executable, "-m", "etesian.web", "check", "shop"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:6]) == (1, "/(a+)+")
    assert done.stderr == ""


@pytest.mark.spec("S182")
def test_a_literal_path_needs_no_regex():
    """What has no repetition is looked up in a table: any length of path costs the same."""
    application = Application([("/" + "a" * 100, Hello), ("/b", Hello)])
    assert [rule.matcher.pattern.literal for rule in application.wildcard_router.rules] == [
        "/" + "a" * 100,
        "/b",
    ]


@pytest.mark.spec("S182")
@pytest.mark.parametrize(
    ("pattern", "verdict"),
    [
        ("/" + "[a-z]?" * 300, None),
        ("/" + "/".join(["(.*)"] * 100), None),
        ("/(?:" + "|".join(f"word{number}" for number in range(60)) + ")*", "cannot be checked"),
        ("(?:" * 200 + "a" + ")" * 200, "cannot be checked"),
        (re.compile("( a + ) +", re.VERBOSE), "cannot be checked"),
    ],
    ids=["optional", "groups", "alternatives", "nested", "verbose"],
)
def test_long_patterns_are_judged_within_seconds_or_not_at_all(pattern, verdict):
    started = time.process_time()
    problem = lint_regex(re.compile(pattern))
    assert problem is None if verdict is None else verdict in problem
    assert time.process_time() - started < 5
