"""The fast forms of the generated code against their plain twin, and all against Jinja2."""

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.templates import Template, xhtml_escape

# Statements that can follow each other in any order; the values come from the test.
PIECES = [
    "text & <b>'50%'</b> %s %(x)s",
    "{{ x }}",
    "{% raw y %}",
    "{{ x }}{% raw y %}{{ y }}",
    "{% for i in xs %}<{{ i }}{% raw i %}>{% end %}",
    "{% if x %}{{ x }}{% else %}%{% raw x %}{% end %}",
    "{% apply f %}%{{ x }}{% raw y %}{% end %}",
    "{% try %}{{ x }}{% raw y %}{{ 1 // 0 }}{% except %}[{{ x }}]{% end %}",
    "{% try %}{% raw y %}{{ x }}{% raw 1 // 0 %}{{ x }}{% except %}[{{ x }}]{% end %}",
    "{{ n() }}{% raw n() %}{{ n() }}{% module M(n()) %}{{ n() }}",
    "{% set x = y %}",
    # Text that could be mistaken for what the escape in C makes of quotes.
    "&#34;&#39;&quot;&#x27;#39;",
    "&",
    "&#3",
    "&#{{ x }}",
    "4;",
    "{% if x %}&#{% end %}34;{% raw '&' %}#39;",
    "{% raw '&#39;' %}{{ '&#39;' }}{% raw x %}",
    "{% apply f %}&#34;{{ y }}&{% end %}#34;",
]
VALUES = (
    st.text(alphabet="a%s(){}\0&<>\"'é#349;")
    | st.integers()
    | st.floats(allow_nan=False)
    | st.none()
)


class Modules:
    def M(self, number):  # noqa: N802 - modules are called like classes
        return f"<{number}%>"


def twin(text):
    """Not the function that has a fast form, and the same otherwise."""
    return xhtml_escape(text)


def namespace(x, y):
    numbers = iter(range(1000))
    return {
        "x": x,
        "y": y,
        "xs": [x, y, 1],
        "n": lambda: next(numbers),
        "f": lambda text: text * 2,
        "_tt_modules": Modules(),
    }


@pytest.mark.parametrize("use_c", [False, True], ids=["python", "c"])
@given(st.lists(st.sampled_from(PIECES), max_size=8), VALUES, VALUES)
def test_the_fast_forms_give_what_the_plain_one_gives(use_c, pieces, x, y):
    template = Template("".join(pieces), use_c=use_c)
    fast = template.generate(**namespace(x, y))
    plain = template.generate(**namespace(x, y), xhtml_escape=twin)
    assert fast == plain


@given(st.lists(st.sampled_from(PIECES[:7]), max_size=5), VALUES, VALUES)
async def test_the_streaming_form_gives_it_too(pieces, x, y):
    template = Template("".join(pieces))
    parts = [part async for part in template.generate_async(**namespace(x, y))]
    assert b"".join(parts) == template.generate(**namespace(x, y))


@given(st.lists(st.text(alphabet="\0&a<"), max_size=5))
def test_a_nul_in_a_value_moves_no_other(values):
    template = Template("{% for x in xs %}[{{ x }}]{% end %}", use_c=False)
    output = template.generate(xs=values).decode()
    assert output == "".join(f"[{xhtml_escape(x)}]" for x in values)


@pytest.mark.spec("S194")
def test_no_value_is_read_as_a_format():
    hostile = ["%s", "%(x)s", "%", "%%", "%1000000000d", "{0.__class__}", "{x}", "%n"]
    text = "%s {0} %%{% for x in xs %}{{ x }}{% raw x %}{% end %}"
    for use_c in (False, True):
        output = Template(text, use_c=use_c).generate(xs=hostile).decode()
        assert output == "%s {0} %%" + "".join(2 * x for x in hostile)


# Where the two languages agree: the text but for the words that close something.
SHARED = [
    "Hello {{ name }}, {{ number + 1 }} {{ items[0] }}",
    "{% for item in items %}<li>{{ loop_free }}{{ item }}</li>{% endfor %}",
    "{% if number > 3 %}big{% elif number %}small{% else %}none{% endif %}",
    "{% for a in items %}{% for b in a %}{% if a != b %}{{ b }}{% endif %}{% endfor %}{% endfor %}",
    "{# a comment #}{% set x = number * 2 %}{{ x }}{{ '<' }}",
    "{{ {'a': {'b': name}}['a']['b'] }} {{ [1, 2][1] }} {{ name.upper() }}",
]


@pytest.mark.parametrize("text", SHARED)
@pytest.mark.parametrize("number", [0, 1, 5])
def test_jinja_agrees_where_the_languages_do(text, number):
    values = {
        "name": '<O\'Neil & "Co">',
        "number": number,
        "items": ["a<", "b&", "3"],
        "loop_free": "",
    }
    theirs = jinja2.Environment(autoescape=True).from_string(text).render(**values)
    ours = (
        Template(text.replace("endfor", "end").replace("endif", "end")).generate(**values).decode()
    )
    # The same characters, by other references.
    assert ours == theirs.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
