"""The first program of the README, served by the command that stands below it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

HERE = Path(__file__).parents[1]
README = HERE.parents[1] / "README.md"


def test_the_readme_shows_this_program():
    (shown,) = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    assert shown == (HERE / "hello.py").read_text()


def test_the_readme_shows_the_command_that_serves_it():
    assert "\netesian run hello:application\n" in README.read_text()


def test_says_hello():
    command = [Path(sys.executable).with_name("etesian"), "run", "hello:application", "--port=0"]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = re.search(r"http://\S+", process.stdout.readline())[0]
            with urlopen(address, timeout=10) as response:
                assert response.status == 200
                assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
                assert response.read() == b"Hello, world"
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
