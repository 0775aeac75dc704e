from __future__ import annotations

import gzip
import re
import sys
import zlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.core_loop import util


@pytest.mark.spec("B-UTIL-056")
def test_items_are_attributes() -> None:
    thing = util.ObjectDict(a=1)
    thing.b = 2
    assert (thing.a, thing["b"], thing) == (1, 2, {"a": 1, "b": 2})
    with pytest.raises(AttributeError, match="missing"):
        _ = thing.missing


@pytest.mark.spec("B-UTIL-057")
def test_objects_are_found_by_their_names() -> None:
    assert util.import_object("sys") is sys
    assert util.import_object("os.path").__name__ == "posixpath"
    assert util.import_object("xml.dom.minidom").__name__ == "xml.dom.minidom"
    assert util.import_object("os.path.join")("a", "b") == "a/b"
    for name in ("nowhere", "os.nothing", "os.path.nothing", "nowhere.at.all"):
        with pytest.raises(ImportError):
            util.import_object(name)


def test_a_module_that_cannot_import_another_says_so(tmp_path: object) -> None:
    (tmp_path / "outer_etesian").mkdir()
    (tmp_path / "outer_etesian" / "__init__.py").write_text("")
    (tmp_path / "outer_etesian" / "broken.py").write_text("import not_there_at_all")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
            util.import_object("outer_etesian.broken")
    finally:
        sys.path.remove(str(tmp_path))


@pytest.mark.spec("B-UTIL-058")
def test_an_error_number_is_found_where_it_is() -> None:
    assert util.errno_from_exception(OSError(5, "text")) == 5
    assert util.errno_from_exception(Exception(7)) == 7
    assert util.errno_from_exception(Exception()) is None


@pytest.mark.spec("B-UTIL-059")
@given(st.text())
def test_unescape_undoes_escape(text: str) -> None:
    assert util.re_unescape(re.escape(text)) == text


@pytest.mark.spec("B-UTIL-059")
def test_what_escape_never_writes_is_refused() -> None:
    for pattern in (r"\d", r"a\b", r"\0"):
        with pytest.raises(ValueError, match="cannot unescape"):
            util.re_unescape(pattern)


@pytest.mark.spec("B-UTIL-060")
def test_gzip_comes_out_in_limited_pieces() -> None:
    text = b"0123456789" * 1000
    decompressor = util.GzipDecompressor()
    pieces = [decompressor.decompress(gzip.compress(text), 100)]
    while decompressor.unconsumed_tail:
        pieces.append(decompressor.decompress(decompressor.unconsumed_tail, 100))
        assert len(pieces[-1]) <= 100
    pieces.append(decompressor.flush())
    assert b"".join(pieces) == text
    assert decompressor.eof
    with pytest.raises(zlib.error):
        util.GzipDecompressor().decompress(b"no gzip")


class Shape(util.Configurable):
    @classmethod
    def configurable_base(cls) -> type[util.Configurable]:
        return Shape

    @classmethod
    def configurable_default(cls) -> type[util.Configurable]:
        return Round

    def initialize(self, size: int = 1, colour: str = "red") -> None:
        self.size = size
        self.colour = colour


class Round(Shape):
    pass


class Square(Shape):
    pass


@pytest.mark.spec("B-UTIL-061")
@pytest.mark.spec("B-UTIL-062")
@pytest.mark.spec("B-UTIL-063")
@pytest.mark.spec("B-UTIL-064")
def test_an_interface_makes_what_was_configured() -> None:
    try:
        assert type(Shape()) is Round
        Shape.configure(Square, colour="blue")
        made = Shape(5)
        assert (type(made), made.size, made.colour) == (Square, 5, "blue")
        assert Shape(colour="green").colour == "green"
        assert type(Round(2)) is Round
        assert Round(2).colour == "red"
        Shape.configure(f"{__name__}.Round" if "." in __name__ else Round)
        assert Shape.configured_class() is Round
        with pytest.raises(ValueError, match="subclass of Shape"):
            Shape.configure(dict)  # type: ignore[arg-type]
        Shape.configure(None)
        assert type(Shape()) is Round
    finally:
        Shape.configure(None)


def test_an_interface_without_a_base_says_so() -> None:
    class Lost(util.Configurable):
        pass

    with pytest.raises(NotImplementedError, match="Lost"):
        Lost()


@pytest.mark.spec("B-UTIL-065")
@pytest.mark.spec("B-UTIL-066")
def test_an_argument_is_found_and_replaced() -> None:
    def function(a: int, b: int = 0, *, callback: object = None) -> None: ...

    by_position = util.ArgReplacer(function, "b")
    assert by_position.get_old_value((1, 2), {}) == 2
    assert by_position.get_old_value((1,), {"b": 3}) == 3
    assert by_position.get_old_value((1,), {}, default=9) == 9
    assert by_position.replace(7, (1, 2), {}) == (2, [1, 7], {})
    assert by_position.replace(7, (1,), {"b": 3}) == (3, (1,), {"b": 7})
    by_name = util.ArgReplacer(function, "callback")
    given: dict[str, object] = {}
    assert by_name.replace(print, (1,), given) == (None, (1,), {"callback": print})
    assert given == {}


def test_small_functions_do_what_they_are_called() -> None:
    names: dict[str, int] = {}
    util.exec_in("a = 1", names)
    assert names["a"] == 1
    local: dict[str, int] = {}
    util.exec_in(compile("b = a", "<s>", "exec"), names, local)
    assert local == {"b": 1}
    assert util.timedelta_to_seconds(timedelta(minutes=1)) == 60.0
    with pytest.raises(KeyError):
        util.raise_exc_info((KeyError, KeyError("x"), None))
    with pytest.raises(TypeError):
        util.raise_exc_info((None, None, None))
    assert util.unicode_type is str
    assert issubclass(util.TimeoutError, TimeoutError)
