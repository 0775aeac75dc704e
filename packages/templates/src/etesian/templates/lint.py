"""Finds values in HTML templates for whose place the escaping in force is not enough.

``xhtml_escape`` makes a value harmless in text and in quoted attributes. In a script,
a style sheet, an attribute without quotes, an event handler or at the start of a URL
it does not. Files are looked at one by one, each from its own start; which branch is
taken is not known, so all are followed in the order of the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from etesian.templates.format_lint import lint_expression, lint_statement
from etesian.templates.html_context import HTMLContext, Place
from etesian.templates.nodes import Compound, ModuleCall, Output, Statement, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.templates.nodes import Body, Fragment, Tree

# Attributes whose value is a URL that a browser goes to, by itself or when it is clicked.
_URL_ATTRIBUTES = frozenset(
    {"action", "cite", "data", "formaction", "href", "manifest", "poster", "src", "xlink:href"}
)

# What an expression has to begin with to be right at a place.
_MAKES_URL = re.compile(r"(?:handler\.)?(?:safe_url|static_url|reverse_url)\(")
_MAKES_SCRIPT = re.compile(r"(?:json_encode|js_string)\(")
_MAKES_STYLE = re.compile(r"css_string\(")
_MAKES_HTML = re.compile(r"(?:handler\.)?(?:xsrf_form_html|linkify|xhtml_escape|escape)\(")

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


class Finding(NamedTuple):
    """What is wrong, and the line it is in."""

    line: int
    message: str


def lint(tree: Tree) -> Iterator[Finding]:
    """Give the findings in one parsed HTML file, in the order of the text.

    Raises:
        ParseError: Python in it does not parse.
    """
    return _lint(tree.body, HTMLContext())


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
            for inner in node.bodies():
                yield from _lint(inner, context)


def _finding(fragment: Fragment, message: str) -> Finding:
    return Finding(fragment.line, f"{fragment.text[:60]!r} {message}")


def _judge(output: Output, context: HTMLContext) -> str | None:
    """Say what is wrong with a value at a place, or nothing."""
    if context.place is Place.QUOTED:
        return _judge_attribute(output, context)
    if context.place in _RIGHT_IN:
        return _judge_raw(output, context.place)
    if context.place in _NEVER_IN:
        return _NEVER_IN[context.place]
    if output.escape is None and not _MAKES_HTML.match(output.expression.text):
        return "is not escaped"
    return None


def _judge_raw(output: Output, place: Place) -> str | None:
    right, instead = _RIGHT_IN[place]
    if right.match(output.expression.text) and output.escape is None:
        return None
    return f"stands in {place.value}, where references are not read: use {{% raw {instead} %}}"


def _judge_attribute(output: Output, context: HTMLContext) -> str | None:
    attribute = context.attribute
    if attribute.startswith("on"):
        return _judge_handler(output, attribute)
    if output.escape is None:
        return f"is not escaped in {attribute}"
    if attribute == "style":
        return "stands in a style: put it into a class, or into a custom property by script"
    begins_url = attribute in _URL_ATTRIBUTES and not context.value_begun
    if begins_url and not _MAKES_URL.match(output.expression.text):
        return f"begins the URL of {attribute}, which may be javascript: use safe_url(...)"
    return None


def _judge_handler(output: Output, attribute: str) -> str | None:
    text = output.expression.text
    # A string of js_string has no character of HTML in it; JSON has quotes.
    if text.startswith("js_string(") or (_MAKES_SCRIPT.match(text) and output.escape is not None):
        return None
    return f"stands in {attribute}, a script: use js_string(...)"
