"""The examples of the documents, where these lie beside the repository; else there is no test."""

from __future__ import annotations

from pathlib import Path

import pytest

DOCUMENTS = Path(__file__).parents[4] / "shared"
EXAMPLES = DOCUMENTS / "spec" / "examples" / "examples.json"

# How many execute as they stand: the others are templates, commands, or parts of something.
AT_LEAST = 75


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the documents are not here")
def test_documented_examples_execute_and_those_that_fetch_do(run):
    status, output, errors = run("documented_examples.py", EXAMPLES, DOCUMENTS / "seeds")
    assert status == 0, errors
    assert len(output.split()) >= AT_LEAST, errors
