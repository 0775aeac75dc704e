"""A page with inheritance, an included file, loops and conditions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from etesian.bench.contender import Suite
from etesian.bench.template_engines import contenders

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.bench.template_engines import Engine, Files

# No quotes: engines spell them differently, all of them right.
VALUES: dict[str, Any] = {
    "title": "Prices & offers",
    "links": [{"url": f"/p?a={number}&b=1", "name": f"Page {number}"} for number in range(8)],
    "items": [
        {
            "name": f"Item <{number}>",
            "price": number * 3,
            "new": number % 2,
            "note": "until <b>Monday</b>" if number % 3 == 0 else "",
        }
        for number in range(25)
    ],
}

FILES = {
    "base.txt": (
        "<html><head><title>{% block title %}Shop{% endblock %}</title></head>\n"
        '<body>{% include "menu.txt" %}{% block body %}{% endblock %}</body></html>'
    ),
    "menu.txt": (
        '<ul>{% for link in links %}<li><a href="{{ link["url"] }}">{{ link["name"] }}</a></li>'
        "{% endfor %}</ul>"
    ),
    "page.txt": (
        '{% extends "base.txt" %}{% block title %}{{ title }}{% endblock %}'
        "{% block body %}<h1>{{ title }}</h1>"
        '{% for item in items %}<div class="{% if item["new"] %}new{% else %}old{% endif %}">'
        '<b>{{ item["name"] }}</b> {{ item["price"] }}'
        '{% if item["note"] %} <i>{{ item["note"] }}</i>{% endif %}</div>\n{% endfor %}'
        "{% endblock %}"
    ),
}

MAKO_FILES = {
    "base.txt": """<html><head><title><%block name="heading">Shop</%block></title></head>
<body><%include file="menu.txt"/><%block name="content"/></body></html>""",
    "menu.txt": """<ul>\\
% for link in links:
<li><a href="${link["url"]}">${link["name"]}</a></li>\\
% endfor
</ul>""",
    "page.txt": """<%inherit file="base.txt"/>\\
<%block name="heading">${title}</%block>\\
<%block name="content"><h1>${title}</h1>\\
% for item in items:
<div class="\\
% if item["new"]:
new\\
% else:
old\\
% endif
"><b>${item["name"]}</b> ${item["price"]}\\
% if item["note"]:
 <i>${item["note"]}</i>\\
% endif
</div>
% endfor
</%block>""",
}

CHAMELEON_FILES = {
    "base.txt": (
        '<html><head><title metal:define-slot="title">Shop</title></head>\n'
        '<body><tal:menu metal:use-macro="menu"/><tal:body metal:define-slot="body"/></body></html>'
    ),
    "menu.txt": (
        '<ul><tal:link repeat="link links">'
        """<li><a href="${link['url']}">${link['name']}</a></li></tal:link></ul>"""
    ),
    "page.txt": (
        '<tal:page metal:use-macro="base"><title metal:fill-slot="title">${title}</title>'
        '<tal:body metal:fill-slot="body"><h1>${title}</h1><tal:item repeat="item items">'
        """<div class="${'new' if item['new'] else 'old'}">"""
        """<b>${item['name']}</b> ${item['price']}"""
        """<tal:note condition="item['note']"> <i>${item['note']}</i></tal:note></div>\n"""
        "</tal:item></tal:body></tal:page>"
    ),
}

# Each engine has the page in its own language.
FILES_OF = {
    **dict.fromkeys(("etesian", "tornado", "jinja2"), FILES),
    "mako": MAKO_FILES,
    "chameleon": CHAMELEON_FILES,
}


def _page(engine: Engine, files: Files) -> Callable[[], bytes]:
    return partial(engine(files), **VALUES)


SUITE = Suite(
    title="A page with inheritance, an included file, loops and conditions",
    unit="page",
    baselines=("tornado", "jinja2", "mako"),
    contenders=contenders(_page, FILES_OF),
)
