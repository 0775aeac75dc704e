"""Whole pages: ``golden/NAME.html`` with the values of ``NAME.json`` gives ``NAME.expected``."""

import json
from pathlib import Path

import pytest

from etesian.templates import Loader

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.parametrize("data", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
async def test_a_page_comes_out_as_written(data, streaming, use_c):
    template = Loader(FOLDER, use_c=use_c).load(f"{data.stem}.html")
    values = json.loads(data.read_text(encoding="utf-8"))
    if streaming:
        output = b"".join([part async for part in template.generate_async(**values)])
    else:
        output = template.generate(**values)
    assert output.decode() == data.with_suffix(".expected").read_text(encoding="utf-8")
