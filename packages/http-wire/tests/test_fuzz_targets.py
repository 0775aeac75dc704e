"""What the fuzz targets assert, over their kept inputs and over what Hypothesis makes of these."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

FUZZ = Path(__file__).parents[1] / "fuzz"
TARGETS = sorted(folder.name for folder in FUZZ.glob("corpus/*/"))


@pytest.fixture
def check(request, monkeypatch):
    """The function of one target; they import each other as programs of one folder do."""
    monkeypatch.syspath_prepend(str(FUZZ))
    return import_module(request.param).check


def test_every_target_has_inputs_and_every_input_a_target():
    modules = {path.stem for path in FUZZ.glob("*.py")} - {"pieces"}
    assert modules == {*TARGETS}
    assert all(any((FUZZ / "corpus" / name).iterdir()) for name in TARGETS)


@pytest.mark.parametrize("check", TARGETS, indirect=True, ids=TARGETS)
def test_the_kept_inputs_hold(check, request):
    name = request.node.callspec.id
    for path in sorted((FUZZ / "corpus" / name).iterdir()):
        check(path.read_bytes())


def mutations(kept):
    """Two of the kept inputs, cut and joined with a few octets between."""
    return st.builds(
        lambda a, b, i, j, middle: a[:i] + middle + b[j:],
        st.sampled_from(kept),
        st.sampled_from(kept),
        st.integers(0, 200),
        st.integers(0, 200),
        st.text("\r\n :;=\",-0aA\x00\xe9\\'%&", max_size=5).map(
            lambda text: text.encode("latin-1")
        ),
    )


@pytest.mark.parametrize("check", TARGETS, indirect=True, ids=TARGETS)
def test_mutations_of_the_kept_inputs_hold(check, request):
    name = request.node.callspec.id
    kept = [path.read_bytes() for path in sorted((FUZZ / "corpus" / name).iterdir())]

    @given(mutations(kept))
    def holds(data):
        check(data)

    holds()
