"""A table of ten thousand cells, in which every fifth needs escaping."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from etesian.bench.contender import Suite
from etesian.bench.template_engines import contenders

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.bench.template_engines import Engine, Files

# Text, text to escape, and numbers. No quotes: engines spell them differently, all of them right.
ROWS = [
    [number if number % 3 == 0 else f"cell {number}{' & more' if number % 5 == 0 else ''}"
     for number in range(row, row + 10)]
    for row in range(1000)
]  # fmt: skip
PAGE = (
    "<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>"
    "{% endfor %}</table>"
)
MAKO_PAGE = """<table>\\
% for row in rows:
<tr>\\
% for cell in row:
<td>${cell}</td>\\
% endfor
</tr>\\
% endfor
</table>"""
CHAMELEON_PAGE = (
    '<table><tal:row repeat="row rows"><tr><tal:cell repeat="cell row"><td>${cell}</td></tal:cell>'
    "</tr></tal:row></table>"
)


def _table(engine: Engine, files: Files) -> Callable[[], bytes]:
    return partial(engine(files), rows=ROWS)


SUITE = Suite(
    title="A table of 1000 rows and 10 columns, escaped",
    unit="table",
    baselines=("tornado", "jinja2", "mako"),
    contenders=contenders(
        _table,
        {
            "etesian": {"table": PAGE},
            "tornado": {"table": PAGE},
            "jinja2": {"table": PAGE},
            "mako": {"table": MAKO_PAGE},
            "chameleon": {"table": CHAMELEON_PAGE},
        },
    ),
)
