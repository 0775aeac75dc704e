"""Puts the scripts and styles of UI modules into a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etesian.web.ui_modules import as_list, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etesian.web.ui_modules import UIModule

__all__ = ["PageResources", "insert_before", "is_absolute"]


@dataclass(slots=True)
class PageResources:
    """What the modules of one page asked for, each once and in order."""

    js_files: list[str] = field(default_factory=list)
    js_embed: list[bytes] = field(default_factory=list)
    css_files: list[str] = field(default_factory=list)
    css_embed: list[bytes] = field(default_factory=list)
    html_heads: list[str] = field(default_factory=list)
    html_bodies: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, modules: Iterable[UIModule]) -> PageResources:
        """Collect from the modules that a page used."""
        page = cls()
        for module in modules:
            _extend(page.js_files, as_list(module.javascript_files()))
            _extend(page.css_files, as_list(module.css_files()))
            for embedded, target in (
                (module.embedded_javascript(), page.js_embed),
                (module.embedded_css(), page.css_embed),
            ):
                if embedded:
                    target.append(as_text(embedded).encode())
            for html, heads in (
                (module.html_head(), page.html_heads),
                (module.html_body(), page.html_bodies),
            ):
                if html:
                    heads.append(as_text(html))
        return page


def insert_before(html: bytes, marker: bytes, addition: bytes) -> bytes:
    """Give the page with ``addition`` on a line before the last ``marker``, or at its end."""
    if not addition:
        return html
    position = html.rfind(marker)
    if position < 0:
        position = len(html)
    return b"%s%s\n%s" % (html[:position], addition, html[position:])


def is_absolute(path: str) -> bool:
    """Say whether ``path`` is a URL or begins at the root of the site."""
    return path.startswith(("/", "http:", "https:"))


def _extend(known: list[str], files: Iterable[str]) -> None:
    known.extend(file for file in dict.fromkeys(files) if file not in known)
