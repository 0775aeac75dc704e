"""Pages by another engine than our own: whatever has ``load`` and ``generate`` fits."""

import types

import jinja2
import pytest

from etesian.web import Application, RequestHandler, UIModule, is_absolute
from etesian.web.languages import PlainLocale


class JinjaLoader:
    """All that it takes to render with Jinja2."""

    def __init__(self, templates):
        loader = jinja2.DictLoader(templates)
        self.environment = jinja2.Environment(loader=loader, autoescape=True)

    def load(self, name):
        template = self.environment.get_template(name)
        return types.SimpleNamespace(generate=lambda **names: template.render(names).encode())


PAGE = "<html><head></head><body>{% block body %}{% endblock %}</body></html>"


def _renders(source, handler=RequestHandler, **names):
    """Give routes of a handler that renders ``source``, and the settings for it."""

    class Page(handler):
        def get(self):
            self.render("page", **names)

    loader = JinjaLoader({"page": source, "part": "part of {{ name }}", "base": PAGE})
    return {"routes": [("/", Page), ("/named/(.*)", Page, {}, "named")], "template_loader": loader}


def _body(text):
    return '{% extends "base" %}{% block body %}' + text + "{% endblock %}"


@pytest.mark.spec("B-WEB-082", "B-WEB-084", "B-WEB-088", "B-WEB-089", "B-I18N-039")
async def test_templates_see_the_handler_and_what_they_are_given(serve):
    class Handler(RequestHandler):
        def get_current_user(self):
            return "<ada>"

    source = (
        "{{ current_user }} {{ request.path }} {{ handler.get_status() }} {{ _('hello') }} "
        "{{ translate('one', 'many', 2) }} {{ reverse_url('named', 'x') }} "
        "{{ locale.code }} {{ given }}"
    )
    answer = await serve(**_renders(source, Handler, given=5)).fetch("/")
    assert answer.text == "&lt;ada&gt; / 200 hello many /named/x en_US 5"


@pytest.mark.spec("B-WEB-085")
async def test_the_namespace_can_be_added_to(serve):
    class Handler(RequestHandler):
        def get_template_namespace(self):
            return {**super().get_template_namespace(), "extra": "more"}

    assert (await serve(**_renders("{{ extra }}", Handler)).fetch("/")).text == "more"


async def test_render_string_gives_octets(serve):
    class Handler(RequestHandler):
        def get(self):
            page = self.render_string("part", name="é")
            self.write(f"{type(page).__name__} {page.decode()}")

    settings = _renders("")
    site = serve([("/", Handler)], template_loader=settings["template_loader"])
    assert (await site.fetch("/")).text == "bytes part of é"


@pytest.mark.spec("B-WEB-217", "B-I18N-038", "B-I18N-036")
async def test_the_locale_is_that_of_the_user_else_assigned_else_the_default(serve):
    class Chosen(RequestHandler):
        def get_user_locale(self):
            return PlainLocale("fr")

    class Assigned(Chosen):
        def prepare(self):
            self.locale = PlainLocale("nl")

    assert (await serve(**_renders("{{ locale.code }}", Chosen)).fetch("/")).text == "fr"
    assert (await serve(**_renders("{{ locale.code }}", Assigned)).fetch("/")).text == "nl"


# UI modules


class Entry(UIModule):
    def render(self, name):
        return self.render_string("part", name=name)

    def embedded_css(self):
        return ".entry {}"

    def css_files(self):
        return ["b.css", "/a.css", "b.css"]

    def embedded_javascript(self):
        return "go()"

    def javascript_files(self):
        return "http://h/x.js"

    def html_head(self):
        return "<meta>"

    def html_body(self):
        return b"<i></i>"


class Other(UIModule):
    def render(self):
        return f"<b>{self.current_user} {self.handler.get_status()} {self.locale.code}</b>"

    def css_files(self):
        return ["c.css", "b.css"]


@pytest.mark.spec("B-WEB-205", "B-WEB-206", "B-WEB-207", "B-WEB-208")
async def test_what_modules_need_is_put_into_the_page_once_and_in_order(serve, tmp_path):
    source = _body("{{ modules.Entry('x') }}{{ modules.Entry('y') }}{{ _tt_modules.Other() }}")
    settings = _renders(source)
    site = serve(**settings, ui_modules={"Entry": Entry, "Other": Other}, static_path=str(tmp_path))
    page = (await site.fetch("/")).text
    head, _, body = page.partition("</head>")
    sheets = ["/static/b.css", "/a.css", "/static/c.css"]
    assert [part.split('"')[0] for part in head.split('<link href="')[1:]] == sheets
    assert head.count(".entry {}") == 1
    assert "<meta>" in head
    assert body.count("part of") == 2
    assert body.index('src="http://h/x.js"') < body.index("go()") < body.index("<i></i>")
    assert body.rstrip().endswith("</body></html>")


@pytest.mark.spec("B-WEB-209")
async def test_how_resources_are_written_can_be_changed(serve, tmp_path):
    class Handler(RequestHandler):
        def render_linked_js(self, js_files):
            return f"[js {list(js_files)}]"

        def render_embed_js(self, js_embed):
            return b"[" + b"".join(js_embed) + b"]"

        def render_linked_css(self, css_files):
            return f"[css {len(list(css_files))}]"

        def render_embed_css(self, css_embed):
            return b"[" + b"".join(css_embed) + b"]"

    settings = _renders(_body("{{ modules.Entry('x') }}"), Handler)
    page = (await serve(**settings, ui_modules={"Entry": Entry}).fetch("/")).text
    for part in ("[js ['http://h/x.js']]", "[go()]", "[css 2]", "[.entry {}]"):
        assert part in page


@pytest.mark.spec("B-WEB-203", "B-WEB-204")
async def test_modules_and_methods_come_from_modules_dicts_and_lists_of_them(serve):
    module = types.ModuleType("uimodule")
    module.Other, module.no_module, module.RequestHandler = Other, 5, RequestHandler
    methods = types.ModuleType("uimethods")
    methods.shout = lambda handler, text: f"{text.upper()}{handler.get_status()}"
    methods._private = lambda handler: "hidden"
    settings = _renders(
        _body("{{ modules.Other() }}{{ shout('hi') }}{{ whisper() }}{{ _private is defined }}")
    )
    page = await serve(
        **settings,
        static_path="/",
        ui_modules=[module, {"Entry": Entry}],
        ui_methods=[methods, {"whisper": lambda handler: "psst"}],
    ).fetch("/")
    assert "HI200psstFalse" in page.text
    assert "None 200 en_US" in page.text
    application = Application(ui_modules=[module, {"Entry": Entry}])
    assert set(application.ui_modules) == {"Template", "Entry", "Other"}


@pytest.mark.spec("B-WEB-210")
def test_an_unknown_module_is_an_attribute_error():
    from etesian.web.ui_modules import UINamespace

    with pytest.raises(AttributeError, match="no UI module is named 'Nope'"):
        UINamespace(None, {}).Nope  # noqa: B018


@pytest.mark.spec("B-WEB-211", "B-WEB-212")
async def test_a_template_can_be_a_module_with_names_of_its_own(serve, caplog):
    part = "{{ set_resources(embedded_css=css) }}[{{ name }}{{ outer is defined }}]"
    calls = "{{ modules.Template('part', name='a', css='.x{}') }}"
    calls += "{{ modules.Template('part', name='b', css=second) }}"
    settings = _renders(_body(calls), outer=1, second=".x{}")
    settings["template_loader"].environment.loader.mapping["part"] = part
    page = (await serve(**settings).fetch("/")).text
    assert "[aFalse][bFalse]" in page
    assert page.count(".x{}") == 1
    settings = _renders(_body(calls), second=".y{}")
    settings["template_loader"].environment.loader.mapping["part"] = part
    assert (await serve(**settings).fetch("/")).status == 500
    assert "set_resources called with different resources for 'part'" in caplog.text


async def test_a_module_without_render_says_so(serve, caplog):
    settings = _renders("{{ modules.Empty() }}")
    answer = await serve(**settings, ui_modules={"Empty": type("Empty", (UIModule,), {})}).fetch(
        "/"
    )
    assert answer.status == 500
    assert "Empty does not override render()" in caplog.text


async def test_the_form_field_is_a_module_too(serve):
    page = await serve(**_renders("{{ modules.xsrf_form_html() }}")).fetch("/")
    assert "_xsrf" in page.cookies()
    assert "input" in page.text


def test_absolute_paths():
    assert all(map(is_absolute, ("/a", "http://h/", "https://h/")))
    assert not any(map(is_absolute, ("a", "sub/a")))


async def test_resources_go_to_the_end_of_a_page_without_head_and_body(serve):
    settings = _renders("x{{ modules.Entry('y') }}")
    site = serve(**settings, ui_modules={"Entry": Entry}, static_path="/")
    assert (await site.fetch("/")).text.startswith("xpart of y")
