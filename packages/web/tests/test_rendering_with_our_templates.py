"""Our own template engine, found by itself where it is installed."""

import sys

import pytest

from etesian.web import RequestHandler


@pytest.fixture
def engine():
    return pytest.importorskip("etesian.templates", reason="etesian-templates is not installed")


class Page(RequestHandler):
    def get(self):
        self.render("page.html", name="<ada>")


async def test_templates_are_found_in_the_template_path(serve, engine, tmp_path):
    (tmp_path / "page.html").write_text(
        "{{ name }} {{ handler.get_status() }} {{ json_encode([1]) }}"
    )
    assert (await serve(Page, template_path=str(tmp_path)).fetch("/")).text == "&lt;ada&gt; 200 [1]"


async def test_the_settings_of_templates_are_heard(serve, engine, tmp_path):
    (tmp_path / "page.html").write_text("{{ name }}\n\n  x")
    site = serve(Page, template_path=str(tmp_path), autoescape=None, template_whitespace="oneline")
    assert (await site.fetch("/")).text == "<ada> x"


@pytest.mark.spec("B-WEB-086")
async def test_without_a_template_path_the_folder_of_the_caller_counts(serve, engine, tmp_path):
    (tmp_path / "page.html").write_text("beside {{ name }}")
    code = compile(
        "def get(self): self.render('page.html', name='it')", tmp_path / "mine.py", "exec"
    )
    scope = {"__name__": "mine"}
    exec(code, scope)  # noqa: S102
    assert (await serve(type("H", (RequestHandler,), scope)).fetch("/")).text == "beside it"


@pytest.mark.spec("B-WEB-087")
@pytest.mark.parametrize("cached", [True, False])
async def test_templates_are_compiled_once_unless_the_cache_is_off(serve, engine, tmp_path, cached):
    template = tmp_path / "page.html"
    template.write_text("one")
    site = serve(Page, template_path=str(tmp_path), compiled_template_cache=cached)
    assert (await site.fetch("/")).text == "one"
    template.write_text("two")
    assert (await site.fetch("/")).text == ("one" if cached else "two")


async def test_the_module_directive_and_our_locales(serve, engine, tmp_path):
    (tmp_path / "page.html").write_text(
        "{% module xsrf_form_html() %}{{ _('x') }}{% set modules = 1 %}"
    )
    page = await serve(Page, template_path=str(tmp_path)).fetch("/")
    assert '<input type="hidden" name="_xsrf"' in page.text


@pytest.mark.spec("B-TPL-053")
async def test_a_template_as_a_module_knows_global_names_and_its_own(serve, engine, tmp_path):
    (tmp_path / "page.html").write_text("{% set local = 1 %}{% module Template('part', own='<') %}")
    (tmp_path / "part").write_text(
        "{{ own }}{{ handler.get_status() }}{{ escape('') }}"
        "{% for given in ('own', 'local', 'name') %}{{ given in globals() }}{% end %}"
    )
    page = await serve(Page, template_path=str(tmp_path)).fetch("/")
    assert page.text == "&lt;200TrueFalseFalse"


@pytest.mark.spec("B-TPL-054")
async def test_resources_are_set_by_templates_that_are_modules_only(
    serve, engine, tmp_path, caplog
):
    page = tmp_path / "page.html"
    page.write_text("<head></head>{% module Template('part') %}")
    (tmp_path / "part").write_text("{{ set_resources(embedded_css='.x{}') }}part")
    site = serve(Page, template_path=str(tmp_path), compiled_template_cache=False)
    answer = (await site.fetch("/")).text
    assert answer.index(".x{}") < answer.index("</head>") < answer.index("part")
    page.write_text("{{ set_resources(embedded_css='.x{}') }}")
    assert (await site.fetch("/")).status == 500
    assert "name 'set_resources' is not defined" in caplog.text


async def test_without_an_engine_the_error_says_what_to_install(serve, monkeypatch, caplog):
    for name in ("etesian.templates", "etesian.templates.interface"):
        monkeypatch.setitem(sys.modules, name, None)
    assert (await serve(Page, template_path="/").fetch("/")).status == 500
    assert "install etesian-templates" in caplog.text
