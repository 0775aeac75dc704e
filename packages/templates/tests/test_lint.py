import subprocess
import sys

import pytest

from etesian.templates.__main__ import main
from etesian.templates.lint import lint
from etesian.templates.origin import Origin
from etesian.templates.parser import parse


def findings(text, autoescape="xhtml_escape"):
    tree = parse(Origin("a.html", "a.html", text), autoescape=autoescape, whitespace="all")
    return [(finding.line, finding.message) for finding in lint(tree)]


@pytest.mark.spec("S192")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<script>let x = '{{ x }}'</script>", "a script"),
        ("<script>{% raw x %}</script>", "a script"),
        ("<SCRIPT type='module'>\n{{ json_encode(x) }}</SCRIPT>", "a script"),
        ("<script>a</scrip>{{ x }}</script>", "a script"),
        ("<style>a { color: {{ x }} }</style>", "a style sheet"),
        ("<a title={{ x }}>", "without quotes"),
        ("<a title=a{{ x }}b>", "without quotes"),
        ("<a title = {{ x }}>", "without quotes"),
        ("<a {{ x }}>", "in a tag"),
        ("<a {{ x }}='1'>", "in a tag"),
        ('<a onclick="f({{ x }})">', "onclick, a script"),
        ('<a style="width: {{ x }}px">', "in a style"),
        ('<a href="{{ x }}">', "use safe_url"),
        ("<a class=b HREF = '{{ x }}/y'>", "use safe_url"),
        ('<form action="{% if y %}{{ x }}{% end %}">', "use safe_url"),
        ("<p>{% raw x %}</p>", "not escaped"),
        ('<a title="{% raw x %}">', "not escaped"),
        ("{% raw escape(x) + y %}", "not escaped"),
        ("{% raw x.escape(y) %}", "not escaped"),
        ("<title><!-- </title>{% raw x %}", "not escaped"),
        ('<a href=" {{ x }}">', "use safe_url"),
        ('<a href="&#10;{{ x }}">', "use safe_url"),
        ('<a hr{# c #}ef="{{ x }}">', "use safe_url"),
        ('<a href="{% if y %}/x{% else %}{{ x }}{% end %}">', "use safe_url"),
        ('<a href="{% if y %}{{ safe_url(x) }}{% else %}{{ x }}{% end %}">', "use safe_url"),
        ('<a href="{% if y %}/x{% end %}{{ x }}">', "use safe_url"),
        ('<a href="{% for y in z %}/{{ y }}{% end %}{{ x }}">', "use safe_url"),
        ('<a href="{% try %}/x{% except E %}{{ x }}{% end %}">', "use safe_url"),
        ('<a href="{{ safe_url(x) or x }}">', "use safe_url"),
        ('<a href="{{ safe_url(x) if y else x }}">', "use safe_url"),
        ("<a href=\"{{ 'java' + safe_url(x) }}\">", "use safe_url"),
        ('<meta http-equiv="refresh" content="0; url={{ x }}">', "use safe_url"),
        ("<a href=\"javascript:f('{{ x }}')\">", "in the program"),
        ("<a href=\"Java\nScript:f('{{ safe_url(x) }}')\">", "in the program"),
        ('<a href="data:text/html,{{ x }}">', "in the program"),
        ('<iframe srcdoc="{{ x }}">', "escape it once more"),
        ("<script>let x = {% raw json_encode(x) + y %}</script>", "a script"),
        ("<script>let x = '{% raw js_string(x) %}'</script>", "brings its own"),
        ("<style>a::after { content: '{% raw css_string(x) %}' }</style>", "brings its own"),
        ("<a onclick=\"f('{{ js_string(x) }}')\">", "brings its own"),
        ('<a onclick="f({{ js_string(x) + y }})">', "onclick, a script"),
        ("<{{ x }}>", "in a tag"),
        ("</{{ x }}>", "in a tag"),
        ("<!--><script>{{ x }}</script>", "a script"),
        ("<!-- --!><script>{{ x }}</script>", "a script"),
        ("<textarea><!-- </textarea><script>{{ x }}</script>", "a script"),
    ],
)
def test_a_value_in_the_wrong_place_is_found(text, message):
    found = findings(f"<p>{{{{ fine }}}}</p>\n{text}")
    assert len(found) == 1
    assert message in found[0][1]
    assert found[0][0] == 2 + text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "{{ x }} <b>{{ x }}</b>",
        "<a title=\"{{ x }}\" alt='{{ x }}' class='a {{ x }} b'>",
        '<a href="/users/{{ x }}?q={{ url_escape(x) }}">',
        '<a href="{{ safe_url(x) }}">',
        '<img src="{{ static_url(x) }}">',
        "<script>let x = {% raw json_encode(x) %}, y = {% raw js_string(y) %};</script>{{ x }}",
        '<a onclick="f({{ json_encode(x) }}, {{ js_string(x) }}, {% raw js_string(x) %})">',
        "<style>a::after { content: {% raw css_string(x) %} }</style>",
        "<!-- <script> -->{{ x }}",
        "<!-- {{ x }} never closed {{ x }}",
        "<a {% if x %}title='a'{% end %} class=b>{{ x }}",
        "{% module xsrf_form_html() %}{% raw linkify(x) %}",
        "a < b {{ x }} <3 {{ x }}",
        "<a title='>'>{{ x }}</a><br/>{{ x }}",
        "<script></script>{{ x }}<style></style>{{ x }}",
        "<textarea>{{ x }}<script>{{ x }}</textarea>{{ x }}",
        "<!----><!-- - > -- > {{ x }} -->{{ x }}",
        "<div class={% if y %}'a'{% else %}'b'{% end %}>{{ x }}</div>",
        "{% if y %}<p class='{% else %}<p id='{% end %}{{ x }}'>{{ x }}</p>",
        "<a href=\"{{ safe_url(x) if x else '#' }}\">",
        '<a href="{{ x and handler.reverse_url(x) }}">',
        '<a href="{{ static_url(x) + y }}">',
        '<a href="{% if y %}http{% else %}https{% end %}://{{ x }}/{{ safe_url(x) }}">',
        '<img src="data:image/png;base64,{{ x }}">',
        '<meta name="description" content="{{ x }}">',
        '<iframe srcdoc="{{ escape(x) }}">',
        "{% raw escape(x) + '<br>' + linkify(y) %}",
        '<a onclick="{{ js_string(x) }}">',
    ],
)
def test_a_value_in_the_right_place_is_not(text):
    assert findings(text) == []


@pytest.mark.spec("S193", "S194")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ x.format(user) }}", "takes format from a value"),
        ("{{ names[0].format_map(user) }}", "takes format_map from a value"),
        ("{{ f(x.y().format(user)) }}", "takes format from a value"),
        ("{% set line = x.format(user) %}", "takes format from a value"),
        ("{% set a = 1; b = x.format(user) %}", "takes format from a value"),
        ("{% module Entry(x.format(user)) %}", "takes format from a value"),
        ("{{ str.format(x, user) }}", "takes format from a value"),
        ("{% raw Template(x).generate() %}", "calls Template of a value"),
        ("{{ templates.Template(x).generate() }}", "calls Template of a value"),
        ("{{ eval(x) }}", "calls eval of a value"),
        ("{% if 0 %}{% elif x.format(user) %}{% end %}", "takes format from a value"),
        ("{% for y in x.format(user) %}{% end %}", "takes format from a value"),
        ("{% while x.format(user) %}{% end %}", "takes format from a value"),
        ("{% try %}{% except f(x.format(user)) %}{% end %}", "takes format from a value"),
        ("{% apply x.format %}user{% end %}", "takes format from a value"),
        ("{% apply eval %}{{ x }}{% end %}", "calls eval of a value"),
    ],
)
def test_a_value_that_decides_what_is_read_is_found(text, message):
    assert message in " ".join(found for _, found in findings(f"\n{text}"))
    assert {line for line, _ in findings(f"\n{text}")} == {2}


@pytest.mark.parametrize(
    "text", ["{{ '{:>5}'.format(x) }}", "{{ format(x, '>5') }}", "{{ date.strftime(x) }}"]
)
def test_a_format_that_stands_in_the_template_is_not(text):
    assert findings(text) == []


def test_without_autoescape_every_value_is_found():
    assert len(findings("{{ x }}{{ escape(x) }}<a title='{{ y }}'>", autoescape=None)) == 2


def test_the_command_reports_and_fails(tmp_path, capsys):
    (tmp_path / "sub").mkdir()
    (tmp_path / "good.html").write_text("{% include 'sub/part.txt' %}{{ x }}")
    (tmp_path / "sub" / "part.txt").write_text("<script>{{ x }}</script>")
    assert main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    (tmp_path / "bad.html").write_text("\n<a href='{{ x }}'>")
    (tmp_path / "broken.html").write_text("\n\n{% if %}")
    # What a child has outside of blocks is in no page, but is Python all the same.
    (tmp_path / "child.html").write_text("{% extends good.html %}\n{{ 1 + }}")
    assert main(["check", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[:14] for line in lines] == ["bad.html:2: 'x", "broken.html:3:", "child.html:2: "]


def test_the_command_knows_html_by_any_of_its_names(tmp_path, capsys):
    names = ["a.HTML", "b.htm", "c.svg", "d.xhtml"]
    for name in [*names, "e.txt"]:
        (tmp_path / name).write_text("<a href={{ x }}>")
    assert main(["check", str(tmp_path)]) == 1
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == names


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_the_command_reports_a_file_that_no_loader_would_load(tmp_path, capsys):
    (tmp_path / "a:b.html").write_text("")
    (tmp_path / "c.html").write_text("{{ }}")
    assert main(["check", str(tmp_path)]) == 1
    one, two = capsys.readouterr().out.splitlines()
    assert one == "a:b.html:1: template name 'a:b.html' has a backslash, a colon or a NUL"
    assert two.startswith("c.html:1:")


def test_without_autoescape_the_command_says_more(tmp_path, capsys):
    (tmp_path / "a.html").write_text("{{ x }}")
    assert main(["check", str(tmp_path)]) == 0
    assert main(["check", "--autoescape", "None", str(tmp_path)]) == 1
    assert "not escaped" in capsys.readouterr().out


def test_the_command_is_a_module(tmp_path):
    command = [sys.executable, "-m", "etesian.templates", "check"]
    assert subprocess.run([*command, str(tmp_path)], check=False).returncode == 0
    missing = subprocess.run([*command, str(tmp_path / "nope")], check=False, capture_output=True)
    assert missing.returncode == 2
    assert b"no folder" in missing.stderr
