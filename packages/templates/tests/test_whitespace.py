import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.templates import Template, filter_whitespace


@pytest.mark.spec("B-TPL-044")
@pytest.mark.parametrize(
    ("mode", "output"),
    [("all", " a \t b \r\n\n  c\f"), ("single", " a b\nc "), ("oneline", " a b c ")],
)
def test_each_mode_treats_runs_of_white_space(mode, output):
    assert filter_whitespace(mode, " a \t b \r\n\n  c\f") == output
    assert Template(" a \t b \r\n\n  c\f", whitespace=mode).generate() == output.encode()


@given(st.text(alphabet=" \t\n\r\f\vab\u00a0"))
def test_modes_are_what_they_say(text):
    single = filter_whitespace("single", text)
    assert single == re.sub(r"[ \t\n\r\f\v]+", lambda run: "\n" if "\n" in run[0] else " ", text)
    assert filter_whitespace("oneline", text) == single.replace("\n", " ")


@pytest.mark.spec("B-TPL-047")
def test_an_unknown_mode_is_an_error():
    with pytest.raises(ValueError, match="'nope'"):
        filter_whitespace("nope", "")


@pytest.mark.spec("B-TPL-045", "B-TPL-050")
@pytest.mark.parametrize(
    ("name", "output"),
    [("a.html", "a b\nc"), ("a.js", "a b\nc"), ("a.txt", "a  b\n\nc"), ("a", "a  b\n\nc")],
)
def test_the_mode_fits_the_name(name, output):
    assert Template("a  b\n\nc", name=name).generate() == output.encode()


@pytest.mark.spec("B-TPL-046")
def test_a_directive_holds_until_the_next_one():
    text = (
        "a  b{% whitespace oneline %}c \n d{% whitespace all %}e  f"
        "{% if 1 %}{% whitespace single %}{% end %}g  h"
    )
    assert Template(text).generate() == b"a  bc de  fg h"


@pytest.mark.spec("B-TPL-048")
def test_compress_whitespace_is_the_older_name():
    assert Template("a  b", compress_whitespace=True).generate() == b"a b"
    assert Template("a  b", name="x.html", compress_whitespace=False).generate() == b"a  b"
    with pytest.raises(ValueError, match="exclude"):
        Template("", whitespace="all", compress_whitespace=True)


def test_text_that_opens_a_pre_keeps_its_white_space():
    text = "a  b{{ x }}<pre>  c\n\n  d</pre>"
    assert Template(text, whitespace="oneline").generate(x=1) == b"a b1<pre>  c\n\n  d</pre>"


@pytest.mark.parametrize("mode", ["single", "oneline"])
@pytest.mark.parametrize("run", [" ", "\n", "\r", " \n", "\f\v", "\u00a0"])
def test_long_runs_take_linear_time(mode, run):
    start = time.perf_counter()
    filter_whitespace(mode, run * 1_000_000 + "x")
    assert time.perf_counter() - start < 5
