import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = """
import pytest
from etesian.web import Application, RequestHandler

class Hello(RequestHandler):
    async def get(self):
        self.write("hello")

@pytest.fixture
def app():
    return Application([("/", Hello)])

async def test_a_page(http_client, base_url):
    response = await http_client.fetch(base_url + "/")
    assert response.body == b"hello"

def test_from_outside(base_url, io_loop, http_client):
    answer = io_loop.run_sync(lambda: http_client.fetch(base_url + "/none", raise_error=False))
    assert answer.code == 404
"""
IN_PROCESS = """
import socket
import pytest
from etesian.web import Application, RequestHandler

class Hello(RequestHandler):
    async def get(self):
        self.write("hello " + self.request.remote_ip)

@pytest.fixture
def app():
    return Application([("/", Hello)])

@pytest.fixture
def opened(monkeypatch):
    made = []
    bind = socket.socket.bind
    def note(sock, address):
        made.append(address)
        return bind(sock, address)
    monkeypatch.setattr(socket, "socket", type("S", (socket.socket,), {"bind": note}))
    return made

async def test_a_page(opened, http_client, base_url):
    response = await http_client.fetch(base_url + "/")
    assert response.body == b"hello 127.0.0.1"
    assert opened == []

@pytest.mark.etesian(in_process=IN_PROCESS)
async def test_a_page_by_the_other_way(opened, http_client, base_url):
    response = await http_client.fetch(base_url + "/")
    assert response.body == b"hello 127.0.0.1"
    assert len(opened) == 1
"""
LEAKS = """
import asyncio
import pytest
from etesian.http_wire import AsyncHTTPClient
from etesian.web import Application, RequestHandler

kept = []

class Starts(RequestHandler):
    async def get(self):
        kept.append(asyncio.create_task(asyncio.sleep(60)))

class Waits(RequestHandler):
    async def get(self):
        await asyncio.sleep(60)

@pytest.fixture
def app():
    return Application([("/starts", Starts), ("/waits", Waits)])

async def test_a_handler_that_leaves_a_task(http_client, base_url):
    await http_client.fetch(base_url + "/starts")

async def test_a_handler_that_is_cut_with_its_server_is_none(http_client, base_url):
    kept.append(http_client.fetch(base_url + "/waits"))
    await asyncio.sleep(0.05)

async def test_the_shared_client_is_none(http_server, base_url):
    await AsyncHTTPClient().fetch(base_url + "/none", raise_error=False)

async def test_a_stream_that_stays_open(base_url):
    host, port = base_url.removeprefix("http://").split(":")
    kept.append(await asyncio.open_connection(host, int(port)))
"""
WITHOUT_APP = "def test_x(base_url): pass"


MARKER = "@pytest.mark.etesian(in_process=True)"


def _run(folder, source, *options, plugins):
    (folder / "test_project.py").write_text(source)
    loaded = [option for name in plugins for option in ("-p", name)]
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", *options, *loaded, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def _plugins():
    """Name the plug-ins that this environment does not load by itself."""
    from importlib.metadata import entry_points

    loaded = {point.value for point in entry_points(group="pytest11")}
    wanted = ("etesian.core_loop.pytest_plugin", "etesian.web.pytest_plugin")
    return [name for name in wanted if name not in loaded]


def test_a_project_gets_a_server_and_a_client(tmp_path):
    result = _run(tmp_path, PROJECT, plugins=_plugins())
    assert "2 passed" in result.stdout, result.stdout + result.stderr


@pytest.mark.parametrize("by_configuration", [True, False])
def test_a_project_or_a_test_chooses_to_need_no_socket(tmp_path, by_configuration):
    if by_configuration:
        (tmp_path / "pytest.ini").write_text("[pytest]\netesian_in_process = true\n")
        source = IN_PROCESS.replace("IN_PROCESS", "False")
    else:
        # The same by markers alone: first within the process, then not.
        source = IN_PROCESS.replace("@pytest.mark.etesian(in_process=IN_PROCESS)\n", "")
        source = source.replace("async def test_a_page(", f"{MARKER}\nasync def test_a_page(")
    result = _run(tmp_path, source, "--strict-markers", plugins=_plugins())
    assert "2 passed" in result.stdout, result.stdout + result.stderr


def test_what_a_test_leaves_behind_fails_it(tmp_path):
    result = _run(tmp_path, LEAKS, plugins=_plugins())
    assert "4 passed, 2 errors" in result.stdout, result.stdout + result.stderr
    file = tmp_path / "test_project.py"
    assert f"left behind the pending task sleep(), made at {file}:11 in get" in result.stdout
    assert "left behind the open socket " in result.stdout


def test_the_tests_of_the_readme_pass(tmp_path):
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    section = readme.partition("## Tests\n")[2].partition("\n## ")[0]
    first, second = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    second = second.replace("async def", "@pytest.mark.anyio\nasync def")
    result = _run(tmp_path, f"{first}{second}", "-k", "not trio", plugins=_plugins())
    assert "3 passed" in result.stdout, result.stdout + result.stderr


def test_without_an_app_it_says_what_to_define(tmp_path):
    result = _run(tmp_path, WITHOUT_APP, plugins=_plugins())
    assert "define a fixture 'app'" in result.stdout
