from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from etesian.core_loop.options import Error, OptionParser

if TYPE_CHECKING:
    from pathlib import Path


def parser_of(**kinds: Any) -> OptionParser:
    parser = OptionParser()
    for name, kind in kinds.items():
        parser.define(name, type=kind)
    return parser


def read(kind: Any, text: str, *, multiple: bool = False) -> Any:
    parser = OptionParser()
    parser.define("x", type=kind, multiple=multiple)
    assert parser.parse_command_line(["program", f"--x={text}"]) == []
    return parser.x


@pytest.mark.spec("B-UTIL-019")
@pytest.mark.spec("B-UTIL-022")
@pytest.mark.spec("B-UTIL-041")
def test_an_option_is_an_attribute_and_an_item() -> None:
    parser = OptionParser()
    parser.define("listen_port", default=8888, group="net")
    parser.define("name", default="x", group="other")
    assert parser.listen_port == parser["listen-port"] == 8888
    parser["listen-port"] = 1
    parser.name = "y"
    assert (parser.listen_port, parser["name"]) == (1, "y")
    assert parser.group_dict("net") == {"listen_port": 1}
    assert parser.groups() >= {"net", "other"}
    assert parser.as_dict() == dict(parser.items()) == {"help": None, "listen_port": 1, "name": "y"}
    assert list(parser) == ["help", "listen_port", "name"]
    assert "listen-port" in parser
    for access in (
        lambda: parser.listen_prt,
        lambda: setattr(parser, "listen_prt", 1),
    ):
        with pytest.raises(AttributeError, match="close to it: listen-port"):
            access()
    with pytest.raises(KeyError):
        parser["nothing"]


@pytest.mark.spec("B-UTIL-020")
def test_an_unknown_option_is_named() -> None:
    with pytest.raises(Error, match="no option 'prot'; close to it: port"):
        parser_of(port=int).parse_command_line(["program", "--prot=1"])
    with pytest.raises(Error, match=r"no option 'qqq'; there are: help, port$"):
        parser_of(port=int).parse_command_line(["program", "--qqq"])
    many = parser_of(**{f"option{n}": int for n in range(30)})
    with pytest.raises(Error, match=r"option18 and 19 more$"):
        many.parse_command_line(["program", "--qqq"])


@pytest.mark.spec("B-UTIL-021")
@pytest.mark.spec("B-UTIL-022")
def test_a_name_taken_is_told_with_its_file() -> None:
    parser = parser_of(some_name=str)
    with pytest.raises(Error, match=r"already defined in .*test_options\.py"):
        parser.define("some-name")


@pytest.mark.spec("B-UTIL-023")
def test_the_type_is_that_of_the_default() -> None:
    parser = OptionParser()
    parser.define("number", default=1)
    parser.define("numbers", default=[1], multiple=True)
    parser.define("text")
    parser.parse_command_line(["program", "--number=2", "--numbers=3,4", "--text=5"])
    assert (parser.number, parser.numbers, parser.text) == (2, [3, 4], "5")


@pytest.mark.spec("B-UTIL-024")
def test_a_bool_needs_no_value() -> None:
    parser = parser_of(a=bool, b=bool, c=bool, d=bool, e=bool)
    parser.parse_command_line(["program", "--a", "--b=false", "--c=0", "--d=F", "--e=true"])
    assert (parser.a, parser.b, parser.c, parser.d, parser.e) == (True, False, False, False, True)
    with pytest.raises(Error, match="needs a value"):
        parser_of(n=int).parse_command_line(["program", "--n"])


@pytest.mark.spec("B-UTIL-025")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31 23:59:58", "2024-01-31T23:59:58"),
        ("2024-01-31T23:59", "2024-01-31T23:59:00"),
        ("2024-01-31", "2024-01-31T00:00:00"),
        ("20240131", "2024-01-31T00:00:00"),
        ("Wed, 31 Jan 2024 23:59:58", "2024-01-31T23:59:58"),
        ("Wed Jan 31 23:59:58 2024", "2024-01-31T23:59:58"),
        ("23:59", "1900-01-01T23:59:00"),
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert read(datetime, text).isoformat() == expected


@pytest.mark.spec("B-UTIL-026")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1.5h", 5400),
        ("2m30s", 150),
        ("1d 2 hours", 93600),
        ("1w", 604800),
        ("5min", 300),
        ("250ms", 0.25),
        ("3us", 0.000003),
        ("-1h", -3600),
    ],
)
def test_spans(text: str, seconds: float) -> None:
    assert read(timedelta, text) == timedelta(seconds=seconds)


@pytest.mark.spec("B-UTIL-027")
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (int, "x"),
        (int, "1.5"),
        (float, "x"),
        (timedelta, "5 parsecs"),
        (timedelta, "99999999999w"),
        (timedelta, ""),
        (datetime, "soon"),
    ],
)
def test_bad_text_is_a_value_error_that_names_it(kind: type, text: str) -> None:
    with pytest.raises(ValueError, match=f"option 'x' takes {kind.__name__.upper()}, got"):
        read(kind, text)


@pytest.mark.spec("B-UTIL-028")
@pytest.mark.spec("B-UTIL-029")
def test_a_type_may_be_any_function_of_text() -> None:
    assert read(str.upper, "a") == "A"
    assert read(partial(int, base=16), "ff") == 255
    assert read(str.upper, "a:b,c", multiple=True) == ["A:B", "C"]
    parser = parser_of(x=str.upper)
    parser.x = 5
    assert parser.x == 5


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        (Decimal, "DECIMAL", "1,0"),
        (Fraction, "FRACTION", "1/0"),
        ({"a": 1}.__getitem__, "__GETITEM__", "b"),
        (partial(int, base=16), "VALUE", "xyz"),
        (lambda text: len(text) + text, "VALUE", "a"),
    ],
)
def test_whatever_a_type_raises_the_option_is_named(kind: Any, name: str, text: str) -> None:
    with pytest.raises(Error, match=re.escape(f"option 'x' takes {name}, got {text!r}")):
        read(kind, text)
    listed = io.StringIO()
    parser_of(x=kind).print_help(listed)
    assert f"--x={name}" in listed.getvalue()


def test_truth_has_no_ranges() -> None:
    assert read(bool, "0:1", multiple=True) == [True]


def test_many_values_and_ranges() -> None:
    assert read(int, "1,3:6,8", multiple=True) == [1, 3, 4, 5, 6, 8]
    assert read(str, "a,b", multiple=True) == ["a", "b"]
    assert read(float, "1,2.5", multiple=True) == [1.0, 2.5]
    with pytest.raises(ValueError, match="ends before it begins"):
        read(int, "5:1", multiple=True)
    with pytest.raises(ValueError, match=r"got '1:99999999999': .* more than 100000 numbers"):
        read(int, "1:99999999999", multiple=True)
    parser = OptionParser()
    parser.define("x", type=int, multiple=True)
    assert parser.x == []
    parser.parse_command_line(["program", "--x=1", "--x=2"])
    assert parser.x == [2]


@pytest.mark.spec("B-UTIL-030")
@pytest.mark.spec("B-UTIL-031")
def test_a_value_of_another_type_is_refused() -> None:
    parser = parser_of(number=int, ratio=float)
    with pytest.raises(Error, match=r"option 'number' takes INT, got 'x' \(str\)"):
        parser.number = "x"
    parser.number = None
    parser.ratio = 1
    parser.define("many", type=int, multiple=True)
    for wrong in (1, (1, 2), ["x"]):
        with pytest.raises(Error):
            parser.many = wrong
    parser.many = [1, 2]
    assert parser.many == [1, 2]


@pytest.mark.spec("B-UTIL-032")
def test_a_callback_gets_every_new_value() -> None:
    seen: list[object] = []
    parser = OptionParser()
    parser.define("x", default=1, callback=seen.append)
    parser.x = 2
    parser.parse_command_line(["program", "--x=3"])
    assert seen == [2, 3]


@pytest.mark.spec("B-UTIL-033")
@pytest.mark.spec("B-UTIL-034")
def test_what_is_left_of_the_command_line_is_returned() -> None:
    parser = parser_of(x=int)
    assert parser.parse_command_line(["--x=5", "--x=1", "a", "--x=2"]) == ["a", "--x=2"]
    assert parser.x == 1
    assert parser.parse_command_line(["program", "--", "--x=3"]) == ["--x=3"]
    assert parser.x == 1


@pytest.mark.spec("B-UTIL-035")
@pytest.mark.spec("B-UTIL-036")
def test_help_lists_the_options_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    parser = OptionParser()
    parser.define("port", default=8888, help="where to listen " * 5, group="network")
    parser.define("a_name_that_is_much_too_long_for_it", metavar="NAME")
    with pytest.raises(SystemExit) as ended:
        parser.parse_command_line(["program", "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().err
    assert "network options:" in shown
    assert "--port=INT" in shown
    assert "(default 8888)" in shown
    assert "--a-name-that-is-much-too-long-for-it=NAME\n" in shown
    assert "test_options.py options:" in shown
    assert max(map(len, shown.splitlines())) < 120
    elsewhere = io.StringIO()
    parser.print_help(elsewhere)
    assert elsewhere.getvalue() == shown


@pytest.mark.spec("B-UTIL-037")
@pytest.mark.spec("B-UTIL-043")
def test_parse_callbacks_run_when_parsing_is_over(tmp_path: Path) -> None:
    seen: list[int] = []
    parser = parser_of(x=int)
    parser.add_parse_callback(lambda: seen.append(parser.x))
    parser.parse_command_line(["program", "--x=1"], final=False)
    assert seen == []
    config = tmp_path / "config.py"
    config.write_text("x = 2")
    parser.parse_config_file(config, final=False)
    assert seen == []
    parser.parse_command_line(["program", "--x=3"])
    assert seen == [3]


@pytest.mark.spec("B-UTIL-038")
@pytest.mark.spec("B-UTIL-039")
def test_a_config_file_is_python(tmp_path: Path) -> None:
    parser = parser_of(name=str, port=int, when=timedelta, here=str)
    parser.define("many", type=int, multiple=True)
    config = tmp_path / "config.py"
    config.write_text(
        "import os\nname = 'Übung'\nport = '80' + '80'\nmany = '1:3'\n"
        "unknown = 5\nhere = os.path.basename(__file__)\n",
        encoding="utf-8",
    )
    parser.parse_config_file(str(config))
    assert (parser.name, parser.port, parser.many) == ("Übung", 8080, [1, 2, 3])
    assert parser.here == "config.py"
    config.write_text("port = 1.5\n")
    with pytest.raises(Error, match=r"option 'port' takes INT, got 1.5 \(float\)") as refused:
        parser.parse_config_file(config)
    assert refused.value.__notes__ == [f"in {config}"]
    with pytest.raises(FileNotFoundError):
        parser.parse_config_file(tmp_path / "missing")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a = 1\nport = \n", "config.py, line 2: not Python: invalid syntax"),
        (b"port = 1\n  x = 2\n", "config.py, line 2: not Python: unexpected indent"),
        (b"name = '\xff'\n", "config.py must be Python in UTF-8: "),
        (b"port = 1\0\n", "config.py"),
    ],
)
def test_a_broken_config_file_is_named_and_changes_nothing(
    tmp_path: Path, content: bytes, told: str
) -> None:
    parser = parser_of(port=int, name=str)
    config = tmp_path / "config.py"
    config.write_bytes(content)
    with pytest.raises(Error, match=re.escape(told)):
        parser.parse_config_file(config)
    assert (parser.port, parser.name) == (None, None)


@pytest.mark.spec("S257")
@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_config_file_that_anybody_may_write_is_not_run(tmp_path: Path) -> None:
    config = tmp_path / "config.py"
    config.write_text("raise SystemExit(3)")
    config.chmod(0o666)
    with pytest.raises(Error, match="written by anybody"):
        parser_of(x=int).parse_config_file(config)


@pytest.mark.spec("B-UTIL-040")
def test_what_comes_later_wins(tmp_path: Path) -> None:
    config = tmp_path / "config.py"
    config.write_text("port = 2")
    parser = parser_of(port=int)
    parser.define(
        "config", type=str, callback=lambda path: parser.parse_config_file(path, final=False)
    )
    parser.parse_command_line(["program", "--port=1", f"--config={config}"])
    assert parser.port == 2
    parser.parse_command_line(["program", f"--config={config}", "--port=3"])
    assert parser.port == 3


@pytest.mark.spec("B-UTIL-042")
def test_options_can_be_patched() -> None:
    parser = OptionParser()
    parser.define("name", default="real")
    with mock.patch.object(parser.mockable(), "name", "patched"):
        assert parser.name == "patched"
    assert parser.name == "real"
    mockable = parser.mockable()
    assert mockable.name == "real"
    mockable.name = "once"
    with pytest.raises(RuntimeError, match="patched already"):
        mockable.name = "twice"


@pytest.mark.spec("B-UTIL-044")
@pytest.mark.parametrize("how", ["options.logging = None", "sys.argv.append('--logging=none')"])
def test_logging_can_be_left_alone(how: str) -> None:
    program = f"""
import logging, sys
from etesian.core_loop.options import options, parse_command_line
{how}
parse_command_line()
assert logging.getLogger().handlers == []
assert logging.getLogger().level == logging.WARNING
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_parsing_the_programs_options_sets_logging_up() -> None:
    program = """
import logging, sys
from etesian.core_loop.options import define, options, parse_command_line
define("port", default=1)
assert parse_command_line(["program", "--port=2", "--logging=warning", "rest"]) == ["rest"]
assert options.port == 2
assert logging.getLogger().level == logging.WARNING
assert len(logging.getLogger().handlers) == 1
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.spec("B-UTIL-045")
def test_parsers_do_not_share_options() -> None:
    assert "x" in parser_of(x=int)
    assert "x" not in OptionParser()
