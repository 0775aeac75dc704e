import pytest

from etesian.web import HTTPError, RequestHandler

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Broken(RequestHandler):
    def get(self):
        local_secret = "never shown"  # noqa: F841
        raise ValueError("<script>alert(1)</script>")


async def _debug(serve, headers=None, target="/"):
    site = serve(Broken, debug=True, autoreload=False)
    return await site.fetch(target, headers=headers)


@pytest.mark.spec("S187", "S126")
async def test_the_debug_page_shows_the_source_and_masks_secrets(serve):
    headers = {**BROWSER, "Cookie": "session=abc", "Authorization": "Basic eA==", "X-Plain": "<b>"}
    answer = await _debug(serve, headers, "/path?password=abc&page=2")
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert "<mark>" in answer.text
    assert "raise ValueError(" in answer.text
    assert "page=2" in answer.text
    assert "&lt;b&gt;" in answer.text
    assert "<script" not in answer.text
    for secret in ("session=abc", "eA==", "password=abc"):
        assert secret not in answer.text


@pytest.mark.spec("S187")
async def test_who_asks_for_no_html_gets_the_trace_as_text(serve):
    answer = await _debug(serve)
    assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert "Traceback" in answer.text


@pytest.mark.spec("S187")
@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"]
)
async def test_what_a_proxy_passes_on_gets_no_trace(serve, header):
    answer = await _debug(serve, {**BROWSER, header: "127.0.0.1"})
    assert answer.text.startswith("<html><title>500: Internal Server Error")


@pytest.mark.spec("S187")
@pytest.mark.parametrize("address", ["192.0.2.1", "::1234", "::ffff:192.0.2.1", "0.0.0.0", ""])
async def test_other_machines_get_no_trace(serve, address):
    class Remote(Broken):
        def prepare(self):
            self.request.remote_ip = address

    answer = await serve(Remote, debug=True, autoreload=False).fetch("/", headers=BROWSER)
    assert "ValueError" not in answer.text


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_gets_it_under_all_of_its_addresses(serve, address):
    class Local(Broken):
        def prepare(self):
            self.request.remote_ip = address

    answer = await serve(Local, debug=True, autoreload=False).fetch("/", headers=BROWSER)
    assert "ValueError" in answer.text


async def test_the_debug_page_shows_the_line_of_the_template(serve, tmp_path):
    pytest.importorskip("etesian.templates", reason="etesian-templates is not installed")
    (tmp_path / "page.html").write_text("<h1>first</h1>\n<p>{{ one / zero }}</p>\n<p>last</p>\n")

    class Page(RequestHandler):
        def get(self):
            self.render("page.html", one=1, zero=0)

    site = serve(Page, debug=True, autoreload=False, template_path=str(tmp_path))
    answer = await site.fetch("/?q=shown", headers={**BROWSER, "X-Shown": "too"})
    assert "<mark>    2 &lt;p&gt;{{ one / zero }}&lt;/p&gt;</mark>" in answer.text
    assert "1 &lt;h1&gt;first&lt;/h1&gt;" in answer.text
    assert "GET /?q=shown" in answer.text
    assert "<td>X-Shown</td><td>too</td>" in answer.text


@pytest.mark.parametrize(
    ("accept", "is_problem"),
    [
        ("application/json", True),
        ("application/problem+json, text/html", True),
        ("Application/JSON;q=0.5", True),
        ("application/json, text/html", False),
        ("*/*", False),
        ("application/jsonx", False),
    ],
)
async def test_a_program_gets_a_problem_document(serve, accept, is_problem):
    class Refuses(RequestHandler):
        def get(self):
            raise HTTPError(409, "for the log", reason='Own "words"')

    answer = await serve(Refuses).fetch("/", headers={"Accept": accept})
    assert answer.status == 409
    if is_problem:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json() == {"type": "about:blank", "title": 'Own "words"', "status": 409}
    else:
        assert answer.text.startswith("<html>")
