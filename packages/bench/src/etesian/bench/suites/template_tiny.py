"""One line with one value: what a rendering costs before it does anything."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from etesian.bench.contender import Suite
from etesian.bench.template_engines import contenders

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.bench.template_engines import Engine, Files

LINE = "Hello, {{ name }}!"


def _line(engine: Engine, files: Files) -> Callable[[], bytes]:
    return partial(engine(files), name="<World>")


SUITE = Suite(
    title="A line with one value",
    unit="line",
    baselines=("tornado", "jinja2", "mako"),
    contenders=contenders(
        _line,
        {
            "etesian": {"line": LINE},
            "tornado": {"line": LINE},
            "jinja2": {"line": LINE},
            "mako": {"line": "Hello, ${name}!"},
            "chameleon": {"line": "Hello, ${name}!"},
        },
    ),
)
