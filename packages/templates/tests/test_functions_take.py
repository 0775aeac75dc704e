"""Functions that templates name, where they were written for bytes."""

from __future__ import annotations

import pytest

from etesian.templates import DictLoader, Template


@pytest.fixture
def seen(monkeypatch):
    """Let functions take bytes; collect what they are handed."""
    monkeypatch.setattr(Template, "functions_take", bytes)
    return []


@pytest.fixture
def shout(seen):
    def shout(output):
        seen.append(output)
        return output.decode("utf-8").upper()

    return shout


def test_a_function_that_is_applied(seen, shout):
    template = Template("{% apply shout %}é{{ x }}{% end %}!")
    assert template.generate(shout=shout, x="<") == "É&LT;!".encode()
    assert seen == ["é&lt;".encode()]


def test_a_function_that_escapes(seen, shout):
    template = Template("{{ x }} {{ 5 }} {{ y }} {% raw x %}", autoescape="shout")
    assert template.generate(shout=shout, x="é", y=b"y") == "É 5 Y é".encode()
    assert seen == ["é".encode(), b"5", b"y"]


@pytest.mark.parametrize("function", ["escape", "squeeze", "url_escape", "json_encode", "linkify"])
def test_those_that_every_template_has_are_as_ever(seen, function, monkeypatch):
    text = "{% apply " + function + " %}a  <é>{% end %}{{ x }}"
    template = Template(text, autoescape=function)
    before = template.generate(x="<b  é>")
    monkeypatch.setattr(Template, "functions_take", str)
    assert Template(text, autoescape=function).generate(x="<b  é>") == before


def test_functions_inside_others_and_in_files(seen, shout):
    loader = DictLoader(
        {
            "a.html": "{% apply shout %}{% include 'b.html' %}{% end %}",
            "b.html": "{% apply lambda b: b + b'.' %}b{% end %}",
        }
    )
    assert loader.load("a.html").generate(shout=shout) == b"B."
    assert seen == [b"b."]


async def test_while_the_template_awaits(seen, shout):
    async def later():
        return "é"

    template = Template("{% apply shout %}{{ await later() }}{% end %}")
    parts = [part async for part in template.generate_async(shout=shout, later=later)]
    assert b"".join(parts) == "É".encode()
