"""Runs the example as its README says, where only ``etesian-templates`` is installed."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[1]


def run(code=None):
    words = [str(HERE / "invoice.py")] if code is None else ["-c", code]
    return subprocess.run(
        [sys.executable, "-W", "error", *words], capture_output=True, check=True, timeout=20
    ).stdout


def test_writes_the_page():
    page = run().decode()
    assert "<title>Invoice for Smith &amp; Daughters</title>" in page
    assert "<tr><td>Kite &lt;large&gt;</td><td>2</td><td>85.00 EUR</td></tr>" in page
    assert "<tr><td>Line, 50 m</td><td>3</td><td>29.70 EUR</td></tr>" in page
    assert "<p>Total: 114.70 EUR, sent free of charge</p>" in page
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")


def test_needs_nothing_else():
    asked = importlib.metadata.requires("etesian-templates") or []
    assert [line for line in asked if "; extra ==" not in line] == []
    loaded = run(
        "import etesian.templates.interface as i, sys; i.Loader;"
        "print({name for name in sys.modules if name in {'asyncio', 'socket', 'ssl'}})"
    )
    assert loaded == b"set()\n"
