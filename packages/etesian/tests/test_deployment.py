"""What the page on deployment shows is true: its files are taken from it, and used."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "deployment.md"

NGINX = """
daemon off;
worker_processes 1;
pid nginx.pid;
{user}
error_log stderr error;
events {{ }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {shown}
}}
"""


def shown(language):
    """Give the blocks of the page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def nginx(program):
    """Run nginx as the page shows it, before ``web.sock``; give its address."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    port = free_port()
    (block,) = shown("nginx")
    block = block.replace("listen 80;", f"listen 127.0.0.1:{port};")
    block = block.replace("/run/hello/web.sock", f"{program}/web.sock")
    # Its workers would be of another user, who cannot reach the socket in this test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (program / "nginx.conf").write_text(NGINX.format(shown=block, user=user))
    command = ["nginx", "-p", str(program), "-c", str(program / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 10
        while not answers(port):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGQUIT)


def test_nginx_tells_of_the_client_and_no_request_fails_while_workers_are_renewed(
    start, load, nginx
):
    options = ["--unix=web.sock", "--unix-mode=666", "--proxy-headers", "--no-access-log"]
    command = start("program:application", "--workers=2", *options)
    command.url()
    old = command.workers()
    with urlopen(f"{nginx}/seen", data=b"123", timeout=10) as response:
        assert json.load(response)["ip"] == "127.0.0.1"
    with load(nginx) as clients:
        clients.until_answers(50)
        command.send(signal.SIGHUP)
        command.until("All workers are new")
        command.until(lambda: len(command.workers()) == 2)
        clients.until_answers(50)
    assert clients.failures == []
    assert not set(old) & set(command.workers())


def test_systemd_takes_the_units(tmp_path):
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd is not installed")
    here = Path(shutil.which("true"))
    for name, text in zip(("hello.socket", "hello.service"), shown("ini"), strict=True):
        there = text.replace("/opt/hello/.venv/bin/etesian", str(here))
        (tmp_path / name).write_text(there.replace("User=hello\n", ""))
    paths = [str(tmp_path / "hello.service"), str(tmp_path / "hello.socket")]
    done = subprocess.run([verify, "verify", *paths], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "hello." in line]
    assert complaints == []


def test_the_commands_are_ones_that_it_takes():
    from etesian.cli.command_line.parsing import parse

    text = PAGE.read_text()
    commands = [line for line in text.splitlines() if line.startswith("etesian run ")]
    assert len(commands) == 3
    commands += re.findall(r"ExecStart=\S+/(etesian run .*)", text)
    for line in commands:
        words = [word.strip("'") for word in line.split()]
        assert parse(words[1:]).target == "hello:application"


def test_the_variables_of_the_container_are_ones_that_it_takes(monkeypatch):
    from etesian.cli.command_line.parsing import parse

    (block,) = shown("dockerfile")
    (line,) = re.findall(r"^ENV (.*)$", block, re.MULTILINE)
    for pair in line.split():
        name, _, value = pair.partition("=")
        monkeypatch.setenv(name, value)
    options = parse(["run", "hello:application"])
    assert str(options.addresses[0]) == "0.0.0.0:8888"
    assert options.uvloop
    assert options.log_format == "json"
