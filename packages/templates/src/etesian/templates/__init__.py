"""Templates: text with Python expressions, compiled to one Python function each."""

from __future__ import annotations

from importlib import import_module

# Type checkers take this for true. The real one is in typing, which takes longer to import than
# all else that happens here.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from etesian.templates.c_escape import escape_library
    from etesian.templates.context_escaping import css_string, js_string, safe_url
    from etesian.templates.dict_loader import DictLoader
    from etesian.templates.escaping import (
        json_encode,
        squeeze,
        url_escape,
        xhtml_escape,
        xhtml_unescape,
    )
    from etesian.templates.interface import ParseError
    from etesian.templates.links import linkify
    from etesian.templates.loader import BaseLoader, Loader
    from etesian.templates.origin import Origin
    from etesian.templates.package_loader import PackageLoader
    from etesian.templates.template import Template
    from etesian.templates.whitespace import filter_whitespace

__all__ = [
    "BaseLoader",
    "DictLoader",
    "Loader",
    "Origin",
    "PackageLoader",
    "ParseError",
    "Template",
    "css_string",
    "escape_library",
    "filter_whitespace",
    "js_string",
    "json_encode",
    "linkify",
    "safe_url",
    "squeeze",
    "url_escape",
    "xhtml_escape",
    "xhtml_unescape",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# the escaping functions come without the compiler, and the interface without either.
_HOMES = {
    "BaseLoader": "loader",
    "DictLoader": "dict_loader",
    "Loader": "loader",
    "Origin": "origin",
    "PackageLoader": "package_loader",
    "ParseError": "interface",
    "Template": "template",
    "css_string": "context_escaping",
    "escape_library": "c_escape",
    "filter_whitespace": "whitespace",
    "js_string": "context_escaping",
    "json_encode": "escaping",
    "linkify": "links",
    "safe_url": "context_escaping",
    "squeeze": "escaping",
    "url_escape": "escaping",
    "xhtml_escape": "escaping",
    "xhtml_unescape": "escaping",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
