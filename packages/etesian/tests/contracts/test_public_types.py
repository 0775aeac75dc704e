"""The public names of the framework say their types; where one says ``Any``, it is known why."""

from __future__ import annotations

import importlib
import inspect

import pytest

MODULES = ["", ".escape", ".interface", ".pytest_plugin", ".routing", ".testing"]

WHY = {
    "JSON, which may be anything": """
        escape.json_decode.return escape.recursive_unicode.return
        handler_parts.response.Response.write.chunk handler_parts.response.Response.finish.chunk
    """,
    "a session's values are the program's": """
        sessions.MemorySessionStore.load.return sessions.MemorySessionStore.save.values
        sessions.SessionStore.load.return sessions.SessionStore.save.values
        sessions.Session.values
    """,
    "settings are the program's": """
        application.Application.settings handler_parts.base.HandlerBase.settings.return
        static_files.contents.StaticContents.get_version.settings
        static_files.contents.StaticContents.make_static_url.settings
    """,
    "whoever is logged in is the program's": """
        handler_parts.users.Users.current_user.return
        handler_parts.users.Users.get_current_user.return ui_modules.UIModule.current_user.return
    """,
    "names in a template are the program's": """
        handler_parts.rendering.Rendering.get_template_namespace.return
    """,
    "goes to the program's own methods, which say what they take": """
        application.Application.get_handler_delegate.target_kwargs
        handler_parts.base.HandlerBase.kwargs handler_parts.errors.Errors.send_error.kwargs
        handler_parts.errors.Errors.write_error.kwargs
        routing.matchers.PathMatches.match_path.return
        routing.router.RuleRouter.get_target_delegate.target_params
        routing.rules.Rule.target_kwargs routing.rules.URLSpec.kwargs
    """,
    "options of another function, which says their types": """
        application.Application.listen.options
        handler_parts.cookies.Cookies.clear_all_cookies.kwargs
        handler_parts.cookies.Cookies.clear_cookie.kwargs
        handler_parts.cookies.Cookies.set_cookie.kwargs
        handler_parts.signing.SignedCookies.set_secure_cookie.kwargs
        handler_parts.signing.SignedCookies.set_signed_cookie.kwargs
        handler_parts.urls.URLs.static_url.kwargs
        pytest_plugin.http_server.http_server_options pytest_plugin.http_server_options.return
        testing.case.AsyncHTTPTestCase.fetch.kwargs
        testing.case.AsyncHTTPSTestCase.get_httpserver_options.return
        testing.case.AsyncHTTPTestCase.get_httpserver_options.return
        testing.in_process.InProcessConnector.connect_protocol.options
        testing.in_process.in_process_client.options
        testing.site.Site.fetch.options testing.site.serving.server_options
    """,
    "WSGI's own type": """
        wsgi.adapter.WSGIAdapter.__call__.environ
        wsgi.container.WSGIContainer.environ.return
    """,
}
REASONS = {name: why for why, names in WHY.items() for name in names.split()}


def parts(owner, name, value):
    """Give the place and the type of all that a public name says, or does not."""
    value = getattr(value, "__func__", value)
    value = getattr(value, "fget", None) or getattr(value, "func", None) or value
    if not inspect.isroutine(value):
        return
    place = owner if name == "__init__" else f"{owner}.{name}"
    function = inspect.unwrap(value)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in {"self", "cls"}:
            yield f"{place}.{parameter.name}", parameter.annotation
    yield f"{place}.return", function.__annotations__.get("return", inspect.Parameter.empty)


def classes(of):
    """Give a class, and those of the framework that it is made of."""
    return [one for one in of.__mro__ if one.__module__.startswith("etesian.web")]


def said():
    for module in (importlib.import_module(f"etesian.web{one}") for one in MODULES):
        for name in module.__all__:
            value = getattr(module, name)
            home = getattr(value, "__module__", None) or ""
            if not home.startswith("etesian.web."):
                continue
            home = home.removeprefix("etesian.web.")
            if not inspect.isclass(value):
                yield from parts(home, name, value)
                continue
            for one in classes(value):
                owner = f"{one.__module__.removeprefix('etesian.web.')}.{one.__name__}"
                for member, inner in vars(one).items():
                    public = not member.startswith("_") or member in {"__init__", "__call__"}
                    # The one that typing gives a Protocol takes anything.
                    if public and getattr(inner, "__module__", "") != "typing":
                        yield from parts(owner, member, inner)
                for member, annotation in inspect.get_annotations(one).items():
                    if not member.startswith("_"):
                        yield f"{owner}.{member}", annotation


@pytest.fixture(scope="module")
def types():
    return dict(said())


def says_nothing(annotation):
    words = str(annotation)
    for mark in "[](),|. ":
        words = words.replace(mark, " ")
    return annotation is inspect.Parameter.empty or "Any" in words.split()


def test_enough_is_looked_at(types):
    assert len(types) > 500


def test_a_type_is_said_unless_there_is_a_reason_not_to(types):
    unsaid = {place for place, annotation in types.items() if says_nothing(annotation)}
    assert sorted(unsaid - set(REASONS)) == []


def test_no_reason_is_left_over(types):
    unsaid = {place for place, annotation in types.items() if says_nothing(annotation)}
    assert sorted(set(REASONS) - unsaid) == []
