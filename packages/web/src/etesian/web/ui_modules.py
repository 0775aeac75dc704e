"""UI modules: parts of a page that bring their own scripts and styles."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from etesian.http_wire.interface import HTTPServerRequest
    from etesian.web.handler import RequestHandler
    from etesian.web.interface import Locale

__all__ = ["TemplateModule", "UIMethods", "UIModule", "UIModules", "UINamespace"]

Resources = str | bytes | list[str] | tuple[str, ...] | None


class UIModule:
    """A part of a page, used in templates as ``{% module Name(arguments) %}``.

    Override :meth:`render`, and what the part needs of scripts and styles: they
    are put in the page once, however often the module is used. One object serves
    one page.
    """

    handler: RequestHandler
    request: HTTPServerRequest
    ui: UINamespace
    locale: Locale

    def __init__(self, handler: RequestHandler) -> None:
        self.handler = handler
        self.request = handler.request
        self.ui = handler.ui
        self.locale = handler.locale

    @property
    def current_user(self) -> Any:
        """The current user of the handler."""
        return self.handler.current_user

    render: Callable[..., str | bytes]
    """Give the HTML of the part. Override it, with the arguments of the template."""

    def embedded_javascript(self) -> str | bytes | None:
        """Give JavaScript for the end of the page, or ``None``."""
        return None

    def javascript_files(self) -> Resources:
        """Give URLs of scripts; relative ones go through ``static_url``."""
        return None

    def embedded_css(self) -> str | bytes | None:
        """Give CSS for the head of the page, or ``None``."""
        return None

    def css_files(self) -> Resources:
        """Give URLs of style sheets; relative ones go through ``static_url``."""
        return None

    def html_head(self) -> str | bytes | None:
        """Give HTML for the end of ``<head>``, or ``None``."""
        return None

    def html_body(self) -> str | bytes | None:
        """Give HTML for the end of ``<body>``, or ``None``."""
        return None

    def render_string(self, path: str, **kwargs: object) -> bytes:
        """Give a template rendered as the handler does it."""
        return self.handler.render_string(path, **kwargs)


def _not_rendered(self: UIModule, *_args: object, **_kwargs: object) -> str:
    raise NotImplementedError(f"{type(self).__name__} does not override render()")


UIModule.render = _not_rendered


class TemplateModule(UIModule):
    """``{% module Template("part.html", key=value) %}``: a module that is only a template.

    The template sees its own arguments, and says by ``set_resources(css_files=...)``
    what it needs; the same at every use in a page, else it is a ``ValueError``.
    """

    def __init__(self, handler: RequestHandler) -> None:
        super().__init__(handler)
        self._resources: dict[str, dict[str, Any]] = {}

    def render(self, path: str, **kwargs: object) -> bytes:
        """Give the template rendered."""

        def set_resources(**resources: object) -> str:
            if self._resources.setdefault(path, resources) != resources:
                raise ValueError(f"set_resources called with different resources for {path!r}")
            return ""

        return self.render_string(path, set_resources=set_resources, **kwargs)

    def embedded_javascript(self) -> str | None:
        """Give the scripts of all templates used."""
        return self._joined("embedded_javascript")

    def javascript_files(self) -> list[str]:
        """Give the script files of all templates used."""
        return self._files("javascript_files")

    def embedded_css(self) -> str | None:
        """Give the styles of all templates used."""
        return self._joined("embedded_css")

    def css_files(self) -> list[str]:
        """Give the style sheets of all templates used."""
        return self._files("css_files")

    def html_head(self) -> str | None:
        """Give the head parts of all templates used."""
        return self._joined("html_head")

    def html_body(self) -> str | None:
        """Give the body parts of all templates used."""
        return self._joined("html_body")

    def _given(self, key: str) -> list[Any]:
        return [resources[key] for resources in self._resources.values() if key in resources]

    def _joined(self, key: str) -> str | None:
        return "\n".join(as_text(value) for value in self._given(key)) or None

    def _files(self, key: str) -> list[str]:
        return [file for value in self._given(key) for file in as_list(value)]


class UIModules:
    """What the setting ``ui_modules`` names: module, dict, or a list of them."""

    def __init__(self, source: object) -> None:
        self.by_name: dict[str, type[UIModule]] = {"Template": TemplateModule}
        for name, value in _members(source):
            if isinstance(value, type) and issubclass(value, UIModule):
                self.by_name[name] = value


class UIMethods:
    """What the setting ``ui_methods`` names: functions that take the handler first."""

    def __init__(self, source: object) -> None:
        self.by_name: dict[str, Callable[..., Any]] = {
            name: value
            for name, value in _members(source)
            if inspect.isfunction(value) and not name.startswith("_") and name[0].islower()
        }


class HTML(str):
    """Text that is HTML already: engines that know ``__html__`` do not escape it again."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


class UINamespace:
    """The modules of an application as a page uses them, as attributes or by ``[]``.

    An unknown name is an ``AttributeError`` (or ``KeyError``).
    """

    def __init__(self, handler: RequestHandler, classes: Mapping[str, type[UIModule]]) -> None:
        self._handler = handler
        self._classes = classes
        self.active: dict[str, UIModule] = {}
        """The modules used in this page so far, by name."""

    def __getitem__(self, name: str) -> Callable[..., HTML]:
        module = self.active.get(name)
        if module is None:
            module = self.active[name] = self._classes[name](self._handler)
        return partial(_rendered, module.render)

    def __getattr__(self, name: str) -> Callable[..., HTML]:
        if name == "xsrf_form_html":
            return partial(_rendered, self._handler.xsrf_form_html)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no UI module is named {name!r}") from None


def _rendered(render: Callable[..., str | bytes], *args: object, **kwargs: object) -> HTML:
    return HTML(as_text(render(*args, **kwargs)))


def as_text(value: str | bytes) -> str:
    """Give text; bytes are UTF-8."""
    return value.decode() if isinstance(value, bytes) else value


def as_list(files: Resources) -> list[str]:
    """Give the files that a module named, of which one may stand alone."""
    if files is None:
        return []
    return [as_text(files)] if isinstance(files, str | bytes) else list(files)


def _members(source: object) -> Iterable[tuple[str, object]]:
    """Give names and values of a module, a dict, or a list of such."""
    if source is None:
        return
    if isinstance(source, list | tuple):
        for part in source:
            yield from _members(part)
    else:
        yield from (source if isinstance(source, dict) else vars(source)).items()
