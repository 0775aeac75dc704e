import subprocess
import sys

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
WITHOUT_APP = "def test_x(base_url): pass"


def _run(folder, source, *plugins):
    (folder / "test_project.py").write_text(source)
    loaded = [option for name in plugins for option in ("-p", name)]
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", *loaded, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def _plugins():
    """Name the plug-ins that this environment does not load by itself."""
    from importlib.metadata import entry_points

    loaded = {point.value for point in entry_points(group="pytest11")}
    wanted = ("etesian.core_loop.pytest_plugin", "etesian.web.pytest_plugin")
    return [name for name in wanted if name not in loaded]


def test_a_project_gets_a_server_and_a_client(tmp_path):
    result = _run(tmp_path, PROJECT, *_plugins())
    assert "2 passed" in result.stdout, result.stdout + result.stderr


def test_without_an_app_it_says_what_to_define(tmp_path):
    result = _run(tmp_path, WITHOUT_APP, *_plugins())
    assert "define a fixture 'app'" in result.stdout
