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


async def test_without_an_engine_the_error_says_what_to_install(serve, monkeypatch, caplog):
    for name in ("etesian.templates", "etesian.templates.interface"):
        monkeypatch.setitem(sys.modules, name, None)
    assert (await serve(Page, template_path="/").fetch("/")).status == 500
    assert "install etesian-templates" in caplog.text
