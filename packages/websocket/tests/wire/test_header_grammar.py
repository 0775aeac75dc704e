from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.websocket.wire.header_grammar import (
    Extension,
    has_token,
    parse_extensions,
    parse_tokens,
    split_list,
)

TOKENS = st.text("!#$%&'*+-.^_`|~09azAZ", min_size=1, max_size=8)


@given(elements=st.lists(TOKENS, max_size=10), cut=st.integers(0, 10))
def test_a_list_is_the_same_on_one_line_or_two(elements, cut):
    one = [" , ".join(elements)]
    two = [",".join(elements[:cut]), "\t,".join(elements[cut:])]
    assert parse_tokens(one) == parse_tokens(two) == elements


@pytest.mark.parametrize("value", ["a b", "a;b", "a=b", '"a"', "\xe4", "a\x00", "\xa0a", "a\x0bb"])
def test_what_is_no_token(value):
    with pytest.raises(ValueError, match="token"):
        parse_tokens([value])
    assert not has_token([f"{value}, upgrade"], "upgrade")


def test_tokens_are_found_in_any_case():
    assert has_token(["keep-alive, UPgrade"], "upgrade")
    assert not has_token(["upgraded"], "upgrade")
    assert not has_token([], "upgrade")


def test_extensions_and_their_parameters():
    assert parse_extensions(['a; b=1 ;c="two", d', "e"]) == [
        Extension("a", (("b", "1"), ("c", "two"))),
        Extension("d"),
        Extension("e"),
    ]


@pytest.mark.spec("S228")
@pytest.mark.parametrize("value", ["a;", ";a", "a; b=", "a; =b", 'a; b="', 'a; b="c,d"', "a b"])
def test_extensions_that_break_the_grammar(value):
    with pytest.raises(ValueError, match="extension"):
        parse_extensions([value])


def test_lists_are_bounded():
    assert len(split_list([",".join("a" * 32)])) == 32
    with pytest.raises(ValueError, match="more than 32"):
        split_list([",".join("a" * 33)])
    with pytest.raises(ValueError, match="more than 32"):
        split_list(["a"] * 33)


@pytest.mark.parametrize("value", ["," * 500_000, "a" * 500_000, ";" * 500_000, "a;b" * 200_000])
def test_hostile_values_take_no_time(value):
    started = time.process_time()
    for parse in (parse_tokens, parse_extensions):
        with contextlib.suppress(ValueError):
            parse([value])
    assert time.process_time() - started < 1
