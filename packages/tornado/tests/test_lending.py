from __future__ import annotations

import sys
import types

import pytest

from etesian.tornado import lending


@pytest.fixture
def borrower(monkeypatch):
    module = types.ModuleType("borrower")
    monkeypatch.setitem(sys.modules, "borrower", module)
    table = {"web": "HTTPError nothing_like_it", "core_loop.gen": "sleep nap"}
    module.__getattr__, module.__dir__ = lending.lend(
        "borrower", table, renamed={"nap": "sleep"}, own="mine"
    )
    module.mine = 1
    return module


def test_a_name_is_taken_from_its_place_and_kept(borrower):
    from etesian.web.interface import HTTPError

    assert borrower.HTTPError is HTTPError
    assert vars(borrower)["HTTPError"] is HTTPError


def test_a_name_may_be_another_one_at_its_place(borrower):
    assert borrower.nap is borrower.sleep


def test_a_documented_name_that_is_missing_says_where(borrower):
    with pytest.raises(AttributeError, match=r"nothing_like_it.*etesian.web does not offer it"):
        _ = borrower.nothing_like_it


def test_a_name_that_nobody_documents_is_not_offered(borrower):
    with pytest.raises(AttributeError, match=r"no attribute 'RequestHandler'$"):
        _ = borrower.RequestHandler


def test_a_star_import_takes_what_is_there(borrower):
    namespace = {}
    exec("from borrower import *", namespace)  # noqa: S102 - a star import needs a module's level
    assert {"HTTPError", "sleep", "nap", "mine"} <= set(namespace)
    assert "nothing_like_it" not in namespace


def test_dir_names_everything_documented(borrower):
    assert set(dir(borrower)) == {"HTTPError", "nothing_like_it", "sleep", "nap", "mine"}
