"""Finds values in HTML templates for whose place the escaping in force is not enough.

``xhtml_escape`` makes a value harmless in text and in quoted attributes. In a script,
a style sheet, an attribute without quotes, an event handler or at the start of a URL
it does not. Files are looked at one by one, each from its own start. Which branch is
taken is not known: each is followed from where the first of them began.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

from etesian.templates.format_lint import lint_expression, lint_header, lint_statement
from etesian.templates.html_context import HTMLContext, Place
from etesian.templates.made_by import made_by
from etesian.templates.nodes import Compound, ModuleCall, Output, Statement, Text
from etesian.templates.optimiser import optimise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.templates.nodes import Body, Fragment, Tree

# Attributes whose value is a URL that a browser goes to, by itself or when it is clicked.
_URL_ATTRIBUTES = frozenset(
    {"action", "background", "cite", "codebase", "data", "formaction", "href", "longdesc"}
    | {"manifest", "ping", "poster", "src", "xlink:href"}
)

# What makes a value right for a place.
_MAKES_URL = frozenset({"reverse_url", "safe_url", "static_url"})
_MAKES_SCRIPT = frozenset({"js_string", "json_encode"})
_MAKES_STYLE = frozenset({"css_string"})
_MAKES_HTML = frozenset({"escape", "linkify", "xhtml_escape", "xsrf_form_html"})

# What browsers drop from the start of a URL, and anywhere in it.
_CONTROLS = "".join(map(chr, range(0x21)))
_DROPPED = re.compile(r"[\t\r\n]+")

# URLs that are programs or pages themselves; of data only pictures are neither.
_IS_SCRIPT = re.compile(r"(?:javascript|vbscript):|data:(?!image/(?!svg))", re.IGNORECASE)

# <meta http-equiv="refresh" content="0; url=...">
_REFRESHES = re.compile(r"\s*[0-9.]+\s*[;,]\s*(?:url\s*=\s*)?['\"]?", re.IGNORECASE)

_RIGHT_IN = {
    Place.SCRIPT: (_MAKES_SCRIPT, "json_encode(...)"),
    Place.STYLE: (_MAKES_STYLE, "css_string(...)"),
}
_UNQUOTED = "stands in an attribute without quotes: a space in it begins another attribute"
_NEVER_IN = {
    Place.BEFORE_VALUE: _UNQUOTED,
    Place.UNQUOTED: _UNQUOTED,
    Place.TAG: "stands in a tag, where a value may name any attribute",
}
_QUOTED_TWICE = "stands between quotes and brings its own: it is outside of both then"


class Finding(NamedTuple):
    """What is wrong, and the line it is in."""

    line: int
    message: str


def lint(tree: Tree) -> Iterator[Finding]:
    """Give the findings in one parsed HTML file, in the order of the text.

    Raises:
        ParseError: Python in it does not parse.
    """
    # A comment in the template is none in the page: what is on its two sides comes together.
    return _lint(optimise(tree.body), HTMLContext())


def _lint(body: Body, context: HTMLContext) -> Iterator[Finding]:
    for node in body:
        if isinstance(node, Text):
            context.feed(node.value)
        elif isinstance(node, Output):
            message = _judge(node, context)
            if message:
                yield _finding(node.expression, message)
            yield from (_finding(node.expression, m) for m in lint_expression(node.expression))
            context.value()
        elif isinstance(node, ModuleCall):
            yield from (_finding(node.call, message) for message in lint_expression(node.call))
            context.value()
        elif isinstance(node, Statement):
            yield from (_finding(node.code, message) for message in lint_statement(node.code))
        elif isinstance(node, Compound):
            yield from (_finding(header, message) for header, message in lint_header(node))
            yield from _lint_branches(node, context)


def _lint_branches(node: Compound, context: HTMLContext) -> Iterator[Finding]:
    ends = []
    for inner in node.bodies():
        ends.append(context.branch())
        yield from _lint(inner, ends[-1])
    context.join(ends)


def _finding(fragment: Fragment, message: str) -> Finding:
    return Finding(fragment.line, f"{fragment.text[:60]!r} {message}")


def _judge(output: Output, context: HTMLContext) -> str | None:
    """Say what is wrong with a value at a place, or nothing."""
    if context.place is Place.QUOTED:
        return _judge_attribute(output, context)
    if context.place in _RIGHT_IN:
        return _judge_raw(output, context)
    if context.place in _NEVER_IN:
        return _NEVER_IN[context.place]
    if output.escape is None and not made_by(_MAKES_HTML, output.expression):
        return "is not escaped"
    return None


def _judge_raw(output: Output, context: HTMLContext) -> str | None:
    right, instead = _RIGHT_IN[context.place]
    if output.escape is not None or not made_by(right, output.expression):
        where = context.place.value
        return f"stands in {where}, where references are not read: use {{% raw {instead} %}}"
    return _judge_quotes(context)


def _judge_quotes(context: HTMLContext) -> str | None:
    return _QUOTED_TWICE if context.last in {'"', "'", "`"} else None


def _judge_attribute(output: Output, context: HTMLContext) -> str | None:
    attribute = context.attribute
    if attribute.startswith("on"):
        return _judge_handler(output, context)
    if output.escape is None:
        return f"is not escaped in {attribute}"
    if attribute == "style":
        return "stands in a style: put it into a class, or into a custom property by script"
    if attribute == "srcdoc" and not made_by(_MAKES_HTML, output.expression):
        return "stands in srcdoc, a page of its own: escape it once more, by escape(...)"
    return _judge_url(output, context)


def _judge_url(output: Output, context: HTMLContext) -> str | None:
    attribute = context.attribute
    before = _DROPPED.sub("", unescape(context.value_text)).lstrip(_CONTROLS)
    if attribute in _URL_ATTRIBUTES and _IS_SCRIPT.match(before):
        return f"stands in the program that is the URL of {attribute}: put it into data-..."
    begins = not before if attribute in _URL_ATTRIBUTES else _refreshes(context)
    if begins and not made_by(_MAKES_URL, output.expression, only_first=True):
        return f"begins the URL of {attribute}, which may be javascript: use safe_url(...)"
    return None


def _refreshes(context: HTMLContext) -> bool:
    return context.attribute == "content" and bool(_REFRESHES.fullmatch(context.value_text))


def _judge_handler(output: Output, context: HTMLContext) -> str | None:
    # A string of js_string has no character of HTML in it; JSON has quotes.
    right = _MAKES_SCRIPT if output.escape is not None else frozenset({"js_string"})
    if not made_by(right, output.expression):
        return f"stands in {context.attribute}, a script: use js_string(...)"
    return _judge_quotes(context) if context.value_text else None
