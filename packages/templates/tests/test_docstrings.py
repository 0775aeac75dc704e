import doctest
from importlib import import_module

import pytest

MODULES = ("context_escaping", "dict_loader", "escaping", "links", "whitespace")


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name):
    result = doctest.testmod(import_module(f"etesian.templates.{name}"))
    assert result.attempted
    assert not result.failed
