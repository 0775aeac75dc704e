"""A program that is being worked on."""

from __future__ import annotations

import asyncio
import signal
from urllib.request import urlopen

import pytest

from etesian.cli import reload
from etesian.cli.reload import changes, is_broken


def answer_of(url):
    with urlopen(f"{url}/who", timeout=10) as response:
        return response.read().decode()


def test_an_edit_is_served_and_a_broken_one_is_waited_out(start, program):
    command = start("program:application", "--port=0", "--reload")
    url = command.url()
    source = program / "program.py"
    good = source.read_text()
    assert answer_of(url).startswith("1 ")
    source.write_text(good.replace("VERSION = 1", "VERSION = 2"))
    command.until(lambda: answer_of(url).startswith("2 "))
    source.write_text("def broken(:\n")
    command.until("Not reloading: ")
    assert answer_of(url).startswith("2 ")
    source.write_text("import there_is_no_such_module\n")
    command.until("No module named 'there_is_no_such_module'")
    assert answer_of(url).startswith("2 ")
    source.write_text(good.replace("VERSION = 1", "VERSION = 3"))
    command.until(lambda: answer_of(url).startswith("3 "))
    # The terminal was closed.
    assert command.end(signal.SIGHUP) == 0


def test_a_program_that_is_broken_from_the_beginning_is_waited_for(start, program):
    source = program / "program.py"
    good = source.read_text()
    source.write_text("def broken(:\n")
    command = start("program:application", "--port=0", "--reload")
    command.until("waiting for a change of a file")
    url = command.url()
    source.write_text(good)
    command.until(lambda: len(command.workers()) == 1)
    assert answer_of(url).startswith("1 ")


@pytest.mark.parametrize("kernel", [True, False], ids=["watchfiles", "polling"])
async def test_tells_what_changed_came_and_went(tmp_path, monkeypatch, kernel):
    if kernel:
        pytest.importorskip("watchfiles")
    else:
        monkeypatch.setattr(reload, "_kernel_watcher", lambda: None)
        monkeypatch.setattr(reload, "_INTERVAL", 0.02)
    (tmp_path / "below").mkdir()
    one, two = tmp_path / "one.py", tmp_path / "below" / "two.py"
    one.write_text("1")
    for passed_over in (".hidden", "node_modules", "venv"):
        (tmp_path / passed_over).mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    found = changes([str(tmp_path)])
    coming = asyncio.ensure_future(anext(found))
    await asyncio.sleep(0.3)  # until the kernel is asked
    for path in ("data.txt", ".hidden/a.py", "node_modules/a.py", "venv/a.py"):
        (tmp_path / path).touch()
    await asyncio.sleep(0.1)
    assert not coming.done()
    two.write_text("2")
    async with asyncio.timeout(10):
        assert await coming == {str(two)}
        one.write_text("1 + 1")
        assert await anext(found) == {str(one)}
        two.unlink()
        assert await anext(found) == {str(two)}
    await found.aclose()


def test_tells_a_syntax_error(tmp_path, caplog):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("x = 1")
    bad.write_text("x =")
    assert not is_broken(str(good))
    assert not is_broken(str(tmp_path / "gone.py"))
    assert is_broken(str(bad))
    assert "bad.py: SyntaxError" in caplog.text
