from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from etesian.templates import DictLoader, Template

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture(params=[False, True], ids=["python", "c"])
def use_c(request: pytest.FixtureRequest) -> object:
    """Say whether templates may be escaped in C."""
    return request.param


@pytest.fixture
def render(use_c: bool) -> Callable[..., str]:
    """Give the output of a text with these names."""

    def render(text: str, /, **namespace: Any) -> str:
        return Template(text, use_c=use_c).generate(**namespace).decode()

    return render


@pytest.fixture
def render_files(use_c: bool) -> Callable[..., str]:
    """Give the output of the last of several files with these names."""

    def render_files(files: dict[str, str], /, **namespace: Any) -> str:
        loader = DictLoader(files, use_c=use_c)
        return loader.load(list(files)[-1]).generate(**namespace).decode()

    return render_files
