"""Rendering a compiled template, in this process."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from etesian.bench.contender import Contender, Sample, Suite
from etesian.bench.cores import server_core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etesian.bench.contender import Running

    Render = Callable[[], bytes]

TITLE = "Prices & offers"
# No quotes: engines spell them differently, all of them right.
ITEMS = [(f"Item <{number}>", number * 3) for number in range(25)]
# Pages between two looks at the clock, so that looking costs nothing that counts.
BATCH = 50

# Engines of one family, told apart by how a loop ends.
PAGE = """<html><head><title>{{ title }}</title></head>
<body><ul>{% for name, price in items %}<li>{{ name }}: {{ price }}</li>{% END %}</ul></body></html>
"""
MAKO_PAGE = """<html><head><title>${title}</title></head>
<body><ul>\\
% for name, price in items:
<li>${name}: ${price}</li>\\
% endfor
</ul></body></html>
"""


class Rendering:
    """A template that is ready."""

    def __init__(self, render: Render) -> None:
        self._render = render

    def answer(self) -> bytes:
        """Give the page."""
        return self._render()

    def measure(self, seconds: float) -> Sample:
        """Render for that long."""
        render, pages = self._render, 0
        started, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - started < seconds:
            for _ in range(BATCH):
                render()
            pages += BATCH
        elapsed = time.perf_counter() - started
        return Sample(rate=pages / elapsed, cpu_us=1e6 * (time.process_time() - cpu) / pages)


def _etesian() -> Render:
    from etesian.templates import Template  # noqa: PLC0415 - each engine when its turn comes

    return partial(Template(PAGE.replace("END", "end")).generate, title=TITLE, items=ITEMS)


def _tornado() -> Render:
    from tornado.template import Template  # noqa: PLC0415

    return partial(Template(PAGE.replace("END", "end")).generate, title=TITLE, items=ITEMS)


def _jinja2() -> Render:
    from jinja2 import Environment  # noqa: PLC0415

    environment = Environment(autoescape=True, keep_trailing_newline=True)
    template = environment.from_string(PAGE.replace("END", "endfor"))
    return lambda: template.render(title=TITLE, items=ITEMS).encode()


def _mako() -> Render:
    from mako.template import Template  # noqa: PLC0415

    template = Template(MAKO_PAGE, default_filters=["h"])  # noqa: S702 - "h" escapes
    return lambda: template.render(title=TITLE, items=ITEMS).encode()


@contextmanager
def _rendering(compiled: Callable[[], Render]) -> Iterator[Running]:
    os.sched_setaffinity(0, {server_core()})
    yield Rendering(compiled())


SUITE = Suite(
    title="A page of 25 items from a compiled template",
    unit="page",
    baselines=("tornado", "jinja2"),
    contenders=(
        Contender("etesian", partial(_rendering, _etesian)),
        Contender("tornado", partial(_rendering, _tornado), ("tornado",)),
        Contender("jinja2", partial(_rendering, _jinja2), ("jinja2",)),
        Contender("mako", partial(_rendering, _mako), ("mako",)),
    ),
)
