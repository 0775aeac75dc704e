"""Pages from templates."""

from __future__ import annotations

import sys
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from etesian.web.handler_parts.locales import Locales
from etesian.web.handler_parts.response import Response
from etesian.web.handler_parts.urls import URLs
from etesian.web.handler_parts.xsrf_check import XSRFProtection
from etesian.web.page_resources import PageResources, insert_before, is_absolute
from etesian.web.ui_modules import UINamespace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from etesian.web.interface import TemplateLoader

__all__ = ["Rendering"]


class Rendering(Response, XSRFProtection, Locales, URLs):
    """Templates, with the names of the handler and the application's UI modules."""

    _ui: UINamespace | None = None

    @property
    def ui(self) -> UINamespace:
        """The UI modules as this page uses them."""
        if self._ui is None:
            self._ui = UINamespace(self, self.application.ui_modules)  # type: ignore[arg-type]
        return self._ui

    def render(self, template_name: str, **kwargs: object) -> Awaitable[None]:
        """Finish with a template, and with what its UI modules need of scripts and styles.

        Raises ``RuntimeError`` after :meth:`finish`.
        """
        if self._finished:
            raise RuntimeError("render() after the response was finished")
        html = self.render_string(template_name, **kwargs)
        ui, self._ui = self._ui, None
        if ui is not None and ui.active:
            html = self._with_resources(html, PageResources.of(ui.active.values()))
            # Modules and namespace know each other, and the handler: nothing of it is left to
            # the garbage collector.
            ui.active.clear()
        return self.finish(html)

    def render_string(self, template_name: str, **kwargs: object) -> bytes:
        """Give a template rendered, with ``kwargs`` beside the names of the handler."""
        path = self.get_template_path() or _folder_of_caller()
        template = self._loader(path).load(template_name)
        namespace = self.get_template_namespace()
        namespace.update(kwargs)
        return template.generate(**namespace)

    def get_template_path(self) -> str | None:
        """Give the folder of templates: the setting ``template_path``. Override it.

        ``None`` means the folder of the file whose code calls ``render``.
        """
        path: str | None = self.settings.get("template_path")
        return path

    def create_template_loader(self, template_path: str) -> TemplateLoader:
        """Give the loader for a folder: the setting ``template_loader``, else ours. Override it.

        Ours takes the settings ``autoescape`` and ``template_whitespace``. Raises
        ``RuntimeError`` that names the package to install, where it is missing.
        """
        loader: TemplateLoader | None = self.settings.get("template_loader")
        if loader is not None:
            return loader
        options: dict[str, Any] = {}
        if "autoescape" in self.settings:
            options["autoescape"] = self.settings["autoescape"]
        if "template_whitespace" in self.settings:
            options["whitespace"] = self.settings["template_whitespace"]
        try:
            interface = import_module("etesian.templates.interface")
        except ModuleNotFoundError as error:
            if error.name not in ("etesian.templates", "etesian.templates.interface"):
                raise
            raise RuntimeError(
                "render() needs a template engine: install etesian-templates, "
                "or set template_loader to the loader of another one"
            ) from None
        return cast("TemplateLoader", interface.Loader(template_path, **options))

    def get_template_namespace(self) -> dict[str, Any]:
        """Give the names that every template sees. Override it to add to them."""
        locale = self.locale
        return {
            **self._ui_methods(),
            "handler": self,
            "request": self.request,
            "current_user": self.current_user,
            "locale": locale,
            "_": locale.translate,
            "translate": locale.translate,
            "pgettext": getattr(locale, "pgettext", None),
            "static_url": self.static_url,
            "xsrf_form_html": self.xsrf_form_html,
            "reverse_url": self.reverse_url,
            "_tt_modules": self.ui,
            "modules": self.ui,
        }

    def render_linked_js(self, js_files: Iterable[str]) -> str:
        """Give the tags for script files of UI modules. Override it for other tags."""
        return "".join(
            f'<script src="{escape(self._resource_url(file))}" type="text/javascript"></script>'
            for file in js_files
        )

    def render_embed_js(self, js_embed: Iterable[bytes]) -> bytes:
        """Give the element for embedded scripts of UI modules. Override it for another."""
        return b'<script type="text/javascript">\n' + b"\n".join(js_embed) + b"\n</script>"

    def render_linked_css(self, css_files: Iterable[str]) -> str:
        """Give the tags for style sheets of UI modules. Override it for other tags."""
        return "".join(
            f'<link href="{escape(self._resource_url(file))}" type="text/css" rel="stylesheet"/>'
            for file in css_files
        )

    def render_embed_css(self, css_embed: Iterable[bytes]) -> bytes:
        """Give the element for embedded styles of UI modules. Override it for another."""
        return b'<style type="text/css">\n' + b"\n".join(css_embed) + b"\n</style>"

    def _with_resources(self, html: bytes, page: PageResources) -> bytes:
        head = [part.encode() for part in page.html_heads]
        body = [part.encode() for part in page.html_bodies]
        if page.css_embed:
            head.insert(0, self.render_embed_css(page.css_embed))
        if page.css_files:
            head.insert(0, self.render_linked_css(page.css_files).encode())
        if page.js_embed:
            body.insert(0, self.render_embed_js(page.js_embed))
        if page.js_files:
            body.insert(0, self.render_linked_js(page.js_files).encode())
        html = insert_before(html, b"</head>", b"\n".join(head))
        return insert_before(html, b"</body>", b"\n".join(body))

    def _resource_url(self, file: str) -> str:
        return file if is_absolute(file) else self.static_url(file)

    def _ui_methods(self) -> dict[str, Any]:
        return {name: method.__get__(self) for name, method in self.application.ui_methods.items()}

    def _loader(self, path: str) -> TemplateLoader:
        """Give the loader for a folder, kept unless ``compiled_template_cache`` is false."""
        loaders = self.application.template_loaders
        if not self.settings.get("compiled_template_cache", True):
            loaders.clear()
        loader = loaders.get(path)
        if loader is None:
            loader = loaders[path] = self.create_template_loader(path)
        return loader


def _folder_of_caller() -> str:
    """Give the folder of the innermost code on the stack that is not ours."""
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to see who calls
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("etesian.web."):
        frame = frame.f_back
    return str(Path(frame.f_code.co_filename).parent)
